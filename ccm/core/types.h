/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few types and helpers that the pure core takes from its surroundings: the
 * kernel's when built by Kbuild, the C library's in the simulator and the fuzzers.
 */
#ifndef CCM_CORE_TYPES_H
#define CCM_CORE_TYPES_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t  u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
#endif

#define CCM_US_PER_MS	1000U

#ifdef __cplusplus
#define CCM_EXTERN_C_BEGIN	extern "C" {
#define CCM_EXTERN_C_END	}
#else
#define CCM_EXTERN_C_BEGIN
#define CCM_EXTERN_C_END
#endif

#endif /* CCM_CORE_TYPES_H */
