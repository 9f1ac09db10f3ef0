// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format: golden vectors both ways, every truncation, every field at and
 * beyond the ends of its range.
 */
#include <kunit/test.h>

#include "../../../ccm/core/links_wire.h"
#include "../../../ccm/core/liveness.h"
#include "../../../ccm/core/wire.h"
#include "wire_golden.h"

#define BUF_LEN		256
#define GUARD		0xee

/* What the vectors of wire_golden.h say, as structures */
static const struct ccm_wire_request sample_request = {
	.version_min = 1,
	.version_max = 3,
	.purpose = CCM_PURPOSE_SESSION,
	.node = 258,
	.partner = 65534,
	.cluster = 0x1112131415161718ULL,
	.incarnation = 0x2122232425262728ULL,
	.attempt = 0x31323334,
	.uptime_ms = 0x34445464748ULL,
};

static const struct ccm_wire_reject sample_reject = {
	.code = CCM_REJECT_BUSY,
	.version_min = 2,
	.version_max = 260,
	.node = 515,
	.incarnation = 0x2122232425262728ULL,
};

static const struct ccm_wire_keys sample_keys = {
	.status_addr = 0x1112131415161718ULL,
	.status_key = 0x21222324,
	.status_len = CCM_STATUS_REGION_LEN,
	.mailbox_addr = 0x3132333435363738ULL,
	.mailbox_key = 0x41424344,
	.mailbox_len = CCM_MAILBOX_LEN,
	.incarnation = 0x5152535455565758ULL,
	.nonce = 0x6162636465666768ULL,
	.mtu = 0x71727374,
	.path_mtu = 0x75767778,
	.challenge = {
		0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
		0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
	},
	.auth = CCM_AUTH_PSK,
	.numbers = { 0x91929394, 0x81828384, 7 },
};

static const struct ccm_wire_ring sample_ring = {
	.word = 0x03123456,
};

static const struct ccm_wire_status sample_status = {
	.version_min = 1,
	.version_max = 2,
	.node = 258,
	.incarnation = 0x1112131415161718ULL,
	.cluster = 0x2122232425262728ULL,
	.stage = CCM_STAGE_RUNNING,
	.flags = CCM_PAGE_PANIC | CCM_PAGE_SHUTDOWN,
	.counter = 0x3132333435363738ULL,
	.tick_ms = 50,
	.uptime_ms = 0x34445464748ULL,
};

#define SECRET {							\
	0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,			\
	0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,			\
}

static const struct ccm_wire_hello sample_hello = {
	.version_min = 1,
	.version_max = 2,
	.node = 258,
	.incarnation = 0x1112131415161718ULL,
	.nonce = 0x2122232425262728ULL,
	.nonce_partner = 0x3132333435363738ULL,
	.capabilities = 0x4142434445464748ULL,
	.detect_ms = 250,
	.stage = CCM_STAGE_INITRAMFS,
	.auth = CCM_AUTH_PSK,
	.number = 0x91929394,
	.proof = {
		0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
		0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
		0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
		0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
	},
	.name = "storage-1.example",
	.uptime_ms = 0x35455565758ULL,
	.secret = SECRET,
};

static const struct ccm_wire_answer sample_answer = {
	.code = CCM_ANSWER_ACCEPTED,
	.version = 258,
	.incarnation = 0x1112131415161718ULL,
	.nonce = 0x2122232425262728ULL,
	.nonce_partner = 0x3132333435363738ULL,
	.capabilities = 0x4142434445464748ULL,
};

static const struct ccm_wire_ready sample_ready = {
	.generation = 0x1112131415161718ULL,
	.generation_partner = 0x2122232425262728ULL,
	.nonce = 0x3132333435363738ULL,
	.plan = 0x4142434445464748ULL,
};

static const struct ccm_wire_goodbye sample_goodbye = {
	.reason = CCM_REASON_SHUTDOWN,
	.stage = CCM_STAGE_STOPPING,
};

static const struct ccm_wire_port sample_port = {
	.node = 258,
	.partner = 65534,
	.token = 0x1112131415161718ULL,
	.instance = 0x2122232425262728ULL,
	.instance_partner = 0x3132333435363738ULL,
	.epoch = 0x41424344,
	.port = CCM_CLIENT_PORTS_MAX - 1,
	.incarnation = 0x5152535455565758ULL,
};

static const struct ccm_wire_panic sample_panic = {
	.node = 258,
	.partner = 65534,
	.incarnation = 0x1112131415161718ULL,
	.secret = SECRET,
};

/*
 * For each type: encode its sample; decode into memory that is filled with GUARD and,
 * if that succeeds, encode again what was decoded. Nothing may be written on failure.
 */
