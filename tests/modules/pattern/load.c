// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load: each slot of a link has one operation in flight in its own area of the region
 * on the partner: WRITE a pattern (with a ring at times), READ it back, compare; messages
 * in between. Sizes go from 8 bytes to pattern_size, and a part of the ranges lies where
 * chunks may end.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../common/buffer.h"
#include "../common/violation.h"
#include "pattern.h"

#define CLOSE_WAIT_MS	5000U
#define RETRY_MS	20U

/* From a completion; the slot's operation is the client's again. */
static void done(struct ccm_op *op, int status)
{
	struct pattern_slot *slot = (struct pattern_slot *)op->context;
	struct pattern_link *link = slot->link;
	bool closed;

	spin_lock_bh(&link->slot_lock);
	closed = link->closed;
	if (slot->state != PATTERN_POSTED) {
		violation("%s, partner %u: an operation completed twice, or was none",
			  link->client->name, link->partner);
	} else {
		slot->state = PATTERN_DONE;
		slot->status = status;
		if (!--link->in_flight)
			wake_up(&link->idle);
	}
	if (closed)
		violation("%s, partner %u: a completion after down()", link->client->name,
			  link->partner);
	else
		queue_delayed_work(pattern_wq, &link->work,
				   msecs_to_jiffies(pattern_pace_ms));
	spin_unlock_bh(&link->slot_lock);
}

/*
 * The operation is in flight, or why not has been counted: the link is gone, and down()
 * follows; or the port is full, or memory is short.
 */
static void started(struct pattern_slot *slot, int ret)
{
	struct pattern_link *link = slot->link;

	if (!ret)
		return;
	spin_lock_bh(&link->slot_lock);
	slot->state = PATTERN_IDLE;
	link->in_flight--;
	spin_unlock_bh(&link->slot_lock);
	link->counts.refused++;
	if (ret == -EAGAIN || ret == -ENOMEM)
		queue_delayed_work(pattern_wq, &link->work, msecs_to_jiffies(RETRY_MS));
	else if (ret != -ENOTCONN)
		violation("%s, partner %u: an operation of %u bytes at %llu is refused: error %d",
			  link->client->name, link->partner, slot->len, slot->offset, ret);
}

/*
 * Before the call that starts it: it may complete before that returns. What was written is
 * read by any port, but for early WRITEs: only what follows those on the same port is sure to
 * come behind them.
 */
static struct ccm_port *begin(struct pattern_slot *slot, enum pattern_kind kind)
{
	struct pattern_link *link = slot->link;

	if (kind != PATTERN_READ || !pattern_early)
		slot->port = (u32)(pattern_random(&link->random) % link->ports);
	slot->kind = kind;
	slot->op.flags = pattern_early ? CCM_OP_EARLY : 0;
	spin_lock_bh(&link->slot_lock);
	slot->state = PATTERN_POSTED;
	link->in_flight++;
	spin_unlock_bh(&link->slot_lock);
	return ccm_link_port(link->link, slot->port);
}

static void start_read(struct pattern_slot *slot)
{
	memset(slot->buffer.data, 0xa5, slot->len);
	started(slot, ccm_read(begin(slot, PATTERN_READ), &slot->op, &slot->buffer, 0, slot->len,
			       slot->offset));
}

static u32 random_len(struct pattern_link *link)
{
	u64 random = pattern_random(&link->random);

	switch (random % 4) {
	case 0:
		return 8;
	case 1:
		return 8 + (u32)(random >> 8) % (min(pattern_size, 4096U) - 7);
	default:
		return 8 + (u32)(random >> 8) % (pattern_size - 7);
	}
}

/* Where chunks may end: on soft-RoCE, on siw, on other devices; and pages */
static const u32 borders[] = { 511 << 12, 255 << 12, 1 << 21, 1 << 20, 1 << 16, 1 << 12 };

