// SPDX-License-Identifier: GPL-2.0-only
//
// A rogue that does what it may, and without end: requests, right and wrong, and legal rings. The
// victim's time and memory are bounded, and when it stops an honest partner takes its place.
#include <gtest/gtest.h>

#include "undisturbed.h"

namespace ccm::test {
namespace {

constexpr Duration lasts = 1s;
// Of a processor, with every debugging option; what it was otherwise is printed.
constexpr double share_max = 0.8;
// What debugging keeps of memory that is free (KASAN), and what caches grow by
constexpr long long memory_max_kib = 48 * 1024;

// One request as the rogue would make it
Bytes request_of(const RoguePartner::As &as, std::uint64_t incarnation)
{
    return encoded(session_request(static_cast<std::uint32_t>(as.id), 2, "t", incarnation, 1));
}

struct FloodKind {
    const char *what;
    int how;
    std::function<void(Bytes &)> spoil;
};

const FloodKind kinds[] = {
    {"the same request", Rogue::same, {}},
    {"later and later ones", Rogue::other_attempt, {}},
    {"of more and more incarnations", Rogue::other_incarnation, {}},
    {"several at once, that stay", Rogue::other_incarnation | Rogue::stay, {}},
    {"of another cluster", Rogue::same, [](Bytes &b) { b[24] ^= 1; }},
    {"of another version", Rogue::same, [](Bytes &b) { b[8] = b[10] = 9; }},
};

void floods()
{
    Undisturbed::rest();
    Node &victim = Undisturbed::victim();
    const RoguePartner::As as = Undisturbed::as();
    Rogue rogue(Undisturbed::rogue_node(), as.slot);
    std::uint64_t incarnation = 0xf100d0000;
    const long long memory = memory_left(victim);
    for (const FloodKind &kind : kinds) {
        Bytes bytes = request_of(as, incarnation += 0x100000);
        if (kind.spoil)
            kind.spoil(bytes);
        Share share(victim);
        Command flood = rogue.start_flood(victim.ipv4(), rdma_port, bytes, lasts, kind.how, as.from);
        const Rogue::Flood all = Rogue::end_flood(flood, lasts + 20s);
        const double used = share.of_a_processor();
        std::printf("%s: %d requests, %d established, %d rejected, %d failed; %.2f of a processor\n", kind.what,
                    all.asked, all.established, all.rejected, all.failed, used);
        EXPECT_LT(used, share_max) << kind.what;
        EXPECT_GT(all.asked, 5) << kind.what;
        if (kind.spoil) {
            EXPECT_EQ(all.established, 0) << kind.what;
        }
    }
    const long long kept = memory - memory_left(victim);
    std::printf("%lld KiB of memory less\n", kept);
    EXPECT_LT(kept, memory_max_kib);
}

TEST_F(RogueKeyed, FloodsWithRequestsAsAStranger)
{
    be_a_stranger();
    floods();
}

void floods_with_rings()
{
    Undisturbed::rest();
    for (unsigned kind : {unsigned{CCM_RING_STAGE}, 200U}) {
        RoguePartner rogue = Undisturbed::make();
        rogue.become_ready();
        Share share(Undisturbed::victim());
        const std::string end = rogue.ring(kind, 3000);
        const double used = share.of_a_processor();
        const std::string said = Undisturbed::said_of(1);
        std::printf("rings of kind %u: %s, then %s; %.2f of a processor\n", kind, end.c_str(), said.c_str(), used);
        EXPECT_LT(used, share_max);
        // as fast as it can: too fast, or not
        EXPECT_TRUE(said == "refused" || said == "ready") << said;
        rogue.close();
    }
}

TEST_F(RogueKeyed, FloodsWithRings)
{
    floods_with_rings();
}

// The rogue goes, and the partner whose place it had comes.
void honest_one_comes(bool psk)
{
    Node &node = Undisturbed::rogue_node();
    RoguePartner rogue = Undisturbed::make();
    rogue.become_ready();
    rogue.rogue().ring(0);
    rogue.sent_away();
    node.must("rmmod ccm_rogue");
    load(node, {.partners = {2}, .psk = psk});
    Undisturbed::victim().must("ccmadm wait --partner 1 --timeout 20", 30s);
    unload(node, "READY");
}

TEST_F(RogueKeyed, MakesRoomForAnHonestOne)
{
    honest_one_comes(true);
}

} // namespace
} // namespace ccm::test
