// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: the queue pairs of clients. Connected in parallel by the lower node, accepted by
 * the higher one; each has a completion queue and receive buffers of its own, in the
 * protection domain of the session.
 *
 * Like a session's connection, a port is made, connected and fenced by the work item of its
 * inbox; handlers only set a bit and queue that. Completions of the client's operations
 * (op.c) and of what the counterpart sends go straight to the client, in softirq.
 */
#include <linux/bottom_half.h>
#include <linux/slab.h>

#include "../compat.h"
#include "conn.h"
#include "device.h"
#include "port.h"

static struct ccm_port *port_of(struct ccm_endpoint *ep)
{
	return container_of(ep, struct ccm_port, endpoint);
}

static void unmap(struct ccm_endpoint *ep)
{
	struct ccm_port *port = port_of(ep);

	if (!port->rx)
		return;
	ib_dma_unmap_single(port->ib, port->rx_dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
	free_page((unsigned long)port->rx);
	port->rx = NULL;
}

static void release(struct ccm_endpoint *ep)
{
	ccm_port_put(port_of(ep));
}

/* A port notices a dead path later than the session does: clients hear its verdict. */
static const struct ccm_endpoint_kind port_kind = {
	.bit = CCM_INBOX_LINKS,
	.detect_factor = 2,
	.rnr_retries = 7,	/* without limit: see recv_done(); the limit is look_for_late() */
	.send_wr = CCM_PORT_DEPTH + 1,	/* the hello */
	.iwarp_send_wr = CCM_PORT_DEPTH,	/* a READ behind each: see op.c */
	.recv_wr = CCM_PORT_RECV_WR,
	.iwarp_sge = 2,
	.iwarp_inline = CCM_PORT_HEADER_LEN,
	.unmap = unmap,
	.release = release,
};

/**
 * ccm_port_lost() - a work request of a port has failed
 * @port: of a link
 *
 * Any context.
 */
void ccm_port_lost(struct ccm_port *port)
{
	ccm_endpoint_tell(&port->endpoint, CCM_ENDPOINT_ERROR);
}

/**
 * ccm_port_give_up() - end a port, though its queue pair works
 * @port: of a link
 * @why: enum ccm_client_reason
 *
 * Any context.
 */
void ccm_port_give_up(struct ccm_port *port, u32 why)
{
	cmpxchg(&port->why, (u32)CCM_CLIENT_NONE, why);
	ccm_port_lost(port);
}

/*
 * The transport ends what the partner's machine does not answer. It does not end what waits for
 * the partner's client: a queue pair without receives is "not ready" for ever, and a TCP window can
 * be closed for ever. So each operation has its time. One timer for the port: the list is in
 * the order of time, so it is set for the first, and nothing is set again for those that end
 * in time.
 */
static void look_for_late(struct timer_list *timer)
{
	struct ccm_port *port = container_of(timer, struct ccm_port, late);
	struct ccm_op *op;
	unsigned long flags;
	bool some = false;

	spin_lock_irqsave(&port->lock, flags);
	list_for_each_entry(op, &port->posted, entry) {
		if (!port->open)
			break;
		if (time_before(jiffies, op->since + port->limit)) {
			if (!some)
				mod_timer(timer, op->since + port->limit);
			break;
		}
		/* told when the port is fenced: until then its memory is the device's */
		if (!op->status)
			op->status = -ETIMEDOUT;
		some = true;
	}
	spin_unlock_irqrestore(&port->lock, flags);
	if (some)
		ccm_port_give_up(port, CCM_CLIENT_TIMEOUT);
}

static struct ccm_port *port_create(const struct ccm_endpoint_config *config)
{
	/* also in RDMA CM's handler, for which memory must not wait that waits for a client */
	struct ccm_port *port = (struct ccm_port *)kzalloc(sizeof(*port), GFP_NOIO);

	BUILD_BUG_ON(offsetof(struct ccm_port, endpoint) != 0);
	if (!port)
		return NULL;
	kref_init(&port->ref);
	ccm_endpoint_init(&port->endpoint, &port_kind, config);
	INIT_LIST_HEAD(&port->entry);
	INIT_LIST_HEAD(&port->posted);
	timer_setup(&port->late, look_for_late, 0);
	spin_lock_init(&port->lock);
	init_waitqueue_head(&port->idle);
	return port;
}

/*
 * What the counterpart sends
 */

static struct ccm_port *cq_port(const struct ib_cq *cq)
{
	return (struct ccm_port *)cq->cq_context;
}

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

	return ccm_endpoint_post_recv(&port->endpoint, &wr);
}

