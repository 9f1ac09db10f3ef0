// SPDX-License-Identifier: GPL-2.0-only
//
// From a kernel's panic to the partner's DOWN event, and how often it is told as one.
#include <cstdio>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

json measure_panic(const Options &options)
{
    Cluster cluster("bench-panic");
    Node &first = cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(1, {{2, "192.0.2.2"}}, "rdma_ccm.")});
    Node &second = cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(2, {{1, "192.0.2.1"}}, "rdma_ccm.")});
    cluster.boot();
    Watch watch = cluster.watch(first);
    const double clock_first = clock_offset(first);

    Samples record;
    int told = 0;
    for (int i = 0; i < options.panics; i++) {
        watch.wait_for({{"type", "partner"}, {"state", "ready"}}, 20s);
        first.until("grep -qx 'last_word prepared' /sys/kernel/debug/ccm/partner-2", 20s);
        second.until("grep -qx 'last_word prepared' /sys/kernel/debug/ccm/partner-1", 20s);
        const double clock_second = clock_offset(second);
        const json said = json::parse(second.panic_at("ccm-bench-load --panic"));
        const double panicked = said["start_ns"].get<double>() / 1e6 + clock_second;
        // One before it was this machine's, too busy for its partner.
        Event down = watch.wait_for(
            [&](const json &e) {
                return e.value("type", "") == "partner" && e.value("state", "") == "down" &&
                       e["time_ns"].get<double>() / 1e6 + clock_first > panicked;
            },
            20s, "DOWN after the panic");
        record.add(down.json["time_ns"].get<double>() / 1e6 + clock_first - panicked);
        told += down.json["reason"] == "panicked";
        second.boot();
    }
    finish(cluster);

    std::printf("%s", head("panic of node 2 to DOWN on node 1, ms").c_str());
    std::printf("%s", row("to the event record (its time_ns)", record).c_str());
    std::printf("  told as panicked: %d of %d\n\n", told, options.panics);
    std::fflush(stdout);
    return {{"panic_to_record_ms", record.json()}, {"told", told}, {"panics", options.panics}};
}

} // namespace ccm::bench
