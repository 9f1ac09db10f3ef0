// SPDX-License-Identifier: GPL-2.0-only
// What all tests of this program have reached together
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include "coverage.h"

namespace {

TEST(Coverage, AllThatIsArguedIsThere)
{
    std::string all;

    for (const sim::Reach &r : sim::reach(sim::counts()))
        all += r.kind + ": " + r.name + "\n";
    for (const sim::Unreached &u : sim::unreached()) {
        EXPECT_NE(all.find(std::string(u.kind) + ": " + u.name + "\n"), std::string::npos) << u.kind << " " << u.name;
        EXPECT_GT(std::string(u.why).size(), 10U) << u.name;
    }
}

TEST(Coverage, WhatIsMissingIsFound)
{
    sim::Counts none{}, all{};

    for (size_t i = 0; i < sizeof(all) / sizeof(uint64_t); i++)
        reinterpret_cast<uint64_t *>(&all)[i] = 1;
    size_t argued = 0, campaign = 0;
    for (const sim::Unreached &u : sim::unreached()) {
        argued += u.who == sim::Unreached::nobody;
        campaign += u.who == sim::Unreached::campaign;
    }
    EXPECT_EQ(sim::coverage_wrong(none, false).size(), sim::reach(none).size() - argued);
    EXPECT_EQ(sim::coverage_wrong(all, false).size(), argued);
    EXPECT_EQ(sim::coverage_wrong(all, true).size(), argued + campaign);
    all.cell[CCM_STATE_READY][CCM_SEV_WORD] = 0;
    EXPECT_EQ(sim::coverage_wrong(all, false).size(), argued + 1);
}

// Behind all tests that were run, in whatever order they came, with CCM_SIM_COVERAGE in the
// environment. `make check` demands what the campaign reaches (ccm_sim --coverage), which is not
// yet all edges.
class Whole : public testing::Environment {
    void TearDown() override
    {
        if (!std::getenv("CCM_SIM_COVERAGE"))
            return;
        std::puts(sim::coverage_table(sim::counts()).c_str());
        for (const std::string &wrong : sim::coverage_wrong(sim::counts(), false))
            ADD_FAILURE() << wrong;
    }
};

const testing::Environment *const whole = testing::AddGlobalTestEnvironment(new Whole);

} // namespace
