// SPDX-License-Identifier: GPL-2.0-only
//
// From kill -9 of a daemon that holds the stage "running" to the event on the partner.
#include <cstdio>
#include <thread>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

json measure_daemon(const Options &options)
{
    Cluster cluster("bench-daemon");
    Node &first = cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(1, {{2, "192.0.2.2"}}, "rdma_ccm.")});
    Node &second = cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(2, {{1, "192.0.2.1"}}, "rdma_ccm.")});
    cluster.boot();
    Watch watch = cluster.watch(first);
    watch.wait_for({{"type", "partner"}, {"state", "ready"}}, 20s);
    const double clock_first = clock_offset(first), clock_second = clock_offset(second);
    second.must("ccmadm stage storage");

    Samples record;
    for (int i = 0; i < options.daemons; i++) {
        Command daemon =
            second.start_command("exec ccmadm hold running -- sh -c 'echo $$ >/run/daemon; exec sleep 100'");
        watch.wait_for({{"type", "partner"}, {"stage", "running"}}, 20s);
        second.until("[ \"$(cat /proc/$(cat /run/daemon)/comm)\" = sleep ]", 20s);
        // Kills meet every phase of the heartbeat.
        std::this_thread::sleep_for(std::chrono::milliseconds(50 + i * 37 % 250));
        json killed = json::parse(second.must("ccm-bench-load --kill $(cat /run/daemon)"));
        Event fell = watch.wait_for({{"type", "partner"}, {"stage", "storage"}}, 20s);
        record.add(fell.json["time_ns"].get<double>() / 1e6 + clock_first -
                   (killed["start_ns"].get<double>() / 1e6 + clock_second));
        daemon.wait(20s);
        second.must("rm /run/daemon");
    }
    finish(cluster);

    std::printf("%s", head("kill -9 of a daemon that holds \"running\", ms").c_str());
    std::printf("%s\n", row("to the event record on the partner (its time_ns)", record).c_str());
    std::fflush(stdout);
    return {{"kill_to_record_ms", record.json()}};
}

} // namespace ccm::bench
