/* SPDX-License-Identifier: GPL-2.0-only */
/* The status page: what partners read of this node without asking its CPU. */
#ifndef CCM_RDMA_STATUS_PAGE_H
#define CCM_RDMA_STATUS_PAGE_H

#include <linux/hrtimer.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct ccm_devices;

/**
 * struct ccm_status_page - the page, and what moves its counter
 * @data: one page; partners RDMA-read it
 * @devices: for which it is mapped
 * @tick_ms: how often the liveness counter moves
 * @timer: queues @tick
 * @wq: runs @tick, on whatever CPU schedules
 * @tick: moves the counter
 */
struct ccm_status_page {
	u8 *data;
	struct ccm_devices *devices;
	u32 tick_ms;
	struct hrtimer timer;
	struct workqueue_struct *wq;
	struct work_struct tick;
};

/**
 * struct ccm_status_identity - who this node is, for the page
 * @node: node id
 * @incarnation: of this load of the module
 * @cluster: cluster id
 * @detect_ms: this node's detection time
 * @stage: enum ccm_stage to begin with
 */
struct ccm_status_identity {
	u32 node;
	u64 incarnation;
	u64 cluster;
	u32 detect_ms;
	u32 stage;
};

/* How long this kernel has run, in milliseconds (CLOCK_BOOTTIME) */
u64 ccm_kernel_uptime_ms(void);

int ccm_status_page_create(struct ccm_status_page *page, struct ccm_devices *devices,
			   const struct ccm_status_identity *identity);
void ccm_status_page_destroy(struct ccm_status_page *page);
void ccm_status_page_set_stage(struct ccm_status_page *page, u32 stage);
u32 ccm_status_page_stage(const struct ccm_status_page *page);
void ccm_status_page_set_flag(struct ccm_status_page *page, u32 flag);
u64 ccm_status_page_counter(const struct ccm_status_page *page);

#endif /* CCM_RDMA_STATUS_PAGE_H */
