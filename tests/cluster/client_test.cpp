// SPDX-License-Identifier: GPL-2.0-only
//
// Kernel clients: what is negotiated for them, what they can do, what they are told, and
// the promises (include/linux/ccm.h), each of which the pattern client checks all the time.
#include "failing.h"
#include "host.h"
#include "pair.h"
#include "pattern.h"
#include "pingpong.h"

namespace ccm::test {
namespace {

class Clients : public PairTest {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}, .more = limits()}, {.memory_mb = 640}),
                  configured(2, {.partners = {1}, .more = limits()}, {.memory_mb = 640}));
    }

protected:
    static std::vector<std::string> limits() { return {"client_ports=64", "client_memory=64M", "node_memory=128M"}; }
    void TearDown() override
    {
        for (Node *node : both())
            if (node->running() && !node->stopped() && !node->panicked())
                unload_pattern(*node);
        // Nothing is left of them.
        for (Node *node : both())
            if (node->running() && !node->stopped() && loaded(*node)) {
                EXPECT_EQ(counter(*node, "node", "clients"), 0);
                EXPECT_EQ(counter(*node, "node", "client_ports"), 0);
                EXPECT_EQ(counter(*node, "node", "client_memory"), 0);
            }
        PairTest::TearDown();
    }
    static void wait_up(const std::string &name)
    {
        wait_client(a(), name, 2);
        wait_client(b(), name, 1);
    }
};

TEST_F(Clients, ReadAndWriteThePartnersMemory)
{
    register_everywhere(both(), "mirror 1 4 65536 65536 idle");
    wait_up("mirror");
    for (Node *node : both()) {
        json c = client(*node, "mirror", 3 - node->id());
        EXPECT_EQ(c["state"], "ready") << c.dump();
        EXPECT_EQ(c["ports"], 4);
        EXPECT_EQ(c["version"], 1);
        EXPECT_EQ(c["region"], 65536);
        EXPECT_EQ(c["region_partner"], 65536);
        node->must("ccmadm wait --client mirror --timeout 5");
    }
    expect_memory_moves(a(), b());
    EXPECT_EQ(pattern(a(), "write mirror 2 65532 cafebabe"), "ok\n");
    EXPECT_EQ(pattern(b(), "look mirror 1 65532 4"), "ok data=cafebabe\n");
    EXPECT_EQ(pattern(a(), "read mirror 2 65532 4"), "ok data=cafebabe\n");
    // Not a byte further.
    EXPECT_EQ(pattern(a(), "write mirror 2 65533 cafebabe"), "failed error=-34\n");
    EXPECT_EQ(pattern(a(), "read mirror 2 65536 1"), "failed error=-34\n");
    EXPECT_EQ(client(a(), "mirror", 2)["state"], "ready");
}

// What makes no sense is not started, and says why.
TEST_F(Clients, WhatMakesNoSenseIsRefused)
{
    register_everywhere(both(), "mirror 1 1 65536 65536 idle");
    wait_up("mirror");
    EXPECT_EQ(pattern(a(), "misuse mirror 2"), "ok\n");
    EXPECT_EQ(client(a(), "mirror", 2)["state"], "ready");
    EXPECT_EQ(pattern(a(), "fill remote mirror 2 7"), "ok\n");
}

// 64 MiB are 33 registrations on soft-RoCE, of 511 pages each.
TEST_F(Clients, RegionsLargerThanOneRegistration)
{
    register_everywhere(both(), "large 1 1 67108864 67108864 idle");
    wait_up("large");
    EXPECT_EQ(client(a(), "large", 2)["region_partner"], 67108864);
    constexpr long chunk = 511 * 4096;
    for (long border : {1L, 2L, 15L, 31L}) {
        SCOPED_TRACE(border);
        long at = border * chunk - 3;
        EXPECT_EQ(pattern(a(), fmt::format("write large 2 {} 010203040506", at)), "ok\n");
        EXPECT_EQ(pattern(b(), fmt::format("look large 1 {} 6", at)), "ok data=010203040506\n");
        EXPECT_EQ(pattern(a(), fmt::format("read large 2 {} 6", at)), "ok data=010203040506\n");
        // To the last byte of a chunk, and from the first one of the next
        EXPECT_EQ(pattern(a(), fmt::format("write large 2 {} 0708", at + 1)), "ok\n");
        EXPECT_EQ(pattern(a(), fmt::format("read large 2 {} 3", at + 3)), "ok data=040506\n");
    }
    EXPECT_EQ(pattern(a(), "write large 2 67108860 01020304"), "ok\n");
    EXPECT_EQ(pattern(b(), "look large 1 67108860 4"), "ok data=01020304\n");
    EXPECT_EQ(pattern(a(), "write large 2 67108861 01020304"), "failed error=-34\n");
}

