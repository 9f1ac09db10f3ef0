// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: two session machines back to back in the memory of one kernel.
 *
 * The wire between them is a queue: what an action asks for becomes the events that a
 * transport without faults would deliver. tests/sim goes much further; this suite shows
 * that the core, compiled for the kernel, does the same there.
 */
#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "../../../ccm/core/session.h"

#define QUEUE_MAX	64
#define WIRES_MAX	16
#define CLUSTER		0x7e57ULL

/* One event under way to a side, with its bytes */
struct item {
	u32 to;
	struct ccm_session_event event;
	u8 data[CCM_PRIVATE_ACCEPT_MAX];
};

/* One machine, and the memory that it exposes on its present connection */
struct side {
	struct ccm_session session;
	s64 booted_ms;		/* when its kernel was started */
	u32 next_incoming;
	u32 ready;		/* READY heard by clients */
	u32 down;
	u32 down_reason;
	u32 closes;
	bool closed_first;	/* each DOWN came behind a CLOSE */
	u32 reject;		/* code of my last REJECT */
	bool old_answers;	/* so a READ over its present connection succeeds */
	u32 probes;
	u32 clashes;
	u8 answer[CCM_WIRE_ANSWER_LEN];
	u8 catalog[CCM_CATALOG_LEN_MAX];	/* in my mailbox */
	u8 links[CCM_LINKS_LEN_MAX];
	struct ccm_catalog clients;
	u64 next_instance;
	u32 client_ready;	/* READY heard by a client of a link */
	u32 link_closes;
};

struct pair {
	struct kunit *test;
	struct side side[2];
	u32 wires[WIRES_MAX][2];	/* connections that were accepted, by each side's number */
	u32 wire_count;
	struct item queue[QUEUE_MAX];
	u32 head;
	u32 tail;
	u64 now_us;
	struct ccm_session_actions actions;
	struct item current_item;
};

static struct pair *pair_of(struct kunit *test)
{
	return (struct pair *)test->priv;
}

static struct item *enqueue(struct pair *p, u32 to, u32 type, u32 conn)
{
	struct item *item = &p->queue[p->tail % QUEUE_MAX];

	KUNIT_ASSERT_LT(p->test, p->tail - p->head, (u32)QUEUE_MAX);
	p->tail++;
	memset(item, 0, sizeof(*item));
	item->to = to;
	item->event.type = type;
	item->event.conn = conn;
	return item;
}

static void fill(struct item *item, const u8 *data, u32 len)
{
	memcpy(item->data, data, len);
	item->event.len = len;
}

static void join(struct pair *p, u32 me, u32 mine, u32 theirs)
{
	u32 *wire = p->wires[p->wire_count % WIRES_MAX];

	KUNIT_ASSERT_LT(p->test, p->wire_count, (u32)WIRES_MAX);
	p->wire_count++;
	wire[me] = mine;
	wire[1 - me] = theirs;
}

/* Side @me's end of one connection is no more; 0: of all. */
static void cut(struct pair *p, u32 me, u32 conn)
{
	u32 i;

	for (i = 0; i < p->wire_count; i++) {
		if (!conn || p->wires[i][me] == conn)
			p->wires[i][me] = 0;
	}
}

/* The other side's number of a connection; 0: there is none, and nobody hears what is sent. */
static u32 peer_of(const struct pair *p, u32 me, u32 conn)
{
	u32 i;

	for (i = 0; i < p->wire_count; i++) {
		if (conn && p->wires[i][me] == conn)
			return p->wires[i][1 - me];
	}
	return 0;
}

static u64 uptime_ms(const struct pair *p, const struct side *side)
{
	return (u64)((s64)div_u64(p->now_us, USEC_PER_MSEC) - side->booted_ms);
}

static struct ccm_session_keys keys_of(u32 me)
{
	struct ccm_session_keys keys;

	keys.status_addr = 0x100000ULL * (me + 1);
	keys.status_key = 10 + me;
	keys.mailbox_addr = 0x800000ULL * (me + 1);
	keys.mailbox_key = 20 + me;
	return keys;
}

