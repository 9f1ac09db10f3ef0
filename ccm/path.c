// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths: makes events of what has happened to a partner's connections, and carries out
 * what is wanted of one. The partner's work item calls all of it.
 *
 * What of a connection is looked at next, is decided by core/schedule.h.
 */
#include <linux/in6.h>
#include <linux/string.h>

#include "address.h"
#include "node.h"
#include "path.h"
#include "rdma/conn.h"
#include "rdma/device.h"
#include "rdma/way.h"
#include "trace.h"

/**
 * ccm_path_init() - a way that nobody goes yet
 * @path: zeroed
 * @node: this node
 * @partner: node id of the partner
 * @inbox: the partner's
 * @address: of the partner
 */
void ccm_path_init(struct ccm_path *path, struct ccm_node *node, u32 partner,
		   struct ccm_inbox *inbox, const struct ccm_address *address)
{
	path->endpoint.inbox = inbox;
	path->endpoint.devices = &node->devices;
	path->endpoint.partner = partner;
	path->endpoint.detect_ms = node->config.detect_ms;
	path->address = *address;
	INIT_LIST_HEAD(&path->conns);
	ccm_heartbeat_init(&path->heartbeat, inbox, node->heartbeat_wq, node->config.detect_ms);
}

/**
 * ccm_path_conn() - a connection by the core's name of it
 * @path: path
 * @id: name
 *
 * Return: NULL if there is none
 */
struct ccm_conn *ccm_path_conn(const struct ccm_path *path, u32 id)
{
	struct ccm_conn *conn;

	list_for_each_entry(conn, &path->conns, entry)
		if (conn->endpoint.id == id)
			return conn;
	return NULL;
}

/* An action that failed at once: the queue pair is as good as broken. */
static void posted(struct ccm_conn *conn, int ret)
{
	if (!ret)
		return;
	conn->endpoint.error = ret;
	set_bit(CCM_ENDPOINT_ERROR, &conn->endpoint.pending);
}

/**
 * ccm_path_ring_stage() - this node's stage has changed: the partner is to read its page
 * @path: path
 * @conn: one of its connections, whose keys are exchanged
 */
void ccm_path_ring_stage(struct ccm_path *path, struct ccm_conn *conn)
{
	posted(conn, ccm_mail_ring_stage(&conn->mail));
}

/*
 * Events
 */

/**
 * ccm_path_take_request() - an incoming connection
 * @path: path
 * @conn: its connection from now on; in no list
 * @event: filled
 * @buffer: for its data
 */
void ccm_path_take_request(struct ccm_path *path, struct ccm_conn *conn,
			   struct ccm_session_event *event, u8 *buffer)
{
	list_add_tail(&conn->entry, &path->conns);
	event->type = CCM_SEV_REQUEST;
	event->conn = conn->endpoint.id;
	event->len = conn->endpoint.private_len;
	memcpy(buffer, conn->endpoint.private_data, event->len);
}

static void fill_message(struct ccm_conn *conn, struct ccm_session_event *event, u8 *buffer)
{
	event->type = CCM_SEV_MESSAGE;
	event->len = conn->mail.message_len;
	memcpy(buffer, conn->mail.message, event->len);
}

/*
 * What arrives on it says that it is established. On the accepting side that is proof enough, as
 * its queue pair can send since the accept.
 *
 * This is not left to rdma_notify(): a partner that disconnects just then makes ib_cm
 * forget to cancel its own reply, and destroying the id waits for all the retries of
 * that, more than a minute.
 */
static bool unreported(const struct ccm_endpoint *ep)
{
	return !READ_ONCE(ep->connected) && !ep->iwarp && !ep->active;
}

static void fill_read(struct ccm_conn *conn, u32 what, struct ccm_session_event *event,
		      u8 *buffer)
{
	bool status = what == CCM_READ_STATUS;

	event->type = CCM_SEV_READ_DONE;
	event->status = what;
	event->len = status ? CCM_WIRE_STATUS_LEN : CCM_WIRE_ANSWER_LEN;
	ccm_mailbox_take_slot(&conn->mailbox, status ? CCM_SLOT_STATUS : CCM_SLOT_ANSWER, buffer,
			      event->len);
}

