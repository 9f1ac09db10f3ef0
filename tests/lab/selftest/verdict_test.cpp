// SPDX-License-Identifier: GPL-2.0-only
//
// The verdict: it must see what is wrong, and nothing else.
#include "fixture.h"
#include "module_build.h"
#include "paths.h"

namespace ccm::lab {
namespace {

std::vector<ConsoleLine> log_of(std::initializer_list<const char *> texts)
{
    std::vector<ConsoleLine> lines;
    for (const char *text : texts)
        lines.push_back({Clock::now(), text, 1, false});
    return lines;
}

TEST(JudgeTest, KnowsFaultsFromTheirNames)
{
    for (const char *line : {
             "[    1.0] BUG: unable to handle page fault",
             "[    1.0] WARNING: CPU: 0 PID: 1 at kernel/foo.c:1 foo+0x1/0x2",
             "[    1.0] WARNING: possible circular locking dependency detected",
             "[    1.0] WARNING: suspicious RCU usage",
             "[    1.0] BUG: KASAN: slab-out-of-bounds in x",
             "[    1.0] UBSAN: shift-out-of-bounds in x.c",
             "[    1.0] INFO: task kworker/0:1:5 blocked for more than 120 seconds.",
             "[    1.0] BUG: sleeping function called from invalid context at x.c:1",
             "[    1.0] BUG: scheduling while atomic: sh/1/0x2",
             "[    1.0] kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
             "[    1.0] Oops: 0000 [#1] SMP",
             "[    1.0] general protection fault, probably for non-canonical address",
             "[    1.0] rcu: INFO: rcu_sched self-detected stall on CPU",
             "[    1.0] Call Trace:",
             "[    1.0] Kernel panic - not syncing: x",
             "[    1.0] ccm_pattern: VIOLATION: mirror, partner 2: an operation completed twice",
         })
        EXPECT_TRUE(tells_of_a_fault(line)) << line;
    for (const char *line : {
             "[    1.0] kmemleak: Kernel memory leak detector initialized (mem pool available: 63000)",
             "[    1.0] kmemleak: Automatic memory scanning thread started",
             "[    1.0] DEBUG_LIST is on",
             "[    1.0] ccm: partner 2: DOWN, panicked",
             "[    1.0] KernelAddressSanitizer initialized",
             "[    1.0] lockdep: MAX_LOCKDEP_SUBCLASSES: 8",
             "[    1.0] ccm_pattern: no VIOLATIONS",
         })
        EXPECT_FALSE(tells_of_a_fault(line)) << line;
}

TEST(JudgeTest, ToleratesWhatWasDeclaredAndNoMore)
{
    auto log = log_of({"[ 1.0] quiet", "[ 2.0] WARNING: CPU: 0 PID: 1 at a.c:1 provoked+0x1/0x2",
                       "[ 2.0] Call Trace:", "[ 2.0]  foo+0x1/0x2"});
    EXPECT_EQ(judge_log("n", log, {}).size(), 1U);
    EXPECT_EQ(judge_log("n", log, {{"provoked", 1}}).size(), 0U);
    EXPECT_EQ(judge_log("n", log, {{"provoked", 2}}).size(), 1U);  // one is missing
    EXPECT_EQ(judge_log("n", log, {{"different", 1}}).size(), 2U); // a fault, and one missing
    auto twice = log;
    twice.insert(twice.end(), log.begin(), log.end());
    EXPECT_EQ(judge_log("n", twice, {{"provoked", 1}}).size(), 1U); // one too many
}

class VerdictTest : public ::testing::Test {
protected:
    // A node with the trouble module, and what the verdict finds after WHAT.
    Verdict after(const std::string &what, const std::string &kernel, const std::vector<std::string> &expected = {})
    {
        Settings with_module = settings();
        with_module.uml_modules = build_uml_modules(lab_source_dir() / "modules", with_module.uml_build(kernel),
                                                    with_module.run_dir / "modules" / kernel);
        auto *info = ::testing::UnitTest::GetInstance()->current_test_info();
        Cluster cluster(fmt::format("VerdictTest.{}-{}", info->name(), what), with_module);
        Node &node = cluster.add({.kernel = kernel, .rdma = Rdma::none});
        node.boot();
        for (const std::string &text : expected)
            node.expect_in_log(text);
        node.must("modprobe lab_trouble what=" + what);
        return cluster.finish();
    }

    static bool mentions(const Verdict &verdict, const std::string &text)
    {
        return verdict.text().find(text) != std::string::npos;
    }
};

TEST_F(VerdictTest, NothingIsNothing)
{
    Verdict verdict = after("nothing", settings().kernel);
    EXPECT_TRUE(verdict.ok()) << verdict.text();
}

TEST_F(VerdictTest, SeesAWarning)
{
    Verdict verdict = after("warn", "plain");
    EXPECT_FALSE(verdict.ok());
    EXPECT_TRUE(mentions(verdict, "lab_trouble was asked to warn")) << verdict.text();
}

TEST_F(VerdictTest, ToleratesADeclaredWarning)
{
    Verdict verdict = after("warn", "plain", {"WARNING: CPU: 0"});
    EXPECT_TRUE(verdict.ok()) << verdict.text();
}

TEST_F(VerdictTest, SeesANodeThatDoesNotAnswer)
{
    Settings with_module = settings();
    with_module.uml_modules = build_uml_modules(lab_source_dir() / "modules", with_module.uml_build("plain"),
                                                with_module.run_dir / "modules/plain");
    Cluster cluster("VerdictTest.SeesANodeThatDoesNotAnswer", with_module);
    Node &node = cluster.add({.kernel = "plain", .rdma = Rdma::none});
    node.boot();
    node.start_command("modprobe lab_trouble what=spin");
    node.console().wait_for("lab_trouble: spin", 20s);
    Verdict verdict = cluster.finish();
    EXPECT_TRUE(mentions(verdict, "node1 does not answer")) << verdict.text();
}

// These need the checks of the debug kernel.
class DebugVerdictTest : public VerdictTest {
protected:
    void SetUp() override
    {
        if (settings().kernel != "debug")
            GTEST_SKIP() << "needs --kernel=debug";
    }
};

TEST_F(DebugVerdictTest, SeesALeak)
{
    Verdict verdict = after("leak", "debug");
    EXPECT_TRUE(mentions(verdict, "kmemleak reports")) << verdict.text();
    // Where it was allocated. The init function itself is gone, and with it its name.
    EXPECT_TRUE(mentions(verdict, "do_init_module")) << verdict.text();
}

TEST_F(DebugVerdictTest, SeesALockOrder)
{
    Verdict verdict = after("deadlock", "debug");
    EXPECT_TRUE(mentions(verdict, "possible circular locking")) << verdict.text();
    EXPECT_TRUE(mentions(verdict, "lockdep has gone off")) << verdict.text();
}

TEST_F(DebugVerdictTest, SeesSleepInAtomicContext)
{
    Verdict verdict = after("atomic", "debug");
    EXPECT_TRUE(mentions(verdict, "sleeping function called")) << verdict.text();
}

TEST_F(DebugVerdictTest, SeesAUseAfterFree)
{
    Verdict verdict = after("use-after-free", "debug");
    EXPECT_TRUE(mentions(verdict, "KASAN")) << verdict.text();
}

} // namespace
} // namespace ccm::lab
