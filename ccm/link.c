// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links at run time: carries out what the core decides about them (core/links.h), and
 * tells it what became of that.
 *
 * PREPARE: memory for the counterpart, in chunks, each registered by a work request on
 * the session's queue pair; the registrations of all links share CCM_QP_LINK_WR places on
 * its send queue. OPEN: the ports, all at once, and a READ of the partner's chunk table.
 * What of it is done is not told by events of its own: ccm_links_event() looks at each
 * link's state and says what the core does not know yet.
 *
 * Fencing, in two parts (the session's queue pair stands between them when all of a
 * session ends): ccm_ports_fence() ends what goes through ports; link_finish()
 * deregisters what the partner could reach, by whichever queue pair.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <asm/unaligned.h>

#include "link.h"
#include "trace.h"

static void link_release(struct kref *ref)
{
	struct ccm_link *link = container_of(ref, struct ccm_link, ref);
	u32 i;

	for (i = 0; i < CCM_CLIENT_PORTS_MAX; i++)
		kfree(link->ports[i]);
	kvfree(link->remote);
	kfree(link);
}

void ccm_link_get(struct ccm_link *link)
{
	kref_get(&link->ref);
}

void ccm_link_put(struct ccm_link *link)
{
	kref_put(&link->ref, link_release);
}

/* A link has failed; the core is told by ccm_links_event(). The first cause counts. */
static void link_fail(struct ccm_link *link, u32 why)
{
	if (link->why == CCM_CLIENT_NONE)
		link->why = why;
}

static u32 why_of(int error)
{
	switch (error) {
	case -EDQUOT:
		return CCM_CLIENT_LIMIT;
	case -ENOMEM:
	case -ENOSPC:
		return CCM_CLIENT_RESOURCES;
	default:
		return CCM_CLIENT_CONNECT;
	}
}

/*
 * Preparing
 */

/*
 * A work request of a link has completed. When it is counted, the link may be freed; its
 * partner and the connection are there as long as the completion queue is.
 */
static void wr_ended(struct ccm_link *link, const struct ib_wc *wc)
{
	struct ccm_partner *partner = link->partner;
	struct ccm_conn *conn = link->conn;

	/* pairs with under_way(): what was read of the link was read before it is freed */
	smp_mb__before_atomic();
	atomic_inc(&link->wrs_ended);
	ccm_qp_link_done(conn, wc);
	ccm_partner_kick(partner, CCM_PARTNER_LINKS);
}

static void reg_done(struct ib_cq *cq, struct ib_wc *wc)
{
	wr_ended(container_of(wc->wr_cqe, struct ccm_link, reg_cqe), wc);
}

/* The READ of the partner's table has ended; an error has cost the port, too. */
static void table_read(struct ccm_op *op, int status)
{
	struct ccm_link *link = (struct ccm_link *)op->context;

	if (status)
		return;
	/* pairs with read_table(): what was read is there */
	smp_store_release(&link->read_done, true);
	ccm_partner_kick(link->partner, CCM_PARTNER_LINKS);
}

/* The chunk table: where the partner reaches each chunk of the region */
static void fill_table(struct ccm_link *link)
{
	u8 *entry = link->table;
	u32 i;

	for (i = 0; i < link->region_chunks; i++) {
		const struct ib_mr *mr = link->chunks[i].mr;

		put_unaligned_le64(mr->iova, entry);
		put_unaligned_le32(mr->rkey, entry + 8);
		put_unaligned_le32((u32)mr->length, entry + 12);
		entry += CCM_LINK_CHUNK_LEN;
	}
	ib_dma_sync_single_for_device(link->conn->device->ib,
				      sg_dma_address(link->chunks[i].sgt.sgl), PAGE_SIZE,
				      DMA_TO_DEVICE);
}

static int chunk_add(struct ccm_link *link, void *data, u32 len, enum dma_data_direction dir,
		     int access)
{
	return ccm_chunk_create(&link->chunks[link->chunk_count++], link->conn, data, len, dir,
				access);
}

