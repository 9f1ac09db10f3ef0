// SPDX-License-Identifier: GPL-2.0-only
#include "explain/network_view.h"

#include "explain/network.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <chrono>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <thread>
#include <utility>
#include <vector>

namespace ccmadm {

namespace {

using namespace std::chrono_literals;

// Three tries, a second each, and some time for a machine that is busy
constexpr auto patience = 4500ms;
constexpr auto look_again = 50ms;

// True: @take has got all there is.
bool ask_kernel(NetlinkSocket &socket, nlmsghdr *message, const NetlinkReply &take = {})
{
    const auto answer = socket.talk(message, take);
    return answer && answer.value().number == 0;
}

template <class Header> nlmsghdr *begin_route(NetlinkBuffer &buffer, std::uint16_t type, int flags, Header *&header)
{
    nlmsghdr *const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header = static_cast<Header *>(mnl_nlmsg_put_extra_header(message, sizeof(Header)));
    return message;
}

template <class Entry>
void add_entry(std::vector<Entry> &all, std::optional<Entry> (*read)(const nlmsghdr *), const nlmsghdr *message)
{
    if (auto entry = read(message))
        all.push_back(std::move(*entry));
}

bool dump_neighbours(NetlinkSocket &socket, std::vector<NeighbourEntry> &neighbours)
{
    NetlinkBuffer buffer{};
    ndmsg *header = nullptr;
    nlmsghdr *const message = begin_route(buffer, RTM_GETNEIGH, NLM_F_DUMP, header);
    neighbours.clear();
    return ask_kernel(socket, message, [&](const nlmsghdr *part) { add_entry(neighbours, read_neighbour, part); });
}

bool dump_all(NetlinkSocket &socket, Network &network)
{
    NetlinkBuffer buffer{};
    ifinfomsg *link = nullptr;
    if (!ask_kernel(socket, begin_route(buffer, RTM_GETLINK, NLM_F_DUMP, link),
                    [&](const nlmsghdr *part) { add_entry(network.links, read_link, part); }))
        return false;
    ifaddrmsg *address = nullptr;
    return ask_kernel(socket, begin_route(buffer, RTM_GETADDR, NLM_F_DUMP, address),
                      [&](const nlmsghdr *part) { add_entry(network.addresses, read_address, part); }) &&
           dump_neighbours(socket, network.neighbours);
}

std::size_t length_of(int family)
{
    return family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
}

// What the kernel would do with a frame to there now
RouteEntry get_route(NetlinkSocket &socket, const PartnerAddress &to)
{
    NetlinkBuffer buffer{};
    rtmsg *header = nullptr;
    nlmsghdr *const message = begin_route(buffer, RTM_GETROUTE, NLM_F_ACK, header);
    header->rtm_family = static_cast<unsigned char>(to.family);
    header->rtm_dst_len = static_cast<unsigned char>(8 * length_of(to.family));
    mnl_attr_put(message, RTA_DST, length_of(to.family), to.bytes.data());
    if (!to.interface.empty())
        mnl_attr_put_u32(message, RTA_OIF, if_nametoindex(to.interface.c_str()));
    RouteEntry route;
    route.none = true;
    if (!ask_kernel(socket, message, [&](const nlmsghdr *part) { route = read_route(part).value_or(route); }))
        route.none = true;
    return route;
}

std::uint16_t neighbour_state(const std::vector<NeighbourEntry> &neighbours, const NeighbourEntry &wanted)
{
    for (const NeighbourEntry &one : neighbours)
        if (one.index == wanted.index && one.family == wanted.family && one.bytes == wanted.bytes)
            return one.state;
    return NUD_NONE;
}

// Has the kernel ask: anew if it knows where, else for the first time. False: it does not.
bool ask_neighbour(NetlinkSocket &socket, const NeighbourEntry &neighbour)
{
    NetlinkBuffer buffer{};
    ndmsg *header = nullptr;
    nlmsghdr *const message = begin_route(buffer, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, header);
    header->ndm_family = static_cast<unsigned char>(neighbour.family);
    header->ndm_ifindex = neighbour.index;
    if ((neighbour.state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY)) != 0)
        header->ndm_state = NUD_PROBE;
    else
        header->ndm_flags = NTF_USE;
    mnl_attr_put(message, NDA_DST, length_of(neighbour.family), neighbour.bytes.data());
    return ask_kernel(socket, message);
}

// Waits until it has answered, or not.
void ask_and_wait(NetlinkSocket &socket, NeighbourEntry neighbour, Way &way)
{
    if ((neighbour.state & (NUD_NOARP | NUD_PERMANENT)) != 0)
        return; // nobody is asked
    if (!ask_neighbour(socket, neighbour)) {
        // what it remembers may be of another time
        if (way.answers == Seen::yes)
            way.answers = Seen::unknown;
        return;
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    std::vector<NeighbourEntry> neighbours;
    do {
        std::this_thread::sleep_for(look_again);
        if (!dump_neighbours(socket, neighbours))
            return;
        const std::uint16_t state = neighbour_state(neighbours, neighbour);
        way.neighbour = neighbour_word(state);
        way.answers = answers_by(state);
    } while (way.answers == Seen::unknown && std::chrono::steady_clock::now() < until);
    if (way.answers == Seen::unknown)
        way.answers = Seen::no;
}

} // namespace

std::optional<Way> RtnetlinkView::way_to(const PartnerAddress &to, bool ask)
{
    auto opened = NetlinkSocket::open(NETLINK_ROUTE);
    if (!opened)
        return std::nullopt;
    NetlinkSocket &socket = opened.value();
    Network network;
    if (!dump_all(socket, network))
        return std::nullopt;
    Way way = ccmadm::way_to(to, network, get_route(socket, to));
    if (!ask || way.asked.empty() || !way.interface || !way.interface->up || !way.interface->carrier)
        return way;
    NeighbourEntry neighbour;
    neighbour.index = way.interface->index;
    neighbour.family = to.family;
    inet_pton(to.family, way.asked.c_str(), neighbour.bytes.data());
    neighbour.state = neighbour_state(network.neighbours, neighbour);
    ask_and_wait(socket, neighbour, way);
    return way;
}

} // namespace ccmadm
