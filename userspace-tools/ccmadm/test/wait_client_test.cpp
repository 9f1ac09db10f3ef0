// SPDX-License-Identifier: GPL-2.0-only
// `wait --client`.
#include "fakes.h"

#include <cstring>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

const ccm_record partner2 = partner_record(2, CCM_STATE_READY);
const ccm_record partner3 = partner_record(3, CCM_STATE_READY);

ccm_record incompatible(const char *name, std::uint32_t partner)
{
    return client_record(name, partner, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_VERSION);
}

TEST(WaitClient, AlreadyReady)
{
    Bench bench;
    bench.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "0"}), 0);
    EXPECT_EQ(bench.output.text, "");
    EXPECT_EQ(bench.errors.text, "");
}

TEST(WaitClient, AReadyPartnerIsNotEnough)
{
    for (const std::uint32_t state : {std::uint32_t{CCM_CLIENT_WAITING}, std::uint32_t{CCM_CLIENT_OPENING}, 99u}) {
        Bench bench;
        bench.source->give(
            present({partner2, client_record("mirror", 2, state), client_record("locks", 2, CCM_CLIENT_READY)}));
        EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "0"}), 3) << state;
    }
}

TEST(WaitClient, BecomesReadyByWayOfIncompatible)
{
    // It may be replaced by one that fits.
    Bench bench;
    bench.source->give(present({partner2, incompatible("mirror", 2)}));
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_GONE, CCM_CLIENT_LEFT)});
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_OPENING)});
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_READY)});
    EXPECT_EQ(bench.run({"wait", "--client", "mirror"}), 0);
    EXPECT_EQ(bench.errors.text, "");
}

TEST(WaitClient, NeedsEveryConfiguredPartner)
{
    Bench bench;
    bench.source->give(present({partner2, partner3, client_record("mirror", 2, CCM_CLIENT_READY),
                                client_record("mirror", 3, CCM_CLIENT_OPENING)}));
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_OPENING)});
    bench.source->give(Batch{client_record("mirror", 3, CCM_CLIENT_READY)}); // not both at once
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "1.5"}), 3);
    EXPECT_EQ(bench.errors.text, "ccmadm: timed out after 1.5 s: client mirror is not ready on "
                                 "partner 2 (beta): it is opening\n");
}

TEST(WaitClient, NeedsEveryClientNamed)
{
    const Batch state = present(
        {partner2, client_record("mirror", 2, CCM_CLIENT_READY), client_record("locks", 2, CCM_CLIENT_OPENING)});
    Bench never;
    never.source->give(state);
    EXPECT_EQ(never.run({"wait", "--client", "mirror", "--client", "locks", "--timeout", "0"}), 3);
    EXPECT_NE(never.errors.text.find("client locks is not ready"), std::string::npos);
    Bench later;
    later.source->give(state);
    later.source->give(Batch{client_record("locks", 2, CCM_CLIENT_READY)});
    EXPECT_EQ(later.run({"wait", "--client", "mirror", "--client", "locks"}), 0);
}

TEST(WaitClient, OnThePartnersNamed)
{
    const Batch state = present({partner2, partner3, client_record("mirror", 2, CCM_CLIENT_READY),
                                 client_record("mirror", 3, CCM_CLIENT_OPENING)});
    Bench on2;
    on2.source->give(state);
    EXPECT_EQ(on2.run({"wait", "--client", "mirror", "--partner", "2", "--timeout", "0"}), 0);
    Bench on3;
    on3.source->give(state);
    EXPECT_EQ(on3.run({"wait", "--client", "mirror", "--partner", "3", "--timeout", "0"}), 3);
}

TEST(WaitClient, TimeoutSaysStateReasonAndNote)
{
    Bench bench;
    ccm_record record = incompatible("mirror", 2);
    std::strcpy(record.note, "speaks 2 to 3");
    bench.source->give(present({partner2, record}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "2"}), 3);
    EXPECT_EQ(bench.errors.text, "ccmadm: timed out after 2 s: client mirror is not ready on partner 2 (beta): it is "
                                 "incompatible: version (no version in common with its counterpart; update the older "
                                 "one), note: speaks 2 to 3\n");
}

