/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: for each client of this node, what is between it and its counterpart on one
 * partner, within one session. A part of the session state machine (session.h) that knows
 * no session: it is told of connections and catalogs, and says what is due.
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
#include "links_wire.h"
#include "session_action.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

#define CCM_LINK_OPEN_MS	1500U	/* from both OFFERED to both OPENED */
#define CCM_LINK_RESEND_MS	5000U	/* OFFERED, and the partner not yet: the table again */
#define CCM_LINK_RETRY_MIN_MS	100U	/* after a try that failed; doubles */
#define CCM_LINK_RETRY_MAX_MS	5000U
#define CCM_LINK_GATE_MS	1000U	/* the session's READY waits for links no longer */
#define CCM_LINK_EPOCH_JUMP	1024U	/* most tries that a partner can be ahead */

/**
 * struct ccm_session_link - one client's link
 * @instance: of my client; 0: this place is free
 * @gone: the client has left, but is in the catalog that the partner knows
 * @counterpart: instance of the partner's client of that name; 0: none
 * @entry: my declaration
 * @state: enum ccm_link_state
 * @reason: enum ccm_client_reason, shown to people
 * @epoch: of this try
 * @tries: that failed, in a row: none of them was UP for CCM_LINK_RETRY_MAX_MS
 * @at_us: when IDLE is over, OPENING (with OPENED) has taken too long, or OFFERED is said once
 *	more; 0: not timed
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
	u64 counterpart;
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

/* How far the session has come, as far as it matters to links */
enum ccm_links_phase {
	CCM_LINKS_CLOSED	= 0,	/* no try begins */
	CCM_LINKS_OPENING	= 1,
	CCM_LINKS_READY		= 2,	/* clients hear READY, and leave at once */
};

/**
 * struct ccm_session_links - the links of a session; large: never on a stack
 * @link: one for each of my clients; its place is the client's as long as it is there
 * @catalog: mine: as last sent, or as it will be sent in W2; its nonce is mine, of the
 *	present connection
 * @peer_catalog: the partner's, of the present connection
 * @phase: enum ccm_links_phase
 * @told: my catalog has been sent (W2)
 * @heard: the partner's catalog is here
 * @lower: this is the node with the lower id: it connects the ports
 * @table_due: the partner does not know yet what the links have come to
 * @catalog_due: the partner does not have what @catalog is now
 * @sequence: of the last table of links that was sent
 * @peer_sequence: of the last one that was received
 * @clients_differ: between W2 and READY: the clients are not those of @catalog any more
 */
struct ccm_session_links {
	struct ccm_session_link link[CCM_CLIENTS_MAX];
	struct ccm_catalog catalog;
	struct ccm_catalog peer_catalog;
	u32 phase;
	bool told;
	bool heard;
	bool lower;
	bool table_due;
	bool catalog_due;
	u64 sequence;
	u64 peer_sequence;
	bool clients_differ;
};

/**
 * ccm_links_init() - no clients, no connection
 * @links: zeroed
 * @lower: this is the node with the lower id
 */
void ccm_links_init(struct ccm_session_links *links, bool lower);

/**
 * ccm_links_clients() - these are the clients now
 * @links: of a session
 * @clients: in any order
 * @actions: CCM_ACT_CLIENTS is added if there was no place for some: it is to be called
 *	again when those that left are closed
 */
void ccm_links_clients(struct ccm_session_links *links, const struct ccm_catalog *clients,
		       struct ccm_session_actions *actions);

/**
 * ccm_links_match() - the partner's catalog is new
 * @links: with it
 */
void ccm_links_match(struct ccm_session_links *links);

/**
 * ccm_links_start() - OPENING begins
 * @links: of a session
 */
void ccm_links_start(struct ccm_session_links *links);

/**
 * ccm_links_ready() - READY begins
 * @links: of a session
 */
void ccm_links_ready(struct ccm_session_links *links);

