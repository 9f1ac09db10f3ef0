// SPDX-License-Identifier: GPL-2.0-only
/* The ping-pong client: pings, echoes, and rounds of them. */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../common/buffer.h"
#include "../common/bytes.h"
#include "../common/violation.h"
#include "pingpong.h"

#define MAGIC		0x676e6f70U	/* "pong" */
#define CLOSE_WAIT_MS	5000U

static void done(struct ccm_op *op, int status)
{
	struct pingpong_out *out = (struct pingpong_out *)op->context;
	struct pingpong_link *link = out->link;

	spin_lock_bh(&link->lock);
	if (!out->busy || !link->link)
		violation("partner %u: a completion that belongs to nothing", link->partner);
	out->busy = false;
	link->in_flight--;
	if (status)
		link->errors++;
	wake_up_all(&link->wait);
	spin_unlock_bh(&link->lock);
}

static void out_init(struct pingpong_link *link, struct pingpong_out *out)
{
	out->link = link;
	ccm_op_init(&out->op, done, out);
}

/**
 * pingpong_play_init() - a new link
 * @link: zeroed
 */
void pingpong_play_init(struct pingpong_link *link)
{
	u32 i;
	u32 k;

	for (i = 0; i < PINGPONG_PORTS_MAX; i++) {
		out_init(link, &link->port[i].ping);
		for (k = 0; k < PINGPONG_ECHOES; k++)
			out_init(link, &link->port[i].echoes[k]);
	}
}

static void close_all(struct pingpong_link *link)
{
	u32 i;
	u32 k;

	for (i = 0; i < PINGPONG_PORTS_MAX; i++) {
		buffer_destroy(&link->port[i].ping.buffer);
		for (k = 0; k < PINGPONG_ECHOES; k++)
			buffer_destroy(&link->port[i].echoes[k].buffer);
	}
}

/**
 * pingpong_play_open() - the link is up
 * @link: down
 * @ccm: in ready()
 *
 * Return: 0 or the errno with which a buffer could not be had
 */
int pingpong_play_open(struct pingpong_link *link, struct ccm_link *ccm)
{
	u32 ports = min(ccm_link_ports(ccm), PINGPONG_PORTS_MAX);
	int ret = 0;
	u32 i;
	u32 k;

	if (link->link)
		violation("partner %u: ready() twice", link->partner);
	for (i = 0; i < ports && !ret; i++) {
		ret = buffer_create(&link->port[i].ping.buffer, ccm, PINGPONG_SLOT,
				    DMA_TO_DEVICE);
		for (k = 0; k < PINGPONG_ECHOES && !ret; k++)
			ret = buffer_create(&link->port[i].echoes[k].buffer, ccm, PINGPONG_SLOT,
					    DMA_TO_DEVICE);
	}
	if (ret) {
		close_all(link);
		return ret;
	}
	spin_lock_bh(&link->lock);
	link->ports = ports;
	link->link = ccm;
	spin_unlock_bh(&link->lock);
	return 0;
}

/**
 * pingpong_play_close() - the link goes
 * @link: up; in down()
 *
 * Pings and echoes are posted under the lock: what is posted here has been by now.
 */
void pingpong_play_close(struct pingpong_link *link)
{
	u32 in_flight;
	u32 i;

	spin_lock_bh(&link->lock);
	in_flight = link->in_flight;
	spin_unlock_bh(&link->lock);
	if (in_flight)
		violation("partner %u: down() with %u operations in flight", link->partner,
			  in_flight);
	in_flight = !wait_event_timeout(link->wait, !READ_ONCE(link->in_flight),
					msecs_to_jiffies(CLOSE_WAIT_MS));
	spin_lock_bh(&link->lock);
	link->link = NULL;
	for (i = 0; i < PINGPONG_PORTS_MAX; i++)
		link->port[i].waiting = false;
	wake_up_all(&link->wait);
	spin_unlock_bh(&link->lock);
	if (in_flight)
		violation("partner %u: its operations never complete, their memory is leaked",
			  link->partner);
	else
		close_all(link);
}

