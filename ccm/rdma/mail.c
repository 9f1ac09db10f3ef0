// SPDX-License-Identifier: GPL-2.0-only
/*
 * The work requests of a session and their completions.
 *
 * Completions run in softirq. They store what came and set a bit of the endpoint; all
 * decisions are the work item's. A completion finds its session through the completion
 * queue: the queue pair may be destroyed already, if it could not be drained.
 */
#include <linux/jiffies.h>

#include "../trace.h"
#include "mail.h"
#include "mr.h"

static struct ccm_mail *cq_mail(const struct ib_cq *cq)
{
	return (struct ccm_mail *)cq->cq_context;
}

/* A work request failed: the queue pair is in the error state from now on. */
static void broken(struct ccm_mail *mail, const char *work, const struct ib_wc *wc)
{
	struct ccm_endpoint *ep = mail->ep;

	trace_ccm_wc_error(ep->config.partner, ep->id, work, wc->status, wc->vendor_err);
	if (wc->status != IB_WC_WR_FLUSH_ERR)
		ep->error = -EIO;
	ccm_endpoint_tell(ep, CCM_ENDPOINT_ERROR);
	wake_up_all(&mail->tx_wait);
}

/*
 * Receiving
 */

static int post_recv(struct ccm_mail *mail, u32 index)
{
	struct ib_sge sge = {
		.addr = mail->mailbox->rx_dma + index * CCM_MESSAGE_LEN,
		.length = CCM_MESSAGE_LEN,
		.lkey = mail->ep->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &mail->recv_cqe[index],
		.sg_list = &sge,
		.num_sge = 1,
	};

	return ccm_endpoint_post_recv(mail->ep, &wr);
}

/* What the partner rings when it has copied a mail; 0: it says nothing to this one. */
static u32 taken_ring(u32 ring)
{
	switch (ring) {
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
static bool ring_is_early(struct ccm_mail *mail, u32 kind)
{
	u32 sent;

	for (sent = 1; sent < CCM_RING_COUNT; sent++) {
		if (taken_ring(sent) == kind && test_bit((int)sent, &mail->tx_busy)) {
			mail->early_rings |= BIT(kind);
			return true;
		}
	}
	return false;
}

/* Each is legal by itself, but each is a step of the core's: not as many as the wire takes. */
static bool too_many(unsigned long *since, u32 *count, u32 max)
{
	if (time_after(jiffies, *since + HZ)) {
		*since = jiffies;
		*count = 0;
	}
	return ++*count > max;
}

static void ring_received(struct ccm_mail *mail, u32 word)
{
	u32 kind = ccm_wire_ring_kind(word);
	u32 bit = ccm_schedule_ring(kind);

	if (bit == CCM_ENDPOINT_MALFORMED ||
	    too_many(&mail->rings_since, &mail->rings, CCM_MAIL_RINGS_MAX))
		ccm_endpoint_tell(mail->ep, CCM_ENDPOINT_MALFORMED);
	else if (bit < CCM_ENDPOINT_BITS && !ring_is_early(mail, kind))
		ccm_endpoint_tell(mail->ep, bit);
}

static void message_received(struct ccm_mail *mail, const u8 *data, u32 len)
{
	struct ccm_wire_ring ring;

	if (ccm_wire_get_ring(data, len, &ring) == 0) {
		ring_received(mail, ring.word);
		return;
	}
	/*
	 * Anything else is for the core, which wants one such message (A0). The store
	 * is complete before the bit is seen; a second message would be a protocol
	 * error, and must not overwrite what the work item may be reading.
	 */
	if (mail->message_len) {
		ccm_endpoint_tell(mail->ep, CCM_ENDPOINT_MALFORMED);
		return;
	}
	memcpy(mail->message, data, len);
	mail->message_len = len;
	ccm_endpoint_tell(mail->ep, CCM_MAIL_MESSAGE);
}

static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_mail *mail = cq_mail(cq);
	u32 index = (u32)(wc->wr_cqe - mail->recv_cqe);
	u64 dma = mail->mailbox->rx_dma + index * CCM_MESSAGE_LEN;
	u8 data[CCM_MESSAGE_LEN];
	u32 len;

	if (wc->status != IB_WC_SUCCESS) {
		broken(mail, "recv", wc);
		return;
	}
	if (wc->opcode == IB_WC_RECV_RDMA_WITH_IMM) {
		ring_received(mail, be32_to_cpu(wc->ex.imm_data));
	} else {
		len = min_t(u32, wc->byte_len, CCM_MESSAGE_LEN);
		ib_dma_sync_single_for_cpu(mail->mailbox->ib, dma, CCM_MESSAGE_LEN,
					   DMA_FROM_DEVICE);
		memcpy(data, mail->mailbox->rx + index * CCM_MESSAGE_LEN, len);
		ib_dma_sync_single_for_device(mail->mailbox->ib, dma, CCM_MESSAGE_LEN,
					      DMA_FROM_DEVICE);
		message_received(mail, data, len);
	}
	/* The receive queue is never empty, or a ring would wait for a retry. */
	if (post_recv(mail, index))
		ccm_endpoint_tell(mail->ep, CCM_ENDPOINT_ERROR);
}

static void reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	if (wc->status != IB_WC_SUCCESS)
		broken(cq_mail(cq), "reg", wc);
}

