// SPDX-License-Identifier: GPL-2.0-only
/*
 * A partner at run time: gathers what has happened, lets the core decide, carries out
 * what it decides.
 *
 * All of it happens in one work item on the partner's own ordered work queue. Events
 * are bits, so that telling one never needs memory and never fails; what goes with a
 * bit is stored before it is set.
 */
#include "log.h"

#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/names.h"
#include "core/reason.h"
#include "keyring.h"
#include "node.h"
#include "pairing.h"
#include "partner.h"
#include "rdma/conn.h"
#include "rdma/listener.h"
#include "rdma/way.h"
#include "registry.h"
#include "trace.h"

/* The ways to it, and the one that is used */
static struct ccm_path *used_path(struct ccm_partner *partner)
{
	return &partner->paths[0];
}

/* Whoever asks from elsewhere does so every CCM_RETRY_MAX_MS. */
#define ELSEWHERE_US	(10ULL * USEC_PER_SEC)

/**
 * ccm_partner_elsewhere() - somebody asks as this partner, but not from one of its addresses
 * @partner: partner
 *
 * Any context.
 */
void ccm_partner_elsewhere(struct ccm_partner *partner)
{
	WRITE_ONCE(partner->elsewhere_us, ccm_now_us());
}

static bool is_elsewhere(const struct ccm_partner *partner)
{
	u64 at_us = READ_ONCE(partner->elsewhere_us);

	return at_us && ccm_now_us() < at_us + ELSEWHERE_US;
}

/**
 * ccm_partner_request() - a connect request came in
 * @partner: whose it says it is
 * @in: request
 *
 * RDMA CM's handler of the listener.
 *
 * Return: true: taken, and the work item answers it; false: no memory, or too many wait
 * already
 */
bool ccm_partner_request(struct ccm_partner *partner, const struct ccm_incoming *in)
{
	struct ccm_conn *conn = ccm_conn_adopt(in, &used_path(partner)->endpoint);
	bool room;

	if (!conn)
		return false;
	spin_lock(&partner->lock);
	room = partner->request_count < CCM_REQUESTS_MAX;
	if (room) {
		conn->endpoint.id = partner->next_request;
		partner->next_request += 2;
		partner->request_count++;
		list_add_tail(&conn->entry, &partner->requests);
	}
	spin_unlock(&partner->lock);
	if (room)
		ccm_inbox_tell(&partner->inbox, CCM_INBOX_REQUEST);
	else
		ccm_conn_disown(conn);
	return room;
}

/*
 * What readers and clients see
 */

static void refresh(const struct ccm_view *view, struct ccm_record *record)
{
	struct ccm_partner *partner = container_of(view, struct ccm_partner, view);
	const struct ccm_partner_counters *c = &partner->counters;
	u32 left_stage = READ_ONCE(partner->left_stage);
	u64 panicked_us;

	/* each figure is the work item's last, by itself */
	record->sessions = READ_ONCE(c->sessions);
	record->attempts = READ_ONCE(c->attempts) + READ_ONCE(c->accepted);
	record->rejected = READ_ONCE(c->rejected);
	record->error = READ_ONCE(partner->last_error);
	ccm_heartbeat_fill(&used_path(partner)->heartbeat, record);
	/* its last words, behind whatever was READ */
	if (left_stage != CCM_STAGE_UNKNOWN)
		record->stage = (u8)left_stage;
	/* its crash kernel was heard later, maybe for one message; nobody waits for it */
	panicked_us = READ_ONCE(partner->panicked_us);
	if (panicked_us) {
		record->stage = CCM_STAGE_DUMPING;
		record->silent_us = ccm_now_us() - panicked_us;
	}
}

/* The work item, and before that has ever run */
static void fill_record(struct ccm_partner *partner, struct ccm_record *record)
{
	const struct ccm_session *s = &partner->session;
	struct ccm_conn *conn = ccm_path_conn(used_path(partner), s->conn.id);
	struct ccm_address first;
	const struct sockaddr *addr = (const struct sockaddr *)&first.to;

	ccm_addresses_first(&partner->addresses, &first);
	memset(record, 0, sizeof(*record));
	record->size = sizeof(*record);
	record->type = CCM_RECORD_PARTNER;
	record->node = partner->id;
	record->state = (u8)partner->shown_state;
	record->reason = (u8)partner->shown_reason;
	if (partner->shown_state == CCM_STATE_DOWN && ccm_reason_certain(partner->shown_reason))
		record->flags |= CCM_RECORD_F_CERTAIN;
	if (partner->shown_state >= CCM_STATE_NEGOTIATING && s->conn.number_used)
		record->flags |= CCM_RECORD_F_AUTH;
	record->version = partner->shown_state >= CCM_STATE_NEGOTIATING ? s->conn.version : 0;
	record->incarnation = s->peer_incarnation;
	record->detect_ms = partner->node->config.detect_ms;
	record->port = partner->node->config.rdma_port;
	if (conn && conn->endpoint.device)
		record->transport = conn->endpoint.iwarp ? 2 : 1;
	record->family = addr->sa_family;
	if (addr->sa_family == AF_INET6)
		memcpy(record->address, &((const struct sockaddr_in6 *)addr)->sin6_addr, 16);
	else
		memcpy(record->address, &((const struct sockaddr_in *)addr)->sin_addr, 4);
	if (partner->shown_reason == CCM_REASON_MTU)
		snprintf(record->note, sizeof(record->note), "MTU %u here, %u there",
			 s->sizes.mtu, s->sizes.peer_mtu);
	memcpy(record->name, s->peer_hello.name, sizeof(record->name));
	record->name[sizeof(record->name) - 1] = '\0';

	refresh(&partner->view, record);
}

