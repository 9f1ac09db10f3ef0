// SPDX-License-Identifier: GPL-2.0-only
/* Patterns: each byte follows from a seed and its offset in the region. */
#include "bytes.h"

static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * pattern_random() - the next number (splitmix64)
 * @state: any start
 */
u64 pattern_random(u64 *state)
{
	*state += 0x9e3779b97f4a7c15ULL;
	return mix(*state);
}

/* The eight bytes around an offset; byte N of them is the one at 8 * K + N. */
static u64 word_at(u64 seed, u64 offset)
{
	return mix(seed + (offset >> 3) * 0x9e3779b97f4a7c15ULL);
}

/**
 * pattern_fill() - write a pattern
 * @bytes: for the region's bytes from @offset on
 * @offset: in the region
 * @len: bytes
 * @seed: of the pattern
 */
void pattern_fill(u8 *bytes, u64 offset, size_t len, u64 seed)
{
	u64 word = word_at(seed, offset);
	size_t i;

	for (i = 0; i < len; i++, offset++) {
		if (offset % 8 == 0)
			word = word_at(seed, offset);
		bytes[i] = (u8)(word >> (8 * (offset % 8)));
	}
}

/**
 * pattern_wrong() - compare with a pattern
 * @bytes: as in pattern_fill()
 * @offset: in the region
 * @len: bytes
 * @seed: of the pattern
 *
 * Return: index of the first byte that is wrong; @len: none is
 */
size_t pattern_wrong(const u8 *bytes, u64 offset, size_t len, u64 seed)
{
	u64 word = word_at(seed, offset);
	size_t i;

	for (i = 0; i < len; i++, offset++) {
		if (offset % 8 == 0)
			word = word_at(seed, offset);
		if (bytes[i] != (u8)(word >> (8 * (offset % 8))))
			break;
	}
	return i;
}
