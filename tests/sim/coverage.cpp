// SPDX-License-Identifier: GPL-2.0-only
#include "coverage.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "../../ccm/core/names.h"

namespace sim {

namespace {

constexpr uint32_t candidate = CCM_STATE_COUNT;

// What a link's event means something in; in all other states it is of an older try, or no news.
struct LinkRow {
    const char *name;
    std::set<uint32_t> states;
};

const LinkRow link_rows[] = {
    {"LINK_PREPARED", {CCM_LINK_PREPARING}},
    {"LINK_OPENED", {CCM_LINK_OPENING}},
    {"LINK_FAILED", {CCM_LINK_PREPARING, CCM_LINK_OFFERED, CCM_LINK_OPENING, CCM_LINK_OPENED, CCM_LINK_UP}},
    {"its time comes", {CCM_LINK_IDLE, CCM_LINK_OFFERED, CCM_LINK_OPENING, CCM_LINK_OPENED}},
    {"the counterpart has left",
     {CCM_LINK_REFUSED, CCM_LINK_IDLE, CCM_LINK_PREPARING, CCM_LINK_OFFERED, CCM_LINK_OPENING, CCM_LINK_OPENED,
      CCM_LINK_UP}},
    {"the partner has a later try",
     {CCM_LINK_IDLE, CCM_LINK_PREPARING, CCM_LINK_OFFERED, CCM_LINK_OPENING, CCM_LINK_OPENED, CCM_LINK_UP}},
    {"the partner has offered", {CCM_LINK_IDLE, CCM_LINK_PREPARING, CCM_LINK_OFFERED}},
    {"the partner has opened", {CCM_LINK_OPENING, CCM_LINK_OPENED}},
};
static_assert(std::size(link_rows) == static_cast<size_t>(LinkEvent::count));

void count_cell(const ccm_session &before, const ccm_session &after, const ccm_session_event &event)
{
    uint32_t count = 0;
    bool of_conn = event.type >= CCM_SEV_ESTABLISHED && event.type <= CCM_SEV_WORD;
    bool beside = of_conn && !(before.conn.id && event.conn == before.conn.id);
    const ccm_session_row *rows = ccm_session_table(&count);
    const ccm_session_row *row = &rows[before.state * CCM_SEV_COUNT + event.type];

    if (beside) {
        rows = ccm_session_candidate_table(&count);
        if (!before.candidate.id || event.conn != before.candidate.id || event.type - CCM_SEV_ESTABLISHED >= count)
            return;
        row = &rows[event.type - CCM_SEV_ESTABLISHED];
    }
    if (!row->handle)
        return;
    counts().cell[row->state][event.type]++;
    if (row->next >> after.state & 1)
        counts().edge[row->state][event.type][after.state]++;
}

void count_action(const ccm_session_action &a)
{
    ccm_wire_goodbye goodbye{};
    Counts &c = counts();

    switch (a.type) {
    case CCM_ACT_REJECT:
        c.reject_sent[std::min<uint32_t>(a.what, CCM_REJECT_COUNT - 1)]++;
        break;
    case CCM_ACT_WRITE:
    case CCM_ACT_PROVE:
    case CCM_ACT_ANSWER:
    case CCM_ACT_MAIL:
    case CCM_ACT_RING:
        c.ring_sent[a.what]++;
        if (a.what == CCM_RING_GOODBYE && !ccm_wire_get_goodbye(a.data, a.len, &goodbye))
            c.goodbye_sent[goodbye.reason]++;
        break;
    case CCM_ACT_DOWN:
        c.down[a.reason]++;
        break;
    case CCM_ACT_STATE:
        if (a.state == CCM_STATE_DOWN)
            c.shown[a.reason]++;
        break;
    }
}

void count_event(const ccm_session &before, const ccm_session_event &event)
{
    ccm_wire_goodbye goodbye{};
    ccm_wire_reject reject{};
    Counts &c = counts();

    if (!event.conn || (event.conn != before.conn.id && event.conn != before.candidate.id))
        return;
    if (event.type == CCM_SEV_REJECTED && event.status == CCM_CM_CONSUMER &&
        !ccm_wire_get_reject(event.data, event.len, &reject) && reject.code < CCM_REJECT_COUNT)
        c.reject_received[reject.code]++;
    if (event.type != CCM_SEV_RING || event.status >= CCM_RING_COUNT)
        return;
    c.ring_received[event.status]++;
    if (event.status == CCM_RING_GOODBYE && !ccm_wire_get_goodbye(event.data, event.len, &goodbye) &&
        goodbye.reason < CCM_REASON_COUNT)
        c.goodbye_received[goodbye.reason]++;
}

void count_link(LinkEvent what, uint32_t state)
{
    counts().link[static_cast<size_t>(what)][state]++;
}

// What one slot of the partner's table means to the link that it is about
void count_slot(const ccm_session &before, const ccm_link_slot &slot)
{
    for (const auto &link : before.links.link) {
        if (!link.instance || link.gone || !slot.mine || link.counterpart != slot.mine || slot.yours != link.instance)
            continue;
        if (slot.state == CCM_LINK_WAITING && slot.reason == CCM_CLIENT_LEFT)
            count_link(LinkEvent::left, link.state);
        else if (slot.epoch > link.epoch)
            count_link(LinkEvent::ahead, link.state);
        else if (slot.epoch == link.epoch && slot.state == CCM_LINK_OFFERED && link.peer_state < slot.state)
            count_link(LinkEvent::offered, link.state);
        else if (slot.epoch == link.epoch && slot.state >= CCM_LINK_OPENED && link.peer_state < CCM_LINK_OPENED)
            count_link(LinkEvent::upped, link.state);
    }
}

void count_links(const ccm_session &before, uint64_t now, const ccm_session_event &event)
{
    ccm_links_header header{};
    ccm_link_slot slot{};

    if (event.type >= CCM_SEV_LINK_PREPARED && event.type <= CCM_SEV_LINK_FAILED && event.link < CCM_CLIENTS_MAX) {
        const ccm_session_link &link = before.links.link[event.link];

        if (link.instance && !link.gone && link.instance == event.instance && link.epoch == event.epoch)
            count_link(static_cast<LinkEvent>(event.type - CCM_SEV_LINK_PREPARED), link.state);
    }
    if (event.type == CCM_SEV_TIMER)
        for (const auto &link : before.links.link)
            if (link.at_us && now >= link.at_us)
                count_link(LinkEvent::due, link.state);
    if (event.type != CCM_SEV_RING || event.status != CCM_RING_LINKS || event.conn != before.conn.id ||
        !before.links.heard || ccm_links_get(event.data, event.len, &header))
        return;
    for (uint32_t i = 0; i < header.count; i++) {
        ccm_links_get_slot(event.data, i, &slot);
        count_slot(before, slot);
    }
}

std::string row_name(const ccm_session_row &row)
{
    return fmt::format("{} {}", row.state == candidate ? "candidate" : ccm_state_name(row.state),
                       ccm_session_event_name(row.event));
}

void add_rows(std::vector<Reach> &list, const Counts &c, const ccm_session_row *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const ccm_session_row &row = rows[i];

        if (!row.handle)
            continue;
        list.push_back({"cell", row_name(row), c.cell[row.state][row.event]});
        for (uint32_t next = 0; next < CCM_STATE_COUNT; next++)
            if (row.next >> next & 1)
                list.push_back({"edge", fmt::format("{} -> {}", row_name(row), ccm_state_name(next)),
                                c.edge[row.state][row.event][next]});
    }
}

template <size_t N>
void add_names(std::vector<Reach> &list, const char *kind, const uint64_t (&count)[N], const char *(*name)(uint32_t))
{
    for (uint32_t i = 1; i < N; i++)
        list.push_back({kind, name(i), count[i]});
}

} // namespace

