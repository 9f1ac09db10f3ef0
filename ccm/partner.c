// SPDX-License-Identifier: GPL-2.0-only
/*
 * A partner at run time: gathers what has happened, lets the core decide, carries out
 * what it decides.
 *
 * All of it happens in one work item on the partner's own ordered work queue. Events
 * are bits, so that telling one never needs memory and never fails; what goes with a
 * bit is stored before it is set. Bits of one connection are stepped in the order of
 * the protocol (enum ccm_conn_bit), which is the order in which they can be true.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ccm.h"
#include "core/names.h"
#include "link.h"
#include "rdma/rdma.h"
#include "trace.h"

/**
 * ccm_partner_kick() - something happened to a partner
 * @partner: partner
 * @bit: what
 *
 * Any context.
 */
void ccm_partner_kick(struct ccm_partner *partner, enum ccm_partner_bit bit)
{
	/* what belongs to the bit is seen by whoever takes it: test_and_clear_bit() */
	smp_mb__before_atomic();
	set_bit((int)bit, &partner->pending);
	queue_work(partner->wq, &partner->work);
}

/**
 * ccm_partner_add_request() - hand over an incoming connection
 * @partner: partner
 * @conn: connection; on success the partner's work item owns it
 *
 * Process context.
 *
 * Return: false if too many wait already
 */
bool ccm_partner_add_request(struct ccm_partner *partner, struct ccm_conn *conn)
{
	bool room;

	spin_lock(&partner->lock);
	room = partner->request_count < CCM_REQUESTS_MAX;
	if (room) {
		conn->id = partner->next_request;
		partner->next_request += 2;
		partner->request_count++;
		list_add_tail(&conn->entry, &partner->requests);
	}
	spin_unlock(&partner->lock);
	if (room)
		queue_work(partner->wq, &partner->work);
	return room;
}

static struct ccm_conn *find_conn(struct ccm_partner *partner, u32 id)
{
	struct ccm_conn *conn;

	list_for_each_entry(conn, &partner->conns, entry)
		if (conn->id == id)
			return conn;
	return NULL;
}

/**
 * ccm_partner_conn() - the connection of the session
 * @partner: partner
 *
 * The partner's work item.
 *
 * Return: NULL if there is none
 */
struct ccm_conn *ccm_partner_conn(struct ccm_partner *partner)
{
	return find_conn(partner, partner->session.attempt.conn);
}

/*
 * Events
 */

static bool take_partner_bit(struct ccm_partner *partner, enum ccm_partner_bit bit)
{
	return test_and_clear_bit((int)bit, &partner->pending);
}

static void take_verdict(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_heartbeat *hb = &partner->heartbeat;

	spin_lock_bh(&hb->lock);
	event->conn = hb->conn ? hb->conn->id : 0;
	event->reason = hb->liveness.verdict;
	spin_unlock_bh(&hb->lock);
	trace_ccm_verdict(partner->id, event->reason);
}

static bool take_request(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_conn *conn;

	spin_lock(&partner->lock);
	conn = list_first_entry_or_null(&partner->requests, struct ccm_conn, entry);
	if (conn) {
		list_move_tail(&conn->entry, &partner->conns);
		partner->request_count--;
	}
	spin_unlock(&partner->lock);
	if (!conn)
		return false;
	event->type = CCM_SEV_REQUEST;
	event->conn = conn->id;
	event->len = conn->private_len;
	memcpy(partner->buffer, conn->private_data, conn->private_len);
	return true;
}

static void fill_message(struct ccm_partner *partner, struct ccm_conn *conn,
			 struct ccm_session_event *event)
{
	event->type = CCM_SEV_MESSAGE;
	event->len = conn->message_len;
	memcpy(partner->buffer, conn->message, conn->message_len);
}

/*
 * Data can arrive before the connection is reported as established: what says so was
 * lost or is late. On the accepting side the data is proof enough, as its queue pair can
 * send since the accept.
 *
 * This is not left to rdma_notify(): a partner that disconnects just then makes ib_cm
 * forget to cancel its own reply, and destroying the id waits for all the retries of
 * that, more than a minute.
 */
