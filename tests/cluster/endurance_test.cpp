// SPDX-License-Identifier: GPL-2.0-only
//
// What goes on for long in the field, with the failover monitor loaded: no wrong advice, at
// most one log line a second, and memory that does not grow. CCM_ENDURE_SECONDS says how long
// each goes on (`make endurance`); without it, as long as shows that the test itself works.
#include <cstdlib>
#include <iostream>

#include "failover.h"

namespace ccm::test {
namespace {

Duration duration()
{
    const char *seconds = std::getenv("CCM_ENDURE_SECONDS");
    return std::chrono::seconds(seconds ? std::atoi(seconds) : 10);
}

// The kernel's own, in KiB: what neither is free nor can be had back at once.
long long kernel_kib(Node &node)
{
    return std::stoll(node.must("sync; echo 3 >/proc/sys/vm/drop_caches; "
                                "awk '/^(SUnreclaim|KernelStack|PageTables|VmallocUsed|Percpu):/ { k += $2 } "
                                "END { print k }' /proc/meminfo"));
}

class Endurance : public ::testing::Test {
protected:
    void SetUp() override
    {
        cluster_ = std::make_unique<Cluster>(
            fmt::format("Endurance.{}", ::testing::UnitTest::GetInstance()->current_test_info()->name()),
            test_settings());
    }

    void TearDown() override
    {
        uevents_.clear();
        const Verdict &verdict = cluster_->finish();
        EXPECT_TRUE(verdict.ok()) << verdict.text();
    }

    Cluster &cluster() { return *cluster_; }
    Node &node(int id) { return cluster_->node(id); }

    static NodeSpec with_monitor(NodeSpec spec)
    {
        spec.load.push_back("ccm_fm");
        return spec;
    }

    // They serve; listens to their monitors from now on.
    void begin(const std::vector<int> &ids)
    {
        for (int id : ids) {
            node(id).must("ccmadm stage running");
            begin_to_listen(id);
            marks_[id] = node(id).console().size();
            kib_[id] = kernel_kib(node(id));
        }
        start_ = Clock::now();
        end_ = start_ + duration();
    }

    void begin_to_listen(int id) { uevents_[id].push_back(std::make_unique<Uevents>(node(id))); }

    bool goes_on() const { return Clock::now() < end_; }

    void rest() const { std::this_thread::sleep_until(end_); }

    std::vector<Decision> decisions(int id)
    {
        std::vector<Decision> all;
        for (auto &one : uevents_[id])
            for (const Decision &decision : one->decisions())
                all.push_back(decision);
        return all;
    }

    void expect_no_advice(int id)
    {
        for (const Decision &decision : decisions(id))
            EXPECT_FALSE(decision.decision == "takeover-advised" || decision.decision == "giveback-possible" ||
                         decision.decision == "boot-stalled")
                << node(id).name() << " of " << decision;
    }

    // At most one a second, and in the beginning what a load and a first session say, the lines
    // that a partner may have at once (20), and the monitor's until it says that it flaps.
    void expect_quiet_log(int id)
    {
        const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        std::size_t count = 0;
        for (const ConsoleLine &line : node(id).console().lines(marks_[id]))
            if (!line.remark &&
                (line.text.find("ccm: ") != std::string::npos || line.text.find("ccm_fm: ") != std::string::npos))
                count++;
        std::cout << fmt::format("    {}: {} log lines in {:.0f} s\n", node(id).name(), count, seconds);
        EXPECT_LE(double(count), seconds + 45) << node(id).name();
    }

    // Of a node that was not booted again meanwhile
    void expect_steady_memory(int id)
    {
        const long long now = kernel_kib(node(id));
        std::cout << fmt::format("    {}: {} KiB of the kernel's before, {} after\n", node(id).name(), kib_[id], now);
        EXPECT_LE(now, kib_[id] + allowed_kib) << node(id).name();
    }

    void expect_all_well(int id)
    {
        expect_quiet_log(id);
        expect_steady_memory(id);
    }

private:
    static constexpr long long allowed_kib = 1024; // caches of the slab allocator fill up

