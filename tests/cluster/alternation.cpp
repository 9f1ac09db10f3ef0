// SPDX-License-Identifier: GPL-2.0-only
#include "alternation.h"

#include <fmt/format.h>

namespace ccm::test {

std::string Alternation::take(const std::string &state, const std::string &reason, long long sessions)
{
    const bool ready = state == "ready", known = known_, was_ready = ready_;
    const long long before = sessions_;
    known_ = true;
    ready_ = ready;
    sessions_ = sessions;
    if (!known)
        return {};
    readies_ += ready && !was_ready;
    downs_ += !ready && was_ready;
    // A record that only tells of another stage repeats READY.
    const long long expected = before + (ready && !was_ready);
    if (sessions != expected)
        return fmt::format("{} sessions, and it should be {}", sessions, expected);
    if (was_ready && !ready && state != "down")
        return fmt::format("READY, and then {}", state);
    if (was_ready && !ready && reason == "none")
        return "DOWN without a reason";
    return {};
}

} // namespace ccm::test
