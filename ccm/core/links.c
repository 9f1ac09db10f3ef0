// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: each client's way from two catalogs to UP. See links.h for the ladder.
 *
 * Every way out of a try goes through close_try(), every way to a next one through
 * begin_try(). Nothing here is carried out at once: what is to be done to a link is
 * noted in its wants, of which the runtime takes one after the other when the step is
 * over. A try that was not handed out yet leaves nothing to be closed.
 */
#include "links.h"

#include "backoff.h"

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

void ccm_links_init(struct ccm_session_links *links, bool lower)
{
	links->lower = lower;
	links->catalog.generation = 1;
}

/* Something changed that the partner acts on. */
static void tell(struct ccm_session_links *links)
{
	links->table_due = true;
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
static void wait_for_counterpart(struct ccm_session_link *link, u32 reason)
{
	close_try(link, reason);
	link->counterpart = 0;
	link->epoch = 0;
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

static u64 backoff(const struct ccm_session_links *links, const struct ccm_session_link *link,
		   u32 failed, u64 random)
{
	/* one random number a step, and links that failed together are many */
	u64 own = random + (u64)(link - links->link) * 0x9e3779b97f4a7c15ULL;

	return ccm_backoff_us(failed, CCM_LINK_RETRY_MIN_MS, CCM_LINK_RETRY_MAX_MS, own);
}

/* This side failed: the next try has the next number, and the partner is told of it. */
static void fail_try(struct ccm_session_links *links, u64 now_us, struct ccm_session_link *link,
		     u32 reason, u64 random)
{
	count_try(link, now_us);
	close_try(link, reason);
	link->epoch++;
	link->at_us = now_us + backoff(links, link, link->tries, random);
	set_state(link, CCM_LINK_IDLE, reason);
	tell(links);
}

/*
 * The partner failed, and its next try has number @epoch. The first time mine begins
 * at once; then it waits as if it had failed here, or a partner that raises epochs
 * without end could keep this node busy.
 */
static void follow_try(struct ccm_session_links *links, u64 now_us,
		       struct ccm_session_link *link, u32 epoch, u32 reason, u64 random)
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
			link->at_us = now_us + backoff(links, link, link->tries - 1, random);
	}
	set_state(link, CCM_LINK_IDLE, reason);
	if (!link->at_us && links->phase >= CCM_LINKS_OPENING)
		begin_try(link);
}

/* Go on as far as both sides are. */
static void meet(struct ccm_session_links *links, u64 now_us, struct ccm_session_link *link)
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
		if (links->phase == CCM_LINKS_READY)
			link->wants |= want(CCM_LINK_ACT_READY);
	}
}

/* Look for the link's counterpart in the partner's catalog. */
static void match(struct ccm_session_links *links, struct ccm_session_link *link)
{
	const struct ccm_catalog_entry *theirs = ccm_catalog_find(&links->peer_catalog,
								  link->entry.name);
	bool left = link->counterpart || link->reason == CCM_CLIENT_LEFT;

	if (theirs && theirs->instance == link->counterpart)
		return;
	if (!theirs) {
		wait_for_counterpart(link, left ? CCM_CLIENT_LEFT : CCM_CLIENT_NO_COUNTERPART);
		return;
	}
	close_try(link, CCM_CLIENT_LEFT);
	link->counterpart = theirs->instance;
	link->tries = 0;
	ccm_plan_make(&link->entry, theirs, &link->plan);
	if (link->plan.why != CCM_CLIENT_NONE) {
		link->epoch = 0;
		set_state(link, CCM_LINK_REFUSED, link->plan.why);
		return;
	}
	link->epoch = 1;
	set_state(link, CCM_LINK_IDLE, CCM_CLIENT_NONE);
	if (links->phase >= CCM_LINKS_OPENING)
		begin_try(link);
}

static bool there(const struct ccm_session_link *link)
{
	return link->instance && !link->gone;
}

/* The partner's catalog is new. Who counts on a client that has left is to hear of it. */
void ccm_links_match(struct ccm_session_links *links)
{
	const struct ccm_catalog_entry *theirs;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &links->link[i];

		if (there(link)) {
			match(links, link);
		} else if (link->gone) {
			theirs = ccm_catalog_find(&links->peer_catalog, link->entry.name);
			link->counterpart = theirs ? theirs->instance : 0;
			tell(links);
		}
	}
}

/* OPENING begins. */
void ccm_links_start(struct ccm_session_links *links)
{
	u32 i;

	links->phase = CCM_LINKS_OPENING;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&links->link[i]) && links->link[i].state == CCM_LINK_IDLE)
			begin_try(&links->link[i]);
	}
}

/* READY begins. */
void ccm_links_ready(struct ccm_session_links *links)
{
	u32 i;

	links->phase = CCM_LINKS_READY;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&links->link[i]) && links->link[i].state == CCM_LINK_UP)
			links->link[i].wants |= want(CCM_LINK_ACT_READY);
	}
}

