// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a session: attempts, incoming requests, ends and retries.
 *
 * Every way out of a connection goes through drop() (fence first, then tell), and
 * every way to a next attempt through ccm_session_end() or a timer: no handler
 * decides for itself what clients hear or how long to wait.
 */
#include "session_private.h"

#define CCM_US_PER_MS	1000U

void ccm_session_init(struct ccm_session *s, const struct ccm_session_config *config)
{
	memset(s, 0, sizeof(*s));
	s->config = *config;
	s->next_conn = 2;
	s->catalog.generation = 1;
}

/* The bound: tests/sim checks that no step ever fills the list. */
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

static void earlier(u64 *at_us, u64 other_us)
{
	if (other_us && (!*at_us || other_us < *at_us))
		*at_us = other_us;
}

/* The step is over: arm the one timer for whatever comes first. */
void ccm_session_arm(struct ccm_session *s, struct ccm_session_actions *actions)
{
	u64 at_us = s->deadline_us;

	earlier(&at_us, s->gate_us);
	earlier(&at_us, ccm_links_earliest(s));
	if (s->armed_us == at_us)
		return;
	s->armed_us = at_us;
	ccm_session_emit(actions, CCM_ACT_TIMER)->at_us = at_us;
}

/*
 * Show the state, if there is news. That a partner which is away is tried again is none:
 * it shows CONNECTING at the start, DOWN with a reason once, and then nothing until
 * it answers. One loss, one DOWN.
 */
static void show(struct ccm_session *s, struct ccm_session_actions *actions)
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
	show(s, actions);
}

bool ccm_session_reason_valid(u32 reason)
{
	return reason > CCM_REASON_NONE && reason < CCM_REASON_COUNT;
}

/* Reasons that the passing of time does not cure */
bool ccm_session_reason_policy(u32 reason)
{
	return reason == CCM_REASON_VERSION || reason == CCM_REASON_REFUSED ||
	       reason == CCM_REASON_AUTHENTICATION;
}

/*
 * The reason after an attempt that merely found nobody: it must not hide why the
 * partner went away.
 */
static u32 nobody(const struct ccm_session *s)
{
	switch (s->reason) {
	case CCM_REASON_NONE:
	case CCM_REASON_DEVICE:
	case CCM_REASON_VERSION:
	case CCM_REASON_REFUSED:
	case CCM_REASON_AUTHENTICATION:
		return CCM_REASON_UNREACHABLE;
	default:
		return s->reason;
	}
}

/*
 * How long to wait after so many failures in a row: doubling, and +-25 %, so that two
 * nodes that failed together do not go on in step. Microseconds.
 */
u64 ccm_session_backoff(u32 failed, u32 min_ms, u32 max_ms, u64 random)
{
	u32 shift = failed ? failed - 1 : 0;
	u32 us = max_ms * CCM_US_PER_MS;

	if (shift <= 16 && (u64)min_ms << shift < max_ms)
		us = (min_ms << shift) * CCM_US_PER_MS;
	return us - us / 4 + (u32)random % (us / 2 + 1);
}

static void forget_conn(struct ccm_session *s)
{
	s->conn = 0;
	s->active = false;
	s->fresh = false;
	s->iwarp = false;
	s->done = 0;
	s->nonce = 0;
	s->version = 0;
	s->gate_us = 0;
	s->plan = 0;
	s->plan_generation = 0;
	s->mail = 0;
	s->links_sequence = 0;
	s->peer_links_sequence = 0;
	s->catalog.nonce = 0;
	memset(&s->keys, 0, sizeof(s->keys));
	memset(&s->peer_keys, 0, sizeof(s->peer_keys));
	memset(&s->peer_catalog, 0, sizeof(s->peer_catalog));
	memset(&s->peer_ready, 0, sizeof(s->peer_ready));
}

/*
 * Leave the present connection. The order is the fencing promise: when clients hear
 * DOWN, nothing that the partner had can reach memory any more.
 */
