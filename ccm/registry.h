/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry: the clients of this node. */
#ifndef CCM_REGISTRY_H
#define CCM_REGISTRY_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/ccm.h>

#include "core/catalog.h"

struct ccm_client;
struct ccm_paired;

/**
 * struct ccm_registry - clients
 * @lock: protects all of this, and ccm_client.leaving; may be held while allocating, never
 *	across a callback
 * @clients: registered, in order
 * @count: how many
 * @next_instance: number of the next registration
 */
struct ccm_registry {
	struct mutex lock;
	struct list_head clients;
	u32 count;
	u64 next_instance;
};

void ccm_registry_init(struct ccm_registry *registry);
int ccm_registry_add(struct ccm_registry *registry, struct ccm_client *client);
int ccm_registry_pair(struct ccm_registry *registry, struct ccm_paired *with);
void ccm_registry_unpair(struct ccm_registry *registry, struct ccm_paired *with);
void ccm_registry_leave(struct ccm_registry *registry, struct ccm_client *client);
void ccm_registry_remove(struct ccm_registry *registry, struct ccm_client *client);

void ccm_registry_catalog(struct ccm_registry *registry, u32 partner,
			  const struct ccm_partner_status *status, struct list_head *known,
			  struct ccm_catalog *catalog);
bool ccm_registry_let_go(struct ccm_registry *registry, u32 partner);

#endif /* CCM_REGISTRY_H */
