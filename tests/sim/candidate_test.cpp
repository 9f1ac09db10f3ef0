// SPDX-License-Identifier: GPL-2.0-only
// Make before break: a new connection is greeted beside the one there is. What it proves
// decides what the present session ends for, and whether it ends at all.
#include <gtest/gtest.h>

#include "machine.h"

namespace {

using sim::Machine;
using sim::Types;
using sim::ms;
using sim::u;

class Candidate : public testing::Test {
protected:
    void SetUp() override
    {
        m.peer_uptime_ms = 5000;
        m.start().to(CCM_STATE_READY);
        m.take();
        old_ = m.s.conn.id;
        hear(5000); // the partner's kernel is 5 s older than this READ
    }

    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    // A heartbeat succeeds @after_ms later.
    void hear(uint64_t after_ms)
    {
        m.now += after_ms * ms;
        m.heard_us = m.now;
        m.heard_uptime_ms = 5000 + after_ms;
        m.step(m.simple(CCM_SEV_TIMER));
    }

    // Somebody asks, @after_ms after that, and is accepted beside.
    Machine &ask(uint64_t incarnation, uint64_t uptime_ms, uint64_t after_ms = 100)
    {
        m.now += after_ms * ms;
        m.peer_uptime_ms = uptime_ms;
        m.step(m.request(incarnation == m.peer_incarnation ? 2 : 1, incarnation));
        m.peer_incarnation = incarnation;
        m.peer_nonce++;
        m.beside = true;
        return m;
    }

    // ... and proves who it is, R1 last.
    Machine &prove() { return prove(m); }
    static Machine &prove(Machine &of)
    {
        of.step(of.established());
        of.step(of.keys());
        of.step(of.hello());
        return of.step(of.status());
    }

    // It has taken the place, and the series goes on to its end.
    static void go_on_to_ready(Machine &of)
    {
        of.beside = false;
        of.step(of.answer_ring());
        of.step(of.answer());
        of.to(CCM_STATE_READY);
        EXPECT_EQ(of.s.state, u(CCM_STATE_READY));
        EXPECT_EQ(of.wrong, "");
    }

    // It is sent away, and told why; and nothing of this node.
    void expect_goodbye(uint32_t reason)
    {
        const ccm_session_action *a = m.find(CCM_ACT_WRITE);
        ccm_wire_goodbye g{};

        ASSERT_TRUE(a);
        ASSERT_EQ(ccm_wire_get_goodbye(a->data, a->len, &g), 0);
        EXPECT_EQ(g.reason, reason);
        EXPECT_EQ(g.stage, u(CCM_STAGE_UNKNOWN));
    }

    void expect_replaced(uint32_t reason)
    {
        EXPECT_EQ(m.find(CCM_ACT_CLOSE)->conn, old_);
        ASSERT_TRUE(m.has(CCM_ACT_DOWN));
        EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, reason);
        EXPECT_EQ(m.find(CCM_ACT_STATE)->state, u(CCM_STATE_DOWN));
        EXPECT_EQ(m.find(CCM_ACT_STATE)->reason, reason);
        m.beside = false;
        m.step(m.answer_ring());
        m.step(m.answer());
        m.to(CCM_STATE_READY);
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    }

    Machine m{1, 2};
    uint32_t old_ = 0;
};

TEST_F(Candidate, NothingIsTouchedBeforeItIsProven)
{
    ask(0xdead, 20);
    EXPECT_EQ(m.types(), (Types{CCM_ACT_ACCEPT, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.s.conn.id, old_);
    m.step(m.established());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_SEND, CCM_ACT_TIMER}));
    m.step(m.keys());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_READ, CCM_ACT_WRITE}));
    m.step(m.hello());
    EXPECT_EQ(m.types(), Types{CCM_ACT_ANSWER});
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.s.peer_incarnation, 0xb0bU);
}

// One request with an invented incarnation, or a late duplicate of a dead one
TEST_F(Candidate, NobodyIsBehindIt)
{
    ask(0xdead, 20);
    m.timer();
    EXPECT_EQ(m.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.armed_us, 0U);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.s.conn.id, old_);
}

