// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: each client's way from two catalogs to UP. See links.h for the ladder.
 *
 * Every way out of a try goes through close_try(), every way to a next one through
 * begin_try(). Nothing here is carried out at once: what is to be done to a link is
 * noted in its wants, of which the runtime takes one after the other when the step is
 * over. A try that was not handed out yet leaves nothing to be closed.
 */
#include "session_private.h"

#include "catalog.h"

#define CCM_US_PER_MS	1000U

static u32 want(enum ccm_link_act act)
{
	return 1U << (u32)act;
}

static void set_state(struct ccm_session_link *link, enum ccm_link_state state, u32 reason)
{
	if (link->state == (u32)state && link->reason == reason)
		return;
	link->state = (u32)state;
	link->reason = reason;
	link->wants |= want(CCM_LINK_ACT_SHOW);
}

/* Something changed that the partner acts on. */
static void tell(struct ccm_session *s)
{
	s->mail |= CCM_MAIL_LINKS_DUE;
}

/* Whatever there is of a try is to be fenced. The caller sets the state. */
static void close_try(struct ccm_session_link *link, u32 reason)
{
	bool handed_out = link->state >= CCM_LINK_PREPARING &&
			  !(link->wants & want(CCM_LINK_ACT_PREPARE));

	if (handed_out) {
		link->wants |= want(CCM_LINK_ACT_CLOSE);
		link->close_reason = reason;
	}
	link->wants &= ~(want(CCM_LINK_ACT_PREPARE) | want(CCM_LINK_ACT_OPEN) |
			 want(CCM_LINK_ACT_READY));
	link->at_us = 0;
	link->peer_state = CCM_LINK_WAITING;
	memset(&link->offer, 0, sizeof(link->offer));
	memset(&link->peer_offer, 0, sizeof(link->peer_offer));
}

static void begin_try(struct ccm_session_link *link)
{
	link->at_us = 0;
	set_state(link, CCM_LINK_PREPARING, link->reason);
	link->wants |= want(CCM_LINK_ACT_PREPARE);
}

/* There is no counterpart (any more). */
static void wait_for_peer(struct ccm_session_link *link, u32 reason)
{
	close_try(link, reason);
	link->peer = 0;
	link->epoch = 0;
	link->tries = 0;
	memset(&link->plan, 0, sizeof(link->plan));
	set_state(link, CCM_LINK_WAITING, reason);
}

/*
 * A try is over. One that was good for a while is no failure: the next one begins at
 * once, as the first did. Called before the try is closed.
 */
static void count_try(struct ccm_session_link *link, u64 now_us)
{
	if (link->state == CCM_LINK_UP &&
	    now_us - link->up_us >= (u64)CCM_LINK_RETRY_MAX_MS * CCM_US_PER_MS)
		link->tries = 0;
	if (link->tries != ~0U)
		link->tries++;
}

static u64 backoff(const struct ccm_session *s, const struct ccm_session_link *link,
		   u32 failed, u64 random)
{
	/* one random number a step, and links that failed together are many */
	u64 own = random + (u64)(link - s->links) * 0x9e3779b97f4a7c15ULL;

	return ccm_session_backoff(failed, CCM_LINK_RETRY_MIN_MS, CCM_LINK_RETRY_MAX_MS, own);
}

/* This side failed: the next try has the next number, and the partner is told of it. */
static void fail_try(struct ccm_session *s, u64 now_us, struct ccm_session_link *link,
		     u32 reason, u64 random)
{
	count_try(link, now_us);
	close_try(link, reason);
	link->epoch++;
	link->at_us = now_us + backoff(s, link, link->tries, random);
	set_state(link, CCM_LINK_IDLE, reason);
	tell(s);
}

/*
 * The partner failed, and its next try has number @epoch. The first time mine begins
 * at once; then it waits as if it had failed here, or a partner that raises epochs
 * without end could keep this node busy.
 */
