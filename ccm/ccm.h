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
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <rdma/rdma_cm.h>
#include <linux/ccm.h>
#include <uapi/linux/ccm.h>

#include "core/liveness.h"
#include "core/session.h"
#include "core/wire.h"

#define CCM_PARTNERS_MAX	32U
#define CCM_PATHS_MAX		4U	/* addresses of one partner */
#define CCM_RDMA_PORT_DEFAULT	3341
#define CCM_CLIENT_PORTS_DEFAULT 16
#define CCM_NODE_PORTS_DEFAULT	1024
#define CCM_NODE_PORTS_MAX	65536U
#define CCM_NODE_MEMORY_MAX	(1ULL << 40)
#define CCM_REQUESTS_MAX	4U	/* connect requests of one partner not yet looked at */

#define CCM_PORT_REQUESTS_MAX	1024U	/* likewise of ports; a request is some 700 bytes */

struct ccm_client;
struct ccm_conn;
struct ccm_device;
struct ccm_link;
struct ccm_node;
struct ccm_partner;
struct ccm_port;

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
 * @client_ports: most ports of one client to one partner
 * @client_memory: most bytes set aside for one client's counterpart on one partner
 * @node_ports: most ports of all clients to all partners
 * @node_memory: most bytes set aside for all of them
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
	u32 client_ports;
	u64 client_memory;
	u32 node_ports;
	u64 node_memory;
	u32 partner_count;
	struct ccm_partner_config partners[CCM_PARTNERS_MAX];
};

/**
 * struct ccm_events - what readers of the character device see
 * @lock: taken from any process context; protects everything here, every
 *	ccm_partner.view and every ccm_peer.view
 * @seq: number of the last change
 * @readers: open files
 * @peers: clients as to partners, in the order in which they registered
 * @peer_count: how many
 */
struct ccm_events {
	spinlock_t lock;
	u64 seq;
	struct list_head readers;
	struct list_head peers;
	u32 peer_count;
};

/**
 * struct ccm_limits - what clients have taken of what the node allows
 * @lock: protects the rest
 * @ports: ports
 * @memory: bytes
 */
struct ccm_limits {
	spinlock_t lock;
	u32 ports;
	u64 memory;
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
 * @gave_up: user space has lowered the boot stage from running
 * @listeners: IPv4 and IPv6 wildcard listeners, NULL where there is none
 * @heartbeat_wq: heartbeats of all partners, high priority
 * @notify_wq: calls clients
 * @client_lock: protects @clients, @client_count, @next_instance; may be held while
 *	allocating, never across a callback
 * @clients: registered, in order
 * @client_count: how many
 * @next_instance: number of the next registration
 * @limits: what clients have taken
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
	bool gave_up;
	struct rdma_cm_id *listeners[2];
	struct workqueue_struct *heartbeat_wq;
	struct workqueue_struct *notify_wq;
	struct mutex client_lock;
	struct list_head clients;
	u32 client_count;
	u64 next_instance;
	struct ccm_limits limits;
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
	CCM_PARTNER_CLIENTS	= 7,	/* a client came or leaves */
	CCM_PARTNER_LINKS	= 8,	/* a link or a port of one has something to do */
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
	u64 links;		/* that were opened */
	u64 links_lost;		/* ... and closed other than with the session */
	u64 ports_rejected;
};

/**
 * struct ccm_peer - a client as to one partner
 * @client: the client
 * @partner: the partner
 * @entry: in ccm_partner.peers while the partner's session knows the client
 * @link: its present link, NULL: none. This, @entry and @region are touched by the
 *	partner's work item only (and by nobody once @let_go is set)
 * @region: memory for the counterpart; kept from session to session; NULL: none yet
 * @region_len: bytes of it
 * @no_memory: the last link could not even be allocated
 * @deferred: another link is to be made when @link is closed
 * @let_go: the partner knows no more of the client, which is leaving
 * @told: the link that the client was told READY of, and not yet DOWN
 * @next: the link that it is to be told READY of
 * @down: @told is fenced: tell DOWN
 * @down_reason: with @down
 * @release: ask the client to stop using @region
 * @shown: it has been told READY with @region, and not let go of it since
 * @status_new: tell @status
 * @status: of the partner
 * @view_entry: in ccm_events.peers
 * @view: what readers see
 *
 * From @let_go to @status under ccm_client.lock, the views under ccm_events.lock.
 */
