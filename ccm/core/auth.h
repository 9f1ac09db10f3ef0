/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a partner proves that it holds the cluster's pre-shared key: what is proven, byte for byte.
 * The cryptography itself is the runtime's (ccm/prover.c), and in the simulator a stand-in.
 *
 * Each side draws a challenge for each connection (A0). From the key whose number is the highest
 * that both have, keys of the connection are derived, by HKDF-SHA256 (RFC 5869):
 *
 *	extract		with ccm_auth_salt(): both challenges
 *	expand		with ccm_auth_info(): what for, cluster, ids, incarnations, number
 *
 * The proof in a hello is HMAC-SHA256 by the first of them over ccm_auth_message(): who says it
 * to whom, and all that was said on this connection: request, accept, both A0, and the hello
 * itself, its proof zeroes. So it is of no other connection (challenges), of no other direction
 * (ids in front), and nothing of what was agreed on can have been changed on the way: version
 * ranges, capabilities, auth, numbers. What R1 read is not in it: the page moves; but its id,
 * cluster and incarnation must be those of the request and the hello, and its version range must
 * lead to the same version.
 *
 * Both sides prove with their hello, and neither waits for the other's: a hello says nothing that
 * a stranger could use, and HMAC keeps the key.
 */
#ifndef CCM_CORE_AUTH_H
#define CCM_CORE_AUTH_H

#include "session_state.h"
#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

#define CCM_PSK_LEN		32	/* a pre-shared key */
#define CCM_AUTH_SALT_LEN	(2 * CCM_WIRE_CHALLENGE_LEN)
#define CCM_AUTH_INFO_LEN	64
#define CCM_AUTH_HELLO_MAX	(CCM_MAILBOX_READY - CCM_MAILBOX_HELLO)	/* its place */
#define CCM_AUTH_HEAD_LEN	32	/* of ccm_auth_message(), in front of what was said */
#define CCM_AUTH_MESSAGE_MAX	(CCM_AUTH_HEAD_LEN + CCM_TRANSCRIPT_MAX + CCM_AUTH_HELLO_MAX)

/* What a derived key is for: part of ccm_auth_info() */
enum ccm_auth_use {
	CCM_AUTH_PROOF	= 1,	/* of hellos */
	CCM_AUTH_PORT	= 2,	/* tokens of ports */
};

/**
 * ccm_transcript_add() - something was said on a connection
 * @t: of the connection
 * @part: which of the four
 * @data: a message of CCM's; its header says how long it is
 * @len: bytes at @data that can be read, at least a header
 *
 * Nothing is longer than its place: the transport sees to that.
 */
void ccm_transcript_add(struct ccm_transcript *t, enum ccm_transcript_part part, const u8 *data,
			u32 len);

/**
 * ccm_auth_number() - the key that both sides have
 * @mine: CCM_PSK_NUMBERS numbers, 0: none
 * @theirs: likewise
 *
 * Return: the highest number in both; 0: there is none
 */
u32 ccm_auth_number(const u32 *mine, const u32 *theirs);

/**
 * ccm_auth_salt() - what a connection's keys are extracted with
 * @s: session
 * @c: connection of it, both A0 are known
 * @salt: CCM_AUTH_SALT_LEN bytes: the lower node's challenge, then the higher one's
 */
void ccm_auth_salt(const struct ccm_session *s, const struct ccm_session_conn *c, u8 *salt);

/**
 * ccm_auth_info() - what one of a connection's keys is expanded with
 * @s: session
 * @c: connection of it
 * @use: what the key is for
 * @info: CCM_AUTH_INFO_LEN bytes
 */
void ccm_auth_info(const struct ccm_session *s, const struct ccm_session_conn *c,
		   enum ccm_auth_use use, u8 *info);

/**
 * ccm_auth_message() - what a hello's proof is over
 * @s: session
 * @c: connection of it, both A0 are known
 * @mine: this node's hello; else the partner's
 * @hello: as on the wire; its proof is not looked at
 * @len: of @hello: what its header says, at least CCM_WIRE_HELLO_LEN and at most
 *	CCM_AUTH_HELLO_MAX
 * @buf: CCM_AUTH_MESSAGE_MAX bytes
 *
 * Return: bytes of it
 */
u32 ccm_auth_message(const struct ccm_session *s, const struct ccm_session_conn *c, bool mine,
		     const u8 *hello, u32 len, u8 *buf);

CCM_EXTERN_C_END

#endif /* CCM_CORE_AUTH_H */
