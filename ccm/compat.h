/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that CCM builds for, and nowhere else: the rest of the
 * module is written for the newest of them, and older ones get here what they lack.
 */
#ifndef CCM_COMPAT_H
#define CCM_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/timer.h>
#include <linux/version.h>

/* bin2hex() and hex2bin(): in <linux/kernel.h> until 6.3; 7.3 has them nowhere else. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <linux/hex.h>
#endif

/* By way of a table, since IPv6 could be a module; 7.3 has no such table any more. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#include <net/ipv6.h>
#define ccm_ip6_dst_lookup_flow(net, sk, fl6, dst)	ip6_dst_lookup_flow(net, sk, fl6, dst)
#else
#include <net/ipv6_stubs.h>
#define ccm_ip6_dst_lookup_flow(net, sk, fl6, dst) \
	ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, dst)
#endif

/* In tracepoints: the source was named a second time until 6.9. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define ccm_assign_str(dst, src)	__assign_str(dst)
#else
#define ccm_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* The name until 6.1; the old one is gone since 6.15. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync(timer)	del_timer_sync(timer)
#endif

/* What a bus is asked about in uevent(); it may not change it since 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define ccm_uevent_device	struct device
#else
#define ccm_uevent_device	const struct device
#endif

/* crypto_memneq(): in a header that brings all of crypto until 6.3 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <crypto/utils.h>
#else
#include <crypto/algapi.h>
#endif

/* A kernel UDP socket is handed on as a struct sock in 7.3, as a struct socket in 6.12. */
#include <net/udp_tunnel.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define ccm_setup_udp_tunnel_sock(net, sock, cfg)	setup_udp_tunnel_sock(net, (sock)->sk, cfg)
#define ccm_udp_tunnel_sock_release(sock)		udp_tunnel_sock_release((sock)->sk)
#else
#define ccm_setup_udp_tunnel_sock(net, sock, cfg)	setup_udp_tunnel_sock(net, sock, cfg)
#define ccm_udp_tunnel_sock_release(sock)		udp_tunnel_sock_release(sock)
#endif

/* In one step since 6.13; hrtimer_init() is gone since 6.15. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* CCM_COMPAT_H */
