// SPDX-License-Identifier: GPL-2.0-only
/*
 * Liveness: the verdicts of the design's table (section 6), as little plays of ticks
 * and reads. Detection time is 200 ms throughout, so a heartbeat period is 50 ms.
 */
#include <kunit/test.h>

#include "../../../ccm/core/liveness.h"

#define DETECT_MS	200
#define START_US	1000000ULL	/* when the watch begins; times are ms after it */
#define INCARNATION	0x1122334455667788ULL

enum scene_type {
	SCENE_TICK,
	SCENE_READ,		/* a valid page */
	SCENE_READ_OTHER,	/* ... of another incarnation */
	SCENE_READ_EARLIER,	/* ... of a kernel whose time went back by a ms */
	SCENE_READ_GARBAGE,	/* not a status page */
	SCENE_READ_SHORT,	/* one byte less than a status page */
	SCENE_END
};

struct scene {
	enum scene_type type;
	u32 at_ms;
	u64 counter;
	u32 tick_ms;
	u32 stage;
	u32 flags;
	u32 found;		/* bits that the step must return */
	enum ccm_reason verdict;	/* after the step */
};

#define SCENES_MAX	20

struct play {
	const char *name;
	struct scene scenes[SCENES_MAX];	/* to SCENE_END */
};

/* Shorter ways to write what most scenes are */
#define TICK_AT(at)		{ SCENE_TICK, at, 0, 0, 0, 0, 0, CCM_REASON_NONE }
#define READ_AT(at, counter)	\
	{ SCENE_READ, at, counter, 10, CCM_STAGE_UNKNOWN, 0, 0, CCM_REASON_NONE }
#define DEAD_AT(at)		\
	{ SCENE_TICK, at, 0, 0, 0, 0, CCM_LIVENESS_VERDICT, CCM_REASON_UNREACHABLE }
#define HUNG_AT(at, counter, tick_ms)	\
	{ SCENE_READ, at, counter, tick_ms, CCM_STAGE_UNKNOWN, 0, CCM_LIVENESS_VERDICT, \
	  CCM_REASON_HUNG }
#define THE_END			{ SCENE_END, 0, 0, 0, 0, 0, 0, CCM_REASON_NONE }

