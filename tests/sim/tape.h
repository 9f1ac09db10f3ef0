// SPDX-License-Identifier: GPL-2.0-only
// What single machines were stepped with: so that it can be done to a fresh one again, without the
// cluster around it. See replay.h for what becomes of it, and tests/kunit/suites/tape.h for how it
// is written to a file.
#ifndef CCM_SIM_TAPE_H
#define CCM_SIM_TAPE_H

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "../../ccm/core/session.h"

namespace sim {

using Bytes = std::vector<uint8_t>;

// Which connection an event was of, as the machine saw it: its number is another one when
// something before it is left out.
enum class Of { nothing, present, candidate, other };

struct Stepped {
    uint64_t now = 0;
    ccm_session_event event{};
    Bytes data;
    std::shared_ptr<ccm_catalog> clients;
    Of of = Of::nothing;
};

struct MachineTape {
    ccm_session_config config{};
    std::vector<Stepped> steps;
};

// A life of a host, and one of its partners
struct MachineKey {
    uint32_t host = 0;
    uint64_t epoch = 0;
    uint32_t partner = 0;
    auto operator<=>(const MachineKey &) const = default;
};

class Tapes {
public:
    explicit Tapes(bool on) : on_(on) {}

    void record(const MachineKey &key, const ccm_session &s, uint64_t now, const ccm_session_event &event);

    // All of them; first the one that was stepped last
    std::vector<MachineTape> take();

private:
    bool on_;
    MachineKey last_;
    std::map<MachineKey, MachineTape> tapes_;
};

// As a file has it
Bytes write_tapes(const std::vector<MachineTape> &tapes);

} // namespace sim

#endif
