// SPDX-License-Identifier: GPL-2.0-only
//
// Whom the failover monitor tells: user space by uevents and by the client's note in
// /dev/ccm, kernel modules by the notifier chain, and the partner's monitor.
#include <algorithm>
#include <csignal>

#include "failover.h"

namespace ccm::test {
namespace {

using Words = std::vector<std::string>;

constexpr int notify_bad = 0x8002; // NOTIFY_BAD of the kernel's <linux/notifier.h>

// What is said first may be of before the test.
Words from(const Words &all, const std::string &first)
{
    return {std::find(all.begin(), all.end(), first), all.end()};
}

void expect_documented(const Uevents::Variables &uevent)
{
    Words names;
    for (const auto &[name, value] : uevent)
        names.push_back(name);
    EXPECT_EQ(names, (Words{"ACTION", "CCM_ADVISED", "CCM_CERTAIN", "CCM_DECISION", "CCM_FLAPPING", "CCM_INCARNATION",
                            "CCM_NEVER_SEEN", "CCM_ORDERLY", "CCM_PARTITION", "CCM_PARTNER", "CCM_PARTNER_ADVISED",
                            "CCM_PARTNER_DECISION", "CCM_REASON", "CCM_STAGE", "CCM_SURVIVED", "CCM_WATCHED", "DEVPATH",
                            "SEQNUM", "SUBSYSTEM"}));
    EXPECT_EQ(uevent.at("ACTION"), "change");
    EXPECT_EQ(uevent.at("SUBSYSTEM"), "ccm_failover");
    EXPECT_EQ(uevent.at("DEVPATH"), "/devices/virtual/ccm_failover/2");
    EXPECT_EQ(uevent.at("CCM_PARTNER"), "2");
}

// From the load of the monitor on: each decision once, in order, and by each way the same.
TEST_F(Failover, EveryWayOfTellingTellsTheSame)
{
    // Node 1 begins anew, with a partner that is off.
    unload_monitor(a());
    b().kill();
    unload(a(), "with a partner that has lost power");
    load(a());
    a().must("ccmadm stage running");
    Watch w = watch(a());
    Uevents uevents(a());
    load_monitor(a());
    uevents.wait_said("start-wait none unknown never-seen");
    load_listener(a(), "listen=1");

    auto boot_on = [&](const std::string &flags) {
        for (const char *stage : {"initramfs", "running"}) {
            b().must(fmt::format("ccmadm stage {}", stage));
            if (std::string(stage) != "running")
                uevents.wait_said(fmt::format("booting-wait none {}{}", stage, flags));
        }
    };
    b().boot();
    uevents.wait_said("booting-wait none kernel");
    uevents.wait_heard("partner-up");
    std::string incarnation = partner(a(), 2)["incarnation"];
    boot_on("");
    uevents.wait_said("partner-up none running");
    EXPECT_EQ("0x" + uevents.decisions().back().incarnation, incarnation);
    b().kill();
    uevents.wait_said("takeover-advised unreachable running partition advised");
    b().boot();
    uevents.wait_said("booting-wait none kernel advised");
    uevents.wait_heard("partner-up");
    EXPECT_NE(partner(a(), 2)["incarnation"], incarnation);
    boot_on(" advised");
    uevents.wait_said("giveback-possible none running advised");
    settle(a(), w);
    b().reboot();
    w.wait_for(note(2, "takeover-advised: shutdown"), soon);
    uevents.wait_said("booting-wait none kernel advised");
    uevents.wait_heard("partner-up");

    std::vector<Decision> decisions = uevents.decisions();
    for (const Uevents::Variables &one : uevents.variables())
        expect_documented(one);
    for (std::size_t i = 1; i < decisions.size(); i++)
        EXPECT_FALSE(decisions[i] == decisions[i - 1]) << "told twice: " << decisions[i];
    // Whether a takeover stands it knows since it has advised one itself.
    bool advised = false;
    for (const Decision &one : decisions) {
        advised = advised || one.decision == "takeover-advised";
        EXPECT_EQ(one.watched, advised) << one;
    }
    EXPECT_EQ(notes(w, 2), notes(decisions));
    // A module is there before its key: whoever listened then has heard that, too.
    const auto without_key = [](std::vector<Decision> list) {
        std::erase_if(list, [](const Decision &one) { return one.decision == "cannot-tell"; });
        return list;
    };
    decisions = without_key(decisions);
    Words all = said(decisions);
    EXPECT_EQ(all,
              (Words{"start-wait none unknown never-seen", "booting-wait none kernel", "booting-wait none initramfs",
                     "partner-up none running", "takeover-advised unreachable running partition advised",
                     "booting-wait none kernel advised", "booting-wait none initramfs advised",
                     "giveback-possible none running advised", "partner-up none running",
                     "takeover-advised shutdown running advised", "booting-wait none kernel advised"}));
    EXPECT_EQ(heard(decisions), (Words{"none", "partner-up", "none", "partner-up", "none", "partner-up"}));
    // It was there before the first change, and was told of what there was.
    EXPECT_EQ(without_key(told(a(), 0)), decisions);
}

// As Documentation/failover.rst shows it.
TEST_F(Failover, CcmadmShowsTheDecision)
{
    Command watch = a().start_command("exec ccmadm watch");
    watch.wait_line("note: partner-up", soon);
    b().must("ccmadm stage storage");
    std::string line = watch.wait_line("note: booting-wait", soon).text;
    std::string what = "client failover-monitor, partner 2: ready, version 1, 1 port, region 4 KiB, "
                       "partner's region 4 KiB, note: booting-wait: storage";
    EXPECT_TRUE(line.ends_with("  " + what)) << line;
    std::string all = a().must("ccmadm");
    EXPECT_NE(all.find("  booting-wait: storage\n"), std::string::npos) << all;
    b().must("ccmadm stage running");
    watch.wait_line("note: partner-up", soon);
    watch.signal(SIGTERM);
    EXPECT_EQ(watch.wait(soon).code, 0);
}

// Both sides of a partition give each other up, and say that it may be one. When it has
// healed, each knows that the other was advised to take over, and that it never restarted.
TEST_F(Failover, PartitionIsMarkedOnBothSidesAndHeals)
{
    Watch wa = watch(a()), wb = watch(b());
    Uevents of_a(a()), of_b(b());
    std::size_t mark_a = a().console().size(), mark_b = b().console().size();
    // Node 1 gives back by itself: a notifier may.
    load_listener(a(), "listen=1");
    EXPECT_EQ(listener(a(), "give-back 0 on"), "ok\n");
    b().cable().cut();
    wa.wait_for(note(2, "takeover-advised: unreachable"), soon);
    wb.wait_for(note(1, "takeover-advised: unreachable"), soon);
    b().cable().restore();
    wa.wait_for(note(2, "giveback-possible"), soon);
    wb.wait_for(note(1, "giveback-possible"), soon);
    wa.wait_for(note(2, "partner-up"), soon);
    of_a.wait_heard("giveback-possible advised");
    settle(b(), wb);
    of_a.wait_heard("partner-up");
    of_b.wait_said("partner-up none running"); // it comes behind the note
    for (const Uevents *one : {&of_a, &of_b}) {
        SCOPED_TRACE(one == &of_a ? "node 1" : "node 2");
        EXPECT_EQ(from(said(one->decisions()), "takeover-advised unreachable running partition advised"),
                  (Words{"takeover-advised unreachable running partition advised",
                         "giveback-possible none running advised survived", "partner-up none running"}));
    }
    EXPECT_EQ(from(heard(of_a.decisions()), "none"), (Words{"none", "giveback-possible advised", "partner-up"}));
    for (auto [node, mark] : {std::pair(&a(), mark_a), std::pair(&b(), mark_b)}) {
        node->console().wait_for("takeover-advised (unreachable); possibly a partition", soon, mark);
        node->console().wait_for("giveback-possible; it has not restarted since a takeover was advised", soon, mark);
    }
}

TEST_F(Failover, ListenersComeAndGo)
{
    Uevents uevents(a()); // comes behind the calls
    auto stage = [&](const std::string &name) {
        b().must("ccmadm stage " + name);
        uevents.wait_said((name == "running" ? "partner-up none " : "booting-wait none ") + name);
    };
    load_listener(a());
    EXPECT_EQ(listener(a(), "unregister 0"), "error -2\n");
    EXPECT_EQ(listener(a(), "register 0"), "ok\n");
    EXPECT_EQ(notes(told(a(), 0)), (Words{"partner-up"})) << "the present decision";
    EXPECT_EQ(listener(a(), "register 0"), "error -17\n");
    EXPECT_EQ(told(a(), 0).size(), 0u) << "by a registration that was refused";
    stage("storage");
    EXPECT_EQ(listener(a(), "register 1"), "ok\n");
    EXPECT_EQ(notes(told(a(), 1)), (Words{"booting-wait: storage"})) << "the present decision";
    // What one answers keeps nothing from the other.
    EXPECT_EQ(listener(a(), fmt::format("answer 0 {}", notify_bad)), "ok\n");
    stage("running");
    EXPECT_EQ(notes(told(a(), 0)), (Words{"booting-wait: storage", "partner-up"}));
    EXPECT_EQ(notes(told(a(), 1)), (Words{"partner-up"}));
    // One leaves, the other goes on.
    EXPECT_EQ(listener(a(), "unregister 0"), "ok\n");
    EXPECT_EQ(listener(a(), "unregister 0"), "error -2\n");
    stage("root");
    stage("running");
    EXPECT_EQ(told(a(), 0).size(), 0u);
    EXPECT_EQ(notes(told(a(), 1)), (Words{"booting-wait: root", "partner-up"}));
    EXPECT_EQ(listener(a(), "given-back 7"), "error -2\n");
}

// The region survives a session, and with it what the partner has said there. That it
// takes its time to say something new must not make the old count again.
TEST_F(Failover, WhatThePartnerSaidInAnEarlierSessionDoesNotCount)
{
    Watch w = watch(a());
    Uevents of_a(a()), of_b(b());
    std::size_t mark = a().console().size();
    load_listener(b(), "listen=1");
    b().cable().cut();
    of_a.wait_said("takeover-advised unreachable running partition advised");
    of_b.wait_said("takeover-advised unreachable running partition advised");
    // Until `go`, node 2's monitor gets no further than to its decision.
    EXPECT_EQ(listener(b(), "hold 0 20000"), "ok\n");
    b().cable().restore();
    w.wait_for({{"type", "client"}, {"client", monitor}, {"node", 2}, {"state", "ready"}}, soon);
    of_a.wait_said("giveback-possible none running advised survived");
    EXPECT_EQ(listener(b(), "held 20000"), "ok\n");
    settle(a(), w); // which makes node 1's monitor look at what there is
    of_a.wait_said("partner-up none running");
    EXPECT_EQ(from(heard(of_a.decisions()), "none"), Words{"none"});
    EXPECT_EQ(listener(b(), "go"), "ok\n");
    of_a.wait_heard("giveback-possible advised");
    EXPECT_EQ(from(heard(of_a.decisions()), "none"), (Words{"none", "giveback-possible advised"}));
    for (const ConsoleLine &line : a().console().lines(mark))
        EXPECT_EQ(line.text.find("not valid"), std::string::npos) << line.text;
}

// The module of a notifier goes while it is being told, and while decisions are told one
// after the other.
TEST_F(Failover, AListenerLeavesWhileItIsBeingTold)
{
    std::size_t mark = a().console().size();
    load_listener(a(), "listen=1");
    EXPECT_EQ(listener(a(), "hold 0 500"), "ok\n");
    b().must("ccmadm stage storage");
    EXPECT_EQ(listener(a(), "held 20000"), "ok\n");
    a().must("rmmod ccm_fm_listener");
    a().console().wait_for("ccm_fm_listener: no longer told", soon, mark);
    std::string order;
    for (const ConsoleLine &line : a().console().lines(mark))
        if (std::size_t at = line.text.find("ccm_fm_listener: "); at != std::string::npos)
            order += line.text.substr(at) + "\n";
    EXPECT_EQ(order, "ccm_fm_listener: held for all of 500 ms\nccm_fm_listener: no longer told\n");

    Command stages = b().start_command("i=0; while [ $i -lt 400 ] && [ ! -e /run/enough ]; do i=$((i + 1)); "
                                       "ccmadm stage storage; ccmadm stage running; done");
    a().must("for i in 1 2 3 4 5; do insmod /modules/ccm_fm_listener.ko listen=1 && "
             "[ \"$(cd /sys/kernel/debug/ccm_fm_listener && echo violations >run; cat run)\" = violations=0 ] && "
             "rmmod ccm_fm_listener || exit 1; done",
             60s);
    EXPECT_FALSE(stages.ended()) << "nothing was decided any more";
    b().must(": >/run/enough");
    EXPECT_TRUE(stages.wait(soon).ok());
    b().must("rm /run/enough");
}

} // namespace
} // namespace ccm::test
