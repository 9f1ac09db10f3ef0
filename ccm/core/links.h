/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: for each client of this node, what is between it and its counterpart on one
 * partner, within one session. Part of the session state machine (session.h), pure like
 * all of the core.
 *
 * A link is identified by the two instances (registrations) that it joins, and by an
 * epoch: the number of the try. Each side has a table with one slot per own client, and
 * WRITEs all of it to the partner's mailbox when something of it changed that the
 * partner acts on: an epoch, OFFERED, OPENED, a client that left (a ring LINKS follows).
 * That is level-triggered: the receiver compares the newest table with what it knows; a
 * table may be skipped, none is needed to understand the next one. The mail is not
 * written again before the partner has said (ring LINKS_TAKEN) that it has copied the
 * last one. Catalogs likewise (CATALOG, CATALOG_TAKEN); a table is not written while a
 * catalog is still to be, so that a partner knows each pair that a table speaks of.
 *
 *	my side				partner's slot says
 *	WAITING	   no counterpart in the partner's catalog, or it is not known yet; on the
 *		   wire, with reason LEFT and a counterpart: mine has left, close
 *	REFUSED	   the plan says they do not fit; .reason
 *	IDLE	   they fit; waits for OPENING, or for its retry time after a failed try
 *	PREPARING  the runtime sets memory aside and registers it
 *	OFFERED	   done; where it is stands in my slot	OFFERED, same epoch: OPENING
 *	OPENING	   the lower node connects the ports; each side READs the other's chunk table
 *	OPENED	   done on my side			OPENED, same epoch: UP
 *	UP	   once the session is READY, the client has heard READY
 *
 * Whichever side fails closes its try, raises the epoch and says so; a side that sees a
 * higher epoch closes its own try and takes that epoch over. Closing fences: when the
 * runtime has carried out CCM_LINK_ACT_CLOSE, no port of the link is connected and none
 * of its memory is registered.
 */
#ifndef CCM_CORE_LINKS_H
#define CCM_CORE_LINKS_H

#include "catalog.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

#define CCM_LINK_SLOT_LEN	64U
#define CCM_LINKS_HEADER_LEN	32U
#define CCM_LINKS_LEN_MAX	(CCM_LINKS_HEADER_LEN + CCM_CLIENTS_MAX * CCM_LINK_SLOT_LEN)

#define CCM_LINK_OPEN_MS	1500U	/* from both OFFERED to both OPENED */
#define CCM_LINK_RETRY_MIN_MS	100U	/* after a try that failed; doubles */
#define CCM_LINK_RETRY_MAX_MS	5000U
#define CCM_LINK_GATE_MS	1000U	/* the session's READY waits for links no longer */
#define CCM_LINK_CHUNKS_MAX	256U	/* of a region; its table fits a page */
#define CCM_LINK_CHUNK_LEN	16U	/* an entry of the chunk table */
#define CCM_LINK_EPOCH_MAX	0xfffffff0U	/* nobody gets there by trying */
#define CCM_LINK_EPOCH_JUMP	1024U	/* most tries that a partner can be ahead */

/* On the wire, too */
enum ccm_link_state {
	CCM_LINK_WAITING	= 0,
	CCM_LINK_REFUSED	= 1,
	CCM_LINK_IDLE		= 2,
	CCM_LINK_PREPARING	= 3,
	CCM_LINK_OFFERED	= 4,
	CCM_LINK_OPENING	= 5,
	CCM_LINK_OPENED		= 6,
	CCM_LINK_UP		= 7,
	CCM_LINK_STATE_COUNT
};

/**
 * struct ccm_link_offer - where the partner reaches what was set aside for it
 * @table_addr: of the chunk table: 16 bytes a chunk (u64 address, u32 key, u32 length),
 *	remote-read only
 * @table_key: of it
 * @chunks: entries of it, 0: nothing was asked for
 * @bytes: of the region; all chunks together
 */
struct ccm_link_offer {
	u64 table_addr;
	u32 table_key;
	u32 chunks;
	u64 bytes;
};

/**
 * struct ccm_link_slot - one slot of the table on the wire
 * @mine: instance of the sender's client; 0: the slot is free
 * @yours: instance of its counterpart, as the sender knows it; 0: none
 * @epoch: of the try
 * @state: enum ccm_link_state of the sender
 * @reason: enum ccm_client_reason: why the last try failed, or REFUSED
 * @offer: from OFFERED on
 *
 *	 0  u64  mine		 8  u64  yours
 *	16  u32  epoch		20  u16  state		22  u16  reason
 *	24  u64  table_addr	32  u32  table_key	36  u32  chunks
 *	40  u64  bytes		48..63 reserved
 *
 * The mail: header, then
 *	 8  u64  nonce (mine)	16  u64  sequence (from 1, rises)	24  u32  count
 *	28  u32  reserved	32..  slots
 */
struct ccm_link_slot {
	u64 mine;
	u64 yours;
	u32 epoch;
	u16 state;
	u16 reason;
	struct ccm_link_offer offer;
};

/**
 * struct ccm_links_header - a table of links, but for its slots
 * @nonce: of the sender in this session
 * @sequence: from 1; each table that is sent has a higher one
 * @count: of slots, free ones included
 */
struct ccm_links_header {
	u64 nonce;
	u64 sequence;
	u32 count;
};

/**
 * ccm_links_len() - bytes of an encoded table
 * @count: its slots, at most CCM_CLIENTS_MAX
 */
u32 ccm_links_len(u32 count);

/**
 * ccm_links_put() - encode a table, all slots free
 * @buf: ccm_links_len(header->count) bytes
 * @header: valid
 */
