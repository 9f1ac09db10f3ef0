/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's yardstick: plain in-kernel RDMA CM connections, and nothing that a
 * consumer could do without. There are three kinds, named in the request's private data;
 * the first is a connection with one RDMA READ:
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
 *
 * The second is the same, but it stays, and has more memory and deeper queues: those of a
 * client's port, so that operations on the two can be compared. The third has those
 * queues and no memory, so nothing is sent: many of them are connected at once, as a
 * client's ports are.
 */
#ifndef CCM_TEST_BENCH_H
#define CCM_TEST_BENCH_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#define BENCH_READ_LEN	64U
#define BENCH_WAIT_MS	5000U	/* for each step */
/* what operations reach: one chunk of a region (ccm/rdma/mr.h) */
#define BENCH_MEMORY_LEN (511U * 4096)
/* 67 ms, as a port's with the default detect_ms (core/liveness.h) */
#define BENCH_ACK_TIMEOUT 14
#define BENCH_RNR_RETRIES 6
#define BENCH_OP_LEN_MAX (1U << 20)	/* READs begin at its begin, WRITEs end at its end */
#define BENCH_WRITE_AT	(BENCH_MEMORY_LEN - BENCH_OP_LEN_MAX)

enum bench_kind {
	BENCH_ONCE	= 0,	/* connects, reads once */
	BENCH_OPS	= 1,	/* BENCH_MEMORY_LEN to be read and written */
	BENCH_BARE	= 2,	/* only connects */
	BENCH_KIND_COUNT
};

/* Private data of a request; what is absent is zero */
struct bench_request {
	u32 kind;
};

/* What the passive side's SEND says, at offset 0 of the buffer; host byte order */
struct bench_keys {
	u64 addr;
	u32 key;
	u32 pattern;	/* of the bytes to be read: bench_pattern() */
};

/* Both sides' connection */
struct bench_conn {
	u32 kind;		/* enum bench_kind */
	struct rdma_cm_id *id;
	struct ib_pd *pd;
	bool pd_shared;		/* ... is not this connection's */
	struct ib_cq *cq;
	struct ib_mr *mr;	/* passive only */
	u8 *buffer;		/* a page: keys at 0, what is read at BENCH_DATA_OFFSET */
	u64 dma;
	u8 *memory;		/* passive only: what @mr covers: @buffer, or BENCH_MEMORY_LEN */
	struct sg_table sgt;	/* ... mapped */
	struct ib_cqe send_cqe;
	struct ib_cqe recv_cqe;
	struct ib_cqe reg_cqe;
	struct completion step;	/* active: RDMA CM event or completion */
	int status;		/* active: of the step */
	enum rdma_cm_event_type event;
	void *owner;		/* active: who connects many at once */
	bool settled;		/* active: likewise: @owner has counted it */
	struct list_head entry;	/* passive: in the list of connections */
	struct work_struct end;	/* passive: destroys it */
	unsigned long ending;	/* passive: bit 0: it has been queued */
};

#define BENCH_DATA_OFFSET	256U

/* Microseconds of each part of one connection */
struct bench_times {
	u64 begun;	/* ktime_get_ns() */
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

static inline void bench_fill(u8 *data, u32 pattern, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		data[i] = bench_pattern(pattern, i);
}

static inline bool bench_holds(const u8 *data, u32 pattern, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		if (data[i] != bench_pattern(pattern, i))
			return false;
	return true;
}

/* conn.c */
int bench_conn_create(struct bench_conn *conn, bool passive);
void bench_conn_destroy(struct bench_conn *conn);
void bench_conn_param(const struct bench_conn *conn, struct rdma_conn_param *param,
		      struct bench_request *request);
void bench_conn_timeouts(struct bench_conn *conn);

/* active.c */
int bench_open(struct bench_conn *conn, const char *address, const char *port,
	       struct bench_times *times, struct bench_keys *keys);
void bench_close(struct bench_conn *conn);
int bench_connect(const char *address, const char *port, struct bench_times *times);

/* parallel.c */
int bench_parallel(const char *address, const char *port, u32 count, u64 *ns);

/* passive.c */
int bench_serve(u16 port);
void bench_serve_stop(void);

#endif /* CCM_TEST_BENCH_H */
