// SPDX-License-Identifier: GPL-2.0-only
//
// Authentication by the cluster's pre-shared key: who has it is let in, nobody else, and that
// disturbs nobody.
#include "pair.h"
#include "pattern.h"

namespace ccm::test {
namespace {

// Nodes 1 and 2 have the key. Node 3 may say that it is node 2.
class Auth : public SharedTest {
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

    static Node &one() { return cluster().node(1); }
    static Node &two() { return cluster().node(2); }
    static Node &other() { return cluster().node(3); }

    void SetUp() override
    {
        for (int id : {1, 2, 3})
            if (Node &node = cluster().node(id); loaded(node))
                unload(node, "before a test");
        load(one());
        load(two());
        wait_ready({&one(), &two()});
    }

    // The module alone, without the key that lab-loaded adds
    static void load_only(Node &node, const std::vector<std::string> &more = {})
    {
        std::vector<std::string> words = arguments(node.id(), {.partners = {1}});
        words.insert(words.end(), more.begin(), more.end());
        node.must(fmt::format("insmod /modules/rdma_ccm.ko {}", fmt::join(words, " ")));
    }
};

TEST_F(Auth, WithoutAKeyItWaitsAndConnectsWhenItIsThere)
{
    unload(two(), "READY");
    const std::size_t mark = two().console().size();
    load_only(two());
    wait_reason(two(), "authentication");
    wait_reason(one(), "authentication"); // its requests are rejected: there is no key
    two().console().wait_for("ccmadm key add", soon, mark);
    EXPECT_EQ(partner(two(), 1)["attempts"], 0) << "it does not even ask";
    two().must("lab-loaded");
    wait_ready({&one(), &two()});
    two().console().wait_for("authenticated by the pre-shared keys of cluster t, the highest number is 1", soon, mark);
}

TEST_F(Auth, AWrongKeyIsNamedOnBothSides)
{
    unload(two(), "READY");
    load_only(two());
    add_key(two(), 1, '7');
    wait_reason(two(), "authentication");
    wait_reason(one(), "authentication");
    EXPECT_GT(counter(one(), "partner-2", "proofs_wrong") + counter(two(), "partner-1", "proofs_wrong"), 0);
    EXPECT_EQ(partner(two(), 1)["sessions"], 0);
    // ... and the right one is all that is missing.
    add_key(two(), 2, '8');
    add_key(one(), 2, '8');
    wait_ready({&one(), &two()});
}

TEST_F(Auth, BothWantItOrNeither)
{
    unload(two(), "READY");
    load(two(), {.partners = {1}, .psk = false});
    wait_reason(two(), "authentication");
    wait_reason(one(), "authentication");
    EXPECT_EQ(partner(two(), 1)["sessions"], 0);
}

TEST_F(Auth, RotationLosesNoSession)
{
    Watch w = watch(one());
    for (Node *node : {&one(), &two()})
        add_key(*node, 2, '2');
    for (Node *node : {&one(), &two()}) {
        EXPECT_NE(node->must("ccmadm key list").find('2'), std::string::npos);
        node->must("ccmadm key del 1");
    }
    two().must("sleep 1");
    EXPECT_EQ(losses(w, 2), 0U);
    // The next session is of the new key.
    two().cable().cut();
    w.wait_for(is(2, "down"), soon);
    two().cable().restore();
    w.wait_for(is_ready(2), soon);
    // The last one is gone: what there is goes on, and nothing new begins.
    const std::size_t mark = one().console().size();
    one().must("ccmadm key del 2");
    one().console().wait_for("the last pre-shared key of cluster t is gone", soon, mark);
    one().must("sleep 1");
    EXPECT_EQ(partner(one(), 2)["state"], "ready");
    two().cable().cut();
    w.wait_for(is(2, "down"), soon);
    two().cable().restore();
    wait_reason(two(), "authentication");
    add_key(one(), 2, '2');
    w.wait_for(is_ready(2), soon);
}

// From an address of the partner's, with its id: whoever has no key, or another one, ends nothing.
TEST_F(Auth, WhoeverHasNoKeyDisturbsNobody)
{
    const std::string kept = partner(one(), 2)["incarnation"];
    Watch w = watch(one());
    load_only(other(), {"node=2"});
    add_key(other(), 1, 'd');
    wait_reason(other(), "authentication");
    wait_counter(one(), "partner-2", "proofs_wrong", 2);
    EXPECT_EQ(losses(w, 2), 0U);
    EXPECT_EQ(partner(one(), 2)["incarnation"], kept);
    EXPECT_EQ(partner(two(), 1)["state"], "ready");
    EXPECT_EQ(partner(other(), 1)["sessions"], 0);
}

TEST_F(Auth, PortsAreLetInByTheSessionsKey)
{
    register_everywhere({&one(), &two()}, "mirror 4 4 1048576 1048576 idle");
    wait_client(one(), "mirror", 2);
    wait_client(two(), "mirror", 1);
    expect_memory_moves(one(), two());
    for (Node *node : {&one(), &two()})
        unload_pattern(*node);
}

// A key is never given back, and root's alone to add.
TEST_F(Auth, TheKeyringKeepsItsKeys)
{
    const std::string list = one().must("cat /proc/keys");
    EXPECT_NE(list.find(".ccm"), std::string::npos) << list;
    EXPECT_NE(list.find("ccm-psk"), std::string::npos) << list;
    EXPECT_EQ(list.find("0f1e2d3c"), std::string::npos) << list;
    EXPECT_FALSE(one().run("cat /etc/ccm/psk | ccmadm key add -").ok()) << "a number is never given twice";
    for (Node *node : {&one(), &two()})
        for (const ConsoleLine &line : node->console().lines(0))
            EXPECT_EQ(line.text.find("0f1e2d3c"), std::string::npos) << line.text;
}

} // namespace
} // namespace ccm::test
