/* SPDX-License-Identifier: GPL-2.0-only */
#include <kstub/base.h>
#include <kstub/sync.h>
