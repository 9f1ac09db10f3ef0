// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many plain queue pairs, connected at once: what a client's ports are compared with.
 * Each takes its next step in the RDMA CM handler itself, which is the fastest there is.
 */
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "bench.h"

struct group {
	struct ib_pd *pd;	/* of all; made with the first */
	struct mutex lock;	/* protects @pd */
	atomic_t left;
	int status;		/* of the first that failed */
	struct completion done;
	u32 count;
	struct bench_conn conns[];
};

static int connect_conn(struct group *group, struct bench_conn *conn)
{
	struct bench_request request;
	struct rdma_conn_param param;
	struct ib_pd *pd;
	int ret;

	mutex_lock(&group->lock);
	if (!group->pd) {
		pd = ib_alloc_pd(conn->id->device, 0);
		if (IS_ERR(pd)) {
			mutex_unlock(&group->lock);
			return (int)PTR_ERR(pd);
		}
		group->pd = pd;
	}
	mutex_unlock(&group->lock);
	conn->pd = group->pd;
	ret = bench_conn_create(conn, false);
	bench_conn_param(conn, &param, &request);
	return ret ? ret : rdma_connect_locked(conn->id, &param);
}

/* One more is connected, or (@status) will not be. */
static void settle(struct bench_conn *conn, int status)
{
	struct group *group = (struct group *)conn->owner;

	conn->settled = true;
	if (status)
		WRITE_ONCE(group->status, status);
	if (atomic_dec_and_test(&group->left))
		complete(&group->done);
}

/* Handlers of one id do not run at the same time. */
static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct bench_conn *conn = (struct bench_conn *)id->context;
	int ret = 0;

	if (conn->settled)
		return 0;
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		ret = rdma_resolve_route(id, BENCH_WAIT_MS);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		ret = connect_conn((struct group *)conn->owner, conn);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		settle(conn, 0);
		break;
	default:
		ret = event->status ? event->status : -ECONNREFUSED;
		break;
	}
	if (ret)
		settle(conn, ret);
	return 0;
}

static int start(struct group *group, struct bench_conn *conn, const struct sockaddr *to)
{
	struct rdma_cm_id *id;

	conn->kind = BENCH_BARE;
	conn->owner = group;
	id = rdma_create_id(&init_net, cm_handler, conn, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return (int)PTR_ERR(id);
	conn->id = id;
	bench_conn_timeouts(conn);
	return rdma_resolve_addr(id, NULL, to, BENCH_WAIT_MS);
}

static void end(struct bench_conn *conn)
{
	if (!conn->id)
		return;
	/* no handler makes anything any more */
	rdma_lock_handler(conn->id);
	conn->settled = true;
	rdma_unlock_handler(conn->id);
	bench_close(conn);
}

/**
 * bench_parallel() - connect many queue pairs at once, then disconnect them
 * @address: of the passive side
 * @port: its RDMA port number, decimal
 * @count: how many
 * @ns: filled: from the first id to the last connection established
 *
 * Process context, sleeps; bounded.
 *
 * Return: 0 or a negative errno
 */
int bench_parallel(const char *address, const char *port, u32 count, u64 *ns)
{
	struct sockaddr_storage to;
	struct group *group;
	u64 since;
	u32 i;
	int ret;

	ret = inet_pton_with_scope(&init_net, AF_UNSPEC, address, port, &to);
	if (ret)
		return ret;
	group = (struct group *)kvzalloc(struct_size(group, conns, count), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	mutex_init(&group->lock);
	atomic_set(&group->left, (int)count);
	init_completion(&group->done);

	since = ktime_get_ns();
	for (i = 0; i < count && !ret; i++)
		ret = start(group, &group->conns[i], (struct sockaddr *)&to);
	if (!ret && !wait_for_completion_timeout(&group->done,
						 msecs_to_jiffies(BENCH_WAIT_MS)))
		ret = -ETIMEDOUT;
	*ns = ktime_get_ns() - since;
	if (!ret)
		ret = READ_ONCE(group->status);
	for (i = 0; i < count; i++)
		end(&group->conns[i]);
	if (group->pd)
		ib_dealloc_pd(group->pd);
	kvfree(group);
	return ret;
}