/* Under the link's lock. What @out's buffer holds goes out, on a port. */
static int post(struct pingpong_link *link, u32 port, enum pingpong_way way,
		struct pingpong_out *out, const struct pingpong_head *head)
{
	struct ccm_port *to = ccm_link_port(link->link, port);
	u64 offset = (2 * port + head->echo) * PINGPONG_SLOT;
	u32 word = head->round << 1 | head->echo;
	int ret;

	out->busy = true;
	link->in_flight++;
	if (way == PINGPONG_SEND)
		ret = ccm_send(to, &out->op, &out->buffer, 0, head->len);
	else
		ret = ccm_write_ring(to, &out->op, &out->buffer, 0, head->len, offset, word);
	if (!ret)
		return 0;
	out->busy = false;
	link->in_flight--;
	link->refused++;
	if (ret != -ENOTCONN)
		violation("partner %u, port %u: an operation is refused: error %d",
			  link->partner, port, ret);
	return ret;
}

static void echo(struct pingpong_link *link, u32 port, enum pingpong_way way, const u8 *data,
		 struct pingpong_head *head)
{
	struct pingpong_port *p = &link->port[port];
	struct pingpong_out *out = NULL;
	u32 i;

	for (i = 0; i < PINGPONG_ECHOES && !out; i++)
		if (!p->echoes[i].busy)
			out = &p->echoes[i];
	if (!out) {
		link->busy++;
		return;
	}
	memcpy(out->buffer.data, data, head->len);
	head->echo = 1;
	memcpy(out->buffer.data, head, sizeof(*head));
	if (!post(link, port, way, out, head))
		p->echoed++;
}

static void take_echo(struct pingpong_link *link, u32 port, enum pingpong_way way,
		      const struct pingpong_head *head)
{
	struct pingpong_port *p = &link->port[port];

	/* That of a round that was given up */
	if (!p->waiting || (int)(head->round - p->round) < 0)
		return;
	if (head->round != p->round || head->seed != p->seed || head->len != p->len ||
	    way != p->way) {
		violation("partner %u, port %u: the echo of round %u came in round %u, %u bytes",
			  link->partner, port, head->round, p->round, head->len);
		return;
	}
	p->waiting = false;
	p->back_ns = ktime_get_ns();
	p->pongs++;
	wake_up_all(&link->wait);
}

/**
 * pingpong_take() - a ping or an echo has come
 * @link: any
 * @port: index
 * @way: how
 * @data: it, and nobody changes it any more
 * @len: of it
 *
 * Context: softirq.
 */
void pingpong_take(struct pingpong_link *link, u32 port, enum pingpong_way way,
		   const u8 *data, u32 len)
{
	struct pingpong_head head;

	if (len < sizeof(head) || len > PINGPONG_SLOT || port >= PINGPONG_PORTS_MAX)
		goto wrong;
	memcpy(&head, data, sizeof(head));
	if (head.magic != MAGIC || head.echo > 1 || head.len != len ||
	    pattern_wrong(data + sizeof(head), 0, len - sizeof(head), head.seed) !=
		    len - sizeof(head))
		goto wrong;
	spin_lock_bh(&link->lock);
	if (!link->link)
		violation("partner %u, port %u: something comes after down()", link->partner,
			  port);
	else if (head.echo)
		take_echo(link, port, way, &head);
	else
		echo(link, port, way, data, &head);
	spin_unlock_bh(&link->lock);
	return;

wrong:
	violation("partner %u, port %u: %u bytes that nobody sent", link->partner, port, len);
}

/**
 * pingpong_take_ring() - the same, written into the region
 * @link: any
 * @port: port
 * @word: round and kind
 *
 * Context: softirq, one at a time for a port.
 */