static void send_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_mail *mail = cq_mail(cq);
	u32 slot = (u32)(wc->wr_cqe - mail->send_cqe);
	u32 kind = taken_ring(slot);

	clear_bit((int)slot, &mail->tx_busy);
	if (wc->status != IB_WC_SUCCESS) {
		broken(mail, "send", wc);
		return;
	}
	wake_up_all(&mail->tx_wait);
	if (mail->early_rings & BIT(kind)) {
		mail->early_rings &= ~BIT(kind);
		ccm_endpoint_tell(mail->ep, CCM_MAIL_RING + kind);
	}
	/* pairs with ccm_mail_ring_stage(): it saw the bit, or its due is seen here */
	smp_mb__after_atomic();
	if (slot == CCM_RING_STAGE && xchg(&mail->stage_due, false))
		ccm_endpoint_tell(mail->ep, CCM_MAIL_RING_STAGE);
}

static void ring_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_mail *mail = cq_mail(cq);

	if (wc->status != IB_WC_SUCCESS)
		broken(mail, "ring", wc);
}

static void read_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_mail *mail = cq_mail(cq);
	u32 slot = (u32)(wc->wr_cqe - mail->read_cqe);
	u8 data[CCM_SLOT_LEN];
	u32 len;

	if (wc->status != IB_WC_SUCCESS) {
		broken(mail, "read", wc);
		return;
	}
	len = min_t(u32, mail->reads[slot]->len, CCM_SLOT_LEN);
	ccm_mailbox_take_slot(mail->mailbox, slot, data, len);
	mail->reads[slot]->done(mail->reads[slot], data, len);
}

static void status_read(struct ccm_read *read, const u8 *data, u32 len)
{
	struct ccm_mail *mail = container_of(read, struct ccm_mail, status);

	ccm_endpoint_tell(mail->ep, CCM_MAIL_READ_STATUS);
	wake_up_all(&mail->tx_wait);
}

static void answer_read(struct ccm_read *read, const u8 *data, u32 len)
{
	struct ccm_mail *mail = container_of(read, struct ccm_mail, answer);

	ccm_endpoint_tell(mail->ep, CCM_MAIL_READ_ANSWER);
}

/**
 * ccm_mail_init() - nothing is posted yet
 * @mail: zeroed
 * @ep: the session's
 * @mailbox: the session's
 */
void ccm_mail_init(struct ccm_mail *mail, struct ccm_endpoint *ep, struct ccm_mailbox *mailbox)
{
	u32 i;

	/* a bit for each ring, in the owner's part of the endpoint's */
	BUILD_BUG_ON((u32)CCM_MAIL_RING + CCM_RING_COUNT > CCM_MAIL_READ_ANSWER);
	BUILD_BUG_ON((u32)CCM_MAIL_RING_STAGE >= (u32)CCM_ENDPOINT_DISCONNECTED);
	BUILD_BUG_ON((u32)CCM_ENDPOINT_BITS > 32);

	mail->ep = ep;
	mail->mailbox = mailbox;
	init_waitqueue_head(&mail->tx_wait);
	mail->rings_since = jiffies;
	mail->stage_since = jiffies;
	mail->status.done = status_read;
	mail->status.slot = CCM_SLOT_STATUS;
	mail->answer.done = answer_read;
	mail->answer.slot = CCM_SLOT_ANSWER;
	mail->reg_cqe.done = reg_done;
	mail->ring_cqe.done = ring_done;
	for (i = 0; i < CCM_RING_COUNT; i++)
		mail->send_cqe[i].done = send_done;
	for (i = 0; i < CCM_SLOT_COUNT; i++)
		mail->read_cqe[i].done = read_done;
	for (i = 0; i < CCM_RECV_WR; i++)
		mail->recv_cqe[i].done = recv_done;
}

