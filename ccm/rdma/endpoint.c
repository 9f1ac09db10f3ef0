// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: resolving, connecting, accepting, rejecting, draining and destroying.
 *
 * The event handler runs on work queues that serve the whole host (ib_cm, rdma_cm,
 * iw_cm): it stores what came with the event, sets a bit of the endpoint and leaves. The
 * one step it takes itself is from address to route resolution, which only queues. What
 * needs a queue pair is the work item's.
 */
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/irq_poll.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "../core/liveness.h"
#include "../core/session.h"
#include "../trace.h"
#include "device.h"
#include "endpoint.h"
#include "listener.h"
#include "way.h"

/**
 * struct ccm_domain - a session's protection domain
 * @users: endpoints: the session's own, and those of ports; the last to be freed frees it
 * @pd: protection domain
 */
struct ccm_domain {
	refcount_t users;
	struct ib_pd *pd;
};

/**
 * ccm_endpoint_tell() - something happened to an endpoint
 * @ep: endpoint
 * @bit: enum ccm_endpoint_bit, or one of the owner's
 *
 * Any context. What belongs to the bit has been stored before. Of an endpoint that is with the
 * reaper nobody wants to hear.
 */
void ccm_endpoint_tell(struct ccm_endpoint *ep, u32 bit)
{
	unsigned long flags;

	/* pairs with the barriers of those who take the bit */
	smp_mb__before_atomic();
	set_bit((int)bit, &ep->pending);
	spin_lock_irqsave(&ep->lock, flags);
	if (!ep->left)
		ccm_inbox_tell(ep->config.inbox, ep->kind->bit);
	spin_unlock_irqrestore(&ep->lock, flags);
}

/**
 * ccm_endpoint_failed() - it could not be connected
 * @ep: endpoint
 * @error: negative errno
 *
 * Any context.
 */
void ccm_endpoint_failed(struct ccm_endpoint *ep, int error)
{
	ep->error = error;
	switch (error) {
	case -ENODEV:
	case -ENETUNREACH:
	case -EADDRNOTAVAIL:
		ep->status = CCM_CM_NO_DEVICE;
		break;
	case -ENOMEM:
		ep->status = CCM_CM_RESOURCES;
		break;
	case -EHOSTUNREACH:
	case -ETIMEDOUT:
		ep->status = CCM_CM_UNREACHABLE;
		break;
	default:
		ep->status = CCM_CM_OTHER;
		break;
	}
	ccm_endpoint_tell(ep, CCM_ENDPOINT_FAILED);
}

static void keep_private(struct ccm_endpoint *ep, const void *data, u32 len)
{
	ep->private_len = min_t(u32, len, sizeof(ep->private_data));
	memcpy(ep->private_data, data, ep->private_len);
}

static void rejected(struct ccm_endpoint *ep, struct rdma_cm_event *event)
{
	const void *data;
	u8 len = 0;

	ep->error = -ECONNREFUSED;
	data = rdma_consumer_reject_data(ep->cm_id, event, &len);
	if (data && len) {
		keep_private(ep, data, len);
		ep->status = CCM_CM_CONSUMER;
	} else if (event->status == IB_CM_REJ_INVALID_SERVICE_ID ||
		   event->status == -ECONNREFUSED) {
		ep->status = CCM_CM_NO_LISTENER;
	} else if (event->status == IB_CM_REJ_STALE_CONN) {
		ep->status = CCM_CM_STALE;
	} else {
		ep->status = CCM_CM_OTHER;
	}
	ccm_endpoint_tell(ep, CCM_ENDPOINT_REJECTED);
}

static void established(struct ccm_endpoint *ep, struct rdma_cm_event *event)
{
	const struct rdma_conn_param *param = &event->param.conn;

	if (param->private_data && param->private_data_len)
		keep_private(ep, param->private_data, param->private_data_len);
	WRITE_ONCE(ep->connected, true);
	ccm_endpoint_tell(ep, CCM_ENDPOINT_ESTABLISHED);
}

