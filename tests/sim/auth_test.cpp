// SPDX-License-Identifier: GPL-2.0-only
// Authentication by a pre-shared key: who is let in, and what is said to whom is not.
#include <algorithm>
#include <cstring>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../kunit/suites/prover_vectors.h"
#include "machine.h"

namespace {

using sim::Bytes;
using sim::Happening;
using sim::Machine;
using sim::Types;
using sim::ms;
using sim::u;

class Auth : public testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(m.wrong, ""); }

    // As far as the partner's hello, whose proof is not looked at yet
    Machine &hello()
    {
        m.start().greet();
        m.step(m.keys());
        m.step(m.status());
        return m.step(m.hello());
    }

    Machine m;
};

TEST_F(Auth, ReadyBehindAProof)
{
    m.with_psk({1}, {1});
    m.start().greet();
    m.step(m.keys());
    ASSERT_TRUE(m.has(CCM_ACT_PROVE));
    EXPECT_FALSE(m.has(CCM_ACT_WRITE));
    ccm_wire_hello mine;
    ASSERT_EQ(ccm_wire_get_hello(m.find(CCM_ACT_PROVE)->data, m.find(CCM_ACT_PROVE)->len, &mine), 0);
    EXPECT_EQ(mine.number, 1U);
    m.step(m.status());
    m.step(m.hello());
    EXPECT_EQ(m.types(), Types{CCM_ACT_VERIFY});
    m.step(m.verified());
    EXPECT_TRUE(m.has(CCM_ACT_ANSWER));
    EXPECT_TRUE(m.has(CCM_ACT_MAIL));
    m.step(m.answer_ring());
    m.step(m.answer());
    m.step(m.catalog());
    m.step(m.ready());
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

TEST_F(Auth, AWrongProofGetsNoFurther)
{
    m.with_psk({1}, {1});
    hello();
    m.step(m.verified(false));
    ccm_wire_answer answer;
    ASSERT_TRUE(m.has(CCM_ACT_ANSWER));
    ASSERT_EQ(ccm_wire_get_answer(m.find(CCM_ACT_ANSWER)->data, m.find(CCM_ACT_ANSWER)->len, &answer), 0);
    EXPECT_EQ(answer.code, u(CCM_ANSWER_AUTHENTICATION));
    EXPECT_FALSE(m.has(CCM_ACT_MAIL));
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
    EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
}

// The answer to a hello that is not proven yet, and all that comes behind it, waits for the proof.
TEST_F(Auth, NothingIsTakenBeforeTheProof)
{
    m.with_psk({1}, {1});
    hello();
    EXPECT_FALSE(m.s.conn.done & (CCM_DONE_HELLO_RECEIVED | CCM_DONE_PROVEN));
    m.step(m.catalog());
    EXPECT_EQ(m.s.reason, u(CCM_REASON_REFUSED));
}

TEST_F(Auth, TheHighestCommonKeyIsUsed)
{
    struct {
        std::vector<uint32_t> mine, theirs;
        uint32_t used;
    } const cases[] = {
        {{1}, {1}, 1},
        {{3, 2, 1}, {2, 1}, 2},
        {{9, 4}, {8, 4, 3, 1}, 4},
        {{4294967295U, 1}, {4294967295U}, 4294967295U},
        {{2}, {1}, 0},
        {{2}, {}, 0},
    };

    for (const auto &c : cases) {
        m = Machine();
        m.with_psk(c.mine, c.theirs);
        m.start().greet();
        m.step(m.keys());
        if (c.used) {
            EXPECT_EQ(m.s.conn.number_used, c.used);
            EXPECT_TRUE(m.has(CCM_ACT_PROVE));
        } else {
            EXPECT_FALSE(m.has(CCM_ACT_PROVE));
            EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
        }
    }
}

// No downgrade: each side says in its A0 and in its hello what it wants, and gets that or nothing.
TEST_F(Auth, BothWantItOrNeither)
{
    for (uint32_t mine : {CCM_AUTH_NONE, CCM_AUTH_PSK}) {
        m = Machine();
        m.with_psk({1}, {1});
        m.s.config.auth = mine;
        m.start().greet();
        m.step(m.keys([](auto &k) { k.auth ^= 1; }));
        EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));

        m = Machine();
        m.with_psk({1}, {1});
        m.s.config.auth = mine;
        m.start().greet();
        m.step(m.keys());
        m.step(m.status());
        m.step(m.hello([](auto &h) { h.auth ^= 1; }));
        EXPECT_FALSE(m.has(CCM_ACT_VERIFY));
        EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
    }
    m = Machine();
    m.with_psk({2, 1}, {2, 1});
    m.start().greet();
    m.step(m.keys());
    m.step(m.status());
    m.step(m.hello([](auto &h) { h.number = 1; }));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION)) << "an older key than both have";
}

