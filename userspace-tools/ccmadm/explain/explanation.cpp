// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explanation.h"

#include "explain/values.h"
#include "fields.h"
#include "record.h"

#include <algorithm>
#include <fmt/format.h>

namespace ccmadm {

using nlohmann::ordered_json;

namespace {

bool is_ready(const PartnerFacts &partner)
{
    return partner.record && partner.record->state == CCM_STATE_READY;
}

bool is_ready(const ClientExplanation &client)
{
    return client.facts.record && client.facts.record->state == CCM_CLIENT_READY;
}

std::vector<std::string> unseen_of(const NodeFacts &node, const PartnerFacts &partner)
{
    std::vector<std::string> unseen;
    if (!partner.record || is_ready(partner))
        return unseen;
    if (node.auth.empty())
        unseen.emplace_back("whether keys are used: the module's parameters cannot be read");
    else if (node.auth == "psk" && !node.keys)
        unseen.emplace_back(keys_unseen);
    if (!node.devices)
        unseen.emplace_back("the RDMA devices: /sys/class/infiniband cannot be read");
    if (!partner.counters)
        unseen.emplace_back("the partner's last answer, and when the next attempt is: that needs root, debugfs in "
                            "/sys/kernel/debug, and a module of this version");
    if (!partner.way)
        unseen.emplace_back("the route to it: the kernel does not tell");
    else if (!partner.way->asked.empty() && partner.way->answers == Seen::unknown)
        unseen.push_back(fmt::format("whether {} answers address resolution: asking it needs CAP_NET_ADMIN, and an "
                                     "interface that uses that",
                                     partner.way->asked));
    unseen.push_back(
        fmt::format("switches, firewalls between, and what the partner sees: `ccmadm explain {}` there", node.id));
    return unseen;
}

std::string partner_head(const PartnerFacts &partner, const Clock &clock)
{
    std::string text = partner_title(partner);
    if (!partner.record)
        return text + ": not configured here\n";
    const ccm_record &record = *partner.record;
    if (is_ready(partner)) {
        const bool exact = partner.counters && partner.counters->ready_ns != 0;
        return fmt::format("{}: ready since {}{}\n", text, exact ? "" : "at least ",
                           clock.local_time(exact ? partner.counters->ready_ns : record.time_ns));
    }
    text += ": " + states.text(record.state);
    if (record.state == CCM_STATE_DOWN && record.reason != CCM_REASON_NONE)
        text += fmt::format(", {}", reasons.text(record.reason));
    if (record.state == CCM_STATE_DOWN && partner.counters)
        text += partner.counters->retry_ms < 0
                    ? "; no next attempt is due"
                    : fmt::format("; next attempt in {:.1f} s", static_cast<double>(partner.counters->retry_ms) / 1e3);
    return text + "\n";
}

std::string client_part(const ClientExplanation &client)
{
    std::string state = "not registered here";
    if (client.facts.record)
        state = client_states.text(client.facts.record->state);
    return fmt::format("  client {}: {}\n{}", client.facts.name, state, findings_text(client.causes, "    "));
}

ordered_json values_json(const Values &values)
{
    ordered_json all = ordered_json::object();
    for (const auto &[name, value] : values)
        if (!value.empty())
            all[name] = value;
    return all;
}

ordered_json partner_json(const PartnerExplanation &partner)
{
    ordered_json object{{"node", partner.facts.id}, {"ready", is_ready(partner.facts)}};
    object["state"] = partner.facts.record ? ordered_json(states.text(partner.facts.record->state)) : nullptr;
    object["ready_ns"] = nullptr;
    object["retry_ms"] = nullptr;
    if (is_ready(partner.facts) && partner.facts.counters)
        object["ready_ns"] = partner.facts.counters->ready_ns;
    if (!is_ready(partner.facts) && partner.facts.counters && partner.facts.counters->retry_ms >= 0)
        object["retry_ms"] = partner.facts.counters->retry_ms;
    object["causes"] = findings_json(partner.causes);
    object["clients"] = ordered_json::array();
    for (const ClientExplanation &client : partner.clients)
        object["clients"].push_back(
            {{"client", client.facts.name}, {"ready", is_ready(client)}, {"causes", findings_json(client.causes)}});
    object["unseen"] = partner.unseen;
    object["facts"] = values_json(partner.values);
    return object;
}

} // namespace

std::string partner_title(const PartnerFacts &partner)
{
    const std::string name = partner.record ? name_text(partner.record->name) : "";
    return fmt::format("partner {}{}", partner.id, name.empty() ? "" : fmt::format(" ({})", name));
}

std::string unseen_text(const std::vector<std::string> &unseen)
{
    std::string text;
    for (const std::string &what : unseen)
        text += fmt::format("  not seen: {}\n", what);
    return text;
}

bool Explanation::ready() const
{
    const auto partner_ready = [](const PartnerExplanation &partner) {
        return is_ready(partner.facts) && std::all_of(partner.clients.begin(), partner.clients.end(),
                                                      [](const ClientExplanation &client) { return is_ready(client); });
    };
    return causes.empty() && !partners.empty() && std::all_of(partners.begin(), partners.end(), partner_ready);
}

Explanation explain(const NodeFacts &node, const std::vector<PartnerView> &partners)
{
    Explanation explanation{node, find_causes(node), {}};
    // of one that was asked for it is said what is to be added
    if (!partners.empty() && !explanation.causes.empty() && explanation.causes.front().id == "no-partner")
        explanation.causes.clear();
    if (!explanation.causes.empty())
        return explanation;
    for (const PartnerView &view : partners) {
        PartnerExplanation partner{
            view.facts, values_of({node, &view.facts}), find_causes(node, view.facts), {}, unseen_of(node, view.facts)};
        for (const ClientFacts &client : view.clients)
            partner.clients.push_back({client, find_causes(node, view.facts, client)});
        explanation.partners.push_back(std::move(partner));
    }
    return explanation;
}

std::string explanation_text(const Explanation &explanation, const Clock &clock)
{
    std::string text = findings_text(explanation.causes, "");
    for (const PartnerExplanation &partner : explanation.partners) {
        text += partner_head(partner.facts, clock) + findings_text(partner.causes, "  ");
        for (const ClientExplanation &client : partner.clients)
            if (!is_ready(client))
                text += client_part(client);
        text += unseen_text(partner.unseen);
    }
    return text;
}

ordered_json explanation_json(const Explanation &explanation)
{
    ordered_json object{{"node", explanation.node.id}, {"ready", explanation.ready()}};
    object["causes"] = findings_json(explanation.causes);
    object["partners"] = ordered_json::array();
    for (const PartnerExplanation &partner : explanation.partners)
        object["partners"].push_back(partner_json(partner));
    return object;
}

} // namespace ccmadm
