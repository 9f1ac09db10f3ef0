// SPDX-License-Identifier: GPL-2.0-only
//
// Runs the KUnit suites of ccm_kunit.ko in one User-Mode Linux node, the debug kernel
// unless told otherwise, and shows each test. Fails when one failed, when none ran,
// when results are missing, or when the node's kernel complains.
#include <csignal>
#include <cstdio>
#include <exception>

#include "cluster.h"
#include "ktap.h"

using namespace ccm;
using namespace std::chrono_literals;

namespace {

constexpr const char *end_mark = "ccm-kunit: the suites are through";

// What the node's kernel log has between the start of the suites and their end.
std::vector<std::string> run_suites(lab::Node &node)
{
    std::size_t first = node.console().size();
    lab::Command insmod = node.start_command(std::string("insmod /modules/ccm_kunit.ko && rmmod ccm_kunit && echo '") +
                                             end_mark + "' >/dev/kmsg");
    lab::Result result;
    std::string why;
    try {
        result = insmod.wait(120s);
        if (result.ok())
            node.console().wait_for(end_mark, 20s, first);
        else
            why = result.output + result.errors;
    } catch (const lab::Error &e) {
        // A crashed kernel: what it still said is worth showing.
        why = e.what();
    }
    if (!why.empty())
        std::printf("FAIL the suites did not run to their end: %s\n", why.c_str());
    std::vector<std::string> lines;
    for (const lab::ConsoleLine &line : node.console().lines(first))
        if (!line.remark && line.text.find(end_mark) == std::string::npos)
            lines.push_back(line.text);
    if (!why.empty())
        lines.push_back("    # Subtest: what was running");
    return lines;
}

int run()
{
    lab::Cluster cluster("kunit");
    lab::Node &node = cluster.add({
        // autorun: newer kernels (7.3) run no suite by themselves otherwise
        .parameters = {"kunit.enable=1", "kunit.autorun=1", "loglevel=8"},
        .rdma = lab::Rdma::rxe, // ... and 192.0.2.1: the transport's suites connect to themselves
    });
    node.boot();
    KtapReport report = parse_ktap(run_suites(node));
    const lab::Verdict &verdict = cluster.finish();

    std::printf("%s", text_of(report).c_str());
    if (!verdict.ok())
        std::printf("FAIL the node's kernel complains:\n%s", verdict.text().c_str());
    bool passed = report.passed() && verdict.ok();
    std::printf("kunit: %s: %zu tests in %zu suites, %zu failed, %zu skipped\n", passed ? "OK" : "FAILED",
                report.tests(), report.suites.size(), report.failed(), report.skipped());
    if (!passed)
        std::printf("the node's console: %s\n", node.console().file().c_str());
    return passed ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    try {
        lab::settings().kernel = "debug";
        lab::settings().take_arguments(argc, argv);
        if (argc > 1) {
            std::fprintf(
                stderr,
                "%s: %s: unknown argument; there are --uml-modules=ccm_kunit.ko, --kernel=plain|debug[-VERSION], "
                "--uml-debug=DIR, --uml-plain=DIR, --run-dir=DIR, --verbose\n",
                argv[0], argv[1]);
            return 2;
        }
        return run();
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 1;
    }
}
