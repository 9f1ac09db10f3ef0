// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include <csignal>

#include "error.h"

namespace ccm::lab {
namespace {

nlohmann::json parsed(const OutputLine &line)
{
    auto json = nlohmann::json::parse(line.text, nullptr, false);
    if (!json.is_object())
        throw Error("a line of the watch is not a JSON object: {}", line.text);
    return json;
}

} // namespace

bool Watch::matches(const nlohmann::json &event, const nlohmann::json &sample)
{
    for (const auto &[key, value] : sample.items())
        if (!event.contains(key) || event[key] != value)
            return false;
    return true;
}

Event Watch::wait_for(const Predicate &wanted, Duration timeout, const std::string &what)
{
    Event event;
    try {
        command_.wait_line(
            [&](const OutputLine &line) {
                if (line.error)
                    return false;
                event = {line.at, line.node_us, parsed(line)};
                return wanted(event.json);
            },
            timeout);
    } catch (const Timeout &e) {
        throw Timeout("waiting for {}: {}", what, e.what());
    } catch (const Error &e) {
        throw Error("waiting for {}: {}", what, e.what());
    }
    return event;
}

Event Watch::wait_for(const nlohmann::json &sample, Duration timeout)
{
    return wait_for([&](const nlohmann::json &event) { return matches(event, sample); }, timeout, sample.dump());
}

Event Watch::next(Duration timeout)
{
    return wait_for([](const nlohmann::json &) { return true; }, timeout, "the next event");
}

std::vector<Event> Watch::events() const
{
    std::vector<Event> all;
    for (const OutputLine &line : command_.lines())
        if (!line.error)
            all.push_back({line.at, line.node_us, parsed(line)});
    return all;
}

std::size_t Watch::count(const Predicate &wanted) const
{
    std::size_t n = 0;
    for (const Event &event : events())
        n += wanted(event.json);
    return n;
}

std::size_t Watch::count(const nlohmann::json &sample) const
{
    return count([&](const nlohmann::json &event) { return matches(event, sample); });
}

void Watch::end(Duration timeout)
{
    if (command_.ended())
        return;
    command_.signal(SIGTERM);
    command_.wait(timeout);
}

} // namespace ccm::lab
