// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rogue's connections: connecting, listening, posting, ending.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <rdma/ib_cm.h>

#include "../common/command.h"
#include "conn.h"

struct rogue *rogue_slots[ROGUE_SLOTS];

static DEFINE_SPINLOCK(rogue_lock);	/* rogue.next, and the id that it leads to */

/* Any context. */
static void set_state(struct rogue *rogue, enum rogue_state state)
{
	unsigned long flags;

	spin_lock_irqsave(&rogue->lock, flags);
	rogue->state = state;
	spin_unlock_irqrestore(&rogue->lock, flags);
	wake_up_all(&rogue->wait);
}

static void store_private(struct rogue *rogue, const struct rdma_cm_event *event)
{
	const struct rdma_conn_param *param = &event->param.conn;

	spin_lock_irq(&rogue->lock);
	rogue->private_len = 0;
	if (param->private_data) {
		rogue->private_len = min_t(u32, param->private_data_len, ROGUE_PRIVATE_MAX);
		memcpy(rogue->private_data, param->private_data, rogue->private_len);
	}
	spin_unlock_irq(&rogue->lock);
}

/*
 * Completions
 */

static void tx_complete(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rogue *rogue = container_of(wc->wr_cqe, struct rogue, tx_cqe);

	rogue->tx_status = wc->status;
	WRITE_ONCE(rogue->tx_busy, false);
	complete(&rogue->tx_done);
}

static int post_recv(struct rogue *rogue, u32 index)
{
	struct ib_sge sge = {
		.addr = rogue->rx_dma + index * ROGUE_MESSAGE_LEN,
		.length = ROGUE_MESSAGE_LEN,
		.lkey = rogue->pd->local_dma_lkey,
	};
	struct ib_recv_wr wr = {
		.wr_cqe = &rogue->rx_cqe[index],
		.sg_list = &sge,
		.num_sge = 1,
	};

	return ib_post_recv(rogue->id->qp, &wr, NULL);
}

static void rx_complete(struct ib_cq *cq, struct ib_wc *wc)
{
	struct rogue *rogue = (struct rogue *)cq->cq_context;
	u32 index = (u32)(wc->wr_cqe - rogue->rx_cqe);
	struct rogue_message *message;
	unsigned long flags;

	if (wc->status != IB_WC_SUCCESS)
		return;
	ib_dma_sync_single_for_cpu(wc->qp->device, rogue->rx_dma, PAGE_SIZE, DMA_FROM_DEVICE);
	spin_lock_irqsave(&rogue->lock, flags);
	if (rogue->queue_count == ROGUE_QUEUE_LEN) {
		rogue->lost++;
	} else {
		message = &rogue->queue[(rogue->queue_head + rogue->queue_count++) %
					ROGUE_QUEUE_LEN];
		message->immediate = wc->opcode == IB_WC_RECV_RDMA_WITH_IMM;
		message->word = 0;
		message->len = 0;
		if (message->immediate) {
			message->word = be32_to_cpu(wc->ex.imm_data);
		} else {
			message->len = min(wc->byte_len, ROGUE_MESSAGE_LEN);
			memcpy(message->data, rogue->rx + index * ROGUE_MESSAGE_LEN,
			       message->len);
		}
	}
	spin_unlock_irqrestore(&rogue->lock, flags);
	ib_dma_sync_single_for_device(wc->qp->device, rogue->rx_dma, PAGE_SIZE,
				      DMA_FROM_DEVICE);
	wake_up_all(&rogue->wait);
	post_recv(rogue, index);
}

/*
 * Queue pair
 */

