// SPDX-License-Identifier: GPL-2.0-only
#include "client_bytes.h"

#include "cluster.h"

namespace sim {

// In some runs only: so many writers make a run long.
ClientBytes::ClientBytes(Cluster &c) : c_(c), rng_(c.options.seed ^ 0xc11e47b17e5ULL), on_(rng_.permille(250)) {}

void ClientBytes::registered(uint32_t host, uint32_t partner, uint32_t key)
{
    regions_[{host, key}] = {partner, true, false};
}

void ClientBytes::deregistered(uint32_t host, uint32_t key)
{
    auto it = regions_.find({host, key});

    if (it == regions_.end())
        return;
    it->second.registered = false;
    if (!on_) // nothing is on its way to it
        regions_.erase(it);
}

void ClientBytes::told_down(uint32_t host, uint32_t key)
{
    auto it = regions_.find({host, key});

    if (it != regions_.end())
        it->second.down = true;
}

void ClientBytes::partner_down(uint32_t host, uint32_t partner)
{
    for (auto it = regions_.lower_bound({host, 0}); it != regions_.end() && it->first.first == host; ++it)
        if (it->second.partner == partner)
            it->second.down = true;
}

void ClientBytes::died(uint32_t host)
{
    regions_.erase(regions_.lower_bound({host, 0}), regions_.lower_bound({host + 1, 0}));
}

bool ClientBytes::there(const Writer &w) const
{
    Node *node = c_.node(w.host);

    return node && node->epoch() == w.epoch && node->find_try(w.partner, w.place, w.serial);
}

void ClientBytes::ready(const Writer &w)
{
    if (on_)
        write(w);
}

void ClientBytes::write(const Writer &w)
{
    if (!there(w))
        return;
    if (!c_.node(w.host)->frozen()) {
        const Link &l = c_.fabric.link(w.host, w.partner);

        c_.world.beside(rng_.between(l.delay_min, l.delay_max), [this, w] { send(w, 0); });
    }
    c_.world.beside(rng_.between(1000, 20000), [this, w] { write(w); });
}

// It has come to the other end, or is repeated.
void ClientBytes::send(const Writer &w, uint32_t tries)
{
    const Link &l = c_.fabric.link(w.host, w.partner);
    Node *to = c_.node(w.partner);
    bool lost = l.cut || !c_.host(w.partner).powered || !c_.host(w.partner).device || rng_.permille(l.loss_permille);

    if (!lost && to && (!to->frozen() || c_.hardware))
        return land(w);
    if (tries < Fabric::tries_max && there(w))
        c_.world.beside(Fabric::retry_us, [this, w, tries] { send(w, tries + 1); });
}

void ClientBytes::land(const Writer &w)
{
    auto it = regions_.find({w.partner, w.key});

    if (it == regions_.end() || !it->second.registered) {
        c_.result.late++;
        return;
    }
    if (it->second.down)
        c_.world.fail("node {}: a client of {} has written to memory whose client has heard DOWN", w.partner, w.host);
    c_.result.written++;
}

} // namespace sim
