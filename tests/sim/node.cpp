// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <algorithm>

#include "cluster.h"
#include "coverage.h"
#include "plant.h"

namespace sim {

namespace {

constexpr uint32_t tick_ms = 20;

} // namespace

Node::Node(Cluster &cluster, uint32_t host, uint64_t epoch, bool dumping)
    : cluster_(cluster), host_(host), epoch_(epoch), core_(cluster.host(host).core), incarnation_(cluster.number()),
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
        config.version_max = version_max(core_);
        config.detect_ms = cluster.detect_ms;
        config.capabilities = 0xf0 | host | (core_ == Core::later ? 1ULL << 40 : 0);
        config.auth = cluster.auth();
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
    int64_t now = static_cast<int64_t>(cluster_.world.now());

    return offset_ + static_cast<uint64_t>(now + now * cluster_.host(host_).ppm / 1000000);
}

// A timer of it never comes early, and late on a bad host.
uint64_t Node::wait_for(uint64_t own) const
{
    const Host &host = cluster_.host(host_);
    uint64_t late = host.late_us ? cluster_.world.rng.below(host.late_us) : 0;

    if (host.ppm)
        own = own * 1000000 / static_cast<uint64_t>(1000000 + host.ppm) + 2;
    return own + late;
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
    status.version_max = version_max(core_);
    status.node = host_;
    status.incarnation = incarnation_;
    status.cluster = ccm_cluster_id("sim");
    status.stage = shown_stage();
    status.flags = panicked ? CCM_PAGE_PANIC : 0;
    status.counter = 1 + ran / (tick_ms * 1000);
    status.tick_ms = tick_ms;
    status.uptime_ms = ((frozen_ ? frozen_at_ : cluster_.world.now()) - cluster_.host(host_).started) / 1000;
    ccm_wire_put_status(page_.data(), &status);
    if (core_ == Core::later)
        later_page(page_);
}

void Node::start()
{
    for (auto &[id, p] : partners_) {
        tell(id, CCM_INBOX_PSK);
        tell(id, CCM_INBOX_CLIENTS);
        start_partner(id);
    }
}

void Node::stop(uint32_t reason)
{
    for (auto &[id, p] : partners_)
        stop_partner(id, reason);
}

void Node::stop_partner(uint32_t partner, uint32_t reason)
{
    if (listening) // else all of them
        cluster_.truth.did(Deed::admin, host_, partner);
    partners_.at(partner).stop_reason = reason;
    partners_.at(partner).wanted = false;
    tell(partner, CCM_INBOX_STOP);
}

void Node::start_partner(uint32_t partner)
{
    partners_.at(partner).wanted = true;
    tell(partner, CCM_INBOX_START);
}

void Node::renew_partner(uint32_t partner)
{
    Partner &p = partners_.at(partner);
    ccm_session_config config = p.session.config;
    ccm_attempt attempt = p.session.attempt;

    if (p.session.enabled || p.queued || !p.live.empty() || !p.asking.empty() || !p.requests.empty())
        return start_partner(partner);
    cluster_.world.trace("node {}: partner {} is there again", host_, partner);
    ccm_session_init(&p.session, &config);
    // numbers of connections and attempts are of the node's, and never used again
    p.session.attempt.next_conn = attempt.next_conn;
    p.session.attempt.number = attempt.number;
    p.schedule = {};
    p.inbox = 0;
    p.timer++;
    p.liveness = {};
    p.watch = LinkWatch{};
    p.shown_state = CCM_STATE_DOWN;
    p.shown_reason = p.last_reason = CCM_REASON_NONE;
    p.last_here = false;
    p.left_stage = CCM_STAGE_UNKNOWN;
    tell(partner, CCM_INBOX_PSK);
    tell(partner, CCM_INBOX_CLIENTS);
    start_partner(partner);
}

void Node::path_up()
{
    for (auto &[id, p] : partners_)
        tell(id, CCM_INBOX_PATH_UP);
}

void Node::set_keys(const std::vector<uint32_t> &numbers, uint32_t bytes)
{
    psk_ = numbers;
    key_bytes_ = bytes;
    cluster_.truth.did(Deed::keys, host_);
    for (auto &[id, p] : partners_)
        tell(id, CCM_INBOX_PSK);
}

bool Node::busy() const
{
    return std::any_of(partners_.begin(), partners_.end(), [](const auto &p) { return p.second.queued; });
}

void Node::freeze()
{
    frozen_ = true;
    frozen_at_ = cluster_.world.now();
    cluster_.truth.frozen(host_);
    if (cluster_.takeover)
        panicked ? cluster_.takeover->died(host_) : cluster_.takeover->frozen(host_);
}

void Node::thaw()
{
    counter_lost_ += cluster_.world.now() - frozen_at_;
    frozen_ = false;
    cluster_.truth.thawed(host_);
    if (cluster_.takeover)
        cluster_.takeover->frozen(host_);
    for (auto &what : backlog_)
        cluster_.world.after(0, std::move(what));
    backlog_.clear();
}

void Node::when_running(std::function<void()> what)
{
    if (frozen_)
        backlog_.push_back(std::move(what));
    else
        what();
}

