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
#define NETREG_REGISTERED 1
#define IFNAMSIZ 16
struct net_device {
	char name[16];
	int ifindex;
	unsigned int flags;
	unsigned int mtu;
	unsigned short type;
	unsigned char addr_assign_type;
	unsigned short needed_headroom;
	unsigned short needed_tailroom;
	u8 reg_state;
	const unsigned char *dev_addr;
	struct net_device *next;
};
typedef struct {
} netdevice_tracker;
#define for_each_netdev(net, d) for (d = kstub_first_netdev(net); d; d = d->next)
struct netdev_notifier_info {
	struct net_device *dev;
};
enum netdev_cmd {
	NETDEV_UP = 1,
	NETDEV_DOWN,
	NETDEV_REBOOT,
	NETDEV_CHANGE,
	NETDEV_CHANGEMTU,
	NETDEV_CHANGENAME,
	NETDEV_REGISTER,
	NETDEV_UNREGISTER,
	NETDEV_RELEASE,
	NETDEV_JOIN,
};
extern "C" {
#define IFF_LOOPBACK (1U << 3)
#define NET_ADDR_PERM 0
struct net_device *kstub_first_netdev(struct net *net);
u64 ether_addr_to_u64(const u8 *addr);
void rtnl_lock(void);
void rtnl_unlock(void);
#define ASSERT_RTNL() ((void)0)
#define ETH_ALEN 6
#define ETH_HLEN 14
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define ARPHRD_ETHER 1
struct ethhdr {
	unsigned char h_dest[ETH_ALEN];
	unsigned char h_source[ETH_ALEN];
	__be16 h_proto;
};
void ether_addr_copy(u8 *dst, const u8 *src);
void eth_zero_addr(u8 *addr);
bool is_zero_ether_addr(const u8 *addr);
void netdev_hold(struct net_device *dev, netdevice_tracker *tracker, gfp_t gfp);
void netdev_put(struct net_device *dev, netdevice_tracker *tracker);
#define LL_RESERVED_SPACE(dev) ((dev)->needed_headroom + ETH_HLEN)
struct sk_buff {
	struct net_device *dev;
	unsigned int len;
	__be16 protocol;
};
struct sk_buff *alloc_skb(unsigned int size, gfp_t priority);
void kfree_skb(struct sk_buff *skb);
void skb_reserve(struct sk_buff *skb, int len);
void *skb_push(struct sk_buff *skb, unsigned int len);
void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len);
void skb_reset_transport_header(struct sk_buff *skb);
void skb_reset_network_header(struct sk_buff *skb);
void skb_reset_mac_header(struct sk_buff *skb);
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
struct ethhdr *eth_hdr(const struct sk_buff *skb);
#define IPPROTO_UDP 17
struct udphdr {
	__be16 source;
	__be16 dest;
	__be16 len;
	__sum16 check;
};
struct udphdr *udp_hdr(const struct sk_buff *skb);
struct iphdr {
	__u8 ihl_version;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};
struct iphdr *ip_hdr(const struct sk_buff *skb);
struct ipv6hdr {
	__u8 priority_version;
	__u8 flow_lbl[3];
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};
struct ipv6hdr *ipv6_hdr(const struct sk_buff *skb);
#define CSUM_MANGLED_0 ((__sum16)0xffff)
__wsum csum_partial(const void *buff, int len, __wsum sum);
__sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, u32 len, u8 proto, __wsum sum);
__sum16 csum_ipv6_magic(const struct in6_addr *saddr, const struct in6_addr *daddr, u32 len,
			u8 proto, __wsum sum);
__sum16 ip_fast_csum(const void *iph, unsigned int ihl);
struct netpoll {
	struct net_device *dev;
	const char *name;
};
int __netpoll_setup(struct netpoll *np, struct net_device *ndev);
void __netpoll_free(struct netpoll *np);
int netpoll_send_skb(struct netpoll *np, struct sk_buff *skb);
struct socket;
struct sock;
struct udp_port_cfg {
	u8 family;
	__be16 local_udp_port;
	bool use_udp6_rx_checksums;
	bool ipv6_v6only;
};
struct udp_tunnel_sock_cfg {
	void *sk_user_data;
	__u8 encap_type;
	int (*encap_rcv)(struct sock *sk, struct sk_buff *skb);
};
int udp_sock_create(struct net *net, struct udp_port_cfg *cfg, struct socket **sockp);
void setup_udp_tunnel_sock(struct net *net, struct socket *sock,
			   struct udp_tunnel_sock_cfg *sock_cfg);
void udp_tunnel_sock_release(struct socket *sock);
void *rcu_dereference_sk_user_data(struct sock *sk);
bool ipv6_mod_enabled(void);
int crypto_memneq(const void *a, const void *b, size_t size);
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
	int flowi4_oif;
	__be32 saddr;
	__be32 daddr;
};
struct flowi6 {
	int flowi6_oif;
	struct in6_addr daddr;
	struct in6_addr saddr;
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
#define NUD_VALID 0xde
#define NEIGH_UPDATE_F_OVERRIDE 0x01
#define NEIGH_UPDATE_F_ADMIN 0x80000000U
struct neighbour {
	u8 nud_state;
	u8 dead;
	unsigned char ha[32];
	struct net_device *dev;
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
struct net_device *dev_get_by_name(struct net *net, const char *name);
struct net_device *dev_get_by_index(struct net *net, int ifindex);
bool dev_valid_name(const char *name);
int register_netdevice_notifier(struct notifier_block *nb);
int unregister_netdevice_notifier(struct notifier_block *nb);
int register_inetaddr_notifier(struct notifier_block *nb);
int unregister_inetaddr_notifier(struct notifier_block *nb);
int register_inet6addr_notifier(struct notifier_block *nb);
int unregister_inet6addr_notifier(struct notifier_block *nb);
}

#endif /* KSTUB_NET_H */
