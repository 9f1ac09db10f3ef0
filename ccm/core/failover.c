// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failover: what to do about one partner. What the decisions are is in failover.h.
 *
 * A step first takes in what it is told, then decides anew from what is known. An
 * advice, once given, is only taken back by the partner: when it is READY again, or
 * answers in a way that shows it is alive.
 */
#include "failover.h"

#include "policy.h"

static const char *const decision_names[] = {
	"none", "start-wait", "partner-up", "booting-wait", "boot-stalled",
	"partner-stopping", "takeover-advised", "giveback-possible", "cannot-tell",
	"suspect", "flapping",
};

const char *ccm_fm_decision_name(u32 decision)
{
	return decision < CCM_FM_DECISION_COUNT ? decision_names[decision] : "?";
}

static bool due(u64 now_us, u64 then_us, u64 limit_us)
{
	return now_us >= then_us && now_us - then_us >= limit_us;
}

static void decide(struct ccm_failover *f, enum ccm_fm_decision decision, u32 reason)
{
	f->view.decision = (u32)decision;
	f->view.reason = reason;
}

/* The partner does not serve, or makes no progress: from now on somebody may take over. */
static void advise(struct ccm_failover *f, enum ccm_fm_decision decision, u32 reason)
{
	if (f->view.decision != CCM_FM_TAKEOVER_ADVISED &&
	    f->view.decision != CCM_FM_BOOT_STALLED) {
		f->advised_incarnation = f->view.incarnation;
		f->advised_kernel = f->kernel;
	}
	f->advised = true;
	f->watched = true;
	decide(f, decision, reason);
}

/* Would one more takeover be one too many? */
static bool too_many(const struct ccm_failover *f, u64 now_us)
{
	u32 limit = f->config.flap_advices;

	if (!limit || f->advices < limit)
		return false;
	return !due(now_us, f->advice_us[(f->advices - limit) % CCM_FAILOVER_FLAP_ADVICES_MAX],
		    f->config.flap_us);
}

static void advise_takeover(struct ccm_failover *f, u64 now_us, u32 reason)
{
	if (f->view.decision != CCM_FM_TAKEOVER_ADVISED) {
		if (too_many(f, now_us))
			f->flapping = true;
		if (f->flapping && !f->certain) {
			decide(f, CCM_FM_FLAPPING, reason);
			return;
		}
		f->advice_us[f->advices++ % CCM_FAILOVER_FLAP_ADVICES_MAX] = now_us;
	}
	f->advice_certain = f->certain;
	advise(f, CCM_FM_TAKEOVER_ADVISED, reason);
}

/* It has gone; but it may be back in a moment. An advice that stands does not wait again. */
static void suspect(struct ccm_failover *f, u64 now_us, u32 reason)
{
	u64 hold_us = f->config.hold_us;

	if (!f->suspect)
		f->suspect_us = now_us;
	f->suspect = true;
	f->suspect_reason = reason;
	if (f->certain || f->view.decision == CCM_FM_TAKEOVER_ADVISED ||
	    due(now_us, f->suspect_us, hold_us)) {
		advise_takeover(f, now_us, reason);
		return;
	}
	decide(f, CCM_FM_SUSPECT, reason);
	f->deadline_us = f->suspect_us + hold_us;
}

/* Nothing is known that would justify an advice: only time can. */
static void wait_for_it(struct ccm_failover *f, u64 now_us, u32 reason)
{
	u64 limit_us = f->config.start_limit_us;

	if (!f->waiting) {
		f->waiting = true;
		f->wait_us = now_us;
	}
	if (due(now_us, f->wait_us, limit_us)) {
		advise_takeover(f, now_us, reason);
		return;
	}
	if (f->seen)
		decide(f, CCM_FM_CANNOT_TELL, reason);
	else
		decide(f, CCM_FM_START_WAIT, CCM_REASON_NONE);
	f->deadline_us = f->wait_us + limit_us;
}