/**
 * ccm_partner_status() - what clients see of a partner
 * @partner: partner
 * @status: filled
 *
 * Any process context.
 */
void ccm_partner_status(struct ccm_partner *partner, struct ccm_partner_status *status)
{
	struct ccm_record record;

	ccm_view_read(&partner->node->events, &partner->view, &record);
	memset(status, 0, sizeof(*status));
	status->node = partner->id;
	status->state = record.state;
	status->reason = record.state == CCM_STATE_DOWN ? record.reason :
						     READ_ONCE(partner->last_reason);
	status->certain = ccm_reason_certain(status->reason);
	/* before START there is no reason; behind STOP it is the one that it came with */
	status->here = status->reason != CCM_REASON_NONE &&
		       (record.state == CCM_STATE_DOWN ? !READ_ONCE(partner->session.enabled) :
							 READ_ONCE(partner->last_here));
	status->leaving = record.flags & CCM_RECORD_F_LEAVING;
	status->stage = record.stage;
	status->incarnation = record.incarnation;
	status->kernel = READ_ONCE(partner->session.peer_kernel);
	status->counter = record.counter;
	status->silent_ms = (u32)min_t(u64, div_u64(record.silent_us, USEC_PER_MSEC), U32_MAX);
	status->paths = ccm_addresses_count(&partner->addresses);
	status->paths_up = record.state > CCM_STATE_CONNECTING;
}

/* To readers, then to clients that want to know */
static void show(struct ccm_partner *partner)
{
	struct ccm_partner_status status;
	struct ccm_pairing *pairing;
	struct ccm_record now;

	fill_record(partner, &now);
	ccm_view_publish(&partner->node->events, &partner->view, &now);
	ccm_partner_status(partner, &status);
	list_for_each_entry(pairing, &partner->links.pairings, entry)
		ccm_pairing_tell_status(pairing, &status);
}

/**
 * ccm_partner_peek() - read the partner's status page now
 * @partner: partner
 * @peek: CCM_IOC_PEEK; timeout_ms is in range
 *
 * May sleep, at most timeout_ms. The caller keeps the partner from being destroyed.
 *
 * Return: 0; -ENOTCONN: no session, or it ended; -ETIMEDOUT; -ERESTARTSYS
 */
int ccm_partner_peek(struct ccm_partner *partner, struct ccm_peek *peek)
{
	return ccm_heartbeat_peek(&used_path(partner)->heartbeat, peek);
}

/*
 * Events
 */

/* Is one of these addresses at the other end of a connection? The work item */
static bool goes_to(struct ccm_partner *partner, const struct ccm_conn *conn,
		    const struct ccm_addresses *addresses)
{
	struct ccm_id_way way;

	/* the way may still be looked for */
	if (conn->endpoint.active)
		return ccm_addresses_have(addresses, &used_path(partner)->address);
	ccm_way_of(conn->endpoint.cm_id, &way);
	return ccm_addresses_come_from(addresses, &way);
}

static bool take_request(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_conn *conn;

	spin_lock(&partner->lock);
	conn = list_first_entry_or_null(&partner->requests, struct ccm_conn, entry);
	if (conn) {
		list_del_init(&conn->entry);
		partner->request_count--;
	}
	spin_unlock(&partner->lock);
	if (!conn)
		return false;
	ccm_path_take_request(used_path(partner), conn, event, partner->buffer);
	/* that address was the partner's when the request came, and is no more */
	if (!goes_to(partner, conn, &partner->addresses))
		ccm_endpoint_failed(&conn->endpoint, -ECONNABORTED);
	return true;
}

static void take_clients(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_partner_status status;

	ccm_partner_status(partner, &status);
	ccm_registry_catalog(partner->registry, partner->id, &status, &partner->links.pairings,
			     &partner->catalog);
	event->type = CCM_SEV_CLIENTS;
	event->catalog = &partner->catalog;
}

/* Do frames of full size pass still, from the partner? */
static void look_large(struct ccm_partner *partner, u32 id)
{
	const struct ccm_session *s = &partner->session;
	struct ccm_path *path = used_path(partner);

	if (s->state == CCM_STATE_READY && s->conn.id == id)
		ccm_heartbeat_look_large(&path->heartbeat, ccm_path_conn(path, id));
}

/*
 * This node's page says something new, or its frames may have become too large for the way: the
 * partner is to look at once, and so does this side. Before the keys are
 * exchanged there is nothing to ring with; then the partner's READs begin behind the change.
 */
