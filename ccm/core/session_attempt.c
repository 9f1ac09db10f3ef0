// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a connection is begun and ended, and when the next one is.
 *
 * Every way out of a connection goes through ccm_session_drop() (fence first, then tell),
 * and every way to a next attempt through ccm_session_end() or a timer: nobody else
 * decides what clients hear or how long to wait.
 */
#include "session_attempt.h"

#include "auth.h"
#include "backoff.h"
#include "links.h"
#include "session_kernel.h"
#include "session_mail.h"

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
	action->what = s->left_stage;
}

void ccm_session_enter(struct ccm_session *s, enum ccm_state state,
		       struct ccm_session_actions *actions)
{
	s->state = (u32)state;
	if (state != CCM_STATE_DOWN)
		s->left_stage = CCM_STAGE_UNKNOWN;
	ccm_session_show(s, actions);
}

bool ccm_session_reason_valid(u32 reason)
{
	return reason > CCM_REASON_NONE && reason < CCM_REASON_COUNT;
}

void ccm_session_close(struct ccm_session_conn *conn, bool flush,
		       struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	if (!conn->id)
		return;
	action = ccm_session_emit(actions, CCM_ACT_CLOSE);
	action->conn = conn->id;
	action->flush = flush;
	memset(conn, 0, sizeof(*conn));
}

/*
 * Leave the present connection. The order is the fencing promise: when clients hear
 * DOWN, nothing that the partner had can reach memory any more. And what they may ask then is
 * shown before: that the partner is DOWN, and why.
 */
void ccm_session_drop(struct ccm_session *s, u32 reason, bool flush,
		      struct ccm_session_actions *actions)
{
	ccm_session_close(&s->conn, flush, actions);
	s->attempt.fresh = false;
	s->gate_us = 0;
	s->plan = 0;
	s->plan_generation = 0;
	s->mail = 0;
	s->catalog_taken_us = 0;
	s->links_taken_us = 0;
	memset(&s->peer_ready, 0, sizeof(s->peer_ready));
	ccm_links_reset(&s->links);
	if (s->told_ready) {
		s->told_ready = false;
		s->reason = reason;
		ccm_session_enter(s, CCM_STATE_DOWN, actions);
		ccm_session_emit(actions, CCM_ACT_DOWN)->reason = reason;
	}
	/* what waited for READY can be told to the next connection */
	if (s->links.clients_differ)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	s->links.clients_differ = false;
}

/* What a request and the accept that answers it carry: who I am */
static void put_request(const struct ccm_session *s, const struct ccm_session_event *event,
			struct ccm_session_action *action)
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
	msg.uptime_ms = event->uptime_ms;
	ccm_wire_put_request(action->data, &msg);
	action->len = CCM_WIRE_REQUEST_LEN;
}

static void begin(struct ccm_session *s, u64 now_us, u32 id,
		  struct ccm_session_actions *actions)
{
	s->conn.id = id;
	s->attempt.kick = false;
	s->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
	ccm_session_enter(s, CCM_STATE_CONNECTING, actions);
}

void ccm_session_connect(struct ccm_session *s, u64 now_us,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;
	u32 id = s->attempt.next_conn;

	s->attempt.next_conn += 2;
	s->attempt.number++;
	action = ccm_session_emit(actions, CCM_ACT_CONNECT);
	action->conn = id;
	put_request(s, event, action);
	ccm_transcript_add(&s->conn.transcript, CCM_TRANSCRIPT_REQUEST, action->data, action->len);
	s->conn.active = true;
	begin(s, now_us, id, actions);
}

void ccm_session_put_accept(const struct ccm_session *s, struct ccm_session_conn *c,
			    const struct ccm_session_event *event,
			    struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_ACCEPT);

	action->conn = event->conn;
	put_request(s, event, action);
	ccm_transcript_add(&c->transcript, CCM_TRANSCRIPT_REQUEST, event->data, event->len);
	ccm_transcript_add(&c->transcript, CCM_TRANSCRIPT_ACCEPT, action->data, action->len);
}

void ccm_session_accept(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event,
			const struct ccm_wire_request *request,
			struct ccm_session_actions *actions)
{
	ccm_session_put_accept(s, &s->conn, event, actions);
	s->conn.incarnation = request->incarnation;
	s->conn.number = request->attempt;
	begin(s, now_us, event->conn, actions);
}

void ccm_session_read(const struct ccm_session_conn *conn, enum ccm_session_read what,
		      u32 offset, u32 len, struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_READ);

	action->conn = conn->id;
	action->what = (u32)what;
	action->addr = conn->peer_keys.status_addr + offset;
	action->key = conn->peer_keys.status_key;
	action->read_len = len;
}

struct ccm_session_action *ccm_session_write(const struct ccm_session_conn *conn, u32 offset,
					     u32 len, enum ccm_ring kind,
					     struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_WRITE);

	action->conn = conn->id;
	action->addr = conn->peer_keys.mailbox_addr + offset;
	action->key = conn->peer_keys.mailbox_key;
	action->len = len;
	action->what = (u32)kind;
	return action;
}

