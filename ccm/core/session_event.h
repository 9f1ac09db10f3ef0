/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can happen to a session: the events of its state machine (session.h).
 */
#ifndef CCM_CORE_SESSION_EVENT_H
#define CCM_CORE_SESSION_EVENT_H

#include "catalog.h"
#include "links_wire.h"
#include "types.h"
#include "wire.h"

enum ccm_session_event_type {
	CCM_SEV_START		= 0,	/* configured and enabled: begin to connect */
	CCM_SEV_STOP		= 1,	/* end it and stay down; for the partner: .reason, and
					 * .status: enum ccm_stage that this node's page says
					 */
	CCM_SEV_PATH_UP		= 2,	/* a device or an address has appeared: try now */
	CCM_SEV_REQUEST		= 3,	/* connect request came; .conn .data .len */
	CCM_SEV_ESTABLISHED	= 4,	/* .conn; active side: .data .len of the accept;
					 * .keys: local keys; .mtu .path_mtu; .iwarp
					 */
	CCM_SEV_REJECTED	= 5,	/* .conn .status (enum ccm_cm_status) .data .len */
	CCM_SEV_FAILED		= 6,	/* .conn .status: could not connect */
	CCM_SEV_DISCONNECTED	= 7,	/* .conn: the partner disconnected */
	CCM_SEV_ERROR		= 8,	/* .conn: a work request failed, the queue pair is broken */
	CCM_SEV_DEVICE_GONE	= 9,	/* .conn: its device is being removed */
	CCM_SEV_MESSAGE		= 10,	/* .conn .data .len: a SEND other than a ring (KEYS) */
	CCM_SEV_READ_DONE	= 11,	/* .conn .status: CCM_READ_* .data .len */
	CCM_SEV_RING		= 12,	/* .conn .status: enum ccm_ring; .data .len: that mail */
	CCM_SEV_VERIFIED	= 13,	/* .conn .status: 1: the proof that VERIFY asked about is
					 * right; 0: it is not. The next event behind that action
					 */
	CCM_SEV_VERDICT		= 14,	/* .conn .reason: liveness says the partner is gone */
	CCM_SEV_ALIVE		= 15,	/* .conn: a READ succeeded that was posted after PROBE */
	CCM_SEV_WORD		= 16,	/* .conn: the partner's last word came, with the secret it
					 * told in its hello: it panics, it says
					 */
	CCM_SEV_TIMER		= 17,	/* the armed time has come (early ones are ignored) */
	CCM_SEV_CLIENTS		= 18,	/* .catalog: the clients there are now, in any order */
	CCM_SEV_LINK_PREPARED	= 19,	/* .link .instance .epoch; .offer: memory is registered */
	CCM_SEV_LINK_OPENED	= 20,	/* .link .instance .epoch: all ports, and the table read */
	CCM_SEV_LINK_FAILED	= 21,	/* .link .instance .epoch; .reason: enum ccm_client_reason:
					 * PREPARE or OPEN failed, or a port was lost later
					 */
	CCM_SEV_PSK		= 22,	/* .psk: the pre-shared keys that there are now */
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
enum ccm_session_read {
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
 * @secret: random, for a hello: with every event of a connection that is greeted; zeroes: this
 *	node will send no last word
 * @challenge: random, with every event
 * @uptime_ms: how long this node's kernel has run (CLOCK_BOOTTIME), with every event
 * @heard_us: when the last READ of the page that is watched succeeded, with every event;
 *	0: none has, or nothing is watched
 * @heard_uptime_ms: how long the partner's kernel had run, as that page said
 * @read_us: how long the slowest of the last READs of it took, with every event
 * @elsewhere: with every event: somebody with the partner's node id was sent away of late, since
 *	he did not ask from one of its addresses
 * @keys: CCM_SEV_ESTABLISHED: local keys
 * @mtu: CCM_SEV_ESTABLISHED: of the interface here, bytes; 0: not known
 * @path_mtu: CCM_SEV_ESTABLISHED: of the queue pair here
 * @link: CCM_SEV_LINK_*: index of the link, as in its action
 * @instance: CCM_SEV_LINK_*: of its client; an event of another one is ignored
 * @epoch: CCM_SEV_LINK_*: of the try; an event of another one is ignored
 * @offer: CCM_SEV_LINK_PREPARED: where the partner reaches the memory
 * @catalog: CCM_SEV_CLIENTS: .count and .entries, valid as ccm_catalog_get() would have
 *	it; the rest is not looked at
 * @psk: CCM_SEV_PSK: their numbers, the highest first; 0: no more
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
	u8 secret[CCM_WIRE_SECRET_LEN];
	u8 challenge[CCM_WIRE_CHALLENGE_LEN];
	u64 uptime_ms;
	u64 heard_us;
	u64 heard_uptime_ms;
	u32 read_us;
	bool elsewhere;
	struct ccm_session_keys keys;
	u32 mtu;
	u32 path_mtu;
	u32 link;
	u64 instance;
	u32 epoch;
	struct ccm_link_offer offer;
	const struct ccm_catalog *catalog;
	u32 psk[CCM_PSK_NUMBERS];
	const u8 *data;
	u32 len;
};

#endif /* CCM_CORE_SESSION_EVENT_H */