#define DEFINE_CODEC(type)							\
static void encode_##type(u8 *buf)						\
{										\
	ccm_wire_put_##type(buf, &sample_##type);				\
}										\
										\
static int recode_##type(const u8 *buf, u32 len, u8 *out)			\
{										\
	struct ccm_wire_##type msg;						\
	int error;								\
										\
	memset(&msg, GUARD, sizeof(msg));					\
	error = ccm_wire_get_##type(buf, len, &msg);				\
	if (!error)								\
		ccm_wire_put_##type(out, &msg);					\
	else if (memchr_inv(&msg, GUARD, sizeof(msg)))				\
		return 1;							\
	return error;								\
}

DEFINE_CODEC(request)
DEFINE_CODEC(reject)
DEFINE_CODEC(keys)
DEFINE_CODEC(ring)
DEFINE_CODEC(status)
DEFINE_CODEC(hello)
DEFINE_CODEC(answer)
DEFINE_CODEC(ready)
DEFINE_CODEC(goodbye)
DEFINE_CODEC(port)
DEFINE_CODEC(panic)

struct codec {
	const char *name;
	enum ccm_wire_type type;
	u32 len;		/* CCM_WIRE_*_LEN */
	const u8 *golden;
	u32 golden_len;
	void (*encode)(u8 *buf);
	int (*recode)(const u8 *buf, u32 len, u8 *out);
};

#define CODEC(type, TYPE) {							\
	#type, CCM_WIRE_##TYPE, CCM_WIRE_##TYPE##_LEN, golden_##type,		\
	sizeof(golden_##type), encode_##type, recode_##type,			\
}

enum codec_index {
	REQUEST, REJECT, KEYS, RING, STATUS, HELLO, ANSWER, READY, GOODBYE, PORT, PANIC
};

static const struct codec codecs[] = {	/* by enum codec_index */
	CODEC(request, REQUEST),
	CODEC(reject, REJECT),
	CODEC(keys, KEYS),
	CODEC(ring, RING),
	CODEC(status, STATUS),
	CODEC(hello, HELLO),
	CODEC(answer, ANSWER),
	CODEC(ready, READY),
	CODEC(goodbye, GOODBYE),
	CODEC(port, PORT),
	CODEC(panic, PANIC),
};

static const struct codec *codec_of(const struct kunit *test)
{
	return (const struct codec *)test->param_value;
}

static void codec_desc(const struct codec *codec, char *desc)
{
	strscpy(desc, codec->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(codec, codecs, codec_desc);

static void wire_encodes_golden(struct kunit *test)
{
	const struct codec *codec = codec_of(test);
	u8 buf[BUF_LEN];

	KUNIT_ASSERT_EQ(test, codec->golden_len, codec->len);
	/* What lay in the buffer must not get out as reserved bytes ... */
	memset(buf, GUARD, sizeof(buf));
	codec->encode(buf);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, codec->golden, codec->len));
	/* ... and nothing is written beyond the message. */
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + codec->len, GUARD,
					   sizeof(buf) - codec->len));
}

static void wire_decodes_golden(struct kunit *test)
{
	const struct codec *codec = codec_of(test);
	u8 out[BUF_LEN];

	memset(out, GUARD, sizeof(out));
	KUNIT_ASSERT_EQ(test, 0, codec->recode(codec->golden, codec->len, out));
	KUNIT_EXPECT_EQ(test, 0, memcmp(out, codec->golden, codec->len));
}

static void wire_truncated(struct kunit *test)
{
	const struct codec *codec = codec_of(test);
	u8 out[BUF_LEN];
	u8 *exact;
	u8 *copy;
	u32 len;

	KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT, codec->recode(NULL, 0, out));
	for (len = 1; len < codec->len; len++) {
		/* An allocation of exactly this size: KASAN sees a read beyond it. */
		exact = (u8 *)kunit_kmalloc(test, len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, exact);
		memcpy(exact, codec->golden, len);
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT, codec->recode(exact, len, out));

		/* The message itself says that it is that short. */
		copy = (u8 *)kunit_kmalloc(test, codec->len, GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copy);
		memcpy(copy, codec->golden, codec->len);
		copy[6] = (u8)(len & 0xff);
		copy[7] = (u8)(len >> 8);
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT,
				codec->recode(copy, codec->len, out));
		kunit_kfree(test, copy);
		kunit_kfree(test, exact);
	}
}

