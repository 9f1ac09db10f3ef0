// SPDX-License-Identifier: GPL-2.0-only
/* The failover monitor's record: encode, decode. Its layout is in failover_record.h. */
#include "failover_record.h"

#include "bytes.h"

#define CHECK_OFFSET	8U
#define CHECK_LEN	8U

static u64 check_of(const u8 *buf, u32 len)
{
	u64 hash = 0xcbf29ce484222325ULL;
	u32 i;

	for (i = 0; i < len; i++)
		if (i < CHECK_OFFSET || i >= CHECK_OFFSET + CHECK_LEN)
			hash = (hash ^ buf[i]) * 0x100000001b3ULL;
	return hash;
}

void ccm_fm_record_put(u8 *buf, const struct ccm_fm_record *record)
{
	memset(buf, 0, CCM_FM_RECORD_LEN);
	ccm_put_u32(buf, CCM_FM_RECORD_MAGIC);
	ccm_put_u16(buf + 4, CCM_FM_RECORD_VERSION);
	ccm_put_u16(buf + 6, CCM_FM_RECORD_LEN);
	ccm_put_u64(buf + 16, record->instance);
	ccm_put_u64(buf + 24, record->sequence);
	ccm_put_u32(buf + 32, record->decision);
	ccm_put_u32(buf + 36, record->flags);
	ccm_put_u16(buf + 40, record->reason);
	ccm_put_u16(buf + 42, record->stage);
	ccm_put_u64(buf + 48, record->incarnation);
	ccm_put_u64(buf + CHECK_OFFSET, check_of(buf, CCM_FM_RECORD_LEN));
}

bool ccm_fm_record_get(const u8 *buf, struct ccm_fm_record *record)
{
	u32 len = ccm_get_u16(buf + 6);
	struct ccm_fm_record r;

	if (ccm_get_u32(buf) != CCM_FM_RECORD_MAGIC ||
	    ccm_get_u16(buf + 4) != CCM_FM_RECORD_VERSION ||
	    len < CCM_FM_RECORD_LEN || len > CCM_FM_RECORD_LEN_MAX ||
	    ccm_get_u64(buf + CHECK_OFFSET) != check_of(buf, len))
		return false;
	r.instance = ccm_get_u64(buf + 16);
	r.sequence = ccm_get_u64(buf + 24);
	r.decision = ccm_get_u32(buf + 32);
	r.flags = ccm_get_u32(buf + 36) & CCM_FM_F_ALL;
	r.reason = ccm_get_u16(buf + 40);
	r.stage = ccm_get_u16(buf + 42);
	r.incarnation = ccm_get_u64(buf + 48);
	if (!r.instance || !r.sequence)
		return false;
	if (r.decision >= CCM_FM_DECISION_COUNT)
		r.decision = CCM_FM_NONE;
	if (r.reason >= CCM_REASON_COUNT)
		r.reason = CCM_REASON_NONE;
	if (r.stage >= CCM_STAGE_COUNT)
		r.stage = CCM_STAGE_UNKNOWN;
	*record = r;
	return true;
}