static const struct play plays[] = {
	{ "up: reads succeed and the counter moves", {
		READ_AT(1, 1), TICK_AT(50), READ_AT(51, 2), TICK_AT(100),
		READ_AT(101, 3), TICK_AT(150), READ_AT(151, 4), TICK_AT(200),
		READ_AT(201, 5), TICK_AT(250), READ_AT(251, 6), TICK_AT(300),
		THE_END } },
	{ "unreachable: no read at all", {
		TICK_AT(50), TICK_AT(100), TICK_AT(150), TICK_AT(199), DEAD_AT(200),
		THE_END } },
	{ "unreachable: reads cease", {
		TICK_AT(50), READ_AT(60, 1), TICK_AT(100), READ_AT(130, 2),
		TICK_AT(150), TICK_AT(200), TICK_AT(250), TICK_AT(300),
		TICK_AT(329), DEAD_AT(330), THE_END } },
	{ "up: every second read is lost", {
		TICK_AT(50), READ_AT(60, 1), TICK_AT(100), TICK_AT(150),
		READ_AT(160, 2), TICK_AT(200), TICK_AT(250), READ_AT(260, 3),
		TICK_AT(300), TICK_AT(350), READ_AT(360, 4), TICK_AT(400),
		THE_END } },
	{ "hung: the counter stands still", {
		READ_AT(10, 7), TICK_AT(50), READ_AT(60, 7), TICK_AT(100),
		READ_AT(110, 7), TICK_AT(150), READ_AT(160, 7), TICK_AT(200),
		READ_AT(209, 7), HUNG_AT(210, 7, 10), THE_END } },
	{ "hung: from the first read on, whatever the counter was then", {
		TICK_AT(50), TICK_AT(100), READ_AT(150, 0), TICK_AT(150),
		READ_AT(210, 0), TICK_AT(220), READ_AT(260, 0), TICK_AT(290),
		READ_AT(310, 0), READ_AT(349, 0), HUNG_AT(350, 0, 10), THE_END } },
	{ "up: the counter moves just in time", {
		READ_AT(10, 7), TICK_AT(50), READ_AT(60, 7), TICK_AT(100),
		READ_AT(110, 7), TICK_AT(150), READ_AT(160, 7), TICK_AT(200),
		READ_AT(209, 8), READ_AT(210, 8), TICK_AT(250), READ_AT(260, 8),
		TICK_AT(300), READ_AT(310, 8), TICK_AT(350), READ_AT(408, 8),
		HUNG_AT(409, 8, 10), THE_END } },
	{ "hung: three slow ticks of the partner are waited for", {
		READ_AT(10, 7), TICK_AT(50), READ_AT(60, 7), TICK_AT(100),
		READ_AT(110, 7), TICK_AT(150), READ_AT(160, 7), TICK_AT(200),
		{ SCENE_READ, 210, 7, 100, CCM_STAGE_UNKNOWN, 0, 0, CCM_REASON_NONE },
		TICK_AT(250),
		{ SCENE_READ, 309, 7, 100, CCM_STAGE_UNKNOWN, 0, 0, CCM_REASON_NONE },
		HUNG_AT(310, 7, 100), THE_END } },
	{ "unreachable, not hung: a frozen counter, then no reads", {
		READ_AT(10, 7), TICK_AT(50), READ_AT(60, 7), TICK_AT(100),
		READ_AT(110, 7), TICK_AT(150), TICK_AT(200), TICK_AT(250),
		TICK_AT(309), DEAD_AT(310), THE_END } },
	{ "up: the counter wraps", {
		READ_AT(10, ~0ULL), TICK_AT(50), READ_AT(60, ~0ULL), TICK_AT(100),
		READ_AT(110, ~0ULL), TICK_AT(150), READ_AT(200, 0), TICK_AT(200),
		READ_AT(250, 0), TICK_AT(250), READ_AT(300, 0), TICK_AT(300),
		READ_AT(399, 0), HUNG_AT(400, 0, 10), THE_END } },
	{ "panicked, at once", {
		READ_AT(10, 1),
		{ SCENE_READ, 20, 2, 10, CCM_STAGE_UNKNOWN, CCM_PAGE_PANIC,
		  CCM_LIVENESS_VERDICT, CCM_REASON_PANICKED }, THE_END } },
	{ "shutdown, at once, and the stage with it", {
		READ_AT(10, 1),
		{ SCENE_READ, 20, 2, 10, CCM_STAGE_STOPPING, CCM_PAGE_SHUTDOWN,
		  CCM_LIVENESS_VERDICT | CCM_LIVENESS_STAGE, CCM_REASON_SHUTDOWN },
		THE_END } },
	{ "panicked while it shut down", {
		{ SCENE_READ, 10, 2, 10, CCM_STAGE_UNKNOWN, CCM_PAGE_SHUTDOWN | CCM_PAGE_PANIC,
		  CCM_LIVENESS_VERDICT, CCM_REASON_PANICKED }, THE_END } },
	{ "up: a flag of a later version", {
		{ SCENE_READ, 10, 2, 10, CCM_STAGE_UNKNOWN, 1U << 31, 0, CCM_REASON_NONE },
		THE_END } },
	{ "restarted: the kernel's running time goes back", {
		READ_AT(10, 1), READ_AT(20, 2),
		{ SCENE_READ_EARLIER, 30, 3, 10, CCM_STAGE_RUNNING, CCM_PAGE_PANIC,
		  CCM_LIVENESS_VERDICT, CCM_REASON_RELOADED }, THE_END } },
	{ "up: it stands still", {
		READ_AT(10, 1), READ_AT(10, 2), READ_AT(10, 3), THE_END } },
	{ "up: there was nothing before the first page", {
		{ SCENE_READ_EARLIER, 10, 1, 10, CCM_STAGE_UNKNOWN, 0, 0,
		  CCM_REASON_NONE },
		THE_END } },
	{ "refused: another incarnation, which has a page of its own", {
		READ_AT(10, 1),
		{ SCENE_READ_OTHER, 20, 1, 10, CCM_STAGE_RUNNING, CCM_PAGE_PANIC,
		  CCM_LIVENESS_VERDICT, CCM_REASON_REFUSED }, THE_END } },
	{ "refused: not a status page", {
		READ_AT(10, 1),
		{ SCENE_READ_GARBAGE, 20, 0, 0, 0, 0, CCM_LIVENESS_VERDICT,
		  CCM_REASON_REFUSED }, THE_END } },
	{ "refused: a short page", {
		READ_AT(10, 1),
		{ SCENE_READ_SHORT, 20, 2, 10, CCM_STAGE_UNKNOWN, 0, CCM_LIVENESS_VERDICT,
		  CCM_REASON_REFUSED }, THE_END } },
	{ "refused: a tick out of range", {
		{ SCENE_READ, 20, 2, 60001, CCM_STAGE_UNKNOWN, 0,
		  CCM_LIVENESS_VERDICT, CCM_REASON_REFUSED }, THE_END } },
	{ "up: a stage of a later version is unknown", {
		{ SCENE_READ, 10, 1, 10, CCM_STAGE_RUNNING, 0, CCM_LIVENESS_STAGE,
		  CCM_REASON_NONE },
		{ SCENE_READ, 20, 2, 10, CCM_STAGE_COUNT, 0, CCM_LIVENESS_STAGE,
		  CCM_REASON_NONE },
		{ SCENE_READ, 30, 3, 10, CCM_STAGE_COUNT + 1, 0, 0, CCM_REASON_NONE },
		THE_END } },
	{ "stages, forth and back", {
		{ SCENE_READ, 10, 1, 10, CCM_STAGE_INITRAMFS, 0, CCM_LIVENESS_STAGE,
		  CCM_REASON_NONE },
		{ SCENE_READ, 20, 2, 10, CCM_STAGE_INITRAMFS, 0, 0, CCM_REASON_NONE },
		{ SCENE_READ, 30, 3, 10, CCM_STAGE_RUNNING, 0, CCM_LIVENESS_STAGE,
		  CCM_REASON_NONE },
		{ SCENE_READ, 40, 4, 10, CCM_STAGE_STORAGE, 0, CCM_LIVENESS_STAGE,
		  CCM_REASON_NONE },
		THE_END } },
	{ "own stall: not held against a partner that answers", {
		TICK_AT(50), READ_AT(60, 1), TICK_AT(100), READ_AT(110, 2),
		TICK_AT(60000), READ_AT(60010, 3), TICK_AT(60050), THE_END } },
	{ "own stall: the read that waited is handled before the tick", {
		TICK_AT(50), READ_AT(60, 1), TICK_AT(100), READ_AT(110, 2),
		READ_AT(60000, 2), TICK_AT(60001), READ_AT(60010, 3), THE_END } },
	{ "own stall: not held against a slow counter", {
		TICK_AT(50), READ_AT(60, 1), TICK_AT(100), READ_AT(110, 1),
		TICK_AT(60000), READ_AT(60010, 1), TICK_AT(60050),
		READ_AT(60060, 1), THE_END } },
	{ "own stall: a partner that is dead is found", {
		TICK_AT(50), TICK_AT(60000), TICK_AT(60050), TICK_AT(60099),
		DEAD_AT(60100), THE_END } },
	{ "own stall: a partner that hangs is found", {
		READ_AT(10, 1), TICK_AT(50), READ_AT(60, 1), TICK_AT(60000),
		READ_AT(60010, 1), TICK_AT(60050), READ_AT(60060, 1), TICK_AT(60100),
		READ_AT(60109, 1), HUNG_AT(60110, 1, 10), THE_END } },
	{ "own stall: two of them, and still dead", {
		TICK_AT(50), TICK_AT(5000), TICK_AT(10000), DEAD_AT(15000), THE_END } },
	{ "own stall: ended by a read, it is not forgiven once more at the tick", {
		TICK_AT(50), TICK_AT(100), READ_AT(60000, 1), TICK_AT(60040),
		TICK_AT(60090), TICK_AT(60140), TICK_AT(60190), TICK_AT(60199),
		DEAD_AT(60200), THE_END } },
	{ "no stall: ticks two periods apart", {
		TICK_AT(100), DEAD_AT(200), THE_END } },
	{ "a stall: ticks more than two periods apart", {
		TICK_AT(101), TICK_AT(201), DEAD_AT(251), THE_END } },
};

