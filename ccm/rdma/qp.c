// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue pair of a session: work requests and their completions.
 *
 * Completions run in softirq. They store what came and set a bit of the connection;
 * all decisions are the work item's. A completion finds its connection through the
 * completion queue: its queue pair may be destroyed already, if that could not be drained.
 */
#include "../log.h"

#include <linux/jiffies.h>

#include "../ccm.h"
#include "../trace.h"
#include "rdma.h"

static struct ccm_conn *cq_conn(const struct ib_cq *cq)
{
	return (struct ccm_conn *)cq->cq_context;
}

/* A work request failed: the queue pair is in the error state from now on. */
static void conn_broken(struct ccm_conn *conn, const char *work, const struct ib_wc *wc)
{
	trace_ccm_wc_error(conn->partner->id, conn->id, work, wc->status, wc->vendor_err);
	if (wc->status != IB_WC_WR_FLUSH_ERR)
		conn->error = -EIO;
	ccm_conn_set(conn, CCM_CONN_ERROR);
	wake_up_all(&conn->tx_wait);
}

/* None on a queue pair that is being drained: it may be destroyed in a moment. */
static int post_recv(struct ccm_conn *conn, u32 index)
{
	struct ib_sge sge = {
		.addr = conn->rx_dma + index * CCM_MESSAGE_LEN,
		.length = CCM_MESSAGE_LEN,
		.lkey = conn->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &conn->recv_cqe[index],
		.sg_list = &sge,
		.num_sge = 1,
	};
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&conn->recv_lock, flags);
	if (!conn->stopped)
		ret = ib_post_recv(conn->cm_id->qp, &wr, NULL);
	spin_unlock_irqrestore(&conn->recv_lock, flags);
	return ret;
}

/* What the partner rings when it has copied a mail; 0: it says nothing to this one. */
static u32 taken_ring(u32 mail)
{
	switch (mail) {
	case CCM_RING_CATALOG:
		return CCM_RING_CATALOG_TAKEN;
	case CCM_RING_LINKS:
		return CCM_RING_LINKS_TAKEN;
	default:
		return 0;
	}
}

/*
 * The partner can say that it has copied a mail before the mail has completed here: the
 * ACK was lost. Its bytes are still the device's, so the next mail must wait, and so the
 * ring does, until send_done(). Both run in the one completion queue's softirq, one after
 * the other.
 */
static bool ring_is_early(struct ccm_conn *conn, u32 kind)
{
	u32 mail;

	for (mail = 1; mail < CCM_RING_COUNT; mail++) {
		if (taken_ring(mail) == kind && test_bit((int)mail, &conn->tx_busy)) {
			conn->early_rings |= BIT(kind);
			return true;
		}
	}
	return false;
}

static void ring_received(struct ccm_conn *conn, u32 word)
{
	u32 kind = ccm_wire_ring_kind(word);

	if (!kind)
		ccm_conn_set(conn, CCM_CONN_MALFORMED);
	else if (!ring_is_early(conn, kind))
		ccm_conn_set(conn, (enum ccm_conn_bit)(CCM_CONN_RING + kind));
}

static void message_received(struct ccm_conn *conn, const u8 *data, u32 len)
{
	struct ccm_wire_ring ring;

	if (ccm_wire_get_ring(data, len, &ring) == 0) {
		ring_received(conn, ring.word);
		return;
	}
	/*
	 * Anything else is for the core, which wants one such message (A0). The store
	 * is complete before the bit is seen; a second message would be a protocol
	 * error, and must not overwrite what the work item may be reading.
	 */
	if (conn->message_len) {
		ccm_conn_set(conn, CCM_CONN_MALFORMED);
		return;
	}
	memcpy(conn->message, data, len);
	conn->message_len = len;
	ccm_conn_set(conn, CCM_CONN_MESSAGE);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_conn *conn = cq_conn(cq);
	u32 index = (u32)(wc->wr_cqe - conn->recv_cqe);
	u64 dma = conn->rx_dma + index * CCM_MESSAGE_LEN;
	u8 data[CCM_MESSAGE_LEN];
	u32 len;

	if (wc->status != IB_WC_SUCCESS) {
		conn_broken(conn, "recv", wc);
		return;
	}
	if (wc->opcode == IB_WC_RECV_RDMA_WITH_IMM) {
		ring_received(conn, be32_to_cpu(wc->ex.imm_data));
	} else {
		len = min_t(u32, wc->byte_len, CCM_MESSAGE_LEN);
		ib_dma_sync_single_for_cpu(conn->device->ib, dma, CCM_MESSAGE_LEN,
					   DMA_FROM_DEVICE);
		memcpy(data, conn->rx_page + index * CCM_MESSAGE_LEN, len);
		ib_dma_sync_single_for_device(conn->device->ib, dma, CCM_MESSAGE_LEN,
					      DMA_FROM_DEVICE);
		message_received(conn, data, len);
	}
	/* The receive queue is never empty, or a ring would wait for a retry. */
	if (post_recv(conn, index))
		ccm_conn_set(conn, CCM_CONN_ERROR);
}

