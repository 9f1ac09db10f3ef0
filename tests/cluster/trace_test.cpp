// SPDX-License-Identifier: GPL-2.0-only
// Tracepoints and counters.
#include "pair.h"

namespace ccm::test {
namespace {

TEST_F(Pair, TracepointsFire)
{
    a().must("cd /sys/kernel/tracing && echo >trace && echo 1 >events/ccm/enable");
    Watch w = watch(a());
    unload(b(), "READY");
    w.wait_for(is_down(2, "admin"), soon);
    load(b());
    w.wait_for(is_ready(2), soon);
    // Where READs are served in softirqs, a verdict that only liveness can give: the transport
    // sees nothing wrong.
    const std::string reason = reason_when_spinning(b());
    b().must("insmod /modules/ccm_spin.ko");
    Command spin = b().start_command("echo 4000 >/sys/module/ccm_spin/parameters/ms");
    w.wait_for(is_down(2, reason), soon);
    w.wait_for(is_ready(2), soon);
    EXPECT_TRUE(spin.wait(soon).ok());
    b().must("rmmod ccm_spin");
    std::string trace = a().must("cd /sys/kernel/tracing && echo 0 >events/ccm/enable && cat trace && echo >trace");
    std::vector<std::string> texts{"ccm_step: partner=2",
                                   "event=RING",
                                   "ccm_action: partner=2",
                                   "action=CLOSE",
                                   "ccm_state: partner=2 state=DOWN reason=admin",
                                   "ccm_state: partner=2 state=DOWN reason=" + reason,
                                   "ccm_state: partner=2 state=NEGOTIATING",
                                   "ccm_state: partner=2 state=READY",
                                   "ccm_cm_event: partner=2"};
    // The transport may find first that a partner is unreachable.
    if (reason == "hung")
        texts.insert(texts.end(), {"event=VERDICT", "ccm_verdict: partner=2 reason=hung"});
    for (const std::string &text : texts)
        EXPECT_NE(trace.find(text), std::string::npos) << text << " is not in the trace";
    EXPECT_EQ(trace.find("event=? "), std::string::npos);
    wait_ready(both());
}

TEST_F(Pair, CountersMove)
{
    auto before = counters(a(), "partner-2");
    long long ticks = counter(a(), "node", "counter");
    Watch w = watch(a());
    b().cable().cut();
    w.wait_for(is(2, "down"), soon);
    b().cable().restore();
    w.wait_for(is_ready(2), soon);
    auto after = counters(a(), "partner-2");
    for (const char *name : {"sessions", "lost"})
        EXPECT_EQ(std::stoll(after[name]), std::stoll(before[name]) + 1) << name;
    for (const char *name : {"steps", "heartbeats"})
        EXPECT_GT(std::stoll(after[name]), std::stoll(before[name])) << name;
    EXPECT_GT(std::stoll(after["attempts"]) + std::stoll(after["accepted"]),
              std::stoll(before["attempts"]) + std::stoll(before["accepted"]));
    EXPECT_EQ(after["state"], "READY");
    EXPECT_GT(counter(a(), "node", "counter"), ticks);
    EXPECT_EQ(counters(a(), "node")["incarnation"], status(a())["node"]["incarnation"].get<std::string>().substr(2));
    wait_ready(both());
}

} // namespace
} // namespace ccm::test
