// SPDX-License-Identifier: GPL-2.0-only
// From DOWN to a connection: attempts, failures, backoff, crossed requests, and what is
// shown of them.
#include <algorithm>

#include <gtest/gtest.h>

#include "machine.h"

namespace {

using sim::Machine;
using sim::Types;
using sim::ms;

ccm_wire_request request_in(const ccm_session_action *a)
{
    ccm_wire_request r{};

    EXPECT_EQ(ccm_wire_get_request(a->data, a->len, &r), 0);
    return r;
}

class Attempt : public testing::Test {
protected:
    void TearDown() override
    {
        EXPECT_EQ(low.wrong, "");
        EXPECT_EQ(high.wrong, "");
    }

    Machine low{1, 2};
    Machine high{2, 1};
};

TEST_F(Attempt, StartConnectsAtOnce)
{
    low.start();
    EXPECT_EQ(low.types(), (Types{CCM_ACT_CONNECT, CCM_ACT_STATE, CCM_ACT_TIMER}));
    EXPECT_EQ(low.find(CCM_ACT_CONNECT)->conn, 2U);
    EXPECT_EQ(low.wait(), CCM_CONNECT_MS * ms);
    ccm_wire_request r = request_in(low.find(CCM_ACT_CONNECT));
    EXPECT_EQ(r.node, 1U);
    EXPECT_EQ(r.partner, 2U);
    EXPECT_EQ(r.attempt, 1U);
    EXPECT_EQ(r.incarnation, 0xa11ceU);
    EXPECT_EQ(r.purpose, CCM_PURPOSE_SESSION);
    EXPECT_EQ(r.cluster, low.s.config.cluster);
    EXPECT_EQ(r.version_min, CCM_VERSION_MIN);
    EXPECT_EQ(r.version_max, CCM_VERSION_MAX);
    EXPECT_EQ(r.uptime_ms, low.uptime_ms);
    low.start();
    EXPECT_EQ(low.types(), Types{});
}

TEST_F(Attempt, EachConnectHasTheNextNumbers)
{
    low.start();
    for (uint32_t i = 2; i < 6; i++) {
        low.fail();
        low.timer();
        EXPECT_EQ(low.find(CCM_ACT_CONNECT)->conn, 2 * i);
        EXPECT_EQ(request_in(low.find(CCM_ACT_CONNECT)).attempt, i);
    }
}

TEST_F(Attempt, BackoffDoublesUpToItsLimitWithJitter)
{
    const uint64_t expected[] = {50, 100, 200, 400, 800, 1600, 2000, 2000, 2000};

    for (uint64_t random : {0ULL, 0x7fffffffULL, 0xffffffffffffffffULL, 0x1234567ULL}) {
        Machine m;

        m.random = random;
        m.start();
        for (uint64_t base : expected) {
            m.fail();
            EXPECT_EQ(m.s.state, static_cast<uint32_t>(CCM_STATE_DOWN));
            EXPECT_GE(m.wait(), base * ms * 3 / 4);
            EXPECT_LE(m.wait(), base * ms * 5 / 4);
            if (!random) {
                EXPECT_EQ(m.wait(), base * ms * 3 / 4);
            }
            m.timer();
        }
        EXPECT_EQ(m.wrong, "");
    }
}

TEST_F(Attempt, JitterReachesBothItsEnds)
{
    uint64_t least = ~0ULL, most = 0;

    for (uint64_t random = 0; random <= 25000; random++) {
        Machine m;

        m.random = random;
        m.start().fail();
        least = std::min(least, m.wait());
        most = std::max(most, m.wait());
    }
    EXPECT_EQ(least, CCM_RETRY_MIN_MS * ms * 3 / 4);
    EXPECT_EQ(most, CCM_RETRY_MIN_MS * ms * 5 / 4);
}

TEST_F(Attempt, RetriesAreCountedForEver)
{
    low.start();
    low.s.attempt.retries = ~0U;
    low.fail();
    EXPECT_EQ(low.s.attempt.retries, ~0U);
    EXPECT_GE(low.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
}

TEST_F(Attempt, APartnerThatIsAwayShowsOnceAndThenNothing)
{
    low.start();
    EXPECT_TRUE(low.has(CCM_ACT_STATE));
    low.fail();
    ASSERT_TRUE(low.has(CCM_ACT_STATE));
    EXPECT_EQ(low.find(CCM_ACT_STATE)->state, static_cast<uint32_t>(CCM_STATE_DOWN));
    EXPECT_EQ(low.find(CCM_ACT_STATE)->reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
    for (int i = 0; i < 10; i++) {
        low.timer();
        EXPECT_FALSE(low.has(CCM_ACT_STATE));
        low.timer();
        EXPECT_FALSE(low.has(CCM_ACT_STATE));
    }
    low.step(low.simple(CCM_SEV_REQUEST)); // garbage is no news either
    EXPECT_FALSE(low.has(CCM_ACT_STATE));
    low.step(low.rejected(CCM_REJECT_VERSION));
    EXPECT_FALSE(low.has(CCM_ACT_STATE)); // of a connection that is gone
    low.timer();
    low.step(low.rejected(CCM_REJECT_VERSION));
    ASSERT_TRUE(low.has(CCM_ACT_STATE));
    EXPECT_EQ(low.find(CCM_ACT_STATE)->reason, static_cast<uint32_t>(CCM_REASON_VERSION));
}

// Nobody is at the partner's address, and somebody asks as the partner from another. That is a
// guess, so it is made only of who was never heard of.
TEST_F(Attempt, WhoAsksFromElsewhereMayBeThePartner)
{
    low.start();
    auto nobody = low.simple(CCM_SEV_FAILED, 0, CCM_CM_UNREACHABLE);
    nobody.event.elsewhere = true;
    low.step(nobody);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_ADDRESS));
    low.timer();
    low.fail();
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE)) << "he has gone";
    low.timer();
    low.to(CCM_STATE_READY);
    low.step(low.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    low.timer();
    nobody = low.simple(CCM_SEV_FAILED, 0, CCM_CM_UNREACHABLE);
    nobody.event.elsewhere = true;
    low.step(nobody);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
}

