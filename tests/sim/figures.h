// SPDX-License-Identifier: GPL-2.0-only
// What happened in a run, or in many: numbers.
#ifndef CCM_SIM_FIGURES_H
#define CCM_SIM_FIGURES_H

#include <cstdint>

namespace sim {

struct Figures {
    uint64_t simulated_us = 0;
    uint64_t steps = 0; // of session machines
    uint64_t ready = 0; // READY told to clients
    uint64_t down = 0;
    uint64_t faults = 0;
    uint64_t links = 0;           // READY told to a client of a link
    uint64_t limits = 0;          // memory refused
    uint64_t panicked = 0;        // DOWN for that reason
    uint64_t clashes = 0;         // a candidate that was another machine
    uint64_t crossed = 0;         // requests rejected as crossed
    uint64_t coalesced = 0;       // told, or arrived, once more before it was looked at
    uint64_t disowned = 0;        // requests beyond those that may wait
    uint64_t hostile = 0;         // messages of a stranger
    uint64_t hostile_work = 0;    // actions for them
    uint64_t advices = 0;         // to take over
    uint64_t advices_serving = 0; // ... from a node that served
    uint64_t advices_unread = 0;  // ... and had begun when it was not seen any more
    uint64_t takeovers = 0;
    uint64_t settle_us = 0;       // from the end of the faults to READY everywhere; the longest
    uint32_t settle_attempts = 0; // most connects of one session in that time
    uint64_t deaths = 0;          // of a partner that was READY, noticed
    double detect = 0;            // the slowest of them, in parts of what it may take
    uint64_t written = 0;         // WRITEs of clients that landed
    uint64_t late = 0;            // ... that came to memory which was not registered any more
    uint64_t calms = 0;           // times that a pair had peace, and was looked at

    void add(const Figures &other);
};

} // namespace sim

#endif
