/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reaper: frees what is fenced already, and nobody waits for it but who must.
 *
 * Fenced is not freed. A driver may take its time to destroy a queue pair or an id: soft-RoCE
 * waits for every frame that is queued anywhere, up to 50 s for each; siw for TCP to give up a
 * connection. DOWN is told before, and new connections are made meanwhile.
 */
#ifndef CCM_RDMA_REAPER_H
#define CCM_RDMA_REAPER_H

#include <linux/list.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

struct ccm_reap;

/**
 * struct ccm_reap_ops - how one kind of thing is freed
 * @free: what the device has of it. Process context; takes as long as the driver does. False:
 *	it cannot be freed, and its memory is never used again
 * @release: its memory; the last that is done with it
 */
struct ccm_reap_ops {
	bool (*free)(struct ccm_reap *reap);
	void (*release)(struct ccm_reap *reap);
};

/**
 * struct ccm_reaper - a work queue, and what is on it
 * @wq: not ordered: what takes long holds up nothing else
 * @lock: protects @list; process context
 * @list: struct ccm_reap, not freed yet
 * @wait: woken when one is
 */
struct ccm_reaper {
	struct workqueue_struct *wq;
	spinlock_t lock;
	struct list_head list;
	wait_queue_head_t wait;
};

/**
 * struct ccm_reap - a thing to be freed; part of it, so that handing it over needs no memory
 * @entry: in ccm_reaper.list
 * @work: frees it
 * @reaper: whose
 * @ib: the device that has something of it; NULL: none
 * @to: address of the partner's, filled by whoever hands it over
 * @ops: how
 */
struct ccm_reap {
	struct list_head entry;
	struct work_struct work;
	struct ccm_reaper *reaper;
	struct ib_device *ib;
	struct sockaddr_storage to;
	const struct ccm_reap_ops *ops;
};

int ccm_reaper_create(struct ccm_reaper *reaper);
void ccm_reaper_destroy(struct ccm_reaper *reaper);
void ccm_reaper_take(struct ccm_reaper *reaper, struct ccm_reap *reap, struct ib_device *ib,
		     const struct ccm_reap_ops *ops);
void ccm_reaper_wait(struct ccm_reaper *reaper, const struct ib_device *ib);

#endif /* CCM_RDMA_REAPER_H */