// A region whose size is no multiple of anything ends where it ends.
TEST_F(Clients, OddSizes)
{
    register_everywhere(both(), "odd 1 1 2097155 2097155 idle");
    wait_up("odd");
    EXPECT_EQ(pattern(a(), "fill remote odd 2 5"), "ok\n");
    EXPECT_EQ(pattern(b(), "verify local odd 1 5"), "ok\n");
    EXPECT_EQ(pattern(a(), "write odd 2 2097154 0102"), "failed error=-34\n");
}

TEST_F(Clients, ClientsThatDoNotFitSayWhyAndHoldUpNobody)
{
    register_everywhere(both(), "good 1 1 4096 4096 idle");
    load_pattern(a());
    load_pattern(b());
    auto on = [](Node &node, const std::string &words) { EXPECT_EQ(pattern(node, "register " + words), "ok\n"); };
    on(a(), "greedy 1 1 65536 0 idle"); // asks for more than its counterpart gives
    on(b(), "greedy 1 1 0 4096 idle");
    on(a(), "wide 4 8 0 0 idle"); // needs more ports than its counterpart wants
    on(b(), "wide 1 2 0 0 idle");
    on(a(), "alone 1 1 0 0 idle"); // has no counterpart
    wait_up("good");
    auto expect = [](Node &node, const std::string &name, const std::string &state, const std::string &reason) {
        json c = client(node, name, 3 - node.id());
        EXPECT_EQ(c["state"], state) << c.dump();
        EXPECT_EQ(c["reason"], reason) << c.dump();
    };
    for (Node *node : both()) {
        expect(*node, "greedy", "incompatible", "memory");
        expect(*node, "wide", "incompatible", "ports");
    }
    expect(a(), "alone", "waiting", "no-counterpart");
    // The clients can know it, too.
    EXPECT_EQ(pattern(a(), "link greedy 2"), "state=incompatible reason=memory\n");
    EXPECT_EQ(pattern(a(), "link alone 2"), "state=waiting reason=no-counterpart\n");
    EXPECT_EQ(pattern(a(), "link alone 3"), "failed error=-2\n");
    EXPECT_EQ(pattern(a(), "link good 2").rfind("state=ready reason=none ", 0), 0u);
    // Replaced by one that fits, it is connected.
    pattern(b(), "unregister greedy");
    on(b(), "greedy 1 1 0 65536 idle");
    wait_up("greedy");
    EXPECT_EQ(client(b(), "greedy", 1)["region"], 65536);
}

// Ping-pong looks into its region when it is rung. A ring that came in front of its WRITE would find
// another round there, or a part of one: no echo, or bytes that nobody sent.
TEST_F(Clients, ARingComesBehindWhatWasWritten)
{
    load_pingpong(a(), b());
    b().cable().set({.duplicate = 0.02, .delay = 500us, .jitter = 2ms});
    for (const char *way : {"write", "send"})
        expect_rounds(a(), b(), 40, way); // most of them with a frame that is repeated
    b().cable().heal();
    unload_pingpong(a(), b());
}

// What Documentation/clients.rst begins with.
TEST_F(Clients, TheSampleGreets)
{
    std::size_t mark[2] = {a().console().size(), b().console().size()};
    for (Node *node : both())
        node->must("insmod /modules/ccm_sample.ko");
    for (Node *node : both()) {
        const int other = 3 - node->id();
        auto says = [&](const std::string &text) { node->console().wait_for(text, soon, mark[node->id() - 1]); };
        says(
            fmt::format("ccm_sample: partner {0}: its memory says \"hello, node {0}, from {1}\"", other, node->name()));
        says(fmt::format("ccm_sample: partner {} wrote \"hello, node {}, from {}\"", other, node->id(),
                         cluster().node(other).name()));
    }
    for (Node *node : both())
        node->must("rmmod ccm_sample");
    for (Node *node : both())
        node->console().wait_for(fmt::format("ccm_sample: partner {}: down (none)", 3 - node->id()), soon,
                                 mark[node->id() - 1]);
}

TEST_F(Clients, LimitsOfTheNodeHold)
{
    // Three times 64 MiB are more than node_memory.
    for (const char *name : {"one", "two", "three"})
        register_everywhere(both(), fmt::format("{} 1 1 67108864 67108864 idle", name));
    wait_up("one");
    wait_up("two");
    EXPECT_EQ(pattern(a(), "wait three 2 up 1500"), "failed timeout\n");
    EXPECT_EQ(client(a(), "three", 2)["reason"], "limit") << client(a(), "three", 2).dump();
    for (Node *node : both())
        EXPECT_EQ(counter(*node, "node", "client_memory"), 128 << 20);
    // There is room again.
    for (Node *node : both())
        pattern(*node, "unregister one");
    wait_up("three");
}

