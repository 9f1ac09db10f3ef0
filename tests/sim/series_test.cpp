// SPDX-License-Identifier: GPL-2.0-only
// From a connection to READY and back: the series, what is refused, how a session ends.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "../../ccm/core/liveness.h"
#include "machine.h"

namespace {

using sim::Happening;
using sim::Machine;
using sim::Types;
using sim::ms;
using sim::u;

// It has ended for @reason, with a goodbye if @said, and waits for long if @policy.
void expect_ended(const Machine &m, uint32_t reason, bool said, bool policy)
{
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, reason);
    EXPECT_EQ(m.s.announced_reason, reason);
    EXPECT_TRUE(m.has(CCM_ACT_CLOSE));
    EXPECT_EQ(m.has(CCM_ACT_WRITE), said);
    if (said) {
        ccm_wire_goodbye g{};
        const ccm_session_action *a = m.find(CCM_ACT_WRITE);

        EXPECT_EQ(a->what, u(CCM_RING_GOODBYE));
        EXPECT_EQ(a->addr, 0xa000U + CCM_MAILBOX_GOODBYE);
        EXPECT_EQ(a->key, 72U);
        EXPECT_EQ(ccm_wire_get_goodbye(a->data, a->len, &g), 0);
        EXPECT_EQ(g.reason, reason);
        EXPECT_EQ(g.stage, u(CCM_STAGE_UNKNOWN));
    }
    EXPECT_EQ(m.find(CCM_ACT_CLOSE)->flush, said);
    uint64_t base = policy ? CCM_RETRY_MAX_MS : CCM_RETRY_MIN_MS;
    EXPECT_GE(m.wait(), base * ms * 3 / 4);
    EXPECT_LE(m.wait(), base * ms * 5 / 4);
    EXPECT_EQ(m.wrong, "");
}

class Series : public testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    Machine m{1, 2};
};

TEST_F(Series, FromStartToReady)
{
    m.start().greet();
    EXPECT_EQ(m.types(), (Types{CCM_ACT_STATE, CCM_ACT_SEND, CCM_ACT_TIMER}));
    EXPECT_EQ(m.wait(), CCM_GREET_MS_MIN * ms);
    ccm_wire_keys keys{};
    ASSERT_EQ(ccm_wire_get_keys(m.out.list[1].data, m.out.list[1].len, &keys), 0);
    EXPECT_EQ(keys.status_addr, 0x10000U);
    EXPECT_EQ(keys.status_len, u(CCM_STATUS_REGION_LEN));
    EXPECT_EQ(keys.mailbox_key, 12U);
    EXPECT_EQ(keys.nonce, m.random);
    m.step(m.keys());
    ASSERT_EQ(m.types(), (Types{CCM_ACT_READ, CCM_ACT_WRITE}));
    EXPECT_EQ(m.out.list[0].what, u(CCM_READ_STATUS));
    EXPECT_EQ(m.out.list[0].addr, 0x7000U);
    EXPECT_EQ(m.out.list[0].read_len, u(CCM_WIRE_STATUS_LEN));
    EXPECT_EQ(m.out.list[1].what, u(CCM_RING_HELLO));
    m.step(m.status());
    ASSERT_EQ(m.types(), Types{CCM_ACT_WATCH});
    EXPECT_EQ(m.out.list[0].key, 71U);
    m.step(m.hello());
    ASSERT_EQ(m.types(), (Types{CCM_ACT_ANSWER, CCM_ACT_MAIL}));
    EXPECT_EQ(m.out.list[1].what, u(CCM_RING_CATALOG));
    EXPECT_EQ(m.s.catalog_taken_us, m.now + CCM_TAKEN_MS_MIN * ms);
    ccm_wire_answer answer{};
    ASSERT_EQ(ccm_wire_get_answer(m.out.list[0].data, m.out.list[0].len, &answer), 0);
    EXPECT_EQ(answer.code, u(CCM_ANSWER_ACCEPTED));
    EXPECT_EQ(answer.capabilities, 4U);
    EXPECT_EQ(answer.nonce_partner, m.peer_nonce);
    m.step(m.answer_ring());
    ASSERT_EQ(m.types(), Types{CCM_ACT_READ});
    EXPECT_EQ(m.out.list[0].addr, 0x7000U + CCM_ANSWER_OFFSET);
    m.step(m.answer());
    EXPECT_EQ(m.types(), Types{CCM_ACT_STATE});
    m.step(m.catalog());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_RING, CCM_ACT_STATE, CCM_ACT_WRITE, CCM_ACT_TIMER}));
    EXPECT_EQ(m.out.list[0].what, u(CCM_RING_CATALOG_TAKEN));
    EXPECT_EQ(m.out.list[2].what, u(CCM_RING_READY));
    m.step(m.ready());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_STATE, CCM_ACT_READY, CCM_ACT_TIMER}));
    EXPECT_EQ(m.s.armed_us, m.s.catalog_taken_us);
    m.step(m.taken(CCM_RING_CATALOG_TAKEN));
    EXPECT_EQ(m.types(), Types{CCM_ACT_TIMER});
    EXPECT_EQ(m.s.armed_us, 0U);
    EXPECT_EQ(m.s.conn.version, CCM_VERSION_MAX);
    EXPECT_STREQ(m.s.peer_hello.name, "b");
}

