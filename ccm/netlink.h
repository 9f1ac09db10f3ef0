/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: configuration at run time. */
#ifndef CCM_NETLINK_H
#define CCM_NETLINK_H

struct ccm_cluster;

int ccm_netlink_register(struct ccm_cluster *cluster);
void ccm_netlink_unregister(void);

#endif /* CCM_NETLINK_H */
