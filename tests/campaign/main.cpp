// SPDX-License-Identifier: GPL-2.0-only
//
// A campaign of random faults on two or three nodes; see the README of the tests.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <random>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "cycle.h"
#include "failing.h"
#include "judge.h"
#include "report.h"

using namespace ccm;
using namespace ccm::campaign;

namespace {

struct Wanted {
    Options options;
    std::string transport = "rxe", kinds, list;
    bool show = false;
};

void describe(CLI::App &app, Wanted &wanted)
{
    Options &o = wanted.options;
    app.add_option("--seed", o.seed, "of all that is drawn; without it a random one, which is printed");
    app.add_option("--first", o.first,
                   "number of the first cycle: what is done in a cycle follows from the seed and it");
    app.add_option("--cycles", o.cycles, "how many")->capture_default_str();
    app.add_option("--until", o.until, "no cycle begins after so many seconds; 0: that does not matter");
    app.add_option("--nodes", o.nodes, "2 or 3")->check(CLI::Range(2, 3))->capture_default_str();
    app.add_option("--transport", wanted.transport, "rxe or siw")
        ->check(CLI::IsMember({"rxe", "siw"}))
        ->capture_default_str();
    app.add_option("--kinds", wanted.kinds, "faults, as power,cable; without it all that are possible");
    app.add_option("--detect-ms", o.detect_ms, "detection time")->check(CLI::Range(20, 60000))->capture_default_str();
    app.add_option("--writer-ms", o.writer_ms,
                   "detection time of the last node, which all faults are done to: a long one writes on while the "
                   "others have given it up");
    app.add_option("--longest", o.longest, "seconds of a fault that lasts at all")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    app.add_option("--report", o.report, "a directory, for cycles.csv and times.svg");
    app.add_flag("--quiet", o.quiet, "no line for each cycle");
    app.add_flag("--list", wanted.show, "show the faults");
}

std::vector<std::string> split(const std::string &text)
{
    std::vector<std::string> all;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');)
        all.push_back(word);
    return all;
}

// What gives the same once more, but for how many cycles from which on
std::string command_of(const Options &o, const std::string &kernel)
{
    std::string text =
        fmt::format("ccm_campaign --seed {} --nodes {} --kernel {} --transport {} --detect-ms {} --longest {:g}",
                    o.seed, o.nodes, kernel, transport_name(o.transport), o.detect_ms, o.longest);
    if (o.writer_ms)
        text += fmt::format(" --writer-ms {}", o.writer_ms);
    if (!o.kinds.empty())
        text += fmt::format(" --kinds {}", fmt::join(o.kinds, ","));
    return text;
}

void show(const Seen &seen, const Judged &judged)
{
    std::string text = fmt::format("{:>5} {:<11} node {}{}{}", seen.number, seen.kind, seen.target,
                                   seen.parameters.empty() ? "" : ", ", seen.parameters);
    for (const auto &[reason, count] : judged.reasons)
        text += fmt::format("; {} {}", count, reason);
    if (!judged.detect.empty())
        text += fmt::format(" after {:.0f} ms", *std::max_element(judged.detect.begin(), judged.detect.end()) * 1000);
    if (judged.ready)
        text += fmt::format("; READY again after {:.0f} ms", *judged.ready * 1000);
    std::puts(text.c_str());
}

void show_findings(const Judged &judged)
{
    for (const Finding &finding : judged.findings)
        std::printf("      %s: %s\n", column_name(finding.column), finding.text.c_str());
    for (const std::string &one : judged.excused)
        std::printf("      excused: %s\n", one.c_str());
    std::fflush(stdout);
}

// Whatever happens in between: there is a report.
void run_cycles(Servers &servers, const std::vector<const Fault *> &kinds, Report &report,
                std::set<std::string> &reported)
{
    const Options &o = servers.options();
    servers.boot();
    Delays delays(servers.cluster());
    if (const std::string why = servers.wait_back(60s); !why.empty())
        throw Error("not READY in the beginning: {}", why);
    for (int id : servers.ids())
        (void)servers.ear(id).take(); // how it has begun
    (void)delays.take();
    const TimePoint start = Clock::now();
    for (unsigned n = 0; n < o.cycles && (o.until == 0 || seconds(Clock::now() - start) < o.until); n++) {
        const Seen seen = run_cycle(servers, delays, kinds, o.first + n);
        const Judged judged = judge(seen);
        report.add(seen, judged);
        reported.insert(seen.log.begin(), seen.log.end());
        if (!o.quiet)
            show(seen, judged);
        show_findings(judged);
        if (!seen.not_back.empty()) {
            std::printf("%sThe consoles end:\n%s", servers.look_around().c_str(),
                        servers.cluster().console_tails().c_str());
            servers.start_over();
            if (const std::string why = servers.wait_back(60s); !why.empty())
                throw Error("not READY after all nodes were booted: {}", why);
        }
    }
}

int run(Wanted &wanted, const Settings &settings)
{
    Options &o = wanted.options;
    o.transport = wanted.transport == "siw" ? Rdma::siw : Rdma::rxe;
    o.kinds = split(wanted.kinds);
    if (!o.seed)
        o.seed = std::random_device{}() % 1'000'000 + 1;
    const bool failing = settings.kernel == "debug";
    Report report(command_of(o, settings.kernel), o.report);
    std::puts(command_of(o, settings.kernel).c_str());
    const TimePoint start = Clock::now();
    const std::vector<const Fault *> kinds = choose_faults(o.kinds, failing);
    Servers servers(o, settings);
    std::set<std::string> reported;
    try {
        run_cycles(servers, kinds, report, reported);
    } catch (const std::exception &error) {
        report.add(fmt::format("the campaign has ended: {}", error.what()));
    }
    // Logs are looked at once more, from their beginning.
    for (const std::string &one : servers.finish())
        if (!reported.contains(one))
            report.add(one);
    std::printf("\n%s", report.text(seconds(Clock::now() - start)).c_str());
    report.draw();
    return report.clean() ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    // As other tests on nodes (tests/cluster/host.cpp)
    (void)setpriority(PRIO_PROCESS, 0, -10);
    try {
        settings().take_arguments(argc, argv);
        Wanted wanted;
        CLI::App app{"Random faults on nodes of the lab. Takes the lab's options too: --kernel=plain|debug "
                     "--uml-modules=PATH --ccmadm=FILE --run-dir=DIR"};
        describe(app, wanted);
        CLI11_PARSE(app, argc, argv);
        if (wanted.show) {
            for (const Fault &kind : all_faults())
                std::printf("%-12s %s\n", kind.name, kind.what);
            return 0;
        }
        return run(wanted, settings().kernel == "debug" ? failing_settings() : test_settings());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
