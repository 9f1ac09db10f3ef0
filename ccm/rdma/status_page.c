// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status page: what partners read of this node without asking its CPU.
 *
 * The page is encoded once; then single aligned words of it are stored to: counter
 * and uptime by the tick, stage and flags by whoever changes them. Partners read them
 * at any time, each word is right by itself.
 *
 * The tick is a work item on purpose: a counter moved by an interrupt would go on in
 * a kernel that no longer schedules. But it says so of the kernel, not of one CPU, which may be a
 * real-time task's: what queues it is a timer in hard interrupt context, which no task keeps
 * from running, and its queue is bound to no CPU, has a high priority and a rescuer.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <uapi/linux/ccm.h>

#include "../compat.h"
#include "../core/wire.h"
#include "device.h"
#include "status_page.h"

static __le32 *page_le32(const struct ccm_status_page *page, u32 offset)
{
	return (__le32 *)(void *)(page->data + offset);
}

static __le64 *page_le64(const struct ccm_status_page *page, u32 offset)
{
	return (__le64 *)(void *)(page->data + offset);
}

u64 ccm_kernel_uptime_ms(void)
{
	return div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC);
}

static void page_tick(struct work_struct *work)
{
	struct ccm_status_page *page = container_of(work, struct ccm_status_page, tick);
	u64 counter = ccm_status_page_counter(page) + 1;

	WRITE_ONCE(*page_le64(page, CCM_STATUS_COUNTER), cpu_to_le64(counter));
	WRITE_ONCE(*page_le64(page, CCM_STATUS_UPTIME), cpu_to_le64(ccm_kernel_uptime_ms()));
	ccm_devices_sync_page(page->devices);
}

static enum hrtimer_restart tick_due(struct hrtimer *timer)
{
	struct ccm_status_page *page = container_of(timer, struct ccm_status_page, timer);

	queue_work(page->wq, &page->tick);
	hrtimer_forward_now(timer, ms_to_ktime(page->tick_ms));
	return HRTIMER_RESTART;
}

/**
 * ccm_status_page_create() - make the page and begin to tick
 * @page: memory for it
 * @devices: which will map it; initialised
 * @identity: what it says
 *
 * Return: 0 or -ENOMEM
 */
int ccm_status_page_create(struct ccm_status_page *page, struct ccm_devices *devices,
			   const struct ccm_status_identity *identity)
{
	struct ccm_wire_status status = {
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
		.node = identity->node,
		.incarnation = identity->incarnation,
		.cluster = identity->cluster,
		.stage = identity->stage,
		.tick_ms = 0,
		.uptime_ms = ccm_kernel_uptime_ms(),
	};

	page->devices = devices;
	page->data = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!page->data)
		return -ENOMEM;
	page->wq = alloc_workqueue("ccm-tick", WQ_HIGHPRI | WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	if (!page->wq) {
		free_page((unsigned long)page->data);
		page->data = NULL;
		return -ENOMEM;
	}
	/*
	 * Tick twice as often as promised, and promise a quarter of our own detection
	 * time; a jiffy is the finest there is.
	 */
	page->tick_ms = clamp(identity->detect_ms / 8, 5U, 1000U);
	status.tick_ms = max(2 * page->tick_ms, 2 * jiffies_to_msecs(1));
	ccm_wire_put_status(page->data + CCM_STATUS_OFFSET, &status);
	INIT_WORK(&page->tick, page_tick);
	hrtimer_setup(&page->timer, tick_due, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&page->timer, 0, HRTIMER_MODE_REL_HARD);
	return 0;
}

/**
 * ccm_status_page_destroy() - stop ticking, free the page
 * @page: no device maps it any more
 */
void ccm_status_page_destroy(struct ccm_status_page *page)
{
	hrtimer_cancel(&page->timer);
	destroy_workqueue(page->wq);
	free_page((unsigned long)page->data);
	page->data = NULL;
}

/**
 * ccm_status_page_set_stage() - show another boot stage
 * @page: page
 * @stage: enum ccm_stage
 *
 * May sleep.
 */
void ccm_status_page_set_stage(struct ccm_status_page *page, u32 stage)
{
	WRITE_ONCE(*page_le32(page, CCM_STATUS_STAGE), cpu_to_le32(stage));
	ccm_devices_sync_page(page->devices);
}

/**
 * ccm_status_page_stage() - the boot stage shown
 * @page: page
 *
 * Return: enum ccm_stage
 */
u32 ccm_status_page_stage(const struct ccm_status_page *page)
{
	return le32_to_cpu(READ_ONCE(*page_le32(page, CCM_STATUS_STAGE)));
}

/**
 * ccm_status_page_set_flag() - show a flag
 * @page: page
 * @flag: CCM_PAGE_*
 *
 * Any context, a panic's too: it only stores. (Where DMA does not snoop, a panic flag
 * may stay in a cache; the partner then sees a counter that stands still.)
 */
void ccm_status_page_set_flag(struct ccm_status_page *page, u32 flag)
{
	__le32 *flags = page_le32(page, CCM_STATUS_FLAGS);

	WRITE_ONCE(*flags, READ_ONCE(*flags) | cpu_to_le32(flag));
}

/**
 * ccm_status_page_counter() - the liveness counter
 * @page: page
 *
 * Return: its present value
 */
u64 ccm_status_page_counter(const struct ccm_status_page *page)
{
	return le64_to_cpu(READ_ONCE(*page_le64(page, CCM_STATUS_COUNTER)));
}
