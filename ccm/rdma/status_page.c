// SPDX-License-Identifier: GPL-2.0-only
/*
 * The status page: what partners read of this node without asking its CPU.
 *
 * The page is encoded once; then single aligned words of it are stored to: counter
 * and uptime by the tick, stage and flags by whoever changes them. Partners read them
 * at any time, each word is right by itself.
 *
 * The tick is a work item on purpose: a counter moved by an interrupt would go on in
 * a kernel that no longer schedules.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "../ccm.h"
#include "rdma.h"

static __le32 *page_le32(const struct ccm_node *node, u32 offset)
{
	return (__le32 *)(void *)(node->page + offset);
}

static __le64 *page_le64(const struct ccm_node *node, u32 offset)
{
	return (__le64 *)(void *)(node->page + offset);
}

/* Make stores visible to devices whose DMA does not snoop; others have nothing to do. */
static void page_sync(struct ccm_node *node)
{
	struct ccm_device *device;

	mutex_lock(&node->device_lock);
	list_for_each_entry(device, &node->devices, entry)
		ib_dma_sync_single_for_device(device->ib, device->page_dma, PAGE_SIZE,
					      DMA_TO_DEVICE);
	mutex_unlock(&node->device_lock);
}

static void page_tick(struct work_struct *work)
{
	struct ccm_node *node = container_of(to_delayed_work(work), struct ccm_node, tick);
	u64 uptime_ms = div_u64(ktime_get_ns() - node->loaded_ns, NSEC_PER_MSEC);
	u64 counter = ccm_status_page_counter(node) + 1;

	WRITE_ONCE(*page_le64(node, CCM_STATUS_COUNTER), cpu_to_le64(counter));
	WRITE_ONCE(*page_le64(node, CCM_STATUS_UPTIME), cpu_to_le64(uptime_ms));
	page_sync(node);
	queue_delayed_work(system_highpri_wq, &node->tick,
			   msecs_to_jiffies(node->tick_ms));
}

/**
 * ccm_status_page_create() - make the page and begin to tick
 * @node: configured
 *
 * Return: 0 or -ENOMEM
 */
int ccm_status_page_create(struct ccm_node *node)
{
	struct ccm_wire_status status = {
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
		.node = node->config.node,
		.incarnation = node->incarnation,
		.cluster = node->config.cluster_id,
		.stage = CCM_STAGE_KERNEL,
		.tick_ms = 0,
	};

	node->page = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!node->page)
		return -ENOMEM;
	/*
	 * Tick twice as often as promised, and promise a quarter of our own detection
	 * time; a jiffy is the finest there is.
	 */
	node->tick_ms = clamp(node->config.detect_ms / 8, 5U, 1000U);
	status.tick_ms = max(2 * node->tick_ms, 2 * jiffies_to_msecs(1));
	ccm_wire_put_status(node->page + CCM_STATUS_OFFSET, &status);
	node->loaded_ns = ktime_get_ns();
	INIT_DELAYED_WORK(&node->tick, page_tick);
	queue_delayed_work(system_highpri_wq, &node->tick, 0);
	return 0;
}

/**
 * ccm_status_page_destroy() - stop ticking, free the page
 * @node: no device maps the page any more
 */
void ccm_status_page_destroy(struct ccm_node *node)
{
	cancel_delayed_work_sync(&node->tick);
	free_page((unsigned long)node->page);
	node->page = NULL;
}

/**
 * ccm_status_page_set_stage() - show another boot stage
 * @node: node
 * @stage: enum ccm_stage
 *
 * May sleep.
 */
void ccm_status_page_set_stage(struct ccm_node *node, u32 stage)
{
	WRITE_ONCE(*page_le32(node, CCM_STATUS_STAGE), cpu_to_le32(stage));
	page_sync(node);
}

/**
 * ccm_status_page_stage() - the boot stage shown
 * @node: node
 *
 * Return: enum ccm_stage
 */
u32 ccm_status_page_stage(const struct ccm_node *node)
{
	return le32_to_cpu(READ_ONCE(*page_le32(node, CCM_STATUS_STAGE)));
}

/**
 * ccm_status_page_set_flag() - show a flag
 * @node: node
 * @flag: CCM_PAGE_*
 *
 * Any context, a panic's too: it only stores. (Where DMA does not snoop, a panic flag
 * may stay in a cache; the partner then sees a counter that stands still.)
 */
void ccm_status_page_set_flag(struct ccm_node *node, u32 flag)
{
	__le32 *flags = page_le32(node, CCM_STATUS_FLAGS);

	WRITE_ONCE(*flags, READ_ONCE(*flags) | cpu_to_le32(flag));
}

/**
 * ccm_status_page_counter() - the liveness counter
 * @node: node
 *
 * Return: its present value
 */
u64 ccm_status_page_counter(const struct ccm_node *node)
{
	return le64_to_cpu(READ_ONCE(*page_le64(node, CCM_STATUS_COUNTER)));
}
