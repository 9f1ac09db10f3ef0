/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's yardstick: a plain in-kernel RDMA CM connection with one RDMA READ,
 * and nothing that a consumer could do without.
 *
 *	active					passive
 *	create id, resolve address and route
 *	PD, CQ, QP, receive posted
 *	connect			---REQ--->	PD, CQ, QP, MR; accept
 *	established		<--REP---
 *				---RTU--->	established:
 *				<--SEND---	register the MR, then SEND where it is
 *	READ of 64 bytes	<-------->
 *
 * The SEND is needed: a key is only valid once a connected queue pair has executed its
 * registration, so it cannot come with the accept.
 */
#ifndef CCM_TEST_BENCH_H
#define CCM_TEST_BENCH_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#define BENCH_READ_LEN	64U
#define BENCH_WAIT_MS	5000U	/* for each step */

/* What the passive side's SEND says, at offset 0 of the buffer; host byte order */
struct bench_keys {
	u64 addr;
	u32 key;
	u32 pattern;	/* of the bytes to be read: bench_pattern() */
};

/* Both sides' connection */
struct bench_conn {
	struct rdma_cm_id *id;
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_mr *mr;	/* passive only */
	u8 *buffer;		/* a page: keys at 0, what is read at BENCH_DATA_OFFSET */
	u64 dma;
	struct ib_cqe send_cqe;
	struct ib_cqe recv_cqe;
	struct ib_cqe reg_cqe;
	struct completion step;	/* active: RDMA CM event or completion */
	int status;		/* active: of the step */
	enum rdma_cm_event_type event;
	struct list_head entry;	/* passive: in the list of connections */
	struct work_struct end;	/* passive: destroys it */
	unsigned long ending;	/* passive: bit 0: it has been queued */
};

#define BENCH_DATA_OFFSET	256U

/* Microseconds of each part of one connection */
struct bench_times {
	u32 address;
	u32 route;
	u32 qp;
	u32 connect;
	u32 keys;
	u32 read;
	u32 total;
};

static inline u8 bench_pattern(u32 pattern, u32 index)
{
	return (u8)((pattern >> (8 * (index % 4))) + index);
}

/* bench_conn.c */
int bench_conn_create(struct bench_conn *conn, bool passive);
void bench_conn_destroy(struct bench_conn *conn);
void bench_conn_param(struct rdma_conn_param *param);

/* bench_active.c */
int bench_connect(const char *address, const char *port, struct bench_times *times);

/* bench_passive.c */
int bench_serve(u16 port);
void bench_serve_stop(void);

#endif /* CCM_TEST_BENCH_H */
