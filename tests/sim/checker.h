// SPDX-License-Identifier: GPL-2.0-only
// What must hold: after every step of one machine, and between two of them.
#ifndef CCM_SIM_CHECKER_H
#define CCM_SIM_CHECKER_H

#include <map>
#include <set>
#include <string>

#include "cluster.h"

namespace sim {

// One step of one machine, and what its surroundings know.
struct Step {
    const ccm_session &before;
    const ccm_session &after;
    uint64_t now;
    const ccm_session_event &event;
    const ccm_session_actions &actions;
    std::set<uint32_t> live; // connections, before the actions
    bool client_ready;       // what clients have heard, before the actions
    uint32_t last_connect;   // highest number used so far
    uint32_t shown_state;    // what user space was shown, before the actions
    uint32_t shown_reason;
    const std::map<uint32_t, ccm_wire_keys> &keys; // that came, by connection
};

// Is everything as it must be? Returns what is not, or nothing.
std::string check_step(const Step &step);

// The session and what the runtime keeps of it, after the actions were carried out.
void check_rest(Cluster &cluster, uint32_t node, const Partner &p);

// Two machines against each other.
void check_pair(Cluster &cluster, uint32_t a, uint32_t b);

// Is it READY on both sides, of the same connection, is each client of both nodes what it must
// be (READY with its counterpart, or showing why not), and does the other node know of just
// these clients?
bool settled(Cluster &cluster, uint32_t a, uint32_t b);

// The first client that is not, for people
std::string unsettled_client(Cluster &cluster, uint32_t a, uint32_t b);

std::string describe(const ccm_session_event &event);
std::string describe(const ccm_session_action &action);

} // namespace sim

#endif
