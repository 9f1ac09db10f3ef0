/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link: what a client holds of one partner: its ports, memory there and here, and its
 * mapped buffers.
 *
 * A reference is held by who made it, and one for the client from READY until down() has
 * returned: the ports' memory is there as long as the client may use them, though they are
 * dead since the fence.
 */
#ifndef CCM_RDMA_LINK_H
#define CCM_RDMA_LINK_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../core/catalog.h"
#include "../core/wire.h"
#include "chunk.h"
#include "port.h"

/**
 * struct ccm_link - ports and memory of a client
 * @ref: see above
 * @partner: node id
 * @plan: what it gets
 * @wq: for what is left of a synchronous operation that nobody waits for any more
 * @conn: the session's connection; NULL: fenced
 * @ports: plan.ports of them; NULL where a port has not come yet
 * @iwarp: what @conn speaks
 * @buffer_max: see ccm_link_buffer_max()
 * @witness_addr: some bytes of the partner that can always be READ: see op.c
 * @witness_key: for them
 * @memory: plan.give bytes for the counterpart
 * @region: @memory, as the partner reaches it
 * @remote: the partner's region
 * @buffer_lock: protects @buffers; a mutex, since registrations sleep
 * @buffers: of the client, mapped
 * @sync_lock: protects @gone, and what the device has mapped while it is false; any
 *	context
 * @gone: fenced: the device must not be looked at any more
 * @private_data: the client's
 */
struct ccm_link {
	struct kref ref;
	u32 partner;
	struct ccm_plan plan;
	struct workqueue_struct *wq;
	struct ccm_conn *conn;
	bool iwarp;
	u32 buffer_max;
	struct ccm_port *ports[CCM_CLIENT_PORTS_MAX];
	u64 witness_addr;
	u32 witness_key;
	void *memory;
	struct ccm_region region;
	struct ccm_remote remote;
	struct mutex buffer_lock;
	struct list_head buffers;
	spinlock_t sync_lock;
	bool gone;
	void *private_data;
};

struct ccm_link *ccm_link_create(u32 partner, const struct ccm_plan *plan,
				 struct ccm_conn *conn, struct workqueue_struct *wq);
void ccm_link_get(struct ccm_link *link);
void ccm_link_put(struct ccm_link *link);
void ccm_link_deliver(struct ccm_link *link);
void ccm_link_stop(struct ccm_link *link, struct ccm_drain *drain);
void ccm_link_fence_ports(struct ccm_link *link);
bool ccm_link_lost(const struct ccm_link *link);
void ccm_link_set_gone(struct ccm_link *link);

#endif /* CCM_RDMA_LINK_H */
