// SPDX-License-Identifier: GPL-2.0-only
//
// Many small things on a node, in one process (tests/cluster/node/node.h: steps).
#pragma once

#include <string>
#include <vector>

#include "module.h"

namespace ccm::test {

using Steps = std::vector<std::string>;
Steps operator+(Steps first, const Steps &second);
Command start_steps(Node &node, const Steps &steps);
// What the last step of that name has said.
std::string said(const std::string &output, const std::string &step);

} // namespace ccm::test
