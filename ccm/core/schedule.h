/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schedule of a partner's work item: what of all that waits is looked at next. Pure.
 *
 * Whatever happens is stored, and a bit says that it waits: what happens twice before it is
 * looked at is looked at once. Only connect requests are a queue. The work item looks at one
 * thing after the other until nothing waits, and carries out all that the core wants of it in
 * between; meanwhile, and a CLOSE takes its time, more comes.
 *
 * Who looks knows whether there is something, and takes it:
 *
 *	for (n = 0; (bit = ccm_schedule_look(s, n)) < CCM_INBOX_BITS; n++)
 *		if (there is one of that kind, and it was taken)
 *			break;
 *	ccm_schedule_had(s, bit);
 */
#ifndef CCM_CORE_SCHEDULE_H
#define CCM_CORE_SCHEDULE_H

#include "types.h"

CCM_EXTERN_C_BEGIN

/* What may wait in a partner's inbox, in the order in which it is looked at */
enum ccm_inbox_bit {
	/* no events of the core's: seen to in front of each one */
	CCM_INBOX_DEVICE	= 0,	/* a device is being removed */
	CCM_INBOX_STAGE		= 1,	/* the partner's stage or flags changed: show it */
	CCM_INBOX_OWN_STAGE	= 2,	/* this node's stage or flags changed: ring */
	/* the decisive ones */
	CCM_INBOX_VERIFIED	= 3,	/* a proof was looked at */
	CCM_INBOX_PSK		= 4,	/* pre-shared keys have come or gone */
	CCM_INBOX_STOP		= 5,
	CCM_INBOX_START		= 6,
	CCM_INBOX_VERDICT	= 7,
	CCM_INBOX_WORD		= 8,	/* the partner's last word has come */
	CCM_INBOX_ALIVE		= 9,	/* a READ that was asked for has succeeded */
	/* in turns: a partner, or a client, can make as many of each as it likes */
	CCM_INBOX_CONN		= 10,	/* something of a connection: looked at in any case */
	CCM_INBOX_CLIENTS	= 11,	/* a client came or leaves */
	CCM_INBOX_LINKS		= 12,	/* a link or a port of one has something to do */
	CCM_INBOX_REQUEST	= 13,	/* a connect request: looked at in any case */
	CCM_INBOX_TIMER		= 14,
	/* if there is nothing else */
	CCM_INBOX_PATH_UP	= 15,
	CCM_INBOX_BITS
};

/* What may wait at an endpoint, in the order in which it can be true, and is looked at */
enum ccm_endpoint_bit {
	CCM_ENDPOINT_ROUTE		= 0,	/* route resolved: make the queue pair, connect */
	CCM_ENDPOINT_ESTABLISHED	= 1,
	CCM_ENDPOINT_REJECTED		= 2,
	CCM_ENDPOINT_FAILED		= 3,	/* could not connect */
	CCM_ENDPOINT_OWNER		= 4,	/* to 27: what its owner makes of completions */
	CCM_ENDPOINT_DISCONNECTED	= 28,
	CCM_ENDPOINT_ERROR		= 29,	/* a work request failed */
	CCM_ENDPOINT_MALFORMED		= 30,	/* what came is none of the protocol's */
	CCM_ENDPOINT_DEVICE_GONE	= 31,
	CCM_ENDPOINT_BITS		/* at most 32: an unsigned long anywhere */
};

/* ... the owner's part, of a session's endpoint */
enum ccm_mail_bit {
	CCM_MAIL_MESSAGE	= CCM_ENDPOINT_OWNER,
	CCM_MAIL_READ_STATUS	= 5,
	CCM_MAIL_RING		= 6,	/* + enum ccm_ring: 7..25 */
	CCM_MAIL_READ_ANSWER	= 26,
	CCM_MAIL_RING_STAGE	= 27,	/* ring it once more */
};

#define CCM_REQUESTS_MAX	4U	/* connect requests of one partner not yet looked at */

/* How long a CLOSE may take: see ccm_schedule_flush_ms() */
#define CCM_FLUSH_MS		60U	/* a goodbye is waited for, and what repeating it takes */
#define CCM_FLUSH_MAX_MS	400U	/* ... but at most */
#define CCM_DRAIN_MS		200U	/* a drain is waited for */

/**
 * struct ccm_schedule - whose turn it is
 * @turn: of those that have turns, from 0
 */
struct ccm_schedule {
	u32 turn;
};

/**
 * ccm_schedule_look() - what is looked at for the next event
 * @s: the schedule, zeroed at the beginning
 * @n: how many were looked at for it already, and there was nothing
 *
 * Return: enum ccm_inbox_bit; CCM_INBOX_BITS: that was all
 */
u32 ccm_schedule_look(const struct ccm_schedule *s, u32 n);

/**
 * ccm_schedule_had() - an event was found, or none
 * @s: the schedule
 * @bit: enum ccm_inbox_bit where; CCM_INBOX_BITS: there is nothing now
 *
 * Whoever has had a turn comes last, so that none of them starves the others.
 */
void ccm_schedule_had(struct ccm_schedule *s, u32 bit);

/**
 * ccm_schedule_instead() - what does not wait any more when something is told
 * @bit: enum ccm_inbox_bit that is told
 *
 * Any context. Of two orders that nobody has looked at the last one counts: STOP takes back a
 * START; a START behind a STOP is looked at after it.
 *
 * Return: enum ccm_inbox_bit; CCM_INBOX_BITS: all the rest does
 */
static inline u32 ccm_schedule_instead(u32 bit)
{
	return bit == CCM_INBOX_STOP ? CCM_INBOX_START : CCM_INBOX_BITS;
}

/**
 * ccm_schedule_conn() - what of a session's connection is looked at next
 * @pending: what waits: BIT() of enum ccm_endpoint_bit and enum ccm_mail_bit
 * @unreported: this side accepts, can send since, and was not told that it is established
 *
 * Of several connections the one is looked at that has been there longest.
 *
 * Return: the bit, to be taken; ESTABLISHED may be one that was not told, since what has come
 * says so; CCM_ENDPOINT_BITS: there is nothing
 */
u32 ccm_schedule_conn(u32 pending, bool unreported);

/**
 * ccm_schedule_ring() - where a ring waits
 * @kind: enum ccm_ring, as ccm_wire_ring_kind() says
 *
 * Any context.
 *
 * Return: the bit; CCM_ENDPOINT_BITS: a later version's ring, and nobody here knows where to look
 */
u32 ccm_schedule_ring(u32 kind);

/**
 * ccm_schedule_flush_ms() - how long a CLOSE waits for what was posted
 * @repeat_ms: what the transport takes to repeat something
 *
 * Return: milliseconds; behind it the queue pairs are drained, those of ports and then the
 * session's own, each for CCM_DRAIN_MS at most
 */
u32 ccm_schedule_flush_ms(u32 repeat_ms);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SCHEDULE_H */