TEST_F(Auth, WithoutAKeyItWaits)
{
    m.with_psk({}, {1});
    m.start();
    EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
    EXPECT_FALSE(m.has(CCM_ACT_CONNECT));
    EXPECT_EQ(m.s.armed_us, 0U);
    m.step(m.simple(CCM_SEV_PATH_UP));
    EXPECT_FALSE(m.has(CCM_ACT_CONNECT));
    m.step(m.request(1));
    EXPECT_EQ(m.reject_code(), u(CCM_REJECT_KEY));
    m.step(m.psk({7}));
    EXPECT_TRUE(m.has(CCM_ACT_CONNECT)) << "the moment the key is there";
    m.fail(CCM_CM_NO_DEVICE);
    EXPECT_EQ(m.s.reason, u(CCM_REASON_DEVICE)) << "a key is not missing any more";
}

// The other way round: the partner has none, and connects when it has one.
TEST_F(Auth, APartnerWithoutAKeyIsWaitedFor)
{
    m.with_psk({1}, {});
    m.start();
    m.step(m.rejected(CCM_REJECT_KEY));
    EXPECT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
    EXPECT_GE(m.wait(), CCM_RETRY_MAX_MS * ms * 3 / 4);
    m.peer_psk[0] = 1;
    m.step(m.request(1));
    m.to(CCM_STATE_READY);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
}

TEST_F(Auth, AKeyThatComesEndsABackoffForOne)
{
    m.with_psk({1}, {2});
    m.start().greet();
    m.step(m.keys());
    ASSERT_EQ(m.s.reason, u(CCM_REASON_AUTHENTICATION));
    m.step(m.psk({2, 1}));
    EXPECT_TRUE(m.has(CCM_ACT_CONNECT));
    m.fail(CCM_CM_UNREACHABLE);
    EXPECT_LE(m.wait(), CCM_RETRY_MIN_MS * ms * 5 / 4) << "it begins anew";
    // ... and no other one.
    m = Machine();
    m.with_psk({1}, {1});
    m.start().fail();
    m.step(m.psk({2, 1}));
    EXPECT_FALSE(m.has(CCM_ACT_CONNECT));
}

TEST_F(Auth, RotationLosesNoSession)
{
    m.with_psk({1}, {1});
    m.start().to(CCM_STATE_READY);
    for (const std::vector<uint32_t> &numbers : {std::vector<uint32_t>{2, 1}, {2}, {}}) {
        m.step(m.psk(numbers));
        EXPECT_EQ(m.types(), Types{});
        EXPECT_EQ(m.s.state, u(CCM_STATE_READY));
    }
}