/*
 * As much as one registration covers (soft-RoCE 512 pages, siw 256, mlx4 511), but for the
 * page that ccm_chunk_create() adds.
 */
static u32 chunk_len(const struct ib_device *ib)
{
	u32 pages = ib->attrs.max_fast_reg_page_list_len;

	return clamp_t(u32, pages - 1, 1, CCM_CHUNK_LEN / CCM_PAGE_LEN) * CCM_PAGE_LEN;
}

static int create_chunks(struct ccm_link *link)
{
	u8 *region = (u8 *)link->peer->region;
	u64 left = link->plan.give;
	u32 len;
	int ret;

	/* table and landing page */
	BUILD_BUG_ON(CCM_LINK_CHUNKS_MAX * CCM_LINK_CHUNK_LEN > PAGE_SIZE);

	link->chunk_len = chunk_len(link->conn->device->ib);
	link->region_chunks = (u32)DIV_ROUND_UP_ULL(left, link->chunk_len);
	if (link->region_chunks > CCM_LINK_CHUNKS_MAX)
		return -ENOSPC;
	link->chunks = (struct ccm_chunk *)kvcalloc(link->region_chunks + 2,
						    sizeof(*link->chunks), GFP_KERNEL);
	if (!link->chunks)
		return -ENOMEM;
	for (; left; left -= len, region += len) {
		len = (u32)min_t(u64, left, link->chunk_len);
		ret = chunk_add(link, region, len, DMA_BIDIRECTIONAL, IB_ACCESS_LOCAL_WRITE |
				IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_READ);
		if (ret)
			return ret;
	}
	if (link->region_chunks) {
		link->table = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!link->table)
			return -ENOMEM;
		ret = chunk_add(link, link->table, PAGE_SIZE, DMA_TO_DEVICE,
				IB_ACCESS_REMOTE_READ);
		if (ret)
			return ret;
		fill_table(link);
	}
	if (link->plan.take) {
		link->landing = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!link->landing)
			return -ENOMEM;
		/* iWARP: see ccm_region_create() */
		ret = chunk_add(link, link->landing, PAGE_SIZE, DMA_FROM_DEVICE,
				link->conn->iwarp ? IB_ACCESS_LOCAL_WRITE |
						    IB_ACCESS_REMOTE_WRITE : 0);
		if (ret)
			return ret;
	}
	return 0;
}

/* How many of the chunks want a registration: all but a landing page that is only mapped */
static u32 to_register(const struct ccm_link *link)
{
	u32 count = link->chunk_count;

	if (count && !link->chunks[count - 1].mr)
		count--;
	return count;
}

/* Places on the send queue for work requests of a link. False: there are not enough. */
static bool take_places(struct ccm_conn *conn, u32 count)
{
	if (atomic_read(&conn->link_wrs) + (int)count > (int)CCM_QP_LINK_WR)
		return false;
	atomic_add((int)count, &conn->link_wrs);
	return true;
}

static void post_registrations(struct ccm_link *link)
{
	u32 wrs = ccm_chunk_wrs(link->conn);
	int ret;

	while (link->posted < to_register(link) && take_places(link->conn, wrs)) {
		ret = ccm_chunk_register(&link->chunks[link->posted], link->conn,
					 &link->reg_cqe);
		if (ret) {
			/* what of it was posted ends with the session */
			atomic_sub((int)wrs, &link->conn->link_wrs);
			ccm_conn_set(link->conn, CCM_CONN_ERROR);
			link_fail(link, why_of(ret));
			return;
		}
		link->posted++;
		link->wrs += wrs;
	}
}

