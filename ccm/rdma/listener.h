/* SPDX-License-Identifier: GPL-2.0-only */
/* The listener: connect requests come in, and somebody else decides about them. */
#ifndef CCM_RDMA_LISTENER_H
#define CCM_RDMA_LISTENER_H

#include <linux/types.h>
#include <rdma/rdma_cm.h>

#include "../core/wire.h"

/**
 * struct ccm_incoming - a connect request; valid during the call
 * @id: its id
 * @data: private data as received, zero-padded
 * @len: of @data
 * @answer: of a reject; filled by the callee
 * @answer_len: of @answer; 0: nothing to say
 */
struct ccm_incoming {
	struct rdma_cm_id *id;
	const u8 *data;
	u32 len;
	u8 answer[CCM_PRIVATE_REJECT_MAX];
	u32 answer_len;
};

/*
 * In RDMA CM's handler, which must not block. True: taken, by ccm_conn_adopt() or
 * ccm_port_adopt(); false: it is rejected.
 */
typedef bool (*ccm_request_fn)(void *owner, struct ccm_incoming *in);

/**
 * struct ccm_listener - wildcard listeners
 * @ids: IPv4 and IPv6, NULL where there is none
 * @request: decides
 * @owner: for @request
 */
struct ccm_listener {
	struct rdma_cm_id *ids[2];
	ccm_request_fn request;
	void *owner;
};

int ccm_listener_start(struct ccm_listener *listener, u16 port, int backlog,
		       ccm_request_fn request, void *owner);
void ccm_listener_stop(struct ccm_listener *listener);

#endif /* CCM_RDMA_LISTENER_H */
