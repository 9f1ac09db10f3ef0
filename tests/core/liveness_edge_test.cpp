// SPDX-License-Identifier: GPL-2.0-only
/*
 * Liveness where a microsecond, or the order of two checks, decides: what random plays hardly
 * meet.
 */
#include <gtest/gtest.h>

#include "ccm/core/liveness.h"
#include "ccm/core/wire.h"

namespace {

class LivenessEdge : public testing::Test {
protected:
    static constexpr u64 incarnation = 0x0123456789abcdefULL;
    static constexpr u32 detect_ms = 200;
    static constexpr u64 period = 50000;
    /* Not near 0: a time that was never set is far away. */
    static constexpr u64 start = 1ULL << 40;

    LivenessEdge() { ccm_liveness_start(&l, start, detect_ms, incarnation); }

    u32 tick(u64 after) { return ccm_liveness_step(&l, start + after, CCM_LIVENESS_TICK, nullptr, 0); }

    u32 read(u64 after, u64 counter, u32 flags = 0)
    {
        u8 bytes[CCM_WIRE_STATUS_LEN];
        ccm_wire_status page = {};

        page.version_min = 1;
        page.version_max = 1;
        page.node = 2;
        page.incarnation = incarnation;
        page.cluster = 3;
        page.stage = CCM_STAGE_UNKNOWN;
        page.flags = flags;
        page.counter = counter;
        page.tick_ms = 1;
        ccm_wire_put_status(bytes, &page);
        return ccm_liveness_step(&l, start + after, CCM_LIVENESS_READ, bytes, sizeof(bytes));
    }

    ccm_liveness l;
};

/* A kernel that panics while it shuts down has panicked: that is the worse of the two. */
TEST_F(LivenessEdge, APanicDuringShutdownIsAPanic)
{
    EXPECT_TRUE(read(1, 1, CCM_PAGE_PANIC | CCM_PAGE_SHUTDOWN) & CCM_LIVENESS_VERDICT);
    EXPECT_EQ(l.verdict, u32{CCM_REASON_PANICKED});
}

/* The first page is a move whatever it counts. */
TEST_F(LivenessEdge, AFirstCounterOfZeroIsAMove)
{
    for (u64 i = 1; i <= 3; i++)
        tick(i * period);
    EXPECT_EQ(read(3 * period, 0), 0U);
    EXPECT_EQ(read(4 * period, 0), 0U);
    tick(4 * period);
    tick(5 * period);
    tick(6 * period);
    EXPECT_EQ(read(7 * period - 1, 0), 0U);
    EXPECT_EQ(read(7 * period, 0), u32{CCM_LIVENESS_VERDICT});
    EXPECT_EQ(l.verdict, u32{CCM_REASON_HUNG});
}

/* Two periods without a tick are none of this node's doing; a microsecond more is. */
TEST_F(LivenessEdge, AStallBeginsBehindTwoPeriods)
{
    EXPECT_EQ(tick(2 * period), 0U);
    EXPECT_EQ(tick(4 * period - 1), 0U);
    EXPECT_EQ(tick(4 * period), u32{CCM_LIVENESS_VERDICT});

    ccm_liveness_start(&l, start, detect_ms, incarnation);
    EXPECT_EQ(tick(2 * period + 1), 0U);
    EXPECT_EQ(tick(4 * period), 0U);
    EXPECT_EQ(tick(5 * period), 0U);
    EXPECT_EQ(tick(5 * period + 1), u32{CCM_LIVENESS_VERDICT});
}

/* Ticks that are late, but not by that much, put nothing off. */
TEST_F(LivenessEdge, ALateTickIsNoStall)
{
    EXPECT_EQ(tick(period * 3 / 2), 0U);
    EXPECT_EQ(tick(period * 3), 0U);
    EXPECT_EQ(tick(period * 4), u32{CCM_LIVENESS_VERDICT});
}

TEST_F(LivenessEdge, AClockThatStepsBackIsWaitedFor)
{
    EXPECT_EQ(read(0, 1), 0U);
    for (u64 i = 0; i < 10; i++)
        EXPECT_EQ(ccm_liveness_step(&l, start / 2 + i * period, CCM_LIVENESS_TICK, nullptr, 0), 0U) << i;
    EXPECT_EQ(l.verdict, u32{CCM_REASON_NONE});
}

/* ... and each READ that succeeded is counted: the count is shown. */
TEST_F(LivenessEdge, ReadsAreCounted)
{
    for (u64 i = 1; i <= 3; i++) {
        EXPECT_EQ(l.reads, i - 1);
        read(i, i);
    }
    tick(4);
    EXPECT_EQ(l.reads, 3U);
}

TEST_F(LivenessEdge, AnEventThatThereIsNotIsNone)
{
    const ccm_liveness before = l;

    EXPECT_EQ(ccm_liveness_step(&l, start + 8 * period, static_cast<ccm_liveness_event>(2), nullptr, 0), 0U);
    EXPECT_EQ(l.verdict, u32{CCM_REASON_NONE});
    EXPECT_EQ(l.last_tick_us, before.last_tick_us);
    EXPECT_EQ(l.last_read_us, before.last_read_us);
}

TEST_F(LivenessEdge, ATimeToDetectHasLimits)
{
    ccm_liveness_start(&l, start, CCM_DETECT_MS_MIN - 1, incarnation);
    EXPECT_EQ(l.detect_us, CCM_DETECT_MS_MIN * 1000ULL);
    ccm_liveness_start(&l, start, CCM_DETECT_MS_MAX + 1, incarnation);
    EXPECT_EQ(l.detect_us, CCM_DETECT_MS_MAX * 1000ULL);
}

TEST(AckTimeout, IsExactAtItsEdges)
{
    EXPECT_EQ(ccm_ack_timeout(~0U, 0), 31); /* there is no larger one */
    /* 46875 tries of 4.096 us * 2^2 are 1.5 times 512 ms: not below that any more */
    EXPECT_EQ(ccm_ack_timeout(512, 46874), 1);
    EXPECT_EQ(ccm_ack_timeout(513, 46874), 2);
    /* whole milliseconds need no rounding up */
    EXPECT_EQ(ccm_ack_wait_ms(0, 15625), 64U);
    /* 71.000064 ms do */
    EXPECT_EQ(ccm_ack_wait_ms(0, 17334), 72U);
}

} // namespace
