// SPDX-License-Identifier: GPL-2.0-only
// What is to notice changes of straw.c: most of them
#include <gtest/gtest.h>

#include "straw/straw.h"

TEST(Straw, TheLarger)
{
    EXPECT_EQ(straw_max(1, 2), 2);
    EXPECT_EQ(straw_max(3, 2), 3);
}

TEST(Straw, TheSum)
{
    EXPECT_EQ(straw_sum(3), 6);
    EXPECT_EQ(straw_sum(-1), 0);
}
