/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tapes: what happened to session machines, event by event, and a hash of what each of them did.
 * ccm_sim --record writes them; tests/sim and, inside a kernel, tape_test.c replay them.
 *
 * Numbers are written seven bits a byte, the lowest first; all bytes but the last have the
 * eighth bit set. A file is
 *
 *	'C' 'C' 'M' 'T'  format (1)  number of tapes
 *
 * each tape
 *
 *	node  partner  detect_ms  auth  incarnation  capabilities  machine  cluster
 *	number of events
 *
 * each event
 *
 *	type  microseconds since the one before  which of these there are (enum ccm_tape_field)
 *	the fields, in the order of the enum
 *	the hash's low 16 bits, lowest byte first
 *
 * Signed differences are 2 * d, or -2 * d - 1 where d is below 0. Data is written as its length,
 * then what differs from the last data of the same kind (ccm_tape_kind()), zeroes where that had
 * ended: how many bytes are the same, how many follow, those; again and again. Kinds go on from
 * one tape to the next.
 *
 * The hash of a step goes over all fields of its actions, what a MAIL writes, what is wanted of
 * links, the state and the timer; and over the hash of the step before it: what goes wrong once
 * stays wrong.
 *
 * C that is C++, too: both sides include it.
 */
#ifndef CCM_TESTS_TAPE_H
#define CCM_TESTS_TAPE_H

#include "../../../ccm/core/session.h"

enum ccm_tape_field {
	CCM_TAPE_CONN		= 1U << 0,
	CCM_TAPE_STATUS		= 1U << 1,
	CCM_TAPE_REASON		= 1U << 2,
	CCM_TAPE_IWARP		= 1U << 3,	/* nothing follows: it is so */
	CCM_TAPE_RANDOM		= 1U << 4,
	CCM_TAPE_UPTIME		= 1U << 5,	/* signed, against that of the event before */
	CCM_TAPE_HEARD		= 1U << 6,	/* how long ago, and heard_uptime_ms */
	CCM_TAPE_READ_US	= 1U << 7,
	CCM_TAPE_KEYS		= 1U << 8,	/* four numbers */
	CCM_TAPE_MTU		= 1U << 9,	/* two */
	CCM_TAPE_LINK		= 1U << 10,	/* link, instance, epoch */
	CCM_TAPE_OFFER		= 1U << 11,	/* address, key, bytes, chunks */
	CCM_TAPE_CLIENTS	= 1U << 12,	/* how many; each: name, 7 numbers */
	CCM_TAPE_PSK		= 1U << 13,	/* how many numbers; those */
	CCM_TAPE_DATA		= 1U << 14,
};

#define CCM_TAPE_FORMAT		1
#define CCM_TAPE_KINDS		24
#define CCM_TAPE_DATA_MAX	8192

/* One that is played; large: never on a stack */
struct ccm_tape {
	const u8 *at;
	const u8 *end;
	bool bad;		/* it ended too early, or says what cannot be */
	u32 tapes;		/* still to come */
	u32 events;		/* of this one */
	struct ccm_session_config config;
	u64 now_us;
	u64 uptime_ms;
	u64 chain;		/* the hash so far */
	u16 hash;		/* ... as it was recorded, of this event */
	struct ccm_session_event event;
	struct ccm_catalog catalog;
	struct ccm_session session;
	struct ccm_session_actions actions;
	u8 mail[CCM_TAPE_DATA_MAX];
	u32 len[CCM_TAPE_KINDS];
	u8 data[CCM_TAPE_KINDS][CCM_TAPE_DATA_MAX];
};

/* What is like what came before in the same place */
static inline u32 ccm_tape_kind(u32 type, u32 status)
{
	switch (type) {
	case CCM_SEV_READ_DONE:
		return 4 + (status == CCM_READ_ANSWER);
	case CCM_SEV_RING:
		return 6 + (status < CCM_RING_COUNT ? status : 0);
	case CCM_SEV_ESTABLISHED:
		return 1;
	case CCM_SEV_REJECTED:
		return 2;
	case CCM_SEV_MESSAGE:
		return 3;
	default:
		return 0;
	}
}

/* Both are made of the one random number that an event has. */
static inline void ccm_tape_secrets(struct ccm_session_event *event)
{
	u32 i;

	for (i = 0; i < CCM_WIRE_SECRET_LEN; i++)
		event->secret[i] = (u8)((u8)(event->random >> i % 8 * 8) ^ i);
	for (i = 0; i < CCM_WIRE_CHALLENGE_LEN; i++)
		event->challenge[i] = (u8)((u8)(event->random >> i % 8 * 8) ^ (0x80 + i));
}