TEST_F(Clients, RegistrationsThatAreRefused)
{
    load_pattern(a());
    const struct {
        std::string words, error, message;
    } table[] = {
        {"x 65 65 0 0 idle", "-122", "client x: needs 65 ports, ccm allows 64 (client_ports=)"},
        {"x 1 1 0 67108865 idle", "-122", "ccm allows 67108864 (client_memory=)"},
        {"x 0 1 0 0 idle", "-22", "client x: 0 to 1 ports are no range from 1 on"},
        {"x 2 1 0 0 idle", "-22", "client x: 2 to 1 ports are no range from 1 on"},
        {"x 1 1 0 0 idle 99", "-22", "client x: op_ms 99 is not 100 to 600000"},
    };
    for (const auto &row : table) {
        SCOPED_TRACE(row.words);
        const std::size_t mark = a().console().size();
        EXPECT_EQ(pattern(a(), "register " + row.words), "failed error=" + row.error + "\n");
        EXPECT_NO_THROW(a().console().wait_for(row.message, 5s, mark));
    }
    EXPECT_EQ(pattern(a(), "register x 1 64 0 67108864 idle 100"), "ok\n");
    EXPECT_EQ(pattern(a(), "register x 1 1 0 0 idle"), "failed error=-17\n");
}

TEST_F(Clients, ClientsComeAndGoWhileReady)
{
    Watch w = watch(a());
    for (int i = 0; i < 5; i++) {
        register_everywhere(both(), "guest 1 2 8192 8192");
        wait_up("guest");
        pattern(b(), "unregister guest");
        wait_client(a(), "guest", 2, "down");
        w.wait_for(
            [](const json &e) { return e["type"] == "client" && e["client"] == "guest" && e["state"] == "waiting"; },
            soon, "guest waiting");
        pattern(a(), "unregister guest");
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

// ready() may fail: the link is closed, and tried again; the client is shown as ready when it is.
TEST_F(Clients, AClientThatCannotSetItselfUpIsTriedAgain)
{
    load_pattern(a());
    EXPECT_EQ(pattern(a(), "register mirror 1 1 65536 65536"), "ok\n");
    pattern(a(), "decline mirror 2");
    Watch wa = watch(a()), wb = watch(b());
    register_everywhere({&b()}, "mirror 1 1 65536 65536");
    auto shown = [](const char *key, const char *value) {
        return
            [key, value](const json &e) { return e["type"] == "client" && e["client"] == "mirror" && e[key] == value; };
    };
    // Each side says whose fault it is; nothing of it is a loss of the partner.
    EXPECT_EQ(wa.wait_for(shown("reason", "client"), soon).json["state"], "opening");
    EXPECT_EQ(wb.wait_for(shown("reason", "client"), soon).json["state"], "opening");
    wait_up("mirror");
    wa.wait_for(shown("state", "ready"), soon);
    EXPECT_EQ(wa.count(shown("state", "ready")), 1u);
    EXPECT_EQ(pattern_stat(a(), "declined"), 2);
    EXPECT_EQ(pattern_stat(a(), "readies"), 1);
    EXPECT_EQ(pattern_stat(a(), "downs"), 0);
    EXPECT_LE(pattern_stat(b(), "downs"), 2);
    EXPECT_EQ(losses(wa, 2), 0u);
    a().expect_in_log("client mirror could not set itself up for partner 2: error -16");
}

// ... while its ready() has not returned, it is not shown as ready.
TEST_F(Clients, AClientThatSetsItselfUpIsOpening)
{
    load_pattern(a());
    EXPECT_EQ(pattern(a(), "register mirror 1 1 4096 4096 idle"), "ok\n");
    pattern(a(), "stick mirror on");
    register_everywhere({&b()}, "mirror 1 1 4096 4096 idle");
    wait_client(b(), "mirror", 1);
    EXPECT_EQ(client(b(), "mirror", 1)["state"], "ready");
    EXPECT_EQ(client(a(), "mirror", 2)["state"], "opening");
    pattern(a(), "stick mirror off");
    wait_client(a(), "mirror", 2);
    a().must("ccmadm wait --client mirror --timeout 5");
}

// Under load, when ports break, too. And asked within down(), CCM says what became of the link.
TEST_F(Clients, DownSaysWhy)
{
    auto expect = [](const std::string &said) {
        wait_client(a(), "mirror", 2, "down");
        const std::string why = pattern(a(), "why mirror 2");
        EXPECT_EQ(why.rfind(said, 0), 0u) << why;
    };
    register_everywhere(both(), "mirror 2 2 65536 65536");
    wait_up("mirror");
    pattern(b(), "unregister mirror");
    expect("down=none state=waiting reason=left partner=READY\n");
    EXPECT_EQ(pattern(b(), "register mirror 2 2 65536 65536"), "ok\n");
    wait_up("mirror");
    EXPECT_EQ(pattern(b(), "reset mirror 1"), "ok\n");
    b().until("cd /sys/kernel/debug/ccm_pattern && echo why mirror 1 >run && "
              "[ \"$(cat run)\" = 'down=none state=opening reason=client partner=READY' ]",
              soon);
    wait_up("mirror");
    b().power_off();
    expect("down=shutdown state=waiting reason=no-session partner=DOWN\n");
    b().boot();
    register_everywhere({&b()}, "mirror 2 2 65536 65536");
    wait_up("mirror");
    b().kill();
    expect("down=unreachable state=waiting reason=no-session partner=DOWN\n");
    b().boot();
}

// What became of it CCM knows before each of them hears DOWN: also when the first one asks while the
// next is still being closed.
TEST_F(Clients, LinksThatGoTogetherSayWhy)
{
    const std::vector<std::string> names = {"one", "two", "three"};
    for (const std::string &name : names)
        register_everywhere(both(), name + " 1 1 4096 4096 idle");
    for (const std::string &name : names)
        wait_up(name);
    Watch w = watch(a());
    // Node 1 hears of the last two at once: the table with the first is repeated until it has come.
    b().cable().cut();
    b().must("cd /sys/kernel/debug/ccm_pattern && for c in one two three; do echo reset $c 1 >run; done");
    b().cable().restore();
    a().until("cd /sys/kernel/debug/ccm_pattern && echo stats all >run && grep -q '^sum.* downs=3 ' run", soon);
    // That its port is gone it may hear first: both were lost, and are repeated when they are due.
    auto down = [](const char *reason) {
        return fmt::format("down=none state=opening reason={} partner=READY\n", reason);
    };
    for (const std::string &name : names) {
        const std::string why = pattern(a(), fmt::format("why {} 2", name));
        EXPECT_TRUE(why == down("client") || why == down("port-lost")) << name << ": " << why;
    }
    EXPECT_EQ(losses(w, 2), 0u);
}

TEST_F(Clients, AClientThatIsStuckHoldsUpNoOther)
{
    load_pattern(a());
    EXPECT_EQ(pattern(a(), "register stuck 1 1 4096 4096 idle"), "ok\n");
    pattern(a(), "stick stuck on");
    register_everywhere({&b()}, "stuck 1 1 4096 4096 idle");
    wait_client(b(), "stuck", 1);
    register_everywhere(both(), "mirror 1 1 65536 65536");
    wait_up("mirror");
    b().kill();
    wait_client(a(), "mirror", 2, "down");
    pattern(a(), "stick stuck off");
    b().boot();
}

TEST_F(Clients, AClientResetsItsLink)
{
    register_everywhere(both(), "mirror 2 2 65536 65536 idle");
    wait_up("mirror");
    EXPECT_EQ(pattern(a(), "fill remote mirror 2 9"), "ok\n");
    Watch w = watch(a());
    EXPECT_EQ(pattern(a(), "reset mirror 2"), "ok\n");
    w.wait_for([](const json &e) { return e["type"] == "client" && e["reason"] == "client"; }, soon, "client");
    for (Node *node : both())
        node->until("cd /sys/kernel/debug/ccm_pattern && echo stats all >run && grep -q '^sum readies=2 downs=1 ' run",
                    soon);
    EXPECT_EQ(pattern(a(), "verify remote mirror 2 9"), "ok\n");
    EXPECT_EQ(losses(w, 2), 0u);
}

// Soft-RoCE repeats without limit what finds no receive buffer; an operation ends all the same.
TEST_F(Clients, ACounterpartThatIsStuckIsNotWaitedForWithoutEnd)
{
    load_pattern(b());
    EXPECT_EQ(pattern(b(), "register mirror 1 1 65536 65536 idle"), "ok\n");
    pattern(b(), "stick mirror on");
    Watch w = watch(a());
    register_everywhere({&a()}, "mirror 1 1 65536 65536 load 1000");
    wait_client(a(), "mirror", 2);
    Stopwatch stopwatch;
    w.wait_for([](const json &e) { return e["type"] == "client" && e["reason"] == "timeout"; }, soon, "timeout");
    wait_client(a(), "mirror", 2, "down");
    EXPECT_LT(stopwatch.elapsed(), 3s + stopwatch.waited_for_processors());
    EXPECT_GT(pattern_stat(a(), "late"), 0);
    pattern(b(), "stick mirror off");
    wait_up("mirror");
    wait_more_verified(a());
    EXPECT_EQ(losses(w, 2), 0u);
}

// In-flight operations at DOWN complete once, with an error: the pattern client counts.
TEST_F(Clients, LoadSurvivesTheLossOfThePartner)
{
    register_everywhere(both(), "mirror 2 4 1048576 1048576");
    wait_up("mirror");
    std::this_thread::sleep_for(500ms);
    b().kill();
    wait_client(a(), "mirror", 2, "down");
    EXPECT_GT(pattern_stat(a(), "verified"), 0);
    EXPECT_EQ(pattern_stat(a(), "violations"), 0);
    b().boot();
    register_everywhere({&b()}, "mirror 2 4 1048576 1048576");
    wait_up("mirror");
    wait_more_verified(a());
}

// What the partner wrote stays where it is, and can be read, when the partner is gone.
TEST_F(Clients, TheRegionOutlivesThePartner)
{
    register_everywhere(both(), "log 1 1 65536 65536 idle");
    wait_up("log");
    EXPECT_EQ(pattern(b(), "fill remote log 1 77"), "ok\n");
    b().kill();
    wait_client(a(), "log", 2, "down");
    EXPECT_EQ(pattern(a(), "verify local log 2 77"), "ok\n");
    b().boot();
    register_everywhere({&b()}, "log 1 1 65536 65536 idle");
    wait_up("log");
    EXPECT_EQ(pattern(a(), "verify local log 2 77"), "ok\n");
    EXPECT_EQ(pattern(b(), "verify remote log 1 77"), "ok\n");
}

// The words that begin the pages of a region, each of them once.
std::string pages_of_log(Node &node, int size)
{
    return node.must(fmt::format("cd /sys/kernel/debug/ccm_pattern; at=0; while [ $at -lt {} ]; do "
                                 "echo look log 2 $at 8 >run; read -r r <run; echo ${{r#ok data=}}; "
                                 "at=$((at + 4096)); done | sort -u",
                                 size),
                     60s);
}

// A counterpart that asks for more the next time gets more; the client is asked first. No more
// is set aside than it asks for, and nothing of anything else is in it.
TEST_F(Clients, ARegionGrows)
{
    // cleared in pieces of 2 MiB
    constexpr int more = 5 << 20;
    register_everywhere(both(), fmt::format("log 1 1 4096 {} idle", more));
    wait_up("log");
    EXPECT_EQ(counter(a(), "node", "client_memory"), 4096) << "of all that it would give";
    EXPECT_EQ(pattern(b(), "fill remote log 1 9"), "ok\n");
    pattern(b(), "unregister log");
    wait_client(a(), "log", 2, "down");
    EXPECT_EQ(pattern_stat(a(), "releases"), 0);
    EXPECT_EQ(pattern(b(), fmt::format("register log 1 1 {0} {0} idle", more)), "ok\n");
    wait_up("log");
    EXPECT_EQ(client(a(), "log", 2)["region"], more);
    EXPECT_EQ(counter(a(), "node", "client_memory"), more);
    EXPECT_EQ(pattern_stat(a(), "releases"), 1);
    EXPECT_EQ(pages_of_log(a(), more), "0000000000000000\n");
    EXPECT_EQ(pattern(b(), "fill remote log 1 3"), "ok\n");
    EXPECT_EQ(pattern(a(), "verify local log 2 3"), "ok\n");
}

/*
 * Fencing. Node 2 is stopped in the middle of its writes, or cut off and goes on writing
 * (its own detection time is long). When node 1 has said DOWN, its memory is its own:
 * whatever comes of the old session later changes nothing.
 */
class Fencing : public Clients {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}, .detect_ms = 500}),
                  configured(2, {.partners = {1}, .detect_ms = 60000}));
    }