TEST_F(Attempt, GreetingIsShownEachTime)
{
    low.start().fail();
    low.timer();
    low.greet();
    EXPECT_EQ(low.s.announced_state, static_cast<uint32_t>(CCM_STATE_GREETING));
    low.step(low.simple(CCM_SEV_ERROR));
    low.timer();
    low.greet();
    EXPECT_EQ(low.s.announced_state, static_cast<uint32_t>(CCM_STATE_GREETING));
}

TEST_F(Attempt, FindingNobodyDoesNotHideWhyItWentAway)
{
    for (uint32_t reason = 0; reason < CCM_REASON_COUNT; reason++) {
        bool hides = reason == CCM_REASON_NONE || reason == CCM_REASON_DEVICE || reason == CCM_REASON_VERSION ||
                     reason == CCM_REASON_REFUSED || reason == CCM_REASON_AUTHENTICATION ||
                     reason == CCM_REASON_DUPLICATE || reason == CCM_REASON_ADDRESS || reason == CCM_REASON_MTU;

        for (uint32_t status : {CCM_CM_NO_LISTENER, CCM_CM_UNREACHABLE, CCM_CM_RESOURCES, CCM_CM_OTHER}) {
            Machine m;

            m.start();
            m.s.reason = reason;
            m.fail(status);
            EXPECT_EQ(m.s.reason, hides ? static_cast<uint32_t>(CCM_REASON_UNREACHABLE) : reason);
        }
    }
}

