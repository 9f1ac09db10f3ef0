// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink, family ccm: partners come and go at run time. What it says is specified in
 * Documentation/netlink/specs/ccm.yaml. What it tells unasked is in monitor.c.
 *
 * The family's requests are parallel, for one that takes its time would hold up those of all
 * families: a partner goes when its clients have let go of it. Changes come one at a time. When
 * partners come or go during a dump, it is told by NLM_F_DUMP_INTR.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <uapi/linux/ccm_netlink.h>

#include "address.h"
#include "attributes.h"
#include "cluster.h"
#include "debugfs.h"
#include "monitor.h"
#include "netlink.h"
#include "node.h"
#include "partner.h"

/* set while the family is registered */
static struct ccm_cluster *the_cluster;
static const struct genl_family *the_family;
static struct ccm_monitor the_monitor;

/* not const: before 6.8 a policy points to what is not */
static struct netlink_range_validation id_range = {
	.min = 1,
	.max = CCM_NODE_ID_MAX,
};

/* Policies: in the order of the attributes' numbers, of which 0 is none. */
static const struct nla_policy address_policy[] = {
	{ .type = NLA_UNSPEC },
	{ .type = NLA_U32 },				/* CCM_A_ADDRESS_IPV4 */
	NLA_POLICY_EXACT_LEN(16),			/* CCM_A_ADDRESS_IPV6 */
	{ .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },	/* CCM_A_ADDRESS_INTERFACE */
};

static_assert(ARRAY_SIZE(address_policy) == CCM_A_ADDRESS_MAX + 1);

static const struct nla_policy partner_new_policy[] = {
	{ .type = NLA_UNSPEC },
	NLA_POLICY_FULL_RANGE(NLA_U32, &id_range),	/* CCM_A_PARTNER_ID */
	NLA_POLICY_NESTED(address_policy),		/* CCM_A_PARTNER_ADDRESS */
};

static_assert(ARRAY_SIZE(partner_new_policy) == CCM_A_PARTNER_ADDRESS + 1);

static const struct nla_policy partner_id_policy[] = {
	{ .type = NLA_UNSPEC },
	NLA_POLICY_FULL_RANGE(NLA_U32, &id_range),	/* CCM_A_PARTNER_ID */
};

static_assert(ARRAY_SIZE(partner_id_policy) == CCM_A_PARTNER_ID + 1);

/*
 * What is asked for
 */

static int read_address(const struct nlattr *nest, struct ccm_address *address,
			struct netlink_ext_ack *extack)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->to;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&address->to;
	__be16 port = htons(the_cluster->node->config.rdma_port);
	struct nlattr *attrs[CCM_A_ADDRESS_MAX + 1];
	enum ccm_address_fault fault;
	int ret;

	ret = nla_parse_nested(attrs, CCM_A_ADDRESS_MAX, nest, address_policy, extack);
	if (ret)
		return ret;
	if (!attrs[CCM_A_ADDRESS_IPV4] == !attrs[CCM_A_ADDRESS_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "an address is one of ipv4 and ipv6: give one of them");
		return -EINVAL;
	}
	if (attrs[CCM_A_ADDRESS_IPV4]) {
		in4->sin_family = AF_INET;
		in4->sin_port = port;
		in4->sin_addr.s_addr = nla_get_in_addr(attrs[CCM_A_ADDRESS_IPV4]);
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		in6->sin6_addr = nla_get_in6_addr(attrs[CCM_A_ADDRESS_IPV6]);
	}
	if (attrs[CCM_A_ADDRESS_INTERFACE]) {
		nla_strscpy(address->interface, attrs[CCM_A_ADDRESS_INTERFACE],
			    sizeof(address->interface));
		if (!dev_valid_name(address->interface)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "no interface can have that name: give one as `ip link` shows it");
			return -EINVAL;
		}
	}
	fault = ccm_address_check(address);
	if (!fault)
		return 0;
	NL_SET_BAD_ATTR(extack, nest);
	if (fault == CCM_ADDRESS_MANY)
		NL_SET_ERR_MSG(extack,
			       "the address is not that of one machine: give that of the partner's RDMA interface");
	else if (fault == CCM_ADDRESS_LOOPBACK)
		NL_SET_ERR_MSG(extack,
			       "the address is this machine itself: give that of the partner's RDMA interface");
	else if (fault == CCM_ADDRESS_LINK_LOCAL)
		NL_SET_ERR_MSG(extack, "the address is link-local: say on which interface");
	else
		NL_SET_ERR_MSG(extack,
			       "only a link-local address goes with an interface: leave it out");
	return -EINVAL;
}

