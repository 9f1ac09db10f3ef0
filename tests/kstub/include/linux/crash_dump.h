/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_LINUX_CRASH_DUMP_H
#define KSTUB_LINUX_CRASH_DUMP_H

#include <kstub/base.h>

extern "C" bool is_kdump_kernel(void);

#endif