/* Is there no link left that the session's READY should wait for? */
bool ccm_links_settled(const struct ccm_session_links *links)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_session_link *link = &links->link[i];

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
static void rebuild(struct ccm_session_links *links)
{
	struct ccm_catalog *catalog = &links->catalog;
	u32 i;

	catalog->count = 0;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&links->link[i]))
			catalog->entries[catalog->count++] = links->link[i].entry;
	}
}

static struct ccm_session_link *find_mine(struct ccm_session_links *links, u64 instance)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (links->link[i].instance == instance)
			return &links->link[i];
	}
	return NULL;
}

static bool add(struct ccm_session_links *links, const struct ccm_catalog_entry *entry)
{
	struct ccm_session_link *link = NULL;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX && !link; i++) {
		if (!links->link[i].instance)
			link = &links->link[i];
	}
	if (!link)
		return false;
	free_place(link);
	link->instance = entry->instance;
	link->entry = *entry;
	link->reason = CCM_CLIENT_NO_SESSION;
	link->wants = want(CCM_LINK_ACT_SHOW);
	if (links->heard)
		match(links, link);
	return true;
}

/*
 * A client has left. Before W2 nobody knew of it. When READY, its place is free as soon as
 * its try is fenced. In between it keeps its place until READY, since what the
 * partner was told must stay what the plan is made of; but it is closed at once.
 */
static void leave(struct ccm_session_links *links, struct ccm_session_link *link)
{
	u64 counterpart = link->counterpart;

	wait_for_counterpart(link, CCM_CLIENT_LEFT);
	link->wants &= want(CCM_LINK_ACT_CLOSE);
	link->gone = true;
	if (!links->told) {
		free_place(link);
	} else if (links->phase != CCM_LINKS_READY) {
		link->counterpart = counterpart;
		tell(links);
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
void ccm_links_clients(struct ccm_session_links *links, const struct ccm_catalog *clients,
		       struct ccm_session_actions *actions)
{
	bool no_place = false;
	bool news = false;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &links->link[i];

		if (there(link) && !ccm_catalog_find_instance(clients, link->instance)) {
			leave(links, link);
			news = true;
		}
		/* left between W2 and READY */
		if (link->gone && links->phase == CCM_LINKS_READY && !link->wants) {
			free_place(link);
			news = true;
		}
	}
	if (links->told && links->phase != CCM_LINKS_READY) {
		links->clients_differ = !same_clients(&links->catalog, clients);
		return;
	}
	for (i = 0; i < clients->count && i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_catalog_entry *entry = &clients->entries[i];

		if (find_mine(links, entry->instance))
			continue;
		if (add(links, entry))
			news = true;
		else
			no_place = true;
	}
	/* Places become free when the CLOSE of those that left is carried out: then again. */
	if (no_place)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	/* The place of one that left just before READY may be free by now, and no news. */
	if (!news && (no_place || same_clients(&links->catalog, clients)))
		return;
	rebuild(links);
	if (links->told) {
		links->catalog.generation++;
		links->catalog_due = true;
	}
}

/*
 * The connection is gone: CCM_ACT_CLOSE has closed all tries, CCM_ACT_DOWN tells clients.
 */
void ccm_links_reset(struct ccm_session_links *links)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &links->link[i];

		if (!link->instance)
			continue;
		if (link->gone) {
			free_place(link);
			continue;
		}
		wait_for_counterpart(link, CCM_CLIENT_NO_SESSION);
		link->client_ready = false;
		link->wants &= want(CCM_LINK_ACT_SHOW);
	}
	links->phase = CCM_LINKS_CLOSED;
	links->told = false;
	links->heard = false;
	links->table_due = false;
	links->catalog_due = false;
	links->sequence = 0;
	links->peer_sequence = 0;
	links->catalog.nonce = 0;
	memset(&links->peer_catalog, 0, sizeof(links->peer_catalog));
	rebuild(links);
}

/*
 * What happens to tries
 */

struct ccm_session_link *ccm_links_find(struct ccm_session_links *links, u32 index,
					u64 instance, u32 epoch)
{
	struct ccm_session_link *link;

	if (index >= CCM_CLIENTS_MAX || !instance || !epoch)
		return NULL;
	link = &links->link[index];
	if (!there(link) || link->instance != instance || link->epoch != epoch)
		return NULL;
	return link;
}

void ccm_links_prepared(struct ccm_session_links *links, u64 now_us,
			struct ccm_session_link *link, const struct ccm_link_offer *offer)
{
	if (link->state != CCM_LINK_PREPARING)
		return;
	link->offer = *offer;
	set_state(link, CCM_LINK_OFFERED, link->reason);
	link->at_us = now_us + (u64)CCM_LINK_RESEND_MS * CCM_US_PER_MS;
	tell(links);
	meet(links, now_us, link);
}

