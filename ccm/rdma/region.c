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

static u8 *pages_alloc(struct ib_device *ib, u32 len, u64 *dma, enum dma_data_direction dir)
{
	u8 *pages = (u8 *)alloc_pages_exact(len, GFP_KERNEL | __GFP_ZERO);

	if (!pages)
		return NULL;
	*dma = ib_dma_map_single(ib, pages, len, dir);
	if (ib_dma_mapping_error(ib, *dma)) {
		free_pages_exact(pages, len);
		return NULL;
	}
	return pages;
}

static void pages_free(struct ib_device *ib, u8 *pages, u32 len, u64 dma,
		       enum dma_data_direction dir)
{
	if (!pages)
		return;
	ib_dma_unmap_single(ib, dma, len, dir);
	free_pages_exact(pages, len);
}

/* Mapped memory that a region covers */
struct span {
	u64 dma;
	u32 len;
};

/*
 * A memory region over @count mapped spans. The registration itself is a work request
 * that the queue pair executes in front of A0 (ccm_qp_send_keys()).
 */
static struct ib_mr *mr_create(struct ccm_conn *conn, const struct span *spans, u32 count,
			       int access, struct ib_reg_wr *wr)
{
	struct scatterlist sg[2];
	struct ib_mr *mr;
	u32 pages = 0;
	u32 i;
	int n;

	sg_init_table(sg, count);
	for (i = 0; i < count; i++) {
		sg_dma_address(&sg[i]) = spans[i].dma;
		sg_dma_len(&sg[i]) = spans[i].len;
		pages += spans[i].len / PAGE_SIZE;
	}
	mr = ib_alloc_mr(conn->pd, IB_MR_TYPE_MEM_REG, pages);
	if (IS_ERR(mr))
		return mr;

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
	struct span spans[2];
	struct ib_mr *mr;

	BUILD_BUG_ON(PAGE_SIZE != CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_LANDING_OFFSET + CCM_SLOT_COUNT * CCM_SLOT_LEN > CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_TX_RING_OFFSET + CCM_RING_COUNT * CCM_WIRE_RING_LEN >
		     CCM_MAILBOX_CATALOG);
	BUILD_BUG_ON(CCM_MAILBOX_CATALOG + CCM_CATALOG_LEN_MAX > CCM_MAILBOX_LINKS);
	BUILD_BUG_ON(CCM_MAILBOX_LINKS + CCM_LINKS_LEN_MAX > CCM_MAILBOX_LEN);

	conn->session_page = pages_alloc(ib, PAGE_SIZE, &conn->session_dma, DMA_TO_DEVICE);
	conn->mailbox = pages_alloc(ib, CCM_MAILBOX_LEN, &conn->mailbox_dma, DMA_FROM_DEVICE);
	conn->tx = pages_alloc(ib, CCM_TX_LEN, &conn->tx_dma, DMA_TO_DEVICE);
	conn->rx_page = pages_alloc(ib, PAGE_SIZE, &conn->rx_dma, DMA_FROM_DEVICE);
	if (!conn->session_page || !conn->mailbox || !conn->tx || !conn->rx_page)
		return -ENOMEM;

	spans[0].dma = conn->device->page_dma;
	spans[1].dma = conn->session_dma;
	spans[0].len = PAGE_SIZE;
	spans[1].len = PAGE_SIZE;
	mr = mr_create(conn, spans, 2, IB_ACCESS_REMOTE_READ, &conn->reg_wr[0]);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	conn->status_mr = mr;

	spans[0].dma = conn->mailbox_dma;
	spans[0].len = CCM_MAILBOX_LEN;
	mr = mr_create(conn, spans, 1,
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
	spans[0].dma = conn->rx_dma;
	spans[0].len = PAGE_SIZE;
	mr = mr_create(conn, spans, 1,
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

	pages_free(ib, conn->session_page, PAGE_SIZE, conn->session_dma, DMA_TO_DEVICE);
	pages_free(ib, conn->mailbox, CCM_MAILBOX_LEN, conn->mailbox_dma, DMA_FROM_DEVICE);
	pages_free(ib, conn->tx, CCM_TX_LEN, conn->tx_dma, DMA_TO_DEVICE);
	pages_free(ib, conn->rx_page, PAGE_SIZE, conn->rx_dma, DMA_FROM_DEVICE);
	conn->session_page = NULL;
	conn->mailbox = NULL;
	conn->tx = NULL;
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
		len = CCM_CATALOG_LEN_MAX;
		break;
	case CCM_RING_LINKS:
		offset = CCM_MAILBOX_LINKS;
		len = CCM_LINKS_LEN_MAX;
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
	ib_dma_sync_single_for_cpu(conn->device->ib, conn->mailbox_dma + offset, len,
				   DMA_FROM_DEVICE);
	memcpy(data, conn->mailbox + offset, len);
	ib_dma_sync_single_for_device(conn->device->ib, conn->mailbox_dma + offset, len,
				      DMA_FROM_DEVICE);
	return len;
}
