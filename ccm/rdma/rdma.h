/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transport: every call to RDMA CM and to verbs is behind this header.
 *
 * A connection (struct ccm_conn) is owned by its partner's work item, which makes it,
 * posts on it and closes it. RDMA CM and completion handlers reach it only to store
 * what came and to set a bit; after ccm_conn_close() has destroyed queue pair,
 * completion queue and id, none of them can run any more, so it is then simply freed.
 */
#ifndef CCM_RDMA_RDMA_H
#define CCM_RDMA_RDMA_H

#include <linux/scatterlist.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#include "../ccm.h"

/* Retries of a queue pair. rxe never gives up with 7. */
#define CCM_QP_RETRIES		6
#define CCM_QP_RNR_RETRIES	6
#define CCM_QP_RNR_TIMER	12	/* 0.64 ms */

#define CCM_QP_LINK_WR		32	/* registrations of links, at a time */
#define CCM_QP_SEND_WR		(32 + CCM_QP_LINK_WR)
#define CCM_QP_RECV_WR		16	/* at most one message of each kind is under way */
#define CCM_QP_READS		8	/* R1, R2 and heartbeats in flight */

/* How long ccm_conn_close() waits: for a goodbye to be acknowledged, for a drain */
#define CCM_FLUSH_MS		60
#define CCM_DRAIN_MS		200
#define CCM_CLOSE_MS		700	/* a link's close waits so long for the session */

/**
 * struct ccm_device - an RDMA device that sessions can use
 * @entry: in ccm_node.devices
 * @node: whose
 * @ib: the device
 * @page_dma: the node's status page, mapped for it
 * @gone: being removed: no new connection may use it
 * @event: its asynchronous events
 */
struct ccm_device {
	struct list_head entry;
	struct ccm_node *node;
	struct ib_device *ib;
	u64 page_dma;
	bool gone;
	struct ib_event_handler event;
};

/* Landing slots for what RDMA READs bring, in the receive page behind the messages */
enum ccm_slot {
	CCM_SLOT_HEARTBEAT	= 0,	/* ... to CCM_HEARTBEATS_MAX - 1 */
	CCM_SLOT_STATUS		= CCM_HEARTBEATS_MAX,	/* R1 */
	CCM_SLOT_ANSWER,				/* R2 */
	CCM_SLOT_COUNT
};

#define CCM_MESSAGE_LEN		64	/* of a receive buffer */
#define CCM_SLOT_LEN		128
#define CCM_LANDING_OFFSET	(CCM_QP_RECV_WR * CCM_MESSAGE_LEN)
#define CCM_TX_SLOT_LEN		192	/* one slot per ring kind, slot 0 for A0 */
#define CCM_TX_RING_OFFSET	(CCM_RING_COUNT * CCM_TX_SLOT_LEN)
#define CCM_TX_LEN		CCM_MAILBOX_LEN	/* large mails lie as in the mailbox */

/* ccm_conn.pending, in the order in which they are stepped */
enum ccm_conn_bit {
	CCM_CONN_ROUTE		= 0,	/* route resolved: make the queue pair, connect */
	CCM_CONN_ESTABLISHED	= 1,
	CCM_CONN_REJECTED	= 2,
	CCM_CONN_FAILED		= 3,
	CCM_CONN_MESSAGE	= 4,
	CCM_CONN_READ_STATUS	= 5,
	CCM_CONN_RING		= 6,	/* + enum ccm_ring: 7..14 */
	CCM_CONN_READ_ANSWER	= 15,
	CCM_CONN_DISCONNECTED	= 16,
	CCM_CONN_ERROR		= 17,
	CCM_CONN_MALFORMED	= 18,
	CCM_CONN_DEVICE_GONE	= 19,
	CCM_CONN_BITS
};

/**
 * struct ccm_conn - one RDMA CM connection of a session
 * @entry: in ccm_partner.requests, then ccm_partner.conns
 * @id: the core's name of it
 * @partner: whose
 * @cm_id: its RDMA CM id
 * @device: set with the queue pair
 * @iwarp: the device speaks iWARP
 * @connected: ESTABLISHED has been reported
 * @pending: enum ccm_conn_bit
 * @status: goes with REJECTED and FAILED: enum ccm_cm_status
 * @error: the errno or transport status behind it
 * @private_data: as received
 * @private_len: of it
 * @message: the A0 received
 * @message_len: of it; 0: none yet
 * @pd: protection domain of the session
 * @cq: completion queue
 * @status_mr: status page and session page, remote read
 * @mailbox_mr: remote write
 * @landing_mr: iWARP: what READs write to; else NULL
 * @session_page: answer to the partner's hello
 * @mailbox: CCM_MAILBOX_LEN bytes; the partner writes here
 * @tx: CCM_TX_LEN bytes: what WRITEs and SENDs are posted from
 * @rx_page: receive buffers and landing slots
 * @session_dma: @session_page, mapped; likewise the next three
 * @reg_wr: posted in front of A0
 * @reg_cqe: completions that matter only when they fail: registration
 * @send_cqe: mails, by enum ccm_ring; 0 is A0
 * @ring_cqe: rings that are SENDs
 * @read_cqe: READs, by slot
 * @recv_cqe: receives, by buffer
 * @tx_busy: bit per enum ccm_ring whose bytes in @tx are in use by a work request
 * @early_rings: bit per enum ccm_ring that came before what it answers had completed;
 *	only completions use it
 * @ring_seq: number of the next ring
 * @tx_wait: woken when one ends, or the queue pair breaks
 * @recv_lock: protects @stopped; held while a receive is posted
 * @stopped: no receive is posted any more
 * @link_wrs: work requests of links that are under way, at most CCM_QP_LINK_WR
 */
