/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that can be made to fail. A site is one call in the sources of a module that was
 * built with calls.h in front of each of them.
 */
#ifndef CCM_TEST_FAILING_H
#define CCM_TEST_FAILING_H

#include <linux/types.h>

/* How the name of each site begins in the built module, where a test finds it */
#define FAILING_MARK	"failing-site:"

/**
 * struct failing_site - a call that can fail
 * @name: FAILING_MARK "FILE:LINE:FUNCTION"
 * @number: of its record, from 1; 0: it has not been called since its module was loaded
 */
struct failing_site {
	const char *name;
	u32 number;
};

bool failing(struct failing_site *site);
int failing_end(const char *function);
bool failing_crash_kernel(void);

#endif /* CCM_TEST_FAILING_H */
