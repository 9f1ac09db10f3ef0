/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_SIPHASH_H
#define KSTUB_SIPHASH_H

#include <kstub/base.h>

typedef struct {
	u64 key[2];
} siphash_key_t;
extern "C" {
u64 siphash(const void *data, size_t len, const siphash_key_t *key);
u64 siphash_1u64(u64 a, const siphash_key_t *key);
u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key);
unsigned long random_get_entropy(void);
}

#endif
