/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of the transport stand on: the RDMA devices of this kernel, a listener, and
 * ends of connections that are made in this kernel, too. There is no partner.
 */
#ifndef CCM_KUNIT_TRANSPORT_H
#define CCM_KUNIT_TRANSPORT_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <kunit/test.h>
#include <rdma/ib_verbs.h>

#include "../../../ccm/core/wire.h"
#include "../../../ccm/inbox.h"
#include "../../../ccm/rdma/conn.h"
#include "../../../ccm/rdma/device.h"
#include "../../../ccm/rdma/listener.h"
#include "../../../ccm/rdma/status_page.h"

#define TEST_ADDRESS		0xc0000201U	/* 192.0.2.1, of this kernel */
#define TEST_NOBODY		0xc000024dU	/* 192.0.2.77, of nobody on the same network */
#define TEST_PORT		3399U
#define TEST_OTHER_PORT		3400U		/* nobody listens there */
#define TEST_DETECT_MS		500U
#define TEST_LONG_MS		60000U		/* no path is given up within a test */
#define TEST_DEADLINE_MS	10000U		/* for something that takes milliseconds */
#define TEST_ENDS		6
#define TEST_WORKS		20
#define TEST_NAME_LEN		64

#define TEST_NODE		258U
#define TEST_INCARNATION	0x1122334455667788ULL
#define TEST_CLUSTER		0x99aabbccddeeff00ULL

struct transport;

/* A work request of the test's own */
struct test_work {
	struct transport *t;
	struct ib_cqe cqe;
	enum ib_wc_status status;
	bool posted;
	struct completion done;
};

/**
 * struct test_end - one end of a connection, and whose it is
 * @t: the test's
 * @inbox: its work item moves what is pending to @seen
 * @config: for the connection
 * @lock: protects @conn
 * @conn: the connection; NULL: none
 * @seen: enum ccm_endpoint_bit, as told and not waited for yet
 * @links: CCM_INBOX_LINKS was told
 * @wait: woken when one of these has changed, or something of a work request
 * @closing: closes it, if another thread is to do it
 * @close_begun: it does
 * @drained: the last connection that was closed was drained
 * @peer: what the other end's A0 has said
 * @handler: of the completion queue, while it does not get there
 */
struct test_end {
	struct transport *t;
	struct ccm_inbox inbox;
	struct ccm_endpoint_config config;
	struct mutex lock;
	struct ccm_conn *conn;
	unsigned long seen;
	bool links;
	wait_queue_head_t wait;
	struct work_struct closing;
	struct completion close_begun;
	bool drained;
	struct ccm_wire_keys peer;
	ib_comp_handler handler;
};

/**
 * struct transport - a test
 * @devices: all of this kernel
 * @registered: ... are in use
 * @page: which they have mapped
 * @listener: on TEST_PORT
 * @listening: it does
 * @ends: of connections
 * @taker: takes the next request; NULL: it is turned down
 * @answer: ... with this
 * @answer_len: of @answer
 * @requests: that have come in
 * @appeared: calls of it
 * @removing: calls of it
 * @busy: connections that were closed by it
 * @found: the device was still found then
 * @wait: woken when one of these has changed
 * @works: work requests of the test's own
 * @works_done: of them, completed
 * @leave: takes the device away
 * @leaving: the device
 * @left: it is gone
 * @ib: the device
 * @name: of it
 * @netdev: under it
 * @away: the device is to be added again
 * @cleanup: what is to be done before the ends are closed; may be NULL
 * @context: for it
 */
struct transport {
	struct ccm_devices devices;
	bool registered;
	struct ccm_status_page page;
	struct ccm_listener listener;
	bool listening;
	struct test_end ends[TEST_ENDS];
	struct test_end *taker;
	u8 answer[CCM_PRIVATE_REJECT_MAX];
	u32 answer_len;
	atomic_t requests;
	atomic_t appeared;
	atomic_t removing;
	atomic_t busy;
	bool found;
	wait_queue_head_t wait;
	struct test_work works[TEST_WORKS];
	atomic_t works_done;
	struct work_struct leave;
	struct ib_device *leaving;
	struct completion left;
	struct ib_device *ib;
	char name[TEST_NAME_LEN];
	char netdev[TEST_NAME_LEN];
	bool away;
	void (*cleanup)(void *context);
	void *context;
};

/* Waits for CONDITION, which whoever makes it true wakes WAIT for. */
#define TEST_AWAIT(test, wait, condition)						\
	KUNIT_ASSERT_TRUE_MSG(test, wait_event_timeout(wait, condition,			\
				msecs_to_jiffies(TEST_DEADLINE_MS)) > 0,		\
			      "waited %u ms for: %s", TEST_DEADLINE_MS, #condition)

/* The same for a completion */
#define TEST_AWAIT_DONE(test, done)							\
	KUNIT_ASSERT_TRUE_MSG(test, wait_for_completion_timeout(done,			\
				msecs_to_jiffies(TEST_DEADLINE_MS)) > 0,		\
			      "waited %u ms for: %s", TEST_DEADLINE_MS, #done)

int transport_init(struct kunit *test);
void transport_exit(struct kunit *test);

void test_fill(u8 *data, u32 len, u8 seed);
bool test_filled(const u8 *data, u32 len, u8 seed);

void test_await(struct kunit *test, struct test_end *end, u32 bit);
bool test_saw(struct test_end *end, u32 bit);

void test_make(struct kunit *test, struct test_end *end, const u8 *data, u32 len);
void test_open(struct kunit *test, struct test_end *end, u32 address, u16 port, const u8 *data,
	       u32 len);
void test_resolve(struct kunit *test, struct test_end *end, u16 port);
void test_request(struct kunit *test, struct test_end *from, struct test_end *to);
void test_connect(struct kunit *test, struct test_end *from, struct test_end *to);
void test_exchange(struct kunit *test, struct test_end *one, struct test_end *other);
bool test_close(struct test_end *end);
void test_close_elsewhere(struct kunit *test, struct test_end *end);

void test_hold_completions(struct test_end *end);
void test_release_completions(struct test_end *end);

struct test_work *test_post(struct kunit *test, struct test_end *end, enum ib_wr_opcode opcode,
			    const struct ib_sge *local, u64 addr, u32 key);
void test_await_work(struct kunit *test, struct test_work *work);
void test_await_sent(struct kunit *test, struct test_end *end, u32 ring);

void test_take_device_away(struct kunit *test);
void test_bring_device_back(struct kunit *test);

#endif /* CCM_KUNIT_TRANSPORT_H */