    std::unique_ptr<Cluster> cluster_;
    std::map<int, std::vector<std::unique_ptr<Uevents>>> uevents_;
    std::map<int, std::size_t> marks_;
    std::map<int, long long> kib_;
    TimePoint start_, end_;
};

TEST_F(Endurance, TwoMachinesWithOneId)
{
    cluster().add(with_monitor(configured(1, {.more = {"partners=2@192.0.2.2+192.0.2.3"}})));
    cluster().add(with_monitor(configured(2, {.partners = {1}})));
    cluster().add(unloaded(3, {.partners = {1}}));
    cluster().boot();
    wait_ready({&node(1), &node(2)});
    load(node(3), {.partners = {1}, .more = {"node=2"}});
    node(3).must("insmod /modules/ccm_fm.ko");
    begin({1, 2, 3});
    rest();
    EXPECT_EQ(partner(node(1), 2)["sessions"], 1);
    EXPECT_EQ(partner(node(3), 1)["sessions"], 0);
    for (int id : {1, 2, 3}) {
        expect_no_advice(id);
        expect_all_well(id);
    }
}

TEST_F(Endurance, AWrongAddress)
{
    cluster().add(with_monitor(configured(1, {.more = {"partners=2@192.0.2.22"}})));
    cluster().add(with_monitor(configured(2, {.partners = {1}})));
    cluster().boot();
    begin({1, 2});
    rest();
    for (int id : {1, 2}) {
        expect_no_advice(id);
        expect_all_well(id);
    }
}

// Updates of the module, every second one without its goodbye
TEST_F(Endurance, Reloads)
{
    const Config first{.partners = {2}, .detect_ms = 4000}, second{.partners = {1}, .detect_ms = 4000};
    cluster().add(with_monitor(configured(1, first)));
    cluster().add(configured(2, second));
    cluster().boot();
    wait_ready({&node(1), &node(2)});
    begin({1, 2});
    for (int n = 0; goes_on(); n++) {
        if (n % 2 != 0)
            node(2).cable().cut();
        unload(node(2), "an update");
        load(node(2), second);
        node(2).cable().restore();
        node(2).must("ccmadm stage running");
        wait_ready({&node(1), &node(2)});
        std::this_thread::sleep_for(10s);
    }
    expect_no_advice(1);
    expect_all_well(1);
    expect_all_well(2);
}

// It advises, and its monitor is loaded anew: the partner that boots is not told that it may serve.
TEST_F(Endurance, AForgetfulSurvivor)
{
    cluster().add(with_monitor(configured(1, {.partners = {2}})));
    cluster().add(with_monitor(configured(2, {.partners = {1}})));
    cluster().boot();
    wait_ready({&node(1), &node(2)});
    begin({1});
    Watch w = cluster().watch(node(1));
    while (goes_on()) {
        node(2).kill();
        w.wait_for(note(2, "takeover-advised: unreachable"), soon);
        node(1).must("rmmod ccm_fm && insmod /modules/ccm_fm.ko");
        node(2).boot();
        node(2).until("[ $(cat /sys/bus/ccm_failover/devices/1/partner_decision) = booting-wait ]", soon);
        EXPECT_EQ(node(2).must("cat /sys/bus/ccm_failover/devices/1/partner_advised"), "unknown\n");
        node(2).must("ccmadm stage running");
        w.wait_for(note(2, "partner-up"), soon);
        std::this_thread::sleep_for(10s);
    }
    for (const Decision &decision : decisions(1))
        EXPECT_TRUE(decision.decision != "giveback-possible") << decision;
    expect_all_well(1);
}

// Each cut is longer than the detection time: the advice ends, and does not come and go with it.
TEST_F(Endurance, AFlappingCable)
{
    cluster().add(with_monitor(configured(1, {.partners = {2}, .detect_ms = 250})));
    cluster().add(with_monitor(configured(2, {.partners = {1}, .detect_ms = 250})));
    cluster().boot();
    wait_ready({&node(1), &node(2)});
    begin({1, 2});
    while (goes_on()) {
        node(2).cable().cut();
        std::this_thread::sleep_for(400ms);
        node(2).cable().restore();
        std::this_thread::sleep_for(1600ms);
    }
    for (int id : {1, 2}) {
        std::size_t advices = 0;
        for (const std::string &text : said(decisions(id)))
            advices += text.starts_with("takeover-advised") ? 1 : 0;
        EXPECT_LE(advices, 5u) << node(id).name();
        expect_all_well(id);
    }
}

} // namespace
} // namespace ccm::test
