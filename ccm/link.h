/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link at run time: one try to join a client with its counterpart on one partner
 * (core/links.h decides, link.c carries out), with its ports and its registered memory.
 *
 * The partner's work item makes a link, opens it and fences it. A reference is held by
 * it, and one for the client from READY until down() has returned: the ports' memory is
 * there as long as the client may use them, though they are dead since the fence.
 */
#ifndef CCM_LINK_H
#define CCM_LINK_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/scatterlist.h>

#include "ccm.h"
#include "rdma/rdma.h"

/*
 * Soft-RoCE registers 512 pages at most. Of those only 511 are used: the one behind the
 * last is looked at when a copy ends with a page (rxe_mr_copy() in Linux 6.1), and must
 * be in its table.
 */
#define CCM_CHUNK_LEN		(511U * CCM_PAGE_LEN)
#define CCM_CLIENT_MEMORY_MAX	((u64)CCM_LINK_CHUNKS_MAX * CCM_CHUNK_LEN)

#define CCM_PORT_RECV_WR	15U	/* messages and rings that can wait for the client */

/* On iWARP every SEND of a port begins with a header: see core/links_wire.h. */
#define CCM_PORT_SLOT_LEN	(CCM_PORT_MESSAGE_MAX + CCM_PORT_HEADER_LEN)
/* READs of so few bytes do not cross a page: see split_short_read() */
#define CCM_IWARP_SHORT		32U
/* behind the receive buffers: the header of a message, which is always the same */
#define CCM_PORT_HEADER_OFFSET	(CCM_PORT_RECV_WR * CCM_PORT_SLOT_LEN)

/**
 * struct ccm_chunk - memory that is mapped for a device and, if asked for, registered
 * @sgt: its pages
 * @dir: of the mapping
 * @mr: registration; NULL: only mapped
 * @access: IB_ACCESS_* of it
 */
struct ccm_chunk {
	struct sg_table sgt;
	enum dma_data_direction dir;
	struct ib_mr *mr;
	int access;
};

/* A chunk of the partner's region, as its table says */
struct ccm_remote_chunk {
	u64 addr;
	u32 key;
	u32 len;
};

