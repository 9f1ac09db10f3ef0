/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses, network devices and their notifiers */
#ifndef KSTUB_NET_H
#define KSTUB_NET_H

#include <kstub/base.h>
#include <kstub/sync.h>

typedef unsigned short __kernel_sa_family_t;
typedef __kernel_sa_family_t sa_family_t;

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define INADDR_ANY ((unsigned int)0x00000000)

struct in_addr {
	__be32 s_addr;
};
struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
#define s6_addr in6_u.u6_addr8
#define s6_addr16 in6_u.u6_addr16
#define s6_addr32 in6_u.u6_addr32
};
struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};
struct sockaddr_in {
	__kernel_sa_family_t sin_family;
	__be16 sin_port;
	struct in_addr sin_addr;
	unsigned char __pad[8];
};
struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
	__u32 sin6_scope_id;
};
struct __kernel_sockaddr_storage {
	union {
		struct {
			__kernel_sa_family_t ss_family;
			char __data[126];
		};
		void *__align;
	};
};
#define sockaddr_storage __kernel_sockaddr_storage

struct net;
struct net_device {
	char name[16];
	int ifindex;
	unsigned int flags;
	const unsigned char *dev_addr;
	struct net_device *next;
};
#define for_each_netdev(net, d) for (d = kstub_first_netdev(net); d; d = d->next)
struct netdev_notifier_info {
	struct net_device *dev;
};
enum netdev_cmd {
	NETDEV_UP = 1,
	NETDEV_DOWN,
	NETDEV_REBOOT,
	NETDEV_CHANGE,
	NETDEV_REGISTER,
	NETDEV_UNREGISTER,
};
extern "C" {
#define IFF_LOOPBACK (1U << 3)
struct net_device *kstub_first_netdev(struct net *net);
u64 ether_addr_to_u64(const u8 *addr);
void rtnl_lock(void);
void rtnl_unlock(void);
extern struct net init_net;
bool ipv4_is_zeronet(__be32 addr);
bool ipv4_is_multicast(__be32 addr);
bool ipv4_is_lbcast(__be32 addr);
bool ipv4_is_loopback(__be32 addr);
bool ipv6_addr_any(const struct in6_addr *a);
bool ipv6_addr_loopback(const struct in6_addr *a);
bool ipv6_addr_equal(const struct in6_addr *a, const struct in6_addr *b);
int ipv6_addr_type(const struct in6_addr *addr);
#define IPV6_ADDR_LINKLOCAL 0x0020U
bool ipv6_addr_is_multicast(const struct in6_addr *addr);
int inet_pton_with_scope(struct net *net, unsigned short af, const char *src,
			 const char *port, struct sockaddr_storage *addr);
int in4_pton(const char *src, int srclen, u8 *dst, int delim, const char **end);
int in6_pton(const char *src, int srclen, u8 *dst, int delim, const char **end);
struct sock;
struct in_device {
	struct net_device *dev;
};
struct in_ifaddr {
	struct in_device *ifa_dev;
};
struct inet6_dev {
	struct net_device *dev;
};
struct inet6_ifaddr {
	struct inet6_dev *idev;
};
struct net *dev_net(const struct net_device *dev);
int net_eq(const struct net *net1, const struct net *net2);
struct flowi4 {
	__be32 daddr;
};
struct flowi6 {
	int flowi6_oif;
	struct in6_addr daddr;
};
struct dst_entry {
	struct net_device *dev;
};
struct rtable {
	struct dst_entry dst;
};
struct rtable *ip_route_output_key(struct net *net, struct flowi4 *flp);
void dst_release(struct dst_entry *dst);
struct ipv6_stub {
	struct dst_entry *(*ipv6_dst_lookup_flow)(struct net *net, const struct sock *sk,
						  struct flowi6 *fl6,
						  const struct in6_addr *final_dst);
};
extern const struct ipv6_stub *ipv6_stub;
#define NUD_INCOMPLETE 0x01
#define NUD_FAILED 0x20
#define NEIGH_UPDATE_F_OVERRIDE 0x01
#define NEIGH_UPDATE_F_ADMIN 0x80000000U
struct neighbour {
	u8 nud_state;
};
struct neighbour *dst_neigh_lookup(const struct dst_entry *dst, const void *daddr);
int neigh_update(struct neighbour *neigh, const u8 *lladdr, u8 new_state, u32 flags,
		 u32 nlmsg_pid);
void neigh_release(struct neighbour *neigh);
struct net_device *netdev_notifier_info_to_dev(const struct netdev_notifier_info *info);
bool netif_carrier_ok(const struct net_device *dev);
bool netif_running(const struct net_device *dev);
struct net_device *ip_dev_find(struct net *net, __be32 addr);
void dev_put(struct net_device *dev);
int register_netdevice_notifier(struct notifier_block *nb);
int unregister_netdevice_notifier(struct notifier_block *nb);
int register_inetaddr_notifier(struct notifier_block *nb);
int unregister_inetaddr_notifier(struct notifier_block *nb);
int register_inet6addr_notifier(struct notifier_block *nb);
int unregister_inet6addr_notifier(struct notifier_block *nb);
}

#endif /* KSTUB_NET_H */
