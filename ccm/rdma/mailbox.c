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

#include "device.h"
#include "endpoint.h"
#include "mailbox.h"
#include "mr.h"

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

static int mr_over(struct ib_mr **made, struct ib_pd *pd, const struct span *spans, u32 count)
{
	struct scatterlist sg[2];
	struct ib_mr *mr;
	u32 len = 0;
	u32 i;

	sg_init_table(sg, count);
	for (i = 0; i < count; i++) {
		sg_dma_address(&sg[i]) = spans[i].dma;
		sg_dma_len(&sg[i]) = spans[i].len;
		len += spans[i].len;
	}
	mr = ccm_mr_create(pd, sg, count, len / CCM_PAGE_LEN, len);
	if (IS_ERR(mr))
		return (int)PTR_ERR(mr);
	*made = mr;
	return 0;
}

/**
 * ccm_mailbox_create() - pages and memory regions of a session
 * @mailbox: zeroed
 * @ep: bound
 *
 * Return: 0 or a negative errno; then ccm_mailbox_deregister() and ccm_mailbox_free()
 * clean up what was made.
 */
int ccm_mailbox_create(struct ccm_mailbox *mailbox, const struct ccm_endpoint *ep)
{
	struct ib_device *ib = ep->device->ib;
	struct span spans[2];
	int ret;

	BUILD_BUG_ON(PAGE_SIZE % CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_LANDING_OFFSET + CCM_SLOT_ANSWER * CCM_SLOT_LEN > CCM_PAGE_LEN);
	BUILD_BUG_ON(CCM_TX_RING_OFFSET + CCM_RING_COUNT * CCM_WIRE_RING_LEN >
		     CCM_MAILBOX_CATALOG);
	BUILD_BUG_ON(CCM_MAILBOX_CATALOG + CCM_CATALOG_LEN_MAX > CCM_MAILBOX_LINKS);
	BUILD_BUG_ON(CCM_MAILBOX_LINKS + CCM_LINKS_LEN_MAX > CCM_MAILBOX_LEN);

	mailbox->ib = ib;
	mailbox->session_page = pages_alloc(ib, CCM_PAGE_LEN, &mailbox->session_dma, DMA_TO_DEVICE);
	mailbox->box = pages_alloc(ib, CCM_MAILBOX_LEN, &mailbox->box_dma, DMA_FROM_DEVICE);
	mailbox->tx = pages_alloc(ib, CCM_TX_LEN, &mailbox->tx_dma, DMA_TO_DEVICE);
	mailbox->rx = pages_alloc(ib, CCM_RX_LEN, &mailbox->rx_dma, DMA_FROM_DEVICE);
	if (!mailbox->session_page || !mailbox->box || !mailbox->tx || !mailbox->rx)
		return -ENOMEM;

	spans[0].dma = ep->device->page_dma;
	spans[1].dma = mailbox->session_dma;
	spans[0].len = CCM_PAGE_LEN;
	spans[1].len = CCM_PAGE_LEN;
	ret = mr_over(&mailbox->status_mr, ep->pd, spans, 2);
	if (ret)
		return ret;

	spans[0].dma = mailbox->box_dma;
	spans[0].len = CCM_MAILBOX_LEN;
	ret = mr_over(&mailbox->box_mr, ep->pd, spans, 1);
	if (ret || !ep->iwarp)
		return ret;

	/*
	 * On iWARP a READ response is a tagged write by the peer: its sink must be
	 * registered for remote write (RFC 5040, 5.1 and the in-tree users). What lands
	 * there is copied before it is looked at.
	 */
	spans[0].dma = mailbox->rx_dma;
	spans[0].len = CCM_RX_LEN;
	return mr_over(&mailbox->landing_mr, ep->pd, spans, 1);
}

/**
 * ccm_mailbox_deregister() - end every access that the partner has
 * @mailbox: the queue pair is fenced, so nothing uses the regions
 *
 * Return: 0; a negative errno: not all regions could be deregistered
 */
int ccm_mailbox_deregister(struct ccm_mailbox *mailbox)
{
	int landing = ccm_mr_destroy(&mailbox->landing_mr);
	int box = ccm_mr_destroy(&mailbox->box_mr);
	int status = ccm_mr_destroy(&mailbox->status_mr);
	int ret = landing ? landing : box ? box : status;

	if (ret)
		mailbox->lost = true;
	return ret;
}