/* What is known of it does not hold any more, and nothing takes its place. */
static void cannot_tell(struct ccm_failover *f)
{
	f->in_touch = false;
	f->waiting = false;
	f->suspect = false;
	decide(f, CCM_FM_CANNOT_TELL, f->reason);
}

static void decide_unreachable(struct ccm_failover *f, u64 now_us)
{
	/* Whatever it was advised for: that nobody answers is no news then. */
	if (f->view.decision == CCM_FM_TAKEOVER_ADVISED)
		return;
	/* Why it went is known already; that nobody answers now is no news, either. */
	if (f->suspect)
		suspect(f, now_us, f->suspect_reason);
	else if (f->in_touch)
		suspect(f, now_us, CCM_REASON_UNREACHABLE);
	else
		wait_for_it(f, now_us, CCM_REASON_UNREACHABLE);
}

static void decide_away(struct ccm_failover *f, u64 now_us)
{
	bool advised = f->view.decision == CCM_FM_TAKEOVER_ADVISED;

	if (f->here) {
		/* Its reason is this node's: this one goes down, not the partner. */
		if (!advised)
			cannot_tell(f);
		return;
	}
	/* A boot begins without a key, and whoever says so has proven nothing. */
	if (f->reason == CCM_REASON_AUTHENTICATION && advised)
		return;
	if (ccm_reason_policy(f->reason)) {
		cannot_tell(f);
		return;
	}
	switch (f->reason) {
	case CCM_REASON_UNREACHABLE:
		decide_unreachable(f, now_us);
		break;
	case CCM_REASON_RESTARTED:
		if (advised || f->in_touch || f->suspect)
			suspect(f, now_us, f->reason);
		else
			wait_for_it(f, now_us, f->reason);
		break;
	case CCM_REASON_HUNG:
	case CCM_REASON_PANICKED:
	case CCM_REASON_SHUTDOWN:
		suspect(f, now_us, f->reason);
		break;
	case CCM_REASON_ADMIN:
	case CCM_REASON_RELOADED:
		/* Without CCM its storage OS may serve on; or again, since it was last seen. */
		if (!f->stage_holds || f->view.stage == CCM_STAGE_UNKNOWN ||
		    f->view.stage == CCM_STAGE_RUNNING)
			cannot_tell(f);
		else
			suspect(f, now_us, f->reason);
		break;
	case CCM_REASON_DEVICE:
		/* This says nothing of the partner. */
		if (!advised)
			cannot_tell(f);
		break;
	default:
		/* Between two sessions; CCM says in a moment how it came out. */
		if (advised)
			break;
		if (f->suspect)
			suspect(f, now_us, f->suspect_reason);
		else if (!f->in_touch)
			wait_for_it(f, now_us, CCM_REASON_UNREACHABLE);
		break;
	}
}

static void decide_not_running(struct ccm_failover *f, u64 now_us)
{
	u64 limit_us = f->config.boot_limit_us;

	if (!f->booting || f->view.stage > f->best_stage) {
		f->booting = true;
		f->best_stage = f->view.stage;
		f->boot_us = now_us;
	}
	if (limit_us && due(now_us, f->boot_us, limit_us)) {
		advise(f, CCM_FM_BOOT_STALLED, CCM_REASON_NONE);
		return;
	}
	decide(f, f->view.stage == CCM_STAGE_STOPPING ? CCM_FM_PARTNER_STOPPING :
							CCM_FM_BOOTING_WAIT,
	       CCM_REASON_NONE);
	if (limit_us)
		f->deadline_us = f->boot_us + limit_us;
}

