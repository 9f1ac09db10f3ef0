// SPDX-License-Identifier: GPL-2.0-only
// What it does, and what is watched of those it does it to. Its messages: hostile_mail.cpp
#include "hostile.h"

#include <algorithm>
#include <cstring>

#include "checker.h"
#include "cluster.h"

namespace sim {

namespace {

constexpr uint32_t talks_max = 6;
constexpr uint32_t flood_len = 48;

// An event of a stranger's makes no more of these than an honest one's
constexpr uint32_t actions_max = 6;

} // namespace

bool Hostile::one_in(uint64_t n)
{
    return cluster_.world.rng.below(n) == 0;
}

void Hostile::start()
{
    acts_ = true;
    act();
}

void Hostile::stop()
{
    cluster_.world.trace("the hostile host is gone");
    acts_ = false;
    talks_.clear();
    for (auto [node, as] : fooled_)
        if (cluster_.node(as))
            cluster_.load(as);
    fooled_.clear();
}

void Hostile::see(const Bytes &message)
{
    if (message.size() < CCM_WIRE_HEADER_LEN)
        return;
    auto &list = seen_[message[4] | message[5] << 8];

    if (list.size() < 8)
        list.push_back(message);
    else
        list[cluster_.world.rng.below(8)] = message;
}

// Does a request of an honest node come to this one instead? Not beside a session that works.
bool Hostile::takes()
{
    return acts_ && !alone && one_in(5);
}

void Hostile::asked(uint32_t id, const Bytes &data)
{
    Fabric &fabric = cluster_.fabric;
    End &end = fabric.end(id);
    ccm_wire_reject no{};
    Bytes reject(CCM_WIRE_REJECT_LEN);

    if (!acts_ || end.state != End::req_received)
        return;
    see(data);
    switch (cluster_.world.rng.below(4)) {
    case 0: // and no word
        return;
    case 1:
        no.code = static_cast<uint16_t>(cluster_.world.rng.below(CCM_REJECT_COUNT + 2));
        no.version_min = no.version_max = 1;
        no.node = end.host;
        no.incarnation = incarnation(end.host);
        ccm_wire_put_reject(reject.data(), &no);
        return fabric.reject(id, one_in(4) ? spoilt(reject) : reject);
    default:
        Talk &talk = talks_[id];
        talk.incarnation = incarnation(end.host);
        Bytes reply = request(end.host, end.partner, talk.incarnation);
        fabric.accept(id, one_in(6) ? spoilt(reply) : reply);
    }
}

void Hostile::hear(uint32_t id, const Event &event)
{
    auto it = talks_.find(id);

    if (it == talks_.end())
        return;
    Talk &talk = it->second;
    switch (event.event.type) {
    case CCM_SEV_ESTABLISHED:
        talk.up = true;
        talk.nonce = cluster_.world.rng.next() | 1;
        fill_page(id, talk);
        break;
    case CCM_SEV_MESSAGE:
        talk.keys_known = !ccm_wire_get_keys(event.data.data(), static_cast<uint32_t>(event.data.size()), &talk.keys);
        break;
    case CCM_SEV_RING:
        if (event.event.status == CCM_RING_CATALOG)
            read_catalog(id, talk);
        break;
    case CCM_SEV_REJECTED:
    case CCM_SEV_DISCONNECTED:
    case CCM_SEV_ERROR:
        talks_.erase(it);
        return;
    default:
        break;
    }
    if (talk.up && !one_in(4))
        cluster_.world.after(cluster_.world.rng.between(1, 60), [this, id] { go_on(id); });
}

std::array<uint8_t, CCM_PAGE_LEN> &Hostile::page(uint32_t end)
{
    return talks_[end].page;
}

void Hostile::act()
{
    Rng &rng = cluster_.world.rng;

    if (!acts_)
        return;
    auto it = talks_.begin();
    if (!talks_.empty())
        std::advance(it, static_cast<long>(rng.below(talks_.size())));
    if (talks_.size() < talks_max && (talks_.empty() || one_in(3))) {
        uint32_t nodes = static_cast<uint32_t>(cluster_.hosts().size());
        uint32_t as = static_cast<uint32_t>(rng.between(1, nodes));
        uint32_t to = static_cast<uint32_t>(rng.between(1, nodes - 1));

        connect(as, to >= as ? to + 1 : to);
    } else if (one_in(8)) {
        cluster_.fabric.close(it->first);
        talks_.erase(it);
    } else if (it->second.up) {
        if (one_in(12))
            flood(it->first);
        else if (one_in(2))
            go_on(it->first);
        else
            say_anything(it->first, it->second);
    }
    cluster_.world.after(rng.between(20, one_in(10) ? 300000 : 4000), [this] { act(); });
}

void Hostile::connect(uint32_t as, uint32_t to)
{
    uint64_t who = incarnation(as);
    Bytes data = request(as, to, who);

    if (one_in(5) && !replayed(CCM_WIRE_REQUEST).empty())
        data = replayed(CCM_WIRE_REQUEST);
    else if (one_in(5))
        data = spoilt(data);
    cluster_.result.hostile++;
    uint32_t id = cluster_.fabric.hostile_connect(as, to, std::move(data));
    talks_[id].incarnation = who;
}

void Hostile::post(uint32_t id, Op op)
{
    if (cluster_.fabric.end(id).state != End::established)
        return;
    if (cluster_.auth() == CCM_AUTH_NONE)
        cluster_.last_fault = cluster_.world.now(); // it may be the partner, on one side
    cluster_.result.hostile++;
    cluster_.fabric.post(id, std::move(op));
}

void Hostile::flood(uint32_t id)
{
    uint32_t ring = static_cast<uint32_t>(cluster_.world.rng.below(CCM_RING_COUNT + 2));

    for (uint32_t i = 0; i < flood_len; i++)
        post_ring(id, one_in(10) ? static_cast<uint32_t>(cluster_.world.rng.below(256)) : ring);
}

bool Hostile::is(const Partner &p, uint32_t conn) const
{
    auto end = p.ends.find(conn);

    if (end == p.ends.end())
        return false;
    uint32_t peer = cluster_.fabric.end(end->second).peer;
    return peer != rogue_end && peer && cluster_.fabric.end(peer).hostile;
}

namespace {

// The candidate, and with it the timer: all that a stranger may change of a session that is READY
bool same_but_candidate(const ccm_session &a, const ccm_session &b)
{
    static ccm_session x, y; // large

    std::memcpy(&x, &a, sizeof(x));
    std::memcpy(&y, &b, sizeof(y));
    for (ccm_session *s : {&x, &y}) {
        std::memset(&s->candidate, 0, sizeof(s->candidate));
        s->armed_us = 0;
        s->heard_us = s->heard_uptime_ms = 0; // of the heartbeats, with every event
    }
    // byte for byte: y is x but for what one step has written
    const auto *bytes = reinterpret_cast<const uint8_t *>(&x);
    return std::equal(bytes, bytes + sizeof(x), reinterpret_cast<const uint8_t *>(&y));
}

bool of_connection(uint32_t type)
{
    return type == CCM_SEV_REQUEST || (type >= CCM_SEV_ESTABLISHED && type <= CCM_SEV_VERIFIED);
}

} // namespace

void Hostile::watch(uint32_t node, const Partner &p, const ccm_session &before, const ccm_session_event &event,
                    const ccm_session_actions &actions)
{
    const ccm_session &s = p.session;
    bool its = of_connection(event.type) && is(p, event.conn);
    bool psk = cluster_.auth() == CCM_AUTH_PSK;

    for (const ccm_session_conn *c : {&s.conn, &s.candidate}) {
        if (!c->id || !(c->done & CCM_DONE_PROVEN) || !is(p, c->id))
            continue;
        if (psk)
            cluster_.world.fail("node {}: who has no key is proven to be partner {}", node, p.id);
        believed_ = true;
        if (cluster_.node(p.id) && cluster_.node(p.id)->incarnation() == c->incarnation)
            fooled_.emplace(node, p.id);
    }
    if (its) {
        cluster_.result.hostile_work += actions.count;
        if (psk && actions.count > actions_max)
            cluster_.world.fail("node {}: {} actions for one message of a stranger", node, actions.count);
    }
    if (believed_)
        return;
    if (psk && s.state == CCM_STATE_READY && is(p, s.conn.id))
        cluster_.world.fail("node {}: READY with somebody who has no key, as partner {}", node, p.id);
    if (its && before.state == CCM_STATE_READY && !is(p, before.conn.id) && !same_but_candidate(before, s))
        cluster_.world.fail("node {}: a stranger has changed the session with partner {} ({})", node, p.id,
                            describe(event));
    for (uint32_t i = 0; i < actions.count; i++)
        if (alone && actions.list[i].type == CCM_ACT_DOWN)
            cluster_.world.fail("node {}: partner {} is DOWN, and nothing but a stranger was there", node, p.id);
}

} // namespace sim
