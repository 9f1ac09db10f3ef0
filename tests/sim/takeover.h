// SPDX-License-Identifier: GPL-2.0-only
// What failover is for: nodes 1 and 2 have a disk each, which both can write, and back each other
// up. A storage OS on each node serves its own; a cluster manager does what the monitor advises,
// as Documentation/failover.rst says: with "certain", or "orderly" but for "unreachable", it takes
// over the partner's disk as it is; else it takes it away from the partner first (a persistent
// reservation that it preempts), and only if node 3, where there is one, can be reached. A node
// that boots touches its disk when the partner's monitor has said that no takeover of it stands.
//
// At no time may two nodes be able to write to one disk. And an advice against a node that serves
// says that it may: by PARTITION, or because what it says of the node is true (hung, shutdown).
#ifndef CCM_SIM_TAKEOVER_H
#define CCM_SIM_TAKEOVER_H

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "../../ccm/core/failover.h"

namespace sim {

class Cluster;

class Takeover {
public:
    explicit Takeover(Cluster &cluster);

    void booted(uint32_t host);   // another kernel
    void reloaded(uint32_t host); // another module in the same one
    void died(uint32_t host);     // no kernel any more
    void frozen(uint32_t host);
    void leaves(uint32_t host); // its kernel goes down, and says so
    uint32_t stage(uint32_t host) const { return os(host).stage; }

    void decided(uint32_t host, uint32_t partner, const ccm_failover_view &before, const ccm_failover_view &now);
    // The storage OS stops in good order; later it goes on, if its kernel still runs.
    void stop_os(uint32_t host);
    // When nothing goes wrong any more: each disk is served again.
    bool served() const { return unserved().empty(); }
    std::string unserved() const; // which is not, for people

private:
    // The storage OS and the cluster manager of one kernel
    struct Os {
        uint64_t kernel = 0;       // 0: none
        uint32_t stage = 0;        // as the module knows it
        uint32_t reached = 0;      // as it is
        std::set<uint32_t> serves; // disks
        uint64_t since = 0;        // when it began with the last of them
        uint64_t frozen_at = 0;
        bool leaving = false;
        bool stopped = false;
    };

    bool has_disk(uint32_t host) const { return host <= 2; }
    Os &os(uint32_t host) { return os_.at(host); }
    const Os &os(uint32_t host) const { return os_.at(host); }
    void later(uint32_t host, uint64_t delay, std::function<void()> what);
    void show(uint32_t host, uint32_t stage);
    void raise(uint32_t host, uint32_t stage);
    void ask(uint32_t host);
    void serve(uint32_t host, uint32_t disk);
    bool writes(uint32_t host, uint32_t disk) const;
    void stop(uint32_t host, uint32_t disk);
    void manage(uint32_t host, uint32_t partner);
    void give_back(uint32_t host, uint32_t partner);
    void look(uint32_t host);
    bool quorum(uint32_t host);
    void check(uint32_t disk);
    void check_advice(uint32_t host, uint32_t partner, const ccm_failover_view &view);

    Cluster &cluster_;
    uint64_t kernels_ = 0;
    std::vector<Os> os_;                 // by host
    std::array<uint32_t, 3> reserved_{}; // by disk: for whom alone; 0: nobody
};

} // namespace sim

#endif
