// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "record_source.h"
#include "result.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace ccmadm {

// How long the module may take to describe the present state, which it has ready
// when the device is opened.
constexpr std::chrono::seconds present_state_timeout{5};

// What this node, its partners and its clients are, as the records so far say.
class PresentState {
public:
    using Partners = std::map<std::uint32_t, ccm_record>;
    // By the client's name and the partner's id.
    using Clients = std::map<std::pair<std::string, std::uint32_t>, ccm_record>;

    void apply(const ccm_record &record);

    // Complete: a SYNC was seen, and no OVERFLOW since.
    bool synced() const { return synced_; }
    const std::optional<ccm_record> &node() const { return node_; }
    const Partners &partners() const { return partners_; }
    // nullptr: not configured.
    const ccm_record *partner(std::uint32_t id) const;
    // Those that have not left.
    const Clients &clients() const { return clients_; }
    // nullptr: no such client is registered.
    const ccm_record *client(const std::string &name, std::uint32_t partner) const;
    // There is a partner, and each one is READY.
    bool ready() const;

private:
    bool synced_ = false;
    std::optional<ccm_record> node_;
    Partners partners_;
    Clients clients_;
};

// Reads until the state is complete, again from the start after an OVERFLOW.
Result<PresentState> take_present_state(RecordSource &source, const Clock &clock);

// The error for a module that does not say what its present state is.
Error no_present_state();

} // namespace ccmadm
