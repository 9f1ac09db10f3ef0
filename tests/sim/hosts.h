// SPDX-License-Identifier: GPL-2.0-only
// What hosts do besides dying: slow ones, clocks that differ, timers that come late, modules that
// are loaded again, partners that are taken away and given back, memory and ports that fail. And
// hosts that never come right: whoever is sound must be READY with whoever else is.
#ifndef CCM_SIM_HOSTS_H
#define CCM_SIM_HOSTS_H

#include <cstdint>
#include <set>

namespace sim {

class Cluster;

// Each host at a pace of its own
void draw_clocks(Cluster &c);

// One of these; @a is there and listens
void host_fault(Cluster &c, uint32_t a, uint32_t b);

// Two or more that are to be sound, from now on
std::set<uint32_t> draw_sound(Cluster &c);

// Something happens to one that is not, or on its way to any other.
void fault_outside(Cluster &c);

} // namespace sim

#endif
