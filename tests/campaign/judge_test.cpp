// SPDX-License-Identifier: GPL-2.0-only
//
// The judge sees what is wrong: each bad column with an observation that belongs into it, planted into
// one that is clean. A judge that finds nothing would make any campaign one of zeros.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "judge.h"
#include "report.h"

namespace ccm::campaign {
namespace {

using What = Told::What;

// Node 2 of three loses power at 10 s, is noticed after 200 ms, and is back at 12 s.
class Judging : public ::testing::Test {
protected:
    Judging()
    {
        seen.number = 7;
        seen.kind = "power";
        seen.expected = {
            .ends = Ends::must, .there = {"unreachable"}, .serves = false, .lives = false, .later = {"authentication"}};
        seen.target = 2;
        seen.nodes = {1, 2, 3};
        seen.detect = 0.25;
        seen.begun = 9.9;
        seen.struck = 10;
        seen.healed = 11;
        seen.counted_from = 9.95;
        seen.counted_to = seen.over = 12.9;
        for (int node : seen.nodes)
            for (int partner : seen.nodes)
                if (node != partner) {
                    tell(9, node, partner, "ready", "none", 1);
                    heard(seen.before, node, partner, 1, 0);
                    const bool lost = partner == 2;
                    heard(seen.after, node, partner, lost ? 2 : 1, lost ? 1 : 0);
                }
        for (Heard &one : seen.after)
            if (one.node == 2)
                one.life = 2;
        for (int node : {1, 3}) {
            tell(10.2, node, 2, "down", "unreachable", 1);
            advise(10.7, node, 2, "takeover-advised", "unreachable", " partition advised");
            tell(10.9, node, 2, "connecting", "none", 1);
            tell(11.4, node, 2, "down", "authentication", 1);
            tell(12, node, 2, "ready", "none", 2);
            tell(12.1, node, 2, "ready", "none", 2); // another stage
            advise(12.1, node, 2, "giveback-possible", "none", " advised");
        }
        // The new kernel of node 2: a reader of its own.
        for (int partner : {1, 3}) {
            tell(11.3, 2, partner, "down", "authentication", 0, 2);
            tell(12, 2, partner, "ready", "none", 1, 2);
        }
    }

    void tell(double at, int node, int partner, const std::string &state, const std::string &reason, long long sessions,
              int life = 1)
    {
        seen.told.push_back({.at = at,
                             .node = node,
                             .life = life,
                             .partner = partner,
                             .state = state,
                             .reason = reason,
                             .certain = reason == "panicked" || reason == "restarted",
                             .sessions = sessions});
    }
    void advise(double at, int node, int partner, const std::string &decision, const std::string &reason,
                const std::string &flags)
    {
        seen.told.push_back({.at = at,
                             .node = node,
                             .life = 1,
                             .partner = partner,
                             .what = What::advice,
                             .state = decision,
                             .reason = reason,
                             .flags = flags});
    }
    static void heard(std::vector<Heard> &list, int node, int partner, long long readies, long long downs)
    {
        list.push_back({.node = node, .partner = partner, .life = 1, .up = true, .readies = readies, .downs = downs});
    }
    Told &told(int node, int partner, const std::string &state, const std::string &reason)
    {
        for (Told &one : seen.told)
            if (one.node == node && one.partner == partner && one.state == state && one.reason == reason)
                return one;
        throw std::runtime_error("there is none");
    }
    void forget(int node, int partner, const std::string &state, const std::string &reason)
    {
        const Told *one = &told(node, partner, state, reason);
        seen.told.erase(seen.told.begin() + (one - seen.told.data()));
    }
    Heard &after(int node, int partner)
    {
        for (Heard &one : seen.after)
            if (one.node == node && one.partner == partner)
                return one;
        throw std::runtime_error("there is none");
    }

