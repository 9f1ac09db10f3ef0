// SPDX-License-Identifier: GPL-2.0-only
#include "clock.h"

#include <ctime>
#include <fmt/format.h>

namespace ccmadm {

namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

} // namespace

std::string Clock::local_time(std::uint64_t monotonic_ns) const
{
    const std::int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now().time_since_epoch()).count();
    // Unsigned, so that no time in a record, however wrong, overflows.
    const auto age = static_cast<std::uint64_t>(now_ns) - monotonic_ns;
    const auto then = static_cast<std::int64_t>(static_cast<std::uint64_t>(wallclock_ns()) - age);
    std::int64_t seconds = then / ns_per_second;
    std::int64_t rest = then % ns_per_second;
    if (rest < 0) {
        rest += ns_per_second;
        --seconds;
    }
    const std::time_t time = seconds;
    std::tm parts{};
    if (localtime_r(&time, &parts) == nullptr)
        return fmt::format("{}.{:06}", seconds, rest / 1000);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest / 1000);
}

Instant SystemClock::now() const
{
    return std::chrono::steady_clock::now();
}

std::int64_t SystemClock::wallclock_ns() const
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

} // namespace ccmadm
