/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of partners, as they are named: what can be one. */
#ifndef CCM_ADDRESS_H
#define CCM_ADDRESS_H

#include <linux/types.h>

#include "config.h"

enum ccm_address_fault {
	CCM_ADDRESS_OK		= 0,
	CCM_ADDRESS_MANY	= 1,	/* not of one machine: any, broadcast, multicast */
	CCM_ADDRESS_LOOPBACK	= 2,
	CCM_ADDRESS_LINK_LOCAL	= 3,	/* ... and no interface is named */
	CCM_ADDRESS_INTERFACE	= 4,	/* an interface is named, and it is not link-local */
};

enum ccm_address_fault ccm_address_check(const struct ccm_address *address);
const char *ccm_address_rule(enum ccm_address_fault fault);
bool ccm_address_same(const struct ccm_address *a, const struct ccm_address *b);
int ccm_address_ifindex(const struct ccm_address *address);

#endif /* CCM_ADDRESS_H */
