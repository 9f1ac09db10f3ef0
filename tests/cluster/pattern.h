// SPDX-License-Identifier: GPL-2.0-only
//
// The pattern client (tests/modules/pattern/command.c) as the tests use it.
#pragma once

#include "module.h"

namespace ccm::test {

// Loads ccm_pattern.ko, or leaves it loaded.
void load_pattern(Node &node, const std::string &parameters = "");
// Leaves with all of its clients; fails the test if that takes longer than promised, or
// if CCM has broken a promise on the way.
void unload_pattern(Node &node);
// A command; its result, one line or several.
std::string pattern(Node &node, const std::string &command, Duration timeout = 30s);
// The same in the background.
Command start_pattern(Node &node, const std::string &command);
// A figure of the sum line of `stats all`.
long long pattern_stat(Node &node, const std::string &name);
// Waits until the load on a node has verified more than it has now.
void wait_more_verified(Node &node);
// Client "mirror", up on both: what one CPU puts into its memory the other reads, and what either
// writes over there that one's CPU finds.
void expect_memory_moves(Node &a, Node &b);
// Registers the same client on all nodes.
void register_everywhere(const std::vector<Node *> &nodes, const std::string &words);
// Waits until a client is up (or down) on a node as to a partner.
void wait_client(Node &node, const std::string &name, int partner, const std::string &state = "up");

// What `ccmadm status --json` says of a client.
json client(Node &node, const std::string &name, int partner);

} // namespace ccm::test
