// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failover: plays that say what is wanted, every short history against the naive model,
 * and the promises over random long ones.
 */
#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ccm/core/reason.h"
#include "failover_model.h"

namespace {

constexpr u64 second = 1000000;
constexpr u64 start_limit = 120 * second;
constexpr u64 boot_limit = 300 * second;
constexpr u64 late = CCM_FAILOVER_LATE_MS * 1000ULL;
constexpr u64 hold = second / 2;
constexpr u64 flap = 600 * second;
/* Without a hold time and a limit of advices; and with both. */
constexpr ccm_failover_config limits{start_limit, boot_limit, 0, 0, 0};
constexpr ccm_failover_config patient{start_limit, boot_limit, hold, flap, 2};

ccm_failover_event status(u32 state, u32 reason, u32 stage, u64 incarnation)
{
    ccm_failover_event event{};
    event.type = CCM_FAILOVER_STATUS;
    event.state = state;
    event.reason = reason;
    event.stage = stage;
    event.incarnation = incarnation;
    return event;
}

ccm_failover_event ready(u32 stage, u64 incarnation = 1)
{
    return status(CCM_STATE_READY, CCM_REASON_NONE, stage, incarnation);
}

ccm_failover_event down(u32 reason, u32 stage = CCM_STAGE_UNKNOWN)
{
    ccm_failover_event event = status(CCM_STATE_DOWN, reason, stage, 1);
    event.certain = ccm_reason_certain(reason);
    return event;
}

/* This node has ended it. */
ccm_failover_event down_here(u32 reason, u32 stage = CCM_STAGE_UNKNOWN)
{
    ccm_failover_event event = down(reason, stage);
    event.here = true;
    return event;
}

ccm_failover_event connecting()
{
    return status(CCM_STATE_CONNECTING, CCM_REASON_NONE, CCM_STAGE_UNKNOWN, 0);
}

ccm_failover_event plain(ccm_failover_event_type type)
{
    ccm_failover_event event{};
    event.type = type;
    return event;
}

const ccm_failover_event timer = plain(CCM_FAILOVER_TIMER);
const ccm_failover_event given_back = plain(CCM_FAILOVER_GIVEN_BACK);

/* A monitor of one partner, and what it must say. */
class Play {
public:
    explicit Play(const ccm_failover_config &config = limits) { ccm_failover_start(&f, &config); }

    u32 at(u64 now, const ccm_failover_event &event) { return ccm_failover_step(&f, now, &event); }

    void expect(u32 decision, u32 flags, u32 reason = CCM_REASON_NONE) const
    {
        EXPECT_STREQ(ccm_fm_decision_name(f.view.decision), ccm_fm_decision_name(decision));
        /* what is sure, and what is known, have plays of their own */
        EXPECT_EQ(f.view.flags & ~(CCM_FM_F_CERTAIN | CCM_FM_F_WATCHED), flags);
        EXPECT_EQ(f.view.reason, reason);
    }

    ccm_failover f;
};

TEST(Failover, NothingIsKnownBeforeAStatus)
{
    Play play;
    EXPECT_EQ(play.at(1, timer), 0U);
    EXPECT_EQ(play.at(2, given_back), 0U);
    play.expect(CCM_FM_NONE, 0);
    EXPECT_EQ(play.f.deadline_us, 0U);
}

/* What each reason means for a partner that served a moment ago. */
TEST(Failover, ReasonsOfAPartnerThatServed)
{
    struct Row {
        u32 reason, decision, flags;
    };
    const u32 advised = CCM_FM_F_ADVISED;
    const Row rows[] = {
        {CCM_REASON_UNREACHABLE, CCM_FM_TAKEOVER_ADVISED, advised | CCM_FM_F_PARTITION},
        {CCM_REASON_HUNG, CCM_FM_TAKEOVER_ADVISED, advised},
        {CCM_REASON_PANICKED, CCM_FM_TAKEOVER_ADVISED, advised},
        {CCM_REASON_SHUTDOWN, CCM_FM_TAKEOVER_ADVISED, advised},
        {CCM_REASON_RESTARTED, CCM_FM_TAKEOVER_ADVISED, advised},
        {CCM_REASON_VERSION, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_REFUSED, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_AUTHENTICATION, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_ADMIN, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_DEVICE, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_RELOADED, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_DUPLICATE, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_ADDRESS, CCM_FM_CANNOT_TELL, 0},
        {CCM_REASON_MTU, CCM_FM_CANNOT_TELL, 0},
    };
    std::set<u32> tried;
    for (const Row &row : rows) {
        Play play;
        EXPECT_EQ(play.at(1, ready(CCM_STAGE_RUNNING)), CCM_FAILOVER_DECIDED);
        play.expect(CCM_FM_PARTNER_UP, 0);
        EXPECT_EQ(play.at(2, down(row.reason)), CCM_FAILOVER_DECIDED);
        play.expect(row.decision, row.flags, row.reason);
        EXPECT_EQ(play.f.deadline_us, 0U);
        EXPECT_EQ(play.at(3, down(row.reason)), 0U);
        tried.insert(row.reason);
    }
    EXPECT_EQ(tried.size(), CCM_REASON_COUNT - 1U);
}

TEST(Failover, AdminAfterTheStorageHasStoppedIsOrderly)
{
    Play play;
    play.at(1, ready(CCM_STAGE_RUNNING));
    play.at(2, ready(CCM_STAGE_STORAGE));
    play.at(3, down(CCM_REASON_ADMIN));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ORDERLY | CCM_FM_F_ADVISED, CCM_REASON_ADMIN);
}

