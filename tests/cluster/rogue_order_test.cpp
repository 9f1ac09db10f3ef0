// SPDX-License-Identifier: GPL-2.0-only
//
// A partner that does the steps of the series in another order, proves what it cannot, says what it
// must not, or reaches for memory that it has not been given.
#include <gtest/gtest.h>

#include "../../ccm/core/bytes.h"
#include "undisturbed.h"

namespace ccm::test {
namespace {

RoguePartner make()
{
    return Undisturbed::make();
}

// Order

void rings_before_its_time()
{
    for (ccm_ring kind : {CCM_RING_ANSWER, CCM_RING_READY}) {
        SCOPED_TRACE(kind);
        RoguePartner rogue = make();
        ASSERT_TRUE(rogue.go(Say::request));
        rogue.ring(kind);
        Undisturbed::expect_sent_away(rogue, CCM_REASON_NONE);
    }
    // One that only a later version knows
    RoguePartner rogue = make();
    ASSERT_TRUE(rogue.go(Say::request));
    EXPECT_EQ(rogue.ring(200), "ok");
    EXPECT_TRUE(rogue.rogue().state().established());
    rogue.close();
}

void says_hello_first()
{
    RoguePartner rogue = make();
    ASSERT_TRUE(rogue.go(Say::request));
    ASSERT_TRUE(rogue.take_keys());
    rogue.say_hello();
    Undisturbed::expect_sent_away(rogue, CCM_REASON_NONE);
}

void says_its_keys_twice()
{
    RoguePartner rogue = make();
    Bytes keys;
    rogue.spoil(Say::keys, [&](Bytes &b) { keys = b; });
    ASSERT_TRUE(rogue.go(Say::keys));
    rogue.rogue().send(keys);
    Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
}

// Mail that is rung for and not there, once both have greeted
void rings_for_nothing()
{
    for (ccm_ring kind : {CCM_RING_CATALOG, CCM_RING_LINKS}) {
        SCOPED_TRACE(kind);
        RoguePartner rogue = make();
        ASSERT_TRUE(rogue.go(Say::answer));
        rogue.ring(kind);
        Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
    }
}

TEST_F(RogueKeyed, IsOutOfOrder)
{
    rings_before_its_time();
    says_hello_first();
    says_its_keys_twice();
    rings_for_nothing();
}

// Proofs

void expect_not_proven(RoguePartner &rogue, const char *what)
{
    SCOPED_TRACE(what);
    Undisturbed::expect_sent_away(rogue, CCM_REASON_AUTHENTICATION);
}

void proves_by_chance()
{
    const std::pair<const char *, Spoil> wrong[] = {
        {"one bit", [](Bytes &b) { b[CCM_HELLO_PROOF + 31] ^= 0x80; }},
        {"another capability behind the proof", [](Bytes &b) { b[40] ^= 1; }},
    };
    for (const auto &[what, how] : wrong) {
        RoguePartner rogue = make();
        rogue.spoil_proof(how);
        rogue.go(Say::hello);
        expect_not_proven(rogue, what);
    }
}

// The victim's own proof, sent back to it
void reflects()
{
    RoguePartner rogue = make();
    ASSERT_TRUE(rogue.go(Say::keys));
    ASSERT_TRUE(rogue.take_hello());
    const Bytes theirs = rogue.victims_hello();
    rogue.spoil_proof([&](Bytes &b) {
        std::copy_n(theirs.begin() + CCM_HELLO_PROOF, CCM_WIRE_PROOF_LEN, b.begin() + CCM_HELLO_PROOF);
    });
    rogue.say_hello();
    expect_not_proven(rogue, "the victim's proof");
    // ... and all of its hello
    RoguePartner mirror = make();
    ASSERT_TRUE(mirror.go(Say::keys));
    ASSERT_TRUE(mirror.take_hello());
    mirror.mail(CCM_MAILBOX_HELLO, mirror.victims_hello(), CCM_RING_HELLO);
    Undisturbed::expect_sent_away(mirror, CCM_REASON_REFUSED);
}

// What was right on an earlier connection of the same two incarnations
void replays()
{
    RoguePartner rogue = make();
    Bytes right;
    rogue.spoil_proof([&](Bytes &b) { right = b; });
    ASSERT_TRUE(rogue.go(Say::answer));
    rogue.begin_anew(false);
    ASSERT_TRUE(rogue.go_on(Say::keys));
    rogue.mail(CCM_MAILBOX_HELLO, right, CCM_RING_HELLO);
    Undisturbed::expect_sent_away(rogue, CCM_REASON_REFUSED);
    rogue.begin_anew(false);
    ASSERT_TRUE(rogue.go_on(Say::keys));
    rogue.spoil_proof([&](Bytes &b) {
        std::copy_n(right.begin() + CCM_HELLO_PROOF, CCM_WIRE_PROOF_LEN, b.begin() + CCM_HELLO_PROOF);
    });
    rogue.say_hello();
    expect_not_proven(rogue, "an earlier proof");
}

TEST_F(RogueKeyed, ProvesWhatItCannot)
{
    const long long before = counter(victim(), "partner-1", "proofs_wrong");
    proves_by_chance();
    reflects();
    replays();
    RoguePartner::As other = as();
    other.key[0] ^= 1;
    RoguePartner rogue = make(other);
    rogue.go(Say::hello);
    expect_not_proven(rogue, "another key");
    // all but the two that were refused for something else
    EXPECT_EQ(counter(victim(), "partner-1", "proofs_wrong"), before + 5);
    expect_down(1, "authentication");
}

TEST_F(RogueKeyed, ProvesWhatItCannotAsAStranger)
{
    be_a_stranger();
    reflects();
    RoguePartner::As guess = as();
    guess.key = Bytes(32, 0);
    RoguePartner rogue = make(guess);
    rogue.go(Say::hello);
    expect_not_proven(rogue, "a key of zeroes");
}

// Goodbye

void say_goodbye(RoguePartner &rogue, unsigned reason)
{
    ccm_wire_goodbye goodbye{};
    goodbye.reason = static_cast<u16>(reason);
    rogue.mail(CCM_MAILBOX_GOODBYE, encoded(goodbye), CCM_RING_GOODBYE);
    rogue.sent_away();
}

void expect_goodbyes()
{
    const std::pair<unsigned, const char *> reasons[] = {
        {CCM_REASON_PANICKED, "refused"},
        {CCM_REASON_SHUTDOWN, "shutdown"},
    };
    for (const auto &[reason, said] : reasons) {
        SCOPED_TRACE(reason);
        RoguePartner rogue = make();
        ASSERT_TRUE(rogue.go(Say::answer));
        say_goodbye(rogue, reason);
        Undisturbed::expect_down(1, said);
    }
}

TEST_F(RogueKeyed, SaysGoodbye)
{
    expect_goodbyes();
    // before it has proven anything
    RoguePartner rogue = make();
    ASSERT_TRUE(rogue.go(Say::keys));
    say_goodbye(rogue, CCM_REASON_ADMIN);
    EXPECT_NE(said_of(1), "admin");
}

// Memory

// What A0 has told can be reached, and nothing beside it.
void reaches()
{
    struct Reach {
        const char *what;
        std::function<std::string(Rogue &, const ccm_wire_keys &)> how;
    };
    const Reach all[] = {
        {"beyond the mailbox",
         [](Rogue &r, auto &k) { return r.write(k.mailbox_addr + CCM_MAILBOX_LEN - 4, k.mailbox_key, Bytes(8)); }},
        {"far away", [](Rogue &r, auto &k) { return r.write(0xffff888000000000, k.mailbox_key, Bytes(8)); }},
        {"writing the status page", [](Rogue &r, auto &k) { return r.write(k.status_addr, k.status_key, Bytes(8)); }},
        {"reading the mailbox", [](Rogue &r, auto &k) { return r.read(k.mailbox_addr, k.mailbox_key, 8); }},
        {"the next region", [](Rogue &r, auto &k) { return r.write(k.mailbox_addr, k.mailbox_key + 256, Bytes(8)); }},
    };
    for (const Reach &one : all) {
        SCOPED_TRACE(one.what);
        RoguePartner rogue = make();
        ASSERT_TRUE(rogue.go(Say::keys));
        const ccm_wire_keys &keys = rogue.victims_keys();
        Bytes page;
        EXPECT_EQ(rogue.rogue().read(keys.status_addr, keys.status_key, CCM_WIRE_STATUS_LEN, &page), "ok");
        EXPECT_EQ(ccm_get_u32(&page[12]), 2U);
        EXPECT_EQ(one.how(rogue.rogue(), keys).rfind("failed status=", 0), 0U);
        rogue.close();
    }
}

// Nobody is told where anything lies in the kernel's memory.
void expect_addresses_to_tell_nothing()
{
    RoguePartner rogue = make();
    ASSERT_TRUE(rogue.go(Say::keys));
    EXPECT_LT(rogue.victims_keys().status_addr, CCM_PAGE_LEN);
    EXPECT_LT(rogue.victims_keys().mailbox_addr, CCM_PAGE_LEN);
    rogue.close();
}

TEST_F(RogueKeyed, ReachesForMemoryAsAStranger)
{
    be_a_stranger();
    reaches();
    expect_addresses_to_tell_nothing();
}

} // namespace
} // namespace ccm::test
