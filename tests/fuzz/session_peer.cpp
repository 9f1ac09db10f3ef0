// SPDX-License-Identifier: GPL-2.0-only
#include "session_peer.h"

#include <algorithm>
#include <cstring>

namespace {

template <typename Message, typename Put> std::vector<u8> encode(u32 len, const Message &msg, Put put)
{
    std::vector<u8> bytes(len);
    put(bytes.data(), &msg);
    return bytes;
}

} // namespace

void SessionPeer::restart(u8 how)
{
    attempt_ = 0;
    if (how % BACK_COUNT == SNAPSHOT) {
        booted_us_ = std::min<s64>(booted_us_ + 2000000, now_us_);
        return;
    }
    incarnation_++;
    if (how % BACK_COUNT == NEW_KERNEL)
        booted_us_ = now_us_;
    if (how % BACK_COUNT == ANOTHER_MACHINE)
        booted_us_ -= 777777777;
}

u64 SessionPeer::uptime_ms(u32 conn)
{
    return static_cast<u64>(now_us_ - end(conn).booted_us) / 1000;
}

bool FuzzClients::set(u32 which)
{
    static const char *const names[] = {"log", "lock", "old", "big"};
    const u32 come = which & ~which_;

    if (which == which_)
        return false;
    const ccm_catalog before = *catalog_;
    *catalog_ = {};
    for (u32 i = 0; i < 4; i++) {
        if (!(which >> i & 1))
            continue;
        ccm_catalog_entry entry = {};
        std::strcpy(entry.name, names[i]);
        entry.version_min = entry.version_max = 1;
        entry.ports_min = 1;
        entry.ports_max = 4;
        entry.ask = i == 3 ? 100 : 10 * i;
        entry.give = 50; /* "big" asks for more */
        if (i == 2)      /* "old" speaks what its counterpart does not */
            entry.version_min = entry.version_max = static_cast<u16>(1 + instance_ % 2);
        entry.instance = ++instance_;
        if (!(come >> i & 1))
            entry = *ccm_catalog_find(&before, names[i]);
        catalog_->entries[catalog_->count++] = entry;
    }
    which_ = which;
    return true;
}

void SessionPeer::hears(const ccm_session &s, const ccm_session_action &action)
{
    ccm_wire_keys keys;
    if (action.type == CCM_ACT_SEND && ccm_wire_get_keys(action.data, action.len, &keys) == 0) {
        end(action.conn).nonce_heard = keys.nonce;
    }
    if (action.type == CCM_ACT_MAIL && action.what == CCM_RING_CATALOG) {
        heard_.resize(CCM_CATALOG_LEN_MAX);
        heard_.resize(ccm_session_put_mail(&s, action.what, heard_.data()));
    }
}

std::vector<u8> SessionPeer::catalog(u32 conn, u32 which)
{
    const auto mine = std::make_unique<ccm_catalog>();
    const auto theirs = std::make_unique<ccm_catalog>();

    if (clients_.set(which % 16))
        generation_++;
    *mine = clients_.catalog();
    mine->generation = generation_;
    mine->nonce = nonce(conn);
    End &e = end(conn);
    if (e.first_generation == 0 && ccm_catalog_get(heard_.data(), static_cast<u32>(heard_.size()), theirs.get()) == 0) {
        const bool lower = partner_.partner < partner_.node;
        e.first_generation = generation_;
        e.plan = lower ? ccm_plan_hash(mine.get(), theirs.get()) : ccm_plan_hash(theirs.get(), mine.get());
    }
    return encode(ccm_catalog_len(mine->count), *mine, ccm_catalog_put);
}

std::vector<u8> SessionPeer::links(const ccm_session &s, u32 conn, u32 arg)
{
    ccm_links_header header = {};
    std::vector<ccm_link_slot> slots;

    for (const ccm_session_link &link : s.links.link) {
        if (!link.instance || !link.counterpart)
            continue;
        ccm_link_slot slot = {};
        slot.mine = link.counterpart;
        slot.yours = link.instance;
        slot.epoch = link.epoch + (arg >= 8 ? 1 : 0);
        slot.state = static_cast<u16>(arg % 8);
        slot.reason = arg % 8 == CCM_LINK_WAITING ? CCM_CLIENT_LEFT : CCM_CLIENT_NONE;
        slot.offer.table_addr = 0x5000;
        slot.offer.bytes = link.plan.take;
        slot.offer.chunks = link.plan.take ? 1 : 0;
        if (link.plan.why) /* they do not fit, on both sides */
            slot.state = CCM_LINK_REFUSED;
        slots.push_back(slot);
    }
    header.nonce = nonce(conn);
    header.sequence = ++end(conn).sequence;
    header.count = static_cast<u32>(slots.size());
    std::vector<u8> bytes = encode(ccm_links_len(header.count), header, ccm_links_put);
    for (u32 i = 0; i < header.count; i++)
        ccm_links_put_slot(bytes.data(), i, &slots[i]);
    return bytes;
}

