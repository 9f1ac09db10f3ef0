// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/facts.h"

#include <istream>
#include <optional>
#include <string>

namespace ccmadm {

// Of the lines in debugfs ccm/partner-ID, those that are wanted. What is not there keeps its value: for an older
// module, nothing is known.
std::optional<PartnerCounters> parse_partner_counters(std::istream &lines);

// Nothing if it cannot be read. @debugfs: as /sys/kernel/debug/ccm
std::optional<PartnerCounters> read_partner_counters(const std::string &debugfs, std::uint32_t partner);

} // namespace ccmadm