protected:
    // Node 2 writes without end. Once it does, LOSE; when node 1 has said DOWN, node 1's CPU
    // fills the region, FIND. Nothing of node 2's may show then.
    void expect_fenced(const std::function<void()> &lose, const std::function<void()> &find)
    {
        // so much that writing takes longer than a busy machine needs to see that it has begun
        register_everywhere(both(), "mirror 1 1 16777216 16777216 idle");
        wait_up("mirror");
        Command writing = start_pattern(b(), "fill remote mirror 1 1001");
        a().until("cd /sys/kernel/debug/ccm_pattern && echo look mirror 2 0 8 >run && "
                  "! grep -q data=0000000000000000 run",
                  soon, 10ms);
        lose();
        wait_client(a(), "mirror", 2, "down");
        EXPECT_FALSE(writing.ended()) << "node 2 was through too early for this test";
        EXPECT_EQ(pattern(a(), "fill local mirror 2 2002"), "ok\n");
        find();
        EXPECT_TRUE(writing.wait(60s).ok());
        std::string said = writing.wait(1s).output;
        EXPECT_EQ(said.rfind("failed", 0), 0u) << said;
        wait_client(a(), "mirror", 2, "up");
        EXPECT_EQ(pattern(a(), "verify local mirror 2 2002"), "ok\n");
    }
};

