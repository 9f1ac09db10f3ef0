// SPDX-License-Identifier: GPL-2.0-only
/* Who is at the other end? See session_proof.h. */
#include "session_proof.h"

#include "session_attempt.h"
#include "session_kernel.h"

/*
 * A candidate is proven. Clients of the present session hear why it ends; a session that is
 * not READY yet is simply begun anew.
 */
static void weigh(struct ccm_session *s, u64 now_us, const struct ccm_session_event *event,
		  struct ccm_session_actions *actions)
{
	struct ccm_session_conn *conn = &s->candidate;
	u32 reason = CCM_REASON_UNREACHABLE;

	if (s->conn.done & CCM_DONE_PROVEN) {
		if (conn->incarnation == s->conn.incarnation) {
			/* it was set back, and writes on: that is no proof of a kernel's end */
			if (ccm_session_went_back(s, conn->incarnation, conn->hello.uptime_ms))
				reason = CCM_REASON_RELOADED;
			/* and a last word that came is none of a kernel that greets */
			s->conn.word_us = 0;
		} else if (ccm_session_kernel(s, conn) == CCM_KERNEL_NEW) {
			reason = CCM_REASON_RESTARTED;
		} else {
			conn->done |= CCM_DONE_WAITS;
			ccm_session_emit(actions, CCM_ACT_PROBE)->conn = s->conn.id;
			return;
		}
	}
	if (!s->told_ready)
		reason = s->reason;
	ccm_session_end(s, now_us, event, reason, CCM_RETRY_BACKOFF, false, actions);
}

/*
 * A crash kernel runs because the kernel before it has panicked. Was that the one that was
 * heard last? Another machine with the same id says nothing of it.
 */
static bool has_panicked(const struct ccm_session *s, const struct ccm_session_conn *conn)
{
	enum ccm_kernel kernel = ccm_session_kernel(s, conn);

	return kernel == CCM_KERNEL_UNKNOWN || kernel == CCM_KERNEL_NEW;
}

/*
 * It has said all that it has to say: there is nobody behind it to become READY with. Who the
 * partner is, and when its kernel was heard, stays as it was: the next one is compared with that.
 */
static void take_panic(struct ccm_session *s, u64 now_us, struct ccm_session_conn *conn,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions)
{
	u32 reason = s->reason ? s->reason : (u32)CCM_REASON_UNREACHABLE;
	bool proof = has_panicked(s, conn);
	bool present = conn == &s->conn;

	if (proof) {
		reason = CCM_REASON_PANICKED;
		s->dumping = conn->incarnation;
		s->panicked_us = ccm_session_started(conn);
	}
	ccm_session_dismiss(conn, CCM_REASON_ADMIN, actions);
	if (proof || present)
		ccm_session_end(s, now_us, event, reason, CCM_RETRY_POLICY, false, actions);
}

void ccm_session_prove(struct ccm_session *s, u64 now_us, struct ccm_session_conn *conn,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions)
{
	const u32 proof = CCM_DONE_R1 | CCM_DONE_HELLO_RECEIVED;

	if ((conn->done & proof) != proof || (conn->done & CCM_DONE_PROVEN))
		return;
	conn->done |= CCM_DONE_PROVEN;
	if (conn->done & CCM_DONE_DUMPING)
		take_panic(s, now_us, conn, event, actions);
	else if (conn == &s->candidate)
		weigh(s, now_us, event, actions);
	else
		ccm_session_know(s, conn);
}

void ccm_session_clash(struct ccm_session *s, struct ccm_session_actions *actions)
{
	ccm_session_emit(actions, CCM_ACT_CLASH)->conn = s->candidate.id;
	ccm_session_dismiss(&s->candidate, CCM_REASON_DUPLICATE, actions);
}
