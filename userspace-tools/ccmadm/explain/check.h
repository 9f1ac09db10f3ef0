// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/explanation.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ccmadm {

// Would a takeover of a partner work now?
struct Check {
    NodeFacts node;
    PartnerFacts partner;
    std::vector<Finding> against; // why not
    std::vector<Finding> remarks; // nothing to stop it
    std::vector<std::string> unseen;

    bool works() const { return against.empty(); }
};

Check check_takeover(const NodeFacts &node, const PartnerView &view);

std::string check_text(const Check &check);
nlohmann::ordered_json check_json(const Check &check);

} // namespace ccmadm
