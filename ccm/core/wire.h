/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole wire format of CCM on one page.
 *
 * Everything is little-endian and read and written byte by byte, so that neither
 * the compiler's layout nor the host's byte order matters. Every message begins
 * with the same eight bytes:
 *
 *	0  u32  magic   CCM_WIRE_MAGIC
 *	4  u16  type    enum ccm_wire_type
 *	6  u16  length  of the whole message, header included
 *
 * A decoder checks magic, type and length first, then every field's range; it
 * returns 0 or a negative CCM_WIRE_E*, and never reads past @len. What a later version
 * may do to one that exists already, without asking for its version:
 *
 *	append fields: a message that is longer than its type needs is accepted, also where
 *	only the part that is known here was read; in each place there is room to grow
 *	use what is reserved: it is sent as zero and not looked at
 *	offer larger memory: A0 gives lengths, and only what is needed must be there
 *	add flags, capabilities, rings: those that are not known are not looked at
 *	add boot stages and reasons: those that are not known become *unknown*, or what is
 *	safe for whoever acts on them
 *
 * Everything else wants a higher version, agreed on before it is used.
 *
 * RDMA CM pads private data with zeroes and never tells its true length: the length
 * field does.
 */
#ifndef CCM_CORE_WIRE_H
#define CCM_CORE_WIRE_H

#include "types.h"

CCM_EXTERN_C_BEGIN

#define CCM_WIRE_MAGIC		0x314d4343U	/* "CCM1" in memory */

/* The protocol versions that this code speaks */
#define CCM_VERSION_MIN		1
#define CCM_VERSION_MAX		1

#define CCM_NODE_ID_MAX		65535U		/* ids are 1..CCM_NODE_ID_MAX */
#define CCM_WIRE_NAME_LEN	32		/* host name with its NUL */
#define CCM_WIRE_PROOF_LEN	32		/* HMAC-SHA256 */
#define CCM_WIRE_SECRET_LEN	16		/* of a last word */
#define CCM_WIRE_CHALLENGE_LEN	16		/* random, of each side, for one connection */
#define CCM_PSK_NUMBERS		4U		/* of pre-shared keys that a side tells of */
#define CCM_UPTIME_MS_MAX	(1ULL << 43)	/* of a kernel: 278 years */
#define CCM_DETECT_MS_MIN	20U		/* detection time */
#define CCM_DETECT_MS_MAX	60000U
#define CCM_CLIENT_PORTS_MAX	64U		/* of a client, to one partner */

/* Limits of RDMA CM on private data (RDMA_PS_TCP over InfiniBand and RoCE) */
#define CCM_PRIVATE_REQUEST_MAX	56
#define CCM_PRIVATE_ACCEPT_MAX	196
#define CCM_PRIVATE_REJECT_MAX	148

enum ccm_wire_type {
	CCM_WIRE_REQUEST	= 1,	/* private data of a connect request or an accept */
	CCM_WIRE_REJECT		= 2,	/* private data of a reject */
	CCM_WIRE_KEYS		= 3,	/* A0, a SEND: where my memory is */
	CCM_WIRE_RING		= 4,	/* a SEND behind a WRITE, where there is no immediate */
	CCM_WIRE_STATUS		= 5,	/* the status page, read by R1 and by heartbeats */
	CCM_WIRE_HELLO		= 6,	/* W1, in the partner's mailbox */
	CCM_WIRE_ANSWER		= 7,	/* read by R2, in my session page */
	CCM_WIRE_CATALOG	= 8,	/* W2, in the partner's mailbox */
	CCM_WIRE_READY		= 9,	/* W3, in the partner's mailbox */
	CCM_WIRE_GOODBYE	= 10,	/* in the partner's mailbox */
	CCM_WIRE_LINKS		= 11,	/* in the partner's mailbox: see links_wire.h */
	CCM_WIRE_PORT		= 12,	/* private data of a port's connect request and accept */
	CCM_WIRE_PANIC		= 13,	/* the last word, a UDP datagram: I panic */
};

#define CCM_WIRE_EMAGIC		(-1)	/* not CCM's */
#define CCM_WIRE_ETYPE		(-2)	/* another message than expected */
#define CCM_WIRE_ESHORT		(-3)	/* shorter than its type, or than it says */
#define CCM_WIRE_ERANGE		(-4)	/* a field is out of its range */

