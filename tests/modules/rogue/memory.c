// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rogue's memory: two pages that the other side may read and some that it may
 * write, as CCM's status region and mailbox.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "conn.h"

static int memory_register(struct rogue *rogue, struct rogue_memory *memory, u32 count,
			   int access, enum dma_data_direction direction)
{
	struct ib_device *ib = rogue->id->device;
	struct scatterlist sg[ROGUE_MAILBOX_PAGES];
	struct ib_reg_wr wr = {};
	u32 i;
	int n;

	memory->direction = direction;
	memory->pages_len = count * PAGE_SIZE;
	memory->pages = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					       get_order(count * PAGE_SIZE));
	if (!memory->pages)
		return -ENOMEM;
	memory->mr = ib_alloc_mr(rogue->pd, IB_MR_TYPE_MEM_REG, count);
	if (IS_ERR(memory->mr)) {
		n = (int)PTR_ERR(memory->mr);
		memory->mr = NULL;
		return n;
	}
	sg_init_table(sg, count);
	for (i = 0; i < count; i++) {
		memory->dma[i] = ib_dma_map_single(ib, memory->pages + i * PAGE_SIZE, PAGE_SIZE,
						   direction);
		if (ib_dma_mapping_error(ib, memory->dma[i]))
			return -ENOMEM;
		memory->count = i + 1;
		sg_dma_address(&sg[i]) = memory->dma[i];
		sg_dma_len(&sg[i]) = PAGE_SIZE;
	}
	n = ib_map_mr_sg(memory->mr, sg, (int)count, NULL, PAGE_SIZE);
	if (n != (int)count)
		return n < 0 ? n : -EIO;
	ib_update_fast_reg_key(memory->mr, ib_inc_rkey(memory->mr->rkey));
	wr.wr.opcode = IB_WR_REG_MR;
	wr.mr = memory->mr;
	wr.key = memory->mr->rkey;
	wr.access = access;
	return rogue_post(rogue, &wr.wr);
}

static void memory_free(struct rogue *rogue, struct rogue_memory *memory)
{
	u32 i;

	if (memory->mr)
		ib_dereg_mr(memory->mr);
	for (i = 0; i < memory->count; i++)
		ib_dma_unmap_single(rogue->id->device, memory->dma[i], PAGE_SIZE,
				    memory->direction);
	if (memory->pages)
		free_pages((unsigned long)memory->pages,
			   get_order(memory->pages_len));
	memset(memory, 0, sizeof(*memory));
}

/**
 * rogue_memory_create() - register status region and mailbox
 * @rogue: established
 *
 * Return: 0; -EEXIST; an enum ib_wc_status; another negative errno
 */
int rogue_memory_create(struct rogue *rogue)
{
	int ret;

	if (rogue->status.pages)
		return -EEXIST;
	ret = memory_register(rogue, &rogue->status, 2, IB_ACCESS_REMOTE_READ, DMA_TO_DEVICE);
	if (!ret)
		ret = memory_register(rogue, &rogue->mailbox, ROGUE_MAILBOX_PAGES,
				      IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE,
				      DMA_FROM_DEVICE);
	return ret;
}

/**
 * rogue_memory_destroy() - undo it
 * @rogue: its queue pair is gone
 */
void rogue_memory_destroy(struct rogue *rogue)
{
	memory_free(rogue, &rogue->status);
	memory_free(rogue, &rogue->mailbox);
}

/**
 * rogue_memory_poke() - change what the other side reads
 * @rogue: with memory
 * @offset: into the status region
 * @data: bytes
 * @len: of @data
 *
 * Return: 0; -ENXIO: no memory; -ERANGE
 */
int rogue_memory_poke(struct rogue *rogue, u32 offset, const u8 *data, u32 len)
{
	struct rogue_memory *memory = &rogue->status;
	u32 i;

	if (!memory->mr)
		return -ENXIO;
	if (offset > 2 * PAGE_SIZE || len > 2 * PAGE_SIZE - offset)
		return -ERANGE;
	memcpy(memory->pages + offset, data, len);
	for (i = 0; i < memory->count; i++)
		ib_dma_sync_single_for_device(rogue->id->device, memory->dma[i], PAGE_SIZE,
					      DMA_TO_DEVICE);
	return 0;
}

/**
 * rogue_memory_look() - see what the other side wrote
 * @rogue: with memory
 * @offset: into the mailbox
 * @data: filled
 * @len: bytes wanted
 *
 * Return: 0; -ENXIO: no memory; -ERANGE
 */
int rogue_memory_look(struct rogue *rogue, u32 offset, u8 *data, u32 len)
{
	struct rogue_memory *memory = &rogue->mailbox;
	u32 i;

	if (!memory->mr)
		return -ENXIO;
	if (offset > memory->pages_len || len > memory->pages_len - offset)
		return -ERANGE;
	for (i = 0; i < memory->count; i++)
		ib_dma_sync_single_for_cpu(rogue->id->device, memory->dma[i], PAGE_SIZE,
					   DMA_FROM_DEVICE);
	memcpy(data, memory->pages + offset, len);
	for (i = 0; i < memory->count; i++)
		ib_dma_sync_single_for_device(rogue->id->device, memory->dma[i], PAGE_SIZE,
					      DMA_FROM_DEVICE);
	return 0;
}