/* RDMA CM pads with zeroes; a later version may append fields. */
static void wire_longer(struct kunit *test)
{
	const struct codec *codec = codec_of(test);
	u8 buf[BUF_LEN] = { 0 };
	u8 out[BUF_LEN];

	memcpy(buf, codec->golden, codec->len);
	KUNIT_EXPECT_EQ(test, 0, codec->recode(buf, sizeof(buf), out));

	memset(buf + codec->len, GUARD, sizeof(buf) - codec->len);
	buf[6] = (u8)((codec->len + 16) & 0xff);
	buf[7] = (u8)((codec->len + 16) >> 8);
	KUNIT_EXPECT_EQ(test, 0, codec->recode(buf, codec->len + 16, out));
	KUNIT_EXPECT_EQ(test, 0, memcmp(out + 8, codec->golden + 8, codec->len - 8));

	/* ... and nothing of them needs to be here: only what is known is READ. */
	KUNIT_EXPECT_EQ(test, 0, codec->recode(buf, codec->len, out));
	KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT, codec->recode(buf, codec->len - 1, out));

	buf[6] = 0xff;
	buf[7] = 0xff;
	memset(out, GUARD, sizeof(out));
	KUNIT_EXPECT_EQ(test, 0, codec->recode(buf, codec->len, out));
	KUNIT_EXPECT_EQ(test, 0, memcmp(out + 8, codec->golden + 8, codec->len - 8));
}

static void wire_other_message(struct kunit *test)
{
	const struct codec *codec = codec_of(test);
	u8 buf[BUF_LEN] = { 0 };
	u8 out[BUF_LEN];
	u32 i;

	KUNIT_EXPECT_EQ(test, CCM_WIRE_EMAGIC, codec->recode(buf, sizeof(buf), out));
	for (i = 0; i < 4 * 8; i++) {
		memcpy(buf, codec->golden, codec->len);
		buf[i / 8] ^= (u8)(1U << (i % 8));
		KUNIT_EXPECT_EQ(test, CCM_WIRE_EMAGIC,
				codec->recode(buf, codec->len, out));
	}
	for (i = 0; i < 65536; i++) {
		memcpy(buf, codec->golden, codec->len);
		buf[4] = (u8)(i & 0xff);
		buf[5] = (u8)(i >> 8);
		KUNIT_ASSERT_EQ(test, i == (u32)codec->type ? 0 : CCM_WIRE_ETYPE,
				codec->recode(buf, codec->len, out));
	}
}

/* A field of a golden vector is set to @value; is the message still valid? */
struct range_case {
	enum codec_index message;
	const char *field;
	u32 offset;
	u32 width;
	u64 value;
	bool valid;
};

