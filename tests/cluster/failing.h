// SPDX-License-Identifier: GPL-2.0-only
//
// Calls of the module that can be made to fail (tests/modules/failing/failing.c), as tests use them.
// A site is such a call; its name is "FILE:LINE:FUNCTION".
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "steps.h"

namespace ccm::test {

// The run's settings, but with rdma_ccm.ko and ccm_fm.ko as `make module-failing` builds them.
Settings failing_settings();

// All of both modules.
const std::set<std::string> &all_sites();
// Those of a function in a file, in their order; and one of them.
std::vector<std::string> sites(const std::string &file, const std::string &function);
std::string site(const std::string &file, const std::string &function, std::size_t index = 0);
// "FILE:LINE" of each call in the sources that looks as if it could want for memory.
std::set<std::string> suspects();

// A site that is to fail: after SKIP calls the next one, and all others within MS
// milliseconds after that.
struct Failing {
    std::string site;
    long long skip = 0;
    int ms = 0;
};

using Calls = std::map<std::string, long long>; // of each site
// What the node's sites have been called since its boot.
Calls site_calls(Node &node);
void let_fail(Node &node, const Failing &what);
// Nothing fails any more. How many calls have failed of each site that was to.
Calls let_none_fail(Node &node);

// Functions that end something (tests/modules/failing/calls.h): each call takes so much longer, 0: no
// more; or says that it has failed, so many times.
void let_take(Node &node, const std::string &function, Duration longer);
void let_refuse(Node &node, const std::string &function, int times);
// How often each has been called.
Calls ends(Node &node);

// The same as steps.
Steps fail(const Failing &what); // none without a site
Steps no_more_fail();
// What the last no_more_fail() has said.
Calls taken(const std::string &output);

} // namespace ccm::test
