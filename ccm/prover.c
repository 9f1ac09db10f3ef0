// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proofs of a pre-shared key, and the tokens of ports. What they are over is the core's
 * (core/auth.h); here is the cryptography, which is the kernel's.
 */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/err.h>
#include <linux/string.h>

#include "core/bytes.h"
#include "keyring.h"
#include "prover.h"

/**
 * ccm_prover_create() - make ready
 * @prover: zeroed
 * @cluster: its name, which stays
 * @auth: enum ccm_auth; with CCM_AUTH_NONE there is nothing to make ready
 *
 * Return: 0, or a negative errno: the kernel has no HMAC-SHA256, or no memory
 */
int ccm_prover_create(struct ccm_prover *prover, const char *cluster, u32 auth)
{
	struct crypto_shash *hmac;

	prover->cluster = cluster;
	if (auth == CCM_AUTH_NONE)
		return 0;
	hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	if (IS_ERR(hmac))
		return (int)PTR_ERR(hmac);
	prover->hmac = hmac;
	return 0;
}

/**
 * ccm_prover_destroy() - undo ccm_prover_create()
 * @prover: created, or zeroed
 */
void ccm_prover_destroy(struct ccm_prover *prover)
{
	if (prover->hmac)
		crypto_free_shash(prover->hmac);
	prover->hmac = NULL;
}

static int hmac(struct ccm_prover *prover, const u8 *key, u32 key_len, const u8 *data, u32 len,
		u8 *out)
{
	int ret = crypto_shash_setkey(prover->hmac, key, key_len);

	return ret ? ret : crypto_shash_tfm_digest(prover->hmac, data, len, out);
}

/* HKDF-SHA256 (RFC 5869), for one block: extract, then expand */
static int derive(struct ccm_prover *prover, const struct ccm_session *s,
		  const struct ccm_session_conn *c, enum ccm_auth_use use, u8 *key)
{
	u8 info[CCM_AUTH_INFO_LEN + 1];
	u8 salt[CCM_AUTH_SALT_LEN];
	u8 prk[SHA256_DIGEST_SIZE];
	u8 psk[CCM_PSK_LEN];
	int ret;

	ccm_auth_salt(s, c, salt);
	ccm_auth_info(s, c, use, info);
	info[CCM_AUTH_INFO_LEN] = 1;
	ret = ccm_keyring_take(prover->cluster, c->number_used, psk);
	if (!ret)
		ret = hmac(prover, salt, sizeof(salt), psk, sizeof(psk), prk);
	if (!ret)
		ret = hmac(prover, prk, sizeof(prk), info, sizeof(info), key);
	memzero_explicit(psk, sizeof(psk));
	memzero_explicit(prk, sizeof(prk));
	return ret;
}

static int proof_of(struct ccm_prover *prover, const struct ccm_session *s,
		    const struct ccm_session_conn *c, bool mine, const u8 *hello, u32 len,
		    u8 *proof)
{
	u8 key[SHA256_DIGEST_SIZE];
	int ret;

	BUILD_BUG_ON(SHA256_DIGEST_SIZE != CCM_WIRE_PROOF_LEN);

	if (!prover->hmac)
		return -EOPNOTSUPP;
	ret = derive(prover, s, c, CCM_AUTH_PROOF, key);
	len = ccm_auth_message(s, c, mine, hello, len, prover->message);
	if (!ret)
		ret = hmac(prover, key, sizeof(key), prover->message, len, proof);
	memzero_explicit(key, sizeof(key));
	return ret;
}

/**
 * ccm_prover_prove() - put the proof into a hello
 * @prover: created; one call at a time
 * @s: session
 * @c: connection of it
 * @hello: this node's, as on the wire
 * @len: of it
 *
 * May sleep.
 *
 * Return: 0; a negative errno: the key is gone, or memory. The hello proves nothing then, and the
 * partner says so.
 */
int ccm_prover_prove(struct ccm_prover *prover, const struct ccm_session *s,
		     const struct ccm_session_conn *c, u8 *hello, u32 len)
{
	u8 proof[CCM_WIRE_PROOF_LEN];
	int ret = proof_of(prover, s, c, true, hello, len, proof);

	if (!ret)
		memcpy(hello + CCM_HELLO_PROOF, proof, sizeof(proof));
	return ret;
}

/**
 * ccm_prover_verify() - does a hello prove what it should?
 * @prover: created; one call at a time
 * @s: session
 * @c: connection of it
 * @hello: the partner's, as received, and found right otherwise
 * @len: bytes at @hello
 *
 * May sleep. The time it takes does not depend on the proof.
 *
 * Return: false also if that cannot be told: the key is gone, or memory
 */
bool ccm_prover_verify(struct ccm_prover *prover, const struct ccm_session *s,
		       const struct ccm_session_conn *c, const u8 *hello, u32 len)
{
	u8 proof[CCM_WIRE_PROOF_LEN];
	bool right;

	len = min_t(u32, min_t(u32, len, ccm_get_u16(hello + 6)), CCM_AUTH_HELLO_MAX);
	right = !proof_of(prover, s, c, false, hello, len, proof) &&
		!crypto_memneq(proof, hello + CCM_HELLO_PROOF, sizeof(proof));
	memzero_explicit(proof, sizeof(proof));
	return right;
}

/**
 * ccm_prover_port_key() - the key of the tokens of a connection's ports
 * @prover: created; one call at a time
 * @s: session
 * @c: connection of it; both A0 are known
 * @key: filled
 *
 * With auth=none it is made of what only the two sides of the connection were told.
 *
 * May sleep.
 *
 * Return: 0; a negative errno: the key is gone, or memory
 */
int ccm_prover_port_key(struct ccm_prover *prover, const struct ccm_session *s,
			const struct ccm_session_conn *c, siphash_key_t *key)
{
	bool lower = ccm_session_lower(s);
	u8 bytes[SHA256_DIGEST_SIZE];
	int ret;

	if (!prover->hmac) {
		key->key[0] = lower ? c->nonce : c->peer_keys.nonce;
		key->key[1] = lower ? c->peer_keys.nonce : c->nonce;
		return 0;
	}
	ret = derive(prover, s, c, CCM_AUTH_PORT, bytes);
	key->key[0] = ccm_get_u64(bytes);
	key->key[1] = ccm_get_u64(bytes + 8);
	memzero_explicit(bytes, sizeof(bytes));
	return ret;
}

/**
 * ccm_port_token() - what lets a port in
 * @key: of the session
 * @msg: what the port says; its token is not looked at
 *
 * Any context.
 *
 * Return: the token
 */
u64 ccm_port_token(const siphash_key_t *key, const struct ccm_wire_port *msg)
{
	struct ccm_wire_port plain = *msg;
	u8 data[CCM_WIRE_PORT_LEN];

	plain.token = 0;
	ccm_wire_put_port(data, &plain);
	return siphash(data, sizeof(data), key);
}
