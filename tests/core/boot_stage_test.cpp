// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot stage: what is set, what is held, and what is shown of it.
 */
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "ccm/core/boot_stage.h"

namespace {

struct BootStage : testing::Test {
    BootStage() { ccm_boot_stage_start(&s, CCM_STAGE_KERNEL); }
    ccm_boot_stage_result set(u32 stage) { return ccm_boot_stage_set(&s, stage); }
    ccm_boot_stage_result hold(u32 from, u32 to) { return ccm_boot_stage_hold(&s, from, to); }
    u32 shown() const { return ccm_boot_stage_shown(&s); }

    ccm_boot_stage s;
};

TEST_F(BootStage, IsWhatWasSet)
{
    EXPECT_EQ(shown(), u32{CCM_STAGE_KERNEL});
    for (u32 stage = CCM_STAGE_KERNEL; stage <= CCM_STAGE_STOPPING; stage++) {
        EXPECT_EQ(set(stage), CCM_BOOT_STAGE_OK);
        EXPECT_EQ(shown(), stage);
    }
    for (u32 stage : {u32{CCM_STAGE_UNKNOWN}, u32{CCM_STAGE_COUNT}, ~0U})
        EXPECT_EQ(set(stage), CCM_BOOT_STAGE_RANGE);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STOPPING});
    EXPECT_EQ(set(CCM_STAGE_RUNNING), CCM_BOOT_STAGE_OK) << "taken back";
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING});
}

TEST_F(BootStage, FallsBackWhenNobodyHoldsIt)
{
    set(CCM_STAGE_STORAGE);
    EXPECT_EQ(hold(CCM_STAGE_UNKNOWN, CCM_STAGE_RUNNING), CCM_BOOT_STAGE_OK);
    EXPECT_EQ(hold(CCM_STAGE_UNKNOWN, CCM_STAGE_RUNNING), CCM_BOOT_STAGE_OK) << "another program";
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING});
    hold(CCM_STAGE_RUNNING, CCM_STAGE_UNKNOWN);
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING}) << "the other one still serves";
    EXPECT_FALSE(s.gave_up);
    hold(CCM_STAGE_RUNNING, CCM_STAGE_UNKNOWN);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STORAGE});
    EXPECT_TRUE(s.gave_up);
}

TEST_F(BootStage, OneThatServesHasNotStopped)
{
    set(CCM_STAGE_STORAGE);
    hold(CCM_STAGE_UNKNOWN, CCM_STAGE_RUNNING);
    for (u32 stage : {u32{CCM_STAGE_KERNEL}, u32{CCM_STAGE_STORAGE}, u32{CCM_STAGE_STOPPING}})
        EXPECT_EQ(set(stage), CCM_BOOT_STAGE_HELD) << stage;
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING});
    EXPECT_EQ(hold(CCM_STAGE_RUNNING, CCM_STAGE_STORAGE), CCM_BOOT_STAGE_OK);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STORAGE});
    EXPECT_EQ(set(CCM_STAGE_RUNNING), CCM_BOOT_STAGE_OK);
    EXPECT_EQ(hold(CCM_STAGE_STORAGE, CCM_STAGE_STOPPING), CCM_BOOT_STAGE_RANGE);
    EXPECT_EQ(hold(CCM_STAGE_STORAGE, CCM_STAGE_UNKNOWN), CCM_BOOT_STAGE_OK);
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING});
    // Begun anew after it had said that it stops.
    set(CCM_STAGE_STOPPING);
    hold(CCM_STAGE_UNKNOWN, CCM_STAGE_STORAGE);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STORAGE});
}

TEST_F(BootStage, LeavesInGoodOrderOnlyIfItServedNoMore)
{
    set(CCM_STAGE_RUNNING);
    ccm_boot_stage_leave(&s);
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING}) << "reboot -f";
    EXPECT_EQ(set(CCM_STAGE_STOPPING), CCM_BOOT_STAGE_LEAVING);
    EXPECT_EQ(hold(CCM_STAGE_UNKNOWN, CCM_STAGE_RUNNING), CCM_BOOT_STAGE_LEAVING);

    ccm_boot_stage_start(&s, CCM_STAGE_KERNEL);
    hold(CCM_STAGE_UNKNOWN, CCM_STAGE_RUNNING);
    ccm_boot_stage_leave(&s);
    EXPECT_EQ(shown(), u32{CCM_STAGE_RUNNING}) << "a program still holds it";
    EXPECT_EQ(hold(CCM_STAGE_RUNNING, CCM_STAGE_UNKNOWN), CCM_BOOT_STAGE_OK);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STOPPING});

    ccm_boot_stage_start(&s, CCM_STAGE_KERNEL);
    set(CCM_STAGE_RUNNING);
    set(CCM_STAGE_STORAGE);
    ccm_boot_stage_leave(&s);
    EXPECT_EQ(shown(), u32{CCM_STAGE_STOPPING});
    ccm_boot_stage_start(&s, CCM_STAGE_ROOT);
    ccm_boot_stage_leave(&s);
    EXPECT_EQ(shown(), u32{CCM_STAGE_ROOT}) << "it has not served";
}

TEST_F(BootStage, ACrashKernelStaysOne)
{
    ccm_boot_stage_start(&s, CCM_STAGE_DUMPING);
    for (u32 stage = CCM_STAGE_KERNEL; stage <= CCM_STAGE_STOPPING; stage++) {
        EXPECT_EQ(set(stage), CCM_BOOT_STAGE_LEAVING);
        EXPECT_NE(hold(CCM_STAGE_UNKNOWN, stage), CCM_BOOT_STAGE_OK);
        EXPECT_EQ(shown(), u32{CCM_STAGE_DUMPING});
    }
    ccm_boot_stage_leave(&s);
    EXPECT_EQ(shown(), u32{CCM_STAGE_DUMPING});
    ccm_boot_stage_start(&s, CCM_STAGE_KERNEL);
    EXPECT_EQ(set(CCM_STAGE_DUMPING), CCM_BOOT_STAGE_RANGE) << "nobody says it of himself";
}

// Against a list of holders: the end of one never raises what is shown.
TEST_F(BootStage, AnyNumberOfHolders)
{
    std::mt19937 dice(1);
    std::map<int, u32> holders;
    u32 base = CCM_STAGE_KERNEL;
    auto below = [&](u32 n) { return static_cast<u32>(dice() % n); };
    auto highest = [&] {
        u32 most = CCM_STAGE_UNKNOWN;
        for (const auto &[who, stage] : holders)
            most = std::max(most, stage);
        return most;
    };
    for (int i = 0; i < 20000; i++) {
        const u32 before = shown();
        if (below(3) == 0) {
            const u32 stage = 1 + below(CCM_STAGE_STOPPING);
            const u32 rank = stage == CCM_STAGE_STOPPING ? 0 : stage;
            EXPECT_EQ(set(stage), rank < highest() ? CCM_BOOT_STAGE_HELD : CCM_BOOT_STAGE_OK);
            if (rank >= highest())
                base = stage;
        } else {
            const int who = static_cast<int>(below(5));
            const u32 to = below(CCM_STAGE_STOPPING);
            EXPECT_EQ(hold(holders[who], to), CCM_BOOT_STAGE_OK);
            holders[who] = to;
            if (to == CCM_STAGE_UNKNOWN && base != CCM_STAGE_STOPPING) {
                EXPECT_LE(shown(), before);
            }
        }
        const u32 rank = base == CCM_STAGE_STOPPING ? 0 : base;
        EXPECT_EQ(shown(), highest() > rank ? highest() : base);
    }
}

} // namespace