static inline u64 ccm_tape_mix(u64 hash, const void *bytes, u32 len)
{
	const u8 *at = (const u8 *)bytes;
	u32 i;

	for (i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ULL;
	return hash;
}

static inline u64 ccm_tape_mix_number(u64 hash, u64 number)
{
	u32 i;

	for (i = 0; i < 8; i++)
		hash = (hash ^ (u8)(number >> i * 8)) * 0x100000001b3ULL;
	return hash;
}

static inline u64 ccm_tape_mix_action(struct ccm_tape *t, u64 hash,
				      const struct ccm_session_action *a)
{
	hash = ccm_tape_mix_number(hash, (u64)a->type << 32 | a->conn);
	hash = ccm_tape_mix_number(hash, (u64)a->what << 32 | a->state);
	hash = ccm_tape_mix_number(hash, (u64)a->reason << 32 | a->key);
	hash = ccm_tape_mix_number(hash, (u64)a->read_len << 1 | a->flush);
	hash = ccm_tape_mix_number(hash, a->addr);
	hash = ccm_tape_mix_number(hash, a->at_us);
	hash = ccm_tape_mix(hash, a->data, a->len);
	if (a->type == CCM_ACT_MAIL)
		hash = ccm_tape_mix(hash, t->mail,
				    ccm_session_put_mail(&t->session, a->what, t->mail));
	return hash;
}

/* Let the event happen; the hash of what is done is in chain. */
static inline void ccm_tape_step(struct ccm_tape *t)
{
	struct ccm_link_action link;
	u64 hash = t->chain;
	u32 i;

	ccm_session_step(&t->session, t->now_us, &t->event, &t->actions);
	for (i = 0; i < t->actions.count; i++)
		hash = ccm_tape_mix_action(t, hash, &t->actions.list[i]);
	while (ccm_links_next(&t->session.links, &link)) {
		hash = ccm_tape_mix_number(hash, (u64)link.act << 32 | link.index);
		hash = ccm_tape_mix_number(hash, link.instance);
		hash = ccm_tape_mix_number(hash, link.reason);
	}
	hash = ccm_tape_mix_number(hash, (u64)t->session.state << 32 | t->session.reason);
	t->chain = ccm_tape_mix_number(hash, t->session.armed_us);
}

static inline u64 ccm_tape_number(struct ccm_tape *t)
{
	u64 number = 0;
	u32 shift;

	for (shift = 0; shift < 64; shift += 7) {
		if (t->at == t->end)
			break;
		number |= (u64)(*t->at & 0x7f) << shift;
		if (!(*t->at++ & 0x80))
			return number;
	}
	t->bad = true;
	return 0;
}

static inline u64 ccm_tape_difference(struct ccm_tape *t)
{
	u64 number = ccm_tape_number(t);

	return number & 1 ? ~(number >> 1) : number >> 1;
}

static inline bool ccm_tape_open(struct ccm_tape *t, const u8 *bytes, u32 len)
{
	static const char magic[] = "CCMT";

	memset(t, 0, sizeof(*t));
	if (len < 4 || memcmp(bytes, magic, 4))
		return false;
	t->at = bytes + 4;
	t->end = bytes + len;
	if (ccm_tape_number(t) != CCM_TAPE_FORMAT)
		return false;
	t->tapes = (u32)ccm_tape_number(t);
	return !t->bad;
}

/* The next tape: a session that nothing has happened to. False: there is none. */
static inline bool ccm_tape_next(struct ccm_tape *t)
{
	struct ccm_session_config *config = &t->config;

	if (!t->tapes || t->bad)
		return false;
	t->tapes--;
	memset(config, 0, sizeof(*config));
	config->node = (u32)ccm_tape_number(t);
	config->partner = (u32)ccm_tape_number(t);
	config->detect_ms = (u32)ccm_tape_number(t);
	config->auth = (u32)ccm_tape_number(t);
	config->incarnation = ccm_tape_number(t);
	config->capabilities = ccm_tape_number(t);
	config->machine = ccm_tape_number(t);
	config->cluster = ccm_tape_number(t);
	config->version_min = CCM_VERSION_MIN;
	config->version_max = CCM_VERSION_MAX;
	t->events = (u32)ccm_tape_number(t);
	t->now_us = 0;
	t->uptime_ms = 0;
	t->chain = 0xcbf29ce484222325ULL;
	ccm_session_init(&t->session, config);
	return !t->bad;
}

static inline void ccm_tape_data(struct ccm_tape *t)
{
	u32 kind = ccm_tape_kind(t->event.type, t->event.status);
	u32 len = (u32)ccm_tape_number(t);
	u8 *data = t->data[kind];
	u32 at = 0;

	if (t->bad || len > CCM_TAPE_DATA_MAX) {
		t->bad = true;
		return;
	}
	if (len > t->len[kind])
		memset(data + t->len[kind], 0, len - t->len[kind]);
	while (at < len && !t->bad) {
		u64 same = ccm_tape_number(t);
		u64 other = ccm_tape_number(t);

		if (same > len - at || other > len - at - same ||
		    other > (u64)(t->end - t->at)) {
			t->bad = true;
			return;
		}
		at += (u32)same;
		memcpy(data + at, t->at, other);
		t->at += other;
		at += (u32)other;
	}
	t->len[kind] = len;
	t->event.data = data;
	t->event.len = len;
}

static inline void ccm_tape_clients(struct ccm_tape *t)
{
	u32 count = (u32)ccm_tape_number(t);
	u32 i, len;

	memset(&t->catalog, 0, sizeof(t->catalog));
	if (count > CCM_CLIENTS_MAX)
		t->bad = true;
	for (i = 0; i < count && !t->bad; i++) {
		struct ccm_catalog_entry *entry = &t->catalog.entries[i];

		len = (u32)ccm_tape_number(t);
		if (len >= sizeof(entry->name) || len > (u64)(t->end - t->at)) {
			t->bad = true;
			return;
		}
		memcpy(entry->name, t->at, len);
		t->at += len;
		entry->version_min = (u16)ccm_tape_number(t);
		entry->version_max = (u16)ccm_tape_number(t);
		entry->ports_min = (u16)ccm_tape_number(t);
		entry->ports_max = (u16)ccm_tape_number(t);
		entry->ask = ccm_tape_number(t);
		entry->give = ccm_tape_number(t);
		entry->instance = ccm_tape_number(t);
	}
	t->catalog.count = count;
	t->event.catalog = &t->catalog;
}

static inline void ccm_tape_fields(struct ccm_tape *t, u32 fields)
{
	struct ccm_session_event *event = &t->event;
	u32 i, count;

	if (fields & CCM_TAPE_CONN)
		event->conn = (u32)ccm_tape_number(t);
	if (fields & CCM_TAPE_STATUS)
		event->status = (u32)ccm_tape_number(t);
	if (fields & CCM_TAPE_REASON)
		event->reason = (u32)ccm_tape_number(t);
	event->iwarp = fields & CCM_TAPE_IWARP;
	if (fields & CCM_TAPE_RANDOM)
		event->random = ccm_tape_number(t);
	if (fields & CCM_TAPE_UPTIME)
		t->uptime_ms += ccm_tape_difference(t);
	event->uptime_ms = t->uptime_ms;
	if (fields & CCM_TAPE_HEARD) {
		event->heard_us = t->now_us - ccm_tape_number(t);
		event->heard_uptime_ms = ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_READ_US)
		event->read_us = (u32)ccm_tape_number(t);
	if (fields & CCM_TAPE_KEYS) {
		event->keys.status_addr = ccm_tape_number(t);
		event->keys.status_key = (u32)ccm_tape_number(t);
		event->keys.mailbox_addr = ccm_tape_number(t);
		event->keys.mailbox_key = (u32)ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_MTU) {
		event->mtu = (u32)ccm_tape_number(t);
		event->path_mtu = (u32)ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_LINK) {
		event->link = (u32)ccm_tape_number(t);
		event->instance = ccm_tape_number(t);
		event->epoch = (u32)ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_OFFER) {
		event->offer.table_addr = ccm_tape_number(t);
		event->offer.table_key = (u32)ccm_tape_number(t);
		event->offer.bytes = ccm_tape_number(t);
		event->offer.chunks = (u32)ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_CLIENTS)
		ccm_tape_clients(t);
	if (fields & CCM_TAPE_PSK) {
		count = (u32)ccm_tape_number(t);
		for (i = 0; i < count && i < CCM_PSK_NUMBERS; i++)
			event->psk[i] = (u32)ccm_tape_number(t);
	}
	if (fields & CCM_TAPE_DATA)
		ccm_tape_data(t);
}

/* The next event of this tape. False: there is none. */
static inline bool ccm_tape_event(struct ccm_tape *t)
{
	if (!t->events || t->bad)
		return false;
	t->events--;
	memset(&t->event, 0, sizeof(t->event));
	t->event.type = (u32)ccm_tape_number(t);
	t->now_us += ccm_tape_number(t);
	ccm_tape_fields(t, (u32)ccm_tape_number(t));
	ccm_tape_secrets(&t->event);
	if (t->end - t->at < 2)
		t->bad = true;
	if (t->bad)
		return false;
	t->hash = (u16)(t->at[0] | t->at[1] << 8);
	t->at += 2;
	return true;
}

#endif /* CCM_TESTS_TAPE_H */