static bool established_by_data(const struct ccm_conn *conn)
{
	return !conn->connected && !conn->iwarp && (conn->id & 1);
}

static void fill_read(struct ccm_partner *partner, struct ccm_conn *conn, u32 what,
		      struct ccm_session_event *event)
{
	bool status = what == CCM_READ_STATUS;

	event->type = CCM_SEV_READ_DONE;
	event->status = what;
	event->len = status ? CCM_WIRE_STATUS_LEN : CCM_WIRE_ANSWER_LEN;
	ccm_qp_take_slot(conn, status ? CCM_SLOT_STATUS : CCM_SLOT_ANSWER,
			 partner->buffer, event->len);
}

static void fill_private(struct ccm_partner *partner, struct ccm_conn *conn, u32 type,
			 struct ccm_session_event *event)
{
	event->type = type;
	event->status = conn->status;
	event->len = conn->private_len;
	memcpy(partner->buffer, conn->private_data, conn->private_len);
}

/*
 * Make the event of one connection bit. False: nothing for the core.
 */
static bool fill_conn_event(struct ccm_partner *partner, struct ccm_conn *conn, u32 bit,
			    struct ccm_session_event *event)
{
	event->conn = conn->id;
	switch (bit) {
	case CCM_CONN_ROUTE:
		ccm_conn_route(conn);
		return false;
	case CCM_CONN_ESTABLISHED:
		fill_private(partner, conn, CCM_SEV_ESTABLISHED, event);
		event->iwarp = conn->iwarp;
		ccm_region_keys(conn, &event->keys);
		return true;
	case CCM_CONN_REJECTED:
		fill_private(partner, conn, CCM_SEV_REJECTED, event);
		return true;
	case CCM_CONN_FAILED:
		event->type = CCM_SEV_FAILED;
		event->status = conn->status;
		return true;
	case CCM_CONN_MESSAGE:
		if (established_by_data(conn)) {
			conn->connected = true;
			set_bit(CCM_CONN_MESSAGE, &conn->pending);
			return fill_conn_event(partner, conn, CCM_CONN_ESTABLISHED, event);
		}
		fill_message(partner, conn, event);
		return true;
	case CCM_CONN_READ_STATUS:
		fill_read(partner, conn, CCM_READ_STATUS, event);
		return true;
	case CCM_CONN_READ_ANSWER:
		fill_read(partner, conn, CCM_READ_ANSWER, event);
		return true;
	case CCM_CONN_DISCONNECTED:
		event->type = CCM_SEV_DISCONNECTED;
		return true;
	case CCM_CONN_ERROR:
		event->type = CCM_SEV_ERROR;
		return true;
	case CCM_CONN_MALFORMED:
		/* no such ring: the core ends the session for it */
		event->type = CCM_SEV_RING;
		event->status = 0;
		return true;
	case CCM_CONN_DEVICE_GONE:
		event->type = CCM_SEV_DEVICE_GONE;
		return true;
	default:
		event->type = CCM_SEV_RING;
		event->status = bit - CCM_CONN_RING;
		event->len = ccm_region_mail(conn, event->status, partner->buffer,
					     sizeof(partner->buffer));
		return true;
	}
}

static bool take_conn_event(struct ccm_partner *partner, struct ccm_session_event *event)
{
	struct ccm_conn *conn;
	unsigned long bit;

again:
	list_for_each_entry(conn, &partner->conns, entry) {
		bit = find_first_bit(&conn->pending, CCM_CONN_BITS);
		if (bit >= CCM_CONN_BITS)
			continue;
		clear_bit((int)bit, &conn->pending);
		/* pairs with the barrier in ccm_conn_set(): what belongs to the bit is there */
		smp_mb__after_atomic();
		if (fill_conn_event(partner, conn, (u32)bit, event))
			return true;
		goto again;
	}
	return false;
}

static void mark_gone_conns(struct ccm_partner *partner)
{
	struct ccm_conn *conn;

	list_for_each_entry(conn, &partner->conns, entry)
		if (conn->device && conn->device->gone)
			set_bit(CCM_CONN_DEVICE_GONE, &conn->pending);
}

