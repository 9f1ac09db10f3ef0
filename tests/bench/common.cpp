// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <limits>
#include <sstream>

#include "bench.h"

namespace ccm::bench {

using namespace lab;

std::vector<std::string> parameters(int id, const std::vector<std::pair<int, std::string>> &partners,
                                    const std::string &prefix, int detect_ms, const std::string &auth)
{
    std::string list;
    for (auto &[partner, address] : partners)
        list += fmt::format("{}{}@{}", list.empty() ? "" : ",", partner, address);
    std::vector<std::string> words{fmt::format("{}node={}", prefix, id), prefix + "cluster=t", prefix + "auth=" + auth};
    if (!list.empty())
        words.push_back(prefix + "partners=" + list);
    if (detect_ms)
        words.push_back(fmt::format("{}detect_ms={}", prefix, detect_ms));
    return words;
}

void load_module(Node &node, const std::vector<std::string> &words)
{
    node.must("insmod /modules/rdma_ccm.ko " + joined(words) + " && lab-loaded");
}

std::string joined(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string bench_command(Node &node, const std::string &module, const std::string &command, Duration timeout)
{
    return node.must(fmt::format("cd /sys/kernel/debug/{} && {{ echo {} >run && cat run || {{ cat run; false; }}; }}",
                                 module, command),
                     timeout);
}

std::map<std::string, double> figures(const std::string &text)
{
    std::istringstream words(text);
    std::map<std::string, double> values;
    for (std::string word; words >> word;)
        if (auto equals = word.find('='); equals != std::string::npos)
            values[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    return values;
}

void wait_clients(Node &node, int count)
{
    node.until(
        fmt::format("cd /sys/kernel/debug/ccm_bench_client && echo ready >run && grep -q clients={}' ' run", count),
        30s, 20ms);
}

double ready_ms(Node &node, int partner)
{
    std::string ns = node.must(fmt::format("sed -n 's/^ready_ns //p' /sys/kernel/debug/ccm/partner-{}", partner));
    return std::stod(ns) / 1e6;
}

void trace_events(Node &node, const std::vector<std::string> &events)
{
    node.must("echo mono >/sys/kernel/tracing/trace_clock");
    for (const std::string &event : events)
        node.must(fmt::format("echo 1 >/sys/kernel/tracing/events/ccm/{}/enable", event));
}

void trace_again(Node &node)
{
    node.must("echo >/sys/kernel/tracing/trace");
}

double traced_ms(Node &node, const std::string &text)
{
    const std::string line = node.must(
        fmt::format("grep -m 1 '{}' /sys/kernel/tracing/trace || {{ cat /sys/kernel/tracing/trace; false; }}", text));
    const std::size_t end = line.find(": ccm_");
    return std::stod(line.substr(line.rfind(' ', end))) * 1e3;
}

void until_state(Node &node, int partner, const std::string &state, bool wanted)
{
    node.until(
        fmt::format("{}grep -q '^state {}$' /sys/kernel/debug/ccm/partner-{}", wanted ? "" : "! ", state, partner));
}

double host_ms(TimePoint at)
{
    return milliseconds(at.time_since_epoch());
}

double clock_offset(Node &node)
{
    Command lines = node.start_command("i=0; while [ $i -lt 50 ]; do echo $i; sleep 0.005; i=$((i+1)); done");
    lines.wait(30s);
    double best = std::numeric_limits<double>::max();
    for (const OutputLine &line : lines.lines())
        best = std::min(best, host_ms(line.at) - static_cast<double>(line.node_us) / 1000.0);
    return best;
}

void finish(Cluster &cluster)
{
    const Verdict &verdict = cluster.finish();
    if (!verdict.ok())
        throw Error("the verdict:\n{}", verdict.text());
}

} // namespace ccm::bench
