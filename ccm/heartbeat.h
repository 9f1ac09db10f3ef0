/* SPDX-License-Identifier: GPL-2.0-only */
/* Heartbeats: the RDMA READs that watch one partner. */
#ifndef CCM_HEARTBEAT_H
#define CCM_HEARTBEAT_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <uapi/linux/ccm.h>

#include "core/liveness.h"
#include "rdma/mail.h"

struct ccm_conn;
struct ccm_inbox;

#define CCM_HEARTBEATS_MAX	CCM_HEARTBEATS_PER_DETECT	/* reads in flight */

/**
 * struct ccm_heartbeat - the reads that watch one partner
 * @lock: protects all of this; taken in softirq
 * @inbox: told of STAGE, VERDICT and ALIVE
 * @wq: runs @work, with high priority
 * @detect_ms: detection time
 * @conn: where reads are posted; NULL: not watching
 * @timer: every quarter of the detection time
 * @deadline: a detection time after the last read that succeeded
 * @work: steps liveness and posts reads
 * @due: the next run of @work is to post a read
 * @look: ... and one more, as soon as a landing slot is free
 * @large: ... and one of the whole page, unless one is in flight
 * @large_busy: one is
 * @large_posted_us: since when
 * @addr: of the partner's status page
 * @key: of the partner's status page
 * @liveness: the verdict
 * @reads: one for each landing slot
 * @large_read: of the whole page; it lands where R2 did
 * @busy: bit per landing slot with a read in flight
 * @posted_us: when each was posted
 * @read_us: how long the last read took
 * @slow_us: ... and the slowest of the last ten or so
 * @done_posted_us: when the last read that succeeded was posted
 * @heard_us: when a read of this watch succeeded last; 0: none has
 * @probing: the partner's work item wants to hear of a read that is posted after...
 * @probe_us: this time
 * @total: reads that succeeded, of watches that have ended
 * @wait: woken when a read succeeded or the watch ended
 */
struct ccm_heartbeat {
	spinlock_t lock;
	struct ccm_inbox *inbox;
	struct workqueue_struct *wq;
	u32 detect_ms;
	struct ccm_conn *conn;
	struct hrtimer timer;
	struct hrtimer deadline;
	struct work_struct work;
	bool due;
	bool look;
	bool large;
	bool large_busy;
	u64 large_posted_us;
	u64 addr;
	u32 key;
	struct ccm_liveness liveness;
	struct ccm_read reads[CCM_HEARTBEATS_MAX];
	struct ccm_read large_read;
	u32 busy;
	u64 posted_us[CCM_HEARTBEATS_MAX];
	u32 read_us;
	u32 slow_us;
	u64 done_posted_us;
	u64 heard_us;
	bool probing;
	u64 probe_us;
	u64 total;
	wait_queue_head_t wait;
};

void ccm_heartbeat_init(struct ccm_heartbeat *hb, struct ccm_inbox *inbox,
			struct workqueue_struct *wq, u32 detect_ms);
void ccm_heartbeat_start(struct ccm_heartbeat *hb, struct ccm_conn *conn, u64 addr,
			 u32 key, u64 incarnation, const u8 *page, u32 len);
void ccm_heartbeat_stop(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
void ccm_heartbeat_probe(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
void ccm_heartbeat_heard(struct ccm_heartbeat *hb, u64 *at_us, u64 *uptime_ms, u32 *slow_us);
void ccm_heartbeat_look_large(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
void ccm_heartbeat_look(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
u32 ccm_heartbeat_verdict(struct ccm_heartbeat *hb, u32 *conn);
void ccm_heartbeat_fill(struct ccm_heartbeat *hb, struct ccm_record *record);
u64 ccm_heartbeat_count(const struct ccm_heartbeat *hb);
int ccm_heartbeat_peek(struct ccm_heartbeat *hb, struct ccm_peek *peek);

#endif /* CCM_HEARTBEAT_H */
