// SPDX-License-Identifier: GPL-2.0-only
//
// The failover monitor: what it decides about a partner that goes and comes back, where
// it says so, and that each side knows what the other has decided.
#include "failover.h"

namespace ccm::test {
namespace {

// Every console line of a node since MARK that is the monitor's.
std::string log_of(Node &node, std::size_t mark)
{
    std::string lines;
    for (const ConsoleLine &line : node.console().lines(mark))
        if (std::size_t at = line.text.find("ccm_fm: "); at != std::string::npos)
            lines += line.text.substr(at) + "\n";
    return lines;
}

TEST_F(Failover, PowerLossThenBootThenGiveback)
{
    Watch w = watch(a());
    std::size_t mark = a().console().size();
    b().kill();
    w.wait_for(note(2, "takeover-advised: unreachable"), soon);
    b().boot();
    w.wait_for(note(2, "booting-wait: kernel"), soon);
    b().must("ccmadm stage initramfs");
    w.wait_for(note(2, "booting-wait: initramfs"), soon);
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
    // Who reads the log hears the same, and that it may be a partition.
    std::string log = log_of(a(), mark);
    EXPECT_NE(log.find("takeover-advised (unreachable); possibly a partition"), std::string::npos) << log;
    EXPECT_NE(log.find("booting-wait (initramfs)"), std::string::npos) << log;
    EXPECT_NE(log.find("giveback-possible"), std::string::npos) << log;
}

// What user space does when the storage OS has stopped comes before the goodbye.
TEST_F(Failover, OrderlyShutdownIsNoPartition)
{
    Watch w = watch(a());
    std::size_t mark = a().console().size();
    b().must("ccmadm stage storage");
    w.wait_for(note(2, "booting-wait: storage"), soon);
    b().power_off();
    w.wait_for(note(2, "takeover-advised: shutdown"), soon);
    a().console().wait_for("in good order", soon, mark);
    std::string log = log_of(a(), mark);
    EXPECT_EQ(log.find("partition"), std::string::npos) << log;
    b().boot();
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
}

// `reboot -f` with the storage OS in full swing: the kernel says goodbye, and that is all.
TEST_F(Failover, RebootInFullSwingIsNotInGoodOrder)
{
    Watch w = watch(a());
    Uevents uevents(a());
    std::size_t mark = a().console().size();
    b().reboot();
    uevents.wait_said("takeover-advised shutdown running advised");
    uevents.wait_said("booting-wait none kernel advised");
    // Nor does who boots after it leave in good order, when it has not served.
    b().must("ccmadm stage root");
    uevents.wait_said("booting-wait none root advised");
    b().power_off();
    uevents.wait_said("takeover-advised shutdown root advised");
    a().console().wait_for("takeover-advised (shutdown)", soon, mark);
    std::string log = log_of(a(), mark);
    EXPECT_EQ(log.find("in good order"), std::string::npos) << log;
    b().boot();
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
}

// md stops its arrays in a notifier of the reboot. Its partner hears at once that it leaves, and
// that it has left only when they are stopped.
TEST_F(Failover, TheGoodbyeComesBehindTheLastWrite)
{
    Watch w = watch(a());
    b().must("insmod /modules/ccm_array.ko ms=1500");
    b().start_command("reboot -f");
    a().until("ccmadm status --json | grep -q '\"leaving\"'", soon, 20ms);
    EXPECT_EQ(partner(a(), 2)["state"], "ready");
    const TimePoint began = b().console().wait_for("stopping the arrays", soon).at;
    const Event down = w.wait_for(is_down(2, "shutdown"), soon);
    EXPECT_GT(milliseconds(down.at - began), 1200);
    w.wait_for(note(2, "takeover-advised: shutdown"), soon);
    b().wait_end();
    b().boot();
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
}

// A local device that is gone says nothing about the partner.
TEST_F(Failover, LostDeviceAdvisesNothing)
{
    Watch w = watch(a());
    a().must("rdma link del rxe0");
    w.wait_for(note(2, "cannot-tell: device"), soon);
    a().add_rdma_link();
    w.wait_for(note(2, "partner-up"), soon);
}

// Each monitor's record lies in the other's memory.
TEST_F(Failover, EachSideKnowsWhatTheOtherHasDecided)
{
    std::size_t mark = a().console().size();
    unload_monitor(b());
    load_monitor(b());
    a().console().wait_for("ccm_fm: partner 2: its monitor says of this node: partner-up", soon, mark);
}

// A boot that makes no progress, and then does.
TEST_F(Failover, BootThatStallsAndGoesOn)
{
    unload_monitor(a());
    EXPECT_FALSE(a().run("insmod /modules/ccm_fm.ko boot_limit_s=86401").ok());
    load_monitor(a(), "boot_limit_s=1");
    Watch w = watch(a());
    Uevents uevents(a());
    b().must("ccmadm stage initramfs");
    w.wait_for(note(2, "boot-stalled: initramfs"), soon);
    b().must("ccmadm stage root");
    w.wait_for(note(2, "booting-wait: root"), soon);
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
    uevents.wait_said("giveback-possible none running advised survived");
    uevents.wait_said("partner-up none running");
    std::vector<std::string> all = said(uevents.decisions());
    std::erase(all, "partner-up none running");
    std::erase(all, "boot-stalled none root advised"); // a second is soon over
    EXPECT_EQ(all, (std::vector<std::string>{"booting-wait none initramfs", "boot-stalled none initramfs advised",
                                             "booting-wait none root advised survived",
                                             "giveback-possible none running advised survived"}));
    // For the tests behind this one.
    unload_monitor(a());
    load_monitor(a());
}

// A machine that stands still, and one whose kernel does, are both given up, and both may
// wake up: that they have not restarted is told with the way back.
TEST_F(Failover, HungPartnerWakesUpAgain)
{
    Watch w = watch(a());
    Uevents uevents(a());
    b().stop();
    uevents.wait_said("takeover-advised unreachable running partition advised");
    b().cont();
    uevents.wait_said("giveback-possible none running advised survived");
    settle(a(), w);
    wait_ready(both());

    const std::string reason = reason_when_spinning(b());
    b().must("insmod /modules/ccm_spin.ko");
    Command spin = b().start_command("echo 4000 >/sys/module/ccm_spin/parameters/ms");
    // A kernel whose memory does not answer may as well be cut off.
    uevents.wait_said(reason == "hung" ? "takeover-advised hung running advised"
                                       : "takeover-advised unreachable running partition advised");
    EXPECT_FALSE(spin.ended()) << "noticed too late for this test";
    EXPECT_TRUE(spin.wait(soon).ok());
    uevents.wait_said("giveback-possible none running advised survived");
    settle(a(), w);
    b().must("rmmod ccm_spin");
}

TEST_F(Failover, PanicThenBoot)
{
    Watch w = watch(a());
    Uevents uevents(a());
    b().must("insmod /modules/ccm_stand.ko ms=2500");
    b().panic();
    uevents.wait_said("takeover-advised panicked running advised certain");
    b().boot();
    uevents.wait_said("booting-wait none kernel advised");
    b().must("ccmadm stage running");
    uevents.wait_said("giveback-possible none running advised");
    settle(a(), w);
}

// Back before its death was noticed: what it served is not served until it has booted.
TEST_F(Failover, RestartBeforeItsDeathWasNoticed)
{
    unload_monitor(a());
    unload(a(), "with a live session");
    load(a(), {.partners = {2}, .detect_ms = 60000});
    load_monitor(a());
    a().must(fmt::format("ccmadm wait --client {} --timeout {}", monitor, seconds(soon) * slowness()), soon + 10s);
    Uevents uevents(a());
    b().kill();
    EXPECT_EQ(partner(a(), 2)["state"], "ready") << "noticed too early for this test";
    b().boot();
    uevents.wait_said("takeover-advised restarted running advised certain");
    // With this detection time its further stages are seen late.
    uevents.wait_said("booting-wait none kernel advised");
    // For the tests behind this one.
    unload_monitor(a());
    unload(a(), "with the longest detection time");
    load(a());
}

// A cable that blinks is no reason to take over, nor is one that goes on blinking.
TEST_F(Failover, ABlinkIsSuspectAndManyAreFlapping)
{
    const std::size_t mark = a().console().size();
    unload_monitor(a());
    EXPECT_FALSE(a().run("insmod /modules/ccm_fm.ko hold_ms=60001").ok());
    load_monitor(a(), "hold_ms=20000");
    Watch w = watch(a());
    b().cable().cut();
    w.wait_for(note(2, "suspect: unreachable"), soon);
    b().cable().restore();
    w.wait_for(note(2, "partner-up"), soon);
    for (const std::string &one : notes(w, 2))
        EXPECT_FALSE(one.starts_with("takeover")) << one;

    unload_monitor(a());
    load_monitor(a(), "hold_ms=0 flap_advices=1");
    a().until("[ $(cat /sys/bus/ccm_failover/devices/2/decision) = partner-up ]", soon);
    w = watch(a());
    b().cable().cut();
    w.wait_for(note(2, "takeover-advised: unreachable"), soon);
    b().cable().restore();
    w.wait_for(note(2, "giveback-possible"), soon);
    b().cable().cut();
    w.wait_for(note(2, "flapping: unreachable"), soon);
    b().cable().restore();
    w.wait_for(note(2, "flapping"), soon);
    b().cable().cut();
    w.wait_for(note(2, "flapping: unreachable"), soon);
    b().cable().restore();
    w.wait_for(note(2, "flapping"), soon);
    // Said once; and a suspicion not at all.
    const std::string log = log_of(a(), mark);
    EXPECT_EQ(log.find("suspect"), std::string::npos) << log;
    EXPECT_NE(log.find(": flapping (unreachable)"), std::string::npos) << log;
    EXPECT_EQ(log.find(": flapping"), log.rfind(": flapping")) << log;
    a().must("ccmadm failover 2 --clear");
    w.wait_for(note(2, "partner-up"), soon);
    // For the tests behind this one.
    unload_monitor(a());
    load_monitor(a());
}

// The survivor has forgotten: it says so, and what it does not say is no permission.
TEST_F(Failover, AMonitorThatWasLoadedLateKnowsNothing)
{
    auto advised = [&](const char *what) {
        b().until(fmt::format("[ $(cat /sys/bus/ccm_failover/devices/1/partner_advised) = {} ]", what), soon);
    };
    Watch w = watch(a());
    b().kill();
    w.wait_for(note(2, "takeover-advised: unreachable"), soon);
    unload_monitor(a());
    load_monitor(a());
    b().boot();
    w.wait_for(note(2, "booting-wait: kernel"), soon);
    b().until("[ $(cat /sys/bus/ccm_failover/devices/1/partner_decision) = booting-wait ]", soon);
    EXPECT_EQ(b().must("cat /sys/bus/ccm_failover/devices/1/partner_advised"), "unknown\n");
    b().must("ccmadm stage running");
    w.wait_for(note(2, "partner-up"), soon);
    advised("unknown");
    const std::string flags = "/sys/bus/ccm_failover/devices/2/flags";
    EXPECT_EQ(a().must("cat " + flags).find("watched"), std::string::npos);
    a().must("ccmadm failover 2 --clear");
    advised("0");
    EXPECT_NE(a().must("cat " + flags).find("watched"), std::string::npos);
    // Once more, it changes nothing, and the log says so.
    const std::size_t mark = a().console().size();
    give_back(a());
    a().console().wait_for("nothing is given back: the decision is partner-up", soon, mark);
    // What it has advised itself it knows.
    b().kill();
    w.wait_for(note(2, "takeover-advised: unreachable"), soon);
    b().boot();
    advised("1");
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
    advised("0");
}

// A program that comes late, and udev at its start, are told what there is.
TEST_F(Failover, ThePresentDecisionCanBeReadAtAnyTime)
{
    Watch w = watch(a());
    b().must("ccmadm stage storage");
    w.wait_for(note(2, "booting-wait: storage"), soon);
    json all = json::parse(a().must("ccmadm failover --json"));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["node"], 2);
    EXPECT_EQ(all[0]["decision"], "booting-wait");
    EXPECT_EQ(all[0]["stage"], "storage");
    EXPECT_EQ(all[0]["partner_decision"], "partner-up");
    EXPECT_NE(a().must("ccmadm failover 2").find("booting-wait"), std::string::npos);
    EXPECT_NE(a().run("ccmadm failover 7").code, 0);
    Uevents uevents(a());
    a().must("echo change >/sys/bus/ccm_failover/devices/2/uevent");
    uevents.wait_said("booting-wait none storage");
    b().must("ccmadm stage running");
    w.wait_for(note(2, "partner-up"), soon);
}

} // namespace
} // namespace ccm::test
