// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "explain/facts.h"
#include "partner_address.h"

#include <array>
#include <cstdint>
#include <libmnl/libmnl.h>
#include <optional>
#include <string>
#include <vector>

namespace ccmadm {

// An IPv4 or IPv6 address, the rest zero.
using AddressBytes = std::array<unsigned char, 16>;

// What rtnetlink says, a message each.
struct LinkEntry {
    int index = 0;
    std::string name;
    int lower = 0; // index of the interface below
    std::string kind;
    bool up = false, carrier = false;
    std::uint32_t mtu = 0;
};

struct AddressEntry {
    int index = 0;
    int family = 0;
    AddressBytes bytes{};
    unsigned int length = 0;
};

struct NeighbourEntry {
    int index = 0;
    int family = 0;
    AddressBytes bytes{};
    std::uint16_t state = 0; // NUD_*
};

struct RouteEntry {
    bool none = false; // unreachable, or no answer
    bool own = false;
    int index = 0;
    std::optional<AddressBytes> gateway, source;
};

std::optional<LinkEntry> read_link(const nlmsghdr *message);
std::optional<AddressEntry> read_address(const nlmsghdr *message);
std::optional<NeighbourEntry> read_neighbour(const nlmsghdr *message);
std::optional<RouteEntry> read_route(const nlmsghdr *message);

struct Network {
    std::vector<LinkEntry> links;
    std::vector<AddressEntry> addresses;
    std::vector<NeighbourEntry> neighbours;
};

// The way to an address, with the route that the kernel has chosen; whether the machine there answers, only
// as far as a neighbour entry says so.
Way way_to(const PartnerAddress &to, const Network &network, const RouteEntry &route);

// "REACHABLE", as `ip neigh` has it.
std::string neighbour_word(std::uint16_t state);
// Whose state proves that the machine has answered, or has not.
Seen answers_by(std::uint16_t state);

} // namespace ccmadm
