/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters, in debugfs. */
#ifndef CCM_DEBUGFS_H
#define CCM_DEBUGFS_H

struct ccm_cluster;

void ccm_debugfs_add(struct ccm_cluster *cluster);
void ccm_debugfs_remove(struct ccm_cluster *cluster);

#endif /* CCM_DEBUGFS_H */
