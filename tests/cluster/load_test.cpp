// SPDX-License-Identifier: GPL-2.0-only
//
// Loading and unloading: in any order, with whatever is missing, and at the same
// instant on both nodes.
#include <algorithm>
#include <ctime>
#include <numeric>
#include <sstream>

#include "host.h"
#include "pair.h"

namespace ccm::test {
namespace {

// Two nodes with soft-RoCE, no module loaded before and after each test.
class Load : public PairTest {
public:
    static void SetUpTestSuite() { make_pair(unloaded(1, {.partners = {2}}), unloaded(2, {.partners = {1}})); }

protected:
    void SetUp() override
    {
        for (Node *node : both()) {
            node->cable().heal();
            ASSERT_TRUE(node->running());
            if (loaded(*node))
                unload(*node, "left over by the test before");
            if (node->must("rdma link").find("rxe0") == std::string::npos)
                node->add_rdma_link();
        }
    }
    static Config config(const Node &node, bool ipv6 = false)
    {
        return {.partners = {node.id() == 1 ? 2 : 1}, .ipv6 = ipv6};
    }
    static void unload_both(const std::string &when)
    {
        for (Node *node : both())
            unload(*node, when);
    }
};

TEST_F(Load, SecondLoadMakesBothReadyInAnyOrder)
{
    for (bool ipv6 : {false, true}) {
        for (int first : {1, 2}) {
            SCOPED_TRACE(fmt::format("{}, node {} first", ipv6 ? "IPv6" : "IPv4", first));
            Node &one = cluster().node(first), &other = cluster().node(3 - first);
            load(one, config(one, ipv6));
            load(other, config(other, ipv6));
            wait_ready(both());
            for (Node *node : both()) {
                Node &its_partner = cluster().node(3 - node->id());
                json p = partner(*node, its_partner.id());
                EXPECT_EQ(p["family"], ipv6 ? "inet6" : "inet");
                EXPECT_EQ(p["transport"], "roce");
                EXPECT_EQ(p["sessions"], 1);
                EXPECT_EQ(p["version"], 1);
                EXPECT_EQ(p["name"], its_partner.name());
                EXPECT_EQ(p["incarnation"], status(its_partner)["node"]["incarnation"]);
            }
            unload_both("READY");
        }
    }
}

// With the first node in its longest backoff, what makes the session is the load of
// the second: a request of its own, or the answer to it, and no timer of the first.
TEST_F(Load, FirstNodeWaitsNoRetryTimerWhenTheSecondIsLoaded)
{
    constexpr int rounds = 6;
    std::vector<double> delays;
    for (int first : {1, 2}) {
        Node &one = cluster().node(first), &other = cluster().node(3 - first);
        std::string file = fmt::format("partner-{}", other.id());
        load(one, config(one));
        for (int round = 0; round < rounds / 2; round++) {
            // 50 + 100 + ... + 800 ms are over: it waits for 1600 ms or more.
            long long retried = counter(one, file, "retried");
            wait_counter(one, file, "retried", retried + 6, 30s, 20ms);
            one.must("cd /sys/kernel/tracing && echo >trace && echo 1 >events/ccm/ccm_step/enable");
            Watch watched = watch(one);
            std::string moments = other.must(fmt::format("ccm-node-test meet 0 /modules/rdma_ccm.ko {}",
                                                         fmt::join(arguments(other.id(), config(other)), " ")));
            watched.wait_for(is_ready(other.id()), soon);
            long long begin = 0, end = 0, ready = 0;
            std::istringstream(moments) >> begin >> end >> ready;
            delays.push_back(static_cast<double>(ready - begin) / 1e6);
            one.must("echo 0 >/sys/kernel/tracing/events/ccm/ccm_step/enable");
            std::string steps = one.must("grep ccm_step: /sys/kernel/tracing/trace");
            // The last way out of DOWN was the second node's request.
            std::size_t request = steps.rfind("event=REQUEST");
            ASSERT_NE(request, std::string::npos) << steps;
            std::size_t timer = steps.rfind("state=DOWN event=TIMER");
            // A timer may have fired just before; then it found the other one loading.
            if (timer != std::string::npos) {
                EXPECT_LT(timer, request) << steps;
            }
            watched.end();
            unload(other, "READY");
        }
        unload(one, "after its partner was unloaded");
    }
    std::sort(delays.begin(), delays.end());
    std::printf("from the second load to READY: median %.1f ms, min %.1f, max %.1f\n", delays[delays.size() / 2],
                delays.front(), delays.back());
    // Were it the first node's timer, these would be spread over its whole interval.
    EXPECT_LT(std::accumulate(delays.begin(), delays.end(), 0.0) / static_cast<double>(delays.size()),
              milliseconds(retry_max) / 4);
}

// What one node of a try tells.
struct Try {
    long long begin = 0; // of its load, CLOCK_REALTIME, ns
    long long begin_monotonic = 0, end_monotonic = 0, ready_monotonic = 0;
    std::map<std::string, std::string> counters;

