// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel clients: the registry, and what they are told.
 *
 * Each client has one work item that calls its callbacks, so no two of them run at the
 * same time, and a client that takes its time in one delays nobody but itself. What is
 * to be told is kept per partner (struct ccm_peer) as the latest state, not as a queue:
 * a link that was lost before the client heard of it is not mentioned at all, and READY
 * and DOWN alternate by construction.
 *
 * Lifetime of a client: its work item and every partner's work item reach it.
 * ccm_client_unregister() marks it, kicks every partner, and waits until each has closed
 * its link and let go; then nothing queues the work item any more, and it is flushed.
 */
#include "log.h"

#include <linux/export.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "ccm.h"
#include "link.h"
#include "rdma/rdma.h"

static void client_queue(struct ccm_client *client)
{
	queue_work(client->node->notify_wq, &client->notify);
}

/*
 * Notifications
 */

static void tell_down(struct ccm_client *client, struct ccm_peer *peer)
{
	struct ccm_link *link = peer->told;
	u32 reason = peer->down_reason;

	spin_unlock(&client->lock);
	client->ops->down(client->context, link, reason);
	spin_lock(&client->lock);
	peer->told = NULL;
	peer->down = false;
	ccm_link_put(link);
	/* the next link may be waiting for the region: region_in_use() */
	ccm_partner_kick(peer->partner, CCM_PARTNER_LINKS);
}

static void tell_ready(struct ccm_client *client, struct ccm_peer *peer)
{
	struct ccm_link *link = peer->next;

	peer->next = NULL;
	peer->told = link;
	/* from now on it has to be asked before another region replaces this one */
	if (link->plan.give)
		peer->shown = true;
	spin_unlock(&client->lock);
	client->ops->ready(client->context, link);
	ccm_link_deliver(link);
	spin_lock(&client->lock);
}

static void tell_release(struct ccm_client *client, struct ccm_peer *peer)
	__must_hold(&client->lock)
{
	spin_unlock(&client->lock);
	if (client->ops->release)
		client->ops->release(client->context, peer->partner->id);
	spin_lock(&client->lock);
	peer->release = false;
	peer->shown = false;
	ccm_partner_kick(peer->partner, CCM_PARTNER_LINKS);
}

static void tell_status(struct ccm_client *client, struct ccm_peer *peer)
{
	struct ccm_partner_status status = peer->status;

	peer->status_new = false;
	spin_unlock(&client->lock);
	client->ops->status(client->context, &status);
	spin_lock(&client->lock);
}

/* Under the lock, which is dropped around a callback. False: there is nothing to tell. */
static bool tell(struct ccm_client *client, struct ccm_peer *peer)
{
	if (peer->told && peer->down)
		tell_down(client, peer);
	else if (!peer->told && peer->release)
		tell_release(client, peer);
	else if (peer->status_new)
		tell_status(client, peer);
	else if (!peer->told && peer->next)
		tell_ready(client, peer);
	else
		return false;
	return true;
}

static void client_notify(struct work_struct *work)
{
	struct ccm_client *client = container_of(work, struct ccm_client, notify);
	u32 i;

	spin_lock(&client->lock);
	for (i = 0; i < client->peer_count; i++)
		while (tell(client, &client->peers[i]))
			;
	spin_unlock(&client->lock);
}

/**
 * ccm_client_tell_ready() - a link can be used
 * @link: the peer's present one; a reference of its own is taken for the client
 *
 * The partner's work item.
 */
void ccm_client_tell_ready(struct ccm_link *link)
{
	struct ccm_peer *peer = link->peer;
	struct ccm_client *client = peer->client;

	spin_lock(&client->lock);
	if (!peer->next) {
		ccm_link_get(link);
		peer->next = link;
	}
	spin_unlock(&client->lock);
	client_queue(client);
}

/**
 * ccm_client_tell_down() - a link is fenced
 * @link: whether the client has heard of it or not
 * @reason: enum ccm_reason
 *
 * The partner's work item.
 */
void ccm_client_tell_down(struct ccm_link *link, u32 reason)
{
	struct ccm_peer *peer = link->peer;
	struct ccm_client *client = peer->client;
	bool forget;

	spin_lock(&client->lock);
	forget = peer->next == link;
	if (forget) {
		peer->next = NULL;
	} else if (peer->told == link) {
		peer->down = true;
		peer->down_reason = reason;
	}
	spin_unlock(&client->lock);
	if (forget)
		ccm_link_put(link);
	else
		client_queue(client);
}

/**
 * ccm_clients_status() - tell clients how a partner is, if there is news
 * @partner: partner
 *
 * The partner's work item.
 */
