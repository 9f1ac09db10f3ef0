// SPDX-License-Identifier: GPL-2.0-only
//
// How long after the load of the second node both are READY, beside a plain RDMA CM
// connection with one READ on the same pair.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

struct Load {
    Samples ready;   // from before init_module() to READY on the loading node
    Samples kernel;  // of it: the kernel's own loading, until the module's first line
    Samples own;     // of it: from the module's first line to READY
    Samples init;    // from the module's first line to the return of init_module()
    Samples waiting; // from before init_module() to READY on the waiting node
};

struct Plain {
    Samples address, route, qp, connect, keys, read, total;
};

// The kernel's tracepoint just before it calls the module's init function.
void trace_module_load(Node &node)
{
    node.must("cd /sys/kernel/tracing && echo mono >trace_clock && echo 1 >events/module/module_load/enable");
}

double module_load_ms(Node &node)
{
    std::string line = node.must("cd /sys/kernel/tracing && grep 'module_load: rdma_ccm ' trace && echo >trace");
    std::size_t colon = line.find(": module_load");
    return std::stod(line.substr(line.rfind(' ', colon))) * 1e3;
}

// Nobody looks at the nodes meanwhile: both say afterwards when they were READY.
void load_once(Node &first, Node &second, Load &load)
{
    double clock_first = clock_offset(first);
    double clock_second = clock_offset(second);
    std::string words = joined(parameters(2, {{1, first.ipv4()}}, ""));
    json got = json::parse(second.must("ccm-bench-load /modules/rdma_ccm.ko " + words, 30s));
    until_state(second, 1, "READY", true);
    until_state(first, 2, "READY", true);

    double start = got["start_ns"].get<double>() / 1e6;
    double init = module_load_ms(second);
    double ready = ready_ms(second, 1);
    load.ready.add(ready - start);
    load.kernel.add(init - start);
    load.own.add(ready - init);
    load.init.add(got["loaded_ns"].get<double>() / 1e6 - init);
    load.waiting.add(ready_ms(first, 2) + clock_first - start - clock_second);
}

void plain_once(Node &first, Node &second, Plain *plain)
{
    std::string said = bench_command(second, "ccm_bench", fmt::format("connect {} {}", first.ipv4(), plain_port));
    auto us = figures(said);
    if (!us.count("total"))
        throw Error("the plain connection: {}", said);
    if (!plain)
        return;
    plain->address.add(us["address"] / 1000);
    plain->route.add(us["route"] / 1000);
    plain->qp.add(us["qp"] / 1000);
    plain->connect.add(us["connect"] / 1000);
    plain->keys.add(us["keys"] / 1000);
    plain->read.add(us["read"] / 1000);
    plain->total.add(us["total"] / 1000);
}

} // namespace

json measure_load(const Options &options)
{
    Cluster cluster("bench-load");
    Node &first = cluster.add({.load = {"rdma_ccm"}, .parameters = parameters(1, {{2, "192.0.2.2"}}, "rdma_ccm.")});
    Node &second = cluster.add();
    cluster.boot();
    for (Node *node : {&first, &second})
        node->must("insmod /modules/ccm_bench.ko");
    bench_command(first, "ccm_bench", fmt::format("serve {}", plain_port));
    plain_once(first, second, nullptr); // both have the other's MAC address now

    trace_module_load(second);
    std::printf("load: node 1 waits alone for %.0f s\n", options.wait);
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::duration<double>(options.wait));

    Load load;
    Plain plain;
    for (int i = 0; i < options.loads; i++) {
        load_once(first, second, load);
        second.must("rmmod rdma_ccm");
        until_state(first, 2, "READY", false);
        plain_once(first, second, &plain);
        // Loads meet every phase of node 1's retry interval, which is at most 2 s.
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + i * 137 % 2000));
    }
    second.must("rmmod ccm_bench");
    first.must("rmmod ccm_bench");
    finish(cluster);

    double ratio = load.ready.median() / plain.total.median();
    double own_ratio = load.own.median() / plain.total.median();
    std::printf("\n%s", head("Load of the second node to READY, ms").c_str());
    std::printf("%s", row("just before init_module() to READY, same node", load.ready).c_str());
    std::printf("%s", row("  the kernel loads the file, before CCM's first line", load.kernel).c_str());
    std::printf("%s", row("  from CCM's first line to READY", load.own).c_str());
    std::printf("%s", row("from CCM's first line to init_module()'s return", load.init).c_str());
    std::printf("%s", row("just before init_module() to READY on the other node*", load.waiting).c_str());
    std::printf("%s", head("Plain rdma_cm connection and one READ of 64 bytes, ms").c_str());
    std::printf("%s", row("all, by the connecting side, same pair, interleaved", plain.total).c_str());
    std::printf("%s", row("  resolve address", plain.address, 3).c_str());
    std::printf("%s", row("  resolve route", plain.route, 3).c_str());
    std::printf("%s", row("  PD, CQ, QP", plain.qp, 3).c_str());
    std::printf("%s", row("  connect to established", plain.connect, 3).c_str());
    std::printf("%s", row("  registration there, and its SEND", plain.keys, 3).c_str());
    std::printf("%s", row("  READ", plain.read, 3).c_str());
    std::printf("Ratio of the medians, load to READY by plain: %.2f; from CCM's first line: %.2f\n", ratio, own_ratio);
    std::printf("* The nodes' clocks are the host's with other origins; compared over the nodes' lines to the lab,\n"
                "  good to about 0.1 ms.\n\n");
    std::fflush(stdout);
    return {{"load_to_ready_ms", load.ready.json()},
            {"kernel_loads_ms", load.kernel.json()},
            {"first_line_to_ready_ms", load.own.json()},
            {"first_line_to_return_ms", load.init.json()},
            {"load_to_ready_other_node_ms", load.waiting.json()},
            {"plain_total_ms", plain.total.json()},
            {"plain_address_ms", plain.address.json()},
            {"plain_route_ms", plain.route.json()},
            {"plain_qp_ms", plain.qp.json()},
            {"plain_connect_ms", plain.connect.json()},
            {"plain_keys_ms", plain.keys.json()},
            {"plain_read_ms", plain.read.json()},
            {"waited_s", options.wait},
            {"ratio", ratio},
            {"own_ratio", own_ratio}};
}

} // namespace ccm::bench