static void follow_try(struct ccm_session *s, u64 now_us, struct ccm_session_link *link,
		       u32 epoch, u32 reason, u64 random)
{
	link->epoch = epoch;
	if (reason == CCM_CLIENT_NONE)
		reason = link->reason;
	if (link->state >= CCM_LINK_PREPARING) {
		if (reason == CCM_CLIENT_NONE)
			reason = link->state == CCM_LINK_UP ? CCM_CLIENT_PORT_LOST :
							      CCM_CLIENT_CONNECT;
		count_try(link, now_us);
		close_try(link, reason);
		if (link->tries > 1)
			link->at_us = now_us + backoff(s, link, link->tries - 1, random);
	}
	set_state(link, CCM_LINK_IDLE, reason);
	if (!link->at_us && s->state >= CCM_STATE_OPENING)
		begin_try(link);
}

/* Go on as far as both sides are. */
static void meet(struct ccm_session *s, u64 now_us, struct ccm_session_link *link)
{
	if (link->state == CCM_LINK_OFFERED && link->peer_state >= CCM_LINK_OFFERED) {
		set_state(link, CCM_LINK_OPENING, link->reason);
		link->at_us = now_us + (u64)CCM_LINK_OPEN_MS * CCM_US_PER_MS;
		link->wants |= want(CCM_LINK_ACT_OPEN);
	}
	if (link->state == CCM_LINK_OPENED && link->peer_state >= CCM_LINK_OPENED) {
		set_state(link, CCM_LINK_UP, CCM_CLIENT_NONE);
		link->at_us = 0;
		link->up_us = now_us;
		if (s->state == CCM_STATE_READY)
			link->wants |= want(CCM_LINK_ACT_READY);
	}
}

/* Look for the link's counterpart in the partner's catalog. */
static void match(struct ccm_session *s, struct ccm_session_link *link)
{
	const struct ccm_catalog_entry *theirs = ccm_catalog_find(&s->peer_catalog,
								  link->entry.name);
	bool left = link->peer || link->reason == CCM_CLIENT_LEFT;

	if (theirs && theirs->instance == link->peer)
		return;
	if (!theirs) {
		wait_for_peer(link, left ? CCM_CLIENT_LEFT : CCM_CLIENT_NO_COUNTERPART);
		return;
	}
	close_try(link, CCM_CLIENT_LEFT);
	link->peer = theirs->instance;
	link->tries = 0;
	ccm_plan_make(&link->entry, theirs, &link->plan);
	if (link->plan.why != CCM_CLIENT_NONE) {
		link->epoch = 0;
		set_state(link, CCM_LINK_REFUSED, link->plan.why);
		return;
	}
	link->epoch = 1;
	set_state(link, CCM_LINK_IDLE, CCM_CLIENT_NONE);
	if (s->state >= CCM_STATE_OPENING)
		begin_try(link);
}

static bool there(const struct ccm_session_link *link)
{
	return link->instance && !link->gone;
}

/* The partner's catalog is new. Who counts on a client that has left is to hear of it. */
void ccm_links_match(struct ccm_session *s)
{
	const struct ccm_catalog_entry *theirs;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &s->links[i];

		if (there(link)) {
			match(s, link);
		} else if (link->gone) {
			theirs = ccm_catalog_find(&s->peer_catalog, link->entry.name);
			link->peer = theirs ? theirs->instance : 0;
			tell(s);
		}
	}
}

/* OPENING begins. */
void ccm_links_start(struct ccm_session *s)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&s->links[i]) && s->links[i].state == CCM_LINK_IDLE)
			begin_try(&s->links[i]);
	}
}

/* READY begins. */
void ccm_links_ready(struct ccm_session *s)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&s->links[i]) && s->links[i].state == CCM_LINK_UP)
			s->links[i].wants |= want(CCM_LINK_ACT_READY);
	}
}

