// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks: a region is a list of them, because one registration covers only so much
 * memory (2 MiB on soft-RoCE). A chunk's pages need not be contiguous.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../link.h"

static struct page *page_of(u8 *data)
{
	return is_vmalloc_addr(data) ? vmalloc_to_page(data) : virt_to_page(data);
}

static int map(struct ccm_chunk *chunk, struct ib_device *ib, u8 *data, u32 len)
{
	struct scatterlist *sg;
	u32 done = 0;
	u32 part;
	int ret;

	ret = sg_alloc_table(&chunk->sgt, DIV_ROUND_UP(len, PAGE_SIZE), GFP_KERNEL);
	if (ret)
		return ret;
	for (sg = chunk->sgt.sgl; done < len; sg = sg_next(sg)) {
		part = min_t(u32, len - done, PAGE_SIZE);
		sg_set_page(sg, page_of(data + done), part, 0);
		done += part;
	}
	ret = ib_dma_map_sg(ib, chunk->sgt.sgl, (int)chunk->sgt.orig_nents, chunk->dir);
	if (ret <= 0) {
		sg_free_table(&chunk->sgt);
		return -ENOMEM;
	}
	chunk->sgt.nents = (unsigned int)ret;
	return 0;
}

/*
 * Soft-RoCE of Linux 6.1 carries out a registration a second time when it repeats packets
 * of a work request in front of it, finds the region in use, and breaks the queue pair.
 * A local invalidation it always holds back until nothing is in front of it any more:
 * with one before each registration, and the same key for both, there is nothing to
 * repeat, and if there were, no harm in it.
 */
static bool wants_invalidation(const struct ib_device *ib)
{
	return ib->ops.driver_id == RDMA_DRIVER_RXE;
}

/**
 * ccm_chunk_create() - map memory, and make a registration for it
 * @chunk: zeroed
 * @conn: the session's: its device and protection domain
 * @data: pages, from vmalloc() or from the page allocator
 * @len: bytes, at most CCM_CHUNK_LEN; nothing behind them can be reached
 * @dir: what the device does with it
 * @access: IB_ACCESS_* of the registration; 0: none is made
 *
 * The registration takes effect with ccm_chunk_register().
 *
 * Return: 0 or a negative errno; ccm_chunk_destroy() cleans up in either case
 */
int ccm_chunk_create(struct ccm_chunk *chunk, struct ccm_conn *conn, void *data, u32 len,
		     enum dma_data_direction dir, int access)
{
	struct ib_device *ib = conn->device->ib;
	struct ib_mr *mr;
	int ret;

	chunk->dir = dir;
	chunk->access = access;
	ret = map(chunk, ib, (u8 *)data, len);
	if (ret || !access)
		return ret;
	/* one page more than there is: see CCM_CHUNK_LEN */
	mr = ib_alloc_mr(conn->pd, IB_MR_TYPE_MEM_REG, DIV_ROUND_UP(len, PAGE_SIZE) + 1);
	if (IS_ERR(mr))
		return (int)PTR_ERR(mr);
	chunk->mr = mr;
	ret = ib_map_mr_sg(mr, chunk->sgt.sgl, (int)chunk->sgt.nents, NULL, PAGE_SIZE);
	if (ret != (int)chunk->sgt.nents || mr->length != len)
		return ret < 0 ? ret : -EIO;
	/*
	 * Another key than that of an earlier use of the same table entry. Soft-RoCE draws one
	 * itself, and its invalidation must name that: see ccm_chunk_register().
	 */
	if (!wants_invalidation(ib))
		ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));
	return 0;
}

/**
 * ccm_chunk_destroy() - end every access to the memory
 * @chunk: no work request that registers it is under way
 * @ib: its device
 */
void ccm_chunk_destroy(struct ccm_chunk *chunk, struct ib_device *ib)
{
	if (chunk->mr)
		ib_dereg_mr(chunk->mr);
	chunk->mr = NULL;
	if (!chunk->sgt.sgl)
		return;
	ib_dma_unmap_sg(ib, chunk->sgt.sgl, (int)chunk->sgt.orig_nents, chunk->dir);
	sg_free_table(&chunk->sgt);
	chunk->sgt.sgl = NULL;
}

/**
 * ccm_chunk_wrs() - work requests that ccm_chunk_register() posts
 * @conn: connection
 */
u32 ccm_chunk_wrs(const struct ccm_conn *conn)
{
	return wants_invalidation(conn->device->ib) ? 2 : 1;
}

/**
 * ccm_chunk_register() - post the registration on the session's queue pair
 * @chunk: with a registration
 * @conn: connected
 * @cqe: for the completions, ccm_chunk_wrs() of them
 *
 * Return: 0 or a negative errno, then there may be fewer completions
 */
int ccm_chunk_register(struct ccm_chunk *chunk, struct ccm_conn *conn, struct ib_cqe *cqe)
{
	struct ib_send_wr invalidate = {};
	struct ib_reg_wr wr = {};

	wr.wr.opcode = IB_WR_REG_MR;
	wr.wr.wr_cqe = cqe;
	wr.mr = chunk->mr;
	wr.key = chunk->mr->rkey;
	wr.access = chunk->access;
	if (!wants_invalidation(conn->device->ib))
		return ib_post_send(conn->cm_id->qp, &wr.wr, NULL);
	invalidate.opcode = IB_WR_LOCAL_INV;
	invalidate.wr_cqe = cqe;
	invalidate.ex.invalidate_rkey = chunk->mr->rkey;
	invalidate.next = &wr.wr;
	return ib_post_send(conn->cm_id->qp, &invalidate, NULL);
}
