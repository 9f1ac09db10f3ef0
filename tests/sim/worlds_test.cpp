// SPDX-License-Identifier: GPL-2.0-only
// Worlds in which more happens than faults of nodes and of the network between them.
#include <gtest/gtest.h>

#include "options.h"

namespace {

using sim::Options;
using sim::Result;

Result expect_ok(const Options &o)
{
    Result r = sim::run_traced(o);

    EXPECT_TRUE(r.ok) << r.trace << "seed " << o.seed << ": " << r.message;
    return r;
}

TEST(Worlds, SomebodyHostileIsInTheWayOfNobody)
{
    uint64_t messages = 0, work = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        Options o;

        o.seed = seed;
        o.hostile = true;
        o.nodes = seed % 5 ? 2 : 3;
        Result r = expect_ok(o);
        ASSERT_TRUE(r.ok);
        messages += r.hostile;
        work += r.hostile_work;
    }
    EXPECT_GT(messages, 50000U);
    // A connection made of a few messages costs some ten actions, and a ring hardly any.
    EXPECT_LT(work, 2 * messages);
}

TEST(Worlds, OneWriterToADisk)
{
    uint64_t advices = 0, serving = 0, takeovers = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        Options o;

        o.seed = seed;
        o.failover = true;
        o.nodes = seed % 3 ? 2 : 3;
        o.steps = 4000;
        Result r = expect_ok(o);
        ASSERT_TRUE(r.ok);
        advices += r.advices;
        serving += r.advices_serving;
        takeovers += r.takeovers;
    }
    EXPECT_GT(advices, 500U);
    EXPECT_GT(serving, 50U);
    EXPECT_GT(takeovers, 300U);
}

TEST(Worlds, HostsAtAPaceOfTheirOwn)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        Options o;

        o.seed = seed;
        o.hosts = true;
        o.nodes = 2 + static_cast<uint32_t>(seed % 20 == 0 ? seed / 20 % 7 : 0);
        ASSERT_TRUE(expect_ok(o).ok);
    }
}

TEST(Worlds, SoundHostsAmongOthers)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        Options o;

        o.seed = seed;
        o.hosts = o.outside = true;
        o.nodes = 3 + static_cast<uint32_t>(seed % 3);
        ASSERT_TRUE(expect_ok(o).ok);
    }
}

TEST(Worlds, ModulesOfSeveralVersions)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        Options o;

        o.seed = seed;
        o.versions = true;
        o.nodes = seed % 4 ? 2 : 3;
        ASSERT_TRUE(expect_ok(o).ok);
    }
}

TEST(Worlds, Mixed)
{
    for (uint64_t seed = 1; seed <= 300; seed++)
        ASSERT_TRUE(expect_ok(sim::world_of(seed, {})).ok);
}

TEST(Worlds, SixtyFourNodes)
{
    Options o;

    o.nodes = 64;
    o.faults = false;
    Result r = expect_ok(o);
    EXPECT_GE(r.ready, 64U * 63);
}

} // namespace
