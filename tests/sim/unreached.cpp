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
        {nobody, "goodbye sent", "unreachable", not_said},
        {nobody, "goodbye sent", "hung", not_said},
        {nobody, "goodbye sent", "panicked", not_said},
        {nobody, "goodbye sent", "restarted", not_said},
        {nobody, "goodbye sent", "device", not_said},
        {nobody, "goodbye sent", "reloaded", not_said},
        {nobody, "goodbye sent", "address", not_said},
        {nobody, "goodbye sent", "mtu", not_said},
        {rarely, "down", "address", before},
        {rarely, "down", "mtu", before},

        {rarely, "cell", "CONNECTING RING", hostile},
        {rarely, "cell", "NEGOTIATING MESSAGE", hostile},
        {rarely, "cell", "OPENING MESSAGE", hostile},
        {rarely, "cell", "READY MESSAGE", hostile},
        {rarely, "cell", "GREETING ALIVE", two},
        {rarely, "cell", "NEGOTIATING ALIVE", two},
        {rarely, "cell", "OPENING ALIVE", two},
        {rarely, "cell", "READY ALIVE", two},
        {rarely, "reject sent", "not from an address of that node", "the runtime's, of a host that is no node"},
        {rarely, "cell", "NEGOTIATING TIMER",
         "a whole series that is good, and a catalog that is late by a second or more"},
        {rarely, "reject sent", "stopping", stopped},
        {rarely, "reject received", "stopping", stopped},
        {rarely, "reject received", "no common version", same},
        {rarely, "reject received", "another cluster", same},
        {rarely, "reject received", "unknown node", same},
        {rarely, "reject received", "wrong partner", same},
        {rarely, "reject received", "malformed request", same},
        {rarely, "reject received", "not from an address of that node", same},
        {rarely, "goodbye sent", "version", same},
        {rarely, "goodbye sent", "refused", hostile},
        {rarely, "goodbye sent", "duplicate", two},
        {rarely, "goodbye received", "unreachable", by_message},
        {rarely, "goodbye received", "hung", by_message},
        {rarely, "goodbye received", "panicked", by_message},
        {rarely, "goodbye received", "restarted", by_message},
        {rarely, "goodbye received", "device", by_message},
        {rarely, "goodbye received", "reloaded", by_message},
        {rarely, "goodbye received", "address", by_message},
        {rarely, "goodbye received", "mtu", by_message},
        {rarely, "goodbye received", "version", same},
        {rarely, "goodbye received", "refused", hostile},
        {rarely, "goodbye received", "duplicate", two},
        {rarely, "down", "version", same},
        {rarely, "down", "refused", hostile},
        {rarely, "down", "authentication", "a proof is looked at before a session is READY, and never again"},
        {rarely, "down", "duplicate", two},
        {rarely, "shown", "refused", hostile},
        {rarely, "shown", "duplicate", two},
        {rarely, "shown", "address", same},

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
