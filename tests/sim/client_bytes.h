// SPDX-License-Identifier: GPL-2.0-only
// Clients that never stop writing: on each link that is up, in each direction, one WRITE after the
// other goes into the counterpart's region, with the delays of the fabric, repeated as an adapter
// repeats it. What arrives at memory that is not registered any more is dropped there, as an
// adapter drops it. So what lands shows what was still registered, and none may when its
// client has heard DOWN.
#ifndef CCM_SIM_CLIENT_BYTES_H
#define CCM_SIM_CLIENT_BYTES_H

#include <cstdint>
#include <map>
#include <utility>

#include "rng.h"

namespace sim {

class Cluster;

// The writer of one link's try
struct Writer {
    uint32_t host = 0;
    uint64_t epoch = 0;
    uint32_t partner = 0;
    uint32_t place = 0;
    uint64_t serial = 0;
    uint32_t key = 0; // of the counterpart's memory
};

class ClientBytes {
public:
    explicit ClientBytes(Cluster &cluster);

    // Memory of @host that @partner reaches
    void registered(uint32_t host, uint32_t partner, uint32_t key);
    void deregistered(uint32_t host, uint32_t key);
    // The client whose memory it is has heard DOWN; all clients have, of that partner.
    void told_down(uint32_t host, uint32_t key);
    void partner_down(uint32_t host, uint32_t partner);
    void died(uint32_t host);

    // READY: it begins to write, until its try is closed.
    void ready(const Writer &w);

private:
    struct Region {
        uint32_t partner = 0;
        bool registered = true;
        bool down = false;
    };

    bool there(const Writer &w) const;
    void write(const Writer &w);
    void send(const Writer &w, uint32_t tries);
    void land(const Writer &w);

    Cluster &c_;
    Rng rng_;
    bool on_;
    std::map<std::pair<uint32_t, uint32_t>, Region> regions_; // by host and key
};

} // namespace sim

#endif
