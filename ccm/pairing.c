// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and their pairings: what a client is told of each partner, and its memory there.
 *
 * Each client has one work item that calls its callbacks, so no two of them run at the
 * same time, and a client that takes its time in one delays nobody but itself. What is
 * to be told is kept per partner (struct ccm_pairing) as the latest state, not as a queue:
 * a link that was lost before the client heard of it is not mentioned at all, and READY
 * and DOWN alternate by construction. A link that the client has declined, by an error of its
 * ready(), is one that it has heard of, but for the call of down().
 */
#include "log.h"

#include <linux/kmemleak.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "inbox.h"
#include "node.h"
#include "pairing.h"
#include "rdma/link.h"

static void client_queue(struct ccm_client *client)
{
	queue_work(client->node->notify_wq, &client->notify);
}

/*
 * What a client is shown as
 */

static u8 state_to_show(const struct ccm_pairing *pairing)
{
	if (pairing->state == CCM_CLIENT_READY && !pairing->set_up)
		return CCM_CLIENT_OPENING;
	return (u8)pairing->state;
}

/* Nothing is published if it looks as before. */
static void show(struct ccm_pairing *pairing, const struct ccm_record *now)
{
	lockdep_assert_held(&pairing->client->lock);
	if (memcmp(now, &pairing->view.record, sizeof(*now)))
		ccm_view_publish(&pairing->client->node->events, &pairing->view, now);
}

/* As gone */
static void hide(struct ccm_pairing *pairing)
{
	struct ccm_record last = pairing->view.record;

	last.state = CCM_CLIENT_GONE;
	last.reason = CCM_CLIENT_LEFT;
	last.ports = 0;
	last.region = 0;
	last.region_partner = 0;
	ccm_view_remove(&pairing->client->node->events, &pairing->view, &last);
}

/*
 * Notifications
 */

static void tell_down(struct ccm_client *client, struct ccm_pairing *pairing)
	__must_hold(&client->lock)
{
	struct ccm_link *link = pairing->told;
	u32 reason = pairing->down_reason;
	bool declined = pairing->declined;

	spin_unlock(&client->lock);
	if (!declined)
		client->ops->down(client->context, link, reason);
	spin_lock(&client->lock);
	pairing->told = NULL;
	pairing->declined = false;
	pairing->down = false;
	ccm_link_put(link);
	/* the next link may be waiting for the region: region_in_use() */
	ccm_inbox_tell(pairing->with->inbox, CCM_INBOX_LINKS);
}

/* The client has set itself up. What was fenced meanwhile is not shown as ready for that. */
static void set_up(struct ccm_pairing *pairing)
{
	struct ccm_record now = pairing->view.record;

	pairing->set_up = !pairing->down;
	now.state = state_to_show(pairing);
	show(pairing, &now);
}

/*
 * A client that declines a link has it as long as one that does not: until it is fenced,
 * which ends what was started in ready().
 */
static void tell_ready(struct ccm_client *client, struct ccm_pairing *pairing)
	__must_hold(&client->lock)
{
	struct ccm_link *link = pairing->next;
	int ret;

	pairing->next = NULL;
	pairing->told = link;
	/* from now on it has to be asked before another region replaces this one */
	if (link->plan.give)
		pairing->shown = true;
	spin_unlock(&client->lock);
	ret = client->ops->ready(client->context, link);
	if (ret) {
		pr_warn_ratelimited("client %s could not set itself up for partner %u: error %d; its link is opened again\n",
				    client->declared.name, pairing->with->partner, ret);
		ccm_link_reset(link);
	} else {
		ccm_link_deliver(link);
	}
	spin_lock(&client->lock);
	pairing->declined = ret != 0;
	if (!ret)
		set_up(pairing);
}

static void tell_release(struct ccm_client *client, struct ccm_pairing *pairing)
	__must_hold(&client->lock)
{
	spin_unlock(&client->lock);
	if (client->ops->release)
		client->ops->release(client->context, pairing->with->partner);
	spin_lock(&client->lock);
	pairing->release = false;
	pairing->shown = false;
	ccm_inbox_tell(pairing->with->inbox, CCM_INBOX_LINKS);
}

static void tell_status(struct ccm_client *client, struct ccm_pairing *pairing)
	__must_hold(&client->lock)
{
	struct ccm_partner_status status = pairing->status;

	pairing->status_new = false;
	spin_unlock(&client->lock);
	client->ops->status(client->context, &status);
	spin_lock(&client->lock);
}

