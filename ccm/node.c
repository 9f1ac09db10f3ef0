// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node: brings up, in an order that lookups rely on (see ccm.h), everything that
 * this machine needs to have partners, and takes it down again.
 */
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "ccm.h"
#include "rdma/rdma.h"

/**
 * ccm_node_create() - a node that does nothing yet
 * @config: copied
 *
 * Return: the node, or an ERR_PTR()
 */
struct ccm_node *ccm_node_create(const struct ccm_config *config)
{
	struct ccm_partner *partner;
	struct ccm_node *node;
	int ret;
	u32 i;

	node = (struct ccm_node *)kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return (struct ccm_node *)ERR_PTR(-ENOMEM);
	node->config = *config;
	strscpy(node->name, utsname()->nodename, sizeof(node->name));
	do {
		node->incarnation = get_random_u64();
	} while (!node->incarnation);
	/* strangers may knock as often as they like: it is said once a second */
	ratelimit_state_init(&node->reject_log, HZ, 1);
	/* or each line would have a second one that counts those that were left out */
	ratelimit_set_flags(&node->reject_log, RATELIMIT_MSG_ON_RELEASE);
	mutex_init(&node->client_lock);
	INIT_LIST_HEAD(&node->clients);
	spin_lock_init(&node->limits.lock);
	mutex_init(&node->device_lock);
	INIT_LIST_HEAD(&node->devices);
	ccm_events_init(&node->events);

	ret = ccm_status_page_create(node);
	if (ret)
		goto free_node;
	ret = -ENOMEM;
	node->heartbeat_wq = alloc_workqueue("ccm-heartbeat", WQ_HIGHPRI | WQ_UNBOUND |
					     WQ_MEM_RECLAIM, 0);
	if (!node->heartbeat_wq)
		goto destroy_page;
	/* a client that sleeps in a callback keeps no other one waiting */
	node->notify_wq = alloc_workqueue("ccm-notify", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!node->notify_wq)
		goto destroy_heartbeat;
	for (i = 0; i < config->partner_count; i++) {
		partner = ccm_partner_create(node, i, &config->partners[i]);
		if (IS_ERR(partner)) {
			ret = (int)PTR_ERR(partner);
			goto destroy_partners;
		}
		node->partners[node->partner_count++] = partner;
	}
	return node;

destroy_partners:
	while (node->partner_count)
		ccm_partner_destroy(node->partners[--node->partner_count]);
	destroy_workqueue(node->notify_wq);
destroy_heartbeat:
	destroy_workqueue(node->heartbeat_wq);
destroy_page:
	ccm_status_page_destroy(node);
free_node:
	kfree(node);
	return (struct ccm_node *)ERR_PTR(ret);
}

static void kick_all(struct ccm_node *node, enum ccm_partner_bit bit)
{
	u32 i;

	for (i = 0; i < node->partner_count; i++)
		ccm_partner_kick(node->partners[i], bit);
}

/**
 * ccm_node_start() - listen, and begin to connect
 * @node: created
 *
 * Does not wait for a device, an address or a partner: what is not there yet is used
 * when it appears.
 *
 * Return: 0 or a negative errno, then nothing is left started
 */
int ccm_node_start(struct ccm_node *node)
{
	int ret;

	if (!node->config.node)
		return 0;
	ret = ccm_devices_register(node);
	if (ret)
		return ret;
	ret = ccm_listener_start(node);
	if (ret)
		goto unregister;
	ret = ccm_notifiers_register(node);
	if (ret)
		goto stop_listener;
	kick_all(node, CCM_PARTNER_START);
	return 0;

stop_listener:
	ccm_listener_stop(node);
unregister:
	ccm_devices_unregister();
	return ret;
}

/* Tell every partner, all at once, and wait until each has been let go: bounded. */
static void stop_partners(struct ccm_node *node, u32 reason)
{
	u32 i;

	WRITE_ONCE(node->stopping, true);
	for (i = 0; i < node->partner_count; i++)
		WRITE_ONCE(node->partners[i]->stop_reason, reason);
	kick_all(node, CCM_PARTNER_STOP);
	for (i = 0; i < node->partner_count; i++)
		flush_workqueue(node->partners[i]->wq);
}

/**
 * ccm_node_stop() - say goodbye to every partner and stop
 * @node: started
 * @reason: CCM_REASON_ADMIN: the module is being unloaded; everything is taken down.
 *	CCM_REASON_SHUTDOWN: the machine goes down; the page still says so to whoever
 *	can read it. The stage is lowered only if user space has done so before: nobody
 *	else knows whether its storage OS has stopped.
 *
 * May be called for SHUTDOWN first and for ADMIN later.
 */
void ccm_node_stop(struct ccm_node *node, u32 reason)
{
	if (reason == CCM_REASON_SHUTDOWN) {
		ccm_status_page_set_flag(node, CCM_PAGE_SHUTDOWN);
		if (READ_ONCE(node->gave_up)) {
			ccm_status_page_set_stage(node, CCM_STAGE_STOPPING);
			ccm_events_node(node);
		}
		stop_partners(node, reason);
		return;
	}
	if (!node->config.node)
		return;
	ccm_notifiers_unregister();
	ccm_listener_stop(node);
	stop_partners(node, reason);
	ccm_devices_unregister();
}

/**
 * ccm_node_destroy() - free a node
 * @node: created, and stopped if it was started; it has no clients, whose modules would
 *	keep this one loaded
 */
void ccm_node_destroy(struct ccm_node *node)
{
	while (node->partner_count)
		ccm_partner_destroy(node->partners[--node->partner_count]);
	destroy_workqueue(node->notify_wq);
	destroy_workqueue(node->heartbeat_wq);
	ccm_status_page_destroy(node);
	kfree(node);
}

/**
 * ccm_node_path_up() - a device or an address has appeared
 * @node: node
 *
 * Any context.
 */
void ccm_node_path_up(struct ccm_node *node)
{
	kick_all(node, CCM_PARTNER_PATH_UP);
}

/**
 * ccm_node_set_stage() - how far the boot has come
 * @node: node
 * @stage: CCM_STAGE_KERNEL..CCM_STAGE_RUNNING
 *
 * May sleep.
 *
 * Return: 0; -EINVAL: no such stage; -ESHUTDOWN: the node is going down
 */
int ccm_node_set_stage(struct ccm_node *node, u32 stage)
{
	if (stage < CCM_STAGE_KERNEL || stage > CCM_STAGE_RUNNING)
		return -EINVAL;
	if (READ_ONCE(node->stopping))
		return -ESHUTDOWN;
	if (stage == CCM_STAGE_RUNNING)
		WRITE_ONCE(node->gave_up, false);
	else if (ccm_status_page_stage(node) == CCM_STAGE_RUNNING)
		WRITE_ONCE(node->gave_up, true);
	ccm_status_page_set_stage(node, stage);
	ccm_events_node(node);
	return 0;
}

/**
 * ccm_node_find_partner() - a partner by its node id
 * @node: node
 * @id: partner's
 *
 * Return: the partner, or NULL; see ccm.h on its lifetime
 */
struct ccm_partner *ccm_node_find_partner(struct ccm_node *node, u32 id)
{
	u32 i;

	for (i = 0; i < node->partner_count; i++)
		if (node->partners[i]->id == id)
			return node->partners[i];
	return NULL;
}