static int qp_create(struct rogue *rogue)
{
	struct ib_device *ib = rogue->id->device;
	struct ib_qp_init_attr attr = {
		.cap = {
			.max_send_wr = 8,
			.max_recv_wr = ROGUE_RECVS,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_ALL_WR,
		.qp_type = IB_QPT_RC,
	};
	u32 i;
	int ret;

	BUILD_BUG_ON(ROGUE_RECVS * ROGUE_MESSAGE_LEN > PAGE_SIZE);

	rogue->iwarp = rdma_protocol_iwarp(ib, rogue->id->port_num);
	rogue->tx_busy = false;
	rogue->tx_cqe.done = tx_complete;
	for (i = 0; i < ROGUE_RECVS; i++)
		rogue->rx_cqe[i].done = rx_complete;

	rogue->pd = rogue->owner ? rogue->owner->pd : ib_alloc_pd(ib, 0);
	if (IS_ERR(rogue->pd)) {
		ret = (int)PTR_ERR(rogue->pd);
		rogue->pd = NULL;
		return ret;
	}
	rogue->cq = ib_alloc_cq_any(ib, rogue, 8 + ROGUE_RECVS + 1, IB_POLL_SOFTIRQ);
	if (IS_ERR(rogue->cq)) {
		ret = (int)PTR_ERR(rogue->cq);
		rogue->cq = NULL;
		return ret;
	}
	rogue->tx_dma = ib_dma_map_single(ib, rogue->tx, PAGE_SIZE, DMA_BIDIRECTIONAL);
	rogue->rx_dma = ib_dma_map_single(ib, rogue->rx, PAGE_SIZE, DMA_FROM_DEVICE);

	attr.send_cq = rogue->cq;
	attr.recv_cq = rogue->cq;
	ret = rdma_create_qp(rogue->id, rogue->pd, &attr);
	for (i = 0; !ret && i < ROGUE_RECVS; i++)
		ret = post_recv(rogue, i);
	return ret;
}

/* Queue pair and completion queue first: then no handler uses what follows. */
static void qp_destroy(struct rogue *rogue)
{
	struct ib_device *ib = rogue->id->device;

	if (!rogue->pd)
		return;
	if (rogue->id->qp)
		rdma_destroy_qp(rogue->id);
	if (rogue->cq) {
		ib_free_cq(rogue->cq);
		ib_dma_unmap_single(ib, rogue->tx_dma, PAGE_SIZE, DMA_BIDIRECTIONAL);
		ib_dma_unmap_single(ib, rogue->rx_dma, PAGE_SIZE, DMA_FROM_DEVICE);
	}
	rogue->cq = NULL;
	rogue_memory_destroy(rogue);
	if (!rogue->owner)
		ib_dealloc_pd(rogue->pd);
	rogue->pd = NULL;
}

static void conn_param(struct rogue *rogue, struct rdma_conn_param *param, const u8 *data,
		       u32 len)
{
	memset(param, 0, sizeof(*param));
	param->private_data = len ? data : NULL;
	param->private_data_len = (u8)len;
	param->responder_resources = 8;
	param->initiator_depth = 8;
	param->retry_count = 6;
	param->rnr_retry_count = 6;
}

/*
 * RDMA CM
 */

/* The slot that waits for one more request has it. NULL: none waits. */
static struct rogue *give_next(struct rdma_cm_id *id)
{
	struct rogue *found = NULL;
	u32 i;

	spin_lock(&rogue_lock);
	for (i = 0; i < ROGUE_SLOTS && !found; i++)
		if (rogue_slots[i]->next)
			found = rogue_slots[i];
	if (found) {
		found->next = false;
		found->id = id;
		id->context = found;
	}
	spin_unlock(&rogue_lock);
	return found;
}

/* A request for the listener of a slot. Not zero: the new id is destroyed. */
static int request(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct rogue *rogue = (struct rogue *)id->context;
	struct rdma_conn_param param;
	enum rogue_state next;

	/* The listener is this slot's only, so its handler is not run twice at once. */
	if (rogue->id) {
		rogue = give_next(id);
		if (rogue) {
			store_private(rogue, event);
			set_state(rogue, ROGUE_IGNORING);
			return 0;
		}
		rdma_reject(id, NULL, 0, IB_CM_REJ_CONSUMER_DEFINED);
		return 1;
	}
	store_private(rogue, event);
	if (rogue->answer == ROGUE_REJECT) {
		rdma_reject(id, rogue->answer_len ? rogue->answer_data : NULL,
			    (u8)rogue->answer_len, IB_CM_REJ_CONSUMER_DEFINED);
		set_state(rogue, ROGUE_REJECTED);
		return 1;
	}
	rogue->id = id;
	next = ROGUE_IGNORING;
	if (rogue->answer == ROGUE_ACCEPT) {
		next = ROGUE_CONNECTING;
		rdma_set_ack_timeout(id, 14);
		conn_param(rogue, &param, rogue->answer_data, rogue->answer_len);
		if (qp_create(rogue) || rdma_accept(id, &param))
			next = ROGUE_FAILED;
	}
	set_state(rogue, next);
	return 0;
}

static int cm_handler(struct rdma_cm_id *id, struct rdma_cm_event *event)
{
	struct rogue *rogue = (struct rogue *)id->context;
	enum rogue_state state;

	if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST)
		return request(id, event);

	rogue->event = event->event;
	rogue->status_code = event->status;
	switch (event->event) {
	case RDMA_CM_EVENT_ADDR_RESOLVED:
		rogue->status_code = rdma_resolve_route(id, ROGUE_WAIT_MS);
		state = rogue->status_code ? ROGUE_FAILED : ROGUE_RESOLVING;
		break;
	case RDMA_CM_EVENT_ROUTE_RESOLVED:
		state = ROGUE_RESOLVED;
		break;
	case RDMA_CM_EVENT_ESTABLISHED:
		/* of an accepted connection, the request's private data is kept */
		if (rogue->active)
			store_private(rogue, event);
		state = ROGUE_ESTABLISHED;
		break;
	case RDMA_CM_EVENT_REJECTED:
		store_private(rogue, event);
		state = ROGUE_REJECTED;
		break;
	case RDMA_CM_EVENT_DISCONNECTED:
	case RDMA_CM_EVENT_DEVICE_REMOVAL:
		state = ROGUE_DISCONNECTED;
		break;
	case RDMA_CM_EVENT_TIMEWAIT_EXIT:
		return 0;
	default:
		state = ROGUE_FAILED;
		break;
	}
	set_state(rogue, state);
	return 0;
}

