/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client that never stops writing, and looks all the time at what is written here. For tests.
 *
 * In each session it writes one number, its ink, all over its region on the partner: another one
 * in each session. So what lies in the region here tells which session has written it. In down()
 * the CPU wipes the region; an ink that was there before must never be seen again: that is a late
 * write, whenever it comes, also in a later session. Late writes are violations
 * (common/violation.h).
 *
 * Locks. ink_link.lock: everything of a link, but for what completions touch, which is atomic.
 */
#ifndef CCM_TEST_INK_H
#define CCM_TEST_INK_H

#include <linux/ccm.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#define INK_REGION	65536U		/* bytes, on each side */
#define INK_DEPTH	4U		/* WRITEs in flight to a partner */
#define INK_OLD		64U		/* inks of sessions that are over, to each partner */
#define INK_LEARN	4U		/* of them, from one session: a word can be half written */
#define INK_WIPED	0ULL		/* what the CPU wipes with; memory is zeroed at first */

struct ink_link;

/**
 * struct ink_pen - one WRITE at a time
 * @op: the operation
 * @buffer: full of ink, mapped while the link is up
 * @busy: it is in flight
 */
struct ink_pen {
	struct ccm_op op;
	struct ccm_buffer buffer;
	atomic_t busy;
};

/**
 * struct ink_link - the counterpart on one partner
 * @entry: in the list of all; only added to
 * @partner: node id
 * @lock: see above
 * @link: CCM's, between ready() and down(); NULL otherwise
 * @ink: of this session
 * @before: of the one before it; 0: there was none
 * @random: where the next WRITE goes
 * @pens: WRITEs
 * @page: what is written here, as words; from ready() to release()
 * @words: of it
 * @fresh: the ink that was seen last and is of no session that is over; 0: none yet
 * @old: inks of sessions that are over, the oldest is overwritten
 * @olds: how many there have been
 * @readies: how often ready() was called
 * @downs: likewise
 * @written: WRITEs that have completed
 * @failed: ... with an error
 * @late: words of an old ink that were found
 * @told: a late write of this session has been told
 * @work: writes and looks
 */
struct ink_link {
	struct list_head entry;
	u32 partner;
	struct mutex lock;
	struct ccm_link *link;
	u64 ink;
	u64 before;
	u64 random;
	struct ink_pen pens[INK_DEPTH];
	u64 *page;
	u32 words;
	u64 fresh;
	u64 old[INK_OLD];
	u32 olds;
	u64 readies;
	u64 downs;
	atomic64_t written;
	atomic64_t failed;
	u64 late;
	bool told;
	struct delayed_work work;
};

extern unsigned int ink_pace_ms;
extern unsigned int ink_size;

/* link.c: registration and what CCM tells */
int ink_register(void);
void ink_unregister(void);
struct ink_link *ink_next(struct ink_link *link);
struct ink_link *ink_find(u32 partner);

/* page.c: the region here */
void ink_page_look(struct ink_link *link);
void ink_page_wipe(struct ink_link *link);

/* pen.c: the region on the partner */
int ink_pens_open(struct ink_link *link);
void ink_pens_close(struct ink_link *link);
void ink_pens_write(struct ink_link *link);
int ink_pens_forge(struct ink_link *link);

#endif /* CCM_TEST_INK_H */
