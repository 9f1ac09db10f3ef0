// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encoders and decoders of the wire format. The format itself is in wire.h.
 *
 * What a partner sends is believed only as far as it is checked here: a decoder that
 * returns 0 has looked at every field that has a range. Whether the fields fit what
 * is known of the partner (its id, its incarnation, our nonce) is for the session.
 */
#include "wire.h"

#include <uapi/linux/ccm.h>

#include "bytes.h"

#define CCM_TICK_MS_MAX		60000U
#define CCM_RING_SEQ_MASK	0x00ffffffU

void ccm_wire_put_header(u8 *buf, u32 type, u32 length)
{
	memset(buf, 0, length);
	ccm_put_u32(buf, CCM_WIRE_MAGIC);
	ccm_put_u16(buf + 4, (u16)type);
	ccm_put_u16(buf + 6, (u16)length);
}

int ccm_wire_check_header(const u8 *buf, u32 len, u32 type, u32 needed)
{
	u32 length;

	if (len < CCM_WIRE_HEADER_LEN)
		return CCM_WIRE_ESHORT;
	if (ccm_get_u32(buf) != CCM_WIRE_MAGIC)
		return CCM_WIRE_EMAGIC;
	if (ccm_get_u16(buf + 4) != type)
		return CCM_WIRE_ETYPE;
	length = ccm_get_u16(buf + 6);
	/* It can be longer than what is here of it: only what is known is read. */
	if (length < needed || len < needed)
		return CCM_WIRE_ESHORT;
	return 0;
}

static bool node_valid(u32 node)
{
	return node >= 1 && node <= CCM_NODE_ID_MAX;
}

static bool versions_valid(u16 min, u16 max)
{
	return min != 0 && min <= max;
}

/* A later version may have more stages: nobody here knows what they mean. */
static u32 stage_known(u32 stage)
{
	return stage < CCM_STAGE_COUNT ? stage : (u32)CCM_STAGE_UNKNOWN;
}

/* Terminated and printable: names reach the kernel log and terminals. */
static bool name_valid(const u8 *name)
{
	u32 i;

	for (i = 0; i < CCM_WIRE_NAME_LEN; i++) {
		if (name[i] == 0)
			return true;
		if (name[i] < 0x20 || name[i] > 0x7e)
			return false;
	}
	return false;
}

void ccm_wire_put_request(u8 *buf, const struct ccm_wire_request *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_REQUEST, CCM_WIRE_REQUEST_LEN);
	ccm_put_u16(buf + 8, msg->version_min);
	ccm_put_u16(buf + 10, msg->version_max);
	ccm_put_u16(buf + 12, msg->purpose);
	ccm_put_u32(buf + 16, msg->node);
	ccm_put_u32(buf + 20, msg->partner);
	ccm_put_u64(buf + 24, msg->cluster);
	ccm_put_u64(buf + 32, msg->incarnation);
	ccm_put_u32(buf + 40, msg->attempt);
	ccm_put_u64(buf + 48, msg->uptime_ms);
}

int ccm_wire_get_request(const u8 *buf, u32 len, struct ccm_wire_request *msg)
{
	struct ccm_wire_request m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_REQUEST, CCM_WIRE_REQUEST_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.version_min = ccm_get_u16(buf + 8);
	m.version_max = ccm_get_u16(buf + 10);
	m.purpose = ccm_get_u16(buf + 12);
	m.node = ccm_get_u32(buf + 16);
	m.partner = ccm_get_u32(buf + 20);
	m.cluster = ccm_get_u64(buf + 24);
	m.incarnation = ccm_get_u64(buf + 32);
	/* 0 is a valid attempt: an accept of a node that has never tried itself. */
	m.attempt = ccm_get_u32(buf + 40);
	m.uptime_ms = ccm_get_u64(buf + 48);
	if (!versions_valid(m.version_min, m.version_max))
		return CCM_WIRE_ERANGE;
	if (m.purpose != CCM_PURPOSE_SESSION)
		return CCM_WIRE_ERANGE;
	if (!node_valid(m.node) || !node_valid(m.partner))
		return CCM_WIRE_ERANGE;
	if (m.incarnation == 0 || m.uptime_ms > CCM_UPTIME_MS_MAX)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_reject(u8 *buf, const struct ccm_wire_reject *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_REJECT, CCM_WIRE_REJECT_LEN);
	ccm_put_u16(buf + 8, msg->code);
	ccm_put_u16(buf + 12, msg->version_min);
	ccm_put_u16(buf + 14, msg->version_max);
	ccm_put_u32(buf + 16, msg->node);
	ccm_put_u64(buf + 24, msg->incarnation);
}

