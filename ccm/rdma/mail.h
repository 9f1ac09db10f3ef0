/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes over a session's queue pair: A0, mails, rings and READs. */
#ifndef CCM_RDMA_MAIL_H
#define CCM_RDMA_MAIL_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <rdma/ib_verbs.h>

#include "../core/wire.h"
#include "endpoint.h"
#include "mailbox.h"

#define CCM_MAIL_LINK_WR	32	/* registrations of links, at a time */
#define CCM_MAIL_RINGS_MAX	2000U	/* in a second: far more than clients cause */
#define CCM_MAIL_STAGE_RINGS_MAX 200U	/* of these, sent */
#define CCM_MAIL_SEND_WR	(32 + CCM_MAIL_LINK_WR)

/**
 * struct ccm_read - an RDMA READ into a landing slot; the memory of who wants it
 * @done: in softirq, only if it has succeeded: all others end with the queue pair
 * @slot: enum ccm_slot; no other READ into it is in flight
 * @len: bytes wanted
 */
struct ccm_read {
	void (*done)(struct ccm_read *read, const u8 *data, u32 len);
	u32 slot;
	u32 len;
};

/**
 * struct ccm_mail - work requests of a session and their completions
 * @ep: whose queue pair
 * @mailbox: the session's memory
 * @reg_wr: posted in front of A0
 * @reg_cqe: completions that matter only when they fail: registration
 * @send_cqe: mails, by enum ccm_ring; 0 is A0
 * @ring_cqe: rings that are SENDs
 * @read_cqe: READs, by slot
 * @reads: who wants them, by slot
 * @status: R1
 * @answer: R2
 * @recv_cqe: receives, by buffer
 * @tx_busy: bit per enum ccm_ring whose bytes in ccm_mailbox.tx are in use by a work request
 * @early_rings: bit per enum ccm_ring that came before what it answers had completed;
 *	only completions use it
 * @rings: that have come within a second of @rings_since (jiffies)
 * @rings_since: only completions use these two
 * @stage_rings: that were sent within a second of @stage_since (jiffies)
 * @stage_since: only the work item uses these two
 * @stage_due: the stage has changed again while its ring was on the way
 * @ring_seq: number of the next ring
 * @tx_wait: woken when one ends, when the status page was read, or the queue pair breaks
 * @message: the A0 received
 * @message_len: of it; 0: none yet
 * @link_wrs: work requests of links that are under way, at most CCM_MAIL_LINK_WR
 */
struct ccm_mail {
	struct ccm_endpoint *ep;
	struct ccm_mailbox *mailbox;
	struct ib_reg_wr reg_wr[3];
	struct ib_cqe reg_cqe;
	struct ib_cqe send_cqe[CCM_RING_COUNT];
	struct ib_cqe ring_cqe;
	struct ib_cqe read_cqe[CCM_SLOT_COUNT];
	struct ccm_read *reads[CCM_SLOT_COUNT];
	struct ccm_read status;
	struct ccm_read answer;
	struct ib_cqe recv_cqe[CCM_RECV_WR];
	unsigned long tx_busy;
	u32 early_rings;
	u32 rings;
	unsigned long rings_since;
	u32 stage_rings;
	unsigned long stage_since;
	bool stage_due;
	u32 ring_seq;
	wait_queue_head_t tx_wait;
	u8 message[CCM_MESSAGE_LEN];
	u32 message_len;
	atomic_t link_wrs;
};

void ccm_mail_init(struct ccm_mail *mail, struct ccm_endpoint *ep, struct ccm_mailbox *mailbox);
int ccm_mail_post_receives(struct ccm_mail *mail);
int ccm_mail_send_keys(struct ccm_mail *mail, const u8 *data, u32 len);
u8 *ccm_mail_begin(struct ccm_mail *mail, u32 ring);
int ccm_mail_post(struct ccm_mail *mail, u32 ring, u32 len, u64 addr, u32 key);
int ccm_mail_ring(struct ccm_mail *mail, u32 ring);
int ccm_mail_ring_stage(struct ccm_mail *mail);
int ccm_mail_read(struct ccm_mail *mail, struct ccm_read *read, u64 addr, u32 key, u32 len);
bool ccm_mail_take_places(struct ccm_mail *mail, u32 count);
void ccm_mail_give_places(struct ccm_mail *mail, u32 count);
void ccm_mail_link_done(struct ccm_mail *mail, const struct ib_wc *wc);

#endif /* CCM_RDMA_MAIL_H */