void pingpong_take_ring(struct pingpong_link *link, struct ccm_port *port, u32 word)
{
	u32 index = ccm_port_index(port);
	u64 offset = (2 * index + (word & 1)) * PINGPONG_SLOT;
	struct pingpong_head head;
	u8 *region;
	u64 size;
	u8 *copy;

	region = (u8 *)ccm_link_region(ccm_port_link(port), &size);
	if (!region || offset + PINGPONG_SLOT > size) {
		violation("partner %u, port %u: a ring, and no region", link->partner, index);
		return;
	}
	ccm_link_region_sync(ccm_port_link(port), offset, PINGPONG_SLOT, true);
	memcpy(&head, region + offset, sizeof(head));
	/* the echo of a round that was given up, and the slot is used again */
	if (head.round << 1 != (word & ~1U))
		return;
	copy = (u8 *)kmemdup(region + offset, min(head.len, PINGPONG_SLOT), GFP_ATOMIC);
	if (!copy) {
		spin_lock_bh(&link->lock);
		link->busy++;
		spin_unlock_bh(&link->lock);
		return;
	}
	pingpong_take(link, index, PINGPONG_WRITE, copy, min(head.len, PINGPONG_SLOT));
	kfree(copy);
}

/*
 * Rounds
 */

static int serve(struct pingpong_link *link, u32 port, enum pingpong_way way)
{
	u32 room = way == PINGPONG_SEND ? CCM_PORT_MESSAGE_MAX : PINGPONG_SLOT;
	struct pingpong_port *p = &link->port[port];
	struct pingpong_head head = { .magic = MAGIC };
	int ret = -ENOTCONN;
	u8 *data;

	head.seed = get_random_u64();
	head.len = (u32)sizeof(head) + (u32)(head.seed >> 40) % (room - (u32)sizeof(head) + 1);
	spin_lock_bh(&link->lock);
	if (link->link && p->ping.busy) {
		ret = -EBUSY;
	} else if (link->link) {
		head.round = ++p->round & 0x7fffffff;
		p->round = head.round;
		p->seed = head.seed;
		p->len = head.len;
		p->way = way;
		p->waiting = true;
		data = (u8 *)p->ping.buffer.data;
		memcpy(data, &head, sizeof(head));
		pattern_fill(data + sizeof(head), 0, head.len - sizeof(head), head.seed);
		ret = post(link, port, way, &p->ping, &head);
		p->pings += !ret;
		p->waiting = !ret;
	}
	spin_unlock_bh(&link->lock);
	return ret;
}

static bool all_back(struct pingpong_link *link, u32 first, u32 count)
{
	bool back = true;
	u32 i;

	spin_lock_bh(&link->lock);
	for (i = first; i < first + count; i++)
		back = back && !link->port[i].waiting && !link->port[i].ping.busy;
	back = back || !link->link;
	spin_unlock_bh(&link->lock);
	return back;
}

/* One round on each of these ports, at the same time */
static int play_round(struct pingpong_link *link, enum pingpong_way way, u32 first, u32 count,
		      u32 timeout_ms, struct pingpong_result *result)
{
	u64 start = ktime_get_ns();
	int ret = 0;
	u64 ns;
	u32 i;

	for (i = first; i < first + count && !ret; i++)
		ret = serve(link, i, way);
	if (!wait_event_timeout(link->wait, all_back(link, first, count),
				msecs_to_jiffies(timeout_ms)))
		return -ETIMEDOUT;
	if (ret || !READ_ONCE(link->link))
		return ret ? ret : -ENOTCONN;
	for (i = first; i < first + count; i++) {
		ns = link->port[i].back_ns - start;
		result->min_ns = result->rounds ? min(result->min_ns, ns) : ns;
		result->max_ns = max(result->max_ns, ns);
		result->sum_ns += ns;
		result->rounds++;
	}
	return 0;
}

/**
 * pingpong_run() - play
 * @link: any
 * @rounds: how many
 * @way: messages or WRITEs
 * @first: port
 * @count: how many ports
 * @timeout_ms: for a round
 * @result: filled: rounds of each port
 *
 * Context: process, one at a time.
 *
 * Return: 0; -ENOTCONN: it is down, or went down; -ETIMEDOUT: an echo is missing;
 * -EINTR: a signal; another errno of an operation
 */
int pingpong_run(struct pingpong_link *link, u32 rounds, enum pingpong_way way, u32 first,
		 u32 count, u32 timeout_ms, struct pingpong_result *result)
{
	int ret = 0;
	u32 i;

	memset(result, 0, sizeof(*result));
	for (i = 0; i < rounds && !ret; i++) {
		ret = play_round(link, way, first, count, timeout_ms, result);
		if (!ret && signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}