static void ring_stage(struct ccm_partner *partner)
{
	const u32 keys = CCM_DONE_KEYS_SENT | CCM_DONE_KEYS_RECEIVED;
	const struct ccm_session *s = &partner->session;
	struct ccm_path *path = used_path(partner);
	struct ccm_conn *conn = ccm_path_conn(path, s->conn.id);

	if (conn && (s->conn.done & keys) == keys)
		ccm_path_ring_stage(path, conn);
	look_large(partner, s->conn.id);
}

/* What a bit that was taken is. False: no event, and it is seen to. */
static bool seen_to(struct ccm_partner *partner, u32 bit)
{
	struct ccm_session_event *event = &partner->event;

	switch (bit) {
	case CCM_INBOX_DEVICE:
		ccm_path_device_gone(used_path(partner));
		return false;
	case CCM_INBOX_STAGE:
		show(partner);
		return false;
	case CCM_INBOX_OWN_STAGE:
		ring_stage(partner);
		return false;
	case CCM_INBOX_VERIFIED:
		event->type = CCM_SEV_VERIFIED;
		event->conn = partner->verified;
		event->status = partner->verified_right;
		break;
	case CCM_INBOX_PSK:
		event->type = CCM_SEV_PSK;
		ccm_keyring_numbers(partner->node->config.cluster, event->psk);
		break;
	case CCM_INBOX_STOP:
		event->type = CCM_SEV_STOP;
		event->reason = READ_ONCE(partner->stop_reason);
		event->status = ccm_status_page_stage(&partner->node->status_page);
		break;
	case CCM_INBOX_START:
		event->type = CCM_SEV_START;
		break;
	case CCM_INBOX_VERDICT:
		ccm_path_verdict(used_path(partner), event);
		break;
	case CCM_INBOX_WORD:
		partner->counters.words++;
		event->type = CCM_SEV_WORD;
		event->conn = ccm_last_word_heard(&partner->word);
		break;
	case CCM_INBOX_ALIVE:
		event->type = CCM_SEV_ALIVE;
		event->conn = partner->session.conn.id;
		break;
	case CCM_INBOX_CLIENTS:
		take_clients(partner, event);
		break;
	case CCM_INBOX_TIMER:
		event->type = CCM_SEV_TIMER;
		break;
	default:
		event->type = CCM_SEV_PATH_UP;
		break;
	}
	return true;
}

/* Is there an event of that kind? Then it is filled. */
static bool take(struct ccm_partner *partner, u32 bit)
{
	struct ccm_session_event *event = &partner->event;

	switch (bit) {
	case CCM_INBOX_CONN:
		return ccm_path_event(used_path(partner), event, partner->buffer,
				      sizeof(partner->buffer));
	case CCM_INBOX_LINKS:
		return ccm_links_event(&partner->links, event);
	case CCM_INBOX_REQUEST:
		return take_request(partner, event);
	default:
		return ccm_inbox_take(&partner->inbox, bit) && seen_to(partner, bit);
	}
}

/* The next thing that happened: see core/schedule.h. False: nothing. */
static bool next_event(struct ccm_partner *partner)
{
	struct ccm_session_event *event = &partner->event;
	u32 bit;
	u32 n;

	memset(event, 0, sizeof(*event));
	event->data = partner->buffer;
	event->random = get_random_u64();
	ccm_last_word_draw(event->secret);
	get_random_bytes(event->challenge, sizeof(event->challenge));
	event->uptime_ms = ccm_kernel_uptime_ms();
	event->elsewhere = is_elsewhere(partner);
	ccm_heartbeat_heard(&used_path(partner)->heartbeat, &event->heard_us,
			    &event->heard_uptime_ms, &event->read_us);

	for (n = 0; (bit = ccm_schedule_look(&partner->schedule, n)) < CCM_INBOX_BITS; n++)
		if (take(partner, bit))
			break;
	ccm_schedule_had(&partner->schedule, bit);
	return bit < CCM_INBOX_BITS;
}

/*
 * Actions
 */

static void arm_timer(struct ccm_partner *partner, u64 at_us)
{
	if (at_us)
		hrtimer_start(&partner->timer, ns_to_ktime(at_us * NSEC_PER_USEC),
			      HRTIMER_MODE_ABS);
	else
		hrtimer_cancel(&partner->timer);
}

static enum hrtimer_restart timer_fired(struct hrtimer *timer)
{
	struct ccm_partner *partner = container_of(timer, struct ccm_partner, timer);

	ccm_inbox_tell(&partner->inbox, CCM_INBOX_TIMER);
	return HRTIMER_NORESTART;
}

static u64 ago_ms(u64 at_us)
{
	return div_u64(ccm_now_us() - at_us, USEC_PER_MSEC);
}

/* By when its kernel had panicked, if it is its crash kernel that shows it; else 0 */
static u64 panicked_us(const struct ccm_partner *partner, u32 state, u32 reason)
{
	const struct ccm_session *s = &partner->session;

	return state == CCM_STATE_DOWN && reason == CCM_REASON_PANICKED && s->dumping ?
	       s->panicked_us : 0;
}