/* `reboot -f` says goodbye, too, with the storage OS in full swing. */
TEST(Failover, AShutdownIsOrderlyIfItsUserSpaceHadLoweredTheStage)
{
    const u32 in_order = CCM_FM_F_ADVISED | CCM_FM_F_ORDERLY;
    const struct {
        const char *what;
        std::vector<ccm_failover_event> before;
        u32 reason, last_stage, flags;
    } rows[] = {
        {"in full swing", {ready(CCM_STAGE_RUNNING)}, CCM_REASON_SHUTDOWN, CCM_STAGE_RUNNING, CCM_FM_F_ADVISED},
        {"nothing read with it", {ready(CCM_STAGE_RUNNING)}, CCM_REASON_SHUTDOWN, CCM_STAGE_UNKNOWN, CCM_FM_F_ADVISED},
        {"lowered",
         {ready(CCM_STAGE_RUNNING), ready(CCM_STAGE_STORAGE)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_STORAGE,
         in_order},
        {"its node says so",
         {ready(CCM_STAGE_RUNNING), ready(CCM_STAGE_STOPPING)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_STOPPING,
         in_order},
        {"heard with the goodbye", {ready(CCM_STAGE_RUNNING)}, CCM_REASON_SHUTDOWN, CCM_STAGE_STOPPING, in_order},
        {"raised again",
         {ready(CCM_STAGE_RUNNING), ready(CCM_STAGE_STORAGE), ready(CCM_STAGE_RUNNING)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_RUNNING,
         CCM_FM_F_ADVISED},
        {"raised again, heard with the goodbye",
         {ready(CCM_STAGE_RUNNING), ready(CCM_STAGE_STORAGE)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_RUNNING,
         CCM_FM_F_ADVISED},
        /* what it served before this monitor was loaded is not known */
        {"on its way up", {ready(CCM_STAGE_STORAGE)}, CCM_REASON_SHUTDOWN, CCM_STAGE_STORAGE, CCM_FM_F_ADVISED},
        {"only seen to stop", {ready(CCM_STAGE_STOPPING)}, CCM_REASON_SHUTDOWN, CCM_STAGE_STOPPING, in_order},
        {"a stage that is none",
         {ready(CCM_STAGE_RUNNING), ready(CCM_STAGE_COUNT)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_UNKNOWN,
         CCM_FM_F_ADVISED},
        /* who served has crashed; who booted then never served */
        {"after a crash",
         {ready(CCM_STAGE_RUNNING, 7), ready(CCM_STAGE_ROOT, 1)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_ROOT,
         CCM_FM_F_ADVISED},
        {"stopped after a crash",
         {ready(CCM_STAGE_RUNNING, 7), ready(CCM_STAGE_STOPPING, 1)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_STOPPING,
         CCM_FM_F_ADVISED},
        {"again after an orderly one",
         {ready(CCM_STAGE_RUNNING, 7), ready(CCM_STAGE_STORAGE, 7), ready(CCM_STAGE_ROOT, 1)},
         CCM_REASON_SHUTDOWN,
         CCM_STAGE_ROOT,
         in_order},
        /* the module is loaded a second time, and unloaded again: nothing was stopped */
        {"reloaded twice",
         {ready(CCM_STAGE_RUNNING, 7), ready(CCM_STAGE_KERNEL, 1)},
         CCM_REASON_ADMIN,
         CCM_STAGE_KERNEL,
         CCM_FM_F_ADVISED},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.what);
        Play play;
        u64 now = 1;
        for (const ccm_failover_event &event : row.before)
            play.at(now++, event);
        play.at(now++, down(row.reason, row.last_stage));
        play.expect(CCM_FM_TAKEOVER_ADVISED, row.flags, row.reason);
        /* that nobody answers afterwards changes nothing */
        play.at(now++, down(CCM_REASON_UNREACHABLE));
        play.expect(CCM_FM_TAKEOVER_ADVISED, row.flags, row.reason);
    }
}

TEST(Failover, AtClusterStartNobodyIsGivenUpBeforeTheLimit)
{
    Play play;
    play.at(5, connecting());
    play.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
    EXPECT_EQ(play.f.deadline_us, 5 + start_limit);
    play.at(10, down(CCM_REASON_UNREACHABLE));
    play.at(4 + start_limit, timer);
    play.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
    play.at(5 + start_limit, timer);
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_NEVER_SEEN | CCM_FM_F_PARTITION | CCM_FM_F_ADVISED,
                CCM_REASON_UNREACHABLE);
    /* It comes at last: it has never been here, so it has not survived anything. */
    play.at(6 + start_limit, ready(CCM_STAGE_RUNNING));
    play.expect(CCM_FM_GIVEBACK_POSSIBLE, CCM_FM_F_ADVISED);
}

TEST(Failover, WithoutALocalDeviceTheStartLimitDoesNotRun)
{
    Play play;
    play.at(0, down(CCM_REASON_DEVICE));
    play.expect(CCM_FM_CANNOT_TELL, CCM_FM_F_NEVER_SEEN, CCM_REASON_DEVICE);
    play.at(10 * start_limit, timer);
    play.expect(CCM_FM_CANNOT_TELL, CCM_FM_F_NEVER_SEEN, CCM_REASON_DEVICE);
    play.at(20 * start_limit, down(CCM_REASON_UNREACHABLE));
    play.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
    EXPECT_EQ(play.f.deadline_us, 21 * start_limit);
}

TEST(Failover, ARestartDuringTheStartIsNotADeath)
{
    Play play;
    play.at(0, connecting());
    play.at(1, down(CCM_REASON_RESTARTED));
    play.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
}

/* This node lost its device, and then finds nobody: its own fault, most likely. */
TEST(Failover, UnreachableAfterDoubtAdvisesOnlyAfterTheLimit)
{
    for (u32 doubt : {CCM_REASON_DEVICE, CCM_REASON_VERSION, CCM_REASON_ADMIN}) {
        Play play;
        play.at(0, ready(CCM_STAGE_RUNNING));
        play.at(1, down(doubt));
        play.at(100, down(CCM_REASON_UNREACHABLE));
        play.expect(CCM_FM_CANNOT_TELL, 0, CCM_REASON_UNREACHABLE);
        play.at(99 + start_limit, timer);
        play.expect(CCM_FM_CANNOT_TELL, 0, CCM_REASON_UNREACHABLE);
        play.at(100 + start_limit, timer);
        play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_PARTITION | CCM_FM_F_ADVISED, CCM_REASON_UNREACHABLE);
    }
}

TEST(Failover, AnAdviceOutlastsTheOwnDeviceButNotARefusal)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(1, down(CCM_REASON_PANICKED));
    EXPECT_EQ(play.at(2, down(CCM_REASON_DEVICE)), 0U);
    EXPECT_EQ(play.at(3, down(CCM_REASON_UNREACHABLE)), 0U);
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_PANICKED);
    play.at(4, down(CCM_REASON_VERSION));
    play.expect(CCM_FM_CANNOT_TELL, CCM_FM_F_ADVISED, CCM_REASON_VERSION);
}

TEST(Failover, FromTakeoverToGivebackAndAgain)
{
    Play play;
    u64 now = 1;
    play.at(now++, ready(CCM_STAGE_RUNNING, 1));
    for (u64 incarnation = 2; incarnation < 5; incarnation++) {
        play.at(now++, down(CCM_REASON_PANICKED));
        play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_PANICKED);
        for (u32 stage = CCM_STAGE_KERNEL; stage < CCM_STAGE_RUNNING; stage++) {
            EXPECT_EQ(play.at(now, ready(stage, incarnation)), CCM_FAILOVER_DECIDED);
            play.expect(CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED);
            EXPECT_EQ(play.f.view.stage, stage);
            EXPECT_EQ(play.f.deadline_us, now + boot_limit);
            now += boot_limit / 2;
            EXPECT_EQ(play.at(now, given_back), 0U); /* too early */
        }
        play.at(now++, ready(CCM_STAGE_RUNNING, incarnation));
        play.expect(CCM_FM_GIVEBACK_POSSIBLE, CCM_FM_F_ADVISED);
        if (incarnation % 2) {
            EXPECT_EQ(play.at(now++, given_back), CCM_FAILOVER_DECIDED);
            play.expect(CCM_FM_PARTNER_UP, 0);
            EXPECT_EQ(play.at(now++, given_back), 0U);
        }
    }
}

TEST(Failover, AHealedPartitionIsTold)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING, 7));
    play.at(1, down(CCM_REASON_UNREACHABLE));
    play.at(2, ready(CCM_STAGE_RUNNING, 7));
    play.expect(CCM_FM_GIVEBACK_POSSIBLE, CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED);
    play.at(3, given_back);
    play.expect(CCM_FM_PARTNER_UP, 0);
}

