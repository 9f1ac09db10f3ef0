// SPDX-License-Identifier: GPL-2.0-only
// The verb about this node: what the module answers, as netlink has it, to what is printed.
#include "fakes.h"
#include "netlink.h"
#include "verbs/verb.h"

#include <gtest/gtest.h>
#include <linux/ccm_netlink.h>
#include <linux/genetlink.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;

NodeInfo a_node()
{
    NodeInfo node;
    node.id = 1;
    node.name = "alpha";
    node.cluster = "blue";
    node.incarnation = 0x1234;
    node.stage = CCM_STAGE_RUNNING;
    node.module_version = "0.1";
    node.uapi_version = CCM_UAPI_VERSION;
    node.version_min = 1;
    node.version_max = 1;
    node.auth = "psk";
    node.rdma_port = 3341;
    node.detect_ms = 250;
    node.heartbeat_us = 62500;
    node.client_ports = 16;
    node.client_memory = 64ULL << 20;
    node.node_ports = 1024;
    node.node_memory = 256ULL << 20;
    node.partners = 2;
    node.clients = 1;
    node.ports_taken = 4;
    node.memory_taken = 1ULL << 20;
    return node;
}

class NodeVerb : public ::testing::Test {
protected:
    ExitCode run(const Result<NodeInfo> &answer, Format format = Format::text)
    {
        Printer printer(output, format, clock);
        const auto code = run_node({[&] { return answer; }, printer});
        if (code)
            return code.value();
        error = code.error().text;
        return code.error().code;
    }

    FakeClock clock;
    StringOutput output;
    std::string error;
};

TEST_F(NodeVerb, PrintsATable)
{
    EXPECT_EQ(run(a_node()), ExitCode::ready);
    EXPECT_EQ(output.text, "node           1 alpha\n"
                           "cluster        blue\n"
                           "incarnation    0x0000000000001234\n"
                           "stage          running\n"
                           "versions       module 0.1, protocol 1, interface 2\n"
                           "auth           psk\n"
                           "RDMA port      3341\n"
                           "detection      250 ms, a heartbeat every 62.5 ms\n"
                           "partners       2 of 32\n"
                           "clients        1\n"
                           "ports          4 of 1024, at most 16 of one client to one partner\n"
                           "memory         1 MiB of 256 MiB, at most 64 MiB of one client to one partner\n"
                           "notifications  0 lost\n");
}

TEST_F(NodeVerb, PrintsJson)
{
    EXPECT_EQ(run(a_node(), Format::json), ExitCode::ready);
    EXPECT_EQ(json::parse(output.text), json::parse(R"({
        "node": 1, "name": "alpha", "cluster": "blue", "incarnation": "0x0000000000001234", "stage": "running",
        "module_version": "0.1", "uapi_version": 2, "version_min": 1, "version_max": 1, "auth": "psk",
        "rdma_port": 3341, "detect_ms": 250, "heartbeat_us": 62500, "client_ports": 16, "client_memory": 67108864,
        "node_ports": 1024, "node_memory": 268435456, "partners": 2, "clients": 1, "ports_taken": 4,
        "memory_taken": 1048576, "notifications_lost": 0})"));
}

TEST_F(NodeVerb, SaysWhatIsNotThere)
{
    NodeInfo node = a_node();
    node.id = 0;
    node.cluster = "";
    node.ports_taken = 0;
    node.memory_taken = 0;
    node.version_max = 3;
    EXPECT_EQ(run(node), ExitCode::ready);
    for (const char *line : {"node           not configured: load the module with node=ID\n", "cluster        -\n",
                             "protocol 1 to 3,", "ports          0 of 1024", "memory         0 of 256 MiB"})
        EXPECT_NE(output.text.find(line), std::string::npos) << line << output.text;
}

TEST_F(NodeVerb, AnErrorIsPassedOn)
{
    EXPECT_EQ(run(Error{"rdma_ccm is not loaded"}), ExitCode::error);
    EXPECT_EQ(error, "rdma_ccm is not loaded");
    EXPECT_EQ(output.text, "");
}

// What came is taken as what it is called only if it has that size; what is not known is left out.
TEST(NodeInfo, OfAMessage)
{
    NetlinkBuffer buffer{};
    nlmsghdr *message = mnl_nlmsg_put_header(buffer.data());
    mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr));
    mnl_attr_put_u32(message, CCM_A_NODE_ID, 7);
    mnl_attr_put_strz(message, CCM_A_NODE_CLUSTER, "blue");
    mnl_attr_put(message, CCM_A_NODE_NAME, 2, "no end");
    mnl_attr_put_u64(message, CCM_A_NODE_INCARNATION, 0x123456789abcdefULL);
    mnl_attr_put_u16(message, CCM_A_NODE_VERSION_MAX, 3);
    mnl_attr_put_u32(message, CCM_A_NODE_MEMORY_TAKEN, 5);
    mnl_attr_put_u64(message, CCM_A_NODE_DETECT_MS, 5);
    mnl_attr_put_u32(message, CCM_A_NODE_MAX + 7, 9);
    const NodeInfo node = node_info_of(message);
    EXPECT_EQ(node.id, 7u);
    EXPECT_EQ(node.cluster, "blue");
    EXPECT_EQ(node.name, "");
    EXPECT_EQ(node.incarnation, 0x123456789abcdefULL);
    EXPECT_EQ(node.version_max, 3);
    EXPECT_EQ(node.memory_taken, 0u);
    EXPECT_EQ(node.detect_ms, 0u);
}

} // namespace
} // namespace ccmadm::test