// A request from the right address with a wrong key ends nothing, and takes nobody's place.
TEST_F(Auth, ACandidateWithoutTheKeyDisturbsNobody)
{
    m.with_psk({1}, {1});
    m.start().to(CCM_STATE_READY);
    m.take();
    const uint32_t kept = m.s.conn.id;
    m.heard_us = m.now;
    m.heard_uptime_ms = m.peer_uptime_ms;
    m.step(m.simple(CCM_SEV_TIMER));
    m.now += 100 * ms;
    m.beside = true;
    m.peer_uptime_ms = 10; // it looks like the partner after a reboot
    m.step(m.request(1, 0xdead));
    m.peer_incarnation = 0xdead;
    m.peer_nonce = 0xbad;
    m.step(m.established());
    m.step(m.keys());
    m.step(m.status());
    m.step(m.hello());
    EXPECT_EQ(m.types(), Types{CCM_ACT_VERIFY});
    m.step(m.verified(false));
    EXPECT_FALSE(m.has(CCM_ACT_DOWN));
    EXPECT_TRUE(m.has(CCM_ACT_CLOSE));
    EXPECT_EQ(m.s.candidate.id, 0U);
    EXPECT_EQ(m.s.conn.id, kept);
    EXPECT_EQ(m.s.state, u(CCM_STATE_READY));

    // With the right one it is the partner, and takes its place.
    m.step(m.request(2, 0xdead));
    m.peer_nonce++;
    m.step(m.established());
    m.step(m.keys());
    m.step(m.status());
    m.step(m.hello());
    m.step(m.verified());
    EXPECT_TRUE(m.has(CCM_ACT_DOWN));
    EXPECT_EQ(m.find(CCM_ACT_DOWN)->reason, u(CCM_REASON_RESTARTED));
}

// Of whoever has proven nothing nothing is believed that anybody could act on.
TEST_F(Auth, AStrangersWordIsNoReason)
{
    for (uint32_t reason = 1; reason < CCM_REASON_COUNT; reason++) {
        for (bool by_page : {false, true}) {
            m = Machine();
            m.with_psk({1}, {1});
            m.start().fail();
            m.step(m.request(1));
            m.greet();
            m.step(m.keys());
            if (by_page)
                m.step(m.status());
            m.step(by_page ? m.simple(CCM_SEV_VERDICT, reason) : m.goodbye(reason));
            EXPECT_EQ(m.s.state, u(CCM_STATE_DOWN));
            EXPECT_TRUE(m.s.reason == CCM_REASON_UNREACHABLE || m.s.reason == CCM_REASON_VERSION ||
                        m.s.reason == CCM_REASON_REFUSED || m.s.reason == CCM_REASON_AUTHENTICATION ||
                        m.s.reason == CCM_REASON_DUPLICATE)
                << reason << ": " << m.s.reason;
        }
    }
}

// A verdict on a proof that was not asked for
TEST_F(Auth, AVerdictOfNothingIsNone)
{
    m.with_psk({1}, {1});
    m.start().greet();
    m.step(m.keys());
    m.step(m.verified());
    EXPECT_EQ(m.types(), Types{});
    EXPECT_FALSE(m.s.conn.done & CCM_DONE_HELLO_RECEIVED);
}

/*
 * What a proof is over. Two machines, each other's partner, say what they say to each other by
 * hand; a byte that is changed on the way makes both have proven different things.
 */
class Proven : public testing::Test {
protected:
    Machine low{1, 2}, high{2, 1};

    static Bytes data(const Machine &from, uint32_t type)
    {
        const ccm_session_action *a = from.find(type);

        return a ? Bytes(a->data, a->data + a->len) : Bytes{};
    }
    static Happening happens(const Machine &at, ccm_session_event_type type, Bytes bytes, uint32_t conn = 0)
    {
        Happening h = at.simple(type);

        if (conn)
            h.event.conn = conn;
        h.data = std::move(bytes);
        return h;
    }

