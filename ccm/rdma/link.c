// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: ports and memory of a client, and the part of the kernel API that only looks at
 * them.
 */
#include <linux/export.h>
#include <linux/slab.h>

#include "conn.h"
#include "device.h"
#include "link.h"

/* A page less than one registration covers: a buffer may begin and end within one. */
static u32 buffer_max(const struct ccm_conn *conn)
{
	u32 pages = conn->endpoint.device->ib->attrs.max_fast_reg_page_list_len;

	if (!conn->endpoint.iwarp || pages > CCM_BUFFER_MAX / CCM_PAGE_LEN)
		return CCM_BUFFER_MAX;
	return (u32)((max(pages, 2U) - 1) * CCM_PAGE_LEN);
}

/**
 * ccm_link_create() - a link without ports and memory
 * @partner: node id
 * @plan: what it is going to get; copied
 * @conn: the session's connection
 * @wq: see struct ccm_link
 *
 * Return: the link, with one reference, or NULL
 */
struct ccm_link *ccm_link_create(u32 partner, const struct ccm_plan *plan,
				 struct ccm_conn *conn, struct workqueue_struct *wq)
{
	struct ccm_link *link = (struct ccm_link *)kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return NULL;
	kref_init(&link->ref);
	link->partner = partner;
	link->plan = *plan;
	link->conn = conn;
	link->wq = wq;
	link->iwarp = conn->endpoint.iwarp;
	link->buffer_max = buffer_max(conn);
	mutex_init(&link->buffer_lock);
	INIT_LIST_HEAD(&link->buffers);
	spin_lock_init(&link->sync_lock);
	return link;
}

static void link_release(struct kref *ref)
{
	struct ccm_link *link = container_of(ref, struct ccm_link, ref);
	u32 i;

	for (i = 0; i < CCM_CLIENT_PORTS_MAX; i++)
		if (link->ports[i])
			ccm_port_put(link->ports[i]);
	ccm_remote_free(&link->remote);
	kfree(link);
}

/** ccm_link_get() - one reference more */
void ccm_link_get(struct ccm_link *link)
{
	kref_get(&link->ref);
}

/** ccm_link_put() - one less; with the last, its memory and that of its ports goes */
void ccm_link_put(struct ccm_link *link)
{
	kref_put(&link->ref, link_release);
}

/**
 * ccm_link_deliver() - the client has heard READY: what was held, and what comes, is its
 * @link: told
 *
 * Process context.
 */
void ccm_link_deliver(struct ccm_link *link)
{
	u32 i;

	for (i = 0; i < link->plan.ports; i++)
		ccm_port_deliver(link->ports[i]);
}

/**
 * ccm_link_stop() - nothing is posted on its ports any more
 * @link: in any state
 * @drain: begun; then to be waited for
 */
void ccm_link_stop(struct ccm_link *link, struct ccm_drain *drain)
{
	u32 i;

	for (i = 0; i < link->plan.ports; i++)
		if (link->ports[i])
			ccm_port_stop(link->ports[i], drain);
}

/**
 * ccm_link_fence_ports() - end its ports for good; see ccm_port_fence()
 * @link: stopped, and the drain waited for
 */
void ccm_link_fence_ports(struct ccm_link *link)
{
	u32 i;

	for (i = 0; i < link->plan.ports; i++)
		if (link->ports[i])
			ccm_port_fence(link->ports[i]);
}

/**
 * ccm_link_lost() - may the device still reach what was posted on one of its ports?
 * @link: its ports are fenced, or going to be
 */
bool ccm_link_lost(const struct ccm_link *link)
{
	bool lost = false;
	u32 i;

	for (i = 0; i < link->plan.ports; i++)
		lost = lost || (link->ports[i] && READ_ONCE(link->ports[i]->endpoint.lost));
	return lost;
}

/**
 * ccm_link_set_gone() - the device must not be looked at any more
 * @link: its ports are fenced
 */
void ccm_link_set_gone(struct ccm_link *link)
{
	unsigned long flags;

	spin_lock_irqsave(&link->sync_lock, flags);
	link->gone = true;
	spin_unlock_irqrestore(&link->sync_lock, flags);
}

/*
 * The kernel API
 */

/**
 * ccm_link_partner() - node id of the partner
 * @link: link
 */
u32 ccm_link_partner(const struct ccm_link *link)
{
	return link->partner;
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
	return link->plan.give ? link->memory : NULL;
}
EXPORT_SYMBOL_GPL(ccm_link_region);

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

	if (offset >= link->plan.give || len > link->plan.give - offset)
		return;
	spin_lock_irqsave(&link->sync_lock, flags);
	if (!link->gone)
		ccm_region_sync(&link->region, offset, len, for_cpu);
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
 * ccm_link_features() - what the transport does by itself
 * @link: link
 *
 * Return: CCM_LINK_* bits; the same as long as the link is there
 */
u32 ccm_link_features(const struct ccm_link *link)
{
	return link->iwarp ? 0U : CCM_LINK_ACKNOWLEDGES | CCM_LINK_REPEATS;
}
EXPORT_SYMBOL_GPL(ccm_link_features);

/**
 * ccm_link_buffer_max() - bytes of a buffer to READ into
 * @link: link
 *
 * Such a buffer may be DMA_FROM_DEVICE or DMA_BIDIRECTIONAL, and begin anywhere in a page. One
 * to write from has no other limit than CCM_BUFFER_MAX.
 *
 * Return: at most CCM_BUFFER_MAX; less on iWARP, where the device must register it in one
 * piece (siw: 1044480)
 */
u32 ccm_link_buffer_max(const struct ccm_link *link)
{
	return link->buffer_max;
}
EXPORT_SYMBOL_GPL(ccm_link_buffer_max);

/**
 * ccm_link_reset() - close a link, and open it again
 * @link: between ready() and the return of down()
 *
 * Any context. For a client that cannot go on with it, or waits for its counterpart too long.
 * Operations in flight end, down() follows here and there with CCM_REASON_NONE, then, with
 * memory as it was, ready(). The reason shown is CCM_CLIENT_ITSELF. What is reset soon after
 * ready(), again and again, is opened again after 100 ms, then less and less often, down to
 * every 5 s. Nothing happens if the link is going anyway.
 */
void ccm_link_reset(struct ccm_link *link)
{
	ccm_port_give_up(link->ports[0], CCM_CLIENT_ITSELF);
}
EXPORT_SYMBOL_GPL(ccm_link_reset);

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
