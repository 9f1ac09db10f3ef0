// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace ccmadm {

// Documentation/troubleshooting.rst, from the table of causes.
std::string causes_rst();

} // namespace ccmadm
