// SPDX-License-Identifier: GPL-2.0-only
// Which kernel is at the other end: what was heard of the one before, and what the hello says, to
// the microsecond.
#include <memory>

#include <gtest/gtest.h>

#include "../../ccm/core/session_kernel.h"
#include "machine.h"

namespace {

using sim::ms;
using sim::u;

// The kernel that was heard had run for 5 s at 1000 s; it was started at 995 s.
class Kernel : public testing::Test {
protected:
    static constexpr uint64_t heard = 1000000000;
    static constexpr uint64_t uptime_ms = 5000;
    static constexpr uint64_t slack = 1500000;

    Kernel()
    {
        s->heard_us = heard;
        s->heard_uptime_ms = uptime_ms;
        s->peer_incarnation = 0xb0b;
        s->peer_hello.machine = 7;
        conn.hello.machine = 7;
    }

    // Whose is it, if its connection began then, and its hello says that it has run for so long?
    uint32_t kernel(uint64_t began_us, uint64_t run_ms)
    {
        conn.began_us = began_us;
        conn.hello.uptime_ms = run_ms;
        return ccm_session_kernel(s.get(), &conn);
    }

    std::unique_ptr<ccm_session> s = std::make_unique<ccm_session>();
    ccm_session_conn conn{};
};

TEST_F(Kernel, IsNewOnlyIfItWasStartedAfterTheOtherWasHeard)
{
    // 100 ms of which it can have run for 101: that is not after, but a microsecond later is
    EXPECT_EQ(kernel(heard + 101 * ms, 100), u(CCM_KERNEL_OTHER));
    EXPECT_EQ(kernel(heard + 101 * ms + 1, 100), u(CCM_KERNEL_NEW));
    EXPECT_EQ(kernel(heard + 101 * ms + 1, 101), u(CCM_KERNEL_OTHER));
    conn.hello.machine++;
    EXPECT_EQ(kernel(heard + 101 * ms + 1, 100), u(CCM_KERNEL_OTHER)) << "of another machine";
}

TEST_F(Kernel, IsTheSameIfItWasStartedThen)
{
    for (uint64_t after : {uint64_t{0}, 2048 * ms, 1000000 * ms}) {
        const uint64_t run_ms = uptime_ms + after / ms;
        const uint64_t off_ms = (slack + (after >> 11)) / ms; // and what clocks may differ by in that time

        EXPECT_EQ(kernel(heard + after, run_ms + off_ms), u(CCM_KERNEL_SAME)) << after;
        EXPECT_EQ(kernel(heard + after, run_ms - off_ms), u(CCM_KERNEL_SAME)) << after;
        EXPECT_EQ(kernel(heard + after, run_ms + off_ms + 1), u(CCM_KERNEL_OTHER)) << after;
        EXPECT_EQ(kernel(heard + after, run_ms - off_ms - 1), u(CCM_KERNEL_OTHER)) << after;
    }
    conn.hello.machine++;
    EXPECT_EQ(kernel(heard, uptime_ms), u(CCM_KERNEL_OTHER));
}

// A connection that began before the last READ: no time has passed in which clocks could differ.
TEST_F(Kernel, NoDriftBeforeItWasHeard)
{
    EXPECT_EQ(kernel(heard - 100 * ms, uptime_ms - 100), u(CCM_KERNEL_SAME));
    EXPECT_EQ(kernel(heard - 100 * ms, uptime_ms - 100 + slack / ms), u(CCM_KERNEL_SAME));
    EXPECT_EQ(kernel(heard - 100 * ms, uptime_ms - 100 + slack / ms + 1), u(CCM_KERNEL_OTHER));
}

// Started before this node's time began: a partner that has run for longer than this one
TEST_F(Kernel, MayBeOlderThanThisNode)
{
    s->heard_us = 10 * ms;
    s->heard_uptime_ms = 86400000;
    EXPECT_EQ(kernel(20 * ms, 86400010), u(CCM_KERNEL_SAME));
    EXPECT_EQ(ccm_session_started(&conn), 0U);
    EXPECT_EQ(kernel(20 * ms, 86400010 + slack / ms), u(CCM_KERNEL_SAME));
    EXPECT_EQ(kernel(20 * ms, 86400010 + slack / ms + 1), u(CCM_KERNEL_OTHER));
    kernel(20 * ms, 5);
    EXPECT_EQ(ccm_session_started(&conn), 15 * ms);
    kernel(5 * ms + 1, 5);
    EXPECT_EQ(ccm_session_started(&conn), 1U);
}

TEST_F(Kernel, IsNotKnownIfNoneWasHeard)
{
    s->heard_us = 0;
    s->heard_uptime_ms = 0;
    EXPECT_EQ(kernel(heard, 100), u(CCM_KERNEL_UNKNOWN));
    conn.hello.machine++;
    EXPECT_EQ(kernel(heard, 100), u(CCM_KERNEL_UNKNOWN));
}

TEST_F(Kernel, WentBackIfItHasRunForLessThanWasHeard)
{
    EXPECT_TRUE(ccm_session_went_back(s.get(), 0xb0b, uptime_ms - 1));
    EXPECT_FALSE(ccm_session_went_back(s.get(), 0xb0b, uptime_ms));
    EXPECT_FALSE(ccm_session_went_back(s.get(), 0xb0c, uptime_ms - 1));
}

TEST_F(Kernel, WhatIsHeardLaterCounts)
{
    ccm_session_hear(s.get(), heard, uptime_ms + 7);
    EXPECT_EQ(s->heard_uptime_ms, uptime_ms) << "that was heard already";
    ccm_session_hear(s.get(), heard - 1, uptime_ms + 7);
    EXPECT_EQ(s->heard_us, heard);
    ccm_session_hear(s.get(), heard + 1, uptime_ms + 7);
    EXPECT_EQ(s->heard_us, heard + 1);
    EXPECT_EQ(s->heard_uptime_ms, uptime_ms + 7);
}

// Who the partner is from now on; and whether it has another kernel than before
TEST_F(Kernel, WhoIsProvenIsKnown)
{
    s->peer_kernel = 4;
    s->peer_attempt = 9;
    conn.incarnation = 0xb0b;
    conn.number = 8; // an earlier request of the same module
    conn.hello.node = 2;
    kernel(heard + 100 * ms, uptime_ms + 100);
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_kernel, 4U);
    EXPECT_EQ(s->peer_attempt, 9U);
    EXPECT_EQ(s->peer_hello.node, 2U);
    EXPECT_EQ(s->heard_us, heard + 100 * ms);
    EXPECT_EQ(s->heard_uptime_ms, uptime_ms + 100);
    conn.number = 10;
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_attempt, 10U);
    // the same module is on the same kernel, however its time ran on
    kernel(heard + 200 * ms, uptime_ms + 100000);
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_kernel, 4U);
    EXPECT_EQ(s->heard_uptime_ms, uptime_ms + 100000);

    conn.incarnation = 0xcafe; // its module was loaded anew, and counts from 1
    conn.number = 1;
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_incarnation, 0xcafeU);
    EXPECT_EQ(s->peer_kernel, 4U);
    EXPECT_EQ(s->peer_attempt, 1U);

    conn.incarnation = 0xdead; // it was started anew
    kernel(heard + 60000 * ms, 100);
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_kernel, 5U);

    // the same module, earlier: it was set back, so it is as good as another kernel
    kernel(heard + 60001 * ms, 50);
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_kernel, 5U) << "50 ms are within the slack";
    s->heard_uptime_ms = 9000;
    ccm_session_know(s.get(), &conn);
    EXPECT_EQ(s->peer_kernel, 6U);
    EXPECT_EQ(s->heard_uptime_ms, 50U);
}

} // namespace