    // Both A0 have come, and both hellos are ready. @spoil sees each message on its way.
    void meet(const std::function<void(int, Bytes &)> &spoil = {})
    {
        auto sent = [&](int which, Bytes bytes) {
            if (spoil)
                spoil(which, bytes);
            return bytes;
        };
        low.with_psk({1}, {1});
        high.with_psk({1}, {1});
        high.s.config.incarnation = 0xb0b;
        low.start();
        high.start().fail();
        high.step(happens(high, CCM_SEV_REQUEST, sent(0, data(low, CCM_ACT_CONNECT)), 1));
        Bytes accept = sent(1, data(high, CCM_ACT_ACCEPT));
        accept.resize(CCM_PRIVATE_ACCEPT_MAX);
        low.random = 0x1010;
        high.random = 0x2020;
        Happening h = low.established();
        h.data = accept;
        low.step(h);
        Bytes low_keys = data(low, CCM_ACT_SEND);
        high.step(high.established());
        Bytes high_keys = data(high, CCM_ACT_SEND);
        high.step(happens(high, CCM_SEV_MESSAGE, sent(2, low_keys)));
        low.step(happens(low, CCM_SEV_MESSAGE, sent(3, high_keys)));
    }

    static Bytes message(const Machine &at, bool mine, const Bytes &hello)
    {
        Bytes bytes(CCM_AUTH_MESSAGE_MAX);

        bytes.resize(
            ccm_auth_message(&at.s, &at.s.conn, mine, hello.data(), static_cast<uint32_t>(hello.size()), bytes.data()));
        return bytes;
    }
    static Bytes key(const Machine &at, ccm_auth_use use)
    {
        Bytes bytes(CCM_AUTH_SALT_LEN + CCM_AUTH_INFO_LEN);

        ccm_auth_salt(&at.s, &at.s.conn, bytes.data());
        ccm_auth_info(&at.s, &at.s.conn, use, bytes.data() + CCM_AUTH_SALT_LEN);
        return bytes;
    }
};

TEST_F(Proven, BothSidesProveTheSame)
{
    meet();
    const Bytes low_hello = data(low, CCM_ACT_PROVE), high_hello = data(high, CCM_ACT_PROVE);
    ASSERT_FALSE(low_hello.empty());
    ASSERT_FALSE(high_hello.empty());
    EXPECT_EQ(message(low, true, low_hello), message(high, false, low_hello));
    EXPECT_EQ(message(low, false, high_hello), message(high, true, high_hello));
    EXPECT_EQ(key(low, CCM_AUTH_PROOF), key(high, CCM_AUTH_PROOF));
    EXPECT_EQ(key(low, CCM_AUTH_PORT), key(high, CCM_AUTH_PORT));
    EXPECT_NE(key(low, CCM_AUTH_PORT), key(low, CCM_AUTH_PROOF));
    // No reflection: the same hello is another proof in the other direction.
    EXPECT_NE(message(low, true, low_hello), message(low, false, low_hello));
    // The proof itself is not part of it.
    Bytes with_proof = low_hello;
    std::memset(with_proof.data() + CCM_HELLO_PROOF, 0xaa, CCM_WIRE_PROOF_LEN);
    EXPECT_EQ(message(low, true, with_proof), message(low, true, low_hello));
}

// Each byte of each message, changed on the way: either the message is refused, or both sides
// would prove different things.
TEST_F(Proven, EachByteThatWasSaidIsPartOfIt)
{
    const size_t lengths[] = {CCM_WIRE_REQUEST_LEN, CCM_WIRE_REQUEST_LEN, CCM_WIRE_KEYS_LEN, CCM_WIRE_KEYS_LEN};
    unsigned proven = 0;

    for (int which = 0; which < 4; which++) {
        for (size_t at = 8; at < lengths[which]; at++) {
            low = Machine{1, 2};
            high = Machine{2, 1};
            meet([&](int now, Bytes &bytes) {
                if (now == which && at < bytes.size())
                    bytes[at] ^= 0x10;
            });
            const Bytes low_hello = data(low, CCM_ACT_PROVE), high_hello = data(high, CCM_ACT_PROVE);
            const bool there = !low_hello.empty() && !high_hello.empty();
            if (!there)
                continue;
            proven++;
            EXPECT_TRUE(message(low, true, low_hello) != message(high, false, low_hello) ||
                        key(low, CCM_AUTH_PROOF) != key(high, CCM_AUTH_PROOF))
                << "message " << which << ", byte " << at;
        }
    }
    EXPECT_GT(proven, 150U); // of 336; the others are refused before
}