static void drop(struct ccm_session *s, u32 reason, bool flush,
		 struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	if (s->conn) {
		action = ccm_session_emit(actions, CCM_ACT_CLOSE);
		action->conn = s->conn;
		action->flush = flush;
	}
	forget_conn(s);
	ccm_links_reset(s);
	if (s->told_ready) {
		ccm_session_emit(actions, CCM_ACT_DOWN)->reason = reason;
		s->told_ready = false;
	}
	/* what waited for READY can be told to the next connection */
	if (s->clients_differ)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	s->clients_differ = false;
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
	msg.attempt = s->attempt;
	ccm_wire_put_request(action->data, &msg);
	action->len = CCM_WIRE_REQUEST_LEN;
}

static void begin(struct ccm_session *s, u64 now_us, u32 conn,
		  struct ccm_session_actions *actions)
{
	s->conn = conn;
	s->kick = false;
	s->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
	ccm_session_enter(s, CCM_STATE_CONNECTING, actions);
}

static void connect_now(struct ccm_session *s, u64 now_us,
			struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;
	u32 conn = s->next_conn;

	s->next_conn += 2;
	s->attempt++;
	action = ccm_session_emit(actions, CCM_ACT_CONNECT);
	action->conn = conn;
	put_request(s, action);
	s->active = true;
	begin(s, now_us, conn, actions);
}

static void accept_now(struct ccm_session *s, u64 now_us, u32 conn,
		       struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;

	action = ccm_session_emit(actions, CCM_ACT_ACCEPT);
	action->conn = conn;
	put_request(s, action);
	begin(s, now_us, conn, actions);
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
	bool at_once = s->kick;
	u32 min_ms;

	drop(s, reason, flush, actions);
	s->reason = reason;
	s->kick = false;
	if (was_ready)
		s->retries = 0;
	else if (at_once)
		s->retries = 1;
	else if (s->retries != ~0U)
		s->retries++;

	if (!at_once && retry == CCM_RETRY_AT_ONCE && s->at_once < CCM_RETRY_AT_ONCE_MAX) {
		s->at_once++;
		at_once = true;
	}
	if (at_once) {
		connect_now(s, now_us, actions);
		return;
	}

	s->at_once = 0;
	min_ms = retry == CCM_RETRY_POLICY ? CCM_RETRY_MAX_MS : CCM_RETRY_MIN_MS;
	ccm_session_enter(s, CCM_STATE_DOWN, actions);
	s->deadline_us = now_us + ccm_session_backoff(s->retries, min_ms, CCM_RETRY_MAX_MS,
						      event->random);
}

/* The partner broke the protocol or cannot be talked to: say so, and end it. */
void ccm_session_refuse(struct ccm_session *s, u64 now_us,
			const struct ccm_session_event *event, u32 reason,
			struct ccm_session_actions *actions)
{
	bool said = ccm_session_goodbye(s, reason, actions);

	ccm_session_end(s, now_us, event, reason, CCM_RETRY_POLICY, said, actions);
}

CCM_SESSION_HANDLER(start)
{
	(void)event;
	if (s->enabled)
		return;
	s->enabled = true;
	s->reason = CCM_REASON_NONE;
	s->retries = 0;
	s->at_once = 0;
	connect_now(s, now_us, actions);
}

CCM_SESSION_HANDLER(stop)
{
	u32 reason = event->reason == CCM_REASON_SHUTDOWN ? CCM_REASON_SHUTDOWN :
							    CCM_REASON_ADMIN;
	bool said = ccm_session_goodbye(s, reason, actions);

	(void)now_us;
	drop(s, reason, said, actions);
	s->enabled = false;
	s->reason = reason;
	s->kick = false;
	s->retries = 0;
	s->at_once = 0;
	s->deadline_us = 0;
	ccm_session_enter(s, CCM_STATE_DOWN, actions);
}

