// SPDX-License-Identifier: GPL-2.0-only
#include "campaign.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "library.h"
#include "trial.h"

namespace mutants {

namespace {

class Campaign {
public:
    Campaign(const Setup &setup, const Mutants &mutants, const Order &order, Results &results,
             const std::function<void(const Mutant &, const Result &)> &done)
        : setup_(setup), mutants_(mutants), order_(order), results_(results), done_(done),
          original_(setup, setup.work / "original")
    {
        baseline_ = std::make_unique<Baseline>(setup_, original_);
    }

    void run()
    {
        std::vector<std::thread> threads;

        for (std::size_t i = 0; i < order_.jobs; i++)
            threads.emplace_back([this, i] { work(setup_.work / fmt::format("job{}", i + 1)); });
        for (std::thread &thread : threads)
            thread.join();
        if (error_)
            std::rethrow_exception(error_);
    }

private:
    void work(const std::filesystem::path &folder)
    try {
        Library library(setup_, folder, &original_);
        Trial trial(setup_, *baseline_, library);

        while (const Mutant *mutant = next())
            note(*mutant, trial.run(*mutant));
    } catch (...) {
        std::lock_guard lock(mutex_);

        error_ = std::current_exception();
    }

    const Mutant *next()
    {
        std::lock_guard lock(mutex_);

        while (!error_ && next_ < mutants_.size() && (!order_.sample || count_ < order_.sample)) {
            const Mutant &mutant = mutants_[next_++];
            const Result *known = results_.find(mutant);

            if (!known)
                return &mutant;
            take(mutant, *known);
        }
        return nullptr;
    }

    void note(const Mutant &mutant, const Result &result)
    {
        std::lock_guard lock(mutex_);

        results_.add(mutant, result);
        take(mutant, result);
    }

    void take(const Mutant &mutant, const Result &result)
    {
        if (result.verdict == Verdict::killed || result.verdict == Verdict::survived)
            count_++;
        done_(mutant, result);
    }

    const Setup &setup_;
    const Mutants &mutants_;
    const Order &order_;
    Results &results_;
    const std::function<void(const Mutant &, const Result &)> &done_;
    Library original_;
    std::unique_ptr<Baseline> baseline_;
    std::mutex mutex_; // of all below, of results_ and done_
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    std::exception_ptr error_;
};

} // namespace

void run_campaign(const Setup &setup, const Mutants &mutants, const Order &order, Results &results,
                  const std::function<void(const Mutant &, const Result &)> &done)
{
    Campaign(setup, mutants, order, results, done).run();
}

// std::shuffle() is another one in each library.
Mutants shuffled(Mutants mutants, std::uint64_t seed)
{
    std::mt19937_64 dice(seed);

    for (std::size_t i = mutants.size(); i > 1; i--)
        std::swap(mutants[i - 1], mutants[dice() % i]);
    return mutants;
}

} // namespace mutants
