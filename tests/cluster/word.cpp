// SPDX-License-Identifier: GPL-2.0-only
#include "word.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "error.h"

namespace ccm::test {

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::size_t hello_length = 160, word_length = 48;
constexpr unsigned rdma_port = 3341;
constexpr std::string_view hello_header = "CCM1\x06\x00\xa0\x00"sv, word_header = "CCM1\x0d\x00\x30\x00"sv;

std::string little(std::uint32_t value)
{
    std::string bytes;
    for (int i = 0; i < 4; i++)
        bytes += static_cast<char>(value >> 8 * i);
    return bytes;
}

std::string big(unsigned value)
{
    return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string mac_bytes(const std::string &mac)
{
    std::array<unsigned, 6> b{};
    std::string bytes;
    if (std::sscanf(mac.c_str(), "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
        throw Error("not a hardware address: {}", mac);
    for (unsigned one : b)
        bytes += static_cast<char>(one);
    return bytes;
}

std::string ip_bytes(const std::string &address)
{
    std::string bytes(4, '\0');
    if (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1)
        throw Error("not an IPv4 address: {}", address);
    return bytes;
}

unsigned checksum(const std::string &header)
{
    unsigned sum = 0;
    for (std::size_t i = 0; i < header.size(); i += 2)
        sum += static_cast<unsigned char>(header[i]) << 8 | static_cast<unsigned char>(header[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

} // namespace

std::string Word::bytes() const
{
    return std::string(word_header) + little(node) + little(partner) + incarnation + secret + std::string(8, '\0');
}

WordTap::WordTap(Cluster &cluster) : cluster_(cluster)
{
    FdPair ends = socket_pair(SOCK_SEQPACKET);
    fd_ = std::move(ends.ours);
    cluster_.network().add_cable("on-the-path").plug(std::move(ends.theirs), Framing::packet);
    cluster_.network().on_frame([this](const Cable &, std::string_view frame, TimePoint) { look(frame); });
}

WordTap::~WordTap()
{
    cluster_.network().on_frame({});
    cluster_.network().lose({});
}

// RDMA WRITEs carry a hello as it is, by whatever protocol.
void WordTap::look(std::string_view frame)
{
    std::lock_guard lock(mutex_);
    std::size_t at = frame.find(hello_header);
    if (at != frame.npos && frame.size() >= at + hello_length) {
        const unsigned node = static_cast<unsigned char>(frame[at + 12]);
        if (node < std::size(hellos_))
            hellos_[node] = frame.substr(at, hello_length);
    }
    seen_ += frame.find(word_header) != frame.npos;
}

Word WordTap::word_of(const Node &from, const Node &to) const
{
    std::lock_guard lock(mutex_);
    const std::string &hello = hellos_[from.id()];
    if (hello.empty())
        throw Error("no hello of {} has come by", from.name());
    return {static_cast<unsigned>(from.id()), static_cast<unsigned>(to.id()), hello.substr(16, 8), hello.substr(144)};
}

void WordTap::lose()
{
    cluster_.network().lose(
        [](const Cable &, std::string_view frame) { return frame.find(word_header) != frame.npos; });
}

unsigned WordTap::seen() const
{
    std::lock_guard lock(mutex_);
    return seen_;
}

void WordTap::send(const Node &from, const Node &to, const std::string &payload)
{
    const unsigned udp = 8 + static_cast<unsigned>(payload.size());
    std::string ip = "\x45\x00"s + big(20 + udp) + "\0\0\0\0\x40\x11"s;
    const std::string addresses = ip_bytes(from.ipv4()) + ip_bytes(to.ipv4());
    ip += big(checksum(ip + "\0\0"s + addresses)) + addresses;
    // An IPv4 datagram need not have a checksum. From an address of its own: the switch learns them.
    const std::string frame = mac_bytes(to.mac()) + mac_bytes("02:00:00:00:00:fe") + "\x08\x00"s + ip + big(rdma_port) +
                              big(rdma_port) + big(udp) + "\0\0"s + payload;
    if (::send(fd_.get(), frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
        throw Error("cannot send a frame");
}

} // namespace ccm::test