/* As far as it can go now; ccm_links_event() comes back when there is more. */
static void prepare(struct ccm_link *link)
{
	int ret = 0;

	if (!link->chunks) {
		if (link->plan.give)
			ret = ccm_client_region(link->peer, link->plan.give);
		if (ret == -EINPROGRESS)
			return;
		if (!ret)
			ret = create_chunks(link);
		if (ret) {
			link_fail(link, why_of(ret));
			return;
		}
	}
	post_registrations(link);
}

static u32 under_way(const struct ccm_link *link)
{
	return link->wrs - (u32)atomic_read_acquire(&link->wrs_ended);
}

static bool is_prepared(const struct ccm_link *link)
{
	return link->chunks && link->posted == to_register(link) && !under_way(link);
}

/* The core's link of a client, or NULL */
static const struct ccm_session_link *core_link(struct ccm_partner *partner,
						const struct ccm_peer *peer)
{
	const struct ccm_session_link *links = partner->session.links.link;
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++)
		if (links[i].instance == peer->client->declared.instance)
			return &links[i];
	return NULL;
}

static void act_prepare(struct ccm_partner *partner, struct ccm_peer *peer)
{
	const struct ccm_session_link *core = core_link(partner, peer);
	struct ccm_link *link;

	peer->no_memory = false;
	/* finish_close() comes back to it */
	peer->deferred = peer->link;
	if (peer->link || !core || core->state != CCM_LINK_PREPARING)
		return;
	link = (struct ccm_link *)kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link) {
		/* There is nothing that could say so later: the core's retry is the way. */
		peer->no_memory = true;
		return;
	}
	kref_init(&link->ref);
	link->peer = peer;
	link->partner = partner;
	link->conn = ccm_partner_conn(partner);
	link->index = (u32)(core - partner->session.links.link);
	link->instance = core->instance;
	link->epoch = core->epoch;
	link->plan = core->plan;
	link->reg_cqe.done = reg_done;
	ccm_op_init(&link->read_op, table_read, link);
	mutex_init(&link->buffer_lock);
	spin_lock_init(&link->sync_lock);
	INIT_LIST_HEAD(&link->buffers);
	peer->link = link;
	list_add_tail(&link->entry, &partner->links);
	link->ports_taken = ccm_limits_take_ports(partner->node, link->plan.ports);
	if (link->ports_taken)
		prepare(link);
	else
		link_fail(link, CCM_CLIENT_LIMIT);
}

/*
 * Opening
 */

/* Check and keep what the READ brought: it is the partner's word. */
static int take_table(struct ccm_link *link, u64 bytes, u32 chunks)
{
	const u8 *entry = link->landing;
	struct ccm_remote_chunk *remote;
	u64 sum = 0;
	u32 i;

	ib_dma_sync_single_for_cpu(link->conn->device->ib,
				   sg_dma_address(link->chunks[link->chunk_count - 1].sgt.sgl),
				   PAGE_SIZE, DMA_FROM_DEVICE);
	remote = (struct ccm_remote_chunk *)kvcalloc(chunks, sizeof(*remote), GFP_KERNEL);
	if (!remote)
		return -ENOMEM;
	link->remote = remote;
	link->remote_count = chunks;
	for (i = 0; i < chunks; i++, entry += CCM_LINK_CHUNK_LEN) {
		remote[i].addr = get_unaligned_le64(entry);
		remote[i].key = get_unaligned_le32(entry + 8);
		remote[i].len = get_unaligned_le32(entry + 12);
		/* equal chunks, but for the last, which is shorter if anything */
		if (!remote[i].len || remote[i].addr + remote[i].len < remote[i].addr ||
		    remote[i].len > remote[0].len ||
		    (i + 1 < chunks && remote[i].len != remote[0].len))
			return -EPROTO;
		sum += remote[i].len;
	}
	if (sum != bytes)
		return -EPROTO;
	link->remote_len = remote[0].len;
	return 0;
}

