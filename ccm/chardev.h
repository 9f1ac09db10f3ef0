/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/ccm */
#ifndef CCM_CHARDEV_H
#define CCM_CHARDEV_H

struct ccm_cluster;

int ccm_chardev_register(struct ccm_cluster *cluster);
void ccm_chardev_unregister(void);

#endif /* CCM_CHARDEV_H */
