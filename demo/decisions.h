// SPDX-License-Identifier: GPL-2.0-only
//
// What the failover monitor of a node decides about its partner, as the node's kernel log
// says it (Documentation/failover.rst).
#pragma once

#include <optional>
#include <string>

#include "console.h"

namespace ccm::demo {

struct Decision {
    std::string word;   // takeover-advised
    std::string detail; // a reason or a boot stage; may be empty
    std::string remark; // possibly a partition; may be empty

    std::string text() const; // as the log says it
    std::string note() const; // as it is the note of the client failover-monitor
    // None about a partner that has been seen.
    bool is_first() const { return word == "start-wait" || word == "cannot-tell"; }
};

class Decisions {
public:
    Decisions(const lab::Console &console, int partner);

    // Nothing for a line that tells of none.
    std::optional<Decision> parse(const lab::ConsoleLine &line) const;
    // The last one in the log with this note, which may be on its way still; throws
    // lab::Timeout.
    Decision noted(const std::string &note, lab::Duration timeout) const;

private:
    const lab::Console &console_;
    std::string prefix_;
};

} // namespace ccm::demo
