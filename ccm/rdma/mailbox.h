/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a session: what the partner may read, what it may write, and what this
 * side sends from and receives to.
 */
#ifndef CCM_RDMA_MAILBOX_H
#define CCM_RDMA_MAILBOX_H

#include <linux/types.h>
#include <rdma/ib_verbs.h>

#include "../core/liveness.h"
#include "../core/session.h"
#include "../core/wire.h"

struct ccm_endpoint;

#define CCM_RECV_WR		16	/* at most one message of each kind is under way */
#define CCM_MESSAGE_LEN		CCM_KEYS_MAX	/* of a receive buffer: A0 has room to grow */
#define CCM_SLOT_LEN		128
#define CCM_LANDING_OFFSET	(CCM_RECV_WR * CCM_MESSAGE_LEN)
#define CCM_RX_LEN		(2 * CCM_PAGE_LEN)	/* messages and slots; a page for R2 */
#define CCM_TX_SLOT_LEN		192	/* one slot per ring kind, slot 0 for A0 */
#define CCM_TX_RING_OFFSET	(CCM_RING_COUNT * CCM_TX_SLOT_LEN)
#define CCM_TX_LEN		CCM_MAILBOX_LEN	/* large mails lie as in the mailbox */

/* Landing slots for what RDMA READs bring, behind the messages */
enum ccm_slot {
	CCM_SLOT_HEARTBEAT	= 0,	/* ... to CCM_HEARTBEATS_PER_DETECT - 1 */
	CCM_SLOT_STATUS		= CCM_HEARTBEATS_PER_DETECT,	/* R1 */
	CCM_SLOT_ANSWER,					/* R2: a page of its own */
	CCM_SLOT_COUNT
};

static inline u32 ccm_slot_offset(u32 slot)
{
	return slot == CCM_SLOT_ANSWER ? CCM_PAGE_LEN : CCM_LANDING_OFFSET + slot * CCM_SLOT_LEN;
}

/* What a READ into it may bring; of a page no more than CCM_SLOT_LEN is looked at */
static inline u32 ccm_slot_len(u32 slot)
{
	return slot == CCM_SLOT_ANSWER ? CCM_PAGE_LEN : CCM_SLOT_LEN;
}

/**
 * struct ccm_mailbox - pages of a session, mapped, and their memory regions
 * @ib: for which they are mapped; NULL: there are none
 * @session_page: answer to the partner's hello
 * @box: CCM_MAILBOX_LEN bytes; the partner writes here
 * @tx: CCM_TX_LEN bytes: what WRITEs and SENDs are posted from
 * @rx: CCM_RX_LEN bytes: receive buffers and landing slots
 * @session_dma: @session_page, mapped; likewise the next three
 * @status_mr: status page and session page, remote read
 * @box_mr: remote write
 * @landing_mr: iWARP: what READs write to; else NULL
 * @lost: a region could not be deregistered: the pages stay as they are, for ever
 */
struct ccm_mailbox {
	struct ib_device *ib;
	u8 *session_page;
	u8 *box;
	u8 *tx;
	u8 *rx;
	u64 session_dma;
	u64 box_dma;
	u64 tx_dma;
	u64 rx_dma;
	struct ib_mr *status_mr;
	struct ib_mr *box_mr;
	struct ib_mr *landing_mr;
	bool lost;
};

int ccm_mailbox_create(struct ccm_mailbox *mailbox, const struct ccm_endpoint *ep);
int ccm_mailbox_deregister(struct ccm_mailbox *mailbox);
void ccm_mailbox_free(struct ccm_mailbox *mailbox);
void ccm_mailbox_keys(const struct ccm_mailbox *mailbox, struct ccm_session_keys *keys);
void ccm_mailbox_answer(struct ccm_mailbox *mailbox, const u8 *data, u32 len);
u32 ccm_mailbox_take(struct ccm_mailbox *mailbox, u32 ring, u8 *data, u32 room);
void ccm_mailbox_take_slot(struct ccm_mailbox *mailbox, u32 slot, u8 *data, u32 len);

#endif /* CCM_RDMA_MAILBOX_H */
