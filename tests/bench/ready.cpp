// SPDX-License-Identifier: GPL-2.0-only
//
// How long after the load of the second node, CCM and a client of it, the client has its
// ports, beside as many plain queue pairs that are connected at once on the same pair.
#include <cstdio>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

struct Opened {
    Samples session; // from before init_module() of rdma_ccm.ko to the partner READY
    Samples client;  // ... to the client's ready()
    Samples modules; // of it: both init_module(), and the key
    Samples plain;   // as many plain queue pairs
};

// Nobody looks at the nodes meanwhile, as in load.cpp.
void open_once(Node &first, Node &second, int ports, Opened *opened)
{
    std::string words = joined(parameters(2, {{1, first.ipv4()}}, "")) + " client_ports=64";
    json got = json::parse(second.must(
        fmt::format("ccm-bench-load /modules/rdma_ccm.ko {} -- /modules/ccm_bench_client.ko ports={}", words, ports),
        30s));
    wait_clients(second, 1);
    auto client = figures(bench_command(second, "ccm_bench_client", "ready"));
    double session = ready_ms(second, 1);
    second.must("rmmod ccm_bench_client && rmmod rdma_ccm");
    until_state(first, 2, "READY", false);
    auto plain =
        figures(bench_command(second, "ccm_bench", fmt::format("parallel {} {} {}", first.ipv4(), plain_port, ports)));
    if (!opened)
        return;
    double start = got["start_ns"].get<double>() / 1e6;
    opened->session.add(session - start);
    opened->modules.add(got["loaded_ns"].get<double>() / 1e6 - start);
    opened->client.add(client["last_ns"] / 1e6 - start);
    opened->plain.add(plain["ns"] / 1e6);
}

} // namespace

json measure_ready(const Options &options)
{
    Cluster cluster("bench-ready");
    Node &first = cluster.add();
    Node &second = cluster.add();
    cluster.boot();
    auto words = parameters(1, {{2, second.ipv4()}}, "");
    words.push_back("client_ports=64");
    load_module(first, words);
    first.must("insmod /modules/ccm_bench_client.ko");
    for (Node *node : {&first, &second})
        node->must("insmod /modules/ccm_bench.ko");
    bench_command(first, "ccm_bench", fmt::format("serve {}", plain_port));

    json result = json::array();
    std::vector<std::pair<double, double>> opened_by, plain_by;
    std::printf("%s", head("Load of the second node, CCM and client together, to READY, ms").c_str());
    for (int ports : {1, 8, 64}) {
        bench_command(first, "ccm_bench_client", fmt::format("client {} 0 0", ports));
        Opened opened;
        open_once(first, second, ports, nullptr); // both have the other's MAC address now
        for (int i = 0; i < options.opens; i++)
            open_once(first, second, ports, &opened);
        bench_command(first, "ccm_bench_client", "client off");

        opened_by.emplace_back(ports, opened.client.median());
        plain_by.emplace_back(ports, opened.plain.median());
        double ratio = opened.client.median() / opened.plain.median();
        double more = opened.client.median() - opened.session.median();
        std::printf(
            "%s", row(fmt::format("{} port{}: client's ready()", ports, ports > 1 ? "s" : ""), opened.client).c_str());
        std::printf("%s", row("  of it until the partner is READY", opened.session).c_str());
        std::printf("%s", row("  of it both init_module(), and the key between them", opened.modules).c_str());
        std::printf(
            "%s",
            row(fmt::format("  {} plain queue pair{} at once", ports, ports > 1 ? "s" : ""), opened.plain, 3).c_str());
        std::printf("  ratio of the medians: %.2f; behind the partner's READY: %.2f ms\n", ratio, more);
        std::fflush(stdout);
        result.push_back({{"ports", ports},
                          {"load_to_client_ready_ms", opened.client.json()},
                          {"load_to_partner_ready_ms", opened.session.json()},
                          {"init_modules_ms", opened.modules.json()},
                          {"plain_ms", opened.plain.json()},
                          {"ratio", ratio}});
    }
    std::printf("Each further port: %.3f ms; each further plain queue pair: %.3f ms\n", slope(opened_by),
                slope(plain_by));
    std::printf("Plain: address, route, CQ, QP, connect, for all at the same time; one PD, no memory.\n\n");
    std::fflush(stdout);
    second.must("rmmod ccm_bench");
    first.must("rmmod ccm_bench && rmmod ccm_bench_client");
    first.must("rmmod rdma_ccm");
    finish(cluster);
    return result;
}

} // namespace ccm::bench