void Node::later(uint64_t delay, std::function<void(Node &)> what)
{
    auto now = [&cluster = cluster_, host = host_, epoch = epoch_, what = std::move(what)] {
        Node *node = cluster.node(host);

        if (node && node->epoch() == epoch)
            node->when_running([&cluster, host, epoch, what] {
                Node *still = cluster.node(host);

                if (still && still->epoch() == epoch)
                    what(*still);
            });
    };
    cluster_.world.after(delay, std::move(now));
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
    const End &from = cluster_.fabric.end(end);
    if (!code && from.peer != rogue_end && p->first != from.partner)
        code = CCM_REJECT_ADDRESS;
    if (p == partners_.end() || code == CCM_REJECT_ADDRESS) {
        Bytes data(CCM_WIRE_REJECT_LEN);

        counts().reject_sent[code]++;
        ccm_session_put_reject(&partners_.begin()->second.session.config, code, data.data());
        cluster_.fabric.reject(end, std::move(data));
        return;
    }
    // The session screens once more: a request that is wrong gets there, too.
    if (p->second.requests.size() >= CCM_REQUESTS_MAX) {
        cluster_.result.disowned++;
        cluster_.fabric.disown(end);
        return;
    }
    End &e = cluster_.fabric.end(end);
    e.conn = conn;
    e.partner = p->first;
    p->second.ends[conn] = end;
    p->second.requests.emplace_back();
    p->second.requests.back().id = conn;
    p->second.requests.back().end = end;
    p->second.requests.back().private_data = request;
    tell(p->first, CCM_INBOX_REQUEST);
}

// User space has come further, or begins anew: partners are to look at once.
void Node::next_stage()
{
    if (dumping()) // it stays at that
        return;
    stage_ = stage_ < CCM_STAGE_RUNNING ? stage_ + 1 : uint32_t{CCM_STAGE_KERNEL};
    ring_stage();
}

// What its page says of the boot
uint32_t Node::shown_stage() const
{
    return cluster_.takeover ? cluster_.takeover->stage(host_) : stage_;
}

void Node::ring_stage()
{
    for (auto &[id, p] : partners_)
        tell(id, CCM_INBOX_OWN_STAGE);
}

// Post a heartbeat. False: as many as there can be are on their way.
bool Node::beat(Partner &p)
{
    if (p.beats.size() == CCM_HEARTBEATS_PER_DETECT)
        return false;
    Op op{};

    op.kind = Op::heartbeat;
    op.addr = p.watch_addr;
    op.key = p.watch_key;
    op.read_len = CCM_WIRE_STATUS_LEN;
    op.what = p.next_beat++;
    p.beats[op.what] = clock();
    cluster_.fabric.post(p.ends.at(p.watched), std::move(op));
    return true;
}

// A heartbeat period of the watched connection
void Node::tick(uint32_t partner, uint32_t conn)
{
    Partner &p = partners_.at(partner);

    if (p.watched != conn)
        return;
    uint32_t found = ccm_liveness_step(&p.liveness, clock(), CCM_LIVENESS_TICK, nullptr, 0);
    if (found & CCM_LIVENESS_VERDICT) {
        cluster_.truth.verdict(host_, p);
        tell(partner, CCM_INBOX_VERDICT);
    }
    if (p.liveness.verdict)
        return;
    if (cluster_.options.faults && cluster_.world.rng.permille(20))
        next_stage();
    beat(p);
    if (core_ == Core::later && cluster_.world.rng.permille(50)) {
        Op op{};

        op.kind = Op::ring;
        op.what = CCM_RING_COUNT; // no other version knows it
        cluster_.fabric.post(p.ends.at(p.watched), std::move(op));
    }
    later(wait_for(p.liveness.period_us), [partner, conn](Node &node) { node.tick(partner, conn); });
}

void Node::heartbeat_done(uint32_t partner, uint32_t conn, uint32_t number, const Bytes &page)
{
    later(1, [partner, conn, number, page](Node &node) {
        Partner &p = node.partners_.at(partner);
        auto posted = p.beats.find(number);

        if (p.watched != conn || posted == p.beats.end())
            return;
        ccm_wire_status read{};

        uint64_t posted_us = posted->second;
        p.read_us = static_cast<uint32_t>(node.clock() - posted_us);
        p.beats.erase(posted);
        p.slow_us = std::max(p.read_us, p.slow_us - p.slow_us / 8);
        if (!ccm_wire_get_status(page.data(), static_cast<uint32_t>(page.size()), &read)) {
            p.heard_us = node.clock();
            p.heard_uptime_ms = read.uptime_ms;
        }
        uint32_t found =
            ccm_liveness_read(&p.liveness, node.clock(), posted_us, page.data(), static_cast<uint32_t>(page.size()));
        if (found & CCM_LIVENESS_STAGE)
            node.tell(partner, CCM_INBOX_STAGE);
        if (found & CCM_LIVENESS_VERDICT) {
            node.cluster_.truth.verdict(node.host_, p);
            node.tell(partner, CCM_INBOX_VERDICT);
        }
        if (p.probing && number >= p.probe_beat) {
            p.probing = false;
            // a page that brought a verdict is no sign of life
            if (!p.liveness.verdict)
                node.tell(partner, CCM_INBOX_ALIVE);
        }
        if (p.look)
            p.look = !node.beat(p);
    });
}

// The panic notifier: to each partner that is READY. Some are lost, as datagrams are.
void Node::say_last_word()
{
    cluster_.panicked.insert(incarnation_);
    for (auto &[id, p] : partners_) {
        Bytes secret(p.session.conn.secret, p.session.conn.secret + CCM_WIRE_SECRET_LEN);

        if (!p.word_conn || p.session.conn.id != p.word_conn || cluster_.fabric.link(host_, id).cut ||
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

    if (!p.word_conn || secret != p.word_secret)
        return;
    p.word_secret.clear(); // whoever has it a second time has read it
    p.word_heard = p.word_conn;
    tell(from, CCM_INBOX_WORD);
}

} // namespace sim
