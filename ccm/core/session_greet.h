/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The series on one connection: A0 R1 W1 R2 W2 W3. Private to the core.
 */
#ifndef CCM_CORE_SESSION_GREET_H
#define CCM_CORE_SESSION_GREET_H

#include "session_action.h"
#include "session_event.h"
#include "session_state.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

/* ESTABLISHED, with the partner known: the series begins, and of the present one GREETING. */
void ccm_session_greet(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions);

/*
 * Go on as far as what has been sent and received allows: for ccm_session_step(), behind
 * the handlers of which the table says so. Nothing in DOWN and CONNECTING.
 */
void ccm_session_advance(struct ccm_session *s, u64 now_us,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions);

/* Small frames have passed over the present connection, and a whole page is still on its way. */
bool ccm_session_stuck(const struct ccm_session *s);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_GREET_H */