/**
 * rogue_wait() - wait until a slot is in a state
 * @rogue: slot
 * @state: wanted
 * @ms: how long at most
 *
 * Context: process, under command_lock. A state from which no other follows ends the
 * wait too.
 *
 * Return: whether it is in the state
 */
bool rogue_wait(struct rogue *rogue, enum rogue_state state, u32 ms)
{
	wait_event_interruptible_timeout(rogue->wait,
					 READ_ONCE(rogue->state) == state ||
					 READ_ONCE(rogue->state) >= ROGUE_REJECTED,
					 msecs_to_jiffies(min(ms, ROGUE_WAIT_MAX_MS)));
	return READ_ONCE(rogue->state) == state;
}

/**
 * rogue_connect() - connect, and wait for what becomes of it
 * @rogue: idle
 * @address: of the other side
 * @port: RDMA port number, decimal
 * @from: own address; NULL: whichever there is
 * @data: private data
 * @len: of it
 * @ms: how long to wait
 *
 * Return: 0 and rogue->state tells; a negative errno: it could not even be tried
 */
int rogue_connect(struct rogue *rogue, const char *address, const char *port,
		  const char *from, const u8 *data, u32 len, u32 ms)
{
	struct sockaddr_storage source = {};
	struct rdma_conn_param param;
	struct sockaddr_storage to;
	struct rdma_cm_id *id;
	int ret;

	ret = inet_pton_with_scope(&init_net, AF_UNSPEC, address, port, &to);
	if (!ret && from)
		ret = inet_pton_with_scope(&init_net, AF_UNSPEC, from, "0", &source);
	if (ret)
		return ret;
	id = rdma_create_id(&init_net, cm_handler, rogue, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return (int)PTR_ERR(id);
	rogue->id = id;
	rogue->active = true;
	rogue->event = RDMA_CM_EVENT_ADDR_RESOLVED;
	rogue->status_code = 0;
	rogue->private_len = 0;
	set_state(rogue, ROGUE_RESOLVING);
	rdma_set_ack_timeout(id, 14);
	ret = rdma_resolve_addr(id, from ? (struct sockaddr *)&source : NULL,
				(struct sockaddr *)&to, ROGUE_WAIT_MS);
	if (ret)
		return ret;
	if (!rogue_wait(rogue, ROGUE_RESOLVED, ms))
		return 0;
	ret = qp_create(rogue);
	if (ret)
		return ret;
	conn_param(rogue, &param, data, len);
	set_state(rogue, ROGUE_CONNECTING);
	ret = rdma_connect(id, &param);
	if (ret)
		return ret;
	rogue_wait(rogue, ROGUE_ESTABLISHED, ms);
	return 0;
}

static void other_number(u8 *data, u32 len, u32 at)
{
	__le64 number;

	if (at + sizeof(number) > len)
		return;
	/* an attempt has the lower half of these bytes */
	memcpy(&number, data + at, sizeof(number));
	number = cpu_to_le64(le64_to_cpu(number) + 1);
	memcpy(data + at, &number, sizeof(number));
}

/* One more request, by a slot that has nothing. Whether a connection came of it */
static bool flood_once(struct rogue *rogue, const struct rogue_aim *aim, struct rogue_flood *flood)
{
	int ret;

	flood->asked++;
	ret = rogue_connect(rogue, aim->address, aim->port, aim->from, aim->data, aim->len,
			    ROGUE_WAIT_MS);
	if (!ret && rogue->state == ROGUE_ESTABLISHED)
		flood->established++;
	else if (!ret && rogue->state == ROGUE_REJECTED)
		flood->rejected++;
	else
		flood->failed++;
	if (aim->how & ROGUE_OTHER_ATTEMPT)
		other_number(aim->data, aim->len, ROGUE_ATTEMPT_AT);
	if (aim->how & ROGUE_OTHER_INCARNATION)
		other_number(aim->data, aim->len, ROGUE_INCARNATION_AT);
	return READ_ONCE(rogue->state) == ROGUE_ESTABLISHED;
}

/**
 * rogue_flood() - connect again and again
 * @number: of the first slot; it and, with ROGUE_STAY, ROGUE_FLOOD_SLOTS - 1 behind it are idle,
 *	and so they are afterwards
 * @aim: at whom, and with what
 * @ms: for how long
 * @flood: what became of it
 *
 * Each as soon as the one before it is decided.
 */
void rogue_flood(u32 number, const struct rogue_aim *aim, u32 ms, struct rogue_flood *flood)
{
	unsigned long end = jiffies + msecs_to_jiffies(min(ms, ROGUE_WAIT_MAX_MS));
	u32 slots = aim->how & ROGUE_STAY ? ROGUE_FLOOD_SLOTS : 1;
	struct rogue *rogue;
	u32 i;

	memset(flood, 0, sizeof(*flood));
	for (i = 0; time_before(jiffies, end) && !signal_pending(current); i = (i + 1) % slots) {
		rogue = rogue_slots[number + i];
		if (READ_ONCE(rogue->state) == ROGUE_ESTABLISHED) {
			usleep_range(100, 200);
			continue;
		}
		rogue_close(rogue);
		if (!flood_once(rogue, aim, flood) || slots == 1)
			rogue_close(rogue);
		cond_resched();
	}
	for (i = 0; i < slots; i++)
		rogue_close(rogue_slots[number + i]);
}

/**
 * rogue_take_next() - the next request that comes to a listener which has one already
 * @rogue: idle
 *
 * It waits for rogue_accept(), as with ROGUE_IGNORE.
 */
void rogue_take_next(struct rogue *rogue)
{
	rogue->private_len = 0;
	set_state(rogue, ROGUE_LISTENING);
	spin_lock(&rogue_lock);
	rogue->next = true;
	spin_unlock(&rogue_lock);
}

/**
 * rogue_accept() - accept a request that was ignored until now
 * @rogue: with a request
 * @owner: another slot, connected over the same device, whose memory is reached by this one, too;
 *	NULL: none
 * @data: private data
 * @len: of it
 *
 * Return: 0; -ENOTCONN: there is none, or @owner has no connection; another negative errno
 */
int rogue_accept(struct rogue *rogue, struct rogue *owner, const u8 *data, u32 len)
{
	struct rdma_conn_param param;
	int ret;

	if (READ_ONCE(rogue->state) != ROGUE_IGNORING || (owner && !owner->pd))
		return -ENOTCONN;
	rogue->owner = owner;
	rdma_set_ack_timeout(rogue->id, 14);
	ret = qp_create(rogue);
	if (ret)
		return ret;
	conn_param(rogue, &param, data, len);
	set_state(rogue, ROGUE_CONNECTING);
	rdma_lock_handler(rogue->id);
	ret = rdma_accept(rogue->id, &param);
	rdma_unlock_handler(rogue->id);
	return ret;
}

/**
 * rogue_listen() - be found by somebody else
 * @rogue: idle
 * @port: RDMA port number, on every address
 * @answer: to the first request; later ones are rejected
 * @data: private data of the answer
 * @len: of it
 *
 * Return: 0 or a negative errno
 */
int rogue_listen(struct rogue *rogue, u16 port, enum rogue_answer answer, const u8 *data,
		 u32 len)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = cpu_to_be16(port),
	};
	struct rdma_cm_id *id;
	int ret;

	id = rdma_create_id(&init_net, cm_handler, rogue, RDMA_PS_TCP, IB_QPT_RC);
	if (IS_ERR(id))
		return (int)PTR_ERR(id);
	rogue->answer = answer;
	rogue->answer_len = len;
	memcpy(rogue->answer_data, data, len);
	rogue->private_len = 0;
	set_state(rogue, ROGUE_LISTENING);
	rogue->listener = id;
	ret = rdma_bind_addr(id, (struct sockaddr *)&any);
	if (!ret)
		ret = rdma_listen(id, 4);
	return ret;
}

