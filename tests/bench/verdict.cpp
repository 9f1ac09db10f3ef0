// SPDX-License-Identifier: GPL-2.0-only
//
// From the verdict that a partner is gone to its clients hearing DOWN, with small and with
// large regions; and the same where the cable is pulled on this side: the kernel has forgotten
// the neighbour then, and soft-RoCE's queue pairs are not freed for seconds.
#include <cstdio>
#include <sstream>
#include <thread>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

constexpr unsigned long long mib = 1024 * 1024;
const char *const tracing = "cd /sys/kernel/tracing || exit 1; ";

// Of the last verdict, ms of the node's CLOCK_MONOTONIC
double verdict_ms(Node &node)
{
    std::string seconds =
        node.must(std::string(tracing) + "sed -n 's/.* \\([0-9]*\\.[0-9]*\\): ccm_verdict:.*/\\1/p' trace | tail -n 1");
    if (seconds.empty())
        throw Error("no verdict was traced");
    return std::stod(seconds) * 1000;
}

double down_ms(Node &node)
{
    return figures(bench_command(node, "ccm_bench_client", "ready"))["down_ns"] / 1e6;
}

json measure_region(const Options &options, unsigned long long region)
{
    const std::vector<std::string> limits{fmt::format("rdma_ccm.client_memory={}", 511 * mib),
                                          fmt::format("rdma_ccm.node_memory={}", 600 * mib)};
    Cluster cluster(fmt::format("bench-verdict-{}", region / 4096));
    for (int id : {1, 2}) {
        const int other = 3 - id;
        auto words = parameters(id, {{other, fmt::format("192.0.2.{}", other)}}, "rdma_ccm.");
        words.insert(words.end(), limits.begin(), limits.end());
        cluster.add({.load = {"rdma_ccm"}, .parameters = words, .memory_mb = 1024});
    }
    cluster.boot();
    Node &first = cluster.node(1), &second = cluster.node(2);
    const std::string clients =
        fmt::format("insmod /modules/ccm_bench_client.ko ports=1 ask={0} give={0} count=1", region);
    first.must(std::string(tracing) + "echo mono >trace_clock && echo 1 >events/ccm/ccm_verdict/enable");
    for (Node *node : {&first, &second})
        node->must(clients);

    const double clock_first = clock_offset(first);
    Samples told, pulled, freed, left;
    for (int i = 0; i < options.verdicts; i++) {
        wait_clients(first, 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + i * 37 % 250));
        second.kill();
        wait_clients(first, 0);
        told.add(down_ms(first) - verdict_ms(first));
        second.boot();
        second.must(clients);
    }
    for (int i = 0; i < options.verdicts; i++) {
        wait_clients(first, 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + i * 37 % 250));
        const double cut = host_ms(Clock::now());
        first.cable().cut();
        first.must("ip neigh flush all");
        wait_clients(first, 0);
        pulled.add(down_ms(first) + clock_first - cut);
        if (i + 1 == options.verdicts) {
            std::istringstream seconds(first.must("now() { cut -d ' ' -f 1 /proc/uptime; }; now; "
                                                  "rmmod ccm_bench_client && now && rmmod rdma_ccm && now",
                                                  60s));
            double before = 0, client = 0, after = 0;
            seconds >> before >> client >> after;
            left.add((after - client) * 1000);
            freed.add((client - before) * 1000);
        }
        first.cable().restore();
    }
    second.must("rmmod ccm_bench_client");
    finish(cluster);

    std::printf("%s",
                head(fmt::format("Clients hear DOWN, regions of {} KiB, detect_ms=250, ms", region / 1024)).c_str());
    std::printf("%s", row("behind the verdict; node 2 was killed", told).c_str());
    std::printf("%s", row("behind the cut of its own cable, neighbours flushed", pulled).c_str());
    std::printf("%s", row("rmmod of the client then, with its regions", freed).c_str());
    std::printf("%s\n", row("rmmod of rdma_ccm then", left).c_str());
    std::fflush(stdout);
    return {{"region", region},
            {"verdict_to_down_ms", told.json()},
            {"cut_to_down_ms", pulled.json()},
            {"rmmod_client_ms", freed.json()},
            {"rmmod_ms", left.json()}};
}

} // namespace

json measure_verdict(const Options &options)
{
    json all = json::array();
    for (unsigned long long region : {4096ULL, 511 * mib})
        all.push_back(measure_region(options, region));
    return all;
}

} // namespace ccm::bench
