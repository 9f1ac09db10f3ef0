// SPDX-License-Identifier: GPL-2.0-only
// The same over iWARP (siw).
#include "host.h"
#include "pair.h"
#include "pattern.h"
#include "pingpong.h"

namespace ccm::test {
namespace {

class Siw : public PairTest {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}}, {.rdma = Rdma::siw}),
                  configured(2, {.partners = {1}}, {.rdma = Rdma::siw}));
    }
};

TEST_F(Siw, Ready)
{
    for (Node *node : both()) {
        json p = partner(*node, 3 - node->id());
        EXPECT_EQ(p["transport"], "iwarp");
        EXPECT_EQ(p["name"], cluster().node(3 - node->id()).name());
    }
    EXPECT_EQ(json::parse(a().must("ccmadm peek 2 --json"))["stage"], "kernel");
}

TEST_F(Siw, EachLoadOrder)
{
    for (Node *node : both())
        unload(*node, "READY");
    for (int first : {1, 2, 1, 2}) {
        load(cluster().node(first));
        load(cluster().node(3 - first));
        wait_ready(both());
        for (Node *node : both())
            EXPECT_EQ(partner(*node, 3 - node->id())["sessions"], 1);
        unload(cluster().node(first), "READY");
        unload(cluster().node(3 - first), "after its partner");
    }
}

// A client's port: the ring of its counterpart is a SEND here.
TEST_F(Siw, FailoverMonitorsTellEachOther)
{
    std::size_t mark = a().console().size();
    for (Node *node : both())
        node->must("insmod /modules/ccm_fm.ko");
    for (Node *node : both())
        node->must("ccmadm wait --client failover-monitor --timeout 20", 30s);
    a().console().wait_for("its monitor says of this node", soon, mark);
    for (Node *node : both())
        node->must("rmmod ccm_fm");
}

// READs go to registered memory here, WRITEs that ring are two work requests.
TEST_F(Siw, ClientsReadAndWrite)
{
    // What is written through one port is read through another.
    register_everywhere(both(), "mirror 4 4 3145728 3145728 idle");
    wait_client(a(), "mirror", 2);
    wait_client(b(), "mirror", 1);
    expect_memory_moves(a(), b());
    pattern(a(), "load mirror on");
    pattern(b(), "load mirror on");
    std::this_thread::sleep_for(1s);
    pattern(a(), "load mirror off");
    pattern(b(), "load mirror off");
    for (Node *node : both()) {
        for (const char *what : {"verified", "rung", "received"})
            EXPECT_GT(pattern_stat(*node, what), 0) << node->name() << ": " << what;
        EXPECT_EQ(pattern_stat(*node, "errors"), 0) << node->name();
        unload_pattern(*node);
    }
}

// The ring is a SEND behind the WRITE on one stream, and so it comes.
TEST_F(Siw, ARingComesBehindWhatWasWritten)
{
    load_pingpong(a(), b());
    for (const char *way : {"write", "send"})
        expect_rounds(a(), b(), 300, way);
    unload_pingpong(a(), b());
}

// siw answers those of a few bytes out of its header, and has them wrong.
TEST_F(Siw, ShortReadsAcrossAPage)
{
    register_everywhere(both(), "short 1 1 65536 65536 idle");
    wait_client(a(), "short", 2);
    wait_client(b(), "short", 1);
    EXPECT_EQ(pattern(b(), "fill local short 1 77"), "ok\n");
    // Each length with one, half, and all but one of its bytes on the first page
    auto bytes = [](Node &node, const std::string &command) {
        return node.must(fmt::format("cd /sys/kernel/debug/ccm_pattern; for length in 2 3 8 23 24 25 28 32 33; do "
                                     "for ahead in 1 $((length / 2)) $((length - 1)); do "
                                     "echo {} short {} $((8192 - ahead)) $length >run; read -r r <run; "
                                     "echo \"$length, $ahead: $r\"; done; done",
                                     command, 3 - node.id()));
    };
    EXPECT_EQ(bytes(a(), "read"), bytes(b(), "look"));
    for (Node *node : both())
        unload_pattern(*node);
}

// TCP has it, but there is nowhere to put it, and nobody says "not ready" here.
TEST_F(Siw, WhatFindsNoReceiveEndsThePort)
{
    load_pattern(b());
    EXPECT_EQ(pattern(b(), "register mirror 1 1 65536 65536 idle"), "ok\n");
    pattern(b(), "stick mirror on");
    Watch w = watch(a());
    register_everywhere({&a()}, "mirror 1 1 65536 65536 load 60000");
    w.wait_for([](const json &e) { return e["type"] == "client" && e["reason"] == "port-lost"; }, soon, "port-lost");
    pattern(b(), "stick mirror off");
    wait_client(a(), "mirror", 2);
    EXPECT_EQ(losses(w, 2), 0u);
    for (Node *node : both())
        unload_pattern(*node);
}

TEST_F(Siw, PowerLossIsUnreachable)
{
    Watch w = watch(a());
    b().kill();
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "unreachable");
    b().boot();
    w.wait_for(is_ready(2), soon);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Siw, GracefulRebootIsShutdown)
{
    Watch w = watch(a());
    b().reboot();
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "shutdown");
    w.wait_for(is_ready(2), soon);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Siw, UnloadOnThePartnerIsAdmin)
{
    Watch w = watch(a());
    unload(b(), "READY");
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "admin");
    load(b());
    w.wait_for(is_ready(2), soon);
}

TEST_F(Siw, CutCableIsUnreachableOnBothSidesAndMends)
{
    Watch wa = watch(a()), wb = watch(b());
    b().cable().cut();
    EXPECT_EQ(wa.wait_for(is(2, "down"), soon).json["reason"], "unreachable");
    EXPECT_EQ(wb.wait_for(is(1, "down"), soon).json["reason"], "unreachable");
    b().cable().restore();
    wa.wait_for(is_ready(2), soon);
    wb.wait_for(is_ready(1), soon);
}

// The fence takes away what READs go to while a client goes on posting them.
TEST_F(Siw, ReadsThatAreFenced)
{
    register_everywhere(both(), "mirror 4 4 1048576 1048576");
    Watch w = watch(a());
    for (int round = 0; round < 3; round++) {
        wait_client(a(), "mirror", 2);
        std::this_thread::sleep_for(300ms);
        b().cable().cut();
        w.wait_for(is(2, "down"), soon);
        b().cable().restore();
        w.wait_for(is_ready(2), soon);
    }
    for (Node *node : both()) {
        EXPECT_GT(pattern_stat(*node, "verified"), 0) << node->name();
        unload_pattern(*node);
    }
}

// siw connects in the caller's own time, and waits for a machine that does not answer. A reboot
// does not wait for that.
TEST_F(Siw, ASilentMachineHoldsUpNoReboot)
{
    Watch w = watch(a());
    b().stop();
    w.wait_for(is(2, "down"), soon);
    w.end();
    std::this_thread::sleep_for(3s); // an attempt, or another, is under way
    const Stopwatch stopwatch;
    a().start_command("reboot -f");
    a().wait_end();
    EXPECT_LT(stopwatch.elapsed(), 5s + stopwatch.waited_for_processors());
    b().cont();
    a().boot();
}

} // namespace
} // namespace ccm::test
