// SPDX-License-Identifier: GPL-2.0-only
//
// The machine that runs the lab, when it has other things to do.
#pragma once

#include "clock.h"

namespace ccm::test {

// For how long, all in all, some task had to wait for a processor; 0 where the kernel
// does not tell. A bound on time is stretched by what was added to it meanwhile: on an
// idle machine nothing, on a busy one up to the whole time.
lab::Duration processor_pressure();

// Measures time with that allowance.
class Stopwatch {
public:
    Stopwatch() : start_(lab::Clock::now()), pressure_(processor_pressure()) {}
    lab::Duration waited_for_processors() const { return processor_pressure() - pressure_; }
    lab::Duration elapsed() const { return lab::Clock::now() - start_; }

private:
    lab::TimePoint start_;
    lab::Duration pressure_;
};

} // namespace ccm::test
