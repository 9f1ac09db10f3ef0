// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node: this machine, its status page, its devices, its limits, and what readers see
 * of it.
 */
#include <linux/crash_dump.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/lockdep.h>
#include <linux/netdevice.h>
#include <linux/path.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "node.h"

static struct ccm_record node_record(const struct ccm_node *node)
{
	struct ccm_record record = {
		.size = sizeof(record),
		.type = CCM_RECORD_NODE,
		.node = node->config.node,
		.stage = (u8)ccm_status_page_stage(&node->status_page),
		.port = node->config.rdma_port,
		.detect_ms = node->config.detect_ms,
		.incarnation = node->incarnation,
		.counter = ccm_status_page_counter(&node->status_page),
	};

	memcpy(record.name, node->name, sizeof(record.name));
	memcpy(record.cluster, node->config.cluster, sizeof(record.cluster));
	return record;
}

static void refresh(const struct ccm_view *view, struct ccm_record *record)
{
	const struct ccm_node *node = container_of(view, struct ccm_node, view);

	record->counter = ccm_status_page_counter(&node->status_page);
}

static void show_stage(struct ccm_node *node)
{
	u32 stage = ccm_boot_stage_shown(&node->stage);
	struct ccm_record now;

	lockdep_assert_held(&node->stage_lock);
	if (stage == ccm_status_page_stage(&node->status_page))
		return;
	ccm_status_page_set_stage(&node->status_page, stage);
	now = node_record(node);
	ccm_view_publish(&node->events, &node->view, &now);
}

/*
 * What the machine's interfaces are called on the wire: a clone has others. An interface that
 * comes between two loads makes it look like another machine, which claims less, not more. Made
 * up addresses (of bridges, VLANs, containers) are others with each boot.
 */
static u64 machine_id(void)
{
	const siphash_key_t key = { { 0x63636d2d6d616368ULL, 0 } };
	struct net_device *dev;
	u64 id = 0;

	rtnl_lock();
	for_each_netdev(&init_net, dev)
		if (!(dev->flags & IFF_LOOPBACK) && dev->addr_assign_type == NET_ADDR_PERM)
			/* in any order */
			id ^= siphash_1u64(ether_addr_to_u64(dev->dev_addr), &key);
	rtnl_unlock();
	return id;
}

/*
 * Random, as far as the pool is seeded. In an initramfs it may not be: then what is different
 * from one boot to the next, and from one machine to another, makes the difference. An
 * incarnation is no secret.
 */
static u64 draw_incarnation(u64 machine)
{
	const siphash_key_t key = { { get_random_u64(), random_get_entropy() } };
	u64 incarnation = siphash_3u64(machine, ktime_get_real_ns(), ktime_get_boottime_ns(), &key);

	return incarnation ? incarnation : 1;
}

/*
 * A crash kernel's boot leads to no service, but is proof that the kernel before it has panicked.
 *
 * Is this the beginning of a boot? In an initramfs it is: whoever loads the module has the root
 * file system that the kernel unpacked it into. Later, nobody knows how far the storage OS has
 * come: an update of the module on a node that serves must not look like a boot.
 */
static u32 first_stage(void)
{
	struct path root;
	bool early;

	if (is_kdump_kernel())
		return CCM_STAGE_DUMPING;
	get_fs_root(current->fs, &root);
	early = !strcmp(root.mnt->mnt_sb->s_type->name, "rootfs");
	path_put(&root);
	return early ? CCM_STAGE_KERNEL : CCM_STAGE_UNKNOWN;
}

/**
 * ccm_node_create() - a node that does nothing yet, but tick
 * @config: copied
 *
 * Return: the node, or an ERR_PTR()
 */
struct ccm_node *ccm_node_create(const struct ccm_config *config)
{
	struct ccm_status_identity identity = {
		.node = config->node,
		.cluster = config->cluster_id,
		.detect_ms = config->detect_ms,
		.stage = first_stage(),
	};
	struct ccm_node *node;

	node = (struct ccm_node *)kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return (struct ccm_node *)ERR_PTR(-ENOMEM);
	node->config = *config;
	strscpy(node->name, utsname()->nodename, sizeof(node->name));
	node->machine = machine_id();
	node->incarnation = draw_incarnation(node->machine);
	identity.incarnation = node->incarnation;
	mutex_init(&node->stage_lock);
	ccm_boot_stage_start(&node->stage, identity.stage);
	/* strangers may knock as often as they like: it is said once a second */
	ratelimit_state_init(&node->reject_log, HZ, 1);
	ratelimit_state_init(&node->false_log, HZ, 1);
	/* or each line would have a second one that counts those that were left out */
	ratelimit_set_flags(&node->reject_log, RATELIMIT_MSG_ON_RELEASE);
	ratelimit_set_flags(&node->false_log, RATELIMIT_MSG_ON_RELEASE);
	ccm_limits_init(&node->limits, config->node_ports, config->node_memory);
	ccm_events_init(&node->events, config->node);

