/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The session state machine: all decisions about one partner.
 *
 * Pure: ccm_session_step(session, now, event) fills a list of actions and does
 * nothing else. It has no clock, draws no random numbers, allocates nothing, takes no
 * locks and calls nobody. The runtime carries out the actions in the order given,
 * each to its end, before the next event is stepped; that is what turns "CLOSE, then
 * NOTIFY down" into the fencing promise.
 *
 * A connection is named by a number (conn). The core hands out the numbers of the
 * connections it asks for (CCM_ACT_CONNECT), counting up from 1 with the lowest bit
 * 0 (2, 4, 6...); the runtime numbers incoming requests with the lowest bit 1 (1, 3,
 * 5...). A number is never used again within an incarnation. An event of a
 * connection that the core does not know (any more) is ignored; but a
 * CCM_SEV_REQUEST is always answered with ACCEPT or REJECT, at once.
 */
#ifndef CCM_CORE_SESSION_H
#define CCM_CORE_SESSION_H

#include <uapi/linux/ccm.h>

#include "links.h"
#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

#define CCM_CONNECT_MS		600U	/* a connection must be established in this time */
#define CCM_GREET_MS_MIN	1500U	/* from established to READY; at least 4 * detect_ms */
#define CCM_RETRY_MIN_MS	50U	/* first retry; doubles */
#define CCM_RETRY_MAX_MS	2000U
#define CCM_RETRY_AT_ONCE_MAX	3U	/* retries in a row that do not wait (stale connection) */

/**
 * struct ccm_session_config - what does not change while a partner is configured
 * @node: this node's id
 * @partner: the partner's id; never equal to @node
 * @cluster: ccm_cluster_id() of the cluster's name
 * @incarnation: this node's
 * @version_min: lowest protocol version to offer
 * @version_max: highest protocol version to offer
 * @detect_ms: detection time, told to the partner
 * @auth: enum ccm_auth; the partner must use the same
 * @capabilities: offered
 * @name: this node's host name, NUL-terminated
 */
struct ccm_session_config {
	u32 node;
	u32 partner;
	u64 cluster;
	u64 incarnation;
	u16 version_min;
	u16 version_max;
	u32 detect_ms;
	u32 auth;
	u64 capabilities;
	char name[CCM_WIRE_NAME_LEN];
};

enum ccm_session_event_type {
	CCM_SEV_START		= 0,	/* configured and enabled: begin to connect */
	CCM_SEV_STOP		= 1,	/* end it and stay down; .reason for the partner */
	CCM_SEV_PATH_UP		= 2,	/* a device or an address has appeared: try now */
	CCM_SEV_REQUEST		= 3,	/* connect request came; .conn .data .len */
	CCM_SEV_ESTABLISHED	= 4,	/* .conn; active side: .data .len of the accept;
					 * .keys: local keys; .iwarp
					 */
	CCM_SEV_REJECTED	= 5,	/* .conn .status (enum ccm_cm_status) .data .len */
	CCM_SEV_FAILED		= 6,	/* .conn .status: could not connect */
	CCM_SEV_DISCONNECTED	= 7,	/* .conn: the partner disconnected */
	CCM_SEV_ERROR		= 8,	/* .conn: a work request failed, the queue pair is broken */
	CCM_SEV_DEVICE_GONE	= 9,	/* .conn: its device is being removed */
	CCM_SEV_MESSAGE		= 10,	/* .conn .data .len: a SEND other than a ring (KEYS) */
	CCM_SEV_READ_DONE	= 11,	/* .conn .status: CCM_READ_* .data .len */
	CCM_SEV_RING		= 12,	/* .conn .status: enum ccm_ring; .data .len: that mail */
	CCM_SEV_VERDICT		= 13,	/* .conn .reason: liveness says the partner is gone */
	CCM_SEV_TIMER		= 14,	/* the armed time has come (early ones are ignored) */
	CCM_SEV_CLIENTS		= 15,	/* .catalog: the clients there are now, in any order */
	CCM_SEV_LINK_PREPARED	= 16,	/* .link .instance .epoch; .offer: memory is registered */
	CCM_SEV_LINK_OPENED	= 17,	/* .link .instance .epoch: all ports, and the table read */
	CCM_SEV_LINK_FAILED	= 18,	/* .link .instance .epoch; .reason: enum ccm_client_reason:
					 * PREPARE or OPEN failed, or a port was lost later
					 */
	CCM_SEV_COUNT
};