// All that the partner is told of this node, its memory and its frames
TEST_F(Series, WhatA0AndTheHelloSay)
{
    m.with_psk({9, 4}, {4});
    m.s.config.machine = 0x77;
    m.s.config.version_max = CCM_VERSION_MAX + 1;
    m.start();
    Happening h = m.established();
    h.event.mtu = 1500;
    h.event.path_mtu = 1024;
    m.step(h);
    ccm_wire_keys keys{};
    ASSERT_TRUE(m.has(CCM_ACT_SEND));
    ASSERT_EQ(ccm_wire_get_keys(m.find(CCM_ACT_SEND)->data, m.find(CCM_ACT_SEND)->len, &keys), 0);
    EXPECT_EQ(keys.status_addr, 0x10000U);
    EXPECT_EQ(keys.status_key, 11U);
    EXPECT_EQ(keys.status_len, u(CCM_STATUS_REGION_LEN));
    EXPECT_EQ(keys.mailbox_addr, 0x20000U);
    EXPECT_EQ(keys.mailbox_key, 12U);
    EXPECT_EQ(keys.mailbox_len, u(CCM_MAILBOX_LEN));
    EXPECT_EQ(keys.incarnation, m.s.config.incarnation);
    EXPECT_EQ(keys.nonce, m.random);
    EXPECT_EQ(keys.mtu, 1500U);
    EXPECT_EQ(keys.path_mtu, 1024U);
    EXPECT_EQ(std::count(std::begin(keys.challenge), std::end(keys.challenge), 0x3c),
              static_cast<long>(CCM_WIRE_CHALLENGE_LEN));
    EXPECT_EQ(keys.auth, u(CCM_AUTH_PSK));
    EXPECT_EQ(keys.numbers[0], 9U);
    EXPECT_EQ(keys.numbers[1], 4U);
    EXPECT_EQ(keys.numbers[2], 0U);
    m.step(m.keys());
    ccm_wire_hello hello{};
    ASSERT_TRUE(m.has(CCM_ACT_PROVE));
    ASSERT_EQ(ccm_wire_get_hello(m.find(CCM_ACT_PROVE)->data, m.find(CCM_ACT_PROVE)->len, &hello), 0);
    EXPECT_EQ(hello.version_min, CCM_VERSION_MIN);
    EXPECT_EQ(hello.version_max, CCM_VERSION_MAX + 1);
    EXPECT_EQ(hello.node, 1U);
    EXPECT_EQ(hello.incarnation, m.s.config.incarnation);
    EXPECT_EQ(hello.nonce, m.random);
    EXPECT_EQ(hello.nonce_partner, m.peer_nonce);
    EXPECT_EQ(hello.capabilities, 6U);
    EXPECT_EQ(hello.detect_ms, u(CCM_DETECT_MS_DEFAULT));
    EXPECT_EQ(hello.auth, u(CCM_AUTH_PSK));
    EXPECT_EQ(hello.number, 4U);
    EXPECT_EQ(hello.uptime_ms, m.uptime_ms);
    EXPECT_EQ(hello.machine, 0x77U);
    EXPECT_STREQ(hello.name, "a");
}

TEST_F(Series, TheGreetingTimeFollowsTheDetectionTime)
{
    m.s.config.detect_ms = CCM_GREET_MS_MIN;
    m.start().greet();
    EXPECT_EQ(m.wait(), 4 * CCM_GREET_MS_MIN * ms);
}

TEST_F(Series, ANonceIsNeverZero)
{
    m.random = 0;
    m.start().greet();
    EXPECT_EQ(m.s.conn.nonce, 1U);
}

TEST_F(Series, OnIwarpTheAcceptingSideSendsSecond)
{
    m.passive().greet(true);
    EXPECT_FALSE(m.has(CCM_ACT_SEND));
    m.step(m.keys());
    EXPECT_EQ(m.types(), (Types{CCM_ACT_SEND, CCM_ACT_READ, CCM_ACT_WRITE}));
    m.to(CCM_STATE_READY);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    Machine active;
    active.start().greet(true);
    EXPECT_TRUE(active.has(CCM_ACT_SEND));
    Machine roce;
    roce.passive().greet(false);
    EXPECT_TRUE(roce.has(CCM_ACT_SEND));
}