/* ccm_port.pending */
enum ccm_port_bit {
	CCM_PORT_ROUTE		= 0,	/* route resolved: make the queue pair, connect */
	CCM_PORT_ESTABLISHED	= 1,
	CCM_PORT_FAILED		= 2,	/* could not connect */
	CCM_PORT_LOST		= 3,	/* was connected */
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
 * struct ccm_port - a queue pair of a client
 * @entry: in ccm_partner.port_requests, for a port that came as a request
 * @partner: whose
 * @link: whose; NULL while it is such a request
 * @request: what the request said
 * @index: in @link
 * @cm_id: RDMA CM id; NULL once it is fenced
 * @device: the session's, set with the queue pair
 * @lkey: for local memory
 * @cq: completion queue
 * @iwarp: the device speaks iWARP
 * @active: this side connects
 * @pending: enum ccm_port_bit
 * @connected: ESTABLISHED was reported
 * @counted: ... and has been counted by the link
 * @rx: receive buffers, then (iWARP) the header of what is sent: a page
 * @rx_dma: mapped
 * @recv_cqe: receives, by buffer
 * @hello_cqe: completion of post_hello()
 * @drain_send: last work request of the send queue
 * @drain_recv: last one of the receive queue
 * @fence: who waits for these two
 * @lock: protects the rest; any context
 * @open: operations may be posted
 * @stopped: being fenced: nothing may be posted
 * @used: work requests of operations in flight
 * @ops: operations in flight
 * @deliver: the client may be called; until then, what comes is held
 * @delivering: the client is being called for what was held
 * @held: ring buffer
 * @held_head: first of it
 * @held_count: used of it
 */
struct ccm_port {
	struct list_head entry;
	struct ccm_partner *partner;
	struct ccm_link *link;
	struct ccm_wire_port request;
	u32 index;
	struct rdma_cm_id *cm_id;
	struct ib_device *device;
	u32 lkey;
	struct ib_cq *cq;
	bool iwarp;
	bool active;
	unsigned long pending;
	bool connected;
	bool counted;
	u8 *rx;
	u64 rx_dma;
	struct ib_cqe recv_cqe[CCM_PORT_RECV_WR];
	struct ib_cqe hello_cqe;
	struct ib_cqe drain_send;
	struct ib_cqe drain_recv;
	struct ccm_fence *fence;
	spinlock_t lock;
	bool open;
	bool stopped;
	u32 used;
	struct list_head ops;
	bool deliver;
	bool delivering;
	struct ccm_held held[CCM_PORT_RECV_WR];
	u32 held_head;
	u32 held_count;
};

/* Drains under way; see ccm_ports_fence() */
struct ccm_fence {
	atomic_t left;
	struct completion done;
};

/**
 * struct ccm_link - one try to join a client with its counterpart
 * @ref: see above
 * @entry: in ccm_partner.links, then .fenced
 * @peer: the client, as to this partner
 * @partner: the partner
 * @conn: the session's connection
 * @index: the core's name for the link, together with the next two
 * @instance: of the client
 * @epoch: of the try
 * @plan: what it gets
 * @ports_taken: counted in the node's limits
 * @why: enum ccm_client_reason: it has failed; NONE: it has not
 * @told_failed: the core has been told so
 * @prepared: the core has been told that memory is registered
 * @opening: the core wants it opened
 * @opened: the core has been told that it is
 * @closing: its ports are fenced, the rest follows
 * @close_by: when that takes too long: jiffies
 * @chunks: the region's, then the table's, then the landing page's; NULL: no memory yet
 * @chunk_count: how many
 * @region_chunks: of these, the region's
 * @chunk_len: bytes of each of those but the last
 * @posted: registrations posted
 * @wrs: work requests posted on the session's queue pair for these
 * @wrs_ended: of these, completed
 * @table: chunk table, which the partner READs: a page
 * @landing: where the partner's table is READ to: a page
 * @reg_cqe: completions of registrations
 * @read_op: the READ of the table, on port 0
 * @read_posted: the partner's table is being READ
 * @read_done: ... and is here
 * @remote: the partner's chunks, checked
 * @remote_count: how many
 * @remote_len: bytes of each but the last
 * @connected: ports that are
 * @ports: plan.ports of them; NULL where a port has not come yet
 * @buffer_lock: protects @buffers; a mutex, since registrations sleep
 * @buffers: of the client, mapped
 * @sync_lock: protects @gone, and what the device has mapped while it is false; any
 *	context
 * @gone: fenced: the device must not be looked at any more
 * @private_data: the client's
 */
struct ccm_link {
	struct kref ref;
	struct list_head entry;
	struct ccm_peer *peer;
	struct ccm_partner *partner;
	struct ccm_conn *conn;
	u32 index;
	u64 instance;
	u32 epoch;
	struct ccm_plan plan;
	bool ports_taken;
	u32 why;
	bool told_failed;
	bool prepared;
	bool opening;
	bool opened;
	bool closing;
	unsigned long close_by;
	struct ccm_chunk *chunks;
	u32 chunk_count;
	u32 region_chunks;
	u32 chunk_len;
	u32 posted;
	u32 wrs;
	atomic_t wrs_ended;
	u8 *table;
	u8 *landing;
	struct ib_cqe reg_cqe;
	struct ccm_op read_op;
	bool read_posted;
	bool read_done;
	struct ccm_remote_chunk *remote;
	u32 remote_count;
	u32 remote_len;
	u32 connected;
	struct ccm_port *ports[CCM_CLIENT_PORTS_MAX];
	struct mutex buffer_lock;
	struct list_head buffers;
	spinlock_t sync_lock;
	bool gone;
	void *private_data;
};

/* link.c */
void ccm_link_get(struct ccm_link *link);
void ccm_link_put(struct ccm_link *link);
void ccm_link_deliver(struct ccm_link *link);

/* rdma/chunk.c */
int ccm_chunk_create(struct ccm_chunk *chunk, struct ccm_conn *conn, void *data, u32 len,
		     enum dma_data_direction dir, int access);
void ccm_chunk_destroy(struct ccm_chunk *chunk, struct ib_device *ib);
u32 ccm_chunk_wrs(const struct ccm_conn *conn);
int ccm_chunk_register(struct ccm_chunk *chunk, struct ccm_conn *conn, struct ib_cqe *cqe);

/* rdma/port.c */
int ccm_port_connect(struct ccm_link *link, u32 index);
int ccm_port_request(struct ccm_node *node, struct rdma_cm_id *id,
		     const struct ccm_wire_port *msg);
int ccm_port_accept(struct ccm_link *link, struct ccm_port *port);
void ccm_port_refuse(struct ccm_port *port);
u32 ccm_port_step(struct ccm_port *port);
void ccm_port_lost(struct ccm_port *port);
void ccm_port_deliver(struct ccm_port *port);
void ccm_ports_fence(struct ccm_port *const *ports, u32 count);

/* rdma/op.c */
void ccm_ops_abort(struct ccm_port *port);
int ccm_op_register(struct ccm_port *port, struct ib_mr *mr, int access);
int ccm_op_read_table(struct ccm_port *port, struct ccm_op *op,
		      const struct ccm_chunk *landing, const struct ccm_link_offer *offer);

/* rdma/buffer.c */
void ccm_buffers_unmap(struct ccm_link *link);

#endif /* CCM_LINK_H */
