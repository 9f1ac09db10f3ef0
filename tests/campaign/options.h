// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "node.h"

namespace ccm::campaign {

struct Options {
    std::uint64_t seed = 0;
    unsigned first = 1, cycles = 20; // the first is number FIRST
    double until = 0;                // seconds; 0: as long as the cycles take
    int nodes = 2;
    lab::Rdma transport = lab::Rdma::rxe;
    unsigned detect_ms = 250; // CCM's default
    unsigned writer_ms = 0;   // of the last node, whose sessions then outlive those of the others
    double longest = 3;       // seconds that a fault lasts which lasts at all
    std::vector<std::string> kinds;
    std::filesystem::path report; // a directory; files in it: cycles.csv, times.svg
    bool quiet = false;           // no line for each cycle
};

const char *transport_name(lab::Rdma transport);

} // namespace ccm::campaign