void ccm_clients_status(struct ccm_partner *partner)
{
	struct ccm_partner_status status;
	struct ccm_peer *peer;

	ccm_partner_fill_status(partner, &status);
	list_for_each_entry(peer, &partner->peers, entry) {
		if (!peer->client->ops->status)
			continue;
		spin_lock(&peer->client->lock);
		peer->status = status;
		peer->status_new = true;
		spin_unlock(&peer->client->lock);
		client_queue(peer->client);
	}
}

/*
 * Partners
 */

/**
 * ccm_clients_catalog() - what the clients there are now declare
 * @partner: partner; clients it did not know are added to it
 * @catalog: count and entries are filled
 *
 * The partner's work item.
 */
void ccm_clients_catalog(struct ccm_partner *partner, struct ccm_catalog *catalog)
{
	struct ccm_node *node = partner->node;
	struct ccm_client *client;
	struct ccm_peer *peer;

	catalog->count = 0;
	mutex_lock(&node->client_lock);
	list_for_each_entry(client, &node->clients, entry) {
		if (client->leaving)
			continue;
		catalog->entries[catalog->count++] = client->declared;
		peer = &client->peers[partner->index];
		if (!list_empty(&peer->entry))
			continue;
		list_add_tail(&peer->entry, &partner->peers);
		if (client->ops->status) {
			spin_lock(&client->lock);
			ccm_partner_fill_status(partner, &peer->status);
			peer->status_new = true;
			spin_unlock(&client->lock);
			client_queue(client);
		}
	}
	mutex_unlock(&node->client_lock);
}

static void region_free(struct ccm_peer *peer)
{
	if (!peer->region)
		return;
	vfree(peer->region);
	ccm_limits_give_memory(peer->client->node, peer->region_len);
	peer->region = NULL;
	peer->region_len = 0;
}

/**
 * ccm_clients_let_go() - let clients go that leave and have no link any more
 * @partner: partner, after its session has stepped CCM_SEV_CLIENTS and carried it out
 *
 * The partner's work item. A peer is not touched by it after that.
 *
 * Return: true: there is one whose link could not be closed yet
 */
bool ccm_clients_let_go(struct ccm_partner *partner)
{
	struct ccm_node *node = partner->node;
	struct ccm_client *client;
	bool some = false;

	mutex_lock(&node->client_lock);
	list_for_each_entry(client, &node->clients, entry) {
		struct ccm_peer *peer = &client->peers[partner->index];

		if (!client->leaving || peer->let_go)
			continue;
		if (peer->link) {
			some = true;
			continue;
		}
		if (!list_empty(&peer->entry))
			list_del_init(&peer->entry);
		spin_lock(&client->lock);
		peer->let_go = true;
		spin_unlock(&client->lock);
		wake_up_all(&client->wait);
	}
	mutex_unlock(&node->client_lock);
	return some;
}

/**
 * ccm_clients_find() - a client that a partner knows
 * @partner: partner
 * @instance: of the client
 *
 * The partner's work item.
 *
 * Return: the client as to this partner, or NULL
 */
struct ccm_peer *ccm_clients_find(struct ccm_partner *partner, u64 instance)
{
	struct ccm_peer *peer;

	list_for_each_entry(peer, &partner->peers, entry)
		if (peer->client->declared.instance == instance)
			return peer;
	return NULL;
}

/*
 * What the last link has left in the region is the client's to look at, until its down()
 * has returned: a takeover may read it there.
 */
static bool region_in_use(struct ccm_peer *peer)
{
	struct ccm_client *client = peer->client;
	bool in_use;

	spin_lock(&client->lock);
	in_use = peer->told;
	spin_unlock(&client->lock);
	return in_use;
}

/*
 * Has the client stopped to use the region, or not heard of it yet, so that a larger one
 * may replace it?
 */
static bool region_released(struct ccm_peer *peer)
{
	struct ccm_client *client = peer->client;
	bool released;

	spin_lock(&client->lock);
	released = !peer->shown;
	if (!released)
		peer->release = true;
	spin_unlock(&client->lock);
	if (!released)
		client_queue(client);
	return released;
}

/**
 * ccm_client_region() - memory for the counterpart
 * @peer: has no link that uses it
 * @len: bytes
 *
 * The partner's work item. What is there already, from an earlier session, stays if it
 * is large enough, with what it holds. Fresh memory is zeroed.
 *
 * Return: 0; -EINPROGRESS: the client has not heard DOWN of the last link, or is asked to
 * let go of a smaller region; then CCM_PARTNER_LINKS is kicked; -EDQUOT: past the node's
 * limit; -ENOMEM
 */
