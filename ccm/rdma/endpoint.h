/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An endpoint: a queue pair with its RDMA CM id, of a session or of a client's port.
 *
 * It is made, connected and ended by the work item of its inbox. Handlers of RDMA CM and
 * of completions reach it only to store what came, to set a bit and to queue that work
 * item. It ends in two parts. Fenced (ccm_endpoint_fence()): nothing goes through its queue pair
 * any more, and no handler of completions runs or will run. Freed, by the reaper: queue pair,
 * completion queue, id and protection domain, and then the memory that holds it.
 */
#ifndef CCM_RDMA_ENDPOINT_H
#define CCM_RDMA_ENDPOINT_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#include "../core/schedule.h"
#include "../core/wire.h"
#include "../inbox.h"
#include "reaper.h"

struct ccm_device;
struct ccm_devices;
struct ccm_domain;
struct ccm_endpoint;
struct ccm_incoming;

/* Retries of a queue pair. rxe never gives up with 7. */
#define CCM_QP_RETRIES		6
#define CCM_QP_RNR_TIMER	12	/* 0.64 ms */
#define CCM_QP_READS		8	/* READs in flight */

/* Twice, at most, unless TCP knows more of the path: TCP_RTO_MIN, and twice that */
#define CCM_TCP_REPEAT_MS	600

/**
 * struct ccm_endpoint_kind - what sessions and ports do differently
 * @bit: what the inbox is told
 * @detect_factor: the queue pair gives up after so many detection times
 * @rnr_retries: of the queue pair; 7: without limit
 * @send_wr: work requests on the send queue, but for the drain's
 * @iwarp_send_wr: ... more on iWARP
 * @recv_wr: receive buffers
 * @iwarp_sge: scatter elements of a send on iWARP; elsewhere it is one
 * @iwarp_inline: bytes of a send on iWARP that lie in no memory of the device's
 * @unmap: the queue pair is gone: give back the memory that is mapped for the device
 * @release: the reaper is done with the endpoint
 */
struct ccm_endpoint_kind {
	enum ccm_inbox_bit bit;
	u32 detect_factor;
	u8 rnr_retries;
	u32 send_wr;
	u32 iwarp_send_wr;
	u32 recv_wr;
	u32 iwarp_sge;
	u32 iwarp_inline;
	void (*unmap)(struct ccm_endpoint *ep);
	void (*release)(struct ccm_endpoint *ep);
};

/**
 * struct ccm_endpoint_config - whose it is
 * @inbox: told of all that happens; outlives the endpoint
 * @devices: those that may be used
 * @partner: number, for traces
 * @detect_ms: a dead path is noticed in that time
 */
struct ccm_endpoint_config {
	struct ccm_inbox *inbox;
	struct ccm_devices *devices;
	u32 partner;
	u32 detect_ms;
};

/**
 * struct ccm_endpoint - a queue pair with its RDMA CM id
 * @kind: of a session or of a port
 * @config: whose it is
 * @id: the core's name for a session's connection; 0: a port
 * @cm_id: RDMA CM id; there until the reaper has destroyed it
 * @device: set with the queue pair
 * @domain: the session's protection domain; counted
 * @pd: ... itself
 * @qp: queue pair; there until the reaper has destroyed it
 * @cq: completion queue; its context is the owner's
 * @iwarp: the device speaks iWARP
 * @active: this side connects
 * @connected: ESTABLISHED was reported, or is known by what has arrived
 * @pending: enum ccm_endpoint_bit
 * @status: goes with REJECTED and FAILED: enum ccm_cm_status
 * @error: the errno or transport status behind it
 * @private_data: to send with the request; then as received
 * @private_len: of it
 * @lock: protects the next two; held while a receive is posted, or the inbox told; any context
 * @stopped: being ended: no receive is posted any more
 * @left: with the reaper: the inbox may be gone
 * @connect: iWARP: connecting may wait for the partner's machine
 * @fence_error: why the queue pair could not be put into the error state
 * @lost: nor destroyed: what was posted on it and has not come back the device may still read
 *	and write, at any time
 * @silent: its completion queue is not polled any more
 * @reap: for the reaper
 * @drain: who waits for the next two
 * @drain_send: last work request of the send queue
 * @drain_recv: last one of the receive queue
 * @drain_left: of these two, not back yet
 */
struct ccm_endpoint {
	const struct ccm_endpoint_kind *kind;
	struct ccm_endpoint_config config;
	u32 id;
	struct rdma_cm_id *cm_id;
	struct ccm_device *device;
	struct ccm_domain *domain;
	struct ib_pd *pd;
	struct ib_qp *qp;
	struct ib_cq *cq;
	bool iwarp;
	bool active;
	bool connected;
	unsigned long pending;
	u32 status;
	int error;
	u8 private_data[CCM_PRIVATE_ACCEPT_MAX];
	u32 private_len;
	spinlock_t lock;
	bool stopped;
	bool left;
	struct work_struct connect;
	int fence_error;
	bool lost;
	bool silent;
	struct ccm_reap reap;
	struct ccm_drain *drain;
	struct ib_cqe drain_send;
	struct ib_cqe drain_recv;
	atomic_t drain_left;
};

/**
 * struct ccm_drain - one wait for any number of endpoints
 * @left: work requests that are not back yet, and one more until the wait begins
 * @done: all are
 */
struct ccm_drain {
	atomic_t left;
	struct completion done;
};

void ccm_endpoint_tell(struct ccm_endpoint *ep, u32 bit);
void ccm_endpoint_failed(struct ccm_endpoint *ep, int error);

void ccm_endpoint_init(struct ccm_endpoint *ep, const struct ccm_endpoint_kind *kind,
		       const struct ccm_endpoint_config *config);
int ccm_endpoint_open(struct ccm_endpoint *ep, const u8 *data, u32 len);
void ccm_endpoint_adopt(struct ccm_endpoint *ep, const struct ccm_incoming *in);
void ccm_endpoint_resolve(struct ccm_endpoint *ep, const struct sockaddr_storage *to);
void ccm_endpoint_follow(struct ccm_endpoint *ep, const struct ccm_endpoint *other, u16 port);
int ccm_endpoint_bind(struct ccm_endpoint *ep, const struct ccm_endpoint *session);
int ccm_endpoint_create_qp(struct ccm_endpoint *ep, void *context);
int ccm_endpoint_post_recv(struct ccm_endpoint *ep, const struct ib_recv_wr *wr);
int ccm_endpoint_connect(struct ccm_endpoint *ep);
int ccm_endpoint_accept(struct ccm_endpoint *ep, const u8 *data, u32 len);
void ccm_endpoint_reject(struct ccm_endpoint *ep, const u8 *data, u32 len);

void ccm_endpoint_disconnect(struct ccm_endpoint *ep);
u32 ccm_endpoint_repeat_ms(const struct ccm_endpoint *ep);
void ccm_drain_begin(struct ccm_drain *drain);
void ccm_drain_add(struct ccm_drain *drain, struct ccm_endpoint *ep);
void ccm_drain_wait(struct ccm_drain *drain);
bool ccm_endpoint_drained(const struct ccm_endpoint *ep);
void ccm_endpoint_fence(struct ccm_endpoint *ep);
void ccm_endpoint_reap(struct ccm_endpoint *ep);

#endif /* CCM_RDMA_ENDPOINT_H */
