// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks and regions: memory for the counterpart, each chunk registered by a work request
 * on the session's queue pair; the registrations of all regions share CCM_MAIL_LINK_WR
 * places on its send queue. A chunk's pages need not be contiguous.
 */
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "chunk.h"
#include "conn.h"
#include "device.h"

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
 * Map memory, and make a registration for it if @access is not 0; chunk_destroy() cleans
 * up in either case. Nothing behind @len bytes can be reached.
 */
static int chunk_create(struct ccm_chunk *chunk, struct ccm_conn *conn, u8 *data, u32 len,
			enum dma_data_direction dir, int access)
{
	struct ib_mr *mr;
	int ret;

	chunk->dir = dir;
	chunk->access = access;
	ret = map(chunk, conn->endpoint.device->ib, data, len);
	if (ret || !access)
		return ret;
	/* one page more than there is: see CCM_MR_LEN_MAX */
	mr = ccm_mr_create(conn->endpoint.pd, chunk->sgt.sgl, chunk->sgt.nents,
			   DIV_ROUND_UP(len, CCM_PAGE_LEN) + 1, len);
	if (IS_ERR(mr))
		return (int)PTR_ERR(mr);
	chunk->mr = mr;
	return 0;
}

/* What may still be reached stays mapped. */
static int chunk_destroy(struct ccm_chunk *chunk, struct ib_device *ib)
{
	int ret = ccm_mr_destroy(&chunk->mr);

	if (ret || !chunk->sgt.sgl)
		return ret;
	ib_dma_unmap_sg(ib, chunk->sgt.sgl, (int)chunk->sgt.orig_nents, chunk->dir);
	sg_free_table(&chunk->sgt);
	chunk->sgt.sgl = NULL;
	return 0;
}

/*
 * A region
 */

/*
 * A work request of a region has completed. When it is counted, the region may be freed;
 * its connection and inbox are there as long as the completion queue is.
 */
static void reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_region *region = container_of(wc->wr_cqe, struct ccm_region, reg_cqe);
	struct ccm_inbox *inbox = region->inbox;
	struct ccm_conn *conn = region->conn;

	/* pairs with ccm_region_under_way(): what is read of it is read before it is freed */
	smp_mb__before_atomic();
	atomic_inc(&region->wrs_ended);
	ccm_mail_link_done(&conn->mail, wc);
	ccm_inbox_tell(inbox, CCM_INBOX_LINKS);
}

/* The chunk table: where the partner reaches each chunk of the region */
static void fill_table(struct ccm_region *region)
{
	const struct ccm_chunk *table = &region->chunks[region->region_chunks];
	struct ccm_link_chunk chunk;
	u32 i;

	for (i = 0; i < region->region_chunks; i++) {
		const struct ib_mr *mr = region->chunks[i].mr;

		chunk.addr = mr->iova;
		chunk.key = mr->rkey;
		chunk.len = (u32)mr->length;
		ccm_link_put_chunk(region->table, i, &chunk);
	}
	ib_dma_sync_single_for_device(region->conn->endpoint.device->ib,
				      sg_dma_address(table->sgt.sgl), PAGE_SIZE, DMA_TO_DEVICE);
}

static int chunk_add(struct ccm_region *region, void *data, u32 len,
		     enum dma_data_direction dir, int access)
{
	return chunk_create(&region->chunks[region->count++], region->conn, (u8 *)data, len, dir,
			    access);
}

/*
 * As much as one registration covers (soft-RoCE 512 pages, siw 256, mlx4 511), but for the
 * page that chunk_create() adds.
 */
static u32 chunk_len(const struct ib_device *ib)
{
	u32 pages = ib->attrs.max_fast_reg_page_list_len;

	return clamp_t(u32, pages - 1, 1, CCM_MR_LEN_MAX / CCM_PAGE_LEN) * CCM_PAGE_LEN;
}

static int map_pages(struct ccm_region *region)
{
	const struct ccm_endpoint *ep = &region->conn->endpoint;
	int ret;

	/* table and landing page */
	BUILD_BUG_ON(CCM_LINK_CHUNKS_MAX * CCM_LINK_CHUNK_LEN > CCM_PAGE_LEN);

	if (region->region_chunks) {
		region->table = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!region->table)
			return -ENOMEM;
		ret = chunk_add(region, region->table, PAGE_SIZE, DMA_TO_DEVICE,
				IB_ACCESS_REMOTE_READ);
		if (ret)
			return ret;
		fill_table(region);
	}
	if (region->wants_landing) {
		region->landing = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!region->landing)
			return -ENOMEM;
		/* iWARP: see ccm_mailbox_create() */
		ret = chunk_add(region, region->landing, PAGE_SIZE, DMA_FROM_DEVICE,
				ep->iwarp ? IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE : 0);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ccm_region_create() - memory for the counterpart, to be mapped in chunks
 * @region: zeroed
 * @conn: the session's
 * @inbox: told when a work request of the region has completed
 * @data: memory, from vmalloc(); not looked at when @len is 0
 * @len: bytes of it
 * @landing: a page for the partner's table is wanted, too; on iWARP also for what is READ
 *	behind a WRITE
 *
 * The partner's work item.
 *
 * Return: 0; -ENOSPC: it would be too many chunks; another negative errno.
 * ccm_region_destroy() cleans up in either case
 */