TEST(WaitClient, TimeoutNamesTheIncompatibleOneFirst)
{
    Bench bench;
    bench.source->give(
        present({down_record(2, CCM_REASON_HUNG), partner3, client_record("locks", 3, CCM_CLIENT_OPENING),
                 client_record("mirror", 2, CCM_CLIENT_WAITING), incompatible("mirror", 3)}));
    EXPECT_EQ(bench.run({"wait", "--client", "locks", "--client", "mirror", "--timeout", "0"}), 3);
    EXPECT_NE(bench.errors.text.find("client mirror is not ready on partner 3 (beta): it is "
                                     "incompatible: version ("),
              std::string::npos)
        << bench.errors.text;
}

TEST(WaitClient, ElseTimeoutNamesTheFirst)
{
    Bench bench;
    bench.source->give(
        present({partner2, partner3, client_record("mirror", 2, CCM_CLIENT_OPENING),
                 client_record("mirror", 3, CCM_CLIENT_OPENING), client_record("locks", 2, CCM_CLIENT_OPENING),
                 client_record("locks", 3, CCM_CLIENT_OPENING)}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--client", "locks", "--timeout", "0"}), 3);
    EXPECT_NE(bench.errors.text.find("client mirror is not ready on partner 2"), std::string::npos)
        << bench.errors.text;
}

TEST(WaitClient, TimeoutSaysWhatThePartnerIsWhenThatIsWhy)
{
    Bench bench;
    bench.source->give(present(
        {down_record(2, CCM_REASON_PANICKED), client_record("mirror", 2, CCM_CLIENT_WAITING, CCM_CLIENT_NO_SESSION)}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "0"}), 3);
    EXPECT_EQ(bench.errors.text, "ccmadm: timed out after 0 s: client mirror is not ready on partner 2 (beta): it is "
                                 "waiting: no-session (there is no session with the partner); partner 2 (beta) is "
                                 "down: panicked (its kernel panicked; see its console)\n");
}

TEST(WaitClient, OneThatIsNotRegisteredIsRemarkedOnOnce)
{
    Bench later;
    later.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
    later.source->give(Batch{partner2});
    later.source->give(Batch{client_record("miror", 2, CCM_CLIENT_READY)});
    EXPECT_EQ(later.run({"wait", "--client", "mirror", "--client", "miror"}), 0);
    EXPECT_EQ(later.errors.text, "ccmadm: client miror is not registered yet; waiting for it\n");

    Bench never;
    never.source->give(present({partner2}));
    EXPECT_EQ(never.run({"wait", "--client", "miror", "--timeout", "0"}), 3);
    EXPECT_EQ(never.errors.text, "ccmadm: timed out after 0 s: client miror is not ready on partner 2 (beta): it is "
                                 "not registered on this node (`ccmadm status` lists those that are)\n");
}

TEST(WaitClient, PartnersThatAreNotConfiguredAreWaitedFor)
{
    // Also for DOWN: what is not there has not gone down.
    for (const char *state : {"ready", "down"}) {
        Bench one;
        one.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
        EXPECT_EQ(one.run({"wait", "--client", "mirror", "--partner", "7", "--state", state, "--timeout", "1"}), 3);
        EXPECT_EQ(one.errors.text, "ccmadm: partner 7 is not configured yet; waiting for it\n"
                                   "ccmadm: timed out after 1 s: partner 7 is not configured; "
                                   "`ccmadm status` lists those that are\n");
        Bench none;
        none.source->give(present({}));
        EXPECT_EQ(none.run({"wait", "--client", "mirror", "--state", state, "--timeout", "1"}), 3);
        EXPECT_EQ(none.errors.text, "ccmadm: no partner is configured yet; waiting for one\n"
                                    "ccmadm: timed out after 1 s: no partner is configured; load the module with "
                                    "partners=ID@ADDRESS\n");
    }
}

TEST(WaitClient, DownIsNotReadyForWhateverReason)
{
    for (const std::uint32_t state :
         {CCM_CLIENT_GONE, CCM_CLIENT_WAITING, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_OPENING}) {
        Bench bench;
        bench.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
        bench.source->give(Batch{client_record("mirror", 2, state)});
        EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--state", "down"}), 0) << state;
        EXPECT_EQ(bench.errors.text, "");
    }
    Bench never_there;
    never_there.source->give(present({partner2}));
    EXPECT_EQ(never_there.run({"wait", "--client", "mirror", "--state", "down"}), 0);
    EXPECT_EQ(never_there.errors.text, "");
    // One that is not there is not waited for, so nothing is remarked.
    Bench other;
    other.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
    other.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_WAITING)});
    EXPECT_EQ(other.run({"wait", "--client", "locks", "--client", "mirror", "--state", "down"}), 0);
    EXPECT_EQ(other.errors.text, "");
}

