// SPDX-License-Identifier: GPL-2.0-only
// Many seeds, on several processors: each process has seeds of its own, so what comes out depends
// on the seeds alone, and a run that crashes takes nothing with it but its process.
#ifndef CCM_SIM_CAMPAIGN_H
#define CCM_SIM_CAMPAIGN_H

#include <cstdint>
#include <string>

#include "coverage.h"
#include "options.h"

namespace sim {

struct Campaign {
    Options options; // but for the seed
    uint64_t first = 1;
    uint64_t runs = 1;
    uint32_t jobs = 1;
    bool worlds = false; // see world_of()
    bool mixed = false;  // some of them, some together, most of two nodes alone
};

// Plain numbers, in memory that processes share
struct Total {
    uint64_t runs;
    Figures figures;
    uint64_t at; // the seed that is run
    uint64_t failed;
    bool ended;
    Counts counts;

    void add(const Total &other);
};

// What a run is, of a campaign
Options options_of(const Campaign &campaign, uint64_t seed);

// Total::failed is the lowest seed that failed, or 0.
Total run_campaign(const Campaign &campaign);

// The options that repeat a run
std::string command_of(const Options &options);

} // namespace sim

#endif
