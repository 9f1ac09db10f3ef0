// SPDX-License-Identifier: GPL-2.0-only
//
// Partners come and go while the module runs: `ccmadm partner`.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include <uapi/linux/ccm.h>

#include "failing.h"
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

std::string address(int id)
{
    return fmt::format("192.0.2.{}", id);
}

void add(Node &node, int id)
{
    node.must(fmt::format("ccmadm partner add {} {}", id, address(id)));
}

std::set<int> partners(Node &node)
{
    std::set<int> ids;
    const json all = status(node);
    for (const json &one : all["partners"])
        ids.insert(one["node"].get<int>());
    return ids;
}

// It ends the session, waits for the clients, and forgets all of it.
void del(Node &node, int id)
{
    node.must(fmt::format("ccmadm partner del {}", id));
    EXPECT_FALSE(partners(node).contains(id)) << node.name();
    EXPECT_EQ(client(node, "mirror", id), json{}) << node.name();
    EXPECT_FALSE(node.run(fmt::format("cat /sys/kernel/debug/ccm/partner-{}", id)).ok());
}

// What the netlink family's group tells.
Watch monitor(Node &node, const std::string &words = "")
{
    Watch told(node.start_command("exec ccm-node-test monitor " + words));
    told.wait_for({{"message", "listening"}}, soon);
    return told;
}

// A number of the group as the word that ccmadm has for it
const char *state_word(const json &number)
{
    static const char *const words[] = {"down", "connecting", "greeting", "negotiating", "opening", "ready"};
    static_assert(std::size(words) == CCM_STATE_COUNT);
    return words[number.get<std::size_t>()];
}

const char *reason_word(const json &number)
{
    static const char *const words[] = {"none",      "unreachable", "hung",      "panicked",       "shutdown",
                                        "restarted", "version",     "refused",   "authentication", "admin",
                                        "device",    "reloaded",    "duplicate", "address",        "mtu"};
    static_assert(std::size(words) == CCM_REASON_COUNT);
    return words[number.get<std::size_t>()];
}

const char *stage_word(const json &number)
{
    static const char *const words[] = {"unknown", "kernel",  "initramfs", "root",   "userspace",
                                        "storage", "running", "stopping",  "dumping"};
    static_assert(std::size(words) == CCM_STAGE_COUNT);
    return words[number.get<std::size_t>()];
}

// The change that was told, as /dev/ccm has it
json as_record(const json &told)
{
    json record = {{"node", told["id"]},
                   {"state", state_word(told["state"])},
                   {"reason", reason_word(told["reason"])},
                   {"stage", stage_word(told["stage"])},
                   {"time_ns", told["time_ns"]},
                   {"seq", told["seq"]},
                   {"certain", told.contains("certain")}};
    return record;
}

json as_record_of_device(const json &event)
{
    json record;
    for (const char *name : {"node", "state", "reason", "stage", "time_ns", "seq"})
        record[name] = event[name];
    record["certain"] = std::ranges::count(event["flags"], json("certain")) > 0;
    return record;
}

// Three nodes that are loaded without a partner.
class Runtime : public SharedTest {
public:
    static void SetUpTestSuite()
    {
        for (int id : {1, 2, 3})
            cluster().add(configured(id, {}));
        cluster().boot();
    }

protected:
    static Node &node(int id) { return cluster().node(id); }
    static std::vector<Node *> all() { return {&node(1), &node(2), &node(3)}; }

    // Each has the other two, whatever the test before has left.
    void SetUp() override
    {
        for (Node *one : all()) {
            const std::set<int> there = partners(*one);
            for (int id : {1, 2, 3})
                if (id != one->id() && !there.contains(id))
                    add(*one, id);
        }
        wait_ready(all());
    }
    void TearDown() override
    {
        for (Node *one : all())
            unload_pattern(*one);
        SharedTest::TearDown();
    }
    static void expect_wrong(Node &on, const std::string &command, const std::string &words)
    {
        const Result result = on.run("ccmadm partner " + command);
        EXPECT_EQ(result.code, 1) << command;
        EXPECT_NE(result.errors.find(words), std::string::npos) << command << ": " << result.errors;
    }
};

