// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "clock.h"

namespace ccm::lab {

// A line that a command on a node printed.
struct OutputLine {
    TimePoint at;          // when it reached the lab
    long long node_us = 0; // the node's CLOCK_MONOTONIC when the agent read it
    std::string text;
    bool error = false; // standard error
};

struct Result {
    int code = -1; // 128 + N when a signal N ended it
    std::string output;
    std::string errors;
    bool ok() const { return code == 0; }
};

// A command running (or ended) on a node. Copies share it.
class Command {
public:
    using Predicate = std::function<bool(const OutputLine &)>;

    // Each line is looked at once over all calls: the next call goes on behind
    // the line that the last one returned. Throws Timeout when the deadline
    // passes, Error when the command ends first or the node is lost.
    OutputLine wait_line(const Predicate &wanted, Duration timeout);
    OutputLine wait_line(const std::string &text, Duration timeout); // a line that holds TEXT
    OutputLine next_line(Duration timeout);
    // The same without waiting: none, if there is none (yet).
    std::optional<OutputLine> poll_line();
    // Waits for the end.
    Result wait(Duration timeout);

    std::vector<OutputLine> lines() const; // all so far
    bool ended() const;
    void signal(int number);
    const std::string &text() const;

private:
    friend class AgentChannel;
    struct State;
    static std::optional<OutputLine> take_line(State &s); // under its mutex
    explicit Command(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

} // namespace ccm::lab
