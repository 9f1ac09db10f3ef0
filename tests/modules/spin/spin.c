// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes this node hang for a while: every CPU spins in the kernel without scheduling,
 * with interrupts on. Soft-RoCE goes on answering READs, the liveness counter stands
 * still: what partners call `hung`.
 *
 *	insmod ccm_spin.ko
 *	echo 2000 >/sys/module/ccm_spin/parameters/ms
 *
 * The write returns when it is over. At most BUSY_MS_MAX.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "../common/busy.h"

struct spinner {
	struct work_struct work;
	struct tasklet_struct nudge;
	unsigned int ms;
};

static struct spinner __percpu *spinners;	/* set while the module is live */
static unsigned int last_ms;

static void spin(struct work_struct *work)
{
	struct spinner *spinner = container_of(work, struct spinner, work);

	busy_for(spinner->ms, &spinner->nudge);
}

/* Callers are serialized by the lock of module parameters. */
static int ms_set(const char *value, const struct kernel_param *kp)
{
	struct spinner *spinner;
	unsigned int ms;
	int cpu;
	int ret;

	ret = kstrtouint(value, 0, &ms);
	if (ret)
		return ret;
	if (ms > BUSY_MS_MAX) {
		pr_err("ms=%u: it is 0 to %u\n", ms, BUSY_MS_MAX);
		return -ERANGE;
	}
	if (!spinners) {
		pr_err("ms=%u: write it to the parameter after the module was loaded\n", ms);
		return -EINVAL;
	}
	last_ms = ms;
	pr_info("spinning for %u ms\n", ms);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		spinner = per_cpu_ptr(spinners, cpu);
		spinner->ms = ms;
		queue_work_on(cpu, system_highpri_wq, &spinner->work);
	}
	for_each_online_cpu(cpu)
		flush_work(&per_cpu_ptr(spinners, cpu)->work);
	cpus_read_unlock();
	pr_info("scheduling again\n");
	return 0;
}

static const struct kernel_param_ops ms_ops = {
	.set = ms_set,
	.get = param_get_uint,
};

module_param_cb(ms, &ms_ops, &last_ms, 0644);
MODULE_PARM_DESC(ms, "write to it: spin for so many milliseconds, at most 10000");

static int __init spin_init(void)
{
	struct spinner __percpu *all = alloc_percpu(struct spinner);
	struct spinner *spinner;
	int cpu;

	if (!all)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		spinner = per_cpu_ptr(all, cpu);
		INIT_WORK(&spinner->work, spin);
		tasklet_setup(&spinner->nudge, busy_nudge);
	}
	spinners = all;
	return 0;
}

static void __exit spin_exit(void)
{
	int cpu;

	/* Module parameters are gone already: nobody queues the work any more. */
	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(spinners, cpu)->nudge);
	free_percpu(spinners);
}

module_init(spin_init);
module_exit(spin_exit);

MODULE_DESCRIPTION("Test: a kernel that spins without scheduling");
MODULE_LICENSE("GPL");
