// SPDX-License-Identifier: GPL-2.0-only
#include "partner_address.h"

#include "record.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if.h>

namespace ccmadm {

Result<PartnerAddress> read_partner_address(std::string_view text)
{
    const Error wrong{
        fmt::format("`{}` is not an address, as in 192.0.2.2, 2001:db8::2 or fe80::2%eth0", name_text(text))};
    std::string_view bare = text;
    if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']')
        bare = bare.substr(1, bare.size() - 2);

    PartnerAddress address;
    const auto percent = bare.find('%');
    if (percent != std::string_view::npos) {
        address.interface = bare.substr(percent + 1);
        if (address.interface.empty() || address.interface.size() >= IFNAMSIZ)
            return wrong;
    }
    // inet_pton() takes no zero in front, which some read as octal
    const std::string number(bare.substr(0, percent));
    for (const int family : {AF_INET, AF_INET6})
        if (inet_pton(family, number.c_str(), address.bytes.data()) == 1)
            address.family = family;
    return address.family == 0 ? Result<PartnerAddress>(wrong) : address;
}

} // namespace ccmadm