static int read_partner(struct genl_info *info, struct ccm_partner_config *config)
{
	struct ccm_address *address;
	struct nlattr *attr;
	int rest;
	int ret;
	u32 i;

	if (GENL_REQ_ATTR_CHECK(info, CCM_A_PARTNER_ID) ||
	    GENL_REQ_ATTR_CHECK(info, CCM_A_PARTNER_ADDRESS)) {
		GENL_SET_ERR_MSG(info, "a partner has an id and at least one address: give both");
		return -EINVAL;
	}
	memset(config, 0, sizeof(*config));
	config->id = nla_get_u32(info->attrs[CCM_A_PARTNER_ID]);
	nla_for_each_attr(attr, (struct nlattr *)genlmsg_data(info->genlhdr),
			  genlmsg_len(info->genlhdr), rest) {
		if (nla_type(attr) != CCM_A_PARTNER_ADDRESS)
			continue;
		if (config->path_count == CCM_PATHS_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "more than "
					    __stringify(CCM_PATHS_MAX) " addresses");
			return -EINVAL;
		}
		address = &config->paths[config->path_count];
		ret = read_address(attr, address, info->extack);
		if (ret)
			return ret;
		for (i = 0; i < config->path_count; i++) {
			if (!ccm_address_same(&config->paths[i], address))
				continue;
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "the address is named twice: leave one out");
			return -EINVAL;
		}
		config->path_count++;
	}
	return 0;
}

/*
 * Commands
 */

static int put_node(struct sk_buff *skb)
{
	int ret = ccm_attributes_node(skb, the_cluster);

	if (ret)
		return ret;
	return nla_put_u64_64bit(skb, CCM_A_NODE_NOTIFICATIONS_LOST,
				 (u64)atomic64_read(&the_monitor.lost), CCM_A_NODE_PAD);
}

