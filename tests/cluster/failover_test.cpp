// SPDX-License-Identifier: GPL-2.0-only
//
// The failover monitor: what it decides about a partner that goes and comes back, where
// it says so, and that each side knows what the other has decided.
#include "failover.h"

namespace ccm::test {
namespace {

// Every console line of a node since MARK that is the monitor's.
std::string log_of(Node &node, std::size_t mark)
{
    std::string lines;
    for (const ConsoleLine &line : node.console().lines(mark))
        if (std::size_t at = line.text.find("ccm_fm: "); at != std::string::npos)
            lines += line.text.substr(at) + "\n";
    return lines;
}

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
    settle(a(), w);
    // Who reads the log hears the same, and that it may be a partition.
    std::string log = log_of(a(), mark);
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
    std::string log = log_of(a(), mark);
    EXPECT_EQ(log.find("partition"), std::string::npos) << log;
    EXPECT_NE(log.find("in good order"), std::string::npos) << log;
    b().boot();
    b().must("ccmadm stage running");
    w.wait_for(note(2, "giveback-possible"), soon);
    settle(a(), w);
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
    unload_monitor(b());
    load_monitor(b());
    a().console().wait_for("ccm_fm: partner 2: its monitor says of this node: partner-up", soon, mark);
}

} // namespace
} // namespace ccm::test
