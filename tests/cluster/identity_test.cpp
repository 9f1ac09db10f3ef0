// SPDX-License-Identifier: GPL-2.0-only
// Who is at the other end: two machines with one node id, addresses that are not those
// configured, a module that is loaded anew without a word, a session that only seems to be
// asked for.
#include "pair.h"
#include "rogue.h"

namespace ccm::test {
namespace {

// Nodes 1 and 2 are READY. Node 3 may say that it is node 2.
class Identity : public SharedTest {
public:
    static void SetUpTestSuite()
    {
        cluster().add(configured(1, {.more = {two_addresses}}));
        cluster().add(configured(2, {.partners = {1}}));
        cluster().add(unloaded(3, {.partners = {1}}));
        cluster().boot();
    }

protected:
    static constexpr const char *two_addresses = "partners=2@192.0.2.2+192.0.2.3";
    static constexpr Duration a_while = 3s; // several retries of the one that is sent away

    static Node &one() { return cluster().node(1); }
    static Node &two() { return cluster().node(2); }
    static Node &other() { return cluster().node(3); }

    void SetUp() override
    {
        for (int id : {1, 2, 3}) {
            Node &node = cluster().node(id);

            node.cable().restore();
            if (loaded(node))
                unload(node, "before a test");
        }
        load(one());
        load(two());
        wait_ready({&one(), &two()});
    }

    static void impostor() { load(other(), {.partners = {1}, .more = {"node=2"}}); }

    static std::vector<std::string> log_of(Node &node, std::size_t mark, const std::string &text)
    {
        std::vector<std::string> lines;
        for (const ConsoleLine &line : node.console().lines(mark))
            if (line.text.find(text) != std::string::npos)
                lines.push_back(line.text);
        return lines;
    }

