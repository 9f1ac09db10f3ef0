// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "explain/finding.h"
#include "explain/pattern.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ccmadm {

struct ClientExplanation {
    ClientFacts facts;
    std::vector<Finding> causes;
};

struct PartnerExplanation {
    PartnerFacts facts;
    Values values;
    std::vector<Finding> causes;
    std::vector<ClientExplanation> clients;
    std::vector<std::string> unseen; // what would help, and cannot be seen
};

// Everything that there is to say.
struct Explanation {
    NodeFacts node;
    std::vector<Finding> causes; // why nothing can be said of partners
    std::vector<PartnerExplanation> partners;

    // All of them, and their clients
    bool ready() const;
};

struct PartnerView {
    PartnerFacts facts;
    std::vector<ClientFacts> clients;
};

// What `check` says in the same words: "partner 2 (beta)", and what could not be looked at
inline constexpr char keys_unseen[] = "which keys there are: that needs root";
std::string partner_title(const PartnerFacts &partner);
std::string unseen_text(const std::vector<std::string> &unseen);

Explanation explain(const NodeFacts &node, const std::vector<PartnerView> &partners);

std::string explanation_text(const Explanation &explanation, const Clock &clock);
nlohmann::ordered_json explanation_json(const Explanation &explanation);

} // namespace ccmadm
