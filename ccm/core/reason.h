/* SPDX-License-Identifier: GPL-2.0-only */
/* What the reason of a DOWN proves. Pure. */
#ifndef CCM_CORE_REASON_H
#define CCM_CORE_REASON_H

#include "types.h"

CCM_EXTERN_C_BEGIN

/**
 * ccm_reason_certain() - does a reason prove that the partner's old kernel writes no more?
 * @reason: enum ccm_reason; any value
 *
 * Only a kernel that has panicked does nothing more, and one in whose place another runs.
 * "shutdown" is no proof: the kernel that says it still has devices to shut down. Nor is
 * "hung", which can wake up.
 */
bool ccm_reason_certain(u32 reason);

CCM_EXTERN_C_END

#endif /* CCM_CORE_REASON_H */