/* A range of the slot's area; every other one across a border if there is one in it */
static void choose_range(struct pattern_slot *slot)
{
	struct pattern_link *link = slot->link;
	u64 random = pattern_random(&link->random);
	u32 step = borders[(random & 0xff) % ARRAY_SIZE(borders)];
	u64 end = slot->area + slot->area_len;
	u64 border = (div_u64(slot->area, step) + 1) * step;
	u64 more;

	slot->len = (u32)min_t(u64, random_len(link), slot->area_len);
	slot->offset = slot->area + (random >> 16) % (slot->area_len - slot->len + 1);
	if (!(random & 0x100) || border >= end)
		return;
	more = div_u64(end - border - 1, step);
	border += step * ((random >> 20) % (more + 1));
	if (border - slot->area >= slot->len / 2)
		slot->offset = min(border - slot->len / 2, end - slot->len);
}

static void start_write(struct pattern_slot *slot)
{
	struct pattern_link *link = slot->link;
	struct ccm_port *port;
	int ret;

	choose_range(slot);
	slot->seed = pattern_random(&link->random);
	pattern_fill((u8 *)slot->buffer.data, slot->offset, slot->len, slot->seed);
	port = begin(slot, PATTERN_WRITE);
	if (slot->seed % 4) {
		ret = ccm_write(port, &slot->op, &slot->buffer, 0, slot->len, slot->offset);
	} else {
		ret = ccm_write_ring(port, &slot->op, &slot->buffer, 0, slot->len, slot->offset,
				     link->ring_out[slot->port]);
		if (!ret) {
			link->ring_out[slot->port]++;
			link->counts.rings++;
		}
	}
	started(slot, ret);
}

static void start_send(struct pattern_slot *slot)
{
	struct pattern_link *link = slot->link;
	struct pattern_message head;
	struct ccm_port *port = begin(slot, PATTERN_SEND);
	u8 *data = (u8 *)slot->buffer.data;
	int ret;

	head.seed = pattern_random(&link->random);
	head.number = link->send_out[slot->port];
	head.len = (u32)sizeof(head) +
		   (u32)(head.seed % (CCM_PORT_MESSAGE_MAX - sizeof(head) + 1));
	memcpy(data, &head, sizeof(head));
	pattern_fill(data + sizeof(head), sizeof(head), head.len - sizeof(head), head.seed);
	slot->len = 0;		/* nothing of a range is in the buffer any more */
	ret = ccm_send(port, &slot->op, &slot->buffer, 0, head.len);
	if (!ret) {
		link->send_out[slot->port]++;
		link->counts.sends++;
	}
	started(slot, ret);
}

static void start_next(struct pattern_slot *slot)
{
	u64 random = pattern_random(&slot->link->random);

	if (!slot->area_len || random % 8 == 0)
		start_send(slot);
	else if (slot->len && random % 8 == 1)
		start_read(slot);	/* once more: it has lain there for a while */
	else
		start_write(slot);
}

/* What was read must be what was written last. */
static void check_read(struct pattern_slot *slot)
{
	struct pattern_link *link = slot->link;
	const u8 *data = (const u8 *)slot->buffer.data;
	size_t wrong = pattern_wrong(data, slot->offset, slot->len, slot->seed);

	link->counts.reads++;
	link->counts.bytes += slot->len;
	if (wrong == slot->len)
		link->counts.verified++;
	else
		violation("%s, partner %u, port %u: of %u bytes at %llu, byte %zu was read as %02x",
			  link->client->name, link->partner, slot->port, slot->len,
			  slot->offset, wrong, data[wrong]);
}

/* An operation has failed. What the device may still reach is left alone. */
static void count_error(struct pattern_slot *slot)
{
	struct pattern_counts *counts = &slot->link->counts;

	counts->errors++;
	counts->late += slot->status == -ETIMEDOUT;
	if (slot->status != -ENOTRECOVERABLE)
		return;
	counts->lost++;
	buffer_leave(&slot->buffer);
}

