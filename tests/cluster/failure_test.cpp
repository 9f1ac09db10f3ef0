// SPDX-License-Identifier: GPL-2.0-only
//
// A partner goes away, in each way there is: the reason is the right one, both sides
// are in the right state afterwards, and when it comes back they are READY again.
#include <utility>

#include "host.h"
#include "pair.h"

namespace ccm::test {
namespace {

class Failure : public PairTest {
protected:
    // After DOWN, both come back.
    void expect_ready_again(Watch &w, const Event &down, bool same_incarnation)
    {
        Event ready = w.wait_for(is_ready(2), soon);
        EXPECT_EQ(ready.json["incarnation"] == down.json["incarnation"], same_incarnation) << down.json.dump() << "\n"
                                                                                           << ready.json.dump();
        EXPECT_EQ(ready.json["stage"], same_incarnation ? down.json["stage"] : json("kernel")) << ready.json.dump();
        EXPECT_EQ(ready.json["sessions"], down.json["sessions"].get<int>() + 1);
        wait_ready(both());
    }
};

TEST_F(Failure, PowerLossIsUnreachable)
{
    Watch w = watch(a());
    TimePoint killed = b().kill();
    Event down = w.wait_for(is(2, "down"), soon);
    std::printf("noticed after %.0f ms\n", milliseconds(down.at - killed));
    EXPECT_EQ(down.json["reason"], "unreachable");
    b().boot();
    expect_ready_again(w, down, false);
    EXPECT_EQ(losses(w, 2), 1u);
}

// The cable is pulled here: the kernel forgets its neighbours, and frames wait for one that does not
// answer. Soft-RoCE frees no queue pair before the last of them; nobody waits for that.
TEST_F(Failure, AForgottenNeighbourHoldsUpNothing)
{
    const auto ask_every = [](Duration interval) {
        a().must(
            fmt::format("ip ntable change name arp_cache dev {} retrans {:.0f}", a().netdev(), milliseconds(interval)));
    };
    ask_every(10s); // three times, so that frames wait for half a minute
    Watch w = watch(a());
    const TimePoint killed = b().kill();
    a().must(fmt::format("ip neigh flush dev {}", a().netdev()));
    const Event down = w.wait_for(is(2, "down"), 60s);
    std::printf("DOWN %.0f ms after the partner was killed, with %u ms to detect it\n", milliseconds(down.at - killed),
                calm_detect_ms);
    EXPECT_LT(down.at - killed, 10s);
    w.end();
    const Unloading unloading = try_unload(a());
    std::printf("rmmod: %.3f s\n", unloading.seconds);
    EXPECT_TRUE(unloading.result.ok()) << unloading.result.errors;
    EXPECT_LT(unloading.seconds, 10.0);
    ask_every(1s);
    load(a());
    b().boot();
    wait_ready(both());
}

// Interfaces that lead to no partner come and go: it is not asked more often for that.
TEST_F(Failure, InterfacesThatLeadNowhereWakeNobody)
{
    b().kill();
    a().must("ccmadm wait --state down --timeout 20", 30s);
    // until it is asked every two seconds
    wait_counter(a(), "partner-2", "attempts", 9, 60s);
    const long long before = counter(a(), "partner-2", "attempts");
    const Stopwatch stopwatch;
    a().must("for i in 1 2 3 4 5 6 7 8 9 10; do ip link add dmy$i type dummy && ip link set dmy$i up && "
             "ip addr add 203.0.113.$i/32 dev dmy$i; done");
    const long long after = counter(a(), "partner-2", "attempts");
    EXPECT_LE(after - before, 2 + stopwatch.elapsed() / 1s);
    a().must("for i in 1 2 3 4 5 6 7 8 9 10; do ip link del dmy$i; done");
    // One that does lead there wakes it.
    b().boot();
    wait_ready(both());
}

TEST_F(Failure, StoppedMachineIsUnreachableAndTakenBackThroughANewSession)
{
    Watch wa = watch(a()), wb = watch(b());
    b().stop();
    Event down = wa.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "unreachable");
    b().cont();
    expect_ready_again(wa, down, true);
    // The one that was stopped learns of it, too: its old session ends first.
    Event down_b = wb.wait_for(is(1, "down"), soon);
    EXPECT_EQ(down_b.json["reason"], "unreachable");
    wb.wait_for(is_ready(1), soon);
}

// User-Mode Linux ends as a process when it panics, and takes its frames with it: nobody can read
// the flag on the page any more, but its last word is out. Others are in word_test.cpp.
TEST_F(Failure, PanicThatEndsTheMachineIsPanicked)
{
    Watch w = watch(a());
    b().panic();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "panicked");
    b().boot();
    expect_ready_again(w, down, false);
}

TEST_F(Failure, GracefulRebootIsShutdown)
{
    Watch w = watch(a());
    b().reboot();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "shutdown");
    expect_ready_again(w, down, false);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Failure, PowerOffIsShutdownAndStaysSo)
{
    Watch w = watch(a());
    b().power_off();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "shutdown");
    // Attempts that find nobody do not hide why it went.
    long long tried = counter(a(), "partner-2", "attempts");
    wait_counter(a(), "partner-2", "attempts", tried + 3);
    EXPECT_EQ(partner(a(), 2)["reason"], "shutdown");
    EXPECT_EQ(losses(w, 2), 1u);
    b().boot();
    expect_ready_again(w, down, false);
}

