// SPDX-License-Identifier: GPL-2.0-only
#include "pair.h"

#include <algorithm>

namespace ccm::test {

std::unique_ptr<Cluster> SharedTest::cluster_;

Cluster &SharedTest::cluster(const Settings &settings)
{
    if (!cluster_) {
        std::string name = ::testing::UnitTest::GetInstance()->current_test_suite()->name();
        std::replace(name.begin(), name.end(), '/', '-');
        cluster_ = std::make_unique<Cluster>(name, settings);
    }
    return *cluster_;
}

void SharedTest::TearDownTestSuite()
{
    if (!cluster_)
        return;
    const Verdict &verdict = cluster_->finish();
    if (!verdict.ok())
        ADD_FAILURE() << "the verdict:\n" << verdict.text();
    // ib_cm says so when an id cannot be destroyed: whoever waits for it hangs.
    for (const auto &node : cluster_->nodes())
        for (const ConsoleLine &line : node->console().lines())
            if (line.text.find("cm_destroy_id_wait_timeout") != std::string::npos)
                ADD_FAILURE() << node->name() << ": " << line.text;
    cluster_.reset();
}

Watch SharedTest::watch(Node &node)
{
    watches_.push_back(cluster().watch(node));
    // What happens from here on is seen.
    watches_.back().wait_for({{"type", "sync"}}, soon);
    return watches_.back();
}

void SharedTest::TearDown()
{
    for (Watch &one : watches_) {
        try {
            one.end();
        } catch (const Error &) {
            // Its node is gone or stopped.
        }
        expect_alternation(one);
    }
    watches_.clear();
    if (HasFailure())
        std::fprintf(stderr, "The consoles end:\n%s", cluster().console_tails().c_str());
}

void PairTest::make_pair(const NodeSpec &first, const NodeSpec &second)
{
    cluster().add(first);
    cluster().add(second);
    cluster().boot();
}

void PairTest::SetUpTestSuite()
{
    make_pair(configured(1, {.partners = {2}}), configured(2, {.partners = {1}}));
}

void PairTest::bring_back(Duration timeout)
{
    for (Node *node : both()) {
        if (node->running() && node->stopped())
            node->cont();
        if (node->running() && node->panicked())
            node->kill();
        node->cable().heal();
    }
    cluster().boot();
    for (Node *node : both())
        if (!loaded(*node))
            load(*node);
    wait_ready(both(), timeout);
}

void PairTest::SetUp()
{
    bring_back();
}

} // namespace ccm::test
