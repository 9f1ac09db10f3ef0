/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In front of each source of rdma_ccm.ko and ccm_fm.ko ("-include"), in a build for tests: what
 * they call that can want for memory asks failing() first, and is not called, but has
 * failed, if that says so. Nothing that the kernel does on behalf of a call is touched.
 *
 * All headers that declare these functions come first, since behind this each name is a
 * macro. A name in parentheses is the function itself.
 */
#ifndef CCM_TEST_FAILING_CALLS_H
#define CCM_TEST_FAILING_CALLS_H

#include <crypto/hash.h>
#include <linux/crash_dump.h>
#include <linux/debugfs.h>
#include <linux/inetdevice.h>
#include <linux/key-type.h>
#include <linux/key.h>
#include <linux/kobject.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/addrconf.h>
#include <net/genetlink.h>
#include <net/udp_tunnel.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_cm.h>

#include "failing.h"

#define FAILING(function)							\
({										\
	static struct failing_site here = {					\
		FAILING_MARK __FILE__ ":" __stringify(__LINE__) ":" function, 0	\
	};									\
	failing(&here);								\
})

#define FAILING_ERROR(type)	((type *)ERR_PTR(-ENOMEM))

/* memory */
#define kzalloc(...)		(FAILING("kzalloc") ? NULL : (kzalloc)(__VA_ARGS__))
#define kmemdup(...)		(FAILING("kmemdup") ? NULL : (kmemdup)(__VA_ARGS__))
#define kstrdup(...)		(FAILING("kstrdup") ? NULL : (kstrdup)(__VA_ARGS__))
#define kvzalloc(...)		(FAILING("kvzalloc") ? NULL : (kvzalloc)(__VA_ARGS__))
#define kvcalloc(...)		(FAILING("kvcalloc") ? NULL : (kvcalloc)(__VA_ARGS__))
#define __vmalloc(...)								\
({										\
	failing_end("__vmalloc");	/* not the end of anything, but it can take long */	\
	FAILING("__vmalloc") ? NULL : (__vmalloc)(__VA_ARGS__);			\
})
#define get_zeroed_page(...)	(FAILING("get_zeroed_page") ? 0UL : (get_zeroed_page)(__VA_ARGS__))
#define alloc_pages_exact(...)	(FAILING("alloc_pages_exact") ? NULL : (alloc_pages_exact)(__VA_ARGS__))
#define sg_alloc_table(...)	(FAILING("sg_alloc_table") ? -ENOMEM : (sg_alloc_table)(__VA_ARGS__))
#define xa_insert(...)		(FAILING("xa_insert") ? -ENOMEM : (xa_insert)(__VA_ARGS__))
#define alloc_workqueue(...)	(FAILING("alloc_workqueue") ? NULL : (alloc_workqueue)(__VA_ARGS__))

/* keys and cryptography */
#define register_key_type(...)	(FAILING("register_key_type") ? -ENOMEM : (register_key_type)(__VA_ARGS__))
#define keyring_alloc(...)							\
	(FAILING("keyring_alloc") ? FAILING_ERROR(struct key) : (keyring_alloc)(__VA_ARGS__))
#define crypto_alloc_shash(...)							\
	(FAILING("crypto_alloc_shash") ? FAILING_ERROR(struct crypto_shash) : (crypto_alloc_shash)(__VA_ARGS__))

/* the kernel around us */
#define misc_register(...)	(FAILING("misc_register") ? -ENOMEM : (misc_register)(__VA_ARGS__))
#define single_open(...)	(FAILING("single_open") ? -ENOMEM : (single_open)(__VA_ARGS__))
#define debugfs_create_dir(...)							\
	(FAILING("debugfs_create_dir") ? FAILING_ERROR(struct dentry) : (debugfs_create_dir)(__VA_ARGS__))
#define debugfs_create_file(...)						\
	(FAILING("debugfs_create_file") ? FAILING_ERROR(struct dentry) : (debugfs_create_file)(__VA_ARGS__))
#define kobject_uevent(...)	(FAILING("kobject_uevent") ? -ENOMEM : (kobject_uevent)(__VA_ARGS__))
#define register_netdevice_notifier(...)					\
	(FAILING("register_netdevice_notifier") ? -ENOMEM : (register_netdevice_notifier)(__VA_ARGS__))
#define register_inetaddr_notifier(...)						\
	(FAILING("register_inetaddr_notifier") ? -ENOMEM : (register_inetaddr_notifier)(__VA_ARGS__))
#define register_inet6addr_notifier(...)					\
	(FAILING("register_inet6addr_notifier") ? -ENOMEM : (register_inet6addr_notifier)(__VA_ARGS__))
#define register_reboot_notifier(...)						\
	(FAILING("register_reboot_notifier") ? -ENOMEM : (register_reboot_notifier)(__VA_ARGS__))
#define atomic_notifier_chain_register(...)					\
	(FAILING("atomic_notifier_chain_register") ? -ENOMEM : (atomic_notifier_chain_register)(__VA_ARGS__))
#define alloc_skb(...)		(FAILING("alloc_skb") ? NULL : (alloc_skb)(__VA_ARGS__))
#define __netpoll_setup(...)	(FAILING("__netpoll_setup") ? -ENOMEM : (__netpoll_setup)(__VA_ARGS__))
#define genl_register_family(...)						\
	(FAILING("genl_register_family") ? -ENOMEM : (genl_register_family)(__VA_ARGS__))
