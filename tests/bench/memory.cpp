// SPDX-License-Identifier: GPL-2.0-only
//
// What the loaded module holds, and what a partner and a session add.
#include <cstdio>
#include <map>
#include <sstream>
#include <thread>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

// KiB that CCM's memory shows in. `used` is what is neither free, nor on a CPU's own
// list of free pages, nor page cache: it covers everything, the others are parts of it
// (but for vmalloc, which is address space).
struct Memory {
    double used = 0, slab = 0, stacks = 0, vmalloc = 0, percpu = 0;
};

std::map<std::string, double> meminfo(Node &node)
{
    std::istringstream lines(node.must("cat /proc/meminfo"));
    std::map<std::string, double> fields;
    for (std::string line; std::getline(lines, line);) {
        std::size_t colon = line.find(':');
        if (colon != std::string::npos)
            fields[line.substr(0, colon)] = std::stod(line.substr(colon + 1));
    }
    return fields;
}

// Free pages that wait on the CPUs' own lists; MemFree leaves them out.
double listed_kib(Node &node)
{
    std::istringstream lines(node.must("cat /proc/zoneinfo"));
    double pages = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        double value = 0;
        if (words >> name >> value && name == "count:")
            pages += value;
    }
    return pages * 4;
}

// The quietest of several looks: an attempt to connect, a command's own memory and
// what RCU has not freed yet come on top for a moment.
Memory settled(Node &node)
{
    Memory least;
    for (int i = 0; i < 8; i++) {
        node.must("echo 3 >/proc/sys/vm/drop_caches; sleep 0.2");
        double listed = listed_kib(node);
        auto f = meminfo(node);
        Memory m{f["MemTotal"] - f["MemFree"] - f["Cached"] - listed, f["Slab"], f["KernelStack"], f["VmallocUsed"],
                 f["Percpu"]};
        if (i == 0)
            least = m;
        least.used = std::min(least.used, m.used);
        least.slab = std::min(least.slab, m.slab);
        least.stacks = std::min(least.stacks, m.stacks);
        least.vmalloc = std::min(least.vmalloc, m.vmalloc);
        least.percpu = std::min(least.percpu, m.percpu);
    }
    return least;
}

json json_of(const Memory &m)
{
    return {{"used_kib", m.used},
            {"slab_kib", m.slab},
            {"stacks_kib", m.stacks},
            {"vmalloc_kib", m.vmalloc},
            {"percpu_kib", m.percpu}};
}

using Series = std::vector<std::pair<double, Memory>>;

Memory slopes(const Series &series)
{
    auto one = [&](double Memory::*field) {
        std::vector<std::pair<double, double>> points;
        points.reserve(series.size());
        for (auto &[x, m] : series)
            points.emplace_back(x, m.*field);
        return slope(points);
    };
    return {one(&Memory::used), one(&Memory::slab), one(&Memory::stacks), one(&Memory::vmalloc), one(&Memory::percpu)};
}

void print(const std::string &what, const Memory &m)
{
    std::printf("  %-52s%10.1f%10.1f%10.1f%10.1f%10.1f\n", what.c_str(), m.used, m.slab, m.stacks, m.vmalloc, m.percpu);
}

Memory minus(const Memory &a, const Memory &b)
{
    return {a.used - b.used, a.slab - b.slab, a.stacks - b.stacks, a.vmalloc - b.vmalloc, a.percpu - b.percpu};
}

// Partners that can never be reached: no route leads there, so nothing but the
// partner itself takes memory.
std::vector<std::pair<int, std::string>> unreachable_partners(int count)
{
    std::vector<std::pair<int, std::string>> partners;
    partners.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; i++)
        partners.emplace_back(2 + i, fmt::format("198.51.100.{}", 2 + i));
    return partners;
}

void load(Node &node, const std::vector<std::pair<int, std::string>> &partners)
{
    load_module(node, parameters(node.id(), partners, ""));
}