TEST_F(Candidate, WhateverBecomesOfItTheSessionStays)
{
    const sim::Happening none;

    for (auto type : {CCM_SEV_REJECTED, CCM_SEV_FAILED, CCM_SEV_DISCONNECTED, CCM_SEV_ERROR, CCM_SEV_DEVICE_GONE}) {
        for (int far = 0; far < 3; far++) {
            m.beside = false;
            ask(0xdead + type * 8U + far, 20);
            if (far > 0)
                m.step(m.established());
            if (far > 1)
                m.step(m.keys());
            m.step(m.simple(type));
            EXPECT_EQ(m.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_TIMER}));
            EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
            EXPECT_EQ(m.s.candidate.id, 0U);
        }
    }
}

TEST_F(Candidate, WrongMessagesEndItAlone)
{
    for (int i = 0; i < 7; i++) {
        m.beside = false;
        ask(0xdead + i, 20);
        if (i == 0)
            m.step(m.hello()); // before ESTABLISHED
        else
            m.step(m.established());
        if (i == 1)
            m.step(m.hello()); // before its keys
        if (i > 1)
            m.step(m.keys([i](auto &k) { k.incarnation += i == 2; }));
        if (i == 3)
            m.step(m.hello([](auto &h) { h.nonce_partner++; }));
        if (i == 4)
            m.step(m.status([](auto &p) { p.node = 9; }));
        if (i == 5)
            m.step(m.simple(CCM_SEV_RING, 0, CCM_RING_LINKS));
        if (i == 6)
            m.step(m.simple(CCM_SEV_RING, 0, CCM_RING_CATALOG)); // before its hello
        EXPECT_TRUE(m.has(CCM_ACT_CLOSE)) << i;
        EXPECT_EQ(m.s.candidate.id, 0U) << i;
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY)) << i;
    }
}

// A rebooted partner is taken back at once: its kernel is younger than the last READ.
TEST_F(Candidate, ANewKernelReplacesTheOld)
{
    uint32_t kernel = m.s.peer_kernel;

    ask(0xdead, 80);
    prove();
    expect_replaced(CCM_REASON_RESTARTED);
    EXPECT_EQ(m.s.peer_incarnation, 0xdeadU);
    EXPECT_NE(m.s.peer_kernel, kernel);
}

// A kernel that ran already when the old incarnation was read last cannot have replaced it:
// either its module was loaded anew, or there are two.
TEST_F(Candidate, TwoMachinesWithOneId)
{
    for (uint64_t uptime_ms : {120, 777777}) {
        m.beside = false;
        ask(0xdead + uptime_ms, uptime_ms);
        prove();
        EXPECT_EQ(m.types(), Types{CCM_ACT_PROBE});
        EXPECT_EQ(m.find(CCM_ACT_PROBE)->conn, old_);
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
        uint32_t other = m.s.candidate.id;
        m.beside = false;
        m.step(m.simple(CCM_SEV_ALIVE));
        EXPECT_EQ(m.types(), (Types{CCM_ACT_CLASH, CCM_ACT_WRITE, CCM_ACT_CLOSE, CCM_ACT_TIMER}));
        EXPECT_EQ(m.find(CCM_ACT_CLASH)->conn, other);
        EXPECT_EQ(m.find(CCM_ACT_WRITE)->conn, other);
        EXPECT_EQ(m.find(CCM_ACT_CLOSE)->conn, other);
        EXPECT_TRUE(m.find(CCM_ACT_CLOSE)->flush);
        expect_goodbye(CCM_REASON_DUPLICATE);
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
        EXPECT_EQ(m.s.conn.id, old_);
    }
}

TEST_F(Candidate, ALateAliveIsNothing)
{
    m.step(m.simple(CCM_SEV_ALIVE));
    EXPECT_EQ(m.types(), Types{});
    ask(0xdead, 20);
    m.beside = false;
    m.step(m.simple(CCM_SEV_ALIVE)); // it does not wait for this
    EXPECT_EQ(m.types(), Types{});
    EXPECT_NE(m.s.candidate.id, 0U);
}

