// SPDX-License-Identifier: GPL-2.0-only
//
// The module as the tests use it: its parameters, loading and unloading it, what
// it says of its partners, and its counters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cluster.h"

namespace ccm::test {

using namespace ccm::lab;
using nlohmann::json;

// The run's settings, and the program that the tests run on nodes.
Settings test_settings();

// How the retries of the session state machine are spaced (ccm/core/session.h).
constexpr Duration retry_min = 50ms;
constexpr Duration retry_max = 2000ms;
// A deadline for whatever takes some retries at most.
constexpr Duration soon = 20s;

// The detection time of tests that are about something else: a machine that is busy
// for a moment must not look like a dead partner.
constexpr unsigned calm_detect_ms = 1000;

// What a node's module is told.
struct Config {
    std::vector<int> partners;
    bool ipv6 = false;
    std::string cluster = "t";
    bool psk = true;                     // its key is added when the module is there; false: auth=none
    unsigned detect_ms = calm_detect_ms; // 0: the module's default
    std::vector<std::string> more;       // as "rdma_port=4000"
};

// NAME=VALUE, as modprobe and insmod take them.
std::vector<std::string> arguments(int node, const Config &config);
// A node that loads rdma_ccm at its boot, configured on the kernel command line. Nothing
// of a BASE spec is lost.
NodeSpec configured(int node, const Config &config, NodeSpec base = {});
// The same without loading it.
NodeSpec unloaded(int node, const Config &config, NodeSpec base = {});

// As on the node's kernel command line.
void load(Node &node);
// Whatever the kernel command line says.
void load(Node &node, const Config &config);
bool loaded(Node &node);
// A key of the tests' cluster: 64 of that digit
void add_key(Node &node, unsigned number, char digit);

// What partners over soft-RoCE say of a node whose kernel does not schedule: since 6.4 soft-RoCE
// answers READs from a work queue, so that it no longer answers then, and nobody can tell why.
// Documentation/liveness.rst has the table.
std::string reason_when_spinning(Node &node); // hung

struct Unloading {
    Result result;
    double seconds = 0; // that the kernel took, by the node's own clock
    double waited = 0;  // of these, at most, for a processor of this machine
    // The promise is one second.
    void expect_bounded(const Node &node, const std::string &when) const;
};
Unloading try_unload(Node &node);
// Fails the test when rmmod fails or takes longer than promised; the time is printed.
void unload(Node &node, const std::string &when);

// `ccmadm status --json`.
json status(Node &node);
// What it says of one partner.
json partner(Node &node, int id);
// Samples of partner records for Watch::wait_for().
json is_ready(int id);
json is_down(int id, const std::string &reason);
json is(int id, const std::string &state);
// How often a READY partner has ceased to be READY.
std::size_t losses(const Watch &watch, int id);

// The lines "NAME VALUE" of a file in debugfs ccm/; a quoted NAME without its quotes.
std::map<std::string, std::string> counters(Node &node, const std::string &file);
long long counter(Node &node, const std::string &file, const std::string &name);
// ... and waits until one without blanks in its name has come to that.
void wait_counter(Node &node, const std::string &file, const std::string &name, long long at_least,
                  Duration timeout = soon, Duration interval = 100ms);

// Waits until `ccmadm status` shows this reason of some partner.
void wait_reason(Node &node, const std::string &reason);

// Waits until every node has its configured partners READY.
void wait_ready(const std::vector<Node *> &nodes, Duration timeout = soon);

// Of all that a watch has shown: READY and DOWN of each partner alternate, a DOWN
// always has a reason, and each READY is one session more.
void expect_alternation(const Watch &watch);

} // namespace ccm::test
