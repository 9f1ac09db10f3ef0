/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's own view of itself: node, partner, path.
 *
 * Lifetimes. A node has a fixed set of partners from ccm_node_start() to
 * ccm_node_stop(); whoever can look a partner up (listener, device and address
 * notifiers, character device) is registered after the partners are made and
 * unregistered before they are freed. That is why looking one up takes no lock.
 *
 * Threads. Each partner has one ordered work queue. Its work item alone steps the
 * core and carries out actions; it alone creates, uses and closes the partner's
 * connections. Handlers of RDMA CM, of completions and of timers only set a bit
 * and queue that work item.
 */
#ifndef CCM_CCM_H
#define CCM_CCM_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <rdma/rdma_cm.h>
#include <uapi/linux/ccm.h>

#include "core/liveness.h"
#include "core/session.h"
#include "core/wire.h"

#define CCM_PARTNERS_MAX	32U
#define CCM_PATHS_MAX		4U	/* addresses of one partner */
#define CCM_RDMA_PORT_DEFAULT	3341U
#define CCM_REQUESTS_MAX	4U	/* connect requests of one partner not yet looked at */

struct ccm_conn;
struct ccm_device;
struct ccm_node;
struct ccm_partner;

/**
 * struct ccm_partner_config - a partner, as the administrator names it
 * @id: its node id
 * @path_count: entries used in @paths
 * @paths: its addresses, with port
 */
struct ccm_partner_config {
	u32 id;
	u32 path_count;
	struct sockaddr_storage paths[CCM_PATHS_MAX];
};

/**
 * struct ccm_config - what the administrator asked for
 * @node: this node's id; 0: not configured
 * @cluster: name, NUL-terminated
 * @cluster_id: ccm_cluster_id() of it
 * @rdma_port: where to listen and where partners listen
 * @detect_ms: detection time
 * @auth: enum ccm_auth
 * @partner_count: entries used in @partners
 * @partners: the partners
 */
struct ccm_config {
	u32 node;
	char cluster[CCM_CLUSTER_NAME_LEN];
	u64 cluster_id;
	u16 rdma_port;
	u32 detect_ms;
	u32 auth;
	u32 partner_count;
	struct ccm_partner_config partners[CCM_PARTNERS_MAX];
};

/**
 * struct ccm_events - what readers of the character device see
 * @lock: taken from any context; protects everything here and every
 *	ccm_partner.view
 * @seq: number of the last change
 * @readers: open files
 */
struct ccm_events {
	spinlock_t lock;
	u64 seq;
	struct list_head readers;
};

/**
 * struct ccm_node - this machine
 * @config: as configured
 * @name: host name at load
 * @incarnation: random, drawn at load; never 0
 * @page: the status page, one page; partners RDMA-read it
 * @loaded_ns: CLOCK_MONOTONIC when the module was loaded
 * @tick_ms: how often the liveness counter moves
 * @tick: moves it
 * @stopping: no new connections are accepted or made
 * @listeners: IPv4 and IPv6 wildcard listeners, NULL where there is none
 * @heartbeat_wq: heartbeats of all partners, high priority
 * @device_lock: protects @devices
 * @devices: RDMA devices in use
 * @partners: all partners
 * @partner_count: how many
 * @events: readers of the character device
 * @rejected: connect requests rejected, by enum ccm_reject
 * @reject_log: limits what is logged about them
 * @debugfs: directory
 */
struct ccm_node {
	struct ccm_config config;
	char name[CCM_HOST_NAME_LEN];
	u64 incarnation;
	u8 *page;
	u64 loaded_ns;
	u32 tick_ms;
	struct delayed_work tick;
	bool stopping;
	struct rdma_cm_id *listeners[2];
	struct workqueue_struct *heartbeat_wq;
	struct mutex device_lock;
	struct list_head devices;
	struct ccm_partner *partners[CCM_PARTNERS_MAX];
	u32 partner_count;
	struct ccm_events events;
	atomic64_t rejected[CCM_REJECT_COUNT];
	struct ratelimit_state reject_log;
	struct dentry *debugfs;
};

/**
 * struct ccm_path - one way to a partner
 * @partner: whose
 * @address: of the partner, with port
 */
struct ccm_path {
	struct ccm_partner *partner;
	struct sockaddr_storage address;
};

#define CCM_HEARTBEATS_MAX	CCM_HEARTBEATS_PER_DETECT	/* reads in flight */

/**
 * struct ccm_heartbeat - the reads that watch one partner
 * @lock: protects all of this; taken in softirq
 * @partner: whose
 * @conn: where reads are posted; NULL: not watching
 * @timer: every quarter of detect_ms
 * @deadline: detect_ms after the last read that succeeded
 * @work: steps liveness and posts reads, on ccm_node.heartbeat_wq
 * @due: the next run of @work is to post a read
 * @addr: of the partner's status page
 * @key: of the partner's status page
 * @liveness: the verdict
 * @busy: bit per landing slot with a read in flight
 * @posted_us: when each was posted
 * @read_us: how long the last read took
 * @done_posted_us: when the last read that succeeded was posted
 * @wait: woken when a read succeeded or the watch ended
 */