/* Is there no link left that the session's READY should wait for? */
bool ccm_links_settled(const struct ccm_session *s)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_session_link *link = &s->links[i];

		if (there(link) && link->state >= CCM_LINK_PREPARING &&
		    link->state < CCM_LINK_UP && !link->tries)
			return false;
	}
	return true;
}

/*
 * My clients
 */

static void free_place(struct ccm_session_link *link)
{
	memset(link, 0, sizeof(*link));
}

/* What my catalog is when it is sent next. */
static void rebuild(struct ccm_session *s)
{
	struct ccm_catalog *catalog = &s->catalog;
	u32 i;

	catalog->count = 0;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&s->links[i]))
			catalog->entries[catalog->count++] = s->links[i].entry;
	}
	memset(&catalog->entries[catalog->count], 0,
	       (CCM_CLIENTS_MAX - catalog->count) * sizeof(catalog->entries[0]));
}

static struct ccm_session_link *find_mine(struct ccm_session *s, u64 instance)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (s->links[i].instance == instance)
			return &s->links[i];
	}
	return NULL;
}

static bool add(struct ccm_session *s, const struct ccm_catalog_entry *entry)
{
	struct ccm_session_link *link = NULL;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX && !link; i++) {
		if (!s->links[i].instance)
			link = &s->links[i];
	}
	if (!link)
		return false;
	free_place(link);
	link->instance = entry->instance;
	link->entry = *entry;
	link->reason = CCM_CLIENT_NO_SESSION;
	link->wants = want(CCM_LINK_ACT_SHOW);
	if (s->done & CCM_DONE_CATALOG_RECEIVED)
		match(s, link);
	return true;
}

/*
 * A client has left. Before W2 nobody knew of it. When READY, its place is free as soon as
 * its try is fenced. In between it keeps its place until READY, since what the
 * partner was told must stay what the plan is made of; but it is closed at once.
 */
static void leave(struct ccm_session *s, struct ccm_session_link *link)
{
	u64 peer = link->peer;

	wait_for_peer(link, CCM_CLIENT_LEFT);
	link->wants &= want(CCM_LINK_ACT_CLOSE);
	link->gone = true;
	if (!(s->done & CCM_DONE_CATALOG_SENT)) {
		free_place(link);
	} else if (s->state != CCM_STATE_READY) {
		link->peer = peer;
		tell(s);
	} else if (!link->wants) {
		free_place(link);
	}
}

/* Are these the same registrations? */
static bool same_clients(const struct ccm_catalog *a, const struct ccm_catalog *b)
{
	u32 i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++) {
		if (!ccm_catalog_find_instance(b, a->entries[i].instance))
			return false;
	}
	return true;
}

/* These are the clients now. */
void ccm_links_clients(struct ccm_session *s, const struct ccm_catalog *clients,
		       struct ccm_session_actions *actions)
{
	bool sent = (s->done & CCM_DONE_CATALOG_SENT) != 0;
	bool no_place = false;
	bool news = false;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &s->links[i];

		if (there(link) && !ccm_catalog_find_instance(clients, link->instance)) {
			leave(s, link);
			news = true;
		}
		/* left between W2 and READY */
		if (link->gone && s->state == CCM_STATE_READY && !link->wants) {
			free_place(link);
			news = true;
		}
	}
	if (sent && s->state != CCM_STATE_READY) {
		s->clients_differ = !same_clients(&s->catalog, clients);
		return;
	}
	for (i = 0; i < clients->count && i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_catalog_entry *entry = &clients->entries[i];

		if (find_mine(s, entry->instance))
			continue;
		if (add(s, entry))
			news = true;
		else
			no_place = true;
	}
	/* Places become free when the CLOSE of those that left is carried out: then again. */
	if (no_place)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	/* The place of one that left just before READY may be free by now, and no news. */
	if (!news && (no_place || same_clients(&s->catalog, clients)))
		return;
	rebuild(s);
	if (sent) {
		s->catalog.generation++;
		s->mail |= CCM_MAIL_CATALOG_DUE;
	}
}