static const struct range_case range_cases[] = {
	{ REQUEST, "version_min", 8, 2, 0, false },
	{ REQUEST, "version_min", 8, 2, 3, true },
	{ REQUEST, "version_min", 8, 2, 4, false },
	{ REQUEST, "version_max", 10, 2, 0, false },
	{ REQUEST, "version_max", 10, 2, 1, true },
	{ REQUEST, "version_max", 10, 2, 0xffff, true },
	{ REQUEST, "purpose", 12, 2, 0, false },
	{ REQUEST, "purpose", 12, 2, 1, true },
	{ REQUEST, "purpose", 12, 2, 2, false },
	{ REQUEST, "purpose", 12, 2, 0xffff, false },
	{ REQUEST, "reserved", 14, 2, 0xffff, true },
	{ REQUEST, "node", 16, 4, 0, false },
	{ REQUEST, "node", 16, 4, 1, true },
	{ REQUEST, "node", 16, 4, 65535, true },
	{ REQUEST, "node", 16, 4, 65536, false },
	{ REQUEST, "node", 16, 4, 0xffffffff, false },
	{ REQUEST, "partner", 20, 4, 0, false },
	{ REQUEST, "partner", 20, 4, 65535, true },
	{ REQUEST, "partner", 20, 4, 65536, false },
	{ REQUEST, "incarnation", 32, 8, 0, false },
	{ REQUEST, "incarnation", 32, 8, 1ULL << 63, true },
	{ REQUEST, "attempt", 40, 4, 0, true },
	{ REQUEST, "reserved", 44, 4, 0xffffffff, true },
	{ REQUEST, "uptime_ms", 48, 8, 0, true },
	{ REQUEST, "uptime_ms", 48, 8, CCM_UPTIME_MS_MAX, true },
	{ REQUEST, "uptime_ms", 48, 8, CCM_UPTIME_MS_MAX + 1, false },
	{ REQUEST, "uptime_ms", 48, 8, ~0ULL, false },

	{ REJECT, "code", 8, 2, CCM_REJECT_NONE, false },
	{ REJECT, "code", 8, 2, CCM_REJECT_CROSSED, true },
	{ REJECT, "code", 8, 2, CCM_REJECT_COUNT - 1, true },
	{ REJECT, "code", 8, 2, CCM_REJECT_COUNT, true },	/* a later version's */
	{ REJECT, "code", 8, 2, 0xffff, true },
	{ REJECT, "reserved", 10, 2, 0xffff, true },
	{ REJECT, "version_min", 12, 2, 0, false },
	{ REJECT, "version_min", 12, 2, 261, false },
	{ REJECT, "version_max", 14, 2, 1, false },
	{ REJECT, "node", 16, 4, 0, false },
	{ REJECT, "node", 16, 4, 65536, false },
	{ REJECT, "reserved", 20, 4, 0xffffffff, true },
	{ REJECT, "incarnation", 24, 8, 0, false },
	{ REJECT, "reserved", 32, 8, ~0ULL, true },
	{ REJECT, "reserved", 40, 8, ~0ULL, true },

	{ KEYS, "status_addr", 8, 8, 0, true },
	{ KEYS, "status_addr", 8, 8, ~0ULL - 0x2000, true },
	{ KEYS, "status_addr", 8, 8, ~0ULL - 0x1fff, false },
	{ KEYS, "status_addr", 8, 8, ~0ULL, false },
	{ KEYS, "status_key", 16, 4, 0, true },
	{ KEYS, "mailbox_addr", 24, 8, ~0ULL - 0x5000, true },
	{ KEYS, "mailbox_addr", 24, 8, ~0ULL - 0x4fff, false },
	{ KEYS, "mailbox_key", 32, 4, 0, true },
	{ KEYS, "incarnation", 40, 8, 0, false },
	{ KEYS, "nonce", 48, 8, 0, false },
	{ KEYS, "mtu", 56, 8, ~0ULL, true },
	{ KEYS, "challenge", 64, 8, 0, true },
	{ KEYS, "auth", 80, 4, 0xffffffff, true },	/* refused, not malformed */
	{ KEYS, "reserved", 84, 4, 0xffffffff, true },
	{ KEYS, "numbers", 88, 8, ~0ULL, true },
	{ KEYS, "numbers", 96, 8, 0, true },
	{ KEYS, "reserved", 104, 8, ~0ULL, true },

	{ RING, "word", 8, 4, 0, false },
	{ RING, "word", 8, 4, 0x00ffffff, false },
	{ RING, "word", 8, 4, 0x01000000, true },
	{ RING, "word", 8, 4, 0x09ffffff, true },
	{ RING, "word", 8, 4, 0x0a000000, true },	/* a later version's */
	{ RING, "word", 8, 4, 0xffffffff, true },
	{ RING, "reserved", 12, 4, 0xffffffff, true },

	{ STATUS, "version_min", 8, 2, 0, false },
	{ STATUS, "version_min", 8, 2, 3, false },
	{ STATUS, "version_max", 10, 2, 0, false },
	{ STATUS, "node", 12, 4, 0, false },
	{ STATUS, "node", 12, 4, 65536, false },
	{ STATUS, "incarnation", 16, 8, 0, false },
	{ STATUS, "stage", 32, 4, CCM_STAGE_UNKNOWN, true },
	{ STATUS, "stage", 32, 4, CCM_STAGE_COUNT - 1, true },
	{ STATUS, "stage", 32, 4, CCM_STAGE_COUNT, true },	/* a later version's */
	{ STATUS, "stage", 32, 4, 0xffffffff, true },
	{ STATUS, "flags", 36, 4, 0xffffffff, true },
	{ STATUS, "counter", 40, 8, 0, true },
	{ STATUS, "tick_ms", 48, 4, 0, false },
	{ STATUS, "tick_ms", 48, 4, 1, true },
	{ STATUS, "tick_ms", 48, 4, 60000, true },
	{ STATUS, "tick_ms", 48, 4, 60001, false },
	{ STATUS, "reserved", 52, 4, 0xffffffff, true },
	{ STATUS, "uptime_ms", 56, 8, 0, true },
	{ STATUS, "uptime_ms", 56, 8, CCM_UPTIME_MS_MAX, true },
	{ STATUS, "uptime_ms", 56, 8, CCM_UPTIME_MS_MAX + 1, false },
	{ STATUS, "uptime_ms", 56, 8, ~0ULL, false },
	{ STATUS, "reserved", 64, 8, ~0ULL, true },
	{ STATUS, "reserved", 88, 8, ~0ULL, true },

	{ HELLO, "version_min", 8, 2, 0, false },
	{ HELLO, "version_min", 8, 2, 3, false },
	{ HELLO, "version_max", 10, 2, 0, false },
	{ HELLO, "node", 12, 4, 0, false },
	{ HELLO, "node", 12, 4, 65536, false },
	{ HELLO, "incarnation", 16, 8, 0, false },
	{ HELLO, "nonce", 24, 8, 0, false },
	{ HELLO, "nonce_partner", 32, 8, 0, false },
	{ HELLO, "capabilities", 40, 8, ~0ULL, true },
	{ HELLO, "detect_ms", 48, 4, CCM_DETECT_MS_MIN - 1, false },
	{ HELLO, "detect_ms", 48, 4, CCM_DETECT_MS_MIN, true },
	{ HELLO, "detect_ms", 48, 4, CCM_DETECT_MS_MAX, true },
	{ HELLO, "detect_ms", 48, 4, CCM_DETECT_MS_MAX + 1, false },
	{ HELLO, "stage", 52, 4, CCM_STAGE_COUNT - 1, true },
	{ HELLO, "stage", 52, 4, CCM_STAGE_COUNT, true },	/* a later version's */
	{ HELLO, "auth", 56, 4, CCM_AUTH_NONE, true },
	{ HELLO, "auth", 56, 4, CCM_AUTH_PSK + 1, true },	/* answered, not malformed */
	{ HELLO, "auth", 56, 4, 0xffffffff, true },
	{ HELLO, "number", 60, 4, 0xffffffff, true },
	{ HELLO, "proof", 64, 8, 0, true },
	{ HELLO, "name", 96, 1, 0, true },
	{ HELLO, "name", 96, 1, 0x1f, false },
	{ HELLO, "name", 96, 1, ' ', true },
	{ HELLO, "name", 96, 1, '~', true },
	{ HELLO, "name", 96, 1, 0x7f, false },
	{ HELLO, "name", 96, 1, 0x80, false },
	{ HELLO, "name", 96, 1, 0xff, false },
	{ HELLO, "name", 112, 1, '\n', false },
	{ HELLO, "name", 112, 1, 0x1b, false },
	{ HELLO, "name behind NUL", 114, 8, ~0ULL, true },
	{ HELLO, "uptime_ms", 128, 8, 0, true },
	{ HELLO, "uptime_ms", 128, 8, CCM_UPTIME_MS_MAX, true },
	{ HELLO, "uptime_ms", 128, 8, CCM_UPTIME_MS_MAX + 1, false },
	{ HELLO, "uptime_ms", 128, 8, ~0ULL, false },
	{ HELLO, "reserved", 136, 8, ~0ULL, true },
	{ HELLO, "secret", 144, 8, 0, true },
	{ HELLO, "secret", 152, 8, ~0ULL, true },

	{ ANSWER, "code", 8, 4, CCM_ANSWER_NONE, true },
	{ ANSWER, "code", 8, 4, CCM_ANSWER_COUNT - 1, true },
	{ ANSWER, "code", 8, 4, CCM_ANSWER_COUNT, true },	/* a later version's */
	{ ANSWER, "code", 8, 4, 0xffffffff, true },
	{ ANSWER, "version", 12, 2, 0, false },
	{ ANSWER, "reserved", 14, 2, 0xffff, true },
	{ ANSWER, "incarnation", 16, 8, 0, false },
	{ ANSWER, "nonce", 24, 8, 0, false },
	{ ANSWER, "nonce_partner", 32, 8, 0, false },
	{ ANSWER, "capabilities", 40, 8, ~0ULL, true },
	{ ANSWER, "reserved", 48, 8, ~0ULL, true },

	{ READY, "generation", 8, 8, 0, false },
	{ READY, "generation_partner", 16, 8, 0, false },
	{ READY, "nonce", 24, 8, 0, false },
	{ READY, "plan", 32, 8, 0, true },
	{ READY, "reserved", 40, 8, ~0ULL, true },

	{ GOODBYE, "reason", 8, 2, CCM_REASON_NONE, false },
	{ GOODBYE, "reason", 8, 2, 1, true },
	{ GOODBYE, "reason", 8, 2, CCM_REASON_COUNT - 1, true },
	{ GOODBYE, "reason", 8, 2, CCM_REASON_COUNT, false },
	{ GOODBYE, "reason", 8, 2, 0xffff, false },
	{ GOODBYE, "reserved", 10, 2, 0xffff, true },
	{ GOODBYE, "reserved", 12, 4, 0xffffffff, true },

	{ PORT, "node", 8, 4, 0, false },
	{ PORT, "node", 8, 4, 65535, true },
	{ PORT, "node", 8, 4, 65536, false },
	{ PORT, "partner", 12, 4, 0, false },
	{ PORT, "partner", 12, 4, 65536, false },
	{ PORT, "token", 16, 8, 0, true },
	{ PORT, "instance", 24, 8, 0, false },
	{ PORT, "instance_partner", 32, 8, 0, false },
	{ PORT, "epoch", 40, 4, 0, false },
	{ PORT, "epoch", 40, 4, 0xffffffff, true },	/* no link has it */
	{ PORT, "port", 44, 4, 0, true },
	{ PORT, "port", 44, 4, CCM_CLIENT_PORTS_MAX, false },
	{ PORT, "port", 44, 4, 0xffffffff, false },
	{ PORT, "incarnation", 48, 8, 0, false },

	{ PANIC, "node", 8, 4, 0, false },
	{ PANIC, "node", 8, 4, 65536, false },
	{ PANIC, "partner", 12, 4, 0, false },
	{ PANIC, "partner", 12, 4, 65536, false },
	{ PANIC, "incarnation", 16, 8, 0, false },
	{ PANIC, "secret", 24, 8, 0, true },	/* the other half is none */
	{ PANIC, "secret", 32, 8, 0, true },
	{ PANIC, "reserved", 40, 8, ~0ULL, true },
};

