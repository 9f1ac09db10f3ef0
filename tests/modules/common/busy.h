/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU that is kept busy, yet serves interrupts and softirqs.
 *
 * Interrupts alone are not enough for soft-RoCE to go on: frames are received and
 * READs are answered in softirqs. The kernel runs these at the end of an interrupt
 * only as long as ksoftirqd is not runnable, and it makes ksoftirqd runnable as soon
 * as the interrupted task should give way (need_resched()), which a spinning task
 * should all the time. From then on softirqs would wait for a thread that is never
 * scheduled, and the node would look unreachable instead of hung.
 *
 * There is one way past ksoftirqd: while a tasklet is pending, softirqs are run
 * all the same (SOFTIRQ_NOW_MASK in kernel/softirq.c). So a tasklet that does
 * nothing is scheduled in each round, and local_bh_enable() runs it and whatever
 * else is pending.
 */
#ifndef CCM_TEST_BUSY_H
#define CCM_TEST_BUSY_H

#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/preempt.h>

/* Below what soft lockup, RCU stall and workqueue watchdogs wait for (20 s and more) */
#define BUSY_MS_MAX	10000U

static inline void busy_nudge(struct tasklet_struct *unused)
{
}

/**
 * busy_for() - keep this CPU busy
 * @ms: how long, at most BUSY_MS_MAX
 * @nudge: a tasklet of this CPU's own, set up with busy_nudge()
 *
 * Process context, or a panic that began in process context; interrupts enabled.
 * Nothing else that needs scheduling runs on the CPU meanwhile.
 */
static inline void busy_for(unsigned int ms, struct tasklet_struct *nudge)
{
	u64 end = ktime_get_ns() + (u64)min(ms, BUSY_MS_MAX) * NSEC_PER_MSEC;

	preempt_disable();
	while (ktime_get_ns() < end) {
		local_bh_disable();
		tasklet_schedule(nudge);
		local_bh_enable();
		udelay(50);
	}
	preempt_enable();
}

#endif /* CCM_TEST_BUSY_H */
