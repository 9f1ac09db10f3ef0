// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport: two ends of a connection in this kernel, over whatever RDMA device there is.
 * How they are connected, what they say to each other, and how they end in each state.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/vmalloc.h>
#include <kunit/test.h>

#include "../../../ccm/core/links_wire.h"
#include "../../../ccm/core/session.h"
#include "../../../ccm/rdma/chunk.h"
#include "transport.h"

/* What a busy machine may need beyond the bound of a wait; less than a second such bound */
#define LATE_MS		800U

static struct transport *transport_of(struct kunit *test)
{
	return (struct transport *)test->priv;
}

static u64 now_ms(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

/*
 * Connecting
 */

static void connect_and_accept(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];

	test_request(test, a, b);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->requests), 1);
	KUNIT_EXPECT_EQ(test, b->conn->endpoint.private_len, (u32)CCM_PRIVATE_REQUEST_MAX);
	KUNIT_EXPECT_TRUE(test, test_filled(b->conn->endpoint.private_data,
					    CCM_PRIVATE_REQUEST_MAX, 1));
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_ENDPOINT_ESTABLISHED));
	KUNIT_EXPECT_FALSE(test, b->conn->endpoint.connected);
	test_close(a);
	test_close(b);

	test_connect(test, a, b);
	KUNIT_EXPECT_GE(test, a->conn->endpoint.private_len, (u32)CCM_PRIVATE_REQUEST_MAX);
	KUNIT_EXPECT_TRUE(test, test_filled(a->conn->endpoint.private_data,
					    CCM_PRIVATE_REQUEST_MAX, 2));
	KUNIT_EXPECT_TRUE(test, a->conn->endpoint.connected);
	KUNIT_EXPECT_TRUE(test, b->conn->endpoint.connected);
	KUNIT_EXPECT_TRUE(test, a->conn->endpoint.active);
	KUNIT_EXPECT_FALSE(test, b->conn->endpoint.active);
	KUNIT_EXPECT_PTR_EQ(test, a->conn->endpoint.device, b->conn->endpoint.device);
	KUNIT_EXPECT_EQ(test, a->seen, 0UL);
	KUNIT_EXPECT_EQ(test, b->seen, 0UL);
}

/* One goes, then the other: each is told of the other's request, or that it is granted. */
static void disconnect(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];

	test_connect(test, a, b);
	ccm_conn_disconnect(a->conn, true);
	test_await(test, b, CCM_ENDPOINT_DISCONNECTED);
	ccm_conn_disconnect(b->conn, true);
	test_await(test, a, CCM_ENDPOINT_DISCONNECTED);
}

static void expect_rejected(struct kunit *test, struct test_end *end, u32 status)
{
	test_await(test, end, CCM_ENDPOINT_REJECTED);
	KUNIT_EXPECT_EQ(test, end->conn->endpoint.status, status);
	KUNIT_EXPECT_EQ(test, end->conn->endpoint.error, -ECONNREFUSED);
	KUNIT_EXPECT_FALSE(test, end->conn->endpoint.connected);
	KUNIT_EXPECT_FALSE(test, test_saw(end, CCM_ENDPOINT_ESTABLISHED));
	KUNIT_EXPECT_FALSE(test, test_saw(end, CCM_ENDPOINT_FAILED));
}

/* Its owner has taken the request, and then does not want it. */
static void reject_with_data(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_conn *conn;
	u8 data[CCM_WIRE_REJECT_LEN];

	test_request(test, a, b);
	conn = b->conn;
	mutex_lock(&b->lock);
	b->conn = NULL;
	mutex_unlock(&b->lock);
	test_fill(data, sizeof(data), 3);
	ccm_conn_reject(conn, data, sizeof(data));

	expect_rejected(test, a, CCM_CM_CONSUMER);
	KUNIT_EXPECT_GE(test, a->conn->endpoint.private_len, (u32)CCM_WIRE_REJECT_LEN);
	KUNIT_EXPECT_TRUE(test, test_filled(a->conn->endpoint.private_data, CCM_WIRE_REJECT_LEN,
					    3));
}

/* request() says no, with as much to say as there is room for. */
static void turn_down_with_answer(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];

	test_fill(t->answer, sizeof(t->answer), 4);
	t->answer_len = sizeof(t->answer);
	test_resolve(test, a, TEST_PORT);
	ccm_conn_route(a->conn);
	expect_rejected(test, a, CCM_CM_CONSUMER);
	KUNIT_EXPECT_EQ(test, a->conn->endpoint.private_len, (u32)CCM_PRIVATE_REJECT_MAX);
	KUNIT_EXPECT_TRUE(test, test_filled(a->conn->endpoint.private_data,
					    CCM_PRIVATE_REJECT_MAX, 4));
}

/* ... with nothing to say: the next one is taken all the same. */
static void turn_down(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];

	test_resolve(test, a, TEST_PORT);
	ccm_conn_route(a->conn);
	/* RDMA CM says nothing of how long it is: zeroes, which no owner takes for an answer */
	expect_rejected(test, a, CCM_CM_CONSUMER);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(a->conn->endpoint.private_data, 0,
					     a->conn->endpoint.private_len), (void *)NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->requests), 1);
	test_close(a);
	test_connect(test, a, &t->ends[1]);
}

static void nobody_listens(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];

	test_resolve(test, a, TEST_OTHER_PORT);
	ccm_conn_route(a->conn);
	expect_rejected(test, a, CCM_CM_NO_LISTENER);
	test_close(a);

	/* nor on the listener's port, when it has stopped */
	ccm_listener_stop(&t->listener);
	t->listening = false;
	test_resolve(test, a, TEST_PORT);
	ccm_conn_route(a->conn);
	expect_rejected(test, a, CCM_CM_NO_LISTENER);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->requests), 0);
}

static void nobody_there(struct kunit *test)
{
	struct test_end *a = &transport_of(test)->ends[0];

	test_open(test, a, TEST_NOBODY, TEST_PORT, NULL, 0);
	test_await(test, a, CCM_ENDPOINT_FAILED);
	KUNIT_EXPECT_EQ(test, a->conn->endpoint.status, (u32)CCM_CM_UNREACHABLE);
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_ENDPOINT_ROUTE));
}

