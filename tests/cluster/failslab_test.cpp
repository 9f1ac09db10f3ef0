// SPDX-License-Identifier: GPL-2.0-only
// Memory runs out: an error or a retry, and never a hang, a leak or a warning.
#include <cerrno>

#include "pair.h"

namespace ccm::test {
namespace {

// Allocations of chosen tasks fail, by their number (fail-nth in /proc). Which ones
// they are matters: rxe's own clean-up after a failed allocation trips over timers it
// has not set up yet, and the kernel warns about tracepoints of a module that it could
// not describe. Both are no fault of CCM, and are kept out.
class Memory : public PairTest {
protected:
    void SetUp() override
    {
        if (!a().debug_kernel())
            GTEST_SKIP() << "the plain kernel cannot make allocations fail (FAILSLAB)";
        PairTest::SetUp();
        // Those that may sleep, too; and without a stack trace for each.
        a().must("cd /sys/kernel/debug/failslab && echo N >ignore-gfp-wait && echo 0 >verbose && echo Y >task-filter");
    }
};

// Each allocation that the module makes while it is loaded fails once.
TEST_F(Memory, EveryAllocationOfALoadMayFail)
{
    unload(a(), "READY");
    Result result = a().run(fmt::format("ccm-node-test load-failing /modules/rdma_ccm.ko {}",
                                        fmt::join(arguments(1, {.partners = {2}}), " ")),
                            120s);
    std::printf("%s", result.output.c_str());
    EXPECT_TRUE(result.ok()) << result.output << result.errors;
    load(a());
    wait_ready(both());
}

// The first allocations of a connection attempt fail: there is a next one.
TEST_F(Memory, AttemptsWithoutMemoryAreRepeated)
{
    unload(b(), "READY");
    a().must("cd /sys/kernel/tracing && echo >trace && echo 1 >events/ccm/ccm_cm_event/enable");
    for (int nth = 1; nth <= 6; nth++) {
        long long retried = counter(a(), "partner-2", "retried");
        // Whichever of the kernel's workers it is that will run the attempt.
        a().must(fmt::format("for p in /proc/[0-9]*; do read name <$p/comm; case $name in kworker/u*) "
                             "echo {} >$p/fail-nth || exit 1;; esac; done",
                             nth));
        wait_counter(a(), "partner-2", "retried", retried + 1, soon, 20ms);
        a().must("for p in /proc/[0-9]*; do read name <$p/comm; case $name in kworker/u*) "
                 "echo 0 >$p/fail-nth;; esac; done");
    }
    std::string trace = a().must("cd /sys/kernel/tracing && echo 0 >events/ccm/ccm_cm_event/enable && cat trace");
    EXPECT_NE(trace.find("status=-12"), std::string::npos) << "no attempt failed for want of memory:\n" << trace;
    load(b());
    wait_ready(both());
}

} // namespace
} // namespace ccm::test