TEST_F(Fencing, AStoppedMachineThatGoesOnWritingChangesNothing)
{
    expect_fenced([] { b().stop(); }, [] { b().cont(); });
}

TEST_F(Fencing, AMachineThatWasCutOffAndGoesOnWritingChangesNothing)
{
    expect_fenced([] { b().cable().cut(); }, [] { b().cable().restore(); });
}

TEST_F(Fencing, AMachineThatIsNotHeardAndGoesOnWritingChangesNothing)
{
    expect_fenced([] { b().cable().cut_to_node(); }, [] { b().cable().restore(); });
}

// Nor is there a new way to write here before the client has seen what the last one has left: down() has
// to return first.
TEST_F(Fencing, NothingLandsBeforeDownHasReturned)
{
    register_everywhere(both(), "log 1 1 65536 65536 idle");
    wait_up("log");
    EXPECT_EQ(pattern(b(), "fill remote log 1 77"), "ok\n");
    pattern(a(), "stick log down");
    Watch w = watch(a());
    b().kill();
    w.wait_for(is(2, "down"), soon);
    wait_client(a(), "log", 2, "down");
    b().boot();
    w.wait_for(is_ready(2), soon); // the session does not wait for a client
    register_everywhere({&b()}, "log 1 1 65536 65536 idle");
    EXPECT_EQ(pattern(b(), "wait log 1 up 3000"), "failed timeout\n");
    EXPECT_EQ(client(a(), "log", 2)["state"], "opening");
    EXPECT_EQ(pattern(a(), "verify local log 2 77"), "ok\n");
    pattern(a(), "stick log off");
    wait_up("log");
    EXPECT_EQ(pattern(a(), "verify local log 2 77"), "ok\n");
}

