// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on a port: what a client posts, and its completion.
 *
 * Not part of any state machine: the caller posts the work requests itself, and their
 * completions call it back. The one lock is the port's. An operation on a part of the
 * region that crosses chunks is as many work requests; it completes with the last of
 * them, and with the first error there was.
 *
 * Exactly once: an operation is in ccm_port.posted from the moment it is posted until it has
 * completed; when the port is fenced, what did not come back from the device is completed
 * by ccm_port_fence(), when nothing else can.
 *
 * Completed means one thing on every transport: the partner has it, whatever becomes of this
 * node; each later READ sees what was written, and so does the partner's CPU after a ring or
 * message that came behind it, or when its side is fenced. RoCE and InfiniBand complete a request
 * when the responder has acknowledged it: it has arrived whole, in order, and was allowed. iWARP
 * does when TCP has the bytes. So there a READ is posted behind each operation that is none: the
 * responder does not answer it before what came in front of it on that stream is in its place
 * (RFC 5040, 5.5). The operation has completed when the READ has, too. See CCM_OP_EARLY.
 */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>

#include "link.h"
#include "op.h"

static int status_of(const struct ib_wc *wc)
{
	switch (wc->status) {
	case IB_WC_SUCCESS:
		return 0;
	case IB_WC_REM_ACCESS_ERR:
	case IB_WC_LOC_PROT_ERR:
		return -EACCES;
	case IB_WC_WR_FLUSH_ERR:
	case IB_WC_RETRY_EXC_ERR:
	case IB_WC_RNR_RETRY_EXC_ERR:
		return -ENOTCONN;
	default:
		return -EIO;
	}
}

static void op_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_op *op = container_of(wc->wr_cqe, struct ccm_op, cqe);
	struct ccm_port *port = op->port;
	int status = status_of(wc);
	unsigned long flags;
	bool last;

	/* any error has broken the queue pair: the link is closed, and opened again */
	if (status)
		ccm_port_lost(port);
	spin_lock_irqsave(&port->lock, flags);
	port->used--;
	if (!op->status)
		op->status = status;
	last = --op->pending == 0;
	if (last)
		list_del(&op->entry);
	spin_unlock_irqrestore(&port->lock, flags);
	if (!last)
		return;
	if (op->sync_len)
		ib_dma_sync_single_for_cpu(port->ib, op->sync_dma, op->sync_len,
					   DMA_FROM_DEVICE);
	op->done(op, op->status);
}

/* READs of so few bytes do not cross a page: see split_short_read() */
#define CCM_IWARP_SHORT		32U
#define CCM_WITNESS_LEN		8U	/* of a status page */

/* An operation, as its work requests are made: one for each chunk that it touches */
struct transfer {
	enum ib_wr_opcode opcode;	/* of the last; WRITEs stand before one with immediate */
	u32 word;			/* immediate */
	u64 dma;			/* local memory, as it is mapped */
	u64 addr;			/* ... as @lkey reaches it */
	u32 lkey;
	size_t len;
	u32 parts;			/* work requests */
	u32 chunk;			/* of the partner's region: the first */
	u32 within;			/* where in that */
	u32 first;			/* bytes of the first part; 0: what its chunk has of them */
};

/*
 * iWARP: a ring is a SEND behind the WRITEs. Its bytes are taken when it is posted, since
 * there is no memory of the operation's that would be there until it has completed.
 */
static int post_ring(const struct ccm_port *port, struct ccm_op *op, u32 word)
{
	const struct ccm_port_header header = { .kind = CCM_PORT_KIND_RING, .word = word };
	u8 bytes[CCM_PORT_HEADER_LEN];
	struct ib_sge sge = { .addr = (uintptr_t)bytes, .length = sizeof(bytes) };
	struct ib_send_wr wr = {
		.wr_cqe = &op->cqe,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IB_WR_SEND,
		.send_flags = IB_SEND_INLINE,
	};

	ccm_port_put_header(bytes, &header);
	return ib_post_send(port->endpoint.qp, &wr, NULL);
}