TEST_F(Attempt, NoDeviceIsShownUnlessMoreIsKnown)
{
    low.start().fail(CCM_CM_NO_DEVICE);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_DEVICE));
    low.timer();
    low.fail(CCM_CM_NO_DEVICE);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_DEVICE));
    low.timer();
    low.fail(CCM_CM_UNREACHABLE);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
    low.timer();
    low.fail(CCM_CM_NO_DEVICE);
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
    low.timer();
    low.step(low.simple(CCM_SEV_DEVICE_GONE));
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_DEVICE));
}

TEST_F(Attempt, RejectCodes)
{
    struct {
        uint32_t code, reason;
        bool policy;
    } const cases[] = {
        {CCM_REJECT_VERSION, CCM_REASON_VERSION, true},      {CCM_REJECT_CLUSTER, CCM_REASON_REFUSED, true},
        {CCM_REJECT_NODE, CCM_REASON_REFUSED, true},         {CCM_REJECT_PARTNER, CCM_REASON_REFUSED, true},
        {CCM_REJECT_MALFORMED, CCM_REASON_REFUSED, true},    {CCM_REJECT_ADMIN, CCM_REASON_ADMIN, true},
        {CCM_REJECT_DUMPING, CCM_REASON_ADMIN, true},        {CCM_REJECT_STOPPING, CCM_REASON_SHUTDOWN, false},
        {CCM_REJECT_ADDRESS, CCM_REASON_ADDRESS, true},      {CCM_REJECT_KEY, CCM_REASON_AUTHENTICATION, true},
        {CCM_REJECT_STALE, CCM_REASON_UNREACHABLE, false},   {CCM_REJECT_BUSY, CCM_REASON_UNREACHABLE, false},
        {CCM_REJECT_CROSSED, CCM_REASON_UNREACHABLE, false}, // for the lower node
        {CCM_REJECT_COUNT, CCM_REASON_UNREACHABLE, false},   // does not decode
    };

    for (auto &c : cases) {
        Machine m(1, 2);
        uint64_t base = c.policy ? CCM_RETRY_MAX_MS : CCM_RETRY_MIN_MS;

        m.start();
        m.step(m.rejected(c.code));
        EXPECT_EQ(m.s.state, static_cast<uint32_t>(CCM_STATE_DOWN)) << c.code;
        EXPECT_EQ(m.s.reason, c.reason) << c.code;
        EXPECT_GE(m.wait(), base * ms * 3 / 4) << c.code;
        EXPECT_LE(m.wait(), base * ms * 5 / 4) << c.code;
        EXPECT_EQ(m.wrong, "");
    }
    low.start();
    low.s.reason = CCM_REASON_PANICKED;
    low.step(low.rejected(CCM_REJECT_STOPPING));
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_PANICKED));
}

TEST_F(Attempt, AStaleConnectionIsRetriedAtOnceAFewTimes)
{
    low.start();
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < CCM_RETRY_AT_ONCE_MAX; i++) {
            low.step(low.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE));
            EXPECT_TRUE(low.has(CCM_ACT_CLOSE));
            EXPECT_TRUE(low.has(CCM_ACT_CONNECT)) << i;
        }
        low.step(low.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE));
        EXPECT_FALSE(low.has(CCM_ACT_CONNECT));
        EXPECT_EQ(low.s.state, static_cast<uint32_t>(CCM_STATE_DOWN));
        low.timer(); // having waited, it may be retried at once again
    }
}

// ... and when a path has come up, as many times again.
TEST_F(Attempt, APathThatComesUpAllowsItAgain)
{
    auto stale = [&] { low.step(low.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE)); };

    low.start();
    for (uint32_t i = 0; i < CCM_RETRY_AT_ONCE_MAX; i++)
        stale();
    low.step(low.simple(CCM_SEV_PATH_UP));
    for (uint32_t i = 0; i <= CCM_RETRY_AT_ONCE_MAX; i++) { // for the path, and so many times
        stale();
        EXPECT_TRUE(low.has(CCM_ACT_CONNECT)) << i;
    }
    stale();
    EXPECT_FALSE(low.has(CCM_ACT_CONNECT));
}

