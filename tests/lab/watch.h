// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "command.h"

namespace ccm::lab {

struct Event {
    TimePoint at;          // when it reached the lab
    long long node_us = 0; // the node's CLOCK_MONOTONIC when the agent read it
    nlohmann::json json;
};

// A command on a node that prints one JSON object a line, `ccmadm watch --json`
// above all, as a sequence of events. Copies share it.
class Watch {
public:
    using Predicate = std::function<bool(const nlohmann::json &)>;

    explicit Watch(Command command) : command_(std::move(command)) {}

    // The next event, behind the one the last call returned, for which WANTED
    // is true. WHAT names it in the message of a failure. Throws Timeout, or
    // Error when the command ends or the node is lost.
    Event wait_for(const Predicate &wanted, Duration timeout, const std::string &what = "the awaited event");
    // The next one in which every member of SAMPLE is present and equal.
    Event wait_for(const nlohmann::json &sample, Duration timeout);
    Event next(Duration timeout);

    // All so far, from the first. For assertions on the whole sequence.
    std::vector<Event> events() const;
    std::size_t count(const Predicate &wanted) const;
    std::size_t count(const nlohmann::json &sample) const;

    Command &command() { return command_; }
    void end(Duration timeout = std::chrono::seconds(10)); // SIGTERM, and waits

    static bool matches(const nlohmann::json &event, const nlohmann::json &sample);

private:
    Command command_;
};

} // namespace ccm::lab
