// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: the queue pairs of clients. Connected in parallel by the lower node, accepted by
 * the higher one; each has a completion queue and receive buffers of its own, in the
 * protection domain of the session.
 *
 * Like a session's connection, a port is made, connected and fenced by its partner's work
 * item; handlers only set a bit and queue that. Completions of the client's operations
 * (op.c) and of what the counterpart sends go straight to the client, in softirq.
 */
#include <linux/bottom_half.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <rdma/ib_cm.h>
#include <asm/unaligned.h>

#include "../link.h"

static void port_set(struct ccm_port *port, enum ccm_port_bit bit)
{
	/* pairs with the barrier in ccm_port_step() */
	smp_mb__before_atomic();
	set_bit((int)bit, &port->pending);
	ccm_partner_kick(port->partner, CCM_PARTNER_LINKS);
}

/**
 * ccm_port_lost() - a work request of a port has failed
 * @port: of a link
 *
 * Any context.
 */
void ccm_port_lost(struct ccm_port *port)
{
	port_set(port, CCM_PORT_LOST);
}

static struct ccm_port *port_create(struct ccm_partner *partner)
{
	struct ccm_port *port = (struct ccm_port *)kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->partner = partner;
	INIT_LIST_HEAD(&port->entry);
	INIT_LIST_HEAD(&port->ops);
	spin_lock_init(&port->lock);
	return port;
}

static int port_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct ccm_port *port = (struct ccm_port *)id->context;

	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		if (rdma_resolve_route(id, CCM_CONNECT_MS))
			port_set(port, CCM_PORT_FAILED);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		port_set(port, CCM_PORT_ROUTE);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		/* iWARP: the accepting side must not send before it has received */
		if (port->active || !port->iwarp)
			port_set(port, CCM_PORT_ESTABLISHED);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		/* Established, it is no more than a hint: see cm.c. */
		if (!test_bit(CCM_PORT_ESTABLISHED, &port->pending) && !port->connected)
			port_set(port, CCM_PORT_FAILED);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_CONNECT_ERROR:
	case RDMA_CM_EVENT_REJECTED:
		port_set(port, CCM_PORT_FAILED);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		port_set(port, CCM_PORT_LOST);
		break;
	default:
		break;
	}
	return 0;
}

/*
 * What the counterpart sends
 */

/* Not through the queue pair: it may be destroyed already, if it could not be drained. */
static struct ccm_port *cq_port(const struct ib_cq *cq)
{
	return (struct ccm_port *)cq->cq_context;
}

/* A port that is being fenced takes no more; its queue pair may be gone in a moment. */
static int post_recv(struct ccm_port *port, u32 index)
{
	struct ib_sge sge = {
		.addr = port->rx_dma + index * CCM_PORT_SLOT_LEN,
		.length = CCM_PORT_SLOT_LEN,
		.lkey = port->lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &port->recv_cqe[index],
		.sg_list = &sge,
		.num_sge = 1,
	};
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&port->lock, flags);
	if (!port->stopped)
		ret = ib_post_recv(port->cm_id->qp, &wr, NULL);
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

static u8 *slot_of(struct ccm_port *port, u32 index)
{
	return port->rx + index * CCM_PORT_SLOT_LEN;
}

static void deliver(struct ccm_port *port, const struct ccm_held *held)
{
	const struct ccm_client *client = port->link->peer->client;

	if (held->ring) {
		if (client->ops->ring)
			client->ops->ring(client->context, port, held->word);
	} else if (client->ops->receive) {
		client->ops->receive(client->context, port, slot_of(port, held->index) +
				     held->offset, held->len);
	}
	ib_dma_sync_single_for_device(port->device, port->rx_dma +
				      held->index * CCM_PORT_SLOT_LEN, CCM_PORT_SLOT_LEN,
				      DMA_BIDIRECTIONAL);
}

static void repost(struct ccm_port *port, u32 index)
{
	if (post_recv(port, index))
		port_set(port, CCM_PORT_LOST);
}

