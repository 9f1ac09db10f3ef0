// SPDX-License-Identifier: GPL-2.0-only
#include "explain/partner_counters.h"
#include "temporary_tree.h"

#include <gtest/gtest.h>
#include <sstream>

namespace ccmadm::test {
namespace {

std::optional<PartnerCounters> parse(const std::string &text)
{
    std::istringstream lines(text);
    return parse_partner_counters(lines);
}

TEST(PartnerCounters, AsTheModuleHasThem)
{
    const auto counters = parse("state DOWN\nproofs_wrong 3\nready_ns 123456789012\nread_us 29\nattempt_error -111\n"
                                "retry_ms 1742\nproof_wrong_ms 88\nrejection_heard \"another cluster\" 250\n"
                                "rejection_said \"not from an address of that node\" 61000\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->proofs_wrong, 3u);
    EXPECT_EQ(counters->ready_ns, 123456789012u);
    EXPECT_EQ(counters->attempt_error, -111);
    EXPECT_EQ(counters->retry_ms, 1742);
    EXPECT_EQ(counters->proof_wrong_ms, 88);
    ASSERT_TRUE(counters->heard && counters->said);
    EXPECT_EQ(counters->heard->why, "another cluster");
    EXPECT_EQ(counters->heard->ago_ms, 250u);
    EXPECT_EQ(counters->said->why, "not from an address of that node");
    EXPECT_EQ(counters->said->ago_ms, 61000u);
}

TEST(PartnerCounters, NoneYet)
{
    const auto counters = parse("attempt_error 0\nretry_ms -1\n");
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->retry_ms, -1);
    EXPECT_FALSE(counters->heard || counters->said);
}

TEST(PartnerCounters, OfAnOlderModuleNothingIsKnown)
{
    EXPECT_FALSE(parse("state DOWN\nproofs_wrong 3\nready_ns 5\n"));
    EXPECT_FALSE(parse(""));
}

TEST(PartnerCounters, WhatIsWrongIsLeftOut)
{
    for (const char *line : {"rejection_heard", "rejection_heard \"", "rejection_heard \" 5", "rejection_heard x 5",
                             "rejection_heard \"x\" y", "rejection_heard \"x\""}) {
        const auto counters = parse(std::string("attempt_error zero\nretry_ms 1x\n") + line + "\n");
        ASSERT_TRUE(counters) << line;
        EXPECT_FALSE(counters->heard) << line;
        EXPECT_EQ(counters->attempt_error, 0);
        EXPECT_EQ(counters->retry_ms, -1);
    }
}

TEST(PartnerCounters, OfAFile)
{
    TemporaryTree debugfs;
    EXPECT_FALSE(read_partner_counters(debugfs.path(), 2));
    debugfs.file("partner-2", "attempt_error -12\n");
    EXPECT_EQ(read_partner_counters(debugfs.path(), 2)->attempt_error, -12);
    EXPECT_FALSE(read_partner_counters(debugfs.path(), 3));
}

} // namespace
} // namespace ccmadm::test
