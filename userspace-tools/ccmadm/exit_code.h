// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace ccmadm {

// What the process ends with; scripts depend on these numbers.
enum class ExitCode : int {
    ready = 0,
    error = 1,
    not_ready = 2,
    timed_out = 3,
};

} // namespace ccmadm
