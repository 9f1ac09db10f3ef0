// SPDX-License-Identifier: GPL-2.0-only
// The last word of a partner that panics: it makes a session look, and is never believed alone.
#include <cstring>

#include <gtest/gtest.h>

#include "../../ccm/core/liveness.h"
#include "machine.h"

namespace {

using sim::Machine;
using sim::Types;
using sim::ms;
using sim::u;

class Word : public testing::Test {
protected:
    void SetUp() override
    {
        m.start().to(CCM_STATE_READY);
        m.take();
        conn_ = m.s.conn.id;
    }

    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    Machine &word() { return m.step(m.simple(CCM_SEV_WORD)); }

    void expect_down(uint32_t reason)
    {
        EXPECT_EQ(m.find(CCM_ACT_CLOSE)->conn, conn_);
        ASSERT_TRUE(m.has(CCM_ACT_DOWN));
        EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, reason);
        EXPECT_EQ(m.s.reason, reason);
    }

    Machine m{1, 2};
    uint32_t conn_ = 0;
};

TEST_F(Word, MakesItLookAtOnce)
{
    const uint64_t came = m.now;

    word();
    EXPECT_EQ(m.types(), (Types{CCM_ACT_PROBE, CCM_ACT_TIMER}));
    EXPECT_EQ(m.find(CCM_ACT_PROBE)->conn, conn_);
    EXPECT_EQ(m.s.armed_us, came + CCM_DETECT_MS_DEFAULT * ms / CCM_WORD_SHARE);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

TEST_F(Word, SilenceBehindItIsPanicked)
{
    word();
    m.timer();
    expect_down(CCM_REASON_PANICKED);
}

// The page says so itself: hardware, or a machine that stands and answers.
TEST_F(Word, ThePageWithTheFlagIsPanicked)
{
    word();
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_PANICKED));
    expect_down(CCM_REASON_PANICKED);
}

TEST_F(Word, AConnectionThatBreaksBehindItIsPanicked)
{
    for (auto type : {CCM_SEV_ERROR, CCM_SEV_DISCONNECTED}) {
        Machine again = m;

        word();
        m.step(m.simple(type));
        expect_down(CCM_REASON_PANICKED);
        m = again;
    }
}

// What else ends a session meanwhile keeps its own name.
TEST_F(Word, OtherReasonsStay)
{
    Machine fresh = m;

    word();
    m.step(m.simple(CCM_SEV_DEVICE_GONE));
    expect_down(CCM_REASON_DEVICE);
    m = fresh;
    word();
    m.step(m.goodbye(CCM_REASON_SHUTDOWN));
    expect_down(CCM_REASON_SHUTDOWN);
    m = fresh;
    word();
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_HUNG));
    expect_down(CCM_REASON_HUNG);
}

