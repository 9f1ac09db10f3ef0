/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel API, as this module opens it; clients see <linux/ccm.h>. */
#ifndef CCM_CLIENT_H
#define CCM_CLIENT_H

struct ccm_cluster;

void ccm_clients_open(struct ccm_cluster *cluster);

#endif /* CCM_CLIENT_H */
