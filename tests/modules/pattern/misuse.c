// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pattern client: operations that CCM refuses, because they make no sense, or because the
 * port has no room for more.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "../common/buffer.h"
#include "pattern.h"

#define MISUSE_LEN	512U	/* more than a message can have */
#define DEEP_MAX	(4 * CCM_PORT_DEPTH)

struct misuse {
	struct pattern_link *link;
	struct ccm_port *port;
	struct ccm_op op;
	struct ccm_buffer both;		/* by direction */
	struct ccm_buffer to_device;
	struct ccm_buffer from_device;
	u8 more[CCM_COPY_MAX + 1];
	u64 right;			/* so many were refused as they should be */
	struct completion done;
};

static void misuse_done(struct ccm_op *op, int status)
{
	complete(&((struct misuse *)op->context)->done);
}

static bool is_right(struct misuse *m, int ret, int expected)
{
	m->right += ret == expected;
	return ret == expected;
}

/* What was started all the same is waited for. */
static bool refused(struct misuse *m, int ret, int expected)
{
	if (!ret)
		wait_for_completion(&m->done);
	return is_right(m, ret, expected);
}

static bool map_refused(struct misuse *m, size_t len, enum dma_data_direction dir)
{
	struct ccm_buffer none;
	int ret = ccm_buffer_map(&none, m->link->link, m->more, len, dir);

	if (!ret)
		ccm_buffer_unmap(&none);
	return is_right(m, ret, -EINVAL);
}

/* Another link's, another direction's, another size */
static bool buffers_refused(struct misuse *m)
{
	const u64 inside = m->link->partner_size;
	const struct ccm_buffer *to = &m->to_device;
	const struct ccm_buffer *from = &m->from_device;
	struct ccm_buffer foreign = m->both;

	foreign.link = NULL;
	return refused(m, ccm_write(m->port, &m->op, &foreign, 0, 8, 0), -EINVAL) &&
	       refused(m, ccm_read(m->port, &m->op, &foreign, 0, 8, 0), -EINVAL) &&
	       refused(m, ccm_write_ring(m->port, &m->op, &foreign, 0, 8, 0, 0), -EINVAL) &&
	       refused(m, ccm_send(m->port, &m->op, &foreign, 0, 8), -EINVAL) &&
	       refused(m, ccm_read(m->port, &m->op, to, 0, 8, 0), -EINVAL) &&
	       refused(m, ccm_write(m->port, &m->op, from, 0, 8, 0), -EINVAL) &&
	       refused(m, ccm_write_ring(m->port, &m->op, from, 0, 8, 0, 0), -EINVAL) &&
	       refused(m, ccm_send(m->port, &m->op, from, 0, 8), -EINVAL) &&
	       refused(m, ccm_write(m->port, &m->op, to, MISUSE_LEN - 7, 8, 0), -EINVAL) &&
	       refused(m, ccm_read(m->port, &m->op, from, MISUSE_LEN + 1, 8, 0), -EINVAL) &&
	       refused(m, ccm_send(m->port, &m->op, to, MISUSE_LEN, 1), -EINVAL) &&
	       refused(m, ccm_write(m->port, &m->op, to, 0, 8, inside - 7), -ERANGE) &&
	       refused(m, ccm_read(m->port, &m->op, from, 0, 8, ~0ULL), -ERANGE);
}

