/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of netlink messages: what is told of this node, and of a partner. */
#ifndef CCM_ATTRIBUTES_H
#define CCM_ATTRIBUTES_H

#include <linux/types.h>

struct ccm_cluster;
struct ccm_partner;
struct ccm_record;
struct sk_buff;

int ccm_attributes_addresses(struct sk_buff *skb, const struct ccm_partner *partner);
int ccm_attributes_change(struct sk_buff *skb, const struct ccm_record *record);
int ccm_attributes_partner(struct sk_buff *skb, struct ccm_partner *partner);
int ccm_attributes_node(struct sk_buff *skb, struct ccm_cluster *cluster);

#endif /* CCM_ATTRIBUTES_H */
