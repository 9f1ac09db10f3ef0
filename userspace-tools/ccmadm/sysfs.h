// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <string>

namespace ccmadm {

// The one line of a file in /sys, with nothing in it that could upset a terminal.
Result<std::string> read_line(const std::string &path);

} // namespace ccmadm
