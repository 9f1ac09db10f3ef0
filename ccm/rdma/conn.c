// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of sessions. The partner's work item makes one, posts on it and ends it, in
 * three steps that its owner orders (disconnect, drain, free): between them stands what
 * else could reach memory.
 */
#include "../log.h"

#include <linux/jiffies.h>
#include <linux/slab.h>

#include "conn.h"
#include "device.h"

static struct ccm_conn *conn_of(struct ccm_endpoint *ep)
{
	return container_of(ep, struct ccm_conn, endpoint);
}

static void unmap(struct ccm_endpoint *ep)
{
	ccm_mailbox_free(&conn_of(ep)->mailbox);
}

static void release(struct ccm_endpoint *ep)
{
	kfree(conn_of(ep));
}

static const struct ccm_endpoint_kind conn_kind = {
	.bit = CCM_INBOX_CONN,
	.detect_factor = 1,
	.rnr_retries = 6,
	.send_wr = CCM_MAIL_SEND_WR,
	.recv_wr = CCM_RECV_WR,
	.iwarp_sge = 1,
	.iwarp_inline = 0,
	.unmap = unmap,
	.release = release,
};

static struct ccm_conn *conn_create(const struct ccm_endpoint_config *config)
{
	/* also in RDMA CM's handler, for which memory must not wait that waits for a client */
	struct ccm_conn *conn = (struct ccm_conn *)kzalloc(sizeof(*conn), GFP_NOIO);

	BUILD_BUG_ON(offsetof(struct ccm_conn, endpoint) != 0);
	if (!conn)
		return NULL;
	INIT_LIST_HEAD(&conn->entry);
	ccm_endpoint_init(&conn->endpoint, &conn_kind, config);
	ccm_mail_init(&conn->mail, &conn->endpoint, &conn->mailbox);
	return conn;
}

/**
 * ccm_conn_open() - a connection that is going to be made from here
 * @config: whose
 * @id: the core's name for it
 * @data: private data of the request, kept
 * @len: of @data
 *
 * Return: the connection, to be resolved by ccm_endpoint_resolve(), or an ERR_PTR()
 */
struct ccm_conn *ccm_conn_open(const struct ccm_endpoint_config *config, u32 id,
			       const u8 *data, u32 len)
{
	struct ccm_conn *conn = conn_create(config);
	int ret;

	if (!conn)
		return (struct ccm_conn *)ERR_PTR(-ENOMEM);
	conn->endpoint.id = id;
	ret = ccm_endpoint_open(&conn->endpoint, data, len);
	if (ret) {
		kfree(conn);
		return (struct ccm_conn *)ERR_PTR(ret);
	}
	return conn;
}

/**
 * ccm_conn_adopt() - a connection from a request that came in
 * @in: request
 * @config: whose
 *
 * Return: the connection, or NULL
 */
struct ccm_conn *ccm_conn_adopt(const struct ccm_incoming *in,
				const struct ccm_endpoint_config *config)
{
	struct ccm_conn *conn = conn_create(config);

	if (conn)
		ccm_endpoint_adopt(&conn->endpoint, in);
	return conn;
}

/**
 * ccm_conn_disown() - nobody wants the request after all
 * @conn: adopted, freed; the listener's request() returns false, so that its id goes, too
 */
void ccm_conn_disown(struct ccm_conn *conn)
{
	kfree(conn);
}

/* All that a connection needs before it can be asked for, or accepted */
static int make_qp(struct ccm_conn *conn)
{
	struct ccm_endpoint *ep = &conn->endpoint;
	int ret;

	ret = ccm_endpoint_bind(ep, NULL);
	if (!ret)
		ret = ccm_mailbox_create(&conn->mailbox, ep);
	if (!ret)
		ret = ccm_endpoint_create_qp(ep, &conn->mail);
	if (!ret)
		ret = ccm_mail_post_receives(&conn->mail);
	return ret;
}

/**
 * ccm_conn_route() - the route is known: make the queue pair and send the request
 * @conn: open, resolved
 *
 * What becomes of it, also of an error at once, is told by bits.
 */
