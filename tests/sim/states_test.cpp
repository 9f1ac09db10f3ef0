// SPDX-License-Identifier: GPL-2.0-only
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "states_rst.h"

// CCM_STATES_RST: the committed file
TEST(States, TheDocumentIsUpToDate)
{
    std::ifstream file(CCM_STATES_RST);
    std::stringstream text;

    ASSERT_TRUE(file) << CCM_STATES_RST << " cannot be read";
    text << file.rdbuf();
    EXPECT_EQ(text.str(), sim::states_rst()) << "run: ccm_states_rst > Documentation/states.rst";
}
