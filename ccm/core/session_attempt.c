// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a connection is begun and ended, and when the next one is.
 *
 * Every way out of a connection goes through ccm_session_drop() (fence first, then tell),
 * and every way to a next attempt through ccm_session_end() or a timer: nobody else
 * decides what clients hear or how long to wait.
 */
#include "session_attempt.h"

#include "backoff.h"
#include "links.h"

/*
 * Show the state, if there is news. That a partner which is away is tried again is none:
 * it shows CONNECTING at the start, DOWN with a reason once, and then nothing until
 * it answers. One loss, one DOWN.
 */
void ccm_session_show(struct ccm_session *s, struct ccm_session_actions *actions)
{
	u32 reason = s->state == CCM_STATE_DOWN ? s->reason : (u32)CCM_REASON_NONE;
	struct ccm_session_action *action;

	if (s->state == CCM_STATE_CONNECTING && s->announced_state == CCM_STATE_DOWN &&
	    s->reason != CCM_REASON_NONE)
		return;
	if (s->state == s->announced_state && reason == s->announced_reason)
		return;
	s->announced_state = s->state;
	s->announced_reason = reason;
	action = ccm_session_emit(actions, CCM_ACT_STATE);
	action->state = s->state;
	action->reason = reason;
}

void ccm_session_enter(struct ccm_session *s, enum ccm_state state,
		       struct ccm_session_actions *actions)
{
	s->state = (u32)state;
	ccm_session_show(s, actions);
}

bool ccm_session_reason_valid(u32 reason)
{
	return reason > CCM_REASON_NONE && reason < CCM_REASON_COUNT;
}

bool ccm_session_reason_policy(u32 reason)
{
	switch (reason) {
	case CCM_REASON_VERSION:
	case CCM_REASON_REFUSED:
	case CCM_REASON_AUTHENTICATION:
	case CCM_REASON_DUPLICATE:
	case CCM_REASON_ADDRESS:
	case CCM_REASON_MTU:
		return true;
	default:
		return false;
	}
}

static void forget_conn(struct ccm_session *s)
{
	s->attempt.conn = 0;
	s->attempt.active = false;
	s->attempt.fresh = false;
	s->iwarp = false;
	s->done = 0;
	s->nonce = 0;
	s->version = 0;
	s->gate_us = 0;
	s->plan = 0;
	s->plan_generation = 0;
	s->mail = 0;
	memset(&s->keys, 0, sizeof(s->keys));
	memset(&s->peer_keys, 0, sizeof(s->peer_keys));
	memset(&s->peer_ready, 0, sizeof(s->peer_ready));
}

/*
 * Leave the present connection. The order is the fencing promise: when clients hear
 * DOWN, nothing that the partner had can reach memory any more.
 */
void ccm_session_drop(struct ccm_session *s, u32 reason, bool flush,
		      struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	if (s->attempt.conn) {
		action = ccm_session_emit(actions, CCM_ACT_CLOSE);
		action->conn = s->attempt.conn;
		action->flush = flush;
	}
	forget_conn(s);
	ccm_links_reset(&s->links);
	if (s->told_ready) {
		ccm_session_emit(actions, CCM_ACT_DOWN)->reason = reason;
		s->told_ready = false;
	}
	/* what waited for READY can be told to the next connection */
	if (s->links.clients_differ)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	s->links.clients_differ = false;
}

/* What a request and the accept that answers it carry: who I am */
static void put_request(const struct ccm_session *s, struct ccm_session_action *action)
{
	struct ccm_wire_request msg;

	memset(&msg, 0, sizeof(msg));
	msg.version_min = s->config.version_min;
	msg.version_max = s->config.version_max;
	msg.purpose = CCM_PURPOSE_SESSION;
	msg.node = s->config.node;
	msg.partner = s->config.partner;
	msg.cluster = s->config.cluster;
	msg.incarnation = s->config.incarnation;
	msg.attempt = s->attempt.number;
	ccm_wire_put_request(action->data, &msg);
	action->len = CCM_WIRE_REQUEST_LEN;
}

