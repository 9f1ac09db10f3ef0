// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pattern client: registration, what CCM tells, and whether it may: one callback at a
 * time, READY and DOWN in turn, nothing after DOWN.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../common/violation.h"
#include "pattern.h"

LIST_HEAD(pattern_clients);

/* Of one client, no two of ready(), down(), release(), status() at the same time */
static void enter(struct pattern_client *client, const char *what)
{
	if (test_and_set_bit(0, &client->busy))
		violation("%s: %s() while another callback runs", client->name, what);
}

static void leave(struct pattern_client *client)
{
	clear_bit(0, &client->busy);
}

/**
 * pattern_find_link() - what a client has to do with a partner
 * @client: registered
 * @partner: node id
 *
 * Return: it stays until the client leaves; NULL: CCM has not spoken of it yet
 */
struct pattern_link *pattern_find_link(struct pattern_client *client, u32 partner)
{
	struct pattern_link *found = NULL;
	struct pattern_link *link;

	spin_lock_bh(&client->links_lock);
	list_for_each_entry(link, &client->links, entry)
		if (link->partner == partner)
			found = link;
	spin_unlock_bh(&client->links_lock);
	return found;
}

/**
 * pattern_is_up() - is it between ready() and down()?
 * @client: registered
 * @partner: node id
 */
bool pattern_is_up(struct pattern_client *client, u32 partner)
{
	struct pattern_link *link = pattern_find_link(client, partner);

	return link && READ_ONCE(link->up);
}

static struct pattern_link *get_link(struct pattern_client *client, u32 partner)
{
	struct pattern_link *link = pattern_find_link(client, partner);

	if (link)
		return link;
	link = (struct pattern_link *)kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return NULL;
	link->client = client;
	link->partner = partner;
	link->random = get_random_u64();
	mutex_init(&link->lock);
	spin_lock_init(&link->slot_lock);
	init_waitqueue_head(&link->idle);
	link->closed = true;
	if (pattern_load_init(link)) {
		kfree(link);
		return NULL;
	}
	spin_lock_bh(&client->links_lock);
	list_add_tail(&link->entry, &client->links);
	spin_unlock_bh(&client->links_lock);
	return link;
}

static void check_plan(struct pattern_link *link)
{
	const struct ccm_client_config *config = &link->client->config;

	if (link->ports < config->ports_min || link->ports > config->ports_max)
		violation("%s, partner %u: %u ports, wanted were %u to %u", link->client->name,
			  link->partner, link->ports, config->ports_min, config->ports_max);
	if (link->partner_size != config->ask)
		violation("%s, partner %u: it gives %llu bytes, asked were %llu",
			  link->client->name, link->partner, link->partner_size, config->ask);
	if (link->region_size > config->give)
		violation("%s, partner %u: it takes %llu bytes, given were %llu",
			  link->client->name, link->partner, link->region_size, config->give);
	if (link->region_size && !link->region)
		violation("%s, partner %u: a region of %llu bytes, and no address",
			  link->client->name, link->partner, link->region_size);
}

/* What there was is there still, at the same address, as long as release() was not called. */
static void take_region(struct pattern_link *link)
{
	link->region = (u8 *)ccm_link_region(link->link, &link->region_size);
	if (!link->region)
		return;
	if (link->kept && link->region != link->kept)
		violation("%s, partner %u: another region, without release()", link->client->name,
			  link->partner);
	link->kept = link->region;
}

/* Returns an error: what has been done for the link is undone. */
static int decline(struct pattern_client *client, struct pattern_link *link)
{
	client->decline--;
	client->declined++;
	link->up = false;
	pattern_load_close(link);
	link->link = NULL;
	return -EBUSY;
}

static int on_ready(void *context, struct ccm_link *ccm)
{
	struct pattern_client *client = (struct pattern_client *)context;
	struct pattern_link *link = get_link(client, ccm_link_partner(ccm));
	int ret = 0;

	enter(client, "ready");
	if (!link) {
		leave(client);
		return -ENOMEM;
	}
	ccm_link_set_private(ccm, link);
	wait_event(client->changed, !READ_ONCE(client->stuck));
	mutex_lock(&link->lock);
	if (link->up)
		violation("%s, partner %u: ready() twice", client->name, link->partner);
	link->link = ccm;
	link->ports = ccm_link_ports(ccm);
	take_region(link);
	link->partner_size = ccm_link_partner_region(ccm);
	check_plan(link);
	link->up = true;
	if (pattern_load_open(link))
		pr_warn("ccm_pattern: %s, partner %u: no load: its buffers could not be mapped\n",
			client->name, link->partner);
	if (client->decline)
		ret = decline(client, link);
	else
		client->readies++;
	mutex_unlock(&link->lock);
	wake_up_all(&client->changed);
	leave(client);
	return ret;
}

/* What a client can know of it within down(), if it has its registration already. */
static void ask_why(struct pattern_link *link, u32 reason)
{
	struct ccm_client *client = READ_ONCE(link->client->client);

	link->down_reason = reason;
	if (!client)
		return;
	ccm_link_state(client, link->partner, &link->down_state, &link->down_why);
	ccm_client_partner_status(client, link->partner, &link->down_partner);
	if (link->down_state == CCM_CLIENT_READY)
		violation("%s, partner %u: down(), and its link is shown as ready",
			  link->client->name, link->partner);
}