/**
 * ccm_mail_post_receives() - before connect or accept, since data can come at once
 * @mail: its endpoint has a queue pair, with @mail as the completion queue's context
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_post_receives(struct ccm_mail *mail)
{
	u32 i;
	int ret;

	for (i = 0; i < CCM_RECV_WR; i++) {
		ret = post_recv(mail, i);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Sending
 */

static u32 tx_offset(u32 ring)
{
	switch (ring) {
	case CCM_RING_CATALOG:
		return CCM_MAILBOX_CATALOG;
	case CCM_RING_LINKS:
		return CCM_MAILBOX_LINKS;
	default:
		return ring * CCM_TX_SLOT_LEN;
	}
}

static u32 tx_room(u32 ring)
{
	switch (ring) {
	case CCM_RING_CATALOG:
		return CCM_CATALOG_LEN_MAX;
	case CCM_RING_LINKS:
		return CCM_LINKS_LEN_MAX;
	default:
		return CCM_TX_SLOT_LEN;
	}
}

/**
 * ccm_mail_begin() - where to encode a mail
 * @mail: of an established connection
 * @ring: enum ccm_ring; 0: A0
 *
 * There is room for CCM_CATALOG_LEN_MAX, CCM_LINKS_LEN_MAX or CCM_TX_SLOT_LEN bytes. To be
 * followed by ccm_mail_post().
 *
 * Return: NULL: the last mail of this kind is still on its way
 */
u8 *ccm_mail_begin(struct ccm_mail *mail, u32 ring)
{
	struct ccm_mailbox *mailbox = mail->mailbox;

	if (test_and_set_bit((int)ring, &mail->tx_busy))
		return NULL;
	ib_dma_sync_single_for_cpu(mailbox->ib, mailbox->tx_dma + tx_offset(ring), tx_room(ring),
				   DMA_TO_DEVICE);
	return mailbox->tx + tx_offset(ring);
}

/* What ccm_mail_begin() has led to, for the device */
static struct ib_sge filled(struct ccm_mail *mail, u32 ring, u32 len)
{
	struct ccm_mailbox *mailbox = mail->mailbox;
	struct ib_sge sge = {
		.addr = mailbox->tx_dma + tx_offset(ring),
		.length = len,
		.lkey = mail->ep->pd->local_dma_lkey,
	};

	ib_dma_sync_single_for_device(mailbox->ib, sge.addr, tx_room(ring), DMA_TO_DEVICE);
	return sge;
}