static void range_desc(const struct range_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s.%s = 0x%llx",
		 codecs[c->message].name, c->field, (unsigned long long)c->value);
}

KUNIT_ARRAY_PARAM(range, range_cases, range_desc);

static void wire_field_range(struct kunit *test)
{
	const struct range_case *c = (const struct range_case *)test->param_value;
	const struct codec *codec = &codecs[c->message];
	u8 buf[BUF_LEN];
	u8 out[BUF_LEN];
	u32 i;

	KUNIT_ASSERT_LE(test, c->offset + c->width, codec->len);
	memcpy(buf, codec->golden, codec->len);
	for (i = 0; i < c->width; i++)
		buf[c->offset + i] = (u8)(c->value >> (8 * i));
	KUNIT_EXPECT_EQ(test, c->valid ? 0 : CCM_WIRE_ERANGE,
			codec->recode(buf, codec->len, out));
}

/* What a later version says where this one knows a few values: as safe as can be */
static void wire_later_values(struct kunit *test)
{
	struct ccm_wire_status status;
	struct ccm_wire_reject reject;
	struct ccm_wire_answer answer;
	struct ccm_wire_hello hello;
	struct ccm_link_slot slot;
	u8 buf[BUF_LEN];

	memcpy(buf, golden_status, CCM_WIRE_STATUS_LEN);
	buf[32] = CCM_STAGE_COUNT;
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_status(buf, CCM_WIRE_STATUS_LEN, &status));
	KUNIT_EXPECT_EQ(test, status.stage, (u32)CCM_STAGE_UNKNOWN);

	memcpy(buf, golden_hello, CCM_WIRE_HELLO_LEN);
	buf[52] = CCM_STAGE_COUNT;
	buf[56] = 77;
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_hello(buf, CCM_WIRE_HELLO_LEN, &hello));
	KUNIT_EXPECT_EQ(test, hello.stage, (u32)CCM_STAGE_UNKNOWN);
	KUNIT_EXPECT_EQ(test, hello.auth, 77U);

	memcpy(buf, golden_answer, CCM_WIRE_ANSWER_LEN);
	buf[8] = CCM_ANSWER_COUNT;
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_answer(buf, CCM_WIRE_ANSWER_LEN, &answer));
	KUNIT_EXPECT_EQ(test, answer.code, (u32)CCM_ANSWER_REFUSED);

	memcpy(buf, golden_reject, CCM_WIRE_REJECT_LEN);
	buf[8] = CCM_REJECT_COUNT;
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_reject(buf, CCM_WIRE_REJECT_LEN, &reject));
	KUNIT_EXPECT_EQ(test, reject.code, (u32)CCM_REJECT_COUNT);

	memcpy(buf, golden_links, sizeof(golden_links));
	buf[32 + 22] = CCM_CLIENT_REASON_COUNT;
	ccm_links_get_slot(buf, 0, &slot);
	KUNIT_EXPECT_EQ(test, slot.reason, (u32)CCM_CLIENT_OTHER);
}

