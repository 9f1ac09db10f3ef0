// SPDX-License-Identifier: GPL-2.0-only
//
// Each call of the module that can want for memory fails, by itself, whenever it is made:
// an error or a retry, and everything is as it should be afterwards.
#include <algorithm>
#include <optional>

#include <uapi/linux/ccm.h>

#include "failing.h"
#include "host.h"
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

// How long a site goes on failing: so long that the first retry fails, too.
constexpr int a_while_ms = 150;
// Two chunks on soft-RoCE, three on siw
constexpr long long region = 2'200'000;

const Steps until_ready{fmt::format("ready={:.0f}", 1000 * seconds(soon))};
const Steps check = until_ready + Steps{"show=/sys/kernel/debug/ccm/node"} + no_more_fail();
const Steps register_client{fmt::format("ccm_pattern=register f 2 2 {0} {0} idle", region)};
const Steps register_again = Steps{"ccm_pattern=unregister f"} + register_client;

// A node's module leaves, and is loaded again.
Steps reload(int id = 1)
{
    return {"remove",
            fmt::format("load=/modules/rdma_ccm.ko {}", fmt::join(arguments(id, {.partners = {3 - id}}), " "))};
}

class EverySite : public PairTest {
public:
    static void SetUpTestSuite()
    {
        cluster(failing_settings());
        PairTest::SetUpTestSuite();
    }
    static void TearDownTestSuite();

protected:
    void TearDown() override
    {
        for (Node *node : both()) {
            let_none_fail(*node);
            unload_pattern(*node);
            const std::string counters = node->must("cat /sys/kernel/debug/ccm/node");
            for (const char *figure : {"\nclients 0\n", "\nclient_ports 0\n", "\nclient_memory 0\n"})
                EXPECT_NE(counters.find(figure), std::string::npos) << node->name() << ": " << counters;
        }
        PairTest::TearDown();
    }

    static std::string run(Node &node, const Steps &steps, bool good = true)
    {
        const Result result = start_steps(node, steps).wait(60s);
        EXPECT_EQ(result.ok(), good) << node.name() << ": " << result.output << result.errors;
        remember(taken(result.output));
        return result.output;
    }
    static void remember(const Calls &failed)
    {
        for (const auto &[site, times] : failed)
            failed_[site] += times;
    }

    // READY, with the client as agreed on or without one: what check has said.
    static void expect_state(Node &node, const std::string &output, bool with_client)
    {
        std::string expected = fmt::format("partner {} ready;", 3 - node.id());
        if (with_client)
            expected += fmt::format("client f {} ready 2 {} {};", 3 - node.id(), region, region);
        EXPECT_EQ(said(output, "ready"), expected) << node.name() << ": " << output;
        const std::string counters = said(output, "show");
        for (const std::string &figure :
             {fmt::format("client_ports {};", with_client ? 2 : 0),
              fmt::format("client_memory {};", with_client ? (region + 4095) / 4096 * 4096 : 0)})
            EXPECT_NE(counters.find(figure), std::string::npos)
                << node.name() << ": no " << figure << " in " << counters;
    }
    static void expect_state(bool with_client)
    {
        for (Node *node : both())
            expect_state(*node, run(*node, check), with_client);
    }
    static void register_everywhere()
    {
        for (Node *node : both()) {
            load_pattern(*node, "depth=1 size=4096 pace_ms=10");
            run(*node, register_client);
        }
        expect_state(true);
    }
    // Until a call has failed on a node where the site is to; then nothing fails there any more.
    static void wait_failed(Node &node, const std::string &site)
    {
        node.until(fmt::format("cd /sys/kernel/debug/ccm_failing && echo armed >run && ! grep -q '{} 0$' run", site),
                   soon, 20ms);
        remember(let_none_fail(node));
    }

    // What both nodes do again and again, each time with another site failing on both.
    struct Action {
        Steps on_a, on_b;
        bool with_client;
        bool (*wanted)(const std::string &site) = [](const std::string &) { return true; };
        std::set<std::string> once = {}; // sites that are not tried again
    };
    struct Trial {
        std::string name;
        Failing on_a, on_b;
    };
    static std::vector<Trial> trials(const Action &action);
    static void fail_each(const Action &action);
    // Each of the sites fails on both sides while the client is under load.
    static void fail_under_load(const std::vector<std::string> &all);

