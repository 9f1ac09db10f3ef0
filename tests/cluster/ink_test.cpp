// SPDX-License-Identifier: GPL-2.0-only
//
// The client that finds late writes (tests/modules/ink) finds them: one that is forged, and none
// where there is none.
#include "pair.h"

namespace ccm::test {
namespace {

class Ink : public PairTest {
protected:
    static std::string ink(Node &node, const std::string &command)
    {
        return node.must(fmt::format("cd /sys/kernel/debug/ccm_ink && echo '{}' >run; cat run", command));
    }
    static void wait_written(Node &node)
    {
        node.until("cd /sys/kernel/debug/ccm_ink && echo stats >run && grep -q 'up=1.* written=[1-9]' run", soon);
    }
};

TEST_F(Ink, FindsWhatComesLate)
{
    for (Node *node : both())
        node->must("insmod /modules/ccm_ink.ko");
    for (Node *node : both())
        wait_written(*node);
    EXPECT_EQ(ink(b(), "forge 1"), "failed error=-107\n") << "there was no session before";

    Watch w = watch(a());
    b().cable().cut();
    w.wait_for(is(2, "down"), soon);
    b().cable().restore();
    w.wait_for(is_ready(2), soon);
    for (Node *node : both())
        node->until("cd /sys/kernel/debug/ccm_ink && echo stats >run && grep -q 'up=1 readies=2 ' run", soon);
    wait_written(a());
    for (Node *node : both())
        EXPECT_EQ(ink(*node, "violations"), "violations=0\n") << node->name();

    // The next WRITE may overwrite it before it is looked for.
    a().expect_in_log("VIOLATION: partner 2: a late write");
    const TimePoint deadline = deadline_after(soon);
    while (ink(a(), "violations") == "violations=0\n" && Clock::now() < deadline)
        EXPECT_EQ(ink(b(), "forge 1"), "ok\n");
    EXPECT_EQ(ink(a(), "violations"), "violations=1\n");
    for (Node *node : both())
        node->must("rmmod ccm_ink");
}

} // namespace
} // namespace ccm::test