/**
 * rogue_disconnect() - disconnect, and wait until it is
 * @rogue: established
 *
 * Return: 0; -ETIMEDOUT; another negative errno
 */
int rogue_disconnect(struct rogue *rogue)
{
	int ret = rdma_disconnect(rogue->id);

	if (ret)
		return ret;
	return rogue_wait(rogue, ROGUE_DISCONNECTED, ROGUE_WAIT_MS) ? 0 : -ETIMEDOUT;
}

/**
 * rogue_close() - end whatever a slot has; it is idle afterwards
 * @rogue: slot
 *
 * Waits for nobody: the other side is told if a connection was established. What uses its
 * protection domain ends first.
 */
void rogue_close(struct rogue *rogue)
{
	u32 i;

	for (i = 0; i < ROGUE_SLOTS; i++)
		if (rogue_slots[i]->owner == rogue)
			rogue_close(rogue_slots[i]);
	/* Its handler has ended when this returns: no new id can come in. */
	if (rogue->listener)
		rdma_destroy_id(rogue->listener);
	rogue->listener = NULL;
	spin_lock(&rogue_lock);
	rogue->next = false;
	spin_unlock(&rogue_lock);
	if (rogue->id) {
		if (READ_ONCE(rogue->state) == ROGUE_ESTABLISHED)
			rdma_disconnect(rogue->id);
		qp_destroy(rogue);
		rdma_destroy_id(rogue->id);
	}
	rogue->id = NULL;
	rogue->owner = NULL;
	rogue->active = false;
	rogue->queue_head = 0;
	rogue->queue_count = 0;
	rogue->lost = 0;
	rogue->private_len = 0;
	set_state(rogue, ROGUE_IDLE);
}