void ccm_conn_route(struct ccm_conn *conn)
{
	int ret = make_qp(conn);

	if (!ret)
		ret = ccm_endpoint_connect(&conn->endpoint);
	if (ret)
		ccm_endpoint_failed(&conn->endpoint, ret);
}

/**
 * ccm_conn_accept() - accept the request
 * @conn: adopted
 * @data: private data for the partner
 * @len: of @data
 *
 * What becomes of it, also of an error at once, is told by bits.
 */
void ccm_conn_accept(struct ccm_conn *conn, const u8 *data, u32 len)
{
	int ret = make_qp(conn);

	if (!ret)
		ret = ccm_endpoint_accept(&conn->endpoint, data, len);
	if (ret)
		ccm_endpoint_failed(&conn->endpoint, ret);
}

/**
 * ccm_conn_reject() - reject the request
 * @conn: adopted, without a queue pair; freed
 * @data: private data for the partner
 * @len: of @data
 */
void ccm_conn_reject(struct ccm_conn *conn, const u8 *data, u32 len)
{
	ccm_endpoint_reject(&conn->endpoint, data, len);
	ccm_conn_reap(conn);
}

/*
 * Ending
 */

static bool flushed(const struct ccm_conn *conn)
{
	const struct ccm_endpoint *ep = &conn->endpoint;

	if (test_bit(CCM_ENDPOINT_ERROR, &ep->pending))
		return true;
	return !READ_ONCE(conn->mail.tx_busy) &&
	       (!ep->iwarp || test_bit(CCM_MAIL_READ_STATUS, &ep->pending));
}

/**
 * ccm_conn_disconnect() - tell the partner that it is over
 * @conn: connection, in any state
 * @flush: first wait until the partner has had what was posted, at most CCM_FLUSH_MAX_MS; on
 *	iWARP a READ is the last of it
 *
 * It never waits for the partner's answer.
 */
void ccm_conn_disconnect(struct ccm_conn *conn, bool flush)
{
	struct ccm_endpoint *ep = &conn->endpoint;
	u32 ms = ccm_schedule_flush_ms(ccm_endpoint_repeat_ms(ep));

	if (flush && READ_ONCE(ep->connected) && ep->qp)
		wait_event_timeout(conn->mail.tx_wait, flushed(conn), msecs_to_jiffies(ms));
	ccm_endpoint_disconnect(ep);
}

/**
 * ccm_conn_drain() - end what goes through the session's queue pair
 * @conn: connection, in any state; nobody posts on it any more
 *
 * When it returns, the queue pair is in the error state and nothing comes back from it any
 * more; what was posted has completed, unless the device would not give it back within
 * CCM_DRAIN_MS.
 */
void ccm_conn_drain(struct ccm_conn *conn)
{
	struct ccm_drain drain;

	ccm_drain_begin(&drain);
	ccm_drain_add(&drain, &conn->endpoint);
	ccm_drain_wait(&drain);
	if (!ccm_endpoint_drained(&conn->endpoint))
		pr_warn_ratelimited("partner %u: the queue pair did not drain within %u ms; what is left on it is given up\n",
				    conn->endpoint.config.partner, CCM_DRAIN_MS);
	ccm_endpoint_fence(&conn->endpoint);
}

/**
 * ccm_conn_deregister() - end every access that the partner has to the session's memory
 * @conn: drained, or without a queue pair
 *
 * Return: 0; a negative errno: not all of it, and the device is in quarantine
 */
int ccm_conn_deregister(struct ccm_conn *conn)
{
	int ret = ccm_mailbox_deregister(&conn->mailbox);

	if (ret)
		ccm_device_quarantine(conn->endpoint.device, "ib_dereg_mr", ret);
	return ret;
}

/**
 * ccm_conn_reap() - leave the rest to the reaper: queue pair, id, pages and the connection
 * @conn: deregistered, or without a queue pair; in no list; its inbox may go
 */
void ccm_conn_reap(struct ccm_conn *conn)
{
	ccm_endpoint_reap(&conn->endpoint);
}
