// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catalogs and tables of links: golden vectors both ways, every truncation, every field
 * at and beyond the ends of its range; and the plan of two declarations.
 */
#include <kunit/test.h>

#include "../../../ccm/core/links_wire.h"
#include "../../../ccm/core/wire.h"
#include "wire_golden.h"

#define BUF_LEN		256
#define GUARD		0xee

/* What golden_catalog says */
static const struct ccm_catalog_entry entry_log = {
	.name = "log",
	.version_min = 258,
	.version_max = 772,
	.ports_min = 5,
	.ports_max = 64,
	.ask = 0x3132333435363738ULL,
	.give = 0x4142434445464748ULL,
	.instance = 0x5152535455565758ULL,
};

static const struct ccm_catalog_entry entry_long = {
	.name = "a-name-of-thirty-one-characters",
	.version_min = 1,
	.version_max = 1,
	.ports_min = 1,
	.ports_max = 1,
	.ask = 0,
	.give = 0,
	.instance = 1,
};

/* What golden_links says in its slots 0 and 2 */
static const struct ccm_link_slot slot_offer = {
	.mine = 0x3132333435363738ULL,
	.yours = 0x4142434445464748ULL,
	.epoch = 0x51525354,
	.state = CCM_LINK_OFFERED,
	.reason = CCM_CLIENT_CONNECT,
	.offer = {
		.table_addr = 0x6162636465666768ULL,
		.table_key = 0x71727374,
		.chunks = CCM_LINK_CHUNKS_MAX,
		.bytes = 0x8182838485868788ULL,
	},
};

static const struct ccm_link_slot slot_idle = {
	.mine = 1,
	.yours = 2,
	.epoch = 3,
	.state = CCM_LINK_IDLE,
	.reason = CCM_CLIENT_LIMIT,
};

/* Too large for the stack */
static struct ccm_catalog *catalog_alloc(struct kunit *test)
{
	struct ccm_catalog *catalog;

	catalog = (struct ccm_catalog *)kunit_kzalloc(test, sizeof(*catalog), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, catalog);
	return catalog;
}

static void catalog_golden(struct kunit *test)
{
	struct ccm_catalog *catalog = catalog_alloc(test);
	u8 buf[BUF_LEN];

	catalog->generation = 0x1112131415161718ULL;
	catalog->nonce = 0x2122232425262728ULL;
	catalog->count = 2;
	catalog->entries[0] = entry_log;
	catalog->entries[1] = entry_long;
	/* What lies behind the NUL of a name does not go out. */
	memset(catalog->entries[0].name + 4, GUARD, CCM_CLIENT_NAME_LEN - 4);
	KUNIT_ASSERT_EQ(test, ccm_catalog_len(2), (u32)sizeof(golden_catalog));
	memset(buf, GUARD, sizeof(buf));
	ccm_catalog_put(buf, catalog);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, golden_catalog, sizeof(golden_catalog)));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + sizeof(golden_catalog), GUARD,
					   sizeof(buf) - sizeof(golden_catalog)));

	memset(catalog, GUARD, sizeof(*catalog));
	KUNIT_ASSERT_EQ(test, 0, ccm_catalog_get(golden_catalog, sizeof(golden_catalog),
						 catalog));
	KUNIT_EXPECT_EQ(test, catalog->generation, 0x1112131415161718ULL);
	KUNIT_EXPECT_EQ(test, catalog->nonce, 0x2122232425262728ULL);
	KUNIT_EXPECT_EQ(test, catalog->count, 2U);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&catalog->entries[0], &entry_log, sizeof(entry_log)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&catalog->entries[1], &entry_long,
					sizeof(entry_long)));
	KUNIT_EXPECT_NULL(test, memchr_inv(&catalog->entries[2], 0,
					   62 * sizeof(entry_long)));

	KUNIT_EXPECT_PTR_EQ(test, ccm_catalog_find(catalog, entry_long.name),
			    (const struct ccm_catalog_entry *)&catalog->entries[1]);
	KUNIT_EXPECT_NULL(test, ccm_catalog_find(catalog, "lo"));
	KUNIT_EXPECT_NULL(test, ccm_catalog_find(catalog, "logs"));
	KUNIT_EXPECT_PTR_EQ(test, ccm_catalog_find_instance(catalog, entry_log.instance),
			    (const struct ccm_catalog_entry *)&catalog->entries[0]);
	KUNIT_EXPECT_NULL(test, ccm_catalog_find_instance(catalog, 2));
}