/* What has come? False: nothing that a port of ours sends. */
static bool parse(struct ccm_port *port, const struct ib_wc *wc, struct ccm_held *held)
{
	const u8 *header = slot_of(port, held->index);

	if (wc->opcode == IB_WC_RECV_RDMA_WITH_IMM) {
		held->ring = true;
		held->word = be32_to_cpu(wc->ex.imm_data);
		return true;
	}
	ib_dma_sync_single_for_cpu(port->device, port->rx_dma +
				   held->index * CCM_PORT_SLOT_LEN, CCM_PORT_SLOT_LEN,
				   DMA_BIDIRECTIONAL);
	held->len = wc->byte_len;
	if (port->iwarp) {
		if (wc->byte_len < CCM_PORT_HEADER_LEN)
			return false;
		held->offset = CCM_PORT_HEADER_LEN;
		held->len -= CCM_PORT_HEADER_LEN;
		held->ring = get_unaligned_le32(header) == CCM_PORT_KIND_RING;
		held->word = get_unaligned_le32(header + 4);
		if (held->ring)
			return !held->len;
		if (get_unaligned_le32(header) != CCM_PORT_KIND_MESSAGE)
			return false;
	}
	return held->len && held->len <= CCM_PORT_MESSAGE_MAX;
}

/*
 * Before the client has heard READY, what comes is held: its receive buffers are not
 * posted again, so a counterpart that goes on sending is held up by the transport (the
 * queue pair retries without limit when the receiver is not ready).
 */
static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_port *port = cq_port(cq);
	struct ccm_held held = { .index = (u32)(wc->wr_cqe - port->recv_cqe) };
	unsigned long flags;
	bool now;

	if (wc->status != IB_WC_SUCCESS) {
		port_set(port, CCM_PORT_LOST);
		return;
	}
	if (wc->opcode != IB_WC_RECV_RDMA_WITH_IMM && !wc->byte_len) {
		/* post_hello() of the other side: clients send no empty messages */
		port_set(port, CCM_PORT_ESTABLISHED);
		repost(port, held.index);
		return;
	}
	if (!parse(port, wc, &held)) {
		port_set(port, CCM_PORT_LOST);
		return;
	}
	spin_lock_irqsave(&port->lock, flags);
	now = port->deliver;
	if (!now)
		port->held[(port->held_head + port->held_count++) % CCM_PORT_RECV_WR] = held;
	spin_unlock_irqrestore(&port->lock, flags);
	if (!now)
		return;
	deliver(port, &held);
	repost(port, held.index);
}

static void hello_done(struct ib_cq *cq, struct ib_wc *wc)
{
	if (wc->status != IB_WC_SUCCESS)
		port_set(cq_port(cq), CCM_PORT_LOST);
}

/*
 * The first word of the side that has connected: an empty message. The accepting side
 * takes it for "established", should RDMA CM's own word be lost (which it repeats only
 * after seconds); on iWARP it is the only word that counts, as the connecting side must
 * be the first to send (RFC 5044, 7.1).
 */
static int post_hello(struct ccm_port *port)
{
	struct ib_send_wr wr = { .wr_cqe = &port->hello_cqe, .opcode = IB_WR_SEND };

	port->hello_cqe.done = hello_done;
	return ib_post_send(port->cm_id->qp, &wr, NULL);
}

/**
 * ccm_port_deliver() - call the client for what was held, and from now on directly
 * @port: of a link that the client has heard READY of
 *
 * Process context. Receive buffers are posted again when all is delivered, so that there is
 * an end to it, however fast the counterpart sends.
 */
void ccm_port_deliver(struct ccm_port *port)
{
	struct ccm_held held;
	unsigned long flags;
	u32 delivered = 0;
	bool some;
	u32 i;

	do {
		spin_lock_irqsave(&port->lock, flags);
		/* a fenced port has nothing to say any more */
		some = port->held_count && port->open;
		if (some) {
			held = port->held[port->held_head];
			port->held_head = (port->held_head + 1) % CCM_PORT_RECV_WR;
			port->held_count--;
			port->delivering = true;
		} else {
			port->deliver = port->open;
		}
		spin_unlock_irqrestore(&port->lock, flags);
		if (some) {
			local_bh_disable();
			deliver(port, &held);
			local_bh_enable();
			delivered |= BIT(held.index);
		}
	} while (some);
	if (!delivered)
		return;
	for (i = 0; i < CCM_PORT_RECV_WR; i++)
		if (delivered & BIT(i))
			repost(port, i);
	spin_lock_irqsave(&port->lock, flags);
	port->delivering = false;
	spin_unlock_irqrestore(&port->lock, flags);
	/* port_destroy() may wait for this */
	wake_up_var(&port->delivering);
}

