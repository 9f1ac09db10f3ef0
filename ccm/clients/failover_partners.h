/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The partners that the failover monitor watches.
 *
 * Locks. fm_lock is taken in CCM's callbacks (but ring() and completions, which are in
 * softirq) and in the monitor's work items: one of them at a time takes in what
 * happened, decides and tells. Whoever is told is called with it held. Nothing waits
 * for a partner with it held, except down() for a WRITE that CCM has already ended.
 *
 * Lifetimes. A partner's object is made when CCM first speaks of it, and freed when the
 * module goes, after ccm_client_unregister() and after its work items. Its link is
 * used between ready() and down(), under fm_lock.
 */
#ifndef CCM_FAILOVER_PARTNERS_H
#define CCM_FAILOVER_PARTNERS_H

#include <linux/ccm.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../core/failover.h"

#define FM_TOLD_MAX	16	/* changes that wait to be told to user space */

/**
 * struct fm_partner - one partner
 * @entry: in the list of partners
 * @id: its node id
 * @failover: what is known of it, and decided; under fm_lock
 * @timer: runs when the decision's deadline has come
 * @news: runs when the partner has rung, when there is something to write, or when all
 *	is given back
 * @given_back: somebody said so; set anywhere, taken by @news
 * @dev: what user space sees of it
 * @shown_lock: protects @shown
 * @shown: the view as it was last told
 * @told: views that user space has not been told yet, a ring; under @shown_lock, as
 *	are the next three
 * @told_first: the oldest
 * @told_count: how many
 * @uevent_task: sends the oldest now
 * @uevent: tells user space of them
 * @logged: the last decision in the kernel log; under fm_lock
 * @logged_heard: the last decision of its monitor there
 * @log_limit: of lines that ask nobody to do anything
 * @link: to its monitor, or NULL; under fm_lock
 * @rung: the partner has, and what it wrote has not been read; set in softirq, only while
 *	there is @link
 * @out: the record that is written; not touched while @writing
 * @buffer: @out, mapped for @link
 * @op: the WRITE
 * @out_lock: taken in softirq; protects the next three
 * @writing: @op is in flight
 * @due: the record must be written (again)
 * @out_lost: a device may read @out at any time, for ever
 * @idle: woken when @writing ends
 * @instance: of the partner's monitor, as last read; 0: not yet
 * @sequence: of the record last read from it
 */
struct fm_partner {
	struct list_head entry;
	u32 id;
	struct ccm_failover failover;
	struct delayed_work timer;
	struct work_struct news;
	bool given_back;

	struct device *dev;
	spinlock_t shown_lock;
	struct ccm_failover_view shown;
	struct ccm_failover_view told[FM_TOLD_MAX];
	u32 told_first;
	u32 told_count;
	struct task_struct *uevent_task;
	struct work_struct uevent;

	u32 logged;
	u32 logged_heard;
	struct ratelimit_state log_limit;

	struct ccm_link *link;
	bool rung;
	u8 *out;
	struct ccm_buffer buffer;
	struct ccm_op op;
	spinlock_t out_lock;
	bool writing;
	bool due;
	bool out_lost;
	wait_queue_head_t idle;

	u64 instance;
	u64 sequence;
};

extern struct mutex fm_lock;
extern struct workqueue_struct *fm_wq;
extern struct ccm_client *fm_client;	/* under fm_lock; NULL while it registers */

struct fm_partner *fm_next_partner(struct fm_partner *partner);
struct fm_partner *fm_find_partner(u32 id);
void fm_add_partner(struct fm_partner *partner);
void fm_take_partners(struct list_head *taken);
bool fm_partner_given_back(u32 id);

#endif /* CCM_FAILOVER_PARTNERS_H */