    static Calls failed_;
};

Calls EverySite::failed_;

// Called behind READY, some when the first one is prepared only
bool of_last_words(const std::string &one)
{
    return one.rfind("ccm/frame.c:", 0) == 0 || one.rfind("ccm/last_word.c:", 0) == 0;
}

// What is called by those who look, as the steps do, or without which they cannot look;
// and that without which there is no client.
bool has_its_own_test(const std::string &one)
{
    return of_last_words(one) || one.rfind("ccm/debugfs.c:", 0) == 0 || one == site("ccm/client.c", "kzalloc") ||
           one == site("ccm/pairing.c", "kzalloc") || one == site("ccm/chardev.c", "kzalloc") ||
           (one.rfind("ccm/events.c:", 0) == 0 && one.ends_with("alloc"));
}

// One trial: the nodes begin together; when both have done what they are to do, both look.
Steps trial_steps(const std::string &name, const Failing &failing, const Steps &action)
{
    return Steps{"barrier", "trial=" + name} + fail(failing) + Steps{"barrier"} + action + Steps{"barrier"} + check;
}

// For each site that the action passes, on either side: a call fails, the first on node 1,
// the last on node 2; then each call for a while, on both.
std::vector<EverySite::Trial> EverySite::trials(const Action &action)
{
    Calls calls[2] = {site_calls(a()), site_calls(b())};
    Command other = start_steps(b(), action.on_b + until_ready);
    run(a(), action.on_a);
    EXPECT_TRUE(other.wait(60s).ok());
    expect_state(action.with_client);
    std::set<std::string> passed;
    for (int i : {0, 1})
        for (const auto &[site, count] : site_calls(i ? b() : a())) {
            calls[i][site] = count - calls[i][site];
            if (calls[i][site] && !has_its_own_test(site) && action.wanted(site))
                passed.insert(site);
        }
    std::vector<Trial> all;
    for (const std::string &site : passed) {
        auto on = [&](int i, long long skip, int ms) { return calls[i][site] ? Failing{site, skip, ms} : Failing{}; };
        // where it is not called a hundred times
        const long long last = calls[1][site] > 1 && calls[1][site] <= 8 ? calls[1][site] - 1 : 0;
        all.push_back({fmt::format("{}(once)", site), on(0, 0, 0), on(1, last, 0)});
        if (!action.once.contains(site))
            all.push_back({fmt::format("{}(for-a-while)", site), on(0, 0, a_while_ms), on(1, 0, a_while_ms)});
    }
    return all;
}

void EverySite::fail_each(const Action &action)
{
    const std::vector<Trial> all = trials(action);
    Steps steps[2] = {{"connect=" + b().ipv4()}, {"listen=" + b().ipv4()}};
    for (const Trial &trial : all) {
        steps[0] = steps[0] + trial_steps(trial.name, trial.on_a, action.on_a);
        steps[1] = steps[1] + trial_steps(trial.name, trial.on_b, action.on_b);
    }
    std::vector<Command> commands;
    for (int i : {1, 0})
        commands.push_back(start_steps(i ? b() : a(), steps[i] + Steps{"barrier"}));
    std::string longest;
    long long longest_ms = 0, total_ms = 0;
    for (int i : {1, 0}) {
        const Result result = commands[1 - i].wait(100s);
        EXPECT_TRUE(result.ok()) << (i ? "node 2: " : "node 1: ") << result.errors;
        // What was said in each trial
        std::string name;
        long long began = 0;
        std::size_t done = 0;
        for (std::size_t at = result.output.find("\ntrial: "), next = 0; at != std::string::npos; at = next) {
            next = result.output.find("\ntrial: ", at + 1);
            const std::string output = result.output.substr(at + 1, next == std::string::npos ? next : next - at);
            const std::string line = said(output, "trial");
            const long long begins = std::stoll(line.substr(line.find(' ') + 1));
            if (done && begins - began > longest_ms) {
                longest_ms = begins - began;
                longest = name;
            }
            total_ms += done ? begins - began : 0;
            began = begins;
            name = line.substr(0, line.find(' '));
            done++;
            SCOPED_TRACE(name);
            expect_state(i ? b() : a(), output, action.with_client);
            remember(taken(output));
        }
        EXPECT_EQ(done, all.size()) << "node " << i + 1 << " ends with " << name;
    }
    std::printf("%zu trials in %.1f s, the longest %.2f s: %s\n", all.size(), static_cast<double>(total_ms) / 2000,
                static_cast<double>(longest_ms) / 1000, longest.c_str());
}