// A path that came up is tried at once if the attempt of then fails: not a later one.
TEST_F(Attempt, APathThatCameUpIsOfOneAttempt)
{
    low.start();
    low.step(low.simple(CCM_SEV_PATH_UP));
    low.step(low.request(1)); // crossed: another attempt, over the new path
    ASSERT_TRUE(low.has(CCM_ACT_CONNECT));
    low.fail();
    EXPECT_FALSE(low.has(CCM_ACT_CONNECT));
    low.step(low.simple(CCM_SEV_STOP));
    low.start();
    low.step(low.simple(CCM_SEV_PATH_UP));
    low.step(low.simple(CCM_SEV_STOP));
    low.start().fail();
    EXPECT_FALSE(low.has(CCM_ACT_CONNECT));
    high.start();
    high.step(high.simple(CCM_SEV_PATH_UP));
    high.greet(); // it has not failed
    high.step(high.simple(CCM_SEV_ERROR));
    EXPECT_FALSE(high.has(CCM_ACT_CONNECT));
}

// Behind START all begins anew, whatever was tried before.
TEST_F(Attempt, StartForgets)
{
    low.start();
    for (int i = 0; i < 6; i++) {
        low.fail();
        low.timer();
    }
    low.step(low.simple(CCM_SEV_STOP));
    low.start().fail();
    EXPECT_LE(low.wait(), CCM_RETRY_MIN_MS * ms * 5 / 4);
    for (uint32_t i = 0; i < CCM_RETRY_AT_ONCE_MAX; i++) {
        high.start();
        high.step(high.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE));
    }
    high.step(high.simple(CCM_SEV_STOP));
    high.start();
    high.step(high.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE));
    EXPECT_TRUE(high.has(CCM_ACT_CONNECT));
}

TEST_F(Attempt, PathUp)
{
    low.start();
    for (int i = 0; i < 6; i++) {
        low.fail();
        low.timer();
    }
    low.fail();
    low.step(low.simple(CCM_SEV_PATH_UP));
    EXPECT_TRUE(low.has(CCM_ACT_CONNECT));
    low.fail();
    EXPECT_LE(low.wait(), CCM_RETRY_MIN_MS * ms * 5 / 4);
    low.timer();
    low.step(low.simple(CCM_SEV_PATH_UP));
    EXPECT_EQ(low.types(), Types{});
    low.fail();
    EXPECT_TRUE(low.has(CCM_ACT_CONNECT)); // kicked
    low.fail();
    EXPECT_FALSE(low.has(CCM_ACT_CONNECT)); // once
    EXPECT_GE(low.wait(), 2 * CCM_RETRY_MIN_MS * ms * 3 / 4);
    EXPECT_LE(low.wait(), 2 * CCM_RETRY_MIN_MS * ms * 5 / 4);
    low.timer();
    low.step(low.simple(CCM_SEV_PATH_UP));
    low.step(low.rejected(CCM_REJECT_ADMIN));
    EXPECT_TRUE(low.has(CCM_ACT_CONNECT)); // a policy reason does not matter
    low.step(low.simple(CCM_SEV_STOP));
    low.step(low.simple(CCM_SEV_PATH_UP));
    EXPECT_EQ(low.types(), Types{}); // disabled
    high.start().to(CCM_STATE_GREETING);
    high.step(high.simple(CCM_SEV_PATH_UP));
    EXPECT_EQ(high.types(), Types{});
    high.step(high.simple(CCM_SEV_ERROR));
    EXPECT_FALSE(high.has(CCM_ACT_CONNECT));
}

