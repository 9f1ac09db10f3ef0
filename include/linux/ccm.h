/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CCM for kernel clients: ports and memory on cluster partners, from early in boot on.
 *
 * A client registers once, and from then on hears of each partner by itself: ready()
 * when its ports to that partner are connected and the memory it asked for is there,
 * down() when they are gone. In between it reads and writes its region on the partner
 * with one-sided operations, and the partner's CPU takes no part in them (on RDMA
 * hardware). Documentation/clients.rst is the tutorial, tests/modules/sample/sample.c
 * a complete client.
 *
 * Promises. For each client and partner, ready() and down() alternate, one down() for
 * each ready() that returned 0; of one client no two of ready(), down(), release() and
 * status() ever run at the same time. Before down() is called the partner is fenced: none
 * of its writes lands in the local region any more, nor does any before down() has
 * returned, however soon the partner is back; and every operation of this link has completed.
 * receive() and ring() are called only between the return of ready() and the call of
 * down().
 *
 * Lifetimes. A struct ccm_link and its ports are valid from the call of ready() until
 * down() returns, or ready() if it returns an error. An operation may be started on a port
 * any time in between, also from within ready() and down(); when the link is gone it fails
 * with -ENOTCONN.
 */
#ifndef _LINUX_CCM_H
#define _LINUX_CCM_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>
#include <uapi/linux/ccm.h>

struct ccm_client;
struct ccm_link;
struct ccm_port;

#define CCM_PORT_MESSAGE_MAX	256U	/* bytes of a ccm_send() */
#define CCM_PORT_DEPTH		128U	/* work requests in flight on a port; iWARP: twice that */
#define CCM_OP_PARTS_MAX	16U	/* work requests of one operation */
#define CCM_BUFFER_MAX		(2U << 20)	/* bytes of a local buffer */
#define CCM_COPY_MAX		4096U	/* bytes of ccm_read_sync(), ccm_write_sync(), ... */
#define CCM_OP_MS_MIN		100U	/* of ccm_client_config.op_ms */
#define CCM_OP_MS_DEFAULT	10000U
#define CCM_OP_MS_MAX		600000U

/**
 * struct ccm_partner_status - how a partner is
 * @node: its node id
 * @state: enum ccm_state
 * @reason: enum ccm_reason of the last time it went DOWN
 * @certain: @reason proves that the kernel that was there then writes no more
 * @here: @reason is that of this node, which has ended the session: it goes down, its module is
 *	unloaded, or the partner is disabled here. Then @reason says nothing of the partner
 * @leaving: as last read from its status page, its kernel is about to go down
 * @stage: enum ccm_stage as last read from its status page; CCM_STAGE_UNKNOWN if it has
 *	not been read in this session
 * @incarnation: the partner's, 0: never heard of; another one whenever its module is loaded
 * @kernel: number of the partner's kernel: another one when it was started anew, or may have
 *	been; the same when only its module was loaded anew. 0: never heard of
 * @counter: its liveness counter as last read
 * @silent_ms: since its status page was last read in this session, 0: not yet
 * @paths: configured paths to it
 * @paths_up: of these, in use now
 */
struct ccm_partner_status {
	u32 node;
	u32 state;
	u32 reason;
	bool certain;
	bool here;
	bool leaving;
	u32 stage;
	u64 incarnation;
	u32 kernel;
	u64 counter;
	u32 silent_ms;
	u32 paths;
	u32 paths_up;
};

/**
 * struct ccm_client_ops - what a client is told
 * @ready: the link's ports and regions can be used; the link is valid until down() returns.
 *	Return: 0; a negative errno: the client could not set itself up: the link is closed
 *	as by ccm_link_reset(), and opened again. No down() follows then: what was done in
 *	this ready() is undone in it, but for operations that are in flight still: they
 *	complete before the next ready()
 * @down: they cannot any more; @reason: enum ccm_reason of the partner if it is DOWN, or
 *	CCM_REASON_NONE: only this client's link was lost (and is opened again), or its
 *	counterpart has left (ccm_link_state() says which), or the client is being
 *	unregistered. What ccm_link_state() and ccm_client_partner_status() say in it is
 *	not older than this
 * @receive: optional: a ccm_send() of the counterpart; @data is valid during the call
 * @ring: optional: a ccm_write_ring() of the counterpart, with its word
 * @release: needed with a config.give: the local region for @partner is about to be
 *	freed, because a larger one replaces it, or the partner was removed from the
 *	configuration: stop to use it before you return. It is
 *	memory of the registration, not of a session: what the partner wrote stays there,
 *	and readable, after down(), and is there again at the next ready(). It is freed
 *	without this call when the client is unregistered.
 * @status: optional: something of @status changed (state, reason, stage, incarnation);
 *	the present status of every partner is told after registration
 *
 * ready(), down(), release() and status() are called from a work queue and may sleep;
 * while one does not return, this client hears nothing else, but nobody else waits.
 * receive() and ring() are called in softirq and must not sleep; of one port they come in
 * order and one at a time. None of them may call ccm_client_unregister().
 */