/* ccm_session_event.status of CCM_SEV_REJECTED and CCM_SEV_FAILED */
enum ccm_cm_status {
	CCM_CM_CONSUMER		= 0,	/* rejected by CCM there; private data says why */
	CCM_CM_NO_LISTENER	= 1,	/* nobody listens there (module not loaded) */
	CCM_CM_STALE		= 2,	/* remains of an old connection: try again at once */
	CCM_CM_NO_DEVICE	= 3,	/* no RDMA device here for this path */
	CCM_CM_UNREACHABLE	= 4,	/* no address, no route, no answer */
	CCM_CM_RESOURCES	= 5,	/* out of memory or of device resources here */
	CCM_CM_OTHER		= 6,
};

/* ccm_session_event.status of CCM_SEV_READ_DONE, ccm_session_action.what of CCM_ACT_READ */
enum ccm_read_what {
	CCM_READ_STATUS		= 1,	/* R1: the status page */
	CCM_READ_ANSWER		= 2,	/* R2: the partner's answer */
};

/* Where local memory can be reached, known once the connection has a queue pair */
struct ccm_session_keys {
	u64 status_addr;
	u32 status_key;
	u64 mailbox_addr;
	u32 mailbox_key;
};

/**
 * struct ccm_session_event - one thing that happened
 * @type: enum ccm_session_event_type
 * @conn: connection it happened to, 0 where none; CCM_SEV_LINK_*: may be 0, else an event
 *	of another connection is ignored
 * @status: see the type
 * @reason: enum ccm_reason, see the type
 * @iwarp: CCM_SEV_ESTABLISHED: the connecting side must send first
 * @random: a fresh random number with every event (nonces, jitter)
 * @keys: CCM_SEV_ESTABLISHED: local keys
 * @link: CCM_SEV_LINK_*: index of the link, as in its action
 * @instance: CCM_SEV_LINK_*: of its client; an event of another one is ignored
 * @epoch: CCM_SEV_LINK_*: of the try; an event of another one is ignored
 * @offer: CCM_SEV_LINK_PREPARED: where the partner reaches the memory
 * @catalog: CCM_SEV_CLIENTS: .count and .entries, valid as ccm_catalog_get() would have
 *	it; the rest is not looked at
 * @data: bytes of a message, copied from where the partner could still change them
 * @len: of @data
 */
struct ccm_session_event {
	u32 type;
	u32 conn;
	u32 status;
	u32 reason;
	bool iwarp;
	u64 random;
	struct ccm_session_keys keys;
	u32 link;
	u64 instance;
	u32 epoch;
	struct ccm_link_offer offer;
	const struct ccm_catalog *catalog;
	const u8 *data;
	u32 len;
};

enum ccm_session_action_type {
	CCM_ACT_CONNECT		= 0,	/* .conn .data .len: private data of the request */
	CCM_ACT_ACCEPT		= 1,	/* .conn .data .len */
	CCM_ACT_REJECT		= 2,	/* .conn .what: enum ccm_reject .data .len; ends .conn */
	CCM_ACT_CLOSE		= 3,	/* .conn; .flush: first let posted sends finish (bounded).
					 * When done, nothing the partner had can reach memory.
					 */
	CCM_ACT_SEND		= 4,	/* .conn .data .len: behind the registrations of A0 */
	CCM_ACT_READ		= 5,	/* .conn .what: enum ccm_read_what .addr .key .read_len */
	CCM_ACT_WRITE		= 6,	/* .conn .addr .key .data .len, then ring .what */
	CCM_ACT_ANSWER		= 7,	/* .conn .data .len: session page, then ring .what */
	CCM_ACT_WATCH		= 8,	/* .conn .addr .key: start heartbeats; CLOSE ends them */
	CCM_ACT_TIMER		= 9,	/* .at_us: arm the one timer; 0: disarm */
	CCM_ACT_STATE		= 10,	/* .state .reason: show user space; see announced */
	CCM_ACT_READY		= 11,	/* tell clients: the partner is ready */
	CCM_ACT_DOWN		= 12,	/* tell clients: the partner is gone; .reason */
	CCM_ACT_MAIL		= 13,	/* .conn .addr .key .what: WRITE what ccm_session_put_mail()
					 * encodes for enum ccm_ring .what, then ring .what
					 */
	CCM_ACT_RING		= 14,	/* .conn .what: ring, with nothing written */
	CCM_ACT_CLIENTS		= 15,	/* look at the clients again: step CCM_SEV_CLIENTS */
	CCM_ACT_COUNT
};

