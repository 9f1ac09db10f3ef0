// SPDX-License-Identifier: GPL-2.0-only
// ccm_sim: run the session machine against itself under every fault.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "options.h"

namespace {

std::string flags_of(const sim::Options &o)
{
    std::string flags;

    for (auto [there, flag] :
         {std::pair(o.hostile, " --hostile"), std::pair(o.failover, " --failover"), std::pair(o.hosts, " --hosts"),
          std::pair(o.outside, " --outside"), std::pair(o.versions, " --versions")})
        if (there)
            flags += flag;
    return flags;
}

} // namespace

int main(int argc, char **argv)
try {
    sim::Options options;
    uint64_t runs = 1;
    std::string plant = "none";
    bool worlds = false;
    CLI::App app{"Runs CCM's session state machines against each other over a faulty network "
                 "and memory, all simulated. The same seed is the same run."};

    app.add_option("--seed", options.seed, "seed of the first run")->capture_default_str();
    app.add_option("--steps", options.steps, "what happens before the faults stop")->capture_default_str();
    app.add_option("--runs", runs, "number of runs, each with the next seed")->capture_default_str();
    app.add_option("--nodes", options.nodes, "number of nodes")->capture_default_str()->check(CLI::Range(2, 64));
    app.add_option("--plant", plant, "a bug to put in, to see it found: late_write, no_close, ...")
        ->capture_default_str();
    app.add_flag("--together", options.together, "no faults: all nodes load in the same instant, over equal delays");
    app.add_flag("--worlds", worlds, "each seed says how many nodes there are, and which of the following");
    app.add_flag("--hostile", options.hostile, "somebody who is no node, and has no key");
    app.add_flag("--failover", options.failover, "failover monitors, disks, a cluster manager");
    app.add_flag("--hosts", options.hosts, "slow hosts, clocks that differ, modules loaded again, and more");
    app.add_flag("--outside", options.outside, "some hosts never come right");
    app.add_flag("--versions", options.versions, "modules of several versions");
    app.add_flag("--trace", options.tracing, "print what happens");
    CLI11_PARSE(app, argc, argv);

    auto planted = sim::Plant::none;
    while (planted < sim::Plant::count && plant != sim::plant_name(planted))
        planted = static_cast<sim::Plant>(static_cast<int>(planted) + 1);
    if (planted == sim::Plant::count) {
        fmt::print(stderr, "ccm_sim: --plant {}: there is no such bug; see --help\n", plant);
        return 1;
    }
    options.plant = planted;

    uint64_t ready = 0, links = 0, limits = 0, crossed = 0, coalesced = 0, disowned = 0, steps = 0, faults = 0,
             settle = 0, simulated = 0;
    uint32_t attempts = 0;
    uint64_t first = options.seed;
    for (uint64_t i = 0; i < runs; i++) {
        options.seed = first + i;
        if (worlds)
            options = sim::world_of(options.seed, options);
        sim::Result r = sim::run_traced(options);

        if (!r.trace.empty())
            fmt::print("{}", r.trace);
        if (!r.ok) {
            fmt::print("ccm_sim: FAILED with --seed {} --steps {} --nodes {}{}: {}\n", options.seed, options.steps,
                       options.nodes, flags_of(options), r.message);
            return 2;
        }
        ready += r.ready;
        links += r.links;
        limits += r.limits;
        crossed += r.crossed;
        coalesced += r.coalesced;
        disowned += r.disowned;
        steps += r.steps;
        faults += r.faults;
        simulated += r.simulated_us;
        settle = std::max(settle, r.settle_us);
        attempts = std::max(attempts, r.settle_attempts);
    }
    fmt::print("ccm_sim: OK: {} runs from seed {}: {} s simulated, {} machine steps, {} faults, "
               "{} READY, {} links READY, {} limits, {} crossed, {} coalesced, {} disowned; READY at most {} ms and {} "
               "attempts after the last fault\n",
               runs, first, simulated / 1000000, steps, faults, ready, links, limits, crossed, coalesced, disowned,
               settle / 1000, attempts);
    return 0;
} catch (const std::exception &e) {
    std::fprintf(stderr, "ccm_sim: %s\n", e.what());
    return 1;
}