static void on_down(void *context, struct ccm_link *ccm, u32 reason)
{
	struct pattern_client *client = (struct pattern_client *)context;
	struct pattern_link *link = (struct pattern_link *)ccm_link_private(ccm);

	enter(client, "down");
	client->downs++;
	if (reason >= CCM_REASON_COUNT)
		violation("%s: down() with reason %u", client->name, reason);
	if (link) {
		mutex_lock(&link->lock);
		if (!link->up || link->link != ccm)
			violation("%s, partner %u: down() without ready()", client->name,
				  link->partner);
		link->up = false;
		pattern_load_close(link);
		link->link = NULL;
		ask_why(link, reason);
		mutex_unlock(&link->lock);
	}
	wake_up_all(&client->changed);
	wait_event(client->changed, !READ_ONCE(client->stuck_down));
	leave(client);
}

static void on_release(void *context, u32 partner)
{
	struct pattern_client *client = (struct pattern_client *)context;
	struct pattern_link *link = pattern_find_link(client, partner);

	enter(client, "release");
	client->releases++;
	/* It may be of a try that never came to ready(): then there is nothing to forget. */
	if (link) {
		mutex_lock(&link->lock);
		if (link->up)
			violation("%s, partner %u: release() while it is up", client->name,
				  partner);
		link->region = NULL;
		link->kept = NULL;
		link->region_size = 0;
		mutex_unlock(&link->lock);
	}
	leave(client);
}

static void on_status(void *context, const struct ccm_partner_status *status)
{
	struct pattern_client *client = (struct pattern_client *)context;
	struct pattern_link *link = get_link(client, status->node);

	enter(client, "status");
	if (status->state >= CCM_STATE_COUNT || status->reason >= CCM_REASON_COUNT ||
	    status->stage >= CCM_STAGE_COUNT)
		violation("%s, partner %u: status with state %u, reason %u, stage %u",
			  client->name, status->node, status->state, status->reason,
			  status->stage);
	if (link) {
		mutex_lock(&link->lock);
		link->status = *status;
		mutex_unlock(&link->lock);
	}
	leave(client);
}

/* Softirq. */
static void on_ring(void *context, struct ccm_port *port, u32 word)
{
	struct pattern_link *link = (struct pattern_link *)ccm_link_private(ccm_port_link(port));

	if (link)
		pattern_take_ring(link, ccm_port_index(port), word);
}

/* Softirq. */
static void on_receive(void *context, struct ccm_port *port, const void *data, u32 len)
{
	struct pattern_link *link = (struct pattern_link *)ccm_link_private(ccm_port_link(port));

	if (link)
		pattern_take_message(link, ccm_port_index(port), (const u8 *)data, len);
}

static const struct ccm_client_ops ops = {
	.ready = on_ready,
	.down = on_down,
	.receive = on_receive,
	.ring = on_ring,
	.release = on_release,
	.status = on_status,
};

/**
 * pattern_find() - a client by name
 * @name: its name
 *
 * Under command_lock.
 */
struct pattern_client *pattern_find(const char *name)
{
	struct pattern_client *client;

	list_for_each_entry(client, &pattern_clients, entry)
		if (!strcmp(client->name, name))
			return client;
	return NULL;
}

/**
 * pattern_register() - one client more
 * @name: not in use here
 * @ports_min: as in struct ccm_client_config
 * @ports_max: likewise
 * @ask: likewise
 * @give: likewise
 * @op_ms: likewise
 * @load: whether to keep its links busy
 *
 * Under command_lock.
 *
 * Return: it, or an ERR_PTR()
 */
struct pattern_client *pattern_register(const char *name, u16 ports_min, u16 ports_max,
					u64 ask, u64 give, u32 op_ms, bool load)
{
	struct pattern_client *client;
	struct ccm_client *ccm;

	client = (struct pattern_client *)kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return (struct pattern_client *)ERR_PTR(-ENOMEM);
	strscpy(client->name, name, sizeof(client->name));
	client->load = load;
	INIT_LIST_HEAD(&client->links);
	spin_lock_init(&client->links_lock);
	init_waitqueue_head(&client->changed);
	client->config.name = client->name;
	client->config.version_min = 1;
	client->config.version_max = 1;
	client->config.ports_min = ports_min;
	client->config.ports_max = ports_max;
	client->config.ask = ask;
	client->config.give = give;
	client->config.op_ms = op_ms;
	client->config.ops = &ops;
	client->config.context = client;
	ccm = ccm_client_register(&client->config);
	if (IS_ERR(ccm)) {
		kfree(client);
		return (struct pattern_client *)ERR_CAST(ccm);
	}
	WRITE_ONCE(client->client, ccm);
	list_add_tail(&client->entry, &pattern_clients);
	return client;
}

static void free_links(struct pattern_client *client)
{
	struct pattern_link *link;
	struct pattern_link *next;

	list_for_each_entry_safe(link, next, &client->links, entry) {
		if (link->up)
			violation("%s, partner %u: unregistered without down()", client->name,
				  link->partner);
		list_del(&link->entry);
		pattern_load_free(link);
		kfree(link);
	}
}

/**
 * pattern_unregister() - a client leaves
 * @client: registered; freed
 *
 * Under command_lock.
 *
 * Return: milliseconds that CCM took
 */
u32 pattern_unregister(struct pattern_client *client)
{
	u64 start = ktime_get_ns();
	u64 ns;

	WRITE_ONCE(client->stuck, false);
	WRITE_ONCE(client->stuck_down, false);
	wake_up_all(&client->changed);

	ccm_client_unregister(client->client);
	ns = ktime_get_ns() - start;
	if (client->readies != client->downs)
		violation("%s: ready() %llu times, down() %llu times", client->name,
			  client->readies, client->downs);
	if (test_bit(0, &client->busy))
		violation("%s: unregistered, and a callback runs", client->name);
	list_del(&client->entry);
	free_links(client);
	kfree(client);
	return (u32)div_u64(ns, NSEC_PER_MSEC);
}
