/* SPDX-License-Identifier: GPL-2.0-only */
/* What the reason of a DOWN proves, and asks for. Pure. */
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

/**
 * ccm_reason_remedy() - what a DOWN means to an administrator, and what to do
 * @reason: enum ccm_reason; any value
 *
 * Return: some words for the end of a line, never NULL
 */
const char *ccm_reason_remedy(u32 reason);

CCM_EXTERN_C_END

#endif /* CCM_CORE_REASON_H */
