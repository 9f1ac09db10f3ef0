// SPDX-License-Identifier: GPL-2.0-only
//
// How long nodes had to wait for a processor of this machine. A node that was not run in time looks
// like one that has died, and that is no fault of CCM's; but only of that node, and only then.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "cluster.h"
#include "seen.h"

namespace ccm::campaign {

class Delays {
public:
    explicit Delays(lab::Cluster &cluster);
    ~Delays();
    Delays(const Delays &) = delete;

    // Since the last call.
    std::vector<Delay> take();

private:
    void run();
    void look(int node, const std::vector<int> &processes, double now);

    lab::Cluster &cluster_;
    std::map<int, std::map<int, double>> waited_; // by node and process, seconds so far
    std::mutex mutex_;
    std::vector<Delay> delays_;
    std::atomic<bool> leaving_{false};
    std::thread thread_;
};

} // namespace ccm::campaign
