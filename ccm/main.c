// SPDX-License-Identifier: GPL-2.0-only
/*
 * CCM, the cluster connection manager: the module's beginning and end.
 */
#include "log.h"

#include <linux/module.h>
#include <linux/slab.h>

#include "ccm.h"

static struct ccm_node *this_node;

/**
 * ccm_this_node() - the node that clients register with
 *
 * Return: never NULL for a caller outside of this module, which cannot be loaded earlier
 */
struct ccm_node *ccm_this_node(void)
{
	return this_node;
}

static int __init ccm_init(void)
{
	struct ccm_config *config;
	int ret;

	config = (struct ccm_config *)kzalloc(sizeof(*config), GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	ret = ccm_params_read(config);
	if (!ret) {
		this_node = ccm_node_create(config);
		if (IS_ERR(this_node))
			ret = (int)PTR_ERR(this_node);
	}
	kfree(config);
	if (ret)
		return ret;

	/*
	 * Connecting begins before anybody can look: whoever opens the device sees the
	 * present state first, so nothing is missed, and the partner need not wait.
	 */
	ret = ccm_node_start(this_node);
	if (ret)
		goto destroy;
	ret = ccm_chardev_register(this_node);
	if (ret)
		goto stop;
	ccm_debugfs_add(this_node);
	/* The requests are on their way: with a serial console a line takes milliseconds. */
	if (this_node->config.node) {
		pr_info("node %u of cluster %s, incarnation %016llx, %u partner%s\n",
			this_node->config.node, this_node->config.cluster,
			this_node->incarnation, this_node->partner_count,
			this_node->partner_count == 1 ? "" : "s");
		pr_warn("auth=none: partners are not authenticated: whoever reaches RDMA port %u can pretend to be one\n",
			this_node->config.rdma_port);
	}
	return 0;

stop:
	ccm_node_stop(this_node, CCM_REASON_ADMIN);
destroy:
	ccm_node_destroy(this_node);
	return ret;
}

static void __exit ccm_exit(void)
{
	ccm_chardev_unregister();
	ccm_node_stop(this_node, CCM_REASON_ADMIN);
	ccm_debugfs_remove(this_node);
	ccm_node_destroy(this_node);
}

module_init(ccm_init);
module_exit(ccm_exit);

MODULE_DESCRIPTION("Cluster connection manager: an early, RDMA-based channel to cluster partners");
MODULE_AUTHOR("CCM developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