/* Sizes on the wire, header included */
#define CCM_WIRE_HEADER_LEN	8
#define CCM_WIRE_REQUEST_LEN	56
#define CCM_WIRE_REJECT_LEN	48
#define CCM_WIRE_KEYS_LEN	112
#define CCM_WIRE_RING_LEN	16
#define CCM_WIRE_STATUS_LEN	96
#define CCM_WIRE_HELLO_LEN	160
#define CCM_WIRE_ANSWER_LEN	64
#define CCM_WIRE_READY_LEN	48
#define CCM_WIRE_GOODBYE_LEN	16
#define CCM_WIRE_PORT_LEN	56
#define CCM_WIRE_PANIC_LEN	48

/*
 * Memory that a session exposes. The status region is two pages, remote-read only:
 * the node's status page (the same memory for all sessions) and the session's own
 * page. The mailbox is five pages, remote-write only. Each kind of mail has a place
 * of its own, so that mail of one kind never overwrites another.
 */
#define CCM_PAGE_LEN		4096
#define CCM_STATUS_OFFSET	0			/* struct ccm_wire_status */
#define CCM_ANSWER_OFFSET	CCM_PAGE_LEN		/* struct ccm_wire_answer */
#define CCM_STATUS_REGION_LEN	(2 * CCM_PAGE_LEN)
#define CCM_MAILBOX_HELLO	0
#define CCM_MAILBOX_READY	512
#define CCM_MAILBOX_GOODBYE	768
#define CCM_MAILBOX_CATALOG	CCM_PAGE_LEN		/* two pages */
#define CCM_MAILBOX_LINKS	(3 * CCM_PAGE_LEN)	/* a page and a bit */
#define CCM_MAILBOX_LEN		(5 * CCM_PAGE_LEN)

/* What a connection is for: ccm_wire_request.purpose. A port's request is a CCM_WIRE_PORT. */
enum ccm_purpose {
	CCM_PURPOSE_SESSION	= 1,
};

/*
 * Private data of a connect request, and of the accept that answers it.
 *
 *	 8  u16  version_min		10  u16  version_max
 *	12  u16  purpose		14  u16  reserved
 *	16  u32  node (the sender)	20  u32  partner (whom the sender takes the receiver for)
 *	24  u64  cluster (hash of its name)
 *	32  u64  incarnation (of the sender)
 *	40  u32  attempt		44  u32  reserved
 *	48  u64  uptime_ms
 *
 * @uptime_ms is how long the sender's kernel has run. @attempt counts the sender's
 * connection attempts within its incarnation, from 1: of two requests the one with the
 * higher number is the later one.
 */
struct ccm_wire_request {
	u16 version_min;
	u16 version_max;
	u16 purpose;
	u32 node;
	u32 partner;
	u64 cluster;
	u64 incarnation;
	u32 attempt;
	u64 uptime_ms;
};

/* Why a connect request was rejected: ccm_wire_reject.code */
enum ccm_reject {
	CCM_REJECT_NONE		= 0,
	CCM_REJECT_CROSSED	= 1,	/* my own request wins; it is on its way */
	CCM_REJECT_VERSION	= 2,	/* no version in common */
	CCM_REJECT_CLUSTER	= 3,	/* another cluster's id */
	CCM_REJECT_NODE		= 4,	/* your node id is not configured here */
	CCM_REJECT_PARTNER	= 5,	/* I am not the node you look for */
	CCM_REJECT_MALFORMED	= 6,	/* not a valid request */
	CCM_REJECT_STOPPING	= 7,	/* I am being unloaded or shut down */
	CCM_REJECT_STALE	= 8,	/* older than a request already seen */
	CCM_REJECT_BUSY		= 9,	/* no resources; try again later */
	CCM_REJECT_ADMIN	= 10,	/* the partner is disabled here */
	CCM_REJECT_ADDRESS	= 11,	/* you do not come from an address of that node */
	CCM_REJECT_DUMPING	= 12,	/* you are a crash kernel: I know */
	CCM_REJECT_KEY		= 13,	/* I have no pre-shared key (yet) */
	CCM_REJECT_COUNT
};

/*
 * Private data of a reject.
 *
 *	 8  u16  code (enum ccm_reject)	10  u16  reserved
 *	12  u16  version_min		14  u16  version_max
 *	16  u32  node (who rejects)	20  u32  reserved
 *	24  u64  incarnation		32  u64  reserved	40  u64  reserved
 */
