// SPDX-License-Identifier: GPL-2.0-only
/* Broken promises; see violation.h. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/stdarg.h>

#include "violation.h"

#define PRINTED_MAX	50	/* the log is to show what else happened, too */

static atomic_t count = ATOMIC_INIT(0);

/**
 * violation() - a promise was broken
 * @format: which, by whom; as printf()
 *
 * Context: any.
 */
void violation(const char *format, ...)
{
	char text[160];
	va_list args;

	if (atomic_inc_return(&count) > PRINTED_MAX)
		return;
	va_start(args, format);
	vscnprintf(text, sizeof(text), format, args);
	va_end(args);
	pr_err("%s: VIOLATION: %s\n", THIS_MODULE->name, text);
}

/** violations() - how many there were */
u32 violations(void)
{
	return (u32)atomic_read(&count);
}