/**
 * ccm_qp_link_done() - a work request of a link has completed
 * @conn: connection
 * @wc: completion
 *
 * Softirq.
 */
void ccm_qp_link_done(struct ccm_conn *conn, const struct ib_wc *wc)
{
	atomic_dec(&conn->link_wrs);
	if (wc->status != IB_WC_SUCCESS)
		conn_broken(conn, "link", wc);
	else
		wake_up_all(&conn->tx_wait);
}

static void reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	if (wc->status != IB_WC_SUCCESS)
		conn_broken(cq_conn(cq), "reg", wc);
}

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_conn *conn = cq_conn(cq);
	u32 slot = (u32)(wc->wr_cqe - conn->send_cqe);
	u32 kind = taken_ring(slot);

	clear_bit((int)slot, &conn->tx_busy);
	if (wc->status != IB_WC_SUCCESS) {
		conn_broken(conn, "send", wc);
		return;
	}
	wake_up_all(&conn->tx_wait);
	if (conn->early_rings & BIT(kind)) {
		conn->early_rings &= ~BIT(kind);
		ccm_conn_set(conn, (enum ccm_conn_bit)(CCM_CONN_RING + kind));
	}
}

static void ring_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_conn *conn = cq_conn(cq);

	if (wc->status != IB_WC_SUCCESS)
		conn_broken(conn, "ring", wc);
}

static void read_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_conn *conn = cq_conn(cq);
	u32 slot = (u32)(wc->wr_cqe - conn->read_cqe);
	u8 data[CCM_SLOT_LEN];

	if (wc->status != IB_WC_SUCCESS) {
		conn_broken(conn, "read", wc);
		return;
	}
	switch (slot) {
	case CCM_SLOT_STATUS:
		ccm_conn_set(conn, CCM_CONN_READ_STATUS);
		break;
	case CCM_SLOT_ANSWER:
		ccm_conn_set(conn, CCM_CONN_READ_ANSWER);
		break;
	default:
		ccm_qp_take_slot(conn, slot, data, CCM_WIRE_STATUS_LEN);
		ccm_heartbeat_done(&conn->partner->heartbeat, conn, slot, data,
				   CCM_WIRE_STATUS_LEN);
		break;
	}
}

/**
 * ccm_qp_take_slot() - copy what an RDMA READ brought
 * @conn: connection
 * @slot: enum ccm_slot, its READ has completed
 * @data: buffer
 * @len: bytes wanted, at most CCM_SLOT_LEN
 */
void ccm_qp_take_slot(struct ccm_conn *conn, u32 slot, u8 *data, u32 len)
{
	u32 offset = CCM_LANDING_OFFSET + slot * CCM_SLOT_LEN;

	ib_dma_sync_single_for_cpu(conn->device->ib, conn->rx_dma + offset, CCM_SLOT_LEN,
				   DMA_FROM_DEVICE);
	memcpy(data, conn->rx_page + offset, len);
	ib_dma_sync_single_for_device(conn->device->ib, conn->rx_dma + offset,
				      CCM_SLOT_LEN, DMA_FROM_DEVICE);
}

/**
 * ccm_qp_create() - protection domain, completion queue, queue pair, memory, receives
 * @conn: its cm_id is bound to a device
 *
 * Return: 0; -ENODEV: the device is being removed; another negative errno. After an
 * error ccm_qp_destroy() cleans up.
 */