/* What the state's line does not say: the numbers of an MTU, and what is refused. */
static void log_cause(struct ccm_partner *partner)
{
	const struct ccm_session_sizes *sizes = &partner->session.sizes;
	const struct ccm_session_event *event = &partner->event;
	u32 reason = partner->log_reason;

	if ((reason != CCM_REASON_MTU && reason != CCM_REASON_REFUSED) ||
	    !__ratelimit(&partner->node->false_log))
		return;
	if (reason == CCM_REASON_MTU)
		pr_warn("partner %u: small frames pass, large ones do not: MTU %u here (of the path: %u), %u there (%u)\n",
			partner->id, sizes->mtu, sizes->path_mtu, sizes->peer_mtu,
			sizes->peer_path_mtu);
	else
		pr_warn("partner %u: what is refused came with %s%s%s (%u bytes)\n",
			partner->id, ccm_session_event_name(event->type),
			event->type == CCM_SEV_RING ? " " : "",
			event->type == CCM_SEV_RING ? ccm_ring_name(event->status) : "",
			event->len);
}

/* Behind all that the step did: with a serial console a line takes milliseconds. */
static void log_state(struct ccm_partner *partner)
{
	const struct ccm_state_line line = {
		.state = partner->log_state,
		.reason = partner->log_reason,
		.version = partner->session.conn.version,
		.incarnation = partner->session.peer_incarnation,
		.error = partner->last_error,
		.last = partner->last,
		.panicked_ms = partner->panicked_us ? ago_ms(partner->panicked_us) : 0,
		.heard_ms = partner->panicked_us && partner->session.heard_us ?
			    ago_ms(partner->session.heard_us) : 0,
	};

	if (!partner->log_due)
		return;
	if (partner->log_state == CCM_STATE_DOWN)
		log_cause(partner);
	ccm_state_log_say(&partner->log, &line);
	partner->log_due = false;
}

static void announce(struct ccm_partner *partner, u32 state, u32 reason, u32 left_stage)
{
	/* One step may pass several states, and readers see each: not the core's last one. */
	partner->shown_state = state;
	partner->shown_reason = reason;
	if (state == CCM_STATE_DOWN) {
		WRITE_ONCE(partner->last_reason, reason);
		WRITE_ONCE(partner->last_here, !partner->session.enabled);
	}
	WRITE_ONCE(partner->left_stage, left_stage);
	WRITE_ONCE(partner->panicked_us, panicked_us(partner, state, reason));
	trace_ccm_state(partner->id, state, reason);
	if (state == CCM_STATE_READY) {
		partner->counters.sessions++;
		partner->counters.ready_ns = ktime_get_ns();
		partner->last_error = 0;
	}
	show(partner);
	if (state != CCM_STATE_READY && state != CCM_STATE_DOWN)
		return;
	log_state(partner);	/* of the same step: none is left out */
	partner->log_due = true;
	partner->log_state = state;
	partner->log_reason = reason;
}

static void note_rejection(struct ccm_partner_rejection *last, u32 code)
{
	WRITE_ONCE(last->code, code);
	WRITE_ONCE(last->at_us, ccm_now_us());
}

/* The partner's own word why it does not want this node, if that is what an attempt has come to */
static void hear_rejection(struct ccm_partner *partner)
{
	const struct ccm_session_event *event = &partner->event;
	struct ccm_wire_reject msg;

	if (event->type != CCM_SEV_REJECTED)
		return;
	if (event->status == CCM_CM_CONSUMER &&
	    !ccm_wire_get_reject(event->data, event->len, &msg))
		note_rejection(&partner->heard, msg.code);
	else
		WRITE_ONCE(partner->heard.at_us, 0);
}

/* What a connection has come to */
static void note_end(struct ccm_partner *partner, const struct ccm_endpoint *ep)
{
	if (ep->error)
		partner->last_error = ep->error;
	WRITE_ONCE(partner->attempt_error, ep->error);
	if (ep->active && partner->event.type != CCM_SEV_REJECTED)
		WRITE_ONCE(partner->heard.at_us, 0);
}

static void log_reject(struct ccm_partner *partner, u32 code)
{
	struct ccm_node *node = partner->node;

	partner->counters.rejected++;
	note_rejection(&partner->said, code);
	if (code < CCM_REJECT_COUNT)
		atomic64_inc(&node->rejected[code]);
	trace_ccm_reject(partner->id, code);
	/* part of every second handshake, or of every dump, and no fault of anybody */
	if (code == CCM_REJECT_CROSSED || code == CCM_REJECT_STALE ||
	    code == CCM_REJECT_DUMPING)
		return;
	if (__ratelimit(&node->reject_log))
		pr_warn("partner %u: connect request rejected: %s\n", partner->id,
			ccm_reject_name(code));
}

