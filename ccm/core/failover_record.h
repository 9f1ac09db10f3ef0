/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a failover monitor writes into its region on the partner: its own decision about
 * that partner. Little-endian, at the start of the region; a ring follows each WRITE.
 *
 *	 0  u32  magic			 4  u16  version	 6  u16  length, with what follows
 *	 8  u64  check: FNV-1a of all other bytes
 *	16  u64  instance		24  u64  sequence
 *	32  u32  decision		36  u32  flags
 *	40  u16  reason			42  u16  stage		44  u32  reserved
 *	48  u64  incarnation		56  u64  reserved
 *
 * It can grow: a reader takes what is longer, and is told the length that the check covers.
 * What it does not know it takes for what is safe: flags are left out, a decision is none
 * (then the writer has not said anything), a reason is none, a stage unknown.
 *
 * The writer may overwrite it at any time: a copy is taken, and the check tells whether
 * it is of one piece. If not, the ring of the WRITE that tore it is still to come.
 */
#ifndef CCM_CORE_FAILOVER_RECORD_H
#define CCM_CORE_FAILOVER_RECORD_H

#include "failover.h"

CCM_EXTERN_C_BEGIN

#define CCM_FM_RECORD_LEN	64U		/* of this version */
#define CCM_FM_RECORD_LEN_MAX	512U		/* of any that is to come */
#define CCM_FM_RECORD_MAGIC	0x4d464343U	/* "CCFM" */
#define CCM_FM_RECORD_VERSION	1U

/**
 * struct ccm_fm_record - a decision as it is told to the partner
 * @instance: random number of the monitor that writes, drawn when it starts; not 0
 * @sequence: from 1; each one that is written has a higher one
 * @decision: enum ccm_fm_decision about the reader's node
 * @flags: CCM_FM_F_*
 * @reason: enum ccm_reason with it
 * @stage: enum ccm_stage in which the writer saw the reader's node last
 * @incarnation: of the reader's node, as the writer saw it last READY
 */
struct ccm_fm_record {
	u64 instance;
	u64 sequence;
	u32 decision;
	u32 flags;
	u16 reason;
	u16 stage;
	u64 incarnation;
};

/**
 * ccm_fm_record_put() - encode
 * @buf: CCM_FM_RECORD_LEN bytes
 * @record: valid
 */
void ccm_fm_record_put(u8 *buf, const struct ccm_fm_record *record);

/**
 * ccm_fm_record_get() - decode and check
 * @buf: CCM_FM_RECORD_LEN_MAX bytes, copied from where the writer could still change them
 * @record: filled only when all of it is valid
 *
 * Return: whether it is
 */
bool ccm_fm_record_get(const u8 *buf, struct ccm_fm_record *record);

CCM_EXTERN_C_END

#endif /* CCM_CORE_FAILOVER_RECORD_H */