struct ccm_wire_reject {
	u16 code;
	u16 version_min;
	u16 version_max;
	u32 node;
	u64 incarnation;
};

/*
 * A0: the first SEND of each side, behind the registration of what it names.
 *
 *	 8  u64  status_addr		16  u32  status_key	20  u32  status_len
 *	24  u64  mailbox_addr		32  u32  mailbox_key	36  u32  mailbox_len
 *	40  u64  incarnation		48  u64  nonce (of this session)
 *	56  u32  mtu			60  u32  path_mtu
 *	64  u8[16]  challenge		80  u32  auth (enum ccm_auth)	84  u32  reserved
 *	88  u32[4]  numbers (of pre-shared keys, the highest first; 0: no more)
 *	104  u64  reserved
 *
 * @mtu is that of the sender's interface, @path_mtu of its queue pair, in bytes; 0: not known.
 * For people only: nothing is decided by them. The highest number that both sides have is the
 * key that both prove: see auth.h.
 */
struct ccm_wire_keys {
	u64 status_addr;
	u32 status_key;
	u32 status_len;
	u64 mailbox_addr;
	u32 mailbox_key;
	u32 mailbox_len;
	u64 incarnation;
	u64 nonce;
	u32 mtu;
	u32 path_mtu;
	u8 challenge[CCM_WIRE_CHALLENGE_LEN];
	u32 auth;
	u32 numbers[CCM_PSK_NUMBERS];
};

/* What lies in the mailbox (or the session page): the word of a ring */
enum ccm_ring {
	CCM_RING_HELLO		= 1,	/* my hello is in your mailbox */
	CCM_RING_ANSWER		= 2,	/* my answer to your hello can be read */
	CCM_RING_CATALOG	= 3,
	CCM_RING_READY		= 4,
	CCM_RING_GOODBYE	= 5,
	CCM_RING_LINKS		= 6,
	CCM_RING_CATALOG_TAKEN	= 7,	/* I have copied your catalog: you may write the next */
	CCM_RING_LINKS_TAKEN	= 8,
	CCM_RING_STAGE		= 9,	/* my stage has changed: read my page */
	CCM_RING_COUNT
};

/*
 * A ring as a SEND (iWARP); as immediate data it is the word alone.
 *
 *	 8  u32  word: the kind (enum ccm_ring) in bits 31..24, a sequence number in 23..0
 *	12  u32  reserved
 */
struct ccm_wire_ring {
	u32 word;
};

/*
 * The status page.
 *
 *	 8  u16  version_min		10  u16  version_max
 *	12  u32  node			16  u64  incarnation
 *	24  u64  cluster		32  u32  stage	36  u32  flags (CCM_PAGE_* of the UAPI)
 *	40  u64  counter		48  u32  tick_ms	52  u32  reserved
 *	56  u64  uptime_ms		64..95 reserved
 *
 * @uptime_ms is how long the kernel has run (CLOCK_BOOTTIME). @counter moves at least
 * every @tick_ms while the kernel schedules. Each of @stage, @flags, @counter and
 * @uptime_ms is aligned and stored at once; they are not consistent with each other.
 */
struct ccm_wire_status {
	u16 version_min;
	u16 version_max;
	u32 node;
	u64 incarnation;
	u64 cluster;
	u32 stage;
	u32 flags;
	u64 counter;
	u32 tick_ms;
	u64 uptime_ms;
};

#define CCM_HELLO_PROOF		64	/* where it lies in a hello */
#define CCM_STATUS_STAGE	32	/* offsets that the node stores to while it lives */
#define CCM_STATUS_FLAGS	36
#define CCM_STATUS_COUNTER	40
#define CCM_STATUS_UPTIME	56

/* How a hello proves who sent it: ccm_wire_hello.auth */
enum ccm_auth {
	CCM_AUTH_NONE		= 0,
	CCM_AUTH_PSK		= 1,	/* HMAC-SHA256 with the cluster's pre-shared key */
};

/*
 * W1: who I am, in full.
 *
 *	 8  u16  version_min		10  u16  version_max
 *	12  u32  node			16  u64  incarnation
 *	24  u64  nonce (mine)		32  u64  nonce_partner (as I received it in A0)
 *	40  u64  capabilities		48  u32  detect_ms	52  u32  stage
 *	56  u32  auth (enum ccm_auth)	60  u32  number (of the pre-shared key; 0: none)
 *	64  u8[32]  proof		96  char[32]  name
 *	128  u64  uptime_ms (of the sender's kernel)
 *	136  u64  machine (what tells it from others with the same software)
 *	144  u8[16]  secret (of the last word that the sender would send; zeroes: none will come)
 */