/* What served is the kernel: it goes on when its module is loaded anew. */
TEST(Failover, AReloadedModuleHasSurvived)
{
    for (u32 kernel : {0U, 1U, 2U}) {
        Play play;
        ccm_failover_event before = ready(CCM_STAGE_RUNNING, 7), after = ready(CCM_STAGE_RUNNING, 8);
        before.kernel = kernel ? 1 : 0;
        after.kernel = kernel;
        play.at(0, before);
        play.at(1, down(CCM_REASON_UNREACHABLE));
        play.at(2, after);
        play.expect(CCM_FM_GIVEBACK_POSSIBLE, CCM_FM_F_ADVISED | (kernel == 1 ? CCM_FM_F_SURVIVED : 0U));
    }
}

TEST(Failover, ABootWithoutProgressStalls)
{
    Play play;
    play.at(0, ready(CCM_STAGE_INITRAMFS));
    play.at(boot_limit - 1, timer);
    play.expect(CCM_FM_BOOTING_WAIT, 0);
    EXPECT_EQ(play.at(boot_limit, timer), CCM_FAILOVER_DECIDED);
    play.expect(CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED);
    /* Back and forth is no progress. */
    play.at(boot_limit + 1, ready(CCM_STAGE_KERNEL));
    play.at(boot_limit + 2, ready(CCM_STAGE_INITRAMFS));
    play.expect(CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED);
    play.at(boot_limit + 3, ready(CCM_STAGE_ROOT));
    play.expect(CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED);
    EXPECT_EQ(play.f.deadline_us, 2 * boot_limit + 3);
    play.at(boot_limit + 4, ready(CCM_STAGE_RUNNING));
    play.expect(CCM_FM_GIVEBACK_POSSIBLE, CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED);
}

/* A path that comes and goes must not keep a boot from stalling; a restart is a new boot. */
TEST(Failover, LosingTheSessionDoesNotRestartTheBootLimit)
{
    Play play;
    play.at(0, ready(CCM_STAGE_ROOT, 1));
    play.at(10, down(CCM_REASON_UNREACHABLE));
    play.at(boot_limit - 1, ready(CCM_STAGE_ROOT, 1));
    play.expect(CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED);
    play.at(boot_limit, timer);
    play.expect(CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED);
    play.at(boot_limit + 1, ready(CCM_STAGE_KERNEL, 2));
    play.expect(CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED);
    EXPECT_EQ(play.f.deadline_us, 2 * boot_limit + 1);
}

TEST(Failover, AStoppingPartnerIsWatched)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(10, ready(CCM_STAGE_STOPPING));
    play.expect(CCM_FM_PARTNER_STOPPING, 0);
    play.at(10 + boot_limit, timer);
    play.expect(CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED);
}

