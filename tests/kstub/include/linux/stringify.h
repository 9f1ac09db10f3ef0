/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KSTUB_STRINGIFY_H
#define KSTUB_STRINGIFY_H

#define kstub_stringify(x...) #x
#define __stringify(x...) kstub_stringify(x)

#endif
