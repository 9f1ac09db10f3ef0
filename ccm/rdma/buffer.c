// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local buffers of clients: mapped once for the link's device, then used for as many
 * operations as the client likes.
 *
 * The link knows its buffers, because the device may go before the client gets round to
 * unmapping them: when the link is fenced, all are unmapped.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>

#include "buffer.h"
#include "conn.h"
#include "device.h"
#include "link.h"
#include "op.h"

/*
 * The memory is the client's, and cannot be kept from it. What could still reach it is a queue
 * pair of the session: all are in the error state when its link is fenced. Of those that are not,
 * whoever has something posted on them hears: see abort_posted() in port.c.
 */
static void deregister(struct ccm_device *device, struct ib_mr **mr)
{
	int ret = ccm_mr_destroy(mr);

	if (ret)
		ccm_device_quarantine(device, "ib_dereg_mr", ret);
}

/*
 * On iWARP a READ response is a tagged write by the peer: what it goes to must be
 * registered for remote write. The key is known to no more than the READ itself tells.
 */
static int buffer_register(struct ccm_buffer *buffer)
{
	struct ccm_link *link = buffer->link;
	struct ccm_device *device = link->conn->endpoint.device;
	struct scatterlist sg;
	struct ib_mr *mr;
	u32 pages;
	int ret;

	pages = (u32)DIV_ROUND_UP((unsigned long)buffer->data % CCM_PAGE_LEN + buffer->len,
				  CCM_PAGE_LEN);
	sg_init_table(&sg, 1);
	sg_dma_address(&sg) = buffer->dma;
	sg_dma_len(&sg) = (unsigned int)buffer->len;
	mr = ccm_mr_create(link->conn->endpoint.pd, &sg, 1, pages, buffer->len);
	if (IS_ERR(mr))
		return (int)PTR_ERR(mr);
	ret = ccm_op_register(link->ports[0], mr,
			      IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE);
	if (ret) {
		deregister(device, &mr);
		return ret;
	}
	buffer->mr = mr;
	buffer->read_addr = mr->iova;
	buffer->read_lkey = mr->lkey;
	return 0;
}

static int map(struct ccm_buffer *buffer)
{
	struct ccm_link *link = buffer->link;
	struct ib_device *ib;
	int ret = 0;

	lockdep_assert_held(&link->buffer_lock);
	if (READ_ONCE(link->gone))
		return -ENOTCONN;
	ib = link->conn->endpoint.device->ib;
	buffer->dma = ib_dma_map_single(ib, buffer->data, buffer->len, buffer->dir);
	if (ib_dma_mapping_error(ib, buffer->dma))
		return -ENOMEM;
	buffer->read_addr = buffer->dma;
	buffer->read_lkey = link->conn->endpoint.pd->local_dma_lkey;
	if (link->conn->endpoint.iwarp && buffer->dir != DMA_TO_DEVICE)
		ret = buffer_register(buffer);
	if (ret) {
		ib_dma_unmap_single(ib, buffer->dma, buffer->len, buffer->dir);
		return ret;
	}
	buffer->mapped = true;
	list_add_tail(&buffer->entry, &link->buffers);
	return 0;
}

/**
 * ccm_buffer_map() - make memory usable for operations of a link
 * @buffer: filled; the client's memory, which stays until ccm_buffer_unmap()
 * @link: link
 * @data: from kmalloc() or the page allocator, not from vmalloc() or the stack
 * @len: bytes, 1 to CCM_BUFFER_MAX; to read into, to ccm_link_buffer_max()
 * @dir: DMA_TO_DEVICE: to write and send from; DMA_FROM_DEVICE: to read into;
 *	DMA_BIDIRECTIONAL: both
 *
 * Process context, may sleep.
 *
 * Return: 0; -ENOTCONN: the link is gone; -EINVAL: @data is of the wrong kind, @len out
 * of range or @dir none of these; -EMSGSIZE: more than ccm_link_buffer_max(), which waiting
 * does not change; -ENOMEM; iWARP: another negative errno
 */
int ccm_buffer_map(struct ccm_buffer *buffer, struct ccm_link *link, void *data, size_t len,
		   enum dma_data_direction dir)
{
	int ret;

	if (!len || len > CCM_BUFFER_MAX || !virt_addr_valid(data) ||
	    !virt_addr_valid((u8 *)data + len - 1) ||
	    (dir != DMA_TO_DEVICE && dir != DMA_FROM_DEVICE && dir != DMA_BIDIRECTIONAL))
		return -EINVAL;
	if (dir != DMA_TO_DEVICE && len > link->buffer_max)
		return -EMSGSIZE;
	buffer->link = link;
	buffer->data = data;
	buffer->len = len;
	buffer->dir = dir;
	buffer->mr = NULL;
	buffer->mapped = false;
	mutex_lock(&link->buffer_lock);
	ret = map(buffer);
	mutex_unlock(&link->buffer_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ccm_buffer_map);

static void unmap(struct ccm_buffer *buffer)
{
	struct ccm_device *device = buffer->link->conn->endpoint.device;

	lockdep_assert_held(&buffer->link->buffer_lock);
	deregister(device, &buffer->mr);
	/* or the device reaches what is somebody else's by then */
	if (!buffer->mr && !ccm_link_lost(buffer->link))
		ib_dma_unmap_single(device->ib, buffer->dma, buffer->len, buffer->dir);
	buffer->mr = NULL;
	list_del(&buffer->entry);
	buffer->mapped = false;
}

/**
 * ccm_buffer_unmap() - give memory back
 * @buffer: mapped or not any more; no operation that uses it is in flight
 *
 * Process context, may sleep. Until the link's down() returns.
 */
void ccm_buffer_unmap(struct ccm_buffer *buffer)
{
	struct ccm_link *link = buffer->link;

	mutex_lock(&link->buffer_lock);
	if (buffer->mapped)
		unmap(buffer);
	mutex_unlock(&link->buffer_lock);
}
EXPORT_SYMBOL_GPL(ccm_buffer_unmap);

/**
 * ccm_buffers_unmap() - unmap what the client has not; none is mapped any more
 * @link: its ports are fenced, and it is marked as gone
 *
 * The partner's work item. Waits for a map that is under way, which is bounded: what it
 * posts on a port has completed when the port is fenced.
 */
void ccm_buffers_unmap(struct ccm_link *link)
{
	struct ccm_buffer *buffer;
	struct ccm_buffer *next;

	mutex_lock(&link->buffer_lock);
	list_for_each_entry_safe(buffer, next, &link->buffers, entry)
		unmap(buffer);
	mutex_unlock(&link->buffer_lock);
}