// The goodbye of a module that was unloaded is lost: its kernel ran on, and is at the other end.
TEST_F(Candidate, AReloadIsNoRestart)
{
    uint32_t kernel = m.s.peer_kernel;

    ask(0xdead, 5000 + 5000 + 100);
    prove();
    EXPECT_EQ(m.types(), Types{CCM_ACT_PROBE});
    m.beside = false;
    Machine before = m;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    expect_replaced(CCM_REASON_RELOADED);
    EXPECT_EQ(m.s.peer_kernel, kernel);
    // That it was seen to stand still says more.
    m = before;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_HUNG));
    expect_replaced(CCM_REASON_HUNG);
}

// What only says that it is the same kernel, and has not read its page yet, proves nothing.
TEST_F(Candidate, AReloadIsProven)
{
    ask(0xdead, 5000 + 5000 + 100);
    m.step(m.established());
    m.step(m.keys());
    m.step(m.hello());
    m.beside = false;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
    EXPECT_EQ(m.s.state, u(CCM_STATE_GREETING));
}

// The one that had the id has died, and another machine has it: nothing proves that the first
// is gone.
TEST_F(Candidate, AnotherMachineProvesNothing)
{
    uint32_t kernel = m.s.peer_kernel;

    ask(0xdead, 777777);
    prove();
    m.beside = false;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    expect_replaced(CCM_REASON_UNREACHABLE);
    EXPECT_NE(m.s.peer_kernel, kernel);
}

// Switched on in the same second, and not the same for that
TEST_F(Candidate, AnotherMachineOfTheSameAgeIsAnother)
{
    uint32_t kernel = m.s.peer_kernel;

    m.peer_machine++;
    ask(0xdead, 5000 + 5000 + 100);
    prove();
    m.beside = false;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    expect_replaced(CCM_REASON_UNREACHABLE);
    EXPECT_NE(m.s.peer_kernel, kernel);
}

TEST_F(Candidate, ThePartnerHasLeftItsConnection)
{
    ask(m.peer_incarnation, 10100);
    prove();
    expect_replaced(CCM_REASON_UNREACHABLE);
    EXPECT_EQ(m.s.peer_attempt, 2U);
}

// A spare that was started when the one that serves could not be heard any more, say
TEST_F(Candidate, AYoungerKernelOfAnotherMachineProvesNothing)
{
    m.peer_machine++;
    ask(0xdead, 80);
    prove();
    EXPECT_EQ(m.types(), Types{CCM_ACT_PROBE});
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    m.beside = false;
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    expect_replaced(CCM_REASON_UNREACHABLE);
}

// A virtual machine that goes back to a snapshot: the same incarnation, earlier. It runs on, so
// nothing is certain of it.
TEST_F(Candidate, ASnapshotIsAnotherKernel)
{
    uint32_t kernel = m.s.peer_kernel;

    m.now += 100 * ms;
    m.peer_uptime_ms = 6000; // 10000 was heard already
    m.step(m.request(1));
    ASSERT_TRUE(m.has(CCM_ACT_ACCEPT));
    m.peer_nonce++;
    m.beside = true;
    prove();
    expect_replaced(CCM_REASON_RELOADED);
    EXPECT_NE(m.s.peer_kernel, kernel);
}

// The kernel that was heard has panicked: its crash kernel says so, and is not served.
TEST_F(Candidate, ACrashKernelIsProofOfAPanic)
{
    for (bool hello_last : {false, true}) {
        Machine before = m;
        uint32_t kernel = m.s.peer_kernel;
        auto dumping = [](auto &p) { p.stage = CCM_STAGE_DUMPING; };

        ask(0xdead, 80);
        uint64_t began = m.now;
        uint32_t other = m.s.candidate.id;
        m.step(m.established());
        m.step(m.keys());
        m.step(hello_last ? m.status(dumping) : m.hello());
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
        m.step(hello_last ? m.hello() : m.status(dumping));
        EXPECT_EQ(m.find(CCM_ACT_WRITE)->conn, other);
        EXPECT_EQ(m.find(CCM_ACT_CLOSE)->conn, other);
        expect_goodbye(CCM_REASON_ADMIN);
        EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
        ASSERT_TRUE(m.has(CCM_ACT_DOWN));
        EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, u(CCM_REASON_PANICKED));
        EXPECT_EQ(m.find(CCM_ACT_STATE)->reason, u(CCM_REASON_PANICKED));
        EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
        EXPECT_EQ(m.s.candidate.id, 0U);
        EXPECT_EQ(m.s.panicked_us, began - 80 * ms);
        // whoever comes next is compared with the kernel that served
        EXPECT_EQ(m.s.peer_incarnation, 0xb0bU);
        EXPECT_EQ(m.s.peer_kernel, kernel);
        EXPECT_EQ(m.wrong, "");
        m.beside = false;
        m = before;
    }
}

