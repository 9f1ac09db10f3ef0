// SPDX-License-Identifier: GPL-2.0-only
#include "cluster.h"

#include "hosts.h"

namespace sim {

Cluster::Cluster(const Options &o) : options(o), world(o.seed, o.tracing), fabric(*this)
{
    static const uint32_t detect[] = {50, 250, 250, 1000};
    static const uint32_t busy[] = {0, 10, 10, 100};

    detect_ms = detect[world.rng.below(4)];
    hardware = world.rng.permille(500);
    iwarp = world.rng.permille(300);
    churn = world.rng.permille(400);
    busy_permille = busy[world.rng.below(4)];
    many = !o.together && world.rng.permille(20);
    if (o.failover)
        takeover = std::make_unique<Takeover>(*this);
    for (uint32_t id = 1; id <= o.nodes; id++) {
        hosts_.emplace_back();
        hosts_.back().id = id;
    }
    for (auto &h : hosts_)
        if (o.versions)
            h.core = static_cast<Core>(world.rng.below(static_cast<uint64_t>(Core::count)));
    if (o.hosts)
        draw_clocks(*this);
    world.trace("seed {}: {} nodes, detect_ms {}, {}, {}", o.seed, o.nodes, detect_ms,
                hardware ? "memory answers while a host is stopped" : "a stopped host answers nothing",
                iwarp ? "iWARP" : "RoCE");
}

void Cluster::load(uint32_t id, bool dumping)
{
    Host &h = host(id);

    bool booted = !h.powered || !h.lives;
    if (booted)
        h.started = world.now();
    h.powered = true;
    h.node = std::make_unique<Node>(*this, id, ++h.lives, dumping);
    world.trace("node {} loads{}, incarnation {:016x}", id, dumping ? " in a crash kernel" : "", h.node->incarnation());
    truth.loaded(id, h.node->incarnation());
    if (takeover) {
        booted ? takeover->booted(id) : takeover->reloaded(id);
        h.node->watch_failover();
    }
    uint64_t clients = many ? CCM_CLIENTS_MAX : world.rng.between(1, 5);
    for (uint64_t i = 0; i < clients && !options.together && !dumping; i++)
        h.node->random_client();
    h.node->start();
}

// rmmod waits until the work items have done what they have to.
void Cluster::unload(uint32_t id, uint32_t reason)
{
    Node *n = node(id);

    world.trace("node {} unloads", id);
    bool kernel = reason == CCM_REASON_SHUTDOWN; // goes down with it
    n->listening = false;
    truth.did(reason == CCM_REASON_SHUTDOWN ? Deed::shutdown : Deed::admin, id);
    n->stop(reason);
    if (takeover && kernel)
        takeover->leaves(id);
    gone(id, n->epoch(), kernel);
}

void Cluster::gone(uint32_t id, uint64_t epoch, bool kernel)
{
    world.after(20000, [this, id, epoch, kernel] {
        Node *still = node(id);

        if (!still || still->epoch() != epoch)
            return;
        if (still->busy())
            return gone(id, epoch, kernel);
        if (kernel)
            return crash(id);
        truth.ended(id, Deed::gone);
        bytes.died(id);
        host(id).node.reset();
    });
}

void Cluster::crash(uint32_t id)
{
    world.trace("node {} loses power", id);
    truth.ended(id, Deed::crashed);
    bytes.died(id);
    host(id).powered = false;
    host(id).node.reset();
    if (takeover)
        takeover->died(id);
}

} // namespace sim
