// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heartbeats: RDMA READs of a partner's status page, four to a detection time.
 *
 * They have a path of their own: a timer of theirs, a high-priority work queue of
 * theirs, and liveness is stepped under a lock of theirs, so that nothing slow on the
 * partner's work queue can fake a death. Up to four READs are in flight: one that
 * overtakes a lost one makes the transport notice the loss at once.
 *
 * Two timers: one posts a READ every quarter of the detection time, the other is set to
 * the deadline anew by each READ that succeeds. Both only queue the work item, which
 * lets liveness look at the time.
 */
#include "compat.h"
#include "heartbeat.h"
#include "node.h"
#include "rdma/conn.h"
#include "trace.h"

static u64 detect_ns(const struct ccm_heartbeat *hb)
{
	return (u64)hb->detect_ms * NSEC_PER_MSEC;
}

static enum hrtimer_restart read_due(struct hrtimer *timer)
{
	struct ccm_heartbeat *hb = container_of(timer, struct ccm_heartbeat, timer);

	WRITE_ONCE(hb->due, true);
	queue_work(hb->wq, &hb->work);
	hrtimer_forward_now(timer, ns_to_ktime(div_u64(detect_ns(hb),
						       CCM_HEARTBEATS_PER_DETECT)));
	return HRTIMER_RESTART;
}

static enum hrtimer_restart deadline_passed(struct hrtimer *timer)
{
	struct ccm_heartbeat *hb = container_of(timer, struct ccm_heartbeat, deadline);

	queue_work(hb->wq, &hb->work);
	return HRTIMER_NORESTART;
}

/* Post one READ. False: all slots are in flight. */
static bool heartbeat_post(struct ccm_heartbeat *hb, u64 now)
{
	u32 slot;

	lockdep_assert_held(&hb->lock);
	for (slot = 0; slot < CCM_HEARTBEATS_MAX; slot++)
		if (!(hb->busy & BIT(slot)))
			break;
	if (slot == CCM_HEARTBEATS_MAX)
		return false;
	if (ccm_mail_read(&hb->conn->mail, &hb->reads[slot], hb->addr, hb->key,
			  CCM_WIRE_STATUS_LEN)) {
		ccm_endpoint_tell(&hb->conn->endpoint, CCM_ENDPOINT_ERROR);
		return true;
	}
	hb->busy |= BIT(slot);
	hb->posted_us[slot] = now;
	return true;
}

/* Post one READ of the whole page. */
static void large_post(struct ccm_heartbeat *hb)
{
	lockdep_assert_held(&hb->lock);
	hb->large = false;
	hb->large_busy = true;
	hb->large_posted_us = ccm_now_us();
	if (ccm_mail_read(&hb->conn->mail, &hb->large_read, hb->addr, hb->key, CCM_PAGE_LEN))
		ccm_endpoint_tell(&hb->conn->endpoint, CCM_ENDPOINT_ERROR);
}

/* Tell the partner's work item what liveness found. */
static void heartbeat_tell(struct ccm_heartbeat *hb, u32 found)
{
	lockdep_assert_held(&hb->lock);
	if (found & CCM_LIVENESS_STAGE)
		ccm_inbox_tell(hb->inbox, CCM_INBOX_STAGE);
	if (found & CCM_LIVENESS_VERDICT) {
		trace_ccm_verdict(hb->conn->endpoint.config.partner, hb->liveness.verdict);
		ccm_inbox_tell(hb->inbox, CCM_INBOX_VERDICT);
	}
}

static void heartbeat_work(struct work_struct *work)
{
	struct ccm_heartbeat *hb = container_of(work, struct ccm_heartbeat, work);
	u64 now;

	spin_lock_bh(&hb->lock);
	if (hb->conn) {
		now = ccm_now_us();
		if (xchg(&hb->due, false))
			heartbeat_post(hb, now);
		/* a READ that is in flight may have passed what there is to see */
		if (hb->look && heartbeat_post(hb, now))
			hb->look = false;
		if (hb->large && !hb->large_busy)
			large_post(hb);
		heartbeat_tell(hb, ccm_liveness_step(&hb->liveness, now,
						     CCM_LIVENESS_TICK, NULL, 0));
	}
	spin_unlock_bh(&hb->lock);
}

