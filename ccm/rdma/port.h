/* SPDX-License-Identifier: GPL-2.0-only */
/* A port: a queue pair of a client to its counterpart. */
#ifndef CCM_RDMA_PORT_H
#define CCM_RDMA_PORT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/ccm.h>

#include "../core/links_wire.h"
#include "endpoint.h"

struct ccm_conn;

#define CCM_PORT_RECV_WR	15U	/* messages and rings that can wait for the client */

/* On iWARP every SEND of a port begins with a header: see core/links_wire.h. */
#define CCM_PORT_SLOT_LEN	(CCM_PORT_MESSAGE_MAX + CCM_PORT_HEADER_LEN)
/* behind the receive buffers: the header of a message, which is always the same */
#define CCM_PORT_HEADER_OFFSET	(CCM_PORT_RECV_WR * CCM_PORT_SLOT_LEN)

/* ccm_endpoint.pending, the owner's part */
enum ccm_port_bit {
	CCM_PORT_HELLO		= CCM_ENDPOINT_OWNER,	/* the connecting side's first word */
};

/* What a receive completion brought, while the client may not hear it yet */
struct ccm_held {
	u32 index;	/* of the receive buffer */
	u32 offset;	/* of the message in it */
	u32 len;
	u32 word;
	bool ring;
};

/**
 * struct ccm_port_owner - whose a port is
 * @conn: the session's connection: its device and protection domain
 * @link: for ccm_port_link()
 * @ops: the client's callbacks
 * @context: for them
 * @op_ms: an operation takes no longer
 */
struct ccm_port_owner {
	struct ccm_conn *conn;
	struct ccm_link *link;
	const struct ccm_client_ops *ops;
	void *context;
	u32 op_ms;
};

/**
 * struct ccm_port - a queue pair of a client
 * @endpoint: queue pair and id
 * @ref: whoever made it, and the reaper
 * @entry: for who keeps it, while it is a request that came in
 * @request: what the request said
 * @token: what the accept must have, on the side that connects
 * @link: whose
 * @index: in @link
 * @session: the session's endpoint; not looked at when the link is fenced
 * @ops: the client's callbacks
 * @context: for them
 * @limit: an operation takes no longer: jiffies
 * @why: enum ccm_client_reason: why it was given up; NONE: it was not, or for what happened to
 *	its queue pair; the first counts
 * @ib: the device, set with the queue pair
 * @lkey: for local memory
 * @depth: work requests of operations that there is room for
 * @fenced: ended
 * @up: both sides know that it is connected
 * @rx: receive buffers, then (iWARP) the header of what is sent: a page
 * @rx_dma: mapped
 * @recv_cqe: receives, by buffer
 * @hello_cqe: completion of post_hello()
 * @lock: protects the rest; any context
 * @open: operations may be posted
 * @used: work requests of operations in flight
 * @posted: operations in flight, in the order in which they were started
 * @late: armed while there are some: see look_for_late()
 * @deliver: the client may be called; until then, what comes is held
 * @delivering: the client is being called for what was held
 * @idle: woken when it is not any more
 * @held: ring buffer
 * @held_head: first of it
 * @held_count: used of it
 */
struct ccm_port {
	struct ccm_endpoint endpoint;
	struct kref ref;
	struct list_head entry;
	struct ccm_wire_port request;
	u64 token;
	struct ccm_link *link;
	u32 index;
	const struct ccm_endpoint *session;
	const struct ccm_client_ops *ops;
	void *context;
	unsigned long limit;
	u32 why;
	struct ib_device *ib;
	u32 lkey;
	u32 depth;
	bool fenced;
	bool up;
	u8 *rx;
	u64 rx_dma;
	struct ib_cqe recv_cqe[CCM_PORT_RECV_WR];
	struct ib_cqe hello_cqe;
	spinlock_t lock;
	bool open;
	u32 used;
	struct list_head posted;
	struct timer_list late;
	bool deliver;
	bool delivering;
	wait_queue_head_t idle;
	struct ccm_held held[CCM_PORT_RECV_WR];
	u32 held_head;
	u32 held_count;
};

struct ccm_port *ccm_port_connect(const struct ccm_endpoint_config *config,
				  const struct ccm_port_owner *owner, u32 index,
				  const u8 *data, u32 len, u64 token, u16 to_port);
struct ccm_port *ccm_port_adopt(const struct ccm_incoming *in,
				const struct ccm_endpoint_config *config);
void ccm_port_disown(struct ccm_port *port);
int ccm_port_accept(struct ccm_port *port, const struct ccm_port_owner *owner, const u8 *data,
		    u32 len);
void ccm_port_refuse(struct ccm_port *port, const u8 *data, u32 len);
void ccm_port_lost(struct ccm_port *port);
void ccm_port_give_up(struct ccm_port *port, u32 why);
u32 ccm_port_step(struct ccm_port *port);
void ccm_port_deliver(struct ccm_port *port);
void ccm_port_stop(struct ccm_port *port, struct ccm_drain *drain);
void ccm_port_fence(struct ccm_port *port);
void ccm_port_put(struct ccm_port *port);

#endif /* CCM_RDMA_PORT_H */
