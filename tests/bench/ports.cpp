// SPDX-License-Identifier: GPL-2.0-only
//
// Operations on a client's port, beside the same work request posted straight on a plain
// queue pair between the same nodes, by the same code, batch by batch in turn.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

constexpr int memory_bytes = 511 * 4096; // BENCH_MEMORY_LEN of tests/modules/bench/bench.h
constexpr int most_pairs = 200;          // of one command

struct Batches {
    Samples port, plain; // ns of one operation
    Samples ratio;       // port by plain, pair by pair
};

// The same batch on either path, PAIRS times, with OPERATIONS in each.
void take(Node &node, const std::string &command, int operations, int pairs, Batches *batches)
{
    while (pairs > 0) {
        int now = std::min(pairs, most_pairs);
        std::istringstream lines(bench_command(node, "ccm_bench_client", fmt::format("{} {}", command, now), 120s));
        for (std::string line; std::getline(lines, line);) {
            auto ns = figures(line);
            if (!ns.count("port") || !ns.count("raw"))
                throw Error("{}: {}", command, line);
            batches->port.add(ns["port"] / operations);
            batches->plain.add(ns["raw"] / operations);
            batches->ratio.add(ns["port"] / ns["raw"]);
        }
        pairs -= now;
    }
}

std::string size_text(int bytes)
{
    if (bytes >= 1 << 20)
        return fmt::format("{} MiB", bytes >> 20);
    return bytes >= 1 << 10 ? fmt::format("{} KiB", bytes >> 10) : fmt::format("{} B", bytes);
}

json measure_row(Node &node, const Options &options, const std::string &what, int bytes, int depth)
{
    // How long does one take? Then short batches, so that many of them are disturbed by
    // nothing, and as many as the time allows.
    Batches pilot;
    take(node, fmt::format("measure {} {} {} {}", what, bytes, depth, 2 * depth), 2 * depth, 3, &pilot);
    double each = pilot.plain.median();
    int operations = std::clamp(static_cast<int>(2e6 / each), depth + depth / 2, 2000);
    int pairs = std::clamp(static_cast<int>(options.port_seconds * 1e9 / (2 * each * operations)), 40, 2000);
    Batches batches;
    take(node, fmt::format("measure {} {} {} {}", what, bytes, depth, operations), operations, pairs, &batches);

    auto [low, high] = batches.ratio.median_interval();
    double fastest = batches.port.quantile(0.1) / batches.plain.quantile(0.1);
    double port = batches.port.median(), plain = batches.plain.median();
    // Of a batch, the time per operation is the latency only when one is in flight.
    std::printf("  %-6s%-7s%9d%11.1f%11.1f%11.0f%11.0f%9.1f%9.1f%9.4f  %.4f-%.4f%9.4f%6zu\n", what.c_str(),
                size_text(bytes).c_str(), depth, port / 1e3, plain / 1e3, 1e9 / port, 1e9 / plain,
                bytes * 1e9 / port / (1 << 20), bytes * 1e9 / plain / (1 << 20), batches.ratio.median(), low, high,
                fastest, batches.ratio.count());
    std::fflush(stdout);
    return {{"operation", what},
            {"bytes", bytes},
            {"in_flight", depth},
            {"operations_per_batch", operations},
            {"pairs", batches.ratio.count()},
            {"port_ns_per_operation", port},
            {"plain_ns_per_operation", plain},
            {"port_operations_per_s", 1e9 / port},
            {"plain_operations_per_s", 1e9 / plain},
            {"port_bytes_per_s", bytes * 1e9 / port},
            {"plain_bytes_per_s", bytes * 1e9 / plain},
            {"ratio", batches.ratio.median()},
            {"ratio_95", {low, high}},
            {"ratio_of_fastest", fastest}};
}

json measure_posting(Node &node, const std::string &what)
{
    constexpr int bytes = 8, operations = 32, pairs = 1000;
    Batches batches;
    take(node, fmt::format("post {} {} {}", what, bytes, operations), operations, pairs, &batches);
    std::printf("  %-6s%-7s%20.0f%11.0f%11.0f\n", what.c_str(), size_text(bytes).c_str(), batches.port.median(),
                batches.plain.median(), batches.port.median() - batches.plain.median());
    return {{"operation", what},
            {"bytes", bytes},
            {"port_ns", batches.port.median()},
            {"plain_ns", batches.plain.median()},
            {"pairs", batches.ratio.count()}};
}

} // namespace

json measure_ports(const Options &options)
{
    Cluster cluster("bench-ports");
    // A lossless wire: 1 MiB is 1024 packets, and nothing but the receiver's queue holds
    // soft-RoCE back when it answers a READ.
    Node &first = cluster.add({.wire_kib = 64 << 10});
    Node &second = cluster.add({.wire_kib = 64 << 10});
    cluster.boot();
    load_module(first, parameters(1, {{2, second.ipv4()}}, ""));
    load_module(second, parameters(2, {{1, first.ipv4()}}, ""));
    first.must("insmod /modules/ccm_bench.ko");
    bench_command(first, "ccm_bench", fmt::format("serve {}", plain_port));
    for (Node *node : {&first, &second})
        node->must(fmt::format("insmod /modules/ccm_bench_client.ko ports=1 ask={0} give={0}", memory_bytes));
    for (Node *node : {&first, &second})
        wait_clients(*node, 1);
    bench_command(second, "ccm_bench_client", fmt::format("raw {} {}", first.ipv4(), plain_port));

    std::printf("A client's port beside a plain queue pair, same nodes, batches in turn, medians\n"
                "  %-13s%9s%11s%11s%11s%11s%9s%9s%9s  %-13s%9s%6s\n"
                "  %-13s%9s%11s%11s%11s%11s%9s%9s%9s  %-13s%9s%6s\n",
                "", "", "port", "plain", "port", "plain", "port", "plain", "ratio", "95 %", "of the", "", "operation",
                "in flight", "us/op", "us/op", "op/s", "op/s", "MiB/s", "MiB/s", "of time", "interval", "fastest",
                "pairs");
    json result;
    double worst = 0;
    for (const char *what : {"read", "write"})
        for (int bytes : {8, 4 << 10, 1 << 20})
            for (int depth : {1, 8, 32}) {
                json row = measure_row(second, options, what, bytes, depth);
                worst = std::max(worst, row["ratio"].get<double>());
                result["operations"].push_back(row);
            }
    std::printf("With one in flight, us/op is the latency. Ratio of time: median of the paired ratios, port by plain\n"
                "(the largest: %.4f), and the interval that holds it with 95 %%. Of the fastest: of the batches that\n"
                "nine in ten are slower than, which other programs on this machine disturb least.\n\n",
                worst);
    std::printf("Only the call that starts an operation (no packet is handled meanwhile), ns\n"
                "  %-13s%20s%11s%11s\n",
                "", "port", "plain", "more");
    for (const char *what : {"read", "write"})
        result["posting"].push_back(measure_posting(second, what));
    std::printf("\n");
    std::fflush(stdout);
    result["largest_ratio"] = worst;

    bench_command(second, "ccm_bench_client", "raw off");
    for (Node *node : {&second, &first})
        node->must("rmmod ccm_bench_client");
    first.must("rmmod ccm_bench");
    for (Node *node : {&second, &first})
        node->must("rmmod rdma_ccm");
    finish(cluster);
    return result;
}

} // namespace ccm::bench