TEST_F(Series, KeysMayComeBeforeEstablished)
{
    for (bool passive : {false, true}) {
        for (bool iwarp : {false, true}) {
            Machine e;

            passive ? e.passive() : e.start();
            e.step(e.keys());
            EXPECT_EQ(e.types(), Types{});
            e.greet(iwarp);
            EXPECT_EQ(e.types(), (Types{CCM_ACT_STATE, CCM_ACT_SEND, CCM_ACT_READ, CCM_ACT_WRITE, CCM_ACT_TIMER}));
            e.to(CCM_STATE_READY);
            EXPECT_EQ(e.s.state, u(CCM_STATE_READY));
            EXPECT_EQ(e.wrong, "");
        }
    }
    m.start();
    m.step(m.keys([](auto &k) { k.incarnation++; }));
    m.greet(); // only now is it known whose they should be
    EXPECT_EQ(m.s.reason, u(CCM_REASON_REFUSED));
    m.timer();
    m.step(m.keys());
    m.step(m.keys());
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    m.timer();
    m.step(m.hello()); // a ring cannot be early
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
}

TEST_F(Series, EarlyMailIsKept)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello()); // before R1
    EXPECT_TRUE(m.has(CCM_ACT_ANSWER));
    m.step(m.catalog()); // before R2
    EXPECT_EQ(m.types(), Types{CCM_ACT_RING});
    m.step(m.status());
    m.step(m.answer_ring());
    m.step(m.answer());
    EXPECT_EQ(m.s.state, u(CCM_STATE_OPENING));
    EXPECT_EQ(m.types(), (Types{CCM_ACT_STATE, CCM_ACT_STATE, CCM_ACT_WRITE, CCM_ACT_TIMER}));
    Machine other;
    other.start().to(CCM_STATE_NEGOTIATING);
    other.step(other.ready());
    EXPECT_EQ(other.types(), Types{});
    other.step(other.catalog());
    EXPECT_EQ(other.types(),
              (Types{CCM_ACT_RING, CCM_ACT_STATE, CCM_ACT_WRITE, CCM_ACT_STATE, CCM_ACT_READY, CCM_ACT_TIMER}));
    EXPECT_EQ(other.wrong, "");
}

TEST_F(Series, MailOutOfOrderIsRefused)
{
    m.start().greet();
    m.step(m.hello());
    expect_ended(m, CCM_REASON_REFUSED, false, true); // its keys are not known
    for (int i = 0; i < 3; i++) {
        Machine e;

        e.start().greet();
        if (i > 0) // with the keys my hello is out, and can be answered
            e.step(e.keys());
        e.step(i == 0 ? e.answer_ring() : i == 1 ? e.catalog() : e.ready());
        expect_ended(e, CCM_REASON_REFUSED, i > 0, true);
    }
}

TEST_F(Series, WrongKeysAreRefusedAndNotUsed)
{
    const std::function<void(ccm_wire_keys &)> tweaks[] = {
        [](auto &k) { k.incarnation++; },
        [](auto &k) { k.nonce = 0; },
        [](auto &k) { k.status_len--; },
        [](auto &k) { k.mailbox_len--; },
        [](auto &k) { k.mailbox_addr = ~0ULL - 10; },
        [](auto &k) { k.status_addr = ~0ULL - 10; },
    };

    for (auto &tweak : tweaks) {
        Machine e;

        e.start().greet();
        e.step(e.keys(tweak));
        expect_ended(e, CCM_REASON_REFUSED, false, true);
    }
}

TEST_F(Series, AWrongStatusPageIsRefused)
{
    const std::pair<std::function<void(ccm_wire_status &)>, uint32_t> cases[] = {
        {[](auto &p) { p.node = 9; }, CCM_REASON_REFUSED},
        {[](auto &p) { p.incarnation++; }, CCM_REASON_REFUSED},
        {[](auto &p) { p.cluster++; }, CCM_REASON_REFUSED},
        {[](auto &p) { p.tick_ms = 0; }, CCM_REASON_REFUSED},
        {[](auto &p) { p.version_min = p.version_max = 99; }, CCM_REASON_VERSION},
    };

    for (auto &[tweak, reason] : cases) {
        Machine e;

        e.start().greet();
        e.step(e.keys());
        e.step(e.status(tweak));
        expect_ended(e, reason, true, true);
        EXPECT_FALSE(e.has(CCM_ACT_WATCH));
    }
}

