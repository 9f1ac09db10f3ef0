// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include <algorithm>

#include "figures.h"

namespace ccm::campaign {
namespace {

TEST(Figures, Parts)
{
    Times times;
    EXPECT_TRUE(times.empty());
    for (int i = 100; i >= 0; i--)
        times.add(i);
    EXPECT_EQ(times.at(0), 0);
    EXPECT_EQ(times.at(0.5), 50);
    EXPECT_EQ(times.at(0.9), 90);
    EXPECT_EQ(times.at(1), 100);
}

TEST(Figures, EachValueHasOneStep)
{
    Times times;
    for (double ms : {0.5, 1.0, 1.2, 9.9, 10.0, 250.0, 251.0, 99999.0})
        times.add(ms / 1000);
    const std::string text = times.histogram();
    EXPECT_EQ(text.find("       0 to      1 ms     1 "), text.find("  ")) << text;
    EXPECT_NE(text.find("       1 to    1.5 ms     2 "), text.npos) << text;
    EXPECT_NE(text.find("       7 to     10 ms     1 "), text.npos) << text;
    EXPECT_NE(text.find("      10 to     15 ms     1 "), text.npos) << text;
    EXPECT_NE(text.find("     200 to    300 ms     2 "), text.npos) << text;
    EXPECT_NE(text.find("   70000 to 100000 ms     1 "), text.npos) << text;
    EXPECT_EQ(Times{}.histogram(), "");
}

TEST(Figures, AnImageHasABarForEachStep)
{
    Times times;
    times.add(0.002);
    times.add(0.004);
    const std::string image = times.bars("t", 0, 0, 100, 100);
    EXPECT_EQ(std::count(image.begin(), image.end(), '\n'), 1 + 2 * 2) << image;
}

} // namespace
} // namespace ccm::campaign
