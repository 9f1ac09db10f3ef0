/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long to wait before something that has failed is tried again. Private to the core.
 */
#ifndef CCM_CORE_BACKOFF_H
#define CCM_CORE_BACKOFF_H

#include "types.h"

/**
 * ccm_backoff_us() - how long to wait after so many failures in a row
 * @failed: failures, from 1
 * @min_ms: after the first, milliseconds
 * @max_ms: never more; at most 2^22
 * @random: spreads it
 *
 * Return: microseconds: doubling, and +-25 %, so that two nodes that failed together do
 * not go on in step
 */
static inline u64 ccm_backoff_us(u32 failed, u32 min_ms, u32 max_ms, u64 random)
{
	u32 shift = failed ? failed - 1 : 0;
	u32 us = max_ms * CCM_US_PER_MS;

	if (shift <= 16 && (u64)min_ms << shift < max_ms)
		us = (min_ms << shift) * CCM_US_PER_MS;
	return us - us / 4 + (u32)random % (us / 2 + 1);
}

#endif /* CCM_CORE_BACKOFF_H */
