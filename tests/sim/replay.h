// SPDX-License-Identifier: GPL-2.0-only
// A tape is played to a fresh machine, whose steps are checked as in the simulator. As text, a tape
// is a line for the machine and one for each event; a test can have it between its own:
//
//	machine node=1 partner=2 detect_ms=250
//	1000 START random=5
//	61000 REQUEST conn=1 random=7 data=...	# what this is
//
// Times are microseconds. Events of a connection say whether it was the present one, the candidate
// or another, so an attempt can be left out. Data is in hex, zeroes at its end left out: len= says how
// long it was.
#ifndef CCM_SIM_REPLAY_H
#define CCM_SIM_REPLAY_H

#include <memory>
#include <string>
#include <vector>

#include "options.h"
#include "step_watch.h"
#include "tape.h"

namespace sim {

class Replay {
public:
    explicit Replay(const ccm_session_config &config, Plant plant = Plant::none);

    // What is wrong, or nothing
    std::string step(const Stepped &step);
    const ccm_session &session() const { return *s_; }

private:
    Plant plant_;
    std::unique_ptr<ccm_session> s_, before_;
    StepWatch watch_;
};

// The first thing that is wrong, or nothing
std::string replay(const MachineTape &tape, Plant plant = Plant::none);
std::string replay(const std::string &text, Plant plant = Plant::none);

std::string print_tape(const MachineTape &tape);
MachineTape parse_tape(const std::string &text);

// A unit test of C++ that plays it and demands that nothing is wrong
std::string print_test(const MachineTape &tape, const std::string &name, const std::string &why, Plant plant);

} // namespace sim

#endif
