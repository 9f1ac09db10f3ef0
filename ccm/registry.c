// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry: who is a client, and who still knows one that leaves.
 *
 * Lifetime of a client: its work item and every partner's work item reach it.
 * ccm_registry_leave() marks it; each partner's work item then closes its link and lets it
 * go. When all have, nothing queues the client's work item any more.
 */
#include <linux/string.h>

#include "pairing.h"
#include "registry.h"

/**
 * ccm_registry_init() - no clients yet
 * @registry: memory for it
 */
void ccm_registry_init(struct ccm_registry *registry)
{
	mutex_init(&registry->lock);
	INIT_LIST_HEAD(&registry->clients);
	registry->count = 0;
	registry->next_instance = 0;
}

static bool name_taken(const struct ccm_registry *registry, const char *name)
{
	struct ccm_client *client;

	lockdep_assert_held(&registry->lock);
	list_for_each_entry(client, &registry->clients, entry)
		if (!strcmp(client->declared.name, name))
			return true;
	return false;
}

/**
 * ccm_registry_add() - one client more
 * @registry: registry
 * @client: with all its pairings; gets its instance, and readers see it
 *
 * Process context; the registry's lock is held since it was paired, so that no partner comes in
 * between.
 *
 * Return: 0; -EEXIST: its name is taken; -ENOSPC: there are CCM_CLIENTS_MAX already
 */
int ccm_registry_add(struct ccm_registry *registry, struct ccm_client *client)
{
	lockdep_assert_held(&registry->lock);
	if (name_taken(registry, client->declared.name))
		return -EEXIST;
	if (registry->count == CCM_CLIENTS_MAX)
		return -ENOSPC;
	client->declared.instance = ++registry->next_instance;
	registry->count++;
	list_add_tail(&client->entry, &registry->clients);
	ccm_pairings_show(client);
	return 0;
}

/**
 * ccm_registry_pair() - a partner has come: pair it with the clients there are
 * @registry: registry
 * @with: partner, which those that register from now on find by themselves
 *
 * Process context.
 *
 * Return: 0, or -ENOMEM; ccm_registry_unpair() cleans up in either case
 */
int ccm_registry_pair(struct ccm_registry *registry, struct ccm_paired *with)
{
	struct ccm_pairing *pairing;
	struct ccm_client *client;
	int ret = 0;

	mutex_lock(&registry->lock);
	list_for_each_entry(client, &registry->clients, entry) {
		if (client->leaving || ccm_pairing_find(client, with->partner))
			continue;
		pairing = ccm_pairing_create(client, with);
		if (!pairing) {
			ret = -ENOMEM;
			break;
		}
		ccm_pairing_show(pairing);
	}
	mutex_unlock(&registry->lock);
	return ret;
}

/**
 * ccm_registry_unpair() - a partner goes
 * @registry: registry
 * @with: partner, which nobody finds any more; its work item does nothing more
 *
 * Process context. Clients are told what is left to be told: ccm_paired_end() waits for that.
 */
void ccm_registry_unpair(struct ccm_registry *registry, struct ccm_paired *with)
{
	struct ccm_pairing *pairing;
	struct ccm_client *client;

	mutex_lock(&registry->lock);
	list_for_each_entry(client, &registry->clients, entry) {
		pairing = ccm_pairing_find(client, with->partner);
		if (pairing)
			ccm_pairing_end(pairing);
	}
	mutex_unlock(&registry->lock);
}

/**
 * ccm_registry_leave() - a client is going to be removed
 * @registry: registry
 * @client: added; then partners are to be told (CCM_INBOX_CLIENTS)
 */
void ccm_registry_leave(struct ccm_registry *registry, struct ccm_client *client)
{
	mutex_lock(&registry->lock);
	client->leaving = true;
	mutex_unlock(&registry->lock);
}

/**
 * ccm_registry_remove() - one client less
 * @registry: registry
 * @client: every partner has let it go
 */
void ccm_registry_remove(struct ccm_registry *registry, struct ccm_client *client)
{
	mutex_lock(&registry->lock);
	list_del(&client->entry);
	registry->count--;
	ccm_pairings_hide(client);
	mutex_unlock(&registry->lock);
}

/**
 * ccm_registry_catalog() - what the clients there are now declare
 * @registry: registry
 * @partner: node id of who wants to know
 * @status: of that partner, for clients it did not know
 * @known: its list: pairings it did not know are added
 * @catalog: count and entries are filled
 *
 * The partner's work item.
 */
void ccm_registry_catalog(struct ccm_registry *registry, u32 partner,
			  const struct ccm_partner_status *status, struct list_head *known,
			  struct ccm_catalog *catalog)
{
	struct ccm_pairing *pairing;
	struct ccm_client *client;

	catalog->count = 0;
	mutex_lock(&registry->lock);
	list_for_each_entry(client, &registry->clients, entry) {
		pairing = ccm_pairing_find(client, partner);
		if (client->leaving || !pairing)
			continue;
		catalog->entries[catalog->count++] = client->declared;
		if (!list_empty(&pairing->entry))
			continue;
		list_add_tail(&pairing->entry, known);
		ccm_pairing_tell_status(pairing, status);
	}
	mutex_unlock(&registry->lock);
}

/**
 * ccm_registry_let_go() - let clients go that leave and have no link any more
 * @registry: registry
 * @partner: node id of who lets them go, after its session has stepped CCM_SEV_CLIENTS and
 *	carried it out
 *
 * The partner's work item. A pairing is not touched by it after that.
 *
 * Return: true: there is one whose link could not be closed yet
 */
bool ccm_registry_let_go(struct ccm_registry *registry, u32 partner)
{
	struct ccm_client *client;
	bool some = false;

	mutex_lock(&registry->lock);
	list_for_each_entry(client, &registry->clients, entry) {
		struct ccm_pairing *pairing = ccm_pairing_find(client, partner);

		if (!client->leaving || !pairing || pairing->let_go)
			continue;
		if (pairing->present) {
			some = true;
			continue;
		}
		if (!list_empty(&pairing->entry))
			list_del_init(&pairing->entry);
		spin_lock(&client->lock);
		pairing->let_go = true;
		spin_unlock(&client->lock);
		wake_up_all(&client->wait);
	}
	mutex_unlock(&registry->lock);
	return some;
}