void ccm_links_opened(struct ccm_session_links *links, u64 now_us,
		      struct ccm_session_link *link)
{
	if (link->state != CCM_LINK_OPENING)
		return;
	set_state(link, CCM_LINK_OPENED, link->reason);
	tell(links);
	meet(links, now_us, link);
}

void ccm_links_failed(struct ccm_session_links *links, u64 now_us,
		      struct ccm_session_link *link, u32 reason, u64 random)
{
	if (link->state < CCM_LINK_PREPARING)
		return;
	if (reason == CCM_CLIENT_NONE || reason >= CCM_CLIENT_REASON_COUNT)
		reason = CCM_CLIENT_RESOURCES;
	fail_try(links, now_us, link, reason, random);
}

/* Whatever is due: retries, and tries that take too long */
void ccm_links_timer(struct ccm_session_links *links, u64 now_us, u64 random)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		struct ccm_session_link *link = &links->link[i];

		if (!link->at_us || now_us < link->at_us)
			continue;
		if (link->state == CCM_LINK_IDLE) {
			begin_try(link);
		} else if (link->state == CCM_LINK_OFFERED) {
			/*
			 * The partner's memory can take its time. That it has heard of
			 * mine is seen from its taking the table, which is timed.
			 */
			link->at_us = now_us + (u64)CCM_LINK_RESEND_MS * CCM_US_PER_MS;
			tell(links);
		} else {
			fail_try(links, now_us, link, CCM_CLIENT_CONNECT, random);
		}
	}
}

u64 ccm_links_earliest(const struct ccm_session_links *links)
{
	u64 at_us = 0;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		u64 own = links->link[i].at_us;

		if (own && (!at_us || own < at_us))
			at_us = own;
	}
	return at_us;
}

/*
 * The table of links
 */

static struct ccm_session_link *find_counterpart(struct ccm_session_links *links, u64 instance)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (there(&links->link[i]) && links->link[i].counterpart == instance)
			return &links->link[i];
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
bool ccm_links_hear(struct ccm_session_links *links, u64 now_us,
		    const struct ccm_link_slot *slot, u64 random)
{
	struct ccm_session_link *link = slot->mine ? find_counterpart(links, slot->mine) : NULL;

	if (!link)
		return true;
	if (slot->yours != link->instance)
		return true;
	if (slot->state == CCM_LINK_WAITING && slot->reason == CCM_CLIENT_LEFT) {
		/* the catalog that says so, too, is yet to come */
		wait_for_counterpart(link, CCM_CLIENT_LEFT);
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
		follow_try(links, now_us, link, slot->epoch, slot->reason, random);
	else if (slot->state < link->peer_state)
		return false;
	else if (link->peer_state >= CCM_LINK_OFFERED &&
		 !same_offer(&slot->offer, &link->peer_offer))
		return false;
	link->peer_state = slot->state;
	if (slot->state >= CCM_LINK_OFFERED)
		link->peer_offer = slot->offer;
	meet(links, now_us, link);
	return true;
}

u32 ccm_links_put_table(const struct ccm_session_links *links, u8 *buf)
{
	struct ccm_links_header header;
	struct ccm_link_slot slot;
	u32 i;

	header.nonce = links->catalog.nonce;
	header.sequence = links->sequence;
	header.count = 0;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (links->link[i].instance)
			header.count = i + 1;
	}
	ccm_links_put(buf, &header);
	for (i = 0; i < header.count; i++) {
		const struct ccm_session_link *link = &links->link[i];

		if (!link->instance)
			continue;
		memset(&slot, 0, sizeof(slot));
		slot.mine = link->instance;
		slot.yours = link->counterpart;
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

bool ccm_links_next(struct ccm_session_links *links, struct ccm_link_action *action)
{
	u32 act, i;

	/* by action first: what is closed is there for what is prepared */
	for (act = 0; act < CCM_LINK_ACT_COUNT; act++) {
		for (i = 0; i < CCM_CLIENTS_MAX; i++) {
			struct ccm_session_link *link = &links->link[i];

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
			if (link->gone && links->phase == CCM_LINKS_READY) {
				link->instance = 0;
				link->gone = false;
			}
			return true;
		}
	}
	return false;
}

int ccm_links_admit(const struct ccm_session_links *links, u64 instance_mine,
		    u64 instance_theirs, u32 epoch, u32 port)
{
	u32 i;

	/* the lower node connects, the higher one accepts */
	if (links->lower)
		return -1;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		const struct ccm_session_link *link = &links->link[i];

		if (!there(link) || link->instance != instance_mine)
			continue;
		if (link->state != CCM_LINK_OFFERED && link->state != CCM_LINK_OPENING)
			return -1;
		if (link->counterpart != instance_theirs || link->epoch != epoch ||
		    port >= link->plan.ports)
			return -1;
		return (int)i;
	}
	return -1;
}
