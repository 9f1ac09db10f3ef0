// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "console.h"
#include "node.h"

namespace ccm::lab {

// What is wrong at the end of a test, as the nodes' kernels see it.
struct Verdict {
    std::vector<std::string> findings;
    bool ok() const { return findings.empty(); }
    std::string text() const;
};

// Whether a kernel log line tells of a fault: BUG, WARNING, lockdep, KASAN,
// UBSAN, hung task, kmemleak and so on.
bool tells_of_a_fault(const std::string &line);

// Every fault in a node's console that was not declared with expect_in_log(),
// and every declared one that is not there.
std::vector<std::string> judge_log(const std::string &node, const std::vector<ConsoleLine> &lines,
                                   const std::vector<Node::Expected> &expected);

} // namespace ccm::lab
