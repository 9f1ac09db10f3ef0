/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters. */
#ifndef CCM_PARAMS_H
#define CCM_PARAMS_H

#include "config.h"

int ccm_params_read(struct ccm_config *config);

#endif /* CCM_PARAMS_H */
