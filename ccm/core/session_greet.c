// SPDX-License-Identifier: GPL-2.0-only
/*
 * The series on one connection, the same on both sides:
 *
 *	A0  SEND keys		partner's keys received
 *	R1  READ status page	is it the partner's, can it be read?
 *	W1  WRITE hello		partner's hello: check it, put an answer on my session page
 *	W2  WRITE catalog	partner's catalog: the plan
 *	R2  READ the answer	am I accepted?			GREETING ends
 *	--  links are opened	partner's links			NEGOTIATING has ended
 *	W3  WRITE ready		partner's ready			OPENING ends
 *
 * A step is posted as soon as what it needs is there, not when the one before it is
 * done: W1 needs the partner's keys only, and goes out right behind R1; W2 needs the
 * partner's hello to be good, and goes out with the answer to it. That halves the
 * round trips that the series waits for. What R1 and R2 bring still decides whether
 * it goes on.
 *
 * The two sides do not run in step. What may come early is kept until its turn: keys
 * before ESTABLISHED is reported, a catalog during GREETING, a ready before the
 * partner's catalog. What may not come early is a protocol error, and so is whatever
 * contradicts what was said before on this connection. A ring means "look": one that
 * is repeated after its mail was handled is ignored.
 *
 * Until the partner is known (R1, W1) everything is small; then R2 reads a whole page, and W2
 * writes one, though less would do: the frames are as large as any that clients will send. So
 * a path over which only small ones pass never becomes READY: see ccm_session_stuck().
 */
#include "session_greet.h"

#include "auth.h"
#include "links.h"
#include "policy.h"
#include "session_attempt.h"
#include "session_handlers.h"
#include "session_mail.h"
#include "session_proof.h"

static bool has(const struct ccm_session_conn *c, u32 bits)
{
	return (c->done & bits) == bits;
}

static void refuse(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
		   const struct ccm_session_event *event, u32 reason,
		   struct ccm_session_actions *actions)
{
	if (c == &s->conn)
		ccm_session_refuse(s, now_us, event, reason, actions);
	else
		ccm_session_dismiss(c, reason, actions);
}

static enum ccm_transcript_part keys_part(const struct ccm_session_conn *c, bool mine)
{
	return c->active == mine ? CCM_TRANSCRIPT_KEYS_ACTIVE : CCM_TRANSCRIPT_KEYS_PASSIVE;
}

static void send_keys(const struct ccm_session *s, struct ccm_session_conn *c,
		      struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_SEND);
	struct ccm_wire_keys msg;

	memset(&msg, 0, sizeof(msg));
	msg.status_addr = c->keys.status_addr;
	msg.status_key = c->keys.status_key;
	msg.status_len = CCM_STATUS_REGION_LEN;
	msg.mailbox_addr = c->keys.mailbox_addr;
	msg.mailbox_key = c->keys.mailbox_key;
	msg.mailbox_len = CCM_MAILBOX_LEN;
	msg.incarnation = s->config.incarnation;
	msg.nonce = c->nonce;
	msg.mtu = c->mtu;
	msg.path_mtu = c->path_mtu;
	memcpy(msg.challenge, c->challenge, sizeof(msg.challenge));
	msg.auth = s->config.auth;
	memcpy(msg.numbers, s->psk, sizeof(msg.numbers));
	action->conn = c->id;
	action->len = CCM_WIRE_KEYS_LEN;
	ccm_wire_put_keys(action->data, &msg);
	ccm_transcript_add(&c->transcript, keys_part(c, true), action->data, action->len);
	c->done |= CCM_DONE_KEYS_SENT;
}

static void send_hello(const struct ccm_session *s, struct ccm_session_conn *c,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;
	struct ccm_wire_hello msg;

	memset(&msg, 0, sizeof(msg));
	msg.version_min = s->config.version_min;
	msg.version_max = s->config.version_max;
	msg.node = s->config.node;
	msg.incarnation = s->config.incarnation;
	msg.nonce = c->nonce;
	msg.nonce_partner = c->peer_keys.nonce;
	msg.capabilities = s->config.capabilities;
	msg.detect_ms = s->config.detect_ms;
	msg.auth = s->config.auth;
	msg.number = c->number_used;
	msg.uptime_ms = event->uptime_ms;
	msg.machine = s->config.machine;
	memcpy(msg.name, s->config.name, sizeof(msg.name));
	memcpy(c->secret, event->secret, sizeof(c->secret));
	memcpy(msg.secret, c->secret, sizeof(msg.secret));
	action = ccm_session_write(c, CCM_MAILBOX_HELLO, CCM_WIRE_HELLO_LEN, CCM_RING_HELLO,
				   actions);
	ccm_wire_put_hello(action->data, &msg);
	if (s->config.auth == CCM_AUTH_PSK)
		action->type = CCM_ACT_PROVE;
	c->done |= CCM_DONE_HELLO_SENT;
}

