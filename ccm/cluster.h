/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cluster: the others. The set of partners, the listener, and who is asked when a
 * request comes.
 *
 * Lifetimes. Partners come (ccm_cluster_add()) and go (ccm_cluster_del()) while others are
 * READY, one at a time: @changing. Whoever goes through all of them and does not sleep does so
 * under RCU; whoever tells all of them something and waits until they have seen to it (a device
 * goes, the node goes down) holds @lock. Whoever looks one up (ccm_cluster_get()) has a reference.
 *
 * One that goes is taken out of the set first: nobody finds it from then on, so what is waited for
 * later becomes less. Its session is ended with @lock held still. Otherwise a device that is
 * removed at this moment, which waits for all partners of the set to let go of it, would not
 * wait for this one. What comes behind takes longer, and nobody else waits for it: those who have
 * found it, and its clients (ccm_partner_end()). Only then it is freed.
 */
#ifndef CCM_CLUSTER_H
#define CCM_CLUSTER_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "config.h"
#include "rdma/listener.h"
#include "registry.h"

struct ccm_client;
struct ccm_node;
struct ccm_partner;
struct dentry;
struct net_device;

/**
 * struct ccm_cluster - the others
 * @node: this machine
 * @registry: its clients
 * @listener: connect requests of partners and their ports
 * @changing: one partner at a time comes, goes or gets other addresses; taken outside of all
 *	others. Held as long as the clients' callbacks of a partner that goes take
 * @lock: the set changes, or all of it is waited for; bounded. Taken outside of the registry's
 * @partners: struct ccm_partner by node id
 * @count: how many
 * @changes: how often one has come or gone; never 0
 * @started: those that come begin at once; under @lock
 * @psk: tells partners of pre-shared keys that have come or gone
 * @psk_numbers: those that there were when that was looked at last
 * @debugfs: directory
 */
struct ccm_cluster {
	struct ccm_node *node;
	struct ccm_registry registry;
	struct ccm_listener listener;
	struct mutex changing;
	struct mutex lock;
	struct xarray partners;
	u32 count;
	u32 changes;
	bool started;
	struct delayed_work psk;
	u32 psk_numbers[CCM_PSK_NUMBERS];
	struct dentry *debugfs;
};

/* The first partner whose node id is at least that; NULL: none. Under RCU, or with a lock. */
static inline struct ccm_partner *ccm_cluster_from(struct ccm_cluster *cluster, u32 id)
{
	unsigned long index = id;

	return (struct ccm_partner *)xa_find(&cluster->partners, &index, CCM_NODE_ID_MAX,
					     XA_PRESENT);
}

/* Each partner, by their ids, as they are found on the way. Under RCU, or with a lock. */
#define ccm_cluster_each(partner, cluster)				\
	for (partner = ccm_cluster_from(cluster, 0); partner;		\
	     partner = ccm_cluster_from(cluster, partner->id + 1))

struct ccm_cluster *ccm_cluster_create(struct ccm_node *node);
void ccm_cluster_destroy(struct ccm_cluster *cluster);
int ccm_cluster_start(struct ccm_cluster *cluster);
void ccm_cluster_stop(struct ccm_cluster *cluster);
int ccm_cluster_set_stage(struct ccm_cluster *cluster, u32 stage);
int ccm_cluster_hold_stage(struct ccm_cluster *cluster, u32 *held, u32 stage);
void ccm_cluster_leaving(struct ccm_cluster *cluster);
void ccm_cluster_shutdown(struct ccm_cluster *cluster);
void ccm_cluster_path_up(struct ccm_cluster *cluster);
void ccm_cluster_interface_up(struct ccm_cluster *cluster, const struct net_device *dev);
void ccm_cluster_interface_mtu(struct ccm_cluster *cluster, const struct net_device *dev);
void ccm_cluster_clients(struct ccm_cluster *cluster);
int ccm_cluster_register(struct ccm_cluster *cluster, struct ccm_client *client);
int ccm_cluster_add(struct ccm_cluster *cluster, const struct ccm_partner_config *config);
int ccm_cluster_del(struct ccm_cluster *cluster, u32 id);
int ccm_cluster_set(struct ccm_cluster *cluster, const struct ccm_partner_config *config);
struct ccm_partner *ccm_cluster_get(struct ccm_cluster *cluster, u32 id);
struct ccm_partner *ccm_cluster_get_from(struct ccm_cluster *cluster, u32 id);

#endif /* CCM_CLUSTER_H */