TEST(Failover, WithoutABootLimitNothingStalls)
{
    Play play({start_limit, 0, 0, 0, 0});
    play.at(0, ready(CCM_STAGE_KERNEL));
    EXPECT_EQ(play.f.deadline_us, 0U);
    play.at(1ULL << 50, timer);
    play.expect(CCM_FM_BOOTING_WAIT, 0);
}

TEST(Failover, WithoutAStartLimitTheFirstFailureAdvises)
{
    Play play({0, boot_limit, 0, 0, 0});
    play.at(0, down(CCM_REASON_UNREACHABLE));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_NEVER_SEEN | CCM_FM_F_PARTITION | CCM_FM_F_ADVISED,
                CCM_REASON_UNREACHABLE);
}

/* CCM shows CONNECTING for a moment when a restarted partner takes the session's place. */
TEST(Failover, BetweenTwoSessionsNothingIsDecided)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING, 1));
    EXPECT_EQ(play.at(1, connecting()), 0U);
    EXPECT_EQ(play.f.deadline_us, 0U);
    play.at(2, ready(CCM_STAGE_KERNEL, 2));
    play.expect(CCM_FM_BOOTING_WAIT, 0);
}

TEST(Failover, OwnStallsAreNotHeldAgainstThePartner)
{
    Play play;
    play.at(0, ready(CCM_STAGE_KERNEL));
    play.at(boot_limit + late + 1, timer);
    play.expect(CCM_FM_BOOTING_WAIT, 0);
    EXPECT_EQ(play.f.deadline_us, boot_limit + 2 * late + 1);
    play.at(boot_limit + 2 * late + 1, timer);
    play.expect(CCM_FM_BOOT_STALLED, CCM_FM_F_ADVISED);

    Play start;
    start.at(0, connecting());
    start.at(start_limit + late + 1, timer);
    start.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
    EXPECT_EQ(start.f.deadline_us, start_limit + 2 * late + 1);
}

TEST(Failover, WhatThePartnerHasDecidedIsKnownWhileItIsReady)
{
    ccm_failover_event said = plain(CCM_FAILOVER_PARTNER);
    said.decision = CCM_FM_BOOTING_WAIT;
    said.flags = CCM_FM_F_ADVISED;
    Play play;
    EXPECT_EQ(play.at(0, said), 0U);
    play.at(1, ready(CCM_STAGE_RUNNING));
    EXPECT_FALSE(play.f.view.partner_knows);
    EXPECT_EQ(play.at(2, said), CCM_FAILOVER_HEARD);
    EXPECT_TRUE(play.f.view.partner_knows);
    EXPECT_EQ(play.f.view.partner_decision, CCM_FM_BOOTING_WAIT);
    EXPECT_EQ(play.f.view.partner_flags, CCM_FM_F_ADVISED);
    EXPECT_EQ(play.at(3, said), 0U);
    EXPECT_EQ(play.at(3, plain(CCM_FAILOVER_PARTNER_LOST)), CCM_FAILOVER_HEARD);
    EXPECT_FALSE(play.f.view.partner_knows);
    EXPECT_EQ(play.f.view.partner_decision, CCM_FM_NONE);
    EXPECT_EQ(play.f.view.partner_flags, 0U);
    /* each of what is heard is news by itself */
    Play news = play;
    EXPECT_EQ(news.at(3, plain(CCM_FAILOVER_PARTNER)), CCM_FAILOVER_HEARD);
    said.decision = CCM_FM_NONE;
    EXPECT_EQ(news.at(3, said), CCM_FAILOVER_HEARD);
    said.decision = CCM_FM_BOOTING_WAIT;
    EXPECT_EQ(news.at(3, said), CCM_FAILOVER_HEARD);
    EXPECT_EQ(play.at(3, said), CCM_FAILOVER_HEARD);
    play.expect(CCM_FM_PARTNER_UP, 0);
    EXPECT_EQ(play.at(4, down(CCM_REASON_HUNG)), CCM_FAILOVER_DECIDED | CCM_FAILOVER_HEARD);
    EXPECT_FALSE(play.f.view.partner_knows);
}

TEST(Failover, NumbersOutOfRangeDoNoHarm)
{
    Play play;
    play.at(0, status(CCM_STATE_COUNT + 5, CCM_REASON_COUNT + 5, CCM_STAGE_COUNT + 5, 1));
    play.expect(CCM_FM_START_WAIT, CCM_FM_F_NEVER_SEEN);
    play.at(1, ready(CCM_STAGE_COUNT));
    play.expect(CCM_FM_CANNOT_TELL, 0);
    EXPECT_EQ(play.f.view.stage, CCM_STAGE_UNKNOWN);
    EXPECT_STREQ(ccm_fm_decision_name(CCM_FM_DECISION_COUNT), "?");
    std::set<std::string> names;
    for (u32 i = 0; i < CCM_FM_DECISION_COUNT; i++)
        names.insert(ccm_fm_decision_name(i));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(CCM_FM_DECISION_COUNT));
}

/* A cable that blinks: nobody takes over for it. */
TEST(Failover, WhoIsBackInAMomentWasOnlySuspected)
{
    for (u32 reason : {CCM_REASON_UNREACHABLE, CCM_REASON_HUNG, CCM_REASON_SHUTDOWN}) {
        Play play(patient);
        play.at(0, ready(CCM_STAGE_RUNNING));
        play.at(10, down(reason));
        play.expect(CCM_FM_SUSPECT, 0, reason);
        EXPECT_EQ(play.f.deadline_us, 10 + hold);
        play.at(20, connecting());
        play.at(30, down(CCM_REASON_UNREACHABLE));
        play.at(9 + hold, timer);
        play.expect(CCM_FM_SUSPECT, 0, reason);
        Play back = play;
        back.at(10 + hold, ready(CCM_STAGE_RUNNING));
        back.expect(CCM_FM_PARTNER_UP, 0);
        /* the next time counts from its own beginning */
        back.at(11 + hold, down(reason));
        EXPECT_EQ(back.f.deadline_us, 11 + 2 * hold);
        EXPECT_EQ(play.at(10 + hold, timer), CCM_FAILOVER_DECIDED);
        play.expect(CCM_FM_TAKEOVER_ADVISED,
                    CCM_FM_F_ADVISED | (reason == CCM_REASON_UNREACHABLE ? CCM_FM_F_PARTITION : 0), reason);
    }
}

