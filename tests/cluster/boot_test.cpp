// SPDX-License-Identifier: GPL-2.0-only
//
// The example scripts of Documentation/boot.rst, as an initramfs runs them.
#include "cpio.h"
#include "fixture.h"
#include "module.h"
#include "paths.h"

namespace ccm::test {
namespace {

class BootScripts : public LabTest {
protected:
    Settings lab_settings() const override { return test_settings(); }

    static void put_script(Node &node, const std::string &name)
    {
        std::filesystem::path file = lab_source_dir() / "../../Documentation/examples" / name;
        node.put("/run/" + name, content_of(file), 0755);
    }
};

// The interface is not there when the script runs: it does not wait, and sets it up when it comes.
TEST_F(BootScripts, AnInterfaceMayComeLater)
{
    Node &a =
        cluster().add(unloaded(1, {.partners = {2}}, {.rdma = Rdma::none, .addresses = std::vector<std::string>{}}));
    Node &b = cluster().add(configured(2, {.partners = {1}}));
    cluster().boot();
    a.put("/etc/hostname", "node1\n");
    a.must("mkdir -p /etc/ccm/keys && cp /etc/ccm/psk /etc/ccm/keys/1 && chmod 600 /etc/ccm/keys/1");
    a.put("/etc/ccm/initramfs.conf",
          fmt::format("DEVICE=eth9\nADDRESS={}/24\nSOFT_ROCE=yes\nFAILOVER_MONITOR=yes\n", a.ipv4()));
    for (const char *name : {"initramfs-premount", "initramfs-bottom"})
        put_script(a, name);
    a.must("/run/initramfs-premount >/run/premount.log 2>&1", 5s);
    a.console().wait_for("waiting for the interface eth9", soon);
    EXPECT_EQ(status(a)["node"]["stage"], "initramfs");
    a.must(fmt::format("ip link set {} down; ip link set {} name eth9", a.netdev(), a.netdev()));
    wait_ready({&a, &b});
    a.must("/run/initramfs-bottom");
    EXPECT_EQ(status(a)["node"]["stage"], "root");
}

} // namespace
} // namespace ccm::test
