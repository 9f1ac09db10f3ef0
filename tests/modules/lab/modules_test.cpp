// SPDX-License-Identifier: GPL-2.0-only
// The test modules do what tests of CCM rely on.
#include <algorithm>

#include "fixture.h"
#include "rogue.h"

using namespace ccm::lab;
using namespace std::chrono_literals;

namespace {

constexpr int rdma_port = 3341;

class Modules : public LabTest {
protected:
    Node &ccm_node(int id, int partner, std::vector<std::string> more = {}, int wire_kib = 0)
    {
        std::vector<std::string> parameters{fmt::format("rdma_ccm.node={}", id), "rdma_ccm.cluster=t",
                                            fmt::format("rdma_ccm.partners={0}@192.0.2.{0}", partner),
                                            "rdma_ccm.auth=psk"};
        parameters.insert(parameters.end(), more.begin(), more.end());
        return cluster().add({.id = id, .load = {"rdma_ccm"}, .parameters = parameters, .wire_kib = wire_kib});
    }
};

// A spinning kernel answers READs but does not schedule; then it goes on.
TEST_F(Modules, SpinMakesANodeHung)
{
    Node &a = ccm_node(1, 2);
    Node &b = ccm_node(2, 1);
    cluster().boot();
    Watch w = cluster().watch(a);
    w.wait_for({{"type", "partner"}, {"state", "ready"}}, 10s);
    b.must("insmod /modules/ccm_spin.ko");
    EXPECT_FALSE(b.run("echo 10001 >/sys/module/ccm_spin/parameters/ms").ok());
    Command spin = b.start_command("echo 2000 >/sys/module/ccm_spin/parameters/ms && echo over");
    Event down = w.wait_for({{"type", "partner"}, {"state", "down"}}, 10s);
    EXPECT_EQ(down.json["reason"], "hung") << down.json;
    EXPECT_FALSE(spin.ended());
    EXPECT_TRUE(spin.wait(20s).ok());
    w.wait_for({{"type", "partner"}, {"state", "ready"}}, 20s);
    b.must("rmmod ccm_spin");
}

// A node that stands after a panic answers READs; its partner sees the flag.
TEST_F(Modules, StandKeepsAPanickedNodeAnswering)
{
    Node &a = ccm_node(1, 2);
    Node &b = ccm_node(2, 1);
    cluster().boot();
    Watch w = cluster().watch(a);
    w.wait_for({{"type", "partner"}, {"state", "ready"}}, 10s);
    b.must("insmod /modules/ccm_stand.ko ms=1500");
    b.panic();
    b.console().wait_for("ccm_stand: the panic goes on", 10s);
    Event down = w.wait_for({{"type", "partner"}, {"state", "down"}}, 10s);
    EXPECT_EQ(down.json["reason"], "panicked") << down.json;
}

TEST_F(Modules, RogueConnectsToARogue)
{
    Node &a = cluster().add();
    Node &b = cluster().add();
    cluster().boot();
    Rogue server(a, 3), client(b, 0);
    Bytes request(56, 0x5a), answer(196, 0xa5);

    // Nobody listens.
    Rogue::Outcome got = client.connect(a.ipv4(), rdma_port, request);
    EXPECT_TRUE(got.rejected()) << got.text;
    EXPECT_NE(got.status, 28) << got.text;

    // Rejected, with data.
    server.listen(rdma_port, Rogue::Answer::reject, Bytes(148, 7));
    got = client.connect(a.ipv4(), rdma_port, request);
    EXPECT_TRUE(got.rejected()) << got.text;
    EXPECT_EQ(got.status, 28) << got.text;
    EXPECT_EQ(got.data, Bytes(148, 7));
    EXPECT_EQ(server.wait_request(5s).data, request);
    server.close();

    // Nobody answers.
    server.listen(rdma_port, Rogue::Answer::ignore);
    got = client.connect(a.ipv4(), rdma_port, {}, 300ms);
    EXPECT_EQ(got.state, "waiting") << got.text;
    EXPECT_EQ(server.wait_disconnected(5s).state, "rejected"); // the client gave up
    server.close();

    // Accepted: over IPv6, and everything that can be done then.
    server.listen(rdma_port, Rogue::Answer::accept, answer);
    got = client.connect(a.ipv6(), rdma_port, request);
    ASSERT_TRUE(got.established()) << got.text;
    EXPECT_EQ(got.data, answer);
    EXPECT_TRUE(server.wait_established(5s).established());
    EXPECT_THROW(client.connect(a.ipv4(), rdma_port, {}), Error); // the slot is in use

    EXPECT_EQ(client.send({1, 2, 3}), "ok");
    auto message = server.receive(5s);
    ASSERT_TRUE(message);
    EXPECT_FALSE(message->immediate);
    EXPECT_EQ(message->data, Bytes({1, 2, 3}));
    EXPECT_EQ(client.ring(0xcafe0001), "ok");
    message = server.receive(5s);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->immediate, 0xcafe0001U);
    EXPECT_FALSE(server.receive(10ms));

