// SPDX-License-Identifier: GPL-2.0-only
//
// The base of lab tests with GoogleTest. A test adds nodes to `cluster()`; at
// its end the verdict is taken, and the test fails if the verdict does.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "cluster.h"

namespace ccm::lab {

class LabTest : public ::testing::Test {
protected:
    // For suites that need other modules or programs than the run's.
    virtual Settings lab_settings() const { return settings(); }

    Cluster &cluster()
    {
        if (!cluster_) {
            auto *info = ::testing::UnitTest::GetInstance()->current_test_info();
            std::string name = std::string(info->test_suite_name()) + "." + info->name();
            for (char &c : name)
                if (c == '/')
                    c = '-';
            cluster_ = std::make_unique<Cluster>(name, lab_settings());
        }
        return *cluster_;
    }

    void TearDown() override
    {
        if (!cluster_)
            return;
        const Verdict &verdict = cluster_->finish();
        if (!verdict.ok())
            ADD_FAILURE() << "the verdict:\n" << verdict.text();
        if (HasFailure())
            std::fprintf(stderr, "The consoles end:\n%s", cluster_->console_tails().c_str());
        cluster_.reset();
    }

private:
    std::unique_ptr<Cluster> cluster_;
};

} // namespace ccm::lab
