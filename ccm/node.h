/* SPDX-License-Identifier: GPL-2.0-only */
/* The node: this machine. Knows no partner. */
#ifndef CCM_NODE_H
#define CCM_NODE_H

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>

#include "config.h"
#include "core/boot_stage.h"
#include "core/wire.h"
#include "events.h"
#include "last_word.h"
#include "limits.h"
#include "rdma/device.h"
#include "rdma/status_page.h"

/**
 * struct ccm_node - this machine
 * @config: as configured
 * @name: host name at load
 * @incarnation: random, drawn at load; never 0
 * @machine: the same whenever the module is loaded on this machine, and not on another
 * @stage_lock: protects @stage, and that what it comes to is shown in order
 * @stage: how far the boot has come, and who says so
 * @status_page: what partners RDMA-read
 * @devices: RDMA devices in use
 * @limits: what clients have taken
 * @events: what readers see
 * @view: ... of the node itself
 * @heartbeat_wq: heartbeats of all partners, high priority
 * @notify_wq: calls clients
 * @last_words: what partners are told by a panic, and tell
 * @rejected: connect requests rejected, by enum ccm_reject
 * @reject_log: limits what is logged about them
 * @false_log: limits what is logged about what only a partner can say; strangers who knock do not
 *	keep it quiet
 * @stopping: no new connections are accepted or made
 */
struct ccm_node {
	struct ccm_config config;
	char name[CCM_HOST_NAME_LEN];
	u64 incarnation;
	u64 machine;
	struct mutex stage_lock;
	struct ccm_boot_stage stage;
	struct ccm_status_page status_page;
	struct ccm_devices devices;
	struct ccm_limits limits;
	struct ccm_events events;
	struct ccm_view view;
	struct workqueue_struct *heartbeat_wq;
	struct workqueue_struct *notify_wq;
	struct ccm_last_words last_words;
	atomic64_t rejected[CCM_REJECT_COUNT];
	struct ratelimit_state reject_log;
	struct ratelimit_state false_log;
	bool stopping;
};

static inline u64 ccm_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

struct ccm_node *ccm_node_create(const struct ccm_config *config);
void ccm_node_destroy(struct ccm_node *node);
int ccm_node_set_stage(struct ccm_node *node, u32 stage);
int ccm_node_hold_stage(struct ccm_node *node, u32 *held, u32 stage);
void ccm_node_set_stopping(struct ccm_node *node);
void ccm_node_set_leaving(struct ccm_node *node);
void ccm_node_set_shutdown(struct ccm_node *node);
void ccm_node_set_panic(struct ccm_node *node);

#endif /* CCM_NODE_H */
