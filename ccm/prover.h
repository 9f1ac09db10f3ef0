/* SPDX-License-Identifier: GPL-2.0-only */
/* Proofs of a pre-shared key, and the tokens of ports: see core/auth.h. */
#ifndef CCM_PROVER_H
#define CCM_PROVER_H

#include <linux/siphash.h>
#include <linux/types.h>

#include "core/auth.h"
#include "core/session.h"

struct crypto_shash;

/**
 * struct ccm_prover - makes and checks the proofs of one partner's connections
 * @hmac: HMAC-SHA256; NULL: there is nothing to prove (auth=none)
 * @cluster: whose keys are used
 * @message: what a proof is over
 */
struct ccm_prover {
	struct crypto_shash *hmac;
	const char *cluster;
	u8 message[CCM_AUTH_MESSAGE_MAX];
};

int ccm_prover_create(struct ccm_prover *prover, const char *cluster, u32 auth);
void ccm_prover_destroy(struct ccm_prover *prover);
int ccm_prover_prove(struct ccm_prover *prover, const struct ccm_session *s,
		     const struct ccm_session_conn *c, u8 *hello, u32 len);
bool ccm_prover_verify(struct ccm_prover *prover, const struct ccm_session *s,
		       const struct ccm_session_conn *c, const u8 *hello, u32 len);
int ccm_prover_port_key(struct ccm_prover *prover, const struct ccm_session *s,
			const struct ccm_session_conn *c, siphash_key_t *key);
u64 ccm_port_token(const siphash_key_t *key, const struct ccm_wire_port *msg);

#endif /* CCM_PROVER_H */