/* A READ has brought the page. */
static void heard(struct ccm_heartbeat *hb, u64 now, u64 posted_us, const u8 *data, u32 len)
{
	lockdep_assert_held(&hb->lock);
	hb->heard_us = now;
	heartbeat_tell(hb, ccm_liveness_read(&hb->liveness, now, posted_us, data, len));
	hrtimer_start(&hb->deadline, ns_to_ktime(detect_ns(hb)), HRTIMER_MODE_REL);
}

/*
 * A READ has succeeded; softirq. The watch may have ended since it was posted; another
 * begins only when the connection of this one is freed.
 */
static void read_done(struct ccm_read *read, const u8 *data, u32 len)
{
	u32 slot = read->slot - CCM_SLOT_HEARTBEAT;
	struct ccm_heartbeat *hb = container_of(read - slot, struct ccm_heartbeat, reads[0]);
	u64 now = ccm_now_us();

	spin_lock_bh(&hb->lock);
	if (hb->conn && (hb->busy & BIT(slot))) {
		hb->busy &= ~BIT(slot);
		hb->read_us = (u32)(now - hb->posted_us[slot]);
		/* forgets in some ten READs what was once */
		hb->slow_us = max(hb->read_us, hb->slow_us - hb->slow_us / 8);
		if (hb->posted_us[slot] > hb->done_posted_us)
			hb->done_posted_us = hb->posted_us[slot];
		heard(hb, now, hb->posted_us[slot], data, len);
		if (hb->probing && hb->posted_us[slot] > hb->probe_us) {
			hb->probing = false;
			/* a page that brought a verdict is no sign of life */
			if (!hb->liveness.verdict)
				ccm_inbox_tell(hb->inbox, CCM_INBOX_ALIVE);
		}
		if (hb->look)
			queue_work(hb->wq, &hb->work);
		wake_up_all(&hb->wait);
	}
	spin_unlock_bh(&hb->lock);
}

/* The same, of the whole page */
static void large_done(struct ccm_read *read, const u8 *data, u32 len)
{
	struct ccm_heartbeat *hb = container_of(read, struct ccm_heartbeat, large_read);

	spin_lock_bh(&hb->lock);
	if (hb->conn && hb->large_busy) {
		hb->large_busy = false;
		heard(hb, ccm_now_us(), hb->large_posted_us, data, len);
		if (hb->large)
			queue_work(hb->wq, &hb->work);
	}
	spin_unlock_bh(&hb->lock);
}

/**
 * ccm_heartbeat_init() - a heartbeat that watches nothing
 * @hb: zeroed
 * @inbox: of the partner that it watches
 * @wq: runs its work item; nothing slow is on it
 * @detect_ms: detection time
 */
void ccm_heartbeat_init(struct ccm_heartbeat *hb, struct ccm_inbox *inbox,
			struct workqueue_struct *wq, u32 detect_ms)
{
	u32 slot;