struct ccm_conn {
	struct list_head entry;
	u32 id;
	struct ccm_partner *partner;
	struct rdma_cm_id *cm_id;
	struct ccm_device *device;
	bool iwarp;
	bool connected;
	unsigned long pending;
	u32 status;
	int error;
	u8 private_data[CCM_PRIVATE_ACCEPT_MAX];
	u32 private_len;
	u8 message[CCM_MESSAGE_LEN];
	u32 message_len;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_mr *status_mr;
	struct ib_mr *mailbox_mr;
	struct ib_mr *landing_mr;
	u8 *session_page;
	u8 *mailbox;
	u8 *tx;
	u8 *rx_page;
	u64 session_dma;
	u64 mailbox_dma;
	u64 tx_dma;
	u64 rx_dma;
	struct ib_reg_wr reg_wr[3];
	struct ib_cqe reg_cqe;
	struct ib_cqe send_cqe[CCM_RING_COUNT];
	struct ib_cqe ring_cqe;
	struct ib_cqe read_cqe[CCM_SLOT_COUNT];
	struct ib_cqe recv_cqe[CCM_QP_RECV_WR];
	unsigned long tx_busy;
	u32 early_rings;
	u32 ring_seq;
	wait_queue_head_t tx_wait;
	spinlock_t recv_lock;
	bool stopped;
	atomic_t link_wrs;
};

/* cm.c: connections and the listener. Process context, may sleep. */
int ccm_listener_start(struct ccm_node *node);
void ccm_listener_stop(struct ccm_node *node);
int ccm_conn_connect(struct ccm_partner *partner, u32 id, const u8 *data, u32 len);
int ccm_conn_route(struct ccm_conn *conn);
int ccm_conn_accept(struct ccm_conn *conn, const u8 *data, u32 len);
void ccm_conn_reject(struct ccm_conn *conn, const u8 *data, u32 len);
void ccm_conn_close(struct ccm_conn *conn, bool flush);
void ccm_cm_set_timeouts(struct rdma_cm_id *id, u32 detect_ms);
void ccm_cm_param(const struct rdma_cm_id *id, struct rdma_conn_param *param, const u8 *data,
		  u32 len);
void ccm_conn_set(struct ccm_conn *conn, enum ccm_conn_bit bit);

/* qp.c: queue pair and completions */
int ccm_qp_create(struct ccm_conn *conn);
void ccm_qp_destroy(struct ccm_conn *conn);
void ccm_qp_drain(struct ccm_conn *conn);
int ccm_qp_send_keys(struct ccm_conn *conn, const u8 *data, u32 len);
int ccm_qp_ring(struct ccm_conn *conn, u32 kind);
int ccm_qp_write(struct ccm_conn *conn, u64 addr, u32 key, const u8 *data, u32 len,
		 u32 ring);
void ccm_qp_link_done(struct ccm_conn *conn, const struct ib_wc *wc);
int ccm_qp_mail(struct ccm_conn *conn, u64 addr, u32 key, const struct ccm_session *session,
		u32 ring);
int ccm_qp_read(struct ccm_conn *conn, u32 slot, u64 addr, u32 key, u32 len);
void ccm_qp_take_slot(struct ccm_conn *conn, u32 slot, u8 *data, u32 len);

/* region.c: the memory of a session */
int ccm_region_create(struct ccm_conn *conn);
void ccm_region_deregister(struct ccm_conn *conn);
void ccm_region_free(struct ccm_conn *conn);
void ccm_region_keys(struct ccm_conn *conn, struct ccm_session_keys *keys);
void ccm_region_answer(struct ccm_conn *conn, const u8 *data, u32 len);
u32 ccm_region_mail(struct ccm_conn *conn, u32 ring, u8 *data, u32 room);

/* device.c: RDMA devices as they come and go */
int ccm_devices_register(struct ccm_node *node);
void ccm_devices_unregister(void);
struct ccm_device *ccm_device_find(struct ccm_node *node, struct ib_device *ib);

/* status_page.c */
int ccm_status_page_create(struct ccm_node *node);
void ccm_status_page_destroy(struct ccm_node *node);
void ccm_status_page_set_stage(struct ccm_node *node, u32 stage);
u32 ccm_status_page_stage(const struct ccm_node *node);
void ccm_status_page_set_flag(struct ccm_node *node, u32 flag);
u64 ccm_status_page_counter(const struct ccm_node *node);

#endif /* CCM_RDMA_RDMA_H */
