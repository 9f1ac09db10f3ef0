// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/facts.h"

#include <span>
#include <string_view>

namespace ccmadm {

// What a cause is looked for in.
struct Case {
    const NodeFacts &node;
    const PartnerFacts *partner = nullptr;
    const ClientFacts *client = nullptr;
};

enum class About {
    node,     // this node: nothing can be said of its partners before that is put right
    partner,  // why it is not ready
    resort,   // likewise, where nothing else was found
    client,   // why a client of this node is not ready, as to one partner
    takeover, // why a takeover of a partner would not work
    remark,   // likewise, but it would
};

// A row of the one table from which both ccmadm and Documentation/troubleshooting.rst speak. Texts are
// patterns (explain/pattern.h) over the values of explain/values.h; a command stands in `backquotes`.
struct Cause {
    std::string_view id; // for programs; never changes
    About about;
    bool (*holds)(const Case &);
    std::string_view title;
    std::string_view evidence; // what was seen, and where
    std::string_view next;     // what to do
    std::string_view doc;      // more on it, for the page only
};

// In the order of their certainty.
std::span<const Cause> causes();
// What stands against a takeover, takeover and remark.
std::span<const Cause> check_causes();

} // namespace ccmadm
