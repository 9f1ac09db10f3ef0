// SPDX-License-Identifier: GPL-2.0-only
#include "explain/network_view.h"

#include "explain/network.h"
#include "netlink.h"

#include <array>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <functional>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <memory>
#include <net/if.h>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

namespace ccmadm {

namespace {

using namespace std::chrono_literals;

// Three tries, a second each, and some time for a machine that is busy
constexpr auto patience = 4500ms;
constexpr auto look_again = 50ms;

using Take = std::function<void(const nlmsghdr *)>;

class RouteSocket {
public:
    static std::unique_ptr<RouteSocket> open()
    {
        std::unique_ptr<RouteSocket> route(new RouteSocket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)));
        if (route->socket_ == nullptr || mnl_socket_bind(route->socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0)
            return nullptr;
        return route;
    }

    // A positive errno, or 0: @take has got all there is.
    int talk(nlmsghdr *message, const Take &take)
    {
        message->nlmsg_seq = ++sequence_;
        if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0)
            return errno;
        for (;;) {
            // A dump's message is of the size that the kernel likes.
            alignas(nlmsghdr) std::array<char, 32768> buffer;
            const ssize_t got = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return errno;
            int left = static_cast<int>(got);
            for (const auto *part = reinterpret_cast<const nlmsghdr *>(buffer.data()); mnl_nlmsg_ok(part, left);
                 part = mnl_nlmsg_next(part, &left)) {
                if (part->nlmsg_seq != sequence_)
                    continue;
                if (part->nlmsg_type == NLMSG_ERROR)
                    return -static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(part))->error;
                if (part->nlmsg_type == NLMSG_DONE)
                    return 0;
                take(part);
            }
        }
    }

private:
    struct Close {
        void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
    };
    explicit RouteSocket(mnl_socket *socket) : socket_(socket) {}

    std::unique_ptr<mnl_socket, Close> socket_;
    std::uint32_t sequence_ = 0;
};

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

int dump_neighbours(RouteSocket &socket, std::vector<NeighbourEntry> &neighbours)
{
    NetlinkBuffer buffer{};
    ndmsg *header = nullptr;
    nlmsghdr *const message = begin_route(buffer, RTM_GETNEIGH, NLM_F_DUMP, header);
    neighbours.clear();
    return socket.talk(message, [&](const nlmsghdr *part) { add_entry(neighbours, read_neighbour, part); });
}

int dump_all(RouteSocket &socket, Network &network)
{
    NetlinkBuffer buffer{};
    ifinfomsg *link = nullptr;
    int number = socket.talk(begin_route(buffer, RTM_GETLINK, NLM_F_DUMP, link),
                             [&](const nlmsghdr *part) { add_entry(network.links, read_link, part); });
    if (number != 0)
        return number;
    ifaddrmsg *address = nullptr;
    number = socket.talk(begin_route(buffer, RTM_GETADDR, NLM_F_DUMP, address),
                         [&](const nlmsghdr *part) { add_entry(network.addresses, read_address, part); });
    return number != 0 ? number : dump_neighbours(socket, network.neighbours);
}

std::size_t length_of(int family)
{
    return family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
}

// What the kernel would do with a frame to there now
RouteEntry get_route(RouteSocket &socket, const PartnerAddress &to)
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
    const int number = socket.talk(message, [&](const nlmsghdr *part) { route = read_route(part).value_or(route); });
    if (number != 0)
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

// Has the kernel ask: anew if it knows where, else for the first time. A positive errno, or 0.
int ask_neighbour(RouteSocket &socket, const NeighbourEntry &neighbour)
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
    return socket.talk(message, [](const nlmsghdr *) {});
}

// Waits until it has answered, or not.
void ask_and_wait(RouteSocket &socket, NeighbourEntry neighbour, Way &way)
{
    if ((neighbour.state & (NUD_NOARP | NUD_PERMANENT)) != 0)
        return; // nobody is asked
    if (const int number = ask_neighbour(socket, neighbour); number != 0) {
        // what it remembers may be of another time
        if (way.answers == Seen::yes)
            way.answers = Seen::unknown;
        return;
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    std::vector<NeighbourEntry> neighbours;
    do {
        std::this_thread::sleep_for(look_again);
        if (dump_neighbours(socket, neighbours) != 0)
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
    const auto socket = RouteSocket::open();
    Network network;
    if (!socket || dump_all(*socket, network) != 0)
        return std::nullopt;
    Way way = ccmadm::way_to(to, network, get_route(*socket, to));
    if (!ask || way.asked.empty() || !way.interface || !way.interface->up || !way.interface->carrier)
        return way;
    NeighbourEntry neighbour;
    neighbour.index = way.interface->index;
    neighbour.family = to.family;
    inet_pton(to.family, way.asked.c_str(), neighbour.bytes.data());
    neighbour.state = neighbour_state(network.neighbours, neighbour);
    ask_and_wait(*socket, neighbour, way);
    return way;
}

} // namespace ccmadm
