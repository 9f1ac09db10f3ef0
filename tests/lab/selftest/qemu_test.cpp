// SPDX-License-Identifier: GPL-2.0-only
#include "fixture.h"

namespace ccm::lab {
namespace {

using QemuTest = LabTest;

TEST_F(QemuTest, StockKernelWithSoftRoceTalksToUserModeLinux)
{
    Node &stock = cluster().add({.kind = Kind::qemu});
    Node &uml = cluster().add();
    cluster().boot();
    EXPECT_NE(stock.must("rdma link").find("state ACTIVE"), std::string::npos);
    stock.must("ping -c 3 -i 0.1 -W 5 " + uml.ipv4());
    uml.must("ping -c 3 -i 0.1 -W 5 " + stock.ipv6());
}

TEST_F(QemuTest, LifeOfANode)
{
    Node &node = cluster().add({.kind = Kind::qemu});
    node.boot();
    std::string first = node.must("cat /proc/sys/kernel/random/boot_id");
    node.switch_root();
    EXPECT_EQ(node.root(), Root::root);
    EXPECT_EQ(node.must("stat -f -c %T /").substr(0, 5), "tmpfs");

    node.reboot();
    EXPECT_EQ(node.root(), Root::initramfs);
    EXPECT_NE(node.must("cat /proc/sys/kernel/random/boot_id"), first);
    EXPECT_EQ(node.boots(), 2);
    EXPECT_NO_THROW(node.console().wait_for("reboot: Restarting system", 1s));

    // A panicked machine is left standing.
    node.panic();
    EXPECT_TRUE(node.running());
    EXPECT_THROW(node.run("true", 1s), Timeout);
    node.kill();
    EXPECT_FALSE(node.running());

    node.boot();
    EXPECT_NE(node.must("rdma link").find("state ACTIVE"), std::string::npos);
}

} // namespace
} // namespace ccm::lab
