/* SPDX-License-Identifier: GPL-2.0-only */
/* Pre-shared keys: the keyring that user space puts them into. */
#ifndef CCM_KEYRING_H
#define CCM_KEYRING_H

#include <linux/types.h>

#include "core/auth.h"

struct delayed_work;

int ccm_keyring_create(void);
void ccm_keyring_destroy(void);
s32 ccm_keyring_serial(void);
void ccm_keyring_watch(struct delayed_work *work);
unsigned long ccm_keyring_next_look(void);
void ccm_keyring_numbers(const char *cluster, u32 *numbers);
int ccm_keyring_take(const char *cluster, u32 number, u8 *psk);

#endif /* CCM_KEYRING_H */