TEST(Failover, WhatIsCertainDoesNotWait)
{
    for (u32 reason = 1; reason < CCM_REASON_COUNT; reason++) {
        const bool certain = reason == CCM_REASON_PANICKED || reason == CCM_REASON_RESTARTED;
        EXPECT_EQ(ccm_reason_certain(reason), certain) << reason;
        Play play(patient);
        play.at(0, ready(CCM_STAGE_RUNNING));
        play.at(1, down(reason));
        EXPECT_EQ(play.f.view.decision == CCM_FM_TAKEOVER_ADVISED, certain) << reason;
        EXPECT_EQ((play.f.view.flags & CCM_FM_F_CERTAIN) != 0, certain) << reason;
    }
    /* What was proven stays so, whatever is heard afterwards; and it can be proven later. */
    Play play(patient);
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(1, down(CCM_REASON_HUNG));
    play.at(2 + hold, timer);
    EXPECT_FALSE(play.f.view.flags & CCM_FM_F_CERTAIN);
    play.at(3 + hold, down(CCM_REASON_RESTARTED));
    EXPECT_TRUE(play.f.view.flags & CCM_FM_F_CERTAIN);
    play.at(4 + hold, connecting());
    play.at(5 + hold, down(CCM_REASON_UNREACHABLE));
    EXPECT_TRUE(play.f.view.flags & CCM_FM_F_CERTAIN);
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_RESTARTED);
    EXPECT_FALSE(ccm_reason_certain(CCM_REASON_NONE) || ccm_reason_certain(CCM_REASON_COUNT));
}

TEST(Reason, EachSaysWhatToDo)
{
    std::set<std::string> all;
    for (u32 reason = 0; reason < CCM_REASON_COUNT; reason++)
        all.insert(ccm_reason_remedy(reason));
    EXPECT_EQ(all.size(), std::size_t{CCM_REASON_COUNT});
    EXPECT_NE(std::string(ccm_reason_remedy(CCM_REASON_COUNT)), "");
}

TEST(Failover, MoreAdvicesThanTheLimitAreFlapping)
{
    const u32 standing = CCM_FM_F_ADVISED | CCM_FM_F_PARTITION;
    const u32 healed = CCM_FM_F_ADVISED | CCM_FM_F_SURVIVED;
    Play play(patient);
    u64 now = 0;
    auto cut = [&](u64 apart) {
        play.at(now += apart, down(CCM_REASON_UNREACHABLE));
        play.at(now += hold, timer);
    };
    play.at(now, ready(CCM_STAGE_RUNNING));
    for (int i = 0; i < 6; i++) {
        cut(flap / 2); /* two in the time: no more than may be */
        play.expect(CCM_FM_TAKEOVER_ADVISED, standing, CCM_REASON_UNREACHABLE);
        play.at(++now, ready(CCM_STAGE_RUNNING));
        play.expect(CCM_FM_GIVEBACK_POSSIBLE, healed);
    }
    cut(10);
    play.expect(CCM_FM_FLAPPING, CCM_FM_F_ADVISED | CCM_FM_F_FLAPPING, CCM_REASON_UNREACHABLE);
    EXPECT_EQ(play.f.deadline_us, 0U);
    /* Time does not end it, nor is anything given back to it. */
    play.at(now += 100 * flap, timer);
    play.expect(CCM_FM_FLAPPING, CCM_FM_F_ADVISED | CCM_FM_F_FLAPPING, CCM_REASON_UNREACHABLE);
    play.at(++now, ready(CCM_STAGE_RUNNING));
    play.expect(CCM_FM_FLAPPING, healed | CCM_FM_F_FLAPPING);
    /* That it has died is advised all the same. */
    Play died = play;
    died.at(now + 1, down(CCM_REASON_PANICKED));
    died.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_FLAPPING, CCM_REASON_PANICKED);
    /* Somebody has looked: while it is away, and when it is back. */
    Play away = play;
    away.at(now + 1, down(CCM_REASON_UNREACHABLE));
    away.at(now + 2 + hold, given_back);
    away.expect(CCM_FM_TAKEOVER_ADVISED, standing, CCM_REASON_UNREACHABLE);
    play.at(++now, given_back);
    play.expect(CCM_FM_PARTNER_UP, 0);
    cut(10);
    play.expect(CCM_FM_TAKEOVER_ADVISED, standing, CCM_REASON_UNREACHABLE);
}

/* This node reboots: that is not the partner's shutdown, and no reason to take over from it. */
TEST(Failover, WhatThisNodeEndsSaysNothingOfThePartner)
{
    for (u32 reason : {CCM_REASON_SHUTDOWN, CCM_REASON_ADMIN}) {
        for (u32 stage : {CCM_STAGE_ROOT, CCM_STAGE_RUNNING, CCM_STAGE_STOPPING}) {
            Play play(patient);
            play.at(0, ready(CCM_STAGE_RUNNING));
            play.at(1, ready(stage));
            play.at(2, down_here(reason, stage));
            play.expect(CCM_FM_CANNOT_TELL, 0, reason);
            EXPECT_EQ(play.f.deadline_us, 0U);
            play.at(2 + 2 * hold, timer);
            play.expect(CCM_FM_CANNOT_TELL, 0, reason);
        }
        /* What was advised, and why, stays. */
        Play play;
        play.at(0, ready(CCM_STAGE_ROOT));
        play.at(1, down(CCM_REASON_UNREACHABLE));
        play.at(2, down_here(reason, CCM_STAGE_ROOT));
        play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_PARTITION, CCM_REASON_UNREACHABLE);
    }
}

