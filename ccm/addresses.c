// SPDX-License-Identifier: GPL-2.0-only
/* The addresses of one partner: see addresses.h. */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "addresses.h"
#include "rdma/route.h"
#include "rdma/way.h"

/**
 * ccm_addresses_begin() - those that are configured
 * @addresses: nobody sees them yet
 * @config: checked
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM
 */
int ccm_addresses_begin(struct ccm_addresses *addresses, const struct ccm_partner_config *config)
{
	struct ccm_address_list *now;

	now = (struct ccm_address_list *)kzalloc(sizeof(*now), GFP_KERNEL);
	if (!now)
		return -ENOMEM;
	now->count = config->path_count;
	memcpy(now->list, config->paths, now->count * sizeof(now->list[0]));
	RCU_INIT_POINTER(addresses->now, now);
	return 0;
}

/**
 * ccm_addresses_end() - forget them
 * @addresses: begun. Who has found them is not waited for
 */
void ccm_addresses_end(struct ccm_addresses *addresses)
{
	struct ccm_address_list *now = rcu_dereference_protected(addresses->now, true);

	kfree_rcu(now, rcu);
}

/**
 * ccm_addresses_swap() - each has what the other had
 * @addresses: begun; others may look at them, but nobody else replaces them
 * @other: begun; nobody else sees them
 *
 * Any context.
 */
void ccm_addresses_swap(struct ccm_addresses *addresses, struct ccm_addresses *other)
{
	struct ccm_address_list *now = rcu_dereference_protected(other->now, true);

	RCU_INIT_POINTER(other->now, rcu_dereference_protected(addresses->now, true));
	rcu_assign_pointer(addresses->now, now);
}

/**
 * ccm_addresses_count() - how many
 * @addresses: begun
 *
 * Any context.
 */
u32 ccm_addresses_count(const struct ccm_addresses *addresses)
{
	u32 count;

	rcu_read_lock();
	count = rcu_dereference(addresses->now)->count;
	rcu_read_unlock();
	return count;
}

/**
 * ccm_addresses_get() - all of them
 * @addresses: begun
 * @list: filled, CCM_PATHS_MAX entries
 *
 * Any context.
 *
 * Return: how many there are
 */
u32 ccm_addresses_get(const struct ccm_addresses *addresses, struct ccm_address *list)
{
	const struct ccm_address_list *now;
	u32 count;

	rcu_read_lock();
	now = rcu_dereference(addresses->now);
	count = now->count;
	memcpy(list, now->list, sizeof(now->list));
	rcu_read_unlock();
	return count;
}

/**
 * ccm_addresses_first() - the one that is tried first
 * @addresses: begun
 * @first: filled
 *
 * Any context.
 */
void ccm_addresses_first(const struct ccm_addresses *addresses, struct ccm_address *first)
{
	rcu_read_lock();
	*first = rcu_dereference(addresses->now)->list[0];
	rcu_read_unlock();
}

/**
 * ccm_addresses_have() - is it one of them?
 * @addresses: begun
 * @address: zeroed before it was filled
 *
 * Any context.
 */
bool ccm_addresses_have(const struct ccm_addresses *addresses, const struct ccm_address *address)
{
	const struct ccm_address_list *now;
	bool have = false;
	u32 i;

	rcu_read_lock();
	now = rcu_dereference(addresses->now);
	for (i = 0; i < now->count && !have; i++)
		have = ccm_address_same(&now->list[i], address);
	rcu_read_unlock();
	return have;
}

static bool comes_from(const struct ccm_address *address, const struct ccm_id_way *way)
{
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)&address->to;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)&way->to;
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)&address->to;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)&way->to;

	if (address->to.ss_family != way->to.ss_family)
		return false;
	if (way->to.ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return ipv6_addr_equal(&a6->sin6_addr, &b6->sin6_addr) &&
	       (!*address->interface || ccm_address_ifindex(address) == way->ifindex);
}

/**
 * ccm_addresses_come_from() - is one of them at the other end?
 * @addresses: begun
 * @way: of a request, or of a connection
 *
 * Any context.
 */
bool ccm_addresses_come_from(const struct ccm_addresses *addresses, const struct ccm_id_way *way)
{
	const struct ccm_address_list *now;
	bool come = false;
	u32 i;

	rcu_read_lock();
	now = rcu_dereference(addresses->now);
	for (i = 0; i < now->count && !come; i++)
		come = comes_from(&now->list[i], way);
	rcu_read_unlock();
	return come;
}

static bool leaves_by(const struct ccm_address *address, const struct net_device *dev)
{
	if (*address->interface)
		return !strcmp(address->interface, dev->name);
	return ccm_route_leaves_by(&address->to, dev);
}

/**
 * ccm_addresses_leave_by() - do frames to one of them leave by an interface now?
 * @addresses: begun
 * @dev: interface, of the initial network namespace; cannot be renamed now
 *
 * Any context but hard interrupts.
 */
bool ccm_addresses_leave_by(const struct ccm_addresses *addresses, const struct net_device *dev)
{
	const struct ccm_address_list *now;
	bool leave = false;
	u32 i;

	rcu_read_lock();
	now = rcu_dereference(addresses->now);
	for (i = 0; i < now->count && !leave; i++)
		leave = leaves_by(&now->list[i], dev);
	rcu_read_unlock();
	return leave;
}
