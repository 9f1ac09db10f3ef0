// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdlib>

namespace ccm::lab {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using namespace std::chrono_literals;

// All deadlines are stretched by CCM_LAB_SLOW (a factor, default 1) for slow
// machines. They bound a wait; no test passes or fails by how long it took.
inline double slowness()
{
    static const double factor = [] {
        const char *text = std::getenv("CCM_LAB_SLOW");
        double value = text ? std::atof(text) : 1.0;
        return value >= 1.0 ? value : 1.0;
    }();
    return factor;
}

inline TimePoint deadline_after(Duration timeout)
{
    return Clock::now() + std::chrono::duration_cast<Duration>(timeout * slowness());
}

inline double seconds(Duration d)
{
    return std::chrono::duration<double>(d).count();
}

inline double milliseconds(Duration d)
{
    return std::chrono::duration<double, std::milli>(d).count();
}

} // namespace ccm::lab