TEST(WaitClient, DownPassesAndCounts)
{
    Bench bench;
    bench.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
    bench.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_OPENING, CCM_CLIENT_PORT_LOST),
                             client_record("mirror", 2, CCM_CLIENT_READY)});
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--state", "down"}), 0);
}

TEST(WaitClient, DownTimesOutWhileReady)
{
    Bench bench;
    bench.source->give(present({partner2, client_record("mirror", 2, CCM_CLIENT_READY)}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--state", "down", "--timeout", "3"}), 3);
    EXPECT_EQ(bench.errors.text, "ccmadm: timed out after 3 s: client mirror is still ready on "
                                 "partner 2 (beta)\n");
}

TEST(WaitClient, WithAStageBothAreNeeded)
{
    const ccm_record booting = partner_record(2, CCM_STATE_READY, CCM_STAGE_ROOT);
    const ccm_record running = partner_record(2, CCM_STATE_READY, CCM_STAGE_RUNNING);
    const ccm_record ready = client_record("mirror", 2, CCM_CLIENT_READY);
    const auto wait = [](Bench &bench) {
        return bench.run({"wait", "--client", "mirror", "--stage", "running", "--timeout", "0"});
    };
    Bench early;
    early.source->give(present({booting, ready}));
    EXPECT_EQ(wait(early), 3);
    EXPECT_NE(early.errors.text.find("partner 2 (beta) is ready, booting: root"), std::string::npos);
    Bench not_yet;
    not_yet.source->give(present({running, client_record("mirror", 2, CCM_CLIENT_OPENING)}));
    EXPECT_EQ(wait(not_yet), 3);
    EXPECT_NE(not_yet.errors.text.find("it is opening"), std::string::npos);
    Bench both;
    both.source->give(present({running, ready}));
    EXPECT_EQ(wait(both), 0);
}

TEST(WaitClient, IsNotFooledBeforeThePresentStateIsComplete)
{
    Bench bench;
    bench.source->give(Batch{node_record(), partner2, partner3, client_record("mirror", 2, CCM_CLIENT_READY)});
    bench.source->give(Batch{client_record("mirror", 3, CCM_CLIENT_OPENING), plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "1"}), 3);
    // Nor for DOWN: the client comes behind the partner.
    Bench down;
    down.source->give(Batch{node_record(), partner2});
    down.source->give(Batch{client_record("mirror", 2, CCM_CLIENT_READY), plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(down.run({"wait", "--client", "mirror", "--state", "down", "--timeout", "1"}), 3);
}

TEST(WaitClient, Json)
{
    Bench bench;
    bench.source->give(present({partner2, incompatible("mirror", 2)}));
    EXPECT_EQ(bench.run({"wait", "--client", "mirror", "--timeout", "1", "--json"}), 3);
    EXPECT_EQ(bench.object()["result"], "timeout");
    EXPECT_EQ(bench.object()["clients"][0]["reason"], "version");
}

} // namespace
} // namespace ccmadm::test
