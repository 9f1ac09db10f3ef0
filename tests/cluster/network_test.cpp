// SPDX-License-Identifier: GPL-2.0-only
//
// A network that is bad, but there.
#include "host.h"
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
    // Connects under FAULTS, and stays READY for that long. A machine that has kept the nodes waiting
    // for a processor cannot tell: there it is tried again.
    void expect_steady(const Faults &faults, Duration time)
    {
        for (int left = 2; !steady(faults, time, left); left--)
            std::printf("once more: this machine was busy\n");
    }

    // False: not, but that can be the machine's fault
    bool steady(const Faults &faults, Duration time, int left)
    {
        b().cable().heal();
        for (Node *node : both())
            unload(*node, "for a new start");
        b().cable().set(faults);
        for (Node *node : both())
            load(*node);
        wait_ready(both(), 60s);
        Watch wa = watch(a()), wb = watch(b());
        const Stopwatch stopwatch;
        bool down = true;
        try {
            wa.wait_for([](const json &e) { return e["type"] == "partner" && e["state"] != "ready"; }, time);
        } catch (const Timeout &) {
            down = false;
        }
        down = down || losses(wa, 2) || losses(wb, 1);
        for (Watch *watch : {&wa, &wb}) // else the device is open when it is unloaded for another try
            watch->end();
        if (down && left && stopwatch.waited_for_processors() > 500ms)
            return false;
        EXPECT_FALSE(down) << "a false DOWN, and this machine had processors to spare but for "
                           << milliseconds(stopwatch.waited_for_processors()) << " ms";
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
        return true;
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