static bool sizes_refused(struct misuse *m)
{
	const struct ccm_buffer *to = &m->to_device;

	return refused(m, ccm_write(m->port, &m->op, to, 0, 0, 0), -EINVAL) &&
	       refused(m, ccm_read(m->port, &m->op, &m->from_device, 0, 0, 0), -EINVAL) &&
	       refused(m, ccm_send(m->port, &m->op, to, 0, 0), -EINVAL) &&
	       refused(m, ccm_send(m->port, &m->op, to, 0, CCM_PORT_MESSAGE_MAX + 1), -EMSGSIZE) &&
	       is_right(m, ccm_send_sync(m->port, m->more, CCM_PORT_MESSAGE_MAX + 1,
					 PATTERN_WAIT_MS), -EMSGSIZE) &&
	       is_right(m, ccm_write_sync(m->port, m->more, sizeof(m->more), 0,
					  PATTERN_WAIT_MS), -EINVAL) &&
	       is_right(m, ccm_read_sync(m->port, m->more, 0, 0, PATTERN_WAIT_MS), -EINVAL) &&
	       map_refused(m, CCM_BUFFER_MAX + 1, DMA_TO_DEVICE) &&
	       map_refused(m, 0, DMA_TO_DEVICE) && map_refused(m, 8, DMA_NONE);
}

static int misuse_run(struct misuse *m)
{
	struct ccm_link *link = m->link->link;
	int ret = buffer_create(&m->both, link, MISUSE_LEN, DMA_BIDIRECTIONAL);

	m->port = ccm_link_port(link, 0);
	if (!ret)
		ret = buffer_create(&m->to_device, link, MISUSE_LEN, DMA_TO_DEVICE);
	if (!ret)
		ret = buffer_create(&m->from_device, link, MISUSE_LEN, DMA_FROM_DEVICE);
	if (!ret && (!buffers_refused(m) || !sizes_refused(m)))
		ret = -EBADMSG;
	buffer_destroy(&m->from_device);
	buffer_destroy(&m->to_device);
	buffer_destroy(&m->both);
	return ret;
}

/**
 * pattern_misuse() - operations that make no sense
 * @link: any; its load is off
 * @wrong: filled with the number of the first that was not refused as it should be
 *
 * Return: 0; -EBADMSG: one was not; -ENOTCONN; -ENOMEM; what ccm_buffer_map() returns
 */
int pattern_misuse(struct pattern_link *link, u64 *wrong)
{
	struct misuse *m = (struct misuse *)kzalloc(sizeof(*m), GFP_KERNEL);
	int ret = -ENOTCONN;

	if (!m)
		return -ENOMEM;
	m->link = link;
	init_completion(&m->done);
	ccm_op_init(&m->op, misuse_done, m);
	mutex_lock(&link->lock);
	if (link->up)
		ret = misuse_run(m);
	mutex_unlock(&link->lock);
	*wrong = m->right;
	kfree(m);
	return ret;
}

struct deep {
	struct ccm_op ops[DEEP_MAX];
	struct ccm_buffer buffer;
	struct completion done;
};

static void deep_done(struct ccm_op *op, int status)
{
	complete(&((struct deep *)op->context)->done);
}

/**
 * pattern_deep() - WRITEs of 8 bytes, on one port, until one is refused; all are waited for
 * @link: any; its load is off
 * @posted: filled: so many were not
 *
 * Whoever wants to know how many fit sees to it that none completes meanwhile.
 *
 * Return: with what it was refused, or 0: not within DEEP_MAX; -ENOTCONN; -ENOMEM
 */
int pattern_deep(struct pattern_link *link, u32 *posted)
{
	struct deep *deep = (struct deep *)kzalloc(sizeof(*deep), GFP_KERNEL);
	int ret = -ENOTCONN;
	u32 i;

	if (!deep)
		return -ENOMEM;
	init_completion(&deep->done);
	mutex_lock(&link->lock);
	if (link->up)
		ret = buffer_create(&deep->buffer, link->link, 8, DMA_TO_DEVICE);
	while (!ret && *posted < DEEP_MAX) {
		ccm_op_init(&deep->ops[*posted], deep_done, deep);
		ret = ccm_write(ccm_link_port(link->link, 0), &deep->ops[*posted], &deep->buffer,
				0, 8, 0);
		*posted += !ret;
	}
	for (i = 0; i < *posted; i++)
		wait_for_completion(&deep->done);
	buffer_destroy(&deep->buffer);
	mutex_unlock(&link->lock);
	kfree(deep);
	return ret;
}
