/* SPDX-License-Identifier: GPL-2.0-only */
/* Users */
#ifndef KSTUB_UID_H
#define KSTUB_UID_H

#include <kstub/base.h>

struct user_namespace;
typedef struct {
	u32 val;
} kuid_t;
typedef struct {
	u32 val;
} kgid_t;
extern struct user_namespace init_user_ns;
u32 from_kuid(struct user_namespace *to, kuid_t uid);

#endif /* KSTUB_UID_H */
