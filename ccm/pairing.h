/* SPDX-License-Identifier: GPL-2.0-only */
/* A client of this node, and a pairing: the client as to one partner. */
#ifndef CCM_PAIRING_H
#define CCM_PAIRING_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/ccm.h>

#include "core/catalog.h"
#include "core/links.h"
#include "events.h"

struct ccm_inbox;
struct ccm_node;
struct ccm_try;

/**
 * struct ccm_paired - a partner, as its clients' pairings know it
 * @partner: its node id
 * @inbox: its
 * @count: pairings with it, and one that is the partner's own
 * @gone: the last one is freed
 *
 * A pairing may reach the partner as long as it is counted.
 */
struct ccm_paired {
	u32 partner;
	struct ccm_inbox *inbox;
	refcount_t count;
	struct completion gone;
};

/**
 * struct ccm_client - a registration
 * @node: with whom
 * @entry: in ccm_registry.clients
 * @declared: what partners are told
 * @ops: the client's callbacks
 * @context: for them
 * @op_ms: an operation of its ports takes no longer
 * @leaving: is being unregistered; under ccm_registry.lock
 * @lock: protects what its pairings say, and their list; taken in process context
 * @notify: calls the callbacks, one at a time; frees pairings with partners that go
 * @wait: woken when a pairing has been let go
 * @pairings: one for each partner of the node
 */
struct ccm_client {
	struct ccm_node *node;
	struct list_head entry;
	struct ccm_catalog_entry declared;
	const struct ccm_client_ops *ops;
	void *context;
	u32 op_ms;
	bool leaving;
	spinlock_t lock;
	struct work_struct notify;
	wait_queue_head_t wait;
	struct list_head pairings;
};

/**
 * struct ccm_pairing - a client as to one partner
 * @client: the client
 * @client_entry: in ccm_client.pairings
 * @with: the partner
 * @entry: in the partner's list while its session knows the client
 * @present: its try to have a link, NULL: none. This, @entry and @region are
 *	touched by the partner's work item only (and by nobody once @let_go is set)
 * @region: memory for the counterpart; kept from session to session; NULL: none yet
 * @region_len: bytes of it
 * @region_lost: a fence of it has failed: it is never used again
 * @fill: sets a region aside; only while @filling. It has the next five for itself, until
 *	@filled is true
 * @filling: the work item of the partner waits for it
 * @filled: it is done
 * @fill_stop: nobody wants it any more
 * @fill_old: to be freed first
 * @fill_len: bytes wanted
 * @fill_region: what came of it; NULL: no memory
 * @no_memory: the last try could not even be allocated
 * @deferred: another try is to be made when @present is closed
 * @let_go: the partner knows no more of the client, which is leaving, or it goes itself
 * @going: the partner goes: to be freed when the client has heard all of it. Set under
 *	ccm_registry.lock, too: whoever holds that, and has found a pairing, keeps it
 * @told: the link that the client was told READY of, and not yet DOWN
 * @declined: ... but its ready() has returned an error: it is not told DOWN
 * @set_up: ... and its ready() has returned 0; until it is fenced
 * @next: the link that it is to be told READY of
 * @down: @told is fenced: tell DOWN
 * @down_reason: with @down
 * @release: ask the client to stop using @region
 * @shown: it has been told READY with @region, and not let go of it since
 * @status_new: tell @status
 * @status: of the partner
 * @state: enum ccm_client_state of the link, as far as CCM is concerned
 * @view: what readers see; published under ccm_client.lock, since the partner's work item
 *	and the client itself do
 *
 * From @let_go on under ccm_client.lock.
 */
struct ccm_pairing {
	struct ccm_client *client;
	struct list_head client_entry;
	struct ccm_paired *with;
	struct list_head entry;
	struct ccm_try *present;
	void *region;
	u64 region_len;
	bool region_lost;
	struct work_struct fill;
	bool filling;
	bool filled;
	bool fill_stop;
	void *fill_old;
	u64 fill_len;
	void *fill_region;
	bool no_memory;
	bool deferred;
	bool let_go;
	bool going;
	struct ccm_link *told;
	bool declined;
	bool set_up;
	struct ccm_link *next;
	bool down;
	u32 down_reason;
	bool release;
	bool shown;
	bool status_new;
	struct ccm_partner_status status;
	u32 state;
	struct ccm_view view;
};

void ccm_client_init(struct ccm_client *client, struct ccm_node *node);
void ccm_paired_init(struct ccm_paired *with, u32 partner, struct ccm_inbox *inbox);
struct ccm_pairing *ccm_pairing_create(struct ccm_client *client, struct ccm_paired *with);
void ccm_paired_end(struct ccm_paired *with);
void ccm_pairing_end(struct ccm_pairing *pairing);
void ccm_pairings_free(struct ccm_client *client);
struct ccm_pairing *ccm_pairing_find(struct ccm_client *client, u32 partner);
struct ccm_pairing *ccm_pairing_known(struct list_head *known, u64 instance);

void ccm_pairing_tell_ready(struct ccm_pairing *pairing, struct ccm_link *link);
void ccm_pairing_tell_down(struct ccm_pairing *pairing, struct ccm_link *link, u32 reason);
void ccm_pairing_tell_status(struct ccm_pairing *pairing,
			     const struct ccm_partner_status *status);
bool ccm_pairings_let_go(struct ccm_client *client);
void ccm_pairing_quarantine(struct ccm_pairing *pairing);
int ccm_pairing_region(struct ccm_pairing *pairing, u64 len);

void ccm_pairing_show(struct ccm_pairing *pairing);
void ccm_pairings_show(struct ccm_client *client);
void ccm_pairings_hide(struct ccm_client *client);
void ccm_pairing_show_link(struct ccm_pairing *pairing, const struct ccm_session_link *link);
int ccm_pairing_link_state(struct ccm_client *client, u32 partner, u32 *state, u32 *reason);
int ccm_pairing_show_note(struct ccm_client *client, u32 partner, const char *note);

#endif /* CCM_PAIRING_H */
