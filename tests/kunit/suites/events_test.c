// SPDX-License-Identifier: GPL-2.0-only
/*
 * What readers see: first the present state, then each change once and in order; and when a
 * reader is too slow, that it was, and the present state again.
 */
#include <kunit/test.h>
#include <uapi/linux/ccm.h>

#include "../../../ccm/events.h"

#define NODE_ID		258U
#define FIRST_ID	1000U	/* of the things that are seen */
#define VIEWS		3U
#define READERS		2U
#define MANY		1000U	/* changes, more than any queue takes */
#define LIVE		0x5555U	/* what refresh() says */

/* Views, readers, and the record that was read last */
struct events_test {
	struct ccm_events events;
	struct ccm_view views[VIEWS];
	struct ccm_reader *readers[READERS];
	struct ccm_record record;
	struct ccm_record now;
};

static void refresh(const struct ccm_view *view, struct ccm_record *record)
{
	record->counter = LIVE;
}

static int events_test_init(struct kunit *test)
{
	struct events_test *t;
	u32 i;

	t = (struct events_test *)kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	ccm_events_init(&t->events, NODE_ID);
	for (i = 0; i < VIEWS; i++) {
		t->views[i].record.size = sizeof(t->record);
		t->views[i].record.type = CCM_RECORD_PARTNER;
		t->views[i].record.node = FIRST_ID + i;
		ccm_view_add(&t->events, &t->views[i], false);
	}
	test->priv = t;
	for (i = 0; i < READERS; i++) {
		t->readers[i] = ccm_reader_create(&t->events);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->readers[i]);
	}
	return 0;
}

static void events_test_exit(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 i;

	for (i = 0; t && i < READERS; i++)
		if (t->readers[i])
			ccm_reader_destroy(t->readers[i]);
}

/* The next record, into t->record; false: there is none. */
static bool next(struct kunit *test, u32 reader)
{
	struct events_test *t = (struct events_test *)test->priv;
	bool ready = ccm_reader_ready(t->readers[reader]);
	int ret;

	memset(&t->record, 0, sizeof(t->record));
	mutex_lock(&t->readers[reader]->read_lock);
	ret = ccm_reader_next(t->readers[reader], &t->record);
	mutex_unlock(&t->readers[reader]->read_lock);
	KUNIT_ASSERT_GE(test, ret, 0);
	KUNIT_EXPECT_EQ(test, ready, ret > 0);
	return ret > 0;
}

static void expect_mark(struct kunit *test, u32 reader, u16 type)
{
	struct events_test *t = (struct events_test *)test->priv;

	KUNIT_ASSERT_TRUE(test, next(test, reader));
	KUNIT_EXPECT_EQ(test, t->record.type, type);
	KUNIT_EXPECT_EQ(test, t->record.size, (u16)sizeof(t->record));
	KUNIT_EXPECT_EQ(test, t->record.node, NODE_ID);
	KUNIT_EXPECT_EQ(test, t->record.flags, CCM_RECORD_F_PRESENT);
	KUNIT_EXPECT_EQ(test, t->record.seq, t->events.seq);
}

/* COUNT views, from the first, and the mark behind them; then nothing */
static void expect_state(struct kunit *test, u32 reader, u32 count)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 i;

	for (i = 0; i < count; i++) {
		KUNIT_ASSERT_TRUE(test, next(test, reader));
		KUNIT_EXPECT_EQ(test, t->record.node, FIRST_ID + i);
		KUNIT_EXPECT_EQ(test, t->record.flags, CCM_RECORD_F_PRESENT);
	}
	expect_mark(test, reader, CCM_RECORD_SYNC);
	KUNIT_EXPECT_FALSE(test, next(test, reader));
}

static void publish(struct events_test *t, u32 view, u64 attempts)
{
	t->now = t->views[view].record;
	t->now.attempts = attempts;
	ccm_view_publish(&t->events, &t->views[view], &t->now);
}

static void expect_change(struct kunit *test, u32 reader, u32 view, u64 attempts, u64 seq)
{
	struct events_test *t = (struct events_test *)test->priv;

	KUNIT_ASSERT_TRUE(test, next(test, reader));
	KUNIT_EXPECT_EQ(test, t->record.type, (u16)CCM_RECORD_PARTNER);
	KUNIT_EXPECT_EQ(test, t->record.node, FIRST_ID + view);
	KUNIT_EXPECT_EQ(test, t->record.attempts, attempts);
	KUNIT_EXPECT_EQ(test, t->record.flags, 0U);
	KUNIT_EXPECT_EQ(test, t->record.seq, seq);
}

static void events_begin_with_state(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;

	/* what was before the first read is part of it */
	publish(t, 1, 7);
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->record.attempts, 7ULL);
	KUNIT_EXPECT_EQ(test, t->record.seq, 1ULL);
	KUNIT_EXPECT_GT(test, t->record.time_ns, 0ULL);
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	expect_mark(test, 0, CCM_RECORD_SYNC);
	KUNIT_EXPECT_FALSE(test, next(test, 0));
	/* the other begins when it reads */
	publish(t, 0, 8);
	expect_state(test, 1, VIEWS);
}

static void events_change_in_order(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 reader;
	u32 i;

	expect_state(test, 0, VIEWS);
	expect_state(test, 1, VIEWS);
	for (i = 0; i < 10; i++)
		publish(t, i % VIEWS, i);
	for (reader = 0; reader < READERS; reader++) {
		for (i = 0; i < 10; i++)
			expect_change(test, reader, i % VIEWS, i, i + 1);
		KUNIT_EXPECT_FALSE(test, next(test, reader));
	}
}