	spin_lock_init(&hb->lock);
	hb->inbox = inbox;
	hb->wq = wq;
	hb->detect_ms = detect_ms;
	for (slot = 0; slot < CCM_HEARTBEATS_MAX; slot++) {
		hb->reads[slot].done = read_done;
		hb->reads[slot].slot = CCM_SLOT_HEARTBEAT + slot;
	}
	hb->large_read.done = large_done;
	hb->large_read.slot = CCM_SLOT_ANSWER;
	hrtimer_setup(&hb->timer, read_due, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_setup(&hb->deadline, deadline_passed, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	INIT_WORK(&hb->work, heartbeat_work);
	init_waitqueue_head(&hb->wait);
}

/**
 * ccm_heartbeat_start() - begin to watch
 * @hb: not watching
 * @conn: where to post
 * @addr: of the partner's status page
 * @key: of it
 * @incarnation: whose page it must be
 * @page: the page if it has just been read (R1), so that its stage is known from the start;
 *	NULL: the first heartbeat, which is posted at once, tells it
 * @len: of @page
 *
 * The partner's work item.
 */
void ccm_heartbeat_start(struct ccm_heartbeat *hb, struct ccm_conn *conn, u64 addr,
			 u32 key, u64 incarnation, const u8 *page, u32 len)
{
	u64 now = ccm_now_us();
	u32 found = 0;

	/* What the session before was told, and not looked at yet, is nothing of this one. */
	ccm_inbox_take(hb->inbox, CCM_INBOX_VERDICT);
	ccm_inbox_take(hb->inbox, CCM_INBOX_ALIVE);
	spin_lock_bh(&hb->lock);
	hb->conn = conn;
	hb->addr = addr;
	hb->key = key;
	hb->busy = 0;
	hb->due = false;
	hb->look = false;
	hb->large = false;
	hb->large_busy = false;
	hb->done_posted_us = 0;
	hb->heard_us = 0;
	hb->probing = false;
	hb->slow_us = 0;
	ccm_liveness_start(&hb->liveness, now, hb->detect_ms,
			   incarnation);
	if (page)
		found = ccm_liveness_step(&hb->liveness, now, CCM_LIVENESS_READ, page, len);
	/* its stage is shown with the session's next state */
	heartbeat_tell(hb, found & CCM_LIVENESS_VERDICT);
	spin_unlock_bh(&hb->lock);
	hrtimer_start(&hb->timer, 0, HRTIMER_MODE_REL);
	hrtimer_start(&hb->deadline, ns_to_ktime(detect_ns(hb)), HRTIMER_MODE_REL);
}

/**
 * ccm_heartbeat_stop() - end the watch
 * @hb: heartbeat
 * @conn: only if it watches this connection
 *
 * The partner's work item. Afterwards no READ is posted on @conn.
 */
void ccm_heartbeat_stop(struct ccm_heartbeat *hb, const struct ccm_conn *conn)
{
	spin_lock_bh(&hb->lock);
	if (hb->conn != conn) {
		spin_unlock_bh(&hb->lock);
		return;
	}
	hb->conn = NULL;
	hb->total += hb->liveness.reads;
	spin_unlock_bh(&hb->lock);
	wake_up_all(&hb->wait);
	/* @conn is unset under the lock: no completion sets the deadline any more */
	hrtimer_cancel(&hb->timer);
	hrtimer_cancel(&hb->deadline);
	cancel_work_sync(&hb->work);
}

/**
 * ccm_heartbeat_probe() - is the partner there? A READ now, whose success is told
 * @hb: heartbeat
 * @conn: only if it watches this connection
 *
 * The partner's work item is told ALIVE when a READ succeeds that was posted after this call, and
 * brings no verdict; if none does, the verdict comes in its time. Whoever asked before waits for
 * this READ, too.
 */
void ccm_heartbeat_probe(struct ccm_heartbeat *hb, const struct ccm_conn *conn)
{
	spin_lock_bh(&hb->lock);
	if (hb->conn == conn) {
		/* of a READ that was asked for earlier, not looked at yet: told under the lock */
		ccm_inbox_take(hb->inbox, CCM_INBOX_ALIVE);
		hb->probing = true;
		hb->probe_us = ccm_now_us();
		hb->look = true;
		queue_work(hb->wq, &hb->work);
	}
	spin_unlock_bh(&hb->lock);
}

/**
 * ccm_heartbeat_heard() - when the partner was heard last
 * @hb: heartbeat
 * @at_us: filled: when the last READ of this watch succeeded; 0: none has
 * @uptime_ms: filled: how long the partner's kernel had run, as the page said
 * @slow_us: filled: how long the slowest of its last READs took
 *
 * The time is that of the READ: no stall of this node moves it, as it does liveness's.
 */
void ccm_heartbeat_heard(struct ccm_heartbeat *hb, u64 *at_us, u64 *uptime_ms, u32 *slow_us)
{
	spin_lock_bh(&hb->lock);
	*at_us = hb->conn ? hb->heard_us : 0;
	*uptime_ms = hb->liveness.page.uptime_ms;
	*slow_us = hb->slow_us;
	spin_unlock_bh(&hb->lock);
}

/**
 * ccm_heartbeat_look() - the partner says that its page has changed: read it at once
 * @hb: heartbeat
 * @conn: over which it said so; another than is watched: nothing is done
 *
 * The partner's work item. However often it says so, there is one READ more than are in
 * flight.
 */
void ccm_heartbeat_look(struct ccm_heartbeat *hb, const struct ccm_conn *conn)
{
	bool watched;

	spin_lock_bh(&hb->lock);
	watched = hb->conn == conn;
	if (watched)
		hb->look = true;
	spin_unlock_bh(&hb->lock);
	if (watched)
		queue_work(hb->wq, &hb->work);
}

/**
 * ccm_heartbeat_look_large() - do frames of full size pass still? READ the whole page at once
 * @hb: heartbeat
 * @conn: on which, in NEGOTIATING or later: R2 has landed; another than is watched: nothing is
 *	done
 *
 * The partner's work item. Heartbeats are small, and pass where a client's operations do not. What
 * is READ behind one that does not come back does not, either: then the verdict comes in its
 * time, and the next attempts find out why. However often this is called, one is in flight.
 */
void ccm_heartbeat_look_large(struct ccm_heartbeat *hb, const struct ccm_conn *conn)
{
	spin_lock_bh(&hb->lock);
	if (conn && hb->conn == conn) {
		hb->large = true;
		queue_work(hb->wq, &hb->work);
	}
	spin_unlock_bh(&hb->lock);
}

/**
 * ccm_heartbeat_verdict() - what liveness says
 * @hb: heartbeat
 * @conn: filled: the core's name of the connection it watches; 0: none
 *
 * Return: enum ccm_reason
 */
u32 ccm_heartbeat_verdict(struct ccm_heartbeat *hb, u32 *conn)
{
	u32 reason;

	spin_lock_bh(&hb->lock);
	*conn = hb->conn ? hb->conn->endpoint.id : 0;
	reason = hb->liveness.verdict;
	spin_unlock_bh(&hb->lock);
	return reason;
}

/**
 * ccm_heartbeat_count() - READs that have succeeded since it was made
 * @hb: heartbeat
 *
 * Any context; a figure for people.
 */
u64 ccm_heartbeat_count(const struct ccm_heartbeat *hb)
{
	u64 now = READ_ONCE(hb->conn) ? READ_ONCE(hb->liveness.reads) : 0;

	return READ_ONCE(hb->total) + now;
}

/**
 * ccm_heartbeat_fill() - what was last read, for the character device
 * @hb: heartbeat
 * @record: a CCM_RECORD_PARTNER
 *
 * Any process context.
 */
void ccm_heartbeat_fill(struct ccm_heartbeat *hb, struct ccm_record *record)
{
	const struct ccm_liveness *l = &hb->liveness;

	spin_lock_bh(&hb->lock);
	record->flags &= ~CCM_RECORD_F_LEAVING;
	if (l->reads && (l->page.flags & CCM_PAGE_LEAVING))
		record->flags |= CCM_RECORD_F_LEAVING;
	record->stage = (u8)(l->reads ? l->page.stage : (u32)CCM_STAGE_UNKNOWN);
	record->counter = l->reads ? l->page.counter : 0;
	record->reads = l->reads;
	record->silent_us = l->last_read_us ? ccm_now_us() - l->last_read_us : 0;
	spin_unlock_bh(&hb->lock);
}

/**
 * ccm_heartbeat_peek() - read the partner's status page now
 * @hb: heartbeat
 * @peek: CCM_IOC_PEEK; timeout_ms is in range
 *
 * May sleep, at most timeout_ms. The caller keeps the partner from being destroyed.
 *
 * Return: 0; -ENOTCONN: no session, or it ended; -ETIMEDOUT; -ERESTARTSYS
 */
int ccm_heartbeat_peek(struct ccm_heartbeat *hb, struct ccm_peek *peek)
{
	const struct ccm_wire_status *page = &hb->liveness.page;
	u64 since;
	long left;
	int ret = 0;

	spin_lock_bh(&hb->lock);
	if (!hb->conn) {
		spin_unlock_bh(&hb->lock);
		return -ENOTCONN;
	}
	since = ccm_now_us();
	WRITE_ONCE(hb->due, true);
	spin_unlock_bh(&hb->lock);
	queue_work(hb->wq, &hb->work);

	left = wait_event_interruptible_timeout(hb->wait,
						READ_ONCE(hb->done_posted_us) >= since ||
						!READ_ONCE(hb->conn),
						msecs_to_jiffies(peek->timeout_ms));
	if (left < 0)
		return (int)left;

	spin_lock_bh(&hb->lock);
	if (!hb->conn) {
		ret = -ENOTCONN;
	} else if (hb->done_posted_us < since) {
		ret = -ETIMEDOUT;
	} else {
		peek->incarnation = page->incarnation;
		peek->counter = page->counter;
		peek->uptime_ms = page->uptime_ms;
		peek->page_flags = page->flags;
		peek->stage = page->stage;
		peek->tick_ms = page->tick_ms;
		peek->read_us = hb->read_us;
	}
	spin_unlock_bh(&hb->lock);
	return ret;
}