/* The lock is dropped around a callback. False: there is nothing to tell. */
static bool tell(struct ccm_client *client, struct ccm_pairing *pairing)
{
	lockdep_assert_held(&client->lock);
	if (pairing->told && pairing->down)
		tell_down(client, pairing);
	else if (!pairing->told && pairing->release)
		tell_release(client, pairing);
	else if (pairing->status_new)
		tell_status(client, pairing);
	else if (!pairing->told && pairing->next)
		tell_ready(client, pairing);
	else
		return false;
	return true;
}

static void pairing_free(struct ccm_pairing *pairing);

/* The client has heard all of a partner that goes. */
static void forget(struct ccm_client *client, struct ccm_pairing *pairing)
	__must_hold(&client->lock)
{
	list_del(&pairing->client_entry);
	spin_unlock(&client->lock);
	hide(pairing);
	pairing_free(pairing);
	spin_lock(&client->lock);
}

static void client_notify(struct work_struct *work)
{
	struct ccm_client *client = container_of(work, struct ccm_client, notify);
	/* as in partner_work(): DOWN is told here */
	unsigned int flags = memalloc_noio_save();
	struct ccm_pairing *pairing;
	struct ccm_pairing *next;

	spin_lock(&client->lock);
	/* others add at its end; nobody else takes away while this may run */
	list_for_each_entry_safe(pairing, next, &client->pairings, client_entry) {
		while (tell(client, pairing))
			;
		if (pairing->going)
			forget(client, pairing);
	}
	spin_unlock(&client->lock);
	memalloc_noio_restore(flags);
}

/**
 * ccm_pairing_tell_ready() - a link can be used
 * @pairing: whose
 * @link: its present one; a reference of its own is taken for the client
 *
 * The partner's work item.
 */
void ccm_pairing_tell_ready(struct ccm_pairing *pairing, struct ccm_link *link)
{
	struct ccm_client *client = pairing->client;

	spin_lock(&client->lock);
	if (!pairing->next) {
		ccm_link_get(link);
		pairing->next = link;
	}
	spin_unlock(&client->lock);
	client_queue(client);
}

/**
 * ccm_pairing_tell_down() - a link is fenced
 * @pairing: whose
 * @link: whether the client has heard of it or not
 * @reason: enum ccm_reason
 *
 * The partner's work item.
 */
void ccm_pairing_tell_down(struct ccm_pairing *pairing, struct ccm_link *link, u32 reason)
{
	struct ccm_client *client = pairing->client;
	bool forget;

	spin_lock(&client->lock);
	forget = pairing->next == link;
	if (forget) {
		pairing->next = NULL;
	} else if (pairing->told == link) {
		pairing->down = true;
		pairing->set_up = false;
		pairing->down_reason = reason;
	}
	spin_unlock(&client->lock);
	if (forget)
		ccm_link_put(link);
	else
		client_queue(client);
}

/**
 * ccm_pairing_tell_status() - how the partner is, if the client wants to hear that
 * @pairing: pairing
 * @status: of the partner
 *
 * The partner's work item.
 */
void ccm_pairing_tell_status(struct ccm_pairing *pairing,
			     const struct ccm_partner_status *status)
{
	struct ccm_client *client = pairing->client;

	if (!client->ops->status)
		return;
	spin_lock(&client->lock);
	pairing->status = *status;
	pairing->status_new = true;
	spin_unlock(&client->lock);
	client_queue(client);
}

/*
 * Memory
 */

/*
 * What the last link has left in the region is the client's to look at, until its down()
 * has returned: a takeover may read it there.
 */
static bool region_in_use(struct ccm_pairing *pairing)
{
	struct ccm_client *client = pairing->client;
	bool in_use;

	spin_lock(&client->lock);
	in_use = pairing->told;
	spin_unlock(&client->lock);
	return in_use;
}

/*
 * Has the client stopped to use the region, or not heard of it yet, so that a larger one
 * may replace it?
 */
static bool region_released(struct ccm_pairing *pairing)
{
	struct ccm_client *client = pairing->client;
	bool released;

	spin_lock(&client->lock);
	released = !pairing->shown;
	if (!released)
		pairing->release = true;
	spin_unlock(&client->lock);
	if (!released)
		client_queue(client);
	return released;
}

/**
 * ccm_pairing_quarantine() - nobody knows whether the partner still reaches the region
 * @pairing: its link is fenced, but for that
 *
 * The partner's work item. The region stays the client's to look at, until it lets go of it; it
 * is never freed, and counts in the node's limit for ever.
 */
void ccm_pairing_quarantine(struct ccm_pairing *pairing)
{
	pairing->region_lost = true;
}