    RogueMemory memory = server.memory();
    server.poke(4096, {9, 8, 7, 6});
    Bytes data;
    EXPECT_EQ(client.read(memory.status_addr + 4096, memory.status_key, 4, &data), "ok");
    EXPECT_EQ(data, Bytes({9, 8, 7, 6}));
    EXPECT_EQ(client.write(memory.mailbox_addr + 100, memory.mailbox_key, Bytes(200, 3)), "ok");
    EXPECT_EQ(server.look(100, 200), Bytes(200, 3));
    EXPECT_EQ(client.write_with_immediate(memory.mailbox_addr, memory.mailbox_key, {4}, 5), "ok");
    EXPECT_EQ(server.receive(5s)->immediate, 5U);
    // A wrong key breaks the connection, and that is reported.
    EXPECT_EQ(client.read(memory.status_addr, memory.status_key ^ 1, 4).rfind("failed status=", 0), 0U);
    client.disconnect();
    EXPECT_EQ(server.wait_disconnected(5s).state, "disconnected");

    // The modules go with connections open.
    Rogue server2(a, 4), client2(b, 1);
    client.close();
    server.close();
    server2.listen(rdma_port, Rogue::Answer::accept);
    EXPECT_TRUE(client2.connect(a.ipv4(), rdma_port, {1}).established());
    a.must("rmmod ccm_rogue");
    EXPECT_EQ(client2.wait_disconnected(5s).state, "disconnected");
    b.must("rmmod ccm_rogue");
}

// Against CCM: requests that it rejects, and a connection that goes on to A0.
TEST_F(Modules, RogueConnectsToCcm)
{
    Node &a = ccm_node(1, 2);
    Node &b = cluster().add({.id = 2});
    cluster().boot();
    Rogue rogue(b);

    ccm_wire_request request = session_request(2, 1, "other");
    EXPECT_EQ(rogue.connect(a.ipv4(), rdma_port, encoded(request)).reject_code(), CCM_REJECT_CLUSTER);
    request = session_request(3, 1, "t");
    EXPECT_EQ(rogue.connect(a.ipv4(), rdma_port, encoded(request)).reject_code(), CCM_REJECT_NODE);
    Bytes bytes = encoded(session_request(2, 1, "t"));
    bytes.resize(20);
    EXPECT_EQ(rogue.connect(a.ipv4(), rdma_port, bytes).reject_code(), CCM_REJECT_MALFORMED);
    EXPECT_EQ(rogue.connect(a.ipv4(), rdma_port, {}).reject_code(), CCM_REJECT_MALFORMED);

    Rogue::Outcome got;
    for (std::uint32_t attempt = 1; attempt < 20 && !got.established(); attempt++) {
        // Node 1 may be trying itself at that moment.
        got = rogue.connect(a.ipv4(), rdma_port, encoded(session_request(2, 1, "t", 77, attempt)));
    }
    ASSERT_TRUE(got.established()) << got.text;
    ccm_wire_keys keys = rogue.receive_keys();
    Bytes page;
    ASSERT_EQ(rogue.read(keys.status_addr, keys.status_key, CCM_WIRE_STATUS_LEN, &page), "ok");
    ccm_wire_status status{};
    ASSERT_EQ(ccm_wire_get_status(page.data(), static_cast<u32>(page.size()), &status), 0);
    EXPECT_EQ(status.node, 1U);
    EXPECT_EQ(status.incarnation, keys.incarnation);
    rogue.close();
    b.must("rmmod ccm_rogue");
}