void EverySite::fail_under_load(const std::vector<std::string> &all)
{
    for (const std::string &site : all) {
        SCOPED_TRACE(site);
        // registered anew: after a few failures a link takes its time
        const Steps steps = register_again + until_ready + Steps{"ccm_pattern=load f on"} + fail({site});
        Command other = start_steps(b(), steps);
        run(a(), steps);
        EXPECT_TRUE(other.wait(60s).ok());
        for (Node *node : both())
            wait_failed(*node, site);
        // after which the load goes on
        wait_more_verified(a());
        for (Node *node : both())
            expect_state(*node, run(*node, Steps{"ccm_pattern=load f off"} + check), true);
    }
}

void EverySite::TearDownTestSuite()
{
    PairTest::TearDownTestSuite();
    const ::testing::TestSuite *suite = ::testing::UnitTest::GetInstance()->current_test_suite();
    if (suite->test_to_run_count() != suite->total_test_count())
        return;
    std::string missing;
    for (const std::string &site : all_sites())
        if (!failed_[site])
            missing += site + "\n";
    EXPECT_EQ(missing, "") << "has not failed";
    std::printf("%zu sites\n", all_sites().size());
}

// Whatever in the sources looks like such a call is one that can be made to fail.
TEST_F(EverySite, IsKnown)
{
    std::set<std::string> known;
    for (const std::string &one : all_sites())
        known.insert(one.substr(0, one.rfind(':')));
    EXPECT_GT(known.size(), 80u);
    for (const std::string &suspect : suspects())
        EXPECT_TRUE(known.contains(suspect)) << suspect << ": add it to tests/modules/failing/calls.h";
}

// Node 1 leaves, and is loaded again: as long as there is no memory for what the module needs,
// the load fails; what comes later is tried again.
TEST_F(EverySite, OfALoadAndASession)
{
    const std::size_t mark = a().console().size();
    // Those that a load without a partner passes
    const Calls before = site_calls(a());
    run(a(), {"remove", "load=/modules/rdma_ccm.ko node=1 cluster=t"});
    std::set<std::string> of_a_load;
    for (const auto &[site, count] : site_calls(a()))
        if (!before.contains(site) || before.at(site) < count)
            of_a_load.insert(site);
    run(a(), reload() + until_ready);
    fail_each({.on_a = reload() + until_ready, .on_b = {}, .with_client = false, .once = of_a_load});
    // A load that has gone well has left nothing out.
    const auto lines = a().console().lines();
    for (std::size_t i = mark; i < lines.size(); i++)
        EXPECT_EQ(lines[i].text.find("not listening on IPv6"), std::string::npos) << lines[i].text;
}

// The client leaves and comes back, on both sides.
TEST_F(EverySite, OfALink)
{
    register_everywhere();
    fail_each({.on_a = register_again + until_ready, .on_b = register_again + until_ready, .with_client = true});
}

// The client leaves here while its link there fails: that link is closed here, but what it has
// registered is still under way, when the client is to be let go.
TEST_F(EverySite, OfALinkWhoseOtherSideLeaves)
{
    constexpr int times = 40;
    register_everywhere();
    Steps first{"connect=" + b().ipv4()}, second{"listen=" + b().ipv4()};
    for (int i = 0; i < times; i++) {
        first = first + fail({site("ccm/links.c", "kzalloc")}) + Steps{"barrier"} + register_again;
        second = second + Steps{"barrier", fmt::format("pause={}", i * 1000)} + register_again;
    }
    Command other = start_steps(b(), second + Steps{"barrier"});
    run(a(), first + Steps{"barrier"} + no_more_fail());
    EXPECT_TRUE(other.wait(20s).ok());
    expect_state(true);
}