static void put_status(const struct pair *p, const struct side *side, u8 *data)
{
	struct ccm_wire_status status;

	memset(&status, 0, sizeof(status));
	status.version_min = side->session.config.version_min;
	status.version_max = side->session.config.version_max;
	status.node = side->session.config.node;
	status.incarnation = side->session.config.incarnation;
	status.cluster = side->session.config.cluster;
	status.stage = CCM_STAGE_KERNEL;
	status.counter = 1;
	status.tick_ms = 20;
	status.uptime_ms = uptime_ms(p, side);
	ccm_wire_put_status(data, &status);
}

/* Where a catalog or a table of links lies in a side's mailbox */
static u8 *mailbox(struct side *side, u32 ring)
{
	return ring == CCM_RING_CATALOG ? side->catalog : side->links;
}

/* What a runtime that never fails makes of one action of a link */
static void carry_out_link(struct pair *p, u32 me, const struct ccm_link_action *a)
{
	struct side *mine = &p->side[me];
	const struct ccm_session_link *link = &mine->session.links.link[a->index];
	struct item *item = NULL;

	switch (a->act) {
	case CCM_LINK_ACT_CLOSE:
		mine->link_closes++;
		break;
	case CCM_LINK_ACT_PREPARE:
		item = enqueue(p, me, CCM_SEV_LINK_PREPARED, 0);
		item->event.offer.bytes = link->plan.give;
		item->event.offer.chunks = link->plan.give ? 1 : 0;
		break;
	case CCM_LINK_ACT_OPEN:
		item = enqueue(p, me, CCM_SEV_LINK_OPENED, 0);
		break;
	case CCM_LINK_ACT_READY:
		mine->client_ready++;
		break;
	default:
		break;
	}
	if (item) {
		item->event.link = a->index;
		item->event.instance = a->instance;
		item->event.epoch = link->epoch;
	}
}

