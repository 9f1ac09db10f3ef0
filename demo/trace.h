// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command.h"

namespace ccm::demo {

// One event of the module's tracepoints, as tracefs prints it.
struct TraceEvent {
    long long us = 0; // the node's CLOCK_MONOTONIC
    std::string name; // ccm_action
    std::map<std::string, std::string> fields;

    // Empty when there is none.
    const std::string &operator[](const std::string &field) const;
};

// Nothing for a line that is not an event.
std::optional<TraceEvent> parse_trace_line(const std::string &line);
std::vector<TraceEvent> parse_trace(const std::vector<lab::OutputLine> &lines);

// A node's clock on the lab's. Each line from the node's agent carries both times; the
// one that was quickest on its way is nearest to the truth.
class NodeClock {
public:
    void learn(const lab::OutputLine &line);
    lab::TimePoint at(long long node_us) const;
    void shift(lab::Duration by) { offset_ += by; }

private:
    bool known_ = false;
    lab::Duration offset_{0};
};

} // namespace ccm::demo
