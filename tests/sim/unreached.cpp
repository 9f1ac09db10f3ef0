// SPDX-License-Identifier: GPL-2.0-only
// What is not reached, and why that is right: by nothing, or by the campaign alone.
#include "coverage.h"

namespace sim {

const std::vector<Unreached> &unreached()
{
    static const std::vector<Unreached> list = {};

    return list;
}

} // namespace sim