#define genlmsg_new(...)	(FAILING("genlmsg_new") ? NULL : (genlmsg_new)(__VA_ARGS__))
#define udp_sock_create(...)	(FAILING("udp_sock_create") ? -ENOMEM : (udp_sock_create)(__VA_ARGS__))

/* verbs */
#define ib_register_client(...)	(FAILING("ib_register_client") ? -ENOMEM : (ib_register_client)(__VA_ARGS__))
#define __ib_alloc_pd(...)							\
	(FAILING("ib_alloc_pd") ? FAILING_ERROR(struct ib_pd) : (__ib_alloc_pd)(__VA_ARGS__))
#define ib_alloc_cq_any(...)							\
	(FAILING("ib_alloc_cq_any") ? FAILING_ERROR(struct ib_cq) : (ib_alloc_cq_any)(__VA_ARGS__))
#define ib_alloc_mr(...)							\
	(FAILING("ib_alloc_mr") ? FAILING_ERROR(struct ib_mr) : (ib_alloc_mr)(__VA_ARGS__))
#define ib_map_mr_sg(...)	(FAILING("ib_map_mr_sg") ? -ENOMEM : (ib_map_mr_sg)(__VA_ARGS__))
#define ib_modify_qp(...)	(FAILING("ib_modify_qp") ? -ENOMEM : (ib_modify_qp)(__VA_ARGS__))
#define ib_post_send(...)	(FAILING("ib_post_send") ? -ENOMEM : (ib_post_send)(__VA_ARGS__))
#define ib_post_recv(...)	(FAILING("ib_post_recv") ? -ENOMEM : (ib_post_recv)(__VA_ARGS__))
#define ib_dma_map_sg(...)	(FAILING("ib_dma_map_sg") ? 0 : (ib_dma_map_sg)(__VA_ARGS__))
#define ib_dma_map_single(...)							\
	(FAILING("ib_dma_map_single") ? (u64)DMA_MAPPING_ERROR : (ib_dma_map_single)(__VA_ARGS__))
/* for devices like soft-RoCE, which map nothing, no address is an error */
#define ib_dma_mapping_error(ib, dma)						\
	((dma) == (u64)DMA_MAPPING_ERROR || (ib_dma_mapping_error)(ib, dma))

/* RDMA CM */
#define __rdma_create_kernel_id(...)						\
	(FAILING("rdma_create_id") ? FAILING_ERROR(struct rdma_cm_id) : (__rdma_create_kernel_id)(__VA_ARGS__))
#define rdma_set_afonly(...)	(FAILING("rdma_set_afonly") ? -ENOMEM : (rdma_set_afonly)(__VA_ARGS__))
#define rdma_bind_addr(...)	(FAILING("rdma_bind_addr") ? -ENOMEM : (rdma_bind_addr)(__VA_ARGS__))
#define rdma_listen(...)	(FAILING("rdma_listen") ? -ENOMEM : (rdma_listen)(__VA_ARGS__))
#define rdma_resolve_addr(...)	(FAILING("rdma_resolve_addr") ? -ENOMEM : (rdma_resolve_addr)(__VA_ARGS__))
#define rdma_resolve_route(...)	(FAILING("rdma_resolve_route") ? -ENOMEM : (rdma_resolve_route)(__VA_ARGS__))
#define rdma_create_qp(...)	(FAILING("rdma_create_qp") ? -ENOMEM : (rdma_create_qp)(__VA_ARGS__))
#define rdma_connect(...)	(FAILING("rdma_connect") ? -ENOMEM : (rdma_connect)(__VA_ARGS__))
#define rdma_accept(...)	(FAILING("rdma_accept") ? -ENOMEM : (rdma_accept)(__VA_ARGS__))
#define rdma_reject(...)	(FAILING("rdma_reject") ? -ENOMEM : (rdma_reject)(__VA_ARGS__))
#define rdma_disconnect(...)	(FAILING("rdma_disconnect") ? -ENOMEM : (rdma_disconnect)(__VA_ARGS__))

/*
 * What ends something: it can take long, or say that it has failed, though it has not (so that
 * the driver has nothing left over); by function, not by site.
 */
#define FAILING_END(function, ...)						\
({										\
	int failing_ret = failing_end(__stringify(function));			\
	int real_ret = (function)(__VA_ARGS__);					\
	failing_ret ? failing_ret : real_ret;					\
})
#define ib_destroy_qp(...)	FAILING_END(ib_destroy_qp, __VA_ARGS__)
#define ib_dereg_mr(...)	FAILING_END(ib_dereg_mr, __VA_ARGS__)
/* says nothing: it is not called, as if it had not been able to */
#define rdma_destroy_qp(...)							\
	({ if (!failing_end("rdma_destroy_qp")) (rdma_destroy_qp)(__VA_ARGS__); })
#define rdma_destroy_id(...)	({ failing_end("rdma_destroy_id"); (rdma_destroy_id)(__VA_ARGS__); })

/*
 * Whom a client's work item is to tell something hears it before the teller goes on: what can be on
 * a machine with more than one CPU.
 */
#define queue_work(...)								\
({										\
	bool queued = (queue_work)(__VA_ARGS__);				\
	if (strstr(__FILE__, "ccm/pairing.c"))					\
		failing_end("queue_work");					\
	queued;									\
})

/* User-Mode Linux has no crash kernels, but a kernel can be said to be one. */
#define is_kdump_kernel()	(failing_crash_kernel() || (is_kdump_kernel)())

/* The sources have their own, and do not expect that it was needed already. */
#undef pr_fmt

#endif /* CCM_TEST_FAILING_CALLS_H */