// A client can leave at any time, its partner dead or not.
TEST_F(Fencing, LeavingWithOperationsInFlightIsBounded)
{
    register_everywhere(both(), "mirror 4 4 1048576 1048576");
    wait_up("mirror");
    // Node 1 has noticed nothing yet, and its operations are stuck.
    b().stop();
    std::this_thread::sleep_for(100ms);
    unload_pattern(a());
    b().cont();
    // The module goes with them.
    register_everywhere({&a()}, "mirror 4 4 1048576 1048576");
    wait_up("mirror");
    b().cable().cut();
    a().must("rmmod ccm_pattern");
    b().cable().restore();
}

/*
 * The same, when node 1's driver takes 50 s to destroy a queue pair: nobody waits for that, neither
 * DOWN nor the next session, and nothing late arrives for it.
 */
class SlowDriver : public Fencing {
public:
    static void SetUpTestSuite()
    {
        cluster(failing_settings());
        Fencing::SetUpTestSuite();
    }

protected:
    void SetUp() override
    {
        Fencing::SetUp();
        let_take(a(), "ib_destroy_qp", 50s);
    }
    void TearDown() override
    {
        let_take(a(), "ib_destroy_qp", 0s);
        let_take(a(), "__vmalloc", 0s);
        let_take(a(), "queue_work", 0s);
        let_refuse(a(), "ib_dereg_mr", 0);
        Fencing::TearDown();
    }

    // A client is up. Then its partner dies, and this call of the fence fails; the log names it, or
    // the one before it, which has failed, too.
    static void lose_partner_and_fail(const std::string &function) { lose_partner_and_fail(function, function, {}); }
    static void lose_partner_and_fail(
        const std::string &function, const std::string &named, const std::vector<Failing> &before,
        const std::string &client = "mirror 1 1 8192 8192 idle", const std::function<void()> &die = [] { b().kill(); })
    {
        let_take(a(), "ib_destroy_qp", 0s);
        register_everywhere({&a()}, client);
        register_everywhere({&b()}, "mirror 1 1 8192 8192 idle");
        wait_up("mirror");
        EXPECT_EQ(pattern(b(), "fill remote mirror 1 77"), "ok\n");
        Watch w = cluster().watch(a());
        const std::size_t mark = a().console().size();
        let_refuse(a(), function, 1);
        for (const Failing &one : before)
            let_fail(a(), one);
        die();
        w.wait_for(is(2, "down"), soon);
        wait_client(a(), "mirror", 2, "down");
        a().console().wait_for(fmt::format("device rxe0 is in quarantine: {} failed with error 12", named), soon, mark);
        w.end();
    }
    // Tried, and again, and never READY
    static void expect_no_session()
    {
        b().boot();
        register_everywhere({&b()}, "mirror 1 1 8192 8192 idle");
        const long long tried = counter(a(), "partner-2", "attempts");
        wait_counter(a(), "partner-2", "attempts", tried + 2);
        EXPECT_NE(partner(a(), 2)["state"], "ready");
    }
};

TEST_F(SlowDriver, AStoppedMachineThatGoesOnWritingChangesNothing)
{
    expect_fenced([] { b().stop(); }, [] { b().cont(); });
}

TEST_F(SlowDriver, AMachineThatWasCutOffAndGoesOnWritingChangesNothing)
{
    expect_fenced([] { b().cable().cut(); }, [] { b().cable().restore(); });
}

TEST_F(SlowDriver, HoldsUpNeitherDownNorTheNextSession)
{
    register_everywhere(both(), "mirror 2 2 1048576 1048576");
    wait_up("mirror");
    const Calls before = ends(a());
    Watch w = watch(a());
    const Stopwatch stopwatch;
    const TimePoint killed = b().kill();
    const Event down = w.wait_for(is(2, "down"), soon);
    wait_client(a(), "mirror", 2, "down");
    std::printf("DOWN %.0f ms after the partner was killed, with 500 ms to detect it\n",
                milliseconds(down.at - killed));
    EXPECT_LT(down.at - killed, 1000ms + stopwatch.waited_for_processors());
    b().boot();
    register_everywhere({&b()}, "mirror 2 2 1048576 1048576");
    wait_up("mirror");
    // The session's queue pair and both ports' are still being destroyed.
    EXPECT_GE(ends(a())["ib_destroy_qp"] - before.at("ib_destroy_qp"), 3);
    EXPECT_LT(stopwatch.elapsed(), 50s) << "too late for this test";
}

