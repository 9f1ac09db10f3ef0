// SPDX-License-Identifier: GPL-2.0-only
#include "netlink_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace ccmadm {

namespace {

Error netlink_error(const char *what)
{
    return {fmt::format("netlink: {}: {}", what, strerror(errno))};
}

int look_at(const nlattr *attribute, void *data)
{
    (*static_cast<NetlinkLook *>(data))(attribute);
    return MNL_CB_OK;
}

// The kernel repeats nothing of the request (NETLINK_CAP_ACK): its words follow at once.
NetlinkAnswer read_answer(const nlmsghdr *message)
{
    const auto *error = static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(message));
    NetlinkAnswer answer{-error->error, {}};
    if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
        return answer;
    each_attribute(message, sizeof(*error), [&](const nlattr *attribute) {
        if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
            answer.text = mnl_attr_get_str(attribute);
    });
    return answer;
}

} // namespace

void each_attribute(const nlmsghdr *message, unsigned int offset, NetlinkLook look)
{
    mnl_attr_parse(message, offset, look_at, &look);
}

void each_attribute(const nlattr *nest, NetlinkLook look)
{
    mnl_attr_parse_nested(nest, look_at, &look);
}

Result<NetlinkSocket> NetlinkSocket::open(int protocol)
{
    mnl_socket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
    if (socket == nullptr)
        return netlink_error("socket");
    NetlinkSocket opened(socket);
    int on = 1;
    for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK})
        if (mnl_socket_setsockopt(socket, option, &on, sizeof(on)) != 0)
            return netlink_error("option");
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0)
        return netlink_error("bind");
    return opened;
}

Result<NetlinkAnswer> NetlinkSocket::talk(nlmsghdr *message, const NetlinkReply &reply)
{
    message->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0)
        return netlink_error("send");
    bool inconsistent = false;
    for (;;) {
        // A dump's message is of the size that the kernel likes.
        alignas(nlmsghdr) std::array<char, 32768> buffer;
        const ssize_t got = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return netlink_error("receive");
        int left = static_cast<int>(got);
        for (const auto *part = reinterpret_cast<const nlmsghdr *>(buffer.data()); mnl_nlmsg_ok(part, left);
             part = mnl_nlmsg_next(part, &left)) {
            if (part->nlmsg_seq != sequence_)
                continue;
            inconsistent |= (part->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (part->nlmsg_type == NLMSG_ERROR)
                return read_answer(part);
            if (part->nlmsg_type == NLMSG_DONE)
                return NetlinkAnswer{-*static_cast<const int *>(mnl_nlmsg_get_payload(part)), {}, inconsistent};
            if (reply)
                reply(part);
        }
    }
}

} // namespace ccmadm
