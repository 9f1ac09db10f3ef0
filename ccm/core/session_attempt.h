/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a connection is begun and ended, and when the next one is. Private to the core.
 */
#ifndef CCM_CORE_SESSION_ATTEMPT_H
#define CCM_CORE_SESSION_ATTEMPT_H

#include <uapi/linux/ccm.h>

#include "session_action.h"
#include "session_event.h"
#include "session_state.h"
#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

/* How long to wait before the next attempt: see ccm_session_end() */
enum ccm_retry {
	CCM_RETRY_BACKOFF	= 0,	/* CCM_RETRY_MIN_MS, doubling */
	CCM_RETRY_POLICY	= 1,	/* CCM_RETRY_MAX_MS: trying again soon cannot help */
	CCM_RETRY_AT_ONCE	= 2,	/* not at all, a few times in a row */
};

/* Show the state, if there is news. */
void ccm_session_show(struct ccm_session *s, struct ccm_session_actions *actions);
/* The session is in another state now: show it. */
void ccm_session_enter(struct ccm_session *s, enum ccm_state state,
		       struct ccm_session_actions *actions);

/* End a connection, if there is one, and forget what was said on it. */
void ccm_session_close(struct ccm_session_conn *conn, bool flush,
		       struct ccm_session_actions *actions);
/* Leave the present connection, if there is one. What comes next is up to the caller. */
void ccm_session_drop(struct ccm_session *s, u32 reason, bool flush,
		      struct ccm_session_actions *actions);
/* Begin an attempt; there is no connection. */
void ccm_session_connect(struct ccm_session *s, u64 now_us,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions);
void ccm_session_accept(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event,
			const struct ccm_wire_request *request,
			struct ccm_session_actions *actions);
/* Accept the request of @event, which is to be @c. */
void ccm_session_put_accept(const struct ccm_session *s, struct ccm_session_conn *c,
			    const struct ccm_session_event *event,
			    struct ccm_session_actions *actions);

/* A READ of the partner's status region */
void ccm_session_read(const struct ccm_session_conn *conn, enum ccm_session_read what,
		      u32 offset, u32 len, struct ccm_session_actions *actions);
/* A WRITE into the partner's mailbox with a ring behind it; the caller fills .data */
struct ccm_session_action *ccm_session_write(const struct ccm_session_conn *conn, u32 offset,
					     u32 len, enum ccm_ring kind,
					     struct ccm_session_actions *actions);
/* Tell the partner why this ends, and my stage (0: no matter). False: it cannot be told. */
bool ccm_session_goodbye(const struct ccm_session_conn *conn, u32 reason, u32 stage,
			 struct ccm_session_actions *actions);

/* Send whoever has connected away, and say why if that can be said. */
void ccm_session_dismiss(struct ccm_session_conn *conn, u32 reason,
			 struct ccm_session_actions *actions);

/* The page of its partner is to be watched from now on. */
void ccm_session_watch(const struct ccm_session_conn *conn, struct ccm_session_actions *actions);

/* The attempt or session is over: fence, tell, and decide when to try again. */
void ccm_session_end(struct ccm_session *s, u64 now_us,
		     const struct ccm_session_event *event, u32 reason,
		     enum ccm_retry retry, bool flush,
		     struct ccm_session_actions *actions);
/* The partner broke the protocol or cannot be talked to: say so, and end it. */
void ccm_session_refuse(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event, u32 reason,
			struct ccm_session_actions *actions);

/* Is it one at all? */
bool ccm_session_reason_valid(u32 reason);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_ATTEMPT_H */
