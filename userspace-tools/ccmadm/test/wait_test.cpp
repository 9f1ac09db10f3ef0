// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

using namespace std::chrono_literals;

TEST(Wait, AlreadyReady)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
    EXPECT_EQ(bench.run({"wait"}), 0);
    EXPECT_EQ(bench.output.text, "");
    EXPECT_EQ(bench.errors.text, "");
}

TEST(Wait, BecomesReady)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_DOWN)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_CONNECTING)});
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY)});
    EXPECT_EQ(bench.run({"wait"}), 0);
}

TEST(Wait, NeedsAllPartners)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY), partner_record(3, CCM_STATE_CONNECTING)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_DOWN)});
    bench.source->give(Batch{partner_record(3, CCM_STATE_READY)});
    EXPECT_EQ(bench.run({"wait", "--timeout", "5"}), 3);
    EXPECT_NE(bench.errors.text.find("ccmadm: timed out after 5 s: partner 2 (beta) is down"), std::string::npos)
        << bench.errors.text;
}

TEST(Wait, LooksOnlyAtThePartnersNamed)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY), partner_record(3, CCM_STATE_CONNECTING),
                                partner_record(4, CCM_STATE_READY)}));
    EXPECT_EQ(bench.run({"wait", "--partner", "2", "--partner", "4"}), 0);

    Bench other;
    other.source->give(present({partner_record(2, CCM_STATE_READY), partner_record(3, CCM_STATE_CONNECTING)}));
    EXPECT_EQ(other.run({"wait", "--partner", "3", "--timeout", "0.5"}), 3);
    EXPECT_NE(other.errors.text.find("timed out after 0.5 s: partner 3 (beta) is connecting"), std::string::npos);
}

TEST(Wait, IsNotFooledBeforeThePresentStateIsComplete)
{
    // Partner 2 is ready, but there is a partner 3 still to be heard of.
    Bench bench;
    bench.source->give(Batch{node_record(), partner_record(2, CCM_STATE_READY)});
    bench.source->give(Batch{partner_record(3, CCM_STATE_CONNECTING), plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(bench.run({"wait", "--timeout", "1"}), 3);
}

TEST(Wait, TakesTheStateAgainAfterAnOverflow)
{
    // While changes were lost, partner 2 became ready and partner 3 was removed.
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_DOWN), partner_record(3, CCM_STATE_DOWN)}));
    bench.source->give(Batch{plain_record(CCM_RECORD_OVERFLOW), node_record(), partner_record(2, CCM_STATE_READY)});
    bench.source->give(Batch{plain_record(CCM_RECORD_SYNC)});
    EXPECT_EQ(bench.run({"wait"}), 0);
}

TEST(Wait, AfterAnOverflowASyncIsNeeded)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_DOWN)}));
    bench.source->give(Batch{plain_record(CCM_RECORD_OVERFLOW), partner_record(2, CCM_STATE_READY)});
    EXPECT_EQ(bench.run({"wait"}), 1);
    EXPECT_NE(bench.errors.text.find("has not described its present state"), std::string::npos);
}

TEST(Wait, SeesAStateThatPasses)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
    bench.source->give(Batch{down_record(2, CCM_REASON_RESTARTED), partner_record(2, CCM_STATE_CONNECTING)});
    EXPECT_EQ(bench.run({"wait", "--state", "down"}), 0);
}

TEST(Wait, EachState)
{
    const char *const names[] = {"down", "connecting", "greeting", "negotiating", "opening", "ready"};
    for (std::uint32_t state = 0; state < CCM_STATE_COUNT; ++state) {
        Bench there;
        there.source->give(present({partner_record(2, state)}));
        EXPECT_EQ(there.run({"wait", "--state", names[state], "--timeout", "0"}), 0);
        Bench elsewhere;
        elsewhere.source->give(present({partner_record(2, (state + 1) % CCM_STATE_COUNT)}));
        EXPECT_EQ(elsewhere.run({"wait", "--state", names[state], "--timeout", "0"}), 3);
    }
}

TEST(Wait, StageIsAtLeastThatWhileReady)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY, CCM_STAGE_INITRAMFS)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY, CCM_STAGE_ROOT)});
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY, CCM_STAGE_STORAGE)});
    EXPECT_EQ(bench.run({"wait", "--stage", "userspace"}), 0);

    Bench down;
    down.source->give(present({partner_record(2, CCM_STATE_DOWN, CCM_STAGE_RUNNING)}));
    EXPECT_EQ(down.run({"wait", "--stage", "userspace", "--timeout", "0"}), 3);

    Bench early;
    early.source->give(present({partner_record(2, CCM_STATE_READY, CCM_STAGE_ROOT)}));
    EXPECT_EQ(early.run({"wait", "--stage", "userspace", "--state", "ready", "--timeout", "0"}), 3);
    EXPECT_NE(early.errors.text.find("partner 2 (beta) is ready, booting: root"), std::string::npos);
}