/* A message; on iWARP with a header. */
static int post_message(const struct ccm_port *port, struct ccm_op *op,
			const struct transfer *t)
{
	struct ib_sge sge[2] = {
		{
			.addr = port->rx_dma + CCM_PORT_HEADER_OFFSET,
			.length = CCM_PORT_HEADER_LEN,
			.lkey = port->lkey,
		}, {
			.addr = t->addr,
			.length = (u32)t->len,
			.lkey = t->lkey,
		},
	};
	struct ib_send_wr wr = {
		.wr_cqe = &op->cqe,
		.sg_list = port->endpoint.iwarp ? &sge[0] : &sge[1],
		.num_sge = port->endpoint.iwarp ? 2 : 1,
		.opcode = IB_WR_SEND,
	};

	return ib_post_send(port->endpoint.qp, &wr, NULL);
}

/*
 * One after the other, because a chain of them would take much more
 * stack than the one that nearly all operations need.
 *
 * Return: how many were posted: fewer than there are if the device took no more
 */
static u32 post_parts(const struct ccm_port *port, struct ccm_op *op, const struct transfer *t)
{
	const struct ccm_link_chunk *chunk = NULL;
	struct ib_sge sge = { .addr = t->addr, .length = (u32)t->len, .lkey = t->lkey };
	struct ib_rdma_wr wr = {};
	size_t left = t->len;
	u32 within = t->within;
	u32 i;

	lockdep_assert_held(&port->lock);
	if (t->opcode == IB_WR_SEND)
		return post_message(port, op, t) ? 0 : 1;
	wr.wr.wr_cqe = &op->cqe;
	wr.wr.opcode = IB_WR_RDMA_WRITE;
	if (left) {
		wr.wr.sg_list = &sge;
		wr.wr.num_sge = 1;
		chunk = &port->link->remote.chunks[t->chunk];
	}
	for (i = 1; i <= t->parts; i++) {
		if (i == t->parts || t->opcode == IB_WR_RDMA_READ)
			wr.wr.opcode = t->opcode;
		if (wr.wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM) {
			if (port->endpoint.iwarp)
				return post_ring(port, op, t->word) ? i - 1 : i;
			wr.wr.ex.imm_data = cpu_to_be32(t->word);
		}
		if (chunk) {
			sge.length = (u32)min_t(u64, left, chunk->len - within);
			if (i == 1 && t->first)
				sge.length = t->first;
			wr.remote_addr = chunk->addr + within;
			wr.rkey = chunk->key;
			within += sge.length;
			if (within == chunk->len) {
				chunk++;
				within = 0;
			}
		}
		if (ib_post_send(port->endpoint.qp, &wr.wr, NULL))
			break;
		sge.addr += sge.length;
		left -= sge.length;
	}
	return i - 1;
}

/*
 * Something of the partner that can always be READ, to where nobody looks. What it brings
 * is of no interest: that it came is.
 */
static int post_witness(const struct ccm_port *port, struct ccm_op *op)
{
	const struct ib_mr *sink = ccm_region_landing(&port->link->region)->mr;
	struct ib_sge sge = { .addr = sink->iova, .length = CCM_WITNESS_LEN, .lkey = sink->lkey };
	struct ib_rdma_wr wr = {};

	wr.wr.wr_cqe = &op->cqe;
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = 1;
	wr.wr.opcode = IB_WR_RDMA_READ;
	wr.remote_addr = port->link->witness_addr;
	wr.rkey = port->link->witness_key;
	return ib_post_send(port->endpoint.qp, &wr.wr, NULL);
}

/* An operation of @parts work requests begins. With 0, the device is there. */
static int begin(struct ccm_port *port, struct ccm_op *op, u32 parts)
{
	lockdep_assert_held(&port->lock);
	if (!port->open)
		return -ENOTCONN;
	if (parts > port->depth - port->used)
		return -EAGAIN;
	/* before posting: a completion may come at once, but waits for the lock */
	op->cqe.done = op_done;
	op->port = port;
	op->status = 0;
	op->pending = parts;
	port->used += parts;
	op->since = jiffies;
	/* with others in flight it is armed, for the first of them */
	if (list_empty(&port->posted) && !timer_pending(&port->late))
		mod_timer(&port->late, op->since + port->limit);
	list_add_tail(&op->entry, &port->posted);
	return 0;
}