TEST_F(Runtime, OneIsAddedAndDeletedWhileAnotherIsReady)
{
    register_everywhere(all(), "mirror 1 1 65536 65536 idle");
    for (auto [one, other] : {std::pair{1, 2}, {1, 3}, {2, 3}})
        wait_client(node(one), "mirror", other);
    expect_memory_moves(node(1), node(2));
    Watch w1 = watch(node(1)), w2 = watch(node(2)), w3 = watch(node(3));

    del(node(1), 2);
    w1.wait_for(is_down(2, "admin"), soon);
    w1.wait_for({{"type", "removed"}, {"node", 2}}, soon);
    w2.wait_for(is_down(1, "admin"), soon);
    wait_client(node(2), "mirror", 1, "down");
    EXPECT_EQ(partners(node(1)), std::set<int>{3});
    EXPECT_EQ(node(1).must("ccmadm partner list"), "3@192.0.2.3\n");
    // it goes on asking, and hears that nobody knows it here
    const long long asked = counter(node(2), "partner-1", "attempts");
    wait_counter(node(2), "partner-1", "attempts", asked + 2);
    expect_memory_moves(node(1), node(3));

    add(node(1), 2);
    w1.wait_for(is_ready(2), soon);
    w2.wait_for(is_ready(1), soon);
    wait_client(node(1), "mirror", 2);
    wait_client(node(2), "mirror", 1);
    expect_memory_moves(node(1), node(2));
    EXPECT_EQ(losses(w1, 3), 0u);
    EXPECT_EQ(losses(w3, 1), 0u);
    EXPECT_EQ(losses(w3, 2), 0u);
}

// Both sides again and again, under load, while a third one and its client are READY all the time.
TEST_F(Runtime, AgainAndAgainUnderLoad)
{
    constexpr int times = 12;
    for (Node *one : all())
        load_pattern(*one, "depth=2 size=4096 pace_ms=5");
    register_everywhere({&node(1), &node(2)}, "first 1 2 65536 65536 load");
    register_everywhere({&node(1), &node(2)}, "second 1 1 4096 4096 load");
    register_everywhere(all(), "mirror 1 1 65536 65536 idle");
    wait_client(node(1), "mirror", 3);
    Watch w1 = watch(node(1)), w3 = watch(node(3));
    for (int i = 0; i < times; i++) {
        SCOPED_TRACE(i);
        Node &here = node(1 + i % 2);
        const int other = 2 - i % 2;
        // some as soon as they connect, some when all of it is in use
        if (i % 3)
            wait_client(here, "first", other);
        del(here, other);
        add(here, other);
    }
    wait_ready(all());
    wait_client(node(1), "first", 2);
    wait_client(node(2), "second", 1);
    wait_more_verified(node(1));
    expect_memory_moves(node(1), node(3));
    EXPECT_EQ(losses(w1, 3), 0u);
    EXPECT_EQ(losses(w3, 1), 0u);
}

// How often, or as often as shows that the test itself works
int how_often(const char *variable, int otherwise)
{
    const char *number = std::getenv(variable);
    return number ? std::atoi(number) : otherwise;
}