int ccm_region_create(struct ccm_region *region, struct ccm_conn *conn, struct ccm_inbox *inbox,
		      void *data, u64 len, bool landing)
{
	region->conn = conn;
	region->inbox = inbox;
	region->reg_cqe.done = reg_done;
	region->chunk_len = chunk_len(conn->endpoint.device->ib);
	region->region_chunks = (u32)DIV_ROUND_UP_ULL(len, region->chunk_len);
	region->data = (u8 *)data;
	region->left = len;
	region->wants_landing = landing;
	if (region->region_chunks > CCM_LINK_CHUNKS_MAX)
		return -ENOSPC;
	region->chunks = (struct ccm_chunk *)kvcalloc(region->region_chunks + 2,
						      sizeof(*region->chunks), GFP_KERNEL);
	return region->chunks ? 0 : -ENOMEM;
}

/**
 * ccm_region_map() - map the next chunk of it
 * @region: created
 *
 * The partner's work item. A chunk at a time, because there are up to CCM_LINK_CHUNKS_MAX of them
 * and a verdict must not wait for all.
 *
 * Return: 0: all is mapped; -EINPROGRESS: there is more; another negative errno
 */
int ccm_region_map(struct ccm_region *region)
{
	u32 len = (u32)min_t(u64, region->left, region->chunk_len);
	int ret;

	if (region->mapped)
		return 0;
	if (!len) {
		ret = map_pages(region);
		region->mapped = !ret;
		return ret;
	}
	ret = chunk_add(region, region->data, len, DMA_BIDIRECTIONAL, IB_ACCESS_LOCAL_WRITE |
			IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_READ);
	region->data += len;
	region->left -= len;
	return ret ? ret : -EINPROGRESS;
}

/* How many of the chunks want a registration: all but a landing page that is only mapped */
static u32 to_register(const struct ccm_region *region)
{
	u32 count = region->count;

	if (count && !region->chunks[count - 1].mr)
		count--;
	return count;
}

/**
 * ccm_region_register() - post registrations, as far as there are places for them
 * @region: mapped
 *
 * The partner's work item. To be called again when CCM_INBOX_LINKS was told.
 *
 * Return: 0; a negative errno: the queue pair takes no more, and the session is to end
 */
int ccm_region_register(struct ccm_region *region)
{
	struct ccm_endpoint *ep = &region->conn->endpoint;
	struct ccm_mail *mail = &region->conn->mail;
	u32 wrs = ccm_mr_wrs(ep->device->ib);
	struct ccm_chunk *chunk;
	int ret;

	while (region->posted < to_register(region) && ccm_mail_take_places(mail, wrs)) {
		chunk = &region->chunks[region->posted];
		ret = ccm_mr_post(ep->qp, chunk->mr, chunk->access, &region->reg_cqe);
		if (ret) {
			/* what of it was posted ends with the session */
			ccm_mail_give_places(mail, wrs);
			ccm_endpoint_tell(ep, CCM_ENDPOINT_ERROR);
			return ret;
		}
		region->posted++;
		region->wrs += wrs;
	}
	return 0;
}

/**
 * ccm_region_under_way() - work requests that are posted and not back yet
 * @region: in any state
 */
u32 ccm_region_under_way(const struct ccm_region *region)
{
	return region->wrs - (u32)atomic_read_acquire(&region->wrs_ended);
}

/**
 * ccm_region_registered() - can the partner reach all of it?
 * @region: in any state
 */
bool ccm_region_registered(const struct ccm_region *region)
{
	return region->mapped && region->posted == to_register(region) &&
	       !ccm_region_under_way(region);
}

/**
 * ccm_region_offer() - where the partner finds the table
 * @region: registered
 * @len: bytes of the region
 * @offer: filled
 */
void ccm_region_offer(const struct ccm_region *region, u64 len, struct ccm_link_offer *offer)
{
	const struct ib_mr *mr;

	memset(offer, 0, sizeof(*offer));
	offer->bytes = len;
	offer->chunks = region->region_chunks;
	if (!region->region_chunks)
		return;
	mr = region->chunks[region->region_chunks].mr;
	offer->table_addr = mr->iova;
	offer->table_key = mr->rkey;
}

