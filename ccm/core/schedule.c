// SPDX-License-Identifier: GPL-2.0-only
/* The schedule of a partner's work item: see schedule.h */
#include "schedule.h"

#include "wire.h"

#define TURNS	((u32)CCM_INBOX_PATH_UP - (u32)CCM_INBOX_CONN)

static bool has_turns(u32 bit)
{
	return bit >= CCM_INBOX_CONN && bit < CCM_INBOX_PATH_UP;
}

u32 ccm_schedule_look(const struct ccm_schedule *s, u32 n)
{
	if (has_turns(n))
		return CCM_INBOX_CONN + (s->turn + n - CCM_INBOX_CONN) % TURNS;
	return n < CCM_INBOX_BITS ? n : (u32)CCM_INBOX_BITS;
}

void ccm_schedule_had(struct ccm_schedule *s, u32 bit)
{
	if (has_turns(bit))
		s->turn = (bit - CCM_INBOX_CONN + 1) % TURNS;
	else if (bit >= CCM_INBOX_PATH_UP)
		s->turn = 0;	/* none of them had anything */
}

/*
 * Data can arrive before the connection is reported as established: what says so was lost or is
 * late. The data is proof enough.
 */
u32 ccm_schedule_conn(u32 pending, bool unreported)
{
	u32 bit = 0;

	if (!pending)
		return CCM_ENDPOINT_BITS;
	while (!(pending >> bit & 1))
		bit++;
	return bit == CCM_MAIL_MESSAGE && unreported ? (u32)CCM_ENDPOINT_ESTABLISHED : bit;
}

u32 ccm_schedule_ring(u32 kind)
{
	if (!kind)
		return CCM_ENDPOINT_MALFORMED;
	return kind < CCM_RING_COUNT ? CCM_MAIL_RING + kind : (u32)CCM_ENDPOINT_BITS;
}

u32 ccm_schedule_flush_ms(u32 repeat_ms)
{
	u32 ms = CCM_FLUSH_MS + repeat_ms;

	return ms < CCM_FLUSH_MAX_MS ? ms : CCM_FLUSH_MAX_MS;
}
