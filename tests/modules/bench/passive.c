// SPDX-License-Identifier: GPL-2.0-only
/*
 * The side that is connected to and read. It answers in the RDMA CM handler itself,
 * which is the fastest there is (and not for a module that shares the host with others).
 */
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "bench.h"

static DEFINE_MUTEX(lock);		/* protects conns */
static LIST_HEAD(conns);
static struct rdma_cm_id *listener;	/* NULL: not serving */
static struct workqueue_struct *wq;	/* ends connections; set while serving */

/* Handlers and bench_serve_stop() may want it at once; it is done once. */
static void end(struct bench_conn *conn)
{
	if (!test_and_set_bit(0, &conn->ending))
		queue_work(wq, &conn->end);
}

static void end_work(struct work_struct *work)
{
	struct bench_conn *conn = container_of(work, struct bench_conn, end);

	mutex_lock(&lock);
	list_del(&conn->entry);
	mutex_unlock(&lock);
	bench_conn_destroy(conn);
	kfree(conn);
}

static int request(struct rdma_cm_id *id, const struct rdma_conn_param *asked)
{
	struct bench_request request = {};
	struct rdma_conn_param param;
	struct bench_conn *conn;
	int ret;

	if (asked->private_data_len >= sizeof(request))
		memcpy(&request, asked->private_data, sizeof(request));
	if (request.kind >= BENCH_KIND_COUNT)
		return -EINVAL;
	conn = (struct bench_conn *)kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	conn->kind = request.kind;
	init_completion(&conn->step);
	INIT_WORK(&conn->end, end_work);
	conn->id = id;
	id->context = conn;
	mutex_lock(&lock);
	list_add_tail(&conn->entry, &conns);
	mutex_unlock(&lock);
	bench_conn_param(conn, &param, NULL);
	bench_conn_timeouts(conn);
	ret = bench_conn_create(conn, true);
	if (!ret)
		ret = rdma_accept(id, &param);
	if (ret)
		end(conn);
	return 0;
}

/* Register the memory, and behind that on the same queue say where it is. */
static int send_keys(struct bench_conn *conn)
{
	bool once = conn->kind == BENCH_ONCE;
	struct bench_keys *keys = (struct bench_keys *)conn->buffer;
	u8 *data = conn->memory + (once ? BENCH_DATA_OFFSET : 0);
	u32 len = once ? BENCH_READ_LEN : BENCH_OP_LEN_MAX;
	struct ib_sge sge = {
		.addr = conn->dma,
		.length = sizeof(*keys),
		.lkey = conn->pd->local_dma_lkey,
	};
	struct ib_send_wr send = {
		.wr_cqe = &conn->send_cqe,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
	};
	struct ib_reg_wr reg = {};

	reg.wr.opcode = IB_WR_REG_MR;
	reg.wr.wr_cqe = &conn->reg_cqe;
	reg.wr.next = &send;
	reg.mr = conn->mr;
	reg.key = conn->mr->rkey;
	reg.access = IB_ACCESS_REMOTE_READ;
	if (!once)
		reg.access |= IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE;

	keys->addr = conn->mr->iova + (data - conn->memory);
	keys->key = conn->mr->rkey;
	keys->pattern = get_random_u32();
	bench_fill(data, keys->pattern, len);
	ib_dma_sync_single_for_device(conn->id->device, conn->dma, PAGE_SIZE,
				      DMA_BIDIRECTIONAL);
	return ib_post_send(conn->id->qp, &reg.wr, NULL);
}

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct bench_conn *conn = (struct bench_conn *)id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_CONNECT_REQUEST:
		return request(id, &event->param.conn);
	case RDMA_CM_EVENT_ESTABLISHED:
		if (conn->kind != BENCH_BARE && send_keys(conn))
			end(conn);
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		break;
	default:
		/* disconnected, or it never came to be */
		if (conn)
			end(conn);
		break;
	}
	return 0;
}

/**
 * bench_serve() - be there to be connected to
 * @port: RDMA port number, on every address
 *
 * Callers are serialized.
 *
 * Return: 0; -EBUSY; another negative errno
 */
int bench_serve(u16 port)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(port),
	};
	struct rdma_cm_id *id;
	int ret;

	if (listener)
		return -EBUSY;
	wq = alloc_workqueue("ccm_bench", 0, 0);
	if (!wq)
		return -ENOMEM;
	id = rdma_create_id(&init_net, cm_handler, NULL, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		ret = (int)PTR_ERR(id);
		goto no_id;
	}
	ret = rdma_bind_addr(id, (struct sockaddr *)&any);
	if (!ret)
		ret = rdma_listen(id, 128);
	if (ret)
		goto no_listener;
	listener = id;
	return 0;

no_listener:
	rdma_destroy_id(id);
no_id:
	destroy_workqueue(wq);
	return ret;
}

/** bench_serve_stop() - no more; connections there are end too. Callers are serialized. */
void bench_serve_stop(void)
{
	struct bench_conn *conn;

	if (!listener)
		return;
	rdma_destroy_id(listener);
	listener = NULL;
	for (;;) {
		mutex_lock(&lock);
		conn = list_first_entry_or_null(&conns, struct bench_conn, entry);
		if (conn)
			end(conn);
		mutex_unlock(&lock);
		if (!conn)
			break;
		flush_workqueue(wq);
	}
	destroy_workqueue(wq);
}
