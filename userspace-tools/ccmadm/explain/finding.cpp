// SPDX-License-Identifier: GPL-2.0-only
#include "explain/finding.h"

#include "explain/pattern.h"
#include "explain/values.h"

namespace ccmadm {

namespace {

std::vector<Finding> find_those(const Case &of, About about)
{
    std::vector<Finding> found;
    const Values values = values_of(of);
    for (const Cause &cause : causes())
        if (cause.about == about && cause.holds(of))
            found.push_back(
                {cause.id, fill(cause.title, values), fill(cause.evidence, values), fill(cause.next, values)});
    return found;
}

} // namespace

std::vector<Finding> find_causes(const NodeFacts &node)
{
    auto found = find_those({node}, About::node);
    if (found.size() > 1)
        found.resize(1); // the others follow from it
    return found;
}

std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner)
{
    const Case of{node, &partner};
    auto found = find_those(of, About::partner);
    if (found.empty())
        found = find_those(of, About::resort);
    if (found.size() > 1 && found.front().id == "not-a-partner")
        found.resize(1);
    return found;
}

std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner, const ClientFacts &client)
{
    return find_those({node, &partner, &client}, About::client);
}

} // namespace ccmadm
