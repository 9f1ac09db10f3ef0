// SPDX-License-Identifier: GPL-2.0-only
#include "plant.h"

#include <algorithm>
#include <utility>

namespace sim {

namespace {

int find(const ccm_session_actions &actions, uint32_t type)
{
    for (uint32_t i = 0; i < actions.count; i++)
        if (actions.list[i].type == type)
            return static_cast<int>(i);
    return -1;
}

void remove(ccm_session_actions &actions, uint32_t type)
{
    auto end =
        std::remove_if(actions.list, actions.list + actions.count, [type](const auto &a) { return a.type == type; });

    actions.count = static_cast<uint32_t>(end - actions.list);
}

void swap(ccm_session_actions &actions, uint32_t one, uint32_t other)
{
    int i = find(actions, one);
    int j = find(actions, other);

    if (i >= 0 && j >= 0)
        std::swap(actions.list[i], actions.list[j]);
}

// Another reason than the session ended for
void tell_wrong(ccm_session &s, ccm_session_actions &actions, uint32_t right, uint32_t wrong)
{
    int i = find(actions, CCM_ACT_DOWN);

    if (i < 0 || actions.list[i].reason != right)
        return;
    for (uint32_t k = 0; k < actions.count; k++)
        if (actions.list[k].reason == right)
            actions.list[k].reason = wrong;
    if (s.reason == right)
        s.reason = s.announced_reason = wrong;
}

} // namespace

void plant_event(Plant plant, const ccm_session &s, ccm_session_event &event)
{
    bool lost = event.type == CCM_SEV_DISCONNECTED || event.type == CCM_SEV_ERROR;

    if (plant == Plant::candidate_ends && lost && s.candidate.id && event.conn == s.candidate.id)
        event.conn = s.conn.id;
    if (plant == Plant::any_proof && event.type == CCM_SEV_VERIFIED)
        event.status = 1;
}

void plant_before(Plant plant, ccm_session &s, const ccm_session_event &event)
{
    if (plant == Plant::no_crossing && event.type == CCM_SEV_REQUEST)
        s.conn.active = false;
    if (plant == Plant::kept_version && event.type == CCM_SEV_READ_DONE && event.conn == s.conn.id &&
        s.peer_incarnation)
        s.conn.version = ccm_version_common(s.config.version_min, s.config.version_max, s.peer_hello.version_min,
                                            s.peer_hello.version_max);
    if (plant == Plant::half_open && event.type == CCM_SEV_LINK_OPENED)
        s.links.link[event.link].peer_state = CCM_LINK_OPENED;
}

void plant_link(Plant plant, ccm_link_action &action)
{
    if (plant == Plant::no_link_close && action.act == CCM_LINK_ACT_CLOSE)
        action.act = CCM_LINK_ACT_SHOW;
}

void plant_after(Plant plant, ccm_session &s, const ccm_session_event &event, ccm_session_actions &actions)
{
    int i;

    switch (plant) {
    case Plant::no_close:
        remove(actions, CCM_ACT_CLOSE);
        break;
    case Plant::down_before_close:
        swap(actions, CCM_ACT_CLOSE, CCM_ACT_DOWN);
        break;
    case Plant::no_down:
        remove(actions, CCM_ACT_DOWN);
        break;
    case Plant::ready_twice:
        i = find(actions, CCM_ACT_READY);
        if (i >= 0)
            actions.list[actions.count++] = actions.list[i];
        break;
    case Plant::no_answer:
        remove(actions, CCM_ACT_REJECT);
        break;
    case Plant::two_conns:
        swap(actions, CCM_ACT_CLOSE, CCM_ACT_CONNECT);
        swap(actions, CCM_ACT_CLOSE, CCM_ACT_ACCEPT);
        break;
    case Plant::wrong_key:
        i = find(actions, CCM_ACT_WRITE);
        if (i >= 0)
            actions.list[i].key++;
        break;
    case Plant::no_timer:
        remove(actions, CCM_ACT_TIMER);
        break;
    case Plant::wrong_incarnation:
        if (find(actions, CCM_ACT_READY) >= 0)
            s.peer_incarnation ^= 1;
        break;
    case Plant::beyond_table:
        if (event.type == CCM_SEV_DISCONNECTED)
            s.state = CCM_STATE_NEGOTIATING;
        break;
    case Plant::lost_table:
        if (event.type == CCM_SEV_LINK_OPENED)
            remove(actions, CCM_ACT_MAIL);
        break;
    case Plant::overwritten_mail:
        s.mail &= ~(CCM_MAIL_CATALOG_OUT | CCM_MAIL_LINKS_OUT);
        break;
    case Plant::wrong_hung:
        tell_wrong(s, actions, CCM_REASON_UNREACHABLE, CCM_REASON_HUNG);
        break;
    case Plant::wrong_restarted:
        tell_wrong(s, actions, CCM_REASON_UNREACHABLE, CCM_REASON_RESTARTED);
        break;
    case Plant::late_catalog:
        // what is due goes out with the next step that has nothing of it to send
        i = find(actions, CCM_ACT_MAIL);
        if (event.type == CCM_SEV_CLIENTS && s.state == CCM_STATE_READY && i >= 0 &&
            actions.list[i].what == CCM_RING_CATALOG) {
            remove(actions, CCM_ACT_MAIL);
            s.mail &= ~CCM_MAIL_CATALOG_OUT;
            s.links.catalog_due = true;
        }
        break;
    case Plant::none:
    case Plant::kept_region:
    case Plant::broken_session:
    case Plant::slow_verdict:
    case Plant::half_open:
    case Plant::no_link_close:
    case Plant::late_write:
    case Plant::no_crossing:
    case Plant::candidate_ends:
    case Plant::any_proof:
    case Plant::false_certain:
    case Plant::no_partition_flag:
    case Plant::kept_version:
    case Plant::false_orderly:
    case Plant::never_given_back:
    case Plant::unasked:
    case Plant::count:
        break;
    }
}

Options options_for(Plant plant)
{
    Options o;

    o.plant = plant;
    switch (plant) {
    case Plant::no_crossing:
        o.together = true;
        break;
    case Plant::candidate_ends:
    case Plant::any_proof:
        o.hostile = true;
        break;
    case Plant::kept_version:
        o.versions = true;
        break;
    case Plant::late_catalog:
        o.steps = 2000;
        break;
    case Plant::false_certain:
    case Plant::no_partition_flag:
    case Plant::false_orderly:
    case Plant::never_given_back:
    case Plant::unasked:
        o.failover = true;
        o.steps = 4000;
        break;
    default:
        break;
    }
    return o;
}

const char *plant_name(Plant plant)
{
    static const char *const names[] = {
        "none",
        "late_write",
        "no_close",
        "down_before_close",
        "no_down",
        "ready_twice",
        "no_answer",
        "two_conns",
        "wrong_key",
        "no_timer",
        "wrong_incarnation",
        "no_crossing",
        "beyond_table",
        "no_link_close",
        "half_open",
        "lost_table",
        "overwritten_mail",
        "kept_region",
        "wrong_hung",
        "wrong_restarted",
        "broken_session",
        "slow_verdict",
        "late_catalog",
        "candidate_ends",
        "any_proof",
        "false_certain",
        "no_partition_flag",
        "kept_version",
        "false_orderly",
        "never_given_back",
        "unasked",
    };

    static_assert(std::size(names) == static_cast<size_t>(Plant::count));
    return plant < Plant::count ? names[static_cast<size_t>(plant)] : "?";
}

} // namespace sim
