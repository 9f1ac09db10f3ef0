// SPDX-License-Identifier: GPL-2.0-only
//
// What somebody does on a machine that goes on.
#include "faults.h"

namespace ccm::campaign {

namespace {

TimePoint device_gone(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.must("rdma link del " + scene.servers.device(scene.target));
    return at;
}

TimePoint device_back(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.add_rdma_link(scene.servers.options().transport);
    return at;
}

TimePoint unload(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.servers.unload(scene.target);
    return at;
}

TimePoint monitor_gone(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.target.must("rmmod ccm_fm");
    return at;
}

TimePoint monitor_back(Scene &scene)
{
    scene.servers.load_monitor(scene.target);
    const TimePoint at = Clock::now();
    scene.servers.ear(scene.target.id()).listen();
    return at;
}

TimePoint clients_gone(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.servers.unload_clients(scene.target);
    return at;
}

TimePoint clients_back(Scene &scene)
{
    scene.servers.load_clients(scene.target);
    return Clock::now();
}

TimePoint key(Scene &scene)
{
    const TimePoint at = Clock::now();
    scene.servers.rotate_key();
    return at;
}

} // namespace

std::vector<Fault> changes()
{
    return {
        {.name = "device",
         .what = "its RDMA device is removed, and added",
         .expected = {.ends = Ends::must, .there = {"unreachable"}, .here = {"device"}, .later = {"device"}},
         .strike = device_gone,
         .heal = device_back},
        {.name = "reload",
         .what = "the module is unloaded, and loaded",
         .expected = {.ends = Ends::must, .there = {"admin"}, .later = {"authentication"}},
         .strike = unload,
         .heal = bring},
        {.name = "monitor",
         .what = "the failover monitor is loaded anew",
         .expected = {},
         .strike = monitor_gone,
         .heal = monitor_back},
        {.name = "clients",
         .what = "kernel clients leave, and come",
         .expected = {},
         .strike = clients_gone,
         .heal = clients_back},
        {.name = "key", .what = "the key is rotated on all", .expected = {}, .strike = key},
    };
}

} // namespace ccm::campaign
