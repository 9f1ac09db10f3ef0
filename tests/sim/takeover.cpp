// SPDX-License-Identifier: GPL-2.0-only
#include "takeover.h"

#include "../../ccm/core/names.h"
#include "cluster.h"

namespace sim {

namespace {

uint32_t other(uint32_t host)
{
    return 3 - host;
}

constexpr uint64_t recent_us = 5000000; // of what an advice may be late for

} // namespace

Takeover::Takeover(Cluster &cluster) : cluster_(cluster), os_(cluster.options.nodes + 1) {}

// @what is done by what runs on this kernel, if it still does then.
void Takeover::later(uint32_t host, uint64_t delay, std::function<void()> what)
{
    cluster_.world.after(delay, [this, host, kernel = os(host).kernel, what = std::move(what)] {
        Node *node = cluster_.node(host);

        if (!kernel || os(host).kernel != kernel)
            return;
        if (node && node->frozen())
            later(host, 5000, what);
        else
            what();
    });
}

void Takeover::died(uint32_t host)
{
    os(host) = {};
}

void Takeover::booted(uint32_t host)
{
    Rng &rng = cluster_.world.rng;

    os(host) = {};
    os(host).kernel = ++kernels_;
    os(host).stage = os(host).reached = CCM_STAGE_KERNEL;
    later(host, rng.between(1000, 300000), [this, host] {
        raise(host, CCM_STAGE_STORAGE);
        later(host, cluster_.world.rng.between(1000, 1500000), [this, host] { raise(host, CCM_STAGE_RUNNING); });
    });
    if (has_disk(host))
        later(host, rng.between(1000, 1000000), [this, host] { look(host); });
}

// How far it has come is not known to the module that is new, until somebody says it again.
void Takeover::reloaded(uint32_t host)
{
    if (!os(host).kernel)
        return booted(host);
    os(host).stage = CCM_STAGE_UNKNOWN;
    later(host, cluster_.world.rng.between(1000, 1000000), [this, host] {
        if (os(host).stage == CCM_STAGE_UNKNOWN)
            show(host, os(host).reached);
    });
}

void Takeover::frozen(uint32_t host)
{
    os(host).frozen_at = cluster_.world.now();
}

void Takeover::leaves(uint32_t host)
{
    os(host).leaving = true;
}

void Takeover::show(uint32_t host, uint32_t stage)
{
    Node *node = cluster_.node(host);

    os(host).stage = os(host).reached = stage;
    if (node && node->listening)
        node->ring_stage();
}

void Takeover::raise(uint32_t host, uint32_t stage)
{
    show(host, stage);
    os(host).stopped = false;
    if (stage != CCM_STAGE_RUNNING || !has_disk(host))
        return;
    ask(host);
    manage(host, other(host));
}

// The storage OS is up. Its disk waits for the word of whoever may have taken it over.
void Takeover::ask(uint32_t host)
{
    Node *node = cluster_.node(host);

    if (os(host).stopped || os(host).leaving || os(host).serves.count(host))
        return;
    if (node && !reserved_.at(host) && node->listening) {
        const ccm_failover_view &view = node->monitor->view(other(host));
        bool may =
            view.partner_knows && (view.partner_flags & CCM_FM_F_WATCHED) && !(view.partner_flags & CCM_FM_F_ADVISED);

        if (may || cluster_.options.plant == Plant::unasked)
            return serve(host, host);
    }
    later(host, 30000, [this, host] { ask(host); });
}

// Can it write to it? It believes that it can, and the disk lets it.
bool Takeover::writes(uint32_t host, uint32_t disk) const
{
    return os(host).kernel && os(host).serves.count(disk) && (!reserved_.at(disk) || reserved_.at(disk) == host);
}

void Takeover::serve(uint32_t host, uint32_t disk)
{
    cluster_.world.trace("node {} serves disk {}", host, disk);
    os(host).serves.insert(disk);
    os(host).since = cluster_.world.now();
    check(disk);
}

void Takeover::stop(uint32_t host, uint32_t disk)
{
    if (reserved_.at(disk) == host)
        reserved_.at(disk) = 0;
    if (os(host).serves.erase(disk))
        cluster_.world.trace("node {} serves disk {} no more", host, disk);
}

// First what it serves, then the word that it does not; after a while it goes on.
void Takeover::stop_os(uint32_t host)
{
    if (os(host).stage != CCM_STAGE_RUNNING || os(host).stopped || !has_disk(host))
        return;
    os(host).stopped = true;
    later(host, cluster_.world.rng.between(100, 30000), [this, host] {
        stop(host, 1);
        stop(host, 2);
        show(host, cluster_.world.rng.permille(500) ? CCM_STAGE_STOPPING : CCM_STAGE_STORAGE);
        later(host, cluster_.world.rng.between(10000, 2000000), [this, host] {
            if (!os(host).leaving)
                raise(host, CCM_STAGE_RUNNING);
        });
    });
}

bool Takeover::quorum(uint32_t host)
{
    if (cluster_.hosts().size() < 3)
        return true;
    Node *third = cluster_.node(3);
    return third && !third->frozen() && !cluster_.fabric.link(host, 3).cut && !cluster_.fabric.link(3, host).cut;
}

void Takeover::decided(uint32_t host, uint32_t partner, const ccm_failover_view &before, const ccm_failover_view &now)
{
    if (!has_disk(host) || !has_disk(partner))
        return;
    if (now.decision == CCM_FM_TAKEOVER_ADVISED &&
        (before.decision != now.decision || before.flags != now.flags || before.reason != now.reason))
        check_advice(host, partner, now);
    later(host, cluster_.world.rng.between(100, 100000), [this, host, partner] { manage(host, partner); });
}

// The cluster manager acts on the present decision.
void Takeover::manage(uint32_t host, uint32_t partner)
{
    Node *node = cluster_.node(host);

    if (!node || !node->listening || os(host).stage != CCM_STAGE_RUNNING || os(host).stopped)
        return;
    const ccm_failover_view &view = node->monitor->view(partner);
    bool serves = os(host).serves.count(partner);

    if (view.decision == CCM_FM_GIVEBACK_POSSIBLE || (serves && view.decision == CCM_FM_PARTNER_UP)) {
        give_back(host, partner);
    } else if (view.decision == CCM_FM_TAKEOVER_ADVISED && !serves) {
        bool orderly = (view.flags & CCM_FM_F_ORDERLY) && view.reason == CCM_REASON_SHUTDOWN;

        cluster_.result.takeovers++;
        if ((view.flags & CCM_FM_F_CERTAIN) || orderly)
            return serve(host, partner);
        if (!quorum(host))
            return later(host, 200000, [this, host, partner] { manage(host, partner); });
        cluster_.world.trace("node {} takes disk {} away from it", host, partner);
        reserved_.at(partner) = host;
        serve(host, partner);
        later(partner, cluster_.world.rng.between(1000, 30000), [this, partner] {
            if (os(partner).serves.count(partner) && !writes(partner, partner)) {
                stop(partner, partner); // a write was refused
                ask(partner);
            }
        });
    }
}

void Takeover::give_back(uint32_t host, uint32_t partner)
{
    stop(host, partner);
    cluster_.node(host)->monitor->given_back(partner);
}

// Somebody who knows: that a monitor which was loaded late need not wait, and one that has seen
// too much may go on
void Takeover::look(uint32_t host)
{
    Node *node = cluster_.node(host);
    uint32_t partner = other(host);

    if (node && node->listening && os(host).stage == CCM_STAGE_RUNNING) {
        const ccm_failover_view &view = node->monitor->view(partner);
        bool unknown = !(view.flags & CCM_FM_F_WATCHED) && view.decision != CCM_FM_NONE;

        if (!os(host).serves.count(partner) && (unknown || (view.flags & CCM_FM_F_FLAPPING)))
            give_back(host, partner);
        manage(host, partner);
    }
    later(host, cluster_.world.rng.between(300000, 1500000), [this, host] { look(host); });
}

void Takeover::check(uint32_t disk)
{
    uint32_t writer = 0;

    for (uint32_t host = 1; host < os_.size(); host++) {
        if (!writes(host, disk))
            continue;
        if (writer)
            cluster_.world.fail("disk {} has two writers: nodes {} and {}", disk, writer, host);
        writer = host;
    }
}

void Takeover::check_advice(uint32_t host, uint32_t partner, const ccm_failover_view &view)
{
    const Os &o = os(partner);
    bool serves = writes(partner, partner);
    auto recent = [&](uint64_t at) { return at && cluster_.world.now() - at < recent_us; };
    // A page that takes as long to come as a detection time is old when it is here.
    bool hung = recent(o.frozen_at) || recent(cluster_.last_slow);
    // It was not running when it was seen last, and has begun since: see failover.rst, limits
    bool unread =
        (view.reason == CCM_REASON_ADMIN || view.reason == CCM_REASON_RELOADED) && !(view.flags & CCM_FM_F_ORDERLY);
    bool said = unread || (view.flags & CCM_FM_F_ORDERLY) || (view.flags & CCM_FM_F_PARTITION) ||
                (view.reason == CCM_REASON_HUNG && hung) || (view.reason == CCM_REASON_SHUTDOWN && o.leaving);

    cluster_.result.advices++;
    if (!serves)
        return;
    cluster_.result.advices_serving++;
    cluster_.result.advices_unread += unread;
    if (view.flags & CCM_FM_F_CERTAIN)
        cluster_.world.fail("node {} says that it is certain that {} writes no more ({}), and it serves", host, partner,
                            ccm_reason_text(view.reason));
    // It had stopped, said goodbye, and serves again, as it may without CCM: see failover.rst
    auto disabled = [&](uint64_t since) { return cluster_.truth.ever(Deed::admin, partner, host, since); };
    bool again = view.reason == CCM_REASON_ADMIN && disabled(1) && !disabled(o.since);
    if ((view.flags & CCM_FM_F_ORDERLY) && view.reason != CCM_REASON_UNREACHABLE && !again)
        cluster_.world.fail("node {} says that {} has left in good order ({}), and it serves", host, partner,
                            ccm_reason_text(view.reason));
    if (!said)
        cluster_.world.fail("node {} advises to take over from {} ({}), which serves, and does not say that it may",
                            host, partner, ccm_reason_text(view.reason));
}

std::string Takeover::unserved() const
{
    for (uint32_t disk = 1; disk <= 2; disk++) {
        const Os &o = os(disk);

        if (!writes(1, disk) && !writes(2, disk))
            return fmt::format("disk {}: its node is {}{}{}, reserved for {}", disk, ccm_stage_name(o.stage),
                               o.stopped ? ", stopped" : "", o.leaving ? ", leaves" : "", reserved_.at(disk));
    }
    return {};
}

} // namespace sim
