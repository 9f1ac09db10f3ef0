/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space can read of each partner at any time, and is told by uevents. */
#ifndef CCM_FAILOVER_SHOW_H
#define CCM_FAILOVER_SHOW_H

#include <linux/types.h>

struct fm_partner;

int fm_show_start(void);
void fm_show_stop(void);
int fm_show_init(struct fm_partner *partner);
void fm_show_free(struct fm_partner *partner);
void fm_show(struct fm_partner *partner);

#endif /* CCM_FAILOVER_SHOW_H */