static void wire_name_not_terminated(struct kunit *test)
{
	struct ccm_wire_hello msg;
	u8 buf[BUF_LEN];
	u32 i;

	memcpy(buf, golden_hello, CCM_WIRE_HELLO_LEN);
	for (i = 0; i < CCM_WIRE_NAME_LEN; i++)
		buf[96 + i] = 'x';
	KUNIT_EXPECT_EQ(test, CCM_WIRE_ERANGE,
			ccm_wire_get_hello(buf, CCM_WIRE_HELLO_LEN, &msg));
	buf[96 + CCM_WIRE_NAME_LEN - 1] = 0;
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_hello(buf, CCM_WIRE_HELLO_LEN, &msg));
	KUNIT_EXPECT_EQ(test, strlen(msg.name), (size_t)CCM_WIRE_NAME_LEN - 1);

	/* An encoder ends a name that its caller did not. */
	memset(msg.name, 'y', sizeof(msg.name));
	ccm_wire_put_hello(buf, &msg);
	KUNIT_EXPECT_EQ(test, 0, ccm_wire_get_hello(buf, CCM_WIRE_HELLO_LEN, &msg));
}

/* What lies behind the NUL of a name neither comes in nor goes out. */
static void wire_name_remains(struct kunit *test)
{
	struct ccm_wire_hello msg;
	u8 buf[BUF_LEN];

	memcpy(buf, golden_hello, CCM_WIRE_HELLO_LEN);
	memset(buf + 114, GUARD, 14);
	KUNIT_ASSERT_EQ(test, 0, ccm_wire_get_hello(buf, CCM_WIRE_HELLO_LEN, &msg));
	KUNIT_EXPECT_NULL(test, memchr_inv(msg.name + 17, 0, sizeof(msg.name) - 17));

	memset(msg.name + 18, GUARD, sizeof(msg.name) - 18);
	ccm_wire_put_hello(buf, &msg);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, golden_hello, CCM_WIRE_HELLO_LEN));
}