// The partner answers, and its page has no flag: whoever sent the word, it was not its kernel.
TEST_F(Word, AnAnswerMakesItFalse)
{
    word();
    m.step(m.simple(CCM_SEV_ALIVE));
    EXPECT_EQ(m.types(), (Types{CCM_ACT_WORD_FALSE, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.armed_us, 0U);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    // What comes later has nothing to do with it.
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    expect_down(CCM_REASON_UNREACHABLE);
}

TEST_F(Word, OneIsOnItsWayAtMost)
{
    word();
    const uint64_t armed = m.s.armed_us;
    m.now += ms;
    word();
    EXPECT_EQ(m.types(), Types{});
    EXPECT_EQ(m.s.armed_us, armed);
}

TEST_F(Word, OfAnotherConnectionIsNothing)
{
    auto h = m.simple(CCM_SEV_WORD);

    h.event.conn += 2;
    m.step(h);
    EXPECT_EQ(m.types(), Types{});
}

// READs that took long of late are waited for longer, but not beyond what silence is given.
TEST_F(Word, PatienceFollowsTheReads)
{
    const std::pair<uint32_t, uint64_t> cases[] = {
        {0, 3125}, {781, 3125}, {782, 3128}, {10000, 40 * ms}, {62499, 249996}, {62501, 250 * ms}, {~0U, 250 * ms},
    };

    for (auto [read_us, patience] : cases) {
        Machine at = m;

        at.read_us = read_us;
        at.step(at.simple(CCM_SEV_WORD));
        EXPECT_EQ(at.s.armed_us - at.now, patience) << read_us;
    }
    // ... and what detect_ms says of the machines
    const std::pair<uint32_t, uint64_t> shares[] = {{20, 3 * ms}, {240, 3 * ms}, {1000, 12500}, {60000, 750 * ms}};
    for (auto [detect_ms, patience] : shares) {
        Machine at = m;

        at.s.config.detect_ms = detect_ms;
        at.step(at.simple(CCM_SEV_WORD));
        EXPECT_EQ(at.s.armed_us - at.now, patience) << detect_ms;
    }
}

TEST_F(Word, BeforeReadyIsNotLookedAt)
{
    Machine early{1, 2};

    early.start();
    for (auto state : {CCM_STATE_CONNECTING, CCM_STATE_GREETING, CCM_STATE_NEGOTIATING, CCM_STATE_OPENING}) {
        if (state > CCM_STATE_CONNECTING && state < CCM_STATE_OPENING)
            early.to(state);
        early.step(early.simple(CCM_SEV_WORD));
        EXPECT_EQ(early.types(), Types{}) << state;
        EXPECT_EQ(early.s.conn.word_us, 0U);
    }
}

// A candidate that waits for a READ, too: one answer settles both.
TEST_F(Word, BesideACandidate)
{
    m.peer_uptime_ms = 5000;
    m.heard_us = m.now;
    m.heard_uptime_ms = 5000;
    m.now += 100 * ms;
    m.peer_uptime_ms = 777777;
    m.step(m.request(1, 0xdead));
    m.peer_incarnation = 0xdead;
    m.peer_nonce++;
    m.beside = true;
    m.step(m.established());
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.status());
    ASSERT_TRUE(m.has(CCM_ACT_PROBE));
    m.beside = false;
    Machine fresh = m;
    word();
    m.step(m.simple(CCM_SEV_ALIVE));
    EXPECT_TRUE(m.has(CCM_ACT_CLASH));
    EXPECT_TRUE(m.has(CCM_ACT_WORD_FALSE));
    m = fresh;
    word();
    m.now = m.s.conn.word_us;
    m.step(m.simple(CCM_SEV_TIMER));
    expect_down(CCM_REASON_PANICKED);
}

// The same kernel and module come again beside it: whoever sent the word, nobody has panicked.
TEST_F(Word, TheSameKernelThatGreetsMakesItFalse)
{
    m.now += 100 * ms;
    word();
    m.step(m.request(2, m.peer_incarnation));
    m.peer_nonce++;
    m.beside = true;
    m.step(m.established());
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.status());
    expect_down(CCM_REASON_UNREACHABLE);
}

// Each connection has a secret of its own, and tells that.
TEST_F(Word, EachSessionTellsASecret)
{
    ccm_wire_hello hello;

    Machine greeted{1, 2};
    greeted.start().greet();
    greeted.step(greeted.keys());
    ASSERT_TRUE(greeted.has(CCM_ACT_WRITE));
    ASSERT_EQ(ccm_wire_get_hello(greeted.find(CCM_ACT_WRITE)->data, greeted.find(CCM_ACT_WRITE)->len, &hello), 0);
    EXPECT_EQ(std::memcmp(hello.secret, greeted.s.conn.secret, sizeof(hello.secret)), 0);
    EXPECT_TRUE(ccm_wire_secret_there(hello.secret));
    EXPECT_TRUE(ccm_wire_secret_there(m.s.conn.hello.secret));
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    EXPECT_FALSE(ccm_wire_secret_there(m.s.conn.secret));
    EXPECT_FALSE(ccm_wire_secret_there(m.s.conn.hello.secret));
}

} // namespace
