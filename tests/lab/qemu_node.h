// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "node.h"

namespace ccm::lab {

// A stock kernel of Debian in QEMU, by software emulation.
class QemuNode final : public Node {
public:
    QemuNode(const Setup &setup, std::filesystem::path kernel);
    ~QemuNode() override;
    std::string netdev() const override { return "eth0"; }
    bool debug_kernel() const override { return false; }

private:
    friend class Cluster;
    std::vector<std::string> command_line() override;
    int network_socket() const override;
    Framing framing() const override { return Framing::length; }
    bool ends_on_panic() const override { return false; }

    std::filesystem::path kernel_;
};

} // namespace ccm::lab
