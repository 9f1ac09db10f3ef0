/* SPDX-License-Identifier: GPL-2.0-only */
/* What the administrator asked for. */
#ifndef CCM_CONFIG_H
#define CCM_CONFIG_H

#include <linux/if.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <uapi/linux/ccm.h>
#include <uapi/linux/ccm_netlink.h>

#include "core/wire.h"

#define CCM_RDMA_PORT_DEFAULT	3341
#define CCM_CLIENT_PORTS_DEFAULT 16
#define CCM_NODE_PORTS_DEFAULT	1024
#define CCM_NODE_PORTS_MAX	65536U
#define CCM_NODE_MEMORY_MAX	(1ULL << 40)

/**
 * struct ccm_address - where a partner is, as the administrator names it
 * @to: address, with port; without scope if @interface says it
 * @interface: of a link-local address, by name, which may come and go; else empty
 */
struct ccm_address {
	struct sockaddr_storage to;
	char interface[IFNAMSIZ];
};

/**
 * struct ccm_partner_config - a partner, as the administrator names it
 * @id: its node id
 * @path_count: entries used in @paths
 * @paths: its addresses
 */
struct ccm_partner_config {
	u32 id;
	u32 path_count;
	struct ccm_address paths[CCM_PATHS_MAX];
};

/**
 * struct ccm_config - a node and its partners
 * @node: this node's id; 0: not configured
 * @cluster: name, NUL-terminated
 * @cluster_id: ccm_cluster_id() of it
 * @rdma_port: where to listen and where partners listen
 * @detect_ms: detection time
 * @auth: enum ccm_auth
 * @client_ports: most ports of one client to one partner
 * @client_memory: most bytes set aside for one client's counterpart on one partner
 * @node_ports: most ports of all clients to all partners
 * @node_memory: most bytes set aside for all of them
 * @partner_count: entries used in @partners
 * @partners: the partners
 */
struct ccm_config {
	u32 node;
	char cluster[CCM_CLUSTER_NAME_LEN];
	u64 cluster_id;
	u16 rdma_port;
	u32 detect_ms;
	u32 auth;
	u32 client_ports;
	u64 client_memory;
	u32 node_ports;
	u64 node_memory;
	u32 partner_count;
	struct ccm_partner_config partners[CCM_PARTNERS_MAX];
};

#endif /* CCM_CONFIG_H */
