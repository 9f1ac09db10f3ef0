// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the two monitors of a pair tell each other: each WRITEs its record into its
 * region on the partner, and rings. One WRITE is in flight at a time; what changes
 * meanwhile is written behind it, as it is then.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core/failover_record.h"
#include "failover_exchange.h"
#include "failover_partners.h"

/* So that the partner can tell this monitor from the one before; sequence goes with it */
static u64 own_instance;
static u64 own_sequence;	/* under fm_lock */

/** fm_exchange_start() - once, before there is a partner */
void fm_exchange_start(void)
{
	do {
		own_instance = get_random_u64();
	} while (!own_instance);
}

/*
 * Softirq. The partner may be freed as soon as out_lock is free.
 *
 * A record that the device may still send it may send: one that came later in its place is no less
 * this monitor's. But there must never be anything else.
 */
static void written(struct ccm_op *op, int status)
{
	struct fm_partner *partner = (struct fm_partner *)op->context;

	spin_lock_bh(&partner->out_lock);
	partner->writing = false;
	partner->out_lost |= status == -ENOTRECOVERABLE;
	if (partner->due)
		queue_work(fm_wq, &partner->news);
	wake_up(&partner->idle);
	spin_unlock_bh(&partner->out_lock);
}

/**
 * fm_exchange_init() - make what an exchange needs
 * @partner: new
 *
 * Return: 0 or -ENOMEM
 */
int fm_exchange_init(struct fm_partner *partner)
{
	partner->out = (u8 *)kzalloc(CCM_FM_RECORD_LEN, GFP_KERNEL);
	if (!partner->out)
		return -ENOMEM;
	ccm_op_init(&partner->op, written, partner);
	spin_lock_init(&partner->out_lock);
	init_waitqueue_head(&partner->idle);
	return 0;
}

/**
 * fm_exchange_free() - undo it
 * @partner: closed
 */
void fm_exchange_free(struct fm_partner *partner)
{
	if (partner->out_lost)
		kmemleak_not_leak(partner->out);
	else
		kfree(partner->out);
}

/**
 * fm_exchange_open() - there is a link to the partner's monitor
 * @partner: without link
 * @link: ready
 *
 * With fm_lock held.
 *
 * Return: 0; what ccm_buffer_map() says: then there is no link
 */
int fm_exchange_open(struct fm_partner *partner, struct ccm_link *link)
{
	int ret;

	lockdep_assert_held(&fm_lock);
	ret = ccm_buffer_map(&partner->buffer, link, partner->out, CCM_FM_RECORD_LEN,
			     DMA_TO_DEVICE);
	if (ret)
		return ret;
	partner->link = link;
	partner->instance = 0;
	partner->sequence = 0;
	return 0;
}

/**
 * fm_exchange_close() - the link is going
 * @partner: with a link
 *
 * With fm_lock held, in down(): CCM has ended every operation, so that the wait is for the
 * completion to return.
 */
void fm_exchange_close(struct fm_partner *partner)
{
	lockdep_assert_held(&fm_lock);
	partner->link = NULL;
	WRITE_ONCE(partner->rung, false);
	wait_event(partner->idle, !READ_ONCE(partner->writing));
	spin_lock_bh(&partner->out_lock);
	partner->due = false;
	spin_unlock_bh(&partner->out_lock);
	ccm_buffer_unmap(&partner->buffer);
}

/**
 * fm_exchange_write() - tell the partner what is decided about it
 * @partner: with or without link
 *
 * With fm_lock held. Does not wait.
 */
void fm_exchange_write(struct fm_partner *partner)
{
	const struct ccm_failover_view *view = &partner->failover.view;
	struct ccm_fm_record record;
	bool busy;
	int ret;

	lockdep_assert_held(&fm_lock);
	if (!partner->link)
		return;
	spin_lock_bh(&partner->out_lock);
	busy = partner->writing;
	partner->writing = true;
	partner->due = busy;
	spin_unlock_bh(&partner->out_lock);
	if (busy)
		return;

	record.instance = own_instance;
	record.sequence = ++own_sequence;
	record.decision = view->decision;
	record.flags = view->flags;
	record.reason = (u16)view->reason;
	record.stage = (u16)view->stage;
	record.incarnation = view->incarnation;
	ccm_fm_record_put(partner->out, &record);
	ret = ccm_write_ring(ccm_link_port(partner->link, 0), &partner->op, &partner->buffer, 0,
			     CCM_FM_RECORD_LEN, 0, (u32)record.sequence);
	if (!ret)
		return;
	spin_lock_bh(&partner->out_lock);
	partner->writing = false;
	spin_unlock_bh(&partner->out_lock);
	/* -ENOTCONN: down() is on its way */
	if (ret != -ENOTCONN)
		pr_warn("partner %u: it was not told what is decided here: error %d\n",
			partner->id, ret);
}

/**
 * fm_exchange_write_due() - write what could not be written while a WRITE was in flight
 * @partner: with or without link
 *
 * With fm_lock held.
 */
void fm_exchange_write_due(struct fm_partner *partner)
{
	bool due;

	lockdep_assert_held(&fm_lock);
	spin_lock_bh(&partner->out_lock);
	due = partner->due;
	spin_unlock_bh(&partner->out_lock);
	if (due)
		fm_exchange_write(partner);
}

/**
 * fm_exchange_read() - what the partner's monitor has written here
 * @partner: with or without link
 * @record: filled when there is something new
 *
 * With fm_lock held. Before the partner has rung, what lies there is of an earlier session
 * and does not count. The partner may be writing: a copy is taken first. One that is not
 * valid and does not change either is no record; one that changes is followed by
 * another ring.
 *
 * Return: whether there is
 */
bool fm_exchange_read(struct fm_partner *partner, struct ccm_fm_record *record)
{
	static u8 copy[CCM_FM_RECORD_LEN_MAX];	/* under fm_lock: too large for a stack */
	static u8 again[CCM_FM_RECORD_LEN_MAX];
	const u8 *region;
	u64 size;

	lockdep_assert_held(&fm_lock);
	if (!partner->link || !xchg(&partner->rung, false))
		return false;
	region = (const u8 *)ccm_link_region(partner->link, &size);
	if (!region || size < CCM_FM_RECORD_LEN_MAX)
		return false;
	ccm_link_region_sync(partner->link, 0, CCM_FM_RECORD_LEN_MAX, true);
	memcpy(copy, region, sizeof(copy));
	barrier();
	memcpy(again, region, sizeof(again));
	if (!ccm_fm_record_get(copy, record)) {
		if (!memcmp(copy, again, sizeof(copy)))
			pr_warn_ratelimited("partner %u: what its monitor wrote is not valid, and ignored\n",
					    partner->id);
		return false;
	}
	if (record->instance == partner->instance && record->sequence <= partner->sequence) {
		if (record->sequence < partner->sequence)
			pr_warn_ratelimited("partner %u: its monitor went back from record %llu to %llu, which is ignored\n",
					    partner->id, partner->sequence, record->sequence);
		return false;
	}
	partner->instance = record->instance;
	partner->sequence = record->sequence;
	return true;
}
