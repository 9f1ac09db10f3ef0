// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that leave by netpoll, as netconsole's do: all that a datagram needs is there when it
 * is sent, its headers and its checksum with it. Newer kernels export of netpoll only what sends
 * a frame that is complete.
 *
 * An interface's netpoll is set up with the first frame that is to leave by it, and stays until
 * the interface goes or the module does; setting it up and freeing it is the RTNL's.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>

#include "frame.h"
#include "rdma/route.h"

#define CCM_FRAME_HOPS	64

/* An interface by which frames leave; it is held, until it goes */
struct ccm_frame_device {
	struct list_head entry;
	struct net_device *dev;
	netdevice_tracker tracker;
	struct netpoll *netpoll;	/* freed by netpoll itself */
};

/* What is sent once, and whom it is addressed to; both are held */
struct ccm_frame {
	struct netpoll *netpoll;	/* of its interface; outlives it */
	struct neighbour *neigh;
	struct sk_buff *skb;
};

/*
 * Interfaces
 */

/**
 * ccm_frames_init() - no frame leaves yet
 * @frames: memory for it
 */
void ccm_frames_init(struct ccm_frames *frames)
{
	INIT_LIST_HEAD(&frames->devices);
}

static struct ccm_frame_device *find_device(struct ccm_frames *frames,
					    const struct net_device *dev)
{
	struct ccm_frame_device *d;

	ASSERT_RTNL();
	list_for_each_entry(d, &frames->devices, entry)
		if (d->dev == dev)
			return d;
	return NULL;
}

static struct ccm_frame_device *add_device(struct ccm_frames *frames, struct net_device *dev)
{
	struct ccm_frame_device *d;
	int ret;

	d = (struct ccm_frame_device *)kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return (struct ccm_frame_device *)ERR_PTR(-ENOMEM);
	d->netpoll = (struct netpoll *)kzalloc(sizeof(*d->netpoll), GFP_KERNEL);
	if (!d->netpoll) {
		kfree(d);
		return (struct ccm_frame_device *)ERR_PTR(-ENOMEM);
	}
	d->netpoll->name = KBUILD_MODNAME;
	ret = __netpoll_setup(d->netpoll, dev);
	if (ret) {
		kfree(d->netpoll);
		kfree(d);
		return (struct ccm_frame_device *)ERR_PTR(ret);
	}
	d->dev = dev;
	netdev_hold(dev, &d->tracker, GFP_KERNEL);
	list_add(&d->entry, &frames->devices);
	return d;
}

/* No frame that leaves by it is left, but one that a panic is sending: that is waited for. */
static void remove_device(struct ccm_frame_device *d)
{
	list_del(&d->entry);
	__netpoll_free(d->netpoll);	/* synchronize_rcu() first */
	netdev_put(d->dev, &d->tracker);
	kfree(d);
}

/**
 * ccm_frames_device_gone() - an interface goes, or is not to be used by itself any more
 * @frames: frames
 * @dev: no frame that leaves by it is left
 *
 * Under the RTNL.
 */
void ccm_frames_device_gone(struct ccm_frames *frames, const struct net_device *dev)
{
	struct ccm_frame_device *d = find_device(frames, dev);

	if (d)
		remove_device(d);
}

/**
 * ccm_frames_end() - let go of all interfaces
 * @frames: no frame is left
 *
 * Takes the RTNL.
 */
void ccm_frames_end(struct ccm_frames *frames)
{
	struct ccm_frame_device *next;
	struct ccm_frame_device *d;

	rtnl_lock();
	list_for_each_entry_safe(d, next, &frames->devices, entry)
		remove_device(d);
	rtnl_unlock();
}

/*
 * Headers, each in front of what is there already
 */

static void push_udp(struct sk_buff *skb, u16 from, u16 to)
{
	struct udphdr *udp = (struct udphdr *)skb_push(skb, sizeof(*udp));

	skb_reset_transport_header(skb);
	udp->source = htons(from);
	udp->dest = htons(to);
	udp->len = htons((u16)skb->len);
	udp->check = 0;
}