static void links_golden(struct kunit *test)
{
	struct ccm_links_header header = {
		.nonce = 0x1112131415161718ULL,
		.sequence = 0x2122232425262728ULL,
		.count = 3,
	};
	struct ccm_link_slot slot;
	u8 buf[BUF_LEN];

	KUNIT_ASSERT_EQ(test, ccm_links_len(3), (u32)sizeof(golden_links));
	memset(buf, GUARD, sizeof(buf));
	ccm_links_put(buf, &header);
	ccm_links_put_slot(buf, 0, &slot_offer);
	ccm_links_put_slot(buf, 2, &slot_idle);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, golden_links, sizeof(golden_links)));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + sizeof(golden_links), GUARD,
					   sizeof(buf) - sizeof(golden_links)));

	memset(&header, GUARD, sizeof(header));
	KUNIT_ASSERT_EQ(test, 0, ccm_links_get(golden_links, sizeof(golden_links), &header));
	KUNIT_EXPECT_EQ(test, header.nonce, 0x1112131415161718ULL);
	KUNIT_EXPECT_EQ(test, header.sequence, 0x2122232425262728ULL);
	KUNIT_EXPECT_EQ(test, header.count, 3U);
	memset(&slot, GUARD, sizeof(slot));
	ccm_links_get_slot(golden_links, 0, &slot);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&slot, &slot_offer, sizeof(slot)));
	ccm_links_get_slot(golden_links, 1, &slot);
	KUNIT_EXPECT_NULL(test, memchr_inv(&slot, 0, sizeof(slot)));
	ccm_links_get_slot(golden_links, 2, &slot);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&slot, &slot_idle, sizeof(slot)));
}

/* Decode bytes of exactly this length: KASAN sees a read beyond them. */
static int check_exact(struct kunit *test, const u8 *bytes, u32 len, bool links)
{
	struct ccm_links_header header;
	int error;
	u8 *exact;

	exact = (u8 *)kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, exact);
	memcpy(exact, bytes, len);
	memset(&header, GUARD, sizeof(header));
	error = links ? ccm_links_get(exact, len, &header) : ccm_catalog_check(exact, len);
	if (links && error)
		KUNIT_EXPECT_NULL(test, memchr_inv(&header, GUARD, sizeof(header)));
	kunit_kfree(test, exact);
	return error;
}

static void catalog_truncated(struct kunit *test)
{
	u8 buf[BUF_LEN];
	u32 len;

	for (len = 1; len < sizeof(golden_catalog); len++) {
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT,
				check_exact(test, golden_catalog, len, false));
		memcpy(buf, golden_catalog, sizeof(golden_catalog));
		buf[6] = (u8)len;
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT,
				check_exact(test, buf, sizeof(golden_catalog), false));
	}
	for (len = 1; len < sizeof(golden_links); len++) {
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT,
				check_exact(test, golden_links, len, true));
		memcpy(buf, golden_links, sizeof(golden_links));
		buf[6] = (u8)len;
		KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT,
				check_exact(test, buf, sizeof(golden_links), true));
	}
}

/* A field of a golden vector is set to @value; is the message still valid? */
struct field_case {
	bool links;
	const char *field;
	u32 offset;
	u32 width;
	u64 value;
	int error;
};

#define ENTRY	40	/* the first one; the second begins at 120 */
#define SLOT	32	/* the first one; the third begins at 160 */