/*
 * Queue pair
 */

static int qp_create(struct ccm_port *port)
{
	struct ccm_conn *conn = port->link->conn;
	struct ib_qp_init_attr attr = {
		.cap = {
			/* one more each for the drain, and one for the hello */
			.max_send_wr = CCM_PORT_DEPTH + 2,
			.max_recv_wr = CCM_PORT_RECV_WR + 1,
			.max_send_sge = conn->iwarp ? 2U : 1U,
			.max_recv_sge = 1,
			.max_inline_data = conn->iwarp ? CCM_PORT_HEADER_LEN : 0U,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_cq *cq;
	u32 i;
	int ret;

	BUILD_BUG_ON(CCM_PORT_HEADER_OFFSET + CCM_PORT_HEADER_LEN > PAGE_SIZE);

	/* the session's protection domain is of its device */
	if (port->cm_id->device != conn->device->ib)
		return -ENODEV;
	port->device = conn->device->ib;
	port->lkey = conn->pd->local_dma_lkey;
	port->iwarp = conn->iwarp;
	port->rx = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!port->rx)
		return -ENOMEM;
	put_unaligned_le32(CCM_PORT_KIND_MESSAGE, port->rx + CCM_PORT_HEADER_OFFSET);
	port->rx_dma = ib_dma_map_single(port->device, port->rx, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (ib_dma_mapping_error(port->device, port->rx_dma)) {
		free_page((unsigned long)port->rx);
		port->rx = NULL;
		return -ENOMEM;
	}
	cq = ib_alloc_cq_any(port->device, port, CCM_PORT_DEPTH + CCM_PORT_RECV_WR + 3,
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return (int)PTR_ERR(cq);
	port->cq = cq;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	ret = rdma_create_qp(port->cm_id, conn->pd, &attr);
	if (ret)
		return ret;
	for (i = 0; i < CCM_PORT_RECV_WR; i++) {
		port->recv_cqe[i].done = recv_done;
		ret = post_recv(port, i);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Connecting
 */

/*
 * A port notices a dead path later than the session does, so that it is the session's
 * verdict that clients hear.
 */
static void set_timeouts(struct rdma_cm_id *id, const struct ccm_partner *partner)
{
	ccm_cm_set_timeouts(id, 2 * partner->node->config.detect_ms);
}

static void port_param(const struct ccm_port *port, struct rdma_conn_param *param, u8 *data)
{
	const struct ccm_session *s = &port->partner->session;
	const struct ccm_session_link *core = &s->links.link[port->link->index];
	struct ccm_wire_port msg = {
		.node = s->config.node,
		.partner = s->config.partner,
		.nonce = s->peer_keys.nonce,
		.instance = core->instance,
		.instance_partner = core->counterpart,
		.epoch = port->link->epoch,
		.port = port->index,
		.incarnation = s->config.incarnation,
	};

	ccm_wire_put_port(data, &msg);
	ccm_cm_param(port->cm_id, param, data, CCM_WIRE_PORT_LEN);
	param->rnr_retry_count = 7;	/* without limit: see recv_done() */
}

/**
 * ccm_port_connect() - begin to connect a port
 * @link: being opened
 * @index: of the port
 *
 * What becomes of it is told by bits, see ccm_port_step(); the link's time to open
 * bounds it.
 *
 * Return: 0 or a negative errno
 */
int ccm_port_connect(struct ccm_link *link, u32 index)
{
	struct ccm_partner *partner = link->partner;
	struct sockaddr_storage src = link->conn->cm_id->route.addr.src_addr;
	struct rdma_cm_id *id;
	struct ccm_port *port;

	port = port_create(partner);
	if (!port)
		return -ENOMEM;
	port->link = link;
	port->index = index;
	port->active = true;
	id = rdma_create_id(&init_net, port_handler, port, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id)) {
		kfree(port);
		return (int)PTR_ERR(id);
	}
	port->cm_id = id;
	link->ports[index] = port;
	set_timeouts(id, partner);
	/* by the address of the session, and so by its device; any port number */
	if (src.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&src)->sin6_port = 0;
	else
		((struct sockaddr_in *)&src)->sin_port = 0;
	return rdma_resolve_addr(id, (struct sockaddr *)&src,
				 (struct sockaddr *)&partner->paths[0].address,
				 CCM_CONNECT_MS);
}

static int port_route(struct ccm_port *port)
{
	struct rdma_conn_param param;
	u8 data[CCM_WIRE_PORT_LEN];
	int ret;

	ret = qp_create(port);
	if (ret)
		return ret;
	port_param(port, &param, data);
	return rdma_connect(port->cm_id, &param);
}

/**
 * ccm_port_request() - a connect request for a port has come in
 * @node: node
 * @id: new; on success CCM's
 * @msg: what it says
 *
 * RDMA CM's handler of the listener. Nothing is kept for whoever does not know the
 * present session's nonce.
 *
 * Return: what the handler returns: 0, or 1: the core destroys the id
 */
int ccm_port_request(struct ccm_node *node, struct rdma_cm_id *id,
		     const struct ccm_wire_port *msg)
{
	struct ccm_partner *partner = NULL;
	struct ccm_port *port = NULL;
	bool welcome = false;

	if (msg->partner == node->config.node && !READ_ONCE(node->stopping))
		partner = ccm_node_find_partner(node, msg->node);
	if (partner)
		port = port_create(partner);
	if (port) {
		port->cm_id = id;
		port->request = *msg;
		port->index = msg->port;
		spin_lock(&partner->lock);
		welcome = partner->port_nonce && partner->port_nonce == msg->nonce &&
			  partner->port_request_count < CCM_PORT_REQUESTS_MAX;
		if (welcome) {
			partner->port_request_count++;
			list_add_tail(&port->entry, &partner->port_requests);
			id->context = port;
			id->event_handler = port_handler;
		}
		spin_unlock(&partner->lock);
	}
	if (welcome) {
		ccm_partner_kick(partner, CCM_PARTNER_LINKS);
		return 0;
	}
	kfree(port);
	atomic64_inc(&node->rejected[CCM_REJECT_STALE]);
	rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
	return 1;
}

/**
 * ccm_port_accept() - accept a port's request
 * @link: whose port it is
 * @port: request; on success the link's
 *
 * Return: 0 or a negative errno
 */
int ccm_port_accept(struct ccm_link *link, struct ccm_port *port)
{
	struct rdma_conn_param param;
	u8 data[CCM_WIRE_PORT_LEN];
	int ret;

	port->link = link;
	set_timeouts(port->cm_id, link->partner);
	ret = qp_create(port);
	if (!ret) {
		port_param(port, &param, data);
		rdma_lock_handler(port->cm_id);
		ret = rdma_accept(port->cm_id, &param);
		rdma_unlock_handler(port->cm_id);
	}
	if (!ret)
		link->ports[port->index] = port;
	return ret;
}

/**
 * ccm_port_refuse() - reject a port's request
 * @port: request, freed
 */
void ccm_port_refuse(struct ccm_port *port)
{
	rdma_reject(port->cm_id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
	ccm_ports_fence(&port, 1);
	kfree(port);
}

/**
 * ccm_port_step() - look at what has happened to a port
 * @port: of a link
 *
 * The partner's work item.
 *
 * Return: enum ccm_client_reason: why it is lost, or CCM_CLIENT_NONE
 */
u32 ccm_port_step(struct ccm_port *port)
{
	unsigned long pending = xchg(&port->pending, 0);
	unsigned long flags;

	if (!pending)
		return CCM_CLIENT_NONE;
	if (pending & BIT(CCM_PORT_LOST))
		return port->connected ? CCM_CLIENT_PORT_LOST : CCM_CLIENT_CONNECT;
	if (pending & BIT(CCM_PORT_FAILED))
		return CCM_CLIENT_CONNECT;
	if (pending & BIT(CCM_PORT_ROUTE)) {
		int ret = port_route(port);

		if (ret)
			return ret == -ENOMEM ? CCM_CLIENT_RESOURCES : CCM_CLIENT_CONNECT;
	}
	if ((pending & BIT(CCM_PORT_ESTABLISHED)) && !port->connected) {
		if (port->active && post_hello(port))
			return CCM_CLIENT_CONNECT;
		port->connected = true;
		spin_lock_irqsave(&port->lock, flags);
		port->open = true;
		spin_unlock_irqrestore(&port->lock, flags);
	}
	return CCM_CLIENT_NONE;
}

/*
 * Fencing
 */

static void drained(struct ccm_port *port)
{
	if (atomic_dec_and_test(&port->fence->left))
		complete(&port->fence->done);
}

static void send_drained(struct ib_cq *cq, struct ib_wc *wc)
{
	drained(container_of(wc->wr_cqe, struct ccm_port, drain_send));
}

static void recv_drained(struct ib_cq *cq, struct ib_wc *wc)
{
	drained(container_of(wc->wr_cqe, struct ccm_port, drain_recv));
}

/* Nothing is posted any more; what was posted begins to come back. */
static void port_stop(struct ccm_port *port, struct ccm_fence *fence)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };
	struct ib_rdma_wr swr = {};
	struct ib_recv_wr rwr = {};
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	port->open = false;
	port->stopped = true;
	spin_unlock_irqrestore(&port->lock, flags);
	if (!port->cm_id || !port->cm_id->qp)
		return;
	if (port->connected)
		rdma_disconnect(port->cm_id);
	port->fence = fence;
	port->drain_send.done = send_drained;
	port->drain_recv.done = recv_drained;
	swr.wr.wr_cqe = &port->drain_send;
	swr.wr.opcode = IB_WR_RDMA_WRITE;
	rwr.wr_cqe = &port->drain_recv;
	if (ib_modify_qp(port->cm_id->qp, &attr, IB_QP_STATE))
		return;
	atomic_add(2, &fence->left);
	if (ib_post_send(port->cm_id->qp, &swr.wr, NULL))
		drained(port);
	if (ib_post_recv(port->cm_id->qp, &rwr, NULL))
		drained(port);
}

/*
 * Whether it is drained or not: a destroyed queue pair neither sends nor receives, and
 * the completion queue is freed when its handler has ended. An operation that has not
 * come back by then never will.
 */
static void port_destroy(struct ccm_port *port)
{
	if (!port->cm_id)
		return;
	wait_var_event(&port->delivering, !READ_ONCE(port->delivering));
	if (port->cm_id->qp)
		rdma_destroy_qp(port->cm_id);
	if (port->cq)
		ib_free_cq(port->cq);
	port->cq = NULL;
	if (port->rx) {
		ib_dma_unmap_single(port->device, port->rx_dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
		free_page((unsigned long)port->rx);
	}
	port->rx = NULL;
	/* Cancels what is under way and waits for a running handler: after this, none. */
	rdma_destroy_id(port->cm_id);
	port->cm_id = NULL;
	ccm_ops_abort(port);
}

/**
 * ccm_ports_fence() - end ports for good
 * @ports: some, NULL for a place without one; fenced ones stay as they are
 * @count: places
 *
 * Process context. When it returns, none of them is connected, no handler of theirs runs
 * or will run, and every operation posted on them has completed. Bounded by CCM_DRAIN_MS,
 * once for all of them, and by what destroying the objects takes.
 */
void ccm_ports_fence(struct ccm_port *const *ports, u32 count)
{
	struct ccm_fence fence = { .left = ATOMIC_INIT(1) };
	u32 i;

	init_completion(&fence.done);
	for (i = 0; i < count; i++)
		if (ports[i])
			port_stop(ports[i], &fence);
	if (atomic_dec_return(&fence.left))
		wait_for_completion_timeout(&fence.done, msecs_to_jiffies(CCM_DRAIN_MS));
	/* no completion looks at the fence, or at a port, behind this */
	for (i = 0; i < count; i++)
		if (ports[i])
			port_destroy(ports[i]);
}
