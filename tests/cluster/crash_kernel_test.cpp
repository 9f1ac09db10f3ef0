// SPDX-License-Identifier: GPL-2.0-only
//
// A node panics, and its crash kernel loads the module. Here the module is told that its kernel
// is one (tests/modules/failing); stock_test.cpp has real ones.
#include "failing.h"
#include "failover.h"
#include "pair.h"

namespace ccm::test {
namespace {

// Whether the panic was heard before the crash kernel comes
class CrashKernel : public SharedTest, public ::testing::WithParamInterface<bool> {
public:
    static void SetUpTestSuite()
    {
        cluster(failing_settings());
        cluster().add(unloaded(1, {.partners = {2}}, {.load = {"rdma_ccm", "ccm_fm"}}));
        cluster().add(unloaded(2, {.partners = {1}}));
        cluster().boot();
    }

protected:
    static Node &a() { return cluster().node(1); }
    static Node &b() { return cluster().node(2); }
};

TEST_P(CrashKernel, ProvesThePanic)
{
    Watch w = watch(a());
    load(b());
    w.wait_for(is_ready(2), soon);
    b().must("ccmadm stage running");
    const std::string incarnation = partner(a(), 2)["incarnation"];
    if (GetParam()) {
        b().panic();
        w.wait_for(is_down(2, "panicked"), soon);
    } else {
        b().kill();
        w.wait_for(is_down(2, "unreachable"), soon);
    }

    b().boot();
    b().must("modprobe ccm_failing && echo crash-kernel >/sys/kernel/debug/ccm_failing/run");
    load(b());
    const Event proven =
        w.wait_for({{"node", 2}, {"state", "down"}, {"reason", "panicked"}, {"stage", "dumping"}}, soon);
    EXPECT_NE(proven.json["flags"].dump().find("certain"), std::string::npos) << proven.json.dump();
    EXPECT_EQ(proven.json["incarnation"], incarnation) << "of the kernel that panicked";
    a().console().wait_for("its crash kernel runs", soon);
    const std::size_t ready = w.count(is_ready(2));

    // It stays so, and is no boot to wait for.
    EXPECT_NE(b().run("ccmadm stage initramfs").code, 0);
    EXPECT_NE(b().run("modprobe ccm_fm").code, 0);
    a().must("sleep 3");
    const json now = partner(a(), 2);
    EXPECT_EQ(now["reason"], "panicked") << now.dump();
    EXPECT_EQ(now["stage"], "dumping") << now.dump();
    EXPECT_EQ(client(a(), monitor, 2)["note"], "takeover-advised: panicked");
    EXPECT_EQ(w.count(is_ready(2)), ready);

    b().kill();
    b().boot();
    load(b());
    w.wait_for(is_ready(2), soon);
    EXPECT_NE(partner(a(), 2)["incarnation"], incarnation);
    b().kill();
    w.wait_for(is(2, "down"), soon);
    b().boot();
}

INSTANTIATE_TEST_SUITE_P(Panic, CrashKernel, ::testing::Values(false, true),
                         [](const auto &param) { return param.param ? "Heard" : "Silent"; });

} // namespace
} // namespace ccm::test
