// SPDX-License-Identifier: GPL-2.0-only
// More than two nodes.
#include "pair.h"

namespace ccm::test {
namespace {

class Three : public SharedTest {
public:
    static void SetUpTestSuite()
    {
        for (int id : {1, 2, 3})
            cluster().add(configured(id, {.partners = others(id)}));
        cluster().boot();
    }

protected:
    static std::vector<int> others(int id)
    {
        std::vector<int> ids;
        for (int other : {1, 2, 3})
            if (other != id)
                ids.push_back(other);
        return ids;
    }
    static std::vector<Node *> all() { return {&cluster().node(1), &cluster().node(2), &cluster().node(3)}; }
};

TEST_F(Three, AllWithAllAndTheLossOfOneHurtsNobodyElse)
{
    wait_ready(all());
    for (Node *node : all())
        EXPECT_EQ(status(*node)["partners"].size(), 2u);

    Watch w1 = watch(cluster().node(1)), w2 = watch(cluster().node(2));
    cluster().node(3).kill();
    EXPECT_EQ(w1.wait_for(is(3, "down"), soon).json["reason"], "unreachable");
    EXPECT_EQ(w2.wait_for(is(3, "down"), soon).json["reason"], "unreachable");
    cluster().boot();
    w1.wait_for(is_ready(3), soon);
    w2.wait_for(is_ready(3), soon);
    wait_ready(all());

    // One is unloaded: its goodbye goes to both.
    unload(cluster().node(3), "READY with two partners");
    w1.wait_for(is_down(3, "admin"), soon);
    w2.wait_for(is_down(3, "admin"), soon);
    EXPECT_EQ(losses(w1, 2), 0u);
    EXPECT_EQ(losses(w2, 1), 0u);
    load(cluster().node(3));
    wait_ready(all());
}

// Sixteen partners, of which two exist.
TEST_F(Three, SixteenPartnersMostOfThemAbsent)
{
    for (Node *node : all())
        if (loaded(*node))
            unload(*node, "READY with two partners");
    std::vector<int> sixteen;
    for (int id = 2; id <= 17; id++)
        sixteen.push_back(id);
    Node &one = cluster().node(1);
    std::size_t mark = one.console().size();
    load(one, {.partners = sixteen});
    for (int id : {2, 3})
        load(cluster().node(id), {.partners = {1}});
    one.must("ccmadm wait --partner 2 --partner 3 --timeout 60", 70s);
    // Each of the absent ones has been tried many times.
    for (int id = 4; id <= 17; id++)
        wait_counter(one, fmt::format("partner-{}", id), "attempts", 5, 30s);
    EXPECT_EQ(one.run("ccmadm status").code, 2);
    json shown = status(one);
    ASSERT_EQ(shown["partners"].size(), 16u);
    for (const json &p : shown["partners"]) {
        int id = p["node"];
        EXPECT_EQ(p["state"], id <= 3 ? "ready" : "down") << p.dump();
        if (id > 3) {
            EXPECT_EQ(p["reason"], "unreachable") << p.dump();
            int lines = 0;
            for (const ConsoleLine &line : one.console().lines(mark))
                // not counting that a key is missing, until it is there
                lines += line.text.find(fmt::format("partner {}: DOWN (unreachable)", id)) != std::string::npos;
            EXPECT_EQ(lines, 1) << "partner " << id << ": the log should say once that it is not there";
        }
    }
    unload(one, "sixteen partners, fourteen absent");
}

} // namespace
} // namespace ccm::test