// Nor does setting memory aside for another client, 511 MiB of it, say.
TEST_F(SlowDriver, MemoryThatTakesLongHoldsUpNoVerdict)
{
    let_take(a(), "ib_destroy_qp", 0s);
    register_everywhere(both(), "mirror 2 2 65536 65536");
    wait_up("mirror");
    let_take(a(), "__vmalloc", 8s);
    const long long before = ends(a())["__vmalloc"];
    register_everywhere(both(), "huge 1 1 65536 65536 idle");
    const Stopwatch stopwatch;
    while (ends(a())["__vmalloc"] == before && stopwatch.elapsed() < soon)
        std::this_thread::sleep_for(20ms);
    EXPECT_EQ(ends(a())["__vmalloc"], before + 1);
    Watch w = watch(a());
    const TimePoint killed = b().kill();
    const Event down = w.wait_for(is(2, "down"), soon);
    wait_client(a(), "mirror", 2, "down");
    std::printf("DOWN %.0f ms after the partner was killed, with 500 ms to detect it\n",
                milliseconds(down.at - killed));
    EXPECT_LT(stopwatch.elapsed(), 6s + stopwatch.waited_for_processors());
    let_take(a(), "__vmalloc", 0s);
    b().boot();
}

// A client that runs at once, on another CPU, finds what it may ask in down() shown already.
TEST_F(SlowDriver, WhatAClientMayAskInDownIsShownBefore)
{
    let_take(a(), "ib_destroy_qp", 0s);
    register_everywhere(both(), "mirror 1 1 8192 8192 idle");
    wait_up("mirror");
    let_take(a(), "queue_work", 60ms);
    b().kill();
    wait_client(a(), "mirror", 2, "down");
    EXPECT_EQ(pattern(a(), "why mirror 2"), "down=unreachable state=waiting reason=no-session partner=DOWN\n");
    b().boot();
    register_everywhere({&b()}, "mirror 1 1 8192 8192 idle");
    wait_up("mirror");
    // One that leaves would complain of it itself: see ask_why() in pattern/client.c.
    EXPECT_EQ(pattern(a(), "unregister mirror").rfind("ok", 0), 0U);
}

// A machine that goes down does not wait for a driver.
TEST_F(SlowDriver, HoldsUpNoReboot)
{
    b().kill();
    a().must("ccmadm wait --state down --timeout 20", 30s);
    const Stopwatch stopwatch;
    a().reboot();
    b().boot();
    wait_ready(both());
    EXPECT_LT(stopwatch.elapsed(), 30s + stopwatch.waited_for_processors());
}

// What the device may still reach is given up, the device takes no new session, and the log says
// so; it is used again when it was deleted and added.
TEST_F(SlowDriver, AFenceThatFailsIsQuarantine)
{
    lose_partner_and_fail("ib_dereg_mr");
    // It is the client's to look at, but counts for ever.
    EXPECT_EQ(pattern(a(), "verify local mirror 2 77"), "ok\n");
    expect_no_session();
    a().must("rdma link del rxe0");
    a().add_rdma_link();
    wait_up("mirror");
    EXPECT_EQ(counter(a(), "node", "client_memory"), 2 * 8192);
    // For the tests behind this one
    unload_pattern(a());
    EXPECT_EQ(counter(a(), "node", "client_memory"), 8192);
    unload(a(), "with memory that was given up");
    load(a());
}

// What the driver still has of it stays with the driver, until this node's kernel ends.
TEST_F(SlowDriver, AQueuePairThatIsNotDestroyedIsQuarantine)
{
    lose_partner_and_fail("ib_destroy_qp");
    expect_no_session();
    a().kill();
    a().boot();
}

// Neither the error state nor destroying it: nobody knows what still goes through it. A client is
// told of each operation whose memory it must leave alone.
TEST_F(SlowDriver, AQueuePairThatCannotBeEndedIsQuarantine)
{
    load_pattern(a(), "depth=2 size=4096");
    lose_partner_and_fail("rdma_destroy_qp", "ib_modify_qp", {{site("ccm/rdma/endpoint.c", "ib_modify_qp"), 0, 60'000}},
                          // its last word is there before the transport gives up and gives back
                          "mirror 1 1 8192 8192", [] { b().panic(); });
    EXPECT_EQ(pattern_stat(a(), "lost"), 2);
    EXPECT_EQ(counter(a(), "node", "given_up"), 1);
    expect_no_session();
    a().kill();
    a().boot();
}

/*
 * Many at once, and never the same for long. A loaded node of the debug kernel answers
 * late, which is not what this is about.
 */
class Crowd : public Clients {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}, .detect_ms = 2000}, {.memory_mb = 640}),
                  configured(2, {.partners = {1}, .detect_ms = 2000}, {.memory_mb = 640}));
    }
};

