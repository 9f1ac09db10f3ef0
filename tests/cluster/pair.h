// SPDX-License-Identifier: GPL-2.0-only
//
// Tests that share two booted nodes. The nodes of a suite are booted once; before
// each test they are brought back to READY, whatever the test before did to them,
// and the kernels' verdict is taken at the end of the suite.
#pragma once

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "module.h"

namespace ccm::test {

// The base of a suite that shares nodes; the suite boots them in SetUpTestSuite().
class SharedTest : public ::testing::Test {
public:
    static void TearDownTestSuite();

protected:
    // Of this suite; the first call makes it.
    static Cluster &cluster(const Settings &settings = test_settings());
    void TearDown() override;
    // Ended, and looked at with expect_alternation(), at the end of the test.
    Watch watch(Node &node);

private:
    static std::unique_ptr<Cluster> cluster_;
    std::vector<Watch> watches_;
};

// Two nodes, 1 and 2, partners of each other.
class PairTest : public SharedTest {
public:
    static void SetUpTestSuite();

protected:
    static void make_pair(const NodeSpec &first, const NodeSpec &second);
    void SetUp() override; // both READY
    static Node &a() { return cluster().node(1); }
    static Node &b() { return cluster().node(2); }
    static std::vector<Node *> both() { return {&a(), &b()}; }
    // Running, with healed cables, the module loaded as at boot, and READY.
    static void bring_back(Duration timeout = soon);
};

// Tests of any kind that need no more than a pair that is READY.
class Pair : public PairTest {};

} // namespace ccm::test
