// SPDX-License-Identifier: GPL-2.0-only
#include "genl.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <linux/ccm_netlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t head_length = NLMSG_HDRLEN + GENL_HDRLEN;

[[noreturn]] void give_up(const char *what)
{
    throw std::runtime_error(std::string(what) + ": " + strerror(errno));
}

} // namespace

GenlMessage::GenlMessage(std::uint16_t type, std::uint16_t flags, std::uint8_t command) : bytes_(head_length)
{
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    std::memcpy(bytes_.data(), &head, sizeof(head));
    genlmsghdr generic{};
    generic.cmd = command;
    generic.version = 1;
    std::memcpy(bytes_.data() + NLMSG_HDRLEN, &generic, sizeof(generic));
}

GenlMessage &GenlMessage::put(std::uint16_t type, const void *data, std::size_t length)
{
    nlattr head{};
    head.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + length);
    head.nla_type = type;
    const auto *from = reinterpret_cast<const unsigned char *>(&head);
    bytes_.insert(bytes_.end(), from, from + sizeof(head));
    from = static_cast<const unsigned char *>(data);
    bytes_.insert(bytes_.end(), from, from + length);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
    return *this;
}

GenlMessage &GenlMessage::put_nest(std::uint16_t type, const std::function<void(GenlMessage &)> &fill)
{
    const std::size_t at = bytes_.size();
    put(type | NLA_F_NESTED, nullptr, 0);
    fill(*this);
    const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at, &length, sizeof(length));
    return *this;
}

Bytes GenlMessage::bytes() const
{
    Bytes all = bytes_;
    const auto length = static_cast<std::uint32_t>(all.size());
    std::memcpy(all.data(), &length, sizeof(length));
    return all;
}

void each_attribute(const unsigned char *data, std::size_t length, const GenlLook &look)
{
    while (length >= NLA_HDRLEN) {
        nlattr head;
        std::memcpy(&head, data, sizeof(head));
        if (head.nla_len < NLA_HDRLEN || head.nla_len > length)
            return;
        look(head.nla_type & NLA_TYPE_MASK, data + NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
        const std::size_t step = NLA_ALIGN(head.nla_len);
        if (step >= length)
            return;
        data += step;
        length -= step;
    }
}

void each_attribute(const nlmsghdr &message, const GenlLook &look)
{
    if (message.nlmsg_len > head_length)
        each_attribute(reinterpret_cast<const unsigned char *>(&message) + head_length, message.nlmsg_len - head_length,
                       look);
}

std::uint64_t number_in(const unsigned char *data, std::size_t length)
{
    std::uint64_t value = 0; // little endian, as the node's machine is
    std::memcpy(&value, data, std::min(length, sizeof(value)));
    return value;
}

Genl::Genl() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC))
{
    if (fd_ < 0)
        give_up("socket");
    const int on = 1;
    setsockopt(fd_, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    GenlMessage ask(GENL_ID_CTRL, NLM_F_REQUEST, CTRL_CMD_GETFAMILY);
    ask.put(CTRL_ATTR_FAMILY_NAME, CCM_FAMILY_NAME, sizeof(CCM_FAMILY_NAME));
    if (send(ask.bytes()))
        give_up("send");
    const auto group_of = [this](std::uint16_t, const unsigned char *entry, std::size_t entry_length) {
        std::string name;
        std::uint32_t id = 0;
        each_attribute(entry, entry_length, [&](std::uint16_t type, const unsigned char *data, std::size_t length) {
            if (type == CTRL_ATTR_MCAST_GRP_NAME)
                name = reinterpret_cast<const char *>(data);
            else if (type == CTRL_ATTR_MCAST_GRP_ID)
                id = static_cast<std::uint32_t>(number_in(data, length));
        });
        groups_[name] = id;
    };
    const int error = receive([&](const nlmsghdr &message) {
        if (message.nlmsg_type != GENL_ID_CTRL)
            return;
        each_attribute(message, [&](std::uint16_t type, const unsigned char *data, std::size_t length) {
            if (type == CTRL_ATTR_FAMILY_ID)
                family_ = static_cast<std::uint16_t>(number_in(data, length));
            else if (type == CTRL_ATTR_VERSION)
                version_ = static_cast<std::uint32_t>(number_in(data, length));
            else if (type == CTRL_ATTR_MCAST_GROUPS)
                each_attribute(data, length, group_of);
        });
    });
    if (error || !family_)
        throw std::runtime_error("there is no family ccm");
}

Genl::~Genl()
{
    close(fd_);
}

void Genl::join(const std::string &group) const
{
    const auto found = groups_.find(group);
    if (found == groups_.end())
        throw std::runtime_error("there is no group " + group);
    if (setsockopt(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &found->second, sizeof(found->second)))
        give_up("NETLINK_ADD_MEMBERSHIP");
}

int Genl::send(const Bytes &bytes) const
{
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    const ssize_t sent =
        sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr *>(&to), sizeof(to));
    return sent < 0 ? errno : 0;
}

void Genl::dump(std::uint8_t command, const Look &look) const
{
    if (send(GenlMessage(family_, NLM_F_REQUEST | NLM_F_DUMP, command).bytes()))
        give_up("send");
    for (bool done = false; !done;) {
        const int error = receive([&](const nlmsghdr &message) {
            done |= message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR;
            if (message.nlmsg_type == family_)
                look(message);
        });
        if (error)
            throw std::runtime_error(std::string("dump: ") + strerror(error));
    }
}

int Genl::receive(const Look &look, int flags) const
{
    alignas(nlmsghdr) unsigned char buffer[32768];
    const ssize_t got = recv(fd_, buffer, sizeof(buffer), flags);
    if (got < 0)
        return errno;
    auto left = static_cast<std::uint32_t>(got);
    for (const auto *message = reinterpret_cast<const nlmsghdr *>(buffer); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left))
        look(*message);
    return 0;
}