/* Give up what there is: to be freed, or NULL: left alone for ever. */
static void *region_drop(struct ccm_pairing *pairing)
{
	void *region = pairing->region;

	if (region && pairing->region_lost) {
		kmemleak_not_leak(region);
		region = NULL;
	}
	pairing->region = NULL;
	pairing->region_len = 0;
	pairing->region_lost = false;
	return region;
}

#define FILL_PIECE	((u64)SZ_2M)	/* cleared between two looks at fill_stop */

static bool clear(struct ccm_pairing *pairing, u8 *region)
{
	u64 at;

	for (at = 0; at < pairing->fill_len; at += FILL_PIECE) {
		if (READ_ONCE(pairing->fill_stop))
			return false;
		memset(region + at, 0, min(FILL_PIECE, pairing->fill_len - at));
		cond_resched();
	}
	return true;
}

/*
 * Half a GiB takes a second or two. The partner's work item has to tell clients DOWN meanwhile, so
 * this is not done there.
 */
static void fill(struct work_struct *work)
{
	struct ccm_pairing *pairing = container_of(work, struct ccm_pairing, fill);
	void *region;

	vfree(pairing->fill_old);
	region = __vmalloc(pairing->fill_len, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (region && !clear(pairing, (u8 *)region)) {
		vfree(region);
		region = NULL;
	}
	pairing->fill_region = region;
	/* pairs with filled() */
	smp_store_release(&pairing->filled, true);
	ccm_inbox_tell(pairing->with->inbox, CCM_INBOX_LINKS);
}

/* Take what the work item has brought. */
static int filled(struct ccm_pairing *pairing)
{
	/* pairs with fill() */
	if (!smp_load_acquire(&pairing->filled))
		return -EINPROGRESS;
	pairing->filling = false;
	if (!pairing->fill_region) {
		ccm_limits_give_memory(&pairing->client->node->limits, pairing->fill_len);
		return -ENOMEM;
	}
	pairing->region = pairing->fill_region;
	pairing->region_len = pairing->fill_len;
	return 0;
}

/**
 * ccm_pairing_region() - memory for the counterpart
 * @pairing: has no link that uses it
 * @len: bytes; 0: only wait for the client
 *
 * The partner's work item. What is there already, from an earlier session, stays if it
 * is large enough, with what it holds. Fresh memory is zeroed; a work item of its own sets it
 * aside.
 *
 * Return: 0; -EINPROGRESS: it is being set aside, or the client has not heard DOWN of the last
 * link, or is asked to let go of a smaller region; then CCM_INBOX_LINKS is told; -EDQUOT: past
 * the node's limit; -ENOMEM
 */
int ccm_pairing_region(struct ccm_pairing *pairing, u64 len)
{
	struct ccm_limits *limits = &pairing->client->node->limits;
	u64 usable;
	u64 more;
	int ret;

	len = round_up(len, PAGE_SIZE);
	if (pairing->filling) {
		ret = filled(pairing);
		if (ret)
			return ret;
	}
	if (region_in_use(pairing))
		return -EINPROGRESS;
	usable = pairing->region_lost ? 0 : pairing->region_len;
	if (usable >= len)
		return 0;
	/* what is there is not given up for what cannot be */
	more = len - usable;
	if (!ccm_limits_take_memory(limits, more))
		return -EDQUOT;
	if (pairing->region && !region_released(pairing)) {
		ccm_limits_give_memory(limits, more);
		return -EINPROGRESS;
	}
	pairing->fill_old = region_drop(pairing);
	pairing->fill_len = len;
	pairing->filled = false;
	pairing->filling = true;
	queue_work(pairing->client->node->notify_wq, &pairing->fill);
	return -EINPROGRESS;
}

/* Nobody looks at it any more. */
static void region_free(struct ccm_pairing *pairing)
{
	struct ccm_limits *limits = &pairing->client->node->limits;

	WRITE_ONCE(pairing->fill_stop, true);
	flush_work(&pairing->fill);
	if (pairing->filling)
		filled(pairing);
	if (!pairing->region_lost)
		ccm_limits_give_memory(limits, pairing->region_len);
	vfree(region_drop(pairing));
}

/*
 * Life
 */

/**
 * ccm_client_init() - a client without pairings
 * @client: zeroed
 * @node: with whom it is going to be registered
 */
void ccm_client_init(struct ccm_client *client, struct ccm_node *node)
{
	client->node = node;
	spin_lock_init(&client->lock);
	INIT_WORK(&client->notify, client_notify);
	init_waitqueue_head(&client->wait);
	INIT_LIST_HEAD(&client->entry);
	INIT_LIST_HEAD(&client->pairings);
}

/**
 * ccm_paired_init() - a partner without pairings
 * @with: memory for it
 * @partner: its node id
 * @inbox: its
 */
void ccm_paired_init(struct ccm_paired *with, u32 partner, struct ccm_inbox *inbox)
{
	with->partner = partner;
	with->inbox = inbox;
	refcount_set(&with->count, 1);
	init_completion(&with->gone);
}

static void paired_put(struct ccm_paired *with)
{
	if (refcount_dec_and_test(&with->count))
		complete(&with->gone);
}

/**
 * ccm_paired_end() - wait until no pairing is left
 * @with: partner; ccm_pairing_end() was called for each, or their clients leave
 *
 * May sleep: as long as the clients' callbacks take.
 */
void ccm_paired_end(struct ccm_paired *with)
{
	paired_put(with);
	wait_for_completion(&with->gone);
}

/**
 * ccm_pairing_create() - pair a client with a partner
 * @client: the client
 * @with: partner
 *
 * ccm_registry.lock is held, for which partners' work items wait: no memory that may wait for
 * what a client hears from them.
 *
 * Return: the pairing, or NULL
 */
struct ccm_pairing *ccm_pairing_create(struct ccm_client *client, struct ccm_paired *with)
{
	struct ccm_pairing *pairing;
	struct ccm_record *record;

	pairing = (struct ccm_pairing *)kzalloc(sizeof(*pairing), GFP_NOIO);
	if (!pairing)
		return NULL;
	pairing->client = client;
	pairing->with = with;
	refcount_inc(&with->count);
	INIT_LIST_HEAD(&pairing->entry);
	INIT_WORK(&pairing->fill, fill);
	record = &pairing->view.record;
	record->size = sizeof(*record);
	record->type = CCM_RECORD_CLIENT;
	record->node = with->partner;
	pairing->state = CCM_CLIENT_WAITING;
	record->state = CCM_CLIENT_WAITING;
	record->reason = CCM_CLIENT_NO_SESSION;
	memcpy(record->client, client->declared.name, sizeof(record->client));
	spin_lock(&client->lock);
	list_add_tail(&pairing->client_entry, &client->pairings);
	spin_unlock(&client->lock);
	return pairing;
}

static void pairing_free(struct ccm_pairing *pairing)
{
	struct ccm_paired *with = pairing->with;

	region_free(pairing);
	kfree(pairing);
	paired_put(with);	/* the partner may be gone behind this */
}

/**
 * ccm_pairing_end() - the partner goes
 * @pairing: ccm_registry.lock is held; no work item of the partner touches it any more
 *
 * The client is asked to let go of its memory, hears what is left to hear, and the pairing is
 * freed. One of a client that leaves is freed with that.
 */
void ccm_pairing_end(struct ccm_pairing *pairing)
{
	struct ccm_client *client = pairing->client;
	bool going = !client->leaving;

	spin_lock(&client->lock);
	pairing->let_go = true;
	pairing->going = going;
	pairing->release = going && pairing->shown;
	spin_unlock(&client->lock);
	wake_up_all(&client->wait);
	if (going)
		client_queue(client);
}

/**
 * ccm_pairings_free() - free all pairings of a client, and their memory
 * @client: not registered, or let go by every partner
 */
void ccm_pairings_free(struct ccm_client *client)
{
	struct ccm_pairing *pairing;
	struct ccm_pairing *next;

	list_for_each_entry_safe(pairing, next, &client->pairings, client_entry) {
		list_del(&pairing->client_entry);
		pairing_free(pairing);
	}
}

static struct ccm_pairing *find(const struct ccm_client *client, u32 partner)
{
	struct ccm_pairing *pairing;

	lockdep_assert_held(&client->lock);
	list_for_each_entry(pairing, &client->pairings, client_entry)
		if (pairing->with->partner == partner && !pairing->going)
			return pairing;
	return NULL;
}

/**
 * ccm_pairing_find() - a client as to a partner
 * @client: client
 * @partner: node id
 *
 * ccm_registry.lock is held, and the pairing is there as long as it is.
 *
 * Return: the pairing, or NULL: there is no such partner, or it goes
 */
struct ccm_pairing *ccm_pairing_find(struct ccm_client *client, u32 partner)
{
	struct ccm_pairing *pairing;

	spin_lock(&client->lock);
	pairing = find(client, partner);
	spin_unlock(&client->lock);
	return pairing;
}

/**
 * ccm_pairing_known() - a client that a partner knows
 * @known: the partner's list
 * @instance: of the client
 *
 * The partner's work item.
 *
 * Return: the client as to this partner, or NULL
 */
struct ccm_pairing *ccm_pairing_known(struct list_head *known, u64 instance)
{
	struct ccm_pairing *pairing;

	list_for_each_entry(pairing, known, entry)
		if (pairing->client->declared.instance == instance)
			return pairing;
	return NULL;
}

/**
 * ccm_pairings_let_go() - has every partner let the client go?
 * @client: leaving
 */
bool ccm_pairings_let_go(struct ccm_client *client)
{
	struct ccm_pairing *pairing;
	bool all = true;

	spin_lock(&client->lock);
	list_for_each_entry(pairing, &client->pairings, client_entry)
		all = all && pairing->let_go;
	spin_unlock(&client->lock);
	return all;
}

/*
 * What readers see
 */

static u32 shown_state(const struct ccm_session_link *link)
{
	switch (link->state) {
	case CCM_LINK_WAITING:
		return CCM_CLIENT_WAITING;
	case CCM_LINK_REFUSED:
		return CCM_CLIENT_INCOMPATIBLE;
	case CCM_LINK_UP:
		return link->client_ready ? CCM_CLIENT_READY : CCM_CLIENT_OPENING;
	default:
		return CCM_CLIENT_OPENING;
	}
}

/**
 * ccm_pairing_show_link() - a client's link may have changed
 * @pairing: client as to a partner
 * @link: as the core has it
 *
 * The partner's work item.
 */
void ccm_pairing_show_link(struct ccm_pairing *pairing, const struct ccm_session_link *link)
{
	bool planned = link->state >= CCM_LINK_IDLE;
	struct ccm_record now;

	spin_lock(&pairing->client->lock);
	now = pairing->view.record;
	pairing->state = shown_state(link);
	now.state = state_to_show(pairing);
	now.reason = (u8)link->reason;
	now.version = planned ? link->plan.version : 0;
	now.ports = planned ? link->plan.ports : 0;
	now.region = planned ? link->plan.give : 0;
	now.region_partner = planned ? link->plan.take : 0;
	show(pairing, &now);
	spin_unlock(&pairing->client->lock);
}

/**
 * ccm_pairing_link_state() - as shown
 * @client: client
 * @partner: node id
 * @state: filled: enum ccm_client_state
 * @reason: filled: enum ccm_client_reason
 *
 * Process context.
 *
 * Return: 0; -ENOENT: no such partner
 */
int ccm_pairing_link_state(struct ccm_client *client, u32 partner, u32 *state, u32 *reason)
{
	const struct ccm_pairing *pairing;

	spin_lock(&client->lock);
	pairing = find(client, partner);
	if (pairing) {
		*state = pairing->view.record.state;
		*reason = pairing->view.record.reason;
	}
	spin_unlock(&client->lock);
	return pairing ? 0 : -ENOENT;
}

/**
 * ccm_pairing_show_note() - a client says something of a partner
 * @client: client
 * @partner: node id
 * @note: shorter than CCM_CLIENT_NOTE_LEN
 *
 * Process context.
 *
 * Return: 0; -ENOENT: no such partner
 */
int ccm_pairing_show_note(struct ccm_client *client, u32 partner, const char *note)
{
	struct ccm_pairing *pairing;
	struct ccm_record now;

	spin_lock(&client->lock);
	pairing = find(client, partner);
	if (pairing) {
		now = pairing->view.record;
		memset(now.note, 0, sizeof(now.note));
		strscpy(now.note, note, sizeof(now.note));
		show(pairing, &now);
	}
	spin_unlock(&client->lock);
	return pairing ? 0 : -ENOENT;
}

/**
 * ccm_pairing_show() - readers see it from now on
 * @pairing: of a client that is registered, or is just being; ccm_registry.lock is held
 */
void ccm_pairing_show(struct ccm_pairing *pairing)
{
	ccm_view_add(&pairing->client->node->events, &pairing->view, true);
}

/**
 * ccm_pairings_show() - a client has registered
 * @client: with all its pairings
 *
 * Process context.
 */
void ccm_pairings_show(struct ccm_client *client)
{
	struct ccm_pairing *pairing;

	list_for_each_entry(pairing, &client->pairings, client_entry)
		ccm_pairing_show(pairing);
}

/**
 * ccm_pairings_hide() - a client has left
 * @client: no partner's work item knows it any more, and its own does not run
 *
 * Process context.
 */
void ccm_pairings_hide(struct ccm_client *client)
{
	struct ccm_pairing *pairing;

	list_for_each_entry(pairing, &client->pairings, client_entry)
		hide(pairing);
}