/* What a transport that never fails makes of one action of side @me */
static void carry_out(struct pair *p, u32 me, const struct ccm_session_action *a)
{
	struct side *mine = &p->side[me];
	u32 other = 1 - me;
	struct side *theirs = &p->side[other];
	u32 peer = p->current_item.event.status;	/* of a request: the asking side's number */
	struct item *item;

	if (a->type != CCM_ACT_ACCEPT)
		peer = peer_of(p, me, a->conn);
	switch (a->type) {
	case CCM_ACT_CONNECT:
		item = enqueue(p, other, CCM_SEV_REQUEST, theirs->next_incoming);
		item->event.status = a->conn;	/* not looked at: for the answer's way back */
		fill(item, a->data, a->len);
		theirs->next_incoming += 2;
		break;
	case CCM_ACT_ACCEPT:
		join(p, me, a->conn, peer);
		item = enqueue(p, other, CCM_SEV_ESTABLISHED, peer);
		item->event.keys = keys_of(other);
		fill(item, a->data, a->len);
		item = enqueue(p, me, CCM_SEV_ESTABLISHED, a->conn);
		item->event.keys = keys_of(me);
		break;
	case CCM_ACT_REJECT:
		mine->reject = a->what;
		item = enqueue(p, other, CCM_SEV_REJECTED, p->current_item.event.status);
		item->event.status = CCM_CM_CONSUMER;
		fill(item, a->data, a->len);
		break;
	case CCM_ACT_CLOSE:
		mine->closes++;
		if (!a->flush && peer)
			enqueue(p, other, CCM_SEV_DISCONNECTED, peer);
		cut(p, me, a->conn);
		break;
	case CCM_ACT_SEND:
		item = enqueue(p, other, CCM_SEV_MESSAGE, peer);
		fill(item, a->data, a->len);
		break;
	case CCM_ACT_READ:
		KUNIT_EXPECT_EQ(p->test, a->key, keys_of(other).status_key);
		item = enqueue(p, me, CCM_SEV_READ_DONE, a->conn);
		item->event.status = a->what;
		item->event.len = a->read_len;
		if (a->what == CCM_READ_STATUS)
			put_status(p, theirs, item->data);
		else
			memcpy(item->data, theirs->answer, sizeof(theirs->answer));
		break;
	case CCM_ACT_WRITE:
		KUNIT_EXPECT_EQ(p->test, a->key, keys_of(other).mailbox_key);
		item = enqueue(p, other, CCM_SEV_RING, peer);
		item->event.status = a->what;
		fill(item, a->data, a->len);
		break;
	case CCM_ACT_ANSWER:
		memcpy(mine->answer, a->data, sizeof(mine->answer));
		item = enqueue(p, other, CCM_SEV_RING, peer);
		item->event.status = a->what;
		break;
	case CCM_ACT_MAIL:
		KUNIT_EXPECT_EQ(p->test, a->key, keys_of(other).mailbox_key);
		item = enqueue(p, other, CCM_SEV_RING, peer);
		item->event.status = a->what;
		item->event.len = ccm_session_put_mail(&mine->session, a->what,
						       mailbox(theirs, a->what));
		break;
	case CCM_ACT_RING:
		item = enqueue(p, other, CCM_SEV_RING, peer);
		item->event.status = a->what;
		break;
	case CCM_ACT_AGAIN:
		item = enqueue(p, me, CCM_SEV_RING, a->conn);
		item->event.status = a->what;
		item->event.len = CCM_CATALOG_LEN_MAX;
		break;
	case CCM_ACT_PROBE:
		mine->probes++;
		if (mine->old_answers)
			enqueue(p, me, CCM_SEV_ALIVE, a->conn);
		break;
	case CCM_ACT_CLASH:
		mine->clashes++;
		break;
	case CCM_ACT_CLIENTS:
		enqueue(p, me, CCM_SEV_CLIENTS, 0);
		break;
	case CCM_ACT_READY:
		mine->ready++;
		break;
	case CCM_ACT_DOWN:
		mine->down++;
		mine->down_reason = a->reason;
		break;
	default:
		break;
	}
}

static void step(struct pair *p, u32 me, struct ccm_session_event *event)
{
	u32 closes = p->side[me].closes;
	u32 down = p->side[me].down;
	struct ccm_link_action act;
	u32 i;

	p->now_us += 10;
	event->random = p->now_us * 0x9e3779b97f4a7c15ULL;
	event->uptime_ms = uptime_ms(p, &p->side[me]);
	ccm_session_step(&p->side[me].session, p->now_us, event, &p->actions);
	KUNIT_EXPECT_LT(p->test, p->actions.count, (u32)CCM_ACTIONS_MAX);
	for (i = 0; i < p->actions.count; i++) {
		carry_out(p, me, &p->actions.list[i]);
		if (p->side[me].down != down && p->side[me].closes == closes)
			p->side[me].closed_first = false;
	}
	while (ccm_links_next(&p->side[me].session.links, &act))
		carry_out_link(p, me, &act);
}

/* An event without data that does not come from the partner */
static void happen(struct pair *p, u32 me, u32 type, u32 reason)
{
	struct ccm_session_event event;

	memset(&event, 0, sizeof(event));
	event.type = type;
	event.reason = reason;
	step(p, me, &event);
}

/* Deliver all that is under way. */
static void deliver(struct pair *p)
{
	struct ccm_session_event *event;
	u32 to;
	u32 i;

	for (i = 0; i < 1000 && p->head != p->tail; i++) {
		p->current_item = p->queue[p->head % QUEUE_MAX];
		p->head++;
		event = &p->current_item.event;
		to = p->current_item.to;
		event->data = p->current_item.data;
		if (event->type == CCM_SEV_RING && (event->status == CCM_RING_CATALOG ||
						    event->status == CCM_RING_LINKS))
			event->data = mailbox(&p->side[to], event->status);
		event->catalog = &p->side[to].clients;
		step(p, to, event);
	}
	KUNIT_ASSERT_EQ(p->test, p->head, p->tail);
}