/* All were posted but @missing. Returns 0 if the operation's completion tells the rest. */
static int end(struct ccm_port *port, struct ccm_op *op, u32 missing)
{
	lockdep_assert_held(&port->lock);
	if (!missing)
		return 0;
	ccm_port_lost(port);
	port->used -= missing;
	op->pending -= missing;
	if (op->pending) {
		/* part of it is under way */
		op->status = -ENOTCONN;
		return 0;
	}
	list_del(&op->entry);
	return -ENOTCONN;
}

/* An operation of one work request */
static int post_one(struct ccm_port *port, struct ccm_op *op, const struct ib_send_wr *wr)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&port->lock, flags);
	ret = begin(port, op, 1);
	if (!ret)
		ret = end(port, op, ib_post_send(port->endpoint.qp, wr, NULL) ? 1 : 0);
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

/* Post the work requests of one operation. */
static int post(struct ccm_port *port, struct ccm_op *op, const struct transfer *t)
{
	bool read = t->opcode == IB_WR_RDMA_READ;
	bool witness = port->endpoint.iwarp && !read && !(op->flags & CCM_OP_EARLY);
	u32 wrs = t->parts + witness;
	unsigned long flags;
	u32 posted;
	int ret;

	op->sync_dma = t->dma;
	op->sync_len = read ? (u32)t->len : 0;
	spin_lock_irqsave(&port->lock, flags);
	ret = begin(port, op, wrs);
	if (!ret) {
		/* here, because the device may be gone when the port is not open */
		if (t->len)
			ib_dma_sync_single_for_device(port->ib, t->dma, t->len,
						      read ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
		posted = post_parts(port, op, t);
		if (witness && posted == t->parts && !post_witness(port, op))
			posted++;
		ret = end(port, op, wrs - posted);
	}
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

static bool buffer_holds(const struct ccm_buffer *buffer, size_t at, size_t len)
{
	return at <= buffer->len && len <= buffer->len - at;
}

/* Which chunks of the partner's region are [offset, offset + len)? */
static int locate(const struct ccm_link *link, u64 offset, struct transfer *t)
{
	u64 parts;

	if (offset > link->plan.take || t->len > link->plan.take - offset)
		return -ERANGE;
	t->parts = 1;
	if (!t->len)
		return 0;	/* an empty write needs no memory to go to */
	if (!link->remote.chunks)
		return -ENOTCONN;
	/* the chunks are of equal length, but for the last, which may be shorter */
	t->chunk = (u32)div_u64_rem(offset, link->remote.len, &t->within);
	if (t->len <= link->remote.len - t->within)
		return 0;
	parts = DIV_ROUND_UP_ULL(t->within + (u64)t->len, link->remote.len);
	if (parts > CCM_OP_PARTS_MAX)
		return -EMSGSIZE;
	t->parts = (u32)parts;
	return 0;
}

/*
 * siw of Linux 6.1, when it answers a READ of so few bytes that they fit into its header,
 * takes wrong ones if they lie on two pages (siw_try_1seg()): such a READ is two. What the
 * partner's device is, only the partner knows; on other iWARP it does no harm.
 */
static void split_short_read(const struct ccm_port *port, struct transfer *t)
{
	u32 left = CCM_PAGE_LEN - t->within % CCM_PAGE_LEN;

	if (!port->endpoint.iwarp || t->parts > 1 || t->len > CCM_IWARP_SHORT || t->len <= left)
		return;
	t->first = left;
	t->parts = 2;
}

/**
 * ccm_read() - read from the partner's region
 * @port: port
 * @op: initialised; CCM's until its done()
 * @buffer: mapped for this link, DMA_FROM_DEVICE or DMA_BIDIRECTIONAL
 * @at: where in @buffer
 * @len: bytes, at least 1; CCM_OP_PARTS_MAX - 1 of the partner's chunks always fit: almost
 *	2 MiB each, or as much as its device registers at once (siw: almost 1 MiB)
 * @offset: where in the region
 *
 * Any context but hard interrupts. The bytes are there when done() is called with 0.
 *
 * Return: 0: done() will be called, once; else it will not: -ENOTCONN: the link is gone;
 * -EAGAIN: the port has no room for more work requests, wait for a completion; -ERANGE:
 * not inside the region; -EINVAL: not inside @buffer, or that is of another link or
 * direction; -EMSGSIZE: crosses too many chunks
 */
int ccm_read(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	     size_t at, size_t len, u64 offset)
{
	struct transfer t = { .opcode = IB_WR_RDMA_READ };
	int ret;

	if (!len || buffer->dir == DMA_TO_DEVICE || buffer->link != port->link ||
	    !buffer_holds(buffer, at, len))
		return -EINVAL;
	/* of its registration, which a fence may be freeing just now, only what was copied */
	t.dma = buffer->dma + at;
	t.addr = buffer->read_addr + at;
	t.lkey = buffer->read_lkey;
	t.len = len;
	ret = locate(port->link, offset, &t);
	if (ret)
		return ret;
	split_short_read(port, &t);
	return post(port, op, &t);
}
EXPORT_SYMBOL_GPL(ccm_read);

static int write(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
		 size_t at, size_t len, u64 offset, struct transfer *t)
{
	int ret;

	if (len) {
		if (!buffer || buffer->dir == DMA_FROM_DEVICE || buffer->link != port->link ||
		    !buffer_holds(buffer, at, len))
			return -EINVAL;
		t->dma = buffer->dma + at;
		t->addr = t->dma;
		t->lkey = port->lkey;
		t->len = len;
	}
	ret = locate(port->link, offset, t);
	if (ret)
		return ret;
	/* iWARP: the SEND behind the WRITEs, or alone */
	if (port->endpoint.iwarp && len && t->opcode == IB_WR_RDMA_WRITE_WITH_IMM)
		t->parts++;
	return post(port, op, t);
}

/**
 * ccm_write() - write to the partner's region
 * @port: port
 * @op: initialised; CCM's until its done()
 * @buffer: mapped for this link, DMA_TO_DEVICE or DMA_BIDIRECTIONAL; must not change
 *	until done()
 * @at: where in @buffer
 * @len: bytes, at least 1
 * @offset: where in the region
 *
 * Any context but hard interrupts. When done() is called with 0, the bytes have reached
 * the partner, whatever becomes of this node: every READ that is started from now on, through
 * whichever port, would bring them. With CCM_OP_EARLY see there. One port's writes arrive in the
 * order in which they were started. After an error it is not known which bytes have.
 *
 * Return: as ccm_read()
 */
int ccm_write(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	      size_t at, size_t len, u64 offset)
{
	struct transfer t = { .opcode = IB_WR_RDMA_WRITE };

	if (!len)
		return -EINVAL;
	return write(port, op, buffer, at, len, offset, &t);
}
EXPORT_SYMBOL_GPL(ccm_write);

/**
 * ccm_write_ring() - write to the partner's region, then ring there
 * @port: port
 * @op: initialised; CCM's until its done()
 * @buffer: as for ccm_write(); may be NULL when @len is 0
 * @at: where in @buffer
 * @len: bytes; 0: only ring
 * @offset: where in the region
 * @word: for the counterpart's ring(), which is called when the bytes are there
 *
 * Any context but hard interrupts. When done() is called with 0, the bytes have reached the
 * partner, as with ccm_write(), and the ring has; its ring() may not have been called yet. A
 * counterpart that does not keep up holds the port up.
 *
 * Return: as ccm_read()
 */
int ccm_write_ring(struct ccm_port *port, struct ccm_op *op,
		   const struct ccm_buffer *buffer, size_t at, size_t len, u64 offset,
		   u32 word)
{
	struct transfer t = { .opcode = IB_WR_RDMA_WRITE_WITH_IMM, .word = word };

	return write(port, op, buffer, at, len, offset, &t);
}
EXPORT_SYMBOL_GPL(ccm_write_ring);

/**
 * ccm_send() - send a message to the counterpart
 * @port: port
 * @op: initialised; CCM's until its done()
 * @buffer: as for ccm_write()
 * @at: where in @buffer
 * @len: bytes, 1 to CCM_PORT_MESSAGE_MAX
 *
 * Any context but hard interrupts. The counterpart's receive() is called with it; rings
 * and messages of one port come in the order in which they were started. When done() is called
 * with 0, it lies with the partner; receive() may not have been called yet. A counterpart
 * that does not keep up holds the port up; on iWARP nothing can, and the port is lost when 16
 * messages are waiting there.
 *
 * Return: as ccm_read(); -EMSGSIZE: too long
 */
int ccm_send(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	     size_t at, size_t len)
{
	struct transfer t = { .opcode = IB_WR_SEND, .parts = 1 };

	if (!len || buffer->dir == DMA_FROM_DEVICE || buffer->link != port->link ||
	    !buffer_holds(buffer, at, len))
		return -EINVAL;
	if (len > CCM_PORT_MESSAGE_MAX)
		return -EMSGSIZE;
	t.dma = buffer->dma + at;
	t.addr = t.dma;
	t.lkey = port->lkey;
	t.len = len;
	return post(port, op, &t);
}
EXPORT_SYMBOL_GPL(ccm_send);

/**
 * ccm_op_read_table() - READ the partner's chunk table
 * @port: of the link; not the session's queue pair, which the partner would break for both
 *	when it closes the link just then: its table is deregistered with that
 * @op: initialised
 * @landing: a mapped page; on iWARP registered
 * @offer: where the table is
 *
 * Process context.
 *
 * Return: 0: done() will be called; -ENOTCONN: the port is not open; -EAGAIN
 */
int ccm_op_read_table(struct ccm_port *port, struct ccm_op *op,
		      const struct ccm_chunk *landing, const struct ccm_link_offer *offer)
{
	struct ib_sge sge = {
		.addr = sg_dma_address(landing->sgt.sgl),
		.length = offer->chunks * CCM_LINK_CHUNK_LEN,
		.lkey = port->lkey,
	};
	struct ib_rdma_wr wr = {};

	if (landing->mr) {
		sge.addr = landing->mr->iova;
		sge.lkey = landing->mr->lkey;
	}
	wr.wr.wr_cqe = &op->cqe;
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = 1;
	wr.wr.opcode = IB_WR_RDMA_READ;
	wr.remote_addr = offer->table_addr;
	wr.rkey = offer->table_key;
	op->sync_dma = sg_dma_address(landing->sgt.sgl);
	op->sync_len = sge.length;
	return post_one(port, op, &wr.wr);
}

struct waiter {
	struct ccm_op op;
	struct completion done;
	int status;
};

static void waiter_done(struct ccm_op *op, int status)
{
	struct waiter *waiter = container_of(op, struct waiter, op);

	waiter->status = status;
	complete(&waiter->done);
}

/**
 * ccm_op_register() - let a port's queue pair register memory, and wait for that
 * @port: port
 * @mr: memory
 * @access: IB_ACCESS_*
 *
 * Process context. Bounded: the work request needs no partner, and completes at the latest
 * when the port is fenced.
 *
 * Return: 0; -ENOTCONN: the link is gone; -EAGAIN: the port's send queue is full;
 * another negative errno
 */
int ccm_op_register(struct ccm_port *port, struct ib_mr *mr, int access)
{
	struct waiter waiter;
	struct ib_reg_wr wr;
	int ret;

	init_completion(&waiter.done);
	ccm_op_init(&waiter.op, waiter_done, NULL);
	waiter.op.sync_len = 0;
	ccm_mr_prepare(mr, access, &waiter.op.cqe, &wr);
	ret = post_one(port, &waiter.op, &wr.wr);
	if (ret)
		return ret;
	wait_for_completion(&waiter.done);
	return waiter.status;
}
