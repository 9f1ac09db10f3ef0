// SPDX-License-Identifier: GPL-2.0-only
/* What the reason of a DOWN proves: see reason.h. */
#include <uapi/linux/ccm.h>

#include "reason.h"

bool ccm_reason_certain(u32 reason)
{
	switch (reason) {
	case CCM_REASON_PANICKED:
	case CCM_REASON_RESTARTED:
		return true;
	default:
		return false;
	}
}