// The same as often as CCM_TEST_COME_AND_GO says, by a program on the node. Nothing is left of any of them.
TEST_F(Runtime, ComesAndGoesUnderLoad)
{
    const int often = how_often("CCM_TEST_COME_AND_GO", 50);
    for (Node *one : all())
        load_pattern(*one, "depth=2 size=4096 pace_ms=5");
    register_everywhere({&node(1), &node(2)}, "first 1 2 65536 65536 load");
    register_everywhere({&node(1), &node(2)}, "second 1 1 4096 4096 load");
    register_everywhere(all(), "mirror 1 1 65536 65536 idle");
    for (int other : {2, 3})
        wait_client(node(1), "mirror", other);
    Watch w1 = watch(node(1)), w3 = watch(node(3));
    const long long slowest =
        std::stoll(node(1).must(fmt::format("ccm-node-test come-and-go {} 2 192.0.2.2 first", often), often * 5s));
    std::cout << "slowest deletion of " << often << ": " << slowest / 1000 << " ms\n";
    wait_ready(all());
    wait_client(node(1), "first", 2);
    wait_more_verified(node(1));
    expect_memory_moves(node(1), node(2));
    expect_memory_moves(node(1), node(3));
    EXPECT_EQ(losses(w1, 3), 0u);
    EXPECT_EQ(losses(w3, 1), 0u);
    for (Node *one : all())
        unload_pattern(*one);
    for (Node *one : all())
        for (const char *figure : {"clients", "client_ports", "client_memory"})
            EXPECT_EQ(counter(*one, "node", figure), 0) << one->name() << " " << figure;
}

// CCM_TEST_STORM messages that are random, or nearly right: by nobody, who changes nothing, and by root.
TEST_F(Runtime, AStormOfMessages)
{
    const int many = how_often("CCM_TEST_STORM", 5000);
    const json partners_before = json::parse(node(1).must("ccmadm partner list --json"));
    Watch w1 = watch(node(1));
    const auto storm = [&](const char *who, int seed) {
        return json::parse(
            node(1).must(fmt::format("{}ccm-node-test storm {} {}", who, many / 2, seed), many * 20ms + 20s));
    };
    const json refused = storm("ccm-node-test nobody ", 1);
    EXPECT_EQ(refused["changes"], 0) << refused;
    EXPECT_GT(refused["answers"].value("EPERM", 0), many / 20) << refused;
    EXPECT_EQ(json::parse(node(1).must("ccmadm partner list --json")), partners_before);
    EXPECT_EQ(losses(w1, 2) + losses(w1, 3), 0u);

    const json said = storm("", 2);
    std::cout << refused << "\n" << said << "\n";
    EXPECT_GT(said["changes"], many / 200);
    for (const char *wrong : {"EINVAL", "ENOENT", "EEXIST"})
        EXPECT_GT(said["answers"].value(wrong, 0), 0) << wrong << said;
    for (const json &one : json::parse(node(1).must("ccmadm partner list --json")))
        if (one["node"] != 2 && one["node"] != 3)
            node(1).must(fmt::format("ccmadm partner del {}", one["node"].get<int>()));
    // it may have been one of those
    for (int other : {2, 3}) {
        if (partners(node(1)).contains(other))
            node(1).must(fmt::format("ccmadm partner del {}", other));
        add(node(1), other);
    }
    wait_ready(all());
    EXPECT_EQ(json::parse(node(1).must("ccmadm partner list --json")), partners_before);
}

// Who deletes waits for a client that does not return from its callback. Nobody else does.
TEST_F(Runtime, AClientThatIsStuckHoldsUpNobodyElse)
{
    register_everywhere(all(), "mirror 1 1 65536 65536 idle");
    wait_client(node(1), "mirror", 2);
    wait_client(node(1), "mirror", 3);
    Watch w1 = watch(node(1)), w2 = watch(node(2));
    pattern(node(1), "stick mirror down");
    Command deleting = node(1).start_command("ccmadm partner del 2");
    w2.wait_for(is_down(1, "admin"), soon);
    EXPECT_EQ(partners(node(1)), (std::set<int>{2, 3})) << "it is not gone yet";
    EXPECT_FALSE(node(1).run("ccmadm peek 2").ok());
    // a device that goes does not wait for it
    node(1).must("rdma link del rxe0");
    w1.wait_for(is(3, "down"), soon);
    node(1).add_rdma_link();
    node(1).must("ccmadm wait --partner 3 --timeout 20", 30s);
    pattern(node(1), "stick mirror off");
    EXPECT_TRUE(deleting.wait(soon).ok());
    EXPECT_EQ(partners(node(1)), std::set<int>{3});
    wait_client(node(1), "mirror", 3);
}

