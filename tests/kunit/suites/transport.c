// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests of the transport stand on. As in the module, handlers only store and set bits;
 * the inbox's work item takes them, but here all it does is to wake the test, which makes,
 * connects and ends connections itself. Nothing waits without a deadline, and whatever a
 * test leaves behind, because an assertion failed, transport_exit() closes.
 */
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/irq_poll.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/umh.h>

#include "transport.h"

/* Bytes that are different everywhere, and from SEED to SEED. */
void test_fill(u8 *data, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		data[i] = (u8)(seed + i * 7 + i / 251);
}

bool test_filled(const u8 *data, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (data[i] != (u8)(seed + i * 7 + i / 251))
			return false;
	return true;
}

/*
 * An end and its inbox
 */

static void look(struct work_struct *work)
{
	struct test_end *end = container_of(work, struct test_end, inbox.work);
	struct ccm_endpoint *ep;
	unsigned long bit;

	mutex_lock(&end->lock);
	if (ccm_inbox_take(&end->inbox, CCM_INBOX_LINKS))
		WRITE_ONCE(end->links, true);
	ccm_inbox_take(&end->inbox, CCM_INBOX_CONN);
	if (end->conn) {
		ep = &end->conn->endpoint;
		for (;;) {
			bit = find_first_bit(&ep->pending, CCM_ENDPOINT_BITS);
			if (bit >= CCM_ENDPOINT_BITS)
				break;
			clear_bit((int)bit, &ep->pending);
			/* pairs with ccm_endpoint_tell() */
			smp_mb__after_atomic();
			set_bit((int)bit, &end->seen);
		}
	}
	mutex_unlock(&end->lock);
	wake_up_all(&end->wait);
}

/* Has it been told by now? */
bool test_saw(struct test_end *end, u32 bit)
{
	flush_work(&end->inbox.work);
	return test_bit((int)bit, &end->seen);
}

/* Waits until BIT is told, and forgets it. */
void test_await(struct kunit *test, struct test_end *end, u32 bit)
{
	long left = wait_event_timeout(end->wait, test_and_clear_bit((int)bit, &end->seen),
				       msecs_to_jiffies(TEST_DEADLINE_MS));

	KUNIT_ASSERT_TRUE_MSG(test, left > 0,
			      "end %u: bit %u did not come within %u ms; there are %lx",
			      end->config.partner, bit, TEST_DEADLINE_MS, end->seen);
}

static void set_conn(struct test_end *end, struct ccm_conn *conn)
{
	mutex_lock(&end->lock);
	WRITE_ONCE(end->conn, conn);
	mutex_unlock(&end->lock);
	wake_up_all(&end->wait);
}

static void close_conn(struct test_end *end)
{
	struct ccm_conn *conn = end->conn;

	if (!conn)
		return;
	set_conn(end, NULL);
	complete(&end->close_begun);
	ccm_conn_disconnect(conn, false);
	ccm_conn_drain(conn);
	end->drained = ccm_endpoint_drained(&conn->endpoint);
	ccm_conn_deregister(conn);
	ccm_conn_reap(conn);
	flush_work(&end->inbox.work);
	end->seen = 0;
}

static void close_work(struct work_struct *work)
{
	close_conn(container_of(work, struct test_end, closing));
}

/* In whatever state, as its owner does. False: the queue pair did not drain. */
bool test_close(struct test_end *end)
{
	flush_work(&end->closing);
	close_conn(end);
	return end->drained;
}

/* Another thread closes; returns when it has begun to. */
void test_close_elsewhere(struct kunit *test, struct test_end *end)
{
	reinit_completion(&end->close_begun);
	queue_work(system_unbound_wq, &end->closing);
	TEST_AWAIT_DONE(test, &end->close_begun);
}

/*
 * Whom the transport asks
 */

static bool on_request(void *owner, struct ccm_incoming *in)
{
	struct transport *t = (struct transport *)owner;
	struct test_end *end = t->taker;
	struct ccm_conn *conn = NULL;

	if (end)
		conn = ccm_conn_adopt(in, &end->config);
	if (conn) {
		t->taker = NULL;
		set_conn(end, conn);
	} else {
		memcpy(in->answer, t->answer, t->answer_len);
		in->answer_len = t->answer_len;
	}
	atomic_inc(&t->requests);
	wake_up_all(&t->wait);
	return conn;
}

