// SPDX-License-Identifier: GPL-2.0-only
#include "explain/check.h"

#include <fmt/format.h>
#include <iterator>

namespace ccmadm {

using nlohmann::ordered_json;

Check check_takeover(const NodeFacts &node, const PartnerView &view)
{
    Check check{node, view.facts, find_causes(node), {}, {}};
    if (!check.against.empty())
        return check;
    check.against = find_check_causes(node, view.facts, About::takeover);
    check.remarks = find_check_causes(node, view.facts, About::remark);
    if (!view.facts.record)
        return check;
    if (view.facts.record->state == CCM_STATE_READY)
        for (const ClientFacts &client : view.clients) {
            auto causes = find_causes(node, view.facts, client);
            std::move(causes.begin(), causes.end(), std::back_inserter(check.against));
        }
    if (node.auth == "psk" && !node.keys)
        check.unseen.emplace_back(keys_unseen);
    check.unseen.emplace_back("quorum, and who may use the disks: that is the cluster manager's");
    check.unseen.push_back(fmt::format("the partner's own side: `ccmadm check {}` there", node.id));
    return check;
}

std::string check_text(const Check &check)
{
    std::string text = fmt::format("{}: {}\n", partner_title(check.partner),
                                   check.works() ? "nothing is seen that stands against a takeover"
                                                 : "a takeover of it would not work now");
    text += findings_text(check.against, "  ");
    if (!check.remarks.empty())
        text += "  besides:\n" + findings_text(check.remarks, "    ");
    return text + unseen_text(check.unseen);
}

ordered_json check_json(const Check &check)
{
    ordered_json object{{"node", check.partner.id}, {"takeover", check.works()}};
    object["causes"] = findings_json(check.against);
    object["remarks"] = findings_json(check.remarks);
    object["unseen"] = check.unseen;
    return object;
}

} // namespace ccmadm