// Whoever listens to the netlink family's group hears what a reader of /dev/ccm does, by the same
// numbers, between the coming of a partner and its going.
TEST_F(Runtime, ChangesAreToldByNetlink)
{
    Watch device = watch(node(1));
    Watch told = monitor(node(1));
    del(node(1), 2);
    device.wait_for({{"type", "removed"}, {"node", 2}}, soon);
    add(node(1), 2);
    wait_ready(all());
    node(2).must("ccmadm stage running");
    device.wait_for({{"type", "partner"}, {"node", 2}, {"stage", "running"}}, soon);
    node(3).kill();
    device.wait_for(is(3, "down"), soon);
    // a command returns when its own message is sent
    del(node(1), 2);
    device.wait_for({{"type", "removed"}, {"node", 2}}, soon);
    told.wait_for([deleted = 0](const json &e) mutable { return e["message"] == "del" && ++deleted == 2; }, soon,
                  "the second deletion");

    std::vector<json> changes;
    std::map<int, bool> there = {{2, true}, {3, true}};
    for (const Event &event : told.events()) {
        const json &e = event.json;
        ASSERT_NE(e["message"], "lost");
        if (e["message"] == "change") {
            EXPECT_TRUE(there[e["id"].get<int>()]) << e.dump();
            changes.push_back(as_record(e));
        } else if (e["message"] == "new" || e["message"] == "del") {
            EXPECT_EQ(e["id"], 2) << e.dump();
            EXPECT_EQ(e["uid"], 0) << e.dump();
            EXPECT_EQ(e.contains("addresses"), e["message"] == "new") << e.dump();
            there[2] = e["message"] == "new";
        }
    }
    std::vector<json> seen;
    for (const Event &event : device.events())
        if (event.json["type"] == "partner" && !std::ranges::count(event.json["flags"], json("present")))
            seen.push_back(as_record_of_device(event.json));
    EXPECT_EQ(changes, seen);
    const auto how_many = [&](const char *state, const char *reason) {
        return std::ranges::count_if(changes,
                                     [&](const json &one) { return one["state"] == state && one["reason"] == reason; });
    };
    EXPECT_GE(how_many("ready", "none"), 2) << "READY, and its stage";
    EXPECT_EQ(how_many("down", "admin"), 2);
    EXPECT_GE(how_many("down", "unreachable"), 1);
    EXPECT_EQ(told.count({{"message", "new"}}), 1u);
    told.end();

    node(3).boot();
}

// Whoever listens needs no rights; and hears when there was more than he has read.
TEST_F(Runtime, WhoListensTooSlowlyHearsIt)
{
    Watch told = monitor(node(1), "4096");
    Watch quick(node(1).start_command("exec ccm-node-test nobody ccm-node-test monitor"));
    quick.wait_for({{"message", "listening"}}, soon);
    told.command().signal(SIGSTOP);
    for (int i = 0; i < 10; i++) {
        del(node(1), 2);
        add(node(1), 2);
    }
    told.command().signal(SIGCONT);
    told.wait_for({{"message", "lost"}}, soon);
    wait_ready(all());
    del(node(1), 3);
    told.wait_for({{"message", "del"}, {"id", 3}}, soon);
    quick.wait_for({{"message", "del"}, {"id", 3}}, soon);
    EXPECT_EQ(quick.count({{"message", "lost"}}), 0u);
    EXPECT_EQ(quick.count({{"message", "new"}, {"id", 2}}), 10u);
    EXPECT_LT(told.count({{"message", "new"}, {"id", 2}}), 10u);
    for (Watch *one : {&told, &quick})
        one->end();
}

