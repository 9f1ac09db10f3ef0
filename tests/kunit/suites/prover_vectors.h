/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection, and what its hellos must prove: computed by another implementation (Python's hmac
 * and hashlib) from what core/auth.h says. The kernel's and OpenSSL's HMAC are held against it.
 */
#ifndef CCM_KUNIT_PROVER_VECTORS_H
#define CCM_KUNIT_PROVER_VECTORS_H

#include "../../../ccm/core/auth.h"

#define VECTOR_HELLO_LEN	160

/* of node 1's hello, of node 2's with the same bytes, and of the tokens of ports */
static const u8 vector_proof_1[] = {
	0x8e, 0xb5, 0x40, 0xe9, 0x33, 0xcc, 0x43, 0x3d,
	0x3a, 0x83, 0x25, 0x4c, 0xa3, 0xcd, 0xfd, 0xd4,
	0x31, 0x60, 0x41, 0xae, 0xf8, 0x82, 0x24, 0x69,
	0xce, 0x8e, 0x5f, 0xe7, 0x71, 0xfa, 0x90, 0xf6,
};

static const u8 vector_proof_2[] = {
	0x2d, 0x2b, 0xd3, 0x03, 0xe9, 0xad, 0x91, 0x92,
	0xb4, 0x51, 0x98, 0x52, 0xe9, 0xe1, 0xb4, 0x42,
	0x21, 0x0d, 0x68, 0x00, 0xdf, 0xde, 0x8e, 0x92,
	0xf8, 0x71, 0xcd, 0x0e, 0xeb, 0x9c, 0x6b, 0x66,
};

static const u8 vector_port_key[] = {
	0x38, 0xa8, 0x96, 0xcd, 0x62, 0x48, 0x66, 0x01,
	0x82, 0x06, 0x71, 0x4f, 0xaa, 0x9c, 0x5c, 0xc5,
	0x63, 0xf1, 0x28, 0x0f, 0x83, 0xc0, 0xc1, 0xae,
	0x3f, 0x83, 0xd1, 0xdf, 0xbe, 0xfa, 0xf1, 0xd0,
};

static inline void vector_psk(u8 *psk)
{
	u32 i;

	for (i = 0; i < CCM_PSK_LEN; i++)
		psk[i] = (u8)(0xa0 + i);
}

static inline void vector_hello(u8 *hello)
{
	static const u8 header[] = { 'C', 'C', 'M', '1', CCM_WIRE_HELLO, 0, VECTOR_HELLO_LEN, 0 };
	u32 i;

	for (i = 0; i < VECTOR_HELLO_LEN; i++)
		hello[i] = (u8)(i * 3 + 1);
	memcpy(hello, header, sizeof(header));
}

/* Node 1's side of it; @s is zeroed */
static inline void vector_session(struct ccm_session *s)
{
	static const u16 lengths[] = { 56, 56, 112, 112 };
	struct ccm_session_conn *c = &s->conn;
	u8 said[CCM_KEYS_MAX];
	u32 part;
	u32 i;

	s->config.node = 1;
	s->config.partner = 2;
	s->config.cluster = 0x1122334455667788ULL;
	s->config.incarnation = 0x0102030405060708ULL;
	s->config.auth = CCM_AUTH_PSK;
	c->id = 2;
	c->incarnation = 0x1112131415161718ULL;
	c->number_used = 7;
	for (i = 0; i < CCM_WIRE_CHALLENGE_LEN; i++) {
		c->challenge[i] = (u8)i;
		c->peer_keys.challenge[i] = (u8)(CCM_WIRE_CHALLENGE_LEN + i);
	}
	for (part = 0; part < CCM_TRANSCRIPT_PARTS; part++) {
		for (i = 0; i < lengths[part]; i++)
			said[i] = (u8)(i * 7 + part * 31);
		said[6] = (u8)lengths[part];
		said[7] = 0;
		ccm_transcript_add(&c->transcript, (enum ccm_transcript_part)part, said,
				   lengths[part]);
	}
}

#endif /* CCM_KUNIT_PROVER_VECTORS_H */
