// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections: the listener, connecting, accepting, rejecting and closing.
 *
 * The event handler runs on work queues that serve the whole host (ib_cm, rdma_cm,
 * iw_cm): it stores what came with the event, sets a bit of the connection and
 * leaves. The one step it takes itself is from address to route resolution, which
 * only queues. What needs a queue pair is the work item's.
 */
#include "../log.h"

#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "../ccm.h"
#include "../link.h"
#include "../trace.h"
#include "rdma.h"

/**
 * ccm_conn_set() - something happened to a connection
 * @conn: connection
 * @bit: what
 *
 * Any context. What belongs to the bit has been stored before.
 */
void ccm_conn_set(struct ccm_conn *conn, enum ccm_conn_bit bit)
{
	/* pairs with the barrier in take_conn_event() */
	smp_mb__before_atomic();
	set_bit((int)bit, &conn->pending);
	queue_work(conn->partner->wq, &conn->partner->work);
}

static struct ccm_conn *conn_create(struct ccm_partner *partner)
{
	struct ccm_conn *conn = (struct ccm_conn *)kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	conn->partner = partner;
	INIT_LIST_HEAD(&conn->entry);
	init_waitqueue_head(&conn->tx_wait);
	spin_lock_init(&conn->recv_lock);
	return conn;
}

static void conn_failed(struct ccm_conn *conn, int error)
{
	conn->error = error;
	switch (error) {
	case -ENODEV:
	case -ENETUNREACH:
	case -EADDRNOTAVAIL:
		conn->status = CCM_CM_NO_DEVICE;
		break;
	case -ENOMEM:
		conn->status = CCM_CM_RESOURCES;
		break;
	case -EHOSTUNREACH:
	case -ETIMEDOUT:
		conn->status = CCM_CM_UNREACHABLE;
		break;
	default:
		conn->status = CCM_CM_OTHER;
		break;
	}
	ccm_conn_set(conn, CCM_CONN_FAILED);
}

static void conn_rejected(struct ccm_conn *conn, struct rdma_cm_event *event)
{
	const void *data;
	u8 len = 0;

	conn->error = -ECONNREFUSED;
	data = rdma_consumer_reject_data(conn->cm_id, event, &len);
	if (data && len) {
		conn->private_len = min_t(u32, len, sizeof(conn->private_data));
		memcpy(conn->private_data, data, conn->private_len);
		conn->status = CCM_CM_CONSUMER;
	} else if (event->status == IB_CM_REJ_INVALID_SERVICE_ID ||
		   event->status == -ECONNREFUSED) {
		conn->status = CCM_CM_NO_LISTENER;
	} else if (event->status == IB_CM_REJ_STALE_CONN) {
		conn->status = CCM_CM_STALE;
	} else {
		conn->status = CCM_CM_OTHER;
	}
	ccm_conn_set(conn, CCM_CONN_REJECTED);
}

static void conn_established(struct ccm_conn *conn, struct rdma_cm_event *event)
{
	const struct rdma_conn_param *param = &event->param.conn;

	if (param->private_data && param->private_data_len) {
		conn->private_len = min_t(u32, param->private_data_len,
					  sizeof(conn->private_data));
		memcpy(conn->private_data, param->private_data, conn->private_len);
	}
	conn->connected = true;
	ccm_conn_set(conn, CCM_CONN_ESTABLISHED);
}

static struct ccm_session_config node_identity(const struct ccm_node *node)
{
	struct ccm_session_config config = {
		.node = node->config.node,
		.cluster = node->config.cluster_id,
		.incarnation = node->incarnation,
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
	};

	return config;
}

/* A connect request came in. Not zero: the core destroys the new id. */
static int request(struct ccm_node *node, struct rdma_cm_id *id,
		   struct rdma_cm_event *event)
{
	struct ccm_session_config identity = node_identity(node);
	struct ccm_partner *partner = NULL;
	u8 data[CCM_WIRE_REJECT_LEN];
	struct ccm_wire_request req = {};
	struct ccm_wire_port port;
	struct ccm_conn *conn;
	u32 code;