static void side_init(struct side *side, u32 node, u32 partner, u64 incarnation)
{
	struct ccm_session_config config;

	memset(&config, 0, sizeof(config));
	config.node = node;
	config.partner = partner;
	config.cluster = CLUSTER;
	config.incarnation = incarnation;
	config.version_min = CCM_VERSION_MIN;
	config.version_max = CCM_VERSION_MAX;
	config.detect_ms = 250;
	config.name[0] = (char)('a' + node - 1);
	memset(side, 0, sizeof(*side));
	side->next_incoming = 1;
	side->closed_first = true;
	ccm_session_init(&side->session, &config);
}

static int session_test_init(struct kunit *test)
{
	struct pair *p = (struct pair *)kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->test = test;
	p->now_us = 1000;
	side_init(&p->side[0], 1, 2, 0x1111);
	side_init(&p->side[1], 2, 1, 0x2222);
	test->priv = p;
	return 0;
}

static void expect_ready(struct kunit *test, struct pair *p, u32 times)
{
	u32 me;

	for (me = 0; me < 2; me++) {
		struct side *mine = &p->side[me];
		struct side *theirs = &p->side[1 - me];

		KUNIT_EXPECT_EQ(test, mine->session.state, (u32)CCM_STATE_READY);
		KUNIT_EXPECT_EQ(test, mine->ready, times);
		KUNIT_EXPECT_EQ(test, mine->session.peer_incarnation,
				theirs->session.config.incarnation);
		KUNIT_EXPECT_EQ(test, mine->session.conn.version, (u16)CCM_VERSION_MAX);
		KUNIT_EXPECT_EQ(test, mine->session.conn.peer_keys.nonce,
				theirs->session.conn.nonce);
		KUNIT_EXPECT_EQ(test, mine->session.peer_hello.name[0],
				theirs->session.config.name[0]);
		KUNIT_EXPECT_EQ(test, mine->session.armed_us, 0ULL);
		KUNIT_EXPECT_TRUE(test, mine->closed_first);
	}
}

/* Side 1 is up and has found nobody when side 0 loads. */
static void become_ready(struct pair *p)
{
	happen(p, 1, CCM_SEV_START, 0);
	p->head = p->tail;	/* nobody listens yet */
	p->now_us = p->side[1].session.deadline_us;
	happen(p, 1, CCM_SEV_TIMER, 0);
	happen(p, 0, CCM_SEV_START, 0);
	deliver(p);
}

static void session_handshake(struct kunit *test)
{
	struct pair *p = pair_of(test);

	become_ready(p);
	expect_ready(test, p, 1);
	KUNIT_EXPECT_EQ(test, p->side[0].down + p->side[1].down, 0U);
	KUNIT_EXPECT_EQ(test, p->side[0].session.peer_ready.plan,
			p->side[1].session.peer_ready.plan);
}

static void session_crossed_requests(struct kunit *test)
{
	struct pair *p = pair_of(test);

	happen(p, 0, CCM_SEV_START, 0);
	happen(p, 1, CCM_SEV_START, 0);
	deliver(p);
	expect_ready(test, p, 1);
	KUNIT_EXPECT_EQ(test, p->side[0].reject, (u32)CCM_REJECT_CROSSED);
	KUNIT_EXPECT_EQ(test, p->side[1].reject, (u32)CCM_REJECT_NONE);
	KUNIT_EXPECT_TRUE(test, p->side[0].session.conn.active);
	KUNIT_EXPECT_FALSE(test, p->side[1].session.conn.active);
}

/*
 * Side 0 is gone without a word, and another incarnation in its place. @off_ms: how long until
 * its kernel was started; 0: it goes on
 */
