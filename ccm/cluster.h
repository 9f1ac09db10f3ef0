/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cluster: the others. The set of partners, the listener, and who is asked when a
 * request comes.
 *
 * Lifetimes. A cluster has a fixed set of partners from ccm_cluster_create() to
 * ccm_cluster_destroy(); whoever can look a partner up (listener, device and address
 * notifiers, character device, kernel API) begins after the partners are made and has ended
 * before they are freed. That is why looking one up takes no lock.
 */
#ifndef CCM_CLUSTER_H
#define CCM_CLUSTER_H

#include <linux/types.h>
#include <linux/workqueue.h>

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
 * @partners: all partners
 * @count: how many
 * @psk: tells partners of pre-shared keys that have come or gone
 * @psk_numbers: those that there were when that was looked at last
 * @debugfs: directory
 */
struct ccm_cluster {
	struct ccm_node *node;
	struct ccm_registry registry;
	struct ccm_listener listener;
	struct ccm_partner *partners[CCM_PARTNERS_MAX];
	u32 count;
	struct delayed_work psk;
	u32 psk_numbers[CCM_PSK_NUMBERS];
	struct dentry *debugfs;
};

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
int ccm_cluster_pair(struct ccm_cluster *cluster, struct ccm_client *client);
struct ccm_partner *ccm_cluster_find(struct ccm_cluster *cluster, u32 id);

#endif /* CCM_CLUSTER_H */