static u8 *slot_of(struct ccm_port *port, u32 index)
{
	return port->rx + index * CCM_PORT_SLOT_LEN;
}

static void deliver(struct ccm_port *port, const struct ccm_held *held)
{
	const struct ccm_client_ops *ops = port->ops;

	if (held->ring) {
		if (ops->ring)
			ops->ring(port->context, port, held->word);
	} else if (ops->receive) {
		ops->receive(port->context, port, slot_of(port, held->index) + held->offset,
			     held->len);
	}
	ib_dma_sync_single_for_device(port->ib, port->rx_dma + held->index * CCM_PORT_SLOT_LEN,
				      CCM_PORT_SLOT_LEN, DMA_BIDIRECTIONAL);
}

static void repost(struct ccm_port *port, u32 index)
{
	if (post_recv(port, index))
		ccm_port_lost(port);
}

/* What has come? False: nothing that a port of ours sends. */
static bool parse(struct ccm_port *port, const struct ib_wc *wc, struct ccm_held *held)
{
	struct ccm_port_header header;

	if (wc->opcode == IB_WC_RECV_RDMA_WITH_IMM) {
		held->ring = true;
		held->word = be32_to_cpu(wc->ex.imm_data);
		return true;
	}
	ib_dma_sync_single_for_cpu(port->ib, port->rx_dma + held->index * CCM_PORT_SLOT_LEN,
				   CCM_PORT_SLOT_LEN, DMA_BIDIRECTIONAL);
	held->len = wc->byte_len;
	if (!port->endpoint.iwarp)
		return held->len && held->len <= CCM_PORT_MESSAGE_MAX;
	if (ccm_port_get_header(slot_of(port, held->index), wc->byte_len, &header))
		return false;
	held->offset = CCM_PORT_HEADER_LEN;
	held->len -= CCM_PORT_HEADER_LEN;
	held->ring = header.kind == CCM_PORT_KIND_RING;
	held->word = header.word;
	return true;
}

/*
 * Before the client has heard READY, what comes is held: its receive buffers are not
 * posted again, so a counterpart that goes on sending is held up by the transport (the
 * queue pair retries without limit when the receiver is not ready), as long as its operations
 * may take.
 */