int ccm_qp_create(struct ccm_conn *conn)
{
	struct ib_device *ib = conn->cm_id->device;
	struct ib_qp_init_attr attr = {
		.cap = {
			.max_send_wr = CCM_QP_SEND_WR,
			/* one more each for the drain */
			.max_recv_wr = CCM_QP_RECV_WR + 1,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_pd *pd;
	struct ib_cq *cq;
	u32 i;
	int ret;

	conn->device = ccm_device_find(conn->partner->node, ib);
	if (!conn->device)
		return -ENODEV;
	conn->iwarp = rdma_protocol_iwarp(ib, conn->cm_id->port_num);

	pd = ib_alloc_pd(ib, 0);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	conn->pd = pd;

	cq = ib_alloc_cq_any(ib, conn, CCM_QP_SEND_WR + CCM_QP_RECV_WR + 2,
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	conn->cq = cq;

	conn->reg_cqe.done = reg_done;
	conn->ring_cqe.done = ring_done;
	for (i = 0; i < CCM_RING_COUNT; i++)
		conn->send_cqe[i].done = send_done;
	for (i = 0; i < CCM_SLOT_COUNT; i++)
		conn->read_cqe[i].done = read_done;
	for (i = 0; i < CCM_QP_RECV_WR; i++)
		conn->recv_cqe[i].done = recv_done;

	ret = ccm_region_create(conn);
	if (ret)
		return ret;

	attr.send_cq = cq;
	attr.recv_cq = cq;
	ret = rdma_create_qp(conn->cm_id, pd, &attr);
	if (ret)
		return ret;

	for (i = 0; i < CCM_QP_RECV_WR; i++) {
		ret = post_recv(conn, i);
		if (ret)
			return ret;
	}
	return 0;
}

struct drain {
	struct ib_cqe cqe;
	struct completion done;
};

static void drain_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct drain *drain = container_of(wc->wr_cqe, struct drain, cqe);

	complete(&drain->done);
}

/**
 * ccm_qp_drain() - put the queue pair into the error state and let it flush, bounded
 * @conn: nobody posts on it any more
 *
 * ib_drain_qp() does the same but waits without bound. Should the wait here run out,
 * ccm_qp_destroy() ends all access all the same: a destroyed queue pair neither sends
 * nor receives, and the completion queue is freed only after its handler has ended.
 * The drain's own work requests live on this stack, which is why the queue pair is
 * destroyed before returning when they did not come back.
 */
void ccm_qp_drain(struct ccm_conn *conn)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };
	struct drain send = {};
	struct drain recv = {};
	struct ib_rdma_wr swr = {};
	struct ib_recv_wr rwr = {};
	unsigned long left = msecs_to_jiffies(CCM_DRAIN_MS);
	struct ib_qp *qp = conn->cm_id->qp;
	unsigned long flags;
	bool posted_send;
	bool posted_recv;

	if (!qp)
		return;
	spin_lock_irqsave(&conn->recv_lock, flags);
	conn->stopped = true;
	spin_unlock_irqrestore(&conn->recv_lock, flags);

	send.cqe.done = drain_done;
	recv.cqe.done = drain_done;
	init_completion(&send.done);
	init_completion(&recv.done);
	swr.wr.wr_cqe = &send.cqe;
	swr.wr.opcode = IB_WR_RDMA_WRITE;
	rwr.wr_cqe = &recv.cqe;

	if (ib_modify_qp(qp, &attr, IB_QP_STATE))
		goto destroy;
	posted_send = !ib_post_send(qp, &swr.wr, NULL);
	posted_recv = !ib_post_recv(qp, &rwr, NULL);
	if (posted_send)
		left = wait_for_completion_timeout(&send.done, left);
	if (posted_recv && left)
		left = wait_for_completion_timeout(&recv.done, left);
	if (left)
		return;
destroy:
	pr_warn_ratelimited("partner %u: the queue pair did not drain within %u ms; it is destroyed as it is\n",
			    conn->partner->id, CCM_DRAIN_MS);
	rdma_destroy_qp(conn->cm_id);
	ib_free_cq(conn->cq);
	conn->cq = NULL;
}

/**
 * ccm_qp_destroy() - undo ccm_qp_create(), also when it failed half-way
 * @conn: drained
 *
 * Afterwards no completion of this connection runs, and the partner can reach nothing.
 */
void ccm_qp_destroy(struct ccm_conn *conn)
{
	if (!conn->device)
		return;
	if (conn->cm_id->qp)
		rdma_destroy_qp(conn->cm_id);
	ccm_region_deregister(conn);
	if (conn->cq)
		ib_free_cq(conn->cq);
	conn->cq = NULL;
	ccm_region_free(conn);
	if (conn->pd)
		ib_dealloc_pd(conn->pd);
	conn->pd = NULL;
	conn->device = NULL;
}