/* Two machines have the partner's node id: both are named. */
static void log_clash(struct ccm_partner *partner, const struct ccm_conn *other)
{
	const struct ccm_conn *kept = ccm_path_conn(used_path(partner), partner->session.conn.id);

	partner->counters.clashes++;
	if (kept && __ratelimit(&partner->node->reject_log))
		pr_warn("partner %u: two machines have this node id: %pISc, which answers and is kept, and %pISc, which is sent away; give one of them another (node=)\n",
			partner->id, &kept->endpoint.cm_id->route.addr.dst_addr,
			&other->endpoint.cm_id->route.addr.dst_addr);
}

/* The partner told its secret to nobody but this node, or so it should be. */
static void log_false_word(struct ccm_partner *partner)
{
	partner->counters.words_false++;
	if (__ratelimit(&partner->node->false_log))
		pr_warn("partner %u: it lives, and somebody has sent its last word: not believed\n",
			partner->id);
}

/*
 * The session is READY: each side has told the other its secret. A word goes the way that the
 * session goes: between its addresses, by its interface, to the partner's port number.
 */
static void arm_word(struct ccm_partner *partner)
{
	const struct ccm_session_conn *c = &partner->session.conn;
	const struct ccm_conn *conn = ccm_path_conn(used_path(partner), c->id);
	u16 port = partner->node->config.rdma_port;
	struct ccm_last_word_session session = {
		.conn = c->id,
		.incarnation = partner->node->incarnation,
		.peer_incarnation = c->incarnation,
	};
	const struct rdma_addr *addr;

	if (!conn)
		return;
	addr = &conn->endpoint.cm_id->route.addr;
	memcpy(session.secret, c->secret, sizeof(session.secret));
	memcpy(session.peer_secret, c->hello.secret, sizeof(session.peer_secret));
	session.envelope.from = addr->src_addr;
	session.envelope.to = addr->dst_addr;
	if (session.envelope.to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&session.envelope.to)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&session.envelope.to)->sin_port = htons(port);
	session.envelope.port = port;
	session.envelope.ifindex = addr->dev_addr.bound_dev_if;
	ccm_last_word_arm(&partner->word, &session);
	memzero_explicit(&session, sizeof(session));
}

/*
 * What fencing rests on (design: "fencing promise"). In this order, or a late write of the
 * old incarnation could land behind DOWN:
 *
 * No heartbeat is posted any more. The goodbye goes out in front of the ports' end, so that
 * the partner's clients hear why the session has ended, not of ports that were lost. The
 * ports' queue pairs go into the error state and are drained, then the session's own: from
 * here on nothing that the partner sends is taken, and no completion is looked at. Then what it
 * could reach is deregistered: the links' memory, and the session's. Each of these does nothing
 * where there is nothing: a connection that never had a queue pair goes the same way.
 *
 * Fenced is not freed. The queue pairs, in the error state, reach nothing; what a driver takes to
 * free them, and ids and pages with them, is the reaper's time and nobody else's: whoever is to
 * hear DOWN hears it when this returns, and the next connection may begin.
 *
 * Bounded by CCM_FLUSH_MAX_MS + 2 * CCM_DRAIN_MS and what deregistering takes.
 */
static void close_conn(struct ccm_partner *partner, struct ccm_path *path,
		       struct ccm_conn *conn, bool flush)
{
	ccm_heartbeat_stop(&path->heartbeat, conn);
	ccm_conn_disconnect(conn, flush);
	ccm_links_fence(&partner->links, conn);
	ccm_conn_drain(conn);
	ccm_links_finish(&partner->links, conn);
	ccm_conn_deregister(conn);
	list_del(&conn->entry);
	ccm_conn_reap(conn);
}

static void note_last(struct ccm_partner *partner, const struct ccm_endpoint *ep)
{
	struct ccm_last_way *last = &partner->last;

	last->from = ep->cm_id->route.addr.src_addr;
	last->device[0] = '\0';
	if (ep->device)
		strscpy(last->device, dev_name(&ep->device->ib->dev), sizeof(last->device));
}

static void act_connect(struct ccm_partner *partner, const struct ccm_session_action *a)
{
	int ret;

	partner->counters.attempts++;
	if (partner->event.type == CCM_SEV_TIMER)
		partner->counters.retried++;
	ccm_addresses_first(&partner->addresses, &used_path(partner)->address);
	ret = ccm_path_connect(used_path(partner), a);
	if (!ret)
		return;
	/*
	 * No connection came to be that could carry the failure to the core, which
	 * waits for one: it has its timer. Out of memory is no hurry.
	 */
	partner->last_error = ret;
	trace_ccm_cm_event(partner->id, a->conn, RDMA_CM_EVENT_CONNECT_ERROR, ret);
}

/* If it cannot be proven, the partner says so. */
static void prove(struct ccm_partner *partner, struct ccm_session_action *a)
{
	struct ccm_session *s = &partner->session;
	int ret = ccm_prover_prove(&partner->prover, s, ccm_session_conn_of(s, a->conn), a->data,
				   a->len);

	if (ret)
		partner->last_error = ret;
}

