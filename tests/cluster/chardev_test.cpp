// SPDX-License-Identifier: GPL-2.0-only
// /dev/ccm: the checks run on the node (node/chardev.cpp).
#include "pair.h"

namespace ccm::test {
namespace {

TEST_F(Pair, CharacterDevice)
{
    a().must("ccmadm stage kernel");
    b().must("ccmadm stage kernel");
    for (const char *check : {"present", "changes", "buffers", "polling", "overflow", "stages"}) {
        Result result = a().run(fmt::format("ccm-node-test chardev {}", check));
        EXPECT_TRUE(result.ok()) << check << ": " << result.output << result.errors;
    }
}

// A reader keeps the module; nothing worse comes of trying, and nothing is lost by it.
TEST_F(Pair, OpenFileKeepsTheModule)
{
    Watch w = watch(b());
    Command holder = a().start_command("exec ccm-node-test hold");
    holder.wait_line("open", soon);
    Result result = a().run("ccm-node-test unload");
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.errors.find("Resource temporarily unavailable"), std::string::npos) << result.errors;
    result = a().run("rmmod rdma_ccm");
    EXPECT_FALSE(result.ok());
    EXPECT_NE(result.errors.find("in use"), std::string::npos) << result.errors;
    EXPECT_EQ(partner(a(), 2)["state"], "ready");
    EXPECT_EQ(losses(w, 1), 0u);
    holder.signal(15);
    holder.wait(soon);
    unload(a(), "its last reader is gone");
    load(a());
}

} // namespace
} // namespace ccm::test
