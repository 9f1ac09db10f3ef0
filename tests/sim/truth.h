// SPDX-License-Identifier: GPL-2.0-only
// What was really done, and what may be said of it.
//
// The checks of checker.h know what a machine may do; these know what has happened to the hosts
// and to what is between them, which no machine can see: why a session ended must be among what
// was done, what is called certain must be so, a death must be noticed in time, and what a node
// was told of another one's clients must be what there is.
#ifndef CCM_SIM_TRUTH_H
#define CCM_SIM_TRUTH_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "../../ccm/core/session.h"

namespace sim {

class Cluster;
class Node;
struct Partner;

// What is done to a host, or between two of them
enum class Deed {
    loaded,   // the module, anew
    crashed,  // power is lost
    gone,     // the module is unloaded
    frozen,   // stopped, or panicked
    shutdown, // unloads, and says so
    admin,    // likewise; with a partner: that one is disabled
    device,   // no RDMA device any more
    broken,   // a queue pair to the partner
    lost,     // something on its way to the partner
    slow,     // ... took longer than it does on a good link
    stranger, // somebody else asks in its name
    keys,     // pre-shared keys come or go
    other,    // what is not one of these: everything may follow
    count
};

class Truth {
public:
    Truth(Cluster &cluster, uint32_t nodes);

    // To a host; between a host and a partner
    void did(Deed deed, uint32_t host, uint32_t partner = 0);
    // Something is on its way, until then
    void slow(uint32_t host, uint32_t partner, uint64_t until);
    void loaded(uint32_t host, uint64_t incarnation);
    void ended(uint32_t host, Deed how);
    void frozen(uint32_t host);
    void thawed(uint32_t host);
    void clients(uint32_t host);
    // Timers of a host come later than they were asked for: what it notices, too.
    void late(uint32_t host, uint64_t us);

    // Its liveness has given a verdict.
    void verdict(uint32_t host, const Partner &p);

    // A machine was stepped; its actions are not carried out yet.
    void step(uint32_t host, const Partner &p, const ccm_session &before, const ccm_session_actions &actions);
    // When they are
    void rest(uint32_t host, uint32_t partner);

    // Any life of it
    bool panicked(uint32_t host) const;
    bool ever(Deed deed, uint32_t host, uint32_t partner, uint64_t since) const;

private:
    struct Life {
        uint32_t host = 0;
        bool module_over = false;
        bool kernel_over = false;
    };

    struct Interval {
        uint64_t from;
        uint64_t to; // 0: it goes on
    };

    // A partner of @host has died, and @host is to notice
    struct Death {
        uint32_t host;
        uint64_t epoch;
        uint32_t partner;
        uint64_t incarnation;
        uint64_t at;
        bool answers; // its memory does
        uint64_t allowance;
    };

    // One direction: what @first knows of @second
    struct Told {
        uint64_t since = 0; // something is written, or due, and not taken
        bool checked = false;
    };

    std::string why_not(uint32_t reason, uint32_t host, uint32_t partner, uint64_t incarnation, uint64_t since) const;
    bool stood_still(uint32_t host, uint64_t since) const;
    void dies(uint32_t host, bool answers);
    bool disturbed_between(uint32_t a, uint32_t b, uint64_t since) const;
    void runs_again(uint32_t host);
    void noticed(uint32_t host, uint32_t partner, uint64_t incarnation, bool node_verdict);
    void look();
    uint64_t bound(const Death &d) const;
    uint64_t heard(const Death &d) const;
    std::string untold(Node &node, Node &other, uint32_t host, uint32_t partner) const;

    // A host and a partner; partner 0: the host alone
    struct Pair {
        std::array<uint64_t, static_cast<size_t>(Deed::count)> last{}; // when it was done
        uint64_t began = 0;                                            // a session that is READY
        Told told;
    };

    Pair &pair(uint32_t host, uint32_t partner) { return pairs_[host * (nodes_ + 1) + partner]; }
    const Pair &pair(uint32_t host, uint32_t partner) const { return pairs_[host * (nodes_ + 1) + partner]; }

    Cluster &c_;
    uint32_t nodes_;
    bool plain_; // only the faults of faults.cpp happen, of which this knows
    std::vector<Pair> pairs_;
    std::vector<std::vector<Interval>> still_;
    std::vector<uint64_t> disturbed_;
    std::map<uint64_t, Life> lives_;
    std::vector<Death> deaths_;
};

const char *deed_name(Deed deed);

} // namespace sim

#endif