static const struct field_case field_cases[] = {
	{ false, "magic", 0, 4, 0, CCM_WIRE_EMAGIC },
	{ false, "type", 4, 2, CCM_WIRE_LINKS, CCM_WIRE_ETYPE },
	{ false, "length", 6, 2, sizeof(golden_catalog) + 1, 0 },	/* the rest is not here */
	{ false, "length", 6, 2, 0xffff, 0 },
	{ false, "generation", 8, 8, 0, CCM_WIRE_ERANGE },
	{ false, "generation", 8, 8, ~0ULL, 0 },
	{ false, "nonce", 16, 8, 0, CCM_WIRE_ERANGE },
	{ false, "count", 24, 4, 0, 0 },
	{ false, "count", 24, 4, 1, 0 },
	{ false, "count", 24, 4, 3, CCM_WIRE_ESHORT },
	{ false, "count", 24, 4, CCM_CLIENTS_MAX, CCM_WIRE_ESHORT },
	{ false, "count", 24, 4, CCM_CLIENTS_MAX + 1, CCM_WIRE_ERANGE },
	{ false, "count", 24, 4, 0xffffffff, CCM_WIRE_ERANGE },
	{ false, "reserved", 28, 4, 0xffffffff, 0 },
	{ false, "reserved", 32, 8, ~0ULL, 0 },
	{ false, "name", ENTRY, 1, 0, CCM_WIRE_ERANGE },
	{ false, "name", ENTRY, 1, '!', 0 },
	{ false, "name", ENTRY, 1, '~', 0 },
	{ false, "name", ENTRY, 1, ' ', CCM_WIRE_ERANGE },
	{ false, "name", ENTRY, 1, 0x7f, CCM_WIRE_ERANGE },
	{ false, "name", ENTRY, 1, 0x80, CCM_WIRE_ERANGE },
	{ false, "name", ENTRY + 2, 1, '\n', CCM_WIRE_ERANGE },
	{ false, "name behind NUL", ENTRY + 4, 8, ~0ULL, 0 },
	{ false, "name without end", 120 + 31, 1, 'x', CCM_WIRE_ERANGE },
	{ false, "name twice", 120, 4, 0x00676f6c, CCM_WIRE_ERANGE },	/* "log" */
	{ false, "version_min", ENTRY + 32, 2, 0, CCM_WIRE_ERANGE },
	{ false, "version_min", ENTRY + 32, 2, 772, 0 },
	{ false, "version_min", ENTRY + 32, 2, 773, CCM_WIRE_ERANGE },
	{ false, "version_max", ENTRY + 34, 2, 0xffff, 0 },
	{ false, "ports_min", ENTRY + 36, 2, 0, CCM_WIRE_ERANGE },
	{ false, "ports_min", ENTRY + 36, 2, 64, 0 },
	{ false, "ports_min", ENTRY + 36, 2, 65, CCM_WIRE_ERANGE },
	{ false, "ports_max", ENTRY + 38, 2, 5, 0 },
	{ false, "ports_max", ENTRY + 38, 2, 4, CCM_WIRE_ERANGE },
	{ false, "ports_max", ENTRY + 38, 2, 65, CCM_WIRE_ERANGE },
	{ false, "ports_max", ENTRY + 38, 2, 0xffff, CCM_WIRE_ERANGE },
	{ false, "ask", ENTRY + 40, 8, ~0ULL, 0 },
	{ false, "give", ENTRY + 48, 8, ~0ULL, 0 },
	{ false, "instance", ENTRY + 56, 8, 0, CCM_WIRE_ERANGE },
	{ false, "instance twice", ENTRY + 56, 8, 1, CCM_WIRE_ERANGE },
	{ false, "reserved", ENTRY + 64, 8, ~0ULL, 0 },
	{ false, "reserved", ENTRY + 72, 8, ~0ULL, 0 },

	{ true, "type", 4, 2, CCM_WIRE_CATALOG, CCM_WIRE_ETYPE },
	{ true, "length", 6, 2, sizeof(golden_links) + 1, 0 },	/* the rest is not here */
	{ true, "length", 6, 2, 0xffff, 0 },
	{ true, "nonce", 8, 8, 0, CCM_WIRE_ERANGE },
	{ true, "sequence", 16, 8, 0, CCM_WIRE_ERANGE },
	{ true, "count", 24, 4, 0, 0 },
	{ true, "count", 24, 4, 4, CCM_WIRE_ESHORT },
	{ true, "count", 24, 4, CCM_CLIENTS_MAX, CCM_WIRE_ESHORT },
	{ true, "count", 24, 4, CCM_CLIENTS_MAX + 1, CCM_WIRE_ERANGE },
	{ true, "count", 24, 4, 0xffffffff, CCM_WIRE_ERANGE },
	{ true, "reserved", 28, 4, 0xffffffff, 0 },
	{ true, "mine", SLOT, 8, 0, 0 },
	{ true, "mine twice", SLOT, 8, 1, CCM_WIRE_ERANGE },
	{ true, "yours", SLOT + 8, 8, 0, CCM_WIRE_ERANGE },
	{ true, "epoch", SLOT + 16, 4, 0, CCM_WIRE_ERANGE },
	{ true, "epoch", SLOT + 16, 4, CCM_LINK_EPOCH_MAX, 0 },
	{ true, "epoch", SLOT + 16, 4, CCM_LINK_EPOCH_MAX + 1, CCM_WIRE_ERANGE },
	{ true, "epoch", SLOT + 16, 4, 0xffffffff, CCM_WIRE_ERANGE },
	{ true, "state", SLOT + 20, 2, CCM_LINK_WAITING, 0 },
	{ true, "state", SLOT + 20, 2, CCM_LINK_UP, 0 },
	{ true, "state", SLOT + 20, 2, CCM_LINK_STATE_COUNT, CCM_WIRE_ERANGE },
	{ true, "state", SLOT + 20, 2, 0xffff, CCM_WIRE_ERANGE },
	{ true, "reason", SLOT + 22, 2, CCM_CLIENT_NONE, 0 },
	{ true, "reason", SLOT + 22, 2, CCM_CLIENT_REASON_COUNT - 1, 0 },
	{ true, "reason", SLOT + 22, 2, CCM_CLIENT_REASON_COUNT, 0 },	/* a later version's */
	{ true, "reason", SLOT + 22, 2, 0xffff, 0 },
	{ true, "table_addr", SLOT + 24, 8, ~0ULL - 0x1000, 0 },
	{ true, "table_addr", SLOT + 24, 8, ~0ULL - 0xfff, CCM_WIRE_ERANGE },
	{ true, "table_key", SLOT + 32, 4, 0, 0 },
	{ true, "chunks", SLOT + 36, 4, 1, 0 },
	{ true, "chunks", SLOT + 36, 4, 0, CCM_WIRE_ERANGE },
	{ true, "chunks", SLOT + 36, 4, CCM_LINK_CHUNKS_MAX + 1, CCM_WIRE_ERANGE },
	{ true, "chunks", SLOT + 36, 4, 0xffffffff, CCM_WIRE_ERANGE },
	{ true, "bytes", SLOT + 40, 8, 0, CCM_WIRE_ERANGE },
	{ true, "bytes", SLOT + 40, 8, ~0ULL, 0 },
	{ true, "reserved", SLOT + 48, 8, ~0ULL, 0 },
	{ true, "reserved", SLOT + 56, 8, ~0ULL, 0 },
	{ true, "free slot", SLOT + 64 + 20, 2, 0xffff, 0 },
	{ true, "no offer yet", 160 + 36, 4, 0xffffffff, 0 },
};

