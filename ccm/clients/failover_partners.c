// SPDX-License-Identifier: GPL-2.0-only
/*
 * The partners that the failover monitor watches: the list of them, and what its files
 * share.
 */
#include <linux/lockdep.h>

#include "failover_partners.h"

DEFINE_MUTEX(fm_lock);
struct workqueue_struct *fm_wq;
struct ccm_client *fm_client;

/*
 * Entries are added under fm_lock and partners_lock: either is enough to read it. None
 * is removed before the module goes.
 */
static LIST_HEAD(partners);
static DEFINE_SPINLOCK(partners_lock);

/**
 * fm_next_partner() - go through all partners
 * @partner: NULL to begin; fm_lock is held
 *
 * Return: the next, or NULL
 */
struct fm_partner *fm_next_partner(struct fm_partner *partner)
{
	struct list_head *next;

	lockdep_assert_held(&fm_lock);
	next = partner ? partner->entry.next : partners.next;

	return next == &partners ? NULL : list_entry(next, struct fm_partner, entry);
}

static struct fm_partner *find(u32 id)
{
	struct fm_partner *partner;

	lockdep_assert(lockdep_is_held(&fm_lock) || lockdep_is_held(&partners_lock));
	list_for_each_entry(partner, &partners, entry)
		if (partner->id == id)
			return partner;
	return NULL;
}

/**
 * fm_find_partner() - look a partner up
 * @id: node id; fm_lock is held
 *
 * Return: the partner, or NULL
 */
struct fm_partner *fm_find_partner(u32 id)
{
	lockdep_assert_held(&fm_lock);
	return find(id);
}

/**
 * fm_add_partner() - watch it from now on
 * @partner: complete, and not found yet; fm_lock is held
 */
void fm_add_partner(struct fm_partner *partner)
{
	lockdep_assert_held(&fm_lock);
	spin_lock_bh(&partners_lock);
	list_add_tail(&partner->entry, &partners);
	spin_unlock_bh(&partners_lock);
}

/**
 * fm_take_partners() - none is found any more
 * @taken: empty; becomes the list of them
 *
 * When the module goes. What was queued for them may still run.
 */
void fm_take_partners(struct list_head *taken)
{
	spin_lock_bh(&partners_lock);
	list_splice_init(&partners, taken);
	spin_unlock_bh(&partners_lock);
}

/**
 * fm_partner_given_back() - tell a partner's work item that all is given back
 * @id: node id
 *
 * Any context but hard interrupts.
 *
 * Return: whether there is such a partner
 */
bool fm_partner_given_back(u32 id)
{
	struct fm_partner *partner;

	/* until it is queued: what is queued is waited for after fm_take_partners() */
	spin_lock_bh(&partners_lock);
	partner = find(id);
	if (partner) {
		WRITE_ONCE(partner->given_back, true);
		queue_work(fm_wq, &partner->news);
	}
	spin_unlock_bh(&partners_lock);
	return partner;
}
