// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pattern client: commands that go over a whole region, its own or the one on the
 * partner. Load in the same region must be off.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "../common/buffer.h"
#include "../common/violation.h"
#include "pattern.h"

#define BULK_LEN	65536U

struct bulk {
	struct ccm_op op;
	struct ccm_buffer buffer;
	struct completion done;
	int status;
};

static void bulk_done(struct ccm_op *op, int status)
{
	struct bulk *bulk = (struct bulk *)op->context;

	bulk->status = status;
	complete(&bulk->done);
}

/*
 * Under the link's lock: down() waits. That is no deadlock, since operations complete,
 * well or not, before down() is called.
 */
static int finish(struct pattern_link *link, struct bulk *bulk, int ret)
{
	if (ret)
		return ret;
	if (!wait_for_completion_timeout(&bulk->done, msecs_to_jiffies(PATTERN_WAIT_MS))) {
		violation("%s, partner %u: an operation takes longer than %u ms",
			  link->client->name, link->partner, PATTERN_WAIT_MS);
		wait_for_completion(&bulk->done);
	}
	return bulk->status;
}

static int write_all(struct pattern_link *link, struct bulk *bulk, u64 seed, u64 *wrong)
{
	u64 offset;
	size_t len;
	int ret = 0;

	for (offset = 0; offset < link->partner_size && !ret; offset += len) {
		len = (size_t)min((u64)BULK_LEN, link->partner_size - offset);
		pattern_fill((u8 *)bulk->buffer.data, offset, len, seed);
		reinit_completion(&bulk->done);
		ret = finish(link, bulk, ccm_write(ccm_link_port(link->link, 0), &bulk->op,
						   &bulk->buffer, 0, len, offset));
		cond_resched();
	}
	return ret;
}

static int read_all(struct pattern_link *link, struct bulk *bulk, u64 seed, u64 *wrong)
{
	u64 offset;
	size_t len;
	size_t at;
	int ret = 0;

	for (offset = 0; offset < link->partner_size && !ret; offset += len) {
		len = (size_t)min((u64)BULK_LEN, link->partner_size - offset);
		reinit_completion(&bulk->done);
		ret = finish(link, bulk, ccm_read(ccm_link_port(link->link, 0), &bulk->op,
						  &bulk->buffer, 0, len, offset));
		if (ret)
			break;
		at = pattern_wrong((const u8 *)bulk->buffer.data, offset, len, seed);
		if (at < len) {
			*wrong = offset + at;
			return -EBADMSG;
		}
		cond_resched();
	}
	return ret;
}

static int with_bulk(struct pattern_link *link, u64 seed, u64 *wrong,
		     int (*run)(struct pattern_link *link, struct bulk *bulk, u64 seed,
				u64 *wrong))
{
	struct bulk *bulk = (struct bulk *)kzalloc(sizeof(*bulk), GFP_KERNEL);
	int ret;

	if (!bulk)
		return -ENOMEM;
	init_completion(&bulk->done);
	ccm_op_init(&bulk->op, bulk_done, bulk);
	bulk->op.flags = pattern_early ? CCM_OP_EARLY : 0;
	mutex_lock(&link->lock);
	ret = link->up ? buffer_create(&bulk->buffer, link->link, BULK_LEN, DMA_BIDIRECTIONAL) :
			 -ENOTCONN;
	if (!ret) {
		ret = run(link, bulk, seed, wrong);
		buffer_destroy(&bulk->buffer);
	}
	mutex_unlock(&link->lock);
	kfree(bulk);
	return ret;
}

/**
 * pattern_fill_remote() - WRITE a pattern over the whole region on the partner
 * @link: any
 * @seed: of the pattern
 * @wrong: not used
 *
 * Return: 0; -ENOTCONN; another errno of an operation
 */
int pattern_fill_remote(struct pattern_link *link, u64 seed, u64 *wrong)
{
	return with_bulk(link, seed, wrong, write_all);
}

/**
 * pattern_verify_remote() - READ the whole region on the partner, and compare
 * @link: any
 * @seed: of the pattern
 * @wrong: filled with the offset of the first wrong byte if there is one
 *
 * Return: 0; -EBADMSG: something else is there; -ENOTCONN; another errno
 */
int pattern_verify_remote(struct pattern_link *link, u64 seed, u64 *wrong)
{
	return with_bulk(link, seed, wrong, read_all);
}

/**
 * pattern_read_large() - READ the first bytes of the region in one operation, and compare
 * @link: any
 * @len: bytes, of one buffer
 * @seed: of the pattern
 * @wrong: as for pattern_verify_remote()
 *
 * Return: as pattern_verify_remote(), or what ccm_buffer_map() returns
 */
int pattern_read_large(struct pattern_link *link, u32 len, u64 seed, u64 *wrong)
{
	struct bulk bulk = {};
	int ret;

	init_completion(&bulk.done);
	ccm_op_init(&bulk.op, bulk_done, &bulk);
	mutex_lock(&link->lock);
	ret = link->up ? buffer_create(&bulk.buffer, link->link, len, DMA_FROM_DEVICE) :
			 -ENOTCONN;
	if (!ret) {
		ret = finish(link, &bulk, ccm_read(ccm_link_port(link->link, 0), &bulk.op,
						   &bulk.buffer, 0, len, 0));
		if (!ret)
			*wrong = pattern_wrong((const u8 *)bulk.buffer.data, 0, len, seed);
		if (!ret && *wrong < len)
			ret = -EBADMSG;
		buffer_destroy(&bulk.buffer);
	}
	mutex_unlock(&link->lock);
	return ret;
}

/**
 * pattern_fill_local() - write a pattern over the local region, by the CPU
 * @link: any, also down
 * @seed: of the pattern
 * @wrong: not used
 *
 * Return: 0; -ENXIO: there is no region
 */
int pattern_fill_local(struct pattern_link *link, u64 seed, u64 *wrong)
{
	int ret = -ENXIO;

	mutex_lock(&link->lock);
	if (link->region) {
		pattern_fill(link->region, 0, (size_t)link->region_size, seed);
		if (link->up)
			ccm_link_region_sync(link->link, 0, link->region_size, false);
		ret = 0;
	}
	mutex_unlock(&link->lock);
	return ret;
}

/**
 * pattern_verify_local() - compare the local region with a pattern
 * @link: any, also down
 * @seed: of the pattern
 * @wrong: filled with the offset of the first wrong byte if there is one
 *
 * Return: 0; -EBADMSG: something else is there; -ENXIO: there is no region
 */
int pattern_verify_local(struct pattern_link *link, u64 seed, u64 *wrong)
{
	int ret = -ENXIO;

	mutex_lock(&link->lock);
	if (link->region) {
		if (link->up)
			ccm_link_region_sync(link->link, 0, link->region_size, true);
		*wrong = pattern_wrong(link->region, 0, (size_t)link->region_size, seed);
		ret = *wrong < link->region_size ? -EBADMSG : 0;
	}
	mutex_unlock(&link->lock);
	return ret;
}
