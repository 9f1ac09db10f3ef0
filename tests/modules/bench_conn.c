// SPDX-License-Identifier: GPL-2.0-only
/* What both sides of the plain connection have: queue pair, buffer, completions. */
#include <linux/gfp.h>

#include "bench.h"

static void step_done(struct bench_conn *conn, const struct ib_wc *wc)
{
	conn->status = wc->status == IB_WC_SUCCESS ? 0 : -EIO;
	complete(&conn->step);
}

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	step_done(container_of(wc->wr_cqe, struct bench_conn, send_cqe), wc);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	/* flushed when the connection ends: nobody waits for that */
	if (wc->status == IB_WC_SUCCESS)
		step_done(container_of(wc->wr_cqe, struct bench_conn, recv_cqe), wc);
}

static void reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
}

/**
 * bench_conn_create() - PD, CQ, QP, and a receive or a memory region
 * @conn: has an id that is bound to a device
 * @passive: with memory region
 *
 * Return: 0 or a negative errno; bench_conn_destroy() cleans up in either case
 */
int bench_conn_create(struct bench_conn *conn, bool passive)
{
	struct ib_device *ib = conn->id->device;
	struct ib_qp_init_attr attr = {
		.cap = {
			.max_send_wr = 4,
			.max_recv_wr = 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_recv_wr wr = { .wr_cqe = &conn->recv_cqe, .num_sge = 1 };
	struct ib_sge sge = { .length = sizeof(struct bench_keys) };
	struct ib_mr *mr;
	struct ib_pd *pd;
	struct ib_cq *cq;
	int ret;

	conn->send_cqe.done = send_done;
	conn->recv_cqe.done = recv_done;
	conn->reg_cqe.done = reg_done;
	conn->buffer = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!conn->buffer)
		return -ENOMEM;
	conn->dma = ib_dma_map_single(ib, conn->buffer, PAGE_SIZE, DMA_BIDIRECTIONAL);

	pd = ib_alloc_pd(ib, 0);
	if (IS_ERR(pd))
		return (int)PTR_ERR(pd);
	conn->pd = pd;
	cq = ib_alloc_cq_any(ib, conn, 8, IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return (int)PTR_ERR(cq);
	conn->cq = cq;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	ret = rdma_create_qp(conn->id, pd, &attr);
	if (ret)
		return ret;
	if (passive) {
		mr = ib_alloc_mr(pd, IB_MR_TYPE_MEM_REG, 1);
		if (IS_ERR(mr))
			return (int)PTR_ERR(mr);
		conn->mr = mr;
		return 0;
	}
	sge.addr = conn->dma;
	sge.lkey = pd->local_dma_lkey;
	wr.sg_list = &sge;
	return ib_post_recv(conn->id->qp, &wr, NULL);
}

/**
 * bench_conn_destroy() - undo it, and destroy the id
 * @conn: not in a handler of its own
 */
void bench_conn_destroy(struct bench_conn *conn)
{
	struct ib_device *ib = conn->id->device;

	if (conn->id->qp)
		rdma_destroy_qp(conn->id);
	if (conn->cq)
		ib_free_cq(conn->cq);
	if (conn->mr)
		ib_dereg_mr(conn->mr);
	if (conn->pd)
		ib_dealloc_pd(conn->pd);
	if (conn->buffer) {
		ib_dma_unmap_single(ib, conn->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
		free_page((unsigned long)conn->buffer);
	}
	rdma_destroy_id(conn->id);
}

/**
 * bench_conn_param() - what both sides connect with
 * @param: filled
 */
void bench_conn_param(struct rdma_conn_param *param)
{
	memset(param, 0, sizeof(*param));
	param->responder_resources = 1;
	param->initiator_depth = 1;
	param->retry_count = 6;
	param->rnr_retry_count = 6;
}