static void look_at(struct pattern_slot *slot)
{
	struct pattern_link *link = slot->link;

	slot->state = PATTERN_IDLE;
	if (slot->status) {
		count_error(slot);
		slot->len = 0;
		return;
	}
	if (slot->kind == PATTERN_READ) {
		check_read(slot);
	} else if (slot->kind == PATTERN_WRITE) {
		link->counts.writes++;
		link->counts.bytes += slot->len;
		start_read(slot);
	}
}

static void load_work(struct work_struct *work)
{
	struct pattern_link *link =
		container_of(to_delayed_work(work), struct pattern_link, work);
	struct pattern_slot *slot;
	bool finished;
	u32 i;

	mutex_lock(&link->lock);
	for (i = 0; i < pattern_depth && link->up && !link->closed; i++) {
		slot = &link->slots[i];
		if (!slot->buffer.data)
			continue;
		spin_lock_bh(&link->slot_lock);
		finished = slot->state == PATTERN_DONE;
		spin_unlock_bh(&link->slot_lock);
		if (finished)
			look_at(slot);
		if (READ_ONCE(link->client->load) && slot->state == PATTERN_IDLE &&
		    slot->buffer.data)
			start_next(slot);
		cond_resched();
	}
	mutex_unlock(&link->lock);
	wake_up_all(&link->idle);
}

/**
 * pattern_load_init() - slots and their memory
 * @link: new
 *
 * Return: 0 or -ENOMEM
 */
int pattern_load_init(struct pattern_link *link)
{
	u32 i;

	INIT_DELAYED_WORK(&link->work, load_work);
	link->slots = (struct pattern_slot *)kcalloc(pattern_depth, sizeof(*link->slots),
						     GFP_KERNEL);
	if (!link->slots)
		return -ENOMEM;
	for (i = 0; i < pattern_depth; i++) {
		link->slots[i].link = link;
		ccm_op_init(&link->slots[i].op, done, &link->slots[i]);
	}
	return 0;
}

/**
 * pattern_load_free() - undo it
 * @link: down
 */
void pattern_load_free(struct pattern_link *link)
{
	cancel_delayed_work_sync(&link->work);
	kfree(link->slots);
}

/**
 * pattern_load_open() - begin, now that the link is up
 * @link: under its lock, in ready()
 *
 * Return: 0; or the negative errno of the first slot that stays idle
 */
int pattern_load_open(struct pattern_link *link)
{
	u64 area_len = link->partner_size / pattern_depth;
	int ret = 0;
	u32 i;

	memset(link->ring_out, 0, sizeof(link->ring_out));
	memset(link->send_out, 0, sizeof(link->send_out));
	memset(link->ring_in, 0, sizeof(link->ring_in));
	memset(link->send_in, 0, sizeof(link->send_in));
	for (i = 0; i < pattern_depth && !ret; i++) {
		struct pattern_slot *slot = &link->slots[i];

		ret = buffer_create(&slot->buffer, link->link, pattern_size, DMA_BIDIRECTIONAL);
		slot->state = PATTERN_IDLE;
		slot->area = area_len * i;
		slot->area_len = area_len >= 8 ? area_len : 0;
		slot->len = 0;
	}
	spin_lock_bh(&link->slot_lock);
	link->closed = false;
	spin_unlock_bh(&link->slot_lock);
	pattern_load_kick(link);
	return ret;
}

/**
 * pattern_load_close() - end, before the link goes
 * @link: under its lock, in down()
 *
 * CCM has promised that every operation has completed. None of ours is being started,
 * since that is done under the link's lock.
 */
