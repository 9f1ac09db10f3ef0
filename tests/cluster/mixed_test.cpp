// SPDX-License-Identifier: GPL-2.0-only
//
// Partners whose kernels are not the same: node 1 runs the run's kernel, node 2 another.
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

class MixedPair : public PairTest {
protected:
    static void make_mixed(const char *kernel)
    {
        if (settings().other_modules.contains(kernel))
            make_pair(configured(1, {.partners = {2}}), configured(2, {.partners = {1}}, {.kernel = kernel}));
    }

    void SetUp() override
    {
        if (cluster().nodes().empty())
            GTEST_SKIP() << "modules for the other kernel are missing: --uml-modules=KERNEL=PATH";
        PairTest::SetUp();
        ASSERT_NE(a().must("uname -r"), b().must("uname -r"));
    }

    // READY, the memory of a client in both directions, and the death of either.
    static void meet_and_part()
    {
        register_everywhere(both(), "mirror 1 1 1048576 1048576 idle");
        wait_client(a(), "mirror", 2);
        wait_client(b(), "mirror", 1);
        expect_memory_moves(a(), b());
        for (Node *node : both())
            unload_pattern(*node);
        for (Node *dies : {&b(), &a()}) {
            Watch w = cluster().watch(cluster().node(3 - dies->id()));
            dies->kill();
            EXPECT_EQ(w.wait_for(is(dies->id(), "down"), soon).json["reason"], "unreachable");
            cluster().boot();
            w.wait_for(is_ready(dies->id()), soon);
            w.end();
        }
        wait_ready(both());
    }
};

class MixedWith612 : public MixedPair {
public:
    static void SetUpTestSuite() { make_mixed("debug-6.12"); }
};

class MixedWithNewest : public MixedPair {
public:
    static void SetUpTestSuite() { make_mixed("debug-newest"); }
};

TEST_F(MixedWith612, MeetMoveMemoryAndPart)
{
    meet_and_part();
}

TEST_F(MixedWithNewest, MeetMoveMemoryAndPart)
{
    meet_and_part();
}

} // namespace
} // namespace ccm::test