/* The next thing that happened, the most decisive first. False: nothing. */
static bool next_event(struct ccm_partner *partner)
{
	struct ccm_session_event *event = &partner->event;

	memset(event, 0, sizeof(*event));
	event->data = partner->buffer;
	event->random = get_random_u64();

	if (take_partner_bit(partner, CCM_PARTNER_DEVICE))
		mark_gone_conns(partner);
	if (take_partner_bit(partner, CCM_PARTNER_STAGE)) {
		ccm_events_partner(partner);
		ccm_clients_status(partner);
	}

	/* START in front of STOP: it comes once, and what it began must be stopped. */
	if (take_partner_bit(partner, CCM_PARTNER_START)) {
		event->type = CCM_SEV_START;
	} else if (take_partner_bit(partner, CCM_PARTNER_STOP)) {
		event->type = CCM_SEV_STOP;
		event->reason = READ_ONCE(partner->stop_reason);
	} else if (take_partner_bit(partner, CCM_PARTNER_VERDICT)) {
		event->type = CCM_SEV_VERDICT;
		take_verdict(partner, event);
	} else if (take_conn_event(partner, event)) {
		/* filled */
	} else if (take_partner_bit(partner, CCM_PARTNER_CLIENTS)) {
		event->type = CCM_SEV_CLIENTS;
		ccm_clients_catalog(partner, &partner->catalog);
		event->catalog = &partner->catalog;
	} else if (ccm_links_event(partner, event)) {
		/* filled */
	} else if (take_request(partner, event)) {
		/* filled */
	} else if (take_partner_bit(partner, CCM_PARTNER_TIMER)) {
		event->type = CCM_SEV_TIMER;
	} else if (take_partner_bit(partner, CCM_PARTNER_PATH_UP)) {
		event->type = CCM_SEV_PATH_UP;
	} else {
		return false;
	}
	return true;
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

	ccm_partner_kick(partner, CCM_PARTNER_TIMER);
	return HRTIMER_NORESTART;
}

/* A link's close takes too long: see finish_close(). */
static void close_late(struct timer_list *timer)
{
	struct ccm_partner *partner = container_of(timer, struct ccm_partner, close_timer);

	ccm_partner_kick(partner, CCM_PARTNER_LINKS);
}

/* Behind all that the step did: with a serial console a line takes milliseconds. */
static void log_state(struct ccm_partner *partner)
{
	if (!partner->log_due)
		return;
	partner->log_due = false;
	if (partner->log_state == CCM_STATE_READY)
		pr_info("partner %u: READY (version %u, incarnation %016llx)\n", partner->id,
			partner->session.version, partner->session.peer_incarnation);
	else
		pr_info("partner %u: DOWN (%s)\n", partner->id,
			ccm_reason_text(partner->log_reason));
}

static void announce(struct ccm_partner *partner, u32 state, u32 reason)
{
	/* One step may pass several states, and readers see each: not the core's last one. */
	partner->shown_state = state;
	partner->shown_reason = reason;
	if (state == CCM_STATE_DOWN)
		WRITE_ONCE(partner->last_reason, reason);
	trace_ccm_state(partner->id, state, reason);
	if (state == CCM_STATE_READY) {
		partner->counters.sessions++;
		partner->counters.ready_ns = ktime_get_ns();
		partner->last_error = 0;
	}
	ccm_events_partner(partner);
	ccm_clients_status(partner);
	if (state != CCM_STATE_READY && state != CCM_STATE_DOWN)
		return;
	log_state(partner);	/* of the same step: none is left out */
	partner->log_due = true;
	partner->log_state = state;
	partner->log_reason = reason;
}

static void log_reject(struct ccm_partner *partner, u32 code)
{
	struct ccm_node *node = partner->node;

	partner->counters.rejected++;
	if (code < CCM_REJECT_COUNT)
		atomic64_inc(&node->rejected[code]);
	trace_ccm_reject(partner->id, code);
	/* part of every second handshake, and no fault of anybody */
	if (code == CCM_REJECT_CROSSED || code == CCM_REJECT_STALE)
		return;
	if (__ratelimit(&node->reject_log))
		pr_warn("partner %u: connect request rejected: %s\n", partner->id,
			ccm_reject_name(code));
}

