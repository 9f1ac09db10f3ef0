// SPDX-License-Identifier: GPL-2.0-only
#include "explain/causes_rst.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

// CCM_CAUSES_RST: the committed file
TEST(CausesRst, TheDocumentIsUpToDate)
{
    std::ifstream file(CCM_CAUSES_RST);
    std::stringstream text;

    ASSERT_TRUE(file) << CCM_CAUSES_RST << " cannot be read";
    text << file.rdbuf();
    EXPECT_EQ(text.str(), ccmadm::causes_rst()) << "run: make causes";
}
