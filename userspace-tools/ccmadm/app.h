// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "device.h"
#include "output.h"

#include <span>

namespace ccmadm {

// The whole program but its surroundings: reads the command line (without the
// program's name), opens the device, runs the verb. Returns what to exit with.
ExitCode run(std::span<const char *const> arguments, const DeviceOpener &opener, Output &output, Output &errors,
             const Clock &clock);

} // namespace ccmadm