// Without memory for it there is no client, and nothing is left of it. The next one is fine.
TEST_F(EverySite, OfARegistration)
{
    for (Node *node : both()) {
        load_pattern(*node);
        for (const char *file : {"ccm/client.c", "ccm/pairing.c"}) {
            SCOPED_TRACE(file);
            const std::string output = run(*node, fail({site(file, "kzalloc")}) + register_client + check);
            EXPECT_EQ(said(output, "ccm_pattern"), "failed error=-12");
            EXPECT_NE(said(output, "show").find(";clients 0;"), std::string::npos) << output;
            expect_state(*node, output, false);
        }
    }
    register_everywhere();
}

// A partner that is to be added, to a node with a client: it is not, and nothing is left of it. The
// next time is fine.
TEST_F(EverySite, OfAPartnerThatComes)
{
    const std::string add = "ccmadm partner add 2 " + b().ipv4();
    register_everywhere();
    a().must("ccmadm partner del 2");
    const Calls before = site_calls(a());
    a().must(add);
    std::set<std::string> passed;
    for (const auto &[one, count] : site_calls(a()))
        for (const char *file : {"ccm/netlink.c:", "ccm/addresses.c:", "ccm/cluster.c:", "ccm/partner.c:",
                                 "ccm/pairing.c:", "ccm/prover.c:"})
            if (one.rfind(file, 0) == 0 && (!before.contains(one) || before.at(one) < count))
                passed.insert(one);
    EXPECT_GE(passed.size(), 6u);
    for (const std::string &one : passed) {
        SCOPED_TRACE(one);
        // the memory of a client is set aside later, and again
        if (one == site("ccm/pairing.c", "__vmalloc"))
            continue;
        a().must("ccmadm partner del 2");
        let_fail(a(), {one});
        const Result result = a().run(add);
        EXPECT_NE(result.errors.find("partner 2: out of memory"), std::string::npos) << result.errors;
        remember(let_none_fail(a()));
        EXPECT_TRUE(status(a())["partners"].empty());
        EXPECT_TRUE(status(a())["clients"].empty());
        a().must(add);
    }
    let_fail(a(), {site("ccm/netlink.c", "genlmsg_new")});
    const Result result = a().run("ccmadm partner list 2");
    EXPECT_NE(result.errors.find("partner 2: out of memory"), std::string::npos) << result.errors;
    remember(let_none_fail(a()));
    wait_ready(both());
    expect_state(true);
}

// Its addresses are what they were.
TEST_F(EverySite, OfAPartnerThatIsElsewhere)
{
    const std::string set = fmt::format("ccmadm partner set 2 {} 192.0.2.99", b().ipv4());
    for (const std::string &one : {site("ccm/netlink.c", "kzalloc"), site("ccm/addresses.c", "kzalloc")}) {
        SCOPED_TRACE(one);
        let_fail(a(), {one});
        const Result result = a().run(set);
        remember(let_none_fail(a()));
        EXPECT_NE(result.errors.find("partner 2: out of memory"), std::string::npos) << result.errors;
        EXPECT_EQ(a().must("ccmadm partner list"), fmt::format("2@{}\n", b().ipv4()));
    }
    expect_state(false);
}

// A notification: who listens hears that there was one, and hears the next.
TEST_F(EverySite, OfANotification)
{
    Watch told(a().start_command("exec ccm-node-test monitor"));
    told.wait_for({{"message", "listening"}}, soon);
    let_fail(a(), {site("ccm/monitor.c", "genlmsg_new")});
    b().must("ccmadm stage root");
    told.wait_for({{"message", "lost"}}, soon);
    remember(let_none_fail(a()));
    b().must("ccmadm stage initramfs");
    told.wait_for({{"message", "change"}, {"id", 2}, {"stage", CCM_STAGE_INITRAMFS}}, soon);
    told.end();
}

