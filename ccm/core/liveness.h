/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Liveness: is the partner up, and if not, why? Pure: fed with the time and with what
 * the heartbeat reads brought back, it gives a verdict. One object per session.
 *
 * The partner's status page is read every quarter of detect_ms. The verdict comes
 * from deadlines kept here:
 *
 *	no read succeeded for detect_ms			unreachable
 *	reads succeed, the counter stands still for
 *	max(detect_ms, 3 * the partner's tick_ms)	hung
 *	panic flag on the page				panicked, at once
 *	shutdown flag on the page			shutdown, at once
 *	leaving flag on the page			none: it is not gone yet
 *	the kernel's running time goes back (a		reloaded, at once
 *	virtual machine went back to a snapshot,
 *	and runs on and writes as it did then)
 *	the page is not a valid status page, or		refused, at once
 *	another incarnation's
 *
 * When this node itself was stopped or starved (two ticks are further apart than they
 * should be), the time lost is not held against the partner: deadlines move on by it.
 */
#ifndef CCM_CORE_LIVENESS_H
#define CCM_CORE_LIVENESS_H

#include <uapi/linux/ccm.h>

#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

#define CCM_DETECT_MS_DEFAULT	250
#define CCM_HEARTBEATS_PER_DETECT 4U

/**
 * struct ccm_liveness - what is known of a partner's life
 * @verdict: enum ccm_reason; CCM_REASON_NONE while it is up. Once set it stays.
 * @detect_us: detection time, microseconds
 * @period_us: time between two heartbeats
 * @incarnation: whose page this must be
 * @last_tick_us: time of the last CCM_LIVENESS_TICK (or of the start)
 * @last_read_us: time of the last successful read
 * @last_moved_us: time when the counter was last seen to have moved
 * @reads: successful reads
 * @page: the page as last read; meaningful when @reads is not 0
 */
struct ccm_liveness {
	u32 verdict;
	u64 detect_us;
	u64 period_us;
	u64 incarnation;
	u64 last_tick_us;
	u64 last_read_us;
	u64 last_moved_us;
	u64 reads;
	struct ccm_wire_status page;
};

enum ccm_liveness_event {
	CCM_LIVENESS_TICK	= 0,	/* a heartbeat period has passed */
	CCM_LIVENESS_READ	= 1,	/* a read succeeded; its bytes are given */
};

/* What a step found: bits of the return value of ccm_liveness_step() */
#define CCM_LIVENESS_VERDICT	(1U << 0)	/* ->verdict has just been set */
#define CCM_LIVENESS_STAGE	(1U << 1)	/* ->page: another stage, or it is leaving */

/**
 * ccm_liveness_start() - begin to watch; the partner counts as just heard of
 * @l: the object, whatever it holds
 * @now_us: monotonic time
 * @detect_ms: CCM_DETECT_MS_MIN..CCM_DETECT_MS_MAX (clamped)
 * @incarnation: the partner's
 */
void ccm_liveness_start(struct ccm_liveness *l, u64 now_us, u32 detect_ms,
			u64 incarnation);

/**
 * ccm_liveness_step() - one event
 * @l: started object
 * @now_us: monotonic time; never smaller than in an earlier call
 * @event: what happened
 * @data: CCM_LIVENESS_READ: the bytes read; else NULL
 * @len: of @data
 *
 * Return: CCM_LIVENESS_* bits. After a verdict, 0 for ever.
 */
u32 ccm_liveness_step(struct ccm_liveness *l, u64 now_us, enum ccm_liveness_event event,
		      const u8 *data, u32 len);

/**
 * ccm_liveness_read() - CCM_LIVENESS_READ, of a READ that took its time
 * @l: started object
 * @now_us: monotonic time, when it succeeded
 * @posted_us: ... when it was posted
 * @data: the bytes read
 * @len: of @data
 *
 * A page says how it was when it was read, which is not before @posted_us and can be long before
 * @now_us: TCP repeats the bytes of an answer that was lost as they were. So a counter has stood
 * still from when it was last seen to move until @posted_us, and no longer. ccm_liveness_step()
 * takes a READ for one that took no time.
 *
 * Return: CCM_LIVENESS_* bits. After a verdict, 0 for ever.
 */
u32 ccm_liveness_read(struct ccm_liveness *l, u64 now_us, u64 posted_us, const u8 *data,
		      u32 len);

/**
 * ccm_ack_timeout() - the RC ack timeout exponent that fits a detection time
 * @detect_ms: detection time
 * @retries: the transport's retry count
 *
 * The transport tries retries + 1 times, 4.096 us * 2^exponent each. It should give up
 * a little after the deadline kept here and not before it (the first heartbeat goes out
 * up to a quarter of detect_ms after the last success): the largest exponent with
 * (retries + 1) * timeout below 1.5 times detect_ms, so that the total lies between
 * 0.75 and 1.5 times detect_ms.
 *
 * Return: exponent, 1..31
 */
u8 ccm_ack_timeout(u32 detect_ms, u32 retries);

/**
 * ccm_ack_wait_ms() - how long the transport takes to send something again, and again
 * @exponent: its ack timeout, 1..31
 * @times: what is sent may be lost so often
 *
 * Return: milliseconds until it was sent for the last time, rounded up
 */
u32 ccm_ack_wait_ms(u8 exponent, u32 times);

CCM_EXTERN_C_END

#endif /* CCM_CORE_LIVENESS_H */
