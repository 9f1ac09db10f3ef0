/* SPDX-License-Identifier: GPL-2.0-only */
/* A path: one way to a partner, with the connections over it. */
#ifndef CCM_PATH_H
#define CCM_PATH_H

#include <linux/list.h>
#include <linux/socket.h>
#include <linux/types.h>

#include "config.h"
#include "core/session.h"
#include "heartbeat.h"
#include "rdma/endpoint.h"

struct ccm_conn;
struct ccm_node;

/**
 * struct ccm_path - one way to a partner
 * @endpoint: what its connections are made with; the partner's inbox
 * @address: of the partner, with port, as it was named: the one that was tried last
 * @conns: connections, touched by the partner's work item only
 * @heartbeat: the watch
 */
struct ccm_path {
	struct ccm_endpoint_config endpoint;
	struct ccm_address address;
	struct list_head conns;
	struct ccm_heartbeat heartbeat;
};

void ccm_path_init(struct ccm_path *path, struct ccm_node *node, u32 partner,
		   struct ccm_inbox *inbox, const struct ccm_address *address);
struct ccm_conn *ccm_path_conn(const struct ccm_path *path, u32 id);
void ccm_path_take_request(struct ccm_path *path, struct ccm_conn *conn,
			   struct ccm_session_event *event, u8 *buffer);
bool ccm_path_event(struct ccm_path *path, struct ccm_session_event *event, u8 *buffer,
		    u32 room);
void ccm_path_verdict(struct ccm_path *path, struct ccm_session_event *event);
void ccm_path_device_gone(struct ccm_path *path);
int ccm_path_connect(struct ccm_path *path, const struct ccm_session_action *a);
void ccm_path_ring_stage(struct ccm_path *path, struct ccm_conn *conn);
void ccm_path_act(struct ccm_path *path, struct ccm_conn *conn, const struct ccm_session *s,
		  const struct ccm_session_action *a, const struct ccm_session_event *event);

#endif /* CCM_PATH_H */