/* An action on a connection that failed at once: the queue pair is as good as broken. */
static void posted(struct ccm_conn *conn, int ret)
{
	if (!ret)
		return;
	conn->error = ret;
	set_bit(CCM_CONN_ERROR, &conn->pending);
}

static void act_connect(struct ccm_partner *partner, const struct ccm_session_action *a)
{
	int ret;

	partner->counters.attempts++;
	if (partner->event.type == CCM_SEV_TIMER)
		partner->counters.retried++;
	ret = ccm_conn_connect(partner, a->conn, a->data, a->len);
	if (!ret)
		return;
	/*
	 * No connection came to be that could carry the failure to the core, which
	 * waits for one: it has its timer. Out of memory is no hurry.
	 */
	partner->last_error = ret;
	trace_ccm_cm_event(partner->id, a->conn, RDMA_CM_EVENT_CONNECT_ERROR, ret);
}

static void act_on_conn(struct ccm_partner *partner, const struct ccm_session_action *a)
{
	struct ccm_conn *conn = find_conn(partner, a->conn);
	int ret;

	/*
	 * A connect that failed for want of memory leaves no connection, and the core
	 * closes it in good faith. Nothing else can be missing.
	 */
	if (!conn)
		return;

	switch (a->type) {
	case CCM_ACT_ACCEPT:
		partner->counters.accepted++;
		ccm_conn_accept(conn, a->data, a->len);
		break;
	case CCM_ACT_REJECT:
		log_reject(partner, a->what);
		ccm_conn_reject(conn, a->data, a->len);
		break;
	case CCM_ACT_CLOSE:
		if (conn->error)
			partner->last_error = conn->error;
		ccm_conn_close(conn, a->flush);
		break;
	case CCM_ACT_SEND:
		posted(conn, ccm_qp_send_keys(conn, a->data, a->len));
		break;
	case CCM_ACT_READ:
		ret = ccm_qp_read(conn, a->what == CCM_READ_STATUS ? CCM_SLOT_STATUS :
				  CCM_SLOT_ANSWER, a->addr, a->key, a->read_len);
		posted(conn, ret);
		break;
	case CCM_ACT_WRITE:
		ret = ccm_qp_write(conn, a->addr, a->key, a->data, a->len, a->what);
		posted(conn, ret);
		break;
	case CCM_ACT_MAIL:
		ret = ccm_qp_mail(conn, a->addr, a->key, &partner->session, a->what);
		posted(conn, ret);
		break;
	case CCM_ACT_RING:
		posted(conn, ccm_qp_ring(conn, a->what));
		break;
	case CCM_ACT_ANSWER:
		ccm_region_answer(conn, a->data, a->len);
		posted(conn, ccm_qp_ring(conn, a->what));
		break;
	case CCM_ACT_WATCH:
		/* the event is that of R1 */
		ccm_heartbeat_start(&partner->heartbeat, conn, a->addr, a->key,
				    partner->session.peer_incarnation, partner->event.data,
				    partner->event.len);
		break;
	default:
		break;
	}
}

static void act(struct ccm_partner *partner, const struct ccm_session_action *a)
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
		announce(partner, a->state, a->reason);
		break;
	case CCM_ACT_READY:
		/* clients are told of their links, by CCM_LINK_ACT_READY */
		break;
	case CCM_ACT_DOWN:
		partner->counters.lost++;
		ccm_links_tell_down(partner, a->reason);
		break;
	case CCM_ACT_CLIENTS:
		set_bit(CCM_PARTNER_CLIENTS, &partner->pending);
		break;
	default:
		act_on_conn(partner, a);
		break;
	}
}

