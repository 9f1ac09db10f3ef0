// SPDX-License-Identifier: GPL-2.0-only
// Facts to begin with.
#pragma once

#include "explain/facts.h"

#include <cerrno>
#include <sys/socket.h>
#include <vector>

namespace ccmadm::test {

// A node with soft-RoCE on eth0 and a key, whose partner 2 is DOWN as unreachable and answers nothing but
// address resolution; and a client.
struct Scene {
    Scene()
    {
        node.loaded = true;
        node.look = NodeFacts::Look::fine;
        node.id = 1;
        node.stage = CCM_STAGE_RUNNING;
        node.version_min = node.version_max = 1;
        node.cluster = "blue";
        node.auth = "psk";
        node.keys = std::vector<std::uint32_t>{3};
        node.devices = std::vector<RdmaDevice>{{"rxe0/1", false, "eth0", "ACTIVE"}};
        node.partners = {2};
        node.monitor = true;

        partner.id = 2;
        partner.address = "192.0.2.2";
        ccm_record record{};
        record.type = CCM_RECORD_PARTNER;
        record.node = 2;
        record.state = CCM_STATE_DOWN;
        record.reason = CCM_REASON_UNREACHABLE;
        record.attempts = 7;
        record.port = 3341;
        record.family = AF_INET;
        partner.record = record;
        Way way;
        way.route = Way::Route::direct;
        way.interface = Interface{2, "eth0", "", false, true, true, 1500};
        way.source = "192.0.2.1";
        way.asked = "192.0.2.2";
        way.neighbour = "REACHABLE";
        way.answers = Seen::yes;
        partner.way = way;
        partner.counters = PartnerCounters{};

        client.name = "mirror";
        ccm_record other{};
        other.type = CCM_RECORD_CLIENT;
        other.node = 2;
        other.state = CCM_CLIENT_READY;
        client.record = other;
    }

    void reason(std::uint32_t reason) { partner.record->reason = static_cast<__u8>(reason); }
    void heard(const char *why, std::uint64_t ago_ms = 1500)
    {
        partner.counters->attempt_error = -ECONNREFUSED;
        partner.counters->heard = Rejection{why, ago_ms};
    }
    void told(std::uint32_t reason_told, const char *why)
    {
        reason(reason_told);
        heard(why);
    }
    void client_is(std::uint32_t state, std::uint32_t reason_given)
    {
        partner.record->state = CCM_STATE_READY;
        client.record->state = static_cast<__u8>(state);
        client.record->reason = static_cast<__u8>(reason_given);
    }
    // Nothing here or on the way explains it.
    void nothing_seen() { partner.way->answers = Seen::unknown; }

    NodeFacts node;
    PartnerFacts partner;
    ClientFacts client;
};

} // namespace ccmadm::test
