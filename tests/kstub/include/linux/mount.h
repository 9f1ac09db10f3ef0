/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/fs_struct.h>