struct ccm_heartbeat {
	spinlock_t lock;
	struct ccm_partner *partner;
	struct ccm_conn *conn;
	struct hrtimer timer;
	struct hrtimer deadline;
	struct work_struct work;
	bool due;
	u64 addr;
	u32 key;
	struct ccm_liveness liveness;
	u32 busy;
	u64 posted_us[CCM_HEARTBEATS_MAX];
	u32 read_us;
	u64 done_posted_us;
	wait_queue_head_t wait;
};

/* ccm_partner.pending */
enum ccm_partner_bit {
	CCM_PARTNER_START	= 0,
	CCM_PARTNER_STOP	= 1,
	CCM_PARTNER_PATH_UP	= 2,
	CCM_PARTNER_TIMER	= 3,
	CCM_PARTNER_VERDICT	= 4,
	CCM_PARTNER_STAGE	= 5,
	CCM_PARTNER_DEVICE	= 6,	/* a device is being removed */
};

/* Counters of a partner, shown in debugfs. Written by its work item only. */
struct ccm_partner_counters {
	u64 steps;
	u64 attempts;
	u64 retried;		/* attempts that a timer began */
	u64 accepted;
	u64 rejected;
	u64 sessions;
	u64 lost;
	u64 heartbeats;
	u64 ready_ns;		/* CLOCK_MONOTONIC of the last READY */
};

/**
 * struct ccm_partner - another node of the cluster
 * @node: whose partner
 * @id: its node id
 * @paths: ways to it; only the first is used yet
 * @path_count: how many
 * @wq: ordered; runs @work only
 * @work: steps the core
 * @pending: enum ccm_partner_bit
 * @stop_reason: enum ccm_reason that goes with CCM_PARTNER_STOP
 * @lock: protects @requests, @request_count, @next_request
 * @requests: incoming connections that the core has not seen yet
 * @request_count: how many
 * @next_request: number for the next one; odd
 * @conns: connections, touched by @work only
 * @timer: the core's
 * @session: the core
 * @actions: what it wants done
 * @event: the event being stepped
 * @buffer: its data
 * @heartbeat: the watch
 * @shown_state: enum ccm_state last shown to readers
 * @shown_reason: enum ccm_reason last shown to readers; NONE unless DOWN
 * @view: what readers see; under ccm_events.lock
 * @counters: figures
 * @last_error: negative errno of the last failed attempt
 */
struct ccm_partner {
	struct ccm_node *node;
	u32 id;
	struct ccm_path paths[CCM_PATHS_MAX];
	u32 path_count;
	struct workqueue_struct *wq;
	struct work_struct work;
	unsigned long pending;
	u32 stop_reason;
	spinlock_t lock;
	struct list_head requests;
	u32 request_count;
	u32 next_request;
	struct list_head conns;
	struct hrtimer timer;
	struct ccm_session session;
	struct ccm_session_actions actions;
	struct ccm_session_event event;
	u8 buffer[CCM_PRIVATE_ACCEPT_MAX];
	struct ccm_heartbeat heartbeat;
	u32 shown_state;
	u32 shown_reason;
	struct ccm_record view;
	struct ccm_partner_counters counters;
	int last_error;
};

static inline u64 ccm_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/* params.c */
int ccm_params_read(struct ccm_config *config);

/* node.c */
struct ccm_node *ccm_node_create(const struct ccm_config *config);
int ccm_node_start(struct ccm_node *node);
void ccm_node_stop(struct ccm_node *node, u32 reason);
void ccm_node_destroy(struct ccm_node *node);
void ccm_node_path_up(struct ccm_node *node);
int ccm_node_set_stage(struct ccm_node *node, u32 stage);
struct ccm_partner *ccm_node_find_partner(struct ccm_node *node, u32 id);

/* notifier.c: panic, reboot, addresses */
int ccm_notifiers_register(struct ccm_node *node);
void ccm_notifiers_unregister(void);

/* partner.c */
struct ccm_partner *ccm_partner_create(struct ccm_node *node,
				       const struct ccm_partner_config *config);
void ccm_partner_destroy(struct ccm_partner *partner);
void ccm_partner_kick(struct ccm_partner *partner, enum ccm_partner_bit bit);
bool ccm_partner_add_request(struct ccm_partner *partner, struct ccm_conn *conn);
void ccm_partner_fill_counters(struct ccm_partner *partner, struct ccm_record *record);
void ccm_partner_fill_view(struct ccm_partner *partner, struct ccm_record *record);

/* heartbeat.c */
void ccm_heartbeat_init(struct ccm_partner *partner);
void ccm_heartbeat_start(struct ccm_heartbeat *hb, struct ccm_conn *conn, u64 addr,
			 u32 key, u64 incarnation);
void ccm_heartbeat_stop(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
void ccm_heartbeat_done(struct ccm_heartbeat *hb, const struct ccm_conn *conn, u32 slot,
			const u8 *data, u32 len);
void ccm_heartbeat_fill_view(struct ccm_heartbeat *hb, struct ccm_record *record);
int ccm_heartbeat_peek(struct ccm_heartbeat *hb, struct ccm_peek *peek);

/* chardev.c */
void ccm_events_init(struct ccm_events *events);
void ccm_events_node(struct ccm_node *node);
void ccm_events_partner(struct ccm_partner *partner);
int ccm_chardev_register(struct ccm_node *node);
void ccm_chardev_unregister(void);

/* debugfs.c */
void ccm_debugfs_add(struct ccm_node *node);
void ccm_debugfs_remove(struct ccm_node *node);

#endif /* CCM_CCM_H */
