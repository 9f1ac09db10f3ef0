// SPDX-License-Identifier: GPL-2.0-only
//
// A path over which small frames pass and large ones do not: never READY, or READY no more, and the
// reason says so.
#include "fixture.h"
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

class Mtu : public LabTest, public ::testing::WithParamInterface<Rdma> {
protected:
    Settings lab_settings() const override { return test_settings(); }
    void start(unsigned detect_ms = 250)
    {
        for (int id : {1, 2})
            cluster().add(unloaded(id, {.partners = {3 - id}, .detect_ms = detect_ms}, {.rdma = GetParam()}));
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

// The same while they are READY: heartbeats pass, and go on passing. What makes somebody look is a
// client whose operations do not, or an interface.
TEST_P(Mtu, FramesBecomeTooLargeLater)
{
    start(600); // what is small must not be lost for want of a processor
    for (Node *node : both())
        load(*node);
    for (bool of_a_client : {false, true}) {
        SCOPED_TRACE(of_a_client ? "a client's link" : "an interface");
        wait_ready(both());
        if (of_a_client) {
            for (Node *node : both())
                load_pattern(*node, "size=4096 depth=2");
            register_everywhere(both(), "mirror 1 1 65536 65536");
            for (Node *node : both())
                wait_client(*node, "mirror", 3 - node->id());
        }
        Watch w = cluster().watch(a());
        w.wait_for(is_ready(2), soon);
        const std::size_t mark = a().console().size();
        b().cable().set(Direction::from_node, {.longest = small});
        if (!of_a_client) {
            a().must("sleep 1");
            EXPECT_EQ(losses(w, 2), 0U) << "heartbeats are small";
            b().must(fmt::format("ip link set dev {} mtu 1400", b().netdev()));
        }
        w.wait_for(is_down(2, "mtu"), 40s);
        a().console().wait_for("small frames pass, large ones do not", soon, mark);
        b().until("ccmadm status --json | grep -q '\"reason\":\"mtu\"'", soon);
        b().must(fmt::format("ip link set dev {} mtu 1500", b().netdev()));
        b().cable().heal();
        w.wait_for(is_ready(2), soon);
        w.end();
    }
    for (Node *node : both())
        unload_pattern(*node);
}

INSTANTIATE_TEST_SUITE_P(Rxe, Mtu, ::testing::Values(Rdma::rxe));
INSTANTIATE_TEST_SUITE_P(Siw, Mtu, ::testing::Values(Rdma::siw));

} // namespace
} // namespace ccm::test