TEST(Wait, GoingDownIsNotFurtherAlong)
{
    for (const std::uint32_t stage : {std::uint32_t{CCM_STAGE_STOPPING}, 99u}) {
        Bench bench;
        bench.source->give(present({partner_record(2, CCM_STATE_READY, stage)}));
        EXPECT_EQ(bench.run({"wait", "--stage", "running", "--timeout", "0"}), 3);
    }
}

TEST(Wait, StageDoesNotGoWithAnotherState)
{
    Bench bench;
    EXPECT_EQ(bench.run({"wait", "--stage", "root", "--state", "down"}), 1);
    EXPECT_NE(bench.errors.text.find("does not go with --state down"), std::string::npos);
}

TEST(Wait, NoPartnerAtAllIsWaitedFor)
{
    Bench never;
    never.source->give(present({}));
    EXPECT_EQ(never.run({"wait", "--timeout", "2.5"}), 3);
    EXPECT_EQ(never.errors.text, "ccmadm: no partner is configured yet; waiting for one\n"
                                 "ccmadm: timed out after 2.5 s: no partner is configured; load the module with "
                                 "partners=ID@ADDRESS\n");

    Bench later;
    later.source->give(present({}));
    later.source->give(Batch{partner_record(2, CCM_STATE_DOWN)});
    later.source->give(Batch{partner_record(2, CCM_STATE_READY)});
    EXPECT_EQ(later.run({"wait"}), 0);
}

TEST(Wait, APartnerThatIsNotConfiguredIsRemarkedOnOnce)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_READY)}));
    bench.source->give(Batch{partner_record(2, CCM_STATE_READY)});
    bench.source->give(Batch{partner_record(7, CCM_STATE_READY)});
    EXPECT_EQ(bench.run({"wait", "--partner", "7"}), 0);
    EXPECT_EQ(bench.errors.text, "ccmadm: partner 7 is not configured yet; waiting for it\n");

    Bench never;
    never.source->give(present({partner_record(2, CCM_STATE_READY)}));
    EXPECT_EQ(never.run({"wait", "--partner", "7", "--timeout", "0"}), 3);
    EXPECT_EQ(never.errors.text, "ccmadm: timed out after 0 s: partner 7 is not configured; "
                                 "`ccmadm status` lists those that are\n");
}

TEST(Wait, TimeoutIsKeptWhenRecordsKeepComing)
{
    Bench bench;
    int reads = 0;
    bench.source->give(present({partner_record(2, CCM_STATE_CONNECTING)}));
    for (int i = 0; i < 100; ++i)
        bench.source->give([&bench, &reads] {
            ++reads;
            bench.clock.now_ += 1s;
            return ReadResult(Batch{partner_record(2, CCM_STATE_CONNECTING)});
        });
    EXPECT_EQ(bench.run({"wait", "--timeout", "3"}), 3);
    EXPECT_EQ(reads, 3);
}

TEST(Wait, WithoutTimeoutThereIsNoDeadline)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_CONNECTING)}));
    EXPECT_EQ(bench.run({"wait"}), 1); // the script's end: nothing else would have ended it
    EXPECT_EQ(bench.errors.text, std::string("ccmadm: ") + script_ended + "\n");
}

TEST(Wait, Json)
{
    Bench reached;
    reached.source->give(present({partner_record(2, CCM_STATE_READY)}));
    EXPECT_EQ(reached.run({"wait", "--json"}), 0);
    EXPECT_EQ(reached.object()["result"], "reached");
    EXPECT_EQ(reached.object()["partners"][0]["state"], "ready");
    EXPECT_EQ(reached.object()["node"]["node"], 1);

    Bench timeout;
    timeout.source->give(present({down_record(2, CCM_REASON_VERSION)}));
    EXPECT_EQ(timeout.run({"wait", "--json", "--timeout", "1"}), 3);
    EXPECT_EQ(timeout.object()["result"], "timeout");
    EXPECT_EQ(timeout.object()["partners"][0]["reason"], "version");
}

TEST(Wait, UnloadedModuleIsAnError)
{
    Bench bench;
    bench.source->give(present({partner_record(2, CCM_STATE_CONNECTING)}));
    bench.source->give([] { return Error{"/dev/ccm: the module was unloaded"}; });
    EXPECT_EQ(bench.run({"wait"}), 1);
    EXPECT_EQ(bench.errors.text, "ccmadm: /dev/ccm: the module was unloaded\n");
}

} // namespace
} // namespace ccmadm::test