#define CCM_ACTION_DATA_MAX	160
#define CCM_ACTIONS_MAX		12

struct ccm_session_action {
	u32 type;
	u32 conn;
	u32 what;
	u32 state;
	u32 reason;
	bool flush;
	u64 addr;
	u32 key;
	u32 read_len;
	u64 at_us;
	u32 len;
	u8 data[CCM_ACTION_DATA_MAX];
};

struct ccm_session_actions {
	u32 count;
	struct ccm_session_action list[CCM_ACTIONS_MAX];
};

/* What has happened in the handshake of the present connection: ccm_session.done */
#define CCM_DONE_ESTABLISHED	(1U << 0)
#define CCM_DONE_KEYS_SENT	(1U << 1)	/* A0 */
#define CCM_DONE_KEYS_RECEIVED	(1U << 2)
#define CCM_DONE_R1		(1U << 3)
#define CCM_DONE_HELLO_SENT	(1U << 4)	/* W1 */
#define CCM_DONE_HELLO_RECEIVED	(1U << 5)	/* ... checked, and answered */
#define CCM_DONE_R2_POSTED	(1U << 6)
#define CCM_DONE_R2		(1U << 7)
#define CCM_DONE_CATALOG_SENT	(1U << 8)	/* W2 */
#define CCM_DONE_CATALOG_RECEIVED (1U << 9)
#define CCM_DONE_READY_SENT	(1U << 10)	/* W3 */
#define CCM_DONE_READY_RECEIVED	(1U << 11)
#define CCM_DONE_KEYS_EARLY	(1U << 12)	/* keys came before ESTABLISHED; unchecked */

/* Mail that is written again and again, each only when the last has been taken: .mail */
#define CCM_MAIL_CATALOG_DUE	(1U << 0)	/* the partner does not have what is there now */
#define CCM_MAIL_CATALOG_OUT	(1U << 1)	/* written, not taken yet */
#define CCM_MAIL_LINKS_DUE	(1U << 2)
#define CCM_MAIL_LINKS_OUT	(1U << 3)

/**
 * struct ccm_session - the state machine of one partner; large: never on a stack
 * @config: as configured
 * @enabled: between CCM_SEV_START and CCM_SEV_STOP
 * @state: enum ccm_state
 * @reason: enum ccm_reason of the last DOWN
 * @announced_state: last state shown by CCM_ACT_STATE
 * @announced_reason: last reason shown
 * @told_ready: clients have heard READY and not yet DOWN
 * @conn: the connection that is tried or used; 0: none
 * @next_conn: number for the next CCM_ACT_CONNECT
 * @active: we sent the request of @conn
 * @fresh: @conn's request was sent in answer to a crossed request
 * @kick: a path came up during an attempt: if it fails, retry at once
 * @iwarp: of @conn
 * @done: CCM_DONE_* of @conn
 * @attempt: number of our last connect request
 * @retries: attempts in a row that failed
 * @at_once: retries in a row that did not wait
 * @deadline_us: when what the session waits for takes too long, or the backoff is over;
 *	0: not timed
 * @gate_us: OPENING: until when W3 waits for links; 0: it does not (any more)
 * @armed_us: time the timer is armed for: the earliest of @deadline_us, @gate_us and all
 *	links' at_us; 0: not armed
 * @peer_incarnation: of the partner, as last told by it; 0: never heard of
 * @peer_attempt: highest attempt number seen from @peer_incarnation
 * @nonce: ours, of @conn
 * @keys: ours, of @conn
 * @peer_keys: the partner's A0
 * @peer_hello: the partner's hello
 * @peer_ready: the partner's W3
 * @version: agreed on
 * @plan: hash of the plans of the two catalogs exchanged first
 * @plan_generation: of the partner's catalog that @plan was made of
 * @mail: CCM_MAIL_*
 * @links_sequence: of the last table of links that was sent
 * @peer_links_sequence: of the last one that was received
 * @clients_differ: between W2 and READY: the clients are not those of @catalog any more
 * @catalog: mine: as last sent, or as it will be sent in W2
 * @peer_catalog: the partner's, of this connection
 * @links: one for each of my clients; its place is the client's as long as it is there
 */
