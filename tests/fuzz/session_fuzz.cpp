// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a sequence of events for one session. Messages are right, spoilt in
 * places, raw bytes of the input, or absent; connections are the present one, or any.
 *
 *	config byte, then for each event:
 *	operation, time, connection, style [, spoilt places or bytes], status, reason, random
 *	[, the clients there are, or the link: of the events that have those]
 * or	op_peer_restarts, how
 */
#include <cstdio>
#include <cstring>
#include <string>

#include "ccm/core/session.h"
#include "input.h"
#include "link_watch.h"
#include "require.h"
#include "session_checker.h"
#include "session_peer.h"

namespace {

enum Style : u8 { RIGHT = 0, SPOILT = 1, RAW = 2, NONE = 3 };

constexpr u8 op_peer_restarts = CCM_SEV_COUNT;
constexpr u8 op_count = CCM_SEV_COUNT + 1;

/* Said at the end: a run that never came to READY has tested little. */
struct Reached {
    unsigned long inputs = 0;
    unsigned long ready = 0;
    unsigned long up = 0;
    unsigned long proven = 0;
    unsigned long ready_again = 0;
    unsigned long waited = 0;
    unsigned long clash = 0;
    ~Reached()
    {
        std::fprintf(stderr, "READY reached by %lu of %lu inputs, a link UP in %lu of them\n", ready, inputs, up);
        std::fprintf(stderr,
                     "a candidate was proven in %lu of them, became READY in %lu, had to wait in %lu, "
                     "was sent away in %lu\n",
                     proven, ready_again, waited, clash);
    }
};
Reached reached;

ccm_session_config make_config(u8 bits)
{
    ccm_session_config config = {};
    config.node = bits & 1 ? 1 : 3;
    config.partner = 2;
    config.cluster = ccm_cluster_id("fuzz");
    config.incarnation = 0x4000;
    config.version_min = 1;
    config.version_max = bits & 4 ? 1 : 3;
    config.detect_ms = bits & 8 ? 20 : 2000;
    config.auth = (bits & 0x30) == 0x30 ? CCM_AUTH_PSK : CCM_AUTH_NONE;
    config.capabilities = 1;
    std::strcpy(config.name, "under-test");
    return config;
}

void require_right(const std::string &wrong)
{
    if (!wrong.empty())
        std::fprintf(stderr, "%s\n", wrong.c_str());
    REQUIRE(wrong.empty());
}

std::vector<u8> right_data(SessionPeer &peer, const ccm_session &s, const ccm_session_event &event, u8 style)
{
    switch (event.type) {
    case CCM_SEV_REQUEST:
        return peer.request(event.conn, !(style & 4));
    case CCM_SEV_ESTABLISHED:
        return event.conn % 2 ? std::vector<u8>() : peer.request(event.conn, false);
    case CCM_SEV_REJECTED:
        return peer.reject(event.reason);
    case CCM_SEV_MESSAGE:
        return peer.keys(event.conn);
    case CCM_SEV_READ_DONE:
        return peer.read(event.conn, event.status);
    case CCM_SEV_RING:
        return peer.mail(s, event.conn, event.status, event.reason);
    default:
        return {};
    }
}

/* Of a link as it is, as the runtime tells it; or not quite. */
void fill_link(ccm_session_event &event, const ccm_session &s, u8 place, u8 style)
{
    const ccm_session_link &link = s.links.link[place % CCM_CLIENTS_MAX];

    event.link = place % (CCM_CLIENTS_MAX + 2);
    event.instance = link.instance + (style & 8 ? 1 : 0);
    event.epoch = link.epoch + (style & 16 ? 1 : 0);
    event.offer.table_addr = 0x3000;
    event.offer.bytes = link.plan.give;
    event.offer.chunks = link.plan.give ? 1 : 0;
}

/*
 * A link is to be opened: its ports ask for themselves, and the partner's chunk table is READ.
 * @spoilt: pairs of where and what. What is believed of the table is what was agreed on.
 */
void open_link(const ccm_session &s, u32 index, const std::vector<u8> &spoilt)
{
    const ccm_session_link &link = s.links.link[index];
    const ccm_link_offer &offer = link.peer_offer;
    ccm_wire_port port;
    ccm_session_port(&s, index, link.plan.ports - 1U, &port);
    REQUIRE(port.node == s.config.node && port.partner == s.config.partner);
    REQUIRE(port.incarnation == s.config.incarnation && port.token == 0);
    REQUIRE(port.instance == link.instance && port.instance_partner == link.counterpart);
    REQUIRE(port.epoch == link.epoch && port.port == link.plan.ports - 1U);

    REQUIRE(offer.bytes == link.plan.take && offer.chunks <= CCM_LINK_CHUNKS_MAX);
    REQUIRE(!offer.chunks == !offer.bytes);
    std::vector<u8> table(offer.chunks * CCM_LINK_CHUNK_LEN);
    for (u32 i = 0; i < offer.chunks; i++) {
        const u64 len = (offer.bytes + offer.chunks - 1) / offer.chunks;
        const ccm_link_chunk chunk = {0x7000 + i * len, i,
                                      static_cast<u32>(i + 1 < offer.chunks ? len : offer.bytes - i * len)};
        ccm_link_put_chunk(table.data(), i, &chunk);
    }
    for (size_t i = 0; i + 1 < spoilt.size() && !table.empty(); i += 2)
        table[spoilt[i] % table.size()] = spoilt[i + 1];
    table.shrink_to_fit();
    std::vector<ccm_link_chunk> chunks(offer.chunks);
    if (ccm_link_get_chunks(table.data(), static_cast<u32>(table.size()), &offer, chunks.data()))
        return;
    u64 sum = 0;
    for (const ccm_link_chunk &chunk : chunks)
        sum += chunk.len;
    REQUIRE(!chunks.empty() && sum == link.plan.take);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Input in(data, size);
    const u8 bits = in.byte();
    const ccm_session_config config = make_config(bits);
    const bool iwarp = bits & 2;
    SessionPeer peer(config);
    SessionChecker checker(config);
    u64 now = 1;
    u32 next_request = 1;
    u64 steps = 0;
    bool was_ready = false;
    bool was_up = false;
    bool was_proven = false;
    bool was_again = false;
    bool was_waiting = false;
    bool was_clash = false;
    FuzzClients clients(0);
    sim::LinkWatch watch;

    static ccm_session s, before;
    std::memset(static_cast<void *>(&s), 0xee, sizeof(s));
    ccm_session_init(&s, &config);
    while (!in.empty()) {
        const u8 op = in.byte() % op_count;
        if (op == op_peer_restarts) {
            peer.at(now);
            peer.restart(in.byte());
            continue;
        }
        ccm_session_event event = {};
        event.type = op;
        const u8 time = in.byte();
        if (time == 0xff && checker.timer_us() > now)
            now = checker.timer_us();
        else
            now += 10ULL * time * time;
        const u8 which = in.byte();
        if (op == CCM_SEV_REQUEST) {
            event.conn = next_request;
            next_request += 2;
        } else {
            event.conn = which < 200 ? s.conn.id : which < 240 ? s.candidate.id : which - 240U;
        }
        const u8 style = in.byte();
        std::vector<u8> spoilt;
        if (style % 4 == SPOILT)
            spoilt = in.bytes(2 * (1U + in.byte() % 3));
        if (style % 4 == RAW)
            spoilt = in.bytes(in.byte());
        event.status = in.byte() % 10;
        event.reason = in.byte() % 16; /* some of them are none */
        event.random = in.byte() * (0x9e3779b97f4a7c15ULL + steps);
        event.iwarp = iwarp;
        event.uptime_ms = now / 1000;
        peer.at(now);
        event.heard_us = style & 32 ? now : 0;
        event.heard_uptime_ms = style & 64 ? peer.uptime_ms(s.conn.id) : 1;
        event.keys = {0x1000, 1, 0x4000, 2};
        if (op == CCM_SEV_CLIENTS) {
            clients.set(in.byte() % 16);
            event.catalog = &clients.catalog();
        }
        if (op == CCM_SEV_PSK)
            event.psk[0] = in.byte() % 3;
        else if (op >= CCM_SEV_LINK_PREPARED) {
            event.conn = which < 240 ? 0 : event.conn;
            fill_link(event, s, in.byte(), style);
        }

        std::vector<u8> bytes;
        if (style % 4 == RAW)
            bytes = spoilt;
        else if (style % 4 != NONE)
            bytes = right_data(peer, s, event, style);
        for (size_t i = 0; style % 4 == SPOILT && i + 1 < spoilt.size() && !bytes.empty(); i += 2)
            bytes[spoilt[i] % bytes.size()] = spoilt[i + 1];
        bytes.shrink_to_fit();
        event.data = bytes.empty() ? nullptr : bytes.data();
        event.len = static_cast<u32>(bytes.size());

        ccm_session_actions actions;
        std::memset(&actions, 0xee, sizeof(actions));
        checker.before(s, now, event);
        before = s;
        ccm_session_step(&s, now, &event, &actions);
        checker.after(s, actions);
        require_right(watch.step(before, s, event, actions));
        for (u32 i = 0; i < actions.count; i++)
            peer.hears(s, actions.list[i]);
        ccm_link_action act;
        while (ccm_links_next(&s.links, &act)) {
            require_right(watch.act(s, act));
            was_up = was_up || act.act == CCM_LINK_ACT_READY;
            if (act.act == CCM_LINK_ACT_OPEN)
                open_link(s, act.index, spoilt);
        }
        require_right(watch.rest(s));
        was_ready = was_ready || checker.ready();
        was_proven = was_proven || checker.replaced();
        was_again = was_again || (checker.ready() && checker.replaced());
        was_waiting = was_waiting || (s.candidate.done & CCM_DONE_WAITS);
        was_clash = was_clash || checker.clash();
        if (++steps > 400)
            break;
    }
    reached.inputs++;
    reached.ready += was_ready;
    reached.up += was_up;
    reached.proven += was_proven;
    reached.ready_again += was_again;
    reached.waited += was_waiting;
    reached.clash += was_clash;
    return 0;
}