TEST_F(Attempt, TheTimerHasEdges)
{
    low.start();
    low.now = low.s.deadline_us - 1;
    low.step(low.simple(CCM_SEV_TIMER));
    EXPECT_EQ(low.types(), Types{});
    low.now++;
    low.step(low.simple(CCM_SEV_TIMER));
    EXPECT_EQ(low.s.state, static_cast<uint32_t>(CCM_STATE_DOWN));
    low.now = low.s.deadline_us - 1;
    low.step(low.simple(CCM_SEV_TIMER));
    EXPECT_EQ(low.types(), Types{});
    low.timer();
    EXPECT_TRUE(low.has(CCM_ACT_CONNECT));
    low.to(CCM_STATE_READY);
    EXPECT_EQ(low.s.deadline_us, 0U);
    low.take();
    low.now += 1000000000;
    low.step(low.simple(CCM_SEV_TIMER));
    EXPECT_EQ(low.types(), Types{});
    low.step(low.simple(CCM_SEV_STOP));
    low.now += 1000000000;
    low.step(low.simple(CCM_SEV_TIMER));
    EXPECT_EQ(low.types(), Types{});
}

TEST_F(Attempt, ADownNodeAccepts)
{
    low.start().fail();
    low.step(low.request(3));
    EXPECT_EQ(low.types(), (Types{CCM_ACT_ACCEPT, CCM_ACT_TIMER}));
    EXPECT_EQ(low.find(CCM_ACT_ACCEPT)->conn, 1U);
    EXPECT_EQ(request_in(low.find(CCM_ACT_ACCEPT)).attempt, 1U); // ours
    EXPECT_EQ(low.s.conn.number, 3U);
    EXPECT_EQ(low.s.peer_attempt, 0U); // it counts when it is proven
    low.step(low.simple(CCM_SEV_REJECTED, 0, CCM_CM_STALE));
    EXPECT_FALSE(low.has(CCM_ACT_CONNECT)); // a passive attempt waits
    EXPECT_GE(low.wait(), CCM_RETRY_MIN_MS * ms * 3 / 4);
}

TEST_F(Attempt, CrossedTheLowerNodeWins)
{
    low.start();
    low.step(low.request(1));
    EXPECT_EQ(low.types(), (Types{CCM_ACT_REJECT, CCM_ACT_CLOSE, CCM_ACT_CONNECT}));
    EXPECT_EQ(low.reject_code(), static_cast<uint32_t>(CCM_REJECT_CROSSED));
    EXPECT_EQ(request_in(low.find(CCM_ACT_CONNECT)).attempt, 2U);
    low.step(low.request(2)); // it has not had the fresh one either: mine do not arrive
    EXPECT_EQ(low.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_ACCEPT}));
    low.fail();
    low.timer();
    low.step(low.request(3)); // fresh belongs to one request
    EXPECT_TRUE(low.has(CCM_ACT_CONNECT));
}

TEST_F(Attempt, CrossedTheHigherNodeAccepts)
{
    high.start();
    high.step(high.request(1));
    EXPECT_EQ(high.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_ACCEPT}));
    high.step(high.request(2)); // the fresh one
    EXPECT_EQ(high.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_ACCEPT}));
    EXPECT_EQ(high.find(CCM_ACT_CLOSE)->conn, 1U);
    EXPECT_EQ(high.find(CCM_ACT_ACCEPT)->conn, 3U);
}

TEST_F(Attempt, TheHigherNodeWaitsForWhatCrossedIts)
{
    high.start();
    high.now += 5000;
    high.step(high.rejected(CCM_REJECT_CROSSED));
    EXPECT_EQ(high.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_TIMER}));
    EXPECT_EQ(high.wait(), CCM_CONNECT_MS * ms);
    EXPECT_EQ(high.s.state, static_cast<uint32_t>(CCM_STATE_CONNECTING));
    Machine other = high;
    other.timer();
    EXPECT_FALSE(other.has(CCM_ACT_CLOSE));
    EXPECT_EQ(other.s.state, static_cast<uint32_t>(CCM_STATE_DOWN));
    EXPECT_EQ(other.wrong, "");
    high.step(high.request(1));
    EXPECT_EQ(high.find(CCM_ACT_ACCEPT)->conn, 1U);
}

