// SPDX-License-Identifier: GPL-2.0-only
// What was reached, and how often, of what there is to reach: each row of the state x event
// tables that does something, each state that a row names, each code, reason and ring, each
// event of a link in each state that it means something in.
//
// What is not reached has not been tested. Where that is right, unreached.cpp says why.
#ifndef CCM_SIM_COVERAGE_H
#define CCM_SIM_COVERAGE_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../../ccm/core/session.h"

namespace sim {

// What happens to a link in a step
enum class LinkEvent { prepared, opened, failed, due, left, ahead, offered, upped, count };

// Plain numbers: a process hands them to another one as they lie in memory.
struct Counts {
    uint64_t cell[CCM_STATE_COUNT + 1][CCM_SEV_COUNT]; // the last one: a candidate's
    uint64_t edge[CCM_STATE_COUNT + 1][CCM_SEV_COUNT][CCM_STATE_COUNT];
    uint64_t reject_sent[CCM_REJECT_COUNT];
    uint64_t reject_received[CCM_REJECT_COUNT];
    uint64_t goodbye_sent[CCM_REASON_COUNT];
    uint64_t goodbye_received[CCM_REASON_COUNT];
    uint64_t down[CCM_REASON_COUNT];  // told to clients
    uint64_t shown[CCM_REASON_COUNT]; // to people, with state DOWN
    uint64_t ring_sent[CCM_RING_COUNT];
    uint64_t ring_received[CCM_RING_COUNT];
    uint64_t link[static_cast<size_t>(LinkEvent::count)][CCM_LINK_STATE_COUNT];

    void add(const Counts &other);
};

// Of this process. Runs with a planted bug are not counted.
Counts &counts();

void count_step(const ccm_session &before, const ccm_session &after, uint64_t now, const ccm_session_event &event,
                const ccm_session_actions &actions);

// One thing to reach
struct Reach {
    std::string kind;
    std::string name;
    uint64_t count;
};

std::vector<Reach> reach(const Counts &counts);

// Who does not reach something, and why
struct Unreached {
    enum Who {
        nobody,   // neither campaign nor unit tests
        campaign, // only unit tests do
        rarely,   // unit tests do, the campaign now and then
    } who;
    const char *kind;
    const char *name;
    const char *why;
};

const std::vector<Unreached> &unreached();

// A table, for people
std::string coverage_table(const Counts &counts);

// What is not reached and not argued, what is argued and reached all the same, what is argued and
// is not there: a line each. @alone: by the campaign alone, of which edges are not demanded: most ways
// out of a state are for a candidate that has come just so far. Unit tests go all of them.
std::vector<std::string> coverage_wrong(const Counts &counts, bool alone);

} // namespace sim

#endif
