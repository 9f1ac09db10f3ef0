// SPDX-License-Identifier: GPL-2.0-only
// A program that is run to its end, or to where it has gone on for too long.
#ifndef CCM_MUTANTS_CHILD_H
#define CCM_MUTANTS_CHILD_H

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mutants {

struct Limits {
    std::chrono::milliseconds processor{60'000}; // of a processor: a machine that is busy is no reason
    std::chrono::milliseconds wall{600'000};     // for what waits
    std::size_t memory = 0;                      // bytes of address space; 0: any
};

struct Ended {
    bool ok = false;   // exit code 0
    int signal = 0;    // that ended it
    bool late = false; // it was ended
    std::chrono::milliseconds processor{0};
};

// @line is called with each line of its output, standard error included. @environment: NAME=VALUE, beside
// what there is. What cannot be started is a std::runtime_error.
Ended run_child(const std::vector<std::string> &command, const std::vector<std::string> &environment,
                const Limits &limits, const std::function<void(std::string_view)> &line);

} // namespace mutants

#endif
