// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failover inside a kernel: the decisions in short plays, and the record that monitors
 * exchange. What they should be in every case is tested on the host (tests/core).
 */
#include <kunit/test.h>

#include "../../../ccm/core/failover.h"
#include "../../../ccm/core/failover_record.h"

#define SECOND	1000000ULL

struct scene {
	u32 at_s;
	u32 state;
	u32 reason;
	u32 stage;
	u64 incarnation;
	u32 decision;
	u32 flags;
};

#define SCENES_MAX	8

struct play {
	const char *name;
	struct scene scenes[SCENES_MAX];	/* to incarnation 0 */
};

/* limits: 120 s for a partner not seen yet, 300 s for a stage of its boot */
#define READY_AT(at, stage, incarnation, decision, flags)	\
	{ at, CCM_STATE_READY, CCM_REASON_NONE, stage, incarnation, decision, flags }
#define DOWN_AT(at, reason, decision, flags)	\
	{ at, CCM_STATE_DOWN, reason, CCM_STAGE_UNKNOWN, 1, decision, flags }
#define THE_END		{ 0, 0, 0, 0, 0, 0, 0 }

static const struct play plays[] = {
	{ "power loss, boot, giveback", {
		READY_AT(0, CCM_STAGE_RUNNING, 1, CCM_FM_PARTNER_UP, 0),
		DOWN_AT(1, CCM_REASON_UNREACHABLE, CCM_FM_TAKEOVER_ADVISED,
			CCM_FM_F_ADVISED | CCM_FM_F_PARTITION),
		READY_AT(60, CCM_STAGE_KERNEL, 2, CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED),
		READY_AT(359, CCM_STAGE_STORAGE, 2, CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED),
		READY_AT(659, CCM_STAGE_STORAGE, 2, CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED),
		READY_AT(660, CCM_STAGE_RUNNING, 2, CCM_FM_GIVEBACK_POSSIBLE,
			 CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED),
		THE_END } },
	{ "never seen", {
		DOWN_AT(10, CCM_REASON_UNREACHABLE, CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN),
		DOWN_AT(129, CCM_REASON_UNREACHABLE, CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN),
		DOWN_AT(130, CCM_REASON_UNREACHABLE, CCM_FM_TAKEOVER_ADVISED,
			CCM_FM_F_NEVER_SEEN | CCM_FM_F_ADVISED | CCM_FM_F_PARTITION),
		THE_END } },
	{ "no device here", {
		READY_AT(0, CCM_STAGE_RUNNING, 1, CCM_FM_PARTNER_UP, 0),
		DOWN_AT(1, CCM_REASON_DEVICE, CCM_FM_CANNOT_TELL, 0),
		READY_AT(2, CCM_STAGE_RUNNING, 1, CCM_FM_PARTNER_UP, 0),
		DOWN_AT(3, CCM_REASON_SHUTDOWN, CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED),
		THE_END } },
	{ "shutdown in good order", {
		READY_AT(0, CCM_STAGE_RUNNING, 1, CCM_FM_PARTNER_UP, 0),
		READY_AT(1, CCM_STAGE_STORAGE, 1, CCM_FM_BOOTING_WAIT, 0),
		DOWN_AT(2, CCM_REASON_SHUTDOWN, CCM_FM_TAKEOVER_ADVISED,
			CCM_FM_F_ADVISED | CCM_FM_F_ORDERLY),
		THE_END } },
};

static void play_to_desc(const struct play *play, char *desc)
{
	strscpy(desc, play->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(play, plays, play_to_desc);

static void failover_play(struct kunit *test)
{
	const struct play *play = (const struct play *)test->param_value;
	struct ccm_failover_config limits = {
		.start_limit_us = CCM_FAILOVER_START_LIMIT_S * SECOND,
		.boot_limit_us = CCM_FAILOVER_BOOT_LIMIT_S * SECOND,
	};
	struct ccm_failover f;
	u32 i;

	ccm_failover_start(&f, &limits);
	for (i = 0; i < SCENES_MAX && play->scenes[i].incarnation; i++) {
		const struct scene *scene = &play->scenes[i];
		struct ccm_failover_event event = {
			.type = CCM_FAILOVER_STATUS,
			.state = scene->state,
			.reason = scene->reason,
			.stage = scene->stage,
			.incarnation = scene->incarnation,
		};

		ccm_failover_step(&f, scene->at_s * SECOND, &event);
		KUNIT_EXPECT_EQ_MSG(test, f.view.decision, scene->decision, "at %u s",
				    scene->at_s);
		KUNIT_EXPECT_EQ_MSG(test, f.view.flags & ~CCM_FM_F_WATCHED, scene->flags, "at %u s",
				    scene->at_s);
	}
}

static void failover_record(struct kunit *test)
{
	struct ccm_fm_record record = {
		.instance = 1,
		.sequence = ~0ULL,
		.decision = CCM_FM_CANNOT_TELL,
		.flags = CCM_FM_F_ALL,
		.reason = CCM_REASON_DEVICE,
		.stage = CCM_STAGE_STOPPING,
		.incarnation = 0x0123456789abcdefULL,
	};
	struct ccm_fm_record back = {};
	u8 bytes[CCM_FM_RECORD_LEN_MAX] = {};
	u32 i;

	ccm_fm_record_put(bytes, &record);
	KUNIT_ASSERT_TRUE(test, ccm_fm_record_get(bytes, &back));
	KUNIT_EXPECT_EQ(test, back.sequence, record.sequence);
	KUNIT_EXPECT_EQ(test, back.decision, record.decision);
	KUNIT_EXPECT_EQ(test, back.incarnation, record.incarnation);
	for (i = 0; i < CCM_FM_RECORD_LEN; i++) {
		bytes[i] ^= 1;
		KUNIT_EXPECT_FALSE_MSG(test, ccm_fm_record_get(bytes, &back), "byte %u", i);
		bytes[i] ^= 1;
	}
}

static struct kunit_case failover_cases[] = {
	KUNIT_CASE_PARAM(failover_play, play_gen_params),
	KUNIT_CASE(failover_record),
	{}
};

static struct kunit_suite failover_suite = {
	.name = "ccm_failover",
	.test_cases = failover_cases,
};

kunit_test_suite(failover_suite);
