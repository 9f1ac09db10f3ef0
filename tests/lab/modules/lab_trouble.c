// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes, when it is loaded, the fault that its parameter names, so that the lab
 * can prove that its verdict sees it.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *what = (char *)"nothing";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "nothing, warn, leak, atomic, deadlock, use-after-free, spin or fail");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

static void take_in_both_orders(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void sleep_under_a_spinlock(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void forget_memory(void)
{
	int i;

	/* Several: a stale pointer in a register or on a stack may hide one. */
	for (i = 0; i < 20; i++)
		memset(kmalloc(100 + i, GFP_KERNEL), i, 100);
}

static int read_after_free(void)
{
	volatile int *p = (int *)kmalloc(64, GFP_KERNEL);
	int value;

	p[0] = 1;
	kfree((void *)p);
	value = p[0];
	return value;
}

static int __init trouble_init(void)
{
	pr_info("lab_trouble: %s\n", what);
	if (!strcmp(what, "warn"))
		WARN(1, "lab_trouble was asked to warn\n");
	else if (!strcmp(what, "leak"))
		forget_memory();
	else if (!strcmp(what, "atomic"))
		sleep_under_a_spinlock();
	else if (!strcmp(what, "deadlock"))
		take_in_both_orders();
	else if (!strcmp(what, "use-after-free"))
		read_after_free();
	else if (!strcmp(what, "spin"))
		for (;;)
			cpu_relax();
	else if (!strcmp(what, "fail"))
		return -ENXIO;
	return 0;
}
module_init(trouble_init);

static void __exit trouble_exit(void)
{
}
module_exit(trouble_exit);

MODULE_DESCRIPTION("Provoked faults for the lab's own tests");
MODULE_LICENSE("GPL");