    explicit Try(const std::string &output)
    {
        std::istringstream text(output);
        text >> begin_monotonic >> end_monotonic >> ready_monotonic >> begin;
        for (std::string name, value; text >> name >> value;)
            counters[name] = value;
    }
    long long count(const std::string &name) const { return std::stoll(counters.at(name)); }
    long long end() const { return begin + end_monotonic - begin_monotonic; }
    double ready_ms() const { return static_cast<double>(ready_monotonic - begin_monotonic) / 1e6; }
};

TEST_F(Load, BothAtTheSameInstant)
{
    constexpr int tries = 21;
    std::vector<double> delays;
    int crossed = 0, no_timer = 0, overlapping = 0;
    for (int i = 0; i < tries; i++) {
        // Node 2 from 2 ms earlier to 2 ms later.
        long long skew_us = (i % 21 - 10) * 200;
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        long long at = now.tv_sec * 1'000'000'000LL + now.tv_nsec + 100'000'000;
        std::vector<Command> commands;
        Stopwatch stopwatch;
        for (Node *node : both())
            commands.push_back(node->start_command(
                fmt::format("ccm-node-test meet {} /modules/rdma_ccm.ko {} && cat /sys/kernel/debug/ccm/partner-{}",
                            at + (node->id() == 2 ? skew_us * 1000 : 0),
                            fmt::join(arguments(node->id(), config(*node)), " "), 3 - node->id())));
        std::vector<Try> nodes;
        for (Command &command : commands) {
            Result result = command.wait(40s);
            ASSERT_TRUE(result.ok()) << "try " << i << ": " << result.output << result.errors;
            nodes.emplace_back(result.output);
            const Try &node = nodes.back();
            EXPECT_EQ(node.counters.at("state"), "READY") << result.output;
            EXPECT_EQ(node.count("sessions"), 1) << result.output;
            EXPECT_EQ(node.count("lost"), 0) << result.output;
        }
        double busy_ms = milliseconds(stopwatch.waited_for_processors());
        const Try &earlier = nodes[nodes[0].begin > nodes[1].begin], &later = nodes[nodes[0].begin <= nodes[1].begin];
        // The last to start finds the other one listening. Its request makes the
        // session, or makes the other one answer with its own: no timer of both.
        EXPECT_EQ(std::min(earlier.count("retried"), later.count("retried")), 0)
            << "try " << i << ", skew " << skew_us << " us";
        no_timer += earlier.count("retried") == 0 && later.count("retried") == 0;
        crossed += earlier.count("rejected") || later.count("rejected");
        overlapping += later.begin < earlier.end();
        double delay =
            std::max(later.ready_ms(), earlier.ready_ms() - static_cast<double>(later.begin - earlier.begin) / 1e6);
        delays.push_back(delay);
        // The shortest retry interval is 50 ms less a quarter. (A handshake takes longer on the debug kernel.)
        if (!a().debug_kernel()) {
            EXPECT_LT(delay, milliseconds(retry_min) * 3 / 4 + busy_ms) << "try " << i << ", skew " << skew_us << " us";
        }
        commands.clear();
        for (Node *node : both())
            commands.push_back(node->start_command("rmmod rdma_ccm"));
        for (Command &command : commands)
            ASSERT_TRUE(command.wait(soon).ok());
    }
    std::sort(delays.begin(), delays.end());
    std::printf("%d tries: the loads overlapped in %d, crossed requests were rejected in %d, no timer in %d; from the "
                "later load to READY on both: median %.1f ms, min %.1f, max %.1f\n",
                tries, overlapping, crossed, no_timer, delays[tries / 2], delays.front(), delays.back());
    EXPECT_GT(overlapping, 0);
}

// Whoever looks before anything has happened sees each partner all the same.
TEST_F(Load, FirstLookShowsThePartner)
{
    Result result = a().run(
        fmt::format("ccm-node-test first-look 20 /modules/rdma_ccm.ko {}", fmt::join(arguments(1, config(a())), " ")),
        60s);
    EXPECT_TRUE(result.ok()) << result.output << result.errors;
}

TEST_F(Load, NothingConfigured)
{
    a().must("insmod /modules/rdma_ccm.ko");
    EXPECT_EQ(a().run("ccmadm status").code, 2);
    EXPECT_EQ(status(a())["node"]["node"], 0);
    unload(a(), "not configured");
}

TEST_F(Load, NoPartnerConfigured)
{
    load(a(), {});
    EXPECT_EQ(a().run("ccmadm status").code, 2);
    // Node 2 thinks otherwise: it is refused, and node 1 goes on.
    load(b(), config(b()));
    Watch w = watch(b());
    b().until("ccmadm status --json | grep -q refused", soon);
    EXPECT_GE(counter(a(), "node", "rejected unknown node"), 1);
    w.end();
    unload(a(), "no partner configured");
    unload(b(), "DOWN, refused");
}

// Nothing is there when the module is loaded; each thing is used when it comes.
TEST_F(Load, DeviceAndAddressesComeLater)
{
    for (Node *node : both())
        node->must(fmt::format("rdma link del rxe0; ip addr flush dev {}", node->netdev()));
    for (Node *node : both())
        load(*node, config(*node));
    Watch wa = watch(a());
    wait_reason(a(), "device");
    wait_reason(b(), "device");
    b().add_addresses();
    b().add_rdma_link();
    a().add_rdma_link();
    // The last thing to come; READY follows it, not a retry timer, which is at its longest by now.
    wait_counter(a(), "partner-2", "retried", 6);
    a().add_address(a().ipv4() + "/24");
    wa.wait_for(is_ready(2), soon);
    wait_ready(both());
    wa.end();
    unload_both("READY, after the device came late");
}

TEST_F(Load, UnloadInEveryState)
{
    // No device, and an address that leads nowhere.
    a().must("rdma link del rxe0");
    load(a(), config(a()));
    wait_reason(a(), "device");
    unload(a(), "no device");
    a().add_rdma_link();

    load(a(), config(a()));
    unload(a(), "just loaded, nobody listens");
    load(a(), config(a()));
    wait_reason(a(), "unreachable");
    unload(a(), "in backoff");

    // A host that does not answer at all: CONNECTING lasts.
    b().cable().cut();
    load(a(), config(a()));
    a().until("grep -q 'state CONNECTING' /sys/kernel/debug/ccm/partner-2", soon, 10ms);
    unload(a(), "connecting to a silent host");
    b().cable().heal();

    // After the partner's death, and with the cable cut under a live session.
    load(a(), config(a()));
    load(b(), config(b()));
    wait_ready(both());
    b().cable().cut();
    Command other = b().start_command("rmmod rdma_ccm");
    unload(a(), "READY, cable just cut");
    EXPECT_TRUE(other.wait(soon).ok());
    b().cable().heal();

    load(a(), config(a()));
    load(b(), config(b()));
    wait_ready(both());
    b().kill();
    unload(a(), "READY, partner just dead");
    b().boot();
    load(a(), config(a()));
    load(b(), config(b()));
    wait_ready(both());
    b().kill();
    wait_reason(a(), "unreachable");
    unload(a(), "after the partner's death");
    b().boot();
}

// Unloading falls into the handshake, at every moment of it; the partner, which stays,
// is not held up by any of the connections that break off, and lets itself be unloaded, too.
TEST_F(Load, UnloadDuringTheHandshake)
{
    for (int id : {1, 2}) {
        Node &comes_and_goes = cluster().node(id), &stays = cluster().node(3 - id);
        std::string words = fmt::format("{}", fmt::join(arguments(id, config(comes_and_goes)), " "));
        for (int longest_ms : {0, 15, a().debug_kernel() ? 100 : 30}) {
            load(stays, config(stays));
            Stopwatch stopwatch;
            std::string us = comes_and_goes.must(
                fmt::format("ccm-node-test churn 20 {} /modules/rdma_ccm.ko {}", longest_ms, words), 120s);
            double longest = std::stod(us) / 1e6;
            std::printf("node %d, unloaded 20 times 0 to %d ms after the load: at most %.3f s\n", id, longest_ms,
                        longest);
            EXPECT_LT(longest, (1.0 + seconds(stopwatch.waited_for_processors())) * slowness());
            if (longest_ms == 15) {
                load(comes_and_goes, config(comes_and_goes));
                wait_ready(both());
                unload(comes_and_goes, "READY");
            }
            unload(stays, "after its partner has come and gone 20 times");
        }
    }
}

} // namespace
} // namespace ccm::test
