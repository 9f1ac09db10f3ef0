// SPDX-License-Identifier: GPL-2.0-only
//
// The series A0 R1 W1 R2 W2 W3 of the connection that became READY, put together from
// the traces of both nodes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "trace.h"

namespace ccm::demo {

// In the order of the protocol.
inline constexpr std::array<const char *, 6> series = {"A0", "R1", "W1", "R2", "W2", "W3"};

// What one node's trace says of the handshake that led to its first READY. Times are
// the node's own microseconds.
struct Side {
    std::string conn;   // the node's number for the connection
    bool asked = false; // its own connect request was accepted
    std::optional<long long> connected, ready;
    std::array<std::optional<long long>, 6> posted;   // it handed the step to the queue pair
    std::array<std::optional<long long>, 6> read;     // R1, R2: the READ came back
    std::array<std::optional<long long>, 6> received; // A0, W1, W2, W3 of the partner: it has them

    static Side from(const std::vector<TraceEvent> &events);
};

// Step I of MINE is done when its READ came back, or when the partner has what it sent.
bool done(std::size_t i, const Side &mine, const Side &partners);

// Moves the second clock so that nothing is received before it was sent: half way
// between the bounds that the messages of both directions set.
void align(const Side &first, const NodeClock &first_clock, const Side &second, NodeClock &second_clock);

} // namespace ccm::demo
