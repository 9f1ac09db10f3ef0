// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/cause.h"
#include "explain/pattern.h"

namespace ccmadm {

// All names that a cause's texts may use, with their values in this case; empty: not known.
Values values_of(const Case &of);

} // namespace ccmadm
