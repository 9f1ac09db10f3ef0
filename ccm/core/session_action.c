// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of actions that a step fills.
 */
#include "session_action.h"

struct ccm_session_action *ccm_session_emit(struct ccm_session_actions *actions,
					    enum ccm_session_action_type type)
{
	struct ccm_session_action *action;

	if (actions->count < CCM_ACTIONS_MAX)
		actions->count++;
	action = &actions->list[actions->count - 1];
	memset(action, 0, sizeof(*action));
	action->type = (u32)type;
	return action;
}
