// SPDX-License-Identifier: GPL-2.0-only
//
// A machine ends, or as good as that.
#include <algorithm>

#include "faults.h"

namespace ccm::campaign {

namespace {

TimePoint power_loss(Scene &scene)
{
    return scene.target.kill();
}

TimePoint reboot(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.start_command(scene.pick(2) ? "reboot -f" : "poweroff -f");
    scene.target.wait_end();
    return at;
}

// As the unit of a storage OS that stops, before the kernel goes down
TimePoint orderly(Scene &scene)
{
    scene.target.must("ccmadm stage storage");
    for (int other : scene.servers.others(scene.target.id())) {
        Ear &ear = scene.servers.ear(other);
        if (!ear.until([&] { return ear.stage(scene.target.id()) == "storage"; }, soon))
            throw Error("node {} does not see that node {} stops", other, scene.target.id());
    }
    return reboot(scene);
}

TimePoint panic(Scene &scene)
{
    return scene.target.panic();
}

// It stands for a while, and its memory answers.
TimePoint panic_and_stand(Scene &scene)
{
    scene.target.must(fmt::format("insmod /modules/ccm_stand.ko ms={:.0f}", 4000 * scene.servers.detect() + 500));
    return scene.target.panic();
}

// Whether or not the panic was heard: the kernel that comes then proves it.
TimePoint crash_kernel(Scene &scene)
{
    const bool heard = scene.pick(2) != 0;
    scene.say(heard ? "heard" : "silent");
    if (!heard)
        scene.expected.there.insert("unreachable");
    const TimePoint at = heard ? scene.target.panic() : scene.target.kill();
    const int id = scene.target.id();
    if (!scene.servers.wait_down(id, false, soon))
        return at;
    scene.target.boot();
    scene.target.must("modprobe ccm_failing && echo crash-kernel >/sys/kernel/debug/ccm_failing/run");
    scene.servers.load_module(scene.target);
    for (int other : scene.servers.others(id)) {
        Ear &ear = scene.servers.ear(other);
        if (!ear.until([&] { return ear.stage(id) == "dumping" && ear.reason(id) == "panicked"; }, soon))
            throw Error("node {} does not hear of the crash kernel of node {}", other, id);
    }
    return at;
}

TimePoint dumped(Scene &scene)
{
    scene.target.kill();
    return bring(scene);
}

TimePoint hang(Scene &scene)
{
    return scene.target.stop();
}

TimePoint goes_on(Scene &scene)
{
    return scene.target.cont();
}

TimePoint pause(Scene &scene)
{
    scene.lasts_a_moment();
    return scene.target.stop();
}

TimePoint spin(Scene &scene)
{
    const double ms = std::min(9000.0, 1000 * (4 * scene.servers.detect() + scene.between(0.5, 2)));
    scene.say(fmt::format("{:.0f} ms", ms));
    // siw answers from a thread.
    if (scene.servers.options().transport == Rdma::rxe)
        scene.expected.there = {reason_when_spinning(scene.target)};
    scene.target.must("insmod /modules/ccm_spin.ko");
    const TimePoint at = Clock::now();
    scene.running.push_back(
        scene.target.start_command(fmt::format("echo {:.0f} >/sys/module/ccm_spin/parameters/ms", ms)));
    return at;
}

TimePoint spun(Scene &scene)
{
    scene.running.front().wait(30s);
    const TimePoint at = Clock::now();
    scene.target.must("rmmod ccm_spin");
    return at;
}

} // namespace

std::vector<Fault> deaths()
{
    const Words boots{"authentication"};
    return {
        {.name = "power",
         .what = "loses power, and is switched on again",
         .expected = {.ends = Ends::must, .there = {"unreachable"}, .serves = false, .lives = false, .later = boots},
         .strike = power_loss,
         .heal = bring},
        {.name = "reboot",
         .what = "reboots or powers off in full swing",
         .expected = {.ends = Ends::must, .there = {"shutdown"}, .serves = false, .lives = false, .later = boots},
         .strike = reboot,
         .heal = bring},
        {.name = "orderly",
         .what = "the same, after its storage OS has stopped",
         .expected = {.ends = Ends::must,
                      .there = {"shutdown"},
                      .serves = false,
                      .lives = false,
                      .orderly = true,
                      .later = boots},
         .strike = orderly,
         .heal = bring},
        // The last word is one datagram, and may be lost.
        {.name = "panic",
         .what = "panics, and ends",
         .expected = {.ends = Ends::must,
                      .there = {"panicked", "unreachable"},
                      .serves = false,
                      .lives = false,
                      .later = boots},
         .strike = panic,
         .heal = bring},
        {.name = "stand",
         .what = "panics, and stands for a while",
         .expected = {.ends = Ends::must, .there = {"panicked"}, .serves = false, .lives = false, .later = boots},
         .strike = panic_and_stand,
         .heal = bring},
        {.name = "kdump",
         .what = "panics, heard or not, and its crash kernel comes",
         .expected = {.ends = Ends::must,
                      .there = {"panicked"},
                      .serves = false,
                      .lives = false,
                      .later = {"panicked", "authentication"}},
         .failing = true,
         .strike = crash_kernel,
         .heal = dumped},
        {.name = "hang",
         .what = "is stopped, and goes on",
         .expected = {.ends = Ends::must, .there = {"unreachable"}, .here = {"unreachable"}, .serves = false},
         .strike = hang,
         .heal = goes_on},
        {.name = "pause", .what = "is stopped for a moment", .expected = {}, .strike = pause, .heal = goes_on},
        {.name = "spin",
         .what = "its kernel spins without scheduling",
         .expected = {.ends = Ends::must, .there = {"hung", "unreachable"}, .here = {"unreachable"}, .serves = false},
         .strike = spin,
         .heal = spun},
    };
}

} // namespace ccm::campaign