/* Somebody else has the port: said so, and nothing is left behind. */
static void port_in_use(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct ccm_listener *other;

	other = (struct ccm_listener *)kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_EQ(test, ccm_listener_start(other, TEST_PORT, 8, t->listener.request, t),
			-EADDRINUSE);
	KUNIT_EXPECT_PTR_EQ(test, other->ids[0], (struct rdma_cm_id *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, other->ids[1], (struct rdma_cm_id *)NULL);
	test_connect(test, &t->ends[0], &t->ends[1]);
}

/*
 * Mails, rings and READs
 */

/* A0 carries keys that hold: test_exchange() looks at what arrives. */
static void keys_arrive(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_session_keys keys;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	ccm_mailbox_keys(&b->conn->mailbox, &keys);
	KUNIT_EXPECT_EQ(test, a->peer.status_key, keys.status_key);
	KUNIT_EXPECT_EQ(test, a->peer.mailbox_key, keys.mailbox_key);
	KUNIT_EXPECT_EQ(test, a->peer.mailbox_addr, keys.mailbox_addr);
	KUNIT_EXPECT_EQ(test, a->seen, 0UL);
	KUNIT_EXPECT_EQ(test, b->seen, 0UL);
}

static u32 ring_bit(u32 ring)
{
	return CCM_MAIL_RING + ring;
}

struct mail_kind {
	u32 ring;
	u32 offset;
	u32 len;
};

static const struct mail_kind mail_kinds[] = {
	{ CCM_RING_HELLO, CCM_MAILBOX_HELLO, CCM_WIRE_HELLO_LEN },
	{ CCM_RING_READY, CCM_MAILBOX_READY, CCM_WIRE_READY_LEN },
	{ CCM_RING_GOODBYE, CCM_MAILBOX_GOODBYE, CCM_WIRE_GOODBYE_LEN },
	{ CCM_RING_CATALOG, CCM_MAILBOX_CATALOG, CCM_CATALOG_LEN_MAX },
	{ CCM_RING_LINKS, CCM_MAILBOX_LINKS, CCM_LINKS_LEN_MAX },
};

static void post_mail(struct kunit *test, struct test_end *from, const struct mail_kind *kind,
		      u8 seed)
{
	u8 *data = ccm_mail_begin(&from->conn->mail, kind->ring);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	test_fill(data, kind->len, seed);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_post(&from->conn->mail, kind->ring, kind->len,
					       from->peer.mailbox_addr + kind->offset,
					       from->peer.mailbox_key));
}

static void expect_mail(struct kunit *test, struct test_end *to, const struct mail_kind *kind,
			u8 seed)
{
	u8 *data;
	u32 len;

	data = (u8 *)kunit_kzalloc(test, CCM_MAILBOX_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	test_await(test, to, ring_bit(kind->ring));
	len = ccm_mailbox_take(&to->conn->mailbox, kind->ring, data, CCM_MAILBOX_LEN);
	KUNIT_EXPECT_EQ(test, len, kind->len);
	KUNIT_EXPECT_TRUE_MSG(test, test_filled(data, kind->len, seed), "ring %u", kind->ring);
	kunit_kfree(test, data);
}

/* One mail of each kind, all under way at once, in both directions */
static void mails_arrive(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	u32 i;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	for (i = 0; i < ARRAY_SIZE(mail_kinds); i++) {
		post_mail(test, a, &mail_kinds[i], (u8)(10 + i));
		post_mail(test, b, &mail_kinds[i], (u8)(20 + i));
	}
	for (i = 0; i < ARRAY_SIZE(mail_kinds); i++) {
		expect_mail(test, b, &mail_kinds[i], (u8)(10 + i));
		expect_mail(test, a, &mail_kinds[i], (u8)(20 + i));
		test_await_sent(test, a, mail_kinds[i].ring);
	}
	/* again, over what is there */
	post_mail(test, a, &mail_kinds[0], 30);
	expect_mail(test, b, &mail_kinds[0], 30);
	KUNIT_EXPECT_EQ(test, a->seen, 0UL);
	KUNIT_EXPECT_EQ(test, b->seen, 0UL);
}

/* Its bytes are the device's until the mail has completed. */
static void mail_under_way(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	const u8 *again;
	const u8 *other;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	post_mail(test, a, &mail_kinds[0], 40);
	expect_mail(test, b, &mail_kinds[0], 40);
	again = ccm_mail_begin(&a->conn->mail, mail_kinds[0].ring);
	other = ccm_mail_begin(&a->conn->mail, mail_kinds[1].ring);
	test_release_completions(a);
	KUNIT_EXPECT_PTR_EQ(test, again, (const u8 *)NULL);
	KUNIT_EXPECT_PTR_NE(test, other, (const u8 *)NULL);

	test_await_sent(test, a, mail_kinds[0].ring);
	post_mail(test, a, &mail_kinds[0], 41);
	expect_mail(test, b, &mail_kinds[0], 41);
}

/* How long a goodbye is waited for whose completion does not come */
static u64 flush_takes(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	u64 start;
	u64 took;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	post_mail(test, a, &mail_kinds[2], 50);
	start = now_ms();
	ccm_conn_disconnect(a->conn, true);
	took = now_ms() - start;
	expect_mail(test, b, &mail_kinds[2], 50);
	test_release_completions(a);
	return took;
}

/* As long as the transport needs to repeat it twice, and CCM_FLUSH_MS ... */
static void flush_is_bounded(struct kunit *test)
{
	u64 took = flush_takes(test);
	u64 most = CCM_FLUSH_MS +
		   ccm_endpoint_repeat_ms(&transport_of(test)->ends[0].conn->endpoint);

	if (most >= CCM_FLUSH_MAX_MS)
		kunit_skip(test, "this transport takes longer to repeat something");
	KUNIT_EXPECT_GE(test, took + jiffies_to_msecs(1), most);
	KUNIT_EXPECT_LT(test, took, most + LATE_MS);
}

/* ... but never longer than CCM_FLUSH_MAX_MS, however long the transport takes. */
static void flush_has_a_limit(struct kunit *test)
{
	u64 took;

	transport_of(test)->ends[0].config.detect_ms = TEST_LONG_MS;
	took = flush_takes(test);
	KUNIT_EXPECT_GE(test, took + jiffies_to_msecs(1), (u64)CCM_FLUSH_MAX_MS);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_FLUSH_MAX_MS + LATE_MS);
}

