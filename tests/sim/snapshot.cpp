// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot.h"

#include "cluster.h"

namespace sim {

PartnerPast::PartnerPast(const Partner &p)
    : session(p.session), ends(p.ends), live(p.live), last_connect(p.last_connect), client_ready(p.client_ready),
      ready_incarnation(p.ready_incarnation), ready_since(p.ready_since), shown_state(p.shown_state),
      shown_reason(p.shown_reason), last_reason(p.last_reason), last_here(p.last_here), left_stage(p.left_stage),
      watch(p.watch), tries(p.tries)
{
}

void PartnerPast::put(Partner &p) const
{
    p.session = session;
    p.live = live;
    p.last_connect = last_connect;
    p.client_ready = client_ready;
    p.ready_incarnation = ready_incarnation;
    p.ready_since = ready_since;
    p.shown_state = shown_state;
    p.shown_reason = shown_reason;
    p.last_reason = last_reason;
    p.last_here = last_here;
    p.left_stage = left_stage;
    p.watch = watch;
    p.tries = tries;
}

NodePast Node::past() const
{
    NodePast past;

    past.clock = clock();
    past.uptime_ms = uptime_ms();
    past.incarnation = incarnation_;
    past.next_incoming = next_incoming_;
    past.next_instance = next_instance_;
    past.next_serial = next_serial_;
    past.clients = clients_;
    for (auto &[id, p] : partners_)
        past.partners.emplace(id, p);
    return past;
}

// This node is new: it becomes what that one was.
void Node::go_back(const NodePast &past)
{
    incarnation_ = past.incarnation;
    offset_ += past.clock - clock();
    cluster_.host(host_).started = cluster_.world.now() - past.uptime_ms * 1000;
    next_incoming_ = past.next_incoming;
    next_instance_ = past.next_instance;
    next_serial_ = past.next_serial;
    clients_ = past.clients;
    for (auto &[id, old] : past.partners) {
        Partner &p = partners_.at(id);

        old.put(p);
        p.wanted = p.session.enabled;
        for (uint32_t conn : p.live) {
            p.ends[conn] = cluster_.fabric.dead(old.ends.at(conn), epoch_);
            p.conns.emplace_back();
            p.conns.back().id = conn;
            p.conns.back().end = p.ends[conn];
            p.conns.back().connected = true;
            p.conns.back().pending = 1U << CCM_ENDPOINT_ERROR;
            tell(id, CCM_INBOX_CONN);
        }
        set_port_key(p);
        arm(p, p.session.armed_us);
    }
    refresh_page();
}

void snapshot(Cluster &c, uint32_t a)
{
    uint64_t epoch = c.node(a)->epoch();

    if (c.node(a)->frozen() || c.node(a)->busy())
        return;
    c.world.trace("node {}: a snapshot is taken", a);
    c.world.after(c.world.rng.between(1000, 1500000), [&c, a, epoch, past = c.node(a)->past()] {
        Host &host = c.host(a);

        if (!c.faulty(a, a) || !c.node(a) || c.node(a)->epoch() != epoch || !c.node(a)->listening ||
            c.node(a)->panicked)
            return;
        c.world.trace("node {} goes back to its snapshot", a);
        c.fault();
        // Its queue pairs are dead, those of clients' ports as well: nobody reaches what was registered.
        c.bytes.died(a);
        host.node = std::make_unique<Node>(c, a, ++host.lives, false);
        host.node->go_back(past);
    });
}

} // namespace sim