static void decide_ready(struct ccm_failover *f, u64 now_us)
{
	f->seen = true;
	f->in_touch = true;
	f->waiting = false;
	f->suspect = false;
	if (f->view.incarnation != f->told_incarnation)
		f->booting = false;
	f->view.incarnation = f->told_incarnation;
	f->kernel = f->told_kernel;
	if (f->view.stage != CCM_STAGE_RUNNING && f->view.stage != CCM_STAGE_UNKNOWN) {
		decide_not_running(f, now_us);
		return;
	}
	f->booting = false;
	if (f->view.stage == CCM_STAGE_UNKNOWN)
		decide(f, CCM_FM_CANNOT_TELL, CCM_REASON_NONE);
	else if (!f->advised)
		decide(f, CCM_FM_PARTNER_UP, CCM_REASON_NONE);
	else
		decide(f, f->flapping ? CCM_FM_FLAPPING : CCM_FM_GIVEBACK_POSSIBLE,
		       CCM_REASON_NONE);
}

/*
 * It said that it would go, while there was a network, and then it went. Whoever is reloaded has
 * not gone: its kernel is there, as it is now or as it once was (a snapshot), and what was read
 * before says nothing of it.
 */
static bool left_as_announced(const struct ccm_failover *f)
{
	switch (f->view.reason) {
	case CCM_REASON_SHUTDOWN:
	case CCM_REASON_ADMIN:
		return f->gave_up && f->stage_holds;
	case CCM_REASON_UNREACHABLE:
		return f->gave_up && f->stage_holds && f->view.stage == CCM_STAGE_STOPPING;
	default:
		return false;
	}
}

/* It is back with the kernel that was advised to be taken over, if with another module. */
static bool survived(const struct ccm_failover *f)
{
	return f->view.incarnation == f->advised_incarnation ||
	       (f->kernel && f->kernel == f->advised_kernel);
}

static u32 flags_of(const struct ccm_failover *f)
{
	u32 decision = f->view.decision;
	u32 flags = 0;

	if (decision == CCM_FM_NONE)
		return 0;
	if (decision == CCM_FM_TAKEOVER_ADVISED) {
		if (f->view.reason == CCM_REASON_UNREACHABLE)
			flags |= CCM_FM_F_PARTITION;
		if (left_as_announced(f))
			flags |= CCM_FM_F_ORDERLY;
		if (f->advice_certain)
			flags |= CCM_FM_F_CERTAIN;
	}
	if (f->watched)
		flags |= CCM_FM_F_WATCHED;
	if (f->flapping)
		flags |= CCM_FM_F_FLAPPING;
	if (!f->seen)
		flags |= CCM_FM_F_NEVER_SEEN;
	if (!f->advised)
		return flags;
	flags |= CCM_FM_F_ADVISED;
	if (f->state == CCM_STATE_READY && decision != CCM_FM_BOOT_STALLED &&
	    survived(f))
		flags |= CCM_FM_F_SURVIVED;
	return flags;
}

/* This node stood still while the deadline passed. */
static void forgive_own_stall(struct ccm_failover *f, u64 now_us)
{
	u64 late_us = (u64)CCM_FAILOVER_LATE_MS * 1000;

	if (!f->deadline_us || now_us <= f->deadline_us || now_us - f->deadline_us <= late_us)
		return;
	if (f->state == CCM_STATE_READY)
		f->boot_us += now_us - f->deadline_us + late_us;
	else if (f->view.decision == CCM_FM_SUSPECT)
		f->suspect_us += now_us - f->deadline_us + late_us;
	else
		f->wait_us += now_us - f->deadline_us + late_us;
}

static void forget_partner(struct ccm_failover *f)
{
	f->view.partner_knows = false;
	f->view.partner_decision = CCM_FM_NONE;
	f->view.partner_flags = 0;
}

/*
 * Has its user space given up what it served? A lower stage after a restart does not say
 * so. Only while READY is it certain that the page is that of the incarnation told with it.
 */
static void take_stage(struct ccm_failover *f, u32 stage, u64 incarnation, bool ready)
{
	f->view.stage = stage;
	if (stage == CCM_STAGE_RUNNING) {
		f->served = true;
		f->gave_up = false;
		if (ready)
			f->served_incarnation = incarnation;
	} else if (stage != CCM_STAGE_UNKNOWN) {
		if (f->served ? incarnation == f->served_incarnation :
				stage == CCM_STAGE_STOPPING)
			f->gave_up = true;
	}
}