/*
 * Tell the partner why this ends, if it has told where its mailbox is and knows
 * where mine is (on iWARP the accepting side must not send before that).
 *
 * On iWARP what was sent has only left this node when it completes; and a socket that is closed
 * while something lies in it unread (a READ of the partner's, say) takes back what the partner has
 * not read yet. So a READ goes out behind the goodbye: whoever answers it has had that.
 */
bool ccm_session_goodbye(const struct ccm_session_conn *conn, u32 reason, u32 stage,
			 struct ccm_session_actions *actions)
{
	u32 keys = CCM_DONE_KEYS_SENT | CCM_DONE_KEYS_RECEIVED;
	struct ccm_session_action *action;
	struct ccm_wire_goodbye msg;

	if ((conn->done & keys) != keys)
		return false;
	memset(&msg, 0, sizeof(msg));
	msg.reason = (u16)reason;
	msg.stage = (u16)stage;
	action = ccm_session_write(conn, CCM_MAILBOX_GOODBYE, CCM_WIRE_GOODBYE_LEN,
				   CCM_RING_GOODBYE, actions);
	ccm_wire_put_goodbye(action->data, &msg);
	if (conn->iwarp && (conn->done & CCM_DONE_R1))
		ccm_session_read(conn, CCM_READ_STATUS, CCM_STATUS_OFFSET, CCM_WIRE_STATUS_LEN,
				 actions);
	return true;
}

void ccm_session_dismiss(struct ccm_session_conn *conn, u32 reason,
			 struct ccm_session_actions *actions)
{
	bool said = ccm_session_goodbye(conn, reason, CCM_STAGE_UNKNOWN, actions);

	ccm_session_close(conn, said, actions);
}

/*
 * The candidate takes the place of the present connection, which is closed. If it is proven
 * already, the session goes on where an ordinary one would be.
 */
static void replace_conn(struct ccm_session *s, u64 now_us, struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	s->conn = s->candidate;
	memset(&s->candidate, 0, sizeof(s->candidate));
	s->deadline_us = s->conn.deadline_us;
	s->links.catalog.nonce = s->conn.nonce;
	if (s->conn.done & CCM_DONE_PROVEN)
		ccm_session_know(s, &s->conn);
	ccm_session_enter(s, s->conn.done & CCM_DONE_ESTABLISHED ? CCM_STATE_GREETING :
								   CCM_STATE_CONNECTING, actions);
	if (s->conn.done & CCM_DONE_R1)
		ccm_session_watch(&s->conn, actions);
	if (s->conn.done & CCM_DONE_HELLO_RECEIVED)
		ccm_session_mail_first(s, now_us, actions);
	if (s->conn.done & CCM_DONE_CATALOG_EARLY) {
		action = ccm_session_emit(actions, CCM_ACT_AGAIN);
		action->conn = s->conn.id;
		action->what = CCM_RING_CATALOG;
	}
}

void ccm_session_watch(const struct ccm_session_conn *conn, struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_WATCH);

	action->conn = conn->id;
	action->addr = conn->peer_keys.status_addr + CCM_STATUS_OFFSET;
	action->key = conn->peer_keys.status_key;
}

/*
 * Nobody answers any more, and the kernel that did is at the other end of the candidate: its
 * module was loaded anew, and the goodbye was lost.
 */
static u32 reason_with_candidate(const struct ccm_session *s, u32 reason)
{
	if (reason == CCM_REASON_UNREACHABLE && (s->candidate.done & CCM_DONE_WAITS) &&
	    ccm_session_kernel(s, &s->candidate) == CCM_KERNEL_SAME)
		return CCM_REASON_RELOADED;
	return reason;
}

/*
 * A last word has come, with the secret of this session, and then silence: in time, or because
 * the connection broke. That secret was told to nobody but us, and is sent by the panic notifier
 * alone; a page without the flag would have made the word a false one.
 */
static u32 reason_with_word(const struct ccm_session *s, u32 reason)
{
	if (reason == CCM_REASON_UNREACHABLE && s->conn.word_us)
		return CCM_REASON_PANICKED;
	return reason;
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

	reason = reason_with_word(s, reason_with_candidate(s, reason));
	ccm_session_drop(s, reason, flush, actions);
	s->reason = reason;
	s->attempt.kick = false;
	if (was_ready)
		s->attempt.retries = 0;
	else if (at_once)
		s->attempt.retries = 1;
	else if (s->attempt.retries != ~0U)
		s->attempt.retries++;

	if (s->candidate.id) {
		replace_conn(s, now_us, actions);
		return;
	}
	if (!at_once && retry == CCM_RETRY_AT_ONCE &&
	    s->attempt.at_once < CCM_RETRY_AT_ONCE_MAX) {
		s->attempt.at_once++;
		at_once = true;
	}
	if (at_once) {
		ccm_session_connect(s, now_us, event, actions);
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
	bool said = ccm_session_goodbye(&s->conn, reason, CCM_STAGE_UNKNOWN, actions);

	ccm_session_end(s, now_us, event, reason, CCM_RETRY_POLICY, said, actions);
}
