/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom the failover monitor tells: log, note, uevent, notifier chain. */
#ifndef CCM_FAILOVER_TELL_H
#define CCM_FAILOVER_TELL_H

#include <linux/types.h>

struct fm_partner;

void fm_tell(struct fm_partner *partner, u32 changed);
void fm_tell_note(struct fm_partner *partner);

#endif /* CCM_FAILOVER_TELL_H */
