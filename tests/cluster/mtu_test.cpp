// SPDX-License-Identifier: GPL-2.0-only
//
// A path over which small frames pass and large ones do not: never READY, and the reason says so.
#include "fixture.h"
#include "pair.h"

namespace ccm::test {
namespace {

class Mtu : public LabTest, public ::testing::WithParamInterface<Rdma> {
protected:
    Settings lab_settings() const override { return test_settings(); }
    void start()
    {
        for (int id : {1, 2})
            cluster().add(unloaded(id, {.partners = {3 - id}, .detect_ms = 250}, {.rdma = GetParam()}));
        cluster().boot();
    }
    Node &a() { return cluster().node(1); }
    Node &b() { return cluster().node(2); }
    std::vector<Node *> both() { return {&a(), &b()}; }
};

// Neighbours, RDMA CM's messages and the first half of the series fit into that.
constexpr std::size_t small = 700;

void expect_mtu(Node &node, std::size_t mark)
{
    node.console().wait_for("small frames pass, large ones do not: MTU 1500 here", soon, mark);
    node.until("ccmadm status --json | grep -q '\"reason\":\"mtu\".*\"note\":\"MTU 1500 here, 1500 there\"'", soon);
    EXPECT_EQ(partner(node, 3 - node.id())["sessions"], 0);
}

TEST_P(Mtu, LargeFramesAreLost)
{
    start();
    for (Faults there : {Faults{.longest = small}, Faults{}})
        for (Faults here : {Faults{.longest = small}, Faults{}}) {
            if (!there.longest && !here.longest)
                continue;
            SCOPED_TRACE(fmt::format("to node 2: {}, from it: {}", there.longest, here.longest));
            b().cable().set(Direction::to_node, there);
            b().cable().set(Direction::from_node, here);
            std::size_t mark_a = a().console().size(), mark_b = b().console().size();
            for (Node *node : both())
                load(*node);
            expect_mtu(a(), mark_a);
            expect_mtu(b(), mark_b);
            b().cable().heal();
            wait_ready(both());
            for (Node *node : both())
                unload(*node, "READY");
        }
}

INSTANTIATE_TEST_SUITE_P(Rxe, Mtu, ::testing::Values(Rdma::rxe));
INSTANTIATE_TEST_SUITE_P(Siw, Mtu, ::testing::Values(Rdma::siw));

} // namespace
} // namespace ccm::test