/* Copy @data into its slot of the transmit memory; -EBUSY while the slot is in use. */
static int tx_fill(struct ccm_conn *conn, u32 slot, const u8 *data, u32 len,
		   struct ib_sge *sge)
{
	u32 offset = slot * CCM_TX_SLOT_LEN;

	if (len > CCM_TX_SLOT_LEN)
		return -EMSGSIZE;
	if (test_and_set_bit((int)slot, &conn->tx_busy))
		return -EBUSY;
	ib_dma_sync_single_for_cpu(conn->device->ib, conn->tx_dma + offset, len,
				   DMA_TO_DEVICE);
	memcpy(conn->tx + offset, data, len);
	ib_dma_sync_single_for_device(conn->device->ib, conn->tx_dma + offset, len,
				      DMA_TO_DEVICE);
	sge->addr = conn->tx_dma + offset;
	sge->length = len;
	sge->lkey = conn->pd->local_dma_lkey;
	return 0;
}

/**
 * ccm_qp_send_keys() - A0: register what the message names, then send it
 * @conn: established
 * @data: encoded message
 * @len: of @data
 *
 * One chain on one send queue: the message cannot overtake the registrations, so the
 * keys are valid before the partner knows them (IBA 10.6.5 and 10.8.3: work requests
 * are executed in order; fast registration before what follows it).
 *
 * Return: 0 or a negative errno
 */
int ccm_qp_send_keys(struct ccm_conn *conn, const u8 *data, u32 len)
{
	struct ib_send_wr send = {};
	struct ib_send_wr *last = &conn->reg_wr[1].wr;
	struct ib_sge sge;
	int ret;

	ret = tx_fill(conn, 0, data, len, &sge);
	if (ret)
		return ret;
	send.wr_cqe = &conn->send_cqe[0];
	send.sg_list = &sge;
	send.num_sge = 1;
	send.opcode = IB_WR_SEND;

	conn->reg_wr[0].wr.next = &conn->reg_wr[1].wr;
	if (conn->landing_mr) {
		conn->reg_wr[1].wr.next = &conn->reg_wr[2].wr;
		last = &conn->reg_wr[2].wr;
	}
	last->next = &send;
	ret = ib_post_send(conn->cm_id->qp, &conn->reg_wr[0].wr, NULL);
	last->next = NULL;
	return ret;
}

static void ring_prepare(struct ccm_conn *conn, u32 kind, struct ib_send_wr *wr,
			 struct ib_sge *sge)
{
	u32 offset = CCM_TX_RING_OFFSET + kind * CCM_WIRE_RING_LEN;
	struct ccm_wire_ring ring = {
		.word = ccm_wire_ring_word((enum ccm_ring)kind, conn->ring_seq++),
	};

	/*
	 * A kind is rung again only after the partner has answered to the last time, so
	 * its bytes are never needed for two rings at once.
	 */
	ccm_wire_put_ring(conn->tx + offset, &ring);
	ib_dma_sync_single_for_device(conn->device->ib, conn->tx_dma + offset,
				      CCM_WIRE_RING_LEN, DMA_TO_DEVICE);
	sge->addr = conn->tx_dma + offset;
	sge->length = CCM_WIRE_RING_LEN;
	sge->lkey = conn->pd->local_dma_lkey;
	wr->wr_cqe = &conn->ring_cqe;
	wr->sg_list = sge;
	wr->num_sge = 1;
	wr->opcode = IB_WR_SEND;
}

/**
 * ccm_qp_ring() - tell the partner to look, without a WRITE in front
 * @conn: established
 * @kind: enum ccm_ring
 *
 * Return: 0 or a negative errno
 */
int ccm_qp_ring(struct ccm_conn *conn, u32 kind)
{
	struct ib_send_wr wr = {};
	struct ib_sge sge;

	ring_prepare(conn, kind, &wr, &sge);
	return ib_post_send(conn->cm_id->qp, &wr, NULL);
}

/*
 * The WRITE of a mail, then its ring: immediate data where the transport has it, and a
 * SEND behind the WRITE on iWARP, where a SEND is delivered after the WRITEs in front of
 * it (RFC 5040, 5.3). The bytes are given back by send_done().
 */
