// SPDX-License-Identifier: GPL-2.0-only
#include "session_peer.h"

#include <cstring>

namespace {

template <typename Message, typename Put>
std::vector<u8> encode(u32 len, const Message &msg, Put put)
{
    std::vector<u8> bytes(len);
    put(bytes.data(), &msg);
    return bytes;
}

} // namespace

void SessionPeer::restart()
{
    incarnation_++;
    attempt_ = 0;
}

void SessionPeer::hears(const ccm_session_action &action)
{
    ccm_wire_keys keys;
    if (action.type == CCM_ACT_SEND &&
        ccm_wire_get_keys(action.data, action.len, &keys) == 0)
        nonce_heard_ = keys.nonce;
    ccm_wire_catalog catalog;
    if (action.type == CCM_ACT_WRITE &&
        ccm_wire_get_catalog(action.data, action.len, &catalog) == 0)
        generation_heard_ = catalog.generation;
    /* Both sides compute the same plan. */
    ccm_wire_ready ready;
    if (action.type == CCM_ACT_WRITE &&
        ccm_wire_get_ready(action.data, action.len, &ready) == 0)
        plan_heard_ = ready.plan;
}

std::vector<u8> SessionPeer::request(bool later)
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
    msg.incarnation = incarnation_;
    msg.attempt = attempt_;
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

std::vector<u8> SessionPeer::keys(u32 conn) const
{
    ccm_wire_keys msg = {};
    msg.status_addr = 0x7000000000000000ULL + conn * 0x10000ULL;
    msg.status_key = conn * 2;
    msg.status_len = CCM_STATUS_REGION_LEN;
    msg.mailbox_addr = 0x2000000000000000ULL + conn * 0x10000ULL;
    msg.mailbox_key = conn * 2 + 1;
    msg.mailbox_len = CCM_MAILBOX_LEN;
    msg.incarnation = incarnation_;
    msg.nonce = nonce(conn);
    return encode(CCM_WIRE_KEYS_LEN, msg, ccm_wire_put_keys);
}

std::vector<u8> SessionPeer::read(u32 conn, u32 what) const
{
    if (what == CCM_READ_STATUS) {
        ccm_wire_status msg = {};
        msg.version_min = 1;
        msg.version_max = 1;
        msg.node = partner_.partner;
        msg.incarnation = incarnation_;
        msg.cluster = partner_.cluster;
        msg.stage = CCM_STAGE_KERNEL;
        msg.tick_ms = 50;
        return encode(CCM_WIRE_STATUS_LEN, msg, ccm_wire_put_status);
    }
    ccm_wire_answer msg = {};
    msg.code = CCM_ANSWER_ACCEPTED;
    msg.version = 1;
    msg.incarnation = incarnation_;
    msg.nonce = nonce(conn);
    msg.nonce_partner = nonce_heard_;
    return encode(CCM_WIRE_ANSWER_LEN, msg, ccm_wire_put_answer);
}

std::vector<u8> SessionPeer::mail(u32 conn, u32 ring, u32 reason) const
{
    switch (ring) {
    case CCM_RING_HELLO: {
        ccm_wire_hello msg = {};
        msg.version_min = 1;
        msg.version_max = 1;
        msg.node = partner_.partner;
        msg.incarnation = incarnation_;
        msg.nonce = nonce(conn);
        msg.nonce_partner = nonce_heard_;
        msg.capabilities = 3;
        msg.detect_ms = 250;
        msg.auth = partner_.auth;
        std::strcpy(msg.name, "peer");
        return encode(CCM_WIRE_HELLO_LEN, msg, ccm_wire_put_hello);
    }
    case CCM_RING_CATALOG: {
        ccm_wire_catalog msg = {};
        msg.generation = 1;
        msg.nonce = nonce(conn);
        return encode(CCM_WIRE_CATALOG_LEN, msg, ccm_wire_put_catalog);
    }
    case CCM_RING_READY: {
        ccm_wire_ready msg = {};
        msg.generation = 1;
        msg.generation_partner = generation_heard_;
        msg.nonce = nonce(conn);
        msg.plan = plan_heard_;
        return encode(CCM_WIRE_READY_LEN, msg, ccm_wire_put_ready);
    }
    case CCM_RING_GOODBYE: {
        ccm_wire_goodbye msg = {};
        msg.reason = static_cast<u16>(reason);
        return encode(CCM_WIRE_GOODBYE_LEN, msg, ccm_wire_put_goodbye);
    }
    default:
        return {};
    }
}