/* Ports may ask to be connected while the session can have links. */
static void set_port_nonce(struct ccm_partner *partner)
{
	const struct ccm_session *s = &partner->session;
	u64 nonce = s->state >= CCM_STATE_OPENING ? s->nonce : 0;

	if (nonce == partner->port_nonce)
		return;
	spin_lock(&partner->lock);
	partner->port_nonce = nonce;
	spin_unlock(&partner->lock);
	/* those of a session that has ended */
	ccm_links_forget(partner);
}

static void partner_work(struct work_struct *work)
{
	struct ccm_partner *partner = container_of(work, struct ccm_partner, work);
	struct ccm_link_action action;
	unsigned int flags;
	u32 i;

	/*
	 * Clients are storage: memory that is freed by writing it out may wait for one of
	 * them, which waits to hear DOWN from here.
	 */
	flags = memalloc_noio_save();
	while (next_event(partner)) {
		trace_ccm_step(partner->id, partner->session.state, &partner->event);
		partner->counters.steps++;
		ccm_session_step(&partner->session, ccm_now_us(), &partner->event,
				 &partner->actions);
		for (i = 0; i < partner->actions.count; i++)
			act(partner, &partner->actions.list[i]);
		set_port_nonce(partner);
		while (ccm_links_next(&partner->session.links, &action))
			ccm_link_act(partner, &action);
		if (partner->event.type == CCM_SEV_CLIENTS)
			partner->leaving = ccm_clients_let_go(partner);
		log_state(partner);
	}
	/* The last work request of a link that was closed may have ended: that is no event. */
	if (partner->leaving)
		partner->leaving = ccm_clients_let_go(partner);
	/*
	 * Soft-RoCE sends from a softirq, and posting from a work item only raises it: run
	 * it now, or it waits for ksoftirqd behind whatever else wants this CPU.
	 */
	local_bh_disable();
	local_bh_enable();
	memalloc_noio_restore(flags);
}

/**
 * ccm_partner_fill_counters() - what goes on changing without being announced
 * @partner: partner
 * @record: a CCM_RECORD_PARTNER
 *
 * Any process context: each figure is the work item's last, by itself.
 */
void ccm_partner_fill_counters(struct ccm_partner *partner, struct ccm_record *record)
{
	const struct ccm_partner_counters *c = &partner->counters;

	record->sessions = READ_ONCE(c->sessions);
	record->attempts = READ_ONCE(c->attempts) + READ_ONCE(c->accepted);
	record->rejected = READ_ONCE(c->rejected);
	record->error = READ_ONCE(partner->last_error);
	ccm_heartbeat_fill_view(&partner->heartbeat, record);
}

/**
 * ccm_partner_fill_view() - what readers of the character device see of a partner
 * @partner: partner
 * @record: filled but for its number and time
 *
 * Called by the partner's work item only, and before that has ever run.
 */
void ccm_partner_fill_view(struct ccm_partner *partner, struct ccm_record *record)
{
	const struct ccm_session *s = &partner->session;
	const struct sockaddr *addr = (const struct sockaddr *)&partner->paths[0].address;
	struct ccm_conn *conn = find_conn(partner, s->attempt.conn);

	record->size = sizeof(*record);
	record->type = CCM_RECORD_PARTNER;
	record->node = partner->id;
	record->state = (u8)partner->shown_state;
	record->reason = (u8)partner->shown_reason;
	record->version = partner->shown_state >= CCM_STATE_NEGOTIATING ? s->version : 0;
	record->incarnation = s->peer_incarnation;
	record->detect_ms = partner->node->config.detect_ms;
	record->port = partner->node->config.rdma_port;
	record->transport = 0;
	if (conn && conn->device)
		record->transport = conn->iwarp ? 2 : 1;
	record->family = addr->sa_family;
	memset(record->address, 0, sizeof(record->address));
	if (addr->sa_family == AF_INET6)
		memcpy(record->address, &((const struct sockaddr_in6 *)addr)->sin6_addr, 16);
	else
		memcpy(record->address, &((const struct sockaddr_in *)addr)->sin_addr, 4);
	memcpy(record->name, s->peer_hello.name, sizeof(record->name));
	record->name[sizeof(record->name) - 1] = '\0';

	ccm_partner_fill_counters(partner, record);
}

