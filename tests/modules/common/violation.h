/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A promise of CCM that was broken, as a test client sees it: counted, and printed so
 * that the lab's verdict over the kernel log finds it.
 */
#ifndef CCM_TEST_VIOLATION_H
#define CCM_TEST_VIOLATION_H

#include <linux/types.h>

__printf(1, 2) void violation(const char *format, ...);
u32 violations(void);

#endif /* CCM_TEST_VIOLATION_H */
