/* SPDX-License-Identifier: GPL-2.0-only */
/* Links at run time: carries out what the core decides about them (core/links.h). */
#ifndef CCM_LINKS_H
#define CCM_LINKS_H

#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>

#include "core/links.h"
#include "core/session.h"
#include "core/wire.h"

struct ccm_conn;
struct ccm_inbox;
struct ccm_incoming;
struct ccm_node;
struct ccm_path;
struct ccm_prover;

#define CCM_PORT_REQUESTS_MAX	1024U	/* not yet looked at; a request is some 900 bytes */
#define CCM_CLOSE_MS		700	/* a link's close waits so long for the session */

/**
 * struct ccm_links - the links of one partner
 * @inbox: the partner's
 * @session: its core
 * @node: this node
 * @path: over which ports are connected
 * @partner: node id
 * @pairings: clients that the session knows
 * @tries: to have a link, under way or successful
 * @fenced: tries that are closed, but whose clients have not been told
 * @close_timer: a link's close has taken too long
 * @lock: protects the next three
 * @requests: incoming connections of ports, not looked at yet
 * @request_count: how many
 * @nonce: this side's, of the session that they may be of; 0: none is welcome
 * @port_key: of that session: makes the tokens that they must have
 * @opened: links that were opened
 * @lost: ... and closed other than with the session
 * @rejected: ports
 *
 * Touched by the partner's work item only, but for what @lock protects.
 */
struct ccm_links {
	struct ccm_inbox *inbox;
	struct ccm_session *session;
	struct ccm_node *node;
	struct ccm_path *path;
	u32 partner;
	struct list_head pairings;
	struct list_head tries;
	struct list_head fenced;
	struct timer_list close_timer;
	spinlock_t lock;
	struct list_head requests;
	u32 request_count;
	u64 nonce;
	siphash_key_t port_key;
	u64 opened;
	u64 lost;
	u64 rejected;
};

void ccm_links_begin(struct ccm_links *links, struct ccm_node *node, u32 partner,
		     struct ccm_inbox *inbox, struct ccm_session *session,
		     struct ccm_path *path);
void ccm_links_end(struct ccm_links *links);
bool ccm_links_request(struct ccm_links *links, const struct ccm_incoming *in,
		       const struct ccm_wire_port *msg);
void ccm_links_set_key(struct ccm_links *links, struct ccm_prover *prover);
void ccm_links_act(struct ccm_links *links, const struct ccm_link_action *action);
bool ccm_links_event(struct ccm_links *links, struct ccm_session_event *event);
void ccm_links_fence(struct ccm_links *links, struct ccm_conn *conn);
void ccm_links_finish(struct ccm_links *links, struct ccm_conn *conn);
void ccm_links_tell_down(struct ccm_links *links, u32 reason);
void ccm_links_forget(struct ccm_links *links);

#endif /* CCM_LINKS_H */
