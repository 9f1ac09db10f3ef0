// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of netlink messages: see attributes.h. A partner's words and numbers are those of
 * the records of /dev/ccm.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/module.h>
#include <net/netlink.h>
#include <uapi/linux/ccm_netlink.h>

#include "attributes.h"
#include "cluster.h"
#include "core/liveness.h"
#include "node.h"
#include "partner.h"

static int put_address(struct sk_buff *skb, const struct ccm_address *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->to;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&address->to;
	struct nlattr *nest = nla_nest_start(skb, CCM_A_PARTNER_ADDRESS);
	int ret;

	if (!nest)
		return -EMSGSIZE;
	if (address->to.ss_family == AF_INET6)
		ret = nla_put_in6_addr(skb, CCM_A_ADDRESS_IPV6, &in6->sin6_addr);
	else
		ret = nla_put_in_addr(skb, CCM_A_ADDRESS_IPV4, in4->sin_addr.s_addr);
	if (!ret && *address->interface)
		ret = nla_put_string(skb, CCM_A_ADDRESS_INTERFACE, address->interface);
	if (ret)
		return ret;	/* with the whole message */
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * ccm_attributes_addresses() - where a partner is
 * @skb: message
 * @partner: partner
 *
 * Any context.
 *
 * Return: 0; -EMSGSIZE: the message is full
 */
int ccm_attributes_addresses(struct sk_buff *skb, const struct ccm_partner *partner)
{
	struct ccm_address list[CCM_PATHS_MAX];
	u32 count = ccm_addresses_get(&partner->addresses, list);
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++)
		ret = put_address(skb, &list[i]);
	return ret;
}

static int put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, CCM_A_PARTNER_PAD);
}

/**
 * ccm_attributes_change() - a change of a partner
 * @skb: message
 * @record: CCM_RECORD_PARTNER
 *
 * Any context.
 *
 * Return: 0; -EMSGSIZE: the message is full
 */
int ccm_attributes_change(struct sk_buff *skb, const struct ccm_record *record)
{
	if (nla_put_u32(skb, CCM_A_PARTNER_ID, record->node) ||
	    nla_put_u32(skb, CCM_A_PARTNER_STATE, record->state) ||
	    nla_put_u32(skb, CCM_A_PARTNER_REASON, record->reason) ||
	    (record->flags & CCM_RECORD_F_CERTAIN && nla_put_flag(skb, CCM_A_PARTNER_CERTAIN)) ||
	    nla_put_u32(skb, CCM_A_PARTNER_STAGE, record->stage) ||
	    put_u64(skb, CCM_A_PARTNER_TIME_NS, record->time_ns) ||
	    put_u64(skb, CCM_A_PARTNER_SEQ, record->seq))
		return -EMSGSIZE;
	return 0;
}

/**
 * ccm_attributes_partner() - all of a partner
 * @skb: message
 * @partner: partner
 *
 * Process context.
 *
 * Return: 0; -EMSGSIZE: the message is full
 */
int ccm_attributes_partner(struct sk_buff *skb, struct ccm_partner *partner)
{
	struct ccm_record r;

	ccm_view_read(&partner->node->events, &partner->view, &r);
	if (ccm_attributes_change(skb, &r) || ccm_attributes_addresses(skb, partner) ||
	    nla_put_u16(skb, CCM_A_PARTNER_VERSION, r.version) ||
	    put_u64(skb, CCM_A_PARTNER_INCARNATION, r.incarnation) ||
	    nla_put_string(skb, CCM_A_PARTNER_NAME, r.name) ||
	    put_u64(skb, CCM_A_PARTNER_SESSIONS, r.sessions) ||
	    put_u64(skb, CCM_A_PARTNER_ATTEMPTS, r.attempts) ||
	    put_u64(skb, CCM_A_PARTNER_REJECTED, r.rejected) ||
	    put_u64(skb, CCM_A_PARTNER_SILENT_US, r.silent_us) ||
	    nla_put_s32(skb, CCM_A_PARTNER_ERROR, r.error))
		return -EMSGSIZE;
	return 0;
}

static int put_node_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, CCM_A_NODE_PAD);
}

static int put_identity(struct sk_buff *skb, const struct ccm_node *node)
{
	if (nla_put_u32(skb, CCM_A_NODE_ID, node->config.node) ||
	    nla_put_string(skb, CCM_A_NODE_NAME, node->name) ||
	    nla_put_string(skb, CCM_A_NODE_CLUSTER, node->config.cluster) ||
	    put_node_u64(skb, CCM_A_NODE_INCARNATION, node->incarnation) ||
	    nla_put_u32(skb, CCM_A_NODE_STAGE, ccm_status_page_stage(&node->status_page)))
		return -EMSGSIZE;
	return 0;
}

static int put_versions(struct sk_buff *skb)
{
	if (nla_put_string(skb, CCM_A_NODE_MODULE_VERSION, THIS_MODULE->version) ||
	    nla_put_u32(skb, CCM_A_NODE_UAPI_VERSION, CCM_UAPI_VERSION) ||
	    nla_put_u16(skb, CCM_A_NODE_VERSION_MIN, CCM_VERSION_MIN) ||
	    nla_put_u16(skb, CCM_A_NODE_VERSION_MAX, CCM_VERSION_MAX))
		return -EMSGSIZE;
	return 0;
}

/* What the parameters have come to */
static int put_config(struct sk_buff *skb, const struct ccm_config *config)
{
	if (nla_put_string(skb, CCM_A_NODE_AUTH,
			   config->auth == CCM_AUTH_NONE ? "none" : "psk") ||
	    nla_put_u16(skb, CCM_A_NODE_RDMA_PORT, config->rdma_port) ||
	    nla_put_u32(skb, CCM_A_NODE_DETECT_MS, config->detect_ms) ||
	    nla_put_u32(skb, CCM_A_NODE_HEARTBEAT_US,
			config->detect_ms * (u32)USEC_PER_MSEC / CCM_HEARTBEATS_PER_DETECT) ||
	    nla_put_u32(skb, CCM_A_NODE_CLIENT_PORTS, config->client_ports) ||
	    put_node_u64(skb, CCM_A_NODE_CLIENT_MEMORY, config->client_memory) ||
	    nla_put_u32(skb, CCM_A_NODE_NODE_PORTS, config->node_ports) ||
	    put_node_u64(skb, CCM_A_NODE_NODE_MEMORY, config->node_memory))
		return -EMSGSIZE;
	return 0;
}

/**
 * ccm_attributes_node() - all of this node
 * @skb: message
 * @cluster: cluster
 *
 * Any context.
 *
 * Return: 0; -EMSGSIZE: the message is full
 */
int ccm_attributes_node(struct sk_buff *skb, struct ccm_cluster *cluster)
{
	const struct ccm_node *node = cluster->node;

	/* each figure by itself */
	if (put_identity(skb, node) || put_versions(skb) || put_config(skb, &node->config) ||
	    nla_put_u32(skb, CCM_A_NODE_PARTNERS, READ_ONCE(cluster->count)) ||
	    nla_put_u32(skb, CCM_A_NODE_CLIENTS, READ_ONCE(cluster->registry.count)) ||
	    nla_put_u32(skb, CCM_A_NODE_PORTS_TAKEN, READ_ONCE(node->limits.ports)) ||
	    put_node_u64(skb, CCM_A_NODE_MEMORY_TAKEN, READ_ONCE(node->limits.memory)))
		return -EMSGSIZE;
	return 0;
}
