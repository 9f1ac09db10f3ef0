// SPDX-License-Identifier: GPL-2.0-only
#include "partner_control.h"

#include "netlink.h"
#include "record.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/ccm_netlink.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

namespace ccmadm {

namespace {

void put_address(nlmsghdr *message, const PartnerAddress &address)
{
    nlattr *nest = mnl_attr_nest_start(message, CCM_A_PARTNER_ADDRESS);
    if (address.family == AF_INET)
        mnl_attr_put(message, CCM_A_ADDRESS_IPV4, sizeof(in_addr), address.bytes.data());
    else
        mnl_attr_put(message, CCM_A_ADDRESS_IPV6, sizeof(in6_addr), address.bytes.data());
    if (!address.interface.empty())
        mnl_attr_put_strz(message, CCM_A_ADDRESS_INTERFACE, address.interface.c_str());
    mnl_attr_nest_end(message, nest);
}

Result<Nothing> outcome(std::uint32_t id, const Result<NetlinkAnswer> &answer)
{
    if (!answer)
        return answer.error();
    const auto &[number, text, inconsistent] = answer.value();
    if (number == 0)
        return Nothing{};
    const std::string whose = id == 0 ? "partners" : fmt::format("partner {}", id);
    if (number == EPERM)
        return Error{fmt::format("{}: not permitted: CAP_NET_ADMIN is needed, try it as root", whose)};
    if (number == EOPNOTSUPP)
        return Error{fmt::format("{}: rdma_ccm is older than ccmadm, and cannot do that: update it", whose)};
    return Error{fmt::format("{}: {}", whose, text.empty() ? strerror(number) : text)};
}

Result<Nothing> request(std::uint32_t id, std::uint8_t command, std::span<const PartnerAddress> addresses)
{
    auto netlink = Netlink::open();
    if (!netlink)
        return netlink.error();
    return outcome(id, netlink.value().request(command, [&](nlmsghdr *message) {
        mnl_attr_put_u32(message, CCM_A_PARTNER_ID, id);
        for (const PartnerAddress &address : addresses)
            put_address(message, address);
    }));
}

std::string address_of(const nlattr *nest)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    std::string interface;
    bool ipv6 = false;
    each_attribute(nest, [&](const nlattr *attribute) {
        const auto type = mnl_attr_get_type(attribute);
        const auto length = mnl_attr_get_payload_len(attribute);
        ipv6 |= type == CCM_A_ADDRESS_IPV6;
        if (type == CCM_A_ADDRESS_IPV4 && length == sizeof(in_addr))
            inet_ntop(AF_INET, mnl_attr_get_payload(attribute), text.data(), text.size());
        else if (type == CCM_A_ADDRESS_IPV6 && length == sizeof(in6_addr))
            inet_ntop(AF_INET6, mnl_attr_get_payload(attribute), text.data(), text.size());
        else if (type == CCM_A_ADDRESS_INTERFACE && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
            interface = fmt::format("%{}", name_text(std::string_view(mnl_attr_get_str(attribute))));
    });
    return fmt::format(fmt::runtime(ipv6 ? "[{}{}]" : "{}{}"), text.data(), interface);
}

PartnerEntry partner_of(const nlmsghdr *message)
{
    PartnerEntry entry;
    each_attribute(message, sizeof(genlmsghdr), [&](const nlattr *attribute) {
        if (mnl_attr_get_type(attribute) == CCM_A_PARTNER_ID && mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
            entry.id = mnl_attr_get_u32(attribute);
        else if (mnl_attr_get_type(attribute) == CCM_A_PARTNER_ADDRESS)
            entry.addresses.push_back(address_of(attribute));
    });
    return entry;
}

} // namespace

Result<Nothing> NetlinkPartnerControl::add(std::uint32_t id, std::span<const PartnerAddress> addresses)
{
    return request(id, CCM_CMD_PARTNER_NEW, addresses);
}

Result<Nothing> NetlinkPartnerControl::set(std::uint32_t id, std::span<const PartnerAddress> addresses)
{
    return request(id, CCM_CMD_PARTNER_SET, addresses);
}

Result<Nothing> NetlinkPartnerControl::del(std::uint32_t id)
{
    return request(id, CCM_CMD_PARTNER_DEL, {});
}

Result<std::vector<PartnerEntry>> NetlinkPartnerControl::list(std::uint32_t id)
{
    auto netlink = Netlink::open();
    if (!netlink)
        return netlink.error();
    std::vector<PartnerEntry> entries;
    const auto take = [&](const nlmsghdr *message) { entries.push_back(partner_of(message)); };
    const auto all = [&] {
        entries.clear();
        return netlink.value().dump(CCM_CMD_PARTNER_GET, take);
    };
    const auto one = [&] {
        const auto name = [&](nlmsghdr *message) { mnl_attr_put_u32(message, CCM_A_PARTNER_ID, id); };
        return netlink.value().request(CCM_CMD_PARTNER_GET, name, take);
    };
    auto answer = id == 0 ? all() : one();
    while (answer && answer.value().inconsistent)
        answer = all();
    if (const auto done = outcome(id, answer); !done)
        return done.error();
    return entries;
}

} // namespace ccmadm