/**
 * ccm_links_settled() - is there no link left that the session's READY should wait for?
 * @links: of a session
 */
bool ccm_links_settled(const struct ccm_session_links *links);

/**
 * ccm_links_hear() - what the partner says of one of its clients
 * @links: of a session; the partner's catalog is here
 * @now_us: now
 * @slot: of its table, checked
 * @random: a fresh random number
 *
 * Return: false: it breaks the protocol
 */
bool ccm_links_hear(struct ccm_session_links *links, u64 now_us,
		    const struct ccm_link_slot *slot, u64 random);

/**
 * ccm_links_put_table() - encode my table of links
 * @links: of a session
 * @buf: room for CCM_LINKS_LEN_MAX bytes
 *
 * Return: bytes written
 */
u32 ccm_links_put_table(const struct ccm_session_links *links, u8 *buf);

/**
 * ccm_links_find() - the try that the runtime speaks of
 * @links: of a session
 * @index: of the link
 * @instance: of my client
 * @epoch: of the try
 *
 * Return: its link, or NULL: it is not the try of now
 */
struct ccm_session_link *ccm_links_find(struct ccm_session_links *links, u32 index,
					u64 instance, u32 epoch);

/**
 * ccm_links_prepared() - CCM_LINK_ACT_PREPARE is done
 * @links: of a session
 * @now_us: now
 * @link: one of them
 * @offer: where the memory is
 */
void ccm_links_prepared(struct ccm_session_links *links, u64 now_us,
			struct ccm_session_link *link, const struct ccm_link_offer *offer);

/**
 * ccm_links_opened() - CCM_LINK_ACT_OPEN is done
 * @links: of a session
 * @now_us: now
 * @link: one of them
 */
void ccm_links_opened(struct ccm_session_links *links, u64 now_us,
		      struct ccm_session_link *link);

/**
 * ccm_links_failed() - either of the two has failed, or what they brought is lost
 * @links: of a session
 * @now_us: now
 * @link: one of them
 * @reason: enum ccm_client_reason; one that is none becomes CCM_CLIENT_RESOURCES
 * @random: a fresh random number
 */
void ccm_links_failed(struct ccm_session_links *links, u64 now_us,
		      struct ccm_session_link *link, u32 reason, u64 random);

/**
 * ccm_links_timer() - begin the tries that are due, give up those that take too long
 * @links: of a session
 * @now_us: now
 * @random: a fresh random number
 */
void ccm_links_timer(struct ccm_session_links *links, u64 now_us, u64 random);

/**
 * ccm_links_earliest() - when ccm_links_timer() has something to do next
 * @links: of a session
 *
 * Return: microseconds; 0: nothing is timed
 */
u64 ccm_links_earliest(const struct ccm_session_links *links);

/**
 * ccm_links_reset() - the connection is gone
 * @links: of a session
 *
 * CCM_ACT_CLOSE has closed all tries, CCM_ACT_DOWN tells clients. @clients_differ is left
 * to the caller, who has this looked at again.
 */
void ccm_links_reset(struct ccm_session_links *links);

/**
 * struct ccm_link_action - one thing the runtime is to do
 * @act: enum ccm_link_act
 * @index: of the link in ccm_session_links.link
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
 * @links: of a session
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
bool ccm_links_next(struct ccm_session_links *links, struct ccm_link_action *action);

/**
 * ccm_links_admit() - may this port request be accepted?
 * @links: of a session
 * @instance_mine: as the request names my client
 * @instance_theirs: as the request names its own
 * @epoch: of the try
 * @port: from 0
 *
 * Return: index of the link, or -1: no such link in a state that waits for ports (the
 * runtime rejects the request with CCM_REJECT_STALE). That the port is not connected
 * yet is for the runtime to check.
 */
int ccm_links_admit(const struct ccm_session_links *links, u64 instance_mine,
		    u64 instance_theirs, u32 epoch, u32 port);

CCM_EXTERN_C_END

#endif /* CCM_CORE_LINKS_H */