static void begin(struct ccm_session *s, u64 now_us, u32 conn,
		  struct ccm_session_actions *actions)
{
	s->attempt.conn = conn;
	s->attempt.kick = false;
	s->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
	ccm_session_enter(s, CCM_STATE_CONNECTING, actions);
}

void ccm_session_connect(struct ccm_session *s, u64 now_us,
			 struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;
	u32 conn = s->attempt.next_conn;

	s->attempt.next_conn += 2;
	s->attempt.number++;
	action = ccm_session_emit(actions, CCM_ACT_CONNECT);
	action->conn = conn;
	put_request(s, action);
	s->attempt.active = true;
	begin(s, now_us, conn, actions);
}

void ccm_session_accept(struct ccm_session *s, u64 now_us, u32 conn,
			struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	action = ccm_session_emit(actions, CCM_ACT_ACCEPT);
	action->conn = conn;
	put_request(s, action);
	begin(s, now_us, conn, actions);
}

struct ccm_session_action *ccm_session_write(const struct ccm_session *s, u32 offset,
					     u32 len, enum ccm_ring kind,
					     struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_WRITE);

	action->conn = s->attempt.conn;
	action->addr = s->peer_keys.mailbox_addr + offset;
	action->key = s->peer_keys.mailbox_key;
	action->len = len;
	action->what = (u32)kind;
	return action;
}

/*
 * Tell the partner why this ends, if it has told where its mailbox is and knows
 * where mine is (on iWARP the accepting side must not send before that).
 */
bool ccm_session_goodbye(struct ccm_session *s, u32 reason,
			 struct ccm_session_actions *actions)
{
	u32 keys = CCM_DONE_KEYS_SENT | CCM_DONE_KEYS_RECEIVED;
	struct ccm_session_action *action;
	struct ccm_wire_goodbye msg;

	if ((s->done & keys) != keys)
		return false;
	memset(&msg, 0, sizeof(msg));
	msg.reason = (u16)reason;
	action = ccm_session_write(s, CCM_MAILBOX_GOODBYE, CCM_WIRE_GOODBYE_LEN, CCM_RING_GOODBYE,
				   actions);
	ccm_wire_put_goodbye(action->data, &msg);
	return true;
}

/*
 * The attempt or session is over: fence, tell, and decide when to try again. What
 * was READY begins to count its retries anew, and so does a path that came up; anything
 * else has failed once more.
 */
void ccm_session_end(struct ccm_session *s, u64 now_us,
		     const struct ccm_session_event *event, u32 reason,
		     enum ccm_retry retry, bool flush,
		     struct ccm_session_actions *actions)
{
	bool was_ready = s->told_ready;
	bool at_once = s->attempt.kick;
	u32 min_ms;

	ccm_session_drop(s, reason, flush, actions);
	s->reason = reason;
	s->attempt.kick = false;
	if (was_ready)
		s->attempt.retries = 0;
	else if (at_once)
		s->attempt.retries = 1;
	else if (s->attempt.retries != ~0U)
		s->attempt.retries++;

	if (!at_once && retry == CCM_RETRY_AT_ONCE &&
	    s->attempt.at_once < CCM_RETRY_AT_ONCE_MAX) {
		s->attempt.at_once++;
		at_once = true;
	}
	if (at_once) {
		ccm_session_connect(s, now_us, actions);
		return;
	}

	s->attempt.at_once = 0;
	min_ms = retry == CCM_RETRY_POLICY ? CCM_RETRY_MAX_MS : CCM_RETRY_MIN_MS;
	ccm_session_enter(s, CCM_STATE_DOWN, actions);
	s->deadline_us = now_us + ccm_backoff_us(s->attempt.retries, min_ms, CCM_RETRY_MAX_MS,
						 event->random);
}

void ccm_session_refuse(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event, u32 reason,
			struct ccm_session_actions *actions)
{
	bool said = ccm_session_goodbye(s, reason, actions);

	ccm_session_end(s, now_us, event, reason, CCM_RETRY_POLICY, said, actions);
}
