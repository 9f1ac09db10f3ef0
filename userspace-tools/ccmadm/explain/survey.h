// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "clock.h"
#include "device.h"
#include "explain/explanation.h"
#include "explain/network_view.h"
#include "key_calls.h"
#include "partner_control.h"

#include <string>
#include <vector>

namespace ccmadm {

// What facts are gathered from.
struct Surroundings {
    const DeviceOpener &opener;
    std::string device; // path
    std::string sysfs;  // path
    const Clock &clock;
    KeyCalls &keys;
    PartnerControl &control;
    NetworkView &network;
};

struct Survey {
    NodeFacts node;
    std::vector<PartnerView> partners;
};

// Of this node, and of one partner, or with 0 of all that are configured. @clients are those that are expected,
// beside those that are registered.
Survey make_survey(const Surroundings &from, std::uint32_t partner, const std::vector<std::string> &clients);

} // namespace ccmadm