/* One message in answer to a request: of a partner, or, without one, of this node */
static int answer(struct genl_info *info, u8 command, struct ccm_partner *partner)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;
	int ret;

	if (!skb) {
		GENL_SET_ERR_MSG(info, "out of memory: try it again");
		return -ENOMEM;
	}
	head = genlmsg_put_reply(skb, info, the_family, 0, command);
	if (!head)
		ret = -EMSGSIZE;
	else if (partner)
		ret = ccm_attributes_partner(skb, partner);
	else
		ret = put_node(skb);
	if (ret) {
		nlmsg_free(skb);
		return ret;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

/* A client that does not return from its callback holds up a change: who asks may give up. */
static int begin_change(struct genl_info *info)
{
	int ret = mutex_lock_interruptible(&the_cluster->changing);

	if (ret)
		GENL_SET_ERR_MSG(info,
				 "interrupted while another partner is being added or deleted: nothing has changed");
	return ret ? -EINTR : 0;
}

/* Who asks */
static kuid_t uid_of(struct sk_buff *skb)
{
	return NETLINK_CREDS(skb)->uid;
}

static void tell_named(u8 command, u32 id, kuid_t by)
{
	struct ccm_partner *partner = ccm_cluster_get(the_cluster, id);

	if (!partner)
		return;
	ccm_monitor_named(&the_monitor, command, partner, by);
	ccm_partner_put(partner);
}

/* Its notification comes in front of what becomes of the partner. */
static int change(struct sk_buff *skb, const struct ccm_partner_config *config, u8 command,
		  int (*how)(struct ccm_cluster *cluster,
			     const struct ccm_partner_config *config))
{
	int ret;

	ccm_monitor_hold(&the_monitor);
	ret = how(the_cluster, config);
	if (!ret)
		tell_named(command, config->id, uid_of(skb));
	ccm_monitor_release(&the_monitor);
	return ret;
}

static int address_taken(struct genl_info *info)
{
	GENL_SET_ERR_MSG(info, "another partner has that address: each machine has its own");
	return -EADDRINUSE;
}

static int add(struct sk_buff *skb, struct genl_info *info,
	       const struct ccm_partner_config *config)
{
	int ret;

	if (config->id == the_cluster->node->config.node) {
		GENL_SET_ERR_MSG(info, "this is the id of this node itself: give the partner's");
		return -EINVAL;
	}
	ret = begin_change(info);
	if (ret)
		return ret;
	ret = change(skb, config, CCM_CMD_PARTNER_NEW_NTF, ccm_cluster_add);
	if (!ret)
		ccm_debugfs_add_partner(the_cluster, config->id);
	mutex_unlock(&the_cluster->changing);
	if (ret == -EADDRINUSE)
		return address_taken(info);
	if (ret == -EEXIST)
		GENL_SET_ERR_MSG(info, "there is one of that id: delete it first");
	else if (ret == -ENOSPC)
		GENL_SET_ERR_MSG(info,
				 __stringify(CCM_PARTNERS_MAX) " are there: delete one first");
	else if (ret == -ESHUTDOWN)
		GENL_SET_ERR_MSG(info, "this node is going down: it takes no partner any more");
	else if (ret)
		GENL_SET_ERR_MSG(info,
				 "out of memory, or what the kernel log says: nothing has changed");
	return ret;
}

static int none_of_that_id(struct genl_info *info)
{
	GENL_SET_ERR_MSG(info,
			 "there is none of that id: `ccmadm status` names those that there are");
	return -ENOENT;
}

static int set(struct sk_buff *skb, struct genl_info *info,
	       const struct ccm_partner_config *config)
{
	int ret = begin_change(info);

	if (ret)
		return ret;
	ret = change(skb, config, CCM_CMD_PARTNER_SET_NTF, ccm_cluster_set);
	mutex_unlock(&the_cluster->changing);
	if (ret == -ENOENT)
		return none_of_that_id(info);
	if (ret == -EADDRINUSE)
		return address_taken(info);
	if (ret == -EBUSY)
		GENL_SET_ERR_MSG(info,
				 "its session goes by an address that is not among these: keep that one, or delete the partner and add it again");
	else if (ret == -ETIMEDOUT)
		GENL_SET_ERR_MSG(info,
				 "it is too busy: nothing has changed, try it again");
	else if (ret)
		GENL_SET_ERR_MSG(info, "out of memory: nothing has changed");
	return ret;
}

/* What is asked for, if it can be read */
static int with_config(struct sk_buff *skb, struct genl_info *info,
		       int (*what)(struct sk_buff *skb, struct genl_info *info,
				   const struct ccm_partner_config *config))
{
	struct ccm_partner_config *config;
	int ret;

	config = (struct ccm_partner_config *)kzalloc(sizeof(*config), GFP_KERNEL);
	if (!config) {
		GENL_SET_ERR_MSG(info, "out of memory: nothing has changed");
		return -ENOMEM;
	}
	ret = read_partner(info, config);
	if (!ret)
		ret = what(skb, info, config);
	kfree(config);
	return ret;
}

static int partner_set(struct sk_buff *skb, struct genl_info *info)
{
	return with_config(skb, info, set);
}

static int partner_new(struct sk_buff *skb, struct genl_info *info)
{
	if (!the_cluster->node->config.node) {
		GENL_SET_ERR_MSG(info,
				 "this node has no id: load the module with node= and cluster=");
		return -ENOTCONN;
	}
	return with_config(skb, info, add);
}

/* Which partner is meant? 0: that is not said, and who asks hears so. */
static u32 named(struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, CCM_A_PARTNER_ID)) {
		GENL_SET_ERR_MSG(info, "which partner? give its id");
		return 0;
	}
	return nla_get_u32(info->attrs[CCM_A_PARTNER_ID]);
}

static int partner_del(struct sk_buff *skb, struct genl_info *info)
{
	u32 id = named(info);
	int ret;

	if (!id)
		return -EINVAL;
	ret = begin_change(info);
	if (ret)
		return ret;
	ccm_debugfs_remove_partner(the_cluster, id);
	ret = ccm_cluster_del(the_cluster, id);
	if (!ret)
		ccm_monitor_gone(&the_monitor, id, uid_of(skb));
	mutex_unlock(&the_cluster->changing);
	return ret ? none_of_that_id(info) : 0;
}