std::vector<u8> SessionPeer::request(u32 conn, bool later)
{
    if (later)
        attempt_++;
    ccm_wire_request msg = {};
    msg.version_min = 1;
    msg.version_max = 1;
    msg.purpose = CCM_PURPOSE_SESSION;
    msg.node = partner_.partner;
    msg.partner = partner_.node;
    msg.cluster = partner_.cluster;
    msg.incarnation = end(conn).incarnation;
    msg.attempt = attempt_;
    msg.uptime_ms = uptime_ms(conn);
    return encode(CCM_WIRE_REQUEST_LEN, msg, ccm_wire_put_request);
}

std::vector<u8> SessionPeer::reject(u32 code) const
{
    std::vector<u8> bytes(CCM_WIRE_REJECT_LEN);
    ccm_session_config mine = partner_;
    mine.node = partner_.partner;
    mine.incarnation = incarnation_;
    ccm_session_put_reject(&mine, code, bytes.data());
    return bytes;
}

std::vector<u8> SessionPeer::keys(u32 conn)
{
    ccm_wire_keys msg = {};
    msg.status_addr = 0x7000000000000000ULL + conn * 0x10000ULL;
    msg.status_key = conn * 2;
    msg.status_len = CCM_STATUS_REGION_LEN;
    msg.mailbox_addr = 0x2000000000000000ULL + conn * 0x10000ULL;
    msg.mailbox_key = conn * 2 + 1;
    msg.mailbox_len = CCM_MAILBOX_LEN;
    msg.incarnation = end(conn).incarnation;
    msg.nonce = nonce(conn);
    msg.auth = partner_.auth;
    msg.numbers[0] = 2;
    msg.numbers[1] = 1;
    return encode(CCM_WIRE_KEYS_LEN, msg, ccm_wire_put_keys);
}

std::vector<u8> SessionPeer::read(u32 conn, u32 what)
{
    if (what == CCM_READ_STATUS) {
        ccm_wire_status msg = {};
        msg.version_min = 1;
        msg.version_max = 1;
        msg.node = partner_.partner;
        msg.incarnation = end(conn).incarnation;
        msg.cluster = partner_.cluster;
        msg.stage = CCM_STAGE_KERNEL;
        msg.tick_ms = 50;
        msg.uptime_ms = uptime_ms(conn);
        return encode(CCM_WIRE_STATUS_LEN, msg, ccm_wire_put_status);
    }
    ccm_wire_answer msg = {};
    msg.code = CCM_ANSWER_ACCEPTED;
    msg.version = 1;
    msg.incarnation = end(conn).incarnation;
    msg.nonce = nonce(conn);
    msg.nonce_partner = end(conn).nonce_heard;
    msg.capabilities = 1; /* of what session_fuzz and the hello below offer */
    return encode(CCM_WIRE_ANSWER_LEN, msg, ccm_wire_put_answer);
}

std::vector<u8> SessionPeer::mail(const ccm_session &s, u32 conn, u32 ring, u32 arg)
{
    switch (ring) {
    case CCM_RING_HELLO: {
        ccm_wire_hello msg = {};
        msg.version_min = 1;
        msg.version_max = 1;
        msg.node = partner_.partner;
        msg.incarnation = end(conn).incarnation;
        msg.nonce = nonce(conn);
        msg.nonce_partner = end(conn).nonce_heard;
        msg.uptime_ms = uptime_ms(conn);
        msg.capabilities = 3;
        msg.detect_ms = 250;
        msg.auth = partner_.auth;
        msg.number = (conn == s.conn.id ? s.conn : s.candidate).number_used;
        std::strcpy(msg.name, "peer");
        return encode(CCM_WIRE_HELLO_LEN, msg, ccm_wire_put_hello);
    }
    case CCM_RING_CATALOG:
        return catalog(conn, arg);
    case CCM_RING_LINKS:
        return links(s, conn, arg);
    case CCM_RING_READY: {
        ccm_wire_ready msg = {};
        msg.generation = end(conn).first_generation ? end(conn).first_generation : generation_;
        msg.generation_partner = s.links.catalog.generation;
        msg.nonce = nonce(conn);
        msg.plan = end(conn).plan;
        return encode(CCM_WIRE_READY_LEN, msg, ccm_wire_put_ready);
    }
    case CCM_RING_GOODBYE: {
        ccm_wire_goodbye msg = {};
        msg.reason = static_cast<u16>(arg);
        return encode(CCM_WIRE_GOODBYE_LEN, msg, ccm_wire_put_goodbye);
    }
    default:
        return {};
    }
}
