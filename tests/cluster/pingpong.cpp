// SPDX-License-Identifier: GPL-2.0-only
#include "pingpong.h"

#include <gtest/gtest.h>

namespace ccm::test {

namespace {

std::string pingpong(Node &node, const std::string &command)
{
    return node.must(fmt::format("cd /sys/kernel/debug/ccm_pingpong && echo {} >run; cat run", command), 120s);
}

} // namespace

void load_pingpong(Node &a, Node &b)
{
    for (Node *node : {&a, &b})
        node->must("insmod /modules/ccm_pingpong.ko ports=4");
    EXPECT_EQ(pingpong(a, fmt::format("wait {} up 20000", b.id())), "ok ports=4\n");
}

void expect_rounds(Node &a, Node &b, int rounds, const std::string &way)
{
    const std::string said = pingpong(a, fmt::format("run {} {} {} all", b.id(), rounds, way));
    EXPECT_EQ(said.rfind(fmt::format("ok rounds={} ", 4 * rounds), 0), 0u) << way << ": " << said;
    std::printf("%s: %s", way.c_str(), said.c_str());
}

void unload_pingpong(Node &a, Node &b)
{
    for (Node *node : {&a, &b}) {
        EXPECT_EQ(pingpong(*node, "violations"), "violations=0\n") << node->name();
        node->must("rmmod ccm_pingpong");
    }
}

} // namespace ccm::test