// A command for each of 64 clients; $i is its number, and $((10 + i)) a byte of its own. In
// one go: it is the clients that are to be many, not the shells.
void for_each_client(Node &node, const std::string &command, const std::string &result = "ok")
{
    node.must(
        fmt::format("cd /sys/kernel/debug/ccm_pattern; i=0; while [ $i -lt 64 ]; do "
                    "echo \"{}\" >run && read -r r <run && [ \"$r\" = \"{}\" ] || {{ echo \"c$i: $r\"; exit 1; }}; "
                    "i=$((i + 1)); done",
                    command, result),
        120s);
}

TEST_F(Crowd, SixtyFourClientsWithFourPortsEach)
{
    const std::string registration = "register c$i 4 4 8192 8192 idle";
    const std::string up = "ok ports=4 region=8192 partner_region=8192";
    for (Node *node : both()) {
        load_pattern(*node);
        for_each_client(*node, registration);
    }
    TimePoint start = Clock::now();
    for (Node *node : both())
        for_each_client(*node, fmt::format("wait c$i {} up 20000", 3 - node->id()), up);
    std::printf("all up %.1f s after the last was registered\n", seconds(Clock::now() - start));
    for (Node *node : both())
        EXPECT_EQ(counter(*node, "node", "client_ports"), 256);
    EXPECT_EQ(pattern(a(), "register c64 1 1 0 0 idle"), "failed error=-28\n");
    // All of them are there again after a loss of the session, and each works.
    Watch w = watch(a());
    b().kill();
    w.wait_for(is_down(2, "unreachable"), soon);
    b().boot();
    load_pattern(b());
    for_each_client(b(), registration);
    for_each_client(a(), "wait c$i 2 up 20000", up);
    for_each_client(a(), "write c$i 2 0 $((10 + i))");
    for_each_client(b(), "look c$i 1 0 1", "ok data=$((10 + i))");
}

TEST_F(Crowd, SixteenComeAndGoForAMinuteUnderLoadAndFaults)
{
    for (Node *node : both())
        load_pattern(*node, "size=4096 depth=2 pace_ms=2");
    for (Node *node : both())
        node->must("cd /sys/kernel/tracing && echo >trace && echo 1 >events/ccm/enable");
    Watch wa = watch(a()), wb = watch(b());
    b().cable().set({.loss = 0.004, .duplicate = 0.02, .delay = 1ms, .jitter = 1ms});
    Command one = start_pattern(a(), "churn 60 1"), two = start_pattern(b(), "churn 60 2");
    for (Command *churn : {&one, &two}) {
        Result result = churn->wait(120s);
        std::printf("%s", result.output.c_str());
        EXPECT_NE(result.output.find(" failed=0 "), std::string::npos) << result.output << result.errors;
        EXPECT_NE(result.output.find(" violations=0"), std::string::npos) << result.output << result.errors;
    }
    for (Node *node : both()) {
        const Watch &watched = node == &a() ? wa : wb;
        EXPECT_EQ(losses(watched, 3 - node->id()), 0u)
            << "a session was lost on the way, and before that:\n"
            << node->must("grep -B 40 'ccm_state.*DOWN' /sys/kernel/tracing/trace | grep -v FLUSH | tail -n 60");
        node->must("echo 0 >/sys/kernel/tracing/events/ccm/enable");
    }
    b().cable().heal();
    // And whoever comes now is served as ever.
    wait_ready(both());
    register_everywhere(both(), "last 2 2 65536 65536 idle");
    wait_up("last");
}

class ThreeWithClients : public SharedTest {
public:
    static void SetUpTestSuite()
    {
        for (int id : {1, 2, 3})
            cluster().add(configured(id, {.partners = others(id)}));
        cluster().boot();
    }

protected:
    static std::vector<int> others(int id) { return {id % 3 + 1, (id + 1) % 3 + 1}; }
    static std::vector<Node *> all() { return {&cluster().node(1), &cluster().node(2), &cluster().node(3)}; }
};

// A client is told of each partner separately.
TEST_F(ThreeWithClients, TheLossOfOneHurtsNoClientOfTheOthers)
{
    Node &one = cluster().node(1), &two = cluster().node(2), &three = cluster().node(3);
    wait_ready(all());
    register_everywhere(all(), "mirror 1 2 65536 65536");
    for (Node *node : all())
        for (int other : others(node->id()))
            wait_client(*node, "mirror", other);
    auto downs = [](Node &node) { return pattern_stat(node, "downs"); };
    for (int round = 1; round <= 2; round++) {
        three.kill();
        for (Node *node : {&one, &two}) {
            wait_client(*node, "mirror", 3, "down");
            EXPECT_EQ(downs(*node), round) << node->name() << " lost more than one";
            EXPECT_EQ(client(*node, "mirror", 3 - node->id())["state"], "ready");
        }
        three.boot();
        wait_ready(all());
        register_everywhere({&three}, "mirror 1 2 65536 65536");
        for (int other : {1, 2})
            wait_client(three, "mirror", other);
        for (Node *node : {&one, &two})
            wait_client(*node, "mirror", 3);
    }
    for (Node *node : all())
        unload_pattern(*node);
}

} // namespace
} // namespace ccm::test