static void rings_arrive(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	u8 nothing[8];
	u32 ring;

	test_connect(test, a, b);
	for (ring = 1; ring < CCM_RING_COUNT; ring++) {
		KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&a->conn->mail, ring));
		test_await(test, b, ring_bit(ring));
		KUNIT_EXPECT_EQ(test, b->seen, 0UL);
	}
	/* more than there are receives: each is posted again */
	for (ring = 0; ring < 3 * CCM_RECV_WR; ring++) {
		KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&b->conn->mail, CCM_RING_ANSWER));
		test_await(test, a, ring_bit(CCM_RING_ANSWER));
	}
	KUNIT_EXPECT_EQ(test, ccm_mailbox_take(&a->conn->mailbox, CCM_RING_ANSWER, nothing,
					       sizeof(nothing)), 0U);
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_ENDPOINT_ERROR));
	KUNIT_EXPECT_FALSE(test, test_saw(b, CCM_ENDPOINT_ERROR));
}

/* As many as nobody rings in good faith end the connection. */
static void too_many_rings(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];

	test_connect(test, a, b);
	WRITE_ONCE(b->conn->mail.rings_since, jiffies + 60 * HZ);
	WRITE_ONCE(b->conn->mail.rings, CCM_MAIL_RINGS_MAX - 1);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&a->conn->mail, CCM_RING_ANSWER));
	test_await(test, b, ring_bit(CCM_RING_ANSWER));
	KUNIT_EXPECT_FALSE(test, test_saw(b, CCM_ENDPOINT_MALFORMED));
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&a->conn->mail, CCM_RING_ANSWER));
	test_await(test, b, CCM_ENDPOINT_MALFORMED);
	KUNIT_EXPECT_FALSE(test, test_saw(b, ring_bit(CCM_RING_ANSWER)));

	/* those of another second do not count */
	WRITE_ONCE(b->conn->mail.rings_since, jiffies - 2 * HZ);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&a->conn->mail, CCM_RING_ANSWER));
	test_await(test, b, ring_bit(CCM_RING_ANSWER));
}

/* "I have copied your mail" can overtake the mail's own completion: then it waits for it. */
static void early_ring_waits(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	const struct mail_kind *catalog = &mail_kinds[3];
	u8 *data;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	data = ccm_mail_begin(&a->conn->mail, CCM_RING_CATALOG);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, data);
	test_fill(data, catalog->len, 60);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&b->conn->mail, CCM_RING_CATALOG_TAKEN));
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&b->conn->mail, CCM_RING_ANSWER));
	test_await(test, a, ring_bit(CCM_RING_ANSWER));
	KUNIT_EXPECT_FALSE(test, test_saw(a, ring_bit(CCM_RING_CATALOG_TAKEN)));

	KUNIT_ASSERT_EQ(test, 0, ccm_mail_post(&a->conn->mail, CCM_RING_CATALOG, catalog->len,
					       a->peer.mailbox_addr + catalog->offset,
					       a->peer.mailbox_key));
	test_await(test, a, ring_bit(CCM_RING_CATALOG_TAKEN));
	expect_mail(test, b, catalog, 60);
	/* and only that once */
	post_mail(test, a, catalog, 61);
	test_await_sent(test, a, CCM_RING_CATALOG);
	KUNIT_EXPECT_FALSE(test, test_saw(a, ring_bit(CCM_RING_CATALOG_TAKEN)));
}

/* What is no ring is for the core, once; the next is malformed, and does not overwrite it. */
static void malformed_message(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ib_sge sge = {};
	u8 *tx;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	tx = ccm_mail_begin(&a->conn->mail, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tx);
	test_fill(tx, CCM_MESSAGE_LEN, 70);
	sge.addr = a->conn->mailbox.tx_dma;
	sge.length = CCM_MESSAGE_LEN;
	sge.lkey = a->conn->endpoint.pd->local_dma_lkey;
	test_await_work(test, test_post(test, a, IB_WR_SEND, &sge, 0, 0));
	test_await(test, b, CCM_ENDPOINT_MALFORMED);
	KUNIT_EXPECT_FALSE(test, test_saw(b, CCM_MAIL_MESSAGE));
	KUNIT_EXPECT_EQ(test, b->conn->mail.message_len, (u32)CCM_WIRE_KEYS_LEN);
	KUNIT_EXPECT_FALSE(test, test_filled(b->conn->mail.message, CCM_WIRE_KEYS_LEN, 70));
}

/* A ring that can be none, as immediate data; and kinds that a later version may have */
static void malformed_ring(struct kunit *test)
{
	static const u32 words[] = { 0, 1, 0x00ffffff };
	static const u32 later[] = { CCM_RING_COUNT << 24, 0xffffffffU };
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	u32 i;

	test_connect(test, a, b);
	if (a->conn->endpoint.iwarp)
		kunit_skip(test, "iWARP has no immediate data");
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		test_post(test, a, IB_WR_RDMA_WRITE_WITH_IMM, NULL, 0, words[i]);
		test_await(test, b, CCM_ENDPOINT_MALFORMED);
		KUNIT_EXPECT_EQ(test, b->seen, 0UL);
	}
	for (i = 0; i < ARRAY_SIZE(later); i++)
		test_post(test, a, IB_WR_RDMA_WRITE_WITH_IMM, NULL, 0, later[i]);
	/* the connection is its owner's to end; nothing came of those two */
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_ring(&a->conn->mail, CCM_RING_ANSWER));
	test_await(test, b, ring_bit(CCM_RING_ANSWER));
	KUNIT_EXPECT_EQ(test, b->seen, 0UL);
}

/* One who wants bytes */
struct test_read {
	struct ccm_read read;
	struct completion done;
	u8 data[CCM_SLOT_LEN];
	u32 len;
	u32 count;
};

static void test_read_done(struct ccm_read *read, const u8 *data, u32 len)
{
	struct test_read *r = container_of(read, struct test_read, read);

	memcpy(r->data, data, len);
	r->len = len;
	r->count++;
	complete(&r->done);
}

static struct test_read *read_create(struct kunit *test, u32 slot)
{
	struct test_read *r = (struct test_read *)kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	init_completion(&r->done);
	r->read.done = test_read_done;
	r->read.slot = slot;
	return r;
}

static void read_status(struct kunit *test, struct test_end *end, struct test_read *r,
			struct ccm_wire_status *status)
{
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_read(&end->conn->mail, &r->read, end->peer.status_addr,
					       end->peer.status_key, CCM_WIRE_STATUS_LEN));
	TEST_AWAIT_DONE(test, &r->done);
	KUNIT_EXPECT_EQ(test, r->len, (u32)CCM_WIRE_STATUS_LEN);
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_status(r->data, r->len, status));
	KUNIT_EXPECT_EQ(test, status->node, TEST_NODE);
	KUNIT_EXPECT_EQ(test, status->incarnation, TEST_INCARNATION);
	KUNIT_EXPECT_EQ(test, status->cluster, TEST_CLUSTER);
}

