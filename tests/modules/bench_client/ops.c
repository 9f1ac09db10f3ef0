// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same operations through a port of CCM and on a plain queue pair, batch by batch in
 * turn: what disturbs this machine disturbs both.
 *
 * A batch is a number of operations, some of them in flight at any time: each
 * completion, in softirq, starts the next. Both paths run the same code but for how an
 * operation is started and how its completion comes; neither is given anything that the
 * other has not.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "bench_client.h"

#define DEPTH_MAX	64U
#define BUFFER_LEN	(2 * BENCH_OP_LEN_MAX)	/* READ to the first half, WRITE from the second */
#define BUFFER_ORDER	get_order(BUFFER_LEN)

struct batch;

/* An operation in flight */
struct slot {
	struct batch *batch;
	struct ccm_op op;	/* of the port's path */
	struct ib_cqe cqe;	/* of the plain one */
};

/* Start an operation. Return: 0 or a negative errno */
typedef int (*start_fn)(struct slot *slot);

struct batch {
	start_fn start;
	enum bench_what what;
	u32 len;
	u32 at;			/* in the buffer */
	u32 offset;		/* in the memory over there */
	bool chain;		/* completions start the next operation */
	atomic_t to_start;
	atomic_t to_end;
	int status;		/* of the first that failed */
	struct completion done;
	struct slot slots[DEPTH_MAX];
};

static struct batch batch;		/* one at a time: commands are */
static u8 *buffer;
static struct bench_conn *raw;		/* the plain queue pair; NULL: not open */
static struct bench_keys raw_keys;
static u64 raw_dma;			/* of @buffer */
static struct ccm_port *port;		/* while measuring */
static struct ccm_buffer port_buffer;	/* likewise: @buffer */

/*
 * What both paths share
 */

static void end_one(struct batch *b, int status)
{
	if (status)
		WRITE_ONCE(b->status, status);
	if (atomic_dec_and_test(&b->to_end))
		complete(&b->done);
}

static void start_next(struct slot *slot)
{
	struct batch *b = slot->batch;
	int ret;

	if (atomic_dec_return(&b->to_start) < 0)
		return;
	ret = READ_ONCE(b->status);
	if (!ret)
		ret = b->start(slot);
	if (!ret)
		return;
	/* what is left of the batch will not be started */
	end_one(b, ret);
	while (atomic_dec_return(&b->to_start) >= 0)
		end_one(b, ret);
}

static inline void completed(struct slot *slot, int status)
{
	struct batch *b = slot->batch;

	if (b->chain)
		start_next(slot);
	end_one(b, status);
}

/*
 * The port
 */

static void port_done(struct ccm_op *op, int status)
{
	completed(container_of(op, struct slot, op), status);
}

static int port_start(struct slot *slot)
{
	const struct batch *b = slot->batch;

	if (b->what == BENCH_READ)
		return ccm_read(port, &slot->op, &port_buffer, b->at, b->len, b->offset);
	return ccm_write(port, &slot->op, &port_buffer, b->at, b->len, b->offset);
}

/*
 * The plain queue pair
 */

static void raw_done(struct ib_cq *cq, struct ib_wc *wc)
{
	completed(container_of(wc->wr_cqe, struct slot, cqe),
		  wc->status == IB_WC_SUCCESS ? 0 : -EIO);
}

static int raw_start(struct slot *slot)
{
	const struct batch *b = slot->batch;
	struct ib_sge sge = {
		.addr = raw_dma + b->at,
		.length = b->len,
		.lkey = raw->pd->local_dma_lkey,
	};
	struct ib_rdma_wr wr = {
		.wr = {
			.wr_cqe = &slot->cqe,
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = b->what == BENCH_READ ? IB_WR_RDMA_READ : IB_WR_RDMA_WRITE,
		},
		.remote_addr = raw_keys.addr + b->offset,
		.rkey = raw_keys.key,
	};

	return ib_post_send(raw->id->qp, &wr.wr, NULL);
}

/*
 * Batches
 */

