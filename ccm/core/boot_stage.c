// SPDX-License-Identifier: GPL-2.0-only
/* This node's boot stage. What the rules are is in boot_stage.h. */
#include "boot_stage.h"

static u32 highest_held(const struct ccm_boot_stage *s)
{
	u32 stage;

	for (stage = CCM_STAGE_RUNNING; stage > CCM_STAGE_UNKNOWN; stage--)
		if (s->held[stage])
			break;
	return stage;
}

/* Who has stopped is further from serving than who has not begun. */
static u32 rank(u32 stage)
{
	return stage == CCM_STAGE_STOPPING ? (u32)CCM_STAGE_UNKNOWN : stage;
}

/* @before was shown until now. */
static void note_change(struct ccm_boot_stage *s, u32 before)
{
	u32 now = ccm_boot_stage_shown(s);

	if (now == CCM_STAGE_RUNNING)
		s->gave_up = false;
	else if (before == CCM_STAGE_RUNNING)
		s->gave_up = true;
}

void ccm_boot_stage_start(struct ccm_boot_stage *s, u32 stage)
{
	memset(s, 0, sizeof(*s));
	s->set = stage;
}

/* Nobody raises it any more: the kernel goes down, or has taken over from one that panicked. */
static bool closed(const struct ccm_boot_stage *s)
{
	return s->leaving || s->set == CCM_STAGE_DUMPING;
}

u32 ccm_boot_stage_shown(const struct ccm_boot_stage *s)
{
	u32 held = highest_held(s);

	if (s->leaving && s->gave_up)
		return CCM_STAGE_STOPPING;
	return held > rank(s->set) ? held : s->set;
}

enum ccm_boot_stage_result ccm_boot_stage_set(struct ccm_boot_stage *s, u32 stage)
{
	u32 before = ccm_boot_stage_shown(s);

	if (stage < CCM_STAGE_KERNEL || stage > CCM_STAGE_STOPPING)
		return CCM_BOOT_STAGE_RANGE;
	if (closed(s))
		return CCM_BOOT_STAGE_LEAVING;
	if (rank(stage) < highest_held(s))
		return CCM_BOOT_STAGE_HELD;
	s->set = stage;
	note_change(s, before);
	return CCM_BOOT_STAGE_OK;
}

enum ccm_boot_stage_result ccm_boot_stage_hold(struct ccm_boot_stage *s, u32 from, u32 to)
{
	u32 before = ccm_boot_stage_shown(s);

	if (to > CCM_STAGE_RUNNING)
		return CCM_BOOT_STAGE_RANGE;
	if (to != CCM_STAGE_UNKNOWN && closed(s))
		return CCM_BOOT_STAGE_LEAVING;
	if (from != CCM_STAGE_UNKNOWN)
		s->held[from]--;
	if (to != CCM_STAGE_UNKNOWN)
		s->held[to]++;
	note_change(s, before);
	return CCM_BOOT_STAGE_OK;
}

void ccm_boot_stage_leave(struct ccm_boot_stage *s)
{
	s->leaving = true;
}
