// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/cause.h"

#include <string>
#include <vector>

namespace ccmadm {

// A cause that holds, in words.
struct Finding {
    std::string_view id;
    std::string title, evidence, next;
};

// The causes of this kind that hold, the most certain first. What is wrong with the node itself, or a last
// resort, is said alone.
std::vector<Finding> find_causes(const NodeFacts &node);
std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner);
std::vector<Finding> find_causes(const NodeFacts &node, const PartnerFacts &partner, const ClientFacts &client);

} // namespace ccmadm