TEST_F(Attempt, TheHigherNodeWaitsWhenItsAcceptIsTakenBack)
{
    high.passive();
    high.step(high.simple(CCM_SEV_REJECTED, 0, CCM_CM_OTHER));
    EXPECT_EQ(high.types(), Types{CCM_ACT_CLOSE});
    EXPECT_EQ(high.s.state, static_cast<uint32_t>(CCM_STATE_CONNECTING));
    high.step(high.request(2));
    EXPECT_TRUE(high.has(CCM_ACT_ACCEPT));
}

TEST_F(Attempt, AnOlderRequestIsStale)
{
    low.start().fail();
    low.step(low.request(7));
    for (uint32_t attempt : {7U, 6U, 1U}) {
        low.step(low.request(attempt));
        EXPECT_EQ(low.reject_code(), static_cast<uint32_t>(CCM_REJECT_STALE));
    }
    low.step(low.request(8));
    EXPECT_TRUE(low.has(CCM_ACT_ACCEPT));
    low.step(low.request(1, 0xdead));
    EXPECT_TRUE(low.has(CCM_ACT_ACCEPT));
    EXPECT_EQ(low.s.conn.incarnation, 0xdeadU);
    EXPECT_EQ(low.s.peer_incarnation, 0U); // not proven
}

// A request that led to no session must not shut out all that come after it.
TEST_F(Attempt, ARequestOfNobodyShutsOutNobody)
{
    low.start().to(CCM_STATE_READY);
    low.step(low.request(~0U)); // nobody is behind it
    low.timer();
    low.step(low.request(2));
    EXPECT_EQ(low.reject_code(), 0U);
    low.start().fail(); // and where there is no session
    low.step(low.simple(CCM_SEV_STOP));
    low.start();
    low.fail();
    low.step(low.request(~0U));
    low.timer();
    low.step(low.request(3));
    EXPECT_EQ(low.reject_code(), 0U);
}

TEST_F(Attempt, AnAcceptMakesTheCrossedRequestStale)
{
    low.peer_attempt = 4;
    low.start().to(CCM_STATE_READY);
    low.step(low.request(4));
    EXPECT_EQ(low.reject_code(), static_cast<uint32_t>(CCM_REJECT_STALE));
    EXPECT_EQ(low.s.state, static_cast<uint32_t>(CCM_STATE_READY));
}

TEST_F(Attempt, WrongRequestsAreRejectedWithTheirCode)
{
    struct {
        std::function<void(ccm_wire_request &)> tweak;
        uint32_t code;
    } const cases[] = {
        {[](auto &r) { r.cluster++; }, CCM_REJECT_CLUSTER},
        {[](auto &r) { r.node = 9; }, CCM_REJECT_NODE},
        {[](auto &r) { r.partner = 9; }, CCM_REJECT_PARTNER},
        {[](auto &r) { r.purpose = CCM_PURPOSE_SESSION + 1; }, CCM_REJECT_MALFORMED},
        {[](auto &r) { r.incarnation = 0; }, CCM_REJECT_MALFORMED},
        {[](auto &r) { r.attempt = 0; }, CCM_REJECT_MALFORMED},
        {[](auto &r) { r.version_min = r.version_max = 99; }, CCM_REJECT_VERSION},
    };

    for (auto &c : cases) {
        Machine m;

        m.start().to(CCM_STATE_READY);
        m.step(m.request(9, 0, c.tweak));
        EXPECT_EQ(m.types(), Types{CCM_ACT_REJECT});
        EXPECT_EQ(m.reject_code(), c.code);
        EXPECT_EQ(m.s.state, static_cast<uint32_t>(CCM_STATE_READY));
        EXPECT_EQ(m.s.peer_attempt, 1U); // nothing of it is remembered
        EXPECT_EQ(m.wrong, "");
    }
}