struct ccm_peer {
	struct ccm_client *client;
	struct ccm_partner *partner;
	struct list_head entry;
	struct ccm_link *link;
	void *region;
	u64 region_len;
	bool no_memory;
	bool deferred;
	bool let_go;
	struct ccm_link *told;
	struct ccm_link *next;
	bool down;
	u32 down_reason;
	bool release;
	bool shown;
	bool status_new;
	struct ccm_partner_status status;
	struct list_head view_entry;
	struct ccm_record view;
};

/**
 * struct ccm_client - a registration
 * @node: with whom
 * @entry: in ccm_node.clients
 * @declared: what partners are told
 * @ops: the client's callbacks
 * @context: for them
 * @leaving: is being unregistered; under ccm_node.client_lock
 * @lock: protects what its peers say; taken in process context
 * @notify: calls the callbacks, one at a time
 * @wait: woken when a peer has been let go
 * @peer_count: partners of the node
 * @peers: one for each, by ccm_partner.index
 */
struct ccm_client {
	struct ccm_node *node;
	struct list_head entry;
	struct ccm_catalog_entry declared;
	const struct ccm_client_ops *ops;
	void *context;
	bool leaving;
	spinlock_t lock;
	struct work_struct notify;
	wait_queue_head_t wait;
	u32 peer_count;
	struct ccm_peer peers[];
};

/**
 * struct ccm_partner - another node of the cluster
 * @node: whose partner
 * @index: in ccm_node.partners
 * @id: its node id
 * @paths: ways to it; only the first is used yet
 * @path_count: how many
 * @wq: ordered; runs @work only
 * @work: steps the core
 * @pending: enum ccm_partner_bit
 * @stop_reason: enum ccm_reason that goes with CCM_PARTNER_STOP
 * @lock: protects @requests, @request_count, @next_request, @port_requests,
 *	@port_request_count, @port_nonce
 * @requests: incoming connections that the core has not seen yet
 * @request_count: how many
 * @next_request: number for the next one; odd
 * @port_requests: incoming connections of ports, likewise
 * @port_request_count: how many
 * @port_nonce: what they must name: this side's nonce of the session; 0: none is welcome
 * @conns: connections, touched by @work only
 * @peers: clients that @session knows, touched by @work only
 * @links: their links, likewise
 * @close_timer: a link's close has taken too long
 * @fenced: links that are closed, but whose clients have not been told; likewise
 * @timer: the core's
 * @session: the core
 * @actions: what it wants done
 * @event: the event being stepped
 * @buffer: its data
 * @catalog: what goes with CCM_SEV_CLIENTS
 * @heartbeat: the watch
 * @shown_state: enum ccm_state last shown to readers
 * @shown_reason: enum ccm_reason last shown to readers; NONE unless DOWN
 * @last_reason: enum ccm_reason of the last DOWN shown
 * @log_due: a READY or DOWN of this step is to be logged
 * @log_state: which
 * @log_reason: of DOWN
 * @leaving: a client leaves that could not be let go yet
 * @view: what readers see; under ccm_events.lock
 * @counters: figures
 * @last_error: negative errno of the last failed attempt
 */
struct ccm_partner {
	struct ccm_node *node;
	u32 index;
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
	struct list_head port_requests;
	u32 port_request_count;
	u64 port_nonce;
	struct list_head conns;
	struct list_head peers;
	struct list_head links;
	struct timer_list close_timer;
	struct list_head fenced;
	struct hrtimer timer;
	struct ccm_session session;
	struct ccm_session_actions actions;
	struct ccm_session_event event;
	u8 buffer[CCM_CATALOG_LEN_MAX];
	struct ccm_catalog catalog;
	struct ccm_heartbeat heartbeat;
	u32 shown_state;
	u32 shown_reason;
	u32 last_reason;
	bool log_due;
	u32 log_state;
	u32 log_reason;
	bool leaving;
	struct ccm_record view;
	struct ccm_partner_counters counters;
	int last_error;
};

