/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session wants: the actions of its state machine (session.h). What it wants of
 * single links is apart: struct ccm_link_action in links.h.
 */
#ifndef CCM_CORE_SESSION_ACTION_H
#define CCM_CORE_SESSION_ACTION_H

#include "types.h"

CCM_EXTERN_C_BEGIN

enum ccm_session_action_type {
	CCM_ACT_CONNECT		= 0,	/* .conn .data .len: private data of the request */
	CCM_ACT_ACCEPT		= 1,	/* .conn .data .len */
	CCM_ACT_REJECT		= 2,	/* .conn .what: enum ccm_reject .data .len; ends .conn */
	CCM_ACT_CLOSE		= 3,	/* .conn; .flush: first let posted sends finish (bounded).
					 * When done, nothing the partner had can reach memory.
					 */
	CCM_ACT_SEND		= 4,	/* .conn .data .len: behind the registrations of A0 */
	CCM_ACT_READ		= 5,	/* .conn .what: ccm_session_read .addr .key .read_len */
	CCM_ACT_WRITE		= 6,	/* .conn .addr .key .data .len, then ring .what */
	CCM_ACT_ANSWER		= 7,	/* .conn .data .len: session page, then ring .what */
	CCM_ACT_WATCH		= 8,	/* .conn .addr .key: start heartbeats; CLOSE ends them */
	CCM_ACT_TIMER		= 9,	/* .at_us: arm the one timer; 0: disarm */
	CCM_ACT_STATE		= 10,	/* .state .reason: show user space; see announced.
					 * .what: DOWN: enum ccm_stage that its goodbye said,
					 * or CCM_STAGE_UNKNOWN: as its page was READ last
					 */
	CCM_ACT_READY		= 11,	/* tell clients: the partner is ready */
	CCM_ACT_DOWN		= 12,	/* tell clients: the partner is gone; .reason */
	CCM_ACT_MAIL		= 13,	/* .conn .addr .key .what: WRITE what ccm_session_put_mail()
					 * encodes for enum ccm_ring .what, then ring .what
					 */
	CCM_ACT_RING		= 14,	/* .conn .what: ring, with nothing written */
	CCM_ACT_CLIENTS		= 15,	/* look at the clients again: step CCM_SEV_CLIENTS */
	CCM_ACT_PROBE		= 16,	/* .conn: READ its page once more, step CCM_SEV_ALIVE if
					 * that succeeds
					 */
	CCM_ACT_AGAIN		= 17,	/* .conn .what: step CCM_SEV_RING of that mail once more */
	CCM_ACT_CLASH		= 18,	/* .conn: another machine has the partner's id; it is
					 * closed next
					 */
	CCM_ACT_WORD_FALSE	= 19,	/* .conn: a last word came, and the partner lives */
	CCM_ACT_PROVE		= 20,	/* a WRITE of a hello, whose proof is to be put in first:
					 * see auth.h
					 */
	CCM_ACT_VERIFY		= 21,	/* .conn: is the proof of the hello that this event brought
					 * right? The next event is CCM_SEV_VERIFIED
					 */
	CCM_ACT_COUNT
};

#define CCM_ACTION_DATA_MAX	160
#define CCM_ACTIONS_MAX		12

struct ccm_session_action {
	u32 type;
	u32 conn;
	u32 what;
	u32 state;
	u32 reason;
	bool flush;
	u64 addr;
	u32 key;
	u32 read_len;
	u64 at_us;
	u32 len;
	u8 data[CCM_ACTION_DATA_MAX];
};

struct ccm_session_actions {
	u32 count;
	struct ccm_session_action list[CCM_ACTIONS_MAX];
};

/**
 * ccm_session_emit() - one more action
 * @actions: of this step
 * @type: of the action
 *
 * Return: the action, for the caller to fill; all but its type is 0. The list is long enough
 * for every step (tests/sim checks that none ever fills it); if it were not, the last
 * action would be lost.
 */
struct ccm_session_action *ccm_session_emit(struct ccm_session_actions *actions,
					    enum ccm_session_action_type type);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_ACTION_H */
