/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failover: what to do about one partner? Pure: fed with the partner's status as CCM
 * tells it, with what the partner's own monitor says, and with the time, it decides.
 *
 *	READY, stage running		partner-up; after an advice: giveback-possible
 *	READY, an earlier stage		booting-wait; boot_limit without progress: boot-stalled
 *	READY, stage stopping		partner-stopping; likewise
 *	READY, stage unknown		cannot-tell: its module was loaded late
 *	DOWN, hung panicked shutdown	takeover-advised
 *	DOWN, unreachable restarted	takeover-advised, if the session before was READY
 *	DOWN, admin reloaded		takeover-advised if its storage OS was not running
 *					when it was last seen, else cannot-tell
 *	DOWN, version refused		cannot-tell
 *	  duplicate address mtu
 *	DOWN, device authentication,	cannot-tell; but an advice that was given stands
 *	  or ended here
 *
 * "unreachable" alone proves little: this node may be the one that is cut off. It is
 * enough when the partner answered until then. When it has not been seen yet (both
 * nodes start at once, and one is faster), or when this node could not tell before, it
 * advises only after start_limit: the decision is start-wait or cannot-tell meanwhile.
 * Time without a local device does not count.
 *
 * A partner that answered a moment ago may be back in the next. As long as hold has not
 * passed since it went, it is suspect, and nothing is advised; unless the reason proves that
 * its old kernel writes no more (CCM_FM_F_CERTAIN). When one more than flap_advices is due in
 * flap, the partner is flapping: each advice may have been right, and the next one is
 * somebody's to decide who has looked (CCM_FAILOVER_GIVEN_BACK). A certain reason is advised
 * all the same; but nothing is given back to a partner that flaps.
 *
 * "It left in good order" (CCM_FM_F_ORDERLY) says that it served no more when it went, and
 * by its own will: its user space had lowered the stage from running, or the node itself
 * says stopping, which it does only then. A goodbye alone proves nothing: `reboot -f` says
 * one, too. Neither does the lower stage of another incarnation: what served has crashed.
 *
 * An advice is remembered (CCM_FM_F_ADVISED) until somebody who has carried out or
 * dismissed it says that all is given back. That none is remembered means something only if
 * this monitor knows (CCM_FM_F_WATCHED): it has given an advice since it was loaded, or has
 * been told that no takeover stands. What was before it, it has not seen; not even a
 * partner that serves proves that everything was given back to it.
 *
 * When a deadline is noticed more than CCM_FAILOVER_LATE_MS late, it was this node that
 * stood still and could not hear of anything: the partner has that time once more.
 */
#ifndef CCM_CORE_FAILOVER_H
#define CCM_CORE_FAILOVER_H

#include <uapi/linux/ccm.h>
#include <uapi/linux/ccm_fm.h>

#include "types.h"

CCM_EXTERN_C_BEGIN

#define CCM_FAILOVER_START_LIMIT_S	120
#define CCM_FAILOVER_BOOT_LIMIT_S	300
#define CCM_FAILOVER_LIMIT_MAX_S	86400U
#define CCM_FAILOVER_HOLD_MS		500
#define CCM_FAILOVER_HOLD_MAX_MS	60000U
#define CCM_FAILOVER_FLAP_ADVICES	5
#define CCM_FAILOVER_FLAP_ADVICES_MAX	16U
#define CCM_FAILOVER_FLAP_S		600
#define CCM_FAILOVER_LATE_MS		5000U	/* a deadline noticed later is not believed */

/**
 * struct ccm_failover_config - how patient the monitor is
 * @start_limit_us: with a partner of which nothing is known; 0: not at all
 * @boot_limit_us: with a boot that makes no progress; 0: for ever
 * @hold_us: with a partner that has just gone; 0: not at all
 * @flap_us: in this time ...
 * @flap_advices: ... at most so many takeovers are advised, to
 *	CCM_FAILOVER_FLAP_ADVICES_MAX; 0: any number
 */
struct ccm_failover_config {
	u64 start_limit_us;
	u64 boot_limit_us;
	u64 hold_us;
	u64 flap_us;
	u32 flap_advices;
};

/**
 * struct ccm_failover_view - a decision and what belongs to it
 * @decision: enum ccm_fm_decision
 * @flags: CCM_FM_F_*
 * @reason: enum ccm_reason: why takeover-advised, suspect, flapping or cannot-tell; else
 *	CCM_REASON_NONE
 * @stage: enum ccm_stage that the partner was last seen in
 * @incarnation: of the partner, when it was last READY; 0: it has not been
 * @partner_knows: the partner's monitor has said what it has decided about this node;
 *	only while the partner is READY
 * @partner_decision: enum ccm_fm_decision: that
 * @partner_flags: CCM_FM_F_*: with it
 */
struct ccm_failover_view {
	u32 decision;
	u32 flags;
	u32 reason;
	u32 stage;
	u64 incarnation;
	bool partner_knows;
	u32 partner_decision;
	u32 partner_flags;
};

