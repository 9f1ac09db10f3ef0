// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which kernel is it? See session_kernel.h.
 *
 * All times are this node's own; a running time of the partner's is taken from when it was
 * heard. Clocks of two machines differ by some 100 ppm at most, and the page's running time is
 * as old as its tick: that is what the slack is for. Where it matters (CCM_KERNEL_NEW) there is
 * none, and all that is not known exactly counts against the answer.
 */
#include "session_kernel.h"

#define SLACK_US	1500000
#define SLACK_SHIFT	11		/* 1/2048 of the time since */

/* When a kernel was started: before this node's time began, too */
static s64 started(u64 at_us, u64 uptime_ms)
{
	return (s64)at_us - (s64)(uptime_ms * CCM_US_PER_MS);
}

enum ccm_kernel ccm_session_kernel(const struct ccm_session *s,
				   const struct ccm_session_conn *conn)
{
	s64 then_us = started(s->heard_us, s->heard_uptime_ms);
	s64 now_us = started(conn->began_us, conn->hello.uptime_ms);
	s64 slack_us = SLACK_US;

	if (!s->heard_us)
		return CCM_KERNEL_UNKNOWN;
	/* two that were switched on together, or one after the other, are two all the same */
	if (conn->hello.machine != s->peer_hello.machine)
		return CCM_KERNEL_OTHER;
	/* The running time is counted in whole milliseconds: it is less than one more. */
	if (now_us - (s64)CCM_US_PER_MS > (s64)s->heard_us)
		return CCM_KERNEL_NEW;
	if (conn->began_us > s->heard_us)
		slack_us += (s64)((conn->began_us - s->heard_us) >> SLACK_SHIFT);
	if (now_us - then_us <= slack_us && then_us - now_us <= slack_us)
		return CCM_KERNEL_SAME;
	return CCM_KERNEL_OTHER;
}

u64 ccm_session_started(const struct ccm_session_conn *conn)
{
	s64 at_us = started(conn->began_us, conn->hello.uptime_ms);

	return at_us > 0 ? (u64)at_us : 0;
}

bool ccm_session_went_back(const struct ccm_session *s, u64 incarnation, u64 uptime_ms)
{
	return incarnation == s->peer_incarnation && s->heard_us &&
	       uptime_ms < s->heard_uptime_ms;
}

void ccm_session_hear(struct ccm_session *s, u64 at_us, u64 uptime_ms)
{
	if (at_us <= s->heard_us)
		return;
	s->heard_us = at_us;
	s->heard_uptime_ms = uptime_ms;
}

void ccm_session_know(struct ccm_session *s, const struct ccm_session_conn *conn)
{
	bool same = conn->incarnation == s->peer_incarnation &&
		    !ccm_session_went_back(s, conn->incarnation, conn->hello.uptime_ms);

	if (!same && ccm_session_kernel(s, conn) != CCM_KERNEL_SAME)
		s->peer_kernel++;
	if (!same || conn->number > s->peer_attempt)
		s->peer_attempt = conn->number;
	s->peer_incarnation = conn->incarnation;
	s->peer_hello = conn->hello;
	/* what was heard of another kernel, or another time, counts no more */
	s->heard_us = conn->began_us;
	s->heard_uptime_ms = conn->hello.uptime_ms;
}