TEST_F(Series, AWrongHelloIsAnsweredAndRefused)
{
    struct {
        std::function<void(ccm_wire_hello &)> tweak;
        uint32_t code, reason;
    } const cases[] = {
        {[](auto &h) { h.node = 9; }, CCM_ANSWER_REFUSED, CCM_REASON_REFUSED},
        {[](auto &h) { h.incarnation++; }, CCM_ANSWER_REFUSED, CCM_REASON_REFUSED},
        {[](auto &h) { h.nonce++; }, CCM_ANSWER_REFUSED, CCM_REASON_REFUSED},
        {[](auto &h) { h.nonce_partner++; }, CCM_ANSWER_REFUSED, CCM_REASON_REFUSED},
        {[](auto &h) { h.version_min = h.version_max = 99; }, CCM_ANSWER_VERSION, CCM_REASON_VERSION},
        {[](auto &h) { h.auth = CCM_AUTH_PSK; }, CCM_ANSWER_AUTHENTICATION, CCM_REASON_AUTHENTICATION},
        {[](auto &h) { h.proof[0] = 1; }, CCM_ANSWER_AUTHENTICATION, CCM_REASON_AUTHENTICATION},
        {[](auto &h) { h.proof[31] = 1; }, CCM_ANSWER_AUTHENTICATION, CCM_REASON_AUTHENTICATION},
        {[](auto &h) { h.number = 1; }, CCM_ANSWER_AUTHENTICATION, CCM_REASON_AUTHENTICATION},
    };

    for (auto &c : cases) {
        Machine e;
        ccm_wire_answer answer{};

        e.start().greet();
        e.step(e.keys());
        e.step(e.hello(c.tweak));
        ASSERT_TRUE(e.has(CCM_ACT_ANSWER));
        const ccm_session_action *a = e.find(CCM_ACT_ANSWER);
        EXPECT_EQ(ccm_wire_get_answer(a->data, a->len, &answer), 0);
        EXPECT_EQ(answer.code, c.code);
        EXPECT_EQ(answer.version, 0);
        expect_ended(e, c.reason, true, true);
        EXPECT_EQ(e.s.peer_hello.node, 0U);
    }
}

TEST_F(Series, AWrongAnswerIsRefused)
{
    const std::pair<std::function<void(ccm_wire_answer &)>, uint32_t> cases[] = {
        {[](auto &a) { a.code = CCM_ANSWER_NONE; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.code = CCM_ANSWER_REFUSED; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.code = CCM_ANSWER_VERSION; }, CCM_REASON_VERSION},
        {[](auto &a) { a.code = CCM_ANSWER_AUTHENTICATION; }, CCM_REASON_AUTHENTICATION},
        {[](auto &a) { a.incarnation++; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.nonce++; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.nonce_partner++; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.version++; }, CCM_REASON_REFUSED},
        {[](auto &a) { a.capabilities = 8; }, CCM_REASON_REFUSED}, // not offered
    };

    for (auto &[tweak, reason] : cases) {
        Machine e;

        e.start().greet();
        e.step(e.keys());
        e.step(e.status());
        e.step(e.answer_ring());
        e.step(e.answer(tweak));
        expect_ended(e, reason, true, true);
    }
}

// Both offer 4, this side 2, that one 8: an answer that says anything else is not the partner's, or
// was changed on the way.
TEST_F(Series, AnAnswerSaysJustWhatBothHave)
{
    for (bool hello_last : {false, true}) {
        for (uint64_t capabilities = 0; capabilities < 16; capabilities++) {
            Machine e;

            e.start().greet();
            e.step(e.keys());
            e.step(e.status());
            if (!hello_last)
                e.step(e.hello());
            e.step(e.answer_ring());
            e.step(e.answer([&](auto &a) { a.capabilities = capabilities; }));
            if (hello_last && e.s.state == CCM_STATE_GREETING)
                e.step(e.hello());
            if (capabilities == 4)
                EXPECT_EQ(e.s.state, u(CCM_STATE_NEGOTIATING));
            else
                expect_ended(e, CCM_REASON_REFUSED, true, true);
        }
    }
}

TEST_F(Series, AWrongCatalogOrReadyIsRefused)
{
    for (int i = 0; i < 6; i++) {
        Machine e;

        e.start().to(i < 2 ? CCM_STATE_NEGOTIATING : CCM_STATE_OPENING);
        e.step(i == 0   ? e.catalog([](auto &c) { c.nonce++; })
               : i == 1 ? e.catalog([](auto &c) { c.generation = 0; })
               : i == 2 ? e.ready([](auto &r) { r.nonce++; })
               : i == 3 ? e.ready([](auto &r) { r.generation++; })
               : i == 4 ? e.ready([](auto &r) { r.generation_partner++; })
                        : e.ready([](auto &r) { r.plan++; }));
        expect_ended(e, CCM_REASON_REFUSED, true, true);
        EXPECT_FALSE(e.has(CCM_ACT_READY));
    }
}

TEST_F(Series, TheSameVersionEverywhere)
{
    m.s.config.version_max = 3;
    m.start().greet();
    m.step(m.keys());
    m.step(m.status([](auto &p) { p.version_max = 2; }));
    m.step(m.hello([](auto &h) { h.version_max = 3; }));
    expect_ended(m, CCM_REASON_REFUSED, true, true);
}

