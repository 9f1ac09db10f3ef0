// SPDX-License-Identifier: GPL-2.0-only
#include "module.h"

#include <cstdio>
#include <sstream>

#include <gtest/gtest.h>

#include "alternation.h"
#include "host.h"

namespace ccm::test {

Settings test_settings()
{
    Settings all = settings();
    all.programs["usr/bin/ccm-node-test"] = CCM_NODE_TEST;
    return all;
}

std::vector<std::string> arguments(int node, const Config &config)
{
    std::string partners;
    for (int id : config.partners)
        partners += fmt::format(fmt::runtime(config.ipv6 ? "{}{}@[2001:db8::{:x}]" : "{}{}@192.0.2.{}"),
                                partners.empty() ? "" : ",", id, id);
    std::vector<std::string> words{fmt::format("node={}", node), "cluster=" + config.cluster,
                                   config.psk ? "auth=psk" : "auth=none"};
    if (!partners.empty())
        words.push_back("partners=" + partners);
    if (config.detect_ms)
        words.push_back(fmt::format("detect_ms={}", config.detect_ms));
    words.insert(words.end(), config.more.begin(), config.more.end());
    return words;
}

NodeSpec unloaded(int node, const Config &config, NodeSpec base)
{
    base.id = node;
    for (const std::string &word : arguments(node, config))
        base.parameters.push_back("rdma_ccm." + word);
    return base;
}

NodeSpec configured(int node, const Config &config, NodeSpec base)
{
    base = unloaded(node, config, std::move(base));
    base.load.push_back("rdma_ccm");
    return base;
}

void load(Node &node)
{
    node.must("modprobe rdma_ccm && lab-loaded");
}

void load(Node &node, const Config &config)
{
    node.must(
        fmt::format("insmod /modules/rdma_ccm.ko {} && lab-loaded", fmt::join(arguments(node.id(), config), " ")));
}

void add_key(Node &node, unsigned number, char digit)
{
    node.must(
        fmt::format("printf 'cluster t\\nnumber {}\\nkey {}\\n' | ccmadm key add -", number, std::string(64, digit)));
}

bool loaded(Node &node)
{
    return node.run("[ -d /sys/module/rdma_ccm ]").ok();
}

Unloading try_unload(Node &node)
{
    Unloading unloading;
    Stopwatch watch;
    // Without rmmod's own start, which takes its time on a busy machine.
    unloading.result = node.run("ccm-node-test unload", 60s);
    unloading.waited = seconds(watch.waited_for_processors());
    double us = 0;
    std::istringstream(unloading.result.output) >> us;
    unloading.seconds = us / 1e6;
    return unloading;
}

void Unloading::expect_bounded(const Node &node, const std::string &when) const
{
    EXPECT_TRUE(result.ok()) << node.name() << ", " << when << ": " << result.errors;
    EXPECT_LT(seconds, (1.0 + waited) * slowness()) << node.name() << ", " << when;
    EXPECT_LT(seconds, 10 * slowness()) << node.name() << ", " << when;
}

void unload(Node &node, const std::string &when)
{
    Unloading unloading = try_unload(node);
    std::printf("%s: rmmod, %s: %.3f s%s\n", node.name().c_str(), when.c_str(), unloading.seconds,
                unloading.waited > 0.1 ? fmt::format(" (this machine was busy for {:.2f} s)", unloading.waited).c_str()
                                       : "");
    unloading.expect_bounded(node, when);
}

json status(Node &node)
{
    Result result = node.run("ccmadm status --json");
    if (result.code != 0 && result.code != 2)
        throw Error("{}: ccmadm status: code {}: {}", node.name(), result.code, result.errors);
    return json::parse(result.output);
}

json partner(Node &node, int id)
{
    json all = status(node);
    for (const json &one : all["partners"])
        if (one["node"] == id)
            return one;
    throw Error("{} has no partner {}: {}", node.name(), id, all.dump());
}

json is(int id, const std::string &state)
{
    return {{"type", "partner"}, {"node", id}, {"state", state}};
}

json is_ready(int id)
{
    return is(id, "ready");
}

json is_down(int id, const std::string &reason)
{
    json sample = is(id, "down");
    sample["reason"] = reason;
    return sample;
}

std::size_t losses(const Watch &watch, int id)
{
    std::size_t lost = 0;
    bool ready = false;
    for (const Event &event : watch.events()) {
        if (event.json["type"] != "partner" || event.json["node"] != id)
            continue;
        lost += ready && event.json["state"] != "ready";
        ready = event.json["state"] == "ready";
    }
    return lost;
}

std::map<std::string, std::string> counters(Node &node, const std::string &file)
{
    std::map<std::string, std::string> all;
    std::istringstream lines(node.must("cat /sys/kernel/debug/ccm/" + file));
    for (std::string line; std::getline(lines, line);) {
        std::size_t blank = line.rfind(' ');
        std::string name = line.substr(0, blank);
        std::erase(name, '"');
        all[name] = line.substr(blank + 1);
    }
    return all;
}

long long counter(Node &node, const std::string &file, const std::string &name)
{
    auto all = counters(node, file);
    if (!all.contains(name))
        throw Error("{}: debugfs ccm/{} has no \"{}\"", node.name(), file, name);
    return std::stoll(all[name]);
}

void wait_counter(Node &node, const std::string &file, const std::string &name, long long at_least, Duration timeout,
                  Duration interval)
{
    node.until(fmt::format("while read n v; do [ $n = {} ] && [ $v -ge {} ] && exit 0; done "
                           "</sys/kernel/debug/ccm/{}; false",
                           name, at_least, file),
               timeout, interval);
}

void wait_reason(Node &node, const std::string &reason)
{
    node.until(fmt::format("ccmadm status --json | grep -q '\"reason\":\"{}\"'", reason), soon);
}

void wait_ready(const std::vector<Node *> &nodes, Duration timeout)
{
    std::vector<Command> commands;
    commands.reserve(nodes.size());
    for (Node *node : nodes)
        commands.push_back(node->start_command(fmt::format("ccmadm wait --timeout {}", seconds(timeout) * slowness())));
    for (std::size_t i = 0; i < nodes.size(); i++) {
        Result result = commands[i].wait(timeout + 10s);
        if (!result.ok())
            throw Error("{} is not ready: {}", nodes[i]->name(), result.errors);
    }
}

void expect_alternation(const Watch &watch)
{
    std::map<int, Alternation> partners;
    for (const Event &event : watch.events()) {
        const json &e = event.json;
        if (e["type"] == "overflow")
            partners.clear();
        if (e["type"] == "removed")
            partners.erase(e["node"].get<int>()); // when it is added again it begins anew
        if (e["type"] != "partner")
            continue;
        EXPECT_EQ(partners[e["node"].get<int>()].take(e["state"], e["reason"], e["sessions"].get<long long>()), "")
            << e.dump();
    }
}

namespace {

bool reads_need_a_work_queue(Node &node)
{
    int major = 0, minor = 0;
    std::string release = node.must("uname -r");
    if (std::sscanf(release.c_str(), "%d.%d", &major, &minor) != 2)
        throw Error("{}: its kernel is called {}", node.name(), release);
    return major > 6 || (major == 6 && minor >= 4);
}

} // namespace

std::string reason_when_spinning(Node &node)
{
    return reads_need_a_work_queue(node) ? "unreachable" : "hung";
}

} // namespace ccm::test
