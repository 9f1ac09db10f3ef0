// SPDX-License-Identifier: GPL-2.0-only
//
// One cycle: all are READY and work, something happens to one of them, it is mended, and all are
// READY again.
#pragma once

#include "delays.h"
#include "faults.h"

namespace ccm::campaign {

// What is done in cycle NUMBER follows from the seed and that number alone.
Seen run_cycle(Servers &servers, Delays &delays, const std::vector<const Fault *> &kinds, unsigned number);

} // namespace ccm::campaign
