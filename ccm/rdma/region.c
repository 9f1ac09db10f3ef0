// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a session: what the partner may read (the node's status page and the
 * session's own page, in one registration) and what it may write (the mailbox).
 *
 * All pages of a session are mapped for its device, so every access by the CPU to
 * what the device also touches stands between the right syncs; on machines whose DMA
 * is coherent these cost nothing.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "rdma.h"

static u8 *page_alloc(struct ib_device *ib, u64 *dma, enum dma_data_direction dir)
{
	u8 *page = (u8 *)get_zeroed_page(GFP_KERNEL);

	if (!page)
		return NULL;
	*dma = ib_dma_map_single(ib, page, PAGE_SIZE, dir);
	if (ib_dma_mapping_error(ib, *dma)) {
		free_page((unsigned long)page);
		return NULL;
	}
	return page;
}

static void page_free(struct ib_device *ib, u8 *page, u64 dma,
		      enum dma_data_direction dir)
{
	if (!page)
		return;
	ib_dma_unmap_single(ib, dma, PAGE_SIZE, dir);
	free_page((unsigned long)page);
}

/*
 * A memory region over @count mapped pages. The registration itself is a work request
 * that the queue pair executes in front of A0 (ccm_qp_send_keys()).
 */
static struct ib_mr *mr_create(struct ccm_conn *conn, const u64 *dma, u32 count,
			       int access, struct ib_reg_wr *wr)
{
	struct scatterlist sg[2];
	struct ib_mr *mr;
	u32 i;
	int n;

	mr = ib_alloc_mr(conn->pd, IB_MR_TYPE_MEM_REG, count);
	if (IS_ERR(mr))
		return mr;

	sg_init_table(sg, count);
	for (i = 0; i < count; i++) {
		sg_dma_address(&sg[i]) = dma[i];
		sg_dma_len(&sg[i]) = PAGE_SIZE;
	}
	n = ib_map_mr_sg(mr, sg, (int)count, NULL, PAGE_SIZE);
	if (n != (int)count) {
		ib_dereg_mr(mr);
		return (struct ib_mr *)ERR_PTR(n < 0 ? n : -EIO);
	}
	/* Another key than that of an earlier use of the same table entry */
	ib_update_fast_reg_key(mr, ib_inc_rkey(mr->rkey));

	memset(wr, 0, sizeof(*wr));
	wr->wr.opcode = IB_WR_REG_MR;
	wr->wr.wr_cqe = &conn->reg_cqe;
	wr->mr = mr;
	wr->key = mr->rkey;
	wr->access = access;
	return mr;
}

/**
 * ccm_region_create() - pages and memory regions of a connection that has a PD
 * @conn: with device and protection domain
 *
 * Return: 0 or a negative errno; then ccm_region_deregister() and ccm_region_free()
 * clean up what was made.
 */
int ccm_region_create(struct ccm_conn *conn)
{
	struct ib_device *ib = conn->device->ib;
	u64 status_dma[2];
	struct ib_mr *mr;

	BUILD_BUG_ON(PAGE_SIZE != CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_LANDING_OFFSET + CCM_SLOT_COUNT * CCM_SLOT_LEN > CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_TX_RING_OFFSET + CCM_RING_COUNT * CCM_WIRE_RING_LEN >
		     CCM_PAGE_LEN);

	conn->session_page = page_alloc(ib, &conn->session_dma, DMA_TO_DEVICE);
	conn->mailbox_page = page_alloc(ib, &conn->mailbox_dma, DMA_FROM_DEVICE);
	conn->tx_page = page_alloc(ib, &conn->tx_dma, DMA_TO_DEVICE);
	conn->rx_page = page_alloc(ib, &conn->rx_dma, DMA_FROM_DEVICE);
	if (!conn->session_page || !conn->mailbox_page || !conn->tx_page ||
	    !conn->rx_page)
		return -ENOMEM;

	status_dma[0] = conn->device->page_dma;
	status_dma[1] = conn->session_dma;
	mr = mr_create(conn, status_dma, 2, IB_ACCESS_REMOTE_READ, &conn->reg_wr[0]);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	conn->status_mr = mr;

	mr = mr_create(conn, &conn->mailbox_dma, 1,
		       IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE,
		       &conn->reg_wr[1]);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	conn->mailbox_mr = mr;

	if (!conn->iwarp)
		return 0;

	/*
	 * On iWARP a READ response is a tagged write by the peer: its sink must be
	 * registered for remote write (RFC 5040, 5.1 and the in-tree users). What lands
	 * there is copied before it is looked at.
	 */
	mr = mr_create(conn, &conn->rx_dma, 1,
		       IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE,
		       &conn->reg_wr[2]);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	conn->landing_mr = mr;
	return 0;
}