struct ccm_client_ops {
	int (*ready)(void *context, struct ccm_link *link);
	void (*down)(void *context, struct ccm_link *link, u32 reason);
	void (*receive)(void *context, struct ccm_port *port, const void *data, u32 len);
	void (*ring)(void *context, struct ccm_port *port, u32 word);
	void (*release)(void *context, u32 partner);
	void (*status)(void *context, const struct ccm_partner_status *status);
};

/**
 * struct ccm_client_config - what a client needs
 * @name: the same for its counterparts on the partners; 1 to 31 characters of printable
 *	ASCII without blanks
 * @version_min: lowest version of the client's own protocol that it speaks, from 1
 * @version_max: highest
 * @ports_min: fewest ports to each partner it can work with, from 1
 * @ports_max: most it wants to each, up to CCM's parameter client_ports
 * @ask: bytes that each partner is to set aside for it; 0: none
 * @give: bytes that this node sets aside for its counterpart on each partner, at most;
 *	up to CCM's parameter client_memory
 * @op_ms: milliseconds that an operation may take, CCM_OP_MS_MIN to CCM_OP_MS_MAX; 0:
 *	CCM_OP_MS_DEFAULT. One that takes longer ends with -ETIMEDOUT, and the link is
 *	closed and opened again: a counterpart that is stuck in ready(), receive() or
 *	ring() is not waited for without end
 * @ops: constant while registered
 * @context: given to the callbacks
 */
struct ccm_client_config {
	const char *name;
	u16 version_min;
	u16 version_max;
	u16 ports_min;
	u16 ports_max;
	u64 ask;
	u64 give;
	u32 op_ms;
	const struct ccm_client_ops *ops;
	void *context;
};

/*
 * Registration (ccm/client.c)
 */
struct ccm_client *ccm_client_register(const struct ccm_client_config *config);
void ccm_client_unregister(struct ccm_client *client);
int ccm_client_note(struct ccm_client *client, u32 partner, const char *note);
int ccm_client_partner_status(struct ccm_client *client, u32 partner,
			      struct ccm_partner_status *status);
int ccm_link_state(struct ccm_client *client, u32 partner, u32 *state, u32 *reason);

/*
 * Words for logs and notes, as ccmadm says them; "?" for no such value. Any context.
 * (ccm/client_names.c)
 */
const char *ccm_partner_state_name(u32 state);
const char *ccm_partner_reason_name(u32 reason);
const char *ccm_partner_stage_name(u32 stage);
const char *ccm_client_state_name(u32 state);
const char *ccm_client_reason_name(u32 reason);

/*
 * ccm_link_features(): what the transport of a link does by itself
 *
 * CCM_LINK_ACKNOWLEDGES: its completions say that the partner has it (RoCE, InfiniBand). Without
 * (iWARP) CCM posts a READ behind each operation that is none, and waits for that: an operation
 * is one work request more and takes a round trip; CCM_OP_EARLY leaves it out.
 *
 * CCM_LINK_REPEATS: a ring or message that finds no receive buffer waits until there is one.
 * Without (iWARP) it ends the port.
 */
#define CCM_LINK_ACKNOWLEDGES	(1U << 0)
#define CCM_LINK_REPEATS	(1U << 1)

/*
 * What is between a client and its counterpart. Any context. (ccm/rdma/link.c)
 */
u32 ccm_link_partner(const struct ccm_link *link);
u16 ccm_link_version(const struct ccm_link *link);
u32 ccm_link_ports(const struct ccm_link *link);
struct ccm_port *ccm_link_port(struct ccm_link *link, u32 index);
void *ccm_link_region(const struct ccm_link *link, u64 *size);
u64 ccm_link_partner_region(const struct ccm_link *link);
u32 ccm_link_features(const struct ccm_link *link);
u32 ccm_link_buffer_max(const struct ccm_link *link);
void ccm_link_reset(struct ccm_link *link);
void ccm_link_region_sync(struct ccm_link *link, u64 offset, u64 len, bool for_cpu);
void ccm_link_set_private(struct ccm_link *link, void *data);
void *ccm_link_private(const struct ccm_link *link);
struct ccm_link *ccm_port_link(const struct ccm_port *port);
u32 ccm_port_index(const struct ccm_port *port);

