// SPDX-License-Identifier: GPL-2.0-only
// What goes wrong, at random, and how it is all set right again.
#ifndef CCM_SIM_FAULTS_H
#define CCM_SIM_FAULTS_H

#include "cluster.h"

namespace sim {

// The longest that a bad link keeps a message
inline constexpr uint64_t delay_max_us = 1500000;

// Let one fault happen now. Each one ends by itself some time later.
void random_fault(Cluster &cluster);
// To @a, or between it and @b
void random_fault(Cluster &cluster, uint32_t a, uint32_t b);

// The module is unloaded, for @reason, and loaded again at most @us later, or when that is done
void load_again(Cluster &cluster, uint32_t a, uint32_t reason, uint64_t us);

// No faults any more: links are whole, every host is up, enabled and running. If some hosts are
// sound, only that between those.
void set_right(Cluster &cluster);

} // namespace sim

#endif
