// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>

#include "clock.h"

namespace ccm::lab {

// What happens to the frames of one direction of one cable.
struct Faults {
    double loss = 0;      // probability that a frame is dropped
    double duplicate = 0; // probability that a frame comes twice
    Duration delay{0};
    Duration jitter{0}; // added to the delay, uniform in 0..jitter: reorders
    bool cut = false;
    std::size_t longest = 0; // frames of more bytes are dropped; 0: none is too long
};

// What was decided for one frame.
struct Fate {
    bool dropped = false;
    bool duplicated = false;
    Duration delay{0};
    Duration duplicate_delay{0};
};

// Decides over frames. The fate of the n-th frame follows from the seed, n, its length and
// the faults set at that moment alone: the same seed and the same sequence of
// frames meet the same fate, whatever was set in between.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : seed_(seed) {}

    Fate roll(const Faults &faults, std::size_t bytes = 0)
    {
        std::uint64_t n = count_++;
        Fate fate;
        fate.dropped = faults.cut || draw(n, 0) < faults.loss || (faults.longest && bytes > faults.longest);
        fate.duplicated = draw(n, 1) < faults.duplicate;
        fate.delay = faults.delay + part(faults.jitter, draw(n, 2));
        fate.duplicate_delay = faults.delay + part(faults.jitter, draw(n, 3));
        return fate;
    }

private:
    // Uniform in [0, 1), from a mixed counter (SplitMix64).
    double draw(std::uint64_t n, std::uint64_t which) const
    {
        std::uint64_t z = seed_ + (n * 4 + which + 1) * 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
        return static_cast<double>(z >> 11) * 0x1.0p-53;
    }

    static Duration part(Duration whole, double share)
    {
        return Duration(static_cast<Duration::rep>(static_cast<double>(whole.count()) * share));
    }

    std::uint64_t seed_;
    std::uint64_t count_ = 0;
};

} // namespace ccm::lab
