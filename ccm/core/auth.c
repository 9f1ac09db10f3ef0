// SPDX-License-Identifier: GPL-2.0-only
/* What is proven of a pre-shared key: see auth.h. */
#include "auth.h"

#include "bytes.h"

static const char info_label[] = "CCM key of a connection";
static const char message_label[] = "CCM hello";

/* Where each part lies in the transcript, and how much room it has */
static u32 place(enum ccm_transcript_part part)
{
	switch (part) {
	case CCM_TRANSCRIPT_REQUEST:
		return 0;
	case CCM_TRANSCRIPT_ACCEPT:
		return CCM_PRIVATE_REQUEST_MAX;
	case CCM_TRANSCRIPT_KEYS_ACTIVE:
		return CCM_PRIVATE_REQUEST_MAX + CCM_PRIVATE_ACCEPT_MAX;
	case CCM_TRANSCRIPT_KEYS_PASSIVE:
		return CCM_PRIVATE_REQUEST_MAX + CCM_PRIVATE_ACCEPT_MAX + CCM_KEYS_MAX;
	default:
		return CCM_TRANSCRIPT_MAX;
	}
}

void ccm_transcript_add(struct ccm_transcript *t, enum ccm_transcript_part part, const u8 *data,
			u32 len)
{
	u32 at = place(part);
	u32 room = place((enum ccm_transcript_part)(part + 1)) - at;
	u32 said = ccm_get_u16(data + 6);

	if (said < len)
		len = said;
	if (len > room)
		len = room;
	memcpy(t->bytes + at, data, len);
	t->len[part] = (u16)len;
}

u32 ccm_auth_number(const u32 *mine, const u32 *theirs)
{
	u32 best = 0;
	u32 i;
	u32 j;

	for (i = 0; i < CCM_PSK_NUMBERS; i++)
		for (j = 0; j < CCM_PSK_NUMBERS; j++)
			if (mine[i] == theirs[j] && mine[i] > best)
				best = mine[i];
	return best;
}

void ccm_auth_salt(const struct ccm_session *s, const struct ccm_session_conn *c, u8 *salt)
{
	bool lower = ccm_session_lower(s);

	memcpy(salt, lower ? c->challenge : c->peer_keys.challenge, CCM_WIRE_CHALLENGE_LEN);
	memcpy(salt + CCM_WIRE_CHALLENGE_LEN, lower ? c->peer_keys.challenge : c->challenge,
	       CCM_WIRE_CHALLENGE_LEN);
}

void ccm_auth_info(const struct ccm_session *s, const struct ccm_session_conn *c,
		   enum ccm_auth_use use, u8 *info)
{
	bool lower = ccm_session_lower(s);

	memset(info, 0, CCM_AUTH_INFO_LEN);
	memcpy(info, info_label, sizeof(info_label));
	ccm_put_u32(info + 24, (u32)use);
	ccm_put_u32(info + 28, c->number_used);
	ccm_put_u64(info + 32, s->config.cluster);
	ccm_put_u32(info + 40, lower ? s->config.node : s->config.partner);
	ccm_put_u32(info + 44, lower ? s->config.partner : s->config.node);
	ccm_put_u64(info + 48, lower ? s->config.incarnation : c->incarnation);
	ccm_put_u64(info + 56, lower ? c->incarnation : s->config.incarnation);
}

u32 ccm_auth_message(const struct ccm_session *s, const struct ccm_session_conn *c, bool mine,
		     const u8 *hello, u32 len, u8 *buf)
{
	u32 at = CCM_AUTH_HEAD_LEN;
	u32 part;

	memset(buf, 0, at);
	memcpy(buf, message_label, sizeof(message_label));
	ccm_put_u32(buf + 12, mine ? s->config.node : s->config.partner);
	ccm_put_u32(buf + 16, mine ? s->config.partner : s->config.node);
	for (part = 0; part < CCM_TRANSCRIPT_PARTS; part++)
		ccm_put_u16(buf + 20 + 2 * part, c->transcript.len[part]);
	ccm_put_u32(buf + 28, len);
	for (part = 0; part < CCM_TRANSCRIPT_PARTS; part++) {
		memcpy(buf + at, c->transcript.bytes + place((enum ccm_transcript_part)part),
		       c->transcript.len[part]);
		at += c->transcript.len[part];
	}
	memcpy(buf + at, hello, len);
	memset(buf + at + CCM_HELLO_PROOF, 0, CCM_WIRE_PROOF_LEN);
	return at + len;
}