int ccm_wire_get_reject(const u8 *buf, u32 len, struct ccm_wire_reject *msg)
{
	struct ccm_wire_reject m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_REJECT, CCM_WIRE_REJECT_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.code = ccm_get_u16(buf + 8);
	m.version_min = ccm_get_u16(buf + 12);
	m.version_max = ccm_get_u16(buf + 14);
	m.node = ccm_get_u32(buf + 16);
	m.incarnation = ccm_get_u64(buf + 24);
	/* A code that is not known here is for its reader to be careful with. */
	if (m.code == CCM_REJECT_NONE)
		return CCM_WIRE_ERANGE;
	if (!versions_valid(m.version_min, m.version_max))
		return CCM_WIRE_ERANGE;
	if (!node_valid(m.node) || m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_keys(u8 *buf, const struct ccm_wire_keys *msg)
{
	u32 i;

	ccm_wire_put_header(buf, CCM_WIRE_KEYS, CCM_WIRE_KEYS_LEN);
	ccm_put_u64(buf + 8, msg->status_addr);
	ccm_put_u32(buf + 16, msg->status_key);
	ccm_put_u32(buf + 20, msg->status_len);
	ccm_put_u64(buf + 24, msg->mailbox_addr);
	ccm_put_u32(buf + 32, msg->mailbox_key);
	ccm_put_u32(buf + 36, msg->mailbox_len);
	ccm_put_u64(buf + 40, msg->incarnation);
	ccm_put_u64(buf + 48, msg->nonce);
	ccm_put_u32(buf + 56, msg->mtu);
	ccm_put_u32(buf + 60, msg->path_mtu);
	memcpy(buf + 64, msg->challenge, CCM_WIRE_CHALLENGE_LEN);
	ccm_put_u32(buf + 80, msg->auth);
	for (i = 0; i < CCM_PSK_NUMBERS; i++)
		ccm_put_u32(buf + 88 + 4 * i, msg->numbers[i]);
}

int ccm_wire_get_keys(const u8 *buf, u32 len, struct ccm_wire_keys *msg)
{
	struct ccm_wire_keys m;
	int error;
	u32 i;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_KEYS, CCM_WIRE_KEYS_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.status_addr = ccm_get_u64(buf + 8);
	m.status_key = ccm_get_u32(buf + 16);
	m.status_len = ccm_get_u32(buf + 20);
	m.mailbox_addr = ccm_get_u64(buf + 24);
	m.mailbox_key = ccm_get_u32(buf + 32);
	m.mailbox_len = ccm_get_u32(buf + 36);
	m.incarnation = ccm_get_u64(buf + 40);
	m.nonce = ccm_get_u64(buf + 48);
	m.mtu = ccm_get_u32(buf + 56);
	m.path_mtu = ccm_get_u32(buf + 60);
	memcpy(m.challenge, buf + 64, CCM_WIRE_CHALLENGE_LEN);
	m.auth = ccm_get_u32(buf + 80);
	for (i = 0; i < CCM_PSK_NUMBERS; i++)
		m.numbers[i] = ccm_get_u32(buf + 88 + 4 * i);
	if (m.incarnation == 0 || m.nonce == 0)
		return CCM_WIRE_ERANGE;
	/* An address within a region must never wrap around. */
	if (m.status_addr + m.status_len < m.status_addr ||
	    m.mailbox_addr + m.mailbox_len < m.mailbox_addr)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_ring(u8 *buf, const struct ccm_wire_ring *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_RING, CCM_WIRE_RING_LEN);
	ccm_put_u32(buf + 8, msg->word);
}

int ccm_wire_get_ring(const u8 *buf, u32 len, struct ccm_wire_ring *msg)
{
	u32 word;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_RING, CCM_WIRE_RING_LEN);
	if (error)
		return error;
	word = ccm_get_u32(buf + 8);
	if (ccm_wire_ring_kind(word) == 0)
		return CCM_WIRE_ERANGE;
	msg->word = word;
	return 0;
}

void ccm_wire_put_status(u8 *buf, const struct ccm_wire_status *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_STATUS, CCM_WIRE_STATUS_LEN);
	ccm_put_u16(buf + 8, msg->version_min);
	ccm_put_u16(buf + 10, msg->version_max);
	ccm_put_u32(buf + 12, msg->node);
	ccm_put_u64(buf + 16, msg->incarnation);
	ccm_put_u64(buf + 24, msg->cluster);
	ccm_put_u32(buf + CCM_STATUS_STAGE, msg->stage);
	ccm_put_u32(buf + CCM_STATUS_FLAGS, msg->flags);
	ccm_put_u64(buf + CCM_STATUS_COUNTER, msg->counter);
	ccm_put_u32(buf + 48, msg->tick_ms);
	ccm_put_u64(buf + CCM_STATUS_UPTIME, msg->uptime_ms);
}