struct ccm_session {
	struct ccm_session_config config;
	bool enabled;
	u32 state;
	u32 reason;
	u32 announced_state;
	u32 announced_reason;
	bool told_ready;
	u32 conn;
	u32 next_conn;
	bool active;
	bool fresh;
	bool kick;
	bool iwarp;
	u32 done;
	u32 attempt;
	u32 retries;
	u32 at_once;
	u64 deadline_us;
	u64 gate_us;
	u64 armed_us;
	u64 peer_incarnation;
	u32 peer_attempt;
	u64 nonce;
	struct ccm_session_keys keys;
	struct ccm_wire_keys peer_keys;
	struct ccm_wire_hello peer_hello;
	struct ccm_wire_ready peer_ready;
	u16 version;
	u64 plan;
	u64 plan_generation;
	u32 mail;
	u64 links_sequence;
	u64 peer_links_sequence;
	bool clients_differ;
	struct ccm_catalog catalog;
	struct ccm_catalog peer_catalog;
	struct ccm_session_link links[CCM_CLIENTS_MAX];
};

/**
 * ccm_session_init() - a session in state DOWN, reason NONE, not enabled
 * @s: memory for it, whatever it holds
 * @config: copied
 */
void ccm_session_init(struct ccm_session *s, const struct ccm_session_config *config);

/**
 * ccm_session_step() - let one event happen
 * @s: the session
 * @now_us: monotonic time, microseconds, never 0
 * @event: what happened
 * @actions: filled; what it held is dropped
 *
 * Any context; the caller serialises calls for one session.
 */
void ccm_session_step(struct ccm_session *s, u64 now_us,
		      const struct ccm_session_event *event,
		      struct ccm_session_actions *actions);

/**
 * ccm_session_screen() - look at a connect request before its partner is known
 * @node: this node's id
 * @cluster: this node's cluster id
 * @data: private data as received
 * @len: of @data
 * @request: the request, filled when the answer is CCM_REJECT_NONE, CCM_REJECT_CLUSTER,
 *	CCM_REJECT_PARTNER or CCM_REJECT_VERSION
 *
 * The version range is not looked at here but in CCM_SEV_REQUEST, so that the partner's
 * state shows it.
 *
 * Return: CCM_REJECT_NONE, _MALFORMED, _CLUSTER or _PARTNER
 */
u32 ccm_session_screen(u32 node, u64 cluster, const u8 *data, u32 len,
		       struct ccm_wire_request *request);

/**
 * ccm_session_put_reject() - private data for a reject
 * @config: this node's; .partner is not looked at
 * @code: enum ccm_reject
 * @data: CCM_WIRE_REJECT_LEN bytes
 */
void ccm_session_put_reject(const struct ccm_session_config *config, u32 code, u8 *data);

/**
 * ccm_session_put_mail() - encode the mail of a CCM_ACT_MAIL
 * @s: session, not stepped since
 * @what: CCM_RING_CATALOG or CCM_RING_LINKS
 * @buf: room for CCM_CATALOG_LEN_MAX or CCM_LINKS_LEN_MAX bytes
 *
 * Return: bytes written
 */
u32 ccm_session_put_mail(const struct ccm_session *s, u32 what, u8 *buf);

/*
 * The state x event table. step() is driven by it; the documentation and the
 * exhaustive test are made from it. There is exactly one row for each pair.
 */
struct ccm_session_row {
	u32 state;			/* enum ccm_state */
	u32 event;			/* enum ccm_session_event_type */
	void (*handle)(struct ccm_session *s, u64 now_us,
		       const struct ccm_session_event *event,
		       struct ccm_session_actions *actions);	/* NULL: ignored */
	u32 next;			/* bit mask of states it may end in */
	const char *text;		/* what is done, for the documentation */
};

/**
 * ccm_session_table() - the rows
 * @count: number of rows: CCM_STATE_COUNT * CCM_SEV_COUNT
 *
 * Return: the rows, ordered by state, then event
 */
const struct ccm_session_row *ccm_session_table(u32 *count);

const char *ccm_session_event_name(u32 event);
const char *ccm_session_action_name(u32 action);
/* The step of the series that an action is: A0, R1, W1...; for a reject, why; else "" */
const char *ccm_session_what_name(u32 action, u32 what);
const char *ccm_ring_name(u32 ring);
const char *ccm_state_name(u32 state);
const char *ccm_reason_text(u32 reason);
const char *ccm_stage_name(u32 stage);

CCM_EXTERN_C_END

#endif /* CCM_CORE_SESSION_H */
