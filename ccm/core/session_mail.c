// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mail that is written again and again: catalogs and tables of links.
 *
 * Each kind has one place in the partner's mailbox, so it is written only when the
 * partner has said that the last one is copied; what changes meanwhile makes one mail, not
 * many. A table speaks of pairs that the catalogs make: it is never sent while a
 * catalog waits to be sent, or the partner would not know what it speaks of.
 */
#include "session_mail.h"

static void mail(struct ccm_session *s, enum ccm_ring what, u32 offset,
		 struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_MAIL);

	action->conn = s->conn.id;
	action->addr = s->conn.peer_keys.mailbox_addr + offset;
	action->key = s->conn.peer_keys.mailbox_key;
	action->what = (u32)what;
}

/* A partner that has not taken its mail by then is READY in name only. */
static u64 taken_by(const struct ccm_session *s, u64 now_us)
{
	u64 taken_ms = 4ULL * s->config.detect_ms;

	if (taken_ms < CCM_TAKEN_MS_MIN)
		taken_ms = CCM_TAKEN_MS_MIN;
	return now_us + taken_ms * CCM_US_PER_MS;
}

static void mail_catalog(struct ccm_session *s, u64 now_us, struct ccm_session_actions *actions)
{
	s->links.catalog_due = false;
	s->mail |= CCM_MAIL_CATALOG_OUT;
	s->catalog_taken_us = taken_by(s, now_us);
	mail(s, CCM_RING_CATALOG, CCM_MAILBOX_CATALOG, actions);
}

void ccm_session_mail_first(struct ccm_session *s, u64 now_us, struct ccm_session_actions *actions)
{
	s->links.told = true;
	mail_catalog(s, now_us, actions);
}

void ccm_session_mail_due(struct ccm_session *s, u64 now_us, struct ccm_session_actions *actions)
{
	if (s->state < CCM_STATE_OPENING)
		return;
	if (s->links.catalog_due && !(s->mail & CCM_MAIL_CATALOG_OUT))
		mail_catalog(s, now_us, actions);
	if (s->links.catalog_due || !s->links.table_due || (s->mail & CCM_MAIL_LINKS_OUT))
		return;
	s->links.table_due = false;
	s->mail |= CCM_MAIL_LINKS_OUT;
	s->links_taken_us = taken_by(s, now_us);
	s->links.sequence++;
	mail(s, CCM_RING_LINKS, CCM_MAILBOX_LINKS, actions);
}

u32 ccm_session_put_mail(const struct ccm_session *s, u32 what, u8 *buf)
{
	u32 len;

	if (what == CCM_RING_LINKS)
		return ccm_links_put_table(&s->links, buf);
	ccm_catalog_put(buf, &s->links.catalog);
	len = ccm_catalog_len(s->links.catalog.count);
	if (len >= CCM_PAGE_LEN || s->state == CCM_STATE_READY)
		return len;
	/* W2: a whole page, that frames of full size are seen to pass: see session_greet.c */
	memset(buf + len, 0, CCM_PAGE_LEN - len);
	return CCM_PAGE_LEN;
}

/* The partner has copied my last mail of a kind. False: there was none to copy. */
bool ccm_session_taken(struct ccm_session *s, u32 ring)
{
	bool catalog = ring == CCM_RING_CATALOG_TAKEN;
	u32 out = catalog ? CCM_MAIL_CATALOG_OUT : CCM_MAIL_LINKS_OUT;

	if (!(s->mail & out))
		return false;
	s->mail &= ~out;
	*(catalog ? &s->catalog_taken_us : &s->links_taken_us) = 0;
	return true;
}

bool ccm_session_mail_late(const struct ccm_session *s, u64 now_us)
{
	return (s->catalog_taken_us && now_us >= s->catalog_taken_us) ||
	       (s->links_taken_us && now_us >= s->links_taken_us);
}

static void ring(struct ccm_session *s, enum ccm_ring what,
		 struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_RING);

	action->conn = s->conn.id;
	action->what = (u32)what;
}

/*
 * The partner's catalog: the first one when it has accepted my hello, others when it is
 * READY, which it cannot be before I have said W3. Returns false for what breaks the
 * protocol.
 */
bool ccm_session_take_catalog(struct ccm_session *s,
			      const struct ccm_session_event *event,
			      struct ccm_session_actions *actions)
{
	bool first = !s->links.heard;

	if (!(s->conn.done & CCM_DONE_HELLO_RECEIVED) || ccm_catalog_check(event->data, event->len))
		return false;
	if (!first) {
		switch (ccm_catalog_compare(event->data, &s->links.peer_catalog)) {
		case CCM_CATALOG_SAME:
			return true;		/* rung twice */
		case CCM_CATALOG_NEWER:
			if (s->conn.done & CCM_DONE_READY_SENT)
				break;
			return false;
		default:
			return false;
		}
	}
	if (ccm_catalog_get(event->data, event->len, &s->links.peer_catalog) ||
	    s->links.peer_catalog.nonce != s->conn.peer_keys.nonce)
		return false;
	s->links.heard = true;
	ring(s, CCM_RING_CATALOG_TAKEN, actions);
	ccm_links_match(&s->links);
	return true;
}

/*
 * The partner's table of links: from its OPENING on, which it cannot be in before its
 * catalog was written. Returns false for what breaks the protocol.
 */
bool ccm_session_take_links(struct ccm_session *s, u64 now_us,
			    const struct ccm_session_event *event,
			    struct ccm_session_actions *actions)
{
	struct ccm_links_header header;
	struct ccm_link_slot slot;
	u32 i;

	if (!s->links.heard ||
	    ccm_links_get(event->data, event->len, &header) ||
	    header.nonce != s->conn.peer_keys.nonce || header.sequence <= s->links.peer_sequence)
		return false;
	s->links.peer_sequence = header.sequence;
	for (i = 0; i < header.count; i++) {
		ccm_links_get_slot(event->data, i, &slot);
		if (!ccm_links_hear(&s->links, now_us, &slot, event->random))
			return false;
	}
	ring(s, CCM_RING_LINKS_TAKEN, actions);
	return true;
}