/**
 * ccm_mailbox_free() - free the pages
 * @mailbox: queue pair destroyed, regions deregistered
 *
 * Pages that the partner may still reach are left alone.
 */
void ccm_mailbox_free(struct ccm_mailbox *mailbox)
{
	struct ib_device *ib = mailbox->ib;

	if (mailbox->lost)
		return;
	pages_free(ib, mailbox->session_page, CCM_PAGE_LEN, mailbox->session_dma, DMA_TO_DEVICE);
	pages_free(ib, mailbox->box, CCM_MAILBOX_LEN, mailbox->box_dma, DMA_FROM_DEVICE);
	pages_free(ib, mailbox->tx, CCM_TX_LEN, mailbox->tx_dma, DMA_TO_DEVICE);
	pages_free(ib, mailbox->rx, CCM_RX_LEN, mailbox->rx_dma, DMA_FROM_DEVICE);
	mailbox->session_page = NULL;
	mailbox->box = NULL;
	mailbox->tx = NULL;
	mailbox->rx = NULL;
}

/**
 * ccm_mailbox_keys() - where the partner will reach this session's memory
 * @mailbox: with its regions
 * @keys: filled
 */
void ccm_mailbox_keys(const struct ccm_mailbox *mailbox, struct ccm_session_keys *keys)
{
	keys->status_addr = mailbox->status_mr->iova;
	keys->status_key = mailbox->status_mr->rkey;
	keys->mailbox_addr = mailbox->box_mr->iova;
	keys->mailbox_key = mailbox->box_mr->rkey;
}

/**
 * ccm_mailbox_answer() - put the answer to the partner's hello where R2 reads it
 * @mailbox: with its regions
 * @data: an encoded answer
 * @len: of @data, at most a page
 *
 * The partner reads it only after it was rung, so it is never read half-written.
 */
void ccm_mailbox_answer(struct ccm_mailbox *mailbox, const u8 *data, u32 len)
{
	struct ib_device *ib = mailbox->ib;

	ib_dma_sync_single_for_cpu(ib, mailbox->session_dma, CCM_PAGE_LEN, DMA_TO_DEVICE);
	memcpy(mailbox->session_page, data, min_t(u32, len, CCM_PAGE_LEN));
	ib_dma_sync_single_for_device(ib, mailbox->session_dma, CCM_PAGE_LEN, DMA_TO_DEVICE);
}

/**
 * ccm_mailbox_take() - copy what the partner wrote into the mailbox
 * @mailbox: with its regions
 * @ring: enum ccm_ring: which mail
 * @data: buffer
 * @room: bytes in it
 *
 * A copy, because the partner can write at any time: what is checked must be what is
 * used.
 *
 * Return: bytes copied; 0 for a ring that has no mail
 */
u32 ccm_mailbox_take(struct ccm_mailbox *mailbox, u32 ring, u8 *data, u32 room)
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
	ib_dma_sync_single_for_cpu(mailbox->ib, mailbox->box_dma + offset, len,
				   DMA_FROM_DEVICE);
	memcpy(data, mailbox->box + offset, len);
	ib_dma_sync_single_for_device(mailbox->ib, mailbox->box_dma + offset, len,
				      DMA_FROM_DEVICE);
	return len;
}

/**
 * ccm_mailbox_take_slot() - copy what an RDMA READ brought
 * @mailbox: with its regions
 * @slot: enum ccm_slot, its READ has completed
 * @data: buffer
 * @len: bytes wanted, at most CCM_SLOT_LEN
 */
void ccm_mailbox_take_slot(struct ccm_mailbox *mailbox, u32 slot, u8 *data, u32 len)
{
	u32 offset = ccm_slot_offset(slot);

	ib_dma_sync_single_for_cpu(mailbox->ib, mailbox->rx_dma + offset, CCM_SLOT_LEN,
				   DMA_FROM_DEVICE);
	memcpy(data, mailbox->rx + offset, len);
	ib_dma_sync_single_for_device(mailbox->ib, mailbox->rx_dma + offset, CCM_SLOT_LEN,
				      DMA_FROM_DEVICE);
}
