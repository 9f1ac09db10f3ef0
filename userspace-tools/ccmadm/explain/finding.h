// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/cause.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ccmadm {

// A cause that holds, in words.
struct Finding {
    std::string_view id;
    std::string title, evidence, next;
};

// Of check_causes(), all that hold.
std::vector<Finding> find_check_causes(const NodeFacts &node, const PartnerFacts &partner, About about);

// The causes of this kind that hold, the most certain first. What is wrong with the node itself, or a last
// resort, is said alone.
std::vector<Finding> find_causes(const NodeFacts &node);
std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner);
std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner, const ClientFacts &client);

// For people, numbered; and for programs
std::string findings_text(const std::vector<Finding> &findings, const std::string &indent);
nlohmann::ordered_json findings_json(const std::vector<Finding> &findings);

} // namespace ccmadm
