// SPDX-License-Identifier: GPL-2.0-only
/* What both sides of the plain connection have: queue pair, buffer, completions. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../../../ccm/rdma/endpoint.h"
#include "../../../ccm/rdma/port.h"
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

/* As large as those of a port (ccm/rdma/port.c) for what is compared with one */
static struct ib_qp_cap queues(const struct bench_conn *conn)
{
	struct ib_qp_cap cap = {
		.max_send_wr = 4,
		.max_recv_wr = 1,
		.max_send_sge = 1,
		.max_recv_sge = 1,
	};

	if (conn->kind != BENCH_ONCE) {
		cap.max_send_wr = CCM_PORT_DEPTH + 2;
		cap.max_recv_wr = CCM_PORT_RECV_WR + 1;
	}
	return cap;
}

static struct page *page_of(u8 *data)
{
	return is_vmalloc_addr(data) ? vmalloc_to_page(data) : virt_to_page(data);
}

/* Pages from all over, as those of a region are, and one registration for them */
static int create_memory(struct bench_conn *conn)
{
	u32 count = conn->kind == BENCH_OPS ? BENCH_MEMORY_LEN / PAGE_SIZE : 1;
	struct ib_device *ib = conn->id->device;
	struct scatterlist *sg;
	struct ib_mr *mr;
	int ret;
	int i;

	conn->memory = conn->buffer;
	if (conn->kind == BENCH_OPS)
		conn->memory = (u8 *)vzalloc(BENCH_MEMORY_LEN);
	if (!conn->memory)
		return -ENOMEM;
	ret = sg_alloc_table(&conn->sgt, count, GFP_KERNEL);
	if (ret)
		return ret;
	for_each_sg(conn->sgt.sgl, sg, (int)count, i)
		sg_set_page(sg, page_of(conn->memory + i * PAGE_SIZE), PAGE_SIZE, 0);
	ret = ib_dma_map_sg(ib, conn->sgt.sgl, (int)count, DMA_BIDIRECTIONAL);
	if (ret <= 0) {
		sg_free_table(&conn->sgt);
		return -ENOMEM;
	}
	conn->sgt.nents = (unsigned int)ret;
	/* one more for rxe: see CCM_MR_LEN_MAX */
	mr = ib_alloc_mr(conn->pd, IB_MR_TYPE_MEM_REG, count + 1);
	if (IS_ERR(mr))
		return (int)PTR_ERR(mr);
	conn->mr = mr;
	ret = ib_map_mr_sg(mr, conn->sgt.sgl, (int)conn->sgt.nents, NULL, PAGE_SIZE);
	if (ret != (int)conn->sgt.nents)
		return ret < 0 ? ret : -EIO;
	ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	return 0;
}

static void destroy_memory(struct bench_conn *conn)
{
	if (conn->mr)
		ib_dereg_mr(conn->mr);
	if (conn->sgt.sgl) {
		ib_dma_unmap_sg(conn->id->device, conn->sgt.sgl, (int)conn->sgt.orig_nents,
				DMA_BIDIRECTIONAL);
		sg_free_table(&conn->sgt);
	}
	if (conn->memory != conn->buffer)
		vfree(conn->memory);
}

/**
 * bench_conn_create() - PD, CQ, QP, and a receive or a memory region
 * @conn: has a kind, and an id that is bound to a device; if it has a PD that one is used
 * @passive: with memory region, if its kind has one
 *
 * Return: 0 or a negative errno; bench_conn_destroy() cleans up in either case
 */
int bench_conn_create(struct bench_conn *conn, bool passive)
{
	struct ib_device *ib = conn->id->device;
	struct ib_qp_init_attr attr = {
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_recv_wr wr = { .wr_cqe = &conn->recv_cqe, .num_sge = 1 };
	struct ib_sge sge = { .length = sizeof(struct bench_keys) };
	struct ib_pd *pd;
	struct ib_cq *cq;
	int ret;

	attr.cap = queues(conn);
	conn->send_cqe.done = send_done;
	conn->recv_cqe.done = recv_done;
	conn->reg_cqe.done = reg_done;
	conn->buffer = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!conn->buffer)
		return -ENOMEM;
	conn->dma = ib_dma_map_single(ib, conn->buffer, PAGE_SIZE, DMA_BIDIRECTIONAL);

	conn->pd_shared = conn->pd;
	if (!conn->pd) {
		pd = ib_alloc_pd(ib, 0);
		if (IS_ERR(pd))
			return (int)PTR_ERR(pd);
		conn->pd = pd;
	}
	cq = ib_alloc_cq_any(ib, conn, (int)(attr.cap.max_send_wr + attr.cap.max_recv_wr),
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return (int)PTR_ERR(cq);
	conn->cq = cq;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	ret = rdma_create_qp(conn->id, conn->pd, &attr);
	if (ret)
		return ret;
	if (passive)
		return conn->kind == BENCH_BARE ? 0 : create_memory(conn);
	sge.addr = conn->dma;
	sge.lkey = conn->pd->local_dma_lkey;
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
	destroy_memory(conn);
	if (conn->pd && !conn->pd_shared)
		ib_dealloc_pd(conn->pd);
	if (conn->buffer) {
		ib_dma_unmap_single(ib, conn->dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
		free_page((unsigned long)conn->buffer);
	}
	rdma_destroy_id(conn->id);
}

/**
 * bench_conn_param() - what both sides connect with
 * @conn: connection
 * @param: filled
 * @request: filled: private data for a request, to which @param points; NULL: to accept
 */
void bench_conn_param(const struct bench_conn *conn, struct rdma_conn_param *param,
		      struct bench_request *request)
{
	u8 reads = conn->kind == BENCH_ONCE ? 1 : CCM_QP_READS;

	memset(param, 0, sizeof(*param));
	param->responder_resources = reads;
	param->initiator_depth = reads;
	param->retry_count = CCM_QP_RETRIES;
	param->rnr_retry_count = BENCH_RNR_RETRIES;
	if (request) {
		request->kind = conn->kind;
		param->private_data = request;
		param->private_data_len = sizeof(*request);
	}
}

/**
 * bench_conn_timeouts() - give the queue pair the timeouts of a port
 * @conn: before route resolution or accept
 */
void bench_conn_timeouts(struct bench_conn *conn)
{
	if (conn->kind == BENCH_ONCE)
		return;
	rdma_set_ack_timeout(conn->id, BENCH_ACK_TIMEOUT);
	rdma_set_min_rnr_timer(conn->id, CCM_QP_RNR_TIMER);
}
