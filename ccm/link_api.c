// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links and ports as clients see them: the part of the kernel API that only looks.
 */
#include <linux/export.h>
#include <linux/scatterlist.h>

#include "link.h"

/**
 * ccm_link_partner() - node id of the partner
 * @link: link
 */
u32 ccm_link_partner(const struct ccm_link *link)
{
	return link->partner->id;
}
EXPORT_SYMBOL_GPL(ccm_link_partner);

/**
 * ccm_link_version() - version of the client's protocol that both sides speak
 * @link: link
 */
u16 ccm_link_version(const struct ccm_link *link)
{
	return link->plan.version;
}
EXPORT_SYMBOL_GPL(ccm_link_version);

/**
 * ccm_link_ports() - how many ports the link has, the same on both sides
 * @link: link
 */
u32 ccm_link_ports(const struct ccm_link *link)
{
	return link->plan.ports;
}
EXPORT_SYMBOL_GPL(ccm_link_ports);

/**
 * ccm_link_port() - a port; its counterpart has the same index
 * @link: link
 * @index: from 0
 *
 * Return: the port, or NULL if there is none of that index
 */
struct ccm_port *ccm_link_port(struct ccm_link *link, u32 index)
{
	return index < link->plan.ports ? link->ports[index] : NULL;
}
EXPORT_SYMBOL_GPL(ccm_link_port);

/**
 * ccm_link_region() - the memory here that the counterpart reads and writes
 * @link: link
 * @size: filled with its bytes, as many as the counterpart asked for
 *
 * Return: its start, the same from one ready() to the next unless release() was called in
 * between; NULL if the counterpart asked for none
 */
void *ccm_link_region(const struct ccm_link *link, u64 *size)
{
	*size = link->plan.give;
	return link->plan.give ? link->peer->region : NULL;
}
EXPORT_SYMBOL_GPL(ccm_link_region);

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
 * ccm_link_region_sync() - hand a part of the local region to the CPU, or back
 * @link: link
 * @offset: of the part
 * @len: of the part
 * @for_cpu: true: before the CPU reads what the counterpart wrote; false: after the CPU
 *	wrote what the counterpart is to read
 *
 * Any context but hard interrupts. Needed on machines whose DMA is not coherent; on the
 * others it costs little. After down() there is nothing to hand over: the region is the
 * CPU's.
 */
void ccm_link_region_sync(struct ccm_link *link, u64 offset, u64 len, bool for_cpu)
{
	unsigned long flags;
	u64 start = 0;
	u32 i;

	if (offset >= link->plan.give || len > link->plan.give - offset)
		return;
	spin_lock_irqsave(&link->sync_lock, flags);
	for (i = 0; i < link->region_chunks && !link->gone; i++) {
		if (offset < start + link->chunk_len && offset + len > start)
			sync_chunk(&link->chunks[i], link->conn->device->ib,
				   offset > start ? offset - start : 0, offset + len - start,
				   for_cpu);
		start += link->chunk_len;
	}
	spin_unlock_irqrestore(&link->sync_lock, flags);
}
EXPORT_SYMBOL_GPL(ccm_link_region_sync);

/**
 * ccm_link_partner_region() - bytes that the partner has set aside for this client
 * @link: link
 */
u64 ccm_link_partner_region(const struct ccm_link *link)
{
	return link->plan.take;
}
EXPORT_SYMBOL_GPL(ccm_link_partner_region);

/**
 * ccm_link_set_private() - keep something of the client's with the link
 * @link: link
 * @data: the client's
 */
void ccm_link_set_private(struct ccm_link *link, void *data)
{
	WRITE_ONCE(link->private_data, data);
}
EXPORT_SYMBOL_GPL(ccm_link_set_private);

/**
 * ccm_link_private() - what ccm_link_set_private() has kept
 * @link: link
 *
 * Return: NULL if nothing was set
 */
void *ccm_link_private(const struct ccm_link *link)
{
	return READ_ONCE(link->private_data);
}
EXPORT_SYMBOL_GPL(ccm_link_private);

/**
 * ccm_port_link() - the link of a port
 * @port: port
 */
struct ccm_link *ccm_port_link(const struct ccm_port *port)
{
	return port->link;
}
EXPORT_SYMBOL_GPL(ccm_port_link);

/**
 * ccm_port_index() - which port of its link it is, from 0
 * @port: port
 */
u32 ccm_port_index(const struct ccm_port *port)
{
	return port->index;
}
EXPORT_SYMBOL_GPL(ccm_port_index);
