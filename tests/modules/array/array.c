// SPDX-License-Identifier: GPL-2.0-only
/*
 * What md does at a reboot: it stops its arrays in a notifier of priority INT_MAX, and writes
 * until they are in sync. Here that is time, and a line at each end of it.
 *
 *	insmod ccm_array.ko [ms=1500]
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>

#define MS_MAX 10000U

static unsigned int ms = 1500;
module_param(ms, uint, 0644);
MODULE_PARM_DESC(ms, "how long the arrays take to stop, milliseconds, at most 10000 (default 1500)");

static int reboot_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	pr_info("stopping the arrays\n");
	msleep(min(READ_ONCE(ms), MS_MAX));
	pr_info("they are stopped\n");
	return NOTIFY_DONE;
}

static struct notifier_block reboot_nb = {
	.notifier_call = reboot_notify,
	.priority = INT_MAX,
};

static int __init array_init(void)
{
	return register_reboot_notifier(&reboot_nb);
}

static void __exit array_exit(void)
{
	unregister_reboot_notifier(&reboot_nb);
}

module_init(array_init);
module_exit(array_exit);

MODULE_DESCRIPTION("Test: arrays that are stopped in a reboot notifier");
MODULE_LICENSE("GPL");