static void field_desc(const struct field_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s.%s = 0x%llx", c->links ? "links" : "catalog",
		 c->field, (unsigned long long)c->value);
}

KUNIT_ARRAY_PARAM(field, field_cases, field_desc);

static void catalog_field(struct kunit *test)
{
	const struct field_case *c = (const struct field_case *)test->param_value;
	u32 len = c->links ? sizeof(golden_links) : sizeof(golden_catalog);
	u8 buf[BUF_LEN];
	u32 i;

	KUNIT_ASSERT_LE(test, c->offset + c->width, len);
	memcpy(buf, c->links ? golden_links : golden_catalog, len);
	for (i = 0; i < c->width; i++)
		buf[c->offset + i] = (u8)(c->value >> (8 * i));
	KUNIT_EXPECT_EQ(test, c->error, check_exact(test, buf, len, c->links));
}

static void catalog_full(struct kunit *test)
{
	struct ccm_catalog *catalog = catalog_alloc(test);
	u32 len = CCM_CATALOG_LEN_MAX;
	u32 i;
	u8 *buf;

	buf = (u8 *)kunit_kzalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	catalog->generation = 1;
	catalog->nonce = 1;
	catalog->count = CCM_CLIENTS_MAX;
	for (i = 0; i < CCM_CLIENTS_MAX; i++) {
		catalog->entries[i] = entry_long;
		catalog->entries[i].name[30] = (char)('!' + i);
		catalog->entries[i].instance = 1 + i;
	}
	KUNIT_EXPECT_EQ(test, ccm_catalog_len(CCM_CLIENTS_MAX), len);
	ccm_catalog_put(buf, catalog);
	KUNIT_EXPECT_EQ(test, 0, check_exact(test, buf, len, false));
	KUNIT_EXPECT_EQ(test, CCM_WIRE_ESHORT, check_exact(test, buf, len - 1, false));
	memcpy(buf + 40 + 63 * 80, buf + 40, CCM_CLIENT_NAME_LEN);	/* the first and the last */
	KUNIT_EXPECT_EQ(test, CCM_WIRE_ERANGE, check_exact(test, buf, len, false));
}

