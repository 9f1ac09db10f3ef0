// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status page: what a partner would read of it, and that each store changes its
 * own word only.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <kunit/test.h>
#include <uapi/linux/ccm.h>

#include "../../../ccm/core/liveness.h"
#include "../../../ccm/core/wire.h"
#include "../../../ccm/rdma/device.h"
#include "../../../ccm/rdma/status_page.h"

#define NODE_ID		258U
#define INCARNATION	0x1122334455667788ULL
#define CLUSTER		0x99aabbccddeeff00ULL
#define DETECT_MS	40U
#define DEADLINE_MS	10000U	/* for something that takes milliseconds */

/* A page, and the devices (none) that would map it */
struct page_test {
	struct ccm_status_page page;
	struct ccm_devices devices;
};

static int page_create(struct page_test *t, u32 detect_ms)
{
	const struct ccm_status_identity identity = {
		.node = NODE_ID,
		.incarnation = INCARNATION,
		.cluster = CLUSTER,
		.detect_ms = detect_ms,
		.stage = CCM_STAGE_KERNEL,
	};

	int ret = ccm_devices_create(&t->devices);

	if (ret)
		return ret;
	ret = ccm_status_page_create(&t->page, &t->devices, &identity);
	if (ret)
		ccm_devices_destroy(&t->devices);
	return ret;
}

/* Each test has a page that ticks, as test->priv. */
static int page_test_init(struct kunit *test)
{
	struct page_test *t = (struct page_test *)kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	test->priv = &t->page;
	return page_create(t, DETECT_MS);
}

static void page_test_exit(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;

	if (page && page->data) {
		ccm_status_page_destroy(page);
		ccm_devices_destroy(&container_of(page, struct page_test, page)->devices);
	}
	test->priv = NULL;
}

/* As a partner sees it: the bytes, decoded. */
static struct ccm_wire_status decoded(struct kunit *test, const struct ccm_status_page *page)
{
	struct ccm_wire_status status = {};

	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_status(page->data + CCM_STATUS_OFFSET,
						     CCM_WIRE_STATUS_LEN, &status));
	return status;
}

/* Waits until the counter has moved on by @moves. */
static void wait_moves(struct kunit *test, const struct ccm_status_page *page, u64 moves)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(DEADLINE_MS);
	u64 first = ccm_status_page_counter(page);

	while (ccm_status_page_counter(page) - first < moves) {
		KUNIT_ASSERT_TRUE_MSG(test, time_before(jiffies, deadline),
				      "the counter stands at %llu",
				      ccm_status_page_counter(page));
		usleep_range(1000, 2000);
	}
}

static void expect_identity(struct kunit *test, const struct ccm_wire_status *status)
{
	KUNIT_EXPECT_EQ(test, status->version_min, CCM_VERSION_MIN);
	KUNIT_EXPECT_EQ(test, status->version_max, CCM_VERSION_MAX);
	KUNIT_EXPECT_EQ(test, status->node, NODE_ID);
	KUNIT_EXPECT_EQ(test, status->incarnation, INCARNATION);
	KUNIT_EXPECT_EQ(test, status->cluster, CLUSTER);
}

static void page_fresh(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	struct ccm_wire_status status = decoded(test, page);

	expect_identity(test, &status);
	KUNIT_EXPECT_EQ(test, status.stage, (u32)CCM_STAGE_KERNEL);
	KUNIT_EXPECT_EQ(test, status.flags, 0U);
	KUNIT_EXPECT_EQ(test, ccm_status_page_stage(page), (u32)CCM_STAGE_KERNEL);
}

/* The whole page is registered for remote read: nothing else may stand on it. */
static void page_rest_is_zero(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;

	wait_moves(test, page, 1);
	KUNIT_EXPECT_TRUE(test, offset_in_page(page->data) == 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(page->data + CCM_WIRE_STATUS_LEN, 0,
					     PAGE_SIZE - CCM_WIRE_STATUS_LEN),
			    (void *)NULL);
}

static void page_counter_moves(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	struct ccm_wire_status before = decoded(test, page);
	struct ccm_wire_status after;

	wait_moves(test, page, 5);
	after = decoded(test, page);
	KUNIT_EXPECT_GE(test, after.counter, before.counter + 5);
	KUNIT_EXPECT_GT(test, after.uptime_ms, before.uptime_ms);
	expect_identity(test, &after);
	KUNIT_EXPECT_EQ(test, after.stage, before.stage);
	KUNIT_EXPECT_EQ(test, after.flags, before.flags);
	KUNIT_EXPECT_EQ(test, after.tick_ms, before.tick_ms);
}

/* How long the kernel has run, not the module: a partner tells a reload from a reboot by it. */
static void page_uptime_is_the_kernels(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	u64 page_ms = decoded(test, page).uptime_ms;
	u64 now_ms = div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC);

	/* as it was made, and then as its work item has it */
	KUNIT_EXPECT_GT(test, page_ms, 0ULL);
	KUNIT_EXPECT_LE(test, page_ms, now_ms);
	wait_moves(test, page, 2);
	page_ms = decoded(test, page).uptime_ms;
	KUNIT_EXPECT_GE(test, page_ms, now_ms);
	KUNIT_EXPECT_LE(test, page_ms, div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC));
}