struct ccm_wire_hello {
	u16 version_min;
	u16 version_max;
	u32 node;
	u64 incarnation;
	u64 nonce;
	u64 nonce_partner;
	u64 capabilities;
	u32 detect_ms;
	u32 stage;
	u32 auth;
	u32 number;
	u8 proof[CCM_WIRE_PROOF_LEN];
	char name[CCM_WIRE_NAME_LEN];
	u64 uptime_ms;
	u64 machine;
	u8 secret[CCM_WIRE_SECRET_LEN];
};

/* The verdict on a hello: ccm_wire_answer.code */
enum ccm_answer {
	CCM_ANSWER_NONE		= 0,	/* not answered yet */
	CCM_ANSWER_ACCEPTED	= 1,
	CCM_ANSWER_VERSION	= 2,
	CCM_ANSWER_AUTHENTICATION = 3,
	CCM_ANSWER_REFUSED	= 4,	/* the hello is malformed or contradicts A0 */
	CCM_ANSWER_COUNT
};

/*
 * My answer to the partner's hello, in my session page, where R2 reads it.
 *
 *	 8  u32  code (enum ccm_answer)	12  u16  version (agreed)	14  u16  reserved
 *	16  u64  incarnation (mine)	24  u64  nonce (mine)
 *	32  u64  nonce_partner (of the hello that this answers)
 *	40  u64  capabilities (agreed)	48..63 reserved
 */
struct ccm_wire_answer {
	u32 code;
	u16 version;
	u64 incarnation;
	u64 nonce;
	u64 nonce_partner;
	u64 capabilities;
};

/*
 * W2: what my clients need.
 *
 *	 8  u64  generation (from 1)	16  u64  nonce (mine)
 *	24  u32  count			28  u32  reserved	32  u64  reserved
 *	40..  entries of 80 bytes:
 *	 0  char[32]  name
 *	32  u16  version_min		34  u16  version_max
 *	36  u16  ports_min		38  u16  ports_max
 *	40  u64  ask			48  u64  give
 *	56  u64  instance		64..79 reserved
 *
 * See catalog.h, which encodes and decodes it. The table of links (CCM_WIRE_LINKS), and what
 * links say by other ways than the mailbox, are in links_wire.h.
 */

/*
 * W3: I am ready.
 *
 *	 8  u64  generation (of my catalog)	16  u64  generation_partner (of yours, that I used)
 *	24  u64  nonce (mine)			32  u64  plan (hash of the plan I computed)
 *	40  u64  reserved
 */
struct ccm_wire_ready {
	u64 generation;
	u64 generation_partner;
	u64 nonce;
	u64 plan;
};

/*
 * I end this session.
 *
 *	 8  u16  reason (enum ccm_reason of the UAPI: what the receiver shows)
 *	10  u16  stage (enum ccm_stage that the status page says now; 0: not said)
 *	12  u32  reserved
 *
 * @stage is said since nobody reads the page any more: it may have changed since it was read.
 */
struct ccm_wire_goodbye {
	u16 reason;
	u16 stage;
};

/*
 * A client's port: private data of its connect request, and of the accept, which has
 * each side's values swapped.
 *
 *	 8  u32  node (the sender)	12  u32  partner (the receiver)
 *	16  u64  token (of this port, by a key that only the two of the session have)
 *	24  u64  instance (of the sender's client)
 *	32  u64  instance_partner (of the receiver's)
 *	40  u32  epoch (of the link)	44  u32  port (from 0)
 *	48  u64  incarnation (of the sender)
 */
struct ccm_wire_port {
	u32 node;
	u32 partner;
	u64 token;
	u64 instance;
	u64 instance_partner;
	u32 epoch;
	u32 port;
	u64 incarnation;
};

/*
 * The last word of a kernel that panics: a UDP datagram to the partner's RDMA port number. It
 * comes on no connection: that its secret is the one that the sender told in its hello is what
 * makes it the sender's, and of this session.
 *
 *	 8  u32  node (the sender)	12  u32  partner (the receiver)
 *	16  u64  incarnation (of the sender)
 *	24  u8[16]  secret (as told in the sender's hello; never all zeroes)
 *	40  u64  reserved
 */