static void catalog_compare(struct kunit *test)
{
	struct ccm_catalog *old = catalog_alloc(test);
	u8 buf[BUF_LEN];

	memcpy(buf, golden_catalog, sizeof(golden_catalog));
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_NEWER);
	KUNIT_ASSERT_EQ(test, 0, ccm_catalog_get(buf, sizeof(golden_catalog), old));
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_SAME);
	buf[ENTRY + 40]++;		/* ask */
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_CONTRADICTS);
	buf[8]++;			/* not in a later one either: it is the same instance */
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_CONTRADICTS);
	buf[ENTRY + 56]++;		/* another instance */
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_NEWER);
	buf[8]--;
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_CONTRADICTS);
	memcpy(buf, golden_catalog, sizeof(golden_catalog));
	buf[24] = 1;			/* fewer, same generation */
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_CONTRADICTS);
	buf[8]--;			/* back */
	KUNIT_EXPECT_EQ(test, ccm_catalog_compare(buf, old), CCM_CATALOG_CONTRADICTS);
}

/* Versions, ports, ask and give of two, and what comes of it for the first one */
struct plan_case {
	u64 a[6];
	u64 b[6];
	u32 why;
	u16 version;
	u16 ports;
	u64 give;
	u64 take;
};

#define TOP	(~0ULL)

static const struct plan_case plan_cases[] = {
	{ { 1, 1, 1, 1, 0, 0 }, { 1, 1, 1, 1, 0, 0 }, CCM_CLIENT_NONE, 1, 1, 0, 0 },
	{ { 1, 3, 1, 4, 100, 50 }, { 2, 9, 2, 8, 50, 100 }, CCM_CLIENT_NONE, 3, 4, 50, 100 },
	{ { 1, 3, 4, 64, 1, TOP }, { 3, 3, 1, 4, TOP, 1 }, CCM_CLIENT_NONE, 3, 4, TOP, 1 },
	{ { 1, 1, 1, 1, 0, 0 }, { 2, 2, 1, 1, 0, 0 }, CCM_CLIENT_VERSION, 0, 0, 0, 0 },
	{ { 1, 1, 5, 9, 0, 0 }, { 1, 1, 1, 4, 0, 0 }, CCM_CLIENT_PORTS, 0, 0, 0, 0 },
	{ { 1, 1, 1, 4, 0, 0 }, { 1, 1, 5, 9, 0, 0 }, CCM_CLIENT_PORTS, 0, 0, 0, 0 },
	{ { 1, 1, 1, 1, 101, 0 }, { 1, 1, 1, 1, 0, 100 }, CCM_CLIENT_MEMORY, 0, 0, 0, 0 },
	{ { 1, 1, 1, 1, 0, 100 }, { 1, 1, 1, 1, 101, 0 }, CCM_CLIENT_MEMORY, 0, 0, 0, 0 },
	{ { 1, 1, 1, 1, TOP, TOP }, { 1, 1, 1, 1, TOP, TOP }, CCM_CLIENT_NONE, 1, 1, TOP, TOP },
	/* all at once: both sides must show the same */
	{ { 1, 1, 5, 9, 9, 0 }, { 2, 2, 1, 4, 9, 0 }, CCM_CLIENT_VERSION, 0, 0, 0, 0 },
	{ { 1, 1, 5, 9, 9, 0 }, { 1, 2, 1, 4, 9, 0 }, CCM_CLIENT_PORTS, 0, 0, 0, 0 },
};

