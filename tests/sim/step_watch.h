// SPDX-License-Identifier: GPL-2.0-only
// What the surroundings of one machine know of it, for those who have no cluster: every step is
// checked as the simulator checks it.
#ifndef CCM_SIM_STEP_WATCH_H
#define CCM_SIM_STEP_WATCH_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "../../ccm/core/session.h"
#include "link_watch.h"
#include "options.h"

namespace sim {

class StepWatch {
public:
    // A step has been made. What is wrong with it, or nothing
    std::string step(const ccm_session &before, const ccm_session &after, uint64_t now, const ccm_session_event &event,
                     const ccm_session_actions &actions);
    // Then take what is wanted of links.
    std::string links(ccm_session &s, std::vector<ccm_link_action> &acts, Plant plant = Plant::none);

private:
    void carry_out(const ccm_session_action &a);

    LinkWatch watch_;
    std::set<uint32_t> live_;
    bool client_ready_ = false;
    uint32_t last_connect_ = 0;
    uint32_t shown_state_ = CCM_STATE_DOWN;
    uint32_t shown_reason_ = CCM_REASON_NONE;
    std::map<uint32_t, ccm_wire_keys> keys_; // that came, by connection
};

} // namespace sim

#endif