// Nothing that a crash kernel does is news, until its machine is back.
TEST_F(Candidate, ACrashKernelIsNotTalkedTo)
{
    ask(0xdead, 80);
    m.step(m.established());
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.status([](auto &p) { p.stage = CCM_STAGE_DUMPING; }));
    m.beside = false;
    m.step(m.request(2, 0xdead));
    EXPECT_EQ(m.reject_code(), u(CCM_REJECT_DUMPING));
    m.timer();
    ASSERT_TRUE(m.has(CCM_ACT_CONNECT));
    m.step(m.established());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_PANICKED));
    m.timer();
    m.fail(CCM_CM_UNREACHABLE);
    EXPECT_EQ(m.s.reason, u(CCM_REASON_PANICKED));

    Machine again = m; // whoever says START wants it tried
    again.step(again.simple(CCM_SEV_STOP));
    again.start();
    again.step(again.request(2, 0xdead));
    EXPECT_NE(again.reject_code(), u(CCM_REJECT_DUMPING));
    EXPECT_EQ(again.wrong, "");

    m.peer_incarnation = 0xcafe;
    m.peer_uptime_ms = 50;
    m.passive().to(CCM_STATE_READY);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

// The first that is ever heard of the partner: there is nothing that would speak against it.
TEST_F(Candidate, ACrashKernelThatIsHeardFirst)
{
    m = Machine{1, 2};
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.status([](auto &p) { p.stage = CCM_STAGE_DUMPING; }));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_PANICKED));
    EXPECT_EQ(m.s.dumping, m.peer_incarnation);
    expect_goodbye(CCM_REASON_ADMIN);
    EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
}

// There is no session, and another machine's crash kernel is at the other end: what was known stays.
TEST_F(Candidate, ACrashKernelOfAnotherMachineIsNoReason)
{
    for (bool known : {true, false}) {
        Machine before = m;

        m.step(known ? m.simple(CCM_SEV_VERDICT, CCM_REASON_HUNG) : m.simple(CCM_SEV_STOP));
        m.peer_machine++;
        m.peer_incarnation = 0xdead;
        known ? m.passive() : m.start();
        m.step(m.established());
        m.step(m.keys());
        m.step(m.hello());
        m.step(m.status([](auto &p) { p.stage = CCM_STAGE_DUMPING; }));
        EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
        EXPECT_EQ(m.s.reason, known ? u(CCM_REASON_HUNG) : u(CCM_REASON_UNREACHABLE));
        EXPECT_EQ(m.s.dumping, 0U);
        EXPECT_EQ(m.s.peer_incarnation, 0xb0bU);
        expect_goodbye(CCM_REASON_ADMIN);
        EXPECT_EQ(m.wrong, "");
        m = before;
    }
}

