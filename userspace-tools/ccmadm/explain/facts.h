// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <linux/ccm.h>
#include <optional>
#include <string>
#include <vector>

namespace ccmadm {

// Facts are what was seen, before anybody thinks about it. What could not be seen is none of them: it is
// empty, unknown or nothing.
enum class Seen { unknown, no, yes };

// One port of one.
struct RdmaDevice {
    std::string name; // as `rdma link` has it: rxe0/1
    bool iwarp = false;
    std::string interface; // empty: not known
    std::string state;     // ACTIVE, DOWN
};

struct Interface {
    int index = 0;
    std::string name;
    std::string lower;  // of a VLAN: whose it is
    bool joins = false; // bond, team or bridge: which RDMA device is behind it, is not known
    bool up = false;
    bool carrier = false;
    std::uint32_t mtu = 0;
};

// How frames would get to a partner.
struct Way {
    enum class Route { unknown, none, own, direct, gateway };

    Route route = Route::unknown;
    std::string missing;                // the interface of a link-local address, if it is not there
    std::optional<Interface> interface; // by which they leave, or would if it were up
    std::string source;                 // address that they leave from
    std::string asked;                  // whose neighbour entry it is: the partner's address, or a gateway's
    std::string neighbour;              // state of that, as `ip neigh` has it; empty: there is none
    Seen answers = Seen::unknown;       // does that machine answer address resolution?
};

// Why a connect request was rejected, in the module's words, and when.
struct Rejection {
    std::string why;
    std::uint64_t ago_ms = 0;
};

// What only root sees, in debugfs.
struct PartnerCounters {
    std::uint64_t ready_ns = 0;
    std::uint64_t proofs_wrong = 0;
    int attempt_error = 0; // of the last connection that ended, negative errno; 0: nothing came back
    std::int64_t retry_ms = -1;
    std::int64_t proof_wrong_ms = -1; // since the last of proofs_wrong
    std::optional<Rejection> heard;   // by the partner
    std::optional<Rejection> said;    // here
};

struct NodeFacts {
    enum class Look { fine, no_device, not_permitted, other_version, failed };

    // Nothing can be said: that is an error.
    bool unknown() const { return loaded && look != Look::fine && look != Look::no_device; }

    bool loaded = false;
    Look look = Look::failed;
    std::string look_text; // what is wrong with /dev/ccm
    std::uint32_t id = 0;  // 0: not configured
    std::uint32_t stage = CCM_STAGE_UNKNOWN;
    std::uint16_t version_min = 0, version_max = 0;
    std::string cluster;
    std::string auth; // psk, none; empty: not known
    std::optional<std::vector<std::uint32_t>> keys;
    std::optional<std::vector<RdmaDevice>> devices;
    std::vector<std::uint32_t> partners;
    bool monitor = false;         // ccm_fm is loaded
    bool panics_silently = false; // a crash kernel is loaded, and runs in front of the panic notifiers
};

// What the failover monitor says of a partner.
struct FailoverFacts {
    std::string decision;
    std::vector<std::string> flags;
};

struct PartnerFacts {
    std::uint32_t id = 0;
    std::optional<ccm_record> record; // nothing: not configured
    std::string address;              // with the interface of a link-local one
    std::optional<Way> way;
    std::optional<PartnerCounters> counters;
    std::optional<FailoverFacts> failover;
};

struct ClientFacts {
    std::string name;
    std::optional<ccm_record> record; // nothing: not registered here
};

} // namespace ccmadm
