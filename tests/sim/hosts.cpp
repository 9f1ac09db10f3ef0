// SPDX-License-Identifier: GPL-2.0-only
#include "hosts.h"

#include "cluster.h"
#include "faults.h"

namespace sim {

namespace {

constexpr int32_t ppm_max = 50000;

// @what for a while, then @back, whatever has become of the host
void for_a_while(Cluster &c, const std::function<void()> &what, std::function<void()> back)
{
    what();
    c.world.after(c.world.rng.between(20000, 2000000), std::move(back));
}

void slow(Cluster &c, uint32_t a)
{
    uint64_t us = c.world.rng.between(1000, 30000);

    c.world.trace("node {} takes up to {} us for each step", a, us);
    auto begin = [&c, a, us] { c.host(a).slow_us = us; };
    for_a_while(c, begin, [&c, a] { c.host(a).slow_us = 0; });
}

void late(Cluster &c, uint32_t a)
{
    uint64_t us = c.world.rng.between(1000, 200000);

    c.world.trace("node {}: timers come up to {} us late", a, us);
    auto begin = [&c, a, us] { c.host(a).late_us = us; };
    for_a_while(c, begin, [&c, a] { c.host(a).late_us = 0; });
}

void short_of(Cluster &c, uint32_t a)
{
    uint32_t permille = static_cast<uint32_t>(c.world.rng.between(50, 900));

    c.world.trace("node {}: {} of 1000 memories and ports fail", a, permille);
    for_a_while(
        c, [&c, a, permille] { c.host(a).failing_permille = permille; }, [&c, a] { c.host(a).failing_permille = 0; });
}

void stall(Cluster &c, uint32_t a)
{
    Node &n = *c.node(a);
    uint64_t epoch = n.epoch();

    if (n.frozen())
        return;
    c.world.trace("node {} stalls", a);
    n.freeze();
    c.world.after(c.world.rng.between(2000, 400000), [&c, a, epoch] {
        Node *still = c.node(a);

        if (still && still->epoch() == epoch && still->frozen() && !still->panicked)
            still->thaw();
    });
}

void reload(Cluster &c, uint32_t a)
{
    load_again(c, a, CCM_REASON_ADMIN, 100000);
}

void take_away(Cluster &c, uint32_t a, uint32_t b)
{
    uint64_t epoch = c.node(a)->epoch();

    c.world.trace("node {}: partner {} is taken away", a, b);
    c.node(a)->stop_partner(b, CCM_REASON_ADMIN);
    c.world.after(c.world.rng.between(1000, 500000), [&c, a, b, epoch] {
        Node *still = c.node(a);

        if (still && still->epoch() == epoch && still->listening)
            still->when_running([&c, a, b, epoch] {
                if (c.node(a) && c.node(a)->epoch() == epoch)
                    c.node(a)->renew_partner(b);
            });
    });
}

} // namespace

void draw_clocks(Cluster &c)
{
    bool exact = c.world.rng.permille(300);

    for (auto &host : c.hosts())
        if (!exact)
            host.ppm = static_cast<int32_t>(c.world.rng.below(2 * ppm_max + 1)) - ppm_max;
}

void host_fault(Cluster &c, uint32_t a, uint32_t b)
{
    switch (c.world.rng.below(7)) {
    case 0:
        return slow(c, a);
    case 1:
        return late(c, a);
    case 2:
        return short_of(c, a);
    case 3:
        return stall(c, a);
    case 4:
        return reload(c, a);
    case 5:
        return take_away(c, a, b);
    case 6:
        // what it serves does not go back with it; and a crash kernel stays one
        if (!c.takeover && !c.node(a)->dumping())
            snapshot(c, a);
        return;
    }
}

std::set<uint32_t> draw_sound(Cluster &c)
{
    std::set<uint32_t> sound;
    uint64_t nodes = c.hosts().size();
    uint64_t count = c.world.rng.between(2, std::max<uint64_t>(2, nodes - 1));

    while (sound.size() < count)
        sound.insert(static_cast<uint32_t>(c.world.rng.between(1, nodes)));
    return sound;
}

void fault_outside(Cluster &c)
{
    uint32_t nodes = static_cast<uint32_t>(c.hosts().size());
    uint32_t a = static_cast<uint32_t>(c.world.rng.between(1, nodes));
    uint32_t b = static_cast<uint32_t>(c.world.rng.between(1, nodes - 1));

    if (!c.sound.count(a))
        random_fault(c, a, b >= a ? b + 1 : b);
}

} // namespace sim
