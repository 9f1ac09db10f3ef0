/* SPDX-License-Identifier: GPL-2.0-only */
#include <kstub/netlink.h>
