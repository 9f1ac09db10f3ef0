// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "node.h"

namespace ccm::lab {

// A User-Mode Linux kernel: a process of the host.
class UmlNode final : public Node {
public:
    UmlNode(const Setup &setup, std::filesystem::path build_dir);
    ~UmlNode() override;
    std::string netdev() const override { return "vec0"; }
    bool debug_kernel() const override { return debug_; }

private:
    friend class Cluster;
    std::vector<std::string> command_line() override;
    int processor() const override;
    int network_socket() const override;
    Framing framing() const override { return Framing::packet; }
    bool ends_on_panic() const override { return true; }
    std::string start_trouble(const std::vector<ConsoleLine> &printed) const override;

    std::filesystem::path build_;
    bool debug_ = false;
};

} // namespace ccm::lab
