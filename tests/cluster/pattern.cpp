// SPDX-License-Identifier: GPL-2.0-only
#include "pattern.h"

#include <sstream>

#include <gtest/gtest.h>

#include "host.h"

namespace ccm::test {

namespace {

std::string shell(const std::string &command)
{
    return fmt::format("cd /sys/kernel/debug/ccm_pattern && echo '{}' >run; cat run", command);
}

// The figure behind "NAME=" in a line.
long long figure(const std::string &line, const std::string &name)
{
    std::istringstream words(line);
    for (std::string word; words >> word;)
        if (word.rfind(name + "=", 0) == 0)
            return std::stoll(word.substr(name.size() + 1));
    throw Error("no {}= in: {}", name, line);
}

} // namespace

void load_pattern(Node &node, const std::string &parameters)
{
    node.must("[ -d /sys/module/ccm_pattern ] || insmod /modules/ccm_pattern.ko " + parameters);
}

void unload_pattern(Node &node)
{
    if (!node.run("[ -d /sys/module/ccm_pattern ]").ok())
        return;
    Stopwatch watch;
    std::string gone = pattern(node, "unregister all");
    EXPECT_EQ(gone.rfind("ok", 0), 0u) << node.name() << ": " << gone;
    if (gone.rfind("ok", 0) == 0) {
        double waited = seconds(watch.waited_for_processors());
        EXPECT_LT(figure(gone, "ms") / 1e3 - waited, 1.0) << node.name() << ": a client takes too long to leave";
    }
    EXPECT_EQ(pattern(node, "violations"), "violations=0\n") << node.name();
    node.must("rmmod ccm_pattern");
}

std::string pattern(Node &node, const std::string &command, Duration timeout)
{
    return node.must(shell(command), timeout);
}

Command start_pattern(Node &node, const std::string &command)
{
    return node.start_command(shell(command));
}

long long pattern_stat(Node &node, const std::string &name)
{
    std::string all = pattern(node, "stats all");
    return figure(all.substr(all.find("sum ")), name);
}

void wait_more_verified(Node &node)
{
    node.until(fmt::format("cd /sys/kernel/debug/ccm_pattern && echo stats all >run && "
                           "[ $(sed -n 's/^sum.* verified=\\([0-9]*\\).*/\\1/p' run) -gt {} ]",
                           pattern_stat(node, "verified")),
               soon);
}

void expect_memory_moves(Node &a, Node &b)
{
    auto expect_ok = [](Node &node, const std::string &what, const Node &other, int seed) {
        EXPECT_EQ(pattern(node, fmt::format("{} mirror {} {}", what, other.id(), seed)), "ok\n");
    };
    expect_ok(b, "fill local", a, 11);
    expect_ok(a, "verify remote", b, 11);
    expect_ok(a, "fill remote", b, 12);
    expect_ok(b, "verify local", a, 12);
    expect_ok(b, "fill remote", a, 13);
    expect_ok(a, "verify local", b, 13);
}

void register_everywhere(const std::vector<Node *> &nodes, const std::string &words)
{
    for (Node *node : nodes) {
        load_pattern(*node);
        EXPECT_EQ(pattern(*node, "register " + words), "ok\n") << node->name() << ": " << words;
    }
}

void wait_client(Node &node, const std::string &name, int partner, const std::string &state)
{
    std::string got = pattern(node, fmt::format("wait {} {} {} 20000", name, partner, state));
    EXPECT_EQ(got.rfind("ok", 0), 0u) << node.name() << ": " << name << " " << state << " as to node " << partner
                                      << ", which is " << client(node, name, partner).dump() << ": " << got;
}

json client(Node &node, const std::string &name, int partner)
{
    json all = status(node);
    for (const json &one : all.at("clients"))
        if (one.at("client") == name && one.at("node") == partner)
            return one;
    return {};
}

} // namespace ccm::test
