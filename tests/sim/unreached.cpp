// SPDX-License-Identifier: GPL-2.0-only
// What is not reached, and why that is right.
#include "coverage.h"

namespace sim {

namespace {

const char by_message[] = "nobody can prove by a message what this says; whoever sends it is refused";
const char not_said[] = "goodbyes say what a node has decided: admin, shutdown, or why it refuses";
const char hostile[] = "a partner that keeps to the protocol does not do that; hostile_test and table_test do";
const char same[] = "all hosts of the campaign are configured alike; attempt_test has those that are not";
const char before[] = "is found out before a session is READY";

} // namespace

const std::vector<Unreached> &unreached()
{
    using enum Unreached::Who;
    static const std::vector<Unreached> list = {
        {nobody, "reject sent", "not from an address of that node",
         "the runtime's, which knows addresses: ccm/cluster.c"},
        {nobody, "goodbye sent", "unreachable", not_said},
        {nobody, "goodbye sent", "hung", not_said},
        {nobody, "goodbye sent", "panicked", not_said},
        {nobody, "goodbye sent", "restarted", not_said},
        {nobody, "goodbye sent", "device", not_said},
        {nobody, "goodbye sent", "reloaded", not_said},
        {nobody, "goodbye sent", "address", not_said},
        {nobody, "goodbye sent", "mtu", not_said},
        {nobody, "down", "address", before},
        {nobody, "down", "mtu", before},
    };

    return list;
}

} // namespace sim
