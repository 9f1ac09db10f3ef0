// SPDX-License-Identifier: GPL-2.0-only
//
// What needs a distribution's own kernel, in QEMU: a crash kernel, more than one CPU. These
// suites are skipped when no modules for it are given (--qemu-modules=).
#include "failover.h"
#include "fixture.h"
#include "module.h"
#include "pattern.h"

namespace ccm::test {
namespace {

// An emulated machine is slow in everything that it does.
constexpr Duration crash_kernel_boots = 90s;
constexpr unsigned slow_detect_ms = 3000;

class Stock : public LabTest {
protected:
    void SetUp() override
    {
        if (settings().qemu_modules.empty())
            GTEST_SKIP() << "modules for the stock kernel are missing: --qemu-modules=PATH";
    }
    Settings lab_settings() const override { return test_settings(); }
    Node &a() { return cluster().node(1); }
    Node &b() { return cluster().node(2); }
};

class StockKdump : public Stock, public ::testing::WithParamInterface<const char *> {
protected:
    // Node 2 has a crash kernel loaded: its own kernel and initramfs once more, with the module.
    void boot_with_crash_kernel()
    {
        NodeSpec survivor{.load = {"rdma_ccm", "ccm_fm"}};
        NodeSpec crashes{.kind = Kind::qemu, .load = {"rdma_ccm"}, .crash_kernel_mb = 256};
        if (*GetParam())
            crashes.parameters.push_back(GetParam());
        cluster().add(unloaded(1, {.partners = {2}, .detect_ms = slow_detect_ms}, survivor));
        cluster().add(unloaded(2, {.partners = {1}, .detect_ms = slow_detect_ms}, crashes));
        cluster().boot();
        wait_ready({&a(), &b()}, 60s);
        b().must("ccm-node-test crash-kernel /boot/vmlinuz /boot/initrd "
                 "\"$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1\"",
                 60s);
        b().must("ccmadm stage running");
    }
};

TEST_P(StockKdump, TheCrashKernelProvesThePanic)
{
    boot_with_crash_kernel();
    const std::string incarnation = partner(a(), 2)["incarnation"];
    Watch w = cluster().watch(a());
    w.wait_for(is_ready(2), soon);
    const TimePoint panicked = b().crash();
    const Event down = w.wait_for(is(2, "down"), soon);
    std::printf("DOWN %s after %.0f ms\n", down.json["reason"].get<std::string>().c_str(),
                milliseconds(down.at - panicked));

    Event proven = down;
    if (down.json["reason"] != "panicked")
        proven = w.wait_for(is_down(2, "panicked"), crash_kernel_boots);
    if (down.json["reason"] == "panicked" && down.json["stage"] != "dumping")
        proven =
            w.wait_for({{"type", "partner"}, {"node", 2}, {"state", "down"}, {"stage", "dumping"}}, crash_kernel_boots);
    const double ago_ms = proven.json["silent_us"].get<double>() / 1000;
    const double since_ms = milliseconds(proven.at - panicked);
    std::printf("proven after %.0f ms; said to be %.0f ms ago\n", since_ms, ago_ms);
    EXPECT_EQ(proven.json["reason"], "panicked");
    EXPECT_EQ(proven.json["flags"].dump().find("certain") != std::string::npos, true) << proven.json.dump();
    EXPECT_EQ(proven.json["stage"], "dumping");
    EXPECT_EQ(proven.json["incarnation"], incarnation) << "of the kernel that panicked";
    // The crash kernel begins a moment after the panic; its clock, some time after itself.
    EXPECT_LT(ago_ms, since_ms + 100);
    EXPECT_GT(ago_ms, since_ms / 4);

    // It stays so, and is no boot to wait for.
    b().console().wait_for("this is a crash kernel", soon);
    b().wait_ready(crash_kernel_boots);
    EXPECT_NE(b().run("ccmadm stage initramfs").code, 0);
    EXPECT_NE(b().run("modprobe ccm_fm").code, 0);
    b().console().wait_for("client failover-monitor: this is a crash kernel", soon);
    a().must("sleep 5");
    EXPECT_EQ(partner(a(), 2)["reason"], "panicked");
    EXPECT_EQ(client(a(), monitor, 2)["note"], "takeover-advised: panicked");
    EXPECT_EQ(w.count({{"type", "partner"}, {"node", 2}, {"state", "ready"}}), 1U);
    for (const std::string &note : notes(w, 2))
        EXPECT_EQ(note.find("booting-wait"), std::string::npos) << note;

    // The machine is back when it has dumped.
    b().start_command("reboot -f");
    b().wait_end(60s);
    b().boot();
    w.wait_for(is_ready(2), 60s);
    EXPECT_NE(partner(a(), 2)["incarnation"], incarnation);
    expect_alternation(w);
}

// A task of the highest priority takes the CPU on which the module was loaded, and all of its
// time. Another one is idle, so the kernel schedules.
class StockRealTime : public Stock {};

TEST_F(StockRealTime, ATaskThatHoldsACpuIsNoDeath)
{
    cluster().add(configured(1, {.partners = {2}}));
    cluster().add(unloaded(2, {.partners = {1}}, {.kind = Kind::qemu, .cpus = 2}));
    cluster().boot();
    for (const char *cpu : {"0", "1"}) {
        b().must(fmt::format("taskset -c {} modprobe rdma_ccm && lab-loaded", cpu));
        wait_ready({&a(), &b()}, 60s);
        b().must("echo -1 >/proc/sys/kernel/sched_rt_runtime_us");
        // Soft-RoCE answers on the CPU that takes its frames, which must not be this one.
        b().must(fmt::format("for irq in /proc/irq/*/smp_affinity_list; do echo {} >$irq; done 2>/dev/null; :",
                             *cpu == '0' ? 1 : 0));
        Watch w = cluster().watch(a());
        w.wait_for(is_ready(2), soon);
        Command hog = b().start_command(fmt::format("ccm-node-test hog {} 4000", cpu));
        const long long before = partner(a(), 2)["reads"];
        EXPECT_EQ(hog.wait(60s).code, 0);
        EXPECT_EQ(w.count(is(2, "down")), 0U) << "CPU " << cpu;
        EXPECT_GT(partner(a(), 2)["reads"].get<long long>() - before, 8);
        w.end();
        b().must("rmmod rdma_ccm");
    }
}

INSTANTIATE_TEST_SUITE_P(Notifiers, StockKdump, ::testing::Values("", "crash_kexec_post_notifiers"),
                         [](const auto &with) { return *with.param ? "First" : "Skipped"; });

// Two machines as users have them, whose kernels are not the same: "" is the one that is installed
using Kernels = std::pair<const char *, const char *>;

class StockMixed : public Stock, public ::testing::WithParamInterface<Kernels> {
protected:
    void SetUp() override
    {
        Stock::SetUp();
        for (const std::string kernel : {GetParam().first, GetParam().second})
            if (!::testing::Test::IsSkipped() && !kernel.empty() && !settings().other_modules.contains(kernel))
                GTEST_SKIP() << "modules for it are missing: --qemu-modules=" << kernel << "=PATH";
    }
};

TEST_P(StockMixed, MeetMoveMemoryAndPart)
{
    cluster().add(configured(1, {.partners = {2}}, {.kind = Kind::qemu, .kernel = GetParam().first}));
    cluster().add(configured(2, {.partners = {1}}, {.kind = Kind::qemu, .kernel = GetParam().second}));
    cluster().boot();
    const std::vector<Node *> both{&a(), &b()};
    std::printf("%s with %s", a().must("printf %s $(uname -r)").c_str(), b().must("uname -r").c_str());
    ASSERT_NE(a().must("uname -r"), b().must("uname -r"));
    wait_ready(both, 60s);
    register_everywhere(both, "mirror 1 1 1048576 1048576 idle");
    wait_client(a(), "mirror", 2);
    wait_client(b(), "mirror", 1);
    expect_memory_moves(a(), b());
    for (Node *node : both)
        unload_pattern(*node);
    for (Node *leaves : both) {
        Node &stays = cluster().node(3 - leaves->id());
        Watch w = cluster().watch(stays);
        w.wait_for(is_ready(leaves->id()), soon);
        leaves->must("rmmod rdma_ccm");
        EXPECT_EQ(w.wait_for(is(leaves->id(), "down"), soon).json["reason"], "admin");
        load(*leaves);
        w.wait_for(is_ready(leaves->id()), soon);
        expect_alternation(w);
        w.end();
    }
}

// On Debian 12, 6.1 is the one that is installed.
INSTANTIATE_TEST_SUITE_P(With, StockMixed,
                         ::testing::Values(Kernels("", "6.12"), Kernels("", "newest"), Kernels("6.1", "newest")),
                         [](const auto &with) {
                             const std::string second = *with.param.second == 'n' ? "Newest" : "Linux612";
                             return (*with.param.first ? "Linux61" : "") + second;
                         });

} // namespace
} // namespace ccm::test
