// SPDX-License-Identifier: GPL-2.0-only
// What fails is made small, and what is printed of it can be played.
#include <algorithm>
#include <gtest/gtest.h>

#include "ddmin.h"
#include "replay.h"
#include "shrink.h"

namespace {

using sim::Options;
using sim::Plant;

TEST(Ddmin, FindsWhatIsNeeded)
{
    std::vector<int> list(100);
    int runs = 0;

    for (int i = 0; i < 100; i++)
        list[static_cast<size_t>(i)] = i;
    auto needs = [&](const std::vector<int> &part) {
        runs++;
        return std::count(part.begin(), part.end(), 17) && std::count(part.begin(), part.end(), 18) &&
               std::count(part.begin(), part.end(), 80);
    };
    EXPECT_EQ(sim::ddmin<int>(list, needs), (std::vector<int>{17, 18, 80}));
    EXPECT_LT(runs, 200);
    EXPECT_EQ(sim::ddmin<int>({1, 2}, [](const auto &) { return true; }), std::vector<int>{});
}

// The first seed that finds a bug
Options failing(Plant plant)
{
    Options o;

    o.plant = plant;
    for (o.seed = 1; o.seed <= 200 && sim::run(o).ok; o.seed++)
        ;
    return o;
}

// Of a planted bug of one machine: at most some 25 events, which do it again as text
class ShrunkMachine : public testing::TestWithParam<Plant> {};

TEST_P(ShrunkMachine, HasFewEvents)
{
    Options o = failing(GetParam());
    sim::ShrunkMachine m = sim::shrink_machine(o);

    ASSERT_FALSE(m.wrong.empty());
    EXPECT_LE(m.tape.steps.size(), 25U);
    EXPECT_LE(m.tape.steps.size(), m.before);
    std::string text = sim::print_tape(m.tape);
    EXPECT_EQ(sim::replay(text, o.plant), m.wrong) << text;
    EXPECT_EQ(sim::replay(text), "") << "without the bug: " << text;
    // minimal
    for (size_t i = 0; i < m.tape.steps.size(); i++) {
        sim::MachineTape less = m.tape;

        less.steps.erase(less.steps.begin() + static_cast<long>(i));
        EXPECT_NE(sim::replay(less, o.plant), m.wrong) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Shrink, ShrunkMachine,
                         testing::Values(Plant::no_close, Plant::down_before_close, Plant::ready_twice,
                                         Plant::no_answer, Plant::wrong_key, Plant::no_link_close),
                         [](const auto &info) { return sim::plant_name(info.param); });

// A bug that takes two
TEST(Shrink, ARunHasFewFaults)
{
    Options o = failing(Plant::wrong_hung);
    sim::ShrunkRun r = sim::shrink_run(o);

    EXPECT_FALSE(r.result.ok);
    EXPECT_GT(r.before, r.after);
    EXPECT_LE(r.after, 5U);
    EXPECT_NE(r.result.trace.find("FAILED"), std::string::npos);
}

// What is printed stands below it, as it was printed.
TEST(Shrink, PrintsATest)
{
    sim::MachineTape tape = sim::parse_tape(R"(
machine node=1 partner=2 detect_ms=250 auth=0 cluster=0x7 incarnation=0xa11ce capabilities=0x6 machine=0x1 version_min=1 version_max=1
1000 START random=5
1500 CLIENTS random=6 clients=log:1:1:1:4:0:0:1
2000 REQUEST conn=1 random=7 len=56 data=43434d
3000 TIMER random=8
)");
    std::string why = sim::replay(tape, Plant::no_answer);

    tape.steps = sim::ddmin<sim::Stepped>(tape.steps, [&](const std::vector<sim::Stepped> &steps) {
        return sim::replay({tape.config, steps}, Plant::no_answer) == why;
    });
    EXPECT_EQ(sim::print_test(tape, "Example", why, Plant::no_answer), R"TEXT(// a request without exactly one answer
TEST(Replay, Example)
{
    EXPECT_EQ(sim::replay(R"(
machine node=1 partner=2 detect_ms=250 auth=0 cluster=0x7 incarnation=0xa11ce capabilities=0x6 machine=0x1 version_min=1 version_max=1
2000 REQUEST conn=1 random=7 len=56 data=43434d  # REQUEST conn 1
)", sim::Plant::no_answer), "");
}
)TEXT");
}

TEST(Replay, Example)
{
    EXPECT_EQ(sim::replay(R"(
machine node=1 partner=2 detect_ms=250 auth=0 cluster=0x7 incarnation=0xa11ce capabilities=0x6 machine=0x1 version_min=1 version_max=1
2000 REQUEST conn=1 random=7 len=56 data=43434d  # REQUEST conn 1
)",
                          sim::Plant::no_answer),
              "a request without exactly one answer");
}

} // namespace