/* That neither region wraps around has been seen to by the decoder. */
static bool keys_right(const struct ccm_session_conn *c)
{
	return c->peer_keys.incarnation == c->incarnation &&
	       c->peer_keys.status_len >= CCM_STATUS_REGION_LEN &&
	       c->peer_keys.mailbox_len >= CCM_MAILBOX_LEN;
}

/* Do both sides want a pre-shared key, and have one in common? Or neither of them wants one. */
static bool agree_key(const struct ccm_session *s, struct ccm_session_conn *c)
{
	if (c->peer_keys.auth != s->config.auth)
		return false;
	if (s->config.auth == CCM_AUTH_NONE)
		return true;
	c->number_used = ccm_auth_number(s->psk, c->peer_keys.numbers);
	return c->number_used != 0;
}

/* The partner's keys are in peer_keys and the connection is established: go on. */
static void use_keys(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
		     const struct ccm_session_event *event,
		     struct ccm_session_actions *actions)
{
	if (!keys_right(c)) {
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
		return;
	}
	c->done |= CCM_DONE_KEYS_RECEIVED;
	if (!has(c, CCM_DONE_KEYS_SENT))
		send_keys(s, c, actions);
	if (!agree_key(s, c)) {
		refuse(s, now_us, c, event, CCM_REASON_AUTHENTICATION, actions);
		return;
	}
	ccm_session_read(c, CCM_READ_STATUS, CCM_STATUS_OFFSET, CCM_WIRE_STATUS_LEN, actions);
	send_hello(s, c, event, actions);
}

void ccm_session_greet(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions)
{
	u64 greet_ms = 4ULL * s->config.detect_ms;
	u64 deadline_us;

	if (greet_ms < CCM_GREET_MS_MIN)
		greet_ms = CCM_GREET_MS_MIN;
	deadline_us = now_us + greet_ms * CCM_US_PER_MS;
	c->done |= CCM_DONE_ESTABLISHED;
	c->began_us = now_us;
	c->keys = event->keys;
	c->mtu = event->mtu;
	c->path_mtu = event->path_mtu;
	c->iwarp = event->iwarp;
	c->nonce = event->random ? event->random : 1;
	memcpy(c->challenge, event->challenge, sizeof(c->challenge));
	if (c == &s->conn) {
		s->links.catalog.nonce = c->nonce;
		s->deadline_us = deadline_us;
		ccm_session_enter(s, CCM_STATE_GREETING, actions);
	} else {
		c->deadline_us = deadline_us;
	}
	if (c->active || !c->iwarp)
		send_keys(s, c, actions);
	if (has(c, CCM_DONE_KEYS_EARLY))
		use_keys(s, now_us, c, event, actions);
}

/*
 * The keys; and nothing else, once they are here. On a connection whose ESTABLISHED has not
 * been reported (the partner was quicker, or the two events came by different ways) they must
 * not be used yet.
 */
CCM_SESSION_HANDLER(message)
{
	struct ccm_session_conn *c = ccm_session_conn_of(s, event->conn);
	bool early = !has(c, CCM_DONE_ESTABLISHED);

	if (has(c, early ? CCM_DONE_KEYS_EARLY : CCM_DONE_KEYS_RECEIVED) ||
	    ccm_wire_get_keys(event->data, event->len, &c->peer_keys)) {
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
		return;
	}
	ccm_transcript_add(&c->transcript, keys_part(c, false), event->data, event->len);
	if (early)
		c->done |= CCM_DONE_KEYS_EARLY;
	else
		use_keys(s, now_us, c, event, actions);
}

/*
 * The partner tells its version range more than once (R1, W1). The first to come fixes
 * the version; another that leads elsewhere is refused. Returns CCM_REASON_NONE, or why.
 */