/**
 * ccm_region_deregister() - end every access that the partner has
 * @conn: its queue pair is drained or destroyed, so nothing uses the regions
 */
void ccm_region_deregister(struct ccm_conn *conn)
{
	if (conn->landing_mr)
		ib_dereg_mr(conn->landing_mr);
	if (conn->mailbox_mr)
		ib_dereg_mr(conn->mailbox_mr);
	if (conn->status_mr)
		ib_dereg_mr(conn->status_mr);
	conn->landing_mr = NULL;
	conn->mailbox_mr = NULL;
	conn->status_mr = NULL;
}

/**
 * ccm_region_free() - free the pages
 * @conn: queue pair destroyed, regions deregistered
 */
void ccm_region_free(struct ccm_conn *conn)
{
	struct ib_device *ib = conn->device->ib;

	page_free(ib, conn->session_page, conn->session_dma, DMA_TO_DEVICE);
	page_free(ib, conn->mailbox_page, conn->mailbox_dma, DMA_FROM_DEVICE);
	page_free(ib, conn->tx_page, conn->tx_dma, DMA_TO_DEVICE);
	page_free(ib, conn->rx_page, conn->rx_dma, DMA_FROM_DEVICE);
	conn->session_page = NULL;
	conn->mailbox_page = NULL;
	conn->tx_page = NULL;
	conn->rx_page = NULL;
}

/**
 * ccm_region_keys() - where the partner will reach this session's memory
 * @conn: with regions
 * @keys: filled
 */
void ccm_region_keys(struct ccm_conn *conn, struct ccm_session_keys *keys)
{
	keys->status_addr = conn->status_mr->iova;
	keys->status_key = conn->status_mr->rkey;
	keys->mailbox_addr = conn->mailbox_mr->iova;
	keys->mailbox_key = conn->mailbox_mr->rkey;
}

/**
 * ccm_region_answer() - put the answer to the partner's hello where R2 reads it
 * @conn: with regions
 * @data: an encoded answer
 * @len: of @data, at most a page
 *
 * The partner reads it only after it was rung, so it is never read half-written.
 */
void ccm_region_answer(struct ccm_conn *conn, const u8 *data, u32 len)
{
	struct ib_device *ib = conn->device->ib;

	ib_dma_sync_single_for_cpu(ib, conn->session_dma, PAGE_SIZE, DMA_TO_DEVICE);
	memcpy(conn->session_page, data, min_t(u32, len, PAGE_SIZE));
	ib_dma_sync_single_for_device(ib, conn->session_dma, PAGE_SIZE, DMA_TO_DEVICE);
}

/**
 * ccm_region_mail() - copy what the partner wrote into the mailbox
 * @conn: with regions
 * @ring: enum ccm_ring: which mail
 * @data: buffer
 * @room: bytes in it
 *
 * A copy, because the partner can write at any time: what is checked must be what is
 * used.
 *
 * Return: bytes copied; 0 for a ring that has no mail
 */
u32 ccm_region_mail(struct ccm_conn *conn, u32 ring, u8 *data, u32 room)
{
	u32 offset;
	u32 len;

	switch (ring) {
	case CCM_RING_HELLO:
		offset = CCM_MAILBOX_HELLO;
		len = CCM_WIRE_HELLO_LEN;
		break;
	case CCM_RING_CATALOG:
		offset = CCM_MAILBOX_CATALOG;
		len = CCM_WIRE_CATALOG_LEN;
		break;
	case CCM_RING_READY:
		offset = CCM_MAILBOX_READY;
		len = CCM_WIRE_READY_LEN;
		break;
	case CCM_RING_GOODBYE:
		offset = CCM_MAILBOX_GOODBYE;
		len = CCM_WIRE_GOODBYE_LEN;
		break;
	default:
		return 0;
	}
	len = min(len, room);
	ib_dma_sync_single_for_cpu(conn->device->ib, conn->mailbox_dma, PAGE_SIZE,
				   DMA_FROM_DEVICE);
	memcpy(data, conn->mailbox_page + offset, len);
	ib_dma_sync_single_for_device(conn->device->ib, conn->mailbox_dma, PAGE_SIZE,
				      DMA_FROM_DEVICE);
	return len;
}