/**
 * ccm_region_landing() - where the partner's table is READ to
 * @region: created with a landing page
 */
const struct ccm_chunk *ccm_region_landing(const struct ccm_region *region)
{
	return &region->chunks[region->count - 1];
}

/* Not a byte more than what is asked for: what lies beside it may be being written. */
static void sync_chunk(struct ccm_chunk *chunk, struct ib_device *ib, u64 from, u64 to,
		       bool for_cpu)
{
	struct scatterlist *sg;
	u64 at = 0;
	int i;

	for_each_sg(chunk->sgt.sgl, sg, (int)chunk->sgt.nents, i) {
		u64 first = max(from, at);
		u64 end = min(to, at + sg_dma_len(sg));

		if (first < end) {
			u64 dma = sg_dma_address(sg) + first - at;

			if (for_cpu)
				ib_dma_sync_single_for_cpu(ib, dma, end - first, chunk->dir);
			else
				ib_dma_sync_single_for_device(ib, dma, end - first,
							      chunk->dir);
		}
		at += sg_dma_len(sg);
	}
}

/**
 * ccm_region_sync() - hand a part to the CPU, or back
 * @region: mapped
 * @offset: of the part
 * @len: of the part
 * @for_cpu: to the CPU
 *
 * Any context but hard interrupts; the caller keeps it from being destroyed.
 */
void ccm_region_sync(struct ccm_region *region, u64 offset, u64 len, bool for_cpu)
{
	u64 start = 0;
	u32 i;

	for (i = 0; i < region->region_chunks; i++) {
		if (offset < start + region->chunk_len && offset + len > start)
			sync_chunk(&region->chunks[i], region->conn->endpoint.device->ib,
				   offset > start ? offset - start : 0, offset + len - start,
				   for_cpu);
		start += region->chunk_len;
	}
}

/**
 * ccm_region_destroy() - end every access to the memory
 * @region: no work request of it is under way, or the queue pair is fenced
 * @lost: a queue pair that READs into the landing page could not be ended
 *
 * Return: 0; a negative errno: a chunk could not be deregistered. The memory must then never be
 * used again, nor freed. Its device is in quarantine. Then, or with @lost, table, landing page and
 * what describes them are left alone, for ever
 */
int ccm_region_destroy(struct ccm_region *region, bool lost)
{
	struct ccm_device *device = region->conn ? region->conn->endpoint.device : NULL;
	int first = 0;
	u32 i;
	int ret;

	for (i = 0; i < region->count; i++) {
		/* it is written to without a key of its own, that could be taken back */
		if (lost && !region->chunks[i].mr)
			continue;
		ret = chunk_destroy(&region->chunks[i], device->ib);
		if (!first)
			first = ret;
	}
	if (first)
		ccm_device_quarantine(device, "ib_dereg_mr", first);
	if (first || lost) {
		kmemleak_not_leak(region->chunks);
	} else {
		kvfree(region->chunks);
		free_page((unsigned long)region->table);
		free_page((unsigned long)region->landing);
	}
	region->chunks = NULL;
	region->count = 0;
	region->region_chunks = 0;
	region->table = NULL;
	region->landing = NULL;
	region->mapped = false;
	region->conn = NULL;
	return first;
}

/*
 * The partner's region
 */

/**
 * ccm_remote_take() - check and keep what the READ of the table brought
 * @remote: empty
 * @region: whose landing page has it
 * @offer: of the table
 *
 * Return: 0; -EPROTO: it is none, or of another length; -ENOMEM. ccm_remote_free() cleans
 * up in either case
 */
int ccm_remote_take(struct ccm_remote *remote, const struct ccm_region *region,
		    const struct ccm_link_offer *offer)
{
	const struct ccm_chunk *landing = ccm_region_landing(region);

	ib_dma_sync_single_for_cpu(region->conn->endpoint.device->ib,
				   sg_dma_address(landing->sgt.sgl), PAGE_SIZE,
				   DMA_FROM_DEVICE);
	remote->chunks = (struct ccm_link_chunk *)kvcalloc(offer->chunks,
							   sizeof(*remote->chunks), GFP_KERNEL);
	if (!remote->chunks)
		return -ENOMEM;
	if (ccm_link_get_chunks(region->landing, PAGE_SIZE, offer, remote->chunks))
		return -EPROTO;
	remote->len = remote->chunks[0].len;
	return 0;
}

/**
 * ccm_remote_free() - forget the partner's region
 * @remote: known or not
 */
void ccm_remote_free(struct ccm_remote *remote)
{
	kvfree(remote->chunks);
	remote->chunks = NULL;
}