/* Told by the partner itself, in a goodbye or a reject, or by a module that is loaded anew */
static bool said(u32 reason)
{
	return reason == CCM_REASON_SHUTDOWN || reason == CCM_REASON_ADMIN ||
	       reason == CCM_REASON_RELOADED;
}

static void take_status(struct ccm_failover *f, const struct ccm_failover_event *event)
{
	bool ready = event->state == CCM_STATE_READY;
	u32 stage = event->stage < CCM_STAGE_COUNT ? event->stage : (u32)CCM_STAGE_UNKNOWN;

	/* A crash kernel's, which never served: nothing was given up by it. */
	if (stage == CCM_STAGE_DUMPING)
		stage = CCM_STAGE_UNKNOWN;
	/* Whoever rejects a request can have begun to serve again since its page was read. */
	if (ready || f->state == CCM_STATE_READY)
		f->stage_holds = true;
	else if (said(event->reason) && event->reason != f->reason)
		f->stage_holds = false;
	f->state = event->state;
	f->reason = event->reason;
	f->certain = event->certain;
	f->here = event->here;
	f->told_incarnation = event->incarnation;
	f->told_kernel = event->kernel;
	/* On the way to READY it is not the stage of whom was seen last. */
	if (ready || (event->state == CCM_STATE_DOWN && stage != CCM_STAGE_UNKNOWN))
		take_stage(f, stage, event->incarnation, ready);
	if (!ready)
		forget_partner(f);
}

static void take_partner(struct ccm_failover *f, const struct ccm_failover_event *event)
{
	if (f->state != CCM_STATE_READY)
		return;
	f->view.partner_knows = true;
	f->view.partner_decision = event->decision;
	f->view.partner_flags = event->flags;
}

/*
 * Somebody has looked. It is too early to say that nothing stands while the partner is not
 * back, but not to advise again.
 */
static void take_given_back(struct ccm_failover *f)
{
	bool back = f->state == CCM_STATE_READY && f->view.stage == CCM_STAGE_RUNNING;

	f->flapping = false;
	f->advices = 0;
	if (back)
		f->advised = false;
	if (!f->advised)
		f->watched = true;
}

static u32 changes(const struct ccm_failover_view *a, const struct ccm_failover_view *b)
{
	u32 found = 0;

	if (a->decision != b->decision || a->flags != b->flags || a->reason != b->reason ||
	    a->stage != b->stage || a->incarnation != b->incarnation)
		found |= CCM_FAILOVER_DECIDED;
	if (a->partner_knows != b->partner_knows ||
	    a->partner_decision != b->partner_decision ||
	    a->partner_flags != b->partner_flags)
		found |= CCM_FAILOVER_HEARD;
	return found;
}

void ccm_failover_start(struct ccm_failover *f, const struct ccm_failover_config *config)
{
	memset(f, 0, sizeof(*f));
	f->config = *config;
	f->state = CCM_STATE_COUNT;	/* not told yet */
}

u32 ccm_failover_step(struct ccm_failover *f, u64 now_us,
		      const struct ccm_failover_event *event)
{
	struct ccm_failover_view before = f->view;

	forgive_own_stall(f, now_us);
	switch (event->type) {
	case CCM_FAILOVER_STATUS:
		take_status(f, event);
		break;
	case CCM_FAILOVER_PARTNER:
		take_partner(f, event);
		break;
	case CCM_FAILOVER_GIVEN_BACK:
		take_given_back(f);
		break;
	case CCM_FAILOVER_PARTNER_LOST:
		forget_partner(f);
		break;
	default:
		break;
	}
	f->deadline_us = 0;
	if (f->state == CCM_STATE_READY)
		decide_ready(f, now_us);
	else if (f->state != CCM_STATE_COUNT)
		decide_away(f, now_us);
	f->view.flags = flags_of(f);
	return changes(&before, &f->view);
}
