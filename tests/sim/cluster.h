// SPDX-License-Identifier: GPL-2.0-only
// All hosts, the fabric between them, and what went wrong on purpose so far.
#ifndef CCM_SIM_CLUSTER_H
#define CCM_SIM_CLUSTER_H

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "client_bytes.h"
#include "fabric.h"
#include "hostile.h"
#include "node.h"
#include "options.h"
#include "proofs.h"
#include "tape.h"
#include "truth.h"
#include "takeover.h"
#include "versions.h"
#include "world.h"

namespace sim {

struct Host {
    uint32_t id = 0;
    bool powered = false;
    uint64_t started = 0; // its kernel
    bool device = true;
    uint64_t lives = 0;
    int64_t ppm = 0;               // how much faster its clock runs
    uint64_t slow_us = 0;          // what each event may wait for longer
    uint64_t late_us = 0;          // how late a timer may come
    uint32_t failing_permille = 0; // memory and ports
    Core core = Core::head;        // of the module that is loaded next
    std::unique_ptr<Node> node;    // while the module is loaded
};

class Cluster {
public:
    explicit Cluster(const Options &options);

    Host &host(uint32_t id) { return hosts_.at(id - 1); }
    uint32_t auth() const { return options.seed % 2 ? CCM_AUTH_PSK : CCM_AUTH_NONE; }
    Node *node(uint32_t id) { return host(id).node.get(); }
    std::vector<Host> &hosts() { return hosts_; }

    // Power on and load, or load again; @dumping: in a crash kernel
    void load(uint32_t id, bool dumping = false);
    void unload(uint32_t id, uint32_t reason);
    void crash(uint32_t id);

    // A number that nobody else has: of an incarnation, a nonce, a key. Never 0
    uint64_t number() { return options.plain ? ++numbers_ : world.rng.next() | 1; }

    // Does anything go wrong by itself at @a, or between it and @b?
    bool faulty(uint32_t a, uint32_t b) const { return options.faults && !(sound.count(a) && sound.count(b)); }

    // Something is being done to them: what follows may differ on both sides for a while.
    void fault()
    {
        last_fault = world.now();
        result.faults++;
    }

    Options options;
    World world;
    Fabric fabric;
    Result result;
    uint64_t last_fault = 0;
    uint64_t rests = 0;              // of work items, behind all that a step wanted
    uint64_t last_slow = 0;          // when a link was slow
    std::map<TryKey, TryDone> tries; // what each side has ever come to
    std::set<uint64_t> panicked;     // incarnations
    Proofs proofs{world.rng};
    Truth truth{*this, options.nodes};
    ClientBytes bytes{*this};
    Tapes tapes{options.record};
    std::unique_ptr<Hostile> hostile;
    std::set<uint32_t> sound;           // to whom nothing happens any more, though it does to others
    std::unique_ptr<Takeover> takeover; // monitors, storage OSes, disks
    uint32_t detect_ms = CCM_DETECT_MS_DEFAULT;
    bool hardware = false; // a stopped host's memory still answers
    bool iwarp = false;
    uint32_t busy_permille = 0; // of all that work items do takes long
    bool churn = false;         // clients come and go, and little else happens
    bool many = false;          // each node has as many clients as there can be

private:
    void gone(uint32_t id, uint64_t epoch, bool kernel);

    std::vector<Host> hosts_;
    uint64_t numbers_ = 0;
};

} // namespace sim

#endif
