/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_LINUX_KEXEC_H
#define KSTUB_LINUX_KEXEC_H

#include <kstub/base.h>

extern "C" int kexec_crash_loaded(void);

#endif