static u32 agree(const struct ccm_session *s, struct ccm_session_conn *c, u16 version_min,
		 u16 version_max)
{
	u16 version = ccm_version_common(s->config.version_min, s->config.version_max,
					 version_min, version_max);

	if (!version)
		return CCM_REASON_VERSION;
	if (c->version && c->version != version)
		return CCM_REASON_REFUSED;
	c->version = version;
	return CCM_REASON_NONE;
}

/*
 * What the hello says of its proof; whether that is right is asked of the runtime. Without a key
 * there must be none.
 */
static bool auth_right(const struct ccm_session *s, const struct ccm_session_conn *c,
		       const struct ccm_wire_hello *hello)
{
	u8 any = 0;
	u32 i;

	for (i = 0; i < CCM_WIRE_PROOF_LEN; i++)
		any |= hello->proof[i];
	return hello->auth == s->config.auth && hello->number == c->number_used &&
	       (!any || hello->auth == CCM_AUTH_PSK);
}

static u32 check_hello(const struct ccm_session *s, struct ccm_session_conn *c,
		       const struct ccm_wire_hello *hello)
{
	u32 reason;

	if (hello->node != s->config.partner || hello->incarnation != c->incarnation ||
	    hello->nonce != c->peer_keys.nonce || hello->nonce_partner != c->nonce)
		return CCM_REASON_REFUSED;
	reason = agree(s, c, hello->version_min, hello->version_max);
	if (reason)
		return reason;
	return auth_right(s, c, hello) ? CCM_REASON_NONE : CCM_REASON_AUTHENTICATION;
}

static void put_answer(const struct ccm_session *s, const struct ccm_session_conn *c,
		       const struct ccm_wire_hello *hello, u32 reason,
		       struct ccm_session_actions *actions)
{
	struct ccm_session_action *action = ccm_session_emit(actions, CCM_ACT_ANSWER);
	struct ccm_wire_answer msg;

	memset(&msg, 0, sizeof(msg));
	switch (reason) {
	case CCM_REASON_NONE:
		msg.code = CCM_ANSWER_ACCEPTED;
		msg.version = c->version;
		msg.capabilities = s->config.capabilities & hello->capabilities;
		break;
	case CCM_REASON_VERSION:
		msg.code = CCM_ANSWER_VERSION;
		break;
	case CCM_REASON_AUTHENTICATION:
		msg.code = CCM_ANSWER_AUTHENTICATION;
		break;
	default:
		msg.code = CCM_ANSWER_REFUSED;
		break;
	}
	msg.incarnation = s->config.incarnation;
	msg.nonce = c->nonce;
	msg.nonce_partner = hello->nonce;
	action->conn = c->id;
	action->what = CCM_RING_ANSWER;
	action->len = CCM_WIRE_ANSWER_LEN;
	ccm_wire_put_answer(action->data, &msg);
}

static void send_ready(struct ccm_session *s, struct ccm_session_actions *actions)
{
	struct ccm_session_action *action;
	struct ccm_wire_ready msg;

	memset(&msg, 0, sizeof(msg));
	msg.generation = s->links.catalog.generation;
	msg.generation_partner = s->plan_generation;
	msg.nonce = s->conn.nonce;
	msg.plan = s->plan;
	action = ccm_session_write(&s->conn, CCM_MAILBOX_READY, CCM_WIRE_READY_LEN, CCM_RING_READY,
				   actions);
	ccm_wire_put_ready(action->data, &msg);
	s->conn.done |= CCM_DONE_READY_SENT;
	s->gate_us = 0;
}

static bool ready_right(const struct ccm_session *s)
{
	return s->peer_ready.generation == s->plan_generation &&
	       s->peer_ready.generation_partner == s->links.catalog.generation &&
	       s->peer_ready.plan == s->plan;
}

/*
 * Both catalogs are here. The plan is what W3 will be about, whatever catalogs the
 * partner sends after its own W3. OPENING waits for links, but not for long: a client
 * that cannot be opened holds up nobody.
 */
