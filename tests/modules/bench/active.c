// SPDX-License-Identifier: GPL-2.0-only
/* The side that connects, reads and looks at its watch. */
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "bench.h"

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct bench_conn *conn = (struct bench_conn *)id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		return 0;
	default:
		conn->event = event->event;
		conn->status = event->status;
		complete(&conn->step);
		return 0;
	}
}

/* Wait for the end of a step; then @us is what it took, and @since is now. */
static int step(struct bench_conn *conn, u64 *since, u32 *us)
{
	u64 now;

	if (!wait_for_completion_timeout(&conn->step, msecs_to_jiffies(BENCH_WAIT_MS)))
		return -ETIMEDOUT;
	now = ktime_get_ns();
	*us = (u32)div_u64(now - *since, NSEC_PER_USEC);
	*since = now;
	return conn->status;
}

static int cm_step(struct bench_conn *conn, enum rdma_cm_event_type wanted, u64 *since,
		   u32 *us)
{
	int ret = step(conn, since, us);

	if (!ret && conn->event != wanted)
		ret = -ECONNREFUSED;
	return ret;
}

static int post_read(struct bench_conn *conn, const struct bench_keys *keys)
{
	struct ib_sge sge = {
		.addr = conn->dma + BENCH_DATA_OFFSET,
		.length = BENCH_READ_LEN,
		.lkey = conn->pd->local_dma_lkey,
	};
	struct ib_rdma_wr wr = {
		.wr = {
			.wr_cqe = &conn->send_cqe,
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = IB_WR_RDMA_READ,
		},
		.remote_addr = keys->addr,
		.rkey = keys->key,
	};

	return ib_post_send(conn->id->qp, &wr.wr, NULL);
}

/* From the created id to the keys of what can be read. */
static int open_conn(struct bench_conn *conn, struct sockaddr *to, u64 *since,
		     struct bench_times *times)
{
	struct bench_request request;
	struct rdma_conn_param param;
	u64 now;
	int ret;

	bench_conn_timeouts(conn);
	ret = rdma_resolve_addr(conn->id, NULL, to, BENCH_WAIT_MS);
	if (!ret)
		ret = cm_step(conn, RDMA_CM_EVENT_ADDR_RESOLVED, since, &times->address);
	if (!ret)
		ret = rdma_resolve_route(conn->id, BENCH_WAIT_MS);
	if (!ret)
		ret = cm_step(conn, RDMA_CM_EVENT_ROUTE_RESOLVED, since, &times->route);
	if (!ret)
		ret = bench_conn_create(conn, false);
	if (ret)
		return ret;
	now = ktime_get_ns();
	times->qp = (u32)div_u64(now - *since, NSEC_PER_USEC);
	*since = now;

	bench_conn_param(conn, &param, &request);
	ret = rdma_connect(conn->id, &param);
	if (!ret)
		ret = cm_step(conn, RDMA_CM_EVENT_ESTABLISHED, since, &times->connect);
	if (!ret)
		ret = step(conn, since, &times->keys);
	if (ret)
		return ret;
	ib_dma_sync_single_for_cpu(conn->id->device, conn->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	return 0;
}

/**
 * bench_open() - connect
 * @conn: zeroed, but for its kind: BENCH_ONCE or BENCH_OPS
 * @address: of the passive side
 * @port: its RDMA port number, decimal
 * @times: what each part took
 * @keys: filled: what can be read
 *
 * Process context, sleeps; bounded.
 *
 * Return: 0, and bench_close() ends it; a negative errno
 */
int bench_open(struct bench_conn *conn, const char *address, const char *port,
	       struct bench_times *times, struct bench_keys *keys)
{
	struct sockaddr_storage to;
	u64 since;
	int ret;

	ret = inet_pton_with_scope(&init_net, AF_UNSPEC, address, port, &to);
	if (ret)
		return ret;
	init_completion(&conn->step);
	memset(times, 0, sizeof(*times));
	since = ktime_get_ns();
	times->begun = since;
	conn->id = rdma_create_id(&init_net, cm_handler, conn, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(conn->id))
		return (int)PTR_ERR(conn->id);
	ret = open_conn(conn, (struct sockaddr *)&to, &since, times);
	if (ret)
		bench_close(conn);
	else
		*keys = *(const struct bench_keys *)conn->buffer;
	return ret;
}

/**
 * bench_close() - disconnect
 * @conn: open; nothing is posted on it any more
 */
void bench_close(struct bench_conn *conn)
{
	if (conn->id->qp)
		rdma_disconnect(conn->id);
	bench_conn_destroy(conn);
}

/**
 * bench_connect() - connect, read once, disconnect
 * @address: of the passive side
 * @port: its RDMA port number, decimal
 * @times: what each part took; the end is not timed
 *
 * Process context, sleeps; bounded.
 *
 * Return: 0; -EBADMSG: other bytes were read than the passive side has; another
 * negative errno
 */
int bench_connect(const char *address, const char *port, struct bench_times *times)
{
	struct bench_conn *conn;
	struct bench_keys keys;
	u64 since;
	int ret;

	conn = (struct bench_conn *)kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	ret = bench_open(conn, address, port, times, &keys);
	if (ret)
		goto free;
	since = ktime_get_ns();
	ret = post_read(conn, &keys);
	if (!ret)
		ret = step(conn, &since, &times->read);
	times->total = (u32)div_u64(since - times->begun, NSEC_PER_USEC);
	if (!ret) {
		ib_dma_sync_single_for_cpu(conn->id->device, conn->dma, PAGE_SIZE,
					   DMA_BIDIRECTIONAL);
		if (!bench_holds(conn->buffer + BENCH_DATA_OFFSET, keys.pattern,
				 BENCH_READ_LEN))
			ret = -EBADMSG;
	}
	bench_close(conn);
free:
	kfree(conn);
	return ret;
}
