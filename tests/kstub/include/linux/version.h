/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_VERSION_H
#define KSTUB_VERSION_H

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE KERNEL_VERSION(6, 1, 0)

#endif
