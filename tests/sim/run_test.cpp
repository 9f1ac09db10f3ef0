// SPDX-License-Identifier: GPL-2.0-only
// The simulator itself: many seeds, and that it finds what is planted.
#include <gtest/gtest.h>

#include "options.h"

namespace {

using sim::Options;
using sim::Plant;
using sim::Result;

void expect_ok(const Result &r, const Options &o)
{
    ASSERT_TRUE(r.ok) << r.trace << "seed " << o.seed << ": " << r.message;
}

TEST(Run, ManySeeds)
{
    Result sum;

    for (uint64_t seed = 1; seed <= 1200; seed++) {
        Options o;

        o.seed = seed;
        Result r = sim::run_traced(o);
        expect_ok(r, o);
        sum.ready += r.ready;
        sum.down += r.down;
        sum.crossed += r.crossed;
        sum.faults += r.faults;
        sum.links += r.links;
        sum.limits += r.limits;
        sum.coalesced += r.coalesced;
        sum.disowned += r.disowned;
    }
    // It was no idle run.
    EXPECT_GT(sum.ready, 13000U);
    EXPECT_GT(sum.down, 11000U);
    EXPECT_GT(sum.crossed, 1000U);
    EXPECT_GT(sum.faults, 250000U);
    EXPECT_GT(sum.links, 20000U);
    EXPECT_GT(sum.limits, 4000U);
    EXPECT_GT(sum.coalesced, 100000U);
    EXPECT_GT(sum.disowned, 300U);
}

TEST(Run, FourNodes)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Options o;

        o.seed = seed;
        o.nodes = 4;
        o.steps = 4000;
        expect_ok(sim::run_traced(o), o);
    }
}

TEST(Run, LoadedInTheSameInstant)
{
    uint64_t crossed = 0, links = 0;

    for (uint64_t seed = 1; seed <= 1000; seed++) {
        Options o;

        o.seed = seed;
        o.nodes = seed % 10 ? 2 : 4;
        o.together = true;
        Result r = sim::run_traced(o);
        expect_ok(r, o);
        crossed += r.crossed;
        links += r.links;
    }
    EXPECT_GT(crossed, 500U);
    EXPECT_GT(links, 800U);
}

TEST(Run, TheSameSeedIsTheSameRun)
{
    Options o;

    o.seed = 4711;
    o.tracing = true;
    Result one = sim::run(o);
    Result two = sim::run(o);
    EXPECT_EQ(one.trace, two.trace);
    EXPECT_GT(one.trace.size(), 1000U);
    o.seed++;
    EXPECT_NE(sim::run(o).trace, one.trace);
}

class Planted : public testing::TestWithParam<Plant> {};

TEST_P(Planted, IsFound)
{
    Options o = sim::options_for(GetParam());

    for (o.seed = 1; o.seed <= 200; o.seed++) {
        Result r = o.together ? sim::run_together(o) : sim::run(o);

        if (!r.ok) {
            EXPECT_FALSE(r.message.empty());
            return;
        }
    }
    FAIL() << sim::plant_name(o.plant) << " was not found in 200 runs";
}

std::vector<Plant> plants()
{
    std::vector<Plant> list;

    for (int i = 1; i < static_cast<int>(Plant::count); i++)
        list.push_back(static_cast<Plant>(i));
    return list;
}

INSTANTIATE_TEST_SUITE_P(Run, Planted, testing::ValuesIn(plants()),
                         [](const auto &info) { return sim::plant_name(info.param); });

} // namespace
