// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <array>
#include <string>
#include <string_view>

namespace ccmadm {

// Where a partner is: 192.0.2.2, 2001:db8::2, fe80::2%eth0.
struct PartnerAddress {
    int family = 0; // AF_INET, AF_INET6
    std::array<unsigned char, 16> bytes{};
    std::string interface;
};

// As people write it, also with the brackets of partners=. The module knows which of them can be
// a partner's.
Result<PartnerAddress> read_partner_address(std::string_view text);

} // namespace ccmadm
