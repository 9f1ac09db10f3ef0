// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster.h"
#include "decisions.h"
#include "goals.h"
#include "handshake.h"
#include "timeline.h"
#include "trace.h"

namespace ccm::demo {

struct Options {
    bool uml = false;  // User-Mode Linux nodes: the same story, quicker
    int detect_ms = 0; // 0: the module's default
    bool colour = false;
    std::size_t width = 80;
    lab::Settings settings;
};

class Demo {
public:
    explicit Demo(const Options &options);
    ~Demo();
    // The exit code: 0 only if everything was observed.
    int run();

private:
    // A section of the timeline and what it is there to show.
    struct Phase {
        std::string title;
        std::vector<std::string> goals;
        std::function<void()> show;
        std::size_t first_goal = 0;
    };
    // What the demo has of one node: the commands that tell of it, for one boot.
    struct Observed {
        lab::Node *node = nullptr;
        std::optional<Decisions> decisions; // about the other node
        std::optional<lab::Watch> watch;
        NodeClock clock;
        std::string incarnation;
        std::uint64_t region = 0; // bytes that the client "pattern" has set aside here
    };

    std::vector<Phase> plan();
    static std::string boot_goal(int id);
    void introduce();
    void go_through(const Phase &phase);
    std::string complain(const std::string &text);
    int report();

    void boot();
    void connect();
    void look_early();
    void use_memory();
    void move_on();
    void lose_power();
    void come_back();
    void panic();
    void judge();

    Observed &at(int id) { return observed_[static_cast<std::size_t>(id) - 1]; }
    lab::Node &node(int id);
    lab::Watch &watch(int id);
    void heard(int id, const lab::ConsoleLine &line);
    void observe(int id);
    void keep_trace(int id, const lab::Command &trace);
    std::string incarnation_of(int id);
    void print_series(const std::array<Side, 2> &sides);
    void see_stage(const std::string &stage, const std::string &place);
    lab::Event see_down(lab::TimePoint since, lab::TimePoint happened, const std::string &what);
    lab::Event wait_state(const std::string &state, lab::TimePoint since, lab::Duration timeout);
    lab::Event see(int id, const lab::Watch::Predicate &wanted, std::size_t from, const std::string &what);
    lab::TimePoint when(int id, const lab::Event &event);
    void see_client(int id);
    void see_incarnation(const lab::Event &ready);
    void give_back();
    bool in_initramfs(int id, const std::string &still);
    Decision see_decision(const std::string &word, std::size_t mark);
    void tell_decisions();
    void judge_sequence();

    Options options_;
    Timeline timeline_;
    Goals goals_;
    std::unique_ptr<lab::Cluster> cluster_;
    std::array<Observed, 2> observed_;
    std::size_t decisions_told_ = 0;   // events of node 1's watch that tell_decisions() has gone through
    std::string last_word_;            // of the decisions that were told
    std::vector<std::string> reasons_; // those of node 1's DOWNs that were provoked and seen
};

} // namespace ccm::demo
