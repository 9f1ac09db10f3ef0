/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The failover monitor of CCM: what it decides about a partner. These values go over
 * the wire between monitors, and to kernel modules (linux/ccm_fm.h); user space sees
 * their words in uevents and as the note of the client "failover-monitor".
 * Documentation/failover.rst says when each is given and what to do then.
 */
#ifndef _UAPI_LINUX_CCM_FM_H
#define _UAPI_LINUX_CCM_FM_H

enum ccm_fm_decision {
	CCM_FM_NONE		= 0,	/* nothing is known yet */
	CCM_FM_START_WAIT	= 1,	/* not seen yet since the monitor started; wait */
	CCM_FM_PARTNER_UP	= 2,	/* it is ready, and its storage OS serves */
	CCM_FM_BOOTING_WAIT	= 3,	/* it is ready and boots: wait */
	CCM_FM_BOOT_STALLED	= 4,	/* ... and has made no progress for boot_limit_s */
	CCM_FM_PARTNER_STOPPING	= 5,	/* it is ready and goes down in good order */
	CCM_FM_TAKEOVER_ADVISED	= 6,	/* it does not serve: take over what it served */
	CCM_FM_GIVEBACK_POSSIBLE = 7,	/* it serves again after a takeover was advised */
	CCM_FM_CANNOT_TELL	= 8,	/* no advice; the reason says why */
	CCM_FM_SUSPECT		= 9,	/* it has just gone: an advice may follow in a moment */
	CCM_FM_FLAPPING		= 10,	/* too many advices: none until somebody has looked */
	CCM_FM_DECISION_COUNT
};

/* With a decision */
#define CCM_FM_F_PARTITION	(1U << 0)	/* nobody answers, and it may be alive */
#define CCM_FM_F_ORDERLY	(1U << 1)	/* it left in good order */
#define CCM_FM_F_NEVER_SEEN	(1U << 2)	/* has not been ready since the monitor started */
#define CCM_FM_F_ADVISED	(1U << 3)	/* a takeover was advised and not given back yet */
#define CCM_FM_F_SURVIVED	(1U << 4)	/* ... but it is back without a restart */
#define CCM_FM_F_CERTAIN	(1U << 5)	/* proven: its old kernel writes no more */
#define CCM_FM_F_WATCHED	(1U << 6)	/* else a missing CCM_FM_F_ADVISED says nothing */
#define CCM_FM_F_FLAPPING	(1U << 7)	/* too many advices; nobody has looked yet */
#define CCM_FM_F_ALL		((1U << 8) - 1)

#endif /* _UAPI_LINUX_CCM_FM_H */
