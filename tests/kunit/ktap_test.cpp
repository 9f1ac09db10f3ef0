// SPDX-License-Identifier: GPL-2.0-only
#include <sstream>

#include <gtest/gtest.h>

#include "ktap.h"

namespace ccm {
namespace {

KtapReport parse(const std::string &text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return parse_ktap(lines);
}

const char *const good = R"([    0.800000]     KTAP version 1
[    0.800000]     # Subtest: first
[    0.800000]     1..2
[    0.800000]         KTAP version 1
[    0.800000]         # Subtest: with_parameters
[    0.800000]         ok 1 up: reads succeed
[    0.800000]         ok 2 request.node = 0x0
[    0.800000]     # with_parameters: pass:2 fail:0 skip:0 total:2
[    0.800000]     ok 1 with_parameters
[    0.800000] infiniband rxe0: set active
[    0.800000]     ok 2 plain # SKIP not here
[    0.800000] # first: pass:1 fail:0 skip:1 total:2
[    0.800000] # Totals: pass:2 fail:0 skip:1 total:3
[    0.800000] ok 1 first
[    0.900000]     KTAP version 1
[    0.900000]     # Subtest: second
[    0.900000]     1..1
[    0.900000]     ok 1 only
[    0.900000] ok 2 second
)";

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Ktap, Nested)
{
    KtapReport report = parse(good);
    EXPECT_TRUE(report.passed()) << text_of(report);
    ASSERT_EQ(report.suites.size(), 2U);
    EXPECT_EQ(report.suites[0].name, "first");
    ASSERT_EQ(report.suites[0].children.size(), 2U);
    ASSERT_EQ(report.suites[0].children[0].children.size(), 2U);
    EXPECT_EQ(report.suites[0].children[0].children[1].name, "request.node = 0x0");
    EXPECT_EQ(report.suites[0].children[1].name, "plain");
    EXPECT_TRUE(report.suites[0].children[1].skipped);
    EXPECT_EQ(report.tests(), 4U);
    EXPECT_EQ(report.skipped(), 1U);
    EXPECT_EQ(report.failed(), 0U);
}

TEST(Ktap, AFailureIsShownWithItsLines)
{
    std::string text = replaced(good, "[    0.900000]     ok 1 only",
                                "[    0.900000]     # only: EXPECTATION FAILED at x.c:1\n"
                                "[    0.900000]     Expected 1 == 2, but\n"
                                "[    0.900000]     not ok 1 only");
    KtapReport report = parse(replaced(text, "] ok 2 second", "] not ok 2 second"));
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.failed(), 1U);
    EXPECT_NE(text_of(report).find("FAIL   only\n     |     # only: EXPECTATION FAILED at x.c:1\n"
                                   "     |     Expected 1 == 2, but\n"),
              std::string::npos)
        << text_of(report);
}

TEST(Ktap, AGroupThatFailsByItselfCounts)
{
    KtapReport report = parse(replaced(good, "] ok 2 second", "] not ok 2 second"));
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.failed(), 1U);
}

TEST(Ktap, WhatIsMissingIsNoticed)
{
    EXPECT_FALSE(parse("").passed());
    EXPECT_FALSE(parse("[    0.100000] kunit: disabled\n").passed());
    EXPECT_FALSE(parse(replaced(good, "     ok 1 only\n[    0.900000] ok 2 second\n", "")).passed());
    EXPECT_FALSE(parse(replaced(good, "ok 2 second\n", "\n")).passed());
    EXPECT_FALSE(parse(replaced(good, "1..1", "1..2")).passed());
    EXPECT_FALSE(parse(replaced(good, "         ok 1 up: reads succeed\n", "\n")).passed());
    EXPECT_FALSE(parse(replaced(good, "] ok 1 first", "] ")).passed());
    EXPECT_FALSE(parse("ok 1 empty\n").passed());
    EXPECT_FALSE(parse("    1..1\n    ok 1 a # SKIP no\nok 1 all_skipped\n").passed());
}

} // namespace
} // namespace ccm
