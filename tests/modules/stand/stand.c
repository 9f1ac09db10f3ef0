// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a node standing for a while after a panic, with interrupts on, so that
 * soft-RoCE goes on answering READs as RDMA hardware would. Then the panic takes its
 * course.
 *
 *	insmod ccm_stand.ko [ms=3000]
 *
 * User-Mode Linux ends itself in a panic notifier of priority INT_MAX - 1. This one has
 * INT_MAX, as CCM's, and of equals the one registered first runs first: load this
 * module after rdma_ccm.ko.
 *
 * The panic must begin in process context (sysrq's does): a panic in an interrupt
 * stands as well, but no softirq runs in it and no READ is answered.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>

#include "../common/busy.h"

static unsigned int ms = 3000;
module_param(ms, uint, 0644);
MODULE_PARM_DESC(ms, "how long to stand after a panic, milliseconds, at most 10000 (default 3000)");

static struct tasklet_struct nudge;

static int panic_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	unsigned int for_ms = min(READ_ONCE(ms), BUSY_MS_MAX);
	unsigned long flags;

	pr_emerg("standing for %u ms\n", for_ms);
	local_save_flags(flags);
	local_irq_enable();
	busy_for(for_ms, &nudge);
	local_irq_restore(flags);
	pr_emerg("the panic goes on\n");
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = {
	.notifier_call = panic_notify,
	.priority = INT_MAX,
};

static int __init stand_init(void)
{
	tasklet_setup(&nudge, busy_nudge);
	return atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
}

static void __exit stand_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	tasklet_kill(&nudge);
}

module_init(stand_init);
module_exit(stand_exit);

MODULE_DESCRIPTION("Test: a node that stands after a panic");
MODULE_LICENSE("GPL");
