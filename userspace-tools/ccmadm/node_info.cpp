// SPDX-License-Identifier: GPL-2.0-only
#include "node_info.h"

#include "netlink.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/ccm_netlink.h>
#include <linux/genetlink.h>

namespace ccmadm {

namespace {

void take(const nlattr *attribute, std::string &text)
{
    if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
        text = mnl_attr_get_str(attribute);
}

// One of another size is not what it is called.
template <class Number> void take(const nlattr *attribute, Number &number)
{
    if (mnl_attr_get_payload_len(attribute) == sizeof(number))
        std::memcpy(&number, mnl_attr_get_payload(attribute), sizeof(number));
}

} // namespace

NodeInfo node_info_of(const nlmsghdr *message)
{
    NodeInfo node;
    each_attribute(message, sizeof(genlmsghdr), [&](const nlattr *attribute) {
        switch (mnl_attr_get_type(attribute)) {
        case CCM_A_NODE_ID:
            return take(attribute, node.id);
        case CCM_A_NODE_NAME:
            return take(attribute, node.name);
        case CCM_A_NODE_CLUSTER:
            return take(attribute, node.cluster);
        case CCM_A_NODE_INCARNATION:
            return take(attribute, node.incarnation);
        case CCM_A_NODE_STAGE:
            return take(attribute, node.stage);
        case CCM_A_NODE_MODULE_VERSION:
            return take(attribute, node.module_version);
        case CCM_A_NODE_UAPI_VERSION:
            return take(attribute, node.uapi_version);
        case CCM_A_NODE_VERSION_MIN:
            return take(attribute, node.version_min);
        case CCM_A_NODE_VERSION_MAX:
            return take(attribute, node.version_max);
        case CCM_A_NODE_AUTH:
            return take(attribute, node.auth);
        case CCM_A_NODE_RDMA_PORT:
            return take(attribute, node.rdma_port);
        case CCM_A_NODE_DETECT_MS:
            return take(attribute, node.detect_ms);
        case CCM_A_NODE_HEARTBEAT_US:
            return take(attribute, node.heartbeat_us);
        case CCM_A_NODE_CLIENT_PORTS:
            return take(attribute, node.client_ports);
        case CCM_A_NODE_CLIENT_MEMORY:
            return take(attribute, node.client_memory);
        case CCM_A_NODE_NODE_PORTS:
            return take(attribute, node.node_ports);
        case CCM_A_NODE_NODE_MEMORY:
            return take(attribute, node.node_memory);
        case CCM_A_NODE_PARTNERS:
            return take(attribute, node.partners);
        case CCM_A_NODE_CLIENTS:
            return take(attribute, node.clients);
        case CCM_A_NODE_PORTS_TAKEN:
            return take(attribute, node.ports_taken);
        case CCM_A_NODE_MEMORY_TAKEN:
            return take(attribute, node.memory_taken);
        case CCM_A_NODE_NOTIFICATIONS_LOST:
            return take(attribute, node.notifications_lost);
        default:
            return;
        }
    });
    return node;
}

Result<NodeInfo> ask_node_info()
{
    auto netlink = Netlink::open();
    if (!netlink)
        return netlink.error();
    NodeInfo node;
    const auto answer = netlink.value().request(
        CCM_CMD_NODE_GET, [](nlmsghdr *) {}, [&](const nlmsghdr *message) { node = node_info_of(message); });
    if (!answer)
        return answer.error();
    const auto &[number, text, inconsistent] = answer.value();
    if (number == EOPNOTSUPP)
        return Error{"rdma_ccm is older than ccmadm, and does not describe the node: see `ccmadm status`"};
    if (number != 0)
        return Error{fmt::format("the node: {}", text.empty() ? strerror(number) : text)};
    return node;
}

} // namespace ccmadm
