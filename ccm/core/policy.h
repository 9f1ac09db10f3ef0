/* SPDX-License-Identifier: GPL-2.0-only */
/* Reasons of a DOWN that somebody must put right. Pure; of the session and the failover monitor. */
#ifndef CCM_CORE_POLICY_H
#define CCM_CORE_POLICY_H

#include <uapi/linux/ccm.h>

#include "types.h"

/**
 * ccm_reason_policy() - is the partner there, but not to be had, whatever time passes?
 * @reason: enum ccm_reason; any value
 */
static inline bool ccm_reason_policy(u32 reason)
{
	switch (reason) {
	case CCM_REASON_VERSION:
	case CCM_REASON_REFUSED:
	case CCM_REASON_AUTHENTICATION:
	case CCM_REASON_DUPLICATE:
	case CCM_REASON_ADDRESS:
	case CCM_REASON_MTU:
		return true;
	default:
		return false;
	}
}

#endif /* CCM_CORE_POLICY_H */