static void play_desc(const struct play *play, char *desc)
{
	strscpy(desc, play->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(play, plays, play_desc);

static u32 step(struct ccm_liveness *l, const struct scene *scene)
{
	u64 now_us = START_US + (u64)scene->at_ms * 1000;
	u8 page[CCM_WIRE_STATUS_LEN];
	struct ccm_wire_status status = {
		.version_min = 1,
		.version_max = 1,
		.node = 2,
		.incarnation = INCARNATION,
		.cluster = 1,
		.stage = scene->stage,
		.flags = scene->flags,
		.counter = scene->counter,
		.tick_ms = scene->tick_ms,
		.uptime_ms = 5000 + scene->at_ms,
	};

	if (scene->type == SCENE_TICK)
		return ccm_liveness_step(l, now_us, CCM_LIVENESS_TICK, NULL, 0);
	if (scene->type == SCENE_READ_OTHER)
		status.incarnation++;
	if (scene->type == SCENE_READ_EARLIER)
		status.uptime_ms = 5000 + scene->at_ms - 11;
	ccm_wire_put_status(page, &status);
	if (scene->type == SCENE_READ_GARBAGE)
		memset(page, 0, sizeof(page));
	return ccm_liveness_step(l, now_us, CCM_LIVENESS_READ, page,
				 scene->type == SCENE_READ_SHORT ? sizeof(page) - 1
							   : sizeof(page));
}

static void liveness_play(struct kunit *test)
{
	const struct play *play = (const struct play *)test->param_value;
	const struct scene *scene;
	struct ccm_liveness l;
	struct ccm_liveness before;
	u32 reads = 0;

	memset(&l, 0xee, sizeof(l));
	ccm_liveness_start(&l, START_US, DETECT_MS, INCARNATION);
	KUNIT_EXPECT_EQ(test, l.verdict, (u32)CCM_REASON_NONE);
	for (scene = play->scenes; scene->type != SCENE_END; scene++) {
		KUNIT_ASSERT_TRUE(test, scene < play->scenes + SCENES_MAX - 1);
		KUNIT_EXPECT_EQ_MSG(test, scene->found, step(&l, scene), "at %u ms",
				    scene->at_ms);
		KUNIT_EXPECT_EQ_MSG(test, (u32)scene->verdict, l.verdict, "at %u ms",
				    scene->at_ms);
		if ((scene->type == SCENE_READ || scene->type == SCENE_READ_EARLIER) &&
		    scene->verdict != CCM_REASON_REFUSED &&
		    scene->verdict != CCM_REASON_RELOADED) {
			reads++;
			KUNIT_EXPECT_EQ(test, l.page.counter, scene->counter);
			KUNIT_EXPECT_EQ(test, l.page.stage,
					scene->stage < CCM_STAGE_COUNT ? scene->stage :
									 (u32)CCM_STAGE_UNKNOWN);
		}
		KUNIT_EXPECT_EQ(test, l.reads, (u64)reads);
	}
	if (l.verdict == CCM_REASON_NONE)
		return;
	/* A verdict stays, and what led to it. */
	memcpy(&before, &l, sizeof(l));
	for (scene = play->scenes; scene->type != SCENE_END; scene++)
		KUNIT_EXPECT_EQ(test, 0U, step(&l, scene));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&before, &l, sizeof(l)));
}

