// SPDX-License-Identifier: GPL-2.0-only
//
// What a rogue does beside a session that is READY, and the session does not notice: the base of
// suites about it.
#pragma once

#include "pair.h"
#include "rogue_partner.h"

namespace ccm::test {

// The pre-shared key of the cluster that tests make (tests/cluster/psk)
Bytes cluster_key();

// Nodes 2 (the victim) and 3 are READY, with a client under load. On node 1, which has several
// addresses, is the rogue.
class Undisturbed : public SharedTest {
public:
    // What it is to the victim
    enum Who {
        keyed,   // partner 1 and others, and it has the key
        stranger // it has no key, and says that it is node 3
    };
    static void boot();
    static void TearDownTestSuite();
    static void be_a_stranger() { who_ = stranger; } // for the rest of this test
    static Who who() { return who_; }
    static RoguePartner::As as(); // the lower node, where there is a choice
    static RoguePartner::As as_higher();

    static RoguePartner make(const RoguePartner::As &as = Undisturbed::as())
    {
        return RoguePartner(rogue_node(), victim(), as);
    }
    static Node &rogue_node() { return cluster().node(1); }
    static Node &victim() { return cluster().node(2); }
    static Node &honest() { return cluster().node(3); }

    // The victim has shown that since the last time: attempts of its own come behind it.
    static void expect_down(int id, const std::string &reason);
    // What the victim says of a partner now: state, and if it is DOWN the reason
    static std::string said_of(int id);
    // Ends the load, to measure what is left of it.
    static void rest();
    // The victim sends it away and says why, by its goodbye. That may be lost: it is waited for some 100 ms.
    // Then what the victim shows must fit.
    static void expect_sent_away(RoguePartner &rogue, ccm_reason reason, ccm_reason or_this = CCM_REASON_NONE);
    // Lines of the module in the victim's log since then
    static std::size_t lines_since(std::size_t mark);

protected:
    void SetUp() override;
    // The session is the same, its client goes on, and nothing was kept or said without bound.
    void TearDown() override;

private:
    struct Kept {
        std::string incarnation;
        long long sessions = 0, memory = 0, ports = 0;
    };
    static Kept kept();

    static inline Who who_ = keyed;
    static inline Watch *seen_ = nullptr;
    Kept before_;
    std::size_t mark_ = 0;
    TimePoint since_;
    std::unique_ptr<Watch> watch_;
};

class RogueKeyed : public Undisturbed {
public:
    static void SetUpTestSuite() { boot(); }
};

// Of how much of a processor a machine makes use from here on
class Share {
public:
    explicit Share(const Node &node) : node_(node), used_(used()), since_(Clock::now()) {}
    double of_a_processor() const { return (used() - used_) / seconds(Clock::now() - since_); }

private:
    double used() const; // seconds

    const Node &node_;
    double used_;
    TimePoint since_;
};

// Kibibytes of memory that a node has left
long long memory_left(Node &node);

} // namespace ccm::test
