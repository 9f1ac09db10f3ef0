// SPDX-License-Identifier: GPL-2.0-only
// What is not reached, and why that is right.
#include "coverage.h"

namespace sim {

namespace {

const char by_message[] = "nobody can prove by a message what this says; whoever sends it is refused";
const char not_said[] = "goodbyes say what a node has decided: admin, shutdown, or why it refuses";
const char hostile[] = "a partner that keeps to the protocol does not do that; hostile_test and table_test do";
const char same[] = "all hosts of the campaign are configured alike; attempt_test has those that are not";
const char two[] = "two machines with one id, or a last word that is false: candidate_test and word_test have them";
const char stopped[] = "a request that waited while a host shut down, which then listens no more";
const char unconfirmed[] =
    "data was quicker than ready-to-use, which was lost again and again, or its sender was reloaded";
const char beside[] = "a candidate is there for some microseconds, and the queue pair or device goes just then";
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
        {campaign, "down", "address", before},
        {campaign, "down", "mtu", before},

        {campaign, "cell", "CONNECTING RING", hostile},
        {campaign, "cell", "NEGOTIATING MESSAGE", hostile},
        {campaign, "cell", "OPENING MESSAGE", hostile},
        {campaign, "cell", "READY MESSAGE", hostile},
        {campaign, "cell", "GREETING ALIVE", two},
        {campaign, "cell", "NEGOTIATING ALIVE", two},
        {campaign, "cell", "OPENING ALIVE", two},
        {campaign, "cell", "READY ALIVE", two},
        {rarely, "reject sent", "stopping", stopped},
        {rarely, "reject received", "stopping", stopped},
        {campaign, "reject received", "no common version", same},
        {campaign, "reject received", "another cluster", same},
        {campaign, "reject received", "unknown node", same},
        {campaign, "reject received", "wrong partner", same},
        {campaign, "reject received", "malformed request", same},
        {campaign, "reject received", "not from an address of that node", same},
        {campaign, "goodbye sent", "version", same},
        {campaign, "goodbye sent", "refused", hostile},
        {campaign, "goodbye sent", "duplicate", two},
        {campaign, "goodbye received", "unreachable", by_message},
        {campaign, "goodbye received", "hung", by_message},
        {campaign, "goodbye received", "panicked", by_message},
        {campaign, "goodbye received", "restarted", by_message},
        {campaign, "goodbye received", "device", by_message},
        {campaign, "goodbye received", "reloaded", by_message},
        {campaign, "goodbye received", "address", by_message},
        {campaign, "goodbye received", "mtu", by_message},
        {campaign, "goodbye received", "version", same},
        {campaign, "goodbye received", "refused", hostile},
        {campaign, "goodbye received", "duplicate", two},
        {campaign, "down", "version", same},
        {campaign, "down", "refused", hostile},
        {campaign, "down", "authentication", "a proof is looked at before a session is READY, and never again"},
        {campaign, "down", "duplicate", two},
        {campaign, "shown", "refused", hostile},
        {campaign, "shown", "duplicate", two},
        {campaign, "shown", "address", same},

        {rarely, "shown", "version", "a stranger asks before anything else has happened"},
        {rarely, "cell", "GREETING REJECTED", unconfirmed},
        {rarely, "cell", "GREETING FAILED", unconfirmed},
        {rarely, "cell", "NEGOTIATING REJECTED", unconfirmed},
        {rarely, "cell", "NEGOTIATING FAILED", unconfirmed},
        {rarely, "cell", "OPENING REJECTED", unconfirmed},
        {rarely, "cell", "OPENING FAILED", unconfirmed},
        {rarely, "cell", "READY REJECTED", unconfirmed},
        {rarely, "cell", "candidate FAILED", unconfirmed},
        {rarely, "cell", "candidate ERROR", beside},
        {rarely, "cell", "candidate DEVICE_GONE", beside},
    };

    return list;
}

} // namespace sim
