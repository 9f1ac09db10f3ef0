// SPDX-License-Identifier: GPL-2.0-only
// Failover monitors, as ccm/clients has them: a client of each node that is told how each partner
// is, lets ccm/core/failover.c decide, and writes what it has decided into its region there.
#ifndef CCM_SIM_MONITOR_H
#define CCM_SIM_MONITOR_H

#include <array>
#include <cstdint>
#include <map>

#include "../../ccm/core/failover_record.h"
#include "fabric.h"

namespace sim {

class Cluster;
class Node;
struct Partner;

inline constexpr const char *monitor_name = "failover-monitor";

// What one monitor knows of one partner
struct Watched {
    ccm_failover failover{};
    bool linked = false;
    uint32_t place = 0; // of the link
    uint64_t nonce = 0; // of this side's session that the link is of
    bool status_due = false;
    uint64_t timer = 0;
    uint64_t writing = 0; // a WRITE is in flight: its sequence
    bool due = false;     // another is to follow
    std::array<uint8_t, CCM_FM_RECORD_LEN_MAX> region{};
    uint64_t region_nonce = 0; // of the session in which the partner has written
    bool rung = false;
    uint64_t instance = 0; // of the partner's monitor
    uint64_t sequence = 0;
};

// Of one life of the module
class Monitor {
public:
    Monitor(Cluster &cluster, uint32_t host);

    // What the runtime tells: see partner.c, pairing.c
    void status(Partner &p);
    void link_ready(Partner &p, uint32_t place);
    void link_down(Partner &p);
    // What the cluster manager says
    void given_back(uint32_t partner);
    const ccm_failover_view &view(uint32_t partner) { return watched_[partner].failover.view; }

private:
    Node &node();
    void take_status(Partner &p);
    void step(uint32_t partner, const ccm_failover_event &event);
    void write(uint32_t partner);
    void arrived(uint32_t partner, const std::array<uint8_t, CCM_FM_RECORD_LEN> &record, uint64_t nonce);
    void read(uint32_t partner);

    Cluster &cluster_;
    uint32_t host_;
    uint64_t instance_;
    uint64_t sequence_ = 0;
    std::map<uint32_t, Watched> watched_;
};

} // namespace sim

#endif
