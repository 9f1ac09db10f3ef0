// SPDX-License-Identifier: GPL-2.0-only
// A random number generator whose numbers depend on the seed alone (splitmix64).
#ifndef CCM_SIM_RNG_H
#define CCM_SIM_RNG_H

#include <cstdint>

namespace sim {

class Rng {
public:
    explicit Rng(uint64_t seed) : state_(seed) {}

    uint64_t next()
    {
        uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    uint64_t below(uint64_t n) { return n ? next() % n : 0; }
    uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
    bool permille(uint32_t p) { return below(1000) < p; }

private:
    uint64_t state_;
};

} // namespace sim

#endif
