/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make before break: who is at the other end is proven before anything is given up for it.
 * Private to the core.
 *
 * While there is a connection, a request of the partner's does not end it. It is accepted as a
 * candidate and greeted beside it; one at a time, and not for long. When R1 and the hello have
 * shown that somebody with the partner's identity is really there, it takes the place of the
 * present connection, if that was left by whoever asks now:
 *
 *	the same incarnation				it has left the present connection
 *	a kernel of the same machine, started		restarted: the old one is gone
 *	after the last READ
 *	... which is a crash kernel			panicked; and the session is not for it
 *	anybody else					a READ over the present connection
 *
 * Whoever still answers that READ has not been restarted or reloaded: two machines have one
 * node id. The candidate is sent away (duplicate), the session that works is kept. If it is not
 * answered, the session ends as any other does, and the candidate takes its place then.
 * What is not proven is no reason for anything.
 */
#ifndef CCM_CORE_SESSION_PROOF_H
#define CCM_CORE_SESSION_PROOF_H

#include "session_action.h"
#include "session_event.h"
#include "session_state.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

/* R1 and the hello are right: it is the partner's. */
void ccm_session_prove(struct ccm_session *s, u64 now_us, struct ccm_session_conn *conn,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions);

/* The session that works is kept, and the machine that has the same id is sent away. */
void ccm_session_clash(struct ccm_session *s, struct ccm_session_actions *actions);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_PROOF_H */