/* Allocates: as in partner_work(), memory must not be waited for that waits for a client. */
static int resolve_route(struct rdma_cm_id *id)
{
	unsigned int flags = memalloc_noio_save();
	int ret = rdma_resolve_route(id, CCM_CONNECT_MS);

	memalloc_noio_restore(flags);
	return ret;
}

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct ccm_endpoint *ep = (struct ccm_endpoint *)id->context;
	int ret;

	if (ep->id)
		trace_ccm_cm_event(ep->config.partner, ep->id, event->event, event->status);
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		ret = resolve_route(id);
		if (ret)
			ccm_endpoint_failed(ep, ret);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		ccm_endpoint_tell(ep, CCM_ENDPOINT_ROUTE);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		/* Established, this can be no more than another MAC address of the
		 * neighbour: heartbeats know better.
		 */
		if (READ_ONCE(ep->connected))
			break;
		ccm_endpoint_failed(ep, -EHOSTUNREACH);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		ccm_endpoint_failed(ep, event->status < 0 ? event->status : -ECONNABORTED);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		established(ep, event);
		break;
	case RDMA_CM_EVENT_REJECTED:
		rejected(ep, event);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		ccm_endpoint_tell(ep, CCM_ENDPOINT_DISCONNECTED);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		ccm_endpoint_tell(ep, CCM_ENDPOINT_DEVICE_GONE);
		break;
	default:
		break;
	}
	return 0;
}

/*
 * Making and connecting
 */

static struct rdma_conn_param conn_param(const struct ccm_endpoint *ep, const u8 *data, u32 len)
{
	const struct ib_device_attr *attrs = &ep->cm_id->device->attrs;
	struct rdma_conn_param param = {
		.private_data = data,
		.private_data_len = (u8)len,
		.responder_resources = (u8)min(CCM_QP_READS, attrs->max_qp_rd_atom),
		.initiator_depth = (u8)min(CCM_QP_READS, attrs->max_qp_init_rd_atom),
		.retry_count = CCM_QP_RETRIES,
		.rnr_retry_count = ep->kind->rnr_retries,
	};

	return param;
}

static int connect(struct ccm_endpoint *ep)
{
	struct rdma_conn_param param = conn_param(ep, ep->private_data, ep->private_len);

	return rdma_connect(ep->cm_id, &param);
}

static void connect_work(struct work_struct *work)
{
	struct ccm_endpoint *ep = container_of(work, struct ccm_endpoint, connect);
	unsigned int flags = memalloc_noio_save();
	int ret = connect(ep);

	if (ret)
		ccm_endpoint_failed(ep, ret);
	memalloc_noio_restore(flags);
}

/**
 * ccm_endpoint_init() - an endpoint that does nothing yet
 * @ep: zeroed
 * @kind: constant
 * @config: copied
 */
void ccm_endpoint_init(struct ccm_endpoint *ep, const struct ccm_endpoint_kind *kind,
		       const struct ccm_endpoint_config *config)
{
	ep->kind = kind;
	ep->config = *config;
	spin_lock_init(&ep->lock);
	INIT_WORK(&ep->connect, connect_work);
}

static u8 ack_timeout(const struct ccm_endpoint *ep)
{
	return ccm_ack_timeout(ep->config.detect_ms * ep->kind->detect_factor, CCM_QP_RETRIES);
}

/**
 * ccm_endpoint_repeat_ms() - how long what was posted can take, if it is lost twice
 * @ep: endpoint that was connected
 *
 * Return: milliseconds
 */
u32 ccm_endpoint_repeat_ms(const struct ccm_endpoint *ep)
{
	return ep->iwarp ? CCM_TCP_REPEAT_MS : ccm_ack_wait_ms(ack_timeout(ep), 2);
}