static void push_ip4(struct sk_buff *skb, const struct sockaddr_in *from,
		     const struct sockaddr_in *to)
{
	struct udphdr *udp = udp_hdr(skb);
	u32 len = skb->len;
	struct iphdr *ip;

	udp->check = csum_tcpudp_magic(from->sin_addr.s_addr, to->sin_addr.s_addr, len,
				       IPPROTO_UDP, csum_partial(udp, (int)len, 0));
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
	ip = (struct iphdr *)skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	memset(ip, 0, sizeof(*ip));
	*(u8 *)ip = 0x45;		/* version 4, five words */
	ip->tot_len = htons((u16)skb->len);
	ip->ttl = CCM_FRAME_HOPS;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = from->sin_addr.s_addr;
	ip->daddr = to->sin_addr.s_addr;
	ip->check = ip_fast_csum(ip, 5);
	skb->protocol = htons(ETH_P_IP);
}

static void push_ip6(struct sk_buff *skb, const struct sockaddr_in6 *from,
		     const struct sockaddr_in6 *to)
{
	struct udphdr *udp = udp_hdr(skb);
	u32 len = skb->len;
	struct ipv6hdr *ip;

	udp->check = csum_ipv6_magic(&from->sin6_addr, &to->sin6_addr, len, IPPROTO_UDP,
				     csum_partial(udp, (int)len, 0));
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
	ip = (struct ipv6hdr *)skb_push(skb, sizeof(*ip));
	skb_reset_network_header(skb);
	memset(ip, 0, sizeof(*ip));
	*(u8 *)ip = 0x60;		/* version 6 */
	ip->payload_len = htons((u16)len);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = CCM_FRAME_HOPS;
	ip->saddr = from->sin6_addr;
	ip->daddr = to->sin6_addr;
	skb->protocol = htons(ETH_P_IPV6);
}

static void push_eth(struct sk_buff *skb, const struct net_device *dev)
{
	struct ethhdr *eth = (struct ethhdr *)skb_push(skb, ETH_HLEN);

	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_source, dev->dev_addr);
	eth_zero_addr(eth->h_dest);	/* as it is then: see address() */
	eth->h_proto = skb->protocol;
}

static struct sk_buff *create_skb(const struct ccm_envelope *envelope, struct net_device *dev,
				  const u8 *data, u32 len)
{
	const struct sockaddr_in6 *from6 = (const struct sockaddr_in6 *)&envelope->from;
	const struct sockaddr_in *from4 = (const struct sockaddr_in *)&envelope->from;
	const struct sockaddr_in6 *to6 = (const struct sockaddr_in6 *)&envelope->to;
	const struct sockaddr_in *to4 = (const struct sockaddr_in *)&envelope->to;
	u32 room = (u32)(LL_RESERVED_SPACE(dev) + sizeof(struct ipv6hdr) + sizeof(struct udphdr));
	struct sk_buff *skb = alloc_skb(room + len + dev->needed_tailroom, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, (int)room);
	skb_put_data(skb, data, len);
	if (envelope->to.ss_family == AF_INET6) {
		push_udp(skb, envelope->port, ntohs(to6->sin6_port));
		push_ip6(skb, from6, to6);
	} else {
		push_udp(skb, envelope->port, ntohs(to4->sin_port));
		push_ip4(skb, from4, to4);
	}
	push_eth(skb, dev);
	skb->dev = dev;
	return skb;
}

/* Whom it goes to now. Not under the neighbour's lock, which may be held for ever. */
static bool address(struct ccm_frame *frame)
{
	struct ethhdr *eth = eth_hdr(frame->skb);
	const struct neighbour *neigh = frame->neigh;

	if ((READ_ONCE(neigh->nud_state) & NUD_VALID) && !READ_ONCE(neigh->dead))
		memcpy(eth->h_dest, neigh->ha, ETH_ALEN);
	return !is_zero_ether_addr(eth->h_dest);
}

