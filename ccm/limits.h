/* SPDX-License-Identifier: GPL-2.0-only */
/* What clients may take of this node, all together. */
#ifndef CCM_LIMITS_H
#define CCM_LIMITS_H

#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct ccm_limits - what clients have taken of what the node allows
 * @lock: protects @ports and @memory
 * @ports: ports taken
 * @memory: bytes taken
 * @ports_max: allowed
 * @memory_max: allowed
 */
struct ccm_limits {
	spinlock_t lock;
	u32 ports;
	u64 memory;
	u32 ports_max;
	u64 memory_max;
};

void ccm_limits_init(struct ccm_limits *limits, u32 ports_max, u64 memory_max);
bool ccm_limits_take_ports(struct ccm_limits *limits, u32 ports);
void ccm_limits_give_ports(struct ccm_limits *limits, u32 ports);
bool ccm_limits_take_memory(struct ccm_limits *limits, u64 bytes);
void ccm_limits_give_memory(struct ccm_limits *limits, u64 bytes);

#endif /* CCM_LIMITS_H */