static void fill(struct ccm_catalog_entry *entry, const char *name, u64 instance,
		 const u64 *from)
{
	memset(entry, 0, sizeof(*entry));
	strscpy(entry->name, name, sizeof(entry->name));
	entry->version_min = (u16)from[0];
	entry->version_max = (u16)from[1];
	entry->ports_min = (u16)from[2];
	entry->ports_max = (u16)from[3];
	entry->ask = from[4];
	entry->give = from[5];
	entry->instance = instance;
}

static void plan_desc(const struct plan_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "case %d", (int)(c - plan_cases));
}

KUNIT_ARRAY_PARAM(plan, plan_cases, plan_desc);

static void catalog_plan(struct kunit *test)
{
	const struct plan_case *c = (const struct plan_case *)test->param_value;
	struct ccm_catalog_entry a, b;
	struct ccm_plan plan;

	fill(&a, "x", 1, c->a);
	fill(&b, "x", 1, c->b);
	memset(&plan, GUARD, sizeof(plan));
	ccm_plan_make(&a, &b, &plan);
	KUNIT_EXPECT_EQ(test, plan.why, c->why);
	KUNIT_EXPECT_EQ(test, plan.version, c->version);
	KUNIT_EXPECT_EQ(test, plan.ports, c->ports);
	KUNIT_EXPECT_EQ(test, plan.give, c->give);
	KUNIT_EXPECT_EQ(test, plan.take, c->take);
	ccm_plan_make(&b, &a, &plan);
	KUNIT_EXPECT_EQ(test, plan.why, c->why);
	KUNIT_EXPECT_EQ(test, plan.version, c->version);
	KUNIT_EXPECT_EQ(test, plan.ports, c->ports);
	KUNIT_EXPECT_EQ(test, plan.give, c->take);
	KUNIT_EXPECT_EQ(test, plan.take, c->give);
}

/*
 * FNV-1a over both generations, then for each client of the lower node that has a
 * counterpart: both instances, why, version, ports, give, take; each as eight bytes. The
 * numbers were computed elsewhere.
 */
static void catalog_plan_hash(struct kunit *test)
{
	static const u64 low_a[] = { 1, 2, 1, 4, 100, 50 };
	static const u64 high_a[] = { 1, 3, 2, 8, 40, 200 };
	static const u64 one[] = { 1, 1, 1, 1, 0, 0 };
	static const u64 two[] = { 2, 2, 1, 1, 0, 0 };
	struct ccm_catalog *lower = catalog_alloc(test);
	struct ccm_catalog *higher = catalog_alloc(test);
	u64 hash;

	lower->generation = 1;
	higher->generation = 1;
	KUNIT_EXPECT_EQ(test, ccm_plan_hash(lower, higher), 0x581cd0fa58d99645ULL);

	lower->generation = 3;
	lower->count = 3;
	fill(&lower->entries[0], "a", 1, low_a);
	fill(&lower->entries[1], "b", 2, one);
	fill(&lower->entries[2], "c", 3, one);
	higher->generation = 5;
	higher->count = 2;
	fill(&higher->entries[0], "c", 9, two);
	fill(&higher->entries[1], "a", 8, high_a);
	hash = ccm_plan_hash(lower, higher);
	KUNIT_EXPECT_EQ(test, hash, 0x3cebf490f08c9789ULL);
	KUNIT_EXPECT_NE(test, ccm_plan_hash(higher, lower), hash);
	lower->entries[0].ask++;
	KUNIT_EXPECT_NE(test, ccm_plan_hash(lower, higher), hash);
}

static struct kunit_case catalog_cases[] = {
	KUNIT_CASE(catalog_golden),
	KUNIT_CASE(links_golden),
	KUNIT_CASE(catalog_truncated),
	KUNIT_CASE_PARAM(catalog_field, field_gen_params),
	KUNIT_CASE(catalog_full),
	KUNIT_CASE(catalog_compare),
	KUNIT_CASE_PARAM(catalog_plan, plan_gen_params),
	KUNIT_CASE(catalog_plan_hash),
	{}
};

static struct kunit_suite catalog_suite = {
	.name = "ccm_catalog",
	.test_cases = catalog_cases,
};

kunit_test_suite(catalog_suite);