	if (!ccm_wire_get_port((const u8 *)event->param.conn.private_data,
			       event->param.conn.private_data_len, &port))
		return ccm_port_request(node, id, &port);
	if (READ_ONCE(node->stopping))
		code = CCM_REJECT_STOPPING;
	else
		code = ccm_session_screen(node->config.node, node->config.cluster_id,
					  (const u8 *)event->param.conn.private_data,
					  event->param.conn.private_data_len, &req);
	if (code == CCM_REJECT_NONE) {
		partner = ccm_node_find_partner(node, req.node);
		if (!partner)
			code = CCM_REJECT_NODE;
	}
	if (code != CCM_REJECT_NONE)
		goto reject;

	conn = conn_create(partner);
	if (!conn) {
		code = CCM_REJECT_BUSY;
		goto reject;
	}
	conn->cm_id = id;
	conn->private_len = min_t(u32, event->param.conn.private_data_len,
				  sizeof(conn->private_data));
	memcpy(conn->private_data, event->param.conn.private_data, conn->private_len);
	id->context = conn;
	if (!ccm_partner_add_request(partner, conn)) {
		id->context = node;
		kfree(conn);
		code = CCM_REJECT_BUSY;
		goto reject;
	}
	/*
	 * The work item may have destroyed the id's queue pair already, but not the id
	 * itself: that waits for this handler.
	 */
	return 0;

reject:
	atomic64_inc(&node->rejected[code]);
	trace_ccm_reject(req.node, code);
	if (__ratelimit(&node->reject_log))
		pr_warn("connect request from %pISpc rejected: %s (it says: node %u, cluster id %016llx, for node %u)\n",
			&id->route.addr.dst_addr, ccm_reject_name(code), req.node,
			req.cluster, req.partner);
	ccm_session_put_reject(&identity, code, data);
	rdma_reject(id, data, sizeof(data), IB_CM_REJ_CONSUMER_DEFINED);
	return 1;
}

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct ccm_conn *conn;
	int ret;

	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return request((struct ccm_node *)id->context, id, event);

	conn = (struct ccm_conn *)id->context;
	trace_ccm_cm_event(conn->partner->id, conn->id, event->event, event->status);
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		ret = rdma_resolve_route(id, CCM_CONNECT_MS);
		if (ret)
			conn_failed(conn, ret);
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		ccm_conn_set(conn, CCM_CONN_ROUTE);
		break;
	case RDMA_CM_EVENT_UNREACHABLE:
		/* Established, this can be no more than another MAC address of the
		 * neighbour: heartbeats know better.
		 */
		if (conn->connected)
			break;
		conn_failed(conn, -EHOSTUNREACH);
		break;
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
	case RDMA_CM_EVENT_CONNECT_ERROR:
		conn_failed(conn, event->status < 0 ? event->status : -ECONNABORTED);
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		conn_established(conn, event);
		break;
	case RDMA_CM_EVENT_REJECTED:
		conn_rejected(conn, event);
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
		ccm_conn_set(conn, CCM_CONN_DISCONNECTED);
		break;
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		ccm_conn_set(conn, CCM_CONN_DEVICE_GONE);
		break;
	default:
		break;
	}
	return 0;
}

/**
 * ccm_cm_set_timeouts() - how long the queue pair of an id tries
 * @id: before route resolution or accept; takes effect with the queue pair
 * @detect_ms: a dead path is noticed in that time
 */
void ccm_cm_set_timeouts(struct rdma_cm_id *id, u32 detect_ms)
{
	rdma_set_ack_timeout(id, ccm_ack_timeout(detect_ms, CCM_QP_RETRIES));
	rdma_set_min_rnr_timer(id, CCM_QP_RNR_TIMER);
}

static void conn_set_timeouts(struct ccm_conn *conn)
{
	ccm_cm_set_timeouts(conn->cm_id, conn->partner->node->config.detect_ms);
}

