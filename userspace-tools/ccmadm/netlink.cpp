// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/ccm_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

namespace ccmadm {

namespace {

Error system_error(const char *what)
{
    return {fmt::format("netlink: {}: {}", what, strerror(errno))};
}

nlmsghdr *begin(NetlinkBuffer &buffer, std::uint16_t family, std::uint8_t command, std::uint8_t version,
                std::uint32_t sequence)
{
    nlmsghdr *message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = family;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = sequence;
    auto *generic = static_cast<genlmsghdr *>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
    generic->cmd = command;
    generic->version = version;
    return message;
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

Result<Netlink> Netlink::open()
{
    mnl_socket *socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
    if (socket == nullptr)
        return system_error("socket");
    Netlink netlink(socket);
    int on = 1;
    for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK})
        if (mnl_socket_setsockopt(socket, option, &on, sizeof(on)) != 0)
            return system_error("option");
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) != 0)
        return system_error("bind");
    if (auto found = netlink.find_family(); !found)
        return found.error();
    return netlink;
}

Result<Nothing> Netlink::find_family()
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, ++sequence_);
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, CCM_FAMILY_NAME);
    const auto answer = talk(message, [this](const nlmsghdr *reply) {
        each_attribute(reply, sizeof(genlmsghdr), [this](const nlattr *attribute) {
            if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID && mnl_attr_validate(attribute, MNL_TYPE_U16) == 0)
                family_ = mnl_attr_get_u16(attribute);
        });
    });
    if (!answer)
        return answer.error();
    if (family_ == 0)
        return Error{"rdma_ccm is not loaded, or too old to be configured while it runs: try `modprobe rdma_ccm`"};
    return Nothing{};
}

Result<NetlinkAnswer> Netlink::request(std::uint8_t command, const Fill &fill, const Reply &reply)
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, family_, command, CCM_FAMILY_VERSION, ++sequence_);
    fill(message);
    return talk(message, reply);
}

Result<NetlinkAnswer> Netlink::dump(std::uint8_t command, const Reply &reply)
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, family_, command, CCM_FAMILY_VERSION, ++sequence_);
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    return talk(message, reply);
}

Result<NetlinkAnswer> Netlink::talk(nlmsghdr *message, const Reply &reply)
{
    if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0)
        return system_error("send");
    bool inconsistent = false;
    for (;;) {
        NetlinkBuffer buffer{};
        const ssize_t got = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_error("receive");
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
