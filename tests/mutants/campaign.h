// SPDX-License-Identifier: GPL-2.0-only
// Many mutants, several at a time.
#ifndef CCM_MUTANTS_CAMPAIGN_H
#define CCM_MUTANTS_CAMPAIGN_H

#include <cstddef>
#include <cstdint>
#include <functional>

#include "mutant.h"
#include "results.h"
#include "setup.h"

namespace mutants {

struct Order {
    std::size_t jobs = 1;
    std::size_t sample = 0; // so many that can be noticed, then no more; 0: all
};

// Tries @mutants in their order, but those that @results knows; @done is called with each, of those known
// too, one at a time, in the order in which they end.
void run_campaign(const Setup &setup, const Mutants &mutants, const Order &order, Results &results,
                  const std::function<void(const Mutant &, const Result &)> &done);

// The same @mutants in an order that follows from @seed
Mutants shuffled(Mutants mutants, std::uint64_t seed);

} // namespace mutants

#endif
