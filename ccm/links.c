// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links at run time: carries out what the core decides about them (core/links.h), and
 * tells it what became of that.
 *
 * PREPARE: memory for the counterpart, in chunks, each registered by a work request on
 * the session's queue pair. OPEN: the ports, all at once, and a READ of the partner's
 * chunk table. What of it is done is not told by events of its own: ccm_links_event()
 * looks at each try's state and says what the core does not know yet.
 *
 * Fencing, in two parts (the session's queue pair stands between them when all of a
 * session ends): fence_ports() ends what goes through ports; finish() deregisters what
 * the partner could reach, by whichever queue pair.
 */
#include "log.h"

#include <linux/jiffies.h>
#include <linux/slab.h>

#include "compat.h"
#include "inbox.h"
#include "links.h"
#include "node.h"
#include "pairing.h"
#include "path.h"
#include "prover.h"
#include "rdma/buffer.h"
#include "rdma/conn.h"
#include "rdma/link.h"
#include "rdma/listener.h"
#include "rdma/op.h"
#include "trace.h"

/**
 * struct ccm_try - one try to join a client with its counterpart
 * @entry: in ccm_links.tries, then .fenced
 * @links: whose
 * @pairing: the client, as to this partner
 * @link: what the client gets
 * @index: the core's name for the link, together with the next two
 * @instance: of the client
 * @epoch: of the try
 * @ports_taken: counted in the node's limits
 * @why: enum ccm_client_reason: it has failed; NONE: it has not
 * @told_failed: the core has been told so
 * @prepared: the core has been told that memory is registered
 * @opening: the core wants it opened
 * @opened: the core has been told that it is
 * @closing: its ports are fenced, the rest follows
 * @close_by: when that takes too long: jiffies
 * @read_op: the READ of the partner's table, on port 0
 * @read_posted: the partner's table is being READ
 * @read_done: ... and is here
 */
struct ccm_try {
	struct list_head entry;
	struct ccm_links *links;
	struct ccm_pairing *pairing;
	struct ccm_link *link;
	u32 index;
	u64 instance;
	u32 epoch;
	bool ports_taken;
	u32 why;
	bool told_failed;
	bool prepared;
	bool opening;
	bool opened;
	bool closing;
	unsigned long close_by;
	struct ccm_op read_op;
	bool read_posted;
	bool read_done;
};

static struct ccm_session_link *core_at(const struct ccm_links *links, u32 index)
{
	return &links->session->links.link[index];
}

/* The core's link of a client, or NULL */
static const struct ccm_session_link *core_link(const struct ccm_links *links,
						const struct ccm_pairing *pairing)
{
	u32 i;

	for (i = 0; i < CCM_CLIENTS_MAX; i++)
		if (core_at(links, i)->instance == pairing->client->declared.instance)
			return core_at(links, i);
	return NULL;
}