static void wire_answer_not_accepted(struct kunit *test)
{
	struct ccm_wire_answer msg = {
		.code = CCM_ANSWER_NONE,
		.incarnation = 1,
	};
	struct ccm_wire_answer got;
	u8 buf[BUF_LEN];

	/* As a session page is before there is a hello to answer */
	ccm_wire_put_answer(buf, &msg);
	KUNIT_EXPECT_EQ(test, 0, ccm_wire_get_answer(buf, CCM_WIRE_ANSWER_LEN, &got));
	msg.code = CCM_ANSWER_VERSION;
	ccm_wire_put_answer(buf, &msg);
	KUNIT_EXPECT_EQ(test, 0, ccm_wire_get_answer(buf, CCM_WIRE_ANSWER_LEN, &got));
	msg.code = CCM_ANSWER_ACCEPTED;
	ccm_wire_put_answer(buf, &msg);
	KUNIT_EXPECT_EQ(test, CCM_WIRE_ERANGE,
			ccm_wire_get_answer(buf, CCM_WIRE_ANSWER_LEN, &got));
}

static void wire_layout(struct kunit *test)
{
	/* Messages fit the places and the private data they travel in. */
	KUNIT_EXPECT_LE(test, CCM_WIRE_REQUEST_LEN, CCM_PRIVATE_REQUEST_MAX);
	KUNIT_EXPECT_LE(test, CCM_WIRE_REQUEST_LEN, CCM_PRIVATE_ACCEPT_MAX);
	KUNIT_EXPECT_LE(test, CCM_WIRE_REJECT_LEN, CCM_PRIVATE_REJECT_MAX);
	KUNIT_EXPECT_LE(test, CCM_MAILBOX_HELLO + CCM_WIRE_HELLO_LEN, CCM_MAILBOX_READY);
	KUNIT_EXPECT_LE(test, CCM_MAILBOX_READY + CCM_WIRE_READY_LEN, CCM_MAILBOX_GOODBYE);
	KUNIT_EXPECT_LE(test, CCM_MAILBOX_GOODBYE + CCM_WIRE_GOODBYE_LEN,
			CCM_MAILBOX_CATALOG);
	KUNIT_EXPECT_LE(test, CCM_MAILBOX_CATALOG + CCM_CATALOG_LEN_MAX,
			(u32)CCM_MAILBOX_LINKS);
	KUNIT_EXPECT_LE(test, CCM_MAILBOX_LINKS + CCM_LINKS_LEN_MAX, (u32)CCM_MAILBOX_LEN);
	KUNIT_EXPECT_LE(test, CCM_WIRE_PORT_LEN, CCM_PRIVATE_REQUEST_MAX);
	KUNIT_EXPECT_LE(test, CCM_WIRE_PORT_LEN, CCM_PRIVATE_ACCEPT_MAX);
	KUNIT_EXPECT_LE(test, CCM_STATUS_OFFSET + CCM_WIRE_STATUS_LEN, CCM_ANSWER_OFFSET);
	KUNIT_EXPECT_LE(test, CCM_ANSWER_OFFSET + CCM_WIRE_ANSWER_LEN,
			CCM_STATUS_REGION_LEN);
	/* Stored at once: aligned */
	KUNIT_EXPECT_EQ(test, CCM_STATUS_STAGE % 4, 0);
	KUNIT_EXPECT_EQ(test, CCM_STATUS_FLAGS % 4, 0);
	KUNIT_EXPECT_EQ(test, CCM_STATUS_COUNTER % 8, 0);
	KUNIT_EXPECT_EQ(test, CCM_STATUS_UPTIME % 8, 0);
}

