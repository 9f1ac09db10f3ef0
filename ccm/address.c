// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of partners: see address.h. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "address.h"

/* An address that one machine can have */
static bool is_unicast(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET6)
		return !ipv6_addr_any(&in6->sin6_addr) &&
		       !ipv6_addr_is_multicast(&in6->sin6_addr);
	return !ipv4_is_zeronet(in4->sin_addr.s_addr) &&
	       !ipv4_is_multicast(in4->sin_addr.s_addr) &&
	       !ipv4_is_lbcast(in4->sin_addr.s_addr);
}

/* This machine's own, whatever it is connected to */
static bool is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET6)
		return ipv6_addr_loopback(&in6->sin6_addr);
	return ipv4_is_loopback(in4->sin_addr.s_addr);
}

/* An address that every interface's network can have: it says nothing without the interface. */
static bool is_link_local(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	return address->ss_family == AF_INET6 &&
	       ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL;
}

/**
 * ccm_address_check() - can it be a partner's?
 * @address: of either family
 *
 * Any context.
 *
 * Return: OK, or what is wrong with it
 */
enum ccm_address_fault ccm_address_check(const struct ccm_address *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->to;
	bool link_local = is_link_local(&address->to);

	if (!is_unicast(&address->to))
		return CCM_ADDRESS_MANY;
	if (is_loopback(&address->to))
		return CCM_ADDRESS_LOOPBACK;
	if (link_local && !in6->sin6_scope_id && !*address->interface)
		return CCM_ADDRESS_LINK_LOCAL;
	if (!link_local && *address->interface)
		return CCM_ADDRESS_INTERFACE;
	return CCM_ADDRESS_OK;
}

/**
 * ccm_address_rule() - what is wrong with an address, for a message
 * @fault: other than OK
 *
 * Return: the message's end, behind the address
 */
const char *ccm_address_rule(enum ccm_address_fault fault)
{
	switch (fault) {
	case CCM_ADDRESS_MANY:
		return "is not the address of one machine: give that of its RDMA interface";
	case CCM_ADDRESS_LOOPBACK:
		return "is this machine itself: give the address of the partner's RDMA interface";
	case CCM_ADDRESS_LINK_LOCAL:
		return "is link-local: say on which interface";
	default:
		return "is not link-local: only a link-local address goes with an interface";
	}
}

/**
 * ccm_address_same() - are two addresses one?
 * @a: address, zeroed before it was filled
 * @b: likewise
 *
 * Any context.
 */
bool ccm_address_same(const struct ccm_address *a, const struct ccm_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/**
 * ccm_address_ifindex() - on which interface is it?
 * @address: of either family
 *
 * Any context but hard interrupts.
 *
 * Return: the interface's number; 0: none is named, or there is none of that name now
 */
int ccm_address_ifindex(const struct ccm_address *address)
{
	struct net_device *dev;
	int index;

	if (!*address->interface)
		return 0;
	dev = dev_get_by_name(&init_net, address->interface);
	index = dev ? dev->ifindex : 0;
	dev_put(dev);
	return index;
}