/**
 * ccm_cm_param() - what to connect or accept with
 * @id: bound to a device
 * @param: filled
 * @data: private data
 * @len: of @data
 */
void ccm_cm_param(const struct rdma_cm_id *id, struct rdma_conn_param *param, const u8 *data,
		  u32 len)
{
	const struct ib_device_attr *attrs = &id->device->attrs;

	memset(param, 0, sizeof(*param));
	param->private_data = data;
	param->private_data_len = (u8)len;
	param->responder_resources = (u8)min(CCM_QP_READS, attrs->max_qp_rd_atom);
	param->initiator_depth = (u8)min(CCM_QP_READS, attrs->max_qp_init_rd_atom);
	param->retry_count = CCM_QP_RETRIES;
	param->rnr_retry_count = CCM_QP_RNR_RETRIES;
}

/**
 * ccm_conn_connect() - begin to connect to a partner
 * @partner: partner
 * @id: the core's name for the connection
 * @data: private data of the request, kept
 * @len: of @data
 *
 * What becomes of it is told by bits of the connection; the core's timer bounds it.
 *
 * Return: 0, or a negative errno and there is no such connection
 */
int ccm_conn_connect(struct ccm_partner *partner, u32 id, const u8 *data, u32 len)
{
	struct ccm_path *path = &partner->paths[0];
	struct rdma_cm_id *cm_id;
	struct ccm_conn *conn;
	int ret;

	conn = conn_create(partner);
	if (!conn)
		return -ENOMEM;
	conn->id = id;
	conn->private_len = len;
	memcpy(conn->private_data, data, len);

	cm_id = rdma_create_id(&init_net, cm_handler, conn, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(cm_id)) {
		kfree(conn);
		return PTR_ERR(cm_id);
	}
	conn->cm_id = cm_id;
	conn_set_timeouts(conn);
	list_add_tail(&conn->entry, &partner->conns);

	ret = rdma_resolve_addr(cm_id, NULL, (struct sockaddr *)&path->address,
				CCM_CONNECT_MS);
	if (ret)
		conn_failed(conn, ret);
	return 0;
}

/**
 * ccm_conn_route() - the route is known: make the queue pair and send the request
 * @conn: connection
 *
 * Return: 0 or a negative errno
 */
int ccm_conn_route(struct ccm_conn *conn)
{
	struct rdma_conn_param param;
	int ret;

	ret = ccm_qp_create(conn);
	if (!ret) {
		ccm_cm_param(conn->cm_id, &param, conn->private_data, conn->private_len);
		ret = rdma_connect(conn->cm_id, &param);
	}
	if (ret)
		conn_failed(conn, ret);
	return ret;
}

/**
 * ccm_conn_accept() - accept an incoming request
 * @conn: connection
 * @data: private data for the partner
 * @len: of @data
 *
 * Return: 0, or a negative errno, also told as CCM_CONN_FAILED
 */
int ccm_conn_accept(struct ccm_conn *conn, const u8 *data, u32 len)
{
	struct rdma_conn_param param;
	int ret;

	conn_set_timeouts(conn);
	ret = ccm_qp_create(conn);
	if (!ret) {
		ccm_cm_param(conn->cm_id, &param, data, len);
		rdma_lock_handler(conn->cm_id);
		ret = rdma_accept(conn->cm_id, &param);
		rdma_unlock_handler(conn->cm_id);
	}
	if (ret)
		conn_failed(conn, ret);
	return ret;
}

/**
 * ccm_conn_reject() - reject an incoming request and free the connection
 * @conn: connection, freed
 * @data: private data for the partner
 * @len: of @data
 */
void ccm_conn_reject(struct ccm_conn *conn, const u8 *data, u32 len)
{
	rdma_reject(conn->cm_id, data, (u8)len, IB_CM_REJ_CONSUMER_DEFINED);
	ccm_conn_close(conn, false);
}

