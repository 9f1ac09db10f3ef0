// SPDX-License-Identifier: GPL-2.0-only
// The simulator itself: many seeds, and that it finds what is planted.
#include <algorithm>
#include <fstream>
#include <sstream>

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
    sim::Figures sum;

    for (uint64_t seed = 1; seed <= 1200; seed++) {
        Options o;

        o.seed = seed;
        Result r = sim::run_traced(o);
        expect_ok(r, o);
        sum.add(r);
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

// A line each: seed, steps, nodes, why it is kept
TEST(Run, HardSeeds)
{
    std::ifstream file(CCM_SIM_SEEDS);
    std::string line;
    int count = 0;

    while (std::getline(file, line)) {
        std::istringstream words(line);
        Options o;

        if (line.empty() || line[0] == '#')
            continue;
        ASSERT_TRUE(words >> o.seed >> o.steps >> o.nodes) << line;
        SCOPED_TRACE(line);
        expect_ok(sim::run_traced(o), o);
        count++;
    }
    EXPECT_GT(count, 0);
}

// What there is to see of the truth was there: deaths, late WRITEs, peace.
TEST(Run, SomethingToSee)
{
    Result sum;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        Options o;

        o.seed = seed;
        Result r = sim::run(o);
        sum.deaths += r.deaths;
        sum.written += r.written;
        sum.late += r.late;
        sum.calms += r.calms;
        EXPECT_LE(r.detect, 1.0);
    }
    EXPECT_GT(sum.deaths, 50U);
    EXPECT_GT(sum.written, 10000U);
    EXPECT_GT(sum.late, 10U);
    EXPECT_GT(sum.calms, 100U);
}

// The others are what they were: so a run can be made smaller.
TEST(Run, AFaultThatIsLeftOutChangesNoOther)
{
    auto faults = [](const Options &o) {
        std::istringstream trace(sim::run(o).trace);
        std::string line;
        std::vector<std::string> list;

        while (std::getline(trace, line))
            if (line.find("cut ") != std::string::npos || line.find("loses ") != std::string::npos)
                list.push_back(line);
        return list;
    };
    Options o;

    o.seed = 8;
    o.tracing = true;
    o.fault_count = 30;
    std::vector<std::string> all = faults(o), rest;
    ASSERT_GT(all.size(), 4U);
    for (o.left_out = {0}; *o.left_out.begin() < o.fault_count; o.left_out = {*o.left_out.begin() + 1}) {
        rest = faults(o);
        if (rest.size() < all.size())
            break;
    }
    EXPECT_EQ(rest.size(), all.size() - 1);
    EXPECT_TRUE(std::includes(all.begin(), all.end(), rest.begin(), rest.end()));
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
        Result r = sim::run(o);

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
