// SPDX-License-Identifier: GPL-2.0-only
/* Proofs and keys of ports, by the kernel's HMAC. */
#include <kunit/test.h>

#include "../../../ccm/core/bytes.h"
#include "../../../ccm/keyring.h"
#include "../../../ccm/prover.h"
#include "prover_vectors.h"

struct prover_test {
	struct ccm_prover prover;
	struct ccm_session session;
	u8 hello[VECTOR_HELLO_LEN];
};

static bool no_key;

/* Instead of the keyring's, of which there is one in a kernel */
int ccm_keyring_take(const char *cluster, u32 number, u8 *psk)
{
	if (no_key || strcmp(cluster, "t") || number != 7)
		return -ENOKEY;
	vector_psk(psk);
	return 0;
}

static struct prover_test *begin(struct kunit *test)
{
	struct prover_test *t = (struct prover_test *)kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	no_key = false;
	KUNIT_ASSERT_EQ(test, ccm_prover_create(&t->prover, "t", CCM_AUTH_PSK), 0);
	vector_session(&t->session);
	vector_hello(t->hello);
	return t;
}

static void proves_as_others_do(struct kunit *test)
{
	struct prover_test *t = begin(test);
	struct ccm_session *s = &t->session;

	KUNIT_EXPECT_EQ(test, ccm_prover_prove(&t->prover, s, &s->conn, t->hello,
					       VECTOR_HELLO_LEN), 0);
	KUNIT_EXPECT_EQ(test, memcmp(t->hello + CCM_HELLO_PROOF, vector_proof_1,
				     CCM_WIRE_PROOF_LEN), 0);
	ccm_prover_destroy(&t->prover);
}

static void each_bit_of_a_proof_counts(struct kunit *test)
{
	struct prover_test *t = begin(test);
	struct ccm_session *s = &t->session;
	u8 *proof = t->hello + CCM_HELLO_PROOF;
	u32 i;

	memcpy(proof, vector_proof_2, CCM_WIRE_PROOF_LEN);
	KUNIT_EXPECT_TRUE(test, ccm_prover_verify(&t->prover, s, &s->conn, t->hello,
						  VECTOR_HELLO_LEN));
	for (i = 0; i < 8 * CCM_WIRE_PROOF_LEN; i++) {
		proof[i / 8] ^= 1 << i % 8;
		KUNIT_EXPECT_FALSE(test, ccm_prover_verify(&t->prover, s, &s->conn, t->hello,
							   VECTOR_HELLO_LEN));
		proof[i / 8] ^= 1 << i % 8;
	}
	/* no reflection: what this side has proven is not the other's proof */
	memcpy(proof, vector_proof_1, CCM_WIRE_PROOF_LEN);
	KUNIT_EXPECT_FALSE(test, ccm_prover_verify(&t->prover, s, &s->conn, t->hello,
						   VECTOR_HELLO_LEN));
	ccm_prover_destroy(&t->prover);
}

static void without_the_key_nothing_is_proven(struct kunit *test)
{
	struct prover_test *t = begin(test);
	struct ccm_session *s = &t->session;
	siphash_key_t key;

	no_key = true;
	KUNIT_EXPECT_EQ(test, ccm_prover_prove(&t->prover, s, &s->conn, t->hello,
					       VECTOR_HELLO_LEN), -ENOKEY);
	memcpy(t->hello + CCM_HELLO_PROOF, vector_proof_2, CCM_WIRE_PROOF_LEN);
	KUNIT_EXPECT_FALSE(test, ccm_prover_verify(&t->prover, s, &s->conn, t->hello,
						   VECTOR_HELLO_LEN));
	KUNIT_EXPECT_EQ(test, ccm_prover_port_key(&t->prover, s, &s->conn, &key), -ENOKEY);
	ccm_prover_destroy(&t->prover);
}

static void ports_have_a_key_of_their_own(struct kunit *test)
{
	struct prover_test *t = begin(test);
	struct ccm_wire_port port = {
		.node = 1, .partner = 2, .instance = 3, .instance_partner = 4, .epoch = 5,
		.port = 6, .incarnation = 7,
	};
	siphash_key_t key;
	u64 token;

	KUNIT_ASSERT_EQ(test, ccm_prover_port_key(&t->prover, &t->session, &t->session.conn,
						  &key), 0);
	KUNIT_EXPECT_EQ(test, key.key[0], ccm_get_u64(vector_port_key));
	KUNIT_EXPECT_EQ(test, key.key[1], ccm_get_u64(vector_port_key + 8));
	token = ccm_port_token(&key, &port);
	port.token = token;
	KUNIT_EXPECT_EQ(test, ccm_port_token(&key, &port), token);
	port.epoch++;
	KUNIT_EXPECT_NE(test, ccm_port_token(&key, &port), token);
	port.epoch--;
	swap(port.node, port.partner);
	KUNIT_EXPECT_NE(test, ccm_port_token(&key, &port), token);
	ccm_prover_destroy(&t->prover);
}

/* Without keys: both sides make the same key of what they have told each other. */
static void without_auth_ports_have_a_key(struct kunit *test)
{
	struct prover_test *t = begin(test);
	struct ccm_session *s = &t->session;
	struct ccm_prover none = {};
	siphash_key_t mine;
	siphash_key_t theirs;

	KUNIT_ASSERT_EQ(test, ccm_prover_create(&none, "t", CCM_AUTH_NONE), 0);
	s->conn.nonce = 11;
	s->conn.peer_keys.nonce = 12;
	KUNIT_EXPECT_EQ(test, ccm_prover_port_key(&none, s, &s->conn, &mine), 0);
	swap(s->config.node, s->config.partner);
	swap(s->conn.nonce, s->conn.peer_keys.nonce);
	KUNIT_EXPECT_EQ(test, ccm_prover_port_key(&none, s, &s->conn, &theirs), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&mine, &theirs, sizeof(mine)), 0);
	KUNIT_EXPECT_EQ(test, ccm_prover_prove(&none, s, &s->conn, t->hello, VECTOR_HELLO_LEN),
			-EOPNOTSUPP);
	ccm_prover_destroy(&none);
	ccm_prover_destroy(&t->prover);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(proves_as_others_do),
	KUNIT_CASE(each_bit_of_a_proof_counts),
	KUNIT_CASE(without_the_key_nothing_is_proven),
	KUNIT_CASE(ports_have_a_key_of_their_own),
	KUNIT_CASE(without_auth_ports_have_a_key),
	{},
};

static struct kunit_suite suite = {
	.name = "ccm_prover",
	.test_cases = cases,
};

kunit_test_suite(suite);