	if (ccm_devices_create(&node->devices))
		goto free_node;
	if (ccm_status_page_create(&node->status_page, &node->devices, &identity))
		goto destroy_devices;
	node->heartbeat_wq = alloc_workqueue("ccm-heartbeat", WQ_HIGHPRI | WQ_UNBOUND |
					     WQ_MEM_RECLAIM, 0);
	if (!node->heartbeat_wq)
		goto destroy_page;
	/* a client that sleeps in a callback keeps no other one waiting */
	node->notify_wq = alloc_workqueue("ccm-notify", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!node->notify_wq)
		goto destroy_heartbeat;
	ccm_last_words_init(&node->last_words, config->node, node->notify_wq);
	node->view.record = node_record(node);
	node->view.refresh = refresh;
	ccm_view_add(&node->events, &node->view, false);
	return node;

destroy_heartbeat:
	destroy_workqueue(node->heartbeat_wq);
destroy_page:
	ccm_status_page_destroy(&node->status_page);
destroy_devices:
	ccm_devices_destroy(&node->devices);
free_node:
	kfree(node);
	return (struct ccm_node *)ERR_PTR(-ENOMEM);
}

/**
 * ccm_node_destroy() - free a node
 * @node: created; no device is registered, and nobody has anything of it
 *
 * Waits for the reaper: no code of the module runs afterwards.
 */
void ccm_node_destroy(struct ccm_node *node)
{
	ccm_devices_destroy(&node->devices);
	ccm_last_words_end(&node->last_words);
	destroy_workqueue(node->notify_wq);
	destroy_workqueue(node->heartbeat_wq);
	ccm_status_page_destroy(&node->status_page);
	kfree(node);
}

static int stage_error(enum ccm_boot_stage_result result)
{
	switch (result) {
	case CCM_BOOT_STAGE_OK:
		return 0;
	case CCM_BOOT_STAGE_LEAVING:
		return -ESHUTDOWN;
	case CCM_BOOT_STAGE_HELD:
		return -EBUSY;
	default:
		return -EINVAL;
	}
}

/**
 * ccm_node_set_stage() - how far the boot has come
 * @node: node
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_STOPPING
 *
 * May sleep.
 *
 * Return: 0; -EINVAL: no such stage; -ESHUTDOWN: the node is going down; -EBUSY: a program
 * holds a higher one
 */
int ccm_node_set_stage(struct ccm_node *node, u32 stage)
{
	int ret;

	mutex_lock(&node->stage_lock);
	ret = stage_error(ccm_boot_stage_set(&node->stage, stage));
	show_stage(node);
	mutex_unlock(&node->stage_lock);
	return ret;
}

/**
 * ccm_node_hold_stage() - a program holds a stage, as long as it lives
 * @node: node
 * @held: which one it holds; CCM_STAGE_UNKNOWN to begin with. Set to @stage on success;
 *	one caller at a time
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_RUNNING; CCM_STAGE_UNKNOWN lets go, and succeeds
 *
 * May sleep.
 *
 * Return: 0; -EINVAL: no such stage; -ESHUTDOWN: the node is going down
 */
int ccm_node_hold_stage(struct ccm_node *node, u32 *held, u32 stage)
{
	int ret;

	mutex_lock(&node->stage_lock);
	ret = stage_error(ccm_boot_stage_hold(&node->stage, *held, stage));
	if (!ret)
		*held = stage;
	show_stage(node);
	mutex_unlock(&node->stage_lock);
	return ret;
}

/**
 * ccm_node_set_stopping() - no connection is accepted or made any more
 * @node: node
 */
void ccm_node_set_stopping(struct ccm_node *node)
{
	WRITE_ONCE(node->stopping, true);
}

/**
 * ccm_node_set_leaving() - the machine is about to go down: say so on the page and to readers
 * @node: node
 *
 * May sleep. It still runs, and may still write. The stage is lowered only if user space has
 * done so before: nobody else knows whether its storage OS has stopped.
 */
void ccm_node_set_leaving(struct ccm_node *node)
{
	ccm_status_page_set_flag(&node->status_page, CCM_PAGE_LEAVING);
	mutex_lock(&node->stage_lock);
	ccm_boot_stage_leave(&node->stage);
	show_stage(node);
	mutex_unlock(&node->stage_lock);
}

/**
 * ccm_node_set_shutdown() - the kernel has nothing more to do but to go down
 * @node: node
 */
void ccm_node_set_shutdown(struct ccm_node *node)
{
	ccm_status_page_set_flag(&node->status_page, CCM_PAGE_SHUTDOWN);
}

/**
 * ccm_node_set_panic() - the kernel panics: one store to memory
 * @node: node
 *
 * Any context.
 */
void ccm_node_set_panic(struct ccm_node *node)
{
	ccm_status_page_set_flag(&node->status_page, CCM_PAGE_PANIC);
}