static void fill_private(const struct ccm_endpoint *ep, u32 type,
			 struct ccm_session_event *event, u8 *buffer)
{
	event->type = type;
	event->status = ep->status;
	event->len = ep->private_len;
	memcpy(buffer, ep->private_data, ep->private_len);
}

/*
 * Make the event of one bit. False: nothing for the core.
 */
static bool fill_event(struct ccm_path *path, struct ccm_conn *conn, u32 bit,
		       struct ccm_session_event *event, u8 *buffer, u32 room)
{
	struct ccm_endpoint *ep = &conn->endpoint;

	event->conn = ep->id;
	switch (bit) {
	case CCM_ENDPOINT_ROUTE:
		ccm_conn_route(conn);
		return false;
	case CCM_ENDPOINT_ESTABLISHED:
		WRITE_ONCE(ep->connected, true);
		fill_private(ep, CCM_SEV_ESTABLISHED, event, buffer);
		event->iwarp = ep->iwarp;
		ccm_mailbox_keys(&conn->mailbox, &event->keys);
		ccm_way_mtu(ep->cm_id, &event->mtu, &event->path_mtu);
		return true;
	case CCM_ENDPOINT_REJECTED:
		fill_private(ep, CCM_SEV_REJECTED, event, buffer);
		return true;
	case CCM_ENDPOINT_FAILED:
		event->type = CCM_SEV_FAILED;
		event->status = ep->status;
		return true;
	case CCM_MAIL_MESSAGE:
		fill_message(conn, event, buffer);
		return true;
	case CCM_MAIL_READ_STATUS:
		fill_read(conn, CCM_READ_STATUS, event, buffer);
		return true;
	case CCM_MAIL_READ_ANSWER:
		fill_read(conn, CCM_READ_ANSWER, event, buffer);
		return true;
	case CCM_MAIL_RING_STAGE:
		ccm_path_ring_stage(path, conn);
		return false;
	case CCM_ENDPOINT_DISCONNECTED:
		event->type = CCM_SEV_DISCONNECTED;
		return true;
	case CCM_ENDPOINT_ERROR:
		event->type = CCM_SEV_ERROR;
		return true;
	case CCM_ENDPOINT_MALFORMED:
		/* no such ring: the core ends the session for it */
		event->type = CCM_SEV_RING;
		event->status = 0;
		return true;
	case CCM_ENDPOINT_DEVICE_GONE:
		event->type = CCM_SEV_DEVICE_GONE;
		return true;
	case (u32)CCM_MAIL_RING + CCM_RING_STAGE:
		ccm_heartbeat_look(&path->heartbeat, conn);
		fallthrough;
	default:
		event->type = CCM_SEV_RING;
		event->status = bit - CCM_MAIL_RING;
		event->len = ccm_mailbox_take(&conn->mailbox, event->status, buffer, room);
		return true;
	}
}

/**
 * ccm_path_event() - the next thing that happened to a connection
 * @path: path
 * @event: filled
 * @buffer: for its data
 * @room: bytes in it
 *
 * Return: false: nothing for the core
 */
bool ccm_path_event(struct ccm_path *path, struct ccm_session_event *event, u8 *buffer,
		    u32 room)
{
	struct ccm_endpoint *ep;
	struct ccm_conn *conn;
	u32 bit;

again:
	list_for_each_entry(conn, &path->conns, entry) {
		ep = &conn->endpoint;
		bit = ccm_schedule_conn((u32)READ_ONCE(ep->pending), unreported(ep));
		if (bit >= CCM_ENDPOINT_BITS)
			continue;
		clear_bit((int)bit, &ep->pending);
		/* pairs with ccm_endpoint_tell(): what belongs to the bit is there */
		smp_mb__after_atomic();
		if (fill_event(path, conn, bit, event, buffer, room))
			return true;
		goto again;
	}
	return false;
}

/**
 * ccm_path_verdict() - liveness says that the partner is gone
 * @path: path
 * @event: filled
 */
void ccm_path_verdict(struct ccm_path *path, struct ccm_session_event *event)
{
	event->type = CCM_SEV_VERDICT;
	event->reason = ccm_heartbeat_verdict(&path->heartbeat, &event->conn);
}

/**
 * ccm_path_device_gone() - a device is being removed: which connections use it?
 * @path: path
 */