json measure_partners(Node &node, json &result)
{
    // Loaded once before: what the kernel keeps of a first load is not CCM's.
    load(node, unreachable_partners(32));
    node.must("rmmod rdma_ccm");
    Memory without = settled(node);
    Series series;
    for (int count : {0, 1, 16, 32}) {
        load(node, unreachable_partners(count));
        series.emplace_back(count, minus(settled(node), without));
        if (!result.contains("module_bytes"))
            result["module_bytes"] = std::stoll(node.must("cat /sys/module/rdma_ccm/coresize"));
        node.must("rmmod rdma_ccm");
    }
    Memory after = minus(settled(node), without);

    for (auto &[count, m] : series) {
        print(fmt::format("loaded with {} partners", static_cast<int>(count)), m);
        result["loaded"].push_back({{"partners", count}, {"memory", json_of(m)}});
    }
    Memory each = slopes(series);
    print("each partner", each);
    print("after rmmod", after);
    result["after_rmmod"] = json_of(after);
    return json_of(each);
}

json measure_sessions(Cluster &cluster, Node &node, int count, json &result)
{
    std::vector<std::pair<int, std::string>> partners;
    partners.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; i++)
        partners.emplace_back(2 + i, fmt::format("192.0.2.{}", 2 + i));
    load(node, partners);
    Watch watch = cluster.watch(node);
    Series series;
    for (int sessions = 0; sessions <= count; sessions++) {
        if (sessions) {
            load(cluster.node(1 + sessions), {{1, node.ipv4()}});
            watch.wait_for({{"type", "partner"}, {"node", 1 + sessions}, {"state", "ready"}}, 30s);
        }
        series.emplace_back(sessions, settled(node));
    }
    for (auto &[sessions, m] : series)
        result["sessions"].push_back({{"sessions", sessions}, {"memory", json_of(minus(m, series.front().second))}});
    Memory each = slopes(series);
    print(fmt::format("each session READY (of {})", count), each);
    watch.end();
    for (int sessions = 0; sessions <= count; sessions++)
        cluster.node(1 + sessions).must("rmmod rdma_ccm");
    return json_of(each);
}

// What is set up with a pair of commands, one for either node's clients, at several sizes.
struct Growth {
    std::string what, unit;  // printed: "8 clients", "each client"
    std::string here, there; // commands, with {} for the size
    int clients;             // that become READY; 0: as many as the size
    std::vector<int> sizes;
    double per = 1; // a row of the result is for so many
};

json measure_growth(Node &node, Node &other, const Growth &growth, json &result)
{
    Series series;
    for (int size : growth.sizes) {
        if (size) {
            for (auto &[n, command] : {std::pair{&node, growth.here}, std::pair{&other, growth.there}})
                if (!command.empty())
                    bench_command(*n, "ccm_bench_client", fmt::format(fmt::runtime(command), size));
            if (!growth.there.empty())
                wait_clients(node, growth.clients ? growth.clients : size);
        }
        series.emplace_back(size / growth.per, settled(node));
        for (Node *n : {&node, &other})
            bench_command(*n, "ccm_bench_client", "client off");
    }
    Memory first = series.front().second;
    for (auto &[size, m] : series) {
        m = minus(m, first);
        result[growth.unit].push_back({{"size", size}, {"memory", json_of(m)}});
    }
    Memory each = slopes(series);
    print(fmt::format("each {} ({})", growth.unit, growth.what), each);
    return json_of(each);
}