static void load_again(struct pair *p, u32 off_ms)
{
	s64 booted_ms = p->side[0].booted_ms;

	p->now_us += (u64)off_ms * USEC_PER_MSEC;
	if (off_ms)
		booted_ms = (s64)div_u64(p->now_us, USEC_PER_MSEC);
	side_init(&p->side[0], 1, 2, 0x3333);
	p->side[0].booted_ms = booted_ms;
	cut(p, 0, 0);
	p->now_us += 2 * USEC_PER_SEC;
}

/* Of the present connection */
static void verdict(struct pair *p, u32 me, u32 reason)
{
	enqueue(p, me, CCM_SEV_VERDICT, p->side[me].session.conn.id)->event.reason = reason;
	deliver(p);
}

static void session_new_incarnation_replaces(struct kunit *test)
{
	struct pair *p = pair_of(test);

	become_ready(p);
	/* Power loss of side 0: its partner has noticed nothing when it is back. */
	load_again(p, 5000);
	happen(p, 0, CCM_SEV_START, 0);
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].down_reason, (u32)CCM_REASON_RESTARTED);
	KUNIT_EXPECT_EQ(test, p->side[1].probes, 0U);
	p->side[0].ready++;	/* of its life before */
	expect_ready(test, p, 2);
}

/* Its module is loaded anew, and the goodbye was lost: the kernel is the same. */
static void session_reload_is_no_restart(struct kunit *test)
{
	struct pair *p = pair_of(test);
	u32 kernel;

	become_ready(p);
	kernel = p->side[1].session.peer_kernel;
	load_again(p, 0);
	happen(p, 0, CCM_SEV_START, 0);
	deliver(p);
	/* nothing is given up before the old connection is known to be dead */
	KUNIT_EXPECT_EQ(test, p->side[1].probes, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 0U);
	KUNIT_EXPECT_EQ(test, p->side[1].session.state, (u32)CCM_STATE_READY);
	verdict(p, 1, CCM_REASON_UNREACHABLE);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].down_reason, (u32)CCM_REASON_RELOADED);
	KUNIT_EXPECT_EQ(test, p->side[1].session.peer_kernel, kernel);
	p->side[0].ready++;	/* of its life before */
	expect_ready(test, p, 2);
}

/* Another machine has the id of side 0, which works on: the session stays. */
static void session_duplicate_is_sent_away(struct kunit *test)
{
	struct pair *p = pair_of(test);
	u32 kept;

	become_ready(p);
	kept = p->side[1].session.conn.id;
	p->side[1].old_answers = true;
	load_again(p, 0);
	p->side[0].booted_ms = -777777;
	happen(p, 0, CCM_SEV_START, 0);
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[1].probes, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].clashes, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 0U);
	KUNIT_EXPECT_EQ(test, p->side[1].session.state, (u32)CCM_STATE_READY);
	KUNIT_EXPECT_EQ(test, p->side[1].session.conn.id, kept);
	KUNIT_EXPECT_EQ(test, p->side[1].session.candidate.id, 0U);
	KUNIT_EXPECT_EQ(test, p->side[0].session.state, (u32)CCM_STATE_DOWN);
	KUNIT_EXPECT_EQ(test, p->side[0].session.reason, (u32)CCM_REASON_DUPLICATE);
}

