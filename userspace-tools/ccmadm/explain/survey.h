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

struct SurveyOptions {
    std::uint32_t partner = 0;        // 0: all that are configured
    std::vector<std::string> clients; // that are expected, beside those that are registered
    bool network = true;              // also the way to partners that are not ready, which may take seconds
};

// Of this node, and of partners.
Survey make_survey(const Surroundings &from, const SurveyOptions &options);

} // namespace ccmadm