/* The hello that this event has brought */
static void verify(struct ccm_partner *partner, const struct ccm_session_action *a)
{
	struct ccm_conn *conn = ccm_path_conn(used_path(partner), a->conn);
	const struct ccm_session_event *event = &partner->event;
	struct ccm_session *s = &partner->session;
	const struct ccm_session_conn *c = ccm_session_conn_of(s, a->conn);

	/* and the key of its ports, while the pre-shared one is certainly there */
	partner->verified = a->conn;
	partner->verified_right = conn && ccm_prover_verify(&partner->prover, s, c, event->data,
							    event->len) &&
				  !ccm_prover_port_key(&partner->prover, s, c, &conn->port_key);
	if (!partner->verified_right) {
		partner->counters.proofs_wrong++;
		WRITE_ONCE(partner->proof_wrong_us, ccm_now_us());
	}
	ccm_inbox_note(&partner->inbox, CCM_INBOX_VERIFIED);
}

static void act_on_conn(struct ccm_partner *partner, const struct ccm_session_action *a)
{
	struct ccm_path *path = used_path(partner);
	struct ccm_conn *conn = ccm_path_conn(path, a->conn);

	/*
	 * A connect that failed for want of memory leaves no connection, and the core
	 * closes it in good faith. Nothing else can be missing.
	 */
	if (!conn)
		return;

	switch (a->type) {
	case CCM_ACT_REJECT:
		log_reject(partner, a->what);
		list_del(&conn->entry);
		ccm_conn_reject(conn, a->data, a->len);
		break;
	case CCM_ACT_CLOSE:
		note_end(partner, &conn->endpoint);
		note_last(partner, &conn->endpoint);
		close_conn(partner, path, conn, a->flush);
		break;
	case CCM_ACT_CLASH:
		log_clash(partner, conn);
		break;
	case CCM_ACT_WORD_FALSE:
		log_false_word(partner);
		break;
	case CCM_ACT_ACCEPT:
		partner->counters.accepted++;
		fallthrough;
	default:
		ccm_path_act(path, conn, &partner->session, a, &partner->event);
		break;
	}
}

static void act(struct ccm_partner *partner, struct ccm_session_action *a)
{
	trace_ccm_action(partner->id, a);
	switch (a->type) {
	case CCM_ACT_CONNECT:
		act_connect(partner, a);
		break;
	case CCM_ACT_TIMER:
		arm_timer(partner, a->at_us);
		break;
	case CCM_ACT_STATE:
		announce(partner, a->state, a->reason, a->what);
		break;
	case CCM_ACT_READY:
		/* clients are told of their links, by CCM_LINK_ACT_READY */
		arm_word(partner);
		break;
	case CCM_ACT_DOWN:
		ccm_last_word_disarm(&partner->word);
		partner->counters.lost++;
		ccm_links_tell_down(&partner->links, a->reason);
		break;
	case CCM_ACT_CLIENTS:
		ccm_inbox_note(&partner->inbox, CCM_INBOX_CLIENTS);
		break;
	case CCM_ACT_VERIFY:
		verify(partner, a);
		break;
	case CCM_ACT_PROVE:
		prove(partner, a);
		act_on_conn(partner, a);
		break;
	default:
		act_on_conn(partner, a);
		break;
	}
}

static void partner_work(struct work_struct *work)
{
	struct ccm_partner *partner = container_of(work, struct ccm_partner, inbox.work);
	struct ccm_link_action action;
	unsigned int flags;
	u32 i;

	/*
	 * Clients are storage: memory that is freed by writing it out may wait for one of
	 * them, which waits to hear DOWN from here.
	 */
	flags = memalloc_noio_save();
	/* pairs with ccm_partner_end() */
	while (!READ_ONCE(partner->ended) && next_event(partner)) {
		trace_ccm_step(partner->id, partner->session.state, &partner->event);
		partner->counters.steps++;
		hear_rejection(partner);
		ccm_session_step(&partner->session, ccm_now_us(), &partner->event,
				 &partner->actions);
		for (i = 0; i < partner->actions.count; i++)
			act(partner, &partner->actions.list[i]);
		ccm_links_set_key(&partner->links, &partner->prover);
		while (ccm_links_next(&partner->session.links, &action))
			ccm_links_act(&partner->links, &action);
		if (partner->event.type == CCM_SEV_RING &&
		    partner->event.status == CCM_RING_STAGE)
			look_large(partner, partner->event.conn);
		if (partner->event.type == CCM_SEV_CLIENTS)
			partner->leaving = ccm_registry_let_go(partner->registry, partner->id);
		log_state(partner);
		cond_resched();
	}
	/* The last work request of a link that was closed may have ended: that is no event. */
	if (partner->leaving && !READ_ONCE(partner->ended))
		partner->leaving = ccm_registry_let_go(partner->registry, partner->id);
	/*
	 * Soft-RoCE sends from a softirq, and posting from a work item only raises it: run
	 * it now, or it waits for ksoftirqd behind whatever else wants this CPU.
	 */
	local_bh_disable();
	local_bh_enable();
	memalloc_noio_restore(flags);
}

