// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/facts.h"

#include <optional>
#include <string>
#include <vector>

namespace ccmadm {

// The RDMA devices there are, each port, as @sysfs (/sys) has them; nothing if they cannot be seen.
std::optional<std::vector<RdmaDevice>> read_rdma_devices(const std::string &sysfs);

} // namespace ccmadm