static int post_write(struct ccm_conn *conn, u64 addr, u32 key, struct ib_sge *data, u32 ring)
{
	struct ib_rdma_wr write = {};
	struct ib_send_wr send = {};
	struct ib_sge sge;
	int ret;

	write.wr.wr_cqe = &conn->send_cqe[ring];
	write.wr.sg_list = data;
	write.wr.num_sge = 1;
	write.remote_addr = addr;
	write.rkey = key;
	if (conn->iwarp) {
		write.wr.opcode = IB_WR_RDMA_WRITE;
		ring_prepare(conn, ring, &send, &sge);
		/*
		 * The slot is given back when the SEND completes, the later of the two:
		 * a flush then also covers the ring.
		 */
		send.wr_cqe = &conn->send_cqe[ring];
		write.wr.wr_cqe = &conn->ring_cqe;
		write.wr.next = &send;
	} else {
		write.wr.opcode = IB_WR_RDMA_WRITE_WITH_IMM;
		write.wr.ex.imm_data = cpu_to_be32(ccm_wire_ring_word((enum ccm_ring)ring,
								      conn->ring_seq++));
	}
	ret = ib_post_send(conn->cm_id->qp, &write.wr, NULL);
	if (ret)
		clear_bit((int)ring, &conn->tx_busy);
	return ret;
}

/**
 * ccm_qp_write() - WRITE into the partner's memory, then ring
 * @conn: established
 * @addr: remote address
 * @key: remote key
 * @data: bytes, copied
 * @len: of @data, at most CCM_TX_SLOT_LEN
 * @ring: enum ccm_ring
 *
 * Return: 0; -EBUSY: the last mail of this kind is still on its way; another errno
 */
int ccm_qp_write(struct ccm_conn *conn, u64 addr, u32 key, const u8 *data, u32 len,
		 u32 ring)
{
	struct ib_sge sge;
	int ret;

	ret = tx_fill(conn, ring, data, len, &sge);
	return ret ? ret : post_write(conn, addr, key, &sge, ring);
}

/**
 * ccm_qp_mail() - the same for a mail that is encoded where it is sent from
 * @conn: established
 * @addr: remote address
 * @key: remote key
 * @session: encodes it
 * @ring: CCM_RING_CATALOG or CCM_RING_LINKS
 *
 * The last mail of this kind has been taken by the partner, and has completed: see
 * ring_is_early().
 *
 * Return: 0; -EBUSY: it has not; another errno
 */
int ccm_qp_mail(struct ccm_conn *conn, u64 addr, u32 key, const struct ccm_session *session,
		u32 ring)
{
	bool catalog = ring == CCM_RING_CATALOG;
	u32 offset = catalog ? CCM_MAILBOX_CATALOG : CCM_MAILBOX_LINKS;
	u32 room = catalog ? CCM_CATALOG_LEN_MAX : CCM_LINKS_LEN_MAX;
	struct ib_device *ib = conn->device->ib;
	struct ib_sge sge;

	if (test_and_set_bit((int)ring, &conn->tx_busy))
		return -EBUSY;
	sge.addr = conn->tx_dma + offset;
	sge.lkey = conn->pd->local_dma_lkey;
	ib_dma_sync_single_for_cpu(ib, sge.addr, room, DMA_TO_DEVICE);
	sge.length = ccm_session_put_mail(session, ring, conn->tx + offset);
	ib_dma_sync_single_for_device(ib, sge.addr, room, DMA_TO_DEVICE);
	return post_write(conn, addr, key, &sge, ring);
}

/**
 * ccm_qp_read() - READ from the partner's memory into a landing slot
 * @conn: established, its own memory registered (A0 sent)
 * @slot: enum ccm_slot; no READ into it is in flight
 * @addr: remote address
 * @key: remote key
 * @len: bytes, at most CCM_SLOT_LEN
 *
 * Any context.
 *
 * Return: 0 or a negative errno
 */
int ccm_qp_read(struct ccm_conn *conn, u32 slot, u64 addr, u32 key, u32 len)
{
	struct ib_rdma_wr wr = {};
	struct ib_sge sge = {
		.addr = conn->rx_dma + CCM_LANDING_OFFSET + slot * CCM_SLOT_LEN,
		.length = len,
		.lkey = conn->pd->local_dma_lkey,
	};

	if (len > CCM_SLOT_LEN)
		return -EMSGSIZE;
	if (conn->landing_mr) {
		sge.addr = conn->landing_mr->iova + CCM_LANDING_OFFSET +
			   slot * CCM_SLOT_LEN;
		sge.lkey = conn->landing_mr->lkey;
	}
	wr.wr.wr_cqe = &conn->read_cqe[slot];
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = 1;
	wr.wr.opcode = IB_WR_RDMA_READ;
	wr.remote_addr = addr;
	wr.rkey = key;
	return ib_post_send(conn->cm_id->qp, &wr.wr, NULL);
}
