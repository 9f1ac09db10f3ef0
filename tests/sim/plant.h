// SPDX-License-Identifier: GPL-2.0-only
// Bugs put in on purpose between the machine and the checks.
#ifndef CCM_SIM_PLANT_H
#define CCM_SIM_PLANT_H

#include "../../ccm/core/session.h"
#include "options.h"

namespace sim {

// Before the step: spoil what it is told.
void plant_event(Plant plant, const ccm_session &s, ccm_session_event &event);

// Before the step: spoil what the machine believes.
void plant_before(Plant plant, ccm_session &s, const ccm_session_event &event);

// After the step: spoil what it wants.
void plant_after(Plant plant, ccm_session &s, const ccm_session_event &event, ccm_session_actions &actions);

// Before an action of a link is carried out
void plant_link(Plant plant, ccm_link_action &action);

} // namespace sim

#endif