CCM_SESSION_HANDLER(path_up_down)
{
	(void)event;
	if (!s->enabled)
		return;
	s->retries = 0;
	s->at_once = 0;
	connect_now(s, now_us, actions);
}

CCM_SESSION_HANDLER(path_up_connecting)
{
	(void)now_us;
	(void)event;
	(void)actions;
	s->kick = true;
	s->at_once = 0;
}

/* Clients have come or gone, or there were some all along. */
CCM_SESSION_HANDLER(clients)
{
	if (!event->catalog)
		return;
	ccm_links_clients(s, event->catalog, actions);
	/* one that has left is not waited for */
	ccm_session_advance(s, now_us, event, actions);
}

static bool timer_due(const struct ccm_session *s, u64 now_us)
{
	return s->deadline_us && now_us >= s->deadline_us;
}

CCM_SESSION_HANDLER(timer_down)
{
	(void)event;
	if (s->enabled && timer_due(s, now_us))
		connect_now(s, now_us, actions);
}

CCM_SESSION_HANDLER(timer_connecting)
{
	if (timer_due(s, now_us))
		ccm_session_end(s, now_us, event, nobody(s), CCM_RETRY_BACKOFF, false, actions);
}

/* The one timer: the series takes too long, or something of a link is due. */
CCM_SESSION_HANDLER(timer_series)
{
	if (timer_due(s, now_us)) {
		ccm_session_end(s, now_us, event, CCM_REASON_UNREACHABLE, CCM_RETRY_BACKOFF,
				false, actions);
		return;
	}
	ccm_links_timer(s, now_us, event->random);
	ccm_session_advance(s, now_us, event, actions);
}

/*
 * Take down who the partner is now. Returns true if it is another incarnation than
 * before: what was known of the old one is forgotten.
 */
static bool remember(struct ccm_session *s, u64 incarnation, u32 attempt)
{
	if (incarnation == s->peer_incarnation) {
		if (attempt > s->peer_attempt)
			s->peer_attempt = attempt;
		return false;
	}
	s->peer_incarnation = incarnation;
	s->peer_attempt = attempt;
	memset(&s->peer_hello, 0, sizeof(s->peer_hello));
	return true;
}

u32 ccm_session_screen(u32 node, u64 cluster, const u8 *data, u32 len,
		       struct ccm_wire_request *request)
{
	struct ccm_wire_request msg;

	if (ccm_wire_get_request(data, len, &msg) || msg.purpose != CCM_PURPOSE_SESSION ||
	    !msg.incarnation)
		return CCM_REJECT_MALFORMED;
	*request = msg;
	if (msg.cluster != cluster)
		return CCM_REJECT_CLUSTER;
	if (msg.partner != node)
		return CCM_REJECT_PARTNER;
	return CCM_REJECT_NONE;
}

/* The same for a request and for an accept: is this my partner, and can we talk? */
static u32 check_request(const struct ccm_session *s, const struct ccm_session_event *event,
			 struct ccm_wire_request *request)
{
	u32 code = ccm_session_screen(s->config.node, s->config.cluster, event->data,
				      event->len, request);

	if (code)
		return code;
	if (request->node != s->config.partner)
		return CCM_REJECT_NODE;
	if (!ccm_version_common(s->config.version_min, s->config.version_max,
				request->version_min, request->version_max))
		return CCM_REJECT_VERSION;
	return CCM_REJECT_NONE;
}

void ccm_session_put_reject(const struct ccm_session_config *config, u32 code, u8 *data)
{
	struct ccm_wire_reject msg;

	memset(&msg, 0, sizeof(msg));
	msg.code = (u16)code;
	msg.version_min = config->version_min;
	msg.version_max = config->version_max;
	msg.node = config->node;
	msg.incarnation = config->incarnation;
	ccm_wire_put_reject(data, &msg);
}

