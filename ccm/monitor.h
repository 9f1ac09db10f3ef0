/* SPDX-License-Identifier: GPL-2.0-only */
/* The monitor: netlink's multicast group, in which changes of partners are told. */
#ifndef CCM_MONITOR_H
#define CCM_MONITOR_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "events.h"

struct ccm_partner;
struct genl_family;

#define CCM_MONITOR_RETRY_MS	1000U	/* when there was no memory to read with */

/**
 * struct ccm_monitor - what tells changes of partners to a multicast group
 * @family: whose only group it is
 * @order: held while something is told, so that all is told in order; inside of
 *	ccm_cluster.changing
 * @reader: where changes come from
 * @wait: queues @work when the reader has something
 * @work: tells it
 * @lost: what could not be told for want of memory, or was dropped before it was
 */
struct ccm_monitor {
	const struct genl_family *family;
	struct mutex order;
	struct ccm_reader *reader;
	struct wait_queue_entry wait;
	struct delayed_work work;
	atomic64_t lost;
};

int ccm_monitor_create(struct ccm_monitor *monitor, struct ccm_events *events,
		       const struct genl_family *family);
void ccm_monitor_destroy(struct ccm_monitor *monitor);
void ccm_monitor_start(struct ccm_monitor *monitor);
void ccm_monitor_stop(struct ccm_monitor *monitor);

void ccm_monitor_hold(struct ccm_monitor *monitor);
void ccm_monitor_release(struct ccm_monitor *monitor);
void ccm_monitor_named(struct ccm_monitor *monitor, u8 command, const struct ccm_partner *partner,
		       kuid_t by);
void ccm_monitor_gone(struct ccm_monitor *monitor, u32 id, kuid_t by);

#endif /* CCM_MONITOR_H */