// What is watched is the session's own: nothing is made of such an event of the other one.
TEST_F(Candidate, ItIsNotWatched)
{
    ask(0xdead, 20);
    m.step(m.established());
    for (auto type : {CCM_SEV_VERDICT, CCM_SEV_ALIVE, CCM_SEV_WORD}) {
        m.step(m.simple(type, CCM_REASON_HUNG));
        EXPECT_EQ(m.types(), Types{});
    }
    EXPECT_NE(m.s.candidate.id, 0U);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

// One with another machine's interfaces, or one that ran already when the partner was heard,
// says nothing of the kernel that was.
TEST_F(Candidate, ACrashKernelOfAnotherMachine)
{
    for (bool older : {false, true}) {
        m.beside = false;
        m.peer_machine += !older;
        ask(older ? 0xbad : 0xdead, older ? 777777 : 80);
        m.step(m.established());
        m.step(m.keys());
        m.step(m.hello());
        m.step(m.status([](auto &p) { p.stage = CCM_STAGE_DUMPING; }));
        EXPECT_EQ(m.types(), (Types{CCM_ACT_WRITE, CCM_ACT_CLOSE, CCM_ACT_TIMER}));
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
        EXPECT_EQ(m.s.conn.id, old_);
        EXPECT_EQ(m.s.dumping, 0U);
        m.peer_machine -= !older;
    }
}

// The old session ended before: unreachable, or hung, becomes what it was.
TEST_F(Candidate, ACrashKernelComesAfterTheVerdict)
{
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
    m.now += 5000 * ms;
    m.peer_uptime_ms = 4000;
    m.peer_incarnation = 0xdead;
    m.passive();
    m.step(m.established());
    uint64_t began = m.now;
    m.step(m.keys());
    m.step(m.status([](auto &p) { p.stage = CCM_STAGE_DUMPING; }));
    m.step(m.hello());
    EXPECT_TRUE(m.has(CCM_ACT_ANSWER));
    EXPECT_FALSE(m.has(CCM_ACT_MAIL)); // it would be encoded behind the end
    ASSERT_TRUE(m.has(CCM_ACT_CLOSE));
    EXPECT_TRUE(m.find(CCM_ACT_CLOSE)->flush);
    EXPECT_EQ(m.find(CCM_ACT_STATE)->reason, u(CCM_REASON_PANICKED));
    EXPECT_FALSE(m.has(CCM_ACT_DOWN)); // clients have heard it
    EXPECT_EQ(m.s.panicked_us, began - 4000 * ms);
}

TEST_F(Candidate, OneAtATime)
{
    ask(0xdead, 20);
    uint32_t first = m.s.candidate.id;
    m.step(m.request(1, 0xbeef)); // somebody else waits
    EXPECT_EQ(m.reject_code(), u(CCM_REJECT_BUSY));
    m.step(m.request(1, 0xdead));
    EXPECT_EQ(m.reject_code(), u(CCM_REJECT_STALE));
    m.step(m.request(2, 0xdead)); // it has given up its first
    EXPECT_EQ(m.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_ACCEPT}));
    EXPECT_EQ(m.find(CCM_ACT_CLOSE)->conn, first);
}

// The session ends for a reason of its own, and the one beside it goes on.
TEST_F(Candidate, ItGoesOnWhenTheSessionEnds)
{
    for (int far = 0; far < 3; far++) {
        Machine before = m;

        ask(0xdead, 20);
        if (far > 0)
            m.step(m.established());
        if (far > 1) {
            m.step(m.keys());
            m.step(m.status());
        }
        m.beside = false;
        m.step(m.simple(CCM_SEV_ERROR));
        EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, u(CCM_REASON_UNREACHABLE));
        EXPECT_EQ(m.s.state, far ? u(CCM_STATE_GREETING) : u(CCM_STATE_CONNECTING));
        EXPECT_EQ(m.has(CCM_ACT_WATCH), far > 1);
        EXPECT_EQ(m.s.candidate.id, 0U);
        m.to(CCM_STATE_READY);
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
        EXPECT_EQ(m.wrong, "");
        m = before;
    }
}

// Its catalog may overtake what R1 brings: it is looked at again.
TEST_F(Candidate, AnEarlyCatalogIsNotLost)
{
    ask(0xdead, 80);
    m.step(m.established());
    m.step(m.keys());
    m.step(m.hello());
    m.step(m.catalog());
    EXPECT_EQ(m.types(), Types{});
    m.step(m.status());
    ASSERT_TRUE(m.has(CCM_ACT_AGAIN));
    EXPECT_EQ(m.find(CCM_ACT_AGAIN)->what, u(CCM_RING_CATALOG));
    m.beside = false;
    m.step(m.catalog());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_RING}));
    m.step(m.answer_ring());
    m.step(m.answer());
    EXPECT_EQ(m.s.state, u(CCM_STATE_OPENING));
}

