/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rest of the kernel tells: panic, reboot, addresses and links that appear. */
#ifndef CCM_NOTIFIER_H
#define CCM_NOTIFIER_H

struct ccm_cluster;

int ccm_notifiers_register(struct ccm_cluster *cluster);
void ccm_notifiers_unregister(void);

#endif /* CCM_NOTIFIER_H */