static void on_appeared(void *owner)
{
	struct transport *t = (struct transport *)owner;

	atomic_inc(&t->appeared);
	wake_up_all(&t->wait);
}

/* Connections that have the device are closed; those that have not are told by RDMA CM. */
static void on_removing(void *owner)
{
	struct transport *t = (struct transport *)owner;
	struct ccm_device *device;
	u32 i;

	if (ccm_device_find(&t->devices, t->ib))
		t->found = true;
	for (i = 0; i < TEST_ENDS; i++) {
		flush_work(&t->ends[i].closing);
		if (!t->ends[i].conn)
			continue;
		device = t->ends[i].conn->endpoint.device;
		if (!device || !device->gone)
			continue;
		atomic_inc(&t->busy);
		test_close(&t->ends[i]);
	}
	atomic_inc(&t->removing);
	wake_up_all(&t->wait);
}

static const struct ccm_devices_ops devices_ops = {
	.appeared = on_appeared,
	.removing = on_removing,
};

/*
 * Connecting
 */

/* An end that connects, when it is told to */
void test_make(struct kunit *test, struct test_end *end, const u8 *data, u32 len)
{
	struct ccm_conn *conn = ccm_conn_open(&end->config, end->config.partner, data, len);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, conn);
	set_conn(end, conn);
}

/* ... and begins to look for the way. */
void test_open(struct kunit *test, struct test_end *end, u32 address, u16 port, const u8 *data,
	       u32 len)
{
	struct sockaddr_storage to = {};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&to;

	in4->sin_family = AF_INET;
	in4->sin_port = cpu_to_be16(port);
	in4->sin_addr.s_addr = cpu_to_be32(address);
	test_make(test, end, data, len);
	ccm_endpoint_resolve(&end->conn->endpoint, &to);
}

/* ... to PORT of this kernel, with private data of seed 1; until the route is known. */
void test_resolve(struct kunit *test, struct test_end *end, u16 port)
{
	u8 data[CCM_PRIVATE_REQUEST_MAX];

	test_fill(data, sizeof(data), 1);
	test_open(test, end, TEST_ADDRESS, port, data, sizeof(data));
	test_await(test, end, CCM_ENDPOINT_ROUTE);
}

/* ... until the other end has the request. */
void test_request(struct kunit *test, struct test_end *from, struct test_end *to)
{
	from->t->taker = to;
	test_resolve(test, from, TEST_PORT);
	ccm_conn_route(from->conn);
	TEST_AWAIT(test, to->wait, READ_ONCE(to->conn));
}

/* ... until both say that it is established; the accept's private data are of seed 2. */
void test_connect(struct kunit *test, struct test_end *from, struct test_end *to)
{
	u8 data[CCM_PRIVATE_REQUEST_MAX];

	test_request(test, from, to);
	test_fill(data, sizeof(data), 2);
	ccm_conn_accept(to->conn, data, sizeof(data));
	test_await(test, from, CCM_ENDPOINT_ESTABLISHED);
	test_await(test, to, CCM_ENDPOINT_ESTABLISHED);
}

static void send_keys(struct kunit *test, struct test_end *end)
{
	struct ccm_wire_keys keys = {};
	struct ccm_session_keys mine;
	u8 data[CCM_WIRE_KEYS_LEN];

	ccm_mailbox_keys(&end->conn->mailbox, &mine);
	keys.status_addr = mine.status_addr;
	keys.status_key = mine.status_key;
	keys.status_len = CCM_STATUS_REGION_LEN;
	keys.mailbox_addr = mine.mailbox_addr;
	keys.mailbox_key = mine.mailbox_key;
	keys.mailbox_len = CCM_MAILBOX_LEN;
	keys.incarnation = TEST_INCARNATION;
	keys.nonce = end->config.partner;
	ccm_wire_put_keys(data, &keys);
	KUNIT_ASSERT_EQ(test, 0, ccm_mail_send_keys(&end->conn->mail, data, sizeof(data)));
}

