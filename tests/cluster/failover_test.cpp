// SPDX-License-Identifier: GPL-2.0-only
//
// The failover monitor: what it decides about a partner that goes and comes back, where
// it says so, and that each side knows what the other has decided.
#include "pair.h"

namespace ccm::test {
namespace {

const char *const monitor = "failover-monitor";

json note(int partner, const std::string &text)
{
    return {{"type", "client"}, {"client", monitor}, {"node", partner}, {"note", text}};
}

class Failover : public PairTest {
public:
    static void SetUpTestSuite()
    {
        NodeSpec with;
        with.load = {"ccm", "ccm_fm"};
        make_pair(unloaded(1, {.partners = {2}}, with), unloaded(2, {.partners = {1}}, with));
    }

protected:
    void SetUp() override
    {
        PairTest::SetUp();
        for (Node *node : both()) {
            if (!node->run("[ -d /sys/module/ccm_fm ]").ok())
                node->must("insmod /modules/ccm_fm.ko");
            node->must("ccmadm stage running");
        }
        for (Node *node : both())
            node->must(fmt::format("ccmadm wait --client {} --timeout 20", monitor), 30s);
    }
    // Every console line of a node since MARK that is the monitor's.
    static std::vector<std::string> said(Node &node, std::size_t mark)
    {
        std::vector<std::string> lines;
        for (const ConsoleLine &line : node.console().lines(mark))
            if (std::size_t at = line.text.find("ccm_fm: "); at != std::string::npos)
                lines.push_back(line.text.substr(at));
        return lines;
    }
    // The partner serves, with nothing advised.
    void settle(Watch &w)
    {
        a().must("echo 2 >/sys/module/ccm_fm/parameters/given_back");
        w.wait_for(note(2, "partner-up"), soon);
    }
};

TEST_F(Failover, PowerLossThenBootThenGiveback)
{
    Watch w = watch(a());
    std::size_t mark = a().console().size();
    b().kill();
    w.wait_for(note(2, "takeover-advised: unreachable"), soon);
    b().boot();
    w.wait_for(note(2, "booting-wait: kernel"), soon);
    b().must("ccmadm stage initramfs");
    w.wait_for(note(2, "booting-wait: initramfs"), soon);
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(w);
    // Who reads the log hears the same, and that it may be a partition.
    std::string log;
    for (const std::string &line : said(a(), mark))
        log += line + "\n";
    EXPECT_NE(log.find("takeover-advised (unreachable); possibly a partition"), std::string::npos) << log;
    EXPECT_NE(log.find("booting-wait (initramfs)"), std::string::npos) << log;
    EXPECT_NE(log.find("giveback-possible"), std::string::npos) << log;
}

TEST_F(Failover, OrderlyShutdownIsNoPartition)
{
    Watch w = watch(a());
    std::size_t mark = a().console().size();
    b().power_off();
    w.wait_for(note(2, "takeover-advised: shutdown"), soon);
    std::string log;
    for (const std::string &line : said(a(), mark))
        log += line + "\n";
    EXPECT_EQ(log.find("partition"), std::string::npos) << log;
    EXPECT_NE(log.find("in good order"), std::string::npos) << log;
    b().boot();
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(w);
}

// A local device that is gone says nothing about the partner.
TEST_F(Failover, LostDeviceAdvisesNothing)
{
    Watch w = watch(a());
    a().must("rdma link del rxe0");
    w.wait_for(note(2, "cannot-tell: device"), soon);
    a().add_rdma_link();
    w.wait_for(note(2, "partner-up"), soon);
}

// Each monitor's record lies in the other's memory.
TEST_F(Failover, EachSideKnowsWhatTheOtherHasDecided)
{
    std::size_t mark = a().console().size();
    b().must("rmmod ccm_fm && insmod /modules/ccm_fm.ko");
    a().console().wait_for("ccm_fm: partner 2: its monitor says of this node: partner-up", soon, mark);
}

} // namespace
} // namespace ccm::test
