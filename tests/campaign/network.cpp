// SPDX-License-Identifier: GPL-2.0-only
//
// What goes wrong between the machines.
#include "faults.h"
#include "pattern.h"

namespace ccm::campaign {

namespace {

void on_device(Scene &scene, const std::string &command)
{
    scene.target.must(fmt::format(fmt::runtime(command), scene.target.netdev()));
}

TimePoint cable(Scene &scene)
{
    static void (Cable::*const cuts[])() = {&Cable::cut, &Cable::cut_from_node, &Cable::cut_to_node};
    static const char *const names[] = {"both ways", "what it sends", "what is sent to it"};
    const int which = scene.pick(3);
    scene.say(names[which]);
    const TimePoint at = Clock::now();
    (scene.target.cable().*cuts[which])();
    return at;
}

// Its carrier is gone: its kernel forgets who is on the network.
TimePoint carrier(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.cable().cut();
    on_device(scene, "ip neigh flush dev {}");
    return at;
}

TimePoint blink(Scene &scene)
{
    scene.lasts_a_moment();
    const TimePoint at = Clock::now();
    scene.target.cable().cut();
    return at;
}

TimePoint mended(Scene &scene)
{
    scene.target.cable().heal();
    return Clock::now();
}

TimePoint neighbours(Scene &scene)
{
    const TimePoint at = Clock::now();
    for (int times = 1 + scene.pick(3); times; times--)
        on_device(scene, "ip neigh flush dev {}");
    return at;
}

// Soft-RoCE that cannot send the answer of a READ takes the request behind it for that READ, and
// drops it (read_reply() and get_req() of rxe_resp.c): a WRITE completes, and is not there. Nobody
// reads while the MTU is smaller than the queue pairs'.
void reading(Scene &scene, bool goes_on)
{
    if (scene.servers.options().transport != Rdma::rxe)
        return;
    for (int id : scene.servers.ids())
        (void)pattern(scene.servers.node(id), fmt::format("load load {}", goes_on ? "on" : "off"));
}

// It tries again and again to send what the interface does not take, from a tasklet (rxe_requester()
// after -EAGAIN): the kernel there does not come to schedule.
void may_spin(Scene &scene)
{
    if (scene.servers.options().transport == Rdma::rxe)
        scene.expected.there.insert("hung");
}

TimePoint mtu(Scene &scene)
{
    may_spin(scene);
    reading(scene, false);
    scene.lasts_a_while(0.1);
    static const int sizes[] = {576, 900, 1300};
    const int size = sizes[scene.pick(3)];
    scene.say(fmt::format("{} bytes", size));
    const TimePoint at = Clock::now();
    on_device(scene, fmt::format("echo 1 >/proc/sys/net/ipv4/route/mtu_expires && ip link set {{}} mtu {}", size));
    return at;
}

// The kernel would go on believing that the way to the partner is narrow, for ten minutes, and soft-RoCE's
// frames are too large for it. A frame that is on its way may tell it so behind the flush: hence mtu_expires.
TimePoint mtu_back(Scene &scene)
{
    const TimePoint at = Clock::now();
    on_device(scene, "ip link set {} mtu 1500 && ip route flush cache");
    reading(scene, true);
    return at;
}

TimePoint large_frames(Scene &scene)
{
    scene.lasts_a_while(0.1);
    const TimePoint at = Clock::now();
    scene.target.cable().set({.longest = 700});
    return at;
}

TimePoint address_gone(Scene &scene)
{
    scene.lasts_a_while(0.1);
    const TimePoint at = Clock::now();
    on_device(scene, "ip addr del " + scene.target.ipv4() + "/24 dev {}");
    return at;
}

TimePoint address_back(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.add_address(scene.target.ipv4() + "/24");
    return at;
}

TimePoint address_added(Scene &scene)
{
    const TimePoint at = Clock::now();
    on_device(scene, fmt::format("ip addr add 198.51.100.{}/24 dev {{}}", scene.target.id()));
    return at;
}

TimePoint address_removed(Scene &scene)
{
    on_device(scene, fmt::format("ip addr del 198.51.100.{}/24 dev {{}}", scene.target.id()));
    return Clock::now();
}

TimePoint loss(Scene &scene)
{
    scene.lasts_a_while(0.1);
    const TimePoint at = Clock::now();
    scene.target.cable().set({.loss = 0.01});
    return at;
}

TimePoint disorder(Scene &scene)
{
    scene.lasts_a_while(0.1);
    const TimePoint at = Clock::now();
    scene.target.cable().set({.duplicate = 0.05, .delay = 500us, .jitter = 3ms});
    return at;
}

} // namespace

std::vector<Fault> network_faults()
{
    const Expected cut{.ends = Ends::must, .there = {"unreachable"}, .here = {"unreachable"}};
    // Heartbeats may pass where the work of clients does not.
    const Expected narrow{
        .ends = Ends::may, .there = {"unreachable", "mtu"}, .here = {"unreachable", "mtu"}, .later = {"mtu"}};
    return {
        {.name = "cable", .what = "a cable is cut, both ways or one", .expected = cut, .strike = cable, .heal = mended},
        {.name = "carrier",
         .what = "... and the kernel there forgets its neighbours",
         .expected = cut,
         .strike = carrier,
         .heal = mended},
        {.name = "blink", .what = "a cable is cut for a moment", .expected = {}, .strike = blink, .heal = mended},
        {.name = "neighbours", .what = "neighbours are forgotten", .expected = {}, .strike = neighbours},
        {.name = "mtu", .what = "the interface's MTU shrinks", .expected = narrow, .strike = mtu, .heal = mtu_back},
        {.name = "frames",
         .what = "large frames do not pass",
         .expected = narrow,
         .strike = large_frames,
         .heal = mended},
        {.name = "address",
         .what = "its address is taken away, and given back",
         .expected = {.ends = Ends::may,
                      .there = {"unreachable"},
                      .here = {"unreachable", "device", "address"},
                      .later = {"unreachable", "device", "address"}},
         .strike = address_gone,
         .heal = address_back},
        {.name = "addresses",
         .what = "another address comes, and goes",
         .expected = {},
         .strike = address_added,
         .heal = address_removed},
        {.name = "loss", .what = "1 % of the frames are lost", .expected = {}, .strike = loss, .heal = mended},
        {.name = "disorder",
         .what = "frames are late, doubled, out of order",
         .expected = {},
         .strike = disorder,
         .heal = mended},
    };
}

} // namespace ccm::campaign
