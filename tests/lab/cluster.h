// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "initramfs.h"
#include "node.h"
#include "settings.h"
#include "switch.h"
#include "verdict.h"
#include "watch.h"

namespace ccm::lab {

// Any number of nodes on one switch.
class Cluster {
public:
    // NAME names its directory below the run directory.
    explicit Cluster(const std::string &name, const Settings &settings = lab::settings(), std::uint64_t seed = 1);
    ~Cluster();
    Cluster(const Cluster &) = delete;

    // A node with its cable, switched off.
    Node &add(NodeSpec spec = {});
    Node &node(int id);
    const std::vector<std::unique_ptr<Node>> &nodes() const { return nodes_; }
    // Boots all that are off, at the same time, and waits for them.
    void boot(Duration timeout = 120s);
    Switch &network() { return network_; }

    Watch watch(Node &node, const std::string &command = "ccmadm watch --json");

    // Ends every node cleanly and judges: kernel logs, lockdep, kmemleak. Once.
    const Verdict &finish();
    const std::filesystem::path &dir() const { return dir_; }
    // The end of every console, for a failure message.
    std::string console_tails(std::size_t lines = 30) const;

private:
    // KERNEL: of a stock kernel, which a node with a crash kernel has in its image
    std::filesystem::path image_for(const NodeSpec &spec, ImageSpec image, const std::filesystem::path &kernel = {});
    std::vector<Node *> answering();
    void unload(std::vector<Node *> &live);
    void check_debug(const std::vector<Node *> &live);
    void power_off(const std::vector<Node *> &live);
    void find(const std::string &finding);

    Settings settings_;
    std::filesystem::path dir_;
    Switch network_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unique_ptr<Verdict> verdict_;
};

} // namespace ccm::lab
