/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection: a session's endpoint, with its mailbox and its mails. */
#ifndef CCM_RDMA_CONN_H
#define CCM_RDMA_CONN_H

#include <linux/list.h>
#include <linux/siphash.h>

#include "endpoint.h"
#include "mail.h"
#include "mailbox.h"

/**
 * struct ccm_conn - one connection of a session
 * @endpoint: queue pair and id
 * @entry: for its owner
 * @mailbox: memory
 * @mail: what goes over the queue pair
 * @port_key: makes the tokens of its ports, when its partner has proven who it is
 */
struct ccm_conn {
	struct ccm_endpoint endpoint;
	struct list_head entry;
	struct ccm_mailbox mailbox;
	struct ccm_mail mail;
	siphash_key_t port_key;
};

struct ccm_conn *ccm_conn_open(const struct ccm_endpoint_config *config, u32 id,
			       const u8 *data, u32 len);
struct ccm_conn *ccm_conn_adopt(const struct ccm_incoming *in,
				const struct ccm_endpoint_config *config);
void ccm_conn_disown(struct ccm_conn *conn);
void ccm_conn_route(struct ccm_conn *conn);
void ccm_conn_accept(struct ccm_conn *conn, const u8 *data, u32 len);
void ccm_conn_reject(struct ccm_conn *conn, const u8 *data, u32 len);

void ccm_conn_disconnect(struct ccm_conn *conn, bool flush);
void ccm_conn_drain(struct ccm_conn *conn);
int ccm_conn_deregister(struct ccm_conn *conn);
void ccm_conn_reap(struct ccm_conn *conn);

#endif /* CCM_RDMA_CONN_H */