/* The status page says how it is now, and again later. */
static void read_status_page(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct test_read *r = read_create(test, CCM_SLOT_HEARTBEAT);
	unsigned long deadline = jiffies + msecs_to_jiffies(TEST_DEADLINE_MS);
	struct ccm_wire_status before;
	struct ccm_wire_status after;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	read_status(test, a, r, &before);
	ccm_status_page_set_stage(&t->page, before.stage + 1);
	read_status(test, a, r, &after);
	KUNIT_EXPECT_EQ(test, after.stage, before.stage + 1);
	while (after.counter == before.counter && time_before(jiffies, deadline))
		read_status(test, a, r, &after);
	KUNIT_EXPECT_GT(test, after.counter, before.counter);
	KUNIT_EXPECT_GE(test, r->count, 2U);
}

/* Those of the session itself: R1 and R2 are told by a bit. */
static void read_answer(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_mail *mail;
	u8 data[CCM_SLOT_LEN];

	test_connect(test, a, b);
	test_exchange(test, a, b);
	mail = &a->conn->mail;
	test_fill(data, CCM_WIRE_ANSWER_LEN, 80);
	ccm_mailbox_answer(&b->conn->mailbox, data, CCM_WIRE_ANSWER_LEN);
	memset(data, 0, sizeof(data));
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_read(mail, &mail->answer,
					       a->peer.status_addr + CCM_ANSWER_OFFSET,
					       a->peer.status_key, CCM_WIRE_ANSWER_LEN));
	test_await(test, a, CCM_MAIL_READ_ANSWER);
	ccm_mailbox_take_slot(&a->conn->mailbox, CCM_SLOT_ANSWER, data, CCM_WIRE_ANSWER_LEN);
	KUNIT_EXPECT_TRUE(test, test_filled(data, CCM_WIRE_ANSWER_LEN, 80));

	KUNIT_ASSERT_EQ(test, 0, ccm_mail_read(mail, &mail->status, a->peer.status_addr,
					       a->peer.status_key, CCM_WIRE_STATUS_LEN));
	test_await(test, a, CCM_MAIL_READ_STATUS);
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_MAIL_READ_ANSWER));
	KUNIT_EXPECT_EQ(test, ccm_mail_read(mail, &mail->status, a->peer.status_addr,
					    a->peer.status_key, CCM_SLOT_LEN + 1), -EMSGSIZE);
}

/* A READ that fails is not done: the queue pair is broken, and that is what is told. */
static void read_with_a_wrong_key(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct test_read *r = read_create(test, CCM_SLOT_HEARTBEAT);

	test_connect(test, a, b);
	test_exchange(test, a, b);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_read(&a->conn->mail, &r->read, a->peer.mailbox_addr,
					       a->peer.mailbox_key, CCM_WIRE_STATUS_LEN));
	test_await(test, a, CCM_ENDPOINT_ERROR);
	KUNIT_EXPECT_EQ(test, a->conn->endpoint.error, -EIO);
	test_close(a);
	KUNIT_EXPECT_EQ(test, r->count, 0U);
}

/*
 * Ending
 */

static struct ib_sge landing_of(const struct test_end *end, u32 len)
{
	const struct ccm_mailbox *mailbox = &end->conn->mailbox;
	struct ib_sge sge = {
		.addr = mailbox->rx_dma + CCM_LANDING_OFFSET,
		.length = len,
		.lkey = end->conn->endpoint.pd->local_dma_lkey,
	};

	if (mailbox->landing_mr) {
		sge.addr = mailbox->landing_mr->iova + CCM_LANDING_OFFSET;
		sge.lkey = mailbox->landing_mr->lkey;
	}
	return sge;
}

/* Waits as ccm_conn_drain() does, but leaves the queue pair. */
static u64 drain(struct ccm_drain *drain, struct test_end *const *ends, u32 count)
{
	u64 start = now_ms();
	u32 i;

	ccm_drain_begin(drain);
	for (i = 0; i < count; i++)
		ccm_drain_add(drain, &ends[i]->conn->endpoint);
	ccm_drain_wait(drain);
	return now_ms() - start;
}

/* What another session has registered is out of reach, though its key is known. */
static void key_is_of_one_session(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *other = &t->ends[2];
	struct test_work *work;
	struct ib_sge sge;

	test_connect(test, a, &t->ends[1]);
	test_exchange(test, a, &t->ends[1]);
	test_connect(test, other, &t->ends[3]);
	test_exchange(test, other, &t->ends[3]);
	sge = landing_of(a, 64);
	work = test_post(test, a, IB_WR_RDMA_READ, &sge, a->peer.status_addr, a->peer.status_key);
	test_await_work(test, work);
	KUNIT_EXPECT_EQ(test, work->status, IB_WC_SUCCESS);
	work = test_post(test, a, IB_WR_RDMA_READ, &sge, other->peer.status_addr,
			 other->peer.status_key);
	test_await_work(test, work);
	KUNIT_EXPECT_NE(test, work->status, IB_WC_SUCCESS);
	test_await(test, a, CCM_ENDPOINT_ERROR);
	/* those who may reach it still do */
	sge = landing_of(other, 64);
	work = test_post(test, other, IB_WR_RDMA_READ, &sge, other->peer.status_addr,
			 other->peer.status_key);
	test_await_work(test, work);
	KUNIT_EXPECT_EQ(test, work->status, IB_WC_SUCCESS);
}