int ccm_client_region(struct ccm_peer *peer, u64 len)
{
	struct ccm_node *node = peer->client->node;
	void *region;
	u64 more;

	len = round_up(len, PAGE_SIZE);
	if (region_in_use(peer))
		return -EINPROGRESS;
	if (peer->region_len >= len)
		return 0;
	/* what is there is not given up for what cannot be */
	more = len - peer->region_len;
	if (!ccm_limits_take_memory(node, more))
		return -EDQUOT;
	if (peer->region && !region_released(peer)) {
		ccm_limits_give_memory(node, more);
		return -EINPROGRESS;
	}
	vfree(peer->region);
	peer->region = NULL;
	peer->region_len = 0;
	region = __vmalloc(len, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!region) {
		ccm_limits_give_memory(node, len);
		return -ENOMEM;
	}
	peer->region = region;
	peer->region_len = len;
	return 0;
}

/*
 * The kernel API
 */

static void kick_partners(struct ccm_node *node)
{
	u32 i;

	for (i = 0; i < node->partner_count; i++)
		ccm_partner_kick(node->partners[i], CCM_PARTNER_CLIENTS);
}

static bool name_taken(struct ccm_node *node, const char *name)
{
	struct ccm_client *client;

	list_for_each_entry(client, &node->clients, entry)
		if (!strcmp(client->declared.name, name))
			return true;
	return false;
}

static int check_config(const struct ccm_node *node, const struct ccm_client_config *config)
{
	const struct ccm_config *limits = &node->config;
	char name[CCM_CLIENT_NAME_LEN] = {};

	if (!config->name) {
		pr_err("client without a name\n");
		return -EINVAL;
	}
	strscpy(name, config->name, sizeof(name));
	if (strlen(config->name) >= sizeof(name) || !ccm_client_name_valid(name)) {
		pr_err("client \"%.40s\": a name is 1 to %zu printable characters without blanks\n",
		       config->name, sizeof(name) - 1);
		return -EINVAL;
	}
	if (!config->ops || !config->ops->ready || !config->ops->down) {
		pr_err("client %s: ready() and down() are needed\n", name);
		return -EINVAL;
	}
	if (config->give && !config->ops->release) {
		pr_err("client %s: gives memory to partners: release() is needed\n", name);
		return -EINVAL;
	}
	if (config->version_min < 1 || config->version_max < config->version_min) {
		pr_err("client %s: versions %u to %u are no range from 1 on\n", name,
		       config->version_min, config->version_max);
		return -EINVAL;
	}
	if (config->ports_min < 1 || config->ports_max < config->ports_min) {
		pr_err("client %s: %u to %u ports are no range from 1 on\n", name,
		       config->ports_min, config->ports_max);
		return -EINVAL;
	}
	if (config->ports_min > limits->client_ports) {
		pr_err("client %s: needs %u ports, ccm allows %u (client_ports=)\n", name,
		       config->ports_min, limits->client_ports);
		return -EDQUOT;
	}
	if (config->give > limits->client_memory) {
		pr_err("client %s: gives %llu bytes to a partner, ccm allows %llu (client_memory=)\n",
		       name, config->give, limits->client_memory);
		return -EDQUOT;
	}
	return 0;
}

static struct ccm_client *client_create(struct ccm_node *node,
					const struct ccm_client_config *config)
{
	struct ccm_client *client;
	struct ccm_peer *peer;
	u32 i;

	client = (struct ccm_client *)kvzalloc(struct_size(client, peers, node->partner_count),
					       GFP_KERNEL);
	if (!client)
		return NULL;
	client->node = node;
	strscpy(client->declared.name, config->name, sizeof(client->declared.name));
	client->declared.version_min = config->version_min;
	client->declared.version_max = config->version_max;
	client->declared.ports_min = config->ports_min;
	client->declared.ports_max = (u16)min_t(u32, config->ports_max,
						node->config.client_ports);
	client->declared.ask = config->ask;
	client->declared.give = config->give;
	client->ops = config->ops;
	client->context = config->context;
	spin_lock_init(&client->lock);
	INIT_WORK(&client->notify, client_notify);
	init_waitqueue_head(&client->wait);
	client->peer_count = node->partner_count;
	for (i = 0; i < client->peer_count; i++) {
		peer = &client->peers[i];
		peer->client = client;
		peer->partner = node->partners[i];
		INIT_LIST_HEAD(&peer->entry);
		INIT_LIST_HEAD(&peer->view_entry);
	}
	return client;
}

