// SPDX-License-Identifier: GPL-2.0-only
/* The module that carries the KUnit suites; loading it runs them (kunit.enable=1). */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of CCM");
MODULE_LICENSE("GPL");