    static std::string incarnation_of(Node &node, int id) { return partner(node, id)["incarnation"]; }
};

TEST_F(Identity, TheOneThatAnswersIsKept)
{
    const std::string kept = incarnation_of(one(), 2);
    const std::size_t mark = one().console().size();
    Watch w = watch(one());
    impostor();
    wait_reason(other(), "duplicate");
    std::this_thread::sleep_for(a_while);
    EXPECT_EQ(losses(w, 2), 0u);
    EXPECT_EQ(incarnation_of(one(), 2), kept);
    EXPECT_EQ(partner(two(), 1)["state"], "ready");
    EXPECT_EQ(partner(other(), 1)["sessions"], 0); // never READY
    auto lines = log_of(one(), mark, "two machines have this node id");
    ASSERT_FALSE(lines.empty());
    EXPECT_NE(lines[0].find("192.0.2.2,"), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find("192.0.2.3,"), std::string::npos) << lines[0];
    EXPECT_LE(lines.size(), 6u);
    EXPECT_GT(counter(one(), "partner-2", "clashes"), 0);

    // The first one dies: the other is let in, and nothing is claimed of the first.
    two().kill();
    EXPECT_EQ(w.wait_for(is(2, "down"), soon).json["reason"], "unreachable");
    w.wait_for(is_ready(2), soon);
    EXPECT_NE(incarnation_of(one(), 2), kept);
    unload(other(), "READY under another's id");
    cluster().boot();
}

TEST_F(Identity, AnAddressThatIsNotConfiguredIsRejected)
{
    unload(one(), "READY");
    load(one(), {.partners = {2}});
    wait_ready({&one(), &two()});
    const std::size_t mark = one().console().size();
    Watch w = watch(one());
    impostor();
    wait_reason(other(), "address");
    EXPECT_EQ(losses(w, 2), 0u);
    // Said once a second at most, and somebody had no key yet a moment ago: it asks again.
    const std::string line = one().console().wait_for("192.0.2.3", soon, mark).text;
    EXPECT_NE(line.find("configured as 192.0.2.2"), std::string::npos) << line;
    unload(other(), "rejected");
}

// partners= names another address than the partner has: nobody is READY by half.
TEST_F(Identity, AWrongAddressIsNamed)
{
    unload(one(), "READY");
    load(one(), {.more = {"partners=2@192.0.2.22"}});
    wait_reason(two(), "address");
    wait_reason(one(), "address"); // nobody is there, but somebody asks from elsewhere
    EXPECT_NE(partner(one(), 2)["state"], "ready");
}

// An update of the module whose goodbye is lost: the kernel that served goes on.
TEST_F(Identity, AReloadIsNotARestart)
{
    for (Node *node : {&one(), &two()}) {
        unload(*node, "READY");
        load(*node, {.partners = {node == &one() ? 2 : 1}, .detect_ms = 15000});
    }
    wait_ready({&one(), &two()});
    std::this_thread::sleep_for(2s); // its kernel is older than what the clocks are trusted for
    Watch w = watch(one());
    two().cable().cut();
    unload(two(), "cut off");
    load(two(), {.partners = {1}, .detect_ms = 15000});
    two().cable().restore();
    Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "reloaded");
    w.wait_for(is_ready(2), soon);
}

// The partner hears why the session has ended, though nothing comes through at first: the
// transport repeats the goodbye, and is waited for.
TEST_F(Identity, AGoodbyeThatIsLostIsRepeated)
{
    using namespace std::string_view_literals;
    static constexpr std::string_view goodbye = "CCM1\x0a\x00\x10\x00"sv;
    static constexpr Duration lost = 200ms; // an ack timeout is 134 ms here
    Watch w = watch(one());
    cluster().network().lose([until = TimePoint{}](const Cable &, std::string_view frame) mutable {
        if (until == TimePoint{} && frame.find(goodbye) != frame.npos)
            until = Clock::now() + lost;
        return Clock::now() < until;
    });
    unload(two(), "READY");
    cluster().network().lose({});
    const Event down = w.wait_for(is(2, "down"), soon);
    EXPECT_EQ(down.json["reason"], "admin");
}

// Loaded later than in the initramfs: how far the storage OS has come is not known.
TEST_F(Identity, AModuleThatIsLoadedLateKnowsNoStage)
{
    EXPECT_EQ(status(two())["node"]["stage"], "kernel");
    unload(two(), "READY");
    two().must("mkdir -p /late && mount -t tmpfs none /late && cp /bin/busybox /modules/rdma_ccm.ko /late");
    std::string insmod = "chroot /late /busybox insmod /rdma_ccm.ko";
    for (const std::string &argument : arguments(2, {.partners = {1}}))
        insmod += " " + argument;
    two().must(insmod);
    two().must("umount -l /late && lab-loaded");
    wait_ready({&one(), &two()});
    EXPECT_EQ(status(two())["node"]["stage"], "unknown");
    EXPECT_EQ(partner(one(), 2)["stage"], "unknown");
    two().must("ccmadm stage running");
    one().until("ccmadm status --json | grep -q '\"stage\":\"running\"'", soon);
}

// Requests with an invented incarnation, and with the partner's own, that nobody is behind
TEST_F(Identity, WhatIsNotProvenEndsNothing)
{
    const std::string kept = incarnation_of(one(), 2);
    Watch w = watch(one());
    Rogue rogue(other());
    for (std::uint32_t attempt : {1U, 2U, ~0U}) {
        for (std::uint64_t incarnation : {std::uint64_t{0x1234}, std::uint64_t{std::stoull(kept, nullptr, 16)}}) {
            (void)rogue.connect(one().ipv4(), rdma_port, encoded(session_request(2, 1, "t", incarnation, attempt)));
            std::this_thread::sleep_for(200ms);
            rogue.close();
        }
    }
    EXPECT_EQ(losses(w, 2), 0u);
    EXPECT_EQ(incarnation_of(one(), 2), kept);

    // ... and they shut nobody out.
    two().must("rmmod rdma_ccm");
    load(two());
    w.wait_for(is_ready(2), soon);
}

} // namespace
} // namespace ccm::test