static void session_stale_request(struct kunit *test)
{
	struct pair *p = pair_of(test);
	struct ccm_wire_request old;
	struct item *item;

	become_ready(p);
	/* A request that side 0 sent before the one that has succeeded comes only now. */
	memset(&old, 0, sizeof(old));
	old.version_min = CCM_VERSION_MIN;
	old.version_max = CCM_VERSION_MAX;
	old.purpose = CCM_PURPOSE_SESSION;
	old.node = 1;
	old.partner = 2;
	old.cluster = CLUSTER;
	old.incarnation = p->side[0].session.config.incarnation;
	old.attempt = p->side[0].session.attempt.number;
	old.uptime_ms = p->side[1].session.heard_uptime_ms;
	item = enqueue(p, 1, CCM_SEV_REQUEST, 99);
	ccm_wire_put_request(item->data, &old);
	item->event.len = CCM_WIRE_REQUEST_LEN;
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[1].reject, (u32)CCM_REJECT_STALE);
	expect_ready(test, p, 1);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 0U);

	/*
	 * One that is still older could be of a machine that was set back in time. It is
	 * greeted; nobody is behind it, and nothing comes of it.
	 */
	old.uptime_ms--;
	item = enqueue(p, 1, CCM_SEV_REQUEST, 103);
	ccm_wire_put_request(item->data, &old);
	item->event.len = CCM_WIRE_REQUEST_LEN;
	p->side[1].reject = CCM_REJECT_NONE;
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[1].reject, (u32)CCM_REJECT_NONE);
	KUNIT_EXPECT_EQ(test, p->side[1].session.candidate.id, 103U);
	p->now_us = p->side[1].session.armed_us;
	happen(p, 1, CCM_SEV_TIMER, 0);
	expect_ready(test, p, 1);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 0U);

	/* Garbage does no more. */
	item = enqueue(p, 1, CCM_SEV_REQUEST, 101);
	memset(item->data, 0x5a, CCM_PRIVATE_REQUEST_MAX);
	item->event.len = CCM_PRIVATE_REQUEST_MAX;
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[1].reject, (u32)CCM_REJECT_MALFORMED);
	expect_ready(test, p, 1);
}

static void session_stop(struct kunit *test)
{
	struct pair *p = pair_of(test);

	become_ready(p);
	happen(p, 0, CCM_SEV_STOP, CCM_REASON_SHUTDOWN);
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[0].session.state, (u32)CCM_STATE_DOWN);
	KUNIT_EXPECT_EQ(test, p->side[0].session.armed_us, 0ULL);
	KUNIT_EXPECT_FALSE(test, p->side[0].session.enabled);
	KUNIT_EXPECT_EQ(test, p->side[0].down, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].session.state, (u32)CCM_STATE_DOWN);
	KUNIT_EXPECT_EQ(test, p->side[1].down, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].down_reason, (u32)CCM_REASON_SHUTDOWN);
	KUNIT_EXPECT_TRUE(test, p->side[0].closed_first && p->side[1].closed_first);

	/* It stays down: the partner's next attempt is rejected and told why. */
	p->now_us = p->side[1].session.deadline_us;
	happen(p, 1, CCM_SEV_TIMER, 0);
	deliver(p);
	KUNIT_EXPECT_EQ(test, p->side[0].reject, (u32)CCM_REJECT_STOPPING);
	KUNIT_EXPECT_EQ(test, p->side[1].session.state, (u32)CCM_STATE_DOWN);

	/* Until it is enabled again. */
	happen(p, 0, CCM_SEV_START, 0);
	deliver(p);
	expect_ready(test, p, 2);
}

/* A client that asks for 4096 bytes and gives as many */
static void client_comes(struct pair *p, u32 me, const char *name, u16 version)
{
	struct ccm_catalog *clients = &p->side[me].clients;
	struct ccm_catalog_entry *entry = &clients->entries[clients->count++];

	memset(entry, 0, sizeof(*entry));
	strscpy(entry->name, name, sizeof(entry->name));
	entry->version_min = version;
	entry->version_max = version;
	entry->ports_min = 1;
	entry->ports_max = 2;
	entry->ask = 4096;
	entry->give = 4096;
	entry->instance = ++p->side[me].next_instance;
	enqueue(p, me, CCM_SEV_CLIENTS, 0);
}

static void clients_leave(struct pair *p, u32 me)
{
	p->side[me].clients.count = 0;
	enqueue(p, me, CCM_SEV_CLIENTS, 0);
}

static void expect_link(struct kunit *test, struct pair *p, u32 me, const char *name,
			u32 state, u32 reason)
{
	const struct ccm_session_link *links = p->side[me].session.links.link;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		if (!links[i].instance || strcmp(links[i].entry.name, name))
			continue;
		KUNIT_EXPECT_EQ(test, links[i].state, state);
		KUNIT_EXPECT_EQ(test, links[i].reason, reason);
		KUNIT_EXPECT_EQ(test, links[i].client_ready, state == CCM_LINK_UP);
		return;
	}
	KUNIT_FAIL(test, "side %u has no client %s", me, name);
}