// What the kernel's prover must come to (tests/kunit/suites/prover_test.c), by OpenSSL
TEST(ProvenVectors, AreOpenSslsToo)
{
    auto hmac = [](const Bytes &key, const Bytes &bytes) {
        Bytes out(32);

        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), out.data(), nullptr);
        return out;
    };
    auto s = std::make_unique<ccm_session>();
    Bytes psk(CCM_PSK_LEN), salt(CCM_AUTH_SALT_LEN), hello(VECTOR_HELLO_LEN);
    vector_session(s.get());
    vector_psk(psk.data());
    vector_hello(hello.data());
    ccm_auth_salt(s.get(), &s->conn, salt.data());
    auto expand = [&](ccm_auth_use use) {
        Bytes info(CCM_AUTH_INFO_LEN + 1, 1);

        ccm_auth_info(s.get(), &s->conn, use, info.data());
        return hmac(hmac(salt, psk), info);
    };
    for (bool mine : {true, false}) {
        Bytes message(CCM_AUTH_MESSAGE_MAX, 0xee);

        message.resize(ccm_auth_message(s.get(), &s->conn, mine, hello.data(), VECTOR_HELLO_LEN, message.data()));
        const u8 *wanted = mine ? vector_proof_1 : vector_proof_2;
        EXPECT_EQ(hmac(expand(CCM_AUTH_PROOF), message), Bytes(wanted, wanted + CCM_WIRE_PROOF_LEN)) << mine;
    }
    EXPECT_EQ(expand(CCM_AUTH_PORT), Bytes(std::begin(vector_port_key), std::end(vector_port_key)));
}

// As much of it as was said: what lies behind it in a frame is not, and no part is longer than its
// place, whatever a later version says.
TEST(Transcript, KeepsWhatWasSaid)
{
    const uint32_t rooms[] = {CCM_PRIVATE_REQUEST_MAX, CCM_PRIVATE_ACCEPT_MAX, CCM_KEYS_MAX, CCM_KEYS_MAX};

    for (uint32_t part = 0; part < CCM_TRANSCRIPT_PARTS; part++) {
        for (uint32_t said : {8U, 40U, rooms[part] - 1, rooms[part], rooms[part] + 1, 400U}) {
            for (uint32_t here : {8U, 40U, rooms[part] - 1, rooms[part], rooms[part] + 1, 400U}) {
                auto t = std::make_unique<ccm_transcript>();
                Bytes data(here, static_cast<uint8_t>(0x40 + part));
                uint32_t at = 0;

                data[6] = static_cast<uint8_t>(said);
                data[7] = static_cast<uint8_t>(said >> 8);
                ccm_transcript_add(t.get(), static_cast<ccm_transcript_part>(part), data.data(), here);
                const uint32_t kept = std::min({said, here, rooms[part]});
                for (uint32_t i = 0; i < part; i++)
                    at += rooms[i];
                Bytes expected(CCM_TRANSCRIPT_MAX);
                std::copy_n(data.begin(), kept, expected.begin() + at);
                EXPECT_EQ(t->len[part], kept);
                EXPECT_EQ(Bytes(std::begin(t->bytes), std::end(t->bytes)), expected) << part;
            }
        }
    }
}

TEST_F(Proven, EachByteOfTheHelloIsPartOfIt)
{
    meet();
    const Bytes hello = data(low, CCM_ACT_PROVE);
    const Bytes right = message(high, false, hello);

    for (size_t at = 0; at < hello.size(); at++) {
        if (at >= CCM_HELLO_PROOF && at < CCM_HELLO_PROOF + CCM_WIRE_PROOF_LEN)
            continue;
        Bytes other = hello;
        other[at] ^= 1;
        EXPECT_NE(message(high, false, other), right) << at;
    }
}

} // namespace
