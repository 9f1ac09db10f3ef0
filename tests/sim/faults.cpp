// SPDX-License-Identifier: GPL-2.0-only
#include "faults.h"

#include <algorithm>

#include "hosts.h"

namespace sim {

namespace {

void cut(Cluster &c, uint32_t a, uint32_t b, bool both)
{
    uint64_t length = c.world.rng.between(5000, 2500000);

    c.world.trace("cut {} -> {}{} for {} ms", a, b, both ? " and back" : "", length / 1000);
    c.fabric.link(a, b).cut = true;
    if (both)
        c.fabric.link(b, a).cut = true;
    c.world.after(length, [&c, a, b, both] {
        c.fabric.link(a, b).cut = false;
        if (both)
            c.fabric.link(b, a).cut = false;
    });
}

void bad_link(Cluster &c, uint32_t a, uint32_t b)
{
    Link &l = c.fabric.link(a, b);

    l.loss_permille = static_cast<uint32_t>(c.world.rng.between(10, 700));
    l.delay_max = c.world.rng.between(120, c.world.rng.permille(300) ? delay_max_us : 20000);
    c.world.trace("link {} -> {} loses {} of 1000, delays up to {} us", a, b, l.loss_permille, l.delay_max);
    c.last_slow = c.world.now();
    c.world.after(c.world.rng.between(50000, 3000000), [&c, a, b] {
        c.last_slow = c.world.now();
        c.fabric.link(a, b) = Link{};
    });
}

void power_loss(Cluster &c, uint32_t a, uint64_t length)
{
    c.crash(a);
    c.world.after(length, [&c, a] {
        if (!c.node(a))
            c.load(a);
    });
}

uint64_t power_off(Cluster &c)
{
    return c.world.rng.between(1000, 3000000);
}

// It has panicked, and says so: another kernel, which writes what is left to a disk, then ends.
void crash_kernel(Cluster &c, uint32_t a, uint64_t length)
{
    c.crash(a);
    c.load(a, true);
    uint64_t epoch = c.node(a)->epoch();
    c.world.after(length, [&c, a, epoch] {
        if (!c.node(a) || c.node(a)->epoch() != epoch)
            return;
        c.crash(a);
        c.load(a);
    });
}

void freeze(Cluster &c, uint32_t a, bool panic)
{
    Node &n = *c.node(a);
    uint64_t epoch = n.epoch();

    if (n.frozen())
        return;
    c.world.trace("node {} {}", a, panic ? "panics" : "is stopped");
    n.panicked = panic;
    if (panic)
        n.say_last_word();
    n.freeze();
    uint64_t length = c.world.rng.between(1000, 2500000);
    bool dump = c.world.rng.permille(400) && !c.takeover; // which knows of no such kernel
    c.world.after(length, [&c, a, epoch, panic, dump, off = power_off(c)] {
        Node *still = c.node(a);

        if (!still || still->epoch() != epoch)
            return;
        if (panic && dump) {
            crash_kernel(c, a, off);
        } else if (panic) {
            power_loss(c, a, off);
        } else if (still->frozen()) {
            c.world.trace("node {} goes on", a);
            still->thaw();
        }
    });
}

// Unloading takes as long as it does: what is being closed is closed first.
void load_behind(Cluster &c, uint32_t a, uint64_t epoch, uint64_t delay)
{
    c.world.after(delay, [&c, a, epoch] {
        if (!c.node(a))
            c.load(a);
        else if (c.node(a)->epoch() == epoch)
            load_behind(c, a, epoch, 20000);
    });
}

void admin(Cluster &c, uint32_t a, uint32_t b)
{
    uint64_t epoch = c.node(a)->epoch();

    c.world.trace("node {}: partner {} is disabled", a, b);
    // sometimes he cannot make up his mind
    for (uint64_t i = c.world.rng.permille(300) ? c.world.rng.between(1, 3) : 0; i; i--) {
        c.node(a)->stop_partner(b, CCM_REASON_ADMIN);
        c.node(a)->start_partner(b);
    }
    c.node(a)->stop_partner(b, CCM_REASON_ADMIN);
    c.world.after(c.world.rng.between(100, 1500000), [&c, a, b, epoch] {
        Node *still = c.node(a);

        if (still && still->epoch() == epoch && still->listening)
            still->start_partner(b);
    });
}

void device(Cluster &c, uint32_t a)
{
    if (!c.host(a).device)
        return;
    c.world.trace("node {}: the device is removed", a);
    c.host(a).device = false;
    c.fabric.device_gone(a);
    c.world.after(c.world.rng.between(100, 2000000), [&c, a] {
        c.host(a).device = true;
        if (c.node(a))
            c.node(a)->path_up();
    });
}

// What a rogue might send: noise, a request that is right but for one byte, or one that is right.
void rogue(Cluster &c, uint32_t a, uint32_t b)
{
    Bytes bytes(c.world.rng.between(0, CCM_PRIVATE_REQUEST_MAX));
    ccm_wire_request request{};

    for (auto &byte : bytes)
        byte = static_cast<uint8_t>(c.world.rng.next());
    if (c.world.rng.permille(700)) {
        request.version_min = request.version_max = CCM_VERSION_MAX;
        request.purpose = CCM_PURPOSE_SESSION;
        request.node = b;
        request.partner = a;
        request.cluster = ccm_cluster_id("sim");
        request.incarnation = 1;
        request.attempt = 1;
        switch (c.world.rng.below(7)) {
        case 0:
            request.cluster++;
            break;
        case 1:
            request.node = CCM_NODE_ID_MAX;
            break;
        case 2:
            request.partner = b;
            break;
        case 3:
            request.version_min = request.version_max = CCM_VERSION_MAX + 1;
            break;
        case 4:
            request.purpose = CCM_PURPOSE_SESSION + 1;
            break;
        case 5: // all of it is right, and nobody is behind it
            request.incarnation = c.world.rng.next() | 1;
            request.uptime_ms = c.world.rng.below(10000);
            break;
        case 6: // the partner's own; each of its rejects tells it
            request.incarnation = c.node(b) ? c.node(b)->incarnation() : 1;
            request.attempt = c.world.rng.permille(500) ? ~0U : 1 + static_cast<uint32_t>(c.world.rng.below(10));
            request.uptime_ms = c.world.rng.below(10000);
            break;
        }
        bytes.resize(CCM_WIRE_REQUEST_LEN);
        ccm_wire_put_request(bytes.data(), &request);
    }
    // now and then more than may wait
    uint32_t count = c.world.rng.permille(200) ? 2 * CCM_REQUESTS_MAX : 1;
    c.world.trace("a rogue sends node {} {} request(s)", a, count);
    while (count--)
        c.fabric.rogue(a, bytes);
    c.truth.did(Deed::stranger, a);
}

void break_queue_pair(Cluster &c, uint32_t a, uint32_t b)
{
    Partner &p = c.node(a)->partners().at(b);
    auto it = p.ends.find(p.session.conn.id);

    if (it == p.ends.end())
        return;
    c.truth.did(Deed::broken, a, b);
    c.fabric.break_end(it->second);
}

void port_lost(Cluster &c, uint32_t a, uint32_t b)
{
    uint32_t place = static_cast<uint32_t>(c.world.rng.below(4));

    c.world.trace("a port of node {}'s link {} to {} breaks", a, place, b);
    c.node(a)->port_lost(b, place);
}

// What is set aside stays; more is refused, until the limit is raised again.
void memory(Cluster &c, uint32_t a)
{
    Node &n = *c.node(a);

    n.memory_limit = n.memory_limit == ~0ULL ? c.world.rng.below(3) << 20 : ~0ULL;
    c.world.trace("node {} sets aside at most {} bytes", a, n.memory_limit);
}

// Keys are there or not, in common or not, the same or not; at last they are again.
void keys(Cluster &c, uint32_t a)
{
    static const std::vector<uint32_t> numbers[] = {{}, {2}, {2, 1}, {1}};
    const std::vector<uint32_t> &now = numbers[c.world.rng.below(std::size(numbers))];
    uint32_t bytes = c.world.rng.permille(300) ? 2 : 1;
    uint64_t epoch = c.node(a)->epoch();

    c.world.trace("node {} has {} keys{}", a, now.size(), bytes == 1 ? "" : ", others than its partners");
    c.node(a)->set_keys(now, bytes);
    c.world.after(c.world.rng.between(1000, 2500000), [&c, a, epoch] {
        if (c.node(a) && c.node(a)->epoch() == epoch)
            c.node(a)->set_keys({1}, 1);
    });
}

void client_fault(Cluster &c, uint32_t a, uint32_t b)
{
    Node &n = *c.node(a);

    switch (c.world.rng.below(6)) {
    case 0:
    case 1:
        return n.random_client();
    case 2:
    case 3:
        return n.client_leaves(c.world.rng.below(CCM_CLIENTS_MAX) % std::max<size_t>(n.clients().size(), 1));
    case 4:
        return port_lost(c, a, b);
    case 5:
        return memory(c, a);
    }
}

} // namespace

void load_again(Cluster &c, uint32_t a, uint32_t reason, uint64_t us)
{
    uint64_t epoch = c.node(a)->epoch();

    c.unload(a, reason);
    load_behind(c, a, epoch, c.world.rng.between(21000, us));
}

void random_fault(Cluster &c)
{
    uint32_t nodes = static_cast<uint32_t>(c.hosts().size());
    uint32_t a = static_cast<uint32_t>(c.world.rng.between(1, nodes));
    uint32_t b = static_cast<uint32_t>(c.world.rng.between(1, nodes - 1));

    random_fault(c, a, b >= a ? b + 1 : b);
}

void random_fault(Cluster &c, uint32_t a, uint32_t b)
{
    c.fault();
    if (c.churn && !c.world.rng.permille(40)) {
        if (c.node(a) && c.node(a)->listening)
            client_fault(c, a, b);
        return;
    }
    switch (c.world.rng.below(14)) {
    case 0:
    case 1:
        return cut(c, a, b, c.world.rng.permille(500));
    case 2:
    case 3:
    case 4:
        return bad_link(c, a, b);
    }
    if (!c.node(a) || !c.node(a)->listening)
        return;
    if (c.options.versions && c.world.rng.permille(200))
        return change_core(c, a);
    if (c.options.hosts && c.world.rng.permille(400))
        return host_fault(c, a, b);
    switch (c.world.rng.below(16)) {
    case 0:
        return power_loss(c, a, power_off(c));
    case 1:
        return freeze(c, a, false);
    case 2:
        return freeze(c, a, true);
    case 3:
        return load_again(c, a, c.world.rng.permille(500) ? CCM_REASON_SHUTDOWN : CCM_REASON_ADMIN, 2000000);
    case 4:
        return admin(c, a, b);
    case 5:
        return device(c, a);
    case 6:
        return c.node(a)->path_up();
    case 7:
        if (c.takeover)
            return c.takeover->stop_os(a);
        return rogue(c, a, b);
    case 8:
        return break_queue_pair(c, a, b);
    case 9:
        return keys(c, a);
    default:
        return client_fault(c, a, b);
    }
}

void set_right(Cluster &c)
{
    auto sound = [&c](uint32_t id) { return c.sound.empty() || c.sound.count(id); };

    c.fault();
    c.options.faults = !c.sound.empty();
    for (auto &one : c.hosts())
        for (auto &other : c.hosts())
            if (sound(one.id) && sound(other.id))
                c.fabric.link(one.id, other.id) = Link{};
    for (auto &host : c.hosts()) {
        if (!sound(host.id))
            continue;
        host.slow_us = host.late_us = host.failing_permille = 0;
        bool back = !host.device;

        host.device = true;
        if (host.node && (host.node->panicked || host.node->dumping() || !host.node->listening))
            c.crash(host.id);
        if (!host.node) {
            c.load(host.id);
            continue;
        }
        host.node->memory_limit = ~0ULL;
        host.node->set_keys({1}, 1);
        if (host.node->frozen())
            host.node->thaw();
        if (back)
            host.node->path_up();
        host.node->start(); // ignored by those that are
    }
    c.world.trace("no more faults");
}

} // namespace sim
