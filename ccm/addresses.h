/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of one partner. They are replaced as a whole while handlers look at them: RCU.
 */
#ifndef CCM_ADDRESSES_H
#define CCM_ADDRESSES_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "address.h"
#include "config.h"

struct ccm_id_way;
struct net_device;

/**
 * struct ccm_address_list - as they are until they are replaced
 * @rcu: to free it
 * @count: entries used in @list
 * @list: in the order in which they are tried; zeroed behind
 */
struct ccm_address_list {
	struct rcu_head rcu;
	u32 count;
	struct ccm_address list[CCM_PATHS_MAX];
};

/**
 * struct ccm_addresses - those of one partner
 * @now: replaced by one at a time
 */
struct ccm_addresses {
	struct ccm_address_list __rcu *now;
};

int ccm_addresses_begin(struct ccm_addresses *addresses, const struct ccm_partner_config *config);
void ccm_addresses_end(struct ccm_addresses *addresses);
void ccm_addresses_swap(struct ccm_addresses *addresses, struct ccm_addresses *other);
u32 ccm_addresses_count(const struct ccm_addresses *addresses);
u32 ccm_addresses_get(const struct ccm_addresses *addresses, struct ccm_address *list);
void ccm_addresses_first(const struct ccm_addresses *addresses, struct ccm_address *first);
bool ccm_addresses_have(const struct ccm_addresses *addresses, const struct ccm_address *address);
bool ccm_addresses_come_from(const struct ccm_addresses *addresses, const struct ccm_id_way *way);
bool ccm_addresses_leave_by(const struct ccm_addresses *addresses, const struct net_device *dev);

#endif /* CCM_ADDRESSES_H */