/* Takes effect with the queue pair: before route resolution, or before accepting. */
static void set_timeouts(struct ccm_endpoint *ep)
{
	rdma_set_ack_timeout(ep->cm_id, ack_timeout(ep));
	rdma_set_min_rnr_timer(ep->cm_id, CCM_QP_RNR_TIMER);
}

/**
 * ccm_endpoint_open() - an id, for the side that connects
 * @ep: initialised
 * @data: private data of the request, kept; at most CCM_PRIVATE_REQUEST_MAX bytes
 * @len: of @data
 *
 * Return: 0 or a negative errno, then there is nothing to release
 */
int ccm_endpoint_open(struct ccm_endpoint *ep, const u8 *data, u32 len)
{
	struct rdma_cm_id *id;

	keep_private(ep, data, len);
	id = rdma_create_id(&init_net, cm_handler, ep, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return (int)PTR_ERR(id);
	ep->active = true;
	ep->cm_id = id;
	set_timeouts(ep);
	return 0;
}

/**
 * ccm_endpoint_adopt() - take the id of a request that came in
 * @ep: initialised
 * @in: request; its id is this endpoint's when the listener's request() returns true
 */
void ccm_endpoint_adopt(struct ccm_endpoint *ep, const struct ccm_incoming *in)
{
	ep->cm_id = in->id;
	keep_private(ep, in->data, in->len);
	in->id->context = ep;
	in->id->event_handler = cm_handler;
}

/**
 * ccm_endpoint_resolve() - begin to look for the way to an address
 * @ep: open
 * @to: address there, with port
 *
 * What becomes of it, also of an error at once, is told by bits.
 */
void ccm_endpoint_resolve(struct ccm_endpoint *ep, const struct sockaddr_storage *to)
{
	int ret = rdma_resolve_addr(ep->cm_id, NULL, (const struct sockaddr *)to,
				    CCM_CONNECT_MS);

	if (ret)
		ccm_endpoint_failed(ep, ret);
}

/**
 * ccm_endpoint_follow() - take the way that another endpoint goes
 * @ep: open
 * @other: connected
 * @port: RDMA CM port number there
 *
 * What becomes of it, also of an error at once, is told by bits.
 */
void ccm_endpoint_follow(struct ccm_endpoint *ep, const struct ccm_endpoint *other, u16 port)
{
	int ret = ccm_way_follow(ep->cm_id, other->cm_id, port, CCM_CONNECT_MS);

	if (ret)
		ccm_endpoint_failed(ep, ret);
}

static struct ccm_domain *domain_create(struct ib_device *ib)
{
	struct ccm_domain *domain = (struct ccm_domain *)kzalloc(sizeof(*domain), GFP_KERNEL);
	struct ib_pd *pd;

	if (!domain)
		return (struct ccm_domain *)ERR_PTR(-ENOMEM);
	pd = ib_alloc_pd(ib, 0);
	if (IS_ERR(pd)) {
		kfree(domain);
		return (struct ccm_domain *)ERR_CAST(pd);
	}
	refcount_set(&domain->users, 1);
	domain->pd = pd;
	return domain;
}

/* Something that could not be freed keeps it: drivers would wait for that, or refuse. */
static void domain_put(struct ccm_domain *domain)
{
	if (!domain || !refcount_dec_and_test(&domain->users))
		return;
	if (!atomic_read(&domain->pd->usecnt))
		ib_dealloc_pd(domain->pd);
	kfree(domain);
}

/**
 * ccm_endpoint_bind() - take the device that the id has found, and a protection domain
 * @ep: its route is resolved, or it is adopted
 * @session: whose protection domain it shares; NULL: it has one of its own
 *
 * Return: 0; -ENODEV: the device is not used, is being removed or in quarantine; -EXDEV: it goes
 * another way than @session; another negative errno. The reaper undoes it.
 */
int ccm_endpoint_bind(struct ccm_endpoint *ep, const struct ccm_endpoint *session)
{
	struct ccm_domain *domain = session ? session->domain : NULL;
	struct ib_device *ib = ep->cm_id->device;

	if (session && !ccm_way_is(ep->cm_id, session->cm_id))
		return -EXDEV;
	ep->device = ccm_device_find(ep->config.devices, ib);
	if (!ep->device)
		return -ENODEV;
	ep->iwarp = rdma_protocol_iwarp(ib, ep->cm_id->port_num);
	if (!ep->active)
		set_timeouts(ep);
	if (domain) {
		refcount_inc(&domain->users);
	} else {
		domain = domain_create(ib);
		if (IS_ERR(domain))
			return (int)PTR_ERR(domain);
	}
	ep->domain = domain;
	ep->pd = domain->pd;
	return 0;
}

/**
 * ccm_endpoint_create_qp() - completion queue and queue pair
 * @ep: bound
 * @context: of the completion queue, so that completions find their owner
 *
 * Return: 0 or a negative errno; the reaper cleans up in either case
 */
int ccm_endpoint_create_qp(struct ccm_endpoint *ep, void *context)
{
	const struct ccm_endpoint_kind *kind = ep->kind;
	struct ib_qp_init_attr attr = {
		.cap = {
			/* one more each for the drain */
			.max_send_wr = kind->send_wr + (ep->iwarp ? kind->iwarp_send_wr : 0U) + 1,
			.max_recv_wr = kind->recv_wr + 1,
			.max_send_sge = ep->iwarp ? kind->iwarp_sge : 1U,
			.max_recv_sge = 1,
			.max_inline_data = ep->iwarp ? kind->iwarp_inline : 0U,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_cq *cq;
	int ret;

	cq = ib_alloc_cq_any(ep->device->ib, context,
			     (int)(attr.cap.max_send_wr + attr.cap.max_recv_wr),
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return (int)PTR_ERR(cq);
	ep->cq = cq;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	ret = rdma_create_qp(ep->cm_id, ep->pd, &attr);
	if (!ret)
		ep->qp = ep->cm_id->qp;
	return ret;
}

/**
 * ccm_endpoint_post_recv() - post a receive
 * @ep: with a queue pair
 * @wr: one receive
 *
 * Any context. None is posted on an endpoint that is being ended: its queue pair may be
 * destroyed in a moment.
 *
 * Return: 0 or a negative errno
 */
int ccm_endpoint_post_recv(struct ccm_endpoint *ep, const struct ib_recv_wr *wr)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&ep->lock, flags);
	if (!ep->stopped)
		ret = ib_post_recv(ep->qp, wr, NULL);
	spin_unlock_irqrestore(&ep->lock, flags);
	return ret;
}

/**
 * ccm_endpoint_connect() - send the request
 * @ep: with a queue pair and receives
 *
 * On iWARP by a work item: the driver may wait for the partner's machine (siw as long as TCP
 * does, about two minutes), and this must not. An error is then told by FAILED.
 *
 * Return: 0 or a negative errno
 */
int ccm_endpoint_connect(struct ccm_endpoint *ep)
{
	if (!ep->iwarp)
		return connect(ep);
	queue_work(ep->config.devices->reaper.wq, &ep->connect);
	return 0;
}

/**
 * ccm_endpoint_accept() - accept the request
 * @ep: adopted, with a queue pair and receives
 * @data: private data for the partner
 * @len: of @data
 *
 * Return: 0 or a negative errno
 */
int ccm_endpoint_accept(struct ccm_endpoint *ep, const u8 *data, u32 len)
{
	struct rdma_conn_param param = conn_param(ep, data, len);
	int ret;

	rdma_lock_handler(ep->cm_id);
	ret = rdma_accept(ep->cm_id, &param);
	rdma_unlock_handler(ep->cm_id);
	return ret;
}

/**
 * ccm_endpoint_reject() - reject the request
 * @ep: adopted; to be released
 * @data: private data for the partner; may be NULL
 * @len: of @data
 */
void ccm_endpoint_reject(struct ccm_endpoint *ep, const u8 *data, u32 len)
{
	rdma_reject(ep->cm_id, data, (u8)len, IB_CM_REJ_CONSUMER_DEFINED);
}

/*
 * Ending
 */

/**
 * ccm_endpoint_disconnect() - send the request to disconnect
 * @ep: endpoint
 *
 * Does not wait for the answer: a dead partner's takes minutes.
 */
void ccm_endpoint_disconnect(struct ccm_endpoint *ep)
{
	if (ep->qp && READ_ONCE(ep->connected))
		rdma_disconnect(ep->cm_id);
}

static void drained(struct ccm_endpoint *ep)
{
	struct ccm_drain *drain = ep->drain;

	atomic_dec(&ep->drain_left);
	if (atomic_dec_and_test(&drain->left))
		complete(&drain->done);
}

static void send_drained(struct ib_cq *cq, struct ib_wc *wc)
{
	drained(container_of(wc->wr_cqe, struct ccm_endpoint, drain_send));
}

static void recv_drained(struct ib_cq *cq, struct ib_wc *wc)
{
	drained(container_of(wc->wr_cqe, struct ccm_endpoint, drain_recv));
}

/**
 * ccm_drain_begin() - a drain of no endpoint yet
 * @drain: memory that stays until every endpoint in it is fenced
 */
void ccm_drain_begin(struct ccm_drain *drain)
{
	atomic_set(&drain->left, 1);
	init_completion(&drain->done);
}

/**
 * ccm_drain_add() - put a queue pair into the error state, so that what was posted on it
 *	comes back
 * @drain: begun
 * @ep: nobody posts sends on it any more
 *
 * ib_drain_qp() does the same but waits without bound.
 */
void ccm_drain_add(struct ccm_drain *drain, struct ccm_endpoint *ep)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };
	struct ib_rdma_wr send = {};
	struct ib_recv_wr recv = {};
	unsigned long flags;

	spin_lock_irqsave(&ep->lock, flags);
	ep->stopped = true;
	spin_unlock_irqrestore(&ep->lock, flags);
	if (!ep->qp || ep->silent)
		return;		/* nothing to drain, or fenced already */

	ep->drain = drain;
	atomic_set(&ep->drain_left, 2);
	ep->fence_error = ib_modify_qp(ep->qp, &attr, IB_QP_STATE);
	if (ep->fence_error)
		return;		/* not waited for: see ccm_endpoint_fence() */
	atomic_add(2, &drain->left);
	ep->drain_send.done = send_drained;
	ep->drain_recv.done = recv_drained;
	send.wr.wr_cqe = &ep->drain_send;
	send.wr.opcode = IB_WR_RDMA_WRITE;
	recv.wr_cqe = &ep->drain_recv;
	if (ib_post_send(ep->qp, &send.wr, NULL))
		drained(ep);
	if (ib_post_recv(ep->qp, &recv, NULL))
		drained(ep);
}

