/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The failover monitor of CCM (ccm_fm.ko) for other kernel modules: what it decides
 * about each partner. Documentation/failover.rst says what the decisions mean and what
 * to do with them. CCM owns neither quorum nor the fencing of disks.
 */
#ifndef _LINUX_CCM_FM_H
#define _LINUX_CCM_FM_H

#include <linux/notifier.h>
#include <linux/types.h>
#include <uapi/linux/ccm.h>
#include <uapi/linux/ccm_fm.h>

/**
 * struct ccm_fm_event - a decision about a partner
 * @partner: its node id
 * @decision: enum ccm_fm_decision
 * @flags: CCM_FM_F_*
 * @reason: enum ccm_reason: why, with CCM_FM_TAKEOVER_ADVISED and CCM_FM_CANNOT_TELL
 * @stage: enum ccm_stage in which the partner was last seen
 * @incarnation: of the partner when it was last READY; 0: it has not been
 * @partner_knows: the partner's monitor has said what it has decided about this node
 * @partner_decision: enum ccm_fm_decision: that; CCM_FM_NONE without @partner_knows
 * @partner_flags: CCM_FM_F_*: with it. While CCM_FM_F_ADVISED is there, somebody may
 *	have taken over what this node served.
 */
struct ccm_fm_event {
	u32 partner;
	u32 decision;
	u32 flags;
	u32 reason;
	u32 stage;
	u64 incarnation;
	bool partner_knows;
	u32 partner_decision;
	u32 partner_flags;
};

int ccm_fm_register_notifier(struct notifier_block *nb);
int ccm_fm_unregister_notifier(struct notifier_block *nb);
int ccm_fm_given_back(u32 partner);

#endif /* _LINUX_CCM_FM_H */