/* Work requests that the other end never answers come back when the drain does. */
static void drain_brings_back(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_drain wait;
	struct ib_sge sge;
	u32 i;

	a->config.detect_ms = TEST_LONG_MS;
	b->config.detect_ms = TEST_LONG_MS;
	test_connect(test, a, b);
	test_exchange(test, a, b);
	/* it hears nothing any more, and says nothing */
	ccm_conn_drain(b->conn);
	KUNIT_ASSERT_TRUE(test, ccm_endpoint_drained(&b->conn->endpoint));
	sge = landing_of(a, 64);
	for (i = 0; i < TEST_WORKS - 1; i++)
		test_post(test, a, i % 2 ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE, &sge,
			  i % 2 ? a->peer.status_addr : a->peer.mailbox_addr,
			  i % 2 ? a->peer.status_key : a->peer.mailbox_key);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), 0);

	drain(&wait, &a, 1);
	KUNIT_EXPECT_TRUE(test, ccm_endpoint_drained(&a->conn->endpoint));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), TEST_WORKS - 1);
	for (i = 0; i < TEST_WORKS - 1; i++)
		KUNIT_EXPECT_NE(test, t->works[i].status, IB_WC_SUCCESS);

	/* the receives, too; and none is posted any more, or it would be back before this */
	KUNIT_EXPECT_TRUE(test, test_saw(a, CCM_ENDPOINT_ERROR));
	clear_bit(CCM_ENDPOINT_ERROR, &a->seen);
	KUNIT_EXPECT_EQ(test, ccm_mail_post_receives(&a->conn->mail), 0);
	test_await_work(test, test_post(test, a, IB_WR_RDMA_WRITE, &sge, a->peer.mailbox_addr,
					a->peer.mailbox_key));
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_ENDPOINT_ERROR));
	ccm_endpoint_fence(&a->conn->endpoint);
	KUNIT_EXPECT_FALSE(test, test_saw(a, CCM_ENDPOINT_ERROR));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), TEST_WORKS);
}

/* Each state in which a connection can end */
enum test_state {
	STATE_OPEN,
	STATE_RESOLVING,
	STATE_FAILED,
	STATE_RESOLVED,
	STATE_BOUND,
	STATE_MAILBOX,
	STATE_QP,
	STATE_RECEIVING,
	STATE_REQUESTED,
	STATE_REJECTED,
	STATE_ADOPTED,
	STATE_ADOPTED_BOUND,
	STATE_ACCEPTED,
	STATE_CONNECTED,
	STATE_EXCHANGED,
	STATE_BROKEN,
	STATE_DISCONNECTED,
	STATE_COUNT
};

static const char *const state_names[STATE_COUNT] = {
	"open", "resolving", "failed", "resolved", "bound", "mailbox", "queue pair",
	"receiving", "requested", "rejected", "adopted", "adopted and bound", "accepted",
	"connected", "keys exchanged", "broken", "disconnected",
};

/* How far the queue pair is made, of a connection whose route is known */
static void make_until(struct kunit *test, struct test_end *end, u32 state)
{
	struct ccm_conn *conn = end->conn;

	if (state >= STATE_BOUND)
		KUNIT_ASSERT_EQ(test, 0, ccm_endpoint_bind(&conn->endpoint, NULL));
	if (state >= STATE_MAILBOX)
		KUNIT_ASSERT_EQ(test, 0, ccm_mailbox_create(&conn->mailbox, &conn->endpoint));
	if (state >= STATE_QP)
		KUNIT_ASSERT_EQ(test, 0, ccm_endpoint_create_qp(&conn->endpoint, &conn->mail));
	if (state >= STATE_RECEIVING)
		KUNIT_ASSERT_EQ(test, 0, ccm_mail_post_receives(&conn->mail));
}

static void bring_to(struct kunit *test, u32 state, struct test_end *a, struct test_end *b)
{
	u8 data[CCM_PRIVATE_REQUEST_MAX] = {};
	struct ib_sge sge;

	switch (state) {
	case STATE_OPEN:
		test_make(test, a, NULL, 0);
		break;
	case STATE_RESOLVING:
		test_open(test, a, TEST_NOBODY, TEST_PORT, NULL, 0);
		break;
	case STATE_FAILED:
		test_open(test, a, TEST_NOBODY, TEST_PORT, NULL, 0);
		test_await(test, a, CCM_ENDPOINT_FAILED);
		break;
	case STATE_RESOLVED:
	case STATE_BOUND:
	case STATE_MAILBOX:
	case STATE_QP:
	case STATE_RECEIVING:
		test_resolve(test, a, TEST_PORT);
		make_until(test, a, state);
		break;
	case STATE_REQUESTED:
	case STATE_ADOPTED:
		test_request(test, a, b);
		break;
	case STATE_REJECTED:
		test_resolve(test, a, TEST_PORT);
		ccm_conn_route(a->conn);
		test_await(test, a, CCM_ENDPOINT_REJECTED);
		break;
	case STATE_ADOPTED_BOUND:
		test_request(test, a, b);
		make_until(test, b, STATE_BOUND);
		break;
	case STATE_ACCEPTED:
		test_request(test, a, b);
		ccm_conn_accept(b->conn, data, sizeof(data));
		break;
	case STATE_CONNECTED:
		test_connect(test, a, b);
		break;
	case STATE_EXCHANGED:
		test_connect(test, a, b);
		test_exchange(test, a, b);
		break;
	case STATE_BROKEN:
		test_connect(test, a, b);
		test_exchange(test, a, b);
		sge = landing_of(a, 64);
		test_await_work(test, test_post(test, a, IB_WR_RDMA_WRITE, &sge,
						a->peer.status_addr, a->peer.status_key));
		test_await(test, a, CCM_ENDPOINT_ERROR);
		break;
	default:
		test_connect(test, a, b);
		ccm_conn_disconnect(b->conn, false);
		test_await(test, a, CCM_ENDPOINT_DISCONNECTED);
		break;
	}
}

/* Which end goes first is all the same. Nobody waits for what does not come. */
static void end_from(struct kunit *test, u32 state, struct test_end *first,
		     struct test_end *second)
{
	struct test_end *ends[2] = { first, second };
	u32 i;

	for (i = 0; i < 2; i++)
		if (ends[i]->conn)
			KUNIT_EXPECT_TRUE_MSG(test, test_close(ends[i]),
					      "%s: end %u was not drained", state_names[state],
					      ends[i]->config.partner);
}

static void end_in_each_state(struct kunit *test)
{
	struct transport *t = transport_of(test);
	u32 state;

	for (state = STATE_OPEN; state < STATE_COUNT; state++) {
		kunit_info(test, "ended when %s\n", state_names[state]);
		bring_to(test, state, &t->ends[0], &t->ends[1]);
		end_from(test, state, &t->ends[0], &t->ends[1]);
		bring_to(test, state, &t->ends[0], &t->ends[1]);
		end_from(test, state, &t->ends[1], &t->ends[0]);
		t->taker = NULL;
	}
}

/*
 * Drains that do not come back
 */