/*
 * Posting
 */

/**
 * rogue_post() - post one work request and wait for its completion
 * @rogue: with queue pair
 * @wr: all but its completion
 *
 * Return: 0; a positive enum ib_wc_status; -EBUSY: an earlier one has not completed;
 * -ETIMEDOUT; -ENOTCONN; another negative errno
 */
int rogue_post(struct rogue *rogue, const struct ib_send_wr *wr)
{
	struct ib_send_wr *mine = (struct ib_send_wr *)wr;
	unsigned long left = msecs_to_jiffies(ROGUE_WAIT_MS);
	int ret;

	if (!rogue->pd || !rogue->id->qp)
		return -ENOTCONN;
	if (READ_ONCE(rogue->tx_busy))
		return -EBUSY;
	mine->wr_cqe = &rogue->tx_cqe;
	rogue->tx_busy = true;
	reinit_completion(&rogue->tx_done);
	ret = ib_post_send(rogue->id->qp, mine, NULL);
	if (ret) {
		rogue->tx_busy = false;
		return ret;
	}
	if (!wait_for_completion_timeout(&rogue->tx_done, left))
		return -ETIMEDOUT;
	return (int)rogue->tx_status;
}

static struct ib_sge tx_sge(struct rogue *rogue, u32 len)
{
	struct ib_sge sge = {
		.addr = rogue->tx_dma,
		.length = len,
		.lkey = rogue->pd->local_dma_lkey,
	};