static void open_links(struct ccm_session *s, u64 now_us)
{
	const struct ccm_catalog *mine = &s->links.catalog;
	const struct ccm_catalog *theirs = &s->links.peer_catalog;

	s->plan = s->links.lower ? ccm_plan_hash(mine, theirs) : ccm_plan_hash(theirs, mine);
	s->plan_generation = theirs->generation;
	s->gate_us = now_us + CCM_LINK_GATE_MS * CCM_US_PER_MS;
	s->deadline_us += CCM_LINK_GATE_MS * CCM_US_PER_MS;
	ccm_links_start(&s->links);
}

static void become_ready(struct ccm_session *s, struct ccm_session_actions *actions)
{
	s->reason = CCM_REASON_NONE;
	s->attempt.stuck = 0;
	s->attempt.retries = 0;
	s->attempt.at_once = 0;
	s->deadline_us = 0;
	ccm_session_enter(s, CCM_STATE_READY, actions);
	s->told_ready = true;
	ccm_session_emit(actions, CCM_ACT_READY);
	ccm_links_ready(&s->links);
	if (s->links.clients_differ)
		ccm_session_emit(actions, CCM_ACT_CLIENTS);
	s->links.clients_differ = false;
}

/*
 * W2 has not been taken or R2, which was asked for, has not come, and R1 had: the whole page is
 * what is lost. If it is the frames from here, the partner waits for its R2 and I for its word
 * on W2; and the other way round: so both sides see it, whichever direction it is.
 */
bool ccm_session_stuck(const struct ccm_session *s)
{
	const struct ccm_session_conn *c = &s->conn;

	if (!has(c, CCM_DONE_R1) || s->state == CCM_STATE_READY)
		return false;
	return (has(c, CCM_DONE_R2_POSTED) && !has(c, CCM_DONE_R2)) ||
	       (s->mail & CCM_MAIL_CATALOG_OUT);
}

/* Both sides have accepted each other. */
static void advance_greeting(struct ccm_session *s, struct ccm_session_actions *actions)
{
	if (s->state == CCM_STATE_GREETING &&
	    has(&s->conn, CCM_DONE_R1 | CCM_DONE_R2 | CCM_DONE_HELLO_RECEIVED))
		ccm_session_enter(s, CCM_STATE_NEGOTIATING, actions);
}

void ccm_session_advance(struct ccm_session *s, u64 now_us,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions)
{
	advance_greeting(s, actions);
	if (s->state == CCM_STATE_NEGOTIATING && s->links.heard) {
		ccm_session_enter(s, CCM_STATE_OPENING, actions);
		open_links(s, now_us);
	}
	if (s->state != CCM_STATE_OPENING)
		return;
	if (has(&s->conn, CCM_DONE_READY_RECEIVED) && !ready_right(s)) {
		ccm_session_refuse(s, now_us, event, CCM_REASON_REFUSED, actions);
		advance_greeting(s, actions);	/* of the candidate, which has its place now */
		return;
	}
	if (!has(&s->conn, CCM_DONE_READY_SENT) &&
	    (ccm_links_settled(&s->links) || now_us >= s->gate_us))
		send_ready(s, actions);
	if (has(&s->conn, CCM_DONE_READY_SENT | CCM_DONE_READY_RECEIVED))
		become_ready(s, actions);
}

/* R1 is done: is that page the partner's? */
static void status_read(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			const struct ccm_session_event *event,
			struct ccm_session_actions *actions)
{
	struct ccm_wire_status page;
	u32 reason;

	if (ccm_wire_get_status(event->data, event->len, &page) ||
	    page.node != s->config.partner || page.cluster != s->config.cluster ||
	    page.incarnation != c->incarnation) {
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
		return;
	}
	reason = agree(s, c, page.version_min, page.version_max);
	if (reason) {
		refuse(s, now_us, c, event, reason, actions);
		return;
	}
	c->done |= CCM_DONE_R1;
	if (page.stage == CCM_STAGE_DUMPING)
		c->done |= CCM_DONE_DUMPING;
	if (c == &s->conn)
		ccm_session_watch(c, actions);
	ccm_session_prove(s, now_us, c, event, actions);
}

/*
 * What both have follows from the two hellos, whichever of hello and answer is looked at last. An
 * answer that says less is as wrong as one that says more: nothing else would show that somebody
 * has taken a capability out of it on the way.
 */
static bool capabilities_right(const struct ccm_session *s, const struct ccm_session_conn *c)
{
	const u32 both = CCM_DONE_HELLO_RECEIVED | CCM_DONE_R2;

	return !has(c, both) ||
	       c->capabilities == (s->config.capabilities & c->hello.capabilities);
}

