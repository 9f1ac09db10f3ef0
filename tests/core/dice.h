// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers of a property test: the same in each run.
 */
#ifndef CCM_TESTS_CORE_DICE_H
#define CCM_TESTS_CORE_DICE_H

#include <random>

#include "ccm/core/types.h"

class Dice {
public:
    explicit Dice(u64 seed) : engine_(seed) {}
    u64 below(u64 n) { return engine_() % n; }
    u64 between(u64 low, u64 high) { return low + below(high - low + 1); }
    u64 word() { return engine_(); }
    bool one_in(u64 n) { return below(n) == 0; }

private:
    std::mt19937_64 engine_;
};

#endif
