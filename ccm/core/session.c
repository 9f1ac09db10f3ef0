// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a session: orders, incoming requests, what is lost, and what becomes of
 * clients' links.
 *
 * How a connection is begun and ended is not decided here, but in session_attempt.c.
 */
#include "session.h"

#include "auth.h"

#include "links.h"
#include "policy.h"
#include "session_attempt.h"
#include "session_greet.h"
#include "session_handlers.h"
#include "session_kernel.h"
#include "session_mail.h"
#include "session_proof.h"

void ccm_session_init(struct ccm_session *s, const struct ccm_session_config *config)
{
	memset(s, 0, sizeof(*s));
	s->config = *config;
	s->attempt.next_conn = 2;
	ccm_links_init(&s->links, ccm_session_lower(s));
}

/*
 * The reason after an attempt that merely found nobody: it must not hide why the
 * partner went away. Of one that was never heard of, somebody who asks as the partner and is sent
 * away, for where he asks from, is a better guess; that he may be anybody costs nothing then.
 */
static u32 nobody(const struct ccm_session *s, const struct ccm_session_event *event)
{
	if (event->elsewhere && !s->peer_incarnation)
		return CCM_REASON_ADDRESS;
	if (s->reason == CCM_REASON_NONE || s->reason == CCM_REASON_DEVICE ||
	    ccm_reason_policy(s->reason))
		return CCM_REASON_UNREACHABLE;
	return s->reason;
}

/* Without a key there is nobody to talk to: CCM_SEV_PSK goes on, when there is one. */
static bool keyless(const struct ccm_session *s)
{
	return s->config.auth == CCM_AUTH_PSK && !s->psk[0];
}

static void connect_if_key(struct ccm_session *s, u64 now_us,
			   const struct ccm_session_event *event,
			   struct ccm_session_actions *actions)
{
	if (!keyless(s)) {
		ccm_session_connect(s, now_us, event, actions);
		return;
	}
	s->deadline_us = 0;
	if (s->reason == CCM_REASON_NONE)
		s->reason = CCM_REASON_AUTHENTICATION;
	ccm_session_show(s, actions);
}

CCM_SESSION_HANDLER(start)
{
	if (s->enabled)
		return;
	s->enabled = true;
	s->reason = CCM_REASON_NONE;
	s->dumping = 0;
	s->attempt.retries = 0;
	s->attempt.at_once = 0;
	connect_if_key(s, now_us, event, actions);
}

/* Keys have come or gone. A session that there is goes on: it was proven when it began. */
CCM_SESSION_HANDLER(psk)
{
	(void)now_us;
	(void)actions;
	memcpy(s->psk, event->psk, sizeof(s->psk));
}