/* R2 is done: has the partner accepted me? */
static void answer_read(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			const struct ccm_session_event *event,
			struct ccm_session_actions *actions)
{
	u32 reason = CCM_REASON_REFUSED;
	struct ccm_wire_answer msg;

	if (!ccm_wire_get_answer(event->data, event->len, &msg) &&
	    msg.incarnation == c->incarnation && msg.nonce == c->peer_keys.nonce &&
	    msg.nonce_partner == c->nonce) {
		if (msg.code == CCM_ANSWER_ACCEPTED && msg.version == c->version &&
		    !(msg.capabilities & ~s->config.capabilities))
			reason = CCM_REASON_NONE;
		else if (msg.code == CCM_ANSWER_VERSION)
			reason = CCM_REASON_VERSION;
		else if (msg.code == CCM_ANSWER_AUTHENTICATION)
			reason = CCM_REASON_AUTHENTICATION;
	}
	if (reason) {
		refuse(s, now_us, c, event, reason, actions);
		return;
	}
	c->capabilities = msg.capabilities;
	c->done |= CCM_DONE_R2;
	if (!capabilities_right(s, c))
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
}

CCM_SESSION_HANDLER(read_done)
{
	struct ccm_session_conn *c = ccm_session_conn_of(s, event->conn);

	if (event->status == CCM_READ_STATUS && has(c, CCM_DONE_KEYS_RECEIVED) &&
	    !has(c, CCM_DONE_R1))
		status_read(s, now_us, c, event, actions);
	else if (event->status == CCM_READ_ANSWER && has(c, CCM_DONE_R2_POSTED) &&
		 !has(c, CCM_DONE_R2))
		answer_read(s, now_us, c, event, actions);
}

/* The hello is right, or @reason says why it is not. */
static void answer_hello(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			 const struct ccm_session_event *event, u32 reason,
			 struct ccm_session_actions *actions)
{
	put_answer(s, c, &c->hello, reason, actions);
	if (!reason)
		c->done |= CCM_DONE_HELLO_RECEIVED;
	if (!reason && !capabilities_right(s, c))
		reason = CCM_REASON_REFUSED;
	if (reason) {
		refuse(s, now_us, c, event, reason, actions);
		return;
	}
	ccm_session_prove(s, now_us, c, event, actions);
	/* no mail on one that has ended by that: a crash kernel's */
	if (c == &s->conn && has(c, CCM_DONE_HELLO_RECEIVED))
		ccm_session_mail_first(s, now_us, actions);
}

static void hello_rung(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions)
{
	u32 reason;

	if (!has(c, CCM_DONE_KEYS_SENT | CCM_DONE_KEYS_RECEIVED) ||
	    ccm_wire_get_hello(event->data, event->len, &c->hello)) {
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
		return;
	}
	reason = check_hello(s, c, &c->hello);
	if (reason || s->config.auth == CCM_AUTH_NONE) {
		answer_hello(s, now_us, c, event, reason, actions);
		return;
	}
	c->done |= CCM_DONE_VERIFYING;
	ccm_session_emit(actions, CCM_ACT_VERIFY)->conn = c->id;
}

CCM_SESSION_HANDLER(verified)
{
	struct ccm_session_conn *c = ccm_session_conn_of(s, event->conn);

	if (!has(c, CCM_DONE_VERIFYING))
		return;
	c->done &= ~CCM_DONE_VERIFYING;
	answer_hello(s, now_us, c, event,
		     event->status ? CCM_REASON_NONE : CCM_REASON_AUTHENTICATION, actions);
}

static void answer_rung(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			const struct ccm_session_event *event,
			struct ccm_session_actions *actions)
{
	if (!has(c, CCM_DONE_HELLO_SENT)) {
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
		return;
	}
	c->done |= CCM_DONE_R2_POSTED;
	ccm_session_read(c, CCM_READ_ANSWER, CCM_ANSWER_OFFSET, CCM_PAGE_LEN, actions);
}

