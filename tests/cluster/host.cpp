// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <fstream>
#include <string>

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace ccm::test {

lab::Duration processor_pressure()
{
    std::ifstream file("/proc/pressure/cpu");
    for (std::string word; file >> word;)
        if (word.starts_with("total="))
            return std::chrono::microseconds(std::stoll(word.substr(6)));
    return {};
}

namespace {

// Nodes that are not run in time are partners that do not answer: let them go before
// what else this machine does. Without the right to that, tests run all the same.
class Priority : public ::testing::Environment {
    void SetUp() override { (void)setpriority(PRIO_PROCESS, 0, -10); }
};

[[maybe_unused]] const auto *const priority = ::testing::AddGlobalTestEnvironment(new Priority);

} // namespace
} // namespace ccm::test