TEST_F(Attempt, NoCommonVersionShows)
{
    auto other = [](auto &r) { r.version_min = r.version_max = 99; };

    low.start();
    low.step(low.request(1, 0, other));
    EXPECT_EQ(low.types(), Types{CCM_ACT_REJECT}); // my own attempt goes on
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_VERSION));
    low.timer();
    low.step(low.request(2, 0, other)); // anybody's: it changes no reason that there is
    EXPECT_EQ(low.types(), Types{CCM_ACT_REJECT});
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
    low.timer();
    low.step(low.established(false, other));
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_VERSION));
    EXPECT_GE(low.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
}

TEST_F(Attempt, AWrongAcceptIsRefused)
{
    for (int i = 0; i < 4; i++) {
        Machine m;

        m.start();
        m.step(m.established(false, [i](auto &r) {
            if (i == 0)
                r.node = 9;
            if (i == 1)
                r.cluster++;
            if (i == 2)
                r.incarnation = 0;
            if (i == 3)
                r.partner = 9;
        }));
        EXPECT_EQ(m.s.state, static_cast<uint32_t>(CCM_STATE_DOWN));
        EXPECT_EQ(m.s.reason, static_cast<uint32_t>(CCM_REASON_REFUSED));
        EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
        EXPECT_EQ(m.wrong, "");
    }
}

TEST_F(Attempt, ADisabledPartnerIsRejected)
{
    low.step(low.request(1));
    EXPECT_EQ(low.reject_code(), static_cast<uint32_t>(CCM_REJECT_ADMIN));
    low.start();
    low.step(low.simple(CCM_SEV_STOP, CCM_REASON_SHUTDOWN));
    low.step(low.request(1));
    EXPECT_EQ(low.reject_code(), static_cast<uint32_t>(CCM_REJECT_STOPPING));
    low.start(); // and back: what it was stopped for is forgotten
    low.fail();
    EXPECT_EQ(low.s.reason, static_cast<uint32_t>(CCM_REASON_UNREACHABLE));
    low.step(low.simple(CCM_SEV_STOP, CCM_REASON_ADMIN));
    EXPECT_EQ(low.types(), (Types{CCM_ACT_STATE, CCM_ACT_TIMER}));
    EXPECT_EQ(low.find(CCM_ACT_TIMER)->at_us, 0U);
}

TEST_F(Attempt, Screen)
{
    ccm_wire_request r{}, got{};
    uint8_t data[CCM_PRIVATE_REQUEST_MAX] = {};

    r.version_min = r.version_max = 99; // not looked at here
    r.purpose = CCM_PURPOSE_SESSION;
    r.node = 7;
    r.partner = 1;
    r.cluster = 5;
    r.incarnation = 3;
    r.attempt = 1;
    ccm_wire_put_request(data, &r);
    EXPECT_EQ(ccm_session_screen(1, 5, data, sizeof(data), &got), static_cast<uint32_t>(CCM_REJECT_NONE));
    EXPECT_EQ(got.node, 7U);
    EXPECT_EQ(ccm_session_screen(1, 6, data, sizeof(data), &got), static_cast<uint32_t>(CCM_REJECT_CLUSTER));
    EXPECT_EQ(ccm_session_screen(2, 5, data, sizeof(data), &got), static_cast<uint32_t>(CCM_REJECT_PARTNER));
    for (uint32_t len = 0; len < sizeof(data); len++)
        EXPECT_EQ(ccm_session_screen(1, 5, data, len, &got), static_cast<uint32_t>(CCM_REJECT_MALFORMED));
    EXPECT_EQ(ccm_session_screen(1, 5, nullptr, 0, &got), static_cast<uint32_t>(CCM_REJECT_MALFORMED));
}

} // namespace