TEST_F(Series, WhatIsRepeatedIsIgnored)
{
    m.start().greet();
    m.step(m.keys());
    for (const Happening &h : {m.status(), m.hello(), m.answer_ring()}) {
        m.step(h);
        m.step(h);
        EXPECT_EQ(m.types(), Types{});
    }
    m.step(m.answer());
    m.step(m.answer());
    EXPECT_EQ(m.types(), Types{});
    m.to(CCM_STATE_READY);
    for (Happening h : {m.status(), m.hello(), m.answer_ring(), m.ready()}) {
        h.data.resize(3); // nobody looks any more
        m.step(h);
        EXPECT_EQ(m.types(), Types{});
    }
    m.step(m.catalog()); // another may follow, so it is looked at
    EXPECT_EQ(m.types(), Types{});
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

TEST_F(Series, AMessageBehindTheKeysIsRefused)
{
    for (auto state : {CCM_STATE_GREETING, CCM_STATE_NEGOTIATING, CCM_STATE_OPENING, CCM_STATE_READY}) {
        Machine e;

        e.start().greet();
        e.step(e.keys());
        e.to(state);
        e.step(e.keys());
        expect_ended(e, CCM_REASON_REFUSED, true, true);
    }
}

// What a READ brings that nobody has asked for, or asks for no more
TEST_F(Series, WhatWasNotAskedForIsNotLookedAt)
{
    auto ignored = [&](Happening h) {
        h.data.resize(3);
        m.step(h);
        EXPECT_EQ(m.types(), Types{});
        EXPECT_EQ(m.s.state, u(CCM_STATE_GREETING));
    };
    m.start().greet();
    ignored(m.status());
    ignored(m.answer());
    m.step(m.keys());
    ignored(m.answer());
    m.step(m.status());
    ignored(m.status());
    ignored(m.answer());
    m.step(m.answer_ring());
    m.step(m.answer());
    ignored(m.answer());
}

// Its page is READ again for that, and there is nothing else to do: when its keys are here.
TEST_F(Series, AStageThatIsRung)
{
    Happening stage = m.simple(CCM_SEV_RING, 0, CCM_RING_STAGE);

    for (auto state : {CCM_STATE_GREETING, CCM_STATE_NEGOTIATING, CCM_STATE_OPENING, CCM_STATE_READY}) {
        Machine e;

        e.start().greet();
        e.step(e.keys());
        e.to(state);
        stage.event.conn = e.s.conn.id;
        e.step(stage);
        EXPECT_EQ(e.types(), Types{});
        EXPECT_EQ(e.s.state, u(state));
    }
    m.start().greet();
    stage.event.conn = m.s.conn.id;
    m.step(stage);
    expect_ended(m, CCM_REASON_REFUSED, false, true);
}

// Whoever answers the READ has had the goodbye. Before R1 nobody may read.
TEST_F(Series, OnIwarpAReadFollowsAGoodbye)
{
    for (bool iwarp : {false, true}) {
        for (bool read : {false, true}) {
            Machine e;

            e.start().greet(iwarp);
            e.step(e.keys());
            if (read)
                e.step(e.status());
            e.step(e.simple(CCM_SEV_STOP, CCM_REASON_ADMIN));
            if (iwarp && read) {
                ASSERT_EQ(e.types(), (Types{CCM_ACT_WRITE, CCM_ACT_READ, CCM_ACT_CLOSE, CCM_ACT_STATE, CCM_ACT_TIMER}));
                EXPECT_EQ(e.out.list[1].what, u(CCM_READ_STATUS));
                EXPECT_EQ(e.out.list[1].addr, 0x7000U);
                EXPECT_EQ(e.out.list[1].read_len, u(CCM_WIRE_STATUS_LEN));
            } else {
                EXPECT_EQ(e.types(), (Types{CCM_ACT_WRITE, CCM_ACT_CLOSE, CCM_ACT_STATE, CCM_ACT_TIMER}));
            }
            EXPECT_EQ(e.wrong, "");
        }
    }
}

// A device that is not there (any more) is this node's own matter.
TEST_F(Series, ASeriesWithoutADevice)
{
    for (auto type : {CCM_SEV_FAILED, CCM_SEV_REJECTED}) {
        Machine e;

        e.start().to(CCM_STATE_NEGOTIATING);
        e.step(e.simple(type, 0, CCM_CM_NO_DEVICE));
        expect_ended(e, CCM_REASON_DEVICE, false, false);
    }
}

TEST_F(Series, EventsOfOtherConnectionsAreIgnored)
{
    m.start().to(CCM_STATE_READY);
    for (auto type : {CCM_SEV_ERROR, CCM_SEV_DISCONNECTED, CCM_SEV_DEVICE_GONE, CCM_SEV_VERDICT, CCM_SEV_FAILED,
                      CCM_SEV_REJECTED, CCM_SEV_MESSAGE, CCM_SEV_RING}) {
        for (uint32_t conn : {0U, 1U, 4U}) {
            Happening h = m.simple(type, CCM_REASON_HUNG);

            h.event.conn = conn;
            m.step(h);
            EXPECT_EQ(m.types(), Types{});
        }
    }
}

TEST_F(Series, HowAReadySessionEnds)
{
    struct {
        ccm_session_event_type type;
        uint32_t given, reason;
        bool policy;
    } const cases[] = {
        {CCM_SEV_DISCONNECTED, 0, CCM_REASON_UNREACHABLE, false},
        {CCM_SEV_ERROR, 0, CCM_REASON_UNREACHABLE, false},
        {CCM_SEV_FAILED, 0, CCM_REASON_UNREACHABLE, false},
        {CCM_SEV_DEVICE_GONE, 0, CCM_REASON_DEVICE, false},
        {CCM_SEV_VERDICT, CCM_REASON_UNREACHABLE, CCM_REASON_UNREACHABLE, false},
        {CCM_SEV_VERDICT, CCM_REASON_HUNG, CCM_REASON_HUNG, false},
        {CCM_SEV_VERDICT, CCM_REASON_PANICKED, CCM_REASON_PANICKED, false},
        {CCM_SEV_VERDICT, CCM_REASON_SHUTDOWN, CCM_REASON_SHUTDOWN, false},
        {CCM_SEV_VERDICT, CCM_REASON_RESTARTED, CCM_REASON_RESTARTED, false},
        {CCM_SEV_VERDICT, CCM_REASON_REFUSED, CCM_REASON_REFUSED, true},
        {CCM_SEV_VERDICT, CCM_REASON_COUNT, CCM_REASON_UNREACHABLE, false},
    };

    for (auto &c : cases) {
        Machine e;

        e.start().fail(); // retries that count no more once READY
        e.timer();
        e.fail();
        e.to(CCM_STATE_READY);
        e.step(e.simple(c.type, c.given));
        EXPECT_EQ(e.types(), (Types{CCM_ACT_CLOSE, CCM_ACT_STATE, CCM_ACT_DOWN, CCM_ACT_TIMER}));
        EXPECT_EQ(e.find(CCM_ACT_DOWN)->reason, c.reason);
        expect_ended(e, c.reason, false, c.policy);
        e.timer();
        EXPECT_FALSE(e.has(CCM_ACT_STATE)); // one loss, one DOWN
        e.fail();
        EXPECT_LE(e.wait(), CCM_RETRY_MIN_MS * ms * 5 / 4); // the first that has failed since
        EXPECT_EQ(e.s.reason, c.policy || c.reason == CCM_REASON_DEVICE ? u(CCM_REASON_UNREACHABLE) : c.reason);
    }
}

TEST_F(Series, ASeriesThatBreaksIsAFailedAttempt)
{
    m.start();
    for (uint64_t base : {50, 100, 200}) {
        m.to(CCM_STATE_OPENING).take();
        m.step(m.simple(CCM_SEV_ERROR));
        EXPECT_FALSE(m.has(CCM_ACT_DOWN));
        EXPECT_GE(m.wait(), base * ms * 3 / 4);
        EXPECT_LE(m.wait(), base * ms * 5 / 4);
    }
    m.to(CCM_STATE_NEGOTIATING);
    m.timer();
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
}

// R1 has passed, a whole page does not: once by chance, twice by its size.
TEST_F(Series, OnlySmallFramesPass)
{
    const auto ways_to_end = {CCM_SEV_ERROR, CCM_SEV_DISCONNECTED, CCM_SEV_VERDICT};
    auto greeted = [](Machine &e) {
        Happening h = e.established();
        h.event.mtu = 1500;
        h.event.path_mtu = 1024;
        e.step(h);
        e.step(e.keys([](auto &k) { k.mtu = 9000, k.path_mtu = 4096; }));
        e.step(e.status());
    };
    for (auto end : ways_to_end)
        for (bool to_partner : {false, true}) { // whose frames are lost: W2's, or R2's
            Machine e;
            auto once = [&] {
                greeted(e);
                e.step(e.hello());
                if (!to_partner) {
                    e.step(e.answer_ring());
                    EXPECT_EQ(e.find(CCM_ACT_READ)->read_len, u(CCM_PAGE_LEN));
                    e.step(e.taken(CCM_RING_CATALOG_TAKEN));
                }
                e.step(e.simple(end, CCM_REASON_UNREACHABLE));
            };
            e.start();
            once();
            expect_ended(e, CCM_REASON_UNREACHABLE, false, false);
            e.timer();
            once();
            expect_ended(e, CCM_REASON_MTU, false, true);
            EXPECT_EQ(e.s.sizes.mtu, 1500U);
            EXPECT_EQ(e.s.sizes.path_mtu, 1024U);
            EXPECT_EQ(e.s.sizes.peer_mtu, 9000U);
            EXPECT_EQ(e.s.sizes.peer_path_mtu, 4096U);
            e.timer();
            once(); // and so it stays, until one passes
            EXPECT_EQ(e.s.reason, u(CCM_REASON_MTU));
            e.timer();
            e.greet().to(CCM_STATE_READY);
            e.step(e.simple(CCM_SEV_ERROR));
            EXPECT_EQ(e.s.reason, u(CCM_REASON_UNREACHABLE));
            e.timer();
            once();
            EXPECT_EQ(e.s.reason, u(CCM_REASON_UNREACHABLE));
        }
}

// What is lost before R1, or between two that were stuck, is no question of size.
TEST_F(Series, LossAloneIsNoQuestionOfSize)
{
    auto stuck = [](Machine &e) {
        e.greet();
        e.step(e.keys());
        e.step(e.status());
        e.step(e.hello());
        e.step(e.simple(CCM_SEV_ERROR));
        EXPECT_EQ(e.s.reason, u(CCM_REASON_UNREACHABLE));
        e.timer();
    };
    m.start();
    for (int i = 0; i < 3; i++) { // R1 is lost
        m.greet();
        m.step(m.keys());
        m.step(m.hello());
        m.step(m.simple(CCM_SEV_ERROR));
        EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
        m.timer();
    }
    for (int i = 0; i < 3; i++) {
        stuck(m);
        m.greet(); // lost where nothing large was on its way
        m.step(m.keys());
        m.step(m.status());
        m.step(m.simple(CCM_SEV_ERROR));
        EXPECT_EQ(m.s.reason, u(CCM_REASON_UNREACHABLE));
        m.timer();
    }
    // It hangs, which the size does not make it do.
    for (int i = 0; i < 3; i++) {
        m.greet();
        m.step(m.keys());
        m.step(m.status());
        m.step(m.hello());
        m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_HUNG));
        EXPECT_EQ(m.s.reason, u(CCM_REASON_HUNG));
        m.timer();
    }
}