void pattern_load_close(struct pattern_link *link)
{
	u32 in_flight;
	u32 i;

	spin_lock_bh(&link->slot_lock);
	in_flight = link->in_flight;
	spin_unlock_bh(&link->slot_lock);
	if (in_flight)
		violation("%s, partner %u: down() with %u operations in flight",
			  link->client->name, link->partner, in_flight);
	in_flight = !wait_event_timeout(link->idle, !READ_ONCE(link->in_flight),
					msecs_to_jiffies(CLOSE_WAIT_MS));
	spin_lock_bh(&link->slot_lock);
	link->closed = true;
	for (i = 0; i < pattern_depth; i++)
		if (link->slots[i].state == PATTERN_DONE && link->slots[i].status)
			count_error(&link->slots[i]);
	spin_unlock_bh(&link->slot_lock);
	if (in_flight) {
		violation("%s, partner %u: its operations never complete, their memory is leaked",
			  link->client->name, link->partner);
		return;
	}
	for (i = 0; i < pattern_depth; i++) {
		link->slots[i].state = PATTERN_IDLE;
		buffer_destroy(&link->slots[i].buffer);
	}
}

/**
 * pattern_load_kick() - look whether there is something to start
 * @link: any
 */
void pattern_load_kick(struct pattern_link *link)
{
	queue_delayed_work(pattern_wq, &link->work, 0);
}

/**
 * pattern_load_forget() - what was written last is not read again
 * @link: idle
 */
void pattern_load_forget(struct pattern_link *link)
{
	u32 i;

	mutex_lock(&link->lock);
	for (i = 0; i < pattern_depth; i++)
		if (link->slots[i].state == PATTERN_IDLE)
			link->slots[i].len = 0;
	mutex_unlock(&link->lock);
}

/**
 * pattern_load_idle() - is nothing in flight, and nothing to be looked at?
 * @link: any
 */
bool pattern_load_idle(struct pattern_link *link)
{
	bool idle = true;
	u32 i;

	spin_lock_bh(&link->slot_lock);
	for (i = 0; i < pattern_depth; i++)
		idle = idle && link->slots[i].state == PATTERN_IDLE;
	spin_unlock_bh(&link->slot_lock);
	return idle;
}

static void check_order(struct pattern_link *link, const char *what, u32 *expected, u32 number)
{
	if (link->closed)
		violation("%s, partner %u: a %s before ready() or after down()",
			  link->client->name, link->partner, what);
	else if (number != *expected)
		violation("%s, partner %u: %s %u came, %u was expected", link->client->name,
			  link->partner, what, number, *expected);
	*expected = number + 1;
}

/**
 * pattern_take_ring() - the counterpart has written and rung
 * @link: any
 * @port: index
 * @word: number of the ring on that port
 *
 * Context: softirq; of one port one at a time.
 */
void pattern_take_ring(struct pattern_link *link, u32 port, u32 word)
{
	spin_lock_bh(&link->slot_lock);
	link->counts.rung++;
	if (port < PATTERN_PORTS_MAX)
		check_order(link, "ring", &link->ring_in[port], word);
	spin_unlock_bh(&link->slot_lock);
}

/**
 * pattern_take_message() - the counterpart has sent a message
 * @link: any
 * @port: index
 * @data: message
 * @len: of it
 *
 * Context: softirq; of one port one at a time.
 */
void pattern_take_message(struct pattern_link *link, u32 port, const u8 *data, u32 len)
{
	struct pattern_message head;

	spin_lock_bh(&link->slot_lock);
	link->counts.received++;
	spin_unlock_bh(&link->slot_lock);
	if (len < sizeof(head) || len > CCM_PORT_MESSAGE_MAX) {
		violation("%s, partner %u: a message of %u bytes", link->client->name,
			  link->partner, len);
		return;
	}
	memcpy(&head, data, sizeof(head));
	spin_lock_bh(&link->slot_lock);
	if (port < PATTERN_PORTS_MAX)
		check_order(link, "message", &link->send_in[port], head.number);
	spin_unlock_bh(&link->slot_lock);
	if (head.len != len ||
	    pattern_wrong(data + sizeof(head), sizeof(head), len - sizeof(head), head.seed) !=
		    len - sizeof(head))
		violation("%s, partner %u: a message of %u bytes is not what was sent",
			  link->client->name, link->partner, len);
}
