// SPDX-License-Identifier: GPL-2.0-only
//
// A network that is bad, but there.
#include "pair.h"

namespace ccm::test {
namespace {

// With the default detection time, which is what this is about.
class Network : public PairTest {
public:
    static void SetUpTestSuite()
    {
        make_pair(configured(1, {.partners = {2}, .detect_ms = 0}), configured(2, {.partners = {1}, .detect_ms = 0}));
    }

protected:
    // Connects under FAULTS, and stays READY for that long.
    void expect_steady(const Faults &faults, Duration time)
    {
        for (Node *node : both())
            unload(*node, "for a new start");
        b().cable().set(faults);
        for (Node *node : both())
            load(*node);
        wait_ready(both(), 60s);
        Watch wa = watch(a()), wb = watch(b());
        EXPECT_THROW(wa.wait_for([](const json &e) { return e["type"] == "partner" && e["state"] != "ready"; }, time),
                     Timeout)
            << "a false DOWN";
        EXPECT_EQ(losses(wa, 2), 0u);
        EXPECT_EQ(losses(wb, 1), 0u);
        for (Direction direction : {Direction::from_node, Direction::to_node}) {
            Counters c = b().cable().counters(direction);
            std::printf("%s node 2: %llu frames, %llu lost, %llu delayed, %llu doubled\n",
                        direction == Direction::from_node ? "from" : "to", static_cast<unsigned long long>(c.frames),
                        static_cast<unsigned long long>(c.dropped), static_cast<unsigned long long>(c.delayed),
                        static_cast<unsigned long long>(c.duplicated));
        }
        for (Node *node : both())
            std::printf("%s: %lld heartbeats, the last read took %lld us\n", node->name().c_str(),
                        counter(*node, fmt::format("partner-{}", 3 - node->id()), "heartbeats"),
                        counter(*node, fmt::format("partner-{}", 3 - node->id()), "read_us"));
        b().cable().heal();
    }
};

TEST_F(Network, LossAndDelayMakeNoFalseDown)
{
    expect_steady({.loss = 0.01, .delay = 20ms}, 60s);
}

TEST_F(Network, ReorderedAndDoubledFramesMakeNoFalseDown)
{
    expect_steady({.duplicate = 0.05, .delay = 500us, .jitter = 3ms}, 15s);
}

} // namespace
} // namespace ccm::test