TEST_F(Candidate, StopEndsBoth)
{
    ask(0xdead, 20);
    m.beside = false;
    m.step(m.simple(CCM_SEV_STOP, CCM_REASON_ADMIN));
    EXPECT_EQ(m.types(),
              (Types{CCM_ACT_WRITE, CCM_ACT_CLOSE, CCM_ACT_CLOSE, CCM_ACT_STATE, CCM_ACT_DOWN, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.candidate.id, 0U);
}

// What happens to a candidate moves the session only when it has taken its place: that the gate
// of OPENING is over is seen at an event of the session's own.
TEST_F(Candidate, ItsEventsDoNotMoveTheSession)
{
    Machine e;

    e.step(e.clients({sim::entry("log", 1)}));
    e.peer_clients = {sim::entry("log", 7)};
    e.start().to(CCM_STATE_OPENING);
    e.step(e.request(2));
    ASSERT_NE(e.s.candidate.id, 0U);
    e.step(e.ready()); // the partner does not wait for the link
    ASSERT_EQ(e.s.state, u(CCM_STATE_OPENING));
    e.now = e.s.gate_us;
    e.peer_nonce++;
    e.beside = true;
    for (int i = 0; i < 4; i++) {
        e.step(i == 0 ? e.established() : i == 1 ? e.keys() : i == 2 ? e.hello() : e.simple(CCM_SEV_DISCONNECTED));
        EXPECT_EQ(e.s.state, u(CCM_STATE_OPENING)) << i;
    }
    e.beside = false;
    e.step(e.simple(CCM_SEV_TIMER));
    EXPECT_EQ(e.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(e.wrong, "");
}

// A ring that only a later version knows is not looked at, on this connection either.
TEST_F(Candidate, ALaterVersionsRingIsIgnored)
{
    ask(0xdead, 20);
    m.step(m.established());
    m.step(m.keys());
    m.step(m.simple(CCM_SEV_RING, 0, CCM_RING_COUNT));
    EXPECT_EQ(m.types(), Types{});
    EXPECT_NE(m.s.candidate.id, 0U);
}

// While nothing is proven of the present connection, there is nothing to weigh.
TEST_F(Candidate, BesideASeries)
{
    for (auto state : {CCM_STATE_GREETING, CCM_STATE_NEGOTIATING, CCM_STATE_OPENING}) {
        Machine e;

        e.start().to(state);
        e.step(e.request(2));
        EXPECT_EQ(e.s.state, u(state));
        e.peer_nonce++;
        e.beside = true;
        prove(e);
        EXPECT_FALSE(e.has(CCM_ACT_DOWN));
        EXPECT_EQ(e.s.state, u(CCM_STATE_GREETING));
        EXPECT_EQ(e.s.reason, u(CCM_REASON_NONE)) << "no session was lost";
        go_on_to_ready(e);
    }
}

// The present one has proven nothing, either: whoever has comes first, whoever it is.
TEST_F(Candidate, BesideNobody)
{
    Machine e;

    e.start().greet();
    e.step(e.keys());
    e.step(e.request(1, 0xdead));
    e.peer_incarnation = 0xdead;
    e.peer_nonce++;
    e.beside = true;
    prove(e);
    EXPECT_FALSE(e.has(CCM_ACT_PROBE));
    EXPECT_EQ(e.s.conn.incarnation, 0xdeadU);
    go_on_to_ready(e);
}

// All else is here when the proof is found right: the candidate is where an ordinary one would be.
TEST(CandidateWithKey, ItsProofComesLast)
{
    Machine m{1, 2};

    m.with_psk({1}, {1}).start().to(CCM_STATE_READY);
    m.step(m.request(2));
    m.beside = true;
    m.peer_nonce++;
    m.step(m.established());
    m.step(m.keys());
    m.step(m.status());
    m.step(m.answer_ring());
    m.step(m.answer());
    m.step(m.hello());
    ASSERT_TRUE(m.has(CCM_ACT_VERIFY));
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    m.step(m.verified());
    EXPECT_EQ(m.s.state, u(CCM_STATE_NEGOTIATING));
    EXPECT_TRUE(m.has(CCM_ACT_DOWN));
    EXPECT_EQ(m.wrong, "");
}

} // namespace
