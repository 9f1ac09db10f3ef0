/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two monitors of a pair tell each other. */
#ifndef CCM_FAILOVER_EXCHANGE_H
#define CCM_FAILOVER_EXCHANGE_H

#include <linux/types.h>

struct ccm_fm_record;
struct ccm_link;
struct fm_partner;

void fm_exchange_start(void);
int fm_exchange_init(struct fm_partner *partner);
void fm_exchange_free(struct fm_partner *partner);
int fm_exchange_open(struct fm_partner *partner, struct ccm_link *link);
void fm_exchange_close(struct fm_partner *partner);
void fm_exchange_write(struct fm_partner *partner);
void fm_exchange_write_due(struct fm_partner *partner);
bool fm_exchange_read(struct fm_partner *partner, struct ccm_fm_record *record);

#endif /* CCM_FAILOVER_EXCHANGE_H */
