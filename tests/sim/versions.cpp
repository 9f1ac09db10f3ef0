// SPDX-License-Identifier: GPL-2.0-only
#include "versions.h"

#include <algorithm>

#include "../../ccm/core/auth.h"
#include "../../ccm/core/bytes.h"
#include "cluster.h"
#include "faults.h"

namespace sim {

namespace {

constexpr uint32_t more_memory = CCM_PAGE_LEN;

// Bytes behind what is known here, and a length that says so; what lies there already moves not.
void grow(Rng &rng, Bytes &message, uint32_t room)
{
    uint32_t len = ccm_get_u16(message.data() + 6);
    uint32_t more = static_cast<uint32_t>(rng.between(0, 5)) * 8;

    if (len + more > room)
        more = room - std::min(room, len);
    if (message.size() < len + more)
        message.resize(len + more);
    for (uint32_t i = 0; i < more; i++)
        message[len + i] = static_cast<uint8_t>(rng.next() | 1);
    ccm_put_u16(message.data() + 6, static_cast<uint16_t>(len + more));
}

void grow_keys(Rng &rng, Bytes &message)
{
    ccm_put_u32(message.data() + 20, CCM_STATUS_REGION_LEN + more_memory);
    ccm_put_u32(message.data() + 36, CCM_MAILBOX_LEN + more_memory);
    ccm_put_u32(message.data() + 84, static_cast<uint32_t>(rng.next())); // reserved
    grow(rng, message, CCM_KEYS_MAX);
}

// Reasons that only a later version has, beside those that all have
void new_reasons(Rng &rng, Bytes &table)
{
    for (size_t slot = CCM_LINKS_HEADER_LEN; slot + CCM_LINK_SLOT_LEN <= table.size(); slot += CCM_LINK_SLOT_LEN)
        if (ccm_get_u16(table.data() + slot + 22) > CCM_CLIENT_LEFT && rng.permille(300))
            ccm_put_u16(table.data() + slot + 22, CCM_CLIENT_REASON_COUNT);
}

void grow_mail(Rng &rng, uint32_t ring, Bytes &message)
{
    switch (ring) {
    case CCM_RING_HELLO:
        return grow(rng, message, CCM_AUTH_HELLO_MAX);
    case CCM_RING_READY:
        return grow(rng, message, CCM_MAILBOX_GOODBYE - CCM_MAILBOX_READY);
    case CCM_RING_GOODBYE:
        if (rng.permille(200))
            ccm_put_u16(message.data() + 8, CCM_REASON_COUNT);
        return grow(rng, message, CCM_MAILBOX_CATALOG - CCM_MAILBOX_GOODBYE);
    case CCM_RING_CATALOG:
        return grow(rng, message, CCM_MAILBOX_LINKS - CCM_MAILBOX_CATALOG);
    case CCM_RING_LINKS:
        new_reasons(rng, message);
        return grow(rng, message, CCM_MAILBOX_LEN - CCM_MAILBOX_LINKS);
    }
}

} // namespace

uint16_t version_max(Core core)
{
    switch (core) {
    case Core::oldest:
        return CCM_VERSION_MIN;
    case Core::later:
        return CCM_VERSION_MAX + 1;
    default:
        return CCM_VERSION_MAX;
    }
}

Bytes later_message(Rng &rng, const ccm_session_action &a, Bytes message)
{
    switch (a.type) {
    case CCM_ACT_ACCEPT:
        grow(rng, message, CCM_PRIVATE_ACCEPT_MAX);
        break;
    case CCM_ACT_REJECT:
        if (a.what == CCM_REJECT_BUSY && rng.permille(500))
            ccm_put_u16(message.data() + 8, CCM_REJECT_COUNT);
        grow(rng, message, CCM_PRIVATE_REJECT_MAX);
        break;
    case CCM_ACT_SEND:
        grow_keys(rng, message);
        break;
    case CCM_ACT_ANSWER:
        grow(rng, message, CCM_PAGE_LEN);
        break;
    case CCM_ACT_WRITE:
    case CCM_ACT_PROVE:
    case CCM_ACT_MAIL:
        grow_mail(rng, a.what, message);
        break;
    default:
        break; // a request has no room
    }
    return message;
}

void later_page(std::array<uint8_t, CCM_PAGE_LEN> &page)
{
    uint32_t counter = ccm_get_u32(page.data() + CCM_STATUS_COUNTER);

    ccm_put_u16(page.data() + 6, CCM_WIRE_STATUS_LEN + 32);
    std::fill_n(page.begin() + 64, CCM_WIRE_STATUS_LEN + 32 - 64, static_cast<uint8_t>(0xa5));
    ccm_put_u32(page.data() + 52, ~0U);
    ccm_put_u32(page.data() + CCM_STATUS_FLAGS, ccm_get_u32(page.data() + CCM_STATUS_FLAGS) | 1U << 31);
    if (counter / 16 % 4 == 0)
        ccm_put_u32(page.data() + CCM_STATUS_STAGE, CCM_STAGE_COUNT);
}

void later_said(ccm_session &s, const ccm_session_action &a, const Bytes &message)
{
    ccm_session_conn *c = a.conn == s.conn.id ? &s.conn : a.conn == s.candidate.id ? &s.candidate : nullptr;
    u32 len = static_cast<u32>(message.size());

    if (!c)
        return;
    if (a.type == CCM_ACT_ACCEPT)
        ccm_transcript_add(&c->transcript, CCM_TRANSCRIPT_ACCEPT, message.data(), len);
    if (a.type == CCM_ACT_SEND)
        ccm_transcript_add(&c->transcript, c->active ? CCM_TRANSCRIPT_KEYS_ACTIVE : CCM_TRANSCRIPT_KEYS_PASSIVE,
                           message.data(), len);
}

void change_core(Cluster &c, uint32_t a)
{
    Core core = static_cast<Core>(c.world.rng.below(static_cast<uint64_t>(Core::count)));

    c.world.trace("node {}: its module is replaced by {}", a,
                  core == Core::later    ? "a later one"
                  : core == Core::oldest ? "an old one"
                                         : "this one");
    c.host(a).core = core;
    load_again(c, a, CCM_REASON_ADMIN, 500000);
}

} // namespace sim
