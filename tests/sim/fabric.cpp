// SPDX-License-Identifier: GPL-2.0-only
#include "fabric.h"

#include <algorithm>

#include "cluster.h"
#include "hostile.h"

namespace sim {

namespace {

// RDMA CM never tells how long private data was: it comes padded with zeroes.
Bytes padded(Bytes data, size_t to)
{
    data.resize(to);
    return data;
}

Event cm_event(ccm_session_event_type type, uint32_t conn, uint32_t status = 0)
{
    Event e;

    e.event.type = type;
    e.event.conn = conn;
    e.event.status = status;
    return e;
}

} // namespace

Fabric::Fabric(Cluster &cluster) : cluster_(cluster)
{
    ends_.push_back(std::make_unique<End>());
    ends_.front()->state = End::closed;
}

End &Fabric::make(uint32_t host, uint32_t partner, uint32_t conn, End::State state)
{
    auto e = std::make_unique<End>();

    e->id = static_cast<uint32_t>(ends_.size());
    e->host = host;
    e->epoch = cluster_.node(host) ? cluster_.node(host)->epoch() : 0;
    e->partner = partner;
    e->conn = conn;
    e->state = state;
    ends_.push_back(std::move(e));
    return *ends_.back();
}

bool Fabric::alive(const End &e)
{
    if (e.hostile)
        return cluster_.hostile->acts();
    Node *node = e.host ? cluster_.node(e.host) : nullptr;

    return node && node->epoch() == e.epoch;
}

bool Fabric::passes(uint32_t from, uint32_t to)
{
    Link &l = link(from, to);
    bool lost = l.cut || cluster_.world.rng.permille(l.loss_permille);

    if (lost)
        cluster_.truth.did(Deed::lost, from, to);
    else if (l.delay_max > Link{}.delay_max)
        cluster_.truth.did(Deed::slow, from, to);
    return !lost && cluster_.host(to).powered && cluster_.host(to).device && cluster_.host(from).device;
}

// Who is hostile has a network of his own: what he wants to arrive does.
bool Fabric::passes(const End &from, const End &to)
{
    if (from.hostile || to.hostile)
        return cluster_.hostile->acts();
    return passes(from.host, to.host);
}

void Fabric::say(const End &from, uint32_t to, std::function<void()> deliver, uint32_t repeats)
{
    if (!from.hostile && !end(to).hostile) {
        message(from.host, from.partner, std::move(deliver), repeats);
        return;
    }
    cluster_.world.after(cluster_.world.rng.between(20, 120), [this, to, deliver = std::move(deliver)] {
        Node *node = end(to).hostile ? nullptr : cluster_.node(end(to).host);

        if (node)
            node->when_running(deliver);
        else
            deliver();
    });
}

// An event of a connection, to whoever has this end of it
void Fabric::tell(const End &e, Source source, Event event)
{
    if (e.hostile)
        cluster_.hostile->hear(e.id, event);
    else
        cluster_.node(e.host)->push(e.partner, source, std::move(event));
}

void Fabric::message(uint32_t from, uint32_t to, std::function<void()> deliver, uint32_t repeats)
{
    Link &l = link(from, to);
    uint64_t delay = cluster_.world.rng.between(l.delay_min, l.delay_max);
    bool sent = passes(from, to);

    cluster_.world.after(delay, [this, from, to, deliver = std::move(deliver), repeats, sent] {
        if (!sent || !passes(from, to)) {
            cluster_.world.trace("    lost on the way from {} to {}", from, to);
            if (repeats)
                cluster_.world.after(cluster_.world.rng.between(50000, 200000), [this, from, to, deliver, repeats] {
                    if (cluster_.host(from).powered)
                        message(from, to, deliver, repeats - 1);
                });
            return;
        }
        Node *node = cluster_.node(to);
        if (node && node->frozen()) {
            // What reaches a stopped machine waits in its buffers, if there is room.
            if (cluster_.world.rng.permille(500))
                node->when_running(deliver);
            return;
        }
        deliver();
    });
}

void Fabric::give_memory(End &e)
{
    Rng &rng = cluster_.world.rng;

    e.memory = std::make_unique<Memory>();
    e.memory->keys.status_addr = (rng.next() >> 16) & ~0xfffULL;
    e.memory->keys.status_key = static_cast<uint32_t>(rng.next());
    e.memory->keys.mailbox_addr = (rng.next() >> 16) & ~0xfffULL;
    e.memory->keys.mailbox_key = e.memory->keys.status_key + 1;
}

uint32_t Fabric::open(uint32_t host, uint32_t partner, uint32_t conn)
{
    return make(host, partner, conn, End::req_sent).id;
}

void Fabric::request(uint32_t id, Bytes request)
{
    End &e = end(id);
    uint32_t host = e.host, partner = e.partner;
    Node &node = *cluster_.node(host);
    Rng &rng = cluster_.world.rng;

    if (!cluster_.host(host).device) {
        e.state = End::failed;
        node.push(partner, Source::cm, cm_event(CCM_SEV_FAILED, e.conn, CCM_CM_NO_DEVICE));
        return;
    }
    if (cluster_.faulty(host, partner) && rng.permille(3)) {
        e.state = End::failed;
        node.push(partner, Source::cm, cm_event(CCM_SEV_FAILED, e.conn, CCM_CM_RESOURCES));
        return;
    }
    if (cluster_.hostile)
        cluster_.hostile->see(request);
    request = padded(std::move(request), CCM_PRIVATE_REQUEST_MAX);
    if (cluster_.hostile && cluster_.hostile->takes()) {
        End &there = make(partner, host, 0, End::req_received);

        there.hostile = true;
        there.peer = id;
        say(e, there.id, [this, to = there.id, request] { cluster_.hostile->asked(to, request); });
        return;
    }
    message(host, partner, [this, id, host, partner, request] { request_arrives(id, host, partner, request); });
    if (cluster_.faulty(host, partner) && rng.permille(20)) {
        // The network doubles it.
        message(host, partner, [this, id, host, partner, request] { request_arrives(id, host, partner, request); });
    }
}

void Fabric::rogue(uint32_t to, Bytes request)
{
    request_arrives(rogue_end, to, to, padded(std::move(request), CCM_PRIVATE_REQUEST_MAX));
}

void Fabric::request_arrives(uint32_t from_end, uint32_t from, uint32_t to, const Bytes &request)
{
    Node *node = cluster_.node(to);
    uint32_t status = CCM_CM_NO_LISTENER;

    if (node && node->listening) {
        if (cluster_.faulty(from, to) && cluster_.world.rng.permille(10)) {
            status = CCM_CM_STALE; // a queue pair number of an old life
        } else {
            End &e = make(to, from, 0, End::req_received);
            e.peer = from_end;
            node->incoming(e.id, request);
            return;
        }
    }
    if (from_end != rogue_end && end(from_end).hostile)
        reject_arrives(from_end, status, {});
    else if (from_end != rogue_end)
        message(to, from, [this, from_end, status] { reject_arrives(from_end, status, {}); });
}

uint32_t Fabric::hostile_connect(uint32_t as, uint32_t to, Bytes request)
{
    End &e = make(as, to, 0, End::req_sent);
    uint32_t id = e.id;

    e.hostile = true;
    request = padded(std::move(request), CCM_PRIVATE_REQUEST_MAX);
    cluster_.world.after(cluster_.world.rng.between(20, 120), [this, id, as, to, request] {
        if (alive(end(id)) && end(id).state == End::req_sent && cluster_.node(to))
            cluster_.node(to)->when_running([this, id, as, to, request] { request_arrives(id, as, to, request); });
    });
    return id;
}

void Fabric::accept(uint32_t id, Bytes reply)
{
    End &e = end(id);

    reply = padded(std::move(reply), CCM_PRIVATE_ACCEPT_MAX);
    if (e.state != End::req_received) { // the requester has taken it back
        tell(e, Source::cm, cm_event(CCM_SEV_REJECTED, e.conn, CCM_CM_OTHER));
        return;
    }
    e.state = End::rep_sent;
    give_memory(e);
    if (e.peer == rogue_end)
        return;
    auto arrives = [this, to = e.peer, id, reply] { reply_arrives(to, id, reply); };
    say(e, e.peer, arrives, 1);
    repeat_reply(id, 0);
}

// A reply is repeated until it is confirmed. Data may have told meanwhile that it has come; then
// CM gives up a connection that is established.
void Fabric::repeat_reply(uint32_t id, uint32_t times)
{
    cluster_.world.after(reply_us, [this, id, times] {
        End &e = end(id);

        if (!alive(e) || e.confirmed || (e.state != End::rep_sent && e.state != End::established))
            return;
        if (times < replies_max) {
            message(e.host, e.partner, [this, to = e.peer, id] { reply_again(to, id); });
            repeat_reply(id, times + 1);
            return;
        }
        if (!e.by_data)
            return;
        cluster_.world.trace("    CM gives up {}'s conn {}, which is established", e.host, e.conn);
        cluster_.truth.did(Deed::broken, e.host, e.partner);
        cluster_.node(e.host)->push(e.partner, Source::cm, cm_event(CCM_SEV_FAILED, e.conn, CCM_CM_UNREACHABLE));
    });
}

// Whoever has it confirms it once more; whoever has no such connection says so.
void Fabric::reply_again(uint32_t to_end, uint32_t from_end)
{
    End &a = end(to_end);
    End &b = end(from_end);

    if (alive(a) && a.state == End::established && a.peer == from_end)
        message(a.host, b.host, [this, from_end] { ready_to_use(from_end); });
    else if (cluster_.node(a.host) && !(alive(a) && a.peer == from_end))
        message(a.host, b.host, [this, from_end] { reject_arrives(from_end, CCM_CM_OTHER, {}); });
}

void Fabric::reply_arrives(uint32_t to_end, uint32_t from_end, const Bytes &reply)
{
    End &a = end(to_end);
    End &b = end(from_end);

    if (!alive(a) || a.state != End::req_sent) {
        say(a, b.id, [this, from_end] { reject_arrives(from_end, CCM_CM_OTHER, {}); });
        return;
    }
    a.state = End::established;
    a.peer = from_end;
    give_memory(a);

    Event e = cm_event(CCM_SEV_ESTABLISHED, a.conn);
    e.data = reply;
    tell(a, Source::cm, std::move(e));
    // It gets lost, and where nothing else goes wrong, too: what comes behind it says the same.
    if (!cluster_.options.faults && !cluster_.iwarp && !a.hostile && cluster_.world.rng.permille(300))
        return;
    auto arrives = [this, from_end] { ready_to_use(from_end); };
    say(a, b.id, arrives, cluster_.world.rng.permille(800) ? 2 : 0);
}

void Fabric::ready_to_use(uint32_t id)
{
    End &b = end(id);

    b.confirmed = true;
    if (!alive(b) || b.reported || (b.state != End::rep_sent && b.state != End::established))
        return;
    b.state = End::established;
    b.reported = true;

    Event e = cm_event(CCM_SEV_ESTABLISHED, b.conn);
    tell(b, Source::cm, std::move(e));
}

void Fabric::established(uint32_t id)
{
    End &b = end(id);

    if (b.state != End::rep_sent)
        return;
    b.state = End::established;
    b.by_data = !b.confirmed;
}

void Fabric::disown(uint32_t id)
{
    End &e = end(id);

    e.state = End::closed;
    if (e.peer != rogue_end)
        say(e, e.peer, [this, to = e.peer] { reject_arrives(to, CCM_CM_OTHER, {}); });
}

void Fabric::reject(uint32_t id, Bytes data)
{
    End &e = end(id);

    e.state = End::closed;
    if (e.peer == rogue_end)
        return;
    data = padded(std::move(data), CCM_PRIVATE_REJECT_MAX);
    say(e, e.peer, [this, to = e.peer, data] { reject_arrives(to, CCM_CM_CONSUMER, data); });
}

void Fabric::reject_arrives(uint32_t id, uint32_t status, const Bytes &data)
{
    End &e = end(id);

    if (!alive(e))
        return;
    if (e.state == End::req_received) { // taken back before it was answered
        e.state = End::failed;
        return;
    }
    if (e.state == End::established && e.by_data && !e.confirmed)
        cluster_.truth.did(Deed::broken, e.host, e.partner);
    else if (e.state != End::req_sent && e.state != End::rep_sent)
        return;
    // Whoever has accepted has a queue pair, and posts to it until its session has heard of this; CM
    // has nobody to tell of its end.
    e.disconnected = true;
    e.state = e.state == End::req_sent ? End::failed : End::broken;

    Event event = cm_event(CCM_SEV_REJECTED, e.conn, status);
    event.data = data;
    tell(e, Source::cm, std::move(event));
}

void Fabric::disconnect(uint32_t id)
{
    End &e = end(id);

    if (e.disconnected || e.peer == rogue_end)
        return;
    e.disconnected = true;
    if (e.state == End::req_sent) {
        // It takes back what may be waiting for an answer there.
        for (auto &other : ends_)
            if (other->peer == id && other->state != End::closed)
                say(e, other->id, [this, to = other->id] { reject_arrives(to, CCM_CM_OTHER, {}); });
    } else if (e.state == End::rep_sent || e.state == End::established || e.state == End::broken) {
        say(e, e.peer, [this, to = e.peer] { disconnect_arrives(to); });
    }
    e.sends.clear(); // the queue pair is in the error state from here on
}

void Fabric::close(uint32_t id)
{
    End &e = end(id);

    disconnect(id);
    e.state = End::closed;
    e.memory.reset();
    e.sends.clear();
}

void Fabric::disconnect_arrives(uint32_t id)
{
    End &e = end(id);

    if (!alive(e) || (e.state != End::established && e.state != End::rep_sent))
        return;
    e.state = End::broken;
    e.sends.clear();
    tell(e, Source::cm, cm_event(CCM_SEV_DISCONNECTED, e.conn));
    if (cluster_.world.rng.permille(300))
        tell(e, Source::send, cm_event(CCM_SEV_ERROR, e.conn));
}

void Fabric::break_end(uint32_t id)
{
    End &e = end(id);

    if (!alive(e) || (e.state != End::established && e.state != End::rep_sent))
        return;
    e.state = End::broken;
    e.sends.clear();
    cluster_.world.trace("    queue pair of {}'s conn {} breaks", e.host, e.conn);
    tell(e, Source::send, cm_event(CCM_SEV_ERROR, e.conn));
}

uint32_t Fabric::dead(uint32_t id, uint64_t epoch)
{
    const End &old = end(id);
    End &e = make(old.host, old.partner, old.conn, End::broken);

    e.epoch = epoch;
    e.keys_known = old.keys_known;
    e.peer_keys = old.peer_keys;
    e.received = old.received;
    return e.id;
}

void Fabric::device_gone(uint32_t host)
{
    cluster_.truth.did(Deed::device, host);
    for (auto &e : ends_) {
        if (e->host != host || e->hostile || !alive(*e) || e->state == End::closed)
            continue;
        if (e->state != End::req_received) {
            e->state = End::broken;
            e->sends.clear();
        }
        cluster_.node(host)->push(e->partner, Source::cm, cm_event(CCM_SEV_DEVICE_GONE, e->conn));
    }
}

void Fabric::post(uint32_t id, Op op)
{
    End &e = end(id);
    Link &l = link(e.host, e.partner);

    if (cluster_.hostile && !e.hostile)
        cluster_.hostile->see(op.data);
    if (e.state == End::broken)
        return; // flushed; the error has been reported
    if (e.state != End::established)
        cluster_.world.fail("node {}: conn {}: posted to a queue pair that is not connected", e.host, e.conn);
    e.last_arrival =
        std::max(e.last_arrival, cluster_.world.now() + cluster_.world.rng.between(l.delay_min, l.delay_max));
    if (l.delay_max > Link{}.delay_max)
        cluster_.truth.slow(e.host, e.partner, e.last_arrival);
    auto same = [&op](const Op &other) { return other.kind == Op::write && other.what == op.what; };
    if (op.kind == Op::write && end(e.peer).hostile && std::any_of(e.sends.begin(), e.sends.end(), same))
        return break_end(id); // it has said that it took what was not sent: -EBUSY, and the connection ends
    if (op.kind == Op::write && !e.hostile && std::any_of(e.sends.begin(), e.sends.end(), same))
        cluster_.world.fail("node {}: conn {}: mail {} is written while the last one is on its way", e.host, e.conn,
                            op.what);
    op.arrival = e.last_arrival;
    e.sends.push_back(std::move(op));
    if (e.sends.size() == 1)
        cluster_.world.at(e.sends.front().arrival, [this, id] { transmit(id); });
}

// The head of the send queue has reached the other end, or not.
void Fabric::transmit(uint32_t id)
{
    End &e = end(id);

    if (!alive(e) || e.sends.empty() || e.state == End::closed)
        return;
    Op &op = e.sends.front();
    End &peer = end(e.peer);
    Node *there = cluster_.node(e.partner);
    bool runs = peer.hostile || (there && (!there->frozen() || cluster_.hardware));
    bool answers = runs && alive(peer) && peer.state != End::broken;

    // A stopped host posts nothing new, but only an adapter of its own still repeats.
    bool sends = e.hostile || cluster_.hardware || !cluster_.node(e.host)->frozen();

    if (answers && sends && !op.delivered && passes(e, peer)) {
        op.delivered = deliver(e, peer, op);
        if (e.state == End::broken)
            return; // by what it asked for
    }
    if (op.delivered && passes(peer, e)) {
        if (op.kind == Op::read || op.kind == Op::heartbeat) {
            Link &back = link(e.partner, e.host);
            Event done = cm_event(CCM_SEV_READ_DONE, e.conn, op.what);

            done.data = read_buffer_;
            e.last_done = std::max(e.last_done,
                                   cluster_.world.now() + cluster_.world.rng.between(back.delay_min, back.delay_max));
            if (e.last_done > cluster_.world.now() + Link{}.delay_max)
                cluster_.truth.slow(e.partner, e.host, e.last_done);
            cluster_.world.at(e.last_done, [this, id, done, beat = op.kind == Op::heartbeat] {
                End &to = end(id);

                if (!alive(to) || to.state != End::established)
                    return;
                if (beat)
                    cluster_.node(to.host)->heartbeat_done(to.partner, to.conn, done.event.status, done.data);
                else
                    tell(to, Source::send, done);
            });
        }
        const Op done = std::move(e.sends.front());
        e.sends.pop_front();
        if (!e.hostile)
            cluster_.node(e.host)->sent(e, done);
        if (!e.sends.empty())
            cluster_.world.at(e.sends.front().arrival, [this, id] { transmit(id); });
        return;
    }
    if (op.kind == Op::read || op.kind == Op::heartbeat)
        op.delivered = false; // a READ that is repeated is executed again
    if (++op.tries > tries_max) {
        break_end(id);
        return;
    }
    cluster_.world.after(retry_us, [this, id] { transmit(id); });
}

// The bytes that a READ or WRITE names; nullptr: there are none
uint8_t *Fabric::find(End &responder, const Op &op, uint32_t len, bool write)
{
    Memory *memory = responder.memory.get();

    if (memory && write && op.key == memory->keys.mailbox_key) {
        uint64_t offset = op.addr - memory->keys.mailbox_addr;

        if (offset <= CCM_MAILBOX_LEN && len <= CCM_MAILBOX_LEN - offset)
            return memory->mailbox.data() + offset;
    }
    if (memory && !write && op.key == memory->keys.status_key) {
        uint64_t offset = op.addr - memory->keys.status_addr;

        if (offset < CCM_PAGE_LEN && len <= CCM_PAGE_LEN - offset) {
            if (responder.hostile)
                return cluster_.hostile->page(responder.id).data() + offset;
            Node &node = *cluster_.node(responder.host);

            node.refresh_page();
            return node.page().data() + offset;
        }
        offset -= CCM_ANSWER_OFFSET;
        if (offset < CCM_PAGE_LEN && len <= CCM_PAGE_LEN - offset)
            return memory->session_page.data() + offset;
    }
    return nullptr;
}

// The same; what no Node may ask for is the end of the run.
uint8_t *Fabric::reach(End &responder, const Op &op, uint32_t len, bool write)
{
    uint8_t *bytes = find(responder, op, len, write);

    if (!bytes)
        cluster_.world.fail("node {}: conn {}: {} of {} bytes with an invalid key or address", responder.host,
                            responder.conn, write ? "WRITE" : "READ", len);
    return bytes;
}

// Is there room for a SEND, and memory for the rest? If not, both queue pairs break.
bool Fabric::possible(const End &from, End &to, const Op &op)
{
    if (op.kind == Op::send)
        return op.data.size() <= CCM_KEYS_MAX;
    if (op.kind == Op::ring || (from.hostile && to.hostile))
        return true;
    bool write = op.kind == Op::write;

    return find(to, op, write ? static_cast<uint32_t>(op.data.size()) : op.read_len, write);
}

bool Fabric::deliver(End &from, End &to, const Op &op)
{
    if (to.state == End::closed) {
        // Its queue pair is gone: nothing answers, nothing lands.
        if (cluster_.options.plant == Plant::late_write && op.kind == Op::write)
            reach(to, op, static_cast<uint32_t>(op.data.size()), true);
        return false;
    }
    if (to.state != End::established && to.state != End::rep_sent)
        return false;
    to.received = true;
    if ((from.hostile || to.hostile) && !possible(from, to, op)) {
        break_end(from.id);
        break_end(to.id);
        return false;
    }

    Event event;
    event.event.conn = to.conn;
    switch (op.kind) {
    case Op::send:
        event.event.type = CCM_SEV_MESSAGE;
        event.data = op.data;
        tell(to, Source::receive, std::move(event));
        break;
    case Op::write: {
        uint8_t *bytes = reach(to, op, static_cast<uint32_t>(op.data.size()), true);

        std::copy(op.data.begin(), op.data.end(), bytes);
        [[fallthrough]];
    }
    case Op::ring:
        event.event.type = CCM_SEV_RING;
        event.event.status = op.what;
        tell(to, Source::receive, std::move(event));
        break;
    case Op::read:
    case Op::heartbeat: {
        uint8_t *bytes = reach(to, op, op.read_len, false);

        read_buffer_.assign(bytes, bytes + op.read_len);
        break;
    }
    }
    // The stack of an accepting iWARP adapter says by itself that it is connected.
    if (cluster_.iwarp)
        ready_to_use(to.id);
    return true;
}

} // namespace sim