/* Can frames be made for it, and by netpoll? Ethernet, which RoCE and iWARP run over */
static bool fits(const struct net_device *dev)
{
	return IS_ENABLED(CONFIG_NETPOLL) && net_eq(dev_net(dev), &init_net) &&
	       dev->type == ARPHRD_ETHER && dev->reg_state == NETREG_REGISTERED;
}

/**
 * ccm_frame_create() - a frame that can be sent at any time from now on
 * @frames: frames
 * @envelope: where it goes
 * @data: of the datagram
 * @len: of @data; with the headers it fits any Ethernet frame
 *
 * Under the RTNL; may sleep.
 *
 * Return: the frame, or an ERR_PTR(): -EHOSTUNREACH: no route; -EOPNOTSUPP: not an interface,
 * or a kernel, that sends such frames; -ENOMEM; or what netpoll says of the interface
 */
struct ccm_frame *ccm_frame_create(struct ccm_frames *frames, const struct ccm_envelope *envelope,
				   const u8 *data, u32 len)
{
	struct ccm_frame_device *d;
	struct ccm_frame *frame;
	int ret = -EOPNOTSUPP;

	ASSERT_RTNL();
	frame = (struct ccm_frame *)kzalloc(sizeof(*frame), GFP_KERNEL);
	if (!frame)
		return (struct ccm_frame *)ERR_PTR(-ENOMEM);
	frame->neigh = ccm_route_neighbour(&envelope->from, &envelope->to, envelope->ifindex);
	if (!frame->neigh) {
		ret = -EHOSTUNREACH;
		goto free_frame;
	}
	if (!fits(frame->neigh->dev))
		goto free_frame;
	d = find_device(frames, frame->neigh->dev);
	if (!d)
		d = add_device(frames, frame->neigh->dev);
	if (IS_ERR(d)) {
		ret = (int)PTR_ERR(d);
		goto free_frame;
	}
	frame->netpoll = d->netpoll;
	frame->skb = create_skb(envelope, d->dev, data, len);
	if (!frame->skb) {
		ret = -ENOMEM;
		goto free_frame;
	}
	/* for the time when the neighbour is not there any more */
	address(frame);
	return frame;

free_frame:
	ccm_frame_free(frame);
	return (struct ccm_frame *)ERR_PTR(ret);
}

/**
 * ccm_frame_free() - it will not be sent
 * @frame: of the caller alone
 *
 * Any context but hard interrupts.
 */
void ccm_frame_free(struct ccm_frame *frame)
{
	kfree_skb(frame->skb);
	if (frame->neigh)
		neigh_release(frame->neigh);
	kfree(frame);
}

/** ccm_frame_leaves_by() - does it leave by this interface? Any context. */
bool ccm_frame_leaves_by(const struct ccm_frame *frame, const struct net_device *dev)
{
	return frame->neigh->dev == dev;
}

/**
 * ccm_frame_send() - send it, the machine does nothing more
 * @frame: of the caller alone, who is a panic notifier: under RCU; not freed
 *
 * Any context; allocates nothing. netpoll is made for this: of the interface's queue it only
 * tries the lock, and gives up after a clock tick; a driver that cannot be called so says that
 * it does not do netpoll. Two things it cannot do: if the panic is in the interface's own polling,
 * on this CPU, or the queue stays busy, it leaves the frame to a work item, which a panicked
 * kernel does not run; and the locks that it takes for that are spinlocks with interrupts off,
 * which a CPU that is stopped by an interrupt does not hold. netconsole lives with the same.
 */
void ccm_frame_send(struct ccm_frame *frame)
{
	if (IS_ENABLED(CONFIG_NETPOLL) && address(frame))
		netpoll_send_skb(frame->netpoll, frame->skb);
}
