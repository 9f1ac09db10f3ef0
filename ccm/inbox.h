/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An inbox: how whatever belongs to a partner tells it that something has happened.
 *
 * What came is stored first, then a bit is set and the partner's work item queued. That
 * needs no memory, never fails, and can be done in any context; the work item takes the
 * bits. Who has an inbox need not know whose it is.
 */
#ifndef CCM_INBOX_H
#define CCM_INBOX_H

#include <linux/bitops.h>
#include <linux/workqueue.h>

/* What has happened, or is wanted */
enum ccm_inbox_bit {
	CCM_INBOX_START		= 0,
	CCM_INBOX_STOP		= 1,
	CCM_INBOX_PATH_UP	= 2,
	CCM_INBOX_TIMER		= 3,
	CCM_INBOX_VERDICT	= 4,
	CCM_INBOX_STAGE		= 5,
	CCM_INBOX_DEVICE	= 6,	/* a device is being removed */
	CCM_INBOX_CLIENTS	= 7,	/* a client came or leaves */
	CCM_INBOX_LINKS		= 8,	/* a link or a port of one has something to do */
	CCM_INBOX_CONN		= 9,	/* a connection has: all are looked at in any case */
	CCM_INBOX_ALIVE		= 10,	/* a READ that was asked for has succeeded */
	CCM_INBOX_OWN_STAGE	= 11,	/* this node's stage or flags changed: ring */
	CCM_INBOX_WORD		= 12,	/* the partner's last word has come */
	CCM_INBOX_PSK		= 13,	/* pre-shared keys have come or gone */
};

/**
 * struct ccm_inbox - bits and a work item
 * @wq: ordered; runs @work only
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
	/* pairs with ccm_inbox_take(): what belongs to the bit is seen by who takes it */
	smp_mb__before_atomic();
	/*
	 * Of two orders that nobody has taken the last one counts: STOP takes back a START;
	 * a START behind a STOP is taken after it.
	 */
	if (bit == CCM_INBOX_STOP)
		clear_bit(CCM_INBOX_START, &inbox->pending);
	set_bit((int)bit, &inbox->pending);
}

/* Something has happened. Any context; never fails. */
static inline void ccm_inbox_tell(struct ccm_inbox *inbox, enum ccm_inbox_bit bit)
{
	ccm_inbox_note(inbox, bit);
	ccm_inbox_run(inbox);
}

/* Has it? The work item. */
static inline bool ccm_inbox_take(struct ccm_inbox *inbox, enum ccm_inbox_bit bit)
{
	/* a value-returning atomic is a full barrier, if the bit was set */
	return test_and_clear_bit((int)bit, &inbox->pending);
}

#endif /* CCM_INBOX_H */