static void liveness_clamps_detect_ms(struct kunit *test)
{
	struct ccm_liveness l;

	ccm_liveness_start(&l, START_US, 0, INCARNATION);
	KUNIT_EXPECT_EQ(test, l.detect_us, 1000ULL * CCM_DETECT_MS_MIN);
	ccm_liveness_start(&l, START_US, ~0U, INCARNATION);
	KUNIT_EXPECT_EQ(test, l.detect_us, 1000ULL * CCM_DETECT_MS_MAX);
	ccm_liveness_start(&l, START_US, DETECT_MS, INCARNATION);
	KUNIT_EXPECT_EQ(test, l.detect_us, 1000ULL * DETECT_MS);
	KUNIT_EXPECT_EQ(test, l.period_us, 250ULL * DETECT_MS);
}

struct ack_case {
	u32 detect_ms;
	u32 retries;
	u8 exponent;
};

static const struct ack_case ack_cases[] = {
	{ 250, 6, 13 },		/* 7 * 33.6 ms = 235 ms < 375 ms */
	{ 50, 6, 11 },		/* 7 * 8.4 ms = 59 ms < 75 ms */
	{ 20, 6, 10 },		/* 7 * 4.2 ms = 29.4 ms < 30 ms */
	{ 250, 0, 16 },		/* 268 ms < 375 ms */
	{ 60000, 0, 24 },	/* 68.7 s < 90 s */
	{ 60000, 7, 21 },	/* 8 * 8.6 s = 68.7 s < 90 s */
	{ 0, 7, 1 },
	{ ~0U, 0, 31 },
	{ 1, ~0U, 1 },
};

static void ack_desc(const struct ack_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "detect %u ms, %u retries", c->detect_ms,
		 c->retries);
}

KUNIT_ARRAY_PARAM(ack, ack_cases, ack_desc);

static void liveness_ack_timeout(struct kunit *test)
{
	const struct ack_case *c = (const struct ack_case *)test->param_value;

	KUNIT_EXPECT_EQ(test, c->exponent, ccm_ack_timeout(c->detect_ms, c->retries));
}

static void liveness_ack_timeout_range(struct kunit *test)
{
	u32 detect_ms;
	u32 retries;
	u64 total_us;

	for (detect_ms = CCM_DETECT_MS_MIN; detect_ms <= CCM_DETECT_MS_MAX; detect_ms += 7) {
		for (retries = 0; retries <= 7; retries++) {
			total_us = ((retries + 1) * 4096ULL <<
				    ccm_ack_timeout(detect_ms, retries)) / 1000;
			KUNIT_ASSERT_LT(test, total_us, 1500ULL * detect_ms);
			KUNIT_ASSERT_GE(test, total_us + 1, 750ULL * detect_ms);
		}
	}
}

static struct kunit_case liveness_cases[] = {
	KUNIT_CASE_PARAM(liveness_play, play_gen_params),
	KUNIT_CASE(liveness_clamps_detect_ms),
	KUNIT_CASE_PARAM(liveness_ack_timeout, ack_gen_params),
	KUNIT_CASE(liveness_ack_timeout_range),
	{}
};

static struct kunit_suite liveness_suite = {
	.name = "ccm_liveness",
	.test_cases = liveness_cases,
};

kunit_test_suite(liveness_suite);