static void prepare(struct batch *b, start_fn start, enum bench_what what, u32 len, u32 count)
{
	u32 i;

	b->start = start;
	b->what = what;
	b->len = len;
	b->at = what == BENCH_READ ? 0 : BENCH_OP_LEN_MAX;
	b->offset = what == BENCH_READ ? 0 : BENCH_WRITE_AT;
	b->status = 0;
	atomic_set(&b->to_start, (int)count);
	atomic_set(&b->to_end, (int)count);
	reinit_completion(&b->done);
	for (i = 0; i < DEPTH_MAX; i++) {
		b->slots[i].batch = b;
		b->slots[i].cqe.done = raw_done;
		ccm_op_init(&b->slots[i].op, port_done, NULL);
	}
}

/* Bounded: the transport ends every operation in its time. */
static int finish(struct batch *b)
{
	wait_for_completion(&b->done);
	return b->status;
}

/* @count operations, @depth of them in flight. */
static int run(start_fn start, enum bench_what what, u32 len, u32 depth, u32 count, u64 *ns)
{
	struct batch *b = &batch;
	u64 since;
	u32 i;
	int ret;

	prepare(b, start, what, len, count);
	b->chain = true;
	since = ktime_get_ns();
	for (i = 0; i < min(depth, count); i++)
		start_next(&b->slots[i]);
	ret = finish(b);
	*ns = ktime_get_ns() - since;
	return ret;
}

/* @count operations started in one go: only that is timed, and nothing runs between. */
static int post(start_fn start, enum bench_what what, u32 len, u32 count, u64 *ns)
{
	struct batch *b = &batch;
	u64 since;
	u32 i;

	prepare(b, start, what, len, count);
	b->chain = false;
	local_bh_disable();
	since = ktime_get_ns();
	for (i = 0; i < count; i++)
		start_next(&b->slots[i]);
	*ns = ktime_get_ns() - since;
	local_bh_enable();
	return finish(b);
}

/* Does a path move the bytes that it is asked to move? */
static int check(start_fn start, enum bench_what what, u32 len, u32 pattern)
{
	u8 *written = buffer + BENCH_OP_LEN_MAX;
	u64 ns;
	int ret;

	if (what == BENCH_WRITE) {
		/* written, forgotten, and read back from where it was written to */
		pattern = (u32)ktime_get_ns();
		bench_fill(written, pattern, len);
		ret = run(start, BENCH_WRITE, len, 1, 1, &ns);
		memset(written, 0, len);
		if (!ret) {
			prepare(&batch, start, BENCH_READ, len, 1);
			batch.at = BENCH_OP_LEN_MAX;
			batch.offset = BENCH_WRITE_AT;
			start_next(&batch.slots[0]);
			ret = finish(&batch);
		}
		return !ret && !bench_holds(written, pattern, len) ? -EBADMSG : ret;
	}
	memset(buffer, 0, len);
	ret = run(start, BENCH_READ, len, 1, 1, &ns);
	/* WRITEs may have gone to what is behind that */
	return !ret && !bench_holds(buffer, pattern, min(len, BENCH_WRITE_AT)) ? -EBADMSG : ret;
}

/* Under bench_link_lock, which keeps the port. */
static int begin(enum bench_what what, u32 len)
{
	struct ccm_link *link = bench_link();
	int ret;

	if (!raw || !link || ccm_link_partner_region(link) < BENCH_MEMORY_LEN)
		return -ENOTCONN;
	ret = ccm_buffer_map(&port_buffer, link, buffer, BUFFER_LEN, DMA_BIDIRECTIONAL);
	if (ret)
		return ret;
	port = ccm_link_port(link, 0);
	ret = check(port_start, what, len, BENCH_PATTERN);
	if (!ret)
		ret = check(raw_start, what, len, raw_keys.pattern);
	return ret;
}

static void end(void)
{
	if (port)
		ccm_buffer_unmap(&port_buffer);
	port = NULL;
}