    // Node 1 loses node 3, to which nothing happens.
    void blinks()
    {
        tell(10.2, 1, 3, "down", "unreachable", 1);
        tell(10.4, 1, 3, "ready", "none", 2);
        after(1, 3).readies = 2;
        after(1, 3).downs = 1;
    }

    // The columns of what is found, each once
    std::set<Column> columns() const
    {
        std::set<Column> all;
        for (const Finding &finding : judge(seen).findings)
            all.insert(finding.column);
        return all;
    }
    void expect_only(Column column) const { EXPECT_EQ(columns(), std::set<Column>{column}) << column_name(column); }

    Seen seen;
};

TEST_F(Judging, WhatIsRightIsClean)
{
    const Judged judged = judge(seen);
    for (const Finding &finding : judged.findings)
        ADD_FAILURE() << column_name(finding.column) << ": " << finding.text;
    ASSERT_EQ(judged.detect.size(), 2U);
    EXPECT_NEAR(judged.detect[0], 0.2, 1e-9);
    ASSERT_TRUE(judged.ready);
    EXPECT_NEAR(*judged.ready, 1, 1e-9);
    EXPECT_EQ(judged.reasons.at("unreachable"), 2U);
}

TEST_F(Judging, ADownBetweenOthersIsFalse)
{
    blinks();
    expect_only(Column::false_down);
}

TEST_F(Judging, ADownBeforeTheFaultIsFalse)
{
    told(1, 2, "down", "unreachable").at = 9.95;
    expect_only(Column::false_down);
}

TEST_F(Judging, ASecondDownIsFalse)
{
    tell(12.2, 1, 2, "down", "unreachable", 2);
    tell(12.3, 1, 2, "ready", "none", 3);
    expect_only(Column::false_down);
}

// Its new kernel has nothing to do with what ended the old one.
TEST_F(Judging, ADownThatTheTargetIsNotThereToHearIsFalse)
{
    tell(12.2, 2, 1, "down", "unreachable", 1, 2);
    tell(12.3, 2, 1, "ready", "none", 2, 2);
    expect_only(Column::false_down);
}

TEST_F(Judging, AnyDownIsFalseWhereNoneMayBe)
{
    seen.expected = {};
    EXPECT_TRUE(columns().contains(Column::false_down));
}

TEST_F(Judging, AMachineThatIsBusyIsAnExcuseForWhomItKeptWaiting)
{
    blinks();
    seen.delays = {{.node = 2, .at = 10.1, .seconds = 0.2}, {.node = 3, .at = 9.5, .seconds = 0.2}};
    expect_only(Column::false_down); // another node; too early
    seen.delays.push_back({.node = 3, .at = 10.1, .seconds = 0.1});
    EXPECT_EQ(columns(), std::set<Column>{});
    EXPECT_EQ(judge(seen).excused.size(), 1U);
}

TEST_F(Judging, AnExcusedDownExcusesWhatIsAdvisedForIt)
{
    blinks();
    advise(10.35, 1, 3, "takeover-advised", "hung", " advised");
    seen.delays = {{.node = 3, .at = 10.1, .seconds = 0.1}};
    EXPECT_EQ(columns(), std::set<Column>{});
    EXPECT_EQ(judge(seen).excused.size(), 2U);
    advise(10.35, 3, 1, "takeover-advised", "hung", " advised"); // it has lost nobody
    expect_only(Column::wrong_advice);
}

TEST_F(Judging, AnExcuseIsNoneForWhatIsNotADown)
{
    seen.delays = {{.node = 1, .at = 10.1, .seconds = 5}};
    told(1, 2, "down", "unreachable").reason = "hung";
    expect_only(Column::wrong_reason);
}

TEST_F(Judging, TakingOverFromOneThatServes)
{
    advise(10.3, 1, 3, "takeover-advised", "hung", " advised");
    expect_only(Column::wrong_advice);
}

TEST_F(Judging, WhoDoesNotScheduleDoesNotServe)
{
    seen.expected.serves = true;
    told(1, 2, "down", "unreachable").reason = "hung";
    told(1, 2, "takeover-advised", "unreachable").flags = " advised";
    told(1, 2, "takeover-advised", "unreachable").reason = "hung";
    EXPECT_EQ(columns(), (std::set<Column>{Column::wrong_advice, Column::wrong_reason}));
    seen.expected.there.insert("hung");
    EXPECT_EQ(columns(), std::set<Column>{});
    told(1, 2, "takeover-advised", "hung").partner = 3;
    EXPECT_TRUE(columns().contains(Column::wrong_advice));
}

TEST_F(Judging, APartitionIsSaidToBeOne)
{
    seen.expected.serves = true;
    EXPECT_EQ(columns(), std::set<Column>{}); // it is
    told(1, 2, "takeover-advised", "unreachable").flags = " advised";
    expect_only(Column::wrong_advice);
}

TEST_F(Judging, WhatIsCertainHasToBe)
{
    seen.expected.serves = false;
    seen.expected.lives = true;
    told(1, 2, "takeover-advised", "unreachable").flags = " partition advised certain";
    expect_only(Column::wrong_advice);
}

TEST_F(Judging, NobodyLeftInGoodOrder)
{
    told(1, 2, "takeover-advised", "unreachable").flags = " partition advised orderly";
    expect_only(Column::wrong_advice);
    seen.expected.orderly = true;
    EXPECT_EQ(columns(), std::set<Column>{});
}

// Nor is a takeover that nobody advises; who is back in time needs none.
TEST_F(Judging, ATakeoverThatIsNotAdvised)
{
    forget(1, 2, "takeover-advised", "unreachable");
    EXPECT_EQ(columns(), std::set<Column>{}); // a key was wanted after 1.2 s
    told(1, 2, "down", "authentication").at = 12.3;
    for (Told &one : seen.told)
        if (one.node == 1 && one.partner == 2 && one.sessions == 2)
            one.at = 12.4;
    expect_only(Column::wrong_advice);
    advise(11.9, 1, 2, "takeover-advised", "unreachable", " partition advised");
    EXPECT_EQ(columns(), std::set<Column>{});
}

TEST_F(Judging, AStalledBootIsNone)
{
    advise(12.2, 1, 2, "boot-stalled", "none", " advised");
    expect_only(Column::wrong_advice);
}

TEST_F(Judging, ADownThatIsNotTold)
{
    forget(1, 2, "down", "unreachable");
    forget(1, 2, "connecting", "none");
    forget(1, 2, "down", "authentication");
    told(1, 2, "ready", "none").sessions = 2;
    EXPECT_TRUE(columns().contains(Column::notification));
}

TEST_F(Judging, AReadyThatIsToldTwice)
{
    tell(12.1, 1, 2, "ready", "none", 3);
    expect_only(Column::notification);
}

TEST_F(Judging, AClientThatIsNotToldDown)
{
    after(1, 2).downs = 0;
    after(1, 2).readies = 1;
    expect_only(Column::notification);
}

// What comes while clients are asked is in this count or in the next.
TEST_F(Judging, AClientThatIsAskedBeforeItHears)
{
    seen.expected.ends = Ends::may;
    after(1, 2).downs = 0;
    after(1, 2).readies = 1;
    expect_only(Column::notification);
    seen.counted_to = 10.3;
    EXPECT_EQ(columns(), std::set<Column>{});
}

TEST_F(Judging, AClientThatIsToldReadyTwice)
{
    after(1, 3).readies = 2;
    expect_only(Column::notification);
}

TEST_F(Judging, OnlyOneOfTwoIsTold)
{
    seen.expected = {
        .ends = Ends::must, .there = {"unreachable"}, .here = {"unreachable"}, .later = {"authentication"}};
    expect_only(Column::notification); // node 2 heard of no end
}

TEST_F(Judging, ALateWrite)
{
    after(3, 1).late = 2;
    expect_only(Column::late_write);
}

TEST_F(Judging, AReasonThatCannotBe)
{
    told(1, 2, "down", "unreachable").reason = "shutdown";
    expect_only(Column::wrong_reason);
}

TEST_F(Judging, AReasonThatComesLater)
{
    told(1, 2, "down", "authentication").reason = "version";
    expect_only(Column::wrong_reason);
}

// An attempt that finds nobody does not hide why it went.
TEST_F(Judging, AReasonThatIsHidden)
{
    seen.expected.there = {"shutdown"};
    for (int node : {1, 3})
        told(node, 2, "down", "unreachable").reason = "shutdown";
    told(1, 2, "down", "authentication").reason = "unreachable";
    EXPECT_EQ(columns(), std::set<Column>{}); // it was on its way back
    told(1, 2, "down", "unreachable").at = 10.95;
    expect_only(Column::wrong_reason);
}

TEST_F(Judging, CertainWithoutProof)
{
    told(1, 2, "down", "unreachable").certain = true;
    expect_only(Column::wrong_reason);
}

TEST_F(Judging, ProofOfAKernelThatLives)
{
    seen.expected.there = {"panicked"};
    for (int node : {1, 3}) {
        Told &down = told(node, 2, "down", "unreachable");
        down.reason = "panicked";
        down.certain = true;
    }
    EXPECT_EQ(columns(), std::set<Column>{});
    seen.expected.lives = true;
    expect_only(Column::wrong_reason);
}

TEST_F(Judging, WhatKernelsReport)
{
    seen.log = {"node1: its kernel log has a fault:\n    WARNING: CPU: 0 PID: 1 at net/core/dev.c"};
    expect_only(Column::kernel_report);
    seen.log = {"    ccm_ink: VIOLATION: partner 2: a late write: at 8 is what session 3 has written, DOWN"};
    expect_only(Column::late_write);
    seen.log = {"    ccm_pattern: VIOLATION: load, partner 2: ready() twice"};
    expect_only(Column::notification);
    seen.log = {"    ccm_pattern: VIOLATION: load, partner 2, port 0: of 8 bytes at 0, byte 1 was read as 00"};
    expect_only(Column::kernel_report);
}

TEST_F(Judging, WhoDoesNotComeBack)
{
    seen.not_back = "node 1 of node 2: down unreachable";
    expect_only(Column::not_back);
}

// ... each column of the table by itself
TEST_F(Judging, TheReportHasEachColumn)
{
    for (std::size_t i = 0; i < column_count; i++) {
        Report report("ccm_campaign --seed 1", {});
        Judged judged;
        judged.findings = {{static_cast<Column>(i), "what is wrong"}};
        report.add(seen, judged);
        EXPECT_FALSE(report.clean());
        std::string row = fmt::format("{:<14}{:>7}", "all", 1);
        for (std::size_t other = 0; other < column_count; other++)
            row += fmt::format("{:>14}", other == i ? 1 : 0);
        const std::string text = report.text(1);
        EXPECT_NE(text.find(row), text.npos) << text;
        EXPECT_NE(text.find("1 findings"), text.npos) << text;
    }
}

TEST_F(Judging, TheReportCounts)
{
    Report report("ccm_campaign --seed 1", {});
    report.add(seen, judge(seen));
    EXPECT_TRUE(report.clean());
    seen.not_back = "node 1 of node 2: down unreachable";
    report.add(seen, judge(seen));
    EXPECT_FALSE(report.clean());
    const std::string text = report.text(1);
    EXPECT_NE(text.find("2 cycles"), text.npos) << text;
    EXPECT_NE(text.find("ccm_campaign --seed 1"), text.npos) << text;
    EXPECT_NE(text.find("not back: cycle 7"), text.npos) << text;
}

} // namespace
} // namespace ccm::campaign
