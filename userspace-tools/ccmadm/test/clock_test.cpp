// SPDX-License-Identifier: GPL-2.0-only
#include "clock.h"

#include "fakes.h"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

class LocalTime : public testing::Test {
protected:
    void SetUp() override
    {
        setenv("TZ", "UTC", 1);
        tzset();
    }

    FakeClock clock; // monotonic 1000 s is 2023-11-14 22:13:20 UTC
};

TEST_F(LocalTime, CountsBackFromNow)
{
    EXPECT_EQ(clock.local_time(1'000'000'000'000), "2023-11-14 22:13:20.000000");
    EXPECT_EQ(clock.local_time(999'500'000'000), "2023-11-14 22:13:19.500000");
    EXPECT_EQ(clock.local_time(1'000'000'001'000), "2023-11-14 22:13:20.000001");
}

TEST_F(LocalTime, IsLocal)
{
    setenv("TZ", "XXX-2", 1);
    tzset();
    EXPECT_EQ(clock.local_time(1'000'000'000'000), "2023-11-15 00:13:20.000000");
}

TEST_F(LocalTime, BeforeTheEpochAndAnyNumberAtAll)
{
    clock.wallclock_ns_ = 0; // a machine without a clock
    EXPECT_EQ(clock.local_time(999'999'999'000), "1969-12-31 23:59:59.999999");
    EXPECT_FALSE(clock.local_time(0).empty());
    EXPECT_FALSE(clock.local_time(UINT64_MAX).empty());
}

TEST(SystemClock, IsTheClockOfTheRecords)
{
    const SystemClock clock;
    timespec before{};
    timespec after{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock.now().time_since_epoch());
    clock_gettime(CLOCK_MONOTONIC, &after);
    const auto ns = [](const timespec &time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
    EXPECT_LE(ns(before), now.count());
    EXPECT_GE(ns(after), now.count());
}

} // namespace
} // namespace ccmadm::test
