// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <linux/ccm_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <utility>

namespace ccmadm {

namespace {

nlmsghdr *begin(NetlinkBuffer &buffer, std::uint16_t family, std::uint8_t command, std::uint8_t version)
{
    nlmsghdr *message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = family;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    auto *generic = static_cast<genlmsghdr *>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
    generic->cmd = command;
    generic->version = version;
    return message;
}

} // namespace

Result<Netlink> Netlink::open()
{
    auto socket = NetlinkSocket::open(NETLINK_GENERIC);
    if (!socket)
        return socket.error();
    Netlink netlink(std::move(socket.value()));
    if (auto found = netlink.find_family(); !found)
        return found.error();
    return netlink;
}

Result<Nothing> Netlink::find_family()
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, CCM_FAMILY_NAME);
    const auto answer = socket_.talk(message, [this](const nlmsghdr *reply) {
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

Result<NetlinkAnswer> Netlink::request(std::uint8_t command, const Fill &fill, const NetlinkReply &reply)
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, family_, command, CCM_FAMILY_VERSION);
    fill(message);
    return socket_.talk(message, reply);
}

Result<NetlinkAnswer> Netlink::dump(std::uint8_t command, const NetlinkReply &reply)
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = begin(buffer, family_, command, CCM_FAMILY_VERSION);
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    return socket_.talk(message, reply);
}

} // namespace ccmadm
