// SPDX-License-Identifier: GPL-2.0-only
#include "step_watch.h"

#include "checker.h"
#include "plant.h"

namespace sim {

void StepWatch::carry_out(const ccm_session_action &a)
{
    switch (a.type) {
    case CCM_ACT_CONNECT:
        last_connect_ = a.conn;
        [[fallthrough]];
    case CCM_ACT_ACCEPT:
        live_.insert(a.conn);
        break;
    case CCM_ACT_CLOSE:
        live_.erase(a.conn);
        break;
    case CCM_ACT_READY:
        client_ready_ = true;
        break;
    case CCM_ACT_DOWN:
        client_ready_ = false;
        break;
    case CCM_ACT_STATE:
        shown_state_ = a.state;
        shown_reason_ = a.reason;
        break;
    }
}

std::string StepWatch::step(const ccm_session &before, const ccm_session &after, uint64_t now,
                            const ccm_session_event &event, const ccm_session_actions &actions)
{
    ccm_wire_keys came{};

    if (event.type == CCM_SEV_MESSAGE && !ccm_wire_get_keys(event.data, event.len, &came))
        keys_.insert({event.conn, came}); // only the first ones count
    std::string wrong = check_step(
        {before, after, now, event, actions, live_, client_ready_, last_connect_, shown_state_, shown_reason_, keys_});
    if (wrong.empty())
        wrong = watch_.step(before, after, event, actions);
    for (uint32_t i = 0; i < actions.count; i++)
        carry_out(actions.list[i]);
    return wrong;
}

std::string StepWatch::links(ccm_session &s, std::vector<ccm_link_action> &acts, Plant plant)
{
    ccm_link_action act;
    std::string wrong;

    acts.clear();
    while (ccm_links_next(&s.links, &act)) {
        plant_link(plant, act);
        std::string found = watch_.act(s, act);
        if (wrong.empty())
            wrong = found;
        acts.push_back(act);
    }
    std::string found = watch_.rest(s);
    return wrong.empty() ? found : wrong;
}

} // namespace sim
