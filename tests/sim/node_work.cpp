// SPDX-License-Identifier: GPL-2.0-only
// A partner's work item: it looks at what waits, lets the core decide and carries that out, one
// action after the other, each to its end, before it looks again. All of it takes time: while it
// is busy more comes, and much the same becomes one.
#include "node.h"

#include <algorithm>

#include "../../ccm/core/names.h"
#include "../kunit/suites/tape.h"
#include "checker.h"
#include "cluster.h"
#include "coverage.h"
#include "plant.h"

namespace sim {

// Where the work item stands still while time passes
struct Node::Pass {
    Node &node;
    uint32_t partner;
    uint64_t us;

    bool await_ready() const { return node.cluster_.world.pass(us); }
    void await_suspend(std::coroutine_handle<>) const
    {
        node.later(us, [partner = partner](Node &still) { still.partners_.at(partner).work.go_on(); });
    }
    void await_resume() const {}
};

Node::Pass Node::pass(Partner &p, uint64_t us)
{
    return {*this, p.id, us};
}

// How long something takes: usually little, and now and then, as long as there are faults, long
uint64_t Node::takes(uint64_t usual_us, uint64_t longest_us)
{
    Rng &rng = cluster_.world.rng;

    if (cluster_.options.together)
        return 1;
    usual_us += cluster_.host(host_).slow_us;
    if (cluster_.faulty(host_, host_) && rng.permille(cluster_.busy_permille))
        return rng.between(usual_us, std::max(usual_us, longest_us));
    return rng.below(usual_us + 1);
}

uint64_t Node::takes(const ccm_session_action &a)
{
    switch (a.type) {
    case CCM_ACT_CONNECT:
    case CCM_ACT_REJECT:
        return takes(50, 5000);
    case CCM_ACT_ACCEPT: // a queue pair is made
        return takes(300, 50000);
    case CCM_ACT_CLOSE: // the drains, of the ports' queue pairs and of the session's
        return takes(200, 2000ULL * CCM_DRAIN_MS);
    default:
        return takes(3, 1000);
    }
}

uint64_t Node::takes(const ccm_link_action &a)
{
    switch (a.act) {
    case CCM_LINK_ACT_CLOSE: // the ports' drain
        return takes(100, 1000ULL * CCM_DRAIN_MS);
    case CCM_LINK_ACT_PREPARE:
    case CCM_LINK_ACT_OPEN:
        return takes(200, 20000);
    default:
        return takes(3, 1000);
    }
}

Work Node::work(uint32_t partner)
{
    Partner &p = partners_.at(partner);

    for (;;) {
        co_await pass(p, takes(5, 2000));
        if (!next_event(p)) {
            // whatever was ordered meanwhile, and how often
            if (p.session.enabled != p.wanted)
                cluster_.world.fail("node {}: partner {} was {} last, and is not", host_, p.id,
                                    p.wanted ? "started" : "stopped");
            break;
        }
        step(p);
        for (uint32_t i = 0; i < p.actions.count; i++) {
            const ccm_session_action &a = p.actions.list[i];

            if (a.type == CCM_ACT_CLOSE) {
                uint64_t limit = a.flush ? 1000ULL * ccm_schedule_flush_ms(2 * Fabric::retry_us / 1000) : 0;

                stop_watch(p, a.conn);
                for (uint64_t waited = 0, us; waited < limit && !flushed(p, a.conn); waited += us) {
                    us = std::max<uint64_t>(20, waited / 8);
                    co_await pass(p, us);
                }
                cluster_.fabric.disconnect(p.ends.at(a.conn));
            }
            co_await pass(p, takes(a));
            carry_out(p, a);
        }
        set_port_key(p);

        ccm_link_action action;
        while (ccm_links_next(&p.session.links, &action)) {
            plant_link(cluster_.options.plant, action);
            if (action.act != CCM_LINK_ACT_SHOW)
                cluster_.world.trace("{}->{}   {}", host_, p.id, describe(action));
            demand(p, p.watch.act(p.session, action));
            co_await pass(p, takes(action));
            carry_out(p, action);
        }
        rest(p);
    }
    p.queued = false;
}

// What a step found wrong ends the run.
void Node::demand(const Partner &p, const std::string &wrong)
{
    if (!wrong.empty())
        cluster_.world.fail("node {} partner {}: {} (state {}, event {}, then {})", host_, p.id, wrong,
                            ccm_state_name(p.state), describe(p.event.event), ccm_state_name(p.session.state));
}

// The one timer
void Node::arm(Partner &p, uint64_t at_us)
{
    p.timer++;
    if (at_us)
        later(wait_for(at_us - std::min(at_us, clock())), [partner = p.id, timer = p.timer](Node &node) {
            if (node.partners_.at(partner).timer == timer)
                node.tell(partner, CCM_INBOX_TIMER);
        });
}

// Let the core decide about what was taken.
void Node::step(Partner &p)
{
    ccm_session_event &event = p.event.event;

    event.random = cluster_.number();
    ccm_tape_secrets(&event);
    event.uptime_ms = uptime_ms();
    event.heard_us = p.heard_us;
    event.heard_uptime_ms = p.heard_uptime_ms;
    event.read_us = p.slow_us;
    event.data = p.event.data.data();
    event.len = static_cast<uint32_t>(p.event.data.size());
    p.present = p.session.conn.id;
    p.state = p.session.state;

    static ccm_session before; // too large for a stack that sanitizers fill up
    before = p.session;
    cluster_.tapes.record({host_, epoch_, p.id}, p.session, clock(), event);
    plant_event(cluster_.options.plant, p.session, event);
    plant_before(cluster_.options.plant, p.session, event);
    ccm_session_step(&p.session, clock(), &event, &p.actions);
    plant_after(cluster_.options.plant, p.session, event, p.actions);
    cluster_.result.steps++;

    if (cluster_.world.tracing()) {
        std::string text;

        for (uint32_t i = 0; i < p.actions.count; i++)
            text += (i ? ", " : "") + describe(p.actions.list[i]);
        cluster_.world.trace("{}->{} {:<11} {:<24} -> {:<11} [{}]", host_, p.id, ccm_state_name(before.state),
                             describe(event), ccm_state_name(p.session.state), text);
    }
    std::map<uint32_t, ccm_wire_keys> keys;
    for (uint32_t conn : {before.conn.id, before.candidate.id})
        if (conn && cluster_.fabric.end(p.ends.at(conn)).keys_known)
            keys[conn] = cluster_.fabric.end(p.ends.at(conn)).peer_keys;
    demand(p, check_step({before, p.session, clock(), event, p.actions, p.live, p.client_ready, p.last_connect,
                          p.shown_state, p.shown_reason, keys}));
    demand(p, p.watch.step(before, p.session, event, p.actions));
    if (cluster_.options.plant == Plant::none)
        count_step(before, p.session, clock(), event, p.actions);
    cluster_.truth.step(host_, p, before, p.actions);
    if (cluster_.hostile)
        cluster_.hostile->watch(host_, p, before, event, p.actions);
}

// All that the core wanted is done: what this node shows and what the other one does must fit.
// The other one may be in the middle of its own actions: its session is that behind its step, and
// so never knows less than what it has carried out by now.
void Node::rest(Partner &p)
{
    demand(p, p.watch.rest(p.session));
    check_rest(cluster_, host_, p);
    check_pair(cluster_, host_, p.id);
    cluster_.truth.rest(host_, p.id);
    cluster_.rests++;
}

// Has the partner had what was posted, as far as it ever will?
bool Node::flushed(Partner &p, uint32_t conn)
{
    const End &end = cluster_.fabric.end(p.ends.at(conn));
    auto mail = [](const Op &op) { return op.kind == Op::write || op.kind == Op::send; };

    return end.state == End::broken || std::none_of(end.sends.begin(), end.sends.end(), mail);
}

void Node::stop_watch(Partner &p, uint32_t conn)
{
    if (p.watched != conn)
        return;
    p.watched = 0;
    p.heard_us = 0;
}

// The end of a CLOSE: nothing that the partner had reaches memory any more.
void Node::close_conn(Partner &p, uint32_t conn)
{
    p.live.erase(conn);
    while (conn == p.present && !p.tries.empty())
        close(p, p.tries.begin()->first);
    cluster_.fabric.close(p.ends.at(conn));
    p.conns.remove_if([conn](const Conn &one) { return one.id == conn; });
}

// The way is looked for, and when it is found, the request is sent.
void Node::connect(Partner &p, uint32_t conn, Bytes request)
{
    p.conns.emplace_back();
    p.conns.back().id = conn;
    p.conns.back().private_data = std::move(request);
    p.conns.back().end = p.ends[conn] = cluster_.fabric.open(host_, p.id, conn);
    later(takes(100, 50000), [partner = p.id, conn](Node &node) {
        if (Conn *there = node.find_conn(node.partners_.at(partner), conn)) {
            there->pending |= 1U << CCM_ENDPOINT_ROUTE;
            node.tell(partner, CCM_INBOX_CONN);
        }
    });
}

void Node::carry_out(Partner &p, const ccm_session_action &a)
{
    Fabric &fabric = cluster_.fabric;
    Bytes data(a.data, a.data + a.len);
    Op op{};

    if (core_ == Core::later && !data.empty()) {
        data = later_message(cluster_.world.rng, a, std::move(data));
        later_said(p.session, a, data);
    }
    op.data = data;
    op.addr = a.addr;
    op.key = a.key;
    op.what = a.what;
    op.read_len = a.read_len;
    switch (a.type) {
    case CCM_ACT_CONNECT:
        p.connects++;
        p.last_connect = a.conn;
        p.live.insert(a.conn);
        connect(p, a.conn, std::move(data));
        break;
    case CCM_ACT_ACCEPT:
        p.asking.erase(a.conn);
        p.live.insert(a.conn);
        fabric.accept(p.ends.at(a.conn), std::move(data));
        break;
    case CCM_ACT_REJECT:
        if (a.what == CCM_REJECT_CROSSED)
            cluster_.result.crossed++;
        p.asking.erase(a.conn);
        fabric.reject(p.ends.at(a.conn), std::move(data));
        p.conns.remove_if([&a](const Conn &conn) { return conn.id == a.conn; });
        p.ends.erase(a.conn);
        break;
    case CCM_ACT_CLOSE:
        close_conn(p, a.conn);
        break;
    case CCM_ACT_SEND: {
        End &end = fabric.end(p.ends.at(a.conn));

        if (cluster_.iwarp && a.conn % 2 && !end.received)
            cluster_.world.fail("node {}: conn {}: the accepting side sent first on "
                                "iWARP",
                                host_, a.conn);
        end.sent = true;
        op.kind = Op::send;
        fabric.post(end.id, std::move(op));
        break;
    }
    case CCM_ACT_READ:
        op.kind = Op::read;
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    case CCM_ACT_PROVE: {
        Bytes proof = cluster_.proofs.make(p.session, *ccm_session_conn_of(&p.session, a.conn), op.data, key_bytes_);

        std::copy(proof.begin(), proof.end(), op.data.begin() + CCM_HELLO_PROOF);
        op.kind = Op::write;
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    }
    case CCM_ACT_VERIFY:
        p.verified = a.conn;
        p.verified_right =
            cluster_.proofs.right(p.session, *ccm_session_conn_of(&p.session, a.conn), p.event.data, key_bytes_);
        tell(p.id, CCM_INBOX_VERIFIED);
        break;
    case CCM_ACT_WRITE:
        op.kind = Op::write;
        if (a.what == CCM_RING_READY)
            fabric.end(p.ends.at(a.conn)).ready_sent = true;
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    case CCM_ACT_MAIL:
        op.kind = Op::write;
        op.data.resize(std::max(CCM_CATALOG_LEN_MAX, CCM_LINKS_LEN_MAX));
        op.data.resize(ccm_session_put_mail(&p.session, a.what, op.data.data()));
        if (core_ == Core::later)
            op.data = later_message(cluster_.world.rng, a, std::move(op.data));
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    case CCM_ACT_RING:
        op.kind = Op::ring;
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    case CCM_ACT_ANSWER: {
        End &end = fabric.end(p.ends.at(a.conn));

        if (end.memory)
            std::copy(data.begin(), data.end(), end.memory->session_page.begin());
        op.kind = Op::ring;
        op.data.clear();
        fabric.post(end.id, std::move(op));
        break;
    }
    case CCM_ACT_WATCH:
        p.watched = a.conn;
        p.watch_addr = a.addr;
        p.watch_key = a.key;
        p.beats.clear();
        p.probing = false;
        p.heard_us = 0;
        p.look = false;
        p.slow_us = 0;
        // what the session before was told, and not looked at yet, is nothing of this one
        take_bit(p, CCM_INBOX_VERDICT);
        take_bit(p, CCM_INBOX_ALIVE);
        ccm_liveness_start(&p.liveness, clock(),
                           cluster_.detect_ms * (cluster_.options.plant == Plant::slow_verdict ? 3 : 1),
                           p.session.conn.incarnation);
        if (p.event.event.type == CCM_SEV_READ_DONE && p.event.event.status == CCM_READ_STATUS &&
            p.event.event.conn == a.conn &&
            ccm_liveness_step(&p.liveness, clock(), CCM_LIVENESS_READ, p.event.data.data(),
                              static_cast<uint32_t>(p.event.data.size())) &
                CCM_LIVENESS_VERDICT)
            tell(p.id, CCM_INBOX_VERDICT);
        tick(p.id, a.conn);
        break;
    case CCM_ACT_TIMER:
        arm(p, a.at_us);
        break;
    case CCM_ACT_STATE:
        p.shown_state = a.state;
        p.shown_reason = a.reason;
        p.left_stage = a.what;
        if (a.state == CCM_STATE_DOWN) {
            p.last_reason = a.reason;
            p.last_here = !p.session.enabled;
        }
        if (monitor)
            monitor->status(p);
        break;
    case CCM_ACT_READY: {
        End &end = fabric.end(p.ends.at(p.session.conn.id));

        if (!fabric.end(end.peer).ready_sent)
            cluster_.world.fail("node {}: READY, and partner {} has never said so", host_, p.id);
        cluster_.result.ready++;
        p.client_ready = true;
        p.ready_incarnation = p.session.peer_incarnation;
        p.ready_since = cluster_.world.now();
        p.word_conn = p.session.conn.id;
        p.word_secret.assign(p.session.conn.hello.secret, p.session.conn.hello.secret + CCM_WIRE_SECRET_LEN);
        break;
    }
    case CCM_ACT_DOWN:
        if (!p.tries.empty())
            cluster_.world.fail("node {}: DOWN, and {} can still reach what links gave it", host_, p.id);
        cluster_.result.down++;
        if (a.reason == CCM_REASON_PANICKED) {
            cluster_.result.panicked++;
            // or a later life of it, which nobody has come to know
            if (!cluster_.truth.panicked(p.id) && !(cluster_.hostile && cluster_.hostile->believed()))
                cluster_.world.fail("node {}: partner {} has panicked, it says, and it has not", host_, p.id);
        }
        p.client_ready = false;
        p.word_conn = 0;
        cluster_.bytes.partner_down(host_, p.id);
        break;
    case CCM_ACT_CLIENTS:
        tell(p.id, CCM_INBOX_CLIENTS);
        break;
    case CCM_ACT_PROBE:
        take_bit(p, CCM_INBOX_ALIVE); // of a READ that was asked for earlier
        p.probing = true;
        p.probe_beat = p.next_beat;
        if (p.watched == a.conn)
            p.look = !beat(p);
        break;
    case CCM_ACT_AGAIN:
        find_conn(p, a.conn)->pending |= 1U << ccm_schedule_ring(a.what);
        break;
    case CCM_ACT_CLASH:
        cluster_.result.clashes++;
        break;
    default:
        break;
    }
}

} // namespace sim