/* What was read in a session that is over says nothing of when it speaks: it may serve again. */
TEST(Failover, WhoRejectsARequestIsNotAsItWasReadLast)
{
    Play told;
    told.at(0, ready(CCM_STAGE_RUNNING));
    told.at(1, ready(CCM_STAGE_STOPPING));
    Play other = told;
    told.at(2, down(CCM_REASON_ADMIN, CCM_STAGE_STOPPING));
    told.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_ORDERLY, CCM_REASON_ADMIN);
    /* repeated in other words: that it was so then stays */
    told.at(3, connecting());
    told.at(4, down(CCM_REASON_UNREACHABLE, CCM_STAGE_STOPPING));
    told.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_ORDERLY, CCM_REASON_ADMIN);
    for (u32 reason : {CCM_REASON_DEVICE, CCM_REASON_UNREACHABLE}) {
        Play later = other;
        later.at(2, down(reason, CCM_STAGE_STOPPING));
        Play shutdown = later;
        later.at(3, down(CCM_REASON_ADMIN, CCM_STAGE_STOPPING));
        EXPECT_EQ(later.f.view.decision, u32{CCM_FM_CANNOT_TELL});
        shutdown.at(3, down(CCM_REASON_SHUTDOWN, CCM_STAGE_STOPPING));
        EXPECT_EQ(shutdown.f.view.decision, u32{CCM_FM_TAKEOVER_ADVISED});
        EXPECT_FALSE(shutdown.f.view.flags & CCM_FM_F_ORDERLY);
    }
}

/* A monitor that was loaded after the advice knows nothing of it. */
TEST(Failover, ThatNothingIsAdvisedIsKnownOnlyToWhoHasWatched)
{
    Play play;
    auto known = [&] { return (play.f.view.flags & CCM_FM_F_WATCHED) != 0; };
    play.at(0, connecting());
    EXPECT_FALSE(known());
    for (u32 stage : {CCM_STAGE_KERNEL, CCM_STAGE_RUNNING}) {
        play.at(1, ready(stage));
        EXPECT_FALSE(known()) << "it can have been given up before, and not been given back";
    }
    Play told = play;
    EXPECT_EQ(told.at(2, given_back), CCM_FAILOVER_DECIDED);
    EXPECT_TRUE(told.f.view.flags & CCM_FM_F_WATCHED);
    play.at(2, down(CCM_REASON_ADMIN, CCM_STAGE_RUNNING));
    play.at(3, ready(CCM_STAGE_KERNEL, 2));
    EXPECT_FALSE(known());
    play.at(4, down(CCM_REASON_HUNG));
    EXPECT_TRUE(known());
    play.at(5, given_back); /* too early: it is not back */
    EXPECT_TRUE(play.f.view.flags & CCM_FM_F_ADVISED);
    play.at(6, ready(CCM_STAGE_RUNNING, 2));
    play.at(7, given_back);
    play.expect(CCM_FM_PARTNER_UP, 0);
    EXPECT_TRUE(known());
}

/* Loaded late: how far it has booted is not known, and it makes no progress that is seen. */
TEST(Failover, AStageThatIsNotKnownNeverStalls)
{
    Play play;
    play.at(0, ready(CCM_STAGE_UNKNOWN));
    play.expect(CCM_FM_CANNOT_TELL, 0);
    EXPECT_EQ(play.f.deadline_us, 0U);
    play.at(10 * boot_limit, timer);
    play.expect(CCM_FM_CANNOT_TELL, 0);
    play.at(10 * boot_limit + 1, down(CCM_REASON_ADMIN));
    play.expect(CCM_FM_CANNOT_TELL, 0, CCM_REASON_ADMIN);
    /* What was a boot before is none any more. */
    play.at(11 * boot_limit, ready(CCM_STAGE_ROOT));
    play.at(11 * boot_limit + 1, ready(CCM_STAGE_UNKNOWN, 2));
    play.at(13 * boot_limit, timer);
    play.expect(CCM_FM_CANNOT_TELL, 0);
}

/* `ccmadm stage stopping`, and then the network goes before the kernel can say goodbye. */
TEST(Failover, WhoSaidThatItStopsHasLeftInGoodOrder)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(1, ready(CCM_STAGE_STOPPING));
    play.at(2, down(CCM_REASON_UNREACHABLE, CCM_STAGE_STOPPING));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_PARTITION | CCM_FM_F_ORDERLY,
                CCM_REASON_UNREACHABLE);
    Play back;
    back.at(0, ready(CCM_STAGE_STOPPING));
    back.at(1, ready(CCM_STAGE_RUNNING));
    back.at(2, down(CCM_REASON_UNREACHABLE, CCM_STAGE_RUNNING));
    back.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_PARTITION, CCM_REASON_UNREACHABLE);
}

/* Its kernel is there, or what it was before: a snapshot of when it served. */
TEST(Failover, WhoIsReloadedHasNotLeft)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(1, ready(CCM_STAGE_STOPPING));
    Play left = play;
    play.at(2, down(CCM_REASON_RELOADED, CCM_STAGE_STOPPING));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_RELOADED);
    left.at(2, down(CCM_REASON_ADMIN, CCM_STAGE_STOPPING));
    left.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_ORDERLY, CCM_REASON_ADMIN);
}