/**
 * ccm_drain_wait() - wait for all endpoints of a drain, CCM_DRAIN_MS at most
 * @drain: begun
 *
 * Each of them must be fenced before @drain goes: what has not come back by then would.
 */
void ccm_drain_wait(struct ccm_drain *drain)
{
	if (atomic_dec_return(&drain->left))
		wait_for_completion_timeout(&drain->done, msecs_to_jiffies(CCM_DRAIN_MS));
}

/**
 * ccm_endpoint_drained() - has all that was posted come back?
 * @ep: of a drain that has been waited for
 */
bool ccm_endpoint_drained(const struct ccm_endpoint *ep)
{
	return !atomic_read(&ep->drain_left);
}

/* Nobody polls it; a handler that runs is waited for, as ib_free_cq() would. */
static void silence(struct ccm_endpoint *ep)
{
	if (ep->cq && !ep->silent)
		irq_poll_disable(&ep->cq->iop);
	ep->silent = true;
}

/*
 * It could not be put into the error state, but without it nothing gets through, either. That
 * takes as long as the driver does. rdma_destroy_qp() does not say whether it could; a queue
 * pair that is there counts.
 *
 * If that fails, too, what the partner has keys of is deregistered like anything else. What was
 * posted here has no key that could be taken back: whoever posted it leaves its memory alone.
 */