int ccm_wire_get_status(const u8 *buf, u32 len, struct ccm_wire_status *msg)
{
	struct ccm_wire_status m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_STATUS, CCM_WIRE_STATUS_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.version_min = ccm_get_u16(buf + 8);
	m.version_max = ccm_get_u16(buf + 10);
	m.node = ccm_get_u32(buf + 12);
	m.incarnation = ccm_get_u64(buf + 16);
	m.cluster = ccm_get_u64(buf + 24);
	m.stage = stage_known(ccm_get_u32(buf + CCM_STATUS_STAGE));
	/* Flags that are not known here are for later versions: not an error. */
	m.flags = ccm_get_u32(buf + CCM_STATUS_FLAGS);
	m.counter = ccm_get_u64(buf + CCM_STATUS_COUNTER);
	m.tick_ms = ccm_get_u32(buf + 48);
	m.uptime_ms = ccm_get_u64(buf + CCM_STATUS_UPTIME);
	if (!versions_valid(m.version_min, m.version_max))
		return CCM_WIRE_ERANGE;
	if (!node_valid(m.node) || m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	if (m.uptime_ms > CCM_UPTIME_MS_MAX)
		return CCM_WIRE_ERANGE;
	if (m.tick_ms < 1 || m.tick_ms > CCM_TICK_MS_MAX)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_hello(u8 *buf, const struct ccm_wire_hello *msg)
{
	u32 i;

	ccm_wire_put_header(buf, CCM_WIRE_HELLO, CCM_WIRE_HELLO_LEN);
	ccm_put_u16(buf + 8, msg->version_min);
	ccm_put_u16(buf + 10, msg->version_max);
	ccm_put_u32(buf + 12, msg->node);
	ccm_put_u64(buf + 16, msg->incarnation);
	ccm_put_u64(buf + 24, msg->nonce);
	ccm_put_u64(buf + 32, msg->nonce_partner);
	ccm_put_u64(buf + 40, msg->capabilities);
	ccm_put_u32(buf + 48, msg->detect_ms);
	ccm_put_u32(buf + 52, msg->stage);
	ccm_put_u32(buf + 56, msg->auth);
	ccm_put_u32(buf + 60, msg->number);
	memcpy(buf + CCM_HELLO_PROOF, msg->proof, CCM_WIRE_PROOF_LEN);
	/* Nothing of what may lie behind the NUL leaves this node. */
	for (i = 0; i < CCM_WIRE_NAME_LEN - 1 && msg->name[i]; i++)
		buf[96 + i] = (u8)msg->name[i];
	ccm_put_u64(buf + 128, msg->uptime_ms);
	ccm_put_u64(buf + 136, msg->machine);
	memcpy(buf + 144, msg->secret, CCM_WIRE_SECRET_LEN);
}

int ccm_wire_get_hello(const u8 *buf, u32 len, struct ccm_wire_hello *msg)
{
	struct ccm_wire_hello m;
	u32 i;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_HELLO, CCM_WIRE_HELLO_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.version_min = ccm_get_u16(buf + 8);
	m.version_max = ccm_get_u16(buf + 10);
	m.node = ccm_get_u32(buf + 12);
	m.incarnation = ccm_get_u64(buf + 16);
	m.nonce = ccm_get_u64(buf + 24);
	m.nonce_partner = ccm_get_u64(buf + 32);
	m.capabilities = ccm_get_u64(buf + 40);
	m.detect_ms = ccm_get_u32(buf + 48);
	m.stage = stage_known(ccm_get_u32(buf + 52));
	/* Whether it is the one wanted is asked where it is answered. */
	m.auth = ccm_get_u32(buf + 56);
	m.number = ccm_get_u32(buf + 60);
	m.uptime_ms = ccm_get_u64(buf + 128);
	m.machine = ccm_get_u64(buf + 136);
	memcpy(m.secret, buf + 144, CCM_WIRE_SECRET_LEN);
	if (!versions_valid(m.version_min, m.version_max))
		return CCM_WIRE_ERANGE;
	if (!node_valid(m.node) || m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	if (m.nonce == 0 || m.nonce_partner == 0)
		return CCM_WIRE_ERANGE;
	if (m.detect_ms < CCM_DETECT_MS_MIN || m.detect_ms > CCM_DETECT_MS_MAX)
		return CCM_WIRE_ERANGE;
	if (m.uptime_ms > CCM_UPTIME_MS_MAX || !name_valid(buf + 96))
		return CCM_WIRE_ERANGE;
	memcpy(m.proof, buf + CCM_HELLO_PROOF, CCM_WIRE_PROOF_LEN);
	for (i = 0; buf[96 + i]; i++)
		m.name[i] = (char)buf[96 + i];
	*msg = m;
	return 0;
}

void ccm_wire_put_answer(u8 *buf, const struct ccm_wire_answer *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_ANSWER, CCM_WIRE_ANSWER_LEN);
	ccm_put_u32(buf + 8, msg->code);
	ccm_put_u16(buf + 12, msg->version);
	ccm_put_u64(buf + 16, msg->incarnation);
	ccm_put_u64(buf + 24, msg->nonce);
	ccm_put_u64(buf + 32, msg->nonce_partner);
	ccm_put_u64(buf + 40, msg->capabilities);
}

int ccm_wire_get_answer(const u8 *buf, u32 len, struct ccm_wire_answer *msg)
{
	struct ccm_wire_answer m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_ANSWER, CCM_WIRE_ANSWER_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.code = ccm_get_u32(buf + 8);
	m.version = ccm_get_u16(buf + 12);
	m.incarnation = ccm_get_u64(buf + 16);
	m.nonce = ccm_get_u64(buf + 24);
	m.nonce_partner = ccm_get_u64(buf + 32);
	m.capabilities = ccm_get_u64(buf + 40);
	if (m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	if (m.code >= CCM_ANSWER_COUNT)
		m.code = CCM_ANSWER_REFUSED;
	/* Only an acceptance has agreed on a version with a partner that is known. */
	if (m.code == CCM_ANSWER_ACCEPTED &&
	    (m.version == 0 || m.nonce == 0 || m.nonce_partner == 0))
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_ready(u8 *buf, const struct ccm_wire_ready *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_READY, CCM_WIRE_READY_LEN);
	ccm_put_u64(buf + 8, msg->generation);
	ccm_put_u64(buf + 16, msg->generation_partner);
	ccm_put_u64(buf + 24, msg->nonce);
	ccm_put_u64(buf + 32, msg->plan);
}

int ccm_wire_get_ready(const u8 *buf, u32 len, struct ccm_wire_ready *msg)
{
	struct ccm_wire_ready m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_READY, CCM_WIRE_READY_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.generation = ccm_get_u64(buf + 8);
	m.generation_partner = ccm_get_u64(buf + 16);
	m.nonce = ccm_get_u64(buf + 24);
	m.plan = ccm_get_u64(buf + 32);
	if (m.generation == 0 || m.generation_partner == 0 || m.nonce == 0)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

void ccm_wire_put_goodbye(u8 *buf, const struct ccm_wire_goodbye *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_GOODBYE, CCM_WIRE_GOODBYE_LEN);
	ccm_put_u16(buf + 8, msg->reason);
	ccm_put_u16(buf + 10, msg->stage);
}

int ccm_wire_get_goodbye(const u8 *buf, u32 len, struct ccm_wire_goodbye *msg)
{
	u16 reason;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_GOODBYE, CCM_WIRE_GOODBYE_LEN);
	if (error)
		return error;
	reason = ccm_get_u16(buf + 8);
	if (reason == CCM_REASON_NONE || reason >= CCM_REASON_COUNT)
		return CCM_WIRE_ERANGE;
	msg->reason = reason;
	msg->stage = (u16)stage_known(ccm_get_u16(buf + 10));
	return 0;
}

void ccm_wire_put_port(u8 *buf, const struct ccm_wire_port *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_PORT, CCM_WIRE_PORT_LEN);
	ccm_put_u32(buf + 8, msg->node);
	ccm_put_u32(buf + 12, msg->partner);
	ccm_put_u64(buf + 16, msg->token);
	ccm_put_u64(buf + 24, msg->instance);
	ccm_put_u64(buf + 32, msg->instance_partner);
	ccm_put_u32(buf + 40, msg->epoch);
	ccm_put_u32(buf + 44, msg->port);
	ccm_put_u64(buf + 48, msg->incarnation);
}

int ccm_wire_get_port(const u8 *buf, u32 len, struct ccm_wire_port *msg)
{
	struct ccm_wire_port m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_PORT, CCM_WIRE_PORT_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.node = ccm_get_u32(buf + 8);
	m.partner = ccm_get_u32(buf + 12);
	m.token = ccm_get_u64(buf + 16);
	m.instance = ccm_get_u64(buf + 24);
	m.instance_partner = ccm_get_u64(buf + 32);
	m.epoch = ccm_get_u32(buf + 40);
	m.port = ccm_get_u32(buf + 44);
	m.incarnation = ccm_get_u64(buf + 48);
	if (!node_valid(m.node) || !node_valid(m.partner))
		return CCM_WIRE_ERANGE;
	if (m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	if (m.instance == 0 || m.instance_partner == 0)
		return CCM_WIRE_ERANGE;
	if (m.epoch == 0 || m.port >= CCM_CLIENT_PORTS_MAX)
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

bool ccm_wire_secret_there(const u8 *secret)
{
	u8 any = 0;
	u32 i;

	for (i = 0; i < CCM_WIRE_SECRET_LEN; i++)
		any |= secret[i];
	return any != 0;
}

void ccm_wire_put_panic(u8 *buf, const struct ccm_wire_panic *msg)
{
	ccm_wire_put_header(buf, CCM_WIRE_PANIC, CCM_WIRE_PANIC_LEN);
	ccm_put_u32(buf + 8, msg->node);
	ccm_put_u32(buf + 12, msg->partner);
	ccm_put_u64(buf + 16, msg->incarnation);
	memcpy(buf + 24, msg->secret, CCM_WIRE_SECRET_LEN);
}

int ccm_wire_get_panic(const u8 *buf, u32 len, struct ccm_wire_panic *msg)
{
	struct ccm_wire_panic m;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_PANIC, CCM_WIRE_PANIC_LEN);
	if (error)
		return error;
	memset(&m, 0, sizeof(m));
	m.node = ccm_get_u32(buf + 8);
	m.partner = ccm_get_u32(buf + 12);
	m.incarnation = ccm_get_u64(buf + 16);
	memcpy(m.secret, buf + 24, CCM_WIRE_SECRET_LEN);
	if (!node_valid(m.node) || !node_valid(m.partner) || m.incarnation == 0)
		return CCM_WIRE_ERANGE;
	if (!ccm_wire_secret_there(m.secret))
		return CCM_WIRE_ERANGE;
	*msg = m;
	return 0;
}

u32 ccm_wire_ring_word(enum ccm_ring kind, u32 seq)
{
	return ((u32)kind << 24) | (seq & CCM_RING_SEQ_MASK);
}

u32 ccm_wire_ring_kind(u32 word)
{
	return word >> 24;
}

u16 ccm_version_common(u16 min_a, u16 max_a, u16 min_b, u16 max_b)
{
	u16 low = min_a > min_b ? min_a : min_b;
	u16 high = max_a < max_b ? max_a : max_b;

	/* A range that is upside down leaves nothing between low and high either. */
	return low <= high ? high : (u16)0;
}

u64 ccm_cluster_id(const char *name)
{
	u64 hash = 0xcbf29ce484222325ULL;

	for (; *name; name++) {
		hash ^= (u8)*name;
		hash *= 0x100000001b3ULL;
	}
	return hash ? hash : 1;
}

const char *ccm_reject_name(u32 code)
{
	switch (code) {
	case CCM_REJECT_NONE:
		return "none";
	case CCM_REJECT_CROSSED:
		return "crossed request";
	case CCM_REJECT_VERSION:
		return "no common version";
	case CCM_REJECT_CLUSTER:
		return "another cluster";
	case CCM_REJECT_NODE:
		return "unknown node";
	case CCM_REJECT_PARTNER:
		return "wrong partner";
	case CCM_REJECT_MALFORMED:
		return "malformed request";
	case CCM_REJECT_STOPPING:
		return "stopping";
	case CCM_REJECT_STALE:
		return "stale request";
	case CCM_REJECT_BUSY:
		return "busy";
	case CCM_REJECT_ADMIN:
		return "disabled by administrator";
	case CCM_REJECT_ADDRESS:
		return "not from an address of that node";
	case CCM_REJECT_DUMPING:
		return "a crash kernel";
	case CCM_REJECT_KEY:
		return "no pre-shared key here yet";
	default:
		return "unknown";
	}
}

const char *ccm_wire_error_name(int error)
{
	switch (error) {
	case 0:
		return "valid";
	case CCM_WIRE_EMAGIC:
		return "not a CCM message";
	case CCM_WIRE_ETYPE:
		return "another message than expected";
	case CCM_WIRE_ESHORT:
		return "too short";
	case CCM_WIRE_ERANGE:
		return "a field is out of range";
	default:
		return "unknown error";
	}
}