void Counts::add(const Counts &other)
{
    auto *mine = reinterpret_cast<uint64_t *>(this);
    auto *theirs = reinterpret_cast<const uint64_t *>(&other);

    for (size_t i = 0; i < sizeof(*this) / sizeof(uint64_t); i++)
        mine[i] += theirs[i];
}

Counts &counts()
{
    static Counts all{};

    return all;
}

void count_step(const ccm_session &before, const ccm_session &after, uint64_t now, const ccm_session_event &event,
                const ccm_session_actions &actions)
{
    if (event.type >= CCM_SEV_COUNT)
        return;
    count_cell(before, after, event);
    count_event(before, event);
    count_links(before, now, event);
    for (uint32_t i = 0; i < actions.count; i++)
        count_action(actions.list[i]);
}

std::vector<Reach> reach(const Counts &c)
{
    std::vector<Reach> list;
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);

    add_rows(list, c, rows, count);
    rows = ccm_session_candidate_table(&count);
    add_rows(list, c, rows, count);
    add_names(list, "reject sent", c.reject_sent, ccm_reject_name);
    add_names(list, "reject received", c.reject_received, ccm_reject_name);
    add_names(list, "goodbye sent", c.goodbye_sent, ccm_reason_text);
    add_names(list, "goodbye received", c.goodbye_received, ccm_reason_text);
    add_names(list, "down", c.down, ccm_reason_text);
    add_names(list, "shown", c.shown, ccm_reason_text);
    add_names(list, "ring sent", c.ring_sent, ccm_ring_name);
    add_names(list, "ring received", c.ring_received, ccm_ring_name);
    for (size_t i = 0; i < std::size(link_rows); i++)
        for (uint32_t state : link_rows[i].states)
            list.push_back(
                {"link", fmt::format("{}: {}", ccm_link_state_name(state), link_rows[i].name), c.link[i][state]});
    return list;
}

std::string coverage_table(const Counts &c)
{
    std::map<std::string, std::pair<uint64_t, uint64_t>> sums; // reached, of
    std::string text;

    for (const Reach &r : reach(c)) {
        text += fmt::format("{:<17} {:<48} {:>12}\n", r.kind, r.name, r.count);
        sums[r.kind].first += r.count != 0;
        sums[r.kind].second++;
    }
    for (const auto &[kind, sum] : sums)
        text += fmt::format("{:<17} {} of {}\n", kind, sum.first, sum.second);
    return text;
}

std::vector<std::string> coverage_wrong(const Counts &c, bool alone)
{
    std::map<std::pair<std::string, std::string>, const Unreached *> argued;
    std::vector<std::string> wrong;

    for (const Unreached &u : unreached())
        argued[{u.kind, u.name}] = &u;
    for (const Reach &r : reach(c)) {
        auto it = argued.find({r.kind, r.name});
        Unreached::Who who = it == argued.end() ? Unreached::rarely : it->second->who;
        bool excused = who == Unreached::nobody || (alone && who == Unreached::campaign);
        bool demanded = !excused && !(alone && (it != argued.end() || r.kind == "edge"));

        if (!r.count && demanded)
            wrong.push_back(fmt::format("{}: {}: never reached", r.kind, r.name));
        if (r.count && excused)
            wrong.push_back(fmt::format("{}: {}: reached {} times, and unreached.cpp says: {}", r.kind, r.name, r.count,
                                        it->second->why));
        if (it != argued.end())
            argued.erase(it);
    }
    for (const auto &[key, u] : argued)
        wrong.push_back(fmt::format("{}: {}: unreached.cpp argues about what there is not", u->kind, u->name));
    return wrong;
}

} // namespace sim
