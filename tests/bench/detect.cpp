// SPDX-License-Identifier: GPL-2.0-only
//
// From power loss (SIGKILL of the node) to the partner's DOWN event.
#include <cstdio>
#include <thread>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

// The partner's state as of the last event.
std::string state_of(const Watch &watch)
{
    std::string state;
    for (const Event &event : watch.events())
        if (event.json.value("type", "") == "partner")
            state = event.json.value("state", "");
    return state;
}

json measure_one(const Options &options, int detect_ms)
{
    Cluster cluster(fmt::format("bench-detect-{}", detect_ms));
    Node &first =
        cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(1, {{2, "192.0.2.2"}}, "rdma_ccm.", detect_ms)});
    Node &second =
        cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(2, {{1, "192.0.2.1"}}, "rdma_ccm.", detect_ms)});
    cluster.boot();
    Watch watch = cluster.watch(first);
    double clock_first = clock_offset(first);

    Samples record, seen, silent;
    int others = 0;
    for (int i = 0; i < options.kills; i++) {
        watch.wait_for({{"type", "partner"}, {"state", "ready"}}, 20s);
        // The boot is over, and kills meet every phase of the heartbeat.
        std::this_thread::sleep_for(std::chrono::milliseconds(300 + i * 37 % detect_ms));
        std::size_t before = watch.events().size();
        if (state_of(watch) != "ready") {
            others++; // a DOWN without a kill: this machine was too busy
            i--;
            if (others > options.kills)
                throw Error("detect_ms {}: the partner does not stay READY", detect_ms);
            continue;
        }
        double killed = host_ms(second.kill());
        Event down = watch.wait_for(
            [&](const json &e) {
                return e.value("type", "") == "partner" && e.value("state", "") == "down" &&
                       e["time_ns"].get<double>() / 1e6 + clock_first > killed;
            },
            20s, "DOWN after the kill");
        for (std::size_t k = before; k < watch.events().size(); k++)
            if (watch.events()[k].json.value("state", "") == "down" && watch.events()[k].at < down.at)
                others++;
        if (down.json["reason"] != "unreachable")
            throw Error("detect_ms {}: the reason after a kill is {}", detect_ms, down.json["reason"].dump());
        record.add(down.json["time_ns"].get<double>() / 1e6 + clock_first - killed);
        seen.add(host_ms(down.at) - killed);
        silent.add(down.json["silent_us"].get<double>() / 1000);
        second.boot();
    }
    finish(cluster);

    std::printf("%s", head(fmt::format("SIGKILL of node 2 to DOWN on node 1, detect_ms={}, ms", detect_ms)).c_str());
    std::printf("%s", row("to the event record (its time_ns)*", record).c_str());
    std::printf("%s", row("to the event in the lab, through ccmadm watch", seen).c_str());
    std::printf("%s", row("silent_us of the record: since the last heartbeat", silent).c_str());
    if (others)
        std::printf("  DOWN without a kill: %d\n", others);
    std::fflush(stdout);
    return {{"detect_ms", detect_ms},
            {"kill_to_record_ms", record.json()},
            {"kill_to_lab_ms", seen.json()},
            {"silent_ms", silent.json()},
            {"down_without_kill", others}};
}

} // namespace

json measure_detection(const Options &options)
{
    json all = json::array();
    for (int detect_ms : options.detect_ms)
        all.push_back(measure_one(options, detect_ms));
    std::printf("* The kill is timed by the host's clock. A node's clock is the same with another origin; the\n"
                "  difference is taken from lines that pass from node to lab, and is too large by the fastest\n"
                "  passage (tens of microseconds).\n\n");
    std::fflush(stdout);
    return all;
}

} // namespace ccm::bench
