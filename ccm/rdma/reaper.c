// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reaper.
 *
 * What a thing on it may still refer to is what it brings along (its own memory, a protection
 * domain that is counted), its device, and this module's text. So two wait for it, and no
 * others: a device that is removed, for what is its own; the module's end, for all. Both take
 * as long as the driver does.
 */
#include <linux/jiffies.h>

#include "reaper.h"
#include "route.h"

#define CCM_REAP_PATIENCE_MS	100	/* after that, frames that wait in vain are dropped */

static void reap_work(struct work_struct *work)
{
	struct ccm_reap *reap = container_of(work, struct ccm_reap, work);
	struct ccm_reaper *reaper = reap->reaper;
	bool freed = reap->ops->free(reap);

	spin_lock(&reaper->lock);
	list_del(&reap->entry);
	spin_unlock(&reaper->lock);
	/* the reaper itself is there until this work item has ended */
	wake_up_all(&reaper->wait);
	if (freed)
		reap->ops->release(reap);
}

/**
 * ccm_reaper_create() - a reaper with nothing to do
 * @reaper: memory for it
 *
 * Return: 0 or -ENOMEM
 */
int ccm_reaper_create(struct ccm_reaper *reaper)
{
	/* memory may be waited for that is freed by it: pages of sessions */
	reaper->wq = alloc_workqueue("ccm-reaper", WQ_UNBOUND | WQ_MEM_RECLAIM,
				     WQ_UNBOUND_MAX_ACTIVE);
	if (!reaper->wq)
		return -ENOMEM;
	spin_lock_init(&reaper->lock);
	INIT_LIST_HEAD(&reaper->list);
	init_waitqueue_head(&reaper->wait);
	return 0;
}

/**
 * ccm_reaper_destroy() - wait until all is freed
 * @reaper: created; nothing is handed to it any more
 *
 * May sleep, as long as drivers take.
 */
void ccm_reaper_destroy(struct ccm_reaper *reaper)
{
	destroy_workqueue(reaper->wq);
}

/**
 * ccm_reaper_take() - have something freed
 * @reaper: created
 * @reap: part of it; zeroed, and not handed over before
 * @ib: device that has something of it; NULL: none
 * @ops: how it is freed
 *
 * Process context. The caller may look at it afterwards only if it holds what @ops->release()
 * gives back.
 */
void ccm_reaper_take(struct ccm_reaper *reaper, struct ccm_reap *reap, struct ib_device *ib,
		     const struct ccm_reap_ops *ops)
{
	reap->reaper = reaper;
	reap->ib = ib;
	reap->ops = ops;
	INIT_WORK(&reap->work, reap_work);
	spin_lock(&reaper->lock);
	list_add_tail(&reap->entry, &reaper->list);
	spin_unlock(&reaper->lock);
	queue_work(reaper->wq, &reap->work);
}

static bool has_some(struct ccm_reaper *reaper, const struct ib_device *ib)
{
	const struct ccm_reap *reap;
	bool some = false;

	spin_lock(&reaper->lock);
	list_for_each_entry(reap, &reaper->list, entry)
		some = some || reap->ib == ib;
	spin_unlock(&reaper->lock);
	return some;
}

/*
 * Soft-RoCE destroys a queue pair only when its last frame is freed, and frames may wait for a
 * neighbour: a cable that was pulled here has made the kernel forget it.
 */
static void drop_waiting(struct ccm_reaper *reaper, const struct ib_device *ib)
{
	const struct ccm_reap *reap;

	spin_lock(&reaper->lock);
	list_for_each_entry(reap, &reaper->list, entry)
		if (reap->ib == ib)
			ccm_route_drop_waiting(&reap->to);
	spin_unlock(&reaper->lock);
}

/**
 * ccm_reaper_wait() - wait until a device has nothing more to free
 * @reaper: created
 * @ib: device; nothing more of it is handed over
 *
 * May sleep, as long as the driver takes.
 */
void ccm_reaper_wait(struct ccm_reaper *reaper, const struct ib_device *ib)
{
	while (!wait_event_timeout(reaper->wait, !has_some(reaper, ib),
				   msecs_to_jiffies(CCM_REAP_PATIENCE_MS)))
		drop_waiting(reaper, ib);
}