static void take_keys(struct kunit *test, struct test_end *end, const struct test_end *other)
{
	struct ccm_mail *mail = &end->conn->mail;

	test_await(test, end, CCM_MAIL_MESSAGE);
	KUNIT_ASSERT_EQ(test, mail->message_len, (u32)CCM_WIRE_KEYS_LEN);
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_keys(mail->message, mail->message_len, &end->peer));
	KUNIT_ASSERT_EQ(test, end->peer.nonce, (u64)other->config.partner);
}

/* A0 of both, connected, arrives at the other. */
void test_exchange(struct kunit *test, struct test_end *one, struct test_end *other)
{
	send_keys(test, one);
	send_keys(test, other);
	take_keys(test, one, other);
	take_keys(test, other, one);
	test_await_sent(test, one, 0);
	test_await_sent(test, other, 0);
}

/*
 * Work requests and completions
 */

static void lost(struct ib_cq *cq, void *context)
{
}

/*
 * From now on the completion queue is as that of a device that does not interrupt any more:
 * completions lie in it, and nobody is told. Whoever polls it just now comes to an end first.
 */
void test_hold_completions(struct test_end *end)
{
	struct ib_cq *cq = end->conn->endpoint.cq;

	end->handler = cq->comp_handler;
	irq_poll_disable(&cq->iop);
	WRITE_ONCE(cq->comp_handler, lost);
	irq_poll_enable(&cq->iop);
}

void test_release_completions(struct test_end *end)
{
	struct ib_cq *cq = end->conn->endpoint.cq;

	WRITE_ONCE(cq->comp_handler, end->handler);
	local_bh_disable();
	irq_poll_sched(&cq->iop);
	local_bh_enable();
}

static void work_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct test_work *work = container_of(wc->wr_cqe, struct test_work, cqe);

	work->status = wc->status;
	atomic_inc(&work->t->works_done);
	complete(&work->done);
}

/* LOCAL may be NULL: no bytes; then a WRITE's KEY is the ring's word, if it has one. */
struct test_work *test_post(struct kunit *test, struct test_end *end, enum ib_wr_opcode opcode,
			    const struct ib_sge *local, u64 addr, u32 key)
{
	struct transport *t = end->t;
	struct test_work *work = NULL;
	struct ib_rdma_wr wr = {};
	struct ib_sge sge;
	u32 i;

	for (i = 0; i < TEST_WORKS && !work; i++)
		if (!t->works[i].posted)
			work = &t->works[i];
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, work);
	work->t = t;
	work->cqe.done = work_done;
	init_completion(&work->done);
	work->posted = true;
	wr.wr.wr_cqe = &work->cqe;
	wr.wr.opcode = opcode;
	if (local) {
		sge = *local;
		wr.wr.sg_list = &sge;
		wr.wr.num_sge = 1;
		wr.remote_addr = addr;
		wr.rkey = key;
	} else {
		wr.wr.ex.imm_data = cpu_to_be32(key);
	}
	KUNIT_ASSERT_EQ(test, 0, ib_post_send(end->conn->endpoint.qp, &wr.wr, NULL));
	return work;
}

void test_await_work(struct kunit *test, struct test_work *work)
{
	TEST_AWAIT_DONE(test, &work->done);
}

/* Until the bytes of a mail are given back */
void test_await_sent(struct kunit *test, struct test_end *end, u32 ring)
{
	struct ccm_mail *mail = &end->conn->mail;

	TEST_AWAIT(test, mail->tx_wait, !test_bit((int)ring, &mail->tx_busy));
}

/*
 * The device goes, and comes again
 */

static void leave_work(struct work_struct *work)
{
	struct transport *t = container_of(work, struct transport, leave);

	ib_unregister_device_and_put(t->leaving);
	complete(&t->left);
}

/* Begins to; it is gone when transport.left is completed. */
void test_take_device_away(struct kunit *test)
{
	struct transport *t = (struct transport *)test->priv;
	struct net_device *netdev;

	if (t->ib->ops.driver_id != RDMA_DRIVER_RXE)
		kunit_skip(test, "%s is not soft-RoCE: it can not be added again", t->name);
	netdev = ip_dev_find(&init_net, cpu_to_be32(TEST_ADDRESS));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, netdev);
	strscpy(t->netdev, netdev->name, sizeof(t->netdev));
	t->leaving = ib_device_get_by_netdev(netdev, RDMA_DRIVER_RXE);
	dev_put(netdev);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->leaving);
	t->away = true;
	queue_work(system_unbound_wq, &t->leave);
}

