// SPDX-License-Identifier: GPL-2.0-only
//
// The benchmark's parts. Each starts its own nodes, prints a table and returns the
// figures. None asserts how long something takes; each throws when what it measures
// does not work, or when a node's kernel complains.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cluster.h"

namespace ccm::bench {

struct Options {
    int loads = 20;    // loads of the second node, and plain connects beside them
    double wait = 10;  // seconds the first node has waited before the first load
    int kills = 10;    // kills for each detection time
    int panics = 100;  // panics of the second node
    int daemons = 50;  // kills of a daemon that holds its stage
    int verdicts = 10; // partners that are killed, and cables that are cut, for each size of a region
    int sessions = 8;  // partners that become READY when memory is measured
    std::vector<int> detect_ms{250, 50};
    double port_seconds = 4; // for each kind of operation on a port
    int opens = 10;          // loads of the second node for each number of ports
    int keys = 40;           // loads of a node with a key, and as many without
    int reboots = 10;        // of the second node, for each detection time
};

nlohmann::json measure_load(const Options &options);
nlohmann::json measure_detection(const Options &options);
nlohmann::json measure_verdict(const Options &options);
nlohmann::json measure_daemon(const Options &options);
nlohmann::json measure_panic(const Options &options);
nlohmann::json measure_memory(const Options &options);
nlohmann::json measure_ports(const Options &options);
nlohmann::json measure_ready(const Options &options);
nlohmann::json measure_key(const Options &options);
nlohmann::json measure_reboot(const Options &options);

// The parameters of rdma_ccm.ko for node ID with these partners (id -> address): as on the
// kernel command line, "rdma_ccm.NAME=VALUE", or as given to insmod. The lab has a key for it.
std::vector<std::string> parameters(int id, const std::vector<std::pair<int, std::string>> &partners,
                                    const std::string &prefix, int detect_ms = 0, const std::string &auth = "psk");
// ... and loads it, with its key.
void load_module(lab::Node &node, const std::vector<std::string> &words);
std::string joined(const std::vector<std::string> &words);

// Where ccm_bench.ko serves.
constexpr int plain_port = 18515;

// Gives a command to a module of tests/modules that is driven by MODULE/run in debugfs,
// and returns the result.
std::string bench_command(lab::Node &node, const std::string &module, const std::string &command,
                          lab::Duration timeout = std::chrono::seconds(20));
// The NAME=NUMBER words of such a result.
std::map<std::string, double> figures(const std::string &text);
// Milliseconds of the node's CLOCK_MONOTONIC when its session with PARTNER became READY.
double ready_ms(lab::Node &node, int partner);
// Traces these of CCM's events, by the node's CLOCK_MONOTONIC; and forgets what was traced.
void trace_events(lab::Node &node, const std::vector<std::string> &events);
void trace_again(lab::Node &node);
// Milliseconds of the first traced line that has TEXT
double traced_ms(lab::Node &node, const std::string &text);
// Until the partner is in that state (or, WANTED being false, not in it any more).
void until_state(lab::Node &node, int partner, const std::string &state, bool wanted);
// Until COUNT links of the clients of ccm_bench_client.ko are READY.
void wait_clients(lab::Node &node, int count);

// Milliseconds to add to a node's CLOCK_MONOTONIC to get the host's. A node's clock is
// the host's with another origin (User-Mode Linux reads the host's in steps of 256 ns),
// so this is one number per boot. It is taken as the smallest difference between the
// moment the lab had a line and the moment the node's agent read it: too large by the
// fastest passage of a line, some tens of microseconds.
double clock_offset(lab::Node &node);
double host_ms(lab::TimePoint at);

// Ends the cluster and throws when its verdict is bad.
void finish(lab::Cluster &cluster);

} // namespace ccm::bench
