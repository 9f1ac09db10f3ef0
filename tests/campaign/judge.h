// SPDX-License-Identifier: GPL-2.0-only
//
// Was it right what was told in a cycle? Pure.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "seen.h"

namespace ccm::campaign {

// The bad columns of the table.
enum class Column {
    false_down,    // a session has ended without a cause
    wrong_advice,  // the failover monitor
    notification,  // one that is missing, or told twice
    late_write,    // of a session that was over
    wrong_reason,  // or one that claims to be certain
    kernel_report, // a warning, a lock order, a leak, another promise to clients that was broken
    not_back,      // not READY again in time
};
constexpr std::size_t column_count = 7;
const char *column_name(Column column);

struct Finding {
    Column column;
    std::string text;
};

struct Judged {
    std::vector<Finding> findings;
    // DOWNs without a cause on a machine that had let one of the two wait for a processor.
    std::vector<std::string> excused;
    std::map<std::string, unsigned> reasons; // of each DOWN that was expected
    std::vector<double> detect;              // seconds from the fault to each DOWN of the node it was done to
    std::optional<double> ready;             // seconds from its end until all are READY again
};

Judged judge(const Seen &seen);

// What a line of a kernel log belongs to.
Column column_of(const std::string &report);

} // namespace ccm::campaign
