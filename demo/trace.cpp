// SPDX-License-Identifier: GPL-2.0-only
#include "trace.h"

#include <cstdlib>
#include <regex>

namespace ccm::demo {

const std::string &TraceEvent::operator[](const std::string &field) const
{
    static const std::string none;
    auto it = fields.find(field);
    return it == fields.end() ? none : it->second;
}

std::optional<TraceEvent> parse_trace_line(const std::string &line)
{
    //   kworker/u2:1-27   [000] .....     4.812345: ccm_state: partner=2 state=READY reason=none
    static const std::regex form(R"(\s([0-9]+)\.([0-9]{6}): (ccm_\w+): (.*)$)");
    std::smatch match;
    if (!std::regex_search(line, match, form))
        return std::nullopt;
    TraceEvent event;
    event.us = std::atoll(match[1].str().c_str()) * 1000000 + std::atoll(match[2].str().c_str());
    event.name = match[3];
    // A value goes on to the next NAME=, for there are values with blanks.
    static const std::regex key(R"((?:^| )(\w+)=)");
    const std::string text = match[4];
    for (auto it = std::sregex_iterator(text.begin(), text.end(), key); it != std::sregex_iterator(); ++it) {
        auto from = static_cast<std::size_t>(it->position() + it->length());
        auto next = std::next(it);
        std::size_t to = next == std::sregex_iterator() ? text.size() : static_cast<std::size_t>(next->position());
        event.fields[(*it)[1]] = to > from ? text.substr(from, to - from) : "";
    }
    return event;
}

std::vector<TraceEvent> parse_trace(const std::vector<lab::OutputLine> &lines)
{
    std::vector<TraceEvent> events;
    for (const lab::OutputLine &line : lines)
        if (!line.error)
            if (auto event = parse_trace_line(line.text))
                events.push_back(std::move(*event));
    return events;
}

void NodeClock::learn(const lab::OutputLine &line)
{
    lab::Duration offset = line.at.time_since_epoch() - std::chrono::microseconds(line.node_us);
    if (!known_ || offset < offset_)
        offset_ = offset;
    known_ = true;
}

lab::TimePoint NodeClock::at(long long node_us) const
{
    return lab::TimePoint(offset_ + std::chrono::microseconds(node_us));
}

} // namespace ccm::demo