static void end_by_destroying(struct ccm_endpoint *ep)
{
	rdma_destroy_qp(ep->cm_id);
	if (atomic_read(&ep->cq->usecnt)) {
		ccm_device_quarantine(ep->device, "ib_modify_qp", ep->fence_error);
		WRITE_ONCE(ep->lost, true);
		return;
	}
	ep->fence_error = 0;
	ep->qp = NULL;
}

/**
 * ccm_endpoint_fence() - nothing goes through the queue pair any more
 * @ep: in a drain that has been waited for; or fenced already
 *
 * Afterwards it is in the error state, or destroyed, or lost and its device in quarantine; and no
 * handler of its completions runs or will run: what has not come back by now never does.
 * Process context. Bounded by a handler that runs.
 */
void ccm_endpoint_fence(struct ccm_endpoint *ep)
{
	if (ep->qp && ep->fence_error)
		end_by_destroying(ep);
	silence(ep);
}

/*
 * Freeing
 */

/*
 * Nobody has polled it since the fence, so completions may lie in it whose work requests are
 * long freed: ib_free_cq() wants to silence it itself, and for a moment it could be polled. The
 * queue pair is gone: none comes any more.
 */
static void free_cq(struct ccm_endpoint *ep)
{
	struct ib_wc wc;

	if (ep->silent) {
		while (ib_poll_cq(ep->cq, 1, &wc) > 0)
			;
		irq_poll_enable(&ep->cq->iop);
	}
	ib_free_cq(ep->cq);
	ep->cq = NULL;
}

