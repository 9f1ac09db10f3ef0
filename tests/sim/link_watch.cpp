// SPDX-License-Identifier: GPL-2.0-only
#include "link_watch.h"

#include <algorithm>

#include "../../ccm/core/names.h"

namespace sim {

namespace {

std::string at(uint32_t index, const char *what)
{
    return "link " + std::to_string(index) + ": " + what;
}

// Whom a place belongs to must not move as long as it lives.
std::string moved(const ccm_session &before, const ccm_session &after)
{
    for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++) {
        uint64_t instance = before.links.link[i].instance;

        if (!instance || after.links.link[i].instance == instance)
            continue;
        for (const auto &link : after.links.link)
            if (link.instance == instance)
                return at(i, "has moved to another place");
    }
    return {};
}

std::string link_wrong(const ccm_session &s, const ccm_session_link &l)
{
    bool timed = l.state == CCM_LINK_OFFERED || l.state == CCM_LINK_OPENING || l.state == CCM_LINK_OPENED ||
                 (l.state == CCM_LINK_IDLE && s.state >= CCM_STATE_OPENING);

    if (l.state >= CCM_LINK_STATE_COUNT || l.reason >= CCM_CLIENT_REASON_COUNT)
        return "a state or reason that there is not";
    if (l.wants)
        return "wants are left";
    if (timed != (l.at_us != 0))
        return timed ? "nothing would wake it" : "a time for nothing";
    if (l.entry.instance != l.instance)
        return "is of another registration than its entry";
    if (l.gone && (l.state != CCM_LINK_WAITING || l.reason != CCM_CLIENT_LEFT))
        return "goes on without its client";
    if (l.state == CCM_LINK_WAITING && ((l.counterpart && !l.gone) || l.epoch))
        return "waits for a counterpart that it has";
    if (l.state > CCM_LINK_WAITING && !l.counterpart)
        return "is a link to nobody";
    if (l.state == CCM_LINK_REFUSED && (!l.plan.why || l.reason != l.plan.why))
        return "is refused, and not by the plan";
    if (l.state >= CCM_LINK_IDLE && (l.plan.why || !l.epoch))
        return "is tried against the plan";
    if (l.state >= CCM_LINK_PREPARING && s.state < CCM_STATE_OPENING)
        return "is tried too early";
    if (l.state != CCM_LINK_WAITING && !s.links.heard)
        return "knows what it cannot know";
    if (l.state >= CCM_LINK_OPENING && l.peer_state < CCM_LINK_OFFERED)
        return "is opened, and the partner has offered nothing";
    if (l.state == CCM_LINK_UP && l.peer_state < CCM_LINK_OPENED)
        return "is up, and the partner's side is not";
    if (l.state == CCM_LINK_OFFERED && l.peer_state >= CCM_LINK_OFFERED)
        return "stands still between two offers";
    if (l.state == CCM_LINK_UP && l.reason)
        return "is up, and has a reason why not";
    if (s.state < CCM_STATE_GREETING && (l.state != CCM_LINK_WAITING || l.reason != CCM_CLIENT_NO_SESSION))
        return "does not show that there is no session";
    return {};
}

} // namespace

std::string LinkWatch::step(const ccm_session &before, const ccm_session &after, const ccm_session_event &event,
                            const ccm_session_actions &actions)
{
    if (!drained_)
        return "stepped before all wants were carried out";
    drained_ = false;
    if (event.type == CCM_SEV_RING && before.conn.id && event.conn == before.conn.id) {
        if (event.status == CCM_RING_CATALOG_TAKEN)
            catalog_out_ = false;
        if (event.status == CCM_RING_LINKS_TAKEN)
            links_out_ = false;
    }
    for (uint32_t i = 0; i < actions.count; i++) {
        const ccm_session_action &a = actions.list[i];
        bool &out = a.what == CCM_RING_CATALOG ? catalog_out_ : links_out_;

        switch (a.type) {
        case CCM_ACT_MAIL:
            if (out)
                return "mail that would overwrite mail that was not taken";
            if (a.what == CCM_RING_LINKS && after.links.catalog_due)
                return "a table of links that the partner's catalog is too old for";
            out = true;
            break;
        case CCM_ACT_CLOSE:
            if (a.conn != before.conn.id)
                break; // a candidate has no links
            catalog_out_ = false;
            links_out_ = false;
            for (Place &p : places_)
                p.open = false;
            break;
        case CCM_ACT_DOWN:
            for (Place &p : places_) {
                if (p.open)
                    return "DOWN while a link is open";
                p.told_ready = false;
            }
            break;
        }
    }
    return moved(before, after);
}

