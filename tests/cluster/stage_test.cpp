// SPDX-License-Identifier: GPL-2.0-only
//
// Boot stages that programs hold, and that the partner hears of each change at once.
#include "pair.h"

namespace ccm::test {
namespace {

// Node 2 reads node 1's page every 15 seconds: what it sees sooner, it was rung for.
class HeldStage : public PairTest {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}}), configured(2, {.partners = {1}, .detect_ms = 60000}));
    }

protected:
    static constexpr auto at_once = std::chrono::seconds(5);

    void SetUp() override
    {
        PairTest::SetUp();
        a().must("ccmadm stage storage");
    }

    // A program that holds a stage; its process id is in /run/NAME.
    Command hold(const std::string &name, const std::string &stage = "running")
    {
        Command command = a().start_command(
            fmt::format("exec ccmadm hold {} -- sh -c 'echo $$ >/run/{}; exec sleep 1000'", stage, name));
        a().until(fmt::format("[ -s /run/{} ]", name), soon);
        return command;
    }

    static void see(Watch &w, const std::string &stage)
    {
        w.wait_for([&](const json &e) { return e["type"] == "partner" && e["stage"] == stage; }, at_once,
                   "stage " + stage);
    }
};

TEST_F(HeldStage, FallsWhenItsHolderIsKilledAndThePartnerIsRung)
{
    Watch w = watch(b());
    Command holder = hold("one");
    see(w, "running");
    EXPECT_EQ(a().must("ccmadm stage"), "running\n");
    EXPECT_NE(a().run("ccmadm stage stopping").errors.find("a program holds a higher one"), std::string::npos);
    EXPECT_NE(a().run("rmmod rdma_ccm").code, 0);
    a().must("kill -9 $(cat /run/one)");
    see(w, "storage");
    EXPECT_EQ(a().must("ccmadm stage"), "storage\n");
    EXPECT_EQ(losses(w, 1), 0u);
    EXPECT_NE(holder.wait(soon).code, 0);
    // Set, not held: the ring comes, too.
    a().must("ccmadm stage stopping");
    see(w, "stopping");
    a().must("ccmadm stage storage");
    see(w, "storage");
}

TEST_F(HeldStage, LastsAsLongAsAnybodyHoldsIt)
{
    Watch w = watch(b());
    Command one = hold("one");
    Command two = hold("two");
    see(w, "running");
    a().must("kill -9 $(cat /run/one)");
    one.wait(soon);
    EXPECT_EQ(a().must("ccmadm stage"), "running\n");
    // A child that has inherited the descriptor serves on.
    Command parent = a().start_command("exec ccmadm hold running -- sh -c 'sleep 1000 & echo $! >/run/child; exit 7'");
    EXPECT_EQ(parent.wait(soon).code, 7) << "the exit status is the command's";
    a().must("kill -9 $(cat /run/two)");
    two.wait(soon);
    EXPECT_EQ(a().must("ccmadm stage"), "running\n");
    a().must("kill -9 $(cat /run/child)");
    see(w, "storage");
    EXPECT_EQ(losses(w, 1), 0u);
}

// User space can change its mind faster than rings get through.
TEST_F(HeldStage, AnyNumberOfChangesIsBorneAndTheLastIsSeen)
{
    Watch w = watch(b());
    a().must("i=0; while [ $i -lt 40 ]; do i=$((i + 1)); ccmadm stage storage; ccmadm stage running; done; "
             "ccmadm stage userspace",
             60s);
    see(w, "userspace");
    EXPECT_EQ(losses(w, 1), 0u);
}

} // namespace
} // namespace ccm::test
