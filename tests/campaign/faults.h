// SPDX-License-Identifier: GPL-2.0-only
//
// The faults: what is done, what must follow, and how it is mended. One table.
#pragma once

#include <string>
#include <vector>

#include "../sim/rng.h"
#include "seen.h"
#include "servers.h"

namespace ccm::campaign {

// One fault on one node, with all that was drawn for it.
struct Scene {
    Servers &servers;
    Node &target;
    sim::Rng rng;
    Expected expected{}; // as the kind says; a fault may know more once it is drawn
    double hold = 0;     // seconds that it lasts, beyond being noticed
    std::string parameters{};
    std::vector<Command> running{}; // on the target, until it is mended

    double between(double low, double high);
    int pick(int count) { return static_cast<int>(rng.below(static_cast<std::uint64_t>(count))); }
    // It is to last shorter than anybody may call dead.
    void lasts_a_moment();
    // ... or from this part of the longest time on: some time may pass before anybody notices.
    void lasts_a_while(double least);
    void say(const std::string &text) { parameters += (parameters.empty() ? "" : ", ") + text; }
};

struct Fault {
    const char *name;
    const char *what;
    Expected expected;
    bool failing = false; // wants modules with calls that can be made to fail, which only debug has
    // Returns when it has happened.
    TimePoint (*strike)(Scene &scene) = nullptr;
    // Returns since when it no longer is. None: it was over at once.
    TimePoint (*heal)(Scene &scene) = nullptr;
};

// Starts what does not run there: the machine, or only the module.
TimePoint bring(Scene &scene);

std::vector<Fault> deaths();         // of a machine, or as good as that
std::vector<Fault> network_faults(); // between the machines
std::vector<Fault> changes();        // by somebody, on a machine that goes on
std::vector<Fault> burdens();        // too little memory, too little processor
const std::vector<Fault> &all_faults();
// Those with these names, all without a name, as far as this run can do them. Throws Error for a name
// that there is not.
std::vector<const Fault *> choose_faults(const std::vector<std::string> &names, bool failing);

} // namespace ccm::campaign