CCM_SESSION_HANDLER(psk_down)
{
	memcpy(s->psk, event->psk, sizeof(s->psk));
	if (!s->enabled || keyless(s) || (s->deadline_us && s->reason != CCM_REASON_AUTHENTICATION))
		return;
	s->attempt.retries = 0;
	/* what was found with other keys, or with none, does not hide what is found now */
	if (s->reason == CCM_REASON_AUTHENTICATION)
		s->reason = CCM_REASON_NONE;
	ccm_session_connect(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(stop)
{
	u32 reason = event->reason == CCM_REASON_SHUTDOWN ? CCM_REASON_SHUTDOWN :
							    CCM_REASON_ADMIN;
	bool said = ccm_session_goodbye(&s->conn, reason, event->status, actions);

	(void)now_us;
	ccm_session_close(&s->candidate, false, actions);
	ccm_session_drop(s, reason, said, actions);
	s->enabled = false;
	s->reason = reason;
	s->deadline_us = 0;
	ccm_session_enter(s, CCM_STATE_DOWN, actions);
}

CCM_SESSION_HANDLER(path_up_down)
{
	if (!s->enabled)
		return;
	s->attempt.retries = 0;
	connect_if_key(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(path_up_connecting)
{
	(void)now_us;
	(void)event;
	(void)actions;
	s->attempt.kick = true;
	s->attempt.at_once = 0;
}

/* Clients have come or gone, or there were some all along. */
CCM_SESSION_HANDLER(clients)
{
	(void)now_us;
	if (event->catalog)
		ccm_links_clients(&s->links, event->catalog, actions);
}

/* The link that an event of the runtime is about; NULL: it is not the try of now. */
static struct ccm_session_link *event_link(struct ccm_session *s,
					   const struct ccm_session_event *event)
{
	if (event->conn && event->conn != s->conn.id)
		return NULL;
	return ccm_links_find(&s->links, event->link, event->instance, event->epoch);
}

CCM_SESSION_HANDLER(link_prepared)
{
	struct ccm_session_link *link = event_link(s, event);

	(void)actions;
	if (link)
		ccm_links_prepared(&s->links, now_us, link, &event->offer);
}

CCM_SESSION_HANDLER(link_opened)
{
	struct ccm_session_link *link = event_link(s, event);

	(void)actions;
	if (link)
		ccm_links_opened(&s->links, now_us, link);
}

CCM_SESSION_HANDLER(link_failed)
{
	struct ccm_session_link *link = event_link(s, event);

	(void)actions;
	if (link)
		ccm_links_failed(&s->links, now_us, link, event->reason, event->random);
}

static bool timer_due(const struct ccm_session *s, u64 now_us)
{
	return s->deadline_us && now_us >= s->deadline_us;
}

CCM_SESSION_HANDLER(timer_down)
{
	if (s->enabled && timer_due(s, now_us))
		connect_if_key(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(timer_connecting)
{
	if (timer_due(s, now_us))
		ccm_session_end(s, now_us, event, nobody(s, event), CCM_RETRY_BACKOFF, false,
				actions);
}

/* A last word has come, and no READ has been answered since: see ccm_session_end() on why. */
static bool word_due(const struct ccm_session *s, u64 now_us)
{
	return s->conn.word_us && now_us >= s->conn.word_us;
}

/*
 * The one timer: nothing was heard after a last word, or the series takes too long, or the
 * partner takes no mail, or a candidate has not proven anything, or something of a link is due.
 */
CCM_SESSION_HANDLER(timer_series)
{
	if (s->candidate.id && now_us >= s->candidate.deadline_us)
		ccm_session_close(&s->candidate, false, actions);
	if (word_due(s, now_us) || timer_due(s, now_us))
		ccm_session_end(s, now_us, event, CCM_REASON_UNREACHABLE, CCM_RETRY_BACKOFF,
				false, actions);
	else if (ccm_session_mail_late(s, now_us))
		ccm_session_end(s, now_us, event, CCM_REASON_HUNG, CCM_RETRY_BACKOFF, false,
				actions);
	else
		ccm_links_timer(&s->links, now_us, event->random);
}

u32 ccm_session_screen(u32 node, u64 cluster, const u8 *data, u32 len,
		       struct ccm_wire_request *request)
{
	struct ccm_wire_request msg;

	if (ccm_wire_get_request(data, len, &msg))
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

void ccm_session_port(const struct ccm_session *s, u32 index, u32 port, struct ccm_wire_port *msg)
{
	const struct ccm_session_link *link = &s->links.link[index];

	memset(msg, 0, sizeof(*msg));
	msg->node = s->config.node;
	msg->partner = s->config.partner;
	msg->instance = link->instance;
	msg->instance_partner = link->counterpart;
	msg->epoch = link->epoch;
	msg->port = port;
	msg->incarnation = s->config.incarnation;
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
 * Is it older than what has been proven, or than what is being tried now? What is not proven
 * counts only while it is tried: or one request with a high number, from nobody, would shut
 * out all that come after it. A partner that was set back in time counts from there again.
 */
static bool stale(const struct ccm_session *s, const struct ccm_wire_request *request)
{
	const struct ccm_session_conn *tried[] = { &s->conn, &s->candidate };
	u32 i;

	if (request->incarnation == s->peer_incarnation && request->attempt <= s->peer_attempt &&
	    !ccm_session_went_back(s, request->incarnation, request->uptime_ms))
		return true;
	for (i = 0; i < 2; i++) {
		if (tried[i]->id && !(tried[i]->done & CCM_DONE_PROVEN) &&
		    tried[i]->incarnation == request->incarnation &&
		    request->attempt <= tried[i]->number)
			return true;
	}
	return false;
}

/*
 * The part of every incoming request that does not depend on the state. Returns true
 * if the state decides; else the request has been rejected.
 */
static bool admit(struct ccm_session *s, const struct ccm_session_event *event,
		  struct ccm_wire_request *request, struct ccm_session_actions *actions)
{
	u32 code = check_request(s, event, request);

	if (code == CCM_REJECT_NONE && !request->attempt)
		code = CCM_REJECT_MALFORMED;
	if (!s->enabled && (code == CCM_REJECT_NONE || code == CCM_REJECT_VERSION))
		code = s->reason == CCM_REASON_SHUTDOWN ? CCM_REJECT_STOPPING :
							  CCM_REJECT_ADMIN;
	else if (code == CCM_REJECT_NONE && request->incarnation == s->dumping)
		code = CCM_REJECT_DUMPING;
	else if (code == CCM_REJECT_NONE && stale(s, request))
		code = CCM_REJECT_STALE;
	else if (code == CCM_REJECT_NONE && keyless(s))
		code = CCM_REJECT_KEY;
	if (code == CCM_REJECT_NONE)
		return true;

	reject(s, event->conn, code, actions);
	/* It can be anybody's: shown where nothing is known, and no reason for anything. */
	if (code == CCM_REJECT_VERSION && s->state <= CCM_STATE_CONNECTING &&
	    s->reason == CCM_REASON_NONE) {
		s->reason = CCM_REASON_VERSION;
		ccm_session_show(s, actions);
	}
	return false;
}

CCM_SESSION_HANDLER(request_down)
{
	struct ccm_wire_request request;

	if (admit(s, event, &request, actions))
		ccm_session_accept(s, now_us, event, &request, actions);
}

/*
 * Crossed requests: the lower node's wins. It cannot know whether its own was ever
 * heard (the partner may not have been listening yet), so it sends another at once,
 * now that the partner listens; but one only, or two nodes could make each other
 * start over for ever. If the partner asks once more all the same, it has not had that one
 * either: then it is accepted.
 */
CCM_SESSION_HANDLER(request_connecting)
{
	struct ccm_wire_request request;

	if (!admit(s, event, &request, actions))
		return;
	if (s->conn.id && s->conn.active && ccm_session_lower(s) &&
	    !s->attempt.fresh) {
		reject(s, event->conn, CCM_REJECT_CROSSED, actions);
		ccm_session_drop(s, s->reason, false, actions);
		ccm_session_connect(s, now_us, event, actions);
		s->attempt.fresh = true;
		return;
	}
	ccm_session_drop(s, s->reason, false, actions);
	ccm_session_accept(s, now_us, event, &request, actions);
}

/*
 * There is a connection: the new one is greeted beside it. One at a time; a later request of
 * the same partner takes the place of its earlier one, which it has given up.
 */
CCM_SESSION_HANDLER(request_beside)
{
	struct ccm_session_conn *c = &s->candidate;
	struct ccm_wire_request request;

	if (!admit(s, event, &request, actions))
		return;
	if (c->id && c->incarnation != request.incarnation) {
		reject(s, event->conn, CCM_REJECT_BUSY, actions);
		return;
	}
	ccm_session_close(c, false, actions);
	ccm_session_put_accept(s, c, event, actions);
	c->id = event->conn;
	c->incarnation = request.incarnation;
	c->number = request.attempt;
	c->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
}

CCM_SESSION_HANDLER(established)
{
	struct ccm_wire_request answer;
	u32 code;

	if (s->conn.active) {
		code = check_request(s, event, &answer);
		if (code) {
			ccm_session_end(s, now_us, event,
					code == CCM_REJECT_VERSION ? CCM_REASON_VERSION :
								     CCM_REASON_REFUSED,
					CCM_RETRY_POLICY, false, actions);
			return;
		}
		if (answer.incarnation == s->dumping) {
			ccm_session_end(s, now_us, event, nobody(s, event), CCM_RETRY_POLICY, false,
					actions);
			return;
		}
		/*
		 * The attempt number in the accept makes a request of the partner that
		 * crossed ours, and is still under way, a stale one.
		 */
		s->conn.incarnation = answer.incarnation;
		s->conn.number = answer.attempt;
		ccm_transcript_add(&s->conn.transcript, CCM_TRANSCRIPT_ACCEPT, event->data,
				   event->len);
	}
	s->attempt.kick = false;
	ccm_session_greet(s, now_us, &s->conn, event, actions);
}

/*
 * Of a candidate
 */

CCM_SESSION_HANDLER(candidate_established)
{
	if (!(s->candidate.done & CCM_DONE_ESTABLISHED))
		ccm_session_greet(s, now_us, &s->candidate, event, actions);
}

CCM_SESSION_HANDLER(candidate_lost)
{
	(void)now_us;
	(void)event;
	ccm_session_close(&s->candidate, false, actions);
}

/*
 * Who has the present connection answers, without a verdict: then whoever else comes with its name
 * is another, and a last word that came was not its own. The page says so: the flag is stored
 * before the word is sent, and this READ was sent when the word had come.
 */
CCM_SESSION_HANDLER(alive)
{
	(void)now_us;
	(void)event;
	if (s->candidate.done & CCM_DONE_WAITS)
		ccm_session_clash(s, actions);
	if (s->conn.word_us) {
		s->conn.word_us = 0;
		ccm_session_emit(actions, CCM_ACT_WORD_FALSE)->conn = s->conn.id;
	}
}

/*
 * How long a READ may take once a last word has come. Its secret says that the partner's panic
 * notifier has run: what is asked is only whether the word may be false, and then the partner
 * answers as it always does. A READ takes some 10 us on adapters and 200 us on soft-RoCE, so a
 * few milliseconds are ample; where READs were slower of late, several times that. Whoever sets a
 * long detect_ms has machines that do not run for a while: they get a part of it. No retransmission
 * is waited for: the transport's first comes after an eighth of detect_ms or so, and what a lost
 * frame costs is that a word is believed which is true, unless a kernel or the path is compromised.
 * Never longer than what silence is given in any case.
 */
static u64 word_patience_us(const struct ccm_session *s, const struct ccm_session_event *event)
{
	u64 limit_us = (u64)s->config.detect_ms * CCM_US_PER_MS;
	u64 us = (u64)event->read_us * CCM_WORD_READS;

	if (us < limit_us / CCM_WORD_SHARE)
		us = limit_us / CCM_WORD_SHARE;
	if (us < CCM_WORD_MS * CCM_US_PER_MS)
		us = CCM_WORD_MS * CCM_US_PER_MS;
	return us < limit_us ? us : limit_us;
}

/* The partner panics, it says: look. One that comes while that is under way is the same. */
CCM_SESSION_HANDLER(word)
{
	if (s->conn.word_us)
		return;
	s->conn.word_us = now_us + word_patience_us(s, event);
	ccm_session_emit(actions, CCM_ACT_PROBE)->conn = s->conn.id;
}

/* A connect that RDMA CM failed, for whatever cause */
static void connect_failed(struct ccm_session *s, u64 now_us,
			   const struct ccm_session_event *event,
			   struct ccm_session_actions *actions)
{
	enum ccm_retry retry = CCM_RETRY_BACKOFF;
	u32 reason = nobody(s, event);

	if (event->status == CCM_CM_NO_DEVICE)
		reason = s->reason == CCM_REASON_NONE ? (u32)CCM_REASON_DEVICE : s->reason;
	/* A passive attempt always waits, or two nodes could chase each other. */
	if (event->status == CCM_CM_STALE && s->conn.active)
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
	if (!s->conn.active && !ccm_session_lower(s)) {
		ccm_session_drop(s, s->reason, false, actions);
		return;
	}
	if (!s->conn.active || event->status != CCM_CM_CONSUMER ||
	    ccm_wire_get_reject(event->data, event->len, &msg)) {
		connect_failed(s, now_us, event, actions);
		return;
	}

	switch (msg.code) {
	case CCM_REJECT_CROSSED:
		if (!ccm_session_lower(s)) {
			/* Theirs is on its way: wait for it, with nothing outstanding. */
			ccm_session_drop(s, s->reason, false, actions);
			s->deadline_us = now_us + CCM_CONNECT_MS * CCM_US_PER_MS;
			return;
		}
		reason = nobody(s, event);
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
	case CCM_REJECT_ADDRESS:
		reason = CCM_REASON_ADDRESS;
		break;
	case CCM_REJECT_KEY:
		reason = CCM_REASON_AUTHENTICATION;
		break;
	case CCM_REJECT_ADMIN:
	case CCM_REJECT_DUMPING:
		reason = CCM_REASON_ADMIN;
		break;
	case CCM_REJECT_STOPPING:
		if (reason == CCM_REASON_NONE)
			reason = CCM_REASON_SHUTDOWN;
		retry = CCM_RETRY_BACKOFF;
		break;
	default:			/* STALE, BUSY, and what a later version may say */
		reason = nobody(s, event);
		retry = CCM_RETRY_BACKOFF;
		break;
	}
	ccm_session_end(s, now_us, event, reason, retry, false, actions);
}

CCM_SESSION_HANDLER(lost_connecting)
{
	ccm_session_end(s, now_us, event, nobody(s, event), CCM_RETRY_BACKOFF, false, actions);
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

/*
 * The queue pair is broken, or nothing comes back any more. Once, that can happen at any moment,
 * this one too. A second time in a row at the same place, over a path that was there again in
 * between, it is not chance.
 */
static void lose(struct ccm_session *s, u64 now_us, const struct ccm_session_event *event,
		 struct ccm_session_actions *actions)
{
	enum ccm_retry retry = CCM_RETRY_BACKOFF;
	u32 reason = CCM_REASON_UNREACHABLE;

	if (!ccm_session_stuck(s)) {
		if (s->conn.done & CCM_DONE_R1)
			s->attempt.stuck = 0;
	} else if (s->attempt.stuck + 1 < CCM_STUCK_MAX) {
		s->attempt.stuck++;
	} else {
		reason = CCM_REASON_MTU;
		retry = CCM_RETRY_POLICY;
		s->sizes.mtu = s->conn.mtu;
		s->sizes.path_mtu = s->conn.path_mtu;
		s->sizes.peer_mtu = s->conn.peer_keys.mtu;
		s->sizes.peer_path_mtu = s->conn.peer_keys.path_mtu;
	}
	ccm_session_end(s, now_us, event, reason, retry, false, actions);
}

CCM_SESSION_HANDLER(lost)
{
	lose(s, now_us, event, actions);
}

CCM_SESSION_HANDLER(device_gone)
{
	ccm_session_end(s, now_us, event, CCM_REASON_DEVICE, CCM_RETRY_BACKOFF, false, actions);
}

/* What a page says is believed of whoever has proven to be the partner, and of nobody else. */
CCM_SESSION_HANDLER(verdict)
{
	bool believed = ccm_session_reason_valid(event->reason) &&
			(s->conn.done & CCM_DONE_PROVEN);
	u32 reason = believed ? event->reason : (u32)CCM_REASON_UNREACHABLE;

	if (reason == CCM_REASON_UNREACHABLE)
		lose(s, now_us, event, actions);
	else
		ccm_session_end(s, now_us, event, reason,
				ccm_reason_policy(reason) ? CCM_RETRY_POLICY : CCM_RETRY_BACKOFF,
				false, actions);
}