static void read_table(struct ccm_link *link)
{
	const struct ccm_session_link *core = &link->partner->session.links.link[link->index];
	const struct ccm_link_offer *offer = &core->peer_offer;
	int ret;

	if (!link->plan.take)
		return;
	if (!link->read_posted) {
		if (!link->ports[0] || !link->ports[0]->connected)
			return;
		ret = ccm_op_read_table(link->ports[0], &link->read_op,
					&link->chunks[link->chunk_count - 1], offer);
		if (ret) {
			link_fail(link, why_of(ret));
			return;
		}
		link->read_posted = true;
	}
	/* pairs with table_read() */
	if (!link->remote && smp_load_acquire(&link->read_done)) {
		ret = take_table(link, offer->bytes, offer->chunks);
		if (ret)
			link_fail(link, why_of(ret));
	}
}

static void act_open(struct ccm_link *link)
{
	u32 i;
	int ret;

	link->opening = true;
	read_table(link);
	if (link->partner->node->config.node > link->partner->id)
		return;		/* the lower node connects */
	for (i = 0; i < link->plan.ports && !link->why; i++) {
		ret = ccm_port_connect(link, i);
		if (ret)
			link_fail(link, why_of(ret));
	}
}

static bool is_opened(const struct ccm_link *link)
{
	return link->opening && link->connected == link->plan.ports &&
	       (!link->plan.take || link->remote);
}

/*
 * Closing
 */

/* Deregister and unmap. No work request of the link is under way. */
static void link_finish(struct ccm_link *link)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&link->sync_lock, flags);
	link->gone = true;
	spin_unlock_irqrestore(&link->sync_lock, flags);
	ccm_buffers_unmap(link);
	for (i = 0; i < link->chunk_count; i++)
		ccm_chunk_destroy(&link->chunks[i], link->conn->device->ib);
	kvfree(link->chunks);
	link->chunks = NULL;
	link->chunk_count = 0;
	free_page((unsigned long)link->table);
	free_page((unsigned long)link->landing);
	link->table = NULL;
	link->landing = NULL;
	if (link->ports_taken)
		ccm_limits_give_ports(link->partner->node, link->plan.ports);
	link->ports_taken = false;
	link->conn = NULL;
	link->peer->link = NULL;
	list_move_tail(&link->entry, &link->partner->fenced);
}

/* A link whose ports are fenced: the rest, as soon as nothing of it is under way. */
static void finish_close(struct ccm_link *link)
{
	struct ccm_partner *partner = link->partner;
	struct ccm_peer *peer = link->peer;

	if (under_way(link)) {
		if (time_after(jiffies, link->close_by))
			ccm_conn_set(link->conn, CCM_CONN_ERROR);
		return;
	}
	if (link->opened)
		partner->counters.links_lost++;
	link_finish(link);
	ccm_links_tell_down(partner, CCM_REASON_NONE);
	if (peer->deferred)
		act_prepare(partner, peer);
}

/*
 * What the link has on the session's queue pair must come back before the memory can go.
 * It does in a moment, or, when packets are lost, when they have been repeated; that is
 * not waited for here. If it takes longer than CCM_CLOSE_MS, the session is ended, which
 * fences the link with all the others.
 */
static void act_close(struct ccm_link *link)
{
	unsigned long wait = msecs_to_jiffies(CCM_CLOSE_MS);

	ccm_ports_fence(link->ports, CCM_CLIENT_PORTS_MAX);
	link->closing = true;
	link->close_by = jiffies + wait;
	mod_timer(&link->partner->close_timer, link->close_by + 1);
	finish_close(link);
}

/**
 * ccm_links_fence() - end what goes through the ports of a connection's links
 * @conn: the session's, or another: then there are none
 */
