// SPDX-License-Identifier: GPL-2.0-only
//
// What it means that an operation has completed (include/linux/ccm.h): the partner has it,
// whatever becomes of the node that wrote, over any transport. And that it does, in its time.
#include "host.h"
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

class Written : public PairTest {
protected:
    static void boot(Rdma rdma, unsigned detect_ms = calm_detect_ms)
    {
        // 2 MiB in one READ are a burst of frames.
        make_pair(configured(1, {.partners = {2}, .detect_ms = detect_ms}, {.rdma = rdma, .wire_kib = 4096}),
                  configured(2, {.partners = {1}, .detect_ms = detect_ms}, {.rdma = rdma, .wire_kib = 4096}));
    }
    void TearDown() override
    {
        for (Node *node : both())
            if (node->running())
                unload_pattern(*node);
        PairTest::TearDown();
    }
    static void register_log(const std::vector<Node *> &nodes, const std::string &more = "65536 65536 idle")
    {
        register_everywhere(nodes, "log 1 1 " + more);
        wait_client(a(), "log", 2);
        wait_client(b(), "log", 1);
    }
    // Node 1 writes one number after the other to one place, and says each that has completed.
    static Command write_numbers()
    {
        return a().start_command("cd /sys/kernel/debug/ccm_pattern; i=0; while :; do i=$((i + 1)); "
                                 "echo \"write log 2 0 $(printf %016x $i)\" >run; read -r r <run; "
                                 "[ \"$r\" = ok ] || exit 0; echo $i; done");
    }
    static std::uint64_t number_at_survivor()
    {
        std::string said = pattern(b(), "look log 1 0 8");
        return std::stoull(said.substr(said.find('=') + 1), nullptr, 16);
    }
    // The survivor looks, after the other was killed: just so, or when it had noticed that
    // nothing arrives any more.
    void expect_survival()
    {
        register_log(both());
        for (bool cut : {true, false, true, false}) {
            SCOPED_TRACE(cut ? "cut, then killed" : "killed");
            Command writing = write_numbers();
            writing.wait_line("30", soon);
            if (cut) {
                Watch w = watch(a());
                b().cable().cut();
                w.wait_for(is(2, "down"), soon);
            }
            a().kill();
            const std::uint64_t completed = std::stoull(writing.lines().back().text);
            wait_client(b(), "log", 1, "down");
            const std::uint64_t there = number_at_survivor();
            EXPECT_GE(there, completed) << there << " is there, and " << completed << " had completed";
            b().cable().restore();
            a().boot();
            register_log({&a()});
        }
    }
    void expect_early(const std::string &result)
    {
        register_log(both(), "4096 4096 idle"); // TCP takes so much at once
        a().must("echo 1 >/sys/module/ccm_pattern/parameters/early");
        b().cable().cut();
        EXPECT_EQ(pattern(a(), "fill remote log 2 7"), result);
        b().cable().restore();
    }
    void expect_link(unsigned features, unsigned buffer_max)
    {
        register_log(both(), "4194304 4194304 idle");
        EXPECT_EQ(pattern(a(), "link log 2"),
                  fmt::format("state=ready reason=none features={} buffer_max={}\n", features, buffer_max));
        EXPECT_EQ(pattern(b(), "fill local log 1 5"), "ok\n");
        EXPECT_EQ(pattern(a(), fmt::format("large log 2 {} 5", buffer_max)), "ok\n");
    }
    // While nothing is acknowledged
    void expect_depth()
    {
        register_log(both(), "65536 65536 idle 2000");
        b().cable().cut();
        EXPECT_EQ(pattern(a(), "deep log 2"), "ok posted=128 error=-11\n");
        b().cable().restore();
        wait_client(a(), "log", 2);
        wait_client(b(), "log", 1);
    }
    // A verdict would take much longer than the client waits.
    void expect_bound()
    {
        register_log(both(), "65536 65536 load 500");
        pattern(a(), "load log off");
        Watch w = watch(a());
        b().cable().cut();
        Stopwatch stopwatch;
        EXPECT_EQ(pattern(a(), "write log 2 0 00"), "failed error=-110\n");
        EXPECT_LT(stopwatch.elapsed(), 2s + stopwatch.waited_for_processors());
        w.wait_for([](const json &e) { return e["type"] == "client" && e["reason"] == "timeout"; }, soon, "timeout");
        wait_client(a(), "log", 2, "down");
        EXPECT_EQ(partner(a(), 2)["state"], "ready");
        b().cable().restore();
        wait_client(a(), "log", 2);
        wait_client(b(), "log", 1);
        EXPECT_EQ(pattern(a(), "write log 2 0 00"), "ok\n");
        EXPECT_EQ(losses(w, 2), 0u);
    }
};

class WrittenRoce : public Written {
public:
    static void SetUpTestSuite() { boot(Rdma::rxe); }
};

TEST_F(WrittenRoce, IsThereWhateverBecomesOfTheWriter)
{
    expect_survival();
}

TEST_F(WrittenRoce, EarlyMakesNoDifference)
{
    expect_early("failed error=-107\n");
}

TEST_F(WrittenRoce, LinkSaysWhatItsTransportDoes)
{
    expect_link(3, 2097152);
}

class WrittenIwarp : public Written {
public:
    static void SetUpTestSuite() { boot(Rdma::siw); }
};

TEST_F(WrittenIwarp, IsThereWhateverBecomesOfTheWriter)
{
    expect_survival();
}

// It is on its way only.
TEST_F(WrittenIwarp, EarlyIsEarly)
{
    expect_early("ok\n");
}

TEST_F(WrittenIwarp, LinkSaysWhatItsTransportDoes)
{
    expect_link(0, 1044480);
    EXPECT_EQ(pattern(a(), "large log 2 1044481 5"), "failed error=-90\n");
}

class LateRoce : public Written {
public:
    static void SetUpTestSuite() { boot(Rdma::rxe, 20000); }
};

TEST_F(LateRoce, AnOperationHasItsTime)
{
    expect_bound();
}

// Who no longer waits leaves a copy of what is written, until that has arrived.
TEST_F(LateRoce, WhatIsNotWaitedForArrives)
{
    register_log(both(), "65536 65536 idle 15000");
    Watch w = watch(a());
    b().cable().cut();
    EXPECT_EQ(pattern(a(), "write log 2 0 c0ffee"), "failed error=-110\n"); // SYNC_MS
    EXPECT_EQ(pattern(a(), "link log 2").rfind("state=ready ", 0), 0u);
    b().cable().restore();
    b().until("cd /sys/kernel/debug/ccm_pattern && echo look log 1 0 3 >run && grep -q data=c0ffee run", soon);
    EXPECT_EQ(losses(w, 2), 0u);
}

TEST_F(LateRoce, APortHoldsSoMany)
{
    expect_depth();
}

class LateIwarp : public Written {
public:
    static void SetUpTestSuite() { boot(Rdma::siw, 20000); }
};

TEST_F(LateIwarp, AnOperationHasItsTime)
{
    expect_bound();
}

// Each has a READ behind it, and there is room for these, too.
TEST_F(LateIwarp, APortHoldsSoMany)
{
    expect_depth();
}

} // namespace
} // namespace ccm::test
