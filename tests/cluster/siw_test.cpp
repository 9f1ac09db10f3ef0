// SPDX-License-Identifier: GPL-2.0-only
// The same over iWARP (siw).
#include "pair.h"

namespace ccm::test {
namespace {

class Siw : public PairTest {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}}, {.rdma = Rdma::siw}),
                  configured(2, {.partners = {1}}, {.rdma = Rdma::siw}));
    }
};

TEST_F(Siw, Ready)
{
    for (Node *node : both()) {
        json p = partner(*node, 3 - node->id());
        EXPECT_EQ(p["transport"], "iwarp");
        EXPECT_EQ(p["name"], cluster().node(3 - node->id()).name());
    }
    EXPECT_EQ(json::parse(a().must("ccmadm peek 2 --json"))["stage"], "kernel");
}

TEST_F(Siw, EachLoadOrder)
{
    for (Node *node : both())
        unload(*node, "READY");
    for (int first : {1, 2, 1, 2}) {
        load(cluster().node(first));
        load(cluster().node(3 - first));
        wait_ready(both());
        for (Node *node : both())
            EXPECT_EQ(partner(*node, 3 - node->id())["sessions"], 1);
        unload(cluster().node(first), "READY");
        unload(cluster().node(3 - first), "after its partner");
    }
}

TEST_F(Siw, PowerLossIsUnreachable)
{
    Watch w = watch(a());
    b().kill();
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "unreachable");
    b().boot();
    w.wait_for(is_ready(2), soon);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Siw, GracefulRebootIsShutdown)
{
    Watch w = watch(a());
    b().reboot();
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "shutdown");
    w.wait_for(is_ready(2), soon);
    EXPECT_EQ(losses(w, 2), 1u);
}

TEST_F(Siw, UnloadOnThePartnerIsAdmin)
{
    Watch w = watch(a());
    unload(b(), "READY");
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "admin");
    load(b());
    w.wait_for(is_ready(2), soon);
}

TEST_F(Siw, CutCableIsUnreachableOnBothSidesAndMends)
{
    Watch wa = watch(a()), wb = watch(b());
    b().cable().cut();
    EXPECT_EQ(wa.wait_for(is(2, "down"), soon).json["reason"], "unreachable");
    EXPECT_EQ(wb.wait_for(is(1, "down"), soon).json["reason"], "unreachable");
    b().cable().restore();
    wa.wait_for(is_ready(2), soon);
    wb.wait_for(is_ready(1), soon);
}

} // namespace
} // namespace ccm::test
