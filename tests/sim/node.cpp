// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <algorithm>

#include "checker.h"
#include "cluster.h"
#include "coverage.h"
#include "../../ccm/core/names.h"
#include "../kunit/suites/tape.h"
#include "plant.h"

namespace sim {

namespace {

constexpr uint32_t tick_ms = 20;

Event simple(ccm_session_event_type type, uint32_t reason = CCM_REASON_NONE)
{
    Event e;

    e.event.type = type;
    e.event.reason = reason;
    return e;
}

const ccm_session_conn &conn_of(const ccm_session &s, uint32_t id)
{
    return id == s.conn.id ? s.conn : s.candidate;
}

// Where in the mailbox a kind of mail lies, and how much room it has
std::pair<uint32_t, uint32_t> mail_place(uint32_t ring)
{
    switch (ring) {
    case CCM_RING_HELLO:
        return {CCM_MAILBOX_HELLO, CCM_MAILBOX_READY - CCM_MAILBOX_HELLO};
    case CCM_RING_READY:
        return {CCM_MAILBOX_READY, CCM_MAILBOX_GOODBYE - CCM_MAILBOX_READY};
    case CCM_RING_GOODBYE:
        return {CCM_MAILBOX_GOODBYE, CCM_MAILBOX_CATALOG - CCM_MAILBOX_GOODBYE};
    case CCM_RING_CATALOG:
        return {CCM_MAILBOX_CATALOG, CCM_MAILBOX_LINKS - CCM_MAILBOX_CATALOG};
    case CCM_RING_LINKS:
        return {CCM_MAILBOX_LINKS, CCM_MAILBOX_LEN - CCM_MAILBOX_LINKS};
    default:
        return {0, 0};
    }
}

} // namespace

Node::Node(Cluster &cluster, uint32_t host, uint64_t epoch, bool dumping)
    : cluster_(cluster), host_(host), epoch_(epoch), incarnation_(cluster.number()),
      offset_(cluster.world.rng.between(1, 1000000000)), loaded_at_(cluster.world.now()),
      stage_(dumping ? CCM_STAGE_DUMPING : CCM_STAGE_KERNEL)
{
    for (auto &other : cluster.hosts()) {
        if (other.id == host)
            continue;
        ccm_session_config config{};
        config.node = host;
        config.partner = other.id;
        config.cluster = ccm_cluster_id("sim");
        config.incarnation = incarnation_;
        config.version_min = CCM_VERSION_MIN;
        config.version_max = CCM_VERSION_MAX;
        config.detect_ms = cluster.detect_ms;
        config.capabilities = 0xf0 | host;
        config.auth = cluster.options.seed % 2 ? CCM_AUTH_PSK : CCM_AUTH_NONE;
        config.machine = host;
        fmt::format_to_n(config.name, sizeof(config.name) - 1, "node{}", host);

        Partner &p = partners_[other.id];
        p.id = other.id;
        ccm_session_init(&p.session, &config);
    }
    refresh_page();
}

uint64_t Node::clock() const
{
    return cluster_.world.now() + offset_;
}

uint64_t Node::uptime_ms() const
{
    return (cluster_.world.now() - cluster_.host(host_).started) / 1000;
}

// What the page's work item has stored by now
void Node::refresh_page()
{
    uint64_t stopped = counter_lost_;
    ccm_wire_status status{};

    if (frozen_)
        stopped += cluster_.world.now() - frozen_at_;
    uint64_t ran = cluster_.world.now() - loaded_at_ - stopped;

    status.version_min = CCM_VERSION_MIN;
    status.version_max = CCM_VERSION_MAX;
    status.node = host_;
    status.incarnation = incarnation_;
    status.cluster = ccm_cluster_id("sim");
    status.stage = static_cast<uint16_t>(stage_);
    status.flags = panicked ? CCM_PAGE_PANIC : 0;
    status.counter = 1 + ran / (tick_ms * 1000);
    status.tick_ms = tick_ms;
    status.uptime_ms = ((frozen_ ? frozen_at_ : cluster_.world.now()) - cluster_.host(host_).started) / 1000;
    ccm_wire_put_status(page_.data(), &status);
}

void Node::start()
{
    for (auto &[id, p] : partners_) {
        Event keys = simple(CCM_SEV_PSK);

        keys.event.psk[0] = 1;
        push(id, Source::other, keys);
        push(id, Source::other, simple(CCM_SEV_CLIENTS));
        push(id, Source::other, simple(CCM_SEV_START));
    }
}

void Node::stop(uint32_t reason)
{
    for (auto &[id, p] : partners_)
        push(id, Source::other, simple(CCM_SEV_STOP, reason));
}

void Node::stop_partner(uint32_t partner, uint32_t reason)
{
    cluster_.truth.did(Deed::admin, host_, partner);
    push(partner, Source::other, simple(CCM_SEV_STOP, reason));
}

void Node::start_partner(uint32_t partner)
{
    push(partner, Source::other, simple(CCM_SEV_START));
}

void Node::path_up()
{
    for (auto &[id, p] : partners_)
        push(id, Source::other, simple(CCM_SEV_PATH_UP));
}

void Node::set_keys(const std::vector<uint32_t> &numbers, uint32_t bytes)
{
    Event keys = simple(CCM_SEV_PSK);

    std::copy(numbers.begin(), numbers.end(), keys.event.psk);
    key_bytes_ = bytes;
    cluster_.truth.did(Deed::keys, host_);
    for (auto &[id, p] : partners_)
        push(id, Source::other, keys);
}

void Node::set_stage(uint32_t stage)
{
    if (dumping()) // it stays at that
        return;
    stage_ = stage;
    refresh_page();
    for (auto &[id, p] : partners_) {
        Op op{};

        if (p.session.state != CCM_STATE_READY)
            continue;
        op.kind = Op::ring;
        op.what = CCM_RING_STAGE;
        counts().ring_sent[CCM_RING_STAGE]++;
        cluster_.fabric.post(p.ends.at(p.session.conn.id), std::move(op));
    }
}

void Node::freeze()
{
    frozen_ = true;
    frozen_at_ = cluster_.world.now();
    cluster_.truth.frozen(host_);
}

void Node::thaw()
{
    std::vector<std::function<void()>> backlog = std::move(backlog_);

    backlog_.clear();
    counter_lost_ += cluster_.world.now() - frozen_at_;
    frozen_ = false;
    cluster_.truth.thawed(host_);
    for (auto &what : backlog)
        what();
}

void Node::when_running(std::function<void()> what)
{
    if (frozen_)
        backlog_.push_back(std::move(what));
    else
        what();
}

// @what happens to this life of the host only, and only while it runs.
void Node::later(uint64_t delay, std::function<void(Node &)> what)
{
    Cluster &cluster = cluster_;
    uint32_t host = host_;
    uint64_t epoch = epoch_;

    cluster_.world.after(delay, [&cluster, host, epoch, what = std::move(what)] {
        Node *node = cluster.node(host);

        if (node && node->epoch() == epoch)
            node->when_running([node, what] { what(*node); });
    });
}

void Node::push(uint32_t partner, Source source, Event event)
{
    Partner &p = partners_.at(partner);
    uint64_t &last = p.last[static_cast<size_t>(source)];
    uint64_t now = cluster_.world.now();

    last = std::max(last, now + (cluster_.options.together ? 10 : cluster_.world.rng.between(1, 40)));
    later(last - now,
          [partner, event = std::move(event)](Node &node) mutable { node.handle(node.partners_.at(partner), event); });
}

void Node::incoming(uint32_t end, const Bytes &request)
{
    uint32_t conn = next_incoming_;
    ccm_wire_request msg{};
    uint32_t code =
        ccm_session_screen(host_, ccm_cluster_id("sim"), request.data(), static_cast<uint32_t>(request.size()), &msg);

    next_incoming_ += 2;
    auto p = code == CCM_REJECT_MALFORMED ? partners_.end() : partners_.find(msg.node);
    if (!code && p == partners_.end())
        code = CCM_REJECT_NODE;
    if (p == partners_.end()) {
        Bytes data(CCM_WIRE_REJECT_LEN);

        counts().reject_sent[code]++;
        ccm_session_put_reject(&partners_.begin()->second.session.config, code, data.data());
        cluster_.fabric.reject(end, std::move(data));
        return;
    }
    // The session screens once more: a request that is wrong gets there, too.
    End &e = cluster_.fabric.end(end);
    e.conn = conn;
    e.partner = p->first;
    p->second.ends[conn] = end;

    Event event = simple(CCM_SEV_REQUEST);
    event.event.conn = conn;
    event.data = request;
    push(p->first, Source::cm, std::move(event));
}

void Node::handle(Partner &p, Event &event)
{
    auto mine = p.ends.find(event.event.conn);
    End *end = mine == p.ends.end() ? nullptr : &cluster_.fabric.end(mine->second);

    if (event.serial && !find_try(p.id, event.event.link, event.serial))
        return; // closed meanwhile: the runtime has forgotten it
    if (event.event.type == CCM_SEV_ALIVE && event.probe != p.probes)
        return; // asked again meanwhile
    if (event.event.type == CCM_SEV_CLIENTS) {
        now_ = {};
        std::copy(clients_.begin(), clients_.end(), now_.entries);
        now_.count = static_cast<uint32_t>(clients_.size());
        event.event.catalog = &now_;
    }
    if (event.mail_end && end && end->memory) {
        auto [offset, room] = mail_place(event.event.status);

        event.data.assign(end->memory->mailbox.begin() + offset, end->memory->mailbox.begin() + offset + room);
    }
    if (event.event.type == CCM_SEV_MESSAGE && end && !end->keys_known)
        end->keys_known =
            !ccm_wire_get_keys(event.data.data(), static_cast<uint32_t>(event.data.size()), &end->peer_keys);
    if (event.event.type == CCM_SEV_REQUEST)
        p.asking.insert(event.event.conn);
    event.event.random = cluster_.number();
    ccm_tape_secrets(&event.event);
    event.event.uptime_ms = uptime_ms();
    event.event.heard_us = p.heard_us;
    event.event.heard_uptime_ms = p.heard_uptime_ms;
    p.present = p.session.conn.id;
    event.event.data = event.data.data();
    event.event.len = static_cast<uint32_t>(event.data.size());

    static ccm_session before; // too large for a stack that sanitizers fill up
    before = p.session;
    ccm_session_actions actions;
    cluster_.tapes.record({host_, epoch_, p.id}, p.session, clock(), event.event);
    plant_before(cluster_.options.plant, p.session, event.event);
    ccm_session_step(&p.session, clock(), &event.event, &actions);
    plant_after(cluster_.options.plant, p.session, event.event, actions);
    cluster_.result.steps++;

    if (cluster_.world.tracing()) {
        std::string text;

        for (uint32_t i = 0; i < actions.count; i++)
            text += (i ? ", " : "") + describe(actions.list[i]);
        cluster_.world.trace("{}->{} {:<11} {:<24} -> {:<11} [{}]", host_, p.id, ccm_state_name(before.state),
                             describe(event.event), ccm_state_name(p.session.state), text);
    }
    std::map<uint32_t, ccm_wire_keys> keys;
    for (uint32_t conn : {before.conn.id, before.candidate.id})
        if (conn && cluster_.fabric.end(p.ends.at(conn)).keys_known)
            keys[conn] = cluster_.fabric.end(p.ends.at(conn)).peer_keys;
    std::string wrong = check_step({before, p.session, clock(), event.event, actions, p.live, p.client_ready,
                                    p.last_connect, p.shown_state, p.shown_reason, keys});
    if (!wrong.empty())
        cluster_.world.fail("node {} partner {}: {} (state {}, event {}, then {})", host_, p.id, wrong,
                            ccm_state_name(before.state), describe(event.event), ccm_state_name(p.session.state));
    auto watch = [&](const std::string &broken) {
        if (!broken.empty())
            cluster_.world.fail("node {} partner {}: {} (state {}, event {}, then {})", host_, p.id, broken,
                                ccm_state_name(before.state), describe(event.event), ccm_state_name(p.session.state));
    };
    watch(p.watch.step(before, p.session, event.event, actions));
    if (cluster_.options.plant == Plant::none)
        count_step(before, p.session, clock(), event.event, actions);
    cluster_.truth.step(host_, p, before, actions);
    for (uint32_t i = 0; i < actions.count; i++)
        carry_out(p, actions.list[i]);
    ccm_link_action action;
    while (ccm_links_next(&p.session.links, &action)) {
        plant_link(cluster_.options.plant, action);
        if (action.act != CCM_LINK_ACT_SHOW)
            cluster_.world.trace("{}->{}   {}", host_, p.id, describe(action));
        watch(p.watch.act(p.session, action));
        carry_out(p, action);
    }
    watch(p.watch.rest(p.session));
    check_rest(cluster_, host_, p);
    check_pair(cluster_, host_, p.id);
    cluster_.truth.rest(host_, p.id);

    for (uint32_t i = 0; i < actions.count; i++) {
        if (actions.list[i].type != CCM_ACT_VERIFY)
            continue;
        Event verified = simple(CCM_SEV_VERIFIED);

        verified.event.conn = actions.list[i].conn;
        verified.event.status =
            cluster_.proofs.right(p.session, conn_of(p.session, verified.event.conn), event.data, key_bytes_);
        handle(p, verified);
        return;
    }
}

void Node::carry_out(Partner &p, const ccm_session_action &a)
{
    Fabric &fabric = cluster_.fabric;
    Bytes data(a.data, a.data + a.len);
    Op op{};

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
        p.ends[a.conn] = fabric.connect(host_, p.id, a.conn, std::move(data));
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
        p.ends.erase(a.conn);
        break;
    case CCM_ACT_CLOSE:
        p.live.erase(a.conn);
        if (p.watched == a.conn) {
            p.watched = 0;
            p.heard_us = 0;
        }
        while (a.conn == p.present && !p.tries.empty())
            close(p, p.tries.begin()->first);
        fabric.close(p.ends.at(a.conn), a.flush);
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
        Bytes proof = cluster_.proofs.make(p.session, conn_of(p.session, a.conn), op.data, key_bytes_);

        std::copy(proof.begin(), proof.end(), op.data.begin() + CCM_HELLO_PROOF);
        op.kind = Op::write;
        fabric.post(p.ends.at(a.conn), std::move(op));
        break;
    }
    case CCM_ACT_VERIFY:
        break; // handle()
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
        p.heartbeat_out = false;
        p.probing = false;
        p.heard_us = 0;
        ccm_liveness_start(&p.liveness, clock(),
                           cluster_.detect_ms * (cluster_.options.plant == Plant::slow_verdict ? 3 : 1),
                           p.session.conn.incarnation);
        tick(p.id, a.conn);
        break;
    case CCM_ACT_TIMER:
        if (a.at_us)
            later(a.at_us - std::min(a.at_us, clock()),
                  [partner = p.id](Node &node) { node.push(partner, Source::other, simple(CCM_SEV_TIMER)); });
        break;
    case CCM_ACT_STATE:
        p.shown_state = a.state;
        p.shown_reason = a.reason;
        break;
    case CCM_ACT_READY: {
        End &end = fabric.end(p.ends.at(p.session.conn.id));

        if (!fabric.end(end.peer).ready_sent)
            cluster_.world.fail("node {}: READY, and partner {} has never said so", host_, p.id);
        cluster_.result.ready++;
        p.client_ready = true;
        p.ready_incarnation = p.session.peer_incarnation;
        p.ready_since = cluster_.world.now();
        break;
    }
    case CCM_ACT_DOWN:
        cluster_.result.down++;
        if (a.reason == CCM_REASON_PANICKED) {
            cluster_.result.panicked++;
            if (!cluster_.panicked.count(p.ready_incarnation))
                cluster_.world.fail("node {}: partner {} has panicked, it says, and it has not", host_, p.id);
        }
        p.client_ready = false;
        cluster_.bytes.partner_down(host_, p.id);
        break;
    case CCM_ACT_CLIENTS:
        push(p.id, Source::other, simple(CCM_SEV_CLIENTS));
        break;
    case CCM_ACT_PROBE:
        p.probing = true;
        p.probes++;
        p.probe_fresh = false;
        if (p.watched == a.conn)
            beat(p);
        break;
    case CCM_ACT_AGAIN: {
        Event e = simple(CCM_SEV_RING);

        e.event.conn = a.conn;
        e.event.status = a.what;
        e.mail_end = p.ends.at(a.conn);
        push(p.id, Source::receive, std::move(e));
        break;
    }
    case CCM_ACT_CLASH:
        cluster_.result.clashes++;
        break;
    default:
        break;
    }
}

