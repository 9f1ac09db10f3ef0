// SPDX-License-Identifier: GPL-2.0-only
#include "explain/network.h"

#include "netlink.h"
#include "record.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace ccmadm {

namespace {

std::string attribute_text(const nlattr *attribute)
{
    if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) != 0)
        return {};
    return name_text(std::string_view(mnl_attr_get_str(attribute)));
}

template <class Number> Number attribute_number(const nlattr *attribute)
{
    return mnl_attr_get_payload_len(attribute) >= sizeof(std::uint32_t)
               ? static_cast<Number>(mnl_attr_get_u32(attribute))
               : Number{};
}

AddressBytes attribute_bytes(const nlattr *attribute)
{
    AddressBytes bytes{};
    std::memcpy(bytes.data(), mnl_attr_get_payload(attribute),
                std::min<std::size_t>(mnl_attr_get_payload_len(attribute), bytes.size()));
    return bytes;
}

// Behind its family, which way an address goes (struct rtvia)
AddressBytes attribute_via(const nlattr *attribute)
{
    AddressBytes bytes{};
    const std::size_t length = mnl_attr_get_payload_len(attribute);
    if (length > sizeof(rtvia))
        std::memcpy(bytes.data(), static_cast<const char *>(mnl_attr_get_payload(attribute)) + sizeof(rtvia),
                    std::min(length - sizeof(rtvia), bytes.size()));
    return bytes;
}

template <class Header> const Header *header_of(const nlmsghdr *message)
{
    return mnl_nlmsg_get_payload_len(message) < sizeof(Header)
               ? nullptr
               : static_cast<const Header *>(mnl_nlmsg_get_payload(message));
}

std::string text_of_address(int family, const AddressBytes &bytes)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr)
        return {};
    return text.data();
}

const LinkEntry *link_of(const Network &network, int index)
{
    const auto found = std::find_if(network.links.begin(), network.links.end(),
                                    [index](const LinkEntry &link) { return link.index == index; });
    return found == network.links.end() ? nullptr : &*found;
}

const LinkEntry *link_named(const Network &network, const std::string &name)
{
    const auto found = std::find_if(network.links.begin(), network.links.end(),
                                    [&](const LinkEntry &link) { return link.name == name; });
    return found == network.links.end() ? nullptr : &*found;
}

Interface interface_made_of(const Network &network, const LinkEntry &link)
{
    const LinkEntry *const lower = link.lower != 0 && link.kind == "vlan" ? link_of(network, link.lower) : nullptr;
    const bool joins = link.kind == "bond" || link.kind == "team" || link.kind == "bridge";
    return {link.index, link.name, lower == nullptr ? "" : lower->name, joins, link.up, link.carrier, link.mtu};
}

bool same_begin(const AddressBytes &a, const AddressBytes &b, unsigned int bits)
{
    for (unsigned int i = 0; i < bits; ++i)
        if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

// The interface that has an address in the network of @to; one that is up, if there is
const LinkEntry *link_near(const Network &network, const PartnerAddress &to)
{
    const LinkEntry *near = nullptr;
    const unsigned int whole = to.family == AF_INET ? 32 : 128;
    for (const AddressEntry &address : network.addresses) {
        if (address.family != to.family || address.length == 0 || address.length >= whole ||
            !same_begin(address.bytes, to.bytes, address.length))
            continue;
        const LinkEntry *const link = link_of(network, address.index);
        if (link != nullptr && (near == nullptr || (!near->up && link->up)))
            near = link;
    }
    return near;
}

void look_at_neighbour(Way &way, const Network &network, int family, const AddressBytes &asked)
{
    way.asked = text_of_address(family, asked);
    for (const NeighbourEntry &neighbour : network.neighbours) {
        if (neighbour.index != way.interface->index || neighbour.family != family || neighbour.bytes != asked)
            continue;
        way.neighbour = neighbour_word(neighbour.state);
        way.answers = answers_by(neighbour.state);
    }
}

} // namespace

std::string neighbour_word(std::uint16_t state)
{
    constexpr struct {
        std::uint16_t bit;
        const char *word;
    } words[] = {{NUD_INCOMPLETE, "INCOMPLETE"}, {NUD_REACHABLE, "REACHABLE"}, {NUD_STALE, "STALE"},
                 {NUD_DELAY, "DELAY"},           {NUD_PROBE, "PROBE"},         {NUD_FAILED, "FAILED"},
                 {NUD_NOARP, "NOARP"},           {NUD_PERMANENT, "PERMANENT"}};
    for (const auto &[bit, word] : words)
        if ((state & bit) != 0)
            return word;
    return "none";
}

Seen answers_by(std::uint16_t state)
{
    if ((state & NUD_REACHABLE) != 0)
        return Seen::yes;
    return (state & NUD_FAILED) != 0 ? Seen::no : Seen::unknown;
}