/**
 * ccm_conn_close() - end a connection for good
 * @conn: connection, freed
 * @flush: first wait until what was posted has been acknowledged, at most CCM_FLUSH_MS
 *
 * The fencing promise rests on this: when it returns, the queue pair is gone, and so are
 * those of its links' ports; every memory region that the partner could reach is
 * deregistered, and no handler of this connection runs or will run. Bounded by
 * CCM_FLUSH_MS + 2 * CCM_DRAIN_MS and what destroying the objects takes; it never waits
 * for the partner's answer to the disconnect.
 */
void ccm_conn_close(struct ccm_conn *conn, bool flush)
{
	ccm_heartbeat_stop(&conn->partner->heartbeat, conn);
	if (conn->device && conn->cm_id->qp) {
		if (flush && conn->connected)
			wait_event_timeout(conn->tx_wait,
					   !READ_ONCE(conn->tx_busy) ||
					   test_bit(CCM_CONN_ERROR, &conn->pending),
					   msecs_to_jiffies(CCM_FLUSH_MS));
		/*
		 * Behind the goodbye and in front of the ports, so that the partner's clients
		 * hear why the session has ended, not of ports that were lost. Sends the
		 * request to disconnect, does not wait for the answer.
		 */
		if (conn->connected)
			rdma_disconnect(conn->cm_id);
		ccm_links_fence(conn);
		ccm_qp_drain(conn);
		ccm_links_finish(conn);
	}
	ccm_qp_destroy(conn);
	/* Cancels what is under way and waits for a running handler: after this, none. */
	rdma_destroy_id(conn->cm_id);
	list_del(&conn->entry);
	kfree(conn);
}

static struct rdma_cm_id *listen_on(struct ccm_node *node, struct sockaddr *addr)
{
	struct rdma_cm_id *id;
	int ret;

	id = rdma_create_id(&init_net, cm_handler, node, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return id;
	/* An IPv6 listener of its own, so that neither depends on the other. */
	ret = rdma_set_afonly(id, 1);
	if (!ret)
		ret = rdma_bind_addr(id, addr);
	if (!ret)
		ret = rdma_listen(id, CCM_REQUESTS_MAX * CCM_PARTNERS_MAX);
	if (ret) {
		rdma_destroy_id(id);
		return (struct rdma_cm_id *)ERR_PTR(ret);
	}
	return id;
}

static int cannot_listen(const struct ccm_node *node, int error)
{
	pr_err("rdma_port=%u: cannot listen: error %d%s\n", node->config.rdma_port, -error,
	       error == -EADDRINUSE ? " (in use: choose another, the same on all nodes)" : "");
	return error;
}

/**
 * ccm_listener_start() - listen on every RDMA device there is or will be
 * @node: node
 *
 * RDMA CM extends a wildcard listener to devices that come later. A kernel without IPv6
 * is no error, but a lack of memory is: partners whose address is an IPv6 one could never
 * connect.
 *
 * Return: 0, or a negative errno, and nothing listens; -EADDRINUSE: somebody else listens
 * on the port
 */
int ccm_listener_start(struct ccm_node *node)
{
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = cpu_to_be16(node->config.rdma_port),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(node->config.rdma_port),
	};
	struct rdma_cm_id *id;

	id = listen_on(node, (struct sockaddr *)&in4);
	if (IS_ERR(id))
		return cannot_listen(node, (int)PTR_ERR(id));
	node->listeners[0] = id;

	id = listen_on(node, (struct sockaddr *)&in6);
	if (PTR_ERR(id) == -ENOMEM) {
		ccm_listener_stop(node);
		return cannot_listen(node, -ENOMEM);
	}
	if (IS_ERR(id))
		pr_info("not listening on IPv6: error %ld\n", -PTR_ERR(id));
	else
		node->listeners[1] = id;
	return 0;
}

/**
 * ccm_listener_stop() - stop to listen
 * @node: node
 *
 * Afterwards no new connect request comes in.
 */
void ccm_listener_stop(struct ccm_node *node)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(node->listeners); i++) {
		if (node->listeners[i])
			rdma_destroy_id(node->listeners[i]);
		node->listeners[i] = NULL;
	}
}