/**
 * ccm_mail_send_keys() - A0: register what the message names, then send it
 * @mail: of an established connection
 * @data: encoded message
 * @len: of @data, at most CCM_TX_SLOT_LEN
 *
 * One chain on one send queue: the message cannot overtake the registrations, so the
 * keys are valid before the partner knows them (IBA 10.6.5 and 10.8.3: work requests
 * are executed in order; fast registration before what follows it).
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_send_keys(struct ccm_mail *mail, const u8 *data, u32 len)
{
	const int write = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE;
	struct ccm_mailbox *mailbox = mail->mailbox;
	struct ib_send_wr send = {};
	struct ib_send_wr *last = &mail->reg_wr[1].wr;
	struct ib_sge sge;
	u8 *tx;
	int ret;

	tx = ccm_mail_begin(mail, 0);
	if (!tx)
		return -EBUSY;
	memcpy(tx, data, len);
	sge = filled(mail, 0, len);
	send.wr_cqe = &mail->send_cqe[0];
	send.sg_list = &sge;
	send.num_sge = 1;
	send.opcode = IB_WR_SEND;

	ccm_mr_prepare(mailbox->status_mr, IB_ACCESS_REMOTE_READ, &mail->reg_cqe,
		       &mail->reg_wr[0]);
	ccm_mr_prepare(mailbox->box_mr, write, &mail->reg_cqe, &mail->reg_wr[1]);
	mail->reg_wr[0].wr.next = &mail->reg_wr[1].wr;
	if (mailbox->landing_mr) {
		ccm_mr_prepare(mailbox->landing_mr, write, &mail->reg_cqe, &mail->reg_wr[2]);
		mail->reg_wr[1].wr.next = &mail->reg_wr[2].wr;
		last = &mail->reg_wr[2].wr;
	}
	last->next = &send;
	ret = ib_post_send(mail->ep->qp, &mail->reg_wr[0].wr, NULL);
	if (ret)
		clear_bit(0, &mail->tx_busy);
	last->next = NULL;
	return ret;
}

static void ring_prepare(struct ccm_mail *mail, u32 kind, struct ib_send_wr *wr,
			 struct ib_sge *sge)
{
	u32 offset = CCM_TX_RING_OFFSET + kind * CCM_WIRE_RING_LEN;
	struct ccm_mailbox *mailbox = mail->mailbox;
	struct ccm_wire_ring ring = {
		.word = ccm_wire_ring_word((enum ccm_ring)kind, mail->ring_seq++),
	};

	/*
	 * A kind is rung again only after the partner has answered to the last time, so
	 * its bytes are never needed for two rings at once.
	 */
	ccm_wire_put_ring(mailbox->tx + offset, &ring);
	ib_dma_sync_single_for_device(mailbox->ib, mailbox->tx_dma + offset, CCM_WIRE_RING_LEN,
				      DMA_TO_DEVICE);
	sge->addr = mailbox->tx_dma + offset;
	sge->length = CCM_WIRE_RING_LEN;
	sge->lkey = mail->ep->pd->local_dma_lkey;
	wr->wr_cqe = &mail->ring_cqe;
	wr->sg_list = sge;
	wr->num_sge = 1;
	wr->opcode = IB_WR_SEND;
}

/**
 * ccm_mail_ring() - tell the partner to look, without a WRITE in front
 * @mail: of an established connection
 * @ring: enum ccm_ring
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_ring(struct ccm_mail *mail, u32 ring)
{
	struct ib_send_wr wr = {};
	struct ib_sge sge;

	ring_prepare(mail, ring, &wr, &sge);
	return ib_post_send(mail->ep->qp, &wr, NULL);
}

/**
 * ccm_mail_ring_stage() - tell the partner to read this node's status page
 * @mail: of an established connection, whose keys are exchanged
 *
 * Unlike other rings, this one answers to nothing and may be wanted at any time: one is on
 * its way at most, and what changes meanwhile is rung behind it (CCM_MAIL_RING_STAGE). So
 * it takes one place on the send queue, however often user space changes its mind. And not
 * more than CCM_MAIL_STAGE_RINGS_MAX in a second: the partner ends the session of one that
 * rings without end. What is not rung is seen with its next heartbeat.
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_ring_stage(struct ccm_mail *mail)
{
	struct ib_send_wr wr = {};
	struct ib_sge sge;
	int ret;

	WRITE_ONCE(mail->stage_due, true);
	/* a value-returning atomic is a full barrier: see send_done() */
	if (test_and_set_bit(CCM_RING_STAGE, &mail->tx_busy))
		return 0;
	WRITE_ONCE(mail->stage_due, false);
	if (too_many(&mail->stage_since, &mail->stage_rings, CCM_MAIL_STAGE_RINGS_MAX)) {
		clear_bit(CCM_RING_STAGE, &mail->tx_busy);
		return 0;
	}
	ring_prepare(mail, CCM_RING_STAGE, &wr, &sge);
	wr.wr_cqe = &mail->send_cqe[CCM_RING_STAGE];
	ret = ib_post_send(mail->ep->qp, &wr, NULL);
	if (ret)
		clear_bit(CCM_RING_STAGE, &mail->tx_busy);
	return ret;
}