void ccm_links_put(u8 *buf, const struct ccm_links_header *header);

/**
 * ccm_links_put_slot() - encode one slot
 * @buf: as ccm_links_put() has left it
 * @index: of the slot, below the count
 * @slot: valid
 */
void ccm_links_put_slot(u8 *buf, u32 index, const struct ccm_link_slot *slot);

/**
 * ccm_links_get() - check a table, all its slots included
 * @buf: as received, copied from where the partner could still change it
 * @len: of @buf
 * @header: filled only when all of it is valid
 *
 * Return: 0 or CCM_WIRE_E*: a count that is impossible or more than @len holds, an
 * instance that is there twice, a state or reason out of range, a try without two
 * instances or an epoch, an offer of too many chunks, of chunks without bytes or of
 * bytes without chunks, or with an address that wraps.
 */
int ccm_links_get(const u8 *buf, u32 len, struct ccm_links_header *header);

/**
 * ccm_links_get_slot() - decode one slot
 * @buf: for which ccm_links_get() has returned 0
 * @index: below the count
 * @slot: filled
 */
void ccm_links_get_slot(const u8 *buf, u32 index, struct ccm_link_slot *slot);

/**
 * struct ccm_session_link - one client's link
 * @instance: of my client; 0: this place is free
 * @gone: the client has left, but is in the catalog that the partner knows
 * @peer: instance of its counterpart; 0: none
 * @entry: my declaration
 * @state: enum ccm_link_state
 * @reason: enum ccm_client_reason, shown to people
 * @epoch: of this try
 * @tries: that failed, in a row: none of them was UP for CCM_LINK_RETRY_MAX_MS
 * @at_us: when IDLE is over, or OPENING (with OPENED) has taken too long; 0: not timed
 * @plan: what both get
 * @offer: mine
 * @peer_offer: the partner's, from its slot
 * @peer_state: of the partner's slot for this pair and epoch
 * @up_us: since when UP
 * @client_ready: the client has been told READY (by CCM_LINK_ACT_READY)
 * @close_reason: enum ccm_client_reason of the CCM_LINK_ACT_CLOSE wanted
 * @wants: actions not handed out yet, 1 << enum ccm_link_act
 */
struct ccm_session_link {
	u64 instance;
	bool gone;
	u64 peer;
	struct ccm_catalog_entry entry;
	u32 state;
	u32 reason;
	u32 epoch;
	u32 tries;
	u64 at_us;
	struct ccm_plan plan;
	struct ccm_link_offer offer;
	struct ccm_link_offer peer_offer;
	u32 peer_state;
	u64 up_us;
	bool client_ready;
	u32 close_reason;
	u32 wants;
};

/* In the order in which they are handed out */
enum ccm_link_act {
	CCM_LINK_ACT_CLOSE	= 0,	/* fence; if the client has heard READY, tell it DOWN */
	CCM_LINK_ACT_PREPARE	= 1,	/* memory for plan.give; then LINK_PREPARED or _FAILED */
	CCM_LINK_ACT_OPEN	= 2,	/* ports; READ peer_offer's table; LINK_OPENED or _FAILED */
	CCM_LINK_ACT_READY	= 3,	/* tell the client READY */
	CCM_LINK_ACT_SHOW	= 4,	/* user space: state or reason changed */
	CCM_LINK_ACT_COUNT
};

struct ccm_session;
struct ccm_session_event;
struct ccm_session_actions;

/**
 * struct ccm_link_action - one thing the runtime is to do
 * @act: enum ccm_link_act
 * @index: of the link in ccm_session.links
 * @instance: of my client
 * @reason: CLOSE: enum ccm_client_reason
 */
struct ccm_link_action {
	u32 act;
	u32 index;
	u64 instance;
	u32 reason;
};

/**
 * ccm_links_next() - take the next action of any link
 * @s: session
 * @action: filled
 *
 * After every ccm_session_step() and its actions, the runtime calls this until it
 * returns false, and carries out each action to its end before the next.
 *
 * An action is of the link as it is now: the plan, the epoch and the partner's offer are
 * to be taken from it. A place whose client has left is freed when its CLOSE is handed
 * out: instance becomes 0, the rest stays until the next step.
 *
 * When a connection is closed (CCM_ACT_CLOSE), all its links are closed by the same
 * action: the runtime fences them all, then the connection. What their clients are told
 * follows with CCM_ACT_DOWN; no CCM_LINK_ACT_CLOSE comes for them.
 *
 * Epochs begin anew with the next connection, and with another counterpart: when a try
 * has been closed (by either action), no CCM_SEV_LINK_* of it may be stepped any more.
 */
bool ccm_links_next(struct ccm_session *s, struct ccm_link_action *action);

/**
 * ccm_links_admit() - may this port request be accepted?
 * @s: session
 * @instance_mine: as the request names my client
 * @instance_theirs: as the request names its own
 * @epoch: of the try
 * @port: from 0
 *
 * Return: index of the link, or -1: no such link in a state that waits for ports (the
 * runtime rejects the request with CCM_REJECT_STALE). That the port is not connected
 * yet is for the runtime to check.
 */
int ccm_links_admit(const struct ccm_session *s, u64 instance_mine, u64 instance_theirs,
		    u32 epoch, u32 port);

const char *ccm_link_act_name(u32 act);
const char *ccm_link_state_name(u32 state);
const char *ccm_client_reason_text(u32 reason);
const char *ccm_client_state_text(u32 state);

CCM_EXTERN_C_END

#endif /* CCM_CORE_LINKS_H */