static void wire_ring_words(struct kunit *test)
{
	u32 kind;

	KUNIT_EXPECT_EQ(test, ccm_wire_ring_word(CCM_RING_CATALOG, 0x123456), 0x03123456U);
	KUNIT_EXPECT_EQ(test, ccm_wire_ring_word(CCM_RING_HELLO, 0xff000000), 0x01000000U);
	for (kind = 0; kind < 256; kind++)
		KUNIT_EXPECT_EQ(test, ccm_wire_ring_kind((kind << 24) | 0xabcdef),
				kind);
}

struct version_case {
	u16 min_a;
	u16 max_a;
	u16 min_b;
	u16 max_b;
	u16 common;
};

static const struct version_case version_cases[] = {
	{ 1, 1, 1, 1, 1 },
	{ 1, 3, 2, 5, 3 },
	{ 2, 5, 1, 3, 3 },
	{ 1, 9, 3, 4, 4 },
	{ 1, 1, 2, 2, 0 },
	{ 2, 2, 1, 1, 0 },
	{ 1, 65535, 65535, 65535, 65535 },
	{ 3, 1, 1, 9, 0 },	/* upside down */
	{ 1, 9, 3, 1, 0 },
};

static void version_desc(const struct version_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u..%u and %u..%u", c->min_a, c->max_a,
		 c->min_b, c->max_b);
}

KUNIT_ARRAY_PARAM(version, version_cases, version_desc);

static void wire_version_common(struct kunit *test)
{
	const struct version_case *c = (const struct version_case *)test->param_value;

	KUNIT_EXPECT_EQ(test, c->common,
			ccm_version_common(c->min_a, c->max_a, c->min_b, c->max_b));
}

static void wire_cluster_id(struct kunit *test)
{
	/* Test vectors of FNV-1a, 64 bits (draft-eastlake-fnv) */
	KUNIT_EXPECT_EQ(test, ccm_cluster_id(""), 0xcbf29ce484222325ULL);
	KUNIT_EXPECT_EQ(test, ccm_cluster_id("a"), 0xaf63dc4c8601ec8cULL);
	KUNIT_EXPECT_EQ(test, ccm_cluster_id("foobar"), 0x85944171f73967e8ULL);
}

static void wire_names(struct kunit *test)
{
	u32 code;
	int error;

	for (code = 0; code < CCM_REJECT_COUNT; code++)
		KUNIT_EXPECT_STRNEQ(test, ccm_reject_name(code), "unknown");
	KUNIT_EXPECT_STREQ(test, ccm_reject_name(CCM_REJECT_COUNT), "unknown");
	for (error = CCM_WIRE_ERANGE; error <= 0; error++)
		KUNIT_EXPECT_STRNEQ(test, ccm_wire_error_name(error), "unknown error");
	KUNIT_EXPECT_STREQ(test, ccm_wire_error_name(CCM_WIRE_ERANGE - 1),
			   "unknown error");
	KUNIT_EXPECT_STREQ(test, ccm_wire_error_name(1), "unknown error");
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE_PARAM(wire_encodes_golden, codec_gen_params),
	KUNIT_CASE_PARAM(wire_decodes_golden, codec_gen_params),
	KUNIT_CASE_PARAM(wire_truncated, codec_gen_params),
	KUNIT_CASE_PARAM(wire_longer, codec_gen_params),
	KUNIT_CASE_PARAM(wire_other_message, codec_gen_params),
	KUNIT_CASE_PARAM(wire_field_range, range_gen_params),
	KUNIT_CASE(wire_later_values),
	KUNIT_CASE(wire_name_not_terminated),
	KUNIT_CASE(wire_name_remains),
	KUNIT_CASE(wire_answer_not_accepted),
	KUNIT_CASE(wire_layout),
	KUNIT_CASE(wire_ring_words),
	KUNIT_CASE_PARAM(wire_version_common, version_gen_params),
	KUNIT_CASE(wire_cluster_id),
	KUNIT_CASE(wire_names),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "ccm_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
