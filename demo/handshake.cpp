// SPDX-License-Identifier: GPL-2.0-only
#include "handshake.h"

#include <algorithm>
#include <cstdlib>

namespace ccm::demo {
namespace {

std::optional<std::size_t> index_of(const std::string &step)
{
    for (std::size_t i = 0; i < series.size(); i++)
        if (step == series[i])
            return i;
    return std::nullopt;
}

// The step of the partner that an event of the core means: a message is its A0, a ring
// names the mail (enum ccm_ring).
std::optional<std::size_t> received_step(const TraceEvent &event)
{
    if (event["event"] == "MESSAGE")
        return index_of("A0");
    if (event["event"] != "RING")
        return std::nullopt;
    const std::string &ring = event["status"];
    return ring == "1" ? index_of("W1") : ring == "3" ? index_of("W2") : ring == "4" ? index_of("W3") : std::nullopt;
}

void note(std::optional<long long> &time, long long us)
{
    if (!time)
        time = us;
}

} // namespace

Side Side::from(const std::vector<TraceEvent> &events)
{
    Side side;
    auto ready = std::find_if(events.begin(), events.end(), [](const TraceEvent &event) {
        return event.name == "ccm_state" && event["state"] == "READY";
    });
    if (ready != events.end())
        side.ready = ready->us;
    // READY follows from the last event before it that had a connection. Without a
    // READY: whatever was tried last.
    for (auto it = events.begin(); it != ready; ++it)
        if (it->name == "ccm_step" && it->fields.count("conn") && (*it)["conn"] != "0")
            side.conn = (*it)["conn"];
    // Requests of our own have even numbers.
    side.asked = !side.conn.empty() && std::atoi(side.conn.c_str()) % 2 == 0;

    for (auto it = events.begin(); it != ready; ++it) {
        const TraceEvent &event = *it;
        if (event["conn"] != side.conn)
            continue;
        if (event.name == "ccm_action") {
            const std::string &action = event["action"];
            if (action == "SEND" || action == "READ" || action == "WRITE" || action == "PROVE" || action == "MAIL")
                if (auto i = index_of(event["what"]))
                    note(side.posted[*i], event.us);
        } else if (event.name == "ccm_step") {
            if (event["event"] == "ESTABLISHED")
                note(side.connected, event.us);
            else if (event["event"] == "READ_DONE")
                note(side.read[*index_of(event["status"] == "1" ? "R1" : "R2")], event.us);
            else if (auto i = received_step(event))
                note(side.received[*i], event.us);
        }
    }
    return side;
}

bool done(std::size_t i, const Side &mine, const Side &partners)
{
    bool is_read = series[i][0] == 'R';
    return mine.posted[i] && (is_read ? mine.read[i] : partners.received[i]);
}

void align(const Side &first, const NodeClock &first_clock, const Side &second, NodeClock &second_clock)
{
    // By how much the second clock may be moved.
    lab::Duration least = lab::Duration::min(), most = lab::Duration::max();
    for (std::size_t i = 0; i < series.size(); i++) {
        if (first.posted[i] && second.received[i])
            least = std::max(least, first_clock.at(*first.posted[i]) - second_clock.at(*second.received[i]));
        if (second.posted[i] && first.received[i])
            most = std::min(most, first_clock.at(*first.received[i]) - second_clock.at(*second.posted[i]));
    }
    if (least != lab::Duration::min() && most != lab::Duration::max() && least <= most)
        second_clock.shift(least + (most - least) / 2);
}

} // namespace ccm::demo