struct ccm_wire_panic {
	u32 node;
	u32 partner;
	u64 incarnation;
	u8 secret[CCM_WIRE_SECRET_LEN];
};

/*
 * Encoders write exactly CCM_WIRE_<TYPE>_LEN bytes to @buf, which must have room for
 * them. Decoders check @len bytes at @buf and fill *@msg only when they return 0.
 * Any context; no locks.
 */
void ccm_wire_put_request(u8 *buf, const struct ccm_wire_request *msg);
int ccm_wire_get_request(const u8 *buf, u32 len, struct ccm_wire_request *msg);
void ccm_wire_put_reject(u8 *buf, const struct ccm_wire_reject *msg);
int ccm_wire_get_reject(const u8 *buf, u32 len, struct ccm_wire_reject *msg);
void ccm_wire_put_keys(u8 *buf, const struct ccm_wire_keys *msg);
int ccm_wire_get_keys(const u8 *buf, u32 len, struct ccm_wire_keys *msg);
void ccm_wire_put_ring(u8 *buf, const struct ccm_wire_ring *msg);
int ccm_wire_get_ring(const u8 *buf, u32 len, struct ccm_wire_ring *msg);
void ccm_wire_put_status(u8 *buf, const struct ccm_wire_status *msg);
int ccm_wire_get_status(const u8 *buf, u32 len, struct ccm_wire_status *msg);
void ccm_wire_put_hello(u8 *buf, const struct ccm_wire_hello *msg);
int ccm_wire_get_hello(const u8 *buf, u32 len, struct ccm_wire_hello *msg);
void ccm_wire_put_answer(u8 *buf, const struct ccm_wire_answer *msg);
int ccm_wire_get_answer(const u8 *buf, u32 len, struct ccm_wire_answer *msg);
void ccm_wire_put_ready(u8 *buf, const struct ccm_wire_ready *msg);
int ccm_wire_get_ready(const u8 *buf, u32 len, struct ccm_wire_ready *msg);
void ccm_wire_put_goodbye(u8 *buf, const struct ccm_wire_goodbye *msg);
int ccm_wire_get_goodbye(const u8 *buf, u32 len, struct ccm_wire_goodbye *msg);
void ccm_wire_put_port(u8 *buf, const struct ccm_wire_port *msg);
int ccm_wire_get_port(const u8 *buf, u32 len, struct ccm_wire_port *msg);
void ccm_wire_put_panic(u8 *buf, const struct ccm_wire_panic *msg);
int ccm_wire_get_panic(const u8 *buf, u32 len, struct ccm_wire_panic *msg);

/**
 * ccm_wire_secret_there() - does it hold a secret, or zeroes?
 * @secret: CCM_WIRE_SECRET_LEN bytes
 *
 * Return: false: nobody will send a word with it
 */
bool ccm_wire_secret_there(const u8 *secret);

/**
 * ccm_wire_ring_word() - make the word of a ring
 * @kind: what lies in the mailbox
 * @seq: sequence number; bits 23..0 are used
 */
u32 ccm_wire_ring_word(enum ccm_ring kind, u32 seq);

/**
 * ccm_wire_ring_kind() - the kind in the word of a ring
 * @word: as received
 *
 * Return: enum ccm_ring, also one that only a later version knows; 0: none can be
 */
u32 ccm_wire_ring_kind(u32 word);

/**
 * ccm_version_common() - the highest version that two ranges have in common
 * @min_a: lowest of one side
 * @max_a: highest of one side
 * @min_b: lowest of the other
 * @max_b: highest of the other
 *
 * Return: the version, or 0 if there is none (or a range is upside down).
 */
u16 ccm_version_common(u16 min_a, u16 max_a, u16 min_b, u16 max_b);

/**
 * ccm_cluster_id() - the 64-bit id of a cluster name (FNV-1a)
 * @name: NUL-terminated
 *
 * Return: never 0. It tells clusters apart; it is no secret and proves nothing.
 */
u64 ccm_cluster_id(const char *name);

/* A short English name for a ccm_reject code, CCM_WIRE_E* value: for logs. */
const char *ccm_reject_name(u32 code);
const char *ccm_wire_error_name(int error);

CCM_EXTERN_C_END

#endif /* CCM_CORE_WIRE_H */
