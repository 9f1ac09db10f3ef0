/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for people: logs, traces, documentation. A value that has none is "?".
 */
#ifndef CCM_CORE_NAMES_H
#define CCM_CORE_NAMES_H

#include "types.h"

CCM_EXTERN_C_BEGIN

const char *ccm_state_name(u32 state);
const char *ccm_reason_text(u32 reason);
const char *ccm_stage_name(u32 stage);
const char *ccm_ring_name(u32 ring);

const char *ccm_session_event_name(u32 event);
const char *ccm_session_action_name(u32 action);
/* The step of the series that an action is: A0, R1, W1...; for a reject, why; else "" */
const char *ccm_session_what_name(u32 action, u32 what);

const char *ccm_link_act_name(u32 act);
const char *ccm_link_state_name(u32 state);
const char *ccm_client_reason_text(u32 reason);
const char *ccm_client_state_text(u32 state);

CCM_EXTERN_C_END

#endif /* CCM_CORE_NAMES_H */