/* It has failed; the core is told by ccm_links_event(). The first cause counts. */
static void fail(struct ccm_try *t, u32 why)
{
	if (t->why == CCM_CLIENT_NONE)
		t->why = why;
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

/* The READ of the partner's table has ended; an error has cost the port, too. */
static void table_read(struct ccm_op *op, int status)
{
	struct ccm_try *t = container_of(op, struct ccm_try, read_op);

	if (status)
		return;
	/* pairs with read_table(): what was read is there */
	smp_store_release(&t->read_done, true);
	ccm_inbox_tell(t->links->inbox, CCM_INBOX_LINKS);
}

/* As far as it can go now; ccm_links_event() comes back when there is more. */
static void prepare(struct ccm_try *t)
{
	struct ccm_pairing *pairing = t->pairing;
	struct ccm_link *link = t->link;
	int ret = 0;

	if (!link->region.conn) {
		/* also without one: a client that has the last link in hand gets no new one */
		ret = ccm_pairing_region(pairing, link->plan.give);
		if (ret == -EINPROGRESS)
			return;
		if (!ret) {
			link->memory = pairing->region;
			ret = ccm_region_create(&link->region, link->conn, t->links->inbox,
						link->memory, link->plan.give,
						link->plan.take || link->conn->endpoint.iwarp);
		}
	}
	if (!ret)
		ret = ccm_region_map(&link->region);
	if (ret == -EINPROGRESS) {
		/* in between, whatever else has happened is looked at */
		ccm_inbox_tell(t->links->inbox, CCM_INBOX_LINKS);
		return;
	}
	if (!ret)
		ret = ccm_region_register(&link->region);
	if (ret)
		fail(t, why_of(ret));
}

static struct ccm_try *try_create(struct ccm_links *links, struct ccm_pairing *pairing,
				  const struct ccm_session_link *core)
{
	struct ccm_try *t = (struct ccm_try *)kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->link = ccm_link_create(links->partner, &core->plan,
				  ccm_path_conn(links->path, links->session->conn.id),
				  links->node->notify_wq);
	if (!t->link) {
		kfree(t);
		return NULL;
	}
	t->links = links;
	t->pairing = pairing;
	t->index = (u32)(core - core_at(links, 0));
	t->instance = core->instance;
	t->epoch = core->epoch;
	/* of the same protection domain as the ports, and there as long as the session */
	t->link->witness_addr = links->session->conn.peer_keys.status_addr;
	t->link->witness_key = links->session->conn.peer_keys.status_key;
	ccm_op_init(&t->read_op, table_read, NULL);
	pairing->present = t;
	list_add_tail(&t->entry, &links->tries);
	return t;
}

static void act_prepare(struct ccm_links *links, struct ccm_pairing *pairing)
{
	const struct ccm_session_link *core = core_link(links, pairing);
	struct ccm_try *t;

	pairing->no_memory = false;
	/* finish_close() comes back to it */
	pairing->deferred = pairing->present;
	if (pairing->present || !core || core->state != CCM_LINK_PREPARING)
		return;
	t = try_create(links, pairing, core);
	if (!t) {
		/* There is nothing that could say so later: the core's retry is the way. */
		pairing->no_memory = true;
		return;
	}
	t->ports_taken = ccm_limits_take_ports(&links->node->limits, t->link->plan.ports);
	if (t->ports_taken)
		prepare(t);
	else
		fail(t, CCM_CLIENT_LIMIT);
}

/*
 * Opening
 */

static void read_table(struct ccm_try *t)
{
	const struct ccm_link_offer *offer = &core_at(t->links, t->index)->peer_offer;
	struct ccm_link *link = t->link;
	int ret;

	if (!link->plan.take)
		return;
	if (!t->read_posted) {
		if (!link->ports[0] || !link->ports[0]->up)
			return;
		ret = ccm_op_read_table(link->ports[0], &t->read_op,
					ccm_region_landing(&link->region), offer);
		if (ret) {
			fail(t, why_of(ret));
			return;
		}
		t->read_posted = true;
	}
	/* pairs with table_read() */
	if (!link->remote.chunks && smp_load_acquire(&t->read_done)) {
		ret = ccm_remote_take(&link->remote, &link->region, offer);
		if (ret)
			fail(t, why_of(ret));
	}
}

static struct ccm_port_owner port_owner(const struct ccm_try *t)
{
	const struct ccm_client *client = t->pairing->client;
	struct ccm_port_owner owner = {
		.conn = t->link->conn,
		.link = t->link,
		.ops = client->ops,
		.context = client->context,
		.op_ms = client->op_ms,
	};

	return owner;
}

static void put_port(const struct ccm_try *t, u32 index, u8 *data)
{
	struct ccm_wire_port msg;

	ccm_session_port(t->links->session, t->index, index, &msg);
	msg.token = ccm_port_token(&t->links->port_key, &msg);
	ccm_wire_put_port(data, &msg);
}

/* What the partner's accept must have: it says the same, from its side. */
static u64 token_of_accept(const struct ccm_try *t, u32 index)
{
	const struct ccm_session *s = t->links->session;
	struct ccm_wire_port msg;

	ccm_session_port(s, t->index, index, &msg);
	swap(msg.node, msg.partner);
	swap(msg.instance, msg.instance_partner);
	msg.incarnation = s->conn.incarnation;
	return ccm_port_token(&t->links->port_key, &msg);
}

static int connect_port(struct ccm_try *t, u32 index)
{
	const struct ccm_port_owner owner = port_owner(t);
	u8 data[CCM_WIRE_PORT_LEN];
	struct ccm_port *port;

	put_port(t, index, data);
	port = ccm_port_connect(&t->links->path->endpoint, &owner, index, data, sizeof(data),
				token_of_accept(t, index), t->links->node->config.rdma_port);
	if (IS_ERR(port))
		return (int)PTR_ERR(port);
	t->link->ports[index] = port;
	return 0;
}

static void act_open(struct ccm_try *t)
{
	u32 i;
	int ret;

	t->opening = true;
	read_table(t);
	if (!ccm_session_lower(t->links->session))
		return;		/* the lower node connects */
	for (i = 0; i < t->link->plan.ports && !t->why; i++) {
		ret = connect_port(t, i);
		if (ret)
			fail(t, why_of(ret));
	}
}

static bool is_opened(const struct ccm_try *t)
{
	const struct ccm_link *link = t->link;
	u32 i;

	if (!t->opening || (link->plan.take && !link->remote.chunks))
		return false;
	for (i = 0; i < link->plan.ports; i++)
		if (!link->ports[i] || !link->ports[i]->up)
			return false;
	return true;
}

/*
 * Closing
 */

/*
 * Deregister and unmap. No work request of the link is under way, or the session's queue pair is
 * fenced.
 */
static void finish(struct ccm_try *t)
{
	struct ccm_link *link = t->link;

	ccm_link_set_gone(link);
	ccm_buffers_unmap(link);
	if (ccm_region_destroy(&link->region, ccm_link_lost(link)))
		ccm_pairing_quarantine(t->pairing);
	if (t->ports_taken)
		ccm_limits_give_ports(&t->links->node->limits, link->plan.ports);
	t->ports_taken = false;
	link->conn = NULL;
	t->pairing->present = NULL;
	list_move_tail(&t->entry, &t->links->fenced);
}

/*
 * The core has said what has become of it by now; that it is to be shown comes behind this, and
 * the client may ask in its down(). The place of one that leaves is free, or another's.
 */
static void show_closed(const struct ccm_try *t)
{
	static const struct ccm_session_link left = {
		.state = CCM_LINK_WAITING,
		.reason = CCM_CLIENT_LEFT,
	};
	const struct ccm_session_link *core = core_at(t->links, t->index);
	bool there = core->instance == t->instance && !core->gone;

	ccm_pairing_show_link(t->pairing, there ? core : &left);
}

/* A try whose ports are fenced: the rest, as soon as nothing of it is under way. */
static void finish_close(struct ccm_try *t)
{
	struct ccm_pairing *pairing = t->pairing;
	struct ccm_links *links = t->links;

	if (ccm_region_under_way(&t->link->region)) {
		if (time_after(jiffies, t->close_by))
			ccm_endpoint_tell(&t->link->conn->endpoint, CCM_ENDPOINT_ERROR);
		return;
	}
	if (t->opened) {
		links->lost++;
		/* maybe it was its frames: those of heartbeats are small */
		ccm_heartbeat_look_large(&links->path->heartbeat, t->link->conn);
	}
	finish(t);
	ccm_links_tell_down(links, CCM_REASON_NONE);
	if (pairing->deferred)
		act_prepare(links, pairing);
}

/* A link's close takes too long: see finish_close(). */
static void close_late(struct timer_list *timer)
{
	struct ccm_links *links = container_of(timer, struct ccm_links, close_timer);

	ccm_inbox_tell(links->inbox, CCM_INBOX_LINKS);
}

/*
 * End what goes through the ports of one try, or (NULL) of all that are on a connection:
 * all at once, so that the time a drain may take is spent once.
 */
static void fence_ports(struct ccm_links *links, struct ccm_try *only, struct ccm_conn *conn)
{
	struct ccm_drain drain;
	struct ccm_try *t;

	ccm_drain_begin(&drain);
	list_for_each_entry(t, &links->tries, entry)
		if (t == only || (!only && t->link->conn == conn))
			ccm_link_stop(t->link, &drain);
	ccm_drain_wait(&drain);
	list_for_each_entry(t, &links->tries, entry)
		if (t == only || (!only && t->link->conn == conn))
			ccm_link_fence_ports(t->link);
}

/*
 * What the link has on the session's queue pair must come back before the memory can go.
 * It does in a moment, or, when packets are lost, when they have been repeated; that is
 * not waited for here. If it takes longer than CCM_CLOSE_MS and what the transport needs to
 * repeat something, the session is ended, which fences the link with all the others.
 */
static void act_close(struct ccm_try *t)
{
	u32 ms = CCM_CLOSE_MS + ccm_endpoint_repeat_ms(&t->link->conn->endpoint);

	fence_ports(t->links, t, NULL);
	t->closing = true;
	t->close_by = jiffies + msecs_to_jiffies(ms);
	mod_timer(&t->links->close_timer, t->close_by + 1);
	finish_close(t);
}

/**
 * ccm_links_fence() - end what goes through the ports of a connection's links
 * @links: the partner's
 * @conn: the session's, or another: then there are none
 *
 * Bounded by CCM_DRAIN_MS. The reaper frees the ports.
 */
void ccm_links_fence(struct ccm_links *links, struct ccm_conn *conn)
{
	fence_ports(links, NULL, conn);
}

/**
 * ccm_links_finish() - end every access to the memory of a connection's links
 * @links: the partner's
 * @conn: ccm_links_fence() has been called, its queue pair is fenced
 *
 * Clients are told by ccm_links_tell_down(), or, if none can have heard of a link,
 * ccm_links_forget().
 */
void ccm_links_finish(struct ccm_links *links, struct ccm_conn *conn)
{
	struct ccm_try *next;
	struct ccm_try *t;

	list_for_each_entry_safe(t, next, &links->tries, entry)
		if (t->link->conn == conn)
			finish(t);
}

/**
 * ccm_links_tell_down() - tell clients that their fenced links are gone
 * @links: the partner's; its session has been stepped
 * @reason: enum ccm_reason
 *
 * What has become of each link is shown before its client hears of it.
 */
void ccm_links_tell_down(struct ccm_links *links, u32 reason)
{
	struct ccm_try *next;
	struct ccm_try *t;

	list_for_each_entry_safe(t, next, &links->fenced, entry) {
		list_del(&t->entry);
		show_closed(t);
		ccm_pairing_tell_down(t->pairing, t->link, reason);
		ccm_link_put(t->link);
		kfree(t);
	}
}

/**
 * ccm_links_act() - carry out what the core wants of a link
 * @links: the partner's
 * @action: what
 */
void ccm_links_act(struct ccm_links *links, const struct ccm_link_action *action)
{
	struct ccm_pairing *pairing = ccm_pairing_known(&links->pairings, action->instance);
	struct ccm_try *t = pairing && pairing->present && !pairing->present->closing ?
			    pairing->present : NULL;

	trace_ccm_link(links->partner, action, core_at(links, action->index));
	if (!pairing)
		return;
	switch (action->act) {
	case CCM_LINK_ACT_CLOSE:
		if (t)
			act_close(t);
		break;
	case CCM_LINK_ACT_PREPARE:
		act_prepare(links, pairing);
		break;
	case CCM_LINK_ACT_OPEN:
		if (t)
			act_open(t);
		break;
	case CCM_LINK_ACT_READY:
		if (t) {
			links->opened++;
			ccm_pairing_tell_ready(pairing, t->link);
		}
		break;
	case CCM_LINK_ACT_SHOW:
		ccm_pairing_show_link(pairing, core_at(links, action->index));
		break;
	default:
		break;
	}
	/* see what has become of it at once */
	ccm_inbox_note(links->inbox, CCM_INBOX_LINKS);
}

/*
 * Events
 */

static void step_try(struct ccm_try *t)
{
	struct ccm_link *link = t->link;
	u32 why;
	u32 i;

	if (t->closing) {
		finish_close(t);
		return;
	}
	if (t->why)
		return;
	if (!t->prepared)
		prepare(t);
	for (i = 0; i < link->plan.ports; i++) {
		if (!link->ports[i])
			continue;
		why = ccm_port_step(link->ports[i]);
		if (why)
			fail(t, why);
	}
	if (t->opening && !t->why)
		read_table(t);
}

/* What does the core not know yet? */
static bool try_event(struct ccm_try *t, struct ccm_session_event *event)
{
	if (t->closing)
		return false;
	event->link = t->index;
	event->instance = t->instance;
	event->epoch = t->epoch;
	if (t->why) {
		if (t->told_failed)
			return false;
		t->told_failed = true;
		event->type = CCM_SEV_LINK_FAILED;
		event->reason = t->why;
		return true;
	}
	if (!t->prepared && ccm_region_registered(&t->link->region)) {
		t->prepared = true;
		event->type = CCM_SEV_LINK_PREPARED;
		ccm_region_offer(&t->link->region, t->link->plan.give, &event->offer);
		return true;
	}
	if (!t->opened && is_opened(t)) {
		t->opened = true;
		event->type = CCM_SEV_LINK_OPENED;
		return true;
	}
	return false;
}

/* A try for which not even memory could be allocated has failed. */
static bool no_memory_event(struct ccm_links *links, struct ccm_session_event *event)
{
	const struct ccm_session_link *core;
	struct ccm_pairing *pairing;

	list_for_each_entry(pairing, &links->pairings, entry) {
		if (!pairing->no_memory)
			continue;
		pairing->no_memory = false;
		core = core_link(links, pairing);
		if (!core)
			continue;
		event->type = CCM_SEV_LINK_FAILED;
		event->link = (u32)(core - core_at(links, 0));
		event->instance = core->instance;
		event->epoch = core->epoch;
		event->reason = CCM_CLIENT_RESOURCES;
		return true;
	}
	return false;
}

static int accept_port(struct ccm_try *t, struct ccm_port *port)
{
	const struct ccm_port_owner owner = port_owner(t);
	u8 data[CCM_WIRE_PORT_LEN];
	int ret;

	put_port(t, port->index, data);
	ret = ccm_port_accept(port, &owner, data, sizeof(data));
	if (!ret)
		t->link->ports[port->index] = port;
	return ret;
}

/* Nobody goes by another way than the session's by mistake: both ends are named. */
static void log_other_way(const struct ccm_links *links, const struct ccm_port *port)
{
	const struct rdma_addr *addr = &port->endpoint.cm_id->route.addr;

	if (__ratelimit(&links->node->reject_log))
		pr_warn("partner %u: a client's port from %pISc to %pISc rejected: it does not go the session's way\n",
			links->partner, &addr->src_addr, &addr->dst_addr);
}

static void refuse(struct ccm_links *links, struct ccm_port *port, u32 code)
{
	u8 data[CCM_WIRE_REJECT_LEN];

	links->rejected++;
	if (code == CCM_REJECT_ADDRESS)
		log_other_way(links, port);
	atomic64_inc(&links->node->rejected[code]);
	ccm_session_put_reject(&links->session->config, code, data);
	ccm_port_refuse(port, data, sizeof(data));
}

/* A port that has come as a request: to the link it names, or away. */
static void admit(struct ccm_links *links, struct ccm_port *port)
{
	const struct ccm_wire_port *request = &port->request;
	struct ccm_pairing *pairing = NULL;
	struct ccm_try *t;
	int ret = -EPROTO;
	int index;

	index = ccm_links_admit(&links->session->links, request->instance_partner,
				request->instance, request->epoch, request->port);
	if (index >= 0)
		pairing = ccm_pairing_known(&links->pairings, request->instance_partner);
	t = pairing ? pairing->present : NULL;
	if (t && !t->link->ports[request->port] && !t->why && !t->closing)
		ret = accept_port(t, port);
	if (ret)
		refuse(links, port, ret == -EXDEV ? CCM_REJECT_ADDRESS : CCM_REJECT_STALE);
}

/**
 * ccm_links_request() - a connect request for a port has come in
 * @links: the partner's
 * @in: request
 * @msg: what it says
 *
 * RDMA CM's handler of the listener. Nothing is kept for whoever does not have the token.
 *
 * Return: true: taken
 */
bool ccm_links_request(struct ccm_links *links, const struct ccm_incoming *in,
		       const struct ccm_wire_port *msg)
{
	struct ccm_port *port = ccm_port_adopt(in, &links->path->endpoint);
	bool welcome;

	if (!port)
		return false;
	port->request = *msg;
	port->index = msg->port;
	spin_lock(&links->lock);
	welcome = links->nonce && msg->token == ccm_port_token(&links->port_key, msg) &&
		  links->request_count < CCM_PORT_REQUESTS_MAX;
	if (welcome) {
		links->request_count++;
		list_add_tail(&port->entry, &links->requests);
	}
	spin_unlock(&links->lock);
	if (welcome)
		ccm_inbox_tell(links->inbox, CCM_INBOX_LINKS);
	else
		ccm_port_disown(port);
	return welcome;
}

static struct ccm_port *take_request(struct ccm_links *links)
{
	struct ccm_port *port;

	spin_lock(&links->lock);
	port = list_first_entry_or_null(&links->requests, struct ccm_port, entry);
	if (port) {
		list_del_init(&port->entry);
		links->request_count--;
	}
	spin_unlock(&links->lock);
	return port;
}

/**
 * ccm_links_set_key() - ports may ask to be connected while the session can have links
 * @links: the partner's; its session has been stepped
 * @prover: the partner's
 *
 * May sleep.
 */
void ccm_links_set_key(struct ccm_links *links, struct ccm_prover *prover)
{
	const struct ccm_session *s = links->session;
	u64 nonce = s->state >= CCM_STATE_OPENING ? s->conn.nonce : 0;
	struct ccm_conn *conn = ccm_path_conn(links->path, s->conn.id);
	siphash_key_t key = {};

	if (nonce == links->nonce)
		return;
	if (nonce && s->conn.number_used && conn)
		key = conn->port_key;
	else if (nonce)
		ccm_prover_port_key(prover, s, &s->conn, &key);
	spin_lock(&links->lock);
	links->nonce = nonce;
	links->port_key = key;
	spin_unlock(&links->lock);
	memzero_explicit(&key, sizeof(key));
	/* those of a session that has ended */
	ccm_links_forget(links);
}

/**
 * ccm_links_event() - the next thing that happened to a link
 * @links: the partner's
 * @event: filled
 *
 * Called until it returns false. Requests for ports are dealt with on the way.
 *
 * Return: false: nothing that the core does not know
 */
bool ccm_links_event(struct ccm_links *links, struct ccm_session_event *event)
{
	struct ccm_port *port;
	struct ccm_try *next;
	struct ccm_try *t;

	if (!ccm_inbox_take(links->inbox, CCM_INBOX_LINKS))
		return false;
	while ((port = take_request(links)))
		admit(links, port);
	list_for_each_entry_safe(t, next, &links->tries, entry)
		step_try(t);
	if (!no_memory_event(links, event)) {
		list_for_each_entry(t, &links->tries, entry)
			if (try_event(t, event))
				goto found;
		return false;
	}
found:
	ccm_inbox_note(links->inbox, CCM_INBOX_LINKS);
	return true;
}

/**
 * ccm_links_forget() - what is left of a session that has ended
 * @links: the partner's
 *
 * Requests for its ports, and links of which no client can have heard.
 */
void ccm_links_forget(struct ccm_links *links)
{
	struct ccm_port *port;

	while ((port = take_request(links)))
		ccm_port_refuse(port, NULL, 0);
	ccm_links_tell_down(links, CCM_REASON_NONE);
}

/**
 * ccm_links_begin() - no links yet
 * @links: zeroed
 * @node: this node
 * @partner: node id of the partner
 * @inbox: the partner's
 * @session: the partner's
 * @path: over which ports are connected
 */
void ccm_links_begin(struct ccm_links *links, struct ccm_node *node, u32 partner,
		     struct ccm_inbox *inbox, struct ccm_session *session,
		     struct ccm_path *path)
{
	links->inbox = inbox;
	links->session = session;
	links->node = node;
	links->path = path;
	links->partner = partner;
	INIT_LIST_HEAD(&links->pairings);
	INIT_LIST_HEAD(&links->tries);
	INIT_LIST_HEAD(&links->fenced);
	timer_setup(&links->close_timer, close_late, 0);
	spin_lock_init(&links->lock);
	INIT_LIST_HEAD(&links->requests);
}

/**
 * ccm_links_end() - nothing is told any more, and no client is known
 * @links: the partner's; its session has ended, and its work item does nothing any more
 */
void ccm_links_end(struct ccm_links *links)
{
	struct ccm_pairing *pairing;
	struct ccm_pairing *next;

	timer_delete_sync(&links->close_timer);
	list_for_each_entry_safe(pairing, next, &links->pairings, entry)
		list_del_init(&pairing->entry);
}
