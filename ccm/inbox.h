/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An inbox: how whatever belongs to a partner tells it that something has happened.
 *
 * What came is stored first, then a bit is set and the partner's work item queued. That
 * needs no memory, never fails, and can be done in any context; the work item takes the
 * bits. Who has an inbox need not know whose it is. Which bits there are, and which of them is
 * looked at next, is core/schedule.h.
 */
#ifndef CCM_INBOX_H
#define CCM_INBOX_H

#include <linux/bitops.h>
#include <linux/workqueue.h>

#include "core/schedule.h"

/**
 * struct ccm_inbox - bits and a work item
 * @wq: ordered; runs @work, and rarely what is to come between two runs of it
 * @work: takes the bits
 * @pending: enum ccm_inbox_bit
 */
struct ccm_inbox {
	struct workqueue_struct *wq;
	struct work_struct work;
	unsigned long pending;
};

/* A bit of one's own was set: look at it. Any context. */
static inline void ccm_inbox_run(struct ccm_inbox *inbox)
{
	queue_work(inbox->wq, &inbox->work);
}

/* The work item tells itself: it comes to it before it ends. */
static inline void ccm_inbox_note(struct ccm_inbox *inbox, enum ccm_inbox_bit bit)
{
	u32 instead = ccm_schedule_instead(bit);

	/* pairs with ccm_inbox_take(): what belongs to the bit is seen by who takes it */
	smp_mb__before_atomic();
	if (instead < CCM_INBOX_BITS)
		clear_bit((int)instead, &inbox->pending);
	set_bit((int)bit, &inbox->pending);
}

/* Something has happened. Any context; never fails. */
static inline void ccm_inbox_tell(struct ccm_inbox *inbox, enum ccm_inbox_bit bit)
{
	ccm_inbox_note(inbox, bit);
	ccm_inbox_run(inbox);
}

/* Has it? The work item. */
static inline bool ccm_inbox_take(struct ccm_inbox *inbox, u32 bit)
{
	/* a value-returning atomic is a full barrier, if the bit was set */
	return test_and_clear_bit((int)bit, &inbox->pending);
}

#endif /* CCM_INBOX_H */