/**
 * ccm_partner_fill_status() - what clients see of a partner
 * @partner: partner
 * @status: filled
 *
 * Any process context.
 */
void ccm_partner_fill_status(struct ccm_partner *partner, struct ccm_partner_status *status)
{
	struct ccm_events *events = &partner->node->events;
	struct ccm_record record;

	spin_lock(&events->lock);
	record = partner->view;
	spin_unlock(&events->lock);
	ccm_heartbeat_fill_view(&partner->heartbeat, &record);
	memset(status, 0, sizeof(*status));
	status->node = partner->id;
	status->state = record.state;
	status->reason = record.state == CCM_STATE_DOWN ? record.reason :
						     READ_ONCE(partner->last_reason);
	status->stage = record.stage;
	status->incarnation = record.incarnation;
	status->counter = record.counter;
	status->silent_ms = (u32)min_t(u64, div_u64(record.silent_us, USEC_PER_MSEC), U32_MAX);
	status->paths = partner->path_count;
	status->paths_up = record.state > CCM_STATE_CONNECTING;
}

/**
 * ccm_partner_create() - a partner that does nothing yet
 * @node: node
 * @index: in ccm_node.partners
 * @config: id and addresses
 *
 * CCM_PARTNER_START makes it begin.
 *
 * Return: the partner, or an ERR_PTR()
 */
struct ccm_partner *ccm_partner_create(struct ccm_node *node, u32 index,
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
	};
	struct ccm_partner *partner;
	u32 i;

	partner = (struct ccm_partner *)kvzalloc(sizeof(*partner), GFP_KERNEL);
	if (!partner)
		return (struct ccm_partner *)ERR_PTR(-ENOMEM);
	partner->wq = alloc_ordered_workqueue("ccm-%u", WQ_HIGHPRI | WQ_MEM_RECLAIM,
					      config->id);
	if (!partner->wq) {
		kvfree(partner);
		return (struct ccm_partner *)ERR_PTR(-ENOMEM);
	}
	partner->node = node;
	partner->index = index;
	partner->id = config->id;
	partner->path_count = config->path_count;
	for (i = 0; i < config->path_count; i++) {
		partner->paths[i].partner = partner;
		partner->paths[i].address = config->paths[i];
	}
	INIT_WORK(&partner->work, partner_work);
	spin_lock_init(&partner->lock);
	INIT_LIST_HEAD(&partner->requests);
	INIT_LIST_HEAD(&partner->port_requests);
	INIT_LIST_HEAD(&partner->conns);
	INIT_LIST_HEAD(&partner->peers);
	INIT_LIST_HEAD(&partner->links);
	INIT_LIST_HEAD(&partner->fenced);
	partner->next_request = 1;
	hrtimer_init(&partner->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	partner->timer.function = timer_fired;
	timer_setup(&partner->close_timer, close_late, 0);
	ccm_heartbeat_init(partner);
	strscpy(session.name, node->name, sizeof(session.name));
	ccm_session_init(&partner->session, &session);
	/* for who looks before the work item has run */
	ccm_partner_fill_view(partner, &partner->view);
	partner->view.time_ns = ktime_get_ns();
	return partner;
}

/**
 * ccm_partner_destroy() - free a partner
 * @partner: stopped (CCM_PARTNER_STOP was stepped); nobody can kick it any more
 *
 * Bounded: its work item ends by itself, and closing a connection is bounded.
 */
void ccm_partner_destroy(struct ccm_partner *partner)
{
	struct ccm_conn *conn;
	struct ccm_conn *next;

	flush_workqueue(partner->wq);
	hrtimer_cancel(&partner->timer);
	del_timer_sync(&partner->close_timer);
	destroy_workqueue(partner->wq);
	/* the core closed what it knew; requests that came later go the same way */
	list_splice_init(&partner->requests, &partner->conns);
	list_for_each_entry_safe(conn, next, &partner->conns, entry)
		ccm_conn_close(conn, false);
	ccm_links_forget(partner);
	kvfree(partner);
}
