// SPDX-License-Identifier: GPL-2.0-only
// ccm_sim: run the session machine against itself under every fault.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "campaign.h"
#include "options.h"
#include "record.h"
#include "shrink.h"

namespace {

sim::Plant planted(const std::string &name)
{
    for (int i = 0; i < static_cast<int>(sim::Plant::count); i++)
        if (name == sim::plant_name(static_cast<sim::Plant>(i)))
            return static_cast<sim::Plant>(i);
    throw CLI::ValidationError("--plant", name + ": there is no such bug");
}

void print_total(const sim::Total &t, uint64_t first, double seconds)
{
    const sim::Figures &f = t.figures;

    fmt::print("ccm_sim: OK: {} runs from seed {}: {} s simulated, {} machine steps, {} faults, "
               "{} READY, {} links READY, {} limits, {} crossed; READY at most {} ms and {} attempts after the last "
               "fault\n",
               t.runs, first, f.simulated_us / 1000000, f.steps, f.faults, f.ready, f.links, f.limits, f.crossed,
               f.settle_us / 1000, f.settle_attempts);
    fmt::print("ccm_sim: {} deaths noticed, the slowest after {:.0f} % of what it may take; {} WRITEs of clients "
               "landed, {} came late and did not; {} looks at a pair in peace\n",
               f.deaths, f.detect * 100, f.written, f.late, f.calms);
    fmt::print("ccm_sim: {:.0f} seeds a second\n", static_cast<double>(t.runs) / seconds);
}

int campaign(const sim::Campaign &c, bool coverage, bool shrink)
{
    auto begin = std::chrono::steady_clock::now();
    sim::Total total = sim::run_campaign(c);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    int status = 0;

    if (total.failed) {
        sim::Options o = sim::options_of(c, total.failed);
        sim::Result r = sim::run_traced(o);

        if (shrink)
            fmt::print("{}", sim::shrink_report(o));
        else
            fmt::print("{}", r.trace);
        fmt::print("ccm_sim: FAILED with {}: {}\n", sim::command_of(o), r.message);
        return 2;
    }
    print_total(total, c.first, took.count());
    if (!coverage)
        return 0;
    fmt::print("{}", sim::coverage_table(total.counts));
    for (const std::string &wrong : sim::coverage_wrong(total.counts, true)) {
        fmt::print("ccm_sim: FAILED: {}\n", wrong);
        status = 3;
    }
    return status;
}

int record(uint64_t first, uint64_t count, const std::string &file)
{
    sim::Bytes bytes = sim::record_tapes(first, count);
    std::ofstream out(file, std::ios::binary);

    out.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out)
        throw std::runtime_error(file + ": cannot be written");
    fmt::print("ccm_sim: {} tapes, {} bytes\n", count, bytes.size());
    return 0;
}

} // namespace

int main(int argc, char **argv)
try {
    sim::Campaign c;
    sim::Options &options = c.options;
    std::string plant = "none", recorded;
    uint64_t tapes = 0;
    bool coverage = false, shrink = false;
    CLI::App app{"Runs CCM's session state machines against each other over a faulty network "
                 "and memory, all simulated. The same seed is the same run."};

    app.add_option("--seed", c.first, "seed of the first run")->capture_default_str();
    app.add_option("--steps", options.steps, "what happens before the faults stop")->capture_default_str();
    app.add_option("--runs", c.runs, "number of runs, each with the next seed")->capture_default_str();
    app.add_option("--jobs", c.jobs, "processes to run them in")->capture_default_str()->check(CLI::Range(1, 1024));
    app.add_option("--nodes", options.nodes, "number of nodes")->capture_default_str()->check(CLI::Range(2, 64));
    app.add_option("--plant", plant, "a bug to put in, to see it found: late_write, no_close, ...")
        ->capture_default_str();
    app.add_flag("--together", options.together, "no faults: all nodes load in the same instant, over equal delays");
    app.add_flag("--worlds", c.worlds, "each seed says how many nodes there are, and which of the following");
    app.add_flag("--hostile", options.hostile, "somebody who is no node, and has no key");
    app.add_flag("--failover", options.failover, "failover monitors, disks, a cluster manager");
    app.add_flag("--hosts", options.hosts, "slow hosts, clocks that differ, modules loaded again, and more");
    app.add_flag("--outside", options.outside, "some hosts never come right");
    app.add_flag("--versions", options.versions, "modules of several versions");
    app.add_flag("--mixed", c.mixed, "of ten seeds one is of --together, one of --worlds");
    app.add_flag("--trace", options.tracing, "print what happens");
    app.add_flag("--coverage", coverage, "print what was reached, and fail if something was not");
    app.add_flag("--shrink", shrink, "make what fails small: few faults, or few events and a unit test of them");
    app.add_option("--record", tapes, "write so many tapes, and run nothing else; see tests/kunit/suites/tape.h");
    app.add_option("file", recorded, "to write them to");
    CLI11_PARSE(app, argc, argv);

    options.plant = planted(plant);
    if (tapes)
        return record(c.first, tapes, recorded);
    if (options.tracing && c.runs == 1) {
        sim::Result r = sim::run_traced(sim::options_of(c, c.first));

        fmt::print("{}", r.trace);
    }
    options.tracing = false;
    return campaign(c, coverage, shrink);
} catch (const std::exception &e) {
    std::fprintf(stderr, "ccm_sim: %s\n", e.what());
    return 1;
}