/**
 * bench_measure() - batches on either path, in turn
 * @what: operation
 * @len: bytes of each, at most BENCH_OP_LEN_MAX
 * @depth: operations in flight, at most DEPTH_MAX
 * @count: operations of a batch
 * @pairs: batches on each path
 * @result: filled: @pairs of them
 *
 * Process context, sleeps; bounded. Calls of this file's functions are serialized.
 *
 * Return: 0; -ENOTCONN: no port, or no plain connection; -EBADMSG: a path moved other
 * bytes than it should have; -EINVAL; another negative errno
 */
int bench_measure(enum bench_what what, u32 len, u32 depth, u32 count, u32 pairs,
		  struct bench_pair *result)
{
	u32 i;
	int ret;

	if (!len || len > BENCH_OP_LEN_MAX || !depth || depth > DEPTH_MAX || !count)
		return -EINVAL;
	mutex_lock(&bench_link_lock);
	ret = begin(what, len);
	for (i = 0; i < pairs && !ret; i++) {
		/* each is first as often as second */
		if (i % 2)
			ret = run(raw_start, what, len, depth, count, &result[i].raw);
		if (!ret)
			ret = run(port_start, what, len, depth, count, &result[i].port);
		if (!ret && i % 2 == 0)
			ret = run(raw_start, what, len, depth, count, &result[i].raw);
	}
	end();
	mutex_unlock(&bench_link_lock);
	return ret;
}

/**
 * bench_posting() - only the call that starts an operation, on either path
 * @what: operation
 * @len: bytes of each, at most BENCH_OP_LEN_MAX
 * @count: operations of a batch, at most DEPTH_MAX
 * @pairs: batches on each path
 * @result: filled: @pairs of them
 *
 * Process context, sleeps; bounded.
 *
 * Return: as bench_measure()
 */
int bench_posting(enum bench_what what, u32 len, u32 count, u32 pairs,
		  struct bench_pair *result)
{
	u32 i;
	int ret;

	if (!len || len > BENCH_OP_LEN_MAX || !count || count > DEPTH_MAX)
		return -EINVAL;
	mutex_lock(&bench_link_lock);
	ret = begin(what, len);
	for (i = 0; i < pairs && !ret; i++) {
		if (i % 2)
			ret = post(raw_start, what, len, count, &result[i].raw);
		if (!ret)
			ret = post(port_start, what, len, count, &result[i].port);
		if (!ret && i % 2 == 0)
			ret = post(raw_start, what, len, count, &result[i].raw);
	}
	end();
	mutex_unlock(&bench_link_lock);
	return ret;
}

/**
 * bench_raw_open() - connect the plain queue pair
 * @address: of the other side's ccm_bench.ko
 * @port_number: its RDMA port number, decimal
 *
 * Process context, sleeps; bounded.
 *
 * Return: 0; -EBUSY: it is open; another negative errno
 */
int bench_raw_open(const char *address, const char *port_number)
{
	struct bench_times times;
	int ret = -ENOMEM;

	if (raw)
		return -EBUSY;
	init_completion(&batch.done);
	buffer = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, BUFFER_ORDER);
	if (!buffer)
		return ret;
	raw = (struct bench_conn *)kzalloc(sizeof(*raw), GFP_KERNEL);
	if (!raw)
		goto no_raw;
	raw->kind = BENCH_OPS;
	ret = bench_open(raw, address, port_number, &times, &raw_keys);
	if (ret)
		goto no_conn;
	raw_dma = ib_dma_map_single(raw->id->device, buffer, BUFFER_LEN,
				    DMA_BIDIRECTIONAL);
	if (!ib_dma_mapping_error(raw->id->device, raw_dma))
		return 0;
	ret = -ENOMEM;
	bench_close(raw);
no_conn:
	kfree(raw);
	raw = NULL;
no_raw:
	free_pages((unsigned long)buffer, BUFFER_ORDER);
	return ret;
}

/** bench_raw_close() - disconnect it, if it is open */
void bench_raw_close(void)
{
	if (!raw)
		return;
	ib_dma_unmap_single(raw->id->device, raw_dma, BUFFER_LEN, DMA_BIDIRECTIONAL);
	bench_close(raw);
	kfree(raw);
	raw = NULL;
	free_pages((unsigned long)buffer, BUFFER_ORDER);
}