void ccm_links_fence(struct ccm_conn *conn)
{
	struct ccm_partner *partner = conn->partner;
	struct ccm_port **ports;
	struct ccm_link *link;
	u32 count = 0;
	u32 i;

	/* All at once, so that the time a drain may take is spent once. */
	list_for_each_entry(link, &partner->links, entry)
		if (link->conn == conn)
			count += link->plan.ports;
	if (!count)
		return;
	ports = (struct ccm_port **)kvcalloc(count, sizeof(*ports), GFP_KERNEL | __GFP_NOWARN);
	count = 0;
	list_for_each_entry(link, &partner->links, entry) {
		if (link->conn != conn)
			continue;
		if (!ports) {
			/* no memory for that: one after the other */
			ccm_ports_fence(link->ports, CCM_CLIENT_PORTS_MAX);
			continue;
		}
		for (i = 0; i < link->plan.ports; i++)
			ports[count++] = link->ports[i];
	}
	if (ports)
		ccm_ports_fence(ports, count);
	kvfree(ports);
}

/**
 * ccm_links_finish() - end every access to the memory of a connection's links
 * @conn: ccm_links_fence() has been called, its queue pair is drained or destroyed
 *
 * Clients are told by ccm_links_tell_down(), or, if none can have heard of a link,
 * ccm_links_forget().
 */
void ccm_links_finish(struct ccm_conn *conn)
{
	struct ccm_link *next;
	struct ccm_link *link;

	list_for_each_entry_safe(link, next, &conn->partner->links, entry)
		if (link->conn == conn)
			link_finish(link);
}

/**
 * ccm_links_tell_down() - tell clients that their fenced links are gone
 * @partner: partner
 * @reason: enum ccm_reason
 */
void ccm_links_tell_down(struct ccm_partner *partner, u32 reason)
{
	struct ccm_link *next;
	struct ccm_link *link;

	list_for_each_entry_safe(link, next, &partner->fenced, entry) {
		list_del(&link->entry);
		ccm_client_tell_down(link, reason);
		ccm_link_put(link);
	}
}

/**
 * ccm_link_act() - carry out what the core wants of a link
 * @partner: partner
 * @action: what
 */
void ccm_link_act(struct ccm_partner *partner, const struct ccm_link_action *action)
{
	struct ccm_peer *peer = ccm_clients_find(partner, action->instance);
	struct ccm_link *link = peer && peer->link && !peer->link->closing ? peer->link : NULL;

	trace_ccm_link(partner->id, action, &partner->session.links.link[action->index]);
	if (!peer)
		return;
	switch (action->act) {
	case CCM_LINK_ACT_CLOSE:
		if (link)
			act_close(link);
		break;
	case CCM_LINK_ACT_PREPARE:
		act_prepare(partner, peer);
		break;
	case CCM_LINK_ACT_OPEN:
		if (link)
			act_open(link);
		break;
	case CCM_LINK_ACT_READY:
		if (link) {
			partner->counters.links++;
			ccm_client_tell_ready(link);
		}
		break;
	case CCM_LINK_ACT_SHOW:
		ccm_events_client(peer, &partner->session.links.link[action->index]);
		break;
	default:
		break;
	}
	/* see what has become of it at once */
	set_bit(CCM_PARTNER_LINKS, &partner->pending);
}

/*
 * Events
 */

static void step_port(struct ccm_link *link, struct ccm_port *port)
{
	u32 why = ccm_port_step(port);

	if (why)
		link_fail(link, why);
	if (port->connected && !port->counted) {
		port->counted = true;
		link->connected++;
	}
}

static void step_link(struct ccm_link *link)
{
	u32 i;

	if (link->closing) {
		finish_close(link);
		return;
	}
	if (link->why)
		return;
	if (!link->prepared)
		prepare(link);
	for (i = 0; i < link->plan.ports; i++)
		if (link->ports[i])
			step_port(link, link->ports[i]);
	if (link->opening && !link->why)
		read_table(link);
}

