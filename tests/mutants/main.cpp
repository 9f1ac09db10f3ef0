// SPDX-License-Identifier: GPL-2.0-only
// ccm_mutants: change the core in one place, and see whether its tests notice.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <sys/time.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "argued.h"
#include "campaign.h"
#include "core_setup.h"
#include "report.h"
#include "results.h"

namespace {

using namespace mutants;

struct Options {
    std::string work = default_work().string();
    std::string file;
    std::string name;
    std::uint64_t seed = 0;
    Order order;
    bool simulator_alone = false;
    bool quick = false;
    bool anew = false;
    bool verbose = false;
    std::size_t spare = 0;
};

Mutants all(const Setup &setup)
{
    return all_mutants(setup.core, setup.headers);
}

Mutants chosen(Mutants mutants, const Options &options)
{
    std::erase_if(mutants, [&](const Mutant &m) {
        return (!options.file.empty() && m.source->name() != options.file) ||
               (!options.name.empty() && !m.name.starts_with(options.name));
    });
    return mutants;
}

int list(const Options &options)
{
    Mutants mutants = chosen(all(core_setup(options.work, false)), options);

    for (const Mutant &mutant : mutants)
        fmt::print("{}\t{}\t{}\n", mutant.name, mutant.place(), mutant.change());
    return 0;
}

int show(const Options &options)
{
    Mutants mutants = chosen(all(core_setup(options.work, false)), options);

    for (const Mutant &mutant : mutants)
        fmt::print("{}\n", mutant.diff());
    if (mutants.empty())
        throw std::runtime_error(options.name + ": there is no such mutant");
    return 0;
}

// Another one for each core
std::uint64_t seed_of(const Mutants &mutants)
{
    std::string names;

    for (const Mutant &mutant : mutants)
        names += mutant.name;
    return std::stoul(hash_of(names), nullptr, 16);
}

std::string hash_of_programs(const Setup &setup)
{
    std::string programs;

    for (const std::vector<Suite> &suites : {setup.quick, setup.slow}) {
        for (const Suite &suite : suites) {
            programs += hash_of(read_file(suite.program));
            for (const std::string &argument : suite.arguments)
                programs += argument;
        }
    }
    return hash_of(programs);
}

// Of all that has been run
double processor_seconds()
{
    rusage used{};
    auto seconds = [](const timeval &t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };

    getrusage(RUSAGE_CHILDREN, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int run(const Options &options)
{
    Setup setup = core_setup(options.work, options.simulator_alone);
    if (options.quick) {
        setup.slow.clear();
        setup.thorough = false;
    }
    Mutants everything = all(setup);
    std::map<std::string, std::string> argued = read_argued(argued_list(), everything);
    Mutants mutants = chosen(everything, options);
    std::filesystem::path file = setup.work / (options.simulator_alone ? "simulator.txt" : "results.txt");

    if (options.order.sample) {
        std::uint64_t seed = options.seed ? options.seed : seed_of(everything);

        fmt::print("{} of {} mutants, --seed {}\n", options.order.sample, mutants.size(), seed);
        // what is argued is tried by a run of all
        std::erase_if(mutants, [&](const Mutant &mutant) { return argued.contains(mutant.name); });
        mutants = shuffled(std::move(mutants), seed);
    }
    if (options.anew)
        std::filesystem::remove(file);
    Results results(file, hash_of_programs(setup));
    Report report(setup, argued);
    run_campaign(setup, mutants, options.order, results, [&](const Mutant &mutant, const Result &result) {
        report.add(mutant, result);
        if (options.verbose) {
            fmt::print("{} {} {} {}\n", verdict_name(result.verdict), mutant.name, result.suite, result.test);
            std::fflush(stdout);
        }
    });
    fmt::print("{}{:.0f} s of processors\n", report.text(), processor_seconds());
    return report.bad(options.spare) && !options.simulator_alone ? 2 : 0;
}

} // namespace

int main(int argc, char **argv)
try {
    Options options;
    CLI::App app{"Changes CCM's core in one place at a time, and sees whether its tests notice."};
    app.require_subcommand(1);

    auto *lists = app.add_subcommand("list", "name, place and change of each");
    auto *shows = app.add_subcommand("show", "the change, line by line");
    auto *runs = app.add_subcommand("run", "try each, until a test fails; ends with 2 if none did");

    for (CLI::App *command : {lists, runs}) {
        command->add_option("--file", options.file, "of this file only: links.c");
        command->add_option("--name", options.name, "whose names begin so");
    }
    shows->add_option("name", options.name, "as list has it, or its beginning")->required();
    runs->add_option("--work", options.work, "what is made, and results")->capture_default_str();
    runs->add_option("--jobs", options.order.jobs, "so many at a time")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    runs->add_option("--sample", options.order.sample, "so many that compile and differ; 0: all");
    runs->add_option("--seed", options.seed, "of the sample; 0: what follows from the core");
    runs->add_option("--spare", options.spare, "so many may survive")->capture_default_str();
    runs->add_flag("--simulator-alone", options.simulator_alone, "nothing but whole runs of the simulator");
    runs->add_flag("--quick", options.quick, "without the tests that take long, and sanitizers");
    runs->add_flag("--anew", options.anew, "forget results");
    runs->add_flag("--verbose", options.verbose, "say of each what has become of it");
    CLI11_PARSE(app, argc, argv);

    if (*lists)
        return list(options);
    if (*shows)
        return show(options);
    return run(options);
} catch (const std::exception &e) {
    std::fprintf(stderr, "ccm_mutants: %s\n", e.what());
    return 1;
}
