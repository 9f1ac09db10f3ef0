// SPDX-License-Identifier: GPL-2.0-only
//
// What a key costs: a node is loaded with one and without, in turns, and becomes READY with the
// one of two nodes that waits for that. Halfway those two change places.
#include <cstdio>
#include <thread>
#include <tuple>

#include "bench.h"
#include "stats.h"

namespace ccm::bench {

using namespace lab;
using nlohmann::json;

namespace {

constexpr int loads_id = 3;

struct Side {
    std::string auth;
    Samples load{};    // from before init_module(), and then the key, to READY on that node
    Samples request{}; // from the first request to READY, on the node that has waited
};

void wait_with(Node &waits, Node &loads, const std::string &auth)
{
    load_module(waits, parameters(waits.id(), {{loads_id, loads.ipv4()}}, "", 0, auth));
    trace_events(waits, {"ccm_step", "ccm_state"});
}

// Nobody looks at the nodes meanwhile, as in load.cpp.
void load_side(Node &waits, Node &loads, Side &side, bool counts)
{
    trace_again(waits);
    const std::string words = joined(parameters(loads_id, {{waits.id(), waits.ipv4()}}, "", 0, side.auth));
    const json got = json::parse(loads.must("ccm-bench-load /modules/rdma_ccm.ko " + words, 30s));
    until_state(loads, waits.id(), "READY", true);
    until_state(waits, loads_id, "READY", true);
    if (counts) {
        side.load.add(ready_ms(loads, waits.id()) - got["start_ns"].get<double>() / 1e6);
        side.request.add(ready_ms(waits, loads_id) - traced_ms(waits, "event=REQUEST"));
    }
    loads.must("rmmod rdma_ccm");
    until_state(waits, loads_id, "READY", false);
}

} // namespace

json measure_key(const Options &options)
{
    Cluster cluster("bench-key");
    for (int i = 0; i < loads_id; i++)
        cluster.add();
    cluster.boot();
    Node &loads = cluster.node(loads_id);
    Side key{.auth = "psk"}, none{.auth = "none"};
    for (bool swapped : {false, true}) {
        Node &with = cluster.node(swapped ? 2 : 1), &without = cluster.node(swapped ? 1 : 2);
        wait_with(with, loads, key.auth);
        wait_with(without, loads, none.auth);
        // The first of each is for what has never run, and for MAC addresses.
        for (int i = 0; i <= options.keys / 2; i++) {
            load_side(with, loads, key, i > 0);
            load_side(without, loads, none, i > 0);
            // Each phase of the retry interval of those that wait, which is at most 2 s
            std::this_thread::sleep_for(std::chrono::milliseconds(100 + i * 137 % 1000));
        }
        for (Node *node : {&with, &without})
            node->must("rmmod rdma_ccm");
    }
    finish(cluster);

    json result;
    std::printf("%s", head("A node is loaded, and READY, ms").c_str());
    for (auto [name, what, samples] :
         {std::tuple{"load_to_ready", "init_module(), then the key, to READY", &Side::load},
          {"request_to_ready", "its request to READY on the other node", &Side::request}}) {
        const Ratio ratio = ratio_of_medians(key.*samples, none.*samples);
        std::printf("%s%s", row(fmt::format("{}, with a key", what), key.*samples, 3).c_str(),
                    row("  without", none.*samples, 3).c_str());
        const double fastest = ratio_of_fastest(key.*samples, none.*samples);
        std::printf("  ratio of the medians: %s; of the fastest tenths: %.3f\n", ratio.text().c_str(), fastest);
        result[name] = {{"key_ms", (key.*samples).json()},
                        {"none_ms", (none.*samples).json()},
                        {"ratio", ratio.json()},
                        {"fastest", fastest}};
    }
    std::printf("\n");
    std::fflush(stdout);
    return result;
}

} // namespace ccm::bench