/**
 * ccm_partner_create() - a partner that does nothing yet
 * @node: this node
 * @registry: its clients
 * @config: id and addresses
 *
 * CCM_INBOX_START makes it begin.
 *
 * Return: the partner, or an ERR_PTR()
 */
struct ccm_partner *ccm_partner_create(struct ccm_node *node, struct ccm_registry *registry,
				       const struct ccm_partner_config *config)
{
	struct ccm_session_config session = {
		.node = node->config.node,
		.partner = config->id,
		.cluster = node->config.cluster_id,
		.incarnation = node->incarnation,
		.version_min = CCM_VERSION_MIN,
		.version_max = CCM_VERSION_MAX,
		.detect_ms = node->config.detect_ms,
		.auth = node->config.auth,
		.capabilities = 0,
		.machine = node->machine,
	};
	struct ccm_partner *partner;
	int ret;
	u32 i;

	partner = (struct ccm_partner *)kvzalloc(sizeof(*partner), GFP_KERNEL);
	if (!partner)
		return (struct ccm_partner *)ERR_PTR(-ENOMEM);
	partner->inbox.wq = alloc_ordered_workqueue("ccm-%u", WQ_HIGHPRI | WQ_MEM_RECLAIM,
						    config->id);
	if (!partner->inbox.wq || ccm_addresses_begin(&partner->addresses, config)) {
		if (partner->inbox.wq)
			destroy_workqueue(partner->inbox.wq);
		kvfree(partner);
		return (struct ccm_partner *)ERR_PTR(-ENOMEM);
	}
	ret = ccm_prover_create(&partner->prover, node->config.cluster, node->config.auth);
	if (ret) {
		pr_err("partner %u: no HMAC-SHA256 (error %d): the kernel's modules hmac and sha256 are needed for auth=psk\n",
		       config->id, ret);
		ccm_addresses_end(&partner->addresses);
		destroy_workqueue(partner->inbox.wq);
		kvfree(partner);
		return (struct ccm_partner *)ERR_PTR(ret);
	}
	INIT_WORK(&partner->inbox.work, partner_work);
	partner->node = node;
	partner->registry = registry;
	partner->id = config->id;
	refcount_set(&partner->users, 1);
	init_completion(&partner->unused);
	ccm_paired_init(&partner->paired, partner->id, &partner->inbox);
	partner->last.to = config->paths[0].to;
	ccm_state_log_begin(&partner->log, partner->id);
	spin_lock_init(&partner->lock);
	INIT_LIST_HEAD(&partner->requests);
	partner->next_request = 1;
	hrtimer_setup(&partner->timer, timer_fired, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	strscpy(session.name, node->name, sizeof(session.name));
	ccm_session_init(&partner->session, &session);
	for (i = 0; i < CCM_PATHS_MAX; i++)
		ccm_path_init(&partner->paths[i], node, partner->id, &partner->inbox,
			      &config->paths[i]);
	ccm_links_begin(&partner->links, node, partner->id, &partner->inbox, &partner->session,
			used_path(partner));
	ccm_last_word_init(&partner->word, &node->last_words, partner->id, &partner->inbox);
	/* for who looks before the work item has run */
	fill_record(partner, &partner->view.record);
	partner->view.refresh = refresh;
	ccm_view_add(&node->events, &partner->view, false);
	return partner;
}

/**
 * ccm_partner_get() - look at a partner for a moment
 * @partner: found under RCU
 *
 * Any context.
 *
 * Return: false: it is going
 */
bool ccm_partner_get(struct ccm_partner *partner)
{
	return refcount_inc_not_zero(&partner->users);
}

/**
 * ccm_partner_put() - done with it
 * @partner: after ccm_partner_get()
 *
 * Any context.
 */
void ccm_partner_put(struct ccm_partner *partner)
{
	if (refcount_dec_and_test(&partner->users))
		complete(&partner->unused);
}

/* One change of addresses, on the stack of who makes it */
struct set_addresses {
	struct work_struct work;
	struct completion done;
	struct ccm_partner *partner;
	struct ccm_addresses addresses;		/* the new ones; then the old ones */
	int ret;
};

/*
 * Between two runs of the work item, so that connections stand still. What goes to an address that
 * stays, goes on, and no session is ended by this. An attempt that leads nowhere fails now instead
 * of at its deadline, and the next one begins.
 */
static int set_addresses(struct ccm_partner *partner, struct ccm_addresses *addresses)
{
	struct ccm_path *path = used_path(partner);
	const struct ccm_session *s = &partner->session;
	struct ccm_conn *conn = ccm_path_conn(path, s->conn.id);
	struct ccm_address first;

	if (s->state > CCM_STATE_CONNECTING && conn && !goes_to(partner, conn, addresses))
		return -EBUSY;
	ccm_addresses_swap(&partner->addresses, addresses);
	WRITE_ONCE(partner->elsewhere_us, 0);
	ccm_addresses_first(&partner->addresses, &first);
	partner->last.to = first.to;
	list_for_each_entry(conn, &path->conns, entry)
		if (!goes_to(partner, conn, &partner->addresses))
			ccm_endpoint_failed(&conn->endpoint, -ECONNABORTED);
	show(partner);
	ccm_inbox_tell(&partner->inbox, CCM_INBOX_PATH_UP);
	return 0;
}

static void set_work(struct work_struct *work)
{
	struct set_addresses *set = container_of(work, struct set_addresses, work);

	set->ret = set_addresses(set->partner, &set->addresses);
	complete(&set->done);
}

/**
 * ccm_partner_set_addresses() - it is elsewhere, or there as well
 * @partner: created; ccm_cluster.changing is held
 * @config: all addresses that it has from now on; checked
 *
 * May sleep, at most CCM_SET_MS and what one event takes: somebody may keep the work item busy.
 *
 * Return: 0; -EBUSY: there is a session, by way of an address that is not among them; -ETIMEDOUT,
 * -ENOMEM. Then nothing has changed
 */
int ccm_partner_set_addresses(struct ccm_partner *partner,
			      const struct ccm_partner_config *config)
{
	struct set_addresses set = { .partner = partner };
	int ret = ccm_addresses_begin(&set.addresses, config);

	if (ret)
		return ret;
	init_completion(&set.done);
	INIT_WORK_ONSTACK(&set.work, set_work);
	queue_work(partner->inbox.wq, &set.work);
	if (!wait_for_completion_timeout(&set.done, msecs_to_jiffies(CCM_SET_MS)) &&
	    cancel_work_sync(&set.work))
		set.ret = -ETIMEDOUT;
	/* it has come to its end, and has not only said so */
	flush_work(&set.work);
	destroy_work_on_stack(&set.work);
	ccm_addresses_end(&set.addresses);
	return set.ret;
}

/**
 * ccm_partner_stop() - end its session, and begin no other
 * @partner: created
 * @reason: enum ccm_reason: ADMIN
 *
 * May sleep. Goodbye, fence, DOWN, as at unload. Its work item stays, and refuses who asks.
 *
 * Bounded by what close_conn() is bounded by.
 */
void ccm_partner_stop(struct ccm_partner *partner, u32 reason)
{
	WRITE_ONCE(partner->stop_reason, reason);
	ccm_inbox_tell(&partner->inbox, CCM_INBOX_STOP);
	flush_workqueue(partner->inbox.wq);
}

/* What has come for one that is stopped goes the way of what came before. */
static void close_rest(struct ccm_partner *partner)
{
	struct ccm_path *path = used_path(partner);
	struct ccm_conn *conn;
	struct ccm_conn *next;

	list_splice_init(&partner->requests, &path->conns);
	list_for_each_entry_safe(conn, next, &path->conns, entry)
		close_conn(partner, path, conn, false);
	ccm_links_forget(&partner->links);
}

/**
 * ccm_partner_end() - wait until nobody has anything of it
 * @partner: stopped; nobody finds it any more
 *
 * May sleep. In this order:
 *
 * Who has found it is waited for: he looks for a moment, or READs its page, which has ended with
 * the session. Then its last word goes, for which RCU is waited for, and the RTNL, which a word
 * that is just being made takes: behind this nobody tells it who goes through all partners, or
 * all words, nor does the timer.
 *
 * Transports still tell it, and clients, of links that have ended. The work item looks at
 * nothing of that: @ended is seen by the next run, and the last one that has not seen it is
 * waited for. What requests there are is closed here, and when an endpoint is with the reaper it
 * tells nobody. So from here on nobody but this touches its connections, links and pairings.
 *
 * Clients go last: each hears DOWN, is asked to let go of its memory, and then frees the pairing.
 * They still queue the work item (which does nothing) until the last pairing is freed.
 *
 * Bounded by close_conn(), by who holds the RTNL, and by what the clients' callbacks take, which
 * is theirs. None of it is done with a lock for which another partner's work item, a device that
 * goes, or a shutdown waits.
 */
void ccm_partner_end(struct ccm_partner *partner)
{
	ccm_partner_put(partner);
	wait_for_completion(&partner->unused);
	ccm_last_word_end(&partner->word);
	hrtimer_cancel(&partner->timer);
	/* pairs with partner_work() */
	WRITE_ONCE(partner->ended, true);
	flush_workqueue(partner->inbox.wq);
	close_rest(partner);
	ccm_links_end(&partner->links);
	ccm_registry_unpair(partner->registry, &partner->paired);
	ccm_paired_end(&partner->paired);
}

/**
 * ccm_partner_destroy() - free a partner
 * @partner: ended
 * @announce: readers are told that it is not configured any more
 *
 * May sleep.
 */
void ccm_partner_destroy(struct ccm_partner *partner, bool announce)
{
	struct ccm_record last = {
		.size = sizeof(last),
		.type = CCM_RECORD_REMOVED,
		.node = partner->id,
	};

	destroy_workqueue(partner->inbox.wq);
	ccm_prover_destroy(&partner->prover);
	ccm_view_remove(&partner->node->events, &partner->view, announce ? &last : NULL);
	ccm_state_log_end(&partner->log);
	ccm_addresses_end(&partner->addresses);
	kvfree(partner);
}
