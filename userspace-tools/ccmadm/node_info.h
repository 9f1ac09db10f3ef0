// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <cstdint>
#include <libmnl/libmnl.h>
#include <string>

namespace ccmadm {

// This node, as the module has it now; what an older module does not say is 0 or empty.
struct NodeInfo {
    std::uint32_t id = 0; // 0: not configured
    std::string name;
    std::string cluster;
    std::uint64_t incarnation = 0;
    std::uint32_t stage = 0;
    std::string module_version;
    std::uint32_t uapi_version = 0;
    std::uint16_t version_min = 0;
    std::uint16_t version_max = 0;
    std::string auth; // as the parameter
    std::uint16_t rdma_port = 0;
    std::uint32_t detect_ms = 0;
    std::uint32_t heartbeat_us = 0;
    std::uint32_t client_ports = 0;
    std::uint64_t client_memory = 0;
    std::uint32_t node_ports = 0;
    std::uint64_t node_memory = 0;
    std::uint32_t partners = 0;
    std::uint32_t clients = 0;
    std::uint32_t ports_taken = 0;
    std::uint64_t memory_taken = 0;
    std::uint64_t notifications_lost = 0;
};

// Of an answer to node-get
NodeInfo node_info_of(const nlmsghdr *message);

// By generic netlink: Documentation/netlink/specs/ccm.yaml.
Result<NodeInfo> ask_node_info();

} // namespace ccmadm
