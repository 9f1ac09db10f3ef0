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
#include <rdma/ib_cm.h>

#include "../core/liveness.h"
#include "../core/session.h"
#include "../trace.h"
#include "device.h"
#include "endpoint.h"
#include "listener.h"

/**
 * ccm_endpoint_tell() - something happened to an endpoint
 * @ep: endpoint
 * @bit: enum ccm_endpoint_bit, or one of the owner's
 *
 * Any context. What belongs to the bit has been stored before.
 */
void ccm_endpoint_tell(struct ccm_endpoint *ep, u32 bit)
{
	/* pairs with the barriers of those who take the bit */
	smp_mb__before_atomic();
	set_bit((int)bit, &ep->pending);
	ccm_inbox_tell(ep->config.inbox, ep->kind->bit);
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

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct ccm_endpoint *ep = (struct ccm_endpoint *)id->context;
	int ret;

	if (ep->id)
		trace_ccm_cm_event(ep->config.partner, ep->id, event->event, event->status);
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		ret = rdma_resolve_route(id, CCM_CONNECT_MS);
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
}

/* Takes effect with the queue pair: before route resolution, or before accepting. */
static void set_timeouts(struct ccm_endpoint *ep)
{
	u32 detect_ms = ep->config.detect_ms * ep->kind->detect_factor;

	rdma_set_ack_timeout(ep->cm_id, ccm_ack_timeout(detect_ms, CCM_QP_RETRIES));
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
 * @from: address here, any port; NULL: whichever the route says
 * @to: address there, with port
 *
 * What becomes of it, also of an error at once, is told by bits.
 */
void ccm_endpoint_resolve(struct ccm_endpoint *ep, struct sockaddr *from,
			  const struct sockaddr_storage *to)
{
	int ret = rdma_resolve_addr(ep->cm_id, from, (const struct sockaddr *)to,
				    CCM_CONNECT_MS);

	if (ret)
		ccm_endpoint_failed(ep, ret);
}

/**
 * ccm_endpoint_bind() - take the device that the id has found, and a protection domain
 * @ep: its route is resolved, or it is adopted
 * @pd: that of the session; NULL: one of its own
 *
 * Return: 0; -ENODEV: the device is not used, is being removed, or is not that of @pd;
 * another negative errno. ccm_endpoint_release() undoes it.
 */
int ccm_endpoint_bind(struct ccm_endpoint *ep, struct ib_pd *pd)
{
	struct ib_device *ib = ep->cm_id->device;

	if (pd && pd->device != ib)
		return -ENODEV;
	ep->device = ccm_device_find(ep->config.devices, ib);
	if (!ep->device)
		return -ENODEV;
	ep->iwarp = rdma_protocol_iwarp(ib, ep->cm_id->port_num);
	if (!ep->active)
		set_timeouts(ep);
	if (!pd) {
		pd = ib_alloc_pd(ib, 0);
		if (IS_ERR(pd))
			return (int)PTR_ERR(pd);
		ep->own_pd = true;
	}
	ep->pd = pd;
	return 0;
}

/**
 * ccm_endpoint_create_qp() - completion queue and queue pair
 * @ep: bound
 * @context: of the completion queue, so that completions find their owner: the queue pair
 *	may be destroyed already, if it could not be drained
 *
 * Return: 0 or a negative errno; ccm_endpoint_destroy_qp() cleans up in either case
 */
int ccm_endpoint_create_qp(struct ccm_endpoint *ep, void *context)
{
	const struct ccm_endpoint_kind *kind = ep->kind;
	struct ib_qp_init_attr attr = {
		.cap = {
			/* one more each for the drain */
			.max_send_wr = kind->send_wr + 1,
			.max_recv_wr = kind->recv_wr + 1,
			.max_send_sge = ep->iwarp ? kind->iwarp_sge : 1U,
			.max_recv_sge = 1,
			.max_inline_data = ep->iwarp ? kind->iwarp_inline : 0U,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_cq *cq;

	cq = ib_alloc_cq_any(ep->device->ib, context,
			     (int)(attr.cap.max_send_wr + attr.cap.max_recv_wr),
			     IB_POLL_SOFTIRQ);
	if (IS_ERR(cq))
		return (int)PTR_ERR(cq);
	ep->cq = cq;
	attr.send_cq = cq;
	attr.recv_cq = cq;
	return rdma_create_qp(ep->cm_id, ep->pd, &attr);
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
		ret = ib_post_recv(ep->cm_id->qp, wr, NULL);
	spin_unlock_irqrestore(&ep->lock, flags);
	return ret;
}

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

/**
 * ccm_endpoint_connect() - send the request
 * @ep: with a queue pair and receives
 *
 * Return: 0 or a negative errno
 */
int ccm_endpoint_connect(struct ccm_endpoint *ep)
{
	struct rdma_conn_param param = conn_param(ep, ep->private_data, ep->private_len);

	return rdma_connect(ep->cm_id, &param);
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
	if (ep->cm_id && ep->cm_id->qp && READ_ONCE(ep->connected))
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
 * @drain: memory that stays until every endpoint in it is drained or destroyed
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
	if (!ep->cm_id || !ep->cm_id->qp)
		return;

	ep->drain = drain;
	atomic_set(&ep->drain_left, 2);
	if (ib_modify_qp(ep->cm_id->qp, &attr, IB_QP_STATE))
		return;		/* not drained, and not waited for */
	atomic_add(2, &drain->left);
	ep->drain_send.done = send_drained;
	ep->drain_recv.done = recv_drained;
	send.wr.wr_cqe = &ep->drain_send;
	send.wr.opcode = IB_WR_RDMA_WRITE;
	recv.wr_cqe = &ep->drain_recv;
	if (ib_post_send(ep->cm_id->qp, &send.wr, NULL))
		drained(ep);
	if (ib_post_recv(ep->cm_id->qp, &recv, NULL))
		drained(ep);
}

/**
 * ccm_drain_wait() - wait for all endpoints of a drain, CCM_DRAIN_MS at most
 * @drain: begun
 *
 * An endpoint that is not drained then must be destroyed before @drain goes: a destroyed
 * queue pair neither sends nor receives, and its completion queue is freed only after its
 * handler has ended. What has not come back by then never will.
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

/**
 * ccm_endpoint_destroy_qp() - undo ccm_endpoint_create_qp(), also when it failed half-way
 * @ep: endpoint, drained or not
 *
 * Afterwards no completion of it runs.
 */
void ccm_endpoint_destroy_qp(struct ccm_endpoint *ep)
{
	if (ep->cm_id && ep->cm_id->qp)
		rdma_destroy_qp(ep->cm_id);
	if (ep->cq)
		ib_free_cq(ep->cq);
	ep->cq = NULL;
}

/**
 * ccm_endpoint_release() - give back id and protection domain
 * @ep: opened or adopted; its queue pair is destroyed, and so is what was made in a
 *	protection domain of its own
 *
 * Cancels what is under way and waits for a running handler: after this, none.
 */
void ccm_endpoint_release(struct ccm_endpoint *ep)
{
	if (ep->own_pd)
		ib_dealloc_pd(ep->pd);
	ep->own_pd = false;
	ep->pd = NULL;
	rdma_destroy_id(ep->cm_id);
	ep->cm_id = NULL;
	ep->device = NULL;
}