// Nothing depends on it.
TEST_F(EverySite, OfDebugfs)
{
    for (const char *function : {"debugfs_create_dir", "debugfs_create_file"})
        for (const std::string &one : sites("ccm/debugfs.c", function))
            run(a(), fail({one}) + reload() + until_ready + no_more_fail());
    run(a(), reload() + until_ready);
    for (std::size_t i : {0, 1}) {
        let_fail(a(), {site("ccm/debugfs.c", "single_open", i)});
        const Result result = a().run(fmt::format("cat /sys/kernel/debug/ccm/{}", i ? "partner-2" : "node"));
        EXPECT_NE(result.errors.find("Cannot allocate memory"), std::string::npos) << result.errors;
        remember(let_none_fail(a()));
    }
    expect_state(false);
}

// The caller hears of it, and may try again, also with the file that is open.
// The keyring, and whoever proves keys, are made when the module is loaded; a key, when it is added.
TEST_F(EverySite, OfAKey)
{
    unload(a(), "READY");
    a().must("modprobe ccm_failing");
    auto insmod = [] {
        return a().run(fmt::format("insmod /modules/rdma_ccm.ko {}", fmt::join(arguments(1, {.partners = {2}}), " ")));
    };
    for (const auto &[file, function, index] :
         std::vector<std::tuple<const char *, const char *, std::size_t>>{{"ccm/keyring.c", "register_key_type", 0},
                                                                          {"ccm/keyring.c", "kzalloc", 1},
                                                                          {"ccm/keyring.c", "keyring_alloc", 0},
                                                                          {"ccm/prover.c", "crypto_alloc_shash", 0}}) {
        let_fail(a(), {site(file, function, index), 0, a_while_ms});
        EXPECT_FALSE(insmod().ok()) << file << " " << function;
        remember(let_none_fail(a()));
    }
    ASSERT_TRUE(insmod().ok());
    let_fail(a(), {site("ccm/keyring.c", "kzalloc", 0), 0, a_while_ms});
    EXPECT_FALSE(a().run("lab-loaded").ok());
    remember(let_none_fail(a()));
    EXPECT_TRUE(a().run("lab-loaded").ok());
    unload(a(), "with a key");
    load(a());
}

TEST_F(EverySite, OfAReaderOfTheDevice)
{
    const std::string open = site("ccm/events.c", "kzalloc"), read = site("ccm/events.c", "kvcalloc");
    for (const std::string &one : {site("ccm/chardev.c", "kzalloc"), open, read}) {
        EXPECT_EQ(said(run(a(), fail({one}) + until_ready, false), "ready"), "ENOMEM");
        remember(let_none_fail(a()));
    }
    let_fail(a(), {read});
    const Result result = a().run("exec 3</dev/ccm; for i in 1 2; do dd bs=792 count=1 status=none <&3 | wc -c; done");
    EXPECT_EQ(result.output, "0\n792\n") << result.errors;
    EXPECT_EQ(let_none_fail(a())[read], 1);
    expect_state(false);
}

// A ring that says that the stage has changed cannot be posted: the session is made anew.
TEST_F(EverySite, OfAStage)
{
    const std::string ring = site("ccm/rdma/mail.c", "ib_post_send", 2);
    wait_ready(both());
    let_fail(a(), {ring});
    a().must("ccmadm stage initramfs");
    wait_failed(a(), ring);
    remember(let_none_fail(a()));
    wait_ready(both());
    EXPECT_EQ(partner(b(), 1)["stage"], "initramfs");
}

// A device that appears, and cannot be used: the kernel log says so, and what to do.
TEST_F(EverySite, OfADevice)
{
    const std::size_t mark = a().console().size();
    a().must("rdma link del rxe0");
    let_fail(a(), {site("ccm/rdma/device.c", "kzalloc")});
    a().add_rdma_link();
    a().console().wait_for("device rxe0 is not used: out of memory", soon, mark);
    let_none_fail(a());
    a().must("rdma link del rxe0");
    a().add_rdma_link();
    expect_state(false);
}