/*
 * Local buffers (ccm/rdma/buffer.c)
 */

/**
 * struct ccm_buffer - local memory that operations of a link use; read-only to clients
 * @entry: CCM's
 * @link: where it can be used
 * @data: its start
 * @len: bytes
 * @dma: as the device reaches it
 * @read_addr: as @read_lkey reaches it
 * @read_lkey: key to read into it
 * @mr: iWARP: its registration, to read into; only under CCM's own lock
 * @dir: DMA_TO_DEVICE: writes and sends; DMA_FROM_DEVICE: reads; DMA_BIDIRECTIONAL: both
 * @mapped: @dma can be used
 */
struct ccm_buffer {
	struct list_head entry;
	struct ccm_link *link;
	void *data;
	size_t len;
	u64 dma;
	u64 read_addr;
	u32 read_lkey;
	struct ib_mr *mr;
	enum dma_data_direction dir;
	bool mapped;
};

int ccm_buffer_map(struct ccm_buffer *buffer, struct ccm_link *link, void *data, size_t len,
		   enum dma_data_direction dir);
void ccm_buffer_unmap(struct ccm_buffer *buffer);

/*
 * Operations (ccm/rdma/op.c, op_sync.c)
 */
struct ccm_op;
typedef void (*ccm_op_done)(struct ccm_op *op, int status);

/*
 * ccm_op.flags
 *
 * CCM_OP_EARLY: for who knows better. On a link without CCM_LINK_ACKNOWLEDGES, done() is called
 * as soon as the transport has taken the bytes: they may be on their way still, and be lost with
 * this node; and the buffer must not change before a later operation of the same port without
 * this flag has completed (TCP may send it once more, from there). The operation takes one work
 * request less, and no round trip. Elsewhere it makes no difference.
 */
#define CCM_OP_EARLY	(1U << 0)

/**
 * struct ccm_op - one operation: the client's memory, CCM's content until @done
 * @done: called once for each operation that was started, in softirq or process
 *	context, with 0 or a negative errno: -ENOTCONN: the link was lost or is being
 *	closed; -ETIMEDOUT: it has taken longer than the client's op_ms; -EACCES: one
 *	side's memory was not accessible; -EIO: the device reports something else;
 *	-ENOTRECOVERABLE: a driver could not end the port's queue pair, and its device may
 *	still read or write the bytes of the buffer that this operation was given, at any
 *	time: never use them again, nor free them. After any error the link goes down. Op
 *	and buffer are the client's again when it is called, but for those bytes, and may be
 *	used for the next operation in it
 * @context: the client's
 * @flags: the client's: CCM_OP_*; 0 after ccm_op_init()
 *
 * The rest is CCM's.
 */
struct ccm_op {
	ccm_op_done done;
	void *context;
	u32 flags;
	struct ib_cqe cqe;
	struct list_head entry;
	struct ccm_port *port;
	unsigned long since;
	u32 pending;
	int status;
	u64 sync_dma;
	u32 sync_len;
};

static inline void ccm_op_init(struct ccm_op *op, ccm_op_done done, void *context)
{
	op->done = done;
	op->context = context;
	op->flags = 0;
}

int ccm_read(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	     size_t at, size_t len, u64 offset);
int ccm_write(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	      size_t at, size_t len, u64 offset);
int ccm_write_ring(struct ccm_port *port, struct ccm_op *op,
		   const struct ccm_buffer *buffer, size_t at, size_t len, u64 offset,
		   u32 word);
int ccm_send(struct ccm_port *port, struct ccm_op *op, const struct ccm_buffer *buffer,
	     size_t at, size_t len);

/* The same with a copy of @data, at most CCM_COPY_MAX bytes, and waiting */
int ccm_read_sync(struct ccm_port *port, void *data, size_t len, u64 offset,
		  u32 timeout_ms);
int ccm_write_sync(struct ccm_port *port, const void *data, size_t len, u64 offset,
		   u32 timeout_ms);
int ccm_write_ring_sync(struct ccm_port *port, const void *data, size_t len, u64 offset,
			u32 word, u32 timeout_ms);
int ccm_send_sync(struct ccm_port *port, const void *data, size_t len, u32 timeout_ms);

#endif /* _LINUX_CCM_H */