static void recv_done(struct ib_cq *cq, struct ib_wc *wc)
{
	struct ccm_port *port = cq_port(cq);
	struct ccm_held held = { .index = (u32)(wc->wr_cqe - port->recv_cqe) };
	unsigned long flags;
	bool now;

	if (wc->status != IB_WC_SUCCESS) {
		ccm_port_lost(port);
		return;
	}
	if (wc->opcode != IB_WC_RECV_RDMA_WITH_IMM && !wc->byte_len) {
		/* post_hello() of the other side: clients send no empty messages */
		WRITE_ONCE(port->endpoint.connected, true);
		ccm_endpoint_tell(&port->endpoint, CCM_PORT_HELLO);
		repost(port, held.index);
		return;
	}
	if (!parse(port, wc, &held)) {
		ccm_port_lost(port);
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
		ccm_port_lost(cq_port(cq));
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
	return ib_post_send(port->endpoint.qp, &wr, NULL);
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
	/* ccm_port_fence() waits for this, then what was read above is freed */
	smp_store_release(&port->delivering, false);
	wake_up_all(&port->idle);
	spin_unlock_irqrestore(&port->lock, flags);
}

/*
 * Queue pair
 */

static int make_qp(struct ccm_port *port)
{
	const struct ccm_port_header header = { .kind = CCM_PORT_KIND_MESSAGE };
	struct ccm_endpoint *ep = &port->endpoint;
	u64 dma;
	u32 i;
	int ret;

	BUILD_BUG_ON(CCM_PORT_MESSAGE_MAX != CCM_PORT_PAYLOAD_MAX);
	BUILD_BUG_ON(CCM_PORT_HEADER_OFFSET + CCM_PORT_HEADER_LEN > PAGE_SIZE);

	/* only the session's way: its protection domain is of that device */
	ret = ccm_endpoint_bind(ep, port->session);
	if (ret)
		return ret;
	port->ib = ep->device->ib;
	port->lkey = ep->pd->local_dma_lkey;
	port->depth = CCM_PORT_DEPTH + (ep->iwarp ? port_kind.iwarp_send_wr : 0U);
	port->rx = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!port->rx)
		return -ENOMEM;
	ccm_port_put_header(port->rx + CCM_PORT_HEADER_OFFSET, &header);
	dma = ib_dma_map_single(port->ib, port->rx, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (ib_dma_mapping_error(port->ib, dma)) {
		free_page((unsigned long)port->rx);
		port->rx = NULL;
		return -ENOMEM;
	}
	port->rx_dma = dma;
	ret = ccm_endpoint_create_qp(ep, port);
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

static void set_owner(struct ccm_port *port, const struct ccm_port_owner *owner)
{
	port->link = owner->link;
	port->session = &owner->conn->endpoint;
	port->ops = owner->ops;
	port->context = owner->context;
	port->limit = msecs_to_jiffies(owner->op_ms);
}

/**
 * ccm_port_connect() - begin to connect a port
 * @config: of its endpoint
 * @owner: whose it is; copied
 * @index: of the port in its link
 * @data: private data of the request, kept
 * @len: of @data
 * @token: that the accept must have
 * @to_port: RDMA CM port number of the partner
 *
 * It goes the session's way: by its interface and device, from its address here to its address
 * there. What becomes of it, also of an error at once, is told by bits, see ccm_port_step().
 *
 * Return: the port, or an ERR_PTR()
 */
struct ccm_port *ccm_port_connect(const struct ccm_endpoint_config *config,
				  const struct ccm_port_owner *owner, u32 index,
				  const u8 *data, u32 len, u64 token, u16 to_port)
{
	struct ccm_port *port = port_create(config);
	int ret;

	if (!port)
		return (struct ccm_port *)ERR_PTR(-ENOMEM);
	set_owner(port, owner);
	port->index = index;
	port->token = token;
	ret = ccm_endpoint_open(&port->endpoint, data, len);
	if (ret) {
		kfree(port);
		return (struct ccm_port *)ERR_PTR(ret);
	}
	ccm_endpoint_follow(&port->endpoint, port->session, to_port);
	return port;
}

/**
 * ccm_port_adopt() - a port from a request that came in
 * @in: request
 * @config: of its endpoint
 *
 * RDMA CM's handler of the listener.
 *
 * Return: the port, or NULL
 */
struct ccm_port *ccm_port_adopt(const struct ccm_incoming *in,
				const struct ccm_endpoint_config *config)
{
	struct ccm_port *port = port_create(config);

	if (port)
		ccm_endpoint_adopt(&port->endpoint, in);
	return port;
}

/**
 * ccm_port_disown() - nobody wants the request after all
 * @port: adopted, freed; the listener's request() returns false, so that its id goes, too
 */
void ccm_port_disown(struct ccm_port *port)
{
	kfree(port);
}

/**
 * ccm_port_accept() - accept a port's request
 * @port: adopted
 * @owner: whose it is; copied
 * @data: private data for the partner
 * @len: of @data
 *
 * Return: 0; -EXDEV: it has come by another way than the session; another negative errno; then
 * it is to be refused
 */
int ccm_port_accept(struct ccm_port *port, const struct ccm_port_owner *owner, const u8 *data,
		    u32 len)
{
	int ret;

	set_owner(port, owner);
	ret = make_qp(port);
	return ret ? ret : ccm_endpoint_accept(&port->endpoint, data, len);
}

/**
 * ccm_port_refuse() - reject a port's request
 * @port: adopted, freed
 * @data: private data for the partner; may be NULL
 * @len: of @data
 */
void ccm_port_refuse(struct ccm_port *port, const u8 *data, u32 len)
{
	struct ccm_drain drain;

	ccm_endpoint_reject(&port->endpoint, data, len);
	ccm_drain_begin(&drain);
	ccm_port_stop(port, &drain);
	ccm_drain_wait(&drain);
	ccm_port_fence(port);
	ccm_port_put(port);
}

/* The route is known: make the queue pair and send the request. */
static int port_route(struct ccm_port *port)
{
	int ret = make_qp(port);

	return ret ? ret : ccm_endpoint_connect(&port->endpoint);
}

static u32 why_not(int error)
{
	return error == -ENOMEM ? CCM_CLIENT_RESOURCES : CCM_CLIENT_CONNECT;
}

/*
 * The side that connects has RDMA CM's word alone, which comes with the accept. iWARP: the
 * accepting side must not send before it has received, so that RDMA CM's word does not count there.
 */
static bool is_established(const struct ccm_port *port, unsigned long pending)
{
	const struct ccm_endpoint *ep = &port->endpoint;

	if (ep->active)
		return pending & BIT(CCM_ENDPOINT_ESTABLISHED);
	return (pending & BIT(CCM_PORT_HELLO)) ||
	       ((pending & BIT(CCM_ENDPOINT_ESTABLISHED)) && !ep->iwarp);
}

/*
 * Is it the partner who has accepted? The token is made of all that its accept says, by a key of
 * the session: of the rest nothing need be looked at.
 */
static bool is_partners(const struct ccm_port *port)
{
	const struct ccm_endpoint *ep = &port->endpoint;
	struct ccm_wire_port msg;

	return !ccm_wire_get_port(ep->private_data, ep->private_len, &msg) &&
	       msg.token == port->token;
}

static u32 why_lost(const struct ccm_port *port)
{
	u32 why = READ_ONCE(port->why);

	if (why)
		return why;
	return port->up ? CCM_CLIENT_PORT_LOST : CCM_CLIENT_CONNECT;
}

/**
 * ccm_port_step() - look at what has happened to a port
 * @port: of a link
 *
 * The work item of its inbox.
 *
 * Return: enum ccm_client_reason: why it is lost, or CCM_CLIENT_NONE
 */
u32 ccm_port_step(struct ccm_port *port)
{
	const unsigned long lost = BIT(CCM_ENDPOINT_DISCONNECTED) | BIT(CCM_ENDPOINT_ERROR) |
				   BIT(CCM_ENDPOINT_MALFORMED) | BIT(CCM_ENDPOINT_DEVICE_GONE);
	struct ccm_endpoint *ep = &port->endpoint;
	/* pairs with ccm_endpoint_tell() */
	unsigned long pending = xchg(&ep->pending, 0);
	unsigned long flags;
	int ret;

	if (!pending)
		return CCM_CLIENT_NONE;
	if (pending & lost)
		return why_lost(port);
	if (pending & (BIT(CCM_ENDPOINT_FAILED) | BIT(CCM_ENDPOINT_REJECTED)))
		return why_not(ep->error);
	if (pending & BIT(CCM_ENDPOINT_ROUTE)) {
		ret = port_route(port);
		if (ret)
			return why_not(ret);
	}
	if (is_established(port, pending) && !port->up) {
		if (ep->active && (!is_partners(port) || post_hello(port)))
			return CCM_CLIENT_CONNECT;
		port->up = true;
		spin_lock_irqsave(&port->lock, flags);
		port->open = true;
		spin_unlock_irqrestore(&port->lock, flags);
	}
	return CCM_CLIENT_NONE;
}

/*
 * Fencing
 */

/*
 * Complete what the device has not given back: nothing of it will come any more. Or it may: then
 * each is told that its memory is not its own again.
 */
static void abort_posted(struct ccm_port *port)
{
	struct ccm_op *op;
	unsigned long flags;
	int status;

	do {
		spin_lock_irqsave(&port->lock, flags);
		op = list_first_entry_or_null(&port->posted, struct ccm_op, entry);
		if (op)
			list_del(&op->entry);
		spin_unlock_irqrestore(&port->lock, flags);
		if (!op)
			break;
		status = op->status ? op->status : -ENOTCONN;
		if (port->endpoint.lost)
			status = -ENOTRECOVERABLE;
		/* as from a completion: a client's lock need not mind the difference */
		local_bh_disable();
		op->done(op, status);
		local_bh_enable();
	} while (op);
}

/**
 * ccm_port_stop() - nothing is posted any more; what was posted begins to come back
 * @port: in any state, also fenced
 * @drain: begun
 *
 * Process context.
 */
void ccm_port_stop(struct ccm_port *port, struct ccm_drain *drain)
{
	unsigned long flags;

	if (port->fenced)
		return;
	spin_lock_irqsave(&port->lock, flags);
	port->open = false;
	spin_unlock_irqrestore(&port->lock, flags);
	ccm_endpoint_disconnect(&port->endpoint);
	ccm_drain_add(drain, &port->endpoint);
}

/**
 * ccm_port_fence() - end a port for good
 * @port: stopped, and the drain waited for; or fenced already
 *
 * Process context. Whether it is drained or not: when this returns, its queue pair is in the
 * error state (or lost: see struct ccm_endpoint), no completion of it is looked at any more, and
 * every operation posted on it has completed. The reaper has it, and frees what the device has of
 * it.
 */
void ccm_port_fence(struct ccm_port *port)
{
	if (port->fenced)
		return;
	port->fenced = true;
	/* armed under the lock while the port was open: never again */
	timer_delete_sync(&port->late);
	/* pairs with the release in ccm_port_deliver() */
	wait_event(port->idle, !smp_load_acquire(&port->delivering));
	ccm_endpoint_fence(&port->endpoint);
	abort_posted(port);
	kref_get(&port->ref);
	ccm_endpoint_reap(&port->endpoint);
}

static void port_release(struct kref *ref)
{
	kfree(container_of(ref, struct ccm_port, ref));
}

/**
 * ccm_port_put() - one reference less; with the last, its memory goes
 * @port: fenced
 */
void ccm_port_put(struct ccm_port *port)
{
	kref_put(&port->ref, port_release);
}
