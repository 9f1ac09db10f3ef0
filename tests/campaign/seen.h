// SPDX-License-Identifier: GPL-2.0-only
//
// What was done in a cycle, and what was seen of it: plain data, so that the judge can be tested
// with what no node has ever said. Times are seconds of the lab's clock.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ccm::campaign {

// Does a fault end the sessions of the node that it is done to?
enum class Ends {
    never,
    may,  // that depends on the transport, or on the moment
    must, // each one, once
};

using Words = std::set<std::string>;

// What must follow from a fault.
struct Expected {
    Ends ends = Ends::never;
    Words there;          // reasons that the others may say of that node
    Words here;           // ... and that node of the others; empty: it is not there to say anything
    bool serves = true;   // its storage OS serves all the time
    bool lives = true;    // its kernel lives on
    bool orderly = false; // its storage OS had stopped before
    Words later;          // further reasons, once it is DOWN: of those who try to come back
};

// Something a node was told, or told itself.
struct Told {
    enum class What { partner, client, advice };

    double at = 0;
    int node = 0; // who was told
    int life = 0; // of its reader: what a new one is told first is no change
    int partner = 0;
    What what = What::partner;
    std::string name;   // of a client
    std::string state;  // of the partner or the client; an advice: the decision
    std::string reason; // ... likewise
    bool certain = false;
    long long sessions = 0;
    std::string flags; // of an advice: words, with a blank before each
};

// A kernel client's own count, for one partner.
struct Heard {
    int node = 0, partner = 0;
    int life = 0; // of the module
    bool up = false;
    long long readies = 0, downs = 0, late = 0, written = 0;
};

// A process of a node, or the lab itself (node 0), was ready to run and had to wait.
struct Delay {
    int node = 0;
    double at = 0, seconds = 0;
};

struct Seen {
    unsigned number = 0; // of the cycle
    std::string kind, parameters;
    Expected expected;
    int target = 0;
    std::vector<int> nodes;
    double detect = 0; // seconds, of the nodes
    double begun = 0, struck = 0, healed = 0, over = 0;
    std::string not_back;                    // who is not READY again, or what went wrong on the way
    std::vector<Told> told;                  // the first of each reader and partner: how it was
    std::vector<Heard> before, after;        // by the kernel clients
    double counted_from = 0, counted_to = 0; // before was complete; after was asked for
    std::vector<std::string> log;            // what the kernels report
    std::vector<Delay> delays;
};

} // namespace ccm::campaign
