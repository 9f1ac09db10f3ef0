// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "partner_address.h"
#include "result.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ccmadm {

struct PartnerEntry {
    std::uint32_t id = 0;
    std::vector<std::string> addresses; // as in partners=
};

// What the module can be told of partners while it runs.
class PartnerControl {
public:
    virtual ~PartnerControl() = default;

    virtual Result<Nothing> add(std::uint32_t id, std::span<const PartnerAddress> addresses) = 0;
    // All that it has from now on
    virtual Result<Nothing> set(std::uint32_t id, std::span<const PartnerAddress> addresses) = 0;
    virtual Result<Nothing> del(std::uint32_t id) = 0;
    // As they are configured now: @id, or 0: all of them
    virtual Result<std::vector<PartnerEntry>> list(std::uint32_t id) = 0;
};

// By generic netlink: Documentation/netlink/specs/ccm.yaml.
class NetlinkPartnerControl final : public PartnerControl {
public:
    Result<Nothing> add(std::uint32_t id, std::span<const PartnerAddress> addresses) override;
    Result<Nothing> set(std::uint32_t id, std::span<const PartnerAddress> addresses) override;
    Result<Nothing> del(std::uint32_t id) override;
    Result<std::vector<PartnerEntry>> list(std::uint32_t id) override;
};

} // namespace ccmadm