/*
 * The connection is gone: CCM_ACT_CLOSE has closed all tries, CCM_ACT_DOWN tells clients.
 */
void ccm_links_reset(struct ccm_session *s)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &s->links[i];

		if (!link->instance)
			continue;
		if (link->gone) {
			free_place(link);
			continue;
		}
		wait_for_peer(link, CCM_CLIENT_NO_SESSION);
		link->client_ready = false;
		link->wants &= want(CCM_LINK_ACT_SHOW);
	}
	rebuild(s);
}

/*
 * What happens to tries
 */

/* The link that an event of the runtime is about; NULL: it is not the try of now. */
static struct ccm_session_link *event_link(struct ccm_session *s,
					   const struct ccm_session_event *event)
{
	struct ccm_session_link *link;

	if (event->conn && event->conn != s->conn)
		return NULL;
	if (event->link >= CCM_CLIENTS_MAX || !event->instance || !event->epoch)
		return NULL;
	link = &s->links[event->link];
	if (!there(link) || link->instance != event->instance || link->epoch != event->epoch)
		return NULL;
	return link;
}

CCM_SESSION_HANDLER(link_prepared)
{
	struct ccm_session_link *link = event_link(s, event);

	(void)actions;
	if (!link || link->state != CCM_LINK_PREPARING)
		return;
	link->offer = event->offer;
	set_state(link, CCM_LINK_OFFERED, link->reason);
	tell(s);
	meet(s, now_us, link);
}

CCM_SESSION_HANDLER(link_opened)
{
	struct ccm_session_link *link = event_link(s, event);

	if (!link || link->state != CCM_LINK_OPENING)
		return;
	set_state(link, CCM_LINK_OPENED, link->reason);
	tell(s);
	meet(s, now_us, link);
	ccm_session_advance(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(link_failed)
{
	struct ccm_session_link *link = event_link(s, event);
	u32 reason = event->reason;

	if (!link || link->state < CCM_LINK_PREPARING)
		return;
	if (reason == CCM_CLIENT_NONE || reason >= CCM_CLIENT_REASON_COUNT)
		reason = CCM_CLIENT_RESOURCES;
	fail_try(s, now_us, link, reason, event->random);
	ccm_session_advance(s, now_us, event, actions);
}

/* Whatever is due: retries, and tries that take too long */
void ccm_links_timer(struct ccm_session *s, u64 now_us, u64 random)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &s->links[i];

		if (!link->at_us || now_us < link->at_us)
			continue;
		if (link->state == CCM_LINK_IDLE)
			begin_try(link);
		else
			fail_try(s, now_us, link, CCM_CLIENT_CONNECT, random);
	}
}

u64 ccm_links_earliest(const struct ccm_session *s)
{
	u64 at_us = 0;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		u64 own = s->links[i].at_us;

		if (own && (!at_us || own < at_us))
			at_us = own;
	}
	return at_us;
}

/*
 * The table of links
 */

static struct ccm_session_link *find_peer(struct ccm_session *s, u64 instance)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&s->links[i]) && s->links[i].peer == instance)
			return &s->links[i];
	}
	return NULL;
}

static bool same_offer(const struct ccm_link_offer *a, const struct ccm_link_offer *b)
{
	return a->table_addr == b->table_addr && a->table_key == b->table_key &&
	       a->chunks == b->chunks && a->bytes == b->bytes;
}

/*
 * What the partner says of one of its clients. A slot of a pair that is not known here is
 * of a client that has left, or will be followed by another one.
 *
 * Within a try a side only goes forward, and stands by its offer. Returns false if it
 * does not, if it offers what was not agreed on, or claims more tries than it can have had.
 */
