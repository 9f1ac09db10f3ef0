/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rogue peer: a connection that does what it is told, right or wrong. It shares no
 * code with CCM on purpose.
 *
 * Connections live in numbered slots. Commands are carried out one at a time, under
 * command_lock; RDMA CM and completion handlers only store what came, under the slot's
 * own lock, and wake whoever waits. Every wait is bounded.
 */
#ifndef CCM_TEST_ROGUE_CONN_H
#define CCM_TEST_ROGUE_CONN_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#define ROGUE_SLOTS		16U
#define ROGUE_MAILBOX_PAGES	5U	/* as CCM_MAILBOX_LEN */
#define ROGUE_RECVS		16U
#define ROGUE_MESSAGE_LEN	256U	/* of a receive buffer: RECVS of them make a page */
#define ROGUE_QUEUE_LEN		32U	/* messages received and not yet asked for */
#define ROGUE_PRIVATE_MAX	196U
#define ROGUE_WAIT_MS		2000U	/* for a completion */
#define ROGUE_WAIT_MAX_MS	20000U

enum rogue_state {
	ROGUE_IDLE,
	ROGUE_LISTENING,	/* no request has come yet */
	ROGUE_RESOLVING,	/* address and route */
	ROGUE_RESOLVED,
	ROGUE_CONNECTING,	/* request sent, or accepted */
	ROGUE_IGNORING,		/* a request has come; nobody answers it, until it is accepted */
	ROGUE_ESTABLISHED,
	ROGUE_REJECTED,
	ROGUE_FAILED,
	ROGUE_DISCONNECTED,
};

enum rogue_answer {
	ROGUE_ACCEPT,
	ROGUE_REJECT,
	ROGUE_IGNORE,
};

/* One SEND or WRITE with immediate received */
struct rogue_message {
	bool immediate;
	u32 word;		/* the immediate */
	u32 len;
	u8 data[ROGUE_MESSAGE_LEN];
};

/* Memory that the other side may reach */
struct rogue_memory {
	u8 *pages;
	size_t pages_len;
	u64 dma[ROGUE_MAILBOX_PAGES];
	u32 count;
	enum dma_data_direction direction;
	struct ib_mr *mr;
};

/**
 * struct rogue - a slot
 * @number: its own
 * @id: the connection; NULL: none
 * @active: it was asked for from here
 * @listener: where the connection is to come from
 * @next: takes the next request of another slot's listener that has one already; under rogue_lock
 * @answer: what to do with the request that comes to @listener
 * @answer_data: private data for it
 * @answer_len: of it
 * @pd: protection domain
 * @owner: slot whose it is; NULL: its own
 * @cq: completion queue; freed last, so that no handler runs when the rest is freed
 * @iwarp: no WRITE with immediate, no READ into unregistered memory
 * @tx: a page that SENDs, WRITEs and READs use, one at a time
 * @tx_dma: it, mapped
 * @tx_cqe: their completion
 * @tx_done: completed
 * @tx_busy: posted and not completed yet
 * @tx_status: enum ib_wc_status
 * @rx: a page of receive buffers
 * @rx_dma: it, mapped
 * @rx_cqe: completions of receives
 * @status: two pages, remote read
 * @mailbox: ROGUE_MAILBOX_PAGES, remote write
 * @lock: protects what follows
 * @wait: woken when any of it changes
 * @state: enum rogue_state
 * @event: RDMA CM event of the last change
 * @status_code: its status
 * @private_data: what came last in a request, accept or reject
 * @private_len: of it
 * @queue: messages received
 * @queue_head: first of them
 * @queue_count: how many
 * @lost: messages for which there was no room
 */
struct rogue {
	unsigned int number;
	struct rdma_cm_id *id;
	bool active;
	struct rdma_cm_id *listener;
	bool next;
	enum rogue_answer answer;
	u8 answer_data[ROGUE_PRIVATE_MAX];
	u32 answer_len;
	struct ib_pd *pd;
	struct rogue *owner;
	struct ib_cq *cq;
	bool iwarp;
	u8 *tx;
	u64 tx_dma;
	struct ib_cqe tx_cqe;
	struct completion tx_done;
	bool tx_busy;
	enum ib_wc_status tx_status;
	u8 *rx;
	u64 rx_dma;
	struct ib_cqe rx_cqe[ROGUE_RECVS];
	struct rogue_memory status;
	struct rogue_memory mailbox;
	spinlock_t lock;
	wait_queue_head_t wait;
	enum rogue_state state;
	enum rdma_cm_event_type event;
	int status_code;
	u8 private_data[ROGUE_PRIVATE_MAX];
	u32 private_len;
	struct rogue_message queue[ROGUE_QUEUE_LEN];
	u32 queue_head;
	u32 queue_count;
	u32 lost;
};

/* What is another one each time that a flood asks */
#define ROGUE_OTHER_ATTEMPT	1U
#define ROGUE_OTHER_INCARNATION	2U
#define ROGUE_STAY		4U	/* several at once, until they are sent away */
#define ROGUE_FLOOD_SLOTS	4U
#define ROGUE_ATTEMPT_AT	40U	/* in a request of CCM's */
#define ROGUE_INCARNATION_AT	32U

/**
 * struct rogue_aim - at whom a flood of requests goes
 * @address: of the other side
 * @port: RDMA port number, decimal
 * @from: own address; NULL: whichever there is
 * @data: private data; changed as @how says
 * @len: of it
 * @how: ROGUE_OTHER_*, ROGUE_STAY
 */
struct rogue_aim {
	const char *address;
	const char *port;
	const char *from;
	u8 *data;
	u32 len;
	u32 how;
};

/* What became of it */
struct rogue_flood {
	u32 asked;
	u32 established;
	u32 rejected;
	u32 failed;
};

extern struct rogue *rogue_slots[ROGUE_SLOTS];

/* conn.c */
int rogue_slots_create(void);
void rogue_slots_destroy(void);
int rogue_connect(struct rogue *rogue, const char *address, const char *port,
		  const char *from, const u8 *data, u32 len, u32 ms);
void rogue_flood(u32 number, const struct rogue_aim *aim, u32 ms, struct rogue_flood *flood);
void rogue_take_next(struct rogue *rogue);
int rogue_accept(struct rogue *rogue, struct rogue *owner, const u8 *data, u32 len);
int rogue_listen(struct rogue *rogue, u16 port, enum rogue_answer answer, const u8 *data,
		 u32 len);
bool rogue_wait(struct rogue *rogue, enum rogue_state state, u32 ms);
int rogue_disconnect(struct rogue *rogue);
void rogue_close(struct rogue *rogue);
int rogue_send(struct rogue *rogue, const u8 *data, u32 len);
int rogue_write(struct rogue *rogue, u64 addr, u32 key, const u8 *data, u32 len,
		bool immediate, u32 word);
int rogue_read(struct rogue *rogue, u64 addr, u32 key, u32 len);
bool rogue_receive(struct rogue *rogue, struct rogue_message *message, u32 ms);
int rogue_post(struct rogue *rogue, const struct ib_send_wr *wr);

/* memory.c */
int rogue_memory_create(struct rogue *rogue);
void rogue_memory_destroy(struct rogue *rogue);
int rogue_memory_poke(struct rogue *rogue, u32 offset, const u8 *data, u32 len);
int rogue_memory_look(struct rogue *rogue, u32 offset, u8 *data, u32 len);

#endif /* CCM_TEST_ROGUE_CONN_H */
