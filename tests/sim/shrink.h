// SPDX-License-Identifier: GPL-2.0-only
// A run that fails is made small: as few faults as it needs; and where one machine by itself does
// wrong, as few events.
#ifndef CCM_SIM_SHRINK_H
#define CCM_SIM_SHRINK_H

#include <cstddef>
#include <string>

#include "options.h"
#include "tape.h"

namespace sim {

struct ShrunkRun {
    Options options; // that fail in the same way, with tracing
    Result result;
    uint64_t before = 0; // faults
    uint64_t after = 0;
};

struct ShrunkMachine {
    MachineTape tape; // without events: it was no single machine
    std::string wrong;
    size_t before = 0;
};

// @options fail.
ShrunkRun shrink_run(const Options &options);
ShrunkMachine shrink_machine(const Options &options);

// All of it, for people
std::string shrink_report(const Options &options);

} // namespace sim

#endif
