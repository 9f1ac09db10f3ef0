/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Little-endian numbers in byte strings, one byte at a time: the same on every host,
 * at any alignment; and the header that every message has. Private to the core.
 */
#ifndef CCM_CORE_BYTES_H
#define CCM_CORE_BYTES_H

#include "types.h"

static inline void ccm_put_u16(u8 *p, u16 v)
{
	p[0] = (u8)(v & 0xff);
	p[1] = (u8)(v >> 8);
}

static inline void ccm_put_u32(u8 *p, u32 v)
{
	ccm_put_u16(p, (u16)(v & 0xffff));
	ccm_put_u16(p + 2, (u16)(v >> 16));
}

static inline void ccm_put_u64(u8 *p, u64 v)
{
	ccm_put_u32(p, (u32)(v & 0xffffffffU));
	ccm_put_u32(p + 4, (u32)(v >> 32));
}

static inline u16 ccm_get_u16(const u8 *p)
{
	return (u16)((u32)p[0] | ((u32)p[1] << 8));
}

static inline u32 ccm_get_u32(const u8 *p)
{
	return (u32)ccm_get_u16(p) | ((u32)ccm_get_u16(p + 2) << 16);
}

static inline u64 ccm_get_u64(const u8 *p)
{
	return (u64)ccm_get_u32(p) | ((u64)ccm_get_u32(p + 4) << 32);
}

CCM_EXTERN_C_BEGIN

/* wire.c: a message's header on zeroed bytes: what is not written later is reserved. */
void ccm_wire_put_header(u8 *buf, u32 type, u32 length);
/* wire.c: nothing of @buf beyond the header is looked at before this has returned 0. */
int ccm_wire_check_header(const u8 *buf, u32 len, u32 type, u32 needed);

CCM_EXTERN_C_END

#endif /* CCM_CORE_BYTES_H */
