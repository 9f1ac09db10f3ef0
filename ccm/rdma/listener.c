// SPDX-License-Identifier: GPL-2.0-only
/*
 * The listener. Its handler runs on RDMA CM's work queues, which serve the whole host.
 */
#include "../log.h"

#include <rdma/ib_cm.h>

#include "listener.h"

/* Not zero: the core destroys the new id. */
static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct ccm_listener *listener = (struct ccm_listener *)id->context;
	struct ccm_incoming in = {
		.id = id,
		.data = (const u8 *)event->param.conn.private_data,
		.len = event->param.conn.private_data_len,
	};

	if (event->event != RDMA_CM_EVENT_CONNECT_REQUEST)
		return 0;
	/*
	 * Who takes it may have destroyed the id's queue pair already when this returns, but
	 * not the id itself: that waits for this handler.
	 */
	if (listener->request(listener->owner, &in))
		return 0;
	rdma_reject(id, in.answer_len ? in.answer : NULL, (u8)in.answer_len,
		    IB_CM_REJ_CONSUMER_DEFINED);
	return 1;
}

static struct rdma_cm_id *listen_on(struct ccm_listener *listener, struct sockaddr *addr,
				    int backlog)
{
	struct rdma_cm_id *id;
	int ret;

	id = rdma_create_id(&init_net, cm_handler, listener, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return id;
	/* An IPv6 listener of its own, so that neither depends on the other. */
	ret = rdma_set_afonly(id, 1);
	if (!ret)
		ret = rdma_bind_addr(id, addr);
	if (!ret)
		ret = rdma_listen(id, backlog);
	/* so it says when a wildcard address meets whatever else has the port */
	if (ret == -EADDRNOTAVAIL)
		ret = -EADDRINUSE;
	if (ret) {
		rdma_destroy_id(id);
		return (struct rdma_cm_id *)ERR_PTR(ret);
	}
	return id;
}

static int cannot_listen(u16 port, int error)
{
	pr_err("rdma_port=%u: cannot listen: error %d%s\n", port, -error,
	       error == -EADDRINUSE ? " (in use: choose another, the same on all nodes)" : "");
	return error;
}

/**
 * ccm_listener_start() - listen on every RDMA device there is or will be
 * @listener: memory for it
 * @port: RDMA CM port number
 * @backlog: requests that may wait
 * @request: called from now on
 * @owner: for it
 *
 * RDMA CM extends a wildcard listener to devices that come later. A kernel without IPv6
 * is no error, but a lack of memory is: partners whose address is an IPv6 one could never
 * connect.
 *
 * Return: 0, or a negative errno, and nothing listens; -EADDRINUSE: somebody else listens
 * on the port
 */
int ccm_listener_start(struct ccm_listener *listener, u16 port, int backlog,
		       ccm_request_fn request, void *owner)
{
	struct sockaddr_in in4 = {
		.sin_family = AF_INET,
		.sin_port = cpu_to_be16(port),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(port),
	};
	struct rdma_cm_id *id;

	listener->request = request;
	listener->owner = owner;
	id = listen_on(listener, (struct sockaddr *)&in4, backlog);
	if (IS_ERR(id))
		return cannot_listen(port, (int)PTR_ERR(id));
	listener->ids[0] = id;

	id = listen_on(listener, (struct sockaddr *)&in6, backlog);
	if (PTR_ERR(id) == -ENOMEM) {
		ccm_listener_stop(listener);
		return cannot_listen(port, -ENOMEM);
	}
	if (IS_ERR(id))
		pr_info("not listening on IPv6: error %ld\n", -PTR_ERR(id));
	else
		listener->ids[1] = id;
	return 0;
}

/**
 * ccm_listener_stop() - stop to listen
 * @listener: started
 *
 * Afterwards no new connect request comes in.
 */
void ccm_listener_stop(struct ccm_listener *listener)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(listener->ids); i++) {
		if (listener->ids[i])
			rdma_destroy_id(listener->ids[i]);
		listener->ids[i] = NULL;
	}
}