/* A change while the state is half read comes behind it, and its mark says up to where. */
static void events_change_behind_state(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 i;

	KUNIT_ASSERT_TRUE(test, next(test, 0));
	publish(t, 2, 9);
	for (i = 1; i < VIEWS; i++) {
		KUNIT_ASSERT_TRUE(test, next(test, 0));
		KUNIT_EXPECT_EQ(test, t->record.node, FIRST_ID + i);
		KUNIT_EXPECT_EQ(test, t->record.attempts, 0ULL);
	}
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->record.type, (u16)CCM_RECORD_SYNC);
	KUNIT_EXPECT_EQ(test, t->record.seq, 0ULL);
	expect_change(test, 0, 2, 9, 1);
	KUNIT_EXPECT_FALSE(test, next(test, 0));
}

/* The slow one is told, the other is not disturbed. */
static void events_overflow(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 i;

	expect_state(test, 0, VIEWS);
	expect_state(test, 1, VIEWS);
	for (i = 0; i < MANY; i++) {
		publish(t, 0, i);
		expect_change(test, 0, 0, i, i + 1);
	}
	KUNIT_EXPECT_FALSE(test, next(test, 0));

	expect_mark(test, 1, CCM_RECORD_OVERFLOW);
	KUNIT_ASSERT_TRUE(test, next(test, 1));
	KUNIT_EXPECT_EQ(test, t->record.attempts, MANY - 1ULL);
	for (i = 1; i < VIEWS; i++)
		KUNIT_ASSERT_TRUE(test, next(test, 1));
	expect_mark(test, 1, CCM_RECORD_SYNC);
	KUNIT_EXPECT_FALSE(test, next(test, 1));
	publish(t, 1, 5);
	expect_change(test, 1, 1, 5, MANY + 1);
}

/* The queue is full to the last place before anything is lost. */
static void events_just_fit(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;
	u32 size;
	u32 i;

	expect_state(test, 0, VIEWS);
	size = t->readers[0]->size;
	KUNIT_ASSERT_GT(test, size, VIEWS + 2);
	for (i = 0; i < size; i++)
		publish(t, 0, i);
	for (i = 0; i < size; i++)
		expect_change(test, 0, 0, i, i + 1);
	KUNIT_EXPECT_FALSE(test, next(test, 0));

	for (i = 0; i < size + 1; i++)
		publish(t, 0, i);
	expect_mark(test, 0, CCM_RECORD_OVERFLOW);
	expect_state(test, 0, VIEWS);
}

/* What goes on changing is asked for, and is no change of the view. */
static void events_refresh(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;

	t->views[1].refresh = refresh;
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->record.counter, 0ULL);
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->record.counter, (u64)LIVE);
	KUNIT_EXPECT_EQ(test, t->views[1].record.counter, 0ULL);
	ccm_view_read(&t->events, &t->views[1], &t->record);
	KUNIT_EXPECT_EQ(test, t->record.counter, (u64)LIVE);
	KUNIT_EXPECT_EQ(test, t->record.node, FIRST_ID + 1);
}

/* Views come and go, announced or not. */
static void events_come_and_go(struct kunit *test)
{
	struct events_test *t = (struct events_test *)test->priv;

	expect_state(test, 0, VIEWS);
	t->now = t->views[2].record;
	t->now.type = CCM_RECORD_REMOVED;
	ccm_view_remove(&t->events, &t->views[2], &t->now);
	KUNIT_ASSERT_TRUE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->record.type, (u16)CCM_RECORD_REMOVED);
	KUNIT_EXPECT_EQ(test, t->record.seq, 1ULL);
	expect_state(test, 1, VIEWS - 1);

	t->views[2].record.type = CCM_RECORD_PARTNER;
	ccm_view_add(&t->events, &t->views[2], true);
	expect_change(test, 0, 2, 0, 2);
	expect_change(test, 1, 2, 0, 2);
	ccm_view_remove(&t->events, &t->views[2], NULL);
	KUNIT_EXPECT_FALSE(test, next(test, 0));
	KUNIT_EXPECT_EQ(test, t->events.view_count, VIEWS - 1);
}

/* More to see than the queue was made for: it grows before the state is taken. */
static void events_grow(struct kunit *test)
{
	const u32 more = 200;
	struct events_test *t = (struct events_test *)test->priv;
	struct ccm_view *views;
	u32 i;

	expect_state(test, 0, VIEWS);
	views = (struct ccm_view *)kunit_kcalloc(test, more, sizeof(*views), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, views);
	for (i = 0; i < more; i++) {
		views[i].record.node = FIRST_ID + VIEWS + i;
		ccm_view_add(&t->events, &views[i], true);
	}
	expect_mark(test, 0, CCM_RECORD_OVERFLOW);
	expect_state(test, 0, VIEWS + more);
	expect_state(test, 1, VIEWS + more);
}

static struct kunit_case events_cases[] = {
	KUNIT_CASE(events_begin_with_state),
	KUNIT_CASE(events_change_in_order),
	KUNIT_CASE(events_change_behind_state),
	KUNIT_CASE(events_overflow),
	KUNIT_CASE(events_just_fit),
	KUNIT_CASE(events_refresh),
	KUNIT_CASE(events_come_and_go),
	KUNIT_CASE(events_grow),
	{}
};

static struct kunit_suite events_suite = {
	.name = "ccm_events",
	.init = events_test_init,
	.exit = events_test_exit,
	.test_cases = events_cases,
};

kunit_test_suite(events_suite);
