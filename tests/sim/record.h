// SPDX-License-Identifier: GPL-2.0-only
// Tapes for a file: short ones, that are different.
#ifndef CCM_SIM_RECORD_H
#define CCM_SIM_RECORD_H

#include "tape.h"

namespace sim {

// So many, from the runs of the seeds from @first on
Bytes record_tapes(uint64_t first, uint64_t count);

} // namespace sim

#endif
