// SPDX-License-Identifier: GPL-2.0-only
//
// Too little memory, too little processor. Nodes have one processor.
#include <iterator>

#include "failing.h"
#include "faults.h"

namespace ccm::campaign {

namespace {

// Until there is this much left. By and by: a kernel that debugs has much to free for what it gives, and
// is not asked for all of it before it has.
constexpr int left_kib = 48 * 1024;

TimePoint memory(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.must(fmt::format("mkdir -p /run/full && mount -t tmpfs -o size=95% full /run/full && "
                                  "while [ $(awk '/MemAvailable/ {{ print $2 }}' /proc/meminfo) -gt {} ]; do "
                                  "dd if=/dev/zero bs=64k count=64 >>/run/full/all 2>/dev/null || exit 1; done",
                                  left_kib),
                      60s);
    return at;
}

TimePoint memory_back(Scene &scene)
{
    scene.target.must("umount /run/full");
    return Clock::now();
}

// It loses its partners, and a call that wants memory to get them back fails.
TimePoint no_memory(Scene &scene)
{
    auto site = all_sites().begin();
    std::advance(site, scene.pick(static_cast<int>(all_sites().size())));
    const Failing failing{*site, scene.pick(3), 100 + scene.pick(900)};
    scene.say(fmt::format("{} after {}, for {} ms", failing.site, failing.skip, failing.ms));
    const TimePoint at = Clock::now();
    scene.target.cable().cut();
    let_fail(scene.target, failing);
    return at;
}

TimePoint some_memory(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.cable().heal();
    std::this_thread::sleep_for(1s);
    let_none_fail(scene.target);
    return at;
}

Command busy(Node &node, double seconds)
{
    return node.start_command(fmt::format("(while :; do :; done) & a=$!; (while :; do :; done) & b=$!; sleep {:.2f}; "
                                          "kill $a $b",
                                          seconds));
}

// As long as a fault may last
TimePoint overload(Scene &scene)
{
    scene.lasts_a_while(0.3);
    const TimePoint at = Clock::now();
    scene.running.push_back(busy(scene.target, scene.hold));
    return at;
}

// A thread of the highest priority, in bursts
TimePoint bursts(Scene &scene)
{
    const double burst = scene.between(0.1, 0.3) * scene.servers.detect();
    const int times =
        std::max(1, static_cast<int>(scene.between(0.3, 1) * scene.servers.options().longest / (2 * burst)));
    scene.hold = 0;
    scene.say(fmt::format("{} of {:.0f} ms", times, burst * 1000));
    const TimePoint at = Clock::now();
    scene.running.push_back(scene.target.start_command(
        fmt::format("i=0; while [ $i -lt {} ]; do ccm-node-test hog 0 {:.0f}; sleep {:.3f}; i=$((i + 1)); done", times,
                    burst * 1000, burst)));
    return at;
}

// It has the only processor for longer than anybody waits.
TimePoint real_time(Scene &scene)
{
    const double ms = 1000 * (scene.servers.detect() * scene.between(2, 6));
    scene.say(fmt::format("{:.0f} ms", ms));
    const TimePoint at = Clock::now();
    scene.running.push_back(scene.target.start_command(fmt::format("ccm-node-test hog 0 {:.0f}", ms)));
    return at;
}

// Busy, with a bad network
TimePoint worn(Scene &scene)
{
    scene.target.cable().set({.loss = 0.01});
    return overload(scene);
}

TimePoint over(Scene &scene)
{
    for (Command &command : scene.running)
        command.wait(60s);
    scene.target.cable().heal();
    return Clock::now();
}

} // namespace

std::vector<Fault> burdens()
{
    return {
        {.name = "memory", .what = "memory is nearly full", .expected = {}, .strike = memory, .heal = memory_back},
        {.name = "no-memory",
         .what = "a cable is cut, and calls for memory fail",
         .expected =
             {.ends = Ends::must, .there = {"unreachable"}, .here = {"unreachable"}, .later = {"authentication"}},
         .failing = true,
         .strike = no_memory,
         .heal = some_memory},
        {.name = "overload", .what = "two busy threads", .expected = {}, .strike = overload, .heal = over},
        {.name = "bursts", .what = "bursts of a real-time thread", .expected = {}, .strike = bursts, .heal = over},
        {.name = "real-time",
         .what = "a real-time thread keeps the only processor",
         .expected = {.ends = Ends::may, .there = {"hung", "unreachable"}, .here = {"unreachable"}, .serves = false},
         .strike = real_time,
         .heal = over},
        {.name = "worn", .what = "two busy threads, and 1 % loss", .expected = {}, .strike = worn, .heal = over},
    };
}

} // namespace ccm::campaign