// W2 is a whole page, however few clients there are.
TEST_F(Series, TheCatalogFillsAPage)
{
    m.start().to(CCM_STATE_READY);
    ASSERT_EQ(m.mailed[CCM_RING_CATALOG].size(), u(CCM_PAGE_LEN));
    EXPECT_EQ(std::count(m.mailed[CCM_RING_CATALOG].begin() + ccm_catalog_len(0), m.mailed[CCM_RING_CATALOG].end(), 0),
              static_cast<long>(CCM_PAGE_LEN - ccm_catalog_len(0)));
    // Frames of full size have passed then: a later one is as long as it must be.
    m.take().step(m.clients({sim::entry("log", 1)}));
    EXPECT_EQ(m.mailed[CCM_RING_CATALOG].size(), ccm_catalog_len(1));
}

TEST_F(Series, Goodbye)
{
    // Reasons that a partner can have by itself; and those that need no proof of who says it
    const std::set<uint32_t> own{CCM_REASON_ADMIN,   CCM_REASON_SHUTDOWN,       CCM_REASON_VERSION,
                                 CCM_REASON_REFUSED, CCM_REASON_AUTHENTICATION, CCM_REASON_DUPLICATE};
    const std::set<uint32_t> proven{CCM_REASON_ADMIN, CCM_REASON_SHUTDOWN};

    for (uint32_t reason = 0; reason <= CCM_REASON_COUNT; reason++) {
        for (auto state : {CCM_STATE_GREETING, CCM_STATE_OPENING, CCM_STATE_READY}) {
            uint32_t shown = own.count(reason) ? reason : u(CCM_REASON_REFUSED);
            if (state == CCM_STATE_GREETING && proven.count(reason))
                shown = CCM_REASON_UNREACHABLE;
            Machine e;

            e.start().to(state);
            e.step(e.goodbye(reason));
            EXPECT_EQ(e.has(CCM_ACT_DOWN), state == CCM_STATE_READY);
            expect_ended(e, shown, false, shown != CCM_REASON_UNREACHABLE && !proven.count(shown));
        }
    }
}

