// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel API: kernel clients come and go.
 */
#include "log.h"

#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "client.h"
#include "cluster.h"
#include "node.h"
#include "pairing.h"
#include "partner.h"

/* With which clients register; set before anybody outside of this module can. */
static struct ccm_cluster *the_cluster;

/**
 * ccm_clients_open() - clients may register from now on
 * @cluster: created
 */
void ccm_clients_open(struct ccm_cluster *cluster)
{
	the_cluster = cluster;
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
	if (config->op_ms && (config->op_ms < CCM_OP_MS_MIN || config->op_ms > CCM_OP_MS_MAX)) {
		pr_err("client %s: op_ms %u is not %u to %u\n", name, config->op_ms,
		       CCM_OP_MS_MIN, CCM_OP_MS_MAX);
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

static struct ccm_client *client_create(struct ccm_cluster *cluster,
					const struct ccm_client_config *config)
{
	struct ccm_node *node = cluster->node;
	struct ccm_client *client;

	client = (struct ccm_client *)kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return NULL;
	ccm_client_init(client, node);
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
	client->op_ms = config->op_ms ? config->op_ms : CCM_OP_MS_DEFAULT;
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
 * CCM_CLIENTS_MAX already; -ENOMEM; -ESHUTDOWN: this is a crash kernel. For the first two and
 * the last the kernel log says what is wrong.
 */
struct ccm_client *ccm_client_register(const struct ccm_client_config *config)
{
	struct ccm_cluster *cluster = the_cluster;
	struct ccm_client *client;
	int ret;

	ret = check_config(cluster->node, config);
	if (ret)
		return (struct ccm_client *)ERR_PTR(ret);
	/* nobody is to mirror into it, nor to decide in it who serves */
	if (is_kdump_kernel()) {
		pr_err("client %s: this is a crash kernel, which has no clients\n", config->name);
		return (struct ccm_client *)ERR_PTR(-ESHUTDOWN);
	}
	client = client_create(cluster, config);
	if (!client)
		return (struct ccm_client *)ERR_PTR(-ENOMEM);
	ret = ccm_cluster_register(cluster, client);
	if (ret) {
		ccm_pairings_free(client);
		kfree(client);
		return (struct ccm_client *)ERR_PTR(ret);
	}
	return client;
}
EXPORT_SYMBOL_GPL(ccm_client_register);

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
	struct ccm_cluster *cluster = the_cluster;

	ccm_registry_leave(&cluster->registry, client);
	ccm_cluster_clients(cluster);
	wait_event(client->wait, ccm_pairings_let_go(client));
	/* nobody queues it any more, but what was queued may not have run yet */
	flush_work(&client->notify);
	ccm_registry_remove(&cluster->registry, client);
	ccm_pairings_free(client);
	kfree(client);
}
EXPORT_SYMBOL_GPL(ccm_client_unregister);

/**
 * ccm_client_note() - say something of a partner, for people and for user space
 * @client: client
 * @partner: its node id
 * @note: at most CCM_CLIENT_NOTE_LEN - 1 printable ASCII characters; "" for nothing
 *
 * Process context. It stands in the client's records of /dev/ccm until it is changed.
 *
 * Return: 0; -ENOENT: no such partner, or it is being deleted; -EINVAL: @note is too long or not
 * printable
 */
int ccm_client_note(struct ccm_client *client, u32 partner, const char *note)
{
	const char *c;

	if (strlen(note) >= CCM_CLIENT_NOTE_LEN)
		return -EINVAL;
	for (c = note; *c; c++)
		if (*c < ' ' || *c > '~')
			return -EINVAL;
	return ccm_pairing_show_note(client, partner, note);
}
EXPORT_SYMBOL_GPL(ccm_client_note);

/**
 * ccm_client_partner_status() - how a partner is now
 * @client: client
 * @partner: its node id
 * @status: filled
 *
 * Process context. Within down() it is not older than what down() is told: DOWN with that reason,
 * or what came of the partner since.
 *
 * Return: 0; -ENOENT: no such partner, or it is being deleted
 */
int ccm_client_partner_status(struct ccm_client *client, u32 partner,
			      struct ccm_partner_status *status)
{
	struct ccm_partner *found = ccm_cluster_get(the_cluster, partner);

	if (!found)
		return -ENOENT;
	ccm_partner_status(found, status);
	ccm_partner_put(found);
	return 0;
}
EXPORT_SYMBOL_GPL(ccm_client_partner_status);

/**
 * ccm_link_state() - has a client its link, and if not, why?
 * @client: client
 * @partner: node id of the partner
 * @state: filled: enum ccm_client_state, as in /dev/ccm: CCM_CLIENT_READY since ready() has
 *	returned 0
 * @reason: filled: enum ccm_client_reason
 *
 * Process context. Within down() it is no more CCM_CLIENT_READY, and why is known already. (A
 * client that is being unregistered is CCM_CLIENT_WAITING, for CCM_CLIENT_LEFT.)
 *
 * Return: 0; -ENOENT: no such partner, or it is being deleted
 */
int ccm_link_state(struct ccm_client *client, u32 partner, u32 *state, u32 *reason)
{
	return ccm_pairing_link_state(client, partner, state, reason);
}
EXPORT_SYMBOL_GPL(ccm_link_state);