// A session is READY without one, and the next has it again.
TEST_F(EverySite, OfALastWord)
{
    for (const std::string &one : all_sites()) {
        if (!of_last_words(one))
            continue;
        SCOPED_TRACE(one);
        let_fail(b(), {one});
        run(b(), reload(2));
        wait_failed(b(), one);
        expect_state(false);
    }
    run(b(), reload(2));
    b().until("grep -qx 'last_word prepared' /sys/kernel/debug/ccm/partner-1", soon);
}

// Calls that are made only when another one has failed, or when requests cross.
TEST_F(EverySite, OfARefusal)
{
    // The second is called when the first has failed.
    auto both_fail_on_b = [](const std::string &first, const std::string &second) {
        let_fail(b(), {second, 0, 60'000});
        let_fail(b(), {first, 0, 60'000});
    };
    {
        SCOPED_TRACE("no memory for a session's request, none to say so");
        const std::string reject = site("ccm/rdma/listener.c", "rdma_reject");
        both_fail_on_b(site("ccm/rdma/conn.c", "kzalloc"), reject);
        run(a(), reload());
        wait_failed(b(), reject);
        expect_state(false);
    }
    {
        SCOPED_TRACE("requests cross: node 1's is lost, and node 2's comes while it waits");
        const std::string reject = site("ccm/rdma/endpoint.c", "rdma_reject");
        a().cable().cut_from_node();
        run(a(), reload() + fail({reject}));
        wait_failed(a(), reject);
        a().cable().restore();
        expect_state(false);
    }
    register_everywhere();
    for (const auto &[first, second] :
         {std::pair{site("ccm/rdma/port.c", "kzalloc"), site("ccm/rdma/listener.c", "rdma_reject")},
          std::pair{site("ccm/rdma/port.c", "get_zeroed_page"), site("ccm/rdma/endpoint.c", "rdma_reject")}}) {
        SCOPED_TRACE("no memory for a port, none to say so");
        both_fail_on_b(first, second);
        Command other = start_steps(b(), register_again);
        run(a(), register_again);
        EXPECT_TRUE(other.wait(60s).ok());
        wait_failed(b(), second);
        expect_state(true);
    }
    {
        SCOPED_TRACE("a heartbeat cannot be posted: the session breaks, and its ports are fenced");
        const std::string heartbeat = sites("ccm/rdma/mail.c", "ib_post_send").back();
        let_fail(a(), {heartbeat});
        wait_failed(a(), heartbeat);
        expect_state(true);
    }
}

// An operation that cannot be started: its caller hears of it, once. One that the device does
// not take costs the port, and the link is opened again.
TEST_F(EverySite, OfAnOperation)
{
    register_everywhere();
    const std::string write = "ccm_pattern=write f 2 0 0102", read = "ccm_pattern=read f 2 0 2";
    for (const auto &[one, command, result] :
         {std::tuple{site("ccm/rdma/op_sync.c", "kzalloc", 0), write, "failed error=-12"},
          std::tuple{site("ccm/rdma/op_sync.c", "kmemdup"), write, "failed error=-12"},
          std::tuple{site("ccm/rdma/op_sync.c", "kzalloc", 1), read, "failed error=-12"},
          std::tuple{site("ccm/rdma/buffer.c", "ib_dma_map_single"), read, "failed error=-12"},
          std::tuple{site("ccm/rdma/op.c", "ib_post_send", 2), write, "failed error=-107"}}) {
        SCOPED_TRACE(one);
        const std::string output = run(a(), fail({one}) + Steps{command} + no_more_fail());
        EXPECT_EQ(said(output, "ccm_pattern"), result);
        EXPECT_EQ(taken(output)[one], 1);
        wait_client(a(), "f", 2);
        EXPECT_EQ(said(run(a(), until_ready + Steps{"ccm_pattern=wait f 2 up 20000", write}), "ccm_pattern"), "ok");
    }
    fail_under_load({site("ccm/rdma/op.c", "ib_post_send", 1), site("ccm/rdma/op.c", "ib_post_send", 2),
                     site("ccm/rdma/endpoint.c", "ib_post_recv", 0)});
}

// Queue pairs that cannot go into the error state are destroyed: what is on its way in them then
// completes all the same, once, before DOWN is told.
TEST_F(EverySite, OfAFenceUnderLoad)
{
    const std::string modify = site("ccm/rdma/endpoint.c", "ib_modify_qp");
    for (Node *node : both())
        load_pattern(*node, "depth=16 size=65536");
    register_everywhere();
    for (Node *node : both())
        run(*node, Steps{"ccm_pattern=load f on"});
    wait_more_verified(a());
    Watch w = watch(a());
    let_fail(a(), {modify, 0, 60'000});
    b().cable().cut();
    w.wait_for(is(2, "down"), soon);
    wait_client(a(), "f", 2, "down");
    wait_failed(a(), modify);
    EXPECT_GT(pattern_stat(a(), "errors"), 0);
    b().cable().restore();
    for (Node *node : both())
        run(*node, Steps{"ccm_pattern=load f off"});
    expect_state(true);
}

// The monitor: it is not loaded, or it says that it does not watch the partner, and does so
// from the next change on.
TEST_F(EverySite, OfTheFailoverMonitor)
{
    b().must("insmod /modules/ccm_fm.ko");
    for (const std::string &one :
         {site("ccm/clients/failover_monitor.c", "alloc_workqueue"),
          site("ccm/clients/failover_show.c", "alloc_workqueue"), site("ccm/client.c", "kzalloc")}) {
        let_fail(a(), {one});
        EXPECT_NE(a().run("insmod /modules/ccm_fm.ko").errors.find("Cannot allocate memory"), std::string::npos) << one;
        remember(let_none_fail(a()));
    }
    std::string stage = "initramfs";
    for (const std::string &one :
         {site("ccm/clients/failover_exchange.c", "kzalloc"), site("ccm/clients/failover_monitor.c", "kzalloc"),
          site("ccm/clients/failover_show.c", "kzalloc"), site("ccm/clients/failover_show.c", "kobject_uevent")}) {
        SCOPED_TRACE(one);
        let_fail(a(), {one, 0, a_while_ms});
        a().must("insmod /modules/ccm_fm.ko");
        a().must("ccmadm wait --client failover-monitor --timeout 20", 30s);
        wait_failed(a(), one);
        b().must("ccmadm stage " + stage);
        a().until("ccmadm status --json | grep -q -e partner-up -e booting-wait", soon);
        a().must("rmmod ccm_fm");
        stage = stage == "running" ? "storage" : "running";
    }
    b().must("rmmod ccm_fm");
}

// What is called over iWARP only: registrations of buffers, rings, READs behind WRITEs. And queue pairs that could
// not be drained before they are destroyed, which leaves completions behind with siw.
TEST_F(EverySite, OverIwarp)
{
    auto use = [](Rdma now, const char *before) {
        for (Node *node : both())
            unload(*node, "READY");
        for (Node *node : both()) {
            node->must(fmt::format("rdma link del {}", before));
            node->add_rdma_link(now);
            load(*node);
        }
        wait_ready(both());
    };
    auto not_drained = [](const std::string &site) { return site.ends_with(":ib_modify_qp"); };
    use(Rdma::siw, "rxe0");
    fail_each({.on_a = reload() + until_ready, .on_b = {}, .with_client = false, .wanted = not_drained});
    register_everywhere();
    fail_each({.on_a = register_again + until_ready,
               .on_b = register_again + until_ready,
               .with_client = true,
               .wanted = [](const std::string &site) { return !failed_[site] || site.ends_with(":ib_modify_qp"); }});
    fail_under_load({site("ccm/rdma/op.c", "ib_post_send", 0), site("ccm/rdma/op.c", "ib_post_send", 3)});
    for (Node *node : both())
        unload_pattern(*node);
    use(Rdma::rxe, "siw0");
}

} // namespace
} // namespace ccm::test
