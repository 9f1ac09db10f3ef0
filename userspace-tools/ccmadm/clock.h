// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ccmadm {

using Instant = std::chrono::steady_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;

    // CLOCK_MONOTONIC, the clock of struct ccm_record.time_ns.
    virtual Instant now() const = 0;
    // CLOCK_REALTIME, nanoseconds since the epoch.
    virtual std::int64_t wallclock_ns() const = 0;

    // A CLOCK_MONOTONIC time in ns as local date and time, to the microsecond.
    std::string local_time(std::uint64_t monotonic_ns) const;
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
    std::int64_t wallclock_ns() const override;
};

} // namespace ccmadm
