// SPDX-License-Identifier: GPL-2.0-only
/*
 * CCM, the cluster connection manager: the module's beginning and end.
 */
#include "log.h"

#include <linux/crash_dump.h>
#include <linux/kexec.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "chardev.h"
#include "client.h"
#include "cluster.h"
#include "debugfs.h"
#include "keyring.h"
#include "netlink.h"
#include "node.h"
#include "notifier.h"
#include "params.h"

static struct ccm_cluster *the_cluster;

/* This machine, and the others as they are configured */
static struct ccm_cluster *create(void)
{
	struct ccm_cluster *cluster;
	struct ccm_config *config;
	struct ccm_node *node;
	int ret;

	config = (struct ccm_config *)kzalloc(sizeof(*config), GFP_KERNEL);
	if (!config)
		return (struct ccm_cluster *)ERR_PTR(-ENOMEM);
	ret = ccm_params_read(config);
	node = ret ? (struct ccm_node *)ERR_PTR(ret) : ccm_node_create(config);
	kfree(config);
	if (IS_ERR(node))
		return (struct ccm_cluster *)ERR_CAST(node);
	cluster = ccm_cluster_create(node);
	if (IS_ERR(cluster))
		ccm_node_destroy(node);
	return cluster;
}

static void destroy(struct ccm_cluster *cluster)
{
	struct ccm_node *node = cluster->node;

	ccm_cluster_destroy(cluster);
	ccm_node_destroy(node);
}

/* A node that is not configured has nobody to say goodbye to. */
static bool configured(const struct ccm_cluster *cluster)
{
	return cluster->node->config.node;
}

static int start(struct ccm_cluster *cluster)
{
	int ret;

	if (configured(cluster)) {
		ret = ccm_notifiers_register(cluster);
		if (ret)
			return ret;
	}
	ret = ccm_cluster_start(cluster);
	if (ret && configured(cluster))
		ccm_notifiers_unregister();
	return ret;
}

static void stop(struct ccm_cluster *cluster)
{
	if (configured(cluster))
		ccm_notifiers_unregister();
	ccm_cluster_stop(cluster);
}

/*
 * panic() starts a crash kernel that is loaded in front of the panic notifiers, unless it is told
 * not to. A module cannot see whether it is: ccmadm can, and looks.
 */
static void __init tell_of_crash_kernel(void)
{
	if (is_kdump_kernel())
		pr_warn("this is a crash kernel: partners hear that this node has panicked, and it has no clients\n");
	else if (kexec_crash_loaded())
		pr_notice("a crash kernel is loaded: with crash_kexec_post_notifiers on the kernel command line partners hear of a panic at once, else when the crash kernel loads this module\n");
}

static void __init tell_of_auth(const struct ccm_node *node)
{
	if (node->config.auth == CCM_AUTH_NONE)
		pr_warn("auth=none: partners are not authenticated: whoever reaches RDMA port %u can pretend to be one\n",
			node->config.rdma_port);
	else
		pr_info("auth=psk: partners are connected when there is a key of cluster %s: `ccmadm key add FILE`\n",
			node->config.cluster);
}

static int __init ccm_init(void)
{
	const struct ccm_node *node;
	int ret;

	ret = ccm_keyring_create();
	if (ret)
		return ret;
	the_cluster = create();
	if (IS_ERR(the_cluster)) {
		ccm_keyring_destroy();
		return (int)PTR_ERR(the_cluster);
	}
	ccm_clients_open(the_cluster);

	/*
	 * Connecting begins before anybody can look: whoever opens the device sees the
	 * present state first, so nothing is missed, and the partner need not wait.
	 */
	ret = start(the_cluster);
	if (ret)
		goto destroy;
	ret = ccm_chardev_register(the_cluster);
	if (ret)
		goto stop;
	ccm_debugfs_add(the_cluster);
	ret = ccm_netlink_register(the_cluster);
	if (ret)
		goto chardev;
	/* The requests are on their way: with a serial console a line takes milliseconds. */
	node = the_cluster->node;
	if (configured(the_cluster)) {
		pr_info("node %u of cluster %s, incarnation %016llx, %u partner%s\n",
			node->config.node, node->config.cluster, node->incarnation,
			the_cluster->count, the_cluster->count == 1 ? "" : "s");
		tell_of_auth(node);
		tell_of_crash_kernel();
	}
	return 0;

chardev:
	ccm_debugfs_remove(the_cluster);
	ccm_chardev_unregister();
stop:
	stop(the_cluster);
destroy:
	destroy(the_cluster);
	ccm_keyring_destroy();
	return ret;
}

static void __exit ccm_exit(void)
{
	ccm_netlink_unregister();
	ccm_chardev_unregister();
	stop(the_cluster);
	ccm_debugfs_remove(the_cluster);
	destroy(the_cluster);
	ccm_keyring_destroy();
}

module_init(ccm_init);
module_exit(ccm_exit);

MODULE_DESCRIPTION("Cluster connection manager: an early, RDMA-based channel to cluster partners");
MODULE_AUTHOR("CCM developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
