// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the rest of the kernel tells: panic, reboot, addresses and links that appear.
 *
 * The panic notifier stores to memory, in front of everything else: on RDMA hardware the adapter
 * goes on answering READs of it. Then it sends what has been prepared: where this machine's CPU
 * answers READs, nobody does any more. It takes no lock that can be held, and no memory. A work
 * request on the session's queue pair would be an adapter's own way to say it, and is not used:
 * ib_post_send() takes the driver's lock of that queue pair, which the CPU that panics, or one that
 * was stopped, may hold, and it has no variant that tries. A reboot is told twice: in front of
 * all other notifiers that it is meant, and behind them all, with a goodbye, that it is
 * done; that waits until the partners' connections are fenced, which is bounded; not for
 * the reaper.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/net_namespace.h>

#include "cluster.h"
#include "node.h"
#include "notifier.h"

static struct ccm_cluster *the_cluster;	/* set while the notifiers are registered */

static int panic_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	ccm_node_set_panic(the_cluster->node);
	ccm_last_words_say(&the_cluster->node->last_words);
	return NOTIFY_DONE;
}

static int leaving_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	ccm_cluster_leaving(the_cluster);
	return NOTIFY_DONE;
}

static int reboot_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	ccm_cluster_shutdown(the_cluster);
	return NOTIFY_DONE;
}

/* RDMA CM looks for partners in the initial network namespace, and so does nobody elsewhere. */
static int interface_up(const struct net_device *dev)
{
	if (net_eq(dev_net(dev), &init_net))
		ccm_cluster_interface_up(the_cluster, dev);
	return NOTIFY_DONE;
}

static int inetaddr_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct in_ifaddr *address = (const struct in_ifaddr *)data;

	return event == NETDEV_UP ? interface_up(address->ifa_dev->dev) : NOTIFY_DONE;
}

static int inet6addr_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct inet6_ifaddr *address = (const struct inet6_ifaddr *)data;

	return event == NETDEV_UP ? interface_up(address->idev->dev) : NOTIFY_DONE;
}

static int netdev_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct net_device *dev =
		netdev_notifier_info_to_dev((const struct netdev_notifier_info *)data);

	/* those at which netconsole lets go of an interface, too */
	if (event == NETDEV_UNREGISTER || event == NETDEV_RELEASE || event == NETDEV_JOIN)
		ccm_last_words_device_gone(&the_cluster->node->last_words, dev);
	if (event == NETDEV_CHANGEMTU && net_eq(dev_net(dev), &init_net))
		ccm_cluster_interface_mtu(the_cluster, dev);
	/* a partner's interface is known by its name, too */
	if (event == NETDEV_UP || event == NETDEV_CHANGENAME ||
	    (event == NETDEV_CHANGE && netif_carrier_ok(dev)))
		return interface_up(dev);
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = {
	.notifier_call = panic_notify,
	.priority = INT_MAX,
};

/* Partners should see it while there is a network. */
static struct notifier_block leaving_nb = {
	.notifier_call = leaving_notify,
	.priority = INT_MAX,
};

/*
 * Behind all others, of which some still write: md stops its arrays in its own. Devices are
 * shut down after the whole chain, so there is a network to say goodbye over.
 */
static struct notifier_block reboot_nb = {
	.notifier_call = reboot_notify,
	.priority = INT_MIN,
};

static struct notifier_block inetaddr_nb = {
	.notifier_call = inetaddr_notify,
};

static struct notifier_block inet6addr_nb = {
	.notifier_call = inet6addr_notify,
};

static struct notifier_block netdev_nb = {
	.notifier_call = netdev_notify,
};

/**
 * ccm_notifiers_register() - listen to the kernel
 * @cluster: one at a time; created
 *
 * Return: 0 or a negative errno
 */
int ccm_notifiers_register(struct ccm_cluster *cluster)
{
	int ret;

	the_cluster = cluster;
	ret = register_netdevice_notifier(&netdev_nb);
	if (ret)
		return ret;
	ret = register_inetaddr_notifier(&inetaddr_nb);
	if (ret)
		goto no_inetaddr;
	ret = register_inet6addr_notifier(&inet6addr_nb);
	if (ret)
		goto no_inet6addr;
	ret = register_reboot_notifier(&leaving_nb);
	if (ret)
		goto no_leaving;
	ret = register_reboot_notifier(&reboot_nb);
	if (ret)
		goto no_reboot;
	ret = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
	if (ret)
		goto no_panic;
	return 0;

no_panic:
	unregister_reboot_notifier(&reboot_nb);
no_reboot:
	unregister_reboot_notifier(&leaving_nb);
no_leaving:
	unregister_inet6addr_notifier(&inet6addr_nb);
no_inet6addr:
	unregister_inetaddr_notifier(&inetaddr_nb);
no_inetaddr:
	unregister_netdevice_notifier(&netdev_nb);
	return ret;
}

/** ccm_notifiers_unregister() - undo ccm_notifiers_register() */
void ccm_notifiers_unregister(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
	unregister_reboot_notifier(&reboot_nb);
	unregister_reboot_notifier(&leaving_nb);
	unregister_inet6addr_notifier(&inet6addr_nb);
	unregister_inetaddr_notifier(&inetaddr_nb);
	unregister_netdevice_notifier(&netdev_nb);
}