static void drain_does_not_come_back(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_drain wait;
	u64 took;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	took = drain(&wait, &a, 1);
	KUNIT_EXPECT_FALSE(test, ccm_endpoint_drained(&a->conn->endpoint));
	KUNIT_EXPECT_GE(test, took + jiffies_to_msecs(1), (u64)CCM_DRAIN_MS);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_DRAIN_MS + LATE_MS);
	/* fenced before the drain's memory goes */
	ccm_endpoint_fence(&a->conn->endpoint);
	KUNIT_EXPECT_TRUE(test, a->conn->endpoint.silent);

	/* and as its owner does it: disconnect, drain, free */
	test_close(a);
	test_close(b);
	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	post_mail(test, a, &mail_kinds[0], 90);
	took = now_ms();
	KUNIT_EXPECT_FALSE(test, test_close(a));
	took = now_ms() - took;
	KUNIT_EXPECT_GE(test, took + jiffies_to_msecs(1), (u64)CCM_DRAIN_MS);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_DRAIN_MS + LATE_MS);
	/* the other end is none the worse */
	test_await(test, b, CCM_ENDPOINT_DISCONNECTED);
	KUNIT_EXPECT_TRUE(test, test_close(b));
}

/*
 * What the device gives back behind the fence is looked at by nobody: what belongs to it may be
 * freed by then.
 */
static void late_completions(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ccm_drain wait;
	struct ib_sge sge;

	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	sge = landing_of(a, 64);
	test_post(test, a, IB_WR_RDMA_READ, &sge, a->peer.status_addr, a->peer.status_key);
	drain(&wait, &a, 1);
	KUNIT_EXPECT_FALSE(test, ccm_endpoint_drained(&a->conn->endpoint));
	ccm_endpoint_fence(&a->conn->endpoint);
	/* the device interrupts again */
	test_release_completions(a);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), 0);
	test_close(a);
	ccm_reaper_wait(&t->devices.reaper, t->ib);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), 0);
	/* and who has closed is not told of anything any more */
	KUNIT_EXPECT_EQ(test, a->inbox.pending, 0UL);
}

/*
 * The reaper
 */

/* A driver that takes its time */
struct slow {
	struct ccm_reap reap;
	struct completion begun;
	struct completion go;
	struct completion released;
	bool freed;
};

static bool slow_free(struct ccm_reap *reap)
{
	struct slow *slow = container_of(reap, struct slow, reap);

	complete(&slow->begun);
	wait_for_completion_timeout(&slow->go, msecs_to_jiffies(TEST_DEADLINE_MS));
	WRITE_ONCE(slow->freed, true);
	return true;
}

static void slow_release(struct ccm_reap *reap)
{
	complete(&container_of(reap, struct slow, reap)->released);
}

static const struct ccm_reap_ops slow_ops = {
	.free = slow_free,
	.release = slow_release,
};

static struct slow *slow_begin(struct kunit *test, struct ib_device *ib)
{
	struct transport *t = transport_of(test);
	struct slow *slow = (struct slow *)kunit_kzalloc(test, sizeof(*slow), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, slow);
	init_completion(&slow->begun);
	init_completion(&slow->go);
	init_completion(&slow->released);
	ccm_reaper_take(&t->devices.reaper, &slow->reap, ib, &slow_ops);
	return slow;
}

struct device_wait {
	struct work_struct work;
	struct transport *t;
	struct completion done;
};

static void device_wait(struct work_struct *work)
{
	struct device_wait *w = container_of(work, struct device_wait, work);

	ccm_reaper_wait(&w->t->devices.reaper, w->t->ib);
	complete(&w->done);
}

/* What takes long holds up nothing else, and only its own device. */
static void reaper_waits_for_whom_it_must(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct device_wait *w;
	struct slow *none;
	struct slow *own;

	w = (struct device_wait *)kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	w->t = t;
	init_completion(&w->done);
	INIT_WORK(&w->work, device_wait);

	none = slow_begin(test, NULL);
	TEST_AWAIT_DONE(test, &none->begun);
	ccm_reaper_wait(&t->devices.reaper, t->ib);
	own = slow_begin(test, t->ib);
	TEST_AWAIT_DONE(test, &own->begun);
	queue_work(system_unbound_wq, &w->work);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&w->done, msecs_to_jiffies(50)), 0UL);

	/* meanwhile connections are made, closed and freed */
	test_connect(test, &t->ends[0], &t->ends[1]);
	KUNIT_EXPECT_TRUE(test, test_close(&t->ends[0]));
	KUNIT_EXPECT_TRUE(test, test_close(&t->ends[1]));

	complete(&own->go);
	TEST_AWAIT_DONE(test, &own->released);
	TEST_AWAIT_DONE(test, &w->done);
	KUNIT_EXPECT_TRUE(test, own->freed);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(none->freed));
	complete(&none->go);
	TEST_AWAIT_DONE(test, &none->released);
}

/* However many do not come back, the wait is one; those that do are drained. */
static void drain_of_several(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *ends[TEST_ENDS];
	struct ccm_drain wait;
	u64 took;
	u32 i;

	for (i = 0; i < TEST_ENDS; i++)
		ends[i] = &t->ends[i];
	for (i = 0; i < TEST_ENDS; i += 2)
		test_connect(test, ends[i], ends[i + 1]);
	for (i = 0; i < TEST_ENDS - 1; i++)
		test_hold_completions(ends[i]);
	took = drain(&wait, ends, TEST_ENDS);
	KUNIT_EXPECT_GE(test, took + jiffies_to_msecs(1), (u64)CCM_DRAIN_MS);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_DRAIN_MS * (TEST_ENDS - 1));
	for (i = 0; i < TEST_ENDS; i++) {
		KUNIT_EXPECT_EQ(test, ccm_endpoint_drained(&ends[i]->conn->endpoint),
				i == TEST_ENDS - 1);
		ccm_endpoint_fence(&ends[i]->conn->endpoint);
	}

	/* none at all, or none that has a queue pair: nothing to wait for */
	took = drain(&wait, ends, 0);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_DRAIN_MS);
	took = drain(&wait, ends, TEST_ENDS);
	KUNIT_EXPECT_LT(test, took, (u64)CCM_DRAIN_MS);
}

/*
 * A region
 */

#define REGION_PAGES	2U
/* two chunks on soft-RoCE */
#define REGION_LEN	(CCM_MR_LEN_MAX + REGION_PAGES * PAGE_SIZE)

struct region_test {
	struct test_end *a;	/* reaches ... */
	struct test_end *b;	/* ... what is here */
	struct ccm_region here;
	struct ccm_region landing;	/* a's */
	struct ccm_remote remote;	/* as a knows it */
	struct ccm_link_offer offer;
	u8 *memory;
};