// What its parameters have come to is what it was loaded with.
TEST_F(Runtime, ANodeDescribesItself)
{
    const json shown = status(node(1))["node"];
    const json about = json::parse(node(1).must("ccm-node-test nobody ccmadm node --json"));
    for (const char *name : {"node", "name", "cluster", "incarnation", "stage", "detect_ms"})
        EXPECT_EQ(about[name], shown[name]) << name;
    const json expected = {{"auth", "psk"},
                           {"detect_ms", calm_detect_ms},
                           {"heartbeat_us", calm_detect_ms * 1000 / 4},
                           {"rdma_port", 3341},
                           {"client_ports", 16},
                           {"client_memory", 64 << 20},
                           {"node_ports", 1024},
                           {"node_memory", 256 << 20},
                           {"partners", 2},
                           {"clients", 0},
                           {"ports_taken", 0},
                           {"memory_taken", 0},
                           {"uapi_version", CCM_UAPI_VERSION}};
    for (const auto &[name, value] : expected.items())
        EXPECT_EQ(about[name], value) << name;
    EXPECT_EQ(about["module_version"].get<std::string>() + "\n", node(1).must("cat /sys/module/rdma_ccm/version"));

    register_everywhere({&node(1), &node(2)}, "mirror 2 2 65536 65536 idle");
    wait_client(node(1), "mirror", 2);
    del(node(1), 3);
    const json later = json::parse(node(1).must("ccmadm node --json"));
    EXPECT_EQ(later["partners"], 1);
    EXPECT_EQ(later["clients"], 1);
    EXPECT_EQ(later["ports_taken"], 2);
    EXPECT_EQ(later["memory_taken"], 65536);
}

// Addresses of a partner come and go. A session by one that stays goes on; none is taken away from under it.
TEST_F(Runtime, APartnerHasOtherAddresses)
{
    register_everywhere({&node(1), &node(2)}, "mirror 1 1 65536 65536 idle");
    wait_client(node(1), "mirror", 2);
    Watch w1 = watch(node(1)), w2 = watch(node(2));
    Watch told = monitor(node(1));
    node(1).must("ccmadm partner set 2 192.0.2.2 2001:db8::2 198.51.100.2");
    EXPECT_EQ(node(1).must("ccmadm partner list 2"), "2@192.0.2.2+[2001:db8::2]+198.51.100.2\n");
    told.wait_for({{"message", "set"}, {"id", 2}, {"addresses", 3}, {"uid", 0}}, soon);
    node(1).must("ccmadm partner set 2 198.51.100.2 192.0.2.2");
    EXPECT_EQ(node(1).must("ccmadm partner list 2"), "2@198.51.100.2+192.0.2.2\n");
    w1.wait_for({{"type", "partner"}, {"node", 2}, {"address", "198.51.100.2"}, {"state", "ready"}}, soon);
    expect_wrong(node(1), "set 2 198.51.100.2", "partner 2: its session goes by an address that is not among these");
    EXPECT_EQ(node(1).must("ccmadm partner list 2"), "2@198.51.100.2+192.0.2.2\n");
    expect_memory_moves(node(1), node(2));
    EXPECT_EQ(losses(w1, 2), 0u);
    EXPECT_EQ(losses(w2, 1), 0u);

    expect_wrong(node(1), "set 9 192.0.2.9", "partner 9: there is none of that id");
    expect_wrong(node(1), "set 2 192.0.2.2 192.0.2.3", "another partner has that address");
    expect_wrong(node(1), "set 2 192.0.2.2 224.0.0.1", "is not that of one machine");
    const Result nobody = node(1).run("ccm-node-test nobody ccmadm partner set 2 192.0.2.2");
    EXPECT_NE(nobody.errors.find("partner 2: not permitted"), std::string::npos) << nobody.errors;
    node(1).must("ccmadm partner set 2 192.0.2.2");
    told.end();
}

