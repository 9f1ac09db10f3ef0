/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This node's boot stage: what user space has set, and what programs hold. Pure.
 *
 * A stage that is set stays until another one is set. A stage that is held lasts as long as
 * the program that holds it. What is shown is the highest of them: so it can only fall when
 * a program ends, to what was set, or to what another program still holds. One that holds
 * "running" keeps others from saying that nothing is served.
 *
 * "stopping" is below all others in this: a program that serves has not stopped.
 *
 * "dumping" is what a crash kernel begins with, and ends with.
 */
#ifndef CCM_CORE_BOOT_STAGE_H
#define CCM_CORE_BOOT_STAGE_H

#include <uapi/linux/ccm.h>

#include "types.h"

CCM_EXTERN_C_BEGIN

/* What came of a wish */
enum ccm_boot_stage_result {
	CCM_BOOT_STAGE_OK	= 0,
	CCM_BOOT_STAGE_RANGE	= 1,	/* no such stage, or none that this can be */
	CCM_BOOT_STAGE_LEAVING	= 2,	/* the node is going down, or is a crash kernel */
	CCM_BOOT_STAGE_HELD	= 3,	/* a program holds a higher one */
};

/**
 * struct ccm_boot_stage - the stage of this node
 * @set: enum ccm_stage, by the module or by user space
 * @held: how many hold each stage
 * @gave_up: user space has lowered what is shown from running, and not raised it since
 * @leaving: the kernel goes down
 */
struct ccm_boot_stage {
	u32 set;
	u32 held[CCM_STAGE_COUNT];
	bool gave_up;
	bool leaving;
};

/**
 * ccm_boot_stage_start() - nobody holds anything
 * @s: the object, whatever it holds
 * @stage: enum ccm_stage to begin with
 */
void ccm_boot_stage_start(struct ccm_boot_stage *s, u32 stage);

/** ccm_boot_stage_shown() - what the status page says: enum ccm_stage */
u32 ccm_boot_stage_shown(const struct ccm_boot_stage *s);

/**
 * ccm_boot_stage_set() - user space says how far it has come
 * @s: started
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_STOPPING
 *
 * Return: what came of it; on anything but OK nothing has changed
 */
enum ccm_boot_stage_result ccm_boot_stage_set(struct ccm_boot_stage *s, u32 stage);

/**
 * ccm_boot_stage_hold() - a program holds a stage
 * @s: started
 * @from: what it held until now: as given as @to before, or CCM_STAGE_UNKNOWN
 * @to: CCM_STAGE_KERNEL..CCM_STAGE_RUNNING, or CCM_STAGE_UNKNOWN: nothing any more, which
 *	always succeeds
 *
 * Return: what came of it; on anything but OK nothing has changed
 */
enum ccm_boot_stage_result ccm_boot_stage_hold(struct ccm_boot_stage *s, u32 from, u32 to);

/** ccm_boot_stage_leave() - the kernel goes down: in good order, if nothing is served */
void ccm_boot_stage_leave(struct ccm_boot_stage *s);

CCM_EXTERN_C_END

#endif /* CCM_CORE_BOOT_STAGE_H */