static void session_clients(struct kunit *test)
{
	struct pair *p = pair_of(test);
	u32 me;

	for (me = 0; me < 2; me++) {
		client_comes(p, me, me ? "mirror" : "lock", 1);
		client_comes(p, me, "log", 1);
		client_comes(p, me, "old", (u16)(1 + me));
	}
	deliver(p);
	become_ready(p);
	expect_ready(test, p, 1);
	for (me = 0; me < 2; me++) {
		expect_link(test, p, me, me ? "mirror" : "lock", CCM_LINK_WAITING,
			    CCM_CLIENT_NO_COUNTERPART);
		expect_link(test, p, me, "log", CCM_LINK_UP, CCM_CLIENT_NONE);
		expect_link(test, p, me, "old", CCM_LINK_REFUSED, CCM_CLIENT_VERSION);
		KUNIT_EXPECT_EQ(test, p->side[me].client_ready, 1U);
		KUNIT_EXPECT_EQ(test, p->side[me].link_closes, 0U);
	}

	/* One side's leave, and come back with another. */
	clients_leave(p, 1);
	deliver(p);
	expect_link(test, p, 0, "log", CCM_LINK_WAITING, CCM_CLIENT_LEFT);
	KUNIT_EXPECT_EQ(test, p->side[0].link_closes, 1U);
	KUNIT_EXPECT_EQ(test, p->side[1].link_closes, 1U);
	client_comes(p, 1, "log", 1);
	client_comes(p, 1, "lock", 1);
	deliver(p);
	for (me = 0; me < 2; me++) {
		expect_link(test, p, me, "log", CCM_LINK_UP, CCM_CLIENT_NONE);
		expect_link(test, p, me, "lock", CCM_LINK_UP, CCM_CLIENT_NONE);
		KUNIT_EXPECT_EQ(test, p->side[me].client_ready, 3U);
	}
	expect_ready(test, p, 1);

	happen(p, 0, CCM_SEV_STOP, CCM_REASON_SHUTDOWN);
	deliver(p);
	for (me = 0; me < 2; me++)
		expect_link(test, p, me, "log", CCM_LINK_WAITING, CCM_CLIENT_NO_SESSION);
}

static void session_table(struct kunit *test)
{
	const struct ccm_session_row *rows;
	u32 count = 0;
	u32 i;

	rows = ccm_session_table(&count);
	KUNIT_ASSERT_EQ(test, count, (u32)CCM_STATE_COUNT * (u32)CCM_SEV_COUNT);
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, rows[i].state, i / (u32)CCM_SEV_COUNT);
		KUNIT_EXPECT_EQ(test, rows[i].event, i % (u32)CCM_SEV_COUNT);
		KUNIT_EXPECT_NE(test, rows[i].next, 0U);
	}
	rows = ccm_session_candidate_table(&count);
	KUNIT_ASSERT_EQ(test, count, (u32)(CCM_SEV_VERIFIED - CCM_SEV_ESTABLISHED + 1));
	for (i = 0; i < count; i++) {
		KUNIT_EXPECT_EQ(test, rows[i].state, (u32)CCM_STATE_COUNT);
		KUNIT_EXPECT_EQ(test, rows[i].event, (u32)CCM_SEV_ESTABLISHED + i);
	}
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(session_handshake),
	KUNIT_CASE(session_crossed_requests),
	KUNIT_CASE(session_new_incarnation_replaces),
	KUNIT_CASE(session_reload_is_no_restart),
	KUNIT_CASE(session_duplicate_is_sent_away),
	KUNIT_CASE(session_stale_request),
	KUNIT_CASE(session_stop),
	KUNIT_CASE(session_clients),
	KUNIT_CASE(session_table),
	{}
};

static struct kunit_suite session_suite = {
	.name = "ccm_session",
	.init = session_test_init,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