// A wrong address is put right: nothing waits for the attempt at the old one, and the address it comes from
// is taken. What comes from an address that is no more is rejected.
TEST_F(Runtime, AWrongAddressIsPutRight)
{
    for (auto [one, other] : {std::pair{1, 2}, {2, 1}}) {
        del(node(one), other);
        node(one).must(fmt::format("ccmadm partner add {} 192.0.2.7{}", other, other));
    }
    wait_counter(node(1), "partner-2", "attempts", 1);
    Watch w1 = watch(node(1));
    // it asks, and comes from elsewhere
    node(2).must("ccmadm partner set 1 192.0.2.1");
    node(1).until(
        "ccmadm status --json | grep -q '\"reason\":\"address\"' || dmesg | grep -q 'says that it is partner 2'", soon);
    EXPECT_EQ(partner(node(1), 2)["sessions"], 0);
    node(1).must("ccmadm partner set 2 192.0.2.2");
    w1.wait_for(is_ready(2), soon);
    EXPECT_EQ(partner(node(1), 2)["address"], "192.0.2.2");
}

TEST_F(Runtime, WhatIsWrongIsSaid)
{
    Node &one = node(1);
    const std::set<int> before = partners(one);
    expect_wrong(one, "add 1 192.0.2.9", "partner 1: this is the id of this node itself");
    expect_wrong(one, "add 2 192.0.2.9", "partner 2: there is one of that id: delete it first");
    expect_wrong(one, "add 9 192.0.2.2", "another partner has that address");
    expect_wrong(one, "add 9 224.0.0.1", "is not that of one machine");
    expect_wrong(one, "add 9 127.0.0.1", "is this machine itself");
    expect_wrong(one, "add 9 fe80::9", "say on which interface");
    expect_wrong(one, "add 9 192.0.2.9%eth0", "only a link-local address goes with an interface");
    expect_wrong(one, "add 9 192.0.2.9 192.0.2.9", "named twice");
    expect_wrong(one, "add 9 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5", "more than 4 addresses");
    expect_wrong(one, "add 9 192.0.2.256", "is not an address");
    expect_wrong(one, "del 9", "partner 9: there is none of that id");
    const Result nobody = one.run("ccm-node-test nobody ccmadm partner del 2");
    EXPECT_EQ(nobody.code, 1);
    EXPECT_NE(nobody.errors.find("partner 2: not permitted"), std::string::npos) << nobody.errors;
    EXPECT_EQ(partners(one), before);
    one.must("ccmadm partner add 9 2001:db8::9 192.0.2.9");
    one.must("ccmadm partner add 10 fe80::a%vec0");
    EXPECT_EQ(one.must("ccmadm partner list"),
              "2@192.0.2.2\n3@192.0.2.3\n9@[2001:db8::9]+192.0.2.9\n10@[fe80::a%vec0]\n");
    EXPECT_EQ(one.must("ccmadm partner list 10 --json"), R"([{"node":10,"addresses":["[fe80::a%vec0]"]}])"
                                                         "\n");
    for (int id : {9, 10})
        one.must(fmt::format("ccmadm partner del {}", id));
    expect_wrong(one, "list 9", "partner 9: there is none of that id");
    // as many as can be, and one more
    for (int id = 100; id < 130; id++)
        add(one, id);
    expect_wrong(one, "add 99 192.0.2.99", "partner 99: 32 are there: delete one first");
    for (int id = 100; id < 130; id++)
        one.must(fmt::format("ccmadm partner del {}", id));
    EXPECT_EQ(partners(one), before);

    unload(one, "READY with two partners that were added");
    expect_wrong(one, "add 2 192.0.2.2", "rdma_ccm is not loaded");
    one.must("insmod /modules/rdma_ccm.ko");
    expect_wrong(one, "add 2 192.0.2.2", "this node has no id: load the module with node= and cluster=");
    EXPECT_NE(one.must("ccmadm node").find("not configured: load the module with node=ID"), std::string::npos);
    one.must("rmmod rdma_ccm");
    load(one);
}

} // namespace
} // namespace ccm::test