static void region_exit(void *context)
{
	struct region_test *r = (struct region_test *)context;

	/* work requests of the regions must have come back */
	if (r->b->conn)
		ccm_conn_drain(r->b->conn);
	if (r->a->conn)
		ccm_conn_drain(r->a->conn);
	ccm_remote_free(&r->remote);
	if (r->here.conn)
		ccm_region_destroy(&r->here, false);
	if (r->landing.conn)
		ccm_region_destroy(&r->landing, false);
	vfree(r->memory);
	r->memory = NULL;
}

/* Until all of it is mapped, a chunk at a time */
static int map_all(struct ccm_region *region)
{
	int ret;

	do {
		ret = ccm_region_map(region);
	} while (ret == -EINPROGRESS);
	return ret;
}

static void region_offer(struct kunit *test, struct region_test *r)
{
	struct ib_sge sge = {};
	const struct ccm_chunk *landing;

	ccm_region_offer(&r->here, REGION_LEN, &r->offer);
	KUNIT_EXPECT_EQ(test, r->offer.bytes, (u64)REGION_LEN);
	KUNIT_EXPECT_GE(test, r->offer.chunks, 2U);

	KUNIT_ASSERT_EQ(test, 0, ccm_region_create(&r->landing, r->a->conn, &r->a->inbox, NULL, 0,
						   true));
	KUNIT_ASSERT_EQ(test, 0, map_all(&r->landing));
	KUNIT_ASSERT_EQ(test, 0, ccm_region_register(&r->landing));
	TEST_AWAIT(test, r->a->wait, ccm_region_registered(&r->landing));
	landing = ccm_region_landing(&r->landing);
	sge.addr = landing->mr ? landing->mr->iova : sg_dma_address(landing->sgt.sgl);
	sge.lkey = landing->mr ? landing->mr->lkey : r->a->conn->endpoint.pd->local_dma_lkey;
	sge.length = r->offer.chunks * CCM_LINK_CHUNK_LEN;
	test_await_work(test, test_post(test, r->a, IB_WR_RDMA_READ, &sge, r->offer.table_addr,
					r->offer.table_key));
}

/* A WRITE of LEN bytes of SEED to OFFSET of the region, as the table says where that is */
static enum ib_wc_status region_write(struct kunit *test, struct region_test *r, u64 offset,
				      u32 len, u8 seed)
{
	const struct ccm_link_chunk *chunk = &r->remote.chunks[div_u64(offset, r->remote.len)];
	struct ccm_mailbox *mailbox = &r->a->conn->mailbox;
	struct test_work *work;
	struct ib_sge sge = {
		.addr = mailbox->tx_dma,
		.length = len,
		.lkey = r->a->conn->endpoint.pd->local_dma_lkey,
	};

	ib_dma_sync_single_for_cpu(mailbox->ib, sge.addr, len, DMA_TO_DEVICE);
	test_fill(mailbox->tx, len, seed);
	ib_dma_sync_single_for_device(mailbox->ib, sge.addr, len, DMA_TO_DEVICE);
	work = test_post(test, r->a, IB_WR_RDMA_WRITE, &sge,
			 chunk->addr + offset - (u64)r->remote.len * (chunk - r->remote.chunks),
			 chunk->key);
	test_await_work(test, work);
	return work->status;
}

static void region_is_reached(struct kunit *test, struct region_test *r)
{
	const u64 last = REGION_LEN - PAGE_SIZE;
	struct ccm_link_offer other;

	/* nothing is posted without places, and the inbox is told of what has come back */
	KUNIT_ASSERT_EQ(test, 0, ccm_region_create(&r->here, r->b->conn, &r->b->inbox, r->memory,
						   REGION_LEN, false));
	KUNIT_EXPECT_EQ(test, ccm_region_map(&r->here), -EINPROGRESS);
	KUNIT_EXPECT_EQ(test, r->here.count, 1U);
	KUNIT_ASSERT_EQ(test, 0, map_all(&r->here));
	KUNIT_ASSERT_TRUE(test, ccm_mail_take_places(&r->b->conn->mail, CCM_MAIL_LINK_WR));
	KUNIT_EXPECT_FALSE(test, ccm_mail_take_places(&r->b->conn->mail, 1));
	KUNIT_ASSERT_EQ(test, 0, ccm_region_register(&r->here));
	KUNIT_EXPECT_EQ(test, r->here.posted, 0U);
	KUNIT_EXPECT_FALSE(test, ccm_region_registered(&r->here));
	KUNIT_EXPECT_FALSE(test, r->b->links);
	ccm_mail_give_places(&r->b->conn->mail, CCM_MAIL_LINK_WR);
	KUNIT_ASSERT_EQ(test, 0, ccm_region_register(&r->here));
	TEST_AWAIT(test, r->b->wait, READ_ONCE(r->b->links) && ccm_region_registered(&r->here));
	KUNIT_EXPECT_EQ(test, ccm_region_under_way(&r->here), 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&r->b->conn->mail.link_wrs), 0);

	/* the other end finds it by the table */
	region_offer(test, r);
	other = r->offer;
	other.bytes--;
	KUNIT_EXPECT_EQ(test, ccm_remote_take(&r->remote, &r->landing, &other), -EPROTO);
	ccm_remote_free(&r->remote);
	KUNIT_ASSERT_EQ(test, 0, ccm_remote_take(&r->remote, &r->landing, &r->offer));
	KUNIT_EXPECT_EQ(test, r->remote.len, r->here.chunk_len);
	KUNIT_EXPECT_EQ(test, r->remote.chunks[0].key, r->here.chunks[0].mr->rkey);

	/* at the end of a chunk, in the last, and not one byte elsewhere */
	KUNIT_EXPECT_EQ(test, region_write(test, r, r->remote.len - 64, 64, 100), IB_WC_SUCCESS);
	KUNIT_EXPECT_EQ(test, region_write(test, r, last, PAGE_SIZE, 110), IB_WC_SUCCESS);
	ccm_region_sync(&r->here, 0, REGION_LEN, true);
	KUNIT_EXPECT_TRUE(test, test_filled(r->memory + r->remote.len - 64, 64, 100));
	KUNIT_EXPECT_TRUE(test, test_filled(r->memory + last, PAGE_SIZE, 110));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(r->memory, 0, r->remote.len - 64), (void *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(r->memory + r->remote.len, 0, last - r->remote.len),
			    (void *)NULL);

	/* and not any more, when it is destroyed */
	ccm_region_destroy(&r->here, false);
	memset(r->memory, 0, REGION_LEN);
	KUNIT_EXPECT_NE(test, region_write(test, r, last, PAGE_SIZE, 120), IB_WC_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(r->memory, 0, REGION_LEN), (void *)NULL);
	test_await(test, r->a, CCM_ENDPOINT_ERROR);
}