	return sge;
}

/* Only when nothing uses the page; under command_lock. */
static int tx_fill(struct rogue *rogue, const u8 *data, u32 len)
{
	if (!rogue->pd || !rogue->id->qp)
		return -ENOTCONN;
	if (READ_ONCE(rogue->tx_busy))
		return -EBUSY;
	if (len > PAGE_SIZE)
		return -EMSGSIZE;
	ib_dma_sync_single_for_cpu(rogue->id->device, rogue->tx_dma, PAGE_SIZE,
				   DMA_BIDIRECTIONAL);
	if (data)
		memcpy(rogue->tx, data, len);
	ib_dma_sync_single_for_device(rogue->id->device, rogue->tx_dma, PAGE_SIZE,
				      DMA_BIDIRECTIONAL);
	return 0;
}

/**
 * rogue_send() - SEND
 * @rogue: with queue pair
 * @data: bytes
 * @len: of @data
 *
 * Return: as rogue_post()
 */
int rogue_send(struct rogue *rogue, const u8 *data, u32 len)
{
	struct ib_send_wr wr = { .opcode = IB_WR_SEND };
	struct ib_sge sge;
	int ret;

	ret = tx_fill(rogue, data, len);
	if (ret)
		return ret;
	sge = tx_sge(rogue, len);
	wr.sg_list = &sge;
	wr.num_sge = len ? 1 : 0;
	return rogue_post(rogue, &wr);
}

/**
 * rogue_write() - RDMA WRITE
 * @rogue: with queue pair
 * @addr: remote address
 * @key: remote key
 * @data: bytes
 * @len: of @data
 * @immediate: with immediate data; not on iWARP
 * @word: the immediate
 *
 * Return: as rogue_post(); -EOPNOTSUPP
 */
int rogue_write(struct rogue *rogue, u64 addr, u32 key, const u8 *data, u32 len,
		bool immediate, u32 word)
{
	struct ib_rdma_wr wr = {};
	struct ib_sge sge;
	int ret;

	if (immediate && rogue->iwarp)
		return -EOPNOTSUPP;
	ret = tx_fill(rogue, data, len);
	if (ret)
		return ret;
	sge = tx_sge(rogue, len);
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = len ? 1 : 0;
	wr.wr.opcode = immediate ? IB_WR_RDMA_WRITE_WITH_IMM : IB_WR_RDMA_WRITE;
	wr.wr.ex.imm_data = cpu_to_be32(word);
	wr.remote_addr = addr;
	wr.rkey = key;
	return rogue_post(rogue, &wr.wr);
}

/**
 * rogue_read() - RDMA READ; the bytes are in rogue->tx afterwards
 * @rogue: with queue pair
 * @addr: remote address
 * @key: remote key
 * @len: bytes
 *
 * Return: as rogue_post(); -EOPNOTSUPP on iWARP, where the landing place would have to
 * be registered
 */
int rogue_read(struct rogue *rogue, u64 addr, u32 key, u32 len)
{
	struct ib_rdma_wr wr = {};
	struct ib_sge sge;
	int ret;

	if (rogue->iwarp)
		return -EOPNOTSUPP;
	ret = tx_fill(rogue, NULL, len);
	if (ret)
		return ret;
	sge = tx_sge(rogue, len);
	wr.wr.sg_list = &sge;
	wr.wr.num_sge = len ? 1 : 0;
	wr.wr.opcode = IB_WR_RDMA_READ;
	wr.remote_addr = addr;
	wr.rkey = key;
	ret = rogue_post(rogue, &wr.wr);
	if (!ret)
		ib_dma_sync_single_for_cpu(rogue->id->device, rogue->tx_dma, PAGE_SIZE,
					   DMA_BIDIRECTIONAL);
	return ret;
}

