// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"
#include "rng.h"

namespace sim {

namespace {

uint32_t draw_nodes(Rng &rng)
{
    uint64_t draw = rng.below(100);

    if (draw < 80)
        return 2;
    if (draw < 92)
        return 3;
    return draw < 96 ? 4 : 5 + static_cast<uint32_t>(draw - 96);
}

} // namespace

Options world_of(uint64_t seed, Options o)
{
    Rng rng(~seed); // of its own: the run's begins with the seed
    uint64_t beside = rng.below(100);

    o.seed = seed;
    o.nodes = draw_nodes(rng);
    o.hosts = rng.permille(400);
    o.versions = rng.permille(250);
    o.outside = o.nodes > 2 && rng.permille(500);
    o.hostile = beside < 15;
    o.failover = beside >= 85; // to whom a stranger would be a node
    return o;
}

} // namespace sim
