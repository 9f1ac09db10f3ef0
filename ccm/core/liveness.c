// SPDX-License-Identifier: GPL-2.0-only
/*
 * Liveness of one partner: deadlines and verdicts. What they are is in liveness.h.
 *
 * Each event can find its own things only. A tick finds silence (unreachable); a read
 * finds what the page says, and that the counter stands still: "hung" needs a read
 * that shows it, so that a partner whose reads have ceased is unreachable and not hung.
 */
#include "liveness.h"

static u64 later_of(u64 a, u64 b)
{
	return a > b ? a : b;
}

static u64 elapsed(u64 now_us, u64 then_us)
{
	return now_us > then_us ? now_us - then_us : 0;
}

/* @then_us moved on by @by_us, but never into the future */
static u64 move_on(u64 then_us, u64 by_us, u64 now_us)
{
	return elapsed(now_us, then_us) > by_us ? then_us + by_us : now_us;
}

/*
 * When ticks stay away for more than two periods, it was this node that did not run,
 * and in that time it could not have heard of anybody. All of it but one period (which
 * it would have waited anyway) is taken out of every deadline. This is done at reads,
 * too: a read that completed during the stall may be handled before the late tick.
 */
static void forgive_own_stall(struct ccm_liveness *l, u64 now_us)
{
	u64 gap = elapsed(now_us, l->last_tick_us);
	u64 lost;

	if (gap <= 2 * l->period_us)
		return;
	lost = gap - l->period_us;
	l->last_read_us = move_on(l->last_read_us, lost, now_us);
	l->last_moved_us = move_on(l->last_moved_us, lost, now_us);
	l->last_tick_us += lost;
}

static u32 give_verdict(struct ccm_liveness *l, enum ccm_reason reason)
{
	l->verdict = (u32)reason;
	return CCM_LIVENESS_VERDICT;
}

static u32 on_tick(struct ccm_liveness *l, u64 now_us)
{
	l->last_tick_us = now_us;
	if (elapsed(now_us, l->last_read_us) >= l->detect_us)
		return give_verdict(l, CCM_REASON_UNREACHABLE);
	return 0;
}

static u32 on_read(struct ccm_liveness *l, u64 now_us, u64 posted_us, const u8 *data, u32 len)
{
	struct ccm_wire_status page;
	u32 found = 0;
	u64 limit_us;

	/* Who has been restarted has another page, and no key to this one is of it. */
	if (ccm_wire_get_status(data, len, &page) || page.incarnation != l->incarnation)
		return give_verdict(l, CCM_REASON_REFUSED);
	if (l->reads && page.uptime_ms < l->page.uptime_ms)
		return give_verdict(l, CCM_REASON_RELOADED);

	if (page.stage != l->page.stage ||
	    ((page.flags ^ l->page.flags) & CCM_PAGE_LEAVING))
		found |= CCM_LIVENESS_STAGE;
	/* Any change is a move: the counter may wrap. */
	if (l->reads == 0 || page.counter != l->page.counter)
		l->last_moved_us = now_us;
	l->last_read_us = now_us;
	l->reads++;
	l->page = page;

	if (page.flags & CCM_PAGE_PANIC)
		return found | give_verdict(l, CCM_REASON_PANICKED);
	if (page.flags & CCM_PAGE_SHUTDOWN)
		return found | give_verdict(l, CCM_REASON_SHUTDOWN);
	limit_us = later_of(l->detect_us, (u64)page.tick_ms * 3 * 1000);
	if (elapsed(posted_us, l->last_moved_us) >= limit_us)
		return found | give_verdict(l, CCM_REASON_HUNG);
	return found;
}

void ccm_liveness_start(struct ccm_liveness *l, u64 now_us, u32 detect_ms,
			u64 incarnation)
{
	if (detect_ms < CCM_DETECT_MS_MIN)
		detect_ms = CCM_DETECT_MS_MIN;
	if (detect_ms > CCM_DETECT_MS_MAX)
		detect_ms = CCM_DETECT_MS_MAX;
	memset(l, 0, sizeof(*l));
	l->verdict = CCM_REASON_NONE;
	l->detect_us = (u64)detect_ms * 1000;
	l->period_us = l->detect_us / CCM_HEARTBEATS_PER_DETECT;
	l->incarnation = incarnation;
	l->last_tick_us = now_us;
	l->last_read_us = now_us;
	l->last_moved_us = now_us;
}

u32 ccm_liveness_step(struct ccm_liveness *l, u64 now_us, enum ccm_liveness_event event,
		      const u8 *data, u32 len)
{
	if (event == CCM_LIVENESS_READ)
		return ccm_liveness_read(l, now_us, now_us, data, len);
	if (l->verdict != CCM_REASON_NONE || event != CCM_LIVENESS_TICK)
		return 0;
	forgive_own_stall(l, now_us);
	return on_tick(l, now_us);
}

u32 ccm_liveness_read(struct ccm_liveness *l, u64 now_us, u64 posted_us, const u8 *data, u32 len)
{
	if (l->verdict != CCM_REASON_NONE)
		return 0;
	forgive_own_stall(l, now_us);
	return on_read(l, now_us, posted_us, data, len);
}

u8 ccm_ack_timeout(u32 detect_ms, u32 retries)
{
	u64 limit_ns = (u64)detect_ms * 1500000;	/* 1.5 times, in ns */
	u64 total_ns = ((u64)retries + 1) * 4096 * 2;	/* with exponent 1 */
	u8 exponent = 1;

	while (exponent < 31 && total_ns * 2 < limit_ns) {
		total_ns *= 2;
		exponent++;
	}
	return exponent;
}

u32 ccm_ack_wait_ms(u8 exponent, u32 times)
{
	u64 ns = ((u64)times * 4096) << exponent;

	return (u32)((ns + 999999) / 1000000);
}
