/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters, in debugfs. */
#ifndef CCM_DEBUGFS_H
#define CCM_DEBUGFS_H

#include <linux/types.h>

struct ccm_cluster;

void ccm_debugfs_add(struct ccm_cluster *cluster);
void ccm_debugfs_remove(struct ccm_cluster *cluster);
void ccm_debugfs_add_partner(struct ccm_cluster *cluster, u32 id);
void ccm_debugfs_remove_partner(struct ccm_cluster *cluster, u32 id);

#endif /* CCM_DEBUGFS_H */
