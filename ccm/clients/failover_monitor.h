/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The failover monitor's own view of itself.
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
#ifndef CCM_FAILOVER_MONITOR_H
#define CCM_FAILOVER_MONITOR_H

#include <linux/ccm.h>
#include <linux/ccm_fm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../core/failover.h"
#include "../core/failover_record.h"

#define FM_CLIENT_NAME		"failover-monitor"
#define FM_REGION_LEN		4096U
#define FM_PROTOCOL_VERSION	1U	/* of what is in the region */

/**
 * struct fm_partner - one partner
 * @entry: in the list of partners
 * @id: its node id
 * @failover: what is known of it, and decided; under fm_lock
 * @timer: runs when the decision's deadline has come
 * @news: runs when the partner has rung, when there is something to write, or when all
 *	is given back
 * @given_back: somebody said so; set anywhere, taken by @news
 * @link: to its monitor, or NULL; under fm_lock
 * @rung: the partner has, and what it wrote has not been read; set in softirq, only while
 *	there is @link
 * @mapped: @buffer is mapped for @link
 * @out: the record that is written; not touched while @writing
 * @buffer: @out, for @link
 * @op: the WRITE
 * @out_lock: taken in softirq; protects @writing and @due
 * @writing: @op is in flight
 * @due: the record must be written (again)
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

	struct ccm_link *link;
	bool rung;
	bool mapped;
	u8 *out;
	struct ccm_buffer buffer;
	struct ccm_op op;
	spinlock_t out_lock;
	bool writing;
	bool due;
	wait_queue_head_t idle;

	u64 instance;
	u64 sequence;
};

/* failover_monitor.c */
extern struct mutex fm_lock;
extern struct workqueue_struct *fm_wq;
extern struct ccm_client *fm_client;	/* under fm_lock; NULL while it registers */
struct fm_partner *fm_next_partner(struct fm_partner *partner);

/* failover_exchange.c: what the two monitors tell each other */
void fm_exchange_start(void);
int fm_exchange_init(struct fm_partner *partner);
void fm_exchange_free(struct fm_partner *partner);
void fm_exchange_open(struct fm_partner *partner, struct ccm_link *link);
void fm_exchange_close(struct fm_partner *partner);
void fm_exchange_write(struct fm_partner *partner);
void fm_exchange_write_due(struct fm_partner *partner);
bool fm_exchange_read(struct fm_partner *partner, struct ccm_fm_record *record);

/* failover_tell.c: log, note, uevent, notifier chain */
void fm_tell(struct fm_partner *partner, u32 changed);
void fm_tell_note(struct fm_partner *partner);

#endif /* CCM_FAILOVER_MONITOR_H */