/**
 * ccm_mail_post() - WRITE a mail into the partner's memory, then ring
 * @mail: ccm_mail_begin() has been called
 * @ring: enum ccm_ring
 * @len: bytes encoded
 * @addr: remote address
 * @key: remote key
 *
 * The ring is immediate data where the transport has it, and a SEND behind the WRITE on
 * iWARP, where a SEND is delivered after the WRITEs in front of it (RFC 5040, 5.3). The
 * bytes are given back by send_done().
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_post(struct ccm_mail *mail, u32 ring, u32 len, u64 addr, u32 key)
{
	struct ib_sge data = filled(mail, ring, len);
	struct ib_rdma_wr write = {};
	struct ib_send_wr send = {};
	struct ib_sge sge;
	int ret;

	write.wr.wr_cqe = &mail->send_cqe[ring];
	write.wr.sg_list = &data;
	write.wr.num_sge = 1;
	write.remote_addr = addr;
	write.rkey = key;
	if (mail->ep->iwarp) {
		write.wr.opcode = IB_WR_RDMA_WRITE;
		ring_prepare(mail, ring, &send, &sge);
		/*
		 * The slot is given back when the SEND completes, the later of the two:
		 * a flush then also covers the ring.
		 */
		send.wr_cqe = &mail->send_cqe[ring];
		write.wr.wr_cqe = &mail->ring_cqe;
		write.wr.next = &send;
	} else {
		write.wr.opcode = IB_WR_RDMA_WRITE_WITH_IMM;
		write.wr.ex.imm_data = cpu_to_be32(ccm_wire_ring_word((enum ccm_ring)ring,
								      mail->ring_seq++));
	}
	ret = ib_post_send(mail->ep->qp, &write.wr, NULL);
	if (ret)
		clear_bit((int)ring, &mail->tx_busy);
	return ret;
}

/**
 * ccm_mail_read() - READ from the partner's memory
 * @mail: of an established connection, its own memory registered (A0 sent)
 * @read: who wants it; stays until it is done, or the connection is freed
 * @addr: remote address
 * @key: remote key
 * @len: bytes, at most ccm_slot_len()
 *
 * Any context.
 *
 * Return: 0 or a negative errno
 */
int ccm_mail_read(struct ccm_mail *mail, struct ccm_read *read, u64 addr, u32 key, u32 len)
{
	const struct ccm_mailbox *mailbox = mail->mailbox;
	u32 offset = ccm_slot_offset(read->slot);
	struct ib_rdma_wr wr = {};
	struct ib_sge sge = {
		.addr = mailbox->rx_dma + offset,
		.length = len,
		.lkey = mail->ep->pd->local_dma_lkey,
	};

	if (len > ccm_slot_len(read->slot))
		return -EMSGSIZE;
	if (mailbox->landing_mr) {
		sge.addr = mailbox->landing_mr->iova + offset;
		sge.lkey = mailbox->landing_mr->lkey;
	}
	read->len = len;
	mail->reads[read->slot] = read;
	wr.wr.wr_cqe = &mail->read_cqe[read->slot];
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = 1;
	wr.wr.opcode = IB_WR_RDMA_READ;
	wr.remote_addr = addr;
	wr.rkey = key;
	return ib_post_send(mail->ep->qp, &wr.wr, NULL);
}

/*
 * Work requests of links
 */

/**
 * ccm_mail_take_places() - places on the send queue, all or none
 * @mail: of a connection
 * @count: work requests that a link is going to post
 *
 * The partner's work item.
 *
 * Return: false: there are not enough now
 */
bool ccm_mail_take_places(struct ccm_mail *mail, u32 count)
{
	if (atomic_read(&mail->link_wrs) + (int)count > CCM_MAIL_LINK_WR)
		return false;
	atomic_add((int)count, &mail->link_wrs);
	return true;
}

/**
 * ccm_mail_give_places() - they are not needed after all
 * @mail: of a connection
 * @count: as taken
 */
void ccm_mail_give_places(struct ccm_mail *mail, u32 count)
{
	atomic_sub((int)count, &mail->link_wrs);
}

/**
 * ccm_mail_link_done() - a work request of a link has completed
 * @mail: of the connection
 * @wc: completion
 *
 * Softirq.
 */
void ccm_mail_link_done(struct ccm_mail *mail, const struct ib_wc *wc)
{
	atomic_dec(&mail->link_wrs);
	if (wc->status != IB_WC_SUCCESS)
		broken(mail, "link", wc);
	else
		wake_up_all(&mail->tx_wait);
}