std::optional<LinkEntry> read_link(const nlmsghdr *message)
{
    const auto *const header = header_of<ifinfomsg>(message);
    if (message->nlmsg_type != RTM_NEWLINK || header == nullptr)
        return std::nullopt;
    LinkEntry link;
    link.index = header->ifi_index;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.carrier = (header->ifi_flags & IFF_RUNNING) != 0;
    each_attribute(message, sizeof(*header), [&](const nlattr *attribute) {
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_IFNAME:
            link.name = attribute_text(attribute);
            break;
        case IFLA_LINK:
            link.lower = attribute_number<int>(attribute);
            break;
        case IFLA_MTU:
            link.mtu = attribute_number<std::uint32_t>(attribute);
            break;
        case IFLA_CARRIER:
            link.carrier = mnl_attr_get_payload_len(attribute) != 0 && mnl_attr_get_u8(attribute) != 0;
            break;
        case IFLA_LINKINFO:
            each_attribute(attribute, [&](const nlattr *inner) {
                if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
                    link.kind = attribute_text(inner);
            });
            break;
        default:
            break;
        }
    });
    return link;
}

std::optional<AddressEntry> read_address(const nlmsghdr *message)
{
    const auto *const header = header_of<ifaddrmsg>(message);
    if (message->nlmsg_type != RTM_NEWADDR || header == nullptr)
        return std::nullopt;
    AddressEntry address;
    address.index = static_cast<int>(header->ifa_index);
    address.family = header->ifa_family;
    address.length = header->ifa_prefixlen;
    bool local = false;
    each_attribute(message, sizeof(*header), [&](const nlattr *attribute) {
        // IFA_ADDRESS is the other end of a point-to-point link
        if (mnl_attr_get_type(attribute) == IFA_LOCAL || (mnl_attr_get_type(attribute) == IFA_ADDRESS && !local)) {
            local |= mnl_attr_get_type(attribute) == IFA_LOCAL;
            address.bytes = attribute_bytes(attribute);
        }
    });
    return address;
}

std::optional<NeighbourEntry> read_neighbour(const nlmsghdr *message)
{
    const auto *const header = header_of<ndmsg>(message);
    if (message->nlmsg_type != RTM_NEWNEIGH || header == nullptr)
        return std::nullopt;
    NeighbourEntry neighbour;
    neighbour.index = header->ndm_ifindex;
    neighbour.family = header->ndm_family;
    neighbour.state = header->ndm_state;
    each_attribute(message, sizeof(*header), [&](const nlattr *attribute) {
        if (mnl_attr_get_type(attribute) == NDA_DST)
            neighbour.bytes = attribute_bytes(attribute);
    });
    return neighbour;
}

std::optional<RouteEntry> read_route(const nlmsghdr *message)
{
    const auto *const header = header_of<rtmsg>(message);
    if (message->nlmsg_type != RTM_NEWROUTE || header == nullptr)
        return std::nullopt;
    RouteEntry route;
    route.own = header->rtm_type == RTN_LOCAL;
    route.none = !route.own && header->rtm_type != RTN_UNICAST;
    each_attribute(message, sizeof(*header), [&](const nlattr *attribute) {
        switch (mnl_attr_get_type(attribute)) {
        case RTA_OIF:
            route.index = attribute_number<int>(attribute);
            break;
        case RTA_GATEWAY:
            route.gateway = attribute_bytes(attribute);
            break;
        case RTA_VIA:
            route.gateway = attribute_via(attribute);
            break;
        case RTA_PREFSRC:
            route.source = attribute_bytes(attribute);
            break;
        default:
            break;
        }
    });
    return route;
}

Way way_to(const PartnerAddress &to, const Network &network, const RouteEntry &route)
{
    Way way;
    const LinkEntry *by = link_of(network, route.index);
    const LinkEntry *const near = to.interface.empty() ? link_near(network, to) : link_named(network, to.interface);
    if (!to.interface.empty() && near == nullptr) {
        way.missing = to.interface;
        return way;
    }
    way.route = route.own       ? Way::Route::own
                : route.none    ? Way::Route::none
                : route.gateway ? Way::Route::gateway
                                : Way::Route::direct;
    // it has taken the route with it
    if (near != nullptr && way.route != Way::Route::own && way.route != Way::Route::direct &&
        !(near->up && near->carrier))
        by = near;
    if (by == nullptr || way.route == Way::Route::own)
        return way;
    way.interface = interface_made_of(network, *by);
    if (route.source)
        way.source = text_of_address(to.family, *route.source);
    if (way.route != Way::Route::none)
        look_at_neighbour(way, network, to.family, route.gateway ? *route.gateway : to.bytes);
    return way;
}

} // namespace ccmadm
