// SPDX-License-Identifier: GPL-2.0-only
//
// How long after its request a partner is READY on the node that has waited: one that was never
// there before, and the same again after it has lost power, when that was noticed and when not.
#include <cstdio>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

struct Found {
    Samples first;  // to READY, of a partner that was never heard of
    Samples again;  // ... that was rebooted
    int living = 0; // of these: still shown as READY when it asked
};

// Nobody looks at the nodes meanwhile, as in load.cpp.
double request_to_ready(Node &waits, Node &loads, int detect_ms)
{
    trace_again(waits);
    loads.must("ccm-bench-load /modules/rdma_ccm.ko " +
                   joined(parameters(loads.id(), {{waits.id(), waits.ipv4()}}, "", detect_ms)),
               30s);
    until_state(loads, waits.id(), "READY", true);
    until_state(waits, loads.id(), "READY", true);
    return ready_ms(waits, loads.id()) - traced_ms(waits, "event=REQUEST");
}

void lose_power(Node &node)
{
    node.kill();
    node.boot();
}

json measure_reboots(const Options &options, int detect_ms)
{
    Cluster cluster(fmt::format("bench-reboot-{}", detect_ms));
    Node &survives = cluster.add(), &reboots = cluster.add();
    cluster.boot();
    Found found;
    for (int i = 0; i < options.reboots; i++) {
        load_module(survives, parameters(1, {{2, reboots.ipv4()}}, "", detect_ms));
        trace_events(survives, {"ccm_step", "ccm_state"});
        found.first.add(request_to_ready(survives, reboots, detect_ms));
        lose_power(reboots);
        found.again.add(request_to_ready(survives, reboots, detect_ms));
        found.living += survives.run("grep -q 'state=READY event=REQUEST' /sys/kernel/tracing/trace").ok();
        survives.must("rmmod rdma_ccm");
        lose_power(reboots); // the next "first" is one behind a boot, too
    }
    finish(cluster);

    const Ratio ratio = ratio_of_medians(found.again, found.first);
    std::printf("%s", head(fmt::format("Its request to READY on the other node, detect_ms={}, ms", detect_ms)).c_str());
    std::printf("%s", row("a partner that was not there before", found.first, 3).c_str());
    std::printf("%s", row("the same, after power loss and boot", found.again, 3).c_str());
    std::printf("  still shown as READY when it asked: %d of %d; ratio of the medians: %s\n\n", found.living,
                options.reboots, ratio.text().c_str());
    std::fflush(stdout);
    return {{"detect_ms", detect_ms},
            {"first_ms", found.first.json()},
            {"again_ms", found.again.json()},
            {"still_ready", found.living},
            {"ratio", ratio.json()}};
}

} // namespace

json measure_reboot(const Options &options)
{
    json all = json::array();
    for (int detect_ms : {250, 20000})
        all.push_back(measure_reboots(options, detect_ms));
    return all;
}

} // namespace ccm::bench
