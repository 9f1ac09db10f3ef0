/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers: one for each row of the state x event table that does something. Private to
 * session.c and session_greet.c, which have them, and session_table.c, which names them.
 */
#ifndef CCM_CORE_SESSION_HANDLERS_H
#define CCM_CORE_SESSION_HANDLERS_H

#include "session_action.h"
#include "session_event.h"
#include "session_state.h"

CCM_EXTERN_C_BEGIN

#define CCM_SESSION_HANDLER(name)						\
	void ccm_session_##name(struct ccm_session *s, u64 now_us,		\
				const struct ccm_session_event *event,		\
				struct ccm_session_actions *actions)

/* session_greet.c */
CCM_SESSION_HANDLER(message);
CCM_SESSION_HANDLER(read_done);
CCM_SESSION_HANDLER(ring);

/* session.c */
CCM_SESSION_HANDLER(start);
CCM_SESSION_HANDLER(stop);
CCM_SESSION_HANDLER(path_up_down);
CCM_SESSION_HANDLER(path_up_connecting);
CCM_SESSION_HANDLER(timer_down);
CCM_SESSION_HANDLER(timer_connecting);
CCM_SESSION_HANDLER(timer_series);
CCM_SESSION_HANDLER(request_down);
CCM_SESSION_HANDLER(request_connecting);
CCM_SESSION_HANDLER(request_beside);
CCM_SESSION_HANDLER(established);
CCM_SESSION_HANDLER(candidate_established);
CCM_SESSION_HANDLER(candidate_lost);
CCM_SESSION_HANDLER(verified);
CCM_SESSION_HANDLER(psk);
CCM_SESSION_HANDLER(psk_down);
CCM_SESSION_HANDLER(alive);
CCM_SESSION_HANDLER(rejected);
CCM_SESSION_HANDLER(failed);
CCM_SESSION_HANDLER(lost_connecting);
CCM_SESSION_HANDLER(device_gone_connecting);
CCM_SESSION_HANDLER(failed_series);
CCM_SESSION_HANDLER(lost);
CCM_SESSION_HANDLER(device_gone);
CCM_SESSION_HANDLER(verdict);
CCM_SESSION_HANDLER(word);
CCM_SESSION_HANDLER(clients);
CCM_SESSION_HANDLER(link_prepared);
CCM_SESSION_HANDLER(link_opened);
CCM_SESSION_HANDLER(link_failed);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_HANDLERS_H */