// Post a heartbeat, if none is out
void Node::beat(Partner &p)
{
    if (p.heartbeat_out)
        return;
    Op op{};

    op.kind = Op::heartbeat;
    op.addr = p.watch_addr;
    op.key = p.watch_key;
    op.read_len = CCM_WIRE_STATUS_LEN;
    p.heartbeat_out = true;
    p.posted_us = clock();
    p.probe_fresh = p.probing;
    cluster_.fabric.post(p.ends.at(p.watched), std::move(op));
}

// A heartbeat period of the watched connection
void Node::tick(uint32_t partner, uint32_t conn)
{
    Partner &p = partners_.at(partner);

    if (p.watched != conn)
        return;
    uint32_t found = ccm_liveness_step(&p.liveness, clock(), CCM_LIVENESS_TICK, nullptr, 0);
    if (found & CCM_LIVENESS_VERDICT) {
        Event e = simple(CCM_SEV_VERDICT, p.liveness.verdict);

        e.event.conn = conn;
        push(partner, Source::other, std::move(e));
    }
    if (p.liveness.verdict)
        return;
    beat(p);
    later(p.liveness.period_us, [partner, conn](Node &node) { node.tick(partner, conn); });
}

void Node::heartbeat_done(uint32_t partner, uint32_t conn, const Bytes &page)
{
    later(1, [partner, conn, page](Node &node) {
        Partner &p = node.partners_.at(partner);

        if (p.watched != conn)
            return;
        ccm_wire_status read{};

        p.heartbeat_out = false;
        if (!ccm_wire_get_status(page.data(), static_cast<uint32_t>(page.size()), &read)) {
            p.heard_us = node.clock();
            p.heard_uptime_ms = read.uptime_ms;
        }
        uint32_t found =
            ccm_liveness_read(&p.liveness, node.clock(), p.posted_us, page.data(), static_cast<uint32_t>(page.size()));
        if (found & CCM_LIVENESS_VERDICT) {
            Event e = simple(CCM_SEV_VERDICT, p.liveness.verdict);

            e.event.conn = conn;
            node.push(partner, Source::other, std::move(e));
        }
        if (p.probing && p.probe_fresh) {
            Event e = simple(CCM_SEV_ALIVE);

            p.probing = false;
            e.event.conn = conn;
            e.probe = p.probes;
            if (!p.liveness.verdict)
                node.push(partner, Source::other, std::move(e));
        }
        // a PROBE that found a heartbeat on its way
        if (p.probing)
            node.beat(p);
    });
}

