// SPDX-License-Identifier: GPL-2.0-only
//
// The client that plays ping-pong (tests/modules/pingpong/command.c) as the tests use it.
#pragma once

#include "module.h"

namespace ccm::test {

// Loads ccm_pingpong.ko on both, and waits until they can play on four ports.
void load_pingpong(Node &a, Node &b);
// Node A serves so many times on each port, by "send" or "write": every ball is back, and is what
// was served.
void expect_rounds(Node &a, Node &b, int rounds, const std::string &way);
// Leaves on both; fails the test if CCM has broken a promise on the way.
void unload_pingpong(Node &a, Node &b);

} // namespace ccm::test
