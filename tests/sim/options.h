// SPDX-License-Identifier: GPL-2.0-only
// What a run is: everything that does not follow from its seed.
#ifndef CCM_SIM_OPTIONS_H
#define CCM_SIM_OPTIONS_H

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "figures.h"
#include "tape.h"

namespace sim {

// A bug put in on purpose, to see that the simulator finds it.
enum class Plant {
    none,
    late_write,        // the transport lets a WRITE land after CLOSE
    no_close,          // a CLOSE is swallowed
    down_before_close, // clients hear DOWN before the CLOSE
    no_down,           // a DOWN is swallowed
    ready_twice,       // a READY is told twice
    no_answer,         // a request is left without an answer
    two_conns,         // CONNECT without having closed the old connection
    wrong_key,         // a WRITE with a key that the partner did not give
    no_timer,          // the timer is never armed
    wrong_incarnation, // a session believes it talks to another incarnation
    no_crossing,       // the lower node accepts a crossed request, too
    beyond_table,      // a step ends in a state that the table does not name
    no_link_close,     // a link's CLOSE is swallowed
    half_open,         // a link is up when one side of it is
    lost_table,        // a table of links is not written
    overwritten_mail,  // mail is written before the last one was taken
    kept_region,       // a client's memory stays registered when its link is closed
    wrong_hung,        // silence is called a hang
    wrong_restarted,   // silence is called a kernel that was started anew
    broken_session,    // a session ends when a client's port breaks
    slow_verdict,      // silence is noticed three times as late
    late_catalog,      // a catalog is told only when something else is
    candidate_ends,    // what is lost of a candidate ends the session
    any_proof,         // each proof is right
    false_certain,     // "unreachable" is taken for a proof
    no_partition_flag, // an advice never says that it may be a partition
    kept_version,      // the version agreed on last is kept for the next connection
    false_orderly,     // whoever hangs has left in good order
    never_given_back,  // what a cluster manager says of a giveback is not heard
    unasked,           // a storage OS that boots asks nobody
    count
};

struct Options {
    uint64_t seed = 1;
    uint64_t steps = 1500; // what happens before the faults stop
    uint32_t nodes = 2;
    bool tracing = false;
    bool faults = true;
    bool together = false; // no faults, and exact delays: see run.cpp
    bool hosts = false;    // slow ones, clocks that differ, and more: see hosts.h
    bool versions = false; // modules of several: see versions.h
    bool outside = false;  // some hosts never come right
    bool failover = false; // monitors and disks: see takeover.h
    bool hostile = false;  // somebody who is no node: see hostile.h
    Plant plant = Plant::none;
    bool record = false;          // what each machine was stepped with: see tape.h
    bool plain = false;           // nonces, keys and the like are counted, not drawn: tapes are short
    uint64_t salt = 0;            // other delays and losses, the same faults
    uint64_t fault_count = ~0ULL; // the faults stop behind so many, and not by @steps
    std::set<uint64_t> left_out;  // faults that do not happen, by number
};

struct Result : Figures {
    bool ok = true;
    std::string message;
    std::string trace;
    uint64_t begun = 0; // of Options::fault_count
    std::vector<MachineTape> tapes;
};

// One run from one seed. It does not throw; a failed run is Result::ok == false.
Result run(const Options &options);

// The same, and when it fails once more with tracing, so that Result::trace is there.
Result run_traced(const Options &options);

// What a campaign makes of a seed: most often two nodes with the network's faults alone, and now
// and then more of everything
Options world_of(uint64_t seed, Options options);

const char *plant_name(Plant plant);

// Runs in which such a bug can be seen
Options options_for(Plant plant);

} // namespace sim

#endif