// The panic notifier: to each partner that is READY. Some are lost, as datagrams are.
void Node::say_last_word()
{
    cluster_.panicked.insert(incarnation_);
    for (auto &[id, p] : partners_) {
        Bytes secret(p.session.conn.secret, p.session.conn.secret + CCM_WIRE_SECRET_LEN);

        if (p.session.state != CCM_STATE_READY || cluster_.fabric.link(host_, id).cut ||
            cluster_.world.rng.permille(250))
            continue;
        cluster_.world.trace("node {}: its last word to {}", host_, id);
        cluster_.world.after(cluster_.world.rng.between(20, 200), [&cluster = cluster_, from = host_, to = id, secret] {
            if (Node *node = cluster.node(to))
                node->when_running([&cluster, from, to, secret] {
                    if (Node *still = cluster.node(to))
                        still->hear_word(from, secret);
                });
        });
    }
}

void Node::hear_word(uint32_t from, const Bytes &secret)
{
    Partner &p = partners_.at(from);
    Event e = simple(CCM_SEV_WORD);

    if (!p.client_ready || !std::equal(secret.begin(), secret.end(), p.session.conn.hello.secret))
        return;
    e.event.conn = p.session.conn.id;
    push(from, Source::other, std::move(e));
}

} // namespace sim
