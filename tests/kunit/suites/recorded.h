/* SPDX-License-Identifier: GPL-2.0-only */
/* recorded.bin, as it is: tapes that ccm_sim --record has written (see recorded.S, tape.h) */
#ifndef CCM_TESTS_RECORDED_H
#define CCM_TESTS_RECORDED_H

#include "../../../ccm/core/types.h"

extern const u8 ccm_recorded[];
extern const u8 ccm_recorded_end[];

#endif /* CCM_TESTS_RECORDED_H */
