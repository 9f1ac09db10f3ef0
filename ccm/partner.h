/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A partner: another node of the cluster.
 *
 * Each has one ordered work queue. Its work item alone steps the core and carries out
 * actions; it alone creates, uses and closes the partner's connections, links and ports.
 * Handlers of RDMA CM, of completions and of timers only set a bit and queue that work
 * item (inbox.h).
 */
#ifndef CCM_PARTNER_H
#define CCM_PARTNER_H

#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/ccm.h>

#include "addresses.h"
#include "config.h"
#include "core/catalog.h"
#include "core/schedule.h"
#include "core/session.h"
#include "events.h"
#include "inbox.h"
#include "last_word.h"
#include "links.h"
#include "pairing.h"
#include "path.h"
#include "prover.h"
#include "state_log.h"

#define CCM_SET_MS	5000U	/* its work item is waited for, to replace addresses */

struct ccm_node;
struct ccm_registry;

/* Counters of a partner, shown in debugfs. Written by its work item only. */
struct ccm_partner_counters {
	u64 steps;
	u64 attempts;
	u64 retried;		/* attempts that a timer began */
	u64 accepted;
	u64 rejected;
	u64 sessions;
	u64 lost;
	u64 proofs_wrong;	/* hellos without a right proof */
	u64 clashes;		/* machines that had its id, too, and were sent away */
	u64 words;		/* last words that had the session's secret */
	u64 words_false;	/* ... and the partner lived */
	u64 ready_ns;		/* CLOCK_MONOTONIC of the last READY */
};

/* A connect request that was rejected, shown in debugfs. Written by the work item only. */
struct ccm_partner_rejection {
	u32 code;		/* enum ccm_reject, or what a later version says */
	u64 at_us;		/* 0: none */
};

/**
 * struct ccm_partner - another node of the cluster
 * @node: this node
 * @registry: its clients
 * @id: node id of the partner
 * @users: who has looked it up, and the set that it is in
 * @unused: the last of them has let go
 * @ended: its work item does nothing any more
 * @paired: its clients' pairings
 * @inbox: with the work item that steps the core
 * @stop_reason: enum ccm_reason that goes with CCM_INBOX_STOP
 * @lock: protects the next three
 * @requests: incoming connections that the core has not seen yet
 * @request_count: how many
 * @next_request: number for the next one; odd
 * @timer: the core's
 * @session: the core
 * @actions: what it wants done
 * @schedule: what is looked at for the next event
 * @event: the event being stepped
 * @buffer: its data
 * @catalog: what goes with CCM_SEV_CLIENTS
 * @addresses: where it is; replaced under ccm_cluster.changing
 * @paths: ways to it; only the first is used yet
 * @links: its links
 * @prover: proofs that it holds the cluster's key, and that this node does
 * @verified: connection whose hello was looked at last
 * @verified_right: what was found
 * @word: what it is told when this node panics, and its own
 * @shown_state: enum ccm_state last shown to readers
 * @shown_reason: enum ccm_reason last shown to readers; NONE unless DOWN
 * @last_reason: enum ccm_reason of the last DOWN shown
 * @last_here: this node had ended it
 * @elsewhere_us: when somebody asked as this partner, but not from its address; 0: never
 * @last: way of the last connection that has ended
 * @log: what is said of that
 * @left_stage: in a DOWN behind a goodbye: enum ccm_stage that this said, or CCM_STAGE_UNKNOWN
 * @panicked_us: in a DOWN that its crash kernel has caused: when that was started; else 0
 * @log_due: a READY or DOWN of this step is to be logged
 * @log_state: which
 * @log_reason: of DOWN
 * @leaving: a client leaves that could not be let go yet
 * @view: what readers see
 * @counters: figures
 * @proof_wrong_us: when a hello was last without a right proof; 0: never
 * @heard: of this node's last attempt, if the partner has rejected it
 * @said: the last one of the partner's here
 * @last_error: negative errno of the last failed attempt
 * @attempt_error: what the last connection that was closed came to: negative errno; 0: nothing
 *	came back in time, or it was not over
 */
struct ccm_partner {
	struct ccm_node *node;
	struct ccm_registry *registry;
	u32 id;
	refcount_t users;
	struct completion unused;
	bool ended;
	struct ccm_paired paired;
	struct ccm_inbox inbox;
	u32 stop_reason;
	spinlock_t lock;
	struct list_head requests;
	u32 request_count;
	u32 next_request;
	struct hrtimer timer;
	struct ccm_session session;
	struct ccm_session_actions actions;
	struct ccm_schedule schedule;
	struct ccm_session_event event;
	u8 buffer[CCM_CATALOG_LEN_MAX];
	struct ccm_catalog catalog;
	struct ccm_addresses addresses;
	struct ccm_path paths[CCM_PATHS_MAX];
	struct ccm_links links;
	struct ccm_prover prover;
	u32 verified;
	bool verified_right;
	struct ccm_last_word word;
	u32 shown_state;
	u32 shown_reason;
	u32 last_reason;
	bool last_here;
	u64 elsewhere_us;
	struct ccm_last_way last;
	struct ccm_state_log log;
	u32 left_stage;
	u64 panicked_us;
	bool log_due;
	u32 log_state;
	u32 log_reason;
	bool leaving;
	struct ccm_view view;
	struct ccm_partner_counters counters;
	u64 proof_wrong_us;
	struct ccm_partner_rejection heard;
	struct ccm_partner_rejection said;
	int last_error;
	int attempt_error;
};

struct ccm_partner *ccm_partner_create(struct ccm_node *node, struct ccm_registry *registry,
				       const struct ccm_partner_config *config);
void ccm_partner_stop(struct ccm_partner *partner, u32 reason);
void ccm_partner_end(struct ccm_partner *partner);
void ccm_partner_destroy(struct ccm_partner *partner, bool announce);
bool ccm_partner_get(struct ccm_partner *partner);
void ccm_partner_put(struct ccm_partner *partner);
void ccm_partner_elsewhere(struct ccm_partner *partner);
int ccm_partner_set_addresses(struct ccm_partner *partner,
			      const struct ccm_partner_config *config);
bool ccm_partner_request(struct ccm_partner *partner, const struct ccm_incoming *in);
void ccm_partner_status(struct ccm_partner *partner, struct ccm_partner_status *status);
int ccm_partner_peek(struct ccm_partner *partner, struct ccm_peek *peek);

#endif /* CCM_PARTNER_H */
