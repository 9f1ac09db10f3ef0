/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a session is made of. The core writes it; the runtime reads what it shows, and what
 * it needs to carry out an action.
 */
#ifndef CCM_CORE_SESSION_STATE_H
#define CCM_CORE_SESSION_STATE_H

#include "links.h"
#include "session_event.h"
#include "types.h"
#include "wire.h"

#define CCM_CONNECT_MS		600U	/* a connection must be established in this time */
#define CCM_GREET_MS_MIN	1500U	/* from established to READY; at least 4 * detect_ms */
#define CCM_TAKEN_MS_MIN	10000U	/* mail is taken in this time; at least 4 * detect_ms */
#define CCM_WORD_MS		3U	/* after a last word: a READ is answered in this time */
#define CCM_WORD_SHARE		80U	/* ... at least in this part of detect_ms */
#define CCM_WORD_READS		4U	/* ... at least so many times the slowest one of late */
#define CCM_RETRY_MIN_MS	50U	/* first retry; doubles */
#define CCM_RETRY_MAX_MS	2000U
#define CCM_RETRY_AT_ONCE_MAX	3U	/* retries in a row that do not wait (stale connection) */
#define CCM_STUCK_MAX		2U	/* connections in a row that get stuck: it is the size */

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
 * @machine: what tells this machine from others that have the same software
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
	u64 machine;
	char name[CCM_WIRE_NAME_LEN];
};

/* What was said on a connection before the hellos, as it was sent: see auth.h */
enum ccm_transcript_part {
	CCM_TRANSCRIPT_REQUEST		= 0,
	CCM_TRANSCRIPT_ACCEPT		= 1,
	CCM_TRANSCRIPT_KEYS_ACTIVE	= 2,	/* A0 of the side that connected */
	CCM_TRANSCRIPT_KEYS_PASSIVE	= 3,
	CCM_TRANSCRIPT_PARTS
};

#define CCM_KEYS_MAX		192	/* A0, a later version's included */
#define CCM_TRANSCRIPT_MAX	(CCM_PRIVATE_REQUEST_MAX + CCM_PRIVATE_ACCEPT_MAX + \
				 2 * CCM_KEYS_MAX)

struct ccm_transcript {
	u16 len[CCM_TRANSCRIPT_PARTS];
	u8 bytes[CCM_TRANSCRIPT_MAX];
};

/* What has happened on a connection: ccm_session_conn.done */
#define CCM_DONE_ESTABLISHED	(1U << 0)
#define CCM_DONE_KEYS_SENT	(1U << 1)	/* A0 */
#define CCM_DONE_KEYS_RECEIVED	(1U << 2)
#define CCM_DONE_R1		(1U << 3)
#define CCM_DONE_HELLO_SENT	(1U << 4)	/* W1 */
#define CCM_DONE_HELLO_RECEIVED	(1U << 5)	/* ... checked, and answered */
#define CCM_DONE_R2_POSTED	(1U << 6)
#define CCM_DONE_R2		(1U << 7)
#define CCM_DONE_READY_SENT	(1U << 8)	/* W3 */
#define CCM_DONE_READY_RECEIVED	(1U << 9)
#define CCM_DONE_KEYS_EARLY	(1U << 10)	/* keys came before ESTABLISHED; unchecked */
#define CCM_DONE_PROVEN		(1U << 11)	/* R1 and the hello: it is the partner's */
#define CCM_DONE_WAITS		(1U << 12)	/* proven, and cannot be who has the present one */
#define CCM_DONE_CATALOG_EARLY	(1U << 13)	/* the catalog came while it was a candidate */
#define CCM_DONE_DUMPING	(1U << 14)	/* R1: a crash kernel is at the other end */
#define CCM_DONE_VERIFYING	(1U << 15)	/* the hello is here, its proof is looked at */

/*
 * Mail that is written again and again: what is written and not taken yet, ccm_session.mail.
 * The next of its kind is written when it has been taken, and is due (struct ccm_session_links).
 */
#define CCM_MAIL_CATALOG_OUT	(1U << 0)
#define CCM_MAIL_LINKS_OUT	(1U << 1)

/**
 * struct ccm_session_conn - a connection, and what the other side has said on it
 * @id: its number; 0: there is none
 * @active: we sent its request
 * @iwarp: the connecting side must send first
 * @done: CCM_DONE_*
 * @deadline_us: of a candidate: when it takes too long; not looked at once it is none any more
 * @began_us: when it was established; what names our nonce was sent later
 * @incarnation: whose it is, as the request or the accept says
 * @number: attempt that the other side says it is
 * @word_us: by when a READ is to be answered, since a last word has come; 0: none has
 * @nonce: ours
 * @challenge: ours
 * @number_used: of the pre-shared key that both sides prove; 0: none
 * @transcript: what was said before the hellos
 * @secret: ours, of our last word
 * @keys: ours
 * @mtu: of the interface here, bytes; 0: not known
 * @path_mtu: of the queue pair here
 * @peer_keys: the partner's A0
 * @hello: the partner's, checked
 * @version: agreed on
 * @capabilities: agreed on
 */
