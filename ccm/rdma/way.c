// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways. What belongs to a session goes its way, and is not looked up anew: the route may have
 * changed since, or there were several from the start, and a link-local address says nothing
 * without its interface.
 *
 * RDMA CM leaves the scope out of the addresses of an id that has come as a request (over
 * RoCE and InfiniBand); then it is that of the interface by which the request came.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <rdma/rdma_cm.h>

#include "way.h"

static bool is_link_local(const struct sockaddr_in6 *address)
{
	return ipv6_addr_type(&address->sin6_addr) & IPV6_ADDR_LINKLOCAL;
}

/* The scope of an address, which only a link-local one has; 0: none, or not said */
static u32 scope_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	return address->ss_family == AF_INET6 && is_link_local(in6) ? in6->sin6_scope_id : 0;
}

static void put_port(struct sockaddr_storage *address, u16 port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = cpu_to_be16(port);
	else
		((struct sockaddr_in *)address)->sin_port = cpu_to_be16(port);
}

/* The address alone, as two ids have it that mean the same */
static struct sockaddr_storage bare(const struct sockaddr_storage *address, int ifindex)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	struct sockaddr_storage copy = {};
	struct sockaddr_in6 *copy6 = (struct sockaddr_in6 *)&copy;

	copy.ss_family = address->ss_family;
	if (address->ss_family != AF_INET6) {
		((struct sockaddr_in *)&copy)->sin_addr = in4->sin_addr;
		return copy;
	}
	copy6->sin6_addr = in6->sin6_addr;
	if (is_link_local(in6))
		copy6->sin6_scope_id = (u32)ifindex;
	return copy;
}

/**
 * ccm_way_of() - how an id reaches its partner
 * @id: its address is resolved, or it has come as a request
 * @way: filled
 *
 * Any context in which the id is not being resolved.
 */
void ccm_way_of(const struct rdma_cm_id *id, struct ccm_id_way *way)
{
	const struct rdma_addr *addr = &id->route.addr;
	u32 scope = scope_of(&addr->src_addr);

	if (!scope)
		scope = scope_of(&addr->dst_addr);
	way->ifindex = scope ? (int)scope : addr->dev_addr.bound_dev_if;
	way->from = bare(&addr->src_addr, way->ifindex);
	way->to = bare(&addr->dst_addr, way->ifindex);
}

/**
 * ccm_way_is() - do two ids go the same way?
 * @id: as for ccm_way_of()
 * @other: likewise
 */
bool ccm_way_is(const struct rdma_cm_id *id, const struct rdma_cm_id *other)
{
	struct ccm_id_way a;
	struct ccm_id_way b;

	ccm_way_of(id, &a);
	ccm_way_of(other, &b);
	return id->device == other->device && id->port_num == other->port_num &&
	       a.ifindex == b.ifindex && !memcmp(&a.from, &b.from, sizeof(a.from)) &&
	       !memcmp(&a.to, &b.to, sizeof(a.to));
}

/**
 * ccm_way_follow() - begin to resolve the way that another id goes
 * @id: new
 * @other: connected
 * @port: RDMA CM port number there
 * @timeout_ms: of the neighbour's address
 *
 * From its address and by its interface, if they are still there; whether it has led to the same
 * device is for ccm_way_is() to say, when the route is resolved.
 *
 * Return: 0, and RDMA CM tells what becomes of it; or a negative errno
 */
int ccm_way_follow(struct rdma_cm_id *id, const struct rdma_cm_id *other, u16 port,
		   unsigned long timeout_ms)
{
	struct ccm_id_way way;

	ccm_way_of(other, &way);
	put_port(&way.to, port);
	/* an address may be another interface's: see cma_translate_addr() */
	id->route.addr.dev_addr.bound_dev_if = way.ifindex;
	return rdma_resolve_addr(id, (struct sockaddr *)&way.from,
				 (const struct sockaddr *)&way.to, timeout_ms);
}

/**
 * ccm_way_mtu() - how large the frames may be that go an id's way, as this side has it
 * @id: its route is resolved, or it has come as a request
 * @mtu: filled: of the interface, bytes; 0: it is gone
 * @path_mtu: filled: of the queue pair, bytes; 0: there is none (iWARP)
 *
 * Process context.
 */
void ccm_way_mtu(const struct rdma_cm_id *id, u32 *mtu, u32 *path_mtu)
{
	const struct rdma_route *route = &id->route;
	struct net_device *dev;
	struct ccm_id_way way;

	ccm_way_of(id, &way);
	*mtu = 0;
	*path_mtu = 0;
	dev = dev_get_by_index(&init_net, way.ifindex);
	if (dev) {
		*mtu = READ_ONCE(dev->mtu);
		dev_put(dev);
	}
	if (route->path_rec)
		*path_mtu = (u32)ib_mtu_enum_to_int((enum ib_mtu)route->path_rec->mtu);
}
