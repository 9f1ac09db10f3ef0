// SPDX-License-Identifier: GPL-2.0-only
// What is changed, and what is to notice it.
#ifndef CCM_MUTANTS_SETUP_H
#define CCM_MUTANTS_SETUP_H

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace mutants {

// A program of tests, and its arguments
struct Suite {
    std::string name; // several can have the same: they are counted together
    std::filesystem::path program;
    std::vector<std::string> arguments;
    bool sanitize = false;            // run again with sanitizers in the changed file
    std::set<std::string> files = {}; // asked about these only; empty: about all that the program calls
};

struct Setup {
    std::filesystem::path core;                  // all .c and .h in it
    std::vector<std::filesystem::path> includes; // directories
    std::vector<std::filesystem::path> headers;  // with more enumerations
    std::filesystem::path work;                  // made, and written to
    std::string library;                         // the file that the programs load the core from
    std::vector<Suite> quick;                    // asked first, in this order
    std::vector<Suite> slow;                     // asked about what is left
    bool thorough = true;                        // ... and the quick ones again, with sanitizers
};

} // namespace mutants

#endif
