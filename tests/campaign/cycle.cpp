// SPDX-License-Identifier: GPL-2.0-only
#include "cycle.h"

#include <thread>

namespace ccm::campaign {

namespace {

constexpr Duration noticed = 30s; // at the latest
constexpr Duration back = 60s;
constexpr Duration settling = 30ms; // what has been told is on its way here

void rest(double time)
{
    std::this_thread::sleep_for(std::chrono::duration<double>(time));
}

// What the nodes' kernels have said since a moment
class Logs {
public:
    explicit Logs(Cluster &cluster) : cluster_(cluster)
    {
        for (const auto &node : cluster.nodes())
            marks_[node->id()] = {node->console().size(), node->expected_in_log()};
    }
    std::vector<std::string> findings() const
    {
        std::vector<std::string> all;
        for (const auto &node : cluster_.nodes()) {
            const auto &[size, before] = marks_.at(node->id());
            for (const std::string &one :
                 judge_log(node->name(), node->console().lines(size), added(node->expected_in_log(), before)))
                all.push_back(one);
        }
        return all;
    }

private:
    static std::vector<Node::Expected> added(std::vector<Node::Expected> now, const std::vector<Node::Expected> &before)
    {
        for (Node::Expected &one : now)
            for (const Node::Expected &other : before)
                if (one.text == other.text)
                    one.count -= other.count;
        std::erase_if(now, [](const Node::Expected &one) { return one.count <= 0; });
        return now;
    }

    Cluster &cluster_;
    std::map<int, std::pair<std::size_t, std::vector<Node::Expected>>> marks_;
};

void strike(Scene &scene, const Fault &kind, Seen &seen)
{
    seen.struck = lab_time(kind.strike(scene));
    if (scene.expected.ends == Ends::must)
        (void)scene.servers.wait_down(scene.target.id(), false, noticed); // if not, the judge sees it
    rest(scene.hold);
    const TimePoint healed = kind.heal ? kind.heal(scene) : Clock::now();
    seen.healed = lab_time(healed);
    // Who could not hear anything hears it now.
    const bool both = scene.expected.lives && !scene.expected.here.empty();
    if (scene.expected.ends == Ends::must && both)
        (void)scene.servers.wait_down(scene.target.id(), true, noticed);
    // What has ended nothing so far may do so in a moment, and that is of this cycle.
    if (scene.expected.ends != Ends::must)
        rest(2 * scene.servers.detect());
    seen.not_back = scene.servers.wait_back(back);
}

} // namespace

Seen run_cycle(Servers &servers, Delays &delays, const std::vector<const Fault *> &kinds, unsigned number)
{
    const Options &options = servers.options();
    sim::Rng rng(options.seed * 1'000'003 + number);
    const Fault &kind = *kinds[rng.below(kinds.size())];
    const int target = options.writer_ms ? options.nodes : 1 + static_cast<int>(rng.below(servers.ids().size()));
    Scene scene{.servers = servers, .target = servers.node(target), .rng = rng, .expected = kind.expected};
    scene.hold = scene.between(0, options.longest / 3);

    Seen seen;
    seen.number = number;
    seen.kind = kind.name;
    seen.target = target;
    seen.nodes = servers.ids();
    seen.detect = servers.detect();
    const Logs logs(servers.cluster());
    seen.begun = lab_time(Clock::now());
    try {
        seen.before = servers.heard();
        seen.counted_from = lab_time(Clock::now());
        // Something may have happened by itself since the cycle before.
        if (const std::string why = servers.wait_back(back); !why.empty())
            throw Error("before the fault: {}", why);
        for (int id : servers.ids())
            servers.ear(id).begin();
        seen.struck = lab_time(Clock::now());
        strike(scene, kind, seen);
        std::this_thread::sleep_for(settling);
        seen.counted_to = lab_time(Clock::now());
        seen.after = servers.heard();
    } catch (const Error &error) {
        seen.not_back = error.what();
    }
    for (int id : servers.ids())
        for (Told &told : servers.ear(id).take())
            seen.told.push_back(std::move(told));
    seen.over = lab_time(Clock::now());
    seen.expected = scene.expected;
    seen.parameters = scene.parameters;
    seen.delays = delays.take();
    seen.log = logs.findings();
    return seen;
}

} // namespace ccm::campaign