// Whoever has proven nothing ends a try, and does not hide why the partner went away.
TEST_F(Series, AStrangersGoodbyeHidesNothing)
{
    m.start().to(CCM_STATE_READY);
    m.step(m.simple(CCM_SEV_VERDICT, CCM_REASON_PANICKED));
    m.timer();
    m.greet();
    m.step(m.keys());
    m.step(m.goodbye(CCM_REASON_SHUTDOWN));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_PANICKED));
}

// How long the partner's kernel has run is what its page says, when it is proven that it is its own.
TEST_F(Series, AStrangersPageIsNotHeard)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.status());
    m.heard_us = m.now;
    m.heard_uptime_ms = 7;
    m.step(m.simple(CCM_SEV_TIMER));
    EXPECT_EQ(m.s.heard_us, 0U);
    m.step(m.hello());
    EXPECT_EQ(m.s.heard_uptime_ms, m.peer_uptime_ms);
    m.heard_us = ++m.now;
    m.heard_uptime_ms = 90001;
    m.step(m.simple(CCM_SEV_TIMER));
    EXPECT_EQ(m.s.heard_us, m.now);
    EXPECT_EQ(m.s.heard_uptime_ms, 90001U);
}

// Nobody READs the page any more: what failover makes of the end is made of the stage that is said.
TEST_F(Series, AGoodbyeSaysTheStage)
{
    for (uint32_t reason : {CCM_REASON_ADMIN, CCM_REASON_SHUTDOWN}) {
        for (uint32_t stage = 0; stage <= CCM_STAGE_COUNT; stage++) {
            Machine e;

            e.start().to(CCM_STATE_READY);
            e.step(e.goodbye(reason, stage));
            EXPECT_EQ(e.find(CCM_ACT_STATE)->what, stage < CCM_STAGE_COUNT ? stage : u(CCM_STAGE_UNKNOWN));
            // and no longer than until it is greeted again
            e.timer();
            e.to(CCM_STATE_READY);
            EXPECT_EQ(e.s.left_stage, u(CCM_STAGE_UNKNOWN));
            e.step(e.simple(CCM_SEV_VERDICT, CCM_REASON_HUNG));
            EXPECT_EQ(e.find(CCM_ACT_STATE)->what, u(CCM_STAGE_UNKNOWN));
        }
    }
    // Whoever has proven nothing says nothing of the partner.
    m.start().to(CCM_STATE_GREETING);
    m.step(m.goodbye(CCM_REASON_ADMIN, CCM_STAGE_STORAGE));
    EXPECT_EQ(m.find(CCM_ACT_STATE)->what, u(CCM_STAGE_UNKNOWN));
}