void ccm_path_device_gone(struct ccm_path *path)
{
	struct ccm_conn *conn;

	list_for_each_entry(conn, &path->conns, entry)
		if (conn->endpoint.device && conn->endpoint.device->gone)
			set_bit(CCM_ENDPOINT_DEVICE_GONE, &conn->endpoint.pending);
}

/*
 * Actions
 */

/**
 * ccm_path_connect() - begin to connect
 * @path: path
 * @a: CCM_ACT_CONNECT
 *
 * What becomes of it is told by events; the core's timer bounds it.
 *
 * Return: 0, or a negative errno and there is no such connection
 */
int ccm_path_connect(struct ccm_path *path, const struct ccm_session_action *a)
{
	struct sockaddr_storage to = path->address.to;
	int index = ccm_address_ifindex(&path->address);
	struct ccm_conn *conn = ccm_conn_open(&path->endpoint, a->conn, a->data, a->len);

	if (IS_ERR(conn))
		return (int)PTR_ERR(conn);
	list_add_tail(&conn->entry, &path->conns);
	if (*path->address.interface)
		((struct sockaddr_in6 *)&to)->sin6_scope_id = (u32)index;
	/* the cause is here, and RDMA CM would look for the neighbour first */
	if ((*path->address.interface && !index) || !ccm_devices_any(path->endpoint.devices))
		ccm_endpoint_failed(&conn->endpoint, -ENODEV);
	else
		ccm_endpoint_resolve(&conn->endpoint, &to);
	return 0;
}

static int write_mail(struct ccm_mail *mail, const struct ccm_session *s,
		      const struct ccm_session_action *a)
{
	u8 *buf = ccm_mail_begin(mail, a->what);
	u32 len = a->len;

	if (!buf)
		return -EBUSY;
	if (a->type == CCM_ACT_MAIL)
		len = ccm_session_put_mail(s, a->what, buf);
	else
		memcpy(buf, a->data, len);
	return ccm_mail_post(mail, a->what, len, a->addr, a->key);
}

/**
 * ccm_path_act() - carry out what is wanted of a connection
 * @path: path
 * @conn: one of its connections
 * @s: session, encodes large mails
 * @a: action, other than CONNECT, REJECT and CLOSE
 * @event: that it answers to: for CCM_ACT_WATCH that of R1, if it is
 */
void ccm_path_act(struct ccm_path *path, struct ccm_conn *conn, const struct ccm_session *s,
		  const struct ccm_session_action *a, const struct ccm_session_event *event)
{
	struct ccm_mail *mail = &conn->mail;
	bool page;

	BUILD_BUG_ON(CCM_ACTION_DATA_MAX > CCM_TX_SLOT_LEN);

	switch (a->type) {
	case CCM_ACT_ACCEPT:
		ccm_conn_accept(conn, a->data, a->len);
		break;
	case CCM_ACT_SEND:
		posted(conn, ccm_mail_send_keys(mail, a->data, a->len));
		break;
	case CCM_ACT_READ:
		posted(conn, ccm_mail_read(mail, a->what == CCM_READ_STATUS ? &mail->status :
					   &mail->answer, a->addr, a->key, a->read_len));
		break;
	case CCM_ACT_WRITE:
	case CCM_ACT_PROVE:
	case CCM_ACT_MAIL:
		posted(conn, write_mail(mail, s, a));
		break;
	case CCM_ACT_RING:
		posted(conn, ccm_mail_ring(mail, a->what));
		break;
	case CCM_ACT_ANSWER:
		ccm_mailbox_answer(&conn->mailbox, a->data, a->len);
		posted(conn, ccm_mail_ring(mail, a->what));
		break;
	case CCM_ACT_WATCH:
		page = event->type == CCM_SEV_READ_DONE && event->status == CCM_READ_STATUS &&
		       event->conn == a->conn;
		ccm_heartbeat_start(&path->heartbeat, conn, a->addr, a->key, s->conn.incarnation,
				    page ? event->data : NULL, event->len);
		break;
	case CCM_ACT_PROBE:
		ccm_heartbeat_probe(&path->heartbeat, conn);
		break;
	case CCM_ACT_AGAIN:
		set_bit(CCM_MAIL_RING + (int)a->what, &conn->endpoint.pending);
		break;
	default:
		break;
	}
}