static inline u64 ccm_now_us(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/* main.c */
struct ccm_node *ccm_this_node(void);

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
struct ccm_partner *ccm_partner_create(struct ccm_node *node, u32 index,
				       const struct ccm_partner_config *config);
void ccm_partner_destroy(struct ccm_partner *partner);
void ccm_partner_kick(struct ccm_partner *partner, enum ccm_partner_bit bit);
struct ccm_conn *ccm_partner_conn(struct ccm_partner *partner);
bool ccm_partner_add_request(struct ccm_partner *partner, struct ccm_conn *conn);
void ccm_partner_fill_counters(struct ccm_partner *partner, struct ccm_record *record);
void ccm_partner_fill_view(struct ccm_partner *partner, struct ccm_record *record);
void ccm_partner_fill_status(struct ccm_partner *partner, struct ccm_partner_status *status);

/* client.c: the registry. Process context. */
void ccm_clients_catalog(struct ccm_partner *partner, struct ccm_catalog *catalog);
bool ccm_clients_let_go(struct ccm_partner *partner);
void ccm_clients_status(struct ccm_partner *partner);
struct ccm_peer *ccm_clients_find(struct ccm_partner *partner, u64 instance);
int ccm_client_region(struct ccm_peer *peer, u64 len);
void ccm_client_tell_ready(struct ccm_link *link);
void ccm_client_tell_down(struct ccm_link *link, u32 reason);

/* link.c: the partner's work item */
void ccm_link_act(struct ccm_partner *partner, const struct ccm_link_action *action);
bool ccm_links_event(struct ccm_partner *partner, struct ccm_session_event *event);
void ccm_links_fence(struct ccm_conn *conn);
void ccm_links_finish(struct ccm_conn *conn);
void ccm_links_tell_down(struct ccm_partner *partner, u32 reason);
void ccm_links_forget(struct ccm_partner *partner);

/* limits.c */
bool ccm_limits_take_ports(struct ccm_node *node, u32 ports);
void ccm_limits_give_ports(struct ccm_node *node, u32 ports);
bool ccm_limits_take_memory(struct ccm_node *node, u64 bytes);
void ccm_limits_give_memory(struct ccm_node *node, u64 bytes);

/* heartbeat.c */
void ccm_heartbeat_init(struct ccm_partner *partner);
void ccm_heartbeat_start(struct ccm_heartbeat *hb, struct ccm_conn *conn, u64 addr,
			 u32 key, u64 incarnation, const u8 *page, u32 len);
void ccm_heartbeat_stop(struct ccm_heartbeat *hb, const struct ccm_conn *conn);
void ccm_heartbeat_done(struct ccm_heartbeat *hb, const struct ccm_conn *conn, u32 slot,
			const u8 *data, u32 len);
void ccm_heartbeat_fill_view(struct ccm_heartbeat *hb, struct ccm_record *record);
int ccm_heartbeat_peek(struct ccm_heartbeat *hb, struct ccm_peek *peek);

/* chardev.c */
void ccm_events_init(struct ccm_events *events);
void ccm_events_node(struct ccm_node *node);
void ccm_events_partner(struct ccm_partner *partner);
void ccm_events_client_add(struct ccm_client *client);
void ccm_events_client_remove(struct ccm_client *client);
void ccm_events_client(struct ccm_peer *peer, const struct ccm_session_link *link);
void ccm_events_client_note(struct ccm_peer *peer, const char *note);
int ccm_chardev_register(struct ccm_node *node);
void ccm_chardev_unregister(void);

/* debugfs.c */
void ccm_debugfs_add(struct ccm_node *node);
void ccm_debugfs_remove(struct ccm_node *node);

#endif /* CCM_CCM_H */
