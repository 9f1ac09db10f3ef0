// SPDX-License-Identifier: GPL-2.0-only
/* Writes, as long as the link is up: CCM is the one who ends it. */
#include <linux/minmax.h>
#include <linux/random.h>

#include "../common/buffer.h"
#include "../common/bytes.h"
#include "../common/violation.h"
#include "ink.h"

#define FORGE_MS	1000U

/* From a completion */
static void done(struct ccm_op *op, int status)
{
	struct ink_link *link = (struct ink_link *)op->context;
	struct ink_pen *pen = container_of(op, struct ink_pen, op);

	atomic64_inc(status ? &link->failed : &link->written);
	atomic_set_release(&pen->busy, 0);
}

/**
 * ink_pens_open() - a session begins, with an ink of its own
 * @link: under its lock, in ready()
 *
 * Return: 0; or an errno, and the link can be closed
 */
int ink_pens_open(struct ink_link *link)
{
	int ret = 0;
	u32 i;

	link->before = link->ink;
	do {
		link->ink = get_random_u64();
	} while (link->ink == INK_WIPED);
	for (i = 0; i < INK_DEPTH && !ret; i++) {
		struct ink_pen *pen = &link->pens[i];

		ccm_op_init(&pen->op, done, link);
		atomic_set(&pen->busy, 0);
		ret = buffer_create(&pen->buffer, link->link, ink_size, DMA_TO_DEVICE);
		if (!ret)
			memset64((u64 *)pen->buffer.data, link->ink, ink_size / sizeof(u64));
	}
	return ret;
}

/**
 * ink_pens_close() - it is over
 * @link: under its lock, in down(); or its opening has failed
 *
 * CCM has promised that every operation has completed.
 */
void ink_pens_close(struct ink_link *link)
{
	u32 i;

	for (i = 0; i < INK_DEPTH; i++) {
		if (atomic_read_acquire(&link->pens[i].busy))
			violation("partner %u: down() with a WRITE in flight", link->partner);
		else
			buffer_destroy(&link->pens[i].buffer);
	}
}

static void write_one(struct ink_link *link, struct ink_pen *pen)
{
	u64 room = min_t(u64, ccm_link_partner_region(link->link), INK_REGION) - ink_size;
	u64 offset = round_down(pattern_random(&link->random) % (room + 1), sizeof(u64));

	atomic_set(&pen->busy, 1);
	if (ccm_write(ccm_link_port(link->link, 0), &pen->op, &pen->buffer, 0, ink_size, offset))
		atomic_set(&pen->busy, 0);	/* down() follows, or the port is full */
}

/**
 * ink_pens_write() - every pen that rests
 * @link: under its lock
 */
void ink_pens_write(struct ink_link *link)
{
	u32 i;

	for (i = 0; i < INK_DEPTH && link->link; i++)
		if (!atomic_read_acquire(&link->pens[i].busy))
			write_one(link, &link->pens[i]);
}

/**
 * ink_pens_forge() - write a word of the session before, as if it came late
 * @link: under its lock
 *
 * Return: 0; -ENOTCONN: it is down, or this is its first session; the errno of the WRITE
 */
int ink_pens_forge(struct ink_link *link)
{
	if (!link->link || link->before == INK_WIPED)
		return -ENOTCONN;
	return ccm_write_sync(ccm_link_port(link->link, 0), &link->before, sizeof(link->before), 0,
			      FORGE_MS);
}