/**
 * struct ccm_failover - what is known of one partner
 * @view: the present decision
 * @deadline_us: when a CCM_FAILOVER_TIMER is due; 0: none
 * @config: limits
 * @state: enum ccm_state, as last told
 * @reason: enum ccm_reason, as last told
 * @certain: ... and whether that is certain
 * @here: ... or whether this node has ended it, so that it says nothing of the partner
 * @told_incarnation: as last told
 * @told_kernel: as last told
 * @kernel: of the partner when it was last READY
 * @seen: it has been READY
 * @in_touch: it was READY, and nothing since has made that doubtful
 * @served: it was running at some time
 * @served_incarnation: of the partner when it was last READY and running
 * @gave_up: its user space has lowered the stage since
 * @stage_holds: the stage was read in the session that has ended, and nothing was said since
 * @advised: a takeover was advised and has not been given back
 * @advised_incarnation: of the partner when it was
 * @advised_kernel: likewise
 * @advice_certain: the advice that stands is
 * @watched: whether a takeover stands is known
 * @suspect: it went at @suspect_us, and has not been back since
 * @suspect_us: time
 * @suspect_reason: why
 * @flapping: nothing that is not certain is advised
 * @advice_us: when takeovers were advised, the last ones, in a ring
 * @advices: how many in all since somebody has looked
 * @waiting: @wait_us is when the wait for a partner of which nothing is known began
 * @wait_us: time
 * @booting: @boot_us and @best_stage are of a boot that goes on
 * @best_stage: furthest stage of it
 * @boot_us: when that was reached
 */
struct ccm_failover {
	struct ccm_failover_view view;
	u64 deadline_us;
	struct ccm_failover_config config;
	u32 state;
	u32 reason;
	bool certain;
	bool here;
	u64 told_incarnation;
	u32 told_kernel;
	u32 kernel;
	bool seen;
	bool in_touch;
	bool served;
	bool gave_up;
	bool stage_holds;
	u64 served_incarnation;
	bool advised;
	u64 advised_incarnation;
	u32 advised_kernel;
	bool advice_certain;
	bool watched;
	bool suspect;
	u64 suspect_us;
	u32 suspect_reason;
	bool flapping;
	u64 advice_us[CCM_FAILOVER_FLAP_ADVICES_MAX];
	u32 advices;
	bool waiting;
	u64 wait_us;
	bool booting;
	u32 best_stage;
	u64 boot_us;
};

enum ccm_failover_event_type {
	CCM_FAILOVER_STATUS	= 0,	/* .state to .incarnation: as CCM tells them */
	CCM_FAILOVER_PARTNER	= 1,	/* .decision .flags: of its monitor about this node */
	CCM_FAILOVER_TIMER	= 2,	/* the deadline has come (early ones are harmless) */
	CCM_FAILOVER_GIVEN_BACK	= 3,	/* somebody has looked: no takeover stands */
	CCM_FAILOVER_PARTNER_LOST = 4,	/* its monitor is not heard any more */
};

/**
 * struct ccm_failover_event - what happened; fields that do not belong to it are 0
 * @type: enum ccm_failover_event_type
 * @state: enum ccm_state
 * @reason: enum ccm_reason
 * @certain: that proves that its old kernel writes no more
 * @here: this node has ended the session (or was told not to have one): for @reason, which is
 *	its own
 * @stage: enum ccm_stage
 * @incarnation: of the partner
 * @kernel: number of its kernel; 0: not known
 * @decision: enum ccm_fm_decision, checked
 * @flags: CCM_FM_F_*, checked
 */
struct ccm_failover_event {
	u32 type;
	u32 state;
	u32 reason;
	bool certain;
	bool here;
	u32 stage;
	u64 incarnation;
	u32 kernel;
	u32 decision;
	u32 flags;
};

/* What a step changed: bits of the return value of ccm_failover_step() */
#define CCM_FAILOVER_DECIDED	(1U << 0)	/* ->view, what this node says of the partner */
#define CCM_FAILOVER_HEARD	(1U << 1)	/* ->view.partner_* */

/**
 * ccm_failover_start() - begin; nothing is known, no deadline
 * @f: the object, whatever it holds
 * @config: limits
 */
void ccm_failover_start(struct ccm_failover *f, const struct ccm_failover_config *config);

/**
 * ccm_failover_step() - one event
 * @f: started object
 * @now_us: monotonic time; never smaller than in an earlier call
 * @event: what happened
 *
 * Return: CCM_FAILOVER_* bits; ->deadline_us may have changed in any case
 */
u32 ccm_failover_step(struct ccm_failover *f, u64 now_us,
		      const struct ccm_failover_event *event);

/** ccm_fm_decision_name() - as in "takeover-advised"; "?" for a value that is none */
const char *ccm_fm_decision_name(u32 decision);

CCM_EXTERN_C_END

#endif /* CCM_CORE_FAILOVER_H */