/* The crash kernel comes seconds later; it gives nothing up, and is no boot. */
TEST(Failover, ACrashKernelMakesAnAdviceCertain)
{
    Play play;
    play.at(0, ready(CCM_STAGE_RUNNING));
    play.at(1, down(CCM_REASON_UNREACHABLE, CCM_STAGE_RUNNING));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED | CCM_FM_F_PARTITION, CCM_REASON_UNREACHABLE);
    play.at(2, status(CCM_STATE_GREETING, CCM_REASON_NONE, CCM_STAGE_DUMPING, 1));
    play.at(3, down(CCM_REASON_PANICKED, CCM_STAGE_DUMPING));
    play.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_PANICKED);
    EXPECT_TRUE(play.f.view.flags & CCM_FM_F_CERTAIN);
    play.at(4, ready(CCM_STAGE_KERNEL, 2));
    play.expect(CCM_FM_BOOTING_WAIT, CCM_FM_F_ADVISED);
    Play shut;
    shut.at(0, ready(CCM_STAGE_RUNNING));
    shut.at(1, down(CCM_REASON_PANICKED, CCM_STAGE_DUMPING));
    shut.at(2, down(CCM_REASON_SHUTDOWN));
    shut.expect(CCM_FM_TAKEOVER_ADVISED, CCM_FM_F_ADVISED, CCM_REASON_SHUTDOWN);
}

/* Everything that can be told of a partner, for histories */
std::vector<ccm_failover_event> alphabet()
{
    std::vector<ccm_failover_event> all{timer, given_back, connecting()};
    for (u32 reason = 0; reason < CCM_REASON_COUNT; reason++)
        all.push_back(down(reason));
    all.push_back(down(CCM_REASON_ADMIN, CCM_STAGE_STOPPING));
    all.push_back(down(CCM_REASON_SHUTDOWN, CCM_STAGE_RUNNING));
    all.push_back(down(CCM_REASON_PANICKED, CCM_STAGE_DUMPING));
    for (u32 stage : {CCM_STAGE_UNKNOWN, CCM_STAGE_KERNEL, CCM_STAGE_ROOT, CCM_STAGE_RUNNING, CCM_STAGE_STOPPING})
        all.push_back(ready(stage, 1));
    all.push_back(down(CCM_REASON_UNREACHABLE, CCM_STAGE_STOPPING));
    all.push_back(down_here(CCM_REASON_SHUTDOWN, CCM_STAGE_ROOT));
    all.push_back(ready(CCM_STAGE_KERNEL, 2));
    all.push_back(ready(CCM_STAGE_RUNNING, 2));
    return all;
}

bool agree(const ccm_failover &f, const FailoverModel &model)
{
    return f.view.decision == model.decision() && f.view.reason == model.reason() && f.view.flags == model.flags() &&
           f.deadline_us == model.deadline();
}

std::string tell(const ccm_failover &f, const FailoverModel &model)
{
    return std::string(ccm_fm_decision_name(f.view.decision)) + " reason " + std::to_string(f.view.reason) + " flags " +
           std::to_string(f.view.flags) + " deadline " + std::to_string(f.deadline_us) +
           "; the model: " + ccm_fm_decision_name(model.decision()) + " reason " + std::to_string(model.reason()) +
           " flags " + std::to_string(model.flags()) + " deadline " + std::to_string(model.deadline());
}

/* Every history of up to DEPTH events, each one at once or when the deadline has come. */
class Histories {
public:
    void explore(const ccm_failover &f, const FailoverModel &model, u64 now, int depth)
    {
        for (std::size_t i = 0; i < events_.size() && !failed_; i++) {
            for (u64 when : {now + 1, f.deadline_us, f.deadline_us + late + 1}) {
                if (when <= now)
                    continue;
                ccm_failover next = f;
                FailoverModel other = model;
                path_.push_back(std::to_string(i) + "@" + std::to_string(when));
                ccm_failover_step(&next, when, &events_[i]);
                other.step(when, events_[i]);
                count_++;
                if (!agree(next, other)) {
                    std::string all;
                    for (const std::string &step : path_)
                        all += step + " ";
                    ADD_FAILURE() << all << ": " << tell(next, other);
                    failed_ = true;
                } else if (depth > 1) {
                    explore(next, other, when, depth - 1);
                }
                path_.pop_back();
                if (failed_)
                    return;
            }
        }
    }

    u64 count() const { return count_; }

private:
    std::vector<ccm_failover_event> events_ = alphabet();
    std::vector<std::string> path_;
    u64 count_ = 0;
    bool failed_ = false;
};

TEST(Failover, EveryShortHistoryIsAsTheModelSays)
{
    for (const ccm_failover_config &config : {limits, patient}) {
        SCOPED_TRACE(config.hold_us);
        ccm_failover f;
        ccm_failover_start(&f, &config);
        Histories histories;
        histories.explore(f, FailoverModel(config), 1000, 4);
        EXPECT_GT(histories.count(), 400000U);
    }
}