static void reject(const struct ccm_session *s, u32 conn, u32 code,
		   struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_REJECT);

	action->conn = conn;
	action->what = code;
	ccm_session_put_reject(&s->config, code, action->data);
	action->len = CCM_WIRE_REJECT_LEN;
}

/*
 * The part of every incoming request that does not depend on the state. Returns true
 * if the state decides; else the request has been rejected.
 */
static bool admit(struct ccm_session *s, const struct ccm_session_event *event,
		  bool *reborn, struct ccm_session_actions *actions)
{
	struct ccm_wire_request request;
	u32 code = check_request(s, event, &request);

	if (code == CCM_REJECT_NONE && !request.attempt)
		code = CCM_REJECT_MALFORMED;
	if (!s->enabled && (code == CCM_REJECT_NONE || code == CCM_REJECT_VERSION))
		code = s->reason == CCM_REASON_SHUTDOWN ? CCM_REJECT_STOPPING :
							  CCM_REJECT_ADMIN;
	else if (code == CCM_REJECT_NONE && request.incarnation == s->peer_incarnation &&
		 request.attempt <= s->peer_attempt)
		code = CCM_REJECT_STALE;

	if (code) {
		reject(s, event->conn, code, actions);
		if (code == CCM_REJECT_VERSION && s->state <= CCM_STATE_CONNECTING) {
			s->reason = CCM_REASON_VERSION;
			show(s, actions);
		}
		return false;
	}
	*reborn = remember(s, request.incarnation, request.attempt);
	return true;
}

CCM_SESSION_HANDLER(request_down)
{
	bool reborn;

	if (admit(s, event, &reborn, actions))
		accept_now(s, now_us, event->conn, actions);
}

/*
 * Crossed requests: the lower node's wins. It cannot know whether its own was ever
 * heard (the partner may not have been listening yet), so it sends another at once,
 * now that the partner listens; but one only, or two nodes could make each other
 * start over for ever.
 */
CCM_SESSION_HANDLER(request_connecting)
{
	bool reborn;

	if (!admit(s, event, &reborn, actions))
		return;
	if (s->conn && s->active && s->config.node < s->config.partner) {
		reject(s, event->conn, CCM_REJECT_CROSSED, actions);
		if (s->fresh && !reborn)
			return;
		drop(s, s->reason, false, actions);
		connect_now(s, now_us, actions);
		s->fresh = true;
		return;
	}
	drop(s, s->reason, false, actions);
	accept_now(s, now_us, event->conn, actions);
}

/* The partner has left the connection that is up here: the new one replaces it. */
CCM_SESSION_HANDLER(request_replaces)
{
	bool was_ready = s->told_ready;
	bool reborn;

	if (!admit(s, event, &reborn, actions))
		return;
	if (was_ready)
		s->reason = reborn ? CCM_REASON_RESTARTED : CCM_REASON_UNREACHABLE;
	drop(s, s->reason, false, actions);
	if (was_ready)
		ccm_session_enter(s, CCM_STATE_DOWN, actions);
	accept_now(s, now_us, event->conn, actions);
}

CCM_SESSION_HANDLER(established)
{
	struct ccm_wire_request answer;
	u32 code;

	if (s->active) {
		code = check_request(s, event, &answer);
		if (code) {
			ccm_session_end(s, now_us, event,
					code == CCM_REJECT_VERSION ? CCM_REASON_VERSION :
								     CCM_REASON_REFUSED,
					CCM_RETRY_POLICY, false, actions);
			return;
		}
		/*
		 * The attempt number in the accept makes a request of the partner that
		 * crossed ours, and is still under way, a stale one.
		 */
		remember(s, answer.incarnation, answer.attempt);
	}
	s->kick = false;
	ccm_session_greet(s, now_us, event, actions);
}

/* A connect that RDMA CM failed, for whatever cause */
static void connect_failed(struct ccm_session *s, u64 now_us,
			   const struct ccm_session_event *event,
			   struct ccm_session_actions *actions)
{
	enum ccm_retry retry = CCM_RETRY_BACKOFF;
	u32 reason = nobody(s);

