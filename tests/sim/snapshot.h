// SPDX-License-Identifier: GPL-2.0-only
// A virtual machine that goes back to what it was: all that a node's memory holds, and the
// running time of its kernel. What is outside of it has gone on: its queue pairs are dead.
#ifndef CCM_SIM_SNAPSHOT_H
#define CCM_SIM_SNAPSHOT_H

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "../../ccm/core/session.h"
#include "link_watch.h"

namespace sim {

class Cluster;
struct Partner;
struct Try;

struct PartnerPast {
    explicit PartnerPast(const Partner &p);
    void put(Partner &p) const;

    ccm_session session;
    std::map<uint32_t, uint32_t> ends;
    std::set<uint32_t> live;
    uint32_t last_connect;
    bool client_ready;
    uint64_t ready_incarnation;
    uint64_t ready_since;
    uint32_t shown_state;
    uint32_t shown_reason;
    uint32_t last_reason;
    bool last_here;
    uint32_t left_stage;
    LinkWatch watch;
    std::map<uint32_t, Try> tries;
};

struct NodePast {
    uint64_t clock = 0;
    uint64_t uptime_ms = 0;
    uint64_t incarnation = 0;
    uint32_t next_incoming = 0;
    uint64_t next_instance = 0;
    uint64_t next_serial = 0;
    std::vector<ccm_catalog_entry> clients;
    std::map<uint32_t, PartnerPast> partners;
};

// Take one now, unless work is under way, and go back to it after a while, if that is still the
// same life.
void snapshot(Cluster &c, uint32_t host);

} // namespace sim

#endif
