// SPDX-License-Identifier: GPL-2.0-only
// What a hostile host says: every message as it should be, and what can be made of it.
#include <algorithm>

#include "cluster.h"
#include "hostile.h"

namespace sim {

namespace {

// In the order of the series
enum Step : uint32_t { a0, r1, w1, answered, w2, r2, taken, w3, table, table_taken, stage, goodbye, unknown, steps };

uint32_t place_of(uint32_t ring)
{
    switch (ring) {
    case CCM_RING_READY:
        return CCM_MAILBOX_READY;
    case CCM_RING_GOODBYE:
        return CCM_MAILBOX_GOODBYE;
    case CCM_RING_CATALOG:
        return CCM_MAILBOX_CATALOG;
    case CCM_RING_LINKS:
        return CCM_MAILBOX_LINKS;
    default:
        return CCM_MAILBOX_HELLO;
    }
}

} // namespace

// Who it says that it is: who is there now, or was, or never
uint64_t Hostile::incarnation(uint32_t as)
{
    Rng &rng = cluster_.world.rng;
    Node *node = cluster_.node(as);
    Bytes old = replayed(CCM_WIRE_REQUEST);
    ccm_wire_request request{};

    if (node && !one_in(3))
        return node->incarnation();
    if (one_in(2) && !ccm_wire_get_request(old.data(), static_cast<uint32_t>(old.size()), &request))
        return request.incarnation;
    return rng.next() | 1;
}

Bytes Hostile::request(uint32_t as, uint32_t to, uint64_t who)
{
    Rng &rng = cluster_.world.rng;
    ccm_wire_request msg{};
    Bytes data(CCM_WIRE_REQUEST_LEN);

    msg.version_min = CCM_VERSION_MIN;
    msg.version_max = static_cast<uint16_t>(CCM_VERSION_MAX + rng.below(2));
    msg.purpose = CCM_PURPOSE_SESSION;
    msg.node = as;
    msg.partner = to;
    msg.cluster = ccm_cluster_id("sim");
    msg.incarnation = who;
    msg.attempt = one_in(3) ? ~0U - static_cast<uint32_t>(rng.below(2)) : 1 + static_cast<uint32_t>(rng.below(20));
    msg.uptime_ms = cluster_.node(as) && !one_in(3) ? cluster_.node(as)->uptime_ms() : rng.below(CCM_UPTIME_MS_MAX);
    ccm_wire_put_request(data.data(), &msg);
    return data;
}

void Hostile::fill_page(uint32_t id, Talk &talk)
{
    Rng &rng = cluster_.world.rng;
    const End &end = cluster_.fabric.end(id);
    ccm_wire_status msg{};

    msg.version_min = CCM_VERSION_MIN;
    msg.version_max = CCM_VERSION_MAX;
    msg.node = end.host;
    msg.incarnation = talk.incarnation;
    msg.cluster = ccm_cluster_id("sim");
    msg.stage = one_in(4) ? static_cast<uint32_t>(rng.below(CCM_STAGE_COUNT + 1)) : u32{CCM_STAGE_KERNEL};
    msg.flags = one_in(6) ? static_cast<uint32_t>(rng.next()) : 0;
    msg.counter = rng.next();
    msg.tick_ms = 20;
    msg.uptime_ms = cluster_.node(end.host) && !one_in(3) ? cluster_.node(end.host)->uptime_ms() : rng.below(100000);
    ccm_wire_put_status(talk.page.data(), &msg);
    if (one_in(8))
        talk.page[rng.below(CCM_WIRE_STATUS_LEN)] ^= static_cast<uint8_t>(1U << rng.below(8));
}

Bytes Hostile::keys(uint32_t id, Talk &talk)
{
    Rng &rng = cluster_.world.rng;
    const ccm_session_keys &mine = cluster_.fabric.end(id).memory->keys;
    ccm_wire_keys msg{};
    Bytes data(CCM_WIRE_KEYS_LEN);

    msg.status_addr = mine.status_addr;
    msg.status_key = mine.status_key;
    msg.status_len = CCM_STATUS_REGION_LEN;
    msg.mailbox_addr = mine.mailbox_addr;
    msg.mailbox_key = mine.mailbox_key;
    msg.mailbox_len = CCM_MAILBOX_LEN;
    msg.incarnation = talk.incarnation;
    msg.nonce = talk.nonce;
    for (auto &byte : msg.challenge)
        byte = static_cast<uint8_t>(rng.next());
    bool psk = cluster_.auth() == CCM_AUTH_PSK;
    msg.auth = psk != one_in(10) ? u32{CCM_AUTH_PSK} : u32{CCM_AUTH_NONE};
    if (psk)
        msg.numbers[0] = one_in(10) ? 7 : 1;
    ccm_wire_put_keys(data.data(), &msg);
    return data;
}

// A proof is one that was seen, or none: it cannot make any.
Bytes Hostile::hello(uint32_t id, Talk &talk)
{
    Rng &rng = cluster_.world.rng;
    const End &end = cluster_.fabric.end(id);
    ccm_wire_hello msg{};
    Bytes data(CCM_WIRE_HELLO_LEN);

    msg.version_min = CCM_VERSION_MIN;
    msg.version_max = CCM_VERSION_MAX;
    msg.node = end.host;
    msg.incarnation = talk.incarnation;
    msg.nonce = talk.nonce;
    msg.nonce_partner = talk.keys.nonce;
    msg.detect_ms = cluster_.detect_ms;
    msg.auth = talk.keys.auth;
    msg.number = talk.keys.auth == CCM_AUTH_PSK ? 1 : 0;
    msg.uptime_ms = cluster_.node(end.host) && !one_in(3) ? cluster_.node(end.host)->uptime_ms() : rng.below(100000);
    msg.machine = one_in(3) ? rng.next() : end.host;
    msg.name[0] = 'h';
    Bytes old = replayed(CCM_WIRE_HELLO);
    if (msg.auth == CCM_AUTH_PSK && old.size() >= CCM_WIRE_HELLO_LEN && !one_in(3))
        std::copy_n(old.begin() + CCM_HELLO_PROOF, CCM_WIRE_PROOF_LEN, msg.proof);
    ccm_wire_put_hello(data.data(), &msg);
    return data;
}

Bytes Hostile::answer(Talk &talk)
{
    ccm_wire_answer msg{};
    Bytes data(CCM_WIRE_ANSWER_LEN);

    msg.code =
        one_in(6) ? static_cast<uint32_t>(cluster_.world.rng.below(CCM_ANSWER_COUNT + 1)) : u32{CCM_ANSWER_ACCEPTED};
    msg.version = CCM_VERSION_MAX;
    msg.incarnation = talk.incarnation;
    msg.nonce = talk.nonce;
    msg.nonce_partner = talk.keys.nonce;
    ccm_wire_put_answer(data.data(), &msg);
    return data;
}

// Its clients are those that the other side has, as far as that is known.
Bytes Hostile::catalog(Talk &talk)
{
    static ccm_catalog own; // large
    Bytes data(CCM_CATALOG_LEN_MAX);

    own = talk.catalog;
    own.generation = talk.mails;
    own.nonce = talk.nonce;
    ccm_catalog_put(data.data(), &own);
    data.resize(ccm_catalog_len(own.count));
    return data;
}

Bytes Hostile::ready(Talk &talk)
{
    ccm_wire_ready msg{};
    Bytes data(CCM_WIRE_READY_LEN);

    msg.generation = 1;
    msg.generation_partner = talk.catalog.generation;
    msg.nonce = talk.nonce;
    msg.plan = ccm_plan_hash(&talk.catalog, &talk.catalog);
    ccm_wire_put_ready(data.data(), &msg);
    return data;
}

Bytes Hostile::links(Talk &talk)
{
    Rng &rng = cluster_.world.rng;
    ccm_links_header header{talk.nonce, 1 + talk.mails, talk.catalog.count};
    Bytes data(CCM_LINKS_LEN_MAX);

    ccm_links_put(data.data(), &header);
    for (uint32_t i = 0; i < header.count; i++) {
        uint64_t instance = talk.catalog.entries[i].instance;
        ccm_link_slot slot{};

        slot.mine = slot.yours = instance;
        slot.epoch = one_in(3) ? static_cast<uint32_t>(rng.next()) : 1 + static_cast<uint32_t>(rng.below(4));
        slot.state = static_cast<uint16_t>(rng.below(CCM_LINK_STATE_COUNT));
        slot.reason = static_cast<uint16_t>(rng.below(CCM_CLIENT_REASON_COUNT));
        slot.offer.table_addr = rng.next() >> 16;
        slot.offer.table_key = static_cast<uint32_t>(rng.next());
        slot.offer.bytes = one_in(2) ? talk.catalog.entries[i].ask : 0;
        slot.offer.chunks = slot.offer.bytes ? 1 : 0;
        ccm_links_put_slot(data.data(), i, &slot);
    }
    data.resize(ccm_links_len(header.count));
    return data;
}

void Hostile::read_catalog(uint32_t id, Talk &talk)
{
    End &end = cluster_.fabric.end(id);

    if (end.memory && ccm_catalog_get(end.memory->mailbox.data() + CCM_MAILBOX_CATALOG,
                                      CCM_MAILBOX_LINKS - CCM_MAILBOX_CATALOG, &talk.catalog))
        talk.catalog = {};
}

// One field changed, cut, or grown
Bytes Hostile::spoilt(Bytes m)
{
    Rng &rng = cluster_.world.rng;
    static const uint32_t values[] = {0, 1, ~0U, 0x7fffffff, 0x80000000};
    uint64_t at = m.size() >= 4 ? rng.below(m.size() / 4) * 4 : 0;
    uint32_t value = one_in(3) ? static_cast<uint32_t>(rng.next()) : values[rng.below(std::size(values))];

    switch (rng.below(6)) {
    case 0:
        m.resize(rng.below(m.size() + 1));
        break;
    case 1:
        m.resize(m.size() + 1 + rng.below(64), static_cast<uint8_t>(rng.next()));
        break;
    case 2:
        if (!m.empty())
            m[rng.below(m.size())] ^= static_cast<uint8_t>(1U << rng.below(8));
        break;
    default:
        for (uint64_t i = at; i < at + 4 && i < m.size(); i++, value >>= 8)
            m[i] = static_cast<uint8_t>(value);
        break;
    }
    return m;
}

Bytes Hostile::replayed(uint32_t type)
{
    auto list = seen_.find(type);

    return list == seen_.end() ? Bytes{} : list->second[cluster_.world.rng.below(list->second.size())];
}

void Hostile::post_ring(uint32_t id, uint32_t ring)
{
    Op op{};

    op.kind = Op::ring;
    op.what = ring;
    post(id, std::move(op));
}

void Hostile::write(uint32_t id, Talk &talk, uint32_t ring, Bytes mail)
{
    Rng &rng = cluster_.world.rng;
    uint64_t offset = place_of(ring);
    Op op{};

    if (one_in(6))
        mail = replayed(mail.size() > 5 ? mail[4] : 0);
    if (one_in(5))
        mail = spoilt(std::move(mail));
    if (one_in(20))
        offset = rng.below(CCM_MAILBOX_LEN + 64);
    if (!one_in(50)) // else it may not fit
        mail.resize(std::min<uint64_t>(mail.size(), offset < CCM_MAILBOX_LEN ? CCM_MAILBOX_LEN - offset : 0));
    op.kind = Op::write;
    op.addr = talk.keys.mailbox_addr + offset;
    op.key = talk.keys.mailbox_key + (one_in(100) ? 1 : 0);
    op.what = ring;
    op.data = std::move(mail);
    post(id, std::move(op));
}

// The first step that it has not done yet; with the wrong one in front, or left out, now and then
void Hostile::go_on(uint32_t id)
{
    auto it = talks_.find(id);

    if (!acts_ || it == talks_.end() || !it->second.up)
        return;
    uint32_t step = a0;
    while (step < table && (it->second.said >> step & 1))
        step++;
    if (one_in(12))
        it->second.said |= 1ULL << step;
    else
        say(id, it->second, step);
}

void Hostile::say_anything(uint32_t id, Talk &talk)
{
    say(id, talk, static_cast<uint32_t>(cluster_.world.rng.below(steps)));
}

void Hostile::say(uint32_t id, Talk &talk, uint32_t step)
{
    Rng &rng = cluster_.world.rng;
    End &end = cluster_.fabric.end(id);
    Op op{};

    if (end.state != End::established || !end.memory || (step != a0 && !talk.keys_known))
        return;
    talk.said |= 1ULL << step;
    switch (step) {
    case a0:
        op.kind = Op::send;
        op.data = keys(id, talk);
        if (one_in(8))
            op.data = one_in(2) ? replayed(CCM_WIRE_KEYS) : spoilt(op.data);
        return post(id, std::move(op));
    case r1:
    case r2:
        op.kind = Op::read;
        op.what = step == r1 ? CCM_READ_STATUS : CCM_READ_ANSWER;
        op.addr = talk.keys.status_addr + (step == r1 ? CCM_STATUS_OFFSET : CCM_ANSWER_OFFSET);
        op.addr += one_in(20) ? rng.below(2 * CCM_PAGE_LEN) : 0;
        op.key = talk.keys.status_key;
        op.read_len = step == r1 ? CCM_WIRE_STATUS_LEN : CCM_PAGE_LEN;
        return post(id, std::move(op));
    case w1:
        return write(id, talk, CCM_RING_HELLO, hello(id, talk));
    case answered: {
        Bytes data = answer(talk);

        if (one_in(6))
            data = spoilt(data);
        std::copy_n(data.begin(), std::min<size_t>(data.size(), CCM_PAGE_LEN), end.memory->session_page.begin());
        return post_ring(id, CCM_RING_ANSWER);
    }
    case w2:
        talk.mails++;
        return write(id, talk, CCM_RING_CATALOG, catalog(talk));
    case taken:
        return post_ring(id, CCM_RING_CATALOG_TAKEN);
    case w3:
        end.ready_sent = true;
        return write(id, talk, CCM_RING_READY, ready(talk));
    case table:
        talk.mails++;
        return write(id, talk, CCM_RING_LINKS, links(talk));
    case table_taken:
        return post_ring(id, CCM_RING_LINKS_TAKEN);
    case stage:
        fill_page(id, talk);
        return post_ring(id, CCM_RING_STAGE);
    case goodbye: {
        ccm_wire_goodbye msg{static_cast<uint16_t>(rng.below(CCM_REASON_COUNT + 2)),
                             static_cast<uint16_t>(rng.below(CCM_STAGE_COUNT + 2))};
        Bytes data(CCM_WIRE_GOODBYE_LEN);

        ccm_wire_put_goodbye(data.data(), &msg);
        return write(id, talk, CCM_RING_GOODBYE, data);
    }
    default:
        return post_ring(id, CCM_RING_COUNT + static_cast<uint32_t>(rng.below(200)));
    }
}

} // namespace sim