struct ccm_session_conn {
	u32 id;
	bool active;
	bool iwarp;
	u32 done;
	u64 deadline_us;
	u64 began_us;
	u64 incarnation;
	u32 number;
	u64 word_us;
	u64 nonce;
	u8 challenge[CCM_WIRE_CHALLENGE_LEN];
	u32 number_used;
	struct ccm_transcript transcript;
	u8 secret[CCM_WIRE_SECRET_LEN];
	struct ccm_session_keys keys;
	u32 mtu;
	u32 path_mtu;
	struct ccm_wire_keys peer_keys;
	struct ccm_wire_hello hello;
	u16 version;
	u64 capabilities;
};

/**
 * struct ccm_attempt - how a connection is begun and ended, and when the next one is
 * @next_conn: number for the next CCM_ACT_CONNECT
 * @fresh: the present request was sent in answer to a crossed one
 * @kick: a path came up during an attempt: if it fails, retry at once
 * @number: of our last connect request
 * @retries: attempts in a row that failed
 * @at_once: retries in a row that did not wait
 * @stuck: connections in a row over which small frames passed and large ones did not
 */
struct ccm_attempt {
	u32 next_conn;
	bool fresh;
	bool kick;
	u32 number;
	u32 retries;
	u32 at_once;
	u32 stuck;
};

/* What both sides said of the frames they can send, bytes; 0: not known */
struct ccm_session_sizes {
	u32 mtu;		/* of the interface here */
	u32 path_mtu;		/* of the queue pair here */
	u32 peer_mtu;
	u32 peer_path_mtu;
};

/**
 * struct ccm_session - the state machine of one partner; large: never on a stack
 * @config: as configured
 * @psk: numbers of the pre-shared keys there are here, the highest first; 0: no more
 * @enabled: between CCM_SEV_START and CCM_SEV_STOP
 * @state: enum ccm_state
 * @reason: enum ccm_reason of the last DOWN
 * @announced_state: last state shown by CCM_ACT_STATE
 * @announced_reason: last reason shown
 * @told_ready: clients have heard READY and not yet DOWN
 * @attempt: how connections are begun
 * @conn: the connection that is tried or used
 * @candidate: one that is greeted beside @conn, and takes its place when it is proven to be
 *	the partner's: see session_proof.h
 * @deadline_us: when what the session waits for takes too long, or the backoff is over;
 *	0: not timed
 * @gate_us: OPENING: until when W3 waits for links; 0: it does not (any more)
 * @armed_us: time the timer is armed for: the earliest of @deadline_us, @gate_us and all
 *	links' at_us; 0: not armed
 * @peer_incarnation: of the partner, as last proven; 0: never heard of
 * @peer_attempt: highest attempt number that was proven, of @peer_incarnation
 * @peer_kernel: number of the partner's kernel: another one when it was, or may have been,
 *	started anew; 0: never heard of
 * @peer_hello: the partner's last one that was proven
 * @left_stage: enum ccm_stage that its goodbye said, until it is greeted again; CCM_STAGE_UNKNOWN:
 *	none has come, or did not say
 * @dumping: incarnation of the partner's crash kernel, which proved that the one before it has
 *	panicked, and which is not talked to any more; 0: none
 * @panicked_us: by when that was: its crash kernel began; 0: before this node's time
 * @heard_us: when the partner's running time was last heard; 0: never
 * @heard_uptime_ms: that, of its kernel
 * @peer_ready: the partner's W3
 * @plan: hash of the plans of the two catalogs exchanged first
 * @plan_generation: of the partner's catalog that @plan was made of
 * @mail: CCM_MAIL_*
 * @catalog_taken_us: by when the catalog that is out must have been taken; 0: none is
 * @links_taken_us: likewise the table of links
 * @sizes: of the last connection that ended with CCM_REASON_MTU
 * @links: of my clients, with both catalogs
 */
struct ccm_session {
	struct ccm_session_config config;
	u32 psk[CCM_PSK_NUMBERS];
	bool enabled;
	u32 state;
	u32 reason;
	u32 announced_state;
	u32 announced_reason;
	bool told_ready;
	struct ccm_attempt attempt;
	struct ccm_session_conn conn;
	struct ccm_session_conn candidate;
	u64 deadline_us;
	u64 gate_us;
	u64 armed_us;
	u64 peer_incarnation;
	u32 peer_attempt;
	u32 peer_kernel;
	struct ccm_wire_hello peer_hello;
	u32 left_stage;
	u64 dumping;
	u64 panicked_us;
	u64 heard_us;
	u64 heard_uptime_ms;
	struct ccm_wire_ready peer_ready;
	u64 plan;
	u64 plan_generation;
	u32 mail;
	u64 catalog_taken_us;
	u64 links_taken_us;
	struct ccm_session_sizes sizes;
	struct ccm_session_links links;
};

/* Of two nodes that cannot ask each other first, the one with the lower id has its way. */
static inline bool ccm_session_lower(const struct ccm_session *s)
{
	return s->config.node < s->config.partner;
}

/* Which connection an event or an action is of: the session's own, or its candidate */
static inline struct ccm_session_conn *ccm_session_conn_of(struct ccm_session *s, u32 id)
{
	return id == s->conn.id ? &s->conn : &s->candidate;
}

#endif /* CCM_CORE_SESSION_STATE_H */