/*
 * The id goes first: its handlers run on queues that serve the whole host, and must not meet one
 * who holds the id's locks while he waits for a queue pair. (As NVMe does it, the queue pair is
 * then destroyed without RDMA CM.)
 */
static bool free_endpoint(struct ccm_reap *reap)
{
	struct ccm_endpoint *ep = container_of(reap, struct ccm_endpoint, reap);
	int ret = 0;

	cancel_work_sync(&ep->connect);
	rdma_destroy_id(ep->cm_id);
	if (ep->qp)
		ret = ep->fence_error ? ep->fence_error : ib_destroy_qp(ep->qp);
	if (ret) {
		if (!ep->lost)
			ccm_device_quarantine(ep->device, "ib_destroy_qp", ret);
		kmemleak_not_leak(ep);	/* the first of what holds it */
		return false;
	}
	if (ep->cq)
		free_cq(ep);
	ep->kind->unmap(ep);
	domain_put(ep->domain);
	return true;
}

static void release_endpoint(struct ccm_reap *reap)
{
	struct ccm_endpoint *ep = container_of(reap, struct ccm_endpoint, reap);

	ep->kind->release(ep);
}

static const struct ccm_reap_ops reap_ops = {
	.free = free_endpoint,
	.release = release_endpoint,
};

/**
 * ccm_endpoint_reap() - hand it to the reaper
 * @ep: opened or adopted; fenced; what was registered in its protection domain is deregistered,
 *	as far as that went
 *
 * Nothing of its inbox is used any more when this returns.
 */
void ccm_endpoint_reap(struct ccm_endpoint *ep)
{
	unsigned long flags;

	silence(ep);
	spin_lock_irqsave(&ep->lock, flags);
	ep->left = true;
	spin_unlock_irqrestore(&ep->lock, flags);
	ep->reap.to = ep->cm_id->route.addr.dst_addr;
	ccm_reaper_take(&ep->config.devices->reaper, &ep->reap,
			ep->device ? ep->device->ib : NULL, &reap_ops);
}