static bool take_message(struct rogue *rogue, struct rogue_message *message)
{
	bool some;

	spin_lock_irq(&rogue->lock);
	some = rogue->queue_count > 0;
	if (some) {
		*message = rogue->queue[rogue->queue_head];
		rogue->queue_head = (rogue->queue_head + 1) % ROGUE_QUEUE_LEN;
		rogue->queue_count--;
	}
	spin_unlock_irq(&rogue->lock);
	return some;
}

/**
 * rogue_receive() - the next message that came in
 * @rogue: slot
 * @message: filled
 * @ms: how long to wait for it
 *
 * Return: false: none came
 */
bool rogue_receive(struct rogue *rogue, struct rogue_message *message, u32 ms)
{
	wait_event_interruptible_timeout(rogue->wait,
					 READ_ONCE(rogue->queue_count) ||
					 READ_ONCE(rogue->state) != ROGUE_ESTABLISHED,
					 msecs_to_jiffies(min(ms, ROGUE_WAIT_MAX_MS)));
	return take_message(rogue, message);
}

/*
 * Slots
 */

static void rogue_remove_device(struct ib_device *ib, void *client_data)
{
	u32 i;

	mutex_lock(&command_lock);
	for (i = 0; i < ROGUE_SLOTS; i++)
		if (rogue_slots[i]->id && rogue_slots[i]->id->device == ib)
			rogue_close(rogue_slots[i]);
	mutex_unlock(&command_lock);
}

static int rogue_add_device(struct ib_device *ib)
{
	return 0;
}

/*
 * RDMA CM waits without limit for the ids on a device that is removed. Clients are told
 * in reverse order of registration, so all of them are destroyed before it begins to.
 */
static struct ib_client rogue_client = {
	.name = "ccm_rogue",
	.add = rogue_add_device,
	.remove = rogue_remove_device,
};

static void rogue_free(struct rogue *rogue)
{
	if (!rogue)
		return;
	free_page((unsigned long)rogue->tx);
	free_page((unsigned long)rogue->rx);
	kfree(rogue);
}

static struct rogue *rogue_alloc(unsigned int number)
{
	struct rogue *rogue = (struct rogue *)kzalloc(sizeof(*rogue), GFP_KERNEL);

	if (!rogue)
		return NULL;
	rogue->number = number;
	rogue->tx = (u8 *)get_zeroed_page(GFP_KERNEL);
	rogue->rx = (u8 *)get_zeroed_page(GFP_KERNEL);
	spin_lock_init(&rogue->lock);
	init_waitqueue_head(&rogue->wait);
	init_completion(&rogue->tx_done);
	if (!rogue->tx || !rogue->rx) {
		rogue_free(rogue);
		return NULL;
	}
	return rogue;
}

/**
 * rogue_slots_create() - make the slots, all idle
 *
 * Return: 0 or a negative errno
 */
int rogue_slots_create(void)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < ROGUE_SLOTS && !ret; i++) {
		rogue_slots[i] = rogue_alloc(i);
		if (!rogue_slots[i])
			ret = -ENOMEM;
	}
	if (!ret)
		ret = ib_register_client(&rogue_client);
	if (!ret)
		return 0;
	for (i = 0; i < ROGUE_SLOTS; i++)
		rogue_free(rogue_slots[i]);
	return ret;
}

/** rogue_slots_destroy() - close and free them; no command runs any more */
void rogue_slots_destroy(void)
{
	u32 i;

	ib_unregister_client(&rogue_client);
	/* a listener has no device */
	for (i = 0; i < ROGUE_SLOTS; i++)
		rogue_close(rogue_slots[i]);
	for (i = 0; i < ROGUE_SLOTS; i++)
		rogue_free(rogue_slots[i]);
}
