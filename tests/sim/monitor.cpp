// SPDX-License-Identifier: GPL-2.0-only
#include "monitor.h"

#include <algorithm>
#include <utility>

#include "../../ccm/core/names.h"
#include "../../ccm/core/reason.h"
#include "cluster.h"

namespace sim {

namespace {

constexpr uint64_t op_us = 500000; // a WRITE takes no longer, or its port is lost

const ccm_failover_config limits = {
    .start_limit_us = 6000000,
    .boot_limit_us = 10000000,
    .hold_us = CCM_FAILOVER_HOLD_MS * 1000,
    .flap_us = 20000000,
    .flap_advices = CCM_FAILOVER_FLAP_ADVICES,
};

ccm_failover_event plain(ccm_failover_event_type type)
{
    ccm_failover_event event{};

    event.type = type;
    return event;
}

} // namespace

Monitor::Monitor(Cluster &cluster, uint32_t host)
    : cluster_(cluster), host_(host), instance_(cluster.world.rng.next() | 1)
{
    for (auto &other : cluster.hosts())
        if (other.id != host)
            ccm_failover_start(&watched_[other.id].failover, &limits);
}

Node &Monitor::node()
{
    return *cluster_.node(host_);
}

void Monitor::step(uint32_t partner, const ccm_failover_event &event)
{
    Watched &w = watched_.at(partner);
    ccm_failover_view before = w.failover.view;
    uint32_t changed = ccm_failover_step(&w.failover, node().clock(), &event);

    if (cluster_.options.plant == Plant::no_partition_flag)
        w.failover.view.flags &= ~CCM_FM_F_PARTITION;
    if (cluster_.options.plant == Plant::false_orderly && w.failover.view.reason == CCM_REASON_HUNG)
        w.failover.view.flags |= CCM_FM_F_ORDERLY;
    if (w.failover.deadline_us) {
        uint64_t now = node().clock();
        uint64_t wait = w.failover.deadline_us > now ? w.failover.deadline_us - now : 0;

        node().later(node().wait_for(wait) + 1000, [partner, timer = ++w.timer](Node &n) {
            if (n.monitor->watched_.at(partner).timer == timer)
                n.monitor->step(partner, plain(CCM_FAILOVER_TIMER));
        });
    }
    if (changed & CCM_FAILOVER_DECIDED) {
        const ccm_failover_view &v = w.failover.view;

        cluster_.world.trace("{}->{}   {} ({}) flags {:#x}", host_, partner, ccm_fm_decision_name(v.decision),
                             ccm_reason_text(v.reason), v.flags);
        write(partner);
        cluster_.takeover->decided(host_, partner, before, v);
    }
}

// Told in a moment, and then what is true by then
void Monitor::status(Partner &p)
{
    watched_.at(p.id).status_due = true;
    node().later(cluster_.world.rng.between(1, 300),
                 [partner = p.id](Node &n) { n.monitor->take_status(n.partners().at(partner)); });
}

void Monitor::take_status(Partner &p)
{
    ccm_failover_event event = plain(CCM_FAILOVER_STATUS);

    if (!std::exchange(watched_.at(p.id).status_due, false))
        return;
    event.state = p.shown_state;
    event.reason = p.shown_state == CCM_STATE_DOWN ? p.shown_reason : p.last_reason;
    event.certain = ccm_reason_certain(event.reason);
    event.here = event.reason && (p.shown_state == CCM_STATE_DOWN ? !p.session.enabled : p.last_here);
    if (cluster_.options.plant == Plant::false_certain && event.reason == CCM_REASON_UNREACHABLE)
        event.certain = true;
    event.stage = p.liveness.reads ? p.liveness.page.stage : u32{CCM_STAGE_UNKNOWN};
    if (p.shown_state == CCM_STATE_DOWN && p.left_stage)
        event.stage = p.left_stage;
    event.incarnation = p.session.peer_incarnation;
    event.kernel = p.session.peer_kernel;
    step(p.id, event);
}

void Monitor::link_ready(Partner &p, uint32_t place)
{
    Watched &w = watched_.at(p.id);

    take_status(p); // a client hears that first
    w.linked = true;
    w.place = place;
    w.nonce = p.session.conn.nonce;
    w.instance = 0;
    w.sequence = 0;
    w.writing = 0;
    w.due = false;
    write(p.id);
    if (w.rung && w.region_nonce == w.nonce)
        read(p.id);
}

void Monitor::link_down(Partner &p)
{
    Watched &w = watched_.at(p.id);

    w.rung = false;
    if (!w.linked)
        return;
    w.linked = false;
    step(p.id, plain(CCM_FAILOVER_PARTNER_LOST));
}

void Monitor::given_back(uint32_t partner)
{
    if (cluster_.options.plant != Plant::never_given_back)
        step(partner, plain(CCM_FAILOVER_GIVEN_BACK));
}

// An RDMA WRITE into the partner's region and a ring, over the link's port
void Monitor::write(uint32_t partner)
{
    Watched &w = watched_.at(partner);
    const ccm_failover_view &v = w.failover.view;
    std::array<uint8_t, CCM_FM_RECORD_LEN> bytes;
    Cluster &c = cluster_;

    if (!w.linked)
        return;
    w.due = w.writing != 0;
    if (w.due)
        return;
    ccm_fm_record record{
        instance_,    ++sequence_, v.decision, v.flags, static_cast<u16>(v.reason), static_cast<u16>(v.stage),
        v.incarnation};
    ccm_fm_record_put(bytes.data(), &record);
    w.writing = sequence_;

    uint64_t theirs = node().partners().at(partner).session.conn.peer_keys.nonce;
    auto still = [&c, host = host_, epoch = node().epoch(), partner, sequence = sequence_]() -> Watched * {
        Node *n = c.node(host);

        if (!n || n->epoch() != epoch || n->monitor->watched_.at(partner).writing != sequence)
            return nullptr;
        return &n->monitor->watched_.at(partner);
    };
    c.fabric.message(
        host_, partner,
        [&c, host = host_, partner, bytes, theirs, still] {
            Node *there = c.node(partner);

            if (!there || there->partners().at(host).session.conn.nonce != theirs)
                return;
            there->monitor->arrived(host, bytes, theirs);
            c.fabric.message(
                partner, host,
                [&c, host, partner, still] {
                    Watched *mine = still();

                    if (!mine)
                        return;
                    mine->writing = 0;
                    if (mine->due)
                        c.node(host)->monitor->write(partner);
                },
                3);
        },
        3);
    node().later(op_us, [partner, still](Node &n) {
        if (Watched *mine = still(); mine && mine->linked)
            n.port_lost(partner, mine->place);
    });
}

void Monitor::arrived(uint32_t partner, const std::array<uint8_t, CCM_FM_RECORD_LEN> &record, uint64_t nonce)
{
    Watched &w = watched_.at(partner);

    std::copy(record.begin(), record.end(), w.region.begin());
    w.region_nonce = nonce;
    w.rung = true;
    if (w.linked && w.nonce == nonce)
        read(partner);
}

void Monitor::read(uint32_t partner)
{
    Watched &w = watched_.at(partner);
    ccm_fm_record record{};

    w.rung = false;
    if (!ccm_fm_record_get(w.region.data(), &record))
        cluster_.world.fail("node {}: what the monitor of {} has written is no record", host_, partner);
    if (record.instance == w.instance && record.sequence <= w.sequence)
        return;
    w.instance = record.instance;
    w.sequence = record.sequence;

    ccm_failover_event event = plain(CCM_FAILOVER_PARTNER);
    event.decision = record.decision;
    event.flags = record.flags;
    step(partner, event);
}

} // namespace sim
