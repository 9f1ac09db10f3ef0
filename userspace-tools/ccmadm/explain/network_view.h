// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/facts.h"
#include "partner_address.h"

#include <optional>

namespace ccmadm {

// The network of this machine.
class NetworkView {
public:
    virtual ~NetworkView() = default;

    // The way to an address; nothing if it cannot be seen. With @ask, the machine there is asked whether it
    // answers, which takes some seconds if it does not.
    virtual std::optional<Way> way_to(const PartnerAddress &to, bool ask) = 0;
};

// By rtnetlink. It asks as the kernel does, by ARP or neighbour discovery, for which it has to have
// CAP_NET_ADMIN: without that it says what the kernel remembers.
class RtnetlinkView final : public NetworkView {
public:
    std::optional<Way> way_to(const PartnerAddress &to, bool ask) override;
};

} // namespace ccmadm