	if (event->status == CCM_CM_NO_DEVICE)
		reason = s->reason == CCM_REASON_NONE ? (u32)CCM_REASON_DEVICE : s->reason;
	/* A passive attempt always waits, or two nodes could chase each other. */
	if (event->status == CCM_CM_STALE && s->active)
		retry = CCM_RETRY_AT_ONCE;
	ccm_session_end(s, now_us, event, reason, retry, false, actions);
}

CCM_SESSION_HANDLER(failed)
{
	connect_failed(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(rejected)
{
	enum ccm_retry retry = CCM_RETRY_POLICY;
	struct ccm_wire_reject msg;
	u32 reason = s->reason;

	/*
	 * A request that I have accepted is taken back. The lower node does that when it
	 * sends another in its place: see request_connecting.
	 */
	if (!s->active && s->config.node > s->config.partner) {
		drop(s, s->reason, false, actions);
		return;
	}
	if (!s->active || event->status != CCM_CM_CONSUMER ||
	    ccm_wire_get_reject(event->data, event->len, &msg)) {
		connect_failed(s, now_us, event, actions);
		return;
	}

	switch (msg.code) {
	case CCM_REJECT_CROSSED:
		if (s->config.node > s->config.partner) {
			/* Theirs is on its way: wait for it, with nothing outstanding. */
			drop(s, s->reason, false, actions);
			s->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
			return;
		}
		reason = nobody(s);
		retry = CCM_RETRY_BACKOFF;
		break;
	case CCM_REJECT_VERSION:
		reason = CCM_REASON_VERSION;
		break;
	case CCM_REJECT_CLUSTER:
	case CCM_REJECT_NODE:
	case CCM_REJECT_PARTNER:
	case CCM_REJECT_MALFORMED:
		reason = CCM_REASON_REFUSED;
		break;
	case CCM_REJECT_ADMIN:
		reason = CCM_REASON_ADMIN;
		break;
	case CCM_REJECT_STOPPING:
		if (reason == CCM_REASON_NONE)
			reason = CCM_REASON_SHUTDOWN;
		retry = CCM_RETRY_BACKOFF;
		break;
	default:			/* STALE, BUSY, and what a later version may say */
		reason = nobody(s);
		retry = CCM_RETRY_BACKOFF;
		break;
	}
	ccm_session_end(s, now_us, event, reason, retry, false, actions);
}

CCM_SESSION_HANDLER(lost_connecting)
{
	ccm_session_end(s, now_us, event, nobody(s), CCM_RETRY_BACKOFF, false, actions);
}

CCM_SESSION_HANDLER(device_gone_connecting)
{
	ccm_session_end(s, now_us, event, CCM_REASON_DEVICE, CCM_RETRY_BACKOFF, false, actions);
}

CCM_SESSION_HANDLER(failed_series)
{
	ccm_session_end(s, now_us, event,
			event->status == CCM_CM_NO_DEVICE ? CCM_REASON_DEVICE :
							    CCM_REASON_UNREACHABLE,
			CCM_RETRY_BACKOFF, false, actions);
}

CCM_SESSION_HANDLER(lost)
{
	ccm_session_end(s, now_us, event, CCM_REASON_UNREACHABLE, CCM_RETRY_BACKOFF, false,
			actions);
}

CCM_SESSION_HANDLER(device_gone)
{
	ccm_session_end(s, now_us, event, CCM_REASON_DEVICE, CCM_RETRY_BACKOFF, false, actions);
}

CCM_SESSION_HANDLER(verdict)
{
	u32 reason = ccm_session_reason_valid(event->reason) ? event->reason :
							       (u32)CCM_REASON_UNREACHABLE;

	ccm_session_end(s, now_us, event, reason,
			ccm_session_reason_policy(reason) ? CCM_RETRY_POLICY :
							    CCM_RETRY_BACKOFF,
			false, actions);
}
