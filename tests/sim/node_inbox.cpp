// SPDX-License-Identifier: GPL-2.0-only
// What waits for a node's work items: handlers store what came and set a bit, the work item
// takes one after the other, as ccm/core/schedule.h says. Twice the same before it is taken is
// once.
#include "node.h"

#include <algorithm>
#include <utility>

#include "cluster.h"
#include "coverage.h"

namespace sim {

namespace {

constexpr uint32_t bit_of(uint32_t bit)
{
    return 1U << bit;
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

// Something has happened: the work item looks at it, in a moment or when it comes to it.
void Node::tell(uint32_t partner, uint32_t bit)
{
    Partner &p = partners_.at(partner);
    uint32_t instead = ccm_schedule_instead(bit);

    if (instead < CCM_INBOX_BITS)
        p.inbox &= ~bit_of(instead);
    // of these two all is looked at in any case
    if (bit != CCM_INBOX_CONN && bit != CCM_INBOX_REQUEST)
        cluster_.result.coalesced += p.inbox >> bit & 1;
    p.inbox |= bit_of(bit);
    if (p.queued)
        return;
    p.queued = true;
    later(cluster_.options.together ? 5 : takes(30, 20000), [partner](Node &node) {
        Partner &mine = node.partners_.at(partner);

        mine.work = node.work(partner);
        mine.work.go_on();
    });
}

// A handler hears of it, in a moment.
void Node::push(uint32_t partner, Source source, Event event)
{
    uint64_t &last = partners_.at(partner).last[static_cast<size_t>(source)];
    uint64_t now = cluster_.world.now();

    last = std::max(last, now + (cluster_.options.together ? 5 : cluster_.world.rng.between(1, 20)));
    later(last - now,
          [partner, event = std::move(event)](Node &node) { node.arrive(node.partners_.at(partner), event); });
}

Conn *Node::find_conn(Partner &p, uint32_t id)
{
    for (auto *list : {&p.conns, &p.requests})
        for (Conn &conn : *list)
            if (conn.id == id)
                return &conn;
    return nullptr;
}

// What says that a mail was copied, can come before the mail has completed here: the
// acknowledgement was lost. Its bytes are still in use, so it waits.
static bool is_early(const End &end, uint32_t ring)
{
    uint32_t mail = ring == CCM_RING_CATALOG_TAKEN ? CCM_RING_CATALOG
                    : ring == CCM_RING_LINKS_TAKEN ? CCM_RING_LINKS
                                                   : 0;

    return std::any_of(end.sends.begin(), end.sends.end(),
                       [mail](const Op &op) { return mail && op.kind == Op::write && op.what == mail; });
}

void Node::sent(const End &end, const Op &op)
{
    Partner &p = partners_.at(end.partner);
    Conn *conn = find_conn(p, end.conn);
    uint32_t answer = op.what == CCM_RING_CATALOG ? CCM_RING_CATALOG_TAKEN : CCM_RING_LINKS_TAKEN;

    if (!conn)
        return;
    if (op.kind == Op::write && conn->early >> answer & 1) {
        conn->early &= ~(1U << answer);
        conn->pending |= bit_of(ccm_schedule_ring(answer));
        tell(p.id, CCM_INBOX_CONN);
    }
    if (op.kind == Op::ring && op.what == CCM_RING_STAGE && std::exchange(conn->stage_due, false)) {
        conn->pending |= bit_of(CCM_MAIL_RING_STAGE);
        tell(p.id, CCM_INBOX_CONN);
    }
}

// This node's page has changed. One ring is on its way at most.
void Node::ring_stage(Conn &conn)
{
    const End &end = cluster_.fabric.end(conn.end);
    Op op{};

    conn.stage_due = std::any_of(end.sends.begin(), end.sends.end(),
                                 [](const Op &one) { return one.kind == Op::ring && one.what == CCM_RING_STAGE; });
    if (conn.stage_due)
        return;
    op.kind = Op::ring;
    op.what = CCM_RING_STAGE;
    counts().ring_sent[CCM_RING_STAGE]++;
    cluster_.fabric.post(conn.end, std::move(op));
}

void Node::arrive(Partner &p, const Event &event)
{
    Conn *conn = find_conn(p, event.event.conn);

    if (!conn)
        return; // closed
    arrive_at(*conn, event);
    tell(p.id, CCM_INBOX_CONN);
}

void Node::arrive_at(Conn &conn, const Event &event)
{
    auto mark = [&](uint32_t bit) {
        if (bit == CCM_ENDPOINT_BITS)
            return;
        cluster_.result.coalesced += conn.pending >> bit & 1;
        conn.pending |= bit_of(bit);
    };

    switch (event.event.type) {
    case CCM_SEV_ESTABLISHED:
        if (!event.data.empty())
            conn.private_data = event.data;
        conn.connected = true;
        return mark(CCM_ENDPOINT_ESTABLISHED);
    case CCM_SEV_REJECTED:
        conn.private_data = event.data;
        conn.status = event.event.status;
        return mark(CCM_ENDPOINT_REJECTED);
    case CCM_SEV_FAILED:
        conn.status = event.event.status;
        return mark(CCM_ENDPOINT_FAILED);
    case CCM_SEV_DISCONNECTED:
        return mark(CCM_ENDPOINT_DISCONNECTED);
    case CCM_SEV_ERROR:
        return mark(CCM_ENDPOINT_ERROR);
    case CCM_SEV_DEVICE_GONE:
        return mark(CCM_ENDPOINT_DEVICE_GONE);
    case CCM_SEV_MESSAGE:
        if (!conn.message.empty()) // A0, and no other
            return mark(CCM_ENDPOINT_MALFORMED);
        conn.message = event.data;
        return mark(CCM_MAIL_MESSAGE);
    case CCM_SEV_READ_DONE:
        conn.read.at(event.event.status) = event.data;
        return mark(event.event.status == CCM_READ_STATUS ? CCM_MAIL_READ_STATUS : CCM_MAIL_READ_ANSWER);
    case CCM_SEV_RING:
        if (is_early(cluster_.fabric.end(conn.end), event.event.status))
            conn.early |= 1U << event.event.status;
        else
            mark(ccm_schedule_ring(event.event.status));
        return;
    }
}

// The next thing that happened. False: nothing.
bool Node::next_event(Partner &p)
{
    uint32_t bit;

    p.event = {};
    for (uint32_t n = 0; (bit = ccm_schedule_look(&p.schedule, n)) < CCM_INBOX_BITS; n++)
        if (take(p, bit))
            break;
    ccm_schedule_had(&p.schedule, bit);
    demand_turns(p, bit);
    return bit < CCM_INBOX_BITS;
}

// Of those that have turns nobody is passed over more often than there are others.
void Node::demand_turns(Partner &p, uint32_t had)
{
    if (had < CCM_INBOX_CONN || had >= CCM_INBOX_PATH_UP)
        return;
    for (uint32_t bit : {CCM_INBOX_CLIENTS, CCM_INBOX_REQUEST, CCM_INBOX_TIMER}) {
        bool waits = bit == CCM_INBOX_REQUEST ? !p.requests.empty() : p.inbox >> bit & 1;

        p.passed_over[bit] = waits && bit != had ? p.passed_over[bit] + 1 : 0;
        if (p.passed_over[bit] >= CCM_INBOX_PATH_UP - CCM_INBOX_CONN)
            cluster_.world.fail("node {}: partner {}: what waits at {} is starved by {}", host_, p.id, bit, had);
    }
}

bool Node::take(Partner &p, uint32_t bit)
{
    switch (bit) {
    case CCM_INBOX_CONN:
        return take_conn(p);
    case CCM_INBOX_LINKS:
        return links_event(p);
    case CCM_INBOX_REQUEST:
        return take_request(p);
    default:
        return take_bit(p, bit) && seen_to(p, bit);
    }
}

bool Node::take_bit(Partner &p, uint32_t bit)
{
    bool waits = p.inbox & bit_of(bit);

    p.inbox &= ~bit_of(bit);
    return waits;
}

// What a bit that was taken is. False: no event.
bool Node::seen_to(Partner &p, uint32_t bit)
{
    ccm_session_event &event = p.event.event;

    switch (bit) {
    case CCM_INBOX_OWN_STAGE: {
        const uint32_t keys = CCM_DONE_KEYS_SENT | CCM_DONE_KEYS_RECEIVED;
        Conn *conn = find_conn(p, p.session.conn.id);

        // before the keys are exchanged there is nothing to ring with
        if (conn && (p.session.conn.done & keys) == keys)
            ring_stage(*conn);
        return false;
    }
    case CCM_INBOX_VERIFIED:
        event.type = CCM_SEV_VERIFIED;
        event.conn = p.verified;
        event.status = p.verified_right;
        return true;
    case CCM_INBOX_STAGE:
        if (monitor)
            monitor->status(p);
        return false;
    case CCM_INBOX_PSK:
        event.type = CCM_SEV_PSK;
        std::copy(psk_.begin(), psk_.end(), event.psk);
        return true;
    case CCM_INBOX_STOP:
        event.type = CCM_SEV_STOP;
        event.reason = p.stop_reason;
        event.status = shown_stage();
        return true;
    case CCM_INBOX_START:
        event.type = CCM_SEV_START;
        return true;
    case CCM_INBOX_VERDICT:
        event.type = CCM_SEV_VERDICT;
        event.conn = p.watched;
        event.reason = p.liveness.verdict;
        return true;
    case CCM_INBOX_WORD:
        event.type = CCM_SEV_WORD;
        event.conn = p.word_heard;
        return true;
    case CCM_INBOX_ALIVE:
        event.type = CCM_SEV_ALIVE;
        event.conn = p.session.conn.id;
        return true;
    case CCM_INBOX_CLIENTS:
        now_ = {};
        std::copy(clients_.begin(), clients_.end(), now_.entries);
        now_.count = static_cast<uint32_t>(clients_.size());
        event.type = CCM_SEV_CLIENTS;
        event.catalog = &now_;
        return true;
    case CCM_INBOX_TIMER:
        event.type = CCM_SEV_TIMER;
        return true;
    case CCM_INBOX_PATH_UP:
        event.type = CCM_SEV_PATH_UP;
        return true;
    default:
        return false;
    }
}

bool Node::take_request(Partner &p)
{
    if (p.requests.empty())
        return false;
    p.conns.splice(p.conns.end(), p.requests, p.requests.begin());

    const Conn &conn = p.conns.back();
    p.event.event.type = CCM_SEV_REQUEST;
    p.event.event.conn = conn.id;
    p.event.data = conn.private_data;
    p.asking.insert(conn.id);
    return true;
}

bool Node::take_conn(Partner &p)
{
    for (auto at = p.conns.begin(); at != p.conns.end();) {
        End &end = cluster_.fabric.end(at->end);
        bool unreported = !at->connected && !cluster_.iwarp && at->id % 2;
        uint32_t bit = ccm_schedule_conn(at->pending, unreported);

        if (bit == CCM_ENDPOINT_BITS) {
            ++at;
            continue;
        }
        at->pending &= ~bit_of(bit);
        if (bit == CCM_ENDPOINT_ESTABLISHED && unreported)
            cluster_.fabric.established(end.id);
        if (fill(p, *at, bit))
            return true;
        at = p.conns.begin();
    }
    return false;
}

// The event of one bit of a connection. False: nothing for the core.
bool Node::fill(Partner &p, Conn &conn, uint32_t bit)
{
    ccm_session_event &event = p.event.event;
    End &end = cluster_.fabric.end(conn.end);

    event.conn = conn.id;
    switch (bit) {
    case CCM_ENDPOINT_ROUTE:
        cluster_.fabric.request(conn.end, conn.private_data);
        return false;
    case CCM_ENDPOINT_ESTABLISHED:
        conn.connected = true;
        event.type = CCM_SEV_ESTABLISHED;
        event.keys = end.memory->keys;
        event.iwarp = cluster_.iwarp;
        p.event.data = conn.private_data;
        return true;
    case CCM_ENDPOINT_REJECTED:
        event.type = CCM_SEV_REJECTED;
        event.status = conn.status;
        p.event.data = conn.private_data;
        return true;
    case CCM_ENDPOINT_FAILED:
        event.type = CCM_SEV_FAILED;
        event.status = conn.status;
        return true;
    case CCM_MAIL_MESSAGE:
        event.type = CCM_SEV_MESSAGE;
        p.event.data = conn.message;
        if (!end.keys_known)
            end.keys_known =
                !ccm_wire_get_keys(p.event.data.data(), static_cast<uint32_t>(p.event.data.size()), &end.peer_keys);
        return true;
    case CCM_MAIL_READ_STATUS:
    case CCM_MAIL_READ_ANSWER:
        event.type = CCM_SEV_READ_DONE;
        event.status = bit == CCM_MAIL_READ_STATUS ? CCM_READ_STATUS : CCM_READ_ANSWER;
        p.event.data = conn.read.at(event.status);
        return true;
    case CCM_MAIL_RING_STAGE:
        ring_stage(conn);
        return false;
    case CCM_ENDPOINT_DISCONNECTED:
        event.type = CCM_SEV_DISCONNECTED;
        return true;
    case CCM_ENDPOINT_ERROR:
        event.type = CCM_SEV_ERROR;
        return true;
    case CCM_ENDPOINT_MALFORMED:
        event.type = CCM_SEV_RING;
        return true;
    case CCM_ENDPOINT_DEVICE_GONE:
        event.type = CCM_SEV_DEVICE_GONE;
        return true;
    default:
        event.type = CCM_SEV_RING;
        event.status = bit - CCM_MAIL_RING;
        if (event.status == CCM_RING_STAGE && p.watched == conn.id)
            p.look = !beat(p);
        if (end.memory) {
            auto [offset, room] = mail_place(event.status);

            p.event.data.assign(end.memory->mailbox.begin() + offset, end.memory->mailbox.begin() + offset + room);
        }
        return true;
    }
}

} // namespace sim