static void page_stage(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	struct ccm_wire_status status;
	u32 stage;

	ccm_status_page_set_flag(page, CCM_PAGE_SHUTDOWN);
	for (stage = CCM_STAGE_KERNEL; stage < CCM_STAGE_COUNT; stage++) {
		ccm_status_page_set_stage(page, stage);
		KUNIT_EXPECT_EQ(test, ccm_status_page_stage(page), stage);
		status = decoded(test, page);
		KUNIT_EXPECT_EQ(test, status.stage, stage);
		KUNIT_EXPECT_EQ(test, status.flags, CCM_PAGE_SHUTDOWN);
		expect_identity(test, &status);
	}
	/* back, too; and a tick leaves it alone */
	ccm_status_page_set_stage(page, CCM_STAGE_USERSPACE);
	wait_moves(test, page, 2);
	KUNIT_EXPECT_EQ(test, decoded(test, page).stage, (u32)CCM_STAGE_USERSPACE);
}

static void page_flags(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	struct ccm_wire_status status;

	ccm_status_page_set_flag(page, CCM_PAGE_PANIC);
	KUNIT_EXPECT_EQ(test, decoded(test, page).flags, CCM_PAGE_PANIC);
	ccm_status_page_set_flag(page, CCM_PAGE_PANIC);
	KUNIT_EXPECT_EQ(test, decoded(test, page).flags, CCM_PAGE_PANIC);
	ccm_status_page_set_flag(page, CCM_PAGE_SHUTDOWN);
	wait_moves(test, page, 2);
	status = decoded(test, page);
	KUNIT_EXPECT_EQ(test, status.flags, CCM_PAGE_PANIC | CCM_PAGE_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, status.stage, (u32)CCM_STAGE_KERNEL);
	expect_identity(test, &status);
}

/* Stores are whole aligned words at the offsets of the wire format. */
static void page_words(struct kunit *test)
{
	static const u32 offsets[] = {
		CCM_STATUS_STAGE, CCM_STATUS_FLAGS, CCM_STATUS_COUNTER, CCM_STATUS_UPTIME,
	};
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;
	struct ccm_wire_status status;
	u8 copy[CCM_WIRE_STATUS_LEN];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		KUNIT_EXPECT_EQ(test, offsets[i] % (offsets[i] < CCM_STATUS_COUNTER ? 4U : 8U),
				0U);
	wait_moves(test, page, 1);
	ccm_status_page_set_stage(page, CCM_STAGE_STORAGE);
	ccm_status_page_set_flag(page, CCM_PAGE_PANIC);
	memcpy(copy, page->data, sizeof(copy));
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_status(copy, sizeof(copy), &status));
	KUNIT_EXPECT_EQ(test, status.stage, le32_to_cpup((__le32 *)(copy + CCM_STATUS_STAGE)));
	KUNIT_EXPECT_EQ(test, status.flags, le32_to_cpup((__le32 *)(copy + CCM_STATUS_FLAGS)));
	KUNIT_EXPECT_EQ(test, status.counter,
			le64_to_cpup((__le64 *)(copy + CCM_STATUS_COUNTER)));
	KUNIT_EXPECT_EQ(test, status.uptime_ms,
			le64_to_cpup((__le64 *)(copy + CCM_STATUS_UPTIME)));
	KUNIT_EXPECT_EQ(test, status.stage, (u32)CCM_STAGE_STORAGE);
	KUNIT_EXPECT_EQ(test, status.flags, CCM_PAGE_PANIC);
	KUNIT_EXPECT_GT(test, status.counter, 0ULL);
}

/* What the page promises is kept: the work item ticks more often than that. */
static void page_tick_promise(struct kunit *test)
{
	static const u32 detect_ms[] = {
		CCM_DETECT_MS_MIN, 50, CCM_DETECT_MS_DEFAULT, 1000, CCM_DETECT_MS_MAX,
	};
	struct ccm_wire_status status;
	struct page_test *t;
	u32 i;

	t = (struct page_test *)kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);

	for (i = 0; i < ARRAY_SIZE(detect_ms); i++) {
		KUNIT_ASSERT_EQ(test, 0, page_create(t, detect_ms[i]));
		status = decoded(test, &t->page);
		ccm_status_page_destroy(&t->page);
		KUNIT_EXPECT_GT_MSG(test, t->page.tick_ms, 0U, "detect_ms %u", detect_ms[i]);
		KUNIT_EXPECT_GE_MSG(test, status.tick_ms, 2 * t->page.tick_ms, "detect_ms %u",
				    detect_ms[i]);
		KUNIT_EXPECT_GE_MSG(test, status.tick_ms, 2 * jiffies_to_msecs(1),
				    "detect_ms %u", detect_ms[i]);
		/* a partner with the same setting can see it stand still in time */
		KUNIT_EXPECT_LE_MSG(test, status.tick_ms,
				    max(detect_ms[i], 2 * jiffies_to_msecs(1)),
				    "detect_ms %u", detect_ms[i]);
	}
}

static void page_destroy(struct kunit *test)
{
	struct ccm_status_page *page = (struct ccm_status_page *)test->priv;

	wait_moves(test, page, 1);
	ccm_status_page_destroy(page);
	KUNIT_EXPECT_PTR_EQ(test, page->data, (u8 *)NULL);
	KUNIT_EXPECT_FALSE(test, work_pending(&page->tick));
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE(page_fresh),
	KUNIT_CASE(page_rest_is_zero),
	KUNIT_CASE(page_counter_moves),
	KUNIT_CASE(page_uptime_is_the_kernels),
	KUNIT_CASE(page_stage),
	KUNIT_CASE(page_flags),
	KUNIT_CASE(page_words),
	KUNIT_CASE(page_tick_promise),
	KUNIT_CASE(page_destroy),
	{}
};

static struct kunit_suite page_suite = {
	.name = "ccm_status_page",
	.init = page_test_init,
	.exit = page_test_exit,
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);
