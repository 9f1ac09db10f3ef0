// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synchronous operations: with a copy of a client's bytes, for who is in no hurry.
 *
 * The copy and the operation outlive a caller that has timed out: the last of the two to
 * be done with them frees them.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "link.h"

enum sync_state {
	SYNC_WAITED_FOR	= 0,
	SYNC_DONE	= 1,	/* the caller frees it */
	SYNC_ABANDONED	= 2,	/* the completion does */
};

struct sync_call {
	struct ccm_op op;
	struct ccm_buffer buffer;
	struct completion done;
	atomic_t state;		/* enum sync_state */
	struct work_struct end;	/* frees it when nobody waits any more */
	int status;
	void *copy;		/* of its own: the device writes to it */
};

static void sync_free(struct sync_call *call)
{
	/* the device may still write to it */
	if (call->status == -ENOTRECOVERABLE)
		kmemleak_not_leak(call->copy);
	else
		kfree(call->copy);
	kfree(call);
}

/* The link has it in its list of buffers, until its fence at the latest. */
static void sync_end_work(struct work_struct *work)
{
	struct sync_call *call = container_of(work, struct sync_call, end);
	struct ccm_link *link = call->buffer.link;

	ccm_buffer_unmap(&call->buffer);
	ccm_link_put(link);
	sync_free(call);
}

static void sync_done(struct ccm_op *op, int status)
{
	struct sync_call *call = container_of(op, struct sync_call, op);
	struct ccm_link *link = call->buffer.link;

	call->status = status;
	if (atomic_cmpxchg(&call->state, SYNC_WAITED_FOR, SYNC_DONE) == SYNC_WAITED_FOR)
		complete(&call->done);
	else
		queue_work(link->wq, &call->end);
}

static int sync_begin(struct ccm_port *port, struct sync_call **begun, const void *data,
		      size_t len, enum dma_data_direction dir)
{
	struct sync_call *call;
	int ret;

	if (!len || len > CCM_COPY_MAX)
		return -EINVAL;
	call = (struct sync_call *)kzalloc(sizeof(*call), GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	init_completion(&call->done);
	INIT_WORK(&call->end, sync_end_work);
	ccm_op_init(&call->op, sync_done, NULL);
	call->copy = data ? kmemdup(data, len, GFP_KERNEL) : kzalloc(len, GFP_KERNEL);
	ret = call->copy ? ccm_buffer_map(&call->buffer, port->link, call->copy, len, dir) :
			   -ENOMEM;
	if (ret) {
		sync_free(call);
		return ret;
	}
	ccm_link_get(port->link);
	*begun = call;
	return 0;
}

static int sync_end(struct sync_call *call, int ret, void *data, size_t len, u32 timeout_ms)
{
	struct ccm_link *link = call->buffer.link;

	if (!ret) {
		if (!wait_for_completion_timeout(&call->done, msecs_to_jiffies(timeout_ms))) {
			if (atomic_cmpxchg(&call->state, SYNC_WAITED_FOR, SYNC_ABANDONED) ==
			    SYNC_WAITED_FOR)
				return -ETIMEDOUT;
			/* in the last moment: complete() is on its way */
			wait_for_completion(&call->done);
		}
		/* the caller has nothing to leave alone: that was the copy */
		ret = call->status == -ENOTRECOVERABLE ? -ENOTCONN : call->status;
	}
	if (!ret && data)
		memcpy(data, call->copy, len);
	ccm_buffer_unmap(&call->buffer);
	ccm_link_put(link);
	sync_free(call);
	return ret;
}

/**
 * ccm_read_sync() - read from the partner's region, and wait
 * @port: port
 * @data: any memory
 * @len: bytes, 1 to CCM_COPY_MAX
 * @offset: where in the region
 * @timeout_ms: how long to wait
 *
 * Process context, sleeps.
 *
 * Return: 0; -ETIMEDOUT: it may still be under way, and nothing is copied to @data;
 * -ENOMEM; or what ccm_read() returns or its done() is told
 */
int ccm_read_sync(struct ccm_port *port, void *data, size_t len, u64 offset, u32 timeout_ms)
{
	struct sync_call *call;
	int ret;

	ret = sync_begin(port, &call, NULL, len, DMA_FROM_DEVICE);
	if (ret)
		return ret;
	ret = ccm_read(port, &call->op, &call->buffer, 0, len, offset);
	return sync_end(call, ret, data, len, timeout_ms);
}
EXPORT_SYMBOL_GPL(ccm_read_sync);

/**
 * ccm_write_sync() - write a copy to the partner's region, and wait
 * @port: port
 * @data: any memory
 * @len: bytes, 1 to CCM_COPY_MAX
 * @offset: where in the region
 * @timeout_ms: how long to wait
 *
 * Process context, sleeps.
 *
 * Return: 0; -ETIMEDOUT: it may still be under way, and may still arrive; -ENOMEM; or what
 * ccm_write() returns or its done() is told
 */
int ccm_write_sync(struct ccm_port *port, const void *data, size_t len, u64 offset,
		   u32 timeout_ms)
{
	struct sync_call *call;
	int ret;

	ret = sync_begin(port, &call, data, len, DMA_TO_DEVICE);
	if (ret)
		return ret;
	ret = ccm_write(port, &call->op, &call->buffer, 0, len, offset);
	return sync_end(call, ret, NULL, len, timeout_ms);
}
EXPORT_SYMBOL_GPL(ccm_write_sync);

/**
 * ccm_write_ring_sync() - the same, then ring there
 * @port: port
 * @data: any memory
 * @len: bytes, 1 to CCM_COPY_MAX
 * @offset: where in the region
 * @word: for the counterpart's ring()
 * @timeout_ms: how long to wait
 *
 * Process context, sleeps.
 *
 * Return: as ccm_write_sync()
 */
int ccm_write_ring_sync(struct ccm_port *port, const void *data, size_t len, u64 offset,
			u32 word, u32 timeout_ms)
{
	struct sync_call *call;
	int ret;

	ret = sync_begin(port, &call, data, len, DMA_TO_DEVICE);
	if (ret)
		return ret;
	ret = ccm_write_ring(port, &call->op, &call->buffer, 0, len, offset, word);
	return sync_end(call, ret, NULL, len, timeout_ms);
}
EXPORT_SYMBOL_GPL(ccm_write_ring_sync);

/**
 * ccm_send_sync() - send a copy to the counterpart, and wait until it has arrived there
 * @port: port
 * @data: any memory
 * @len: bytes, 1 to CCM_PORT_MESSAGE_MAX
 * @timeout_ms: how long to wait
 *
 * Process context, sleeps.
 *
 * Return: as ccm_write_sync()
 */
int ccm_send_sync(struct ccm_port *port, const void *data, size_t len, u32 timeout_ms)
{
	struct sync_call *call;
	int ret;

	ret = sync_begin(port, &call, data, len, DMA_TO_DEVICE);
	if (ret)
		return ret;
	ret = ccm_send(port, &call->op, &call->buffer, 0, len);
	return sync_end(call, ret, NULL, len, timeout_ms);
}
EXPORT_SYMBOL_GPL(ccm_send_sync);
