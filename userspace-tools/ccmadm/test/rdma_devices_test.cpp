// SPDX-License-Identifier: GPL-2.0-only
#include "explain/rdma_devices.h"
#include "temporary_tree.h"

#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

const std::string below = "class/infiniband/";

TEST(RdmaDevices, NoneAtAll)
{
    TemporaryTree sys;
    ASSERT_TRUE(read_rdma_devices(sys.path()));
    EXPECT_TRUE(read_rdma_devices(sys.path())->empty());
}

TEST(RdmaDevices, OfEachKind)
{
    TemporaryTree sys;
    // soft-RoCE names its interface itself
    sys.file(below + "rxe0/node_type", "1: CA\n");
    sys.file(below + "rxe0/parent", "eth0\n");
    sys.file(below + "rxe0/ports/1/state", "4: ACTIVE\n");
    // an adapter, by the first entry of its table of GIDs; two ports
    sys.file(below + "mlx5_0/node_type", "1: CA\n");
    sys.file(below + "mlx5_0/ports/1/state", "1: DOWN\n");
    sys.file(below + "mlx5_0/ports/1/gid_attrs/ndevs/0", "ens1f0\n");
    sys.file(below + "mlx5_0/ports/2/state", "4: ACTIVE\n");
    sys.file(below + "mlx5_0/ports/2/gid_attrs/ndevs/0", "ens1f1\n");
    // iWARP, by the hardware address
    sys.file(below + "siw0/node_type", "4: RNIC\n");
    sys.file(below + "siw0/ports/1/state", "4: ACTIVE\n");
    sys.file(below + "siw0/ports/1/gids/0", "0250:5600:0003:0000:0000:0000:0000:0000\n");
    sys.file("class/net/lo/address", "00:00:00:00:00:00\n");
    sys.file("class/net/eth1/address", "02:50:56:00:00:02\n");
    sys.file("class/net/eth2/address", "02:50:56:00:00:03\n");

    const auto devices = read_rdma_devices(sys.path());
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->size(), 4u);
    const auto expect = [&](std::size_t at, const char *name, bool iwarp, const char *interface, const char *state) {
        SCOPED_TRACE(name);
        EXPECT_EQ((*devices)[at].name, name);
        EXPECT_EQ((*devices)[at].iwarp, iwarp);
        EXPECT_EQ((*devices)[at].interface, interface);
        EXPECT_EQ((*devices)[at].state, state);
    };
    expect(0, "mlx5_0/1", false, "ens1f0", "DOWN");
    expect(1, "mlx5_0/2", false, "ens1f1", "ACTIVE");
    expect(2, "rxe0/1", false, "eth0", "ACTIVE");
    expect(3, "siw0/1", true, "eth2", "ACTIVE");
}

TEST(RdmaDevices, WhatIsNotSaidIsNotKnown)
{
    TemporaryTree sys;
    sys.file(below + "odd0/ports/1/gids/0", "0000:0000:0000:0000:0000:0000:0000:0000\n");
    sys.file(below + "odd0/node_type", "4: RNIC\n");
    sys.file("class/net/lo/address", "00:00:00:00:00:00\n");
    const auto devices = read_rdma_devices(sys.path());
    ASSERT_TRUE(devices && devices->size() == 1);
    EXPECT_EQ((*devices)[0].interface, "");
    EXPECT_EQ((*devices)[0].state, "");
}

TEST(RdmaDevices, ThatCannotBeSeen)
{
    TemporaryTree sys;
    sys.file("class/infiniband", "a file");
    EXPECT_FALSE(read_rdma_devices(sys.path()));
}

} // namespace
} // namespace ccmadm::test