/**
 * ccm_client_register() - become a client
 * @config: what it needs; copied, but for what it points to
 *
 * Process context, may sleep. Callbacks may come before it returns. It does not wait for
 * any partner.
 *
 * Return: the registration, or an ERR_PTR(): -EINVAL: something in @config is wrong;
 * -EDQUOT: it needs more than ccm's parameters allow one client; -EEXIST: a client of
 * that name is registered, or is still being unregistered; -ENOSPC: there are
 * CCM_CLIENTS_MAX already; -ENOMEM. For the first two the kernel log says what is wrong.
 */
struct ccm_client *ccm_client_register(const struct ccm_client_config *config)
{
	struct ccm_node *node = ccm_this_node();
	struct ccm_client *client;
	int ret;

	ret = check_config(node, config);
	if (ret)
		return (struct ccm_client *)ERR_PTR(ret);
	client = client_create(node, config);
	if (!client)
		return (struct ccm_client *)ERR_PTR(-ENOMEM);

	mutex_lock(&node->client_lock);
	if (name_taken(node, client->declared.name))
		ret = -EEXIST;
	else if (node->client_count == CCM_CLIENTS_MAX)
		ret = -ENOSPC;
	if (!ret) {
		client->declared.instance = ++node->next_instance;
		node->client_count++;
		list_add_tail(&client->entry, &node->clients);
		ccm_events_client_add(client);
	}
	mutex_unlock(&node->client_lock);
	if (ret) {
		kvfree(client);
		return (struct ccm_client *)ERR_PTR(ret);
	}
	kick_partners(node);
	return client;
}
EXPORT_SYMBOL_GPL(ccm_client_register);

static bool all_let_go(struct ccm_client *client)
{
	bool all = true;
	u32 i;

	spin_lock(&client->lock);
	for (i = 0; i < client->peer_count; i++)
		all = all && client->peers[i].let_go;
	spin_unlock(&client->lock);
	return all;
}

/**
 * ccm_client_unregister() - leave
 * @client: not used afterwards
 *
 * Process context, sleeps; not from one of the client's callbacks. For each partner that
 * it was told READY of, it hears down() before this returns. Afterwards no callback runs,
 * every operation has completed, and the memory that was set aside is freed. Takes as
 * long as fencing the client's ports does, which is bounded, and as its own callbacks.
 */
void ccm_client_unregister(struct ccm_client *client)
{
	struct ccm_node *node = client->node;
	u32 i;

	mutex_lock(&node->client_lock);
	client->leaving = true;
	mutex_unlock(&node->client_lock);
	kick_partners(node);
	wait_event(client->wait, all_let_go(client));
	/* nobody queues it any more, but what was queued may not have run yet */
	flush_work(&client->notify);

	mutex_lock(&node->client_lock);
	list_del(&client->entry);
	node->client_count--;
	ccm_events_client_remove(client);
	mutex_unlock(&node->client_lock);
	for (i = 0; i < client->peer_count; i++)
		region_free(&client->peers[i]);
	kvfree(client);
}
EXPORT_SYMBOL_GPL(ccm_client_unregister);

static struct ccm_peer *find_peer(struct ccm_client *client, u32 partner)
{
	u32 i;

	for (i = 0; i < client->peer_count; i++)
		if (client->peers[i].partner->id == partner)
			return &client->peers[i];
	return NULL;
}

/**
 * ccm_client_note() - say something of a partner, for people and for user space
 * @client: client
 * @partner: its node id
 * @note: at most CCM_CLIENT_NOTE_LEN - 1 printable ASCII characters; "" for nothing
 *
 * Process context. It stands in the client's records of /dev/ccm until it is changed.
 *
 * Return: 0; -ENOENT: no such partner; -EINVAL: @note is too long or not printable
 */
int ccm_client_note(struct ccm_client *client, u32 partner, const char *note)
{
	struct ccm_peer *peer = find_peer(client, partner);
	const char *c;

	if (!peer)
		return -ENOENT;
	if (strlen(note) >= CCM_CLIENT_NOTE_LEN)
		return -EINVAL;
	for (c = note; *c; c++)
		if (*c < ' ' || *c > '~')
			return -EINVAL;
	ccm_events_client_note(peer, note);
	return 0;
}
EXPORT_SYMBOL_GPL(ccm_client_note);

/**
 * ccm_client_partner_status() - how a partner is now
 * @client: client
 * @partner: its node id
 * @status: filled
 *
 * Process context.
 *
 * Return: 0; -ENOENT: no such partner
 */
int ccm_client_partner_status(struct ccm_client *client, u32 partner,
			      struct ccm_partner_status *status)
{
	struct ccm_peer *peer = find_peer(client, partner);

	if (!peer)
		return -ENOENT;
	ccm_partner_fill_status(peer->partner, status);
	return 0;
}
EXPORT_SYMBOL_GPL(ccm_client_partner_status);