/* What does the core not know yet? */
static bool link_event(struct ccm_link *link, struct ccm_session_event *event)
{
	if (link->closing)
		return false;
	event->link = link->index;
	event->instance = link->instance;
	event->epoch = link->epoch;
	if (link->why) {
		if (link->told_failed)
			return false;
		link->told_failed = true;
		event->type = CCM_SEV_LINK_FAILED;
		event->reason = link->why;
		return true;
	}
	if (!link->prepared && is_prepared(link)) {
		link->prepared = true;
		event->type = CCM_SEV_LINK_PREPARED;
		event->offer.bytes = link->plan.give;
		event->offer.chunks = link->region_chunks;
		if (link->region_chunks) {
			event->offer.table_addr = link->chunks[link->region_chunks].mr->iova;
			event->offer.table_key = link->chunks[link->region_chunks].mr->rkey;
		}
		return true;
	}
	if (!link->opened && is_opened(link)) {
		link->opened = true;
		event->type = CCM_SEV_LINK_OPENED;
		return true;
	}
	return false;
}

/* A try for which not even the link could be allocated has failed. */
static bool no_memory_event(struct ccm_partner *partner, struct ccm_session_event *event)
{
	const struct ccm_session_link *core;
	struct ccm_peer *peer;

	list_for_each_entry(peer, &partner->peers, entry) {
		if (!peer->no_memory)
			continue;
		peer->no_memory = false;
		core = core_link(partner, peer);
		if (!core)
			continue;
		event->type = CCM_SEV_LINK_FAILED;
		event->link = (u32)(core - partner->session.links.link);
		event->instance = core->instance;
		event->epoch = core->epoch;
		event->reason = CCM_CLIENT_RESOURCES;
		return true;
	}
	return false;
}

/* A port that has come as a request: to the link it names, or away. */
static void admit(struct ccm_partner *partner, struct ccm_port *port)
{
	const struct ccm_wire_port *request = &port->request;
	struct ccm_peer *peer = NULL;
	int ret = -EPROTO;
	int index;

	index = ccm_links_admit(&partner->session.links, request->instance_partner,
				request->instance, request->epoch, request->port);
	if (index >= 0)
		peer = ccm_clients_find(partner, request->instance_partner);
	if (peer && peer->link && !peer->link->ports[request->port] && !peer->link->why &&
	    !peer->link->closing)
		ret = ccm_port_accept(peer->link, port);
	if (!ret)
		return;
	partner->counters.ports_rejected++;
	ccm_port_refuse(port);
}

static struct ccm_port *take_port_request(struct ccm_partner *partner)
{
	struct ccm_port *port;

	spin_lock(&partner->lock);
	port = list_first_entry_or_null(&partner->port_requests, struct ccm_port, entry);
	if (port) {
		list_del_init(&port->entry);
		partner->port_request_count--;
	}
	spin_unlock(&partner->lock);
	return port;
}

/**
 * ccm_links_event() - the next thing that happened to a link
 * @partner: partner
 * @event: filled
 *
 * Called until it returns false. Requests for ports are dealt with on the way.
 *
 * Return: false: nothing that the core does not know
 */
bool ccm_links_event(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_link *link;
	struct ccm_link *next;
	struct ccm_port *port;

	if (!test_and_clear_bit(CCM_PARTNER_LINKS, &partner->pending))
		return false;
	/* pairs with the barriers of those who set the bit */
	smp_mb__after_atomic();
	while ((port = take_port_request(partner)))
		admit(partner, port);
	list_for_each_entry_safe(link, next, &partner->links, entry)
		step_link(link);
	if (!no_memory_event(partner, event)) {
		list_for_each_entry(link, &partner->links, entry)
			if (link_event(link, event))
				goto found;
		return false;
	}
found:
	set_bit(CCM_PARTNER_LINKS, &partner->pending);
	return true;
}

/**
 * ccm_links_forget() - what is left of a session that has ended
 * @partner: partner
 *
 * Requests for its ports, and links of which no client can have heard.
 */
void ccm_links_forget(struct ccm_partner *partner)
{
	struct ccm_port *port;

	while ((port = take_port_request(partner)))
		ccm_port_refuse(port);
	ccm_links_tell_down(partner, CCM_REASON_NONE);
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