static int add_device(struct transport *t)
{
	/* taken as they are, by a function that wants them to be writable */
	static char words[][16] = { "/usr/bin/rdma", "link", "add", "type", "rxe", "netdev" };
	char *argv[9] = { words[0], words[1], words[2], t->name, words[3], words[4], words[5],
			 t->netdev, NULL };
	char *envp[1] = { NULL };

	t->away = false;
	return call_usermodehelper(words[0], argv, envp, UMH_WAIT_PROC);
}

void test_bring_device_back(struct kunit *test)
{
	struct transport *t = (struct transport *)test->priv;
	int appeared;

	TEST_AWAIT_DONE(test, &t->left);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->devices.list));
	appeared = atomic_read(&t->appeared);
	KUNIT_ASSERT_EQ(test, 0, add_device(t));
	TEST_AWAIT(test, t->wait, atomic_read(&t->appeared) > appeared);
	KUNIT_EXPECT_FALSE(test, list_empty(&t->devices.list));
}

/*
 * Before and after a test
 */

static void end_init(struct kunit *test, struct transport *t, u32 index)
{
	struct test_end *end = &t->ends[index];

	end->t = t;
	mutex_init(&end->lock);
	init_waitqueue_head(&end->wait);
	init_completion(&end->close_begun);
	INIT_WORK(&end->closing, close_work);
	INIT_WORK(&end->inbox.work, look);
	end->config.inbox = &end->inbox;
	end->config.devices = &t->devices;
	end->config.partner = index + 1;
	end->config.detect_ms = TEST_DETECT_MS;
	end->inbox.wq = alloc_ordered_workqueue("ccm-test%u", 0, index + 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, end->inbox.wq);
}

int transport_init(struct kunit *test)
{
	const struct ccm_status_identity identity = {
		.node = TEST_NODE,
		.incarnation = TEST_INCARNATION,
		.cluster = TEST_CLUSTER,
		.detect_ms = TEST_DETECT_MS,
		.stage = CCM_STAGE_KERNEL,
	};
	struct ccm_device *device;
	struct transport *t;
	u32 i;

	t = (struct transport *)kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	init_waitqueue_head(&t->wait);
	init_completion(&t->left);
	INIT_WORK(&t->leave, leave_work);
	KUNIT_ASSERT_EQ(test, 0, ccm_devices_create(&t->devices));
	for (i = 0; i < TEST_ENDS; i++)
		INIT_WORK(&t->ends[i].closing, close_work);
	test->priv = t;

	for (i = 0; i < TEST_ENDS; i++)
		end_init(test, t, i);
	KUNIT_ASSERT_EQ(test, 0, ccm_status_page_create(&t->page, &t->devices, &identity));
	KUNIT_ASSERT_EQ(test, 0, ccm_devices_register(&t->devices, t->page.data, &devices_ops, t));
	t->registered = true;
	if (list_empty(&t->devices.list))
		kunit_skip(test, "there is no RDMA device (rdma link add)");
	device = list_first_entry(&t->devices.list, struct ccm_device, entry);
	t->ib = device->ib;
	strscpy(t->name, dev_name(&t->ib->dev), sizeof(t->name));
	KUNIT_ASSERT_EQ(test, 0, ccm_listener_start(&t->listener, TEST_PORT, 8, on_request, t));
	t->listening = true;
	return 0;
}

void transport_exit(struct kunit *test)
{
	struct transport *t = (struct transport *)test->priv;
	u32 i;

	if (!t)
		return;
	if (t->cleanup)
		t->cleanup(t->context);
	if (t->listening)
		ccm_listener_stop(&t->listener);
	for (i = 0; i < TEST_ENDS; i++)
		test_close(&t->ends[i]);
	flush_work(&t->leave);
	if (t->registered)
		ccm_devices_unregister(&t->devices);
	if (t->page.data)
		ccm_status_page_destroy(&t->page);
	ccm_devices_destroy(&t->devices);
	for (i = 0; i < TEST_ENDS; i++)
		if (t->ends[i].inbox.wq)
			destroy_workqueue(t->ends[i].inbox.wq);
	if (t->away && add_device(t))
		kunit_err(test, "%s could not be added again", t->name);
	test->priv = NULL;
}