static int partner_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ccm_partner *partner;
	u32 id = named(info);
	int ret;

	if (!id)
		return -EINVAL;
	partner = ccm_cluster_get(the_cluster, id);
	if (!partner)
		return none_of_that_id(info);
	ret = answer(info, CCM_CMD_PARTNER_GET, partner);
	ccm_partner_put(partner);
	return ret;
}

static int dump_partner(struct sk_buff *skb, struct netlink_callback *cb,
			struct ccm_partner *partner)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, the_family,
				 NLM_F_MULTI, CCM_CMD_PARTNER_GET);

	if (!head)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, head);
	if (ccm_attributes_partner(skb, partner)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

static int partner_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ccm_partner *partner;
	int ret = 0;

	cb->seq = READ_ONCE(the_cluster->changes);
	while (!ret && (partner = ccm_cluster_get_from(the_cluster, (u32)cb->args[0]))) {
		ret = dump_partner(skb, cb, partner);
		if (!ret)
			cb->args[0] = (long)partner->id + 1;
		ccm_partner_put(partner);
	}
	/* what did not fit comes with the next message */
	return skb->len ? (int)skb->len : ret;
}

static int node_get(struct sk_buff *skb, struct genl_info *info)
{
	if (genlmsg_len(info->genlhdr)) {
		GENL_SET_ERR_MSG(info, "node-get takes no attributes: leave them out");
		return -EINVAL;
	}
	return answer(info, CCM_CMD_NODE_GET, NULL);
}

static const struct genl_ops ops[] = {
	{
		.doit = partner_new,
		.policy = partner_new_policy,
		.maxattr = ARRAY_SIZE(partner_new_policy) - 1,
		.cmd = CCM_CMD_PARTNER_NEW,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.doit = partner_del,
		.policy = partner_id_policy,
		.maxattr = ARRAY_SIZE(partner_id_policy) - 1,
		.cmd = CCM_CMD_PARTNER_DEL,
		.flags = GENL_ADMIN_PERM,
	},
	{
		.doit = partner_get,
		.dumpit = partner_dump,
		.policy = partner_id_policy,
		.maxattr = ARRAY_SIZE(partner_id_policy) - 1,
		.cmd = CCM_CMD_PARTNER_GET,
	},
	{
		.doit = node_get,
		.cmd = CCM_CMD_NODE_GET,
	},
	{
		.doit = partner_set,
		.policy = partner_new_policy,
		.maxattr = ARRAY_SIZE(partner_new_policy) - 1,
		.cmd = CCM_CMD_PARTNER_SET,
		.flags = GENL_ADMIN_PERM,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = CCM_MCGRP_MONITOR },
};

static struct genl_family family __ro_after_init = {
	.name = CCM_FAMILY_NAME,
	.version = CCM_FAMILY_VERSION,
	.parallel_ops = true,
	.n_ops = ARRAY_SIZE(ops),
	.n_mcgrps = ARRAY_SIZE(groups),
	.ops = ops,
	.mcgrps = groups,
	.module = THIS_MODULE,
};

/**
 * ccm_netlink_register() - take requests from user space
 * @cluster: one at a time; started
 *
 * Return: 0 or a negative errno
 */
int ccm_netlink_register(struct ccm_cluster *cluster)
{
	int ret;

	ret = ccm_monitor_create(&the_monitor, &cluster->node->events, &family);
	if (ret)
		return ret;
	the_cluster = cluster;
	the_family = &family;
	ret = genl_register_family(&family);
	if (ret)
		ccm_monitor_destroy(&the_monitor);
	else
		ccm_monitor_start(&the_monitor);
	return ret;
}

/** ccm_netlink_unregister() - undo ccm_netlink_register(); waits for those that are under way */
void ccm_netlink_unregister(void)
{
	ccm_monitor_stop(&the_monitor);
	genl_unregister_family(&family);
	ccm_monitor_destroy(&the_monitor);
}
