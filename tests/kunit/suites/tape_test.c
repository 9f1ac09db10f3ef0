// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what the simulator has recorded is played to the core of this kernel, which must do the
 * same, action for action. See tape.h.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "recorded.h"
#include "tape.h"

static void play_one(struct kunit *test, struct ccm_tape *t, u32 number)
{
	u32 event = 0;

	while (ccm_tape_event(t)) {
		ccm_tape_step(t);
		KUNIT_ASSERT_EQ_MSG(test, (u16)t->chain, t->hash,
				    "tape %u: event %u does something else", number, event);
		event++;
	}
	KUNIT_ASSERT_FALSE_MSG(test, t->bad, "tape %u ends after event %u", number, event);
}

static void tape_same_actions(struct kunit *test)
{
	struct ccm_tape *t = (struct ccm_tape *)kvmalloc(sizeof(*t), GFP_KERNEL);
	u32 number = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	test->priv = t;
	KUNIT_ASSERT_TRUE(test, ccm_tape_open(t, ccm_recorded,
					      (u32)(ccm_recorded_end - ccm_recorded)));
	while (ccm_tape_next(t)) {
		play_one(test, t, number++);
		cond_resched();
	}
	KUNIT_EXPECT_FALSE(test, t->bad);
	KUNIT_EXPECT_EQ(test, number, 1000U);
}

/* Also behind an assertion that failed */
static void tape_exit(struct kunit *test)
{
	kvfree(test->priv);
}

static struct kunit_case tape_cases[] = {
	KUNIT_CASE(tape_same_actions),
	{}
};

static struct kunit_suite tape_suite = {
	.name = "ccm_tape",
	.exit = tape_exit,
	.test_cases = tape_cases,
};

kunit_test_suite(tape_suite);