// Gives a command to a module that is driven by a file in debugfs; its result.
std::string told(Node &node, const std::string &module, const std::string &command, Duration timeout = 20s)
{
    return node.must(fmt::format("cd /sys/kernel/debug/{} && echo {} >run && cat run", module, command), timeout);
}

// The benchmark's plain connections: one, and many at once.
TEST_F(Modules, BenchConnects)
{
    Node &a = cluster().add();
    Node &b = cluster().add();
    cluster().boot();
    for (Node *node : {&a, &b})
        node->must("insmod /modules/ccm_bench.ko");
    told(a, "ccm_bench", "serve 18515");
    for (const std::string &address : {a.ipv4(), a.ipv6()}) {
        std::string said = told(b, "ccm_bench", "connect " + address + " 18515");
        EXPECT_NE(said.find(" total="), std::string::npos) << said;
        said = told(b, "ccm_bench", "parallel " + address + " 18515 64");
        EXPECT_EQ(said.rfind("ns=", 0), 0U) << said;
    }
    told(a, "ccm_bench", "stop");
    for (const char *command : {"connect {} 18515", "parallel {} 18515 8"})
        EXPECT_FALSE(
            b.run(fmt::format(fmt::runtime("echo " + std::string(command) + " >/sys/kernel/debug/ccm_bench/run"),
                              a.ipv4()))
                .ok());
    told(a, "ccm_bench", "serve 18515");
    for (Node *node : {&a, &b})
        node->must("rmmod ccm_bench");
}

// ... and its operations on a port beside the same on one of those.
TEST_F(Modules, BenchComparesAPortWithAPlainQueuePair)
{
    Node &a = ccm_node(1, 2, {}, 16 << 10);
    Node &b = ccm_node(2, 1, {}, 16 << 10);
    cluster().boot();
    a.must("insmod /modules/ccm_bench.ko");
    told(a, "ccm_bench", "serve 18515");
    for (Node *node : {&a, &b})
        node->must("insmod /modules/ccm_bench_client.ko ports=2 ask=2093056 give=2093056");
    b.until("cd /sys/kernel/debug/ccm_bench_client && echo ready >run && grep -q clients=1' ' run");
    EXPECT_FALSE(b.run("echo measure read 8 1 1 1 >/sys/kernel/debug/ccm_bench_client/run").ok()); // no plain one yet
    told(b, "ccm_bench_client", "raw " + a.ipv4() + " 18515");
    // Each begins with a check that the bytes arrive on both.
    for (const char *what : {"read", "write"})
        for (int bytes : {8, 4096, 65536})
            for (int depth : {1, 16}) {
                std::string said =
                    told(b, "ccm_bench_client", fmt::format("measure {} {} {} 20 2", what, bytes, depth), 120s);
                EXPECT_EQ(std::count(said.begin(), said.end(), '='), 4) << said;
            }
    EXPECT_NE(told(b, "ccm_bench_client", "post write 8 64 3").find("port="), std::string::npos);
    // A port that goes while it is measured ends that, and a new one can be.
    Command measure = b.start_command("echo measure read 4096 8 1000000 1 >/sys/kernel/debug/ccm_bench_client/run");
    told(a, "ccm_bench_client", "client off");
    EXPECT_FALSE(measure.wait(60s).ok());
    told(a, "ccm_bench_client", "client 2 2093056 2093056");
    b.until("cd /sys/kernel/debug/ccm_bench_client && echo ready >run && grep -q clients=1' ' run");
    told(b, "ccm_bench_client", "measure read 8 8 20 2");
    for (Node *node : {&b, &a})
        node->must("rmmod ccm_bench_client");
    a.must("rmmod ccm_bench");
}

} // namespace