std::string LinkWatch::act(const ccm_session &s, const ccm_link_action &a)
{
    if (a.index >= CCM_CLIENTS_MAX || a.act >= CCM_LINK_ACT_COUNT)
        return "an action that there is not";
    const ccm_session_link &l = s.links.link[a.index];
    Place &p = places_[a.index];

    if (a.act != CCM_LINK_ACT_CLOSE && (a.instance != l.instance || !l.instance || l.gone))
        return at(a.index, "an action for a client that is not there");
    if (a.act != CCM_LINK_ACT_CLOSE && a.reason)
        return at(a.index, "a reason that only a CLOSE has");
    if (s.conn.id == 0 && a.act != CCM_LINK_ACT_SHOW)
        return at(a.index, "an action without a connection");
    switch (a.act) {
    case CCM_LINK_ACT_CLOSE:
        if (!p.open || p.instance != a.instance)
            return at(a.index, "CLOSE of what is not open");
        if (a.reason == CCM_CLIENT_NONE || a.reason >= CCM_CLIENT_REASON_COUNT)
            return at(a.index, "CLOSE without a reason");
        p = Place{};
        break;
    case CCM_LINK_ACT_PREPARE:
        if (p.open)
            return at(a.index, "PREPARE of what is not closed");
        if (l.state != CCM_LINK_PREPARING)
            return at(a.index, "PREPARE in another state");
        p = Place{l.instance, l.counterpart, l.epoch, true, false};
        break;
    case CCM_LINK_ACT_OPEN:
        if (!p.open || p.instance != l.instance || p.peer != l.counterpart || p.epoch != l.epoch)
            return at(a.index, "OPEN of another try than was prepared");
        if (l.state != CCM_LINK_OPENING || l.peer_offer.bytes != l.plan.take)
            return at(a.index, "OPEN without a right offer of the partner");
        break;
    case CCM_LINK_ACT_READY:
        if (!p.open || p.instance != l.instance || p.peer != l.counterpart || p.epoch != l.epoch)
            return at(a.index, "READY of another try than was prepared");
        if (p.told_ready || l.state != CCM_LINK_UP || s.state != CCM_STATE_READY)
            return at(a.index, "READY twice, or too early");
        p.told_ready = true;
        break;
    }
    return {};
}

std::string LinkWatch::rest(const ccm_session &s)
{
    // 0 is never
    uint64_t earliest = std::min({s.deadline_us - 1, s.gate_us - 1, s.candidate.deadline_us - 1, s.catalog_taken_us - 1,
                                  s.links_taken_us - 1, s.conn.word_us - 1});

    drained_ = true;
    for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++) {
        const ccm_session_link &l = s.links.link[i];
        const Place &p = places_[i];
        bool open = l.instance && l.state >= CCM_LINK_PREPARING;

        if (p.open != open)
            return at(i, open ? "in a try that was never begun" : "was left open");
        if (!l.instance) {
            if (l.wants)
                return at(i, "a free place wants something");
            continue;
        }
        std::string wrong = link_wrong(s, l);
        if (!wrong.empty())
            return at(i, wrong.c_str());
        if (open && (p.instance != l.instance || p.peer != l.counterpart || p.epoch != l.epoch))
            return at(i, "is not the try that was begun");
        bool ready = l.state == CCM_LINK_UP && s.state == CCM_STATE_READY;
        if (l.client_ready != ready || p.told_ready != ready)
            return at(i, "the client has not heard what is");
        earliest = std::min(earliest, l.at_us - 1);
        for (uint32_t k = 0; k < i; k++)
            if (s.links.link[k].instance == l.instance)
                return at(i, "the same client twice");
    }
    if (s.armed_us != earliest + 1)
        return "the timer is not armed for what comes first";
    return {};
}

std::string describe(const ccm_link_action &a)
{
    std::string text = ccm_link_act_name(a.act) + (" " + std::to_string(a.index));

    if (a.act == CCM_LINK_ACT_CLOSE)
        text += std::string(" ") + ccm_client_reason_text(a.reason);
    return text;
}

} // namespace sim
