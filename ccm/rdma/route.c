// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes, looked up as RDMA CM does when it resolves an address: what it would not find, no path
 * goes by.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>
#include <net/route.h>

#include "../compat.h"
#include "route.h"

/* To be released; NULL: there is none. @from: NULL: any address, and any interface */
static struct dst_entry *lookup4(const struct sockaddr_in *to, const struct sockaddr_in *from,
				 int ifindex)
{
	struct flowi4 fl4 = {};
	struct rtable *rt;

	fl4.daddr = to->sin_addr.s_addr;
	if (from)
		fl4.saddr = from->sin_addr.s_addr;
	fl4.flowi4_oif = ifindex;
	rt = ip_route_output_key(&init_net, &fl4);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *lookup6(const struct sockaddr_in6 *to, const struct sockaddr_in6 *from,
				 int ifindex)
{
	struct flowi6 fl6 = {};
	struct dst_entry *dst;

	fl6.daddr = to->sin6_addr;
	if (from)
		fl6.saddr = from->sin6_addr;
	fl6.flowi6_oif = ifindex ? ifindex : (int)to->sin6_scope_id;
	dst = ccm_ip6_dst_lookup_flow(&init_net, NULL, &fl6, NULL);
	return IS_ERR(dst) ? NULL : dst;
}

static struct dst_entry *lookup(const struct sockaddr_storage *to,
				const struct sockaddr_storage *from, int ifindex,
				const void **address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)to;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)to;

	if (to->ss_family == AF_INET6) {
		*address = &in6->sin6_addr;
		return lookup6(in6, (const struct sockaddr_in6 *)from, ifindex);
	}
	*address = &in4->sin_addr;
	if (to->ss_family != AF_INET)
		return NULL;
	return lookup4(in4, (const struct sockaddr_in *)from, ifindex);
}

/**
 * ccm_route_leaves_by() - do frames to an address leave by an interface now?
 * @to: address
 * @dev: interface
 *
 * Any context but hard interrupts.
 */
bool ccm_route_leaves_by(const struct sockaddr_storage *to, const struct net_device *dev)
{
	const void *address;
	struct dst_entry *dst = lookup(to, NULL, 0, &address);
	bool leaves;

	if (!dst)
		return false;
	leaves = dst->dev == dev;
	dst_release(dst);
	return leaves;
}

/**
 * ccm_route_drop_waiting() - frames that wait for an address's neighbour to be found wait in vain
 * @to: address
 *
 * Any context but hard interrupts. A neighbour that is being looked for has failed: what the kernel
 * itself would say after three seconds. Frames of others that wait for it go, too, as they would
 * then; the next frame begins to look for it anew. One that is known is left alone.
 */
void ccm_route_drop_waiting(const struct sockaddr_storage *to)
{
	const void *address;
	struct dst_entry *dst = lookup(to, NULL, 0, &address);
	struct neighbour *neigh;

	if (!dst)
		return;
	neigh = dst_neigh_lookup(dst, address);
	dst_release(dst);
	if (IS_ERR_OR_NULL(neigh))
		return;
	if (READ_ONCE(neigh->nud_state) & NUD_INCOMPLETE)
		neigh_update(neigh, NULL, NUD_FAILED,
			     NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0);
	neigh_release(neigh);
}

/**
 * ccm_route_neighbour() - whose hardware address frames of one way bear
 * @from: address of this machine
 * @to: address
 * @ifindex: interface by which they leave
 *
 * Process context. It may not be known yet.
 *
 * Return: to be released with neigh_release(); NULL: there is no such way
 */
struct neighbour *ccm_route_neighbour(const struct sockaddr_storage *from,
				      const struct sockaddr_storage *to, int ifindex)
{
	const void *address;
	struct dst_entry *dst = lookup(to, from, ifindex, &address);
	struct neighbour *neigh;

	if (!dst)
		return NULL;
	neigh = dst_neigh_lookup(dst, address);
	dst_release(dst);
	return IS_ERR(neigh) ? NULL : neigh;
}