static void region(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct region_test *r;

	r = (struct region_test *)kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	r->a = &t->ends[0];
	r->b = &t->ends[1];
	t->cleanup = region_exit;
	t->context = r;
	r->memory = (u8 *)vzalloc(REGION_LEN);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r->memory);
	test_connect(test, r->a, r->b);
	test_exchange(test, r->a, r->b);
	region_is_reached(test, r);
}

/*
 * The device goes. Whatever it is in the middle of, unregistering it returns, and when it is
 * there again, it is used.
 */

static void expect_usable(struct kunit *test)
{
	struct transport *t = transport_of(test);

	test_bring_device_back(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->removing), 1);
	KUNIT_EXPECT_FALSE(test, t->found);
	test_connect(test, &t->ends[2], &t->ends[3]);
	test_exchange(test, &t->ends[2], &t->ends[3]);
}

static void device_leaves_listening(struct kunit *test)
{
	struct transport *t = transport_of(test);

	test_take_device_away(test);
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 0);
}

/* No connection has it yet; this one looks for somebody who is not there. */
static void device_leaves_resolving(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];

	test_open(test, a, TEST_NOBODY, TEST_PORT, NULL, 0);
	test_take_device_away(test);
	test_await(test, a, CCM_ENDPOINT_FAILED);
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 0);
	KUNIT_EXPECT_TRUE(test, test_close(a));
}

/* RDMA CM has it, and says so; it waits until the id is released. */
static void device_leaves_resolved(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];

	test_resolve(test, a, TEST_PORT);
	test_take_device_away(test);
	test_await(test, a, CCM_ENDPOINT_DEVICE_GONE);
	KUNIT_EXPECT_FALSE(test, completion_done(&t->left));
	/* no queue pair is made any more */
	ccm_conn_route(a->conn);
	test_await(test, a, CCM_ENDPOINT_FAILED);
	KUNIT_EXPECT_EQ(test, a->conn->endpoint.status, (u32)CCM_CM_NO_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_close(a));
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 0);
}

/* The one that asks has it, the one that is asked has it not yet. */
static void device_leaves_connecting(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];

	test_request(test, a, b);
	test_take_device_away(test);
	test_await(test, b, CCM_ENDPOINT_DEVICE_GONE);
	KUNIT_EXPECT_TRUE(test, test_close(b));
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 1);
	KUNIT_EXPECT_PTR_EQ(test, a->conn, (struct ccm_conn *)NULL);
	KUNIT_EXPECT_TRUE(test, a->drained);
}

/* In the middle of a READ that nobody answers */
static void device_leaves_connected(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];
	struct ib_sge sge;

	a->config.detect_ms = TEST_LONG_MS;
	test_connect(test, a, b);
	test_exchange(test, a, b);
	ccm_conn_drain(b->conn);
	sge = landing_of(a, 64);
	test_post(test, a, IB_WR_RDMA_READ, &sge, a->peer.status_addr, a->peer.status_key);
	test_take_device_away(test);
	expect_usable(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 2);
	KUNIT_EXPECT_PTR_EQ(test, a->conn, (struct ccm_conn *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, b->conn, (struct ccm_conn *)NULL);
	KUNIT_EXPECT_TRUE(test, a->drained);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->works_done), 1);
}

/* In the middle of a drain that does not come back */
static void device_leaves_draining(struct kunit *test)
{
	struct transport *t = transport_of(test);
	struct test_end *a = &t->ends[0];
	struct test_end *b = &t->ends[1];

	test_connect(test, a, b);
	test_exchange(test, a, b);
	test_hold_completions(a);
	test_close_elsewhere(test, a);
	test_take_device_away(test);
	expect_usable(test);
	KUNIT_EXPECT_FALSE(test, work_pending(&a->closing));
	KUNIT_EXPECT_FALSE(test, a->drained);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->busy), 1);
	KUNIT_EXPECT_PTR_EQ(test, b->conn, (struct ccm_conn *)NULL);
}

static struct kunit_case transport_cases[] = {
	KUNIT_CASE(connect_and_accept),
	KUNIT_CASE(disconnect),
	KUNIT_CASE(reject_with_data),
	KUNIT_CASE(turn_down_with_answer),
	KUNIT_CASE(turn_down),
	KUNIT_CASE(nobody_listens),
	KUNIT_CASE(nobody_there),
	KUNIT_CASE(port_in_use),
	KUNIT_CASE(keys_arrive),
	KUNIT_CASE(mails_arrive),
	KUNIT_CASE(mail_under_way),
	KUNIT_CASE(flush_is_bounded),
	KUNIT_CASE(flush_has_a_limit),
	KUNIT_CASE(rings_arrive),
	KUNIT_CASE(too_many_rings),
	KUNIT_CASE(early_ring_waits),
	KUNIT_CASE(malformed_message),
	KUNIT_CASE(malformed_ring),
	KUNIT_CASE(read_status_page),
	KUNIT_CASE(read_answer),
	KUNIT_CASE(read_with_a_wrong_key),
	KUNIT_CASE(key_is_of_one_session),
	KUNIT_CASE(drain_brings_back),
	KUNIT_CASE(end_in_each_state),
	KUNIT_CASE(drain_does_not_come_back),
	KUNIT_CASE(drain_of_several),
	KUNIT_CASE(late_completions),
	KUNIT_CASE(reaper_waits_for_whom_it_must),
	KUNIT_CASE(region),
	KUNIT_CASE(device_leaves_listening),
	KUNIT_CASE(device_leaves_resolving),
	KUNIT_CASE(device_leaves_resolved),
	KUNIT_CASE(device_leaves_connecting),
	KUNIT_CASE(device_leaves_connected),
	KUNIT_CASE(device_leaves_draining),
	{}
};

static struct kunit_suite transport_suite = {
	.name = "ccm_transport",
	.init = transport_init,
	.exit = transport_exit,
	.test_cases = transport_cases,
};

kunit_test_suite(transport_suite);
