// SPDX-License-Identifier: GPL-2.0-only
// Mutants of straw.c: killed, survived, equal and broken ones are told apart.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "../argued.h"
#include "../campaign.h"
#include "../report.h"

namespace {

using namespace mutants;

namespace fs = std::filesystem;

// CCM_STRAW: its folder; CCM_STRAW_TEST, CCM_STRAW_LIBRARY: the program, and the library that it loads
class Straw : public testing::Test {
protected:
    Straw()
    {
        setup.core = CCM_STRAW;
        setup.work = fs::temp_directory_path() / ("ccm-straw." + std::to_string(getpid()));
        setup.library = CCM_STRAW_LIBRARY;
        setup.quick = {{"straw", CCM_STRAW_TEST, {"--gtest_fail_fast"}}};
        everything = all_mutants(setup.core, {});
    }

    ~Straw() override { fs::remove_all(setup.work); }

    using All = std::map<std::string, Result>;

    // By function and what has been changed: "straw_max: a > b becomes 0, in: if (a > b)"
    All run(const Order &order = {})
    {
        All by_change;
        Results results(setup.work / "results.txt", "1");

        run_campaign(setup, everything, order, results, [&](const Mutant &mutant, const Result &result) {
            std::string change = mutant.edit.body + ": " + mutant.change();
            EXPECT_TRUE(by_change.emplace(change, result).second) << change;
        });
        return by_change;
    }

    static Result find(const All &results, const std::string &change)
    {
        auto found = results.lower_bound(change);

        EXPECT_TRUE(found != results.end() && found->first.starts_with(change)) << change;
        return found->second;
    }

    mutants::Setup setup;
    Mutants everything;
};

TEST_F(Straw, KilledAndSurvived)
{
    All results = run();

    EXPECT_EQ(results.size(), everything.size());
    EXPECT_EQ(find(results, "straw_max: a > b becomes 0").verdict, Verdict::killed);
    EXPECT_EQ(find(results, "straw_max: a > b becomes 0").suite, "straw");
    EXPECT_EQ(find(results, "straw_max: a > b becomes 0").test, "Straw.TheLarger");
    EXPECT_EQ(find(results, "straw_sum: += becomes -=").test, "Straw.TheSum");
    EXPECT_EQ(find(results, "straw_sum: n--; becomes ;").test, "late: Straw.TheSum");
    EXPECT_EQ(find(results, "straw_alone: + becomes -").verdict, Verdict::survived);
    // of what is never used, the compiler makes nothing
    EXPECT_EQ(find(results, "straw_alone: 2 becomes (2 + 1)").verdict, Verdict::same);
}

TEST_F(Straw, SeveralAtATimeFindTheSame)
{
    Order order;

    order.jobs = 2;
    All two = run(order);
    fs::remove_all(setup.work);
    for (const auto &[change, result] : run()) {
        EXPECT_EQ(two.at(change).verdict, result.verdict) << change;
        EXPECT_EQ(two.at(change).test, result.test) << change;
    }
}

TEST_F(Straw, ResultsAreContinued)
{
    std::size_t size = run().size();
    auto again = [&](const std::string &programs) {
        Results results(setup.work / "results.txt", programs);
        std::size_t known = 0;

        for (const Mutant &mutant : everything)
            known += results.find(mutant) ? 1 : 0;
        return known;
    };

    EXPECT_EQ(again("1"), size);
    // other tests: those that have survived are tried again
    EXPECT_LT(again("2"), size);
    EXPECT_GT(again("2"), size / 2);
}

TEST_F(Straw, ASampleIsTheSameForTheSameSeed)
{
    auto names = [](const Mutants &mutants) {
        std::string all;

        for (const Mutant &mutant : mutants)
            all += mutant.name + " ";
        return all;
    };

    EXPECT_EQ(names(shuffled(everything, 1)), names(shuffled(everything, 1)));
    EXPECT_NE(names(shuffled(everything, 1)), names(shuffled(everything, 2)));
    Order order;
    order.sample = 2;
    std::size_t count = 0;
    for (const auto &[change, result] : run(order))
        count += result.verdict == Verdict::killed || result.verdict == Verdict::survived;
    EXPECT_EQ(count, 2U);
}

class Argued : public Straw {
protected:
    std::map<std::string, std::string> read(const std::string &text)
    {
        fs::create_directories(setup.work);
        std::ofstream(setup.work / "equal.txt") << text;
        return read_argued(setup.work / "equal.txt", everything);
    }
};

TEST_F(Argued, TheList)
{
    const std::string name = everything.front().name;

    EXPECT_EQ(read("# a comment\n\n" + name + "\tit is so\n").at(name), "it is so");
    EXPECT_THROW(read(name + "\n"), std::runtime_error);
    EXPECT_THROW(read(name + " so\n" + name + " so\n"), std::runtime_error);
    EXPECT_THROW(read("straw.c:gone:drop:00000000 so\n"), std::runtime_error);
}

TEST_F(Argued, ASurvivorIsBadUnlessItIsInTheList)
{
    const Mutant &mutant = everything.front();
    std::map<std::string, std::string> argued;
    Report open(setup, argued);

    open.add(mutant, {mutant.name, Verdict::survived, {}, {}});
    EXPECT_TRUE(open.bad(0));
    EXPECT_FALSE(open.bad(1));
    argued[mutant.name] = "it is so";
    Report listed(setup, argued);
    listed.add(mutant, {mutant.name, Verdict::survived, {}, {}});
    EXPECT_FALSE(listed.bad(0));
    // and the list is wrong if it is noticed
    listed.add(mutant, {mutant.name, Verdict::killed, "straw", "Straw.TheSum"});
    EXPECT_TRUE(listed.bad(0));
}

} // namespace
