// SPDX-License-Identifier: GPL-2.0-only
// What rtnetlink says, from messages that a kernel has sent. In captured/ are those of a machine with
// eth0 (up; 192.0.2.1/24, 2001:db8::1/64), eth1 (up, no carrier; 203.0.113.1/24) and eth2 (down; 10.9.0.1/16),
// neighbours 192.0.2.2 (reachable), .3 (failed) and 2001:db8::2 (stale), and the default gateway 192.0.2.254.
#include "explain/network.h"

#include <algorithm>
#include <array>
#include <arpa/inet.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace ccmadm::test {
namespace {

template <class Entry>
std::vector<Entry> captured(const std::string &name, std::optional<Entry> (*read)(const nlmsghdr *))
{
    std::ifstream file(std::string(CCMADM_CAPTURED "/") + name + ".bin", std::ios::binary);
    EXPECT_TRUE(file) << name;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::uint32_t> aligned((text.size() + 3) / 4);
    std::copy(text.begin(), text.end(), reinterpret_cast<char *>(aligned.data()));
    std::vector<Entry> entries;
    int left = static_cast<int>(text.size());
    for (auto *part = reinterpret_cast<const nlmsghdr *>(aligned.data()); mnl_nlmsg_ok(part, left);
         part = mnl_nlmsg_next(part, &left))
        if (auto entry = read(part))
            entries.push_back(*entry);
    return entries;
}

Network network()
{
    return {captured("links", read_link), captured("addresses", read_address), captured("neighbours", read_neighbour)};
}

RouteEntry route(const std::string &name)
{
    const auto routes = captured("route_" + name, read_route);
    EXPECT_EQ(routes.size(), 1u);
    return routes.empty() ? RouteEntry{} : routes[0];
}

RouteEntry no_route()
{
    RouteEntry none;
    none.none = true;
    return none;
}

PartnerAddress to(const char *text)
{
    return read_partner_address(text).value();
}

const LinkEntry &link(const Network &network, const std::string &name)
{
    return *std::find_if(network.links.begin(), network.links.end(), [&](const auto &one) { return one.name == name; });
}

TEST(NetworkMessages, Links)
{
    const Network all = network();
    EXPECT_TRUE(link(all, "eth0").up && link(all, "eth0").carrier);
    EXPECT_TRUE(link(all, "eth1").up);
    EXPECT_FALSE(link(all, "eth1").carrier);
    EXPECT_FALSE(link(all, "eth2").up || link(all, "eth2").carrier);
    EXPECT_EQ(link(all, "eth0").mtu, 1500u);
    EXPECT_EQ(link(all, "eth0").kind, "veth");
}

TEST(NetworkMessages, NothingButWhatIsAskedFor)
{
    EXPECT_TRUE(captured("addresses", read_link).empty());
    EXPECT_TRUE(captured("links", read_route).empty());
    EXPECT_TRUE(captured("links", read_neighbour).empty());
    EXPECT_TRUE(captured("neighbours", read_address).empty());
    nlmsghdr shorter{};
    shorter.nlmsg_len = sizeof(shorter);
    for (const std::uint16_t type : {RTM_NEWLINK, RTM_NEWADDR, RTM_NEWNEIGH, RTM_NEWROUTE}) {
        shorter.nlmsg_type = type;
        EXPECT_FALSE(read_link(&shorter) || read_address(&shorter) || read_neighbour(&shorter) || read_route(&shorter));
    }
}

TEST(NetworkWay, Direct)
{
    const Way way = way_to(to("192.0.2.2"), network(), route("direct"));
    EXPECT_EQ(way.route, Way::Route::direct);
    ASSERT_TRUE(way.interface);
    EXPECT_EQ(way.interface->name, "eth0");
    EXPECT_EQ(way.source, "192.0.2.1");
    EXPECT_EQ(way.asked, "192.0.2.2");
    EXPECT_EQ(way.neighbour, "REACHABLE");
    EXPECT_EQ(way.answers, Seen::yes);
}

TEST(NetworkWay, ANeighbourThatDoesNotAnswer)
{
    const Way way = way_to(to("192.0.2.3"), network(), route("direct"));
    EXPECT_EQ(way.neighbour, "FAILED");
    EXPECT_EQ(way.answers, Seen::no);
    const Way unknown = way_to(to("192.0.2.4"), network(), route("direct"));
    EXPECT_EQ(unknown.neighbour, "");
    EXPECT_EQ(unknown.answers, Seen::unknown);
}

TEST(NetworkWay, IPv6)
{
    const Way way = way_to(to("2001:db8::2"), network(), route("ipv6"));
    EXPECT_EQ(way.route, Way::Route::direct);
    EXPECT_EQ(way.source, "2001:db8::1");
    EXPECT_EQ(way.neighbour, "STALE");
    EXPECT_EQ(way.answers, Seen::unknown);
}

TEST(NetworkWay, ByAGateway)
{
    const Way way = way_to(to("8.8.8.8"), network(), route("gateway"));
    EXPECT_EQ(way.route, Way::Route::gateway);
    EXPECT_EQ(way.asked, "192.0.2.254");
    ASSERT_TRUE(way.interface);
    EXPECT_EQ(way.interface->name, "eth0");
}

TEST(NetworkWay, ThisMachine)
{
    const Way way = way_to(to("192.0.2.1"), network(), route("own"));
    EXPECT_EQ(way.route, Way::Route::own);
    EXPECT_FALSE(way.interface);
}

TEST(NetworkWay, NoCarrier)
{
    const Way way = way_to(to("203.0.113.2"), network(), route("no_carrier"));
    ASSERT_TRUE(way.interface);
    EXPECT_EQ(way.interface->name, "eth1");
    EXPECT_TRUE(way.interface->up);
    EXPECT_FALSE(way.interface->carrier);
}

// The interface that is down has taken its route with it: whose address is near says which one it was, whether
// there is a default route or none.
TEST(NetworkWay, AnInterfaceThatIsDown)
{
    for (const RouteEntry &there : {no_route(), route("gateway")}) {
        const Way way = way_to(to("10.9.0.2"), network(), there);
        ASSERT_TRUE(way.interface);
        EXPECT_EQ(way.interface->name, "eth2");
        EXPECT_FALSE(way.interface->up);
    }
    const Way nowhere = way_to(to("10.10.0.2"), network(), no_route());
    EXPECT_EQ(nowhere.route, Way::Route::none);
    EXPECT_FALSE(nowhere.interface);
}

TEST(NetworkWay, ALinkLocalAddressOfAnInterfaceThatIsNotThere)
{
    EXPECT_EQ(way_to(to("fe80::2%eth9"), network(), no_route()).missing, "eth9");
    EXPECT_EQ(way_to(to("fe80::2%eth2"), network(), no_route()).interface->name, "eth2");
}

// A VLAN names what it is on top of; a bond does not say which RDMA device is behind it.
TEST(NetworkWay, InterfacesOnTopOfOthers)
{
    Network all = network();
    LinkEntry &top = all.links[static_cast<std::size_t>(&link(all, "eth0") - all.links.data())];
    top.lower = link(all, "eth1").index;
    EXPECT_EQ(way_to(to("192.0.2.2"), all, route("direct")).interface->lower, "") << "veth names its other end";
    top.kind = "vlan";
    EXPECT_EQ(way_to(to("192.0.2.2"), all, route("direct")).interface->lower, "eth1");
    top.kind = "bond";
    EXPECT_TRUE(way_to(to("192.0.2.2"), all, route("direct")).interface->joins);
}

TEST(NetworkWords, Neighbours)
{
    EXPECT_EQ(neighbour_word(NUD_INCOMPLETE), "INCOMPLETE");
    EXPECT_EQ(neighbour_word(0), "none");
    EXPECT_EQ(answers_by(NUD_PROBE), Seen::unknown);
}

} // namespace
} // namespace ccmadm::test