/* The promises, seen from outside: from what was told and what was decided. */
class Promises {
public:
    void check(u64 now, const ccm_failover_event &event, const ccm_failover &f, u32 changed)
    {
        const ccm_failover_view &v = f.view;
        if (event.type == CCM_FAILOVER_STATUS) {
            const bool restarts = event.incarnation != incarnation_;
            up_ = event.state == CCM_STATE_READY;
            if (up_ && (restarts || event.stage == CCM_STAGE_RUNNING || event.stage == CCM_STAGE_UNKNOWN))
                furthest_.reset();
            if (up_ && event.stage != CCM_STAGE_RUNNING && event.stage != CCM_STAGE_UNKNOWN &&
                (!furthest_ || event.stage > *furthest_)) {
                furthest_ = event.stage;
                progress_ = now;
            }
            if (up_)
                incarnation_ = event.incarnation;
            serves_ = up_ && event.stage == CCM_STAGE_RUNNING;
            if (serves_)
                server_ = event.incarnation;
            const bool read = event.stage && (up_ || event.state == CCM_STATE_DOWN);
            if (read && (event.stage == CCM_STAGE_RUNNING || event.incarnation == server_))
                swinging_ = event.stage == CCM_STAGE_RUNNING;
            reason_ = event.reason;
            if (up_)
                met_ = true;
            if (!first_)
                first_ = now;
        }
        if (event.type == CCM_FAILOVER_GIVEN_BACK) {
            outstanding_ &= !serves_;
            known_ |= !outstanding_;
            flaps_ = false;
        }
        const bool takeover = v.decision == CCM_FM_TAKEOVER_ADVISED;
        if (takeover || v.decision == CCM_FM_BOOT_STALLED)
            outstanding_ = known_ = true;
        flaps_ |= (v.flags & CCM_FM_F_FLAPPING) != 0;

        EXPECT_EQ((v.flags & CCM_FM_F_WATCHED) != 0, v.decision != CCM_FM_NONE && known_);
        EXPECT_EQ((v.flags & CCM_FM_F_FLAPPING) != 0, v.decision != CCM_FM_NONE && flaps_);
        if (v.flags & CCM_FM_F_CERTAIN) {
            EXPECT_TRUE(takeover && ccm_reason_certain(v.reason));
        }
        EXPECT_FALSE(takeover && up_) << "it is READY";
        EXPECT_EQ((v.flags & CCM_FM_F_PARTITION) != 0, takeover && v.reason == CCM_REASON_UNREACHABLE);
        EXPECT_EQ((v.flags & CCM_FM_F_ADVISED) != 0, outstanding_);
        if (v.flags & CCM_FM_F_ORDERLY) {
            EXPECT_TRUE(takeover);
            EXPECT_FALSE(swinging_) << "it was running when it was last seen";
        }
        if (serves_) {
            EXPECT_EQ(v.decision, !outstanding_ ? CCM_FM_PARTNER_UP
                                  : flaps_      ? CCM_FM_FLAPPING
                                                : CCM_FM_GIVEBACK_POSSIBLE);
        }
        if (v.decision == CCM_FM_BOOT_STALLED && decision_ != CCM_FM_BOOT_STALLED) {
            EXPECT_TRUE(up_);
            EXPECT_GE(now, progress_ + boot_limit);
        }
        if (takeover && !met_ && v.reason == CCM_REASON_UNREACHABLE) {
            EXPECT_GE(now, *first_ + start_limit);
        }
        if (takeover && decision_ != CCM_FM_TAKEOVER_ADVISED) {
            EXPECT_TRUE(!flaps_ || (v.flags & CCM_FM_F_CERTAIN));
            EXPECT_NE(reason_, CCM_REASON_DEVICE);
            EXPECT_NE(reason_, CCM_REASON_VERSION);
            EXPECT_NE(reason_, CCM_REASON_REFUSED);
            EXPECT_NE(reason_, CCM_REASON_AUTHENTICATION);
        }
        if (f.deadline_us) {
            EXPECT_GT(f.deadline_us, now);
        }
        EXPECT_EQ((changed & CCM_FAILOVER_DECIDED) != 0, v.decision != decision_ || v.flags != flags_ ||
                                                             v.reason != told_reason_ || v.stage != stage_ ||
                                                             v.incarnation != view_incarnation_);
        decision_ = v.decision;
        flags_ = v.flags;
        told_reason_ = v.reason;
        stage_ = v.stage;
        view_incarnation_ = v.incarnation;
    }

private:
    bool swinging_ = false, known_ = false, flaps_ = false;
    u64 server_ = 0;
    bool up_ = false, serves_ = false, met_ = false, outstanding_ = false;
    std::optional<u64> first_;
    std::optional<u32> furthest_;
    u64 progress_ = 0, incarnation_ = 0, view_incarnation_ = 0;
    u32 reason_ = 0, decision_ = CCM_FM_NONE, flags_ = 0, told_reason_ = 0, stage_ = 0;
};

TEST(Failover, PromisesHoldOverLongHistories)
{
    const std::vector<ccm_failover_event> events = alphabet();
    std::array<u64, CCM_FM_DECISION_COUNT> given{};
    for (u64 seed = 0; seed < 4000 && !testing::Test::HasFailure(); seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const ccm_failover_config &config = seed % 2 ? patient : limits;
        std::mt19937_64 dice(seed);
        ccm_failover f;
        ccm_failover_start(&f, &config);
        FailoverModel model(config);
        Promises promises;
        u64 now = dice() >> 24;
        for (int i = 0; i < 200; i++) {
            /* mostly the timer comes when it is due; at times this node stood still */
            const ccm_failover_event *event = &events[dice() % events.size()];
            u64 gap = dice() % 3 ? dice() % second : dice() % (boot_limit / 2);
            if (dice() % 50 == 0)
                gap += 3 * boot_limit;
            else if (f.deadline_us && now + gap > f.deadline_us && dice() % 8) {
                gap = f.deadline_us - now;
                event = &timer;
            }
            now += gap;
            const u32 changed = ccm_failover_step(&f, now, event);
            model.step(now, *event);
            ASSERT_TRUE(agree(f, model)) << "event " << i << ": " << tell(f, model);
            promises.check(now, *event, f, changed);
            given[f.view.decision]++;
            ASSERT_EQ(ccm_failover_step(&f, now, &timer), 0U) << "told twice";
            model.timer(now);
            if (testing::Test::HasFailure())
                return;
        }
    }
    for (u32 i = CCM_FM_START_WAIT; i < CCM_FM_DECISION_COUNT; i++)
        EXPECT_GT(given[i], 1000U) << ccm_fm_decision_name(i) << " was hardly tried";
}

} // namespace