bool ccm_links_hear(struct ccm_session *s, u64 now_us, const struct ccm_link_slot *slot,
		    u64 random)
{
	struct ccm_session_link *link = slot->mine ? find_peer(s, slot->mine) : NULL;

	if (!link)
		return true;
	if (slot->yours != link->instance)
		return true;
	if (slot->state == CCM_LINK_WAITING && slot->reason == CCM_CLIENT_LEFT) {
		/* the catalog that says so, too, is yet to come */
		wait_for_peer(link, CCM_CLIENT_LEFT);
		return true;
	}
	if (link->state < CCM_LINK_IDLE)
		return true;
	if (slot->state >= CCM_LINK_OFFERED && slot->offer.bytes != link->plan.take)
		return false;
	if (slot->epoch < link->epoch)
		return true;
	if (slot->epoch - link->epoch > CCM_LINK_EPOCH_JUMP)
		return false;
	if (slot->epoch > link->epoch)
		follow_try(s, now_us, link, slot->epoch, slot->reason, random);
	else if (slot->state < link->peer_state)
		return false;
	else if (link->peer_state >= CCM_LINK_OFFERED &&
		 !same_offer(&slot->offer, &link->peer_offer))
		return false;
	link->peer_state = slot->state;
	if (slot->state >= CCM_LINK_OFFERED)
		link->peer_offer = slot->offer;
	meet(s, now_us, link);
	return true;
}

u32 ccm_links_put_table(const struct ccm_session *s, u8 *buf)
{
	struct ccm_links_header header;
	struct ccm_link_slot slot;
	u32 i;

	header.nonce = s->nonce;
	header.sequence = s->links_sequence;
	header.count = 0;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (s->links[i].instance)
			header.count = i + 1;
	}
	ccm_links_put(buf, &header);
	for (i = 0; i < header.count; i++) {
		const struct ccm_session_link *link = &s->links[i];

		if (!link->instance)
			continue;
		memset(&slot, 0, sizeof(slot));
		slot.mine = link->instance;
		slot.yours = link->peer;
		slot.epoch = link->epoch;
		slot.state = (u16)link->state;
		slot.reason = (u16)link->reason;
		slot.offer = link->offer;
		ccm_links_put_slot(buf, i, &slot);
	}
	return ccm_links_len(header.count);
}

/*
 * What the runtime asks for
 */

bool ccm_links_next(struct ccm_session *s, struct ccm_link_action *action)
{
	u32 act, i;

	/* by action first: what is closed is there for what is prepared */
	for (act = 0; act < CCM_LINK_ACT_COUNT; act++) {
		for (i = 0; i < CCM_CLIENTS_MAX; i++) {
			struct ccm_session_link *link = &s->links[i];

			if (!(link->wants & 1U << act))
				continue;
			link->wants &= ~(1U << act);
			memset(action, 0, sizeof(*action));
			action->act = act;
			action->index = i;
			action->instance = link->instance;
			if (act == CCM_LINK_ACT_READY) {
				/* in OPENING it was UP already, but not shown as ready */
				link->client_ready = true;
				link->wants |= want(CCM_LINK_ACT_SHOW);
			}
			if (act != CCM_LINK_ACT_CLOSE)
				return true;
			action->reason = link->close_reason;
			link->client_ready = false;
			if (link->gone && s->state == CCM_STATE_READY) {
				link->instance = 0;
				link->gone = false;
			}
			return true;
		}
	}
	return false;
}

int ccm_links_admit(const struct ccm_session *s, u64 instance_mine, u64 instance_theirs,
		    u32 epoch, u32 port)
{
	u32 i;

	/* the lower node connects, the higher one accepts */
	if (s->config.node < s->config.partner)
		return -1;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_session_link *link = &s->links[i];

		if (!there(link) || link->instance != instance_mine)
			continue;
		if (link->state != CCM_LINK_OFFERED && link->state != CCM_LINK_OPENING)
			return -1;
		if (link->peer != instance_theirs || link->epoch != epoch ||
		    port >= link->plan.ports)
			return -1;
		return (int)i;
	}
	return -1;
}
