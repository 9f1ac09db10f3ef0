/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The session state machine: all decisions about one partner.
 *
 * Pure: ccm_session_step(session, now, event) fills a list of actions and does
 * nothing else. It has no clock, draws no random numbers, allocates nothing, takes no
 * locks and calls nobody. The runtime carries out the actions in the order given,
 * each to its end, before the next event is stepped; that is what turns "CLOSE, then
 * DOWN" into the fencing promise.
 *
 * A connection is named by a number (conn). The core hands out the numbers of the
 * connections it asks for (CCM_ACT_CONNECT), counting up from 1 with the lowest bit
 * 0 (2, 4, 6...); the runtime numbers incoming requests with the lowest bit 1 (1, 3,
 * 5...). A number is never used again within an incarnation. An event of a
 * connection that the core does not know (any more) is ignored; but a
 * CCM_SEV_REQUEST is always answered with ACCEPT or REJECT, at once.
 */
#ifndef CCM_CORE_SESSION_H
#define CCM_CORE_SESSION_H

#include <uapi/linux/ccm.h>

#include "session_action.h"
#include "session_event.h"
#include "session_mail.h"
#include "session_state.h"
#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

/**
 * ccm_session_init() - a session in state DOWN, reason NONE, not enabled
 * @s: memory for it, whatever it holds
 * @config: copied
 */
void ccm_session_init(struct ccm_session *s, const struct ccm_session_config *config);

/**
 * ccm_session_step() - let one event happen
 * @s: the session
 * @now_us: monotonic time, microseconds, never 0
 * @event: what happened
 * @actions: filled; what it held is dropped
 *
 * Any context; the caller serialises calls for one session.
 */
void ccm_session_step(struct ccm_session *s, u64 now_us,
		      const struct ccm_session_event *event,
		      struct ccm_session_actions *actions);

/**
 * ccm_session_screen() - look at a connect request before its partner is known
 * @node: this node's id
 * @cluster: this node's cluster id
 * @data: private data as received
 * @len: of @data
 * @request: the request, filled when the answer is CCM_REJECT_NONE, CCM_REJECT_CLUSTER,
 *	CCM_REJECT_PARTNER or CCM_REJECT_VERSION
 *
 * The version range is not looked at here but in CCM_SEV_REQUEST, so that the partner's
 * state shows it.
 *
 * Return: CCM_REJECT_NONE, _MALFORMED, _CLUSTER or _PARTNER
 */
u32 ccm_session_screen(u32 node, u64 cluster, const u8 *data, u32 len,
		       struct ccm_wire_request *request);

/**
 * ccm_session_put_reject() - private data for a reject
 * @config: this node's; .partner is not looked at
 * @code: enum ccm_reject
 * @data: CCM_WIRE_REJECT_LEN bytes
 */
void ccm_session_put_reject(const struct ccm_session_config *config, u32 code, u8 *data);

/**
 * ccm_session_port() - what a port's connect request, or its accept, says
 * @s: session
 * @index: of the link, which has a try: a counterpart and an epoch
 * @port: of the link, from 0
 * @msg: filled, but for the token, which is the runtime's
 *
 * It is of the link's try as it is now: between CCM_LINK_ACT_OPEN (or ccm_links_admit()) and
 * CCM_LINK_ACT_CLOSE that is the try which the runtime is at.
 */
void ccm_session_port(const struct ccm_session *s, u32 index, u32 port, struct ccm_wire_port *msg);

/*
 * The state x event table. step() is driven by it; the documentation and the
 * exhaustive test are made from it. There is exactly one row for each pair.
 */
struct ccm_session_row {
	u32 state;			/* enum ccm_state */
	u32 event;			/* enum ccm_session_event_type */
	void (*handle)(struct ccm_session *s, u64 now_us,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions);	/* NULL: ignored */
	u32 next;			/* bit mask of states it may end in */
	bool advance;			/* then the session goes on, as far as it can */
	const char *text;		/* what is done, for the documentation */
};

/**
 * ccm_session_table() - the rows
 * @count: number of rows: CCM_STATE_COUNT * CCM_SEV_COUNT
 *
 * Return: the rows, ordered by state, then event
 */
const struct ccm_session_row *ccm_session_table(u32 *count);

/**
 * ccm_session_candidate_table() - the rows of a candidate (see session_proof.h)
 * @count: number of rows: one for each of CCM_SEV_ESTABLISHED..CCM_SEV_RING
 *
 * Return: the rows, ordered by event; their .state is CCM_STATE_COUNT, and .next is 0 where the
 * session's state does not change
 */
const struct ccm_session_row *ccm_session_candidate_table(u32 *count);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_H */
