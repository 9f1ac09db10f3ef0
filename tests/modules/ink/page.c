// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written here. The partner can write at any time, and a word may be seen half written:
 * that is no ink at all, and never an old one, since an ink is 64 random bits.
 */
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../common/violation.h"
#include "ink.h"

#define STRIDE	2048U	/* words between two looks at the scheduler */

static bool is_old(const struct ink_link *link, u64 word)
{
	u32 i;

	for (i = 0; i < min(link->olds, INK_OLD); i++)
		if (link->old[i] == word)
			return true;
	return false;
}

static void found_late(struct ink_link *link, u32 at)
{
	link->late++;
	if (!link->link)
		link->page[at] = INK_WIPED;	/* a second one is to be seen, too */
	if (link->told)
		return;
	link->told = true;
	violation("partner %u: a late write: %zu is of session %llu or one before it, and it is %s",
		  link->partner, at * sizeof(u64), link->downs, link->link ? "up" : "down");
}

/**
 * ink_page_look() - is there anything late?
 * @link: under its lock
 */
void ink_page_look(struct ink_link *link)
{
	u32 i;

	if (!link->page)
		return;
	if (link->link)
		ccm_link_region_sync(link->link, 0, link->words * sizeof(u64), true);
	for (i = 0; i < link->words; i++) {
		u64 word = READ_ONCE(link->page[i]);

		if (word != INK_WIPED && word != link->fresh) {
			if (is_old(link, word))
				found_late(link, i);
			else
				link->fresh = word;
		}
		if (i % STRIDE == STRIDE - 1)
			cond_resched();
	}
}

/**
 * ink_page_wipe() - whoever wrote here is to write no more
 * @link: under its lock, in down()
 *
 * What is there is of the session that ends, and old from now on.
 */
void ink_page_wipe(struct ink_link *link)
{
	u32 learnt = 0;
	u32 i;

	ink_page_look(link);
	for (i = 0; link->page && i < link->words; i++) {
		u64 word = link->page[i];

		if (word != INK_WIPED && learnt < INK_LEARN && !is_old(link, word)) {
			link->old[link->olds++ % INK_OLD] = word;
			learnt++;
		}
		link->page[i] = INK_WIPED;
	}
	link->fresh = INK_WIPED;
	link->told = false;
}