TEST_F(Failure, UnloadOnThePartnerIsAdmin)
{
    Watch w = watch(a());
    unload(b(), "with a live session");
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "admin");
    load(b());
    expect_ready_again(w, down, false);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Failure, CutCableIsUnreachableOnBothSidesAndMends)
{
    const std::pair<const char *, void (Cable::*)()> cuts[] = {
        {"both ways", &Cable::cut}, {"from node 2", &Cable::cut_from_node}, {"to node 2", &Cable::cut_to_node}};
    for (auto [which, cut] : cuts) {
        SCOPED_TRACE(which);
        Watch wa = watch(a()), wb = watch(b());
        (b().cable().*cut)();
        Event down_a = wa.wait_for(is(2, "down"), soon);
        Event down_b = wb.wait_for(is(1, "down"), soon);
        EXPECT_EQ(down_a.json["reason"], "unreachable");
        EXPECT_EQ(down_b.json["reason"], "unreachable");
        b().cable().restore();
        expect_ready_again(wa, down_a, true);
        Event ready_b = wb.wait_for(is_ready(1), soon);
        EXPECT_EQ(ready_b.json["incarnation"], down_b.json["incarnation"]);
    }
}

// A kernel that does not schedule, but still takes interrupts: its memory answers, if READs
// are served in softirqs.
TEST_F(Failure, SpinningKernelIsHung)
{
    const std::string reason = reason_when_spinning(b());
    b().must("insmod /modules/ccm_spin.ko");
    Watch wa = watch(a()), wb = watch(b());
    Command spin = b().start_command("echo 4000 >/sys/module/ccm_spin/parameters/ms && echo over");
    Event down = wa.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], reason);
    EXPECT_FALSE(spin.ended()) << "noticed too late for this test";
    EXPECT_TRUE(spin.wait(soon).ok());
    // It is taken back only through a new session, and knows it itself.
    expect_ready_again(wa, down, true);
    EXPECT_EQ(wb.wait_for(is(1, "down"), soon).json["reason"], "unreachable");
    wb.wait_for(is_ready(1), soon);
    b().must("rmmod ccm_spin");
}

TEST_F(Failure, PanickedMachineThatStandsIsPanicked)
{
    b().must("insmod /modules/ccm_stand.ko ms=4000");
    Watch w = watch(a());
    b().panic();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "panicked");
    b().boot();
    expect_ready_again(w, down, false);
}

TEST_F(Failure, DeviceDeletedUnderALiveSession)
{
    Watch wa = watch(a()), wb = watch(b());
    a().must("rdma link del rxe0");
    Event down_a = wa.wait_for(is(2, "down"), soon);
    Event down_b = wb.wait_for(is(1, "down"), soon);
    EXPECT_EQ(down_a.json["reason"], "device");
    EXPECT_EQ(down_b.json["reason"], "unreachable");
    a().add_rdma_link();
    expect_ready_again(wa, down_a, true);
    wb.wait_for(is_ready(1), soon);
    EXPECT_EQ(losses(wa, 2), 1u);
}

// As when a network manager takes the interface over from the initramfs. Whether the
// session outlives it is the transport's affair; that both find each other again is not.
TEST_F(Failure, AddressTakenAwayAndGivenBack)
{
    Watch wa = watch(a()), wb = watch(b());
    std::string address = b().ipv4() + "/24";
    b().must(fmt::format("ip addr del {} dev {}", address, b().netdev()));
    wa.wait_for(is_down(2, "unreachable"), soon);
    Event down = wb.wait_for(is(1, "down"), soon);
    std::printf("node 2 without its address says: %s\n", down.json["reason"].get<std::string>().c_str());
    b().add_address(address);
    wa.wait_for(is_ready(2), soon);
    wb.wait_for(is_ready(1), soon);
    EXPECT_EQ(losses(wa, 2), 1u);
    EXPECT_EQ(losses(wb, 1), 1u);
}

// The root changes under a live session, which does not notice.
TEST_F(Failure, SwitchRootDisturbsNothing)
{
    Watch w = watch(a());
    b().switch_root();
    b().must("ccmadm stage root");
    w.wait_for([](const json &e) { return e["type"] == "partner" && e["stage"] == "root"; }, soon, "stage root");
    EXPECT_EQ(losses(w, 2), 0u);
    b().must("ccmadm stage kernel");
}

// A partner that comes back before its death was noticed.
TEST_F(Failure, RestartedBeforeItsDeathWasNoticed)
{
    unload(a(), "with a live session");
    load(a(), {.partners = {2}, .detect_ms = 60000});
    wait_ready(both());
    Watch w = watch(a());
    b().kill();
    EXPECT_EQ(partner(a(), 2)["state"], "ready") << "noticed too early for this test";
    b().boot();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "restarted");
    w.wait_for(is_ready(2), soon);
    EXPECT_EQ(losses(w, 2), 1u);
    wait_ready(both());
    // For the tests behind this one.
    w.end();
    unload(a(), "with a live session and the longest detection time");
    load(a());
}

} // namespace
} // namespace ccm::test