TEST_F(Series, WhoeverStopsSaysItsStage)
{
    ccm_wire_goodbye g{};

    m.start().to(CCM_STATE_READY);
    m.step(m.simple(CCM_SEV_STOP, CCM_REASON_ADMIN, CCM_STAGE_RUNNING));
    ASSERT_TRUE(m.has(CCM_ACT_WRITE));
    ASSERT_EQ(ccm_wire_get_goodbye(m.find(CCM_ACT_WRITE)->data, m.find(CCM_ACT_WRITE)->len, &g), 0);
    EXPECT_EQ(g.stage, u(CCM_STAGE_RUNNING));
}

TEST_F(Series, Stop)
{
    for (uint32_t reason : {CCM_REASON_ADMIN, CCM_REASON_SHUTDOWN, CCM_REASON_NONE}) {
        for (auto state : {CCM_STATE_CONNECTING, CCM_STATE_GREETING, CCM_STATE_OPENING, CCM_STATE_READY}) {
            Machine e;
            uint32_t shown = reason ? reason : u(CCM_REASON_ADMIN);

            e.start().to(state);
            e.step(e.simple(CCM_SEV_STOP, reason));
            EXPECT_EQ(e.has(CCM_ACT_WRITE), state >= CCM_STATE_OPENING);
            EXPECT_EQ(e.find(CCM_ACT_CLOSE)->flush, state >= CCM_STATE_OPENING);
            EXPECT_EQ(e.has(CCM_ACT_DOWN), state == CCM_STATE_READY);
            EXPECT_EQ(e.s.armed_us, 0U);
            EXPECT_FALSE(e.s.enabled);
            EXPECT_EQ(e.find(CCM_ACT_STATE)->reason, shown);
            EXPECT_EQ(e.wrong, "");
        }
    }
}

// What a later version may do to what this one reads: see wire.h.
TEST_F(Series, MessagesMayGrow)
{
    auto longer = [](sim::Happening h) {
        h.data[6] = static_cast<uint8_t>(h.data[6] + 8);
        return h;
    };
    m.start().greet();
    m.step(longer(m.keys([](auto &k) { k.mailbox_len += CCM_PAGE_LEN, k.status_len += CCM_PAGE_LEN; })));
    m.step(longer(m.status([](auto &p) { p.version_max = 2, p.stage = CCM_STAGE_COUNT, p.flags = 1U << 31; })));
    m.step(longer(m.hello([](auto &h) { h.version_max = 2, h.stage = CCM_STAGE_COUNT, h.capabilities = ~0ULL; })));
    m.step(m.answer_ring());
    m.step(longer(m.answer([](auto &a) { a.capabilities = 6; })));
    m.step(longer(m.catalog()));
    m.step(longer(m.ready()));
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    EXPECT_EQ(m.s.conn.capabilities, 6U);
    m.step(m.simple(CCM_SEV_RING, 0, CCM_RING_COUNT)); // a ring of a later version
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    m.step(m.simple(CCM_SEV_RING, 0, 0)); // none at all
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
}

TEST_F(Series, AnotherWayToAuthenticateIsAnswered)
{
    m.start().greet();
    m.step(m.keys());
    m.step(m.hello([](auto &h) { h.auth = 77; }));
    EXPECT_TRUE(m.has(CCM_ACT_ANSWER));
    expect_ended(m, CCM_REASON_AUTHENTICATION, true, true);
}

TEST_F(Series, APartnerThatTakesNoMailIsHung)
{
    m.takes = false;
    m.start().to(CCM_STATE_READY);
    m.timer();
    EXPECT_EQ(m.now, 1000000 + CCM_TAKEN_MS_MIN * ms);
    EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, u(CCM_REASON_HUNG));
    Machine slow;
    slow.s.config.detect_ms = 20000;
    slow.start().to(CCM_STATE_READY);
    EXPECT_EQ(slow.s.catalog_taken_us, slow.now + 80000 * ms);
}

} // namespace