json measure_clients(Cluster &cluster, Node &node)
{
    Node &other = cluster.node(2);
    for (auto [n, partner] : {std::pair{&node, &other}, std::pair{&other, &node}}) {
        auto words = parameters(n->id(), {{partner->id(), partner->ipv4()}}, "");
        words.push_back("client_ports=64");
        load_module(*n, words);
        n->must("insmod /modules/ccm_bench_client.ko");
    }
    // As much of everything as will be: what the kernel keeps of that is not CCM's.
    struct {
        const char *here, *there;
        int clients;
    } all[] = {{"client 64 0 0", "client 64 0 0", 1},
               {"client 4 0 0 16", "client 4 0 0 16", 16},
               {"client 1 0 33554432", "client 1 33554432 0", 1}};
    for (auto &commands : all) {
        bench_command(node, "ccm_bench_client", commands.here);
        bench_command(other, "ccm_bench_client", commands.there);
        wait_clients(node, commands.clients);
        for (Node *n : {&node, &other})
            bench_command(*n, "ccm_bench_client", "client off");
    }
    Memory before = settled(node);

    json result;
    result["per_waiting_client"] = measure_growth(
        node, other, {"of 64, without counterpart", "client", "client 1 0 0 {}", "", 0, {0, 16, 32, 64}}, result);
    result["per_ready_client"] = measure_growth(
        node, other, {"of 16, READY", "client with one port", "client 1 0 0 {}", "client 1 0 0 {}", 0, {0, 4, 8, 16}},
        result);
    result["per_port"] = measure_growth(
        node, other, {"of 64 of one client", "port", "client {} 0 0", "client {} 0 0", 1, {1, 16, 32, 64}}, result);
    result["per_region_mib"] = measure_growth(node, other,
                                              {"of 32 in one region",
                                               "MiB given",
                                               "client 1 0 {}",
                                               "client 1 {} 0",
                                               1,
                                               {1 << 20, 8 << 20, 16 << 20, 32 << 20},
                                               1 << 20},
                                              result);
    Memory after = minus(settled(node), before);
    print("after all clients have left", after);
    result["after"] = json_of(after);
    for (Node *n : {&node, &other})
        n->must("rmmod ccm_bench_client && rmmod rdma_ccm");
    return result;
}

} // namespace

json measure_memory(const Options &options)
{
    json result;
    Cluster cluster("bench-memory");
    Node &node = cluster.add();
    for (int i = 0; i < options.sessions; i++)
        cluster.add({.memory_mb = 96});
    cluster.boot();

    std::printf("%-54s%10s%10s%10s%10s%10s\n", "Memory on one node, KiB", "all", "slab", "stacks", "vmalloc",
                "per-cpu");
    result["per_partner"] = measure_partners(node, result);
    result["per_session"] = measure_sessions(cluster, node, options.sessions, result);
    result["clients"] = measure_clients(cluster, node);

    node.must("insmod /modules/ccm_bench.ko");
    for (auto &[name, bytes] : figures(bench_command(node, "ccm_bench", "sizes")))
        result["sizes"][name] = static_cast<long long>(bytes);
    node.must("rmmod ccm_bench");
    finish(cluster);

    const json &s = result["sizes"];
    std::printf("Objects, bytes (before rounding by the allocator)\n");
    std::printf("  %-52s%10lld\n", "the module: code and data (coresize)", result["module_bytes"].get<long long>());
    std::printf("  %-52s%10lld\n", "the node, and its status page",
                s["node"].get<long long>() + s["status_page"].get<long long>());
    std::printf("  %-52s%10lld\n", "each RDMA device", s["device"].get<long long>());
    std::printf("  %-52s%10lld\n", "each partner, beside its work queue and its thread", s["partner"].get<long long>());
    std::printf("  %-52s%10lld\n", "each connection, beside the device's QP, CQ and MRs", s["conn"].get<long long>());
    std::printf("  %-52s%10lld\n", "  and its pages", s["session_pages"].get<long long>());
    std::printf("  %-52s%10lld\n", "each client", s["client"].get<long long>());
    std::printf("  %-52s%10lld\n", "  and as to each partner", s["peer"].get<long long>());
    std::printf("  %-52s%10lld\n", "each link: a client READY as to a partner", s["link"].get<long long>());
    std::printf("  %-52s%10lld\n", "each port, beside the device's QP and CQ", s["port"].get<long long>());
    std::printf("  %-52s%10lld\n", "  and its page", s["port_pages"].get<long long>());
    std::printf("A partner's stack is that of its work queue's rescuer thread; a session's vmalloc and most of what\n"
                "else it takes are the RDMA device's queues (soft-RoCE keeps them in memory).\n\n");
    std::fflush(stdout);
    return result;
}

} // namespace ccm::bench