/* The partner is ready when it has my catalog; what it says is checked in its turn. */
static bool ready_rung(struct ccm_session *s, const struct ccm_session_event *event)
{
	struct ccm_wire_ready msg;

	if (has(&s->conn, CCM_DONE_READY_RECEIVED))
		return true;
	if (!s->links.told ||
	    ccm_wire_get_ready(event->data, event->len, &msg) ||
	    msg.nonce != s->conn.peer_keys.nonce)
		return false;
	s->peer_ready = msg;
	s->conn.done |= CCM_DONE_READY_RECEIVED;
	return true;
}

/*
 * Why the partner ends it: it can have its own reasons, but not prove by a message what a message
 * cannot prove. Of whoever has not proven to be the partner, only that it does not talk to me.
 */
static u32 goodbye_reason(const struct ccm_session_conn *c, u32 reason)
{
	switch (reason) {
	case CCM_REASON_ADMIN:
	case CCM_REASON_SHUTDOWN:
		return has(c, CCM_DONE_PROVEN) ? reason : (u32)CCM_REASON_UNREACHABLE;
	case CCM_REASON_VERSION:
	case CCM_REASON_REFUSED:
	case CCM_REASON_AUTHENTICATION:
	case CCM_REASON_DUPLICATE:
		return reason;
	default:
		return CCM_REASON_REFUSED;
	}
}

static void goodbye_rung(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions)
{
	u32 reason = CCM_REASON_REFUSED;
	struct ccm_wire_goodbye msg;

	if (c == &s->candidate) {
		ccm_session_close(c, false, actions);
		return;
	}
	if (!ccm_wire_get_goodbye(event->data, event->len, &msg)) {
		reason = goodbye_reason(c, msg.reason);
		/* before the end, which is shown with it */
		if (has(c, CCM_DONE_PROVEN))
			s->left_stage = msg.stage;
	}
	if (reason == CCM_REASON_UNREACHABLE && s->reason)
		reason = s->reason;
	ccm_session_end(s, now_us, event, reason,
			ccm_reason_policy(reason) ? CCM_RETRY_POLICY : CCM_RETRY_BACKOFF,
			false, actions);
}

/*
 * What follows the series' first half is of the session, which a candidate has none of yet.
 * Its catalog, which may overtake R1, stays where it is until then.
 */
static bool session_rung(struct ccm_session *s, u64 now_us, struct ccm_session_conn *c,
			 const struct ccm_session_event *event,
			 struct ccm_session_actions *actions)
{
	if (c == &s->candidate) {
		if (event->status >= CCM_RING_COUNT)
			return true;	/* a later version's */
		if (event->status != CCM_RING_CATALOG || !has(c, CCM_DONE_HELLO_RECEIVED))
			return false;
		c->done |= CCM_DONE_CATALOG_EARLY;
		return true;
	}
	switch (event->status) {
	case CCM_RING_CATALOG:
		return ccm_session_take_catalog(s, event, actions);
	case CCM_RING_LINKS:
		return ccm_session_take_links(s, now_us, event, actions);
	case CCM_RING_CATALOG_TAKEN:
	case CCM_RING_LINKS_TAKEN:
		return ccm_session_taken(s, event->status);
	case CCM_RING_READY:
		return ready_rung(s, event);
	default:
		/* a later version's: not for this one */
		return event->status >= CCM_RING_COUNT;
	}
}

CCM_SESSION_HANDLER(ring)
{
	struct ccm_session_conn *c = ccm_session_conn_of(s, event->conn);
	bool right = has(c, CCM_DONE_ESTABLISHED);

	switch (right ? event->status : 0) {
	case CCM_RING_HELLO:
		if (!(c->done & (CCM_DONE_HELLO_RECEIVED | CCM_DONE_VERIFYING)))
			hello_rung(s, now_us, c, event, actions);
		break;
	case CCM_RING_ANSWER:
		if (!has(c, CCM_DONE_R2_POSTED))
			answer_rung(s, now_us, c, event, actions);
		break;
	case CCM_RING_GOODBYE:
		goodbye_rung(s, now_us, c, event, actions);
		break;
	case CCM_RING_STAGE:
		/* its page is being read already (ccm/path.c): nothing to decide */
		right = has(c, CCM_DONE_KEYS_RECEIVED);
		break;
	default:
		right = right && session_rung(s, now_us, c, event, actions);
		break;
	}
	if (!right)
		refuse(s, now_us, c, event, CCM_REASON_REFUSED, actions);
}
