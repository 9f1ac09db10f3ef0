// SPDX-License-Identifier: GPL-2.0-only
#include "explain/finding.h"

#include "explain/pattern.h"
#include "explain/values.h"

#include <fmt/format.h>
#include <span>

namespace ccmadm {

namespace {

std::vector<Finding> find_those(std::span<const Cause> in, const Case &of, About about)
{
    std::vector<Finding> found;
    const Values values = values_of(of);
    for (const Cause &cause : in)
        if (cause.about == about && cause.holds(of))
            found.push_back(
                {cause.id, fill(cause.title, values), fill(cause.evidence, values), fill(cause.next, values)});
    return found;
}

} // namespace

std::vector<Finding> find_causes(const NodeFacts &node)
{
    auto found = find_those(causes(), {node}, About::node);
    if (found.size() > 1)
        found.resize(1); // the others follow from it
    return found;
}

std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner)
{
    const Case of{node, &partner};
    auto found = find_those(causes(), of, About::partner);
    if (found.empty())
        found = find_those(causes(), of, About::resort);
    if (found.size() > 1 && found.front().id == "not-a-partner")
        found.resize(1);
    return found;
}

std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner, const ClientFacts &client)
{
    return find_those(causes(), {node, &partner, &client}, About::client);
}

std::vector<Finding> find_check_causes(const NodeFacts &node, const PartnerFacts &partner, About about)
{
    return find_those(check_causes(), {node, &partner}, about);
}

std::string findings_text(const std::vector<Finding> &findings, const std::string &indent)
{
    std::string text;
    std::size_t number = 0;
    for (const Finding &one : findings)
        text += fmt::format("{0}{1}. {2}\n{0}   seen: {3}\n{0}   next: {4}\n", indent, ++number, one.title,
                            one.evidence, one.next);
    return text;
}

nlohmann::ordered_json findings_json(const std::vector<Finding> &findings)
{
    auto all = nlohmann::ordered_json::array();
    for (const Finding &one : findings)
        all.push_back({{"id", one.id}, {"title", one.title}, {"evidence", one.evidence}, {"next", one.next}});
    return all;
}

} // namespace ccmadm
