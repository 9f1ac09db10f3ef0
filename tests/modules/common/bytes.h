/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns: each byte follows from a seed and its offset in the region. All of it is pure. */
#ifndef CCM_TEST_BYTES_H
#define CCM_TEST_BYTES_H

#include <linux/types.h>

u64 pattern_random(u64 *state);
void pattern_fill(u8 *bytes, u64 offset, size_t len, u64 seed);
size_t pattern_wrong(const u8 *bytes, u64 offset, size_t len, u64 seed);

#endif /* CCM_TEST_BYTES_H */
