// SPDX-License-Identifier: GPL-2.0-only
/*
 * Catalogs: encoding, checking, and the plan of two declarations. See catalog.h.
 */
#include "catalog.h"

#include "bytes.h"

#define CCM_FNV_OFFSET	0xcbf29ce484222325ULL
#define CCM_FNV_PRIME	0x100000001b3ULL

/* Names reach logs and terminals, and are words there: printable, and no blanks. */
bool ccm_client_name_valid(const char *name)
{
	u32 i;

	for (i = 0; i < CCM_CLIENT_NAME_LEN; i++) {
		u8 c = (u8)name[i];

		if (c == 0)
			return i > 0;
		if (c < 0x21 || c > 0x7e)
			return false;
	}
	return false;
}

static bool same_name(const char *a, const char *b)
{
	return strncmp(a, b, CCM_CLIENT_NAME_LEN) == 0;
}

u32 ccm_catalog_len(u32 count)
{
	return CCM_CATALOG_HEADER_LEN + count * CCM_CATALOG_ENTRY_LEN;
}

void ccm_catalog_put(u8 *buf, const struct ccm_catalog *catalog)
{
	u32 i, k;

	ccm_wire_put_header(buf, CCM_WIRE_CATALOG, ccm_catalog_len(catalog->count));
	ccm_put_u64(buf + 8, catalog->generation);
	ccm_put_u64(buf + 16, catalog->nonce);
	ccm_put_u32(buf + 24, catalog->count);
	for (i = 0; i < catalog->count; i++) {
		const struct ccm_catalog_entry *entry = &catalog->entries[i];
		u8 *p = buf + ccm_catalog_len(i);

		/* Nothing of what may lie behind the NUL leaves this node. */
		for (k = 0; k < CCM_CLIENT_NAME_LEN - 1 && entry->name[k]; k++)
			p[k] = (u8)entry->name[k];
		ccm_put_u16(p + 32, entry->version_min);
		ccm_put_u16(p + 34, entry->version_max);
		ccm_put_u16(p + 36, entry->ports_min);
		ccm_put_u16(p + 38, entry->ports_max);
		ccm_put_u64(p + 40, entry->ask);
		ccm_put_u64(p + 48, entry->give);
		ccm_put_u64(p + 56, entry->instance);
	}
}

static const char *name_at(const u8 *buf, u32 index)
{
	return (const char *)(buf + ccm_catalog_len(index));
}

static u64 instance_at(const u8 *buf, u32 index)
{
	return ccm_get_u64(buf + ccm_catalog_len(index) + 56);
}

/* Entry @index by itself, and against those before it, which are valid */
static bool entry_valid(const u8 *buf, u32 index)
{
	const u8 *p = buf + ccm_catalog_len(index);
	u16 version_min = ccm_get_u16(p + 32);
	u16 version_max = ccm_get_u16(p + 34);
	u16 ports_min = ccm_get_u16(p + 36);
	u16 ports_max = ccm_get_u16(p + 38);
	u64 instance = instance_at(buf, index);
	u32 i;

	if (!ccm_client_name_valid(name_at(buf, index)))
		return false;
	if (version_min == 0 || version_min > version_max)
		return false;
	if (ports_min == 0 || ports_min > ports_max || ports_max > CCM_CLIENT_PORTS_MAX)
		return false;
	if (instance == 0)
		return false;
	for (i = 0; i < index; i++) {
		if (instance_at(buf, i) == instance ||
		    same_name(name_at(buf, i), name_at(buf, index)))
			return false;
	}
	return true;
}

static void get_entry(const u8 *buf, u32 index, struct ccm_catalog_entry *entry)
{
	const u8 *p = buf + ccm_catalog_len(index);
	u32 k;

	memset(entry, 0, sizeof(*entry));
	for (k = 0; p[k]; k++)
		entry->name[k] = (char)p[k];
	entry->version_min = ccm_get_u16(p + 32);
	entry->version_max = ccm_get_u16(p + 34);
	entry->ports_min = ccm_get_u16(p + 36);
	entry->ports_max = ccm_get_u16(p + 38);
	entry->ask = ccm_get_u64(p + 40);
	entry->give = ccm_get_u64(p + 48);
	entry->instance = ccm_get_u64(p + 56);
}

int ccm_catalog_check(const u8 *buf, u32 len)
{
	u32 count, i;
	int error;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_CATALOG, CCM_CATALOG_HEADER_LEN);
	if (error)
		return error;
	if (ccm_get_u64(buf + 8) == 0 || ccm_get_u64(buf + 16) == 0)
		return CCM_WIRE_ERANGE;
	count = ccm_get_u32(buf + 24);
	if (count > CCM_CLIENTS_MAX)
		return CCM_WIRE_ERANGE;
	/* What the message says it holds, not what happens to lie behind it */
	if (ccm_get_u16(buf + 6) < ccm_catalog_len(count) || len < ccm_catalog_len(count))
		return CCM_WIRE_ESHORT;
	for (i = 0; i < count; i++) {
		if (!entry_valid(buf, i))
			return CCM_WIRE_ERANGE;
	}
	return 0;
}

int ccm_catalog_get(const u8 *buf, u32 len, struct ccm_catalog *catalog)
{
	int error = ccm_catalog_check(buf, len);
	u32 i;

	if (error)
		return error;
	memset(catalog, 0, sizeof(*catalog));
	catalog->generation = ccm_get_u64(buf + 8);
	catalog->nonce = ccm_get_u64(buf + 16);
	catalog->count = ccm_get_u32(buf + 24);
	for (i = 0; i < catalog->count; i++)
		get_entry(buf, i, &catalog->entries[i]);
	return 0;
}

static bool same_entry(const struct ccm_catalog_entry *a, const struct ccm_catalog_entry *b)
{
	return same_name(a->name, b->name) && a->version_min == b->version_min &&
	       a->version_max == b->version_max && a->ports_min == b->ports_min &&
	       a->ports_max == b->ports_max && a->ask == b->ask && a->give == b->give &&
	       a->instance == b->instance;
}

enum ccm_catalog_relation ccm_catalog_compare(const u8 *buf, const struct ccm_catalog *old)
{
	u64 generation = ccm_get_u64(buf + 8);
	u32 count = ccm_get_u32(buf + 24);
	u32 shared = 0;
	u32 i;

	if (generation < old->generation)
		return CCM_CATALOG_CONTRADICTS;
	for (i = 0; i < count; i++) {
		const struct ccm_catalog_entry *before;
		struct ccm_catalog_entry entry;

		get_entry(buf, i, &entry);
		before = ccm_catalog_find_instance(old, entry.instance);
		if (!before)
			continue;
		if (!same_entry(before, &entry))
			return CCM_CATALOG_CONTRADICTS;
		shared++;
	}
	if (generation > old->generation)
		return CCM_CATALOG_NEWER;
	if (count != old->count || shared != count || ccm_get_u64(buf + 16) != old->nonce)
		return CCM_CATALOG_CONTRADICTS;
	return CCM_CATALOG_SAME;
}

const struct ccm_catalog_entry *ccm_catalog_find(const struct ccm_catalog *catalog,
						 const char *name)
{
	u32 i;

	for (i = 0; i < catalog->count; i++) {
		if (same_name(catalog->entries[i].name, name))
			return &catalog->entries[i];
	}
	return NULL;
}

const struct ccm_catalog_entry *ccm_catalog_find_instance(const struct ccm_catalog *catalog,
							  u64 instance)
{
	u32 i;

	for (i = 0; i < catalog->count; i++) {
		if (catalog->entries[i].instance == instance)
			return &catalog->entries[i];
	}
	return NULL;
}

/* The order of the checks is part of the plan: both sides must find the same reason. */
void ccm_plan_make(const struct ccm_catalog_entry *mine,
		   const struct ccm_catalog_entry *theirs, struct ccm_plan *plan)
{
	u16 version = ccm_version_common(mine->version_min, mine->version_max,
					 theirs->version_min, theirs->version_max);
	u16 ports = mine->ports_max < theirs->ports_max ? mine->ports_max :
							  theirs->ports_max;

	memset(plan, 0, sizeof(*plan));
	if (!version) {
		plan->why = CCM_CLIENT_VERSION;
		return;
	}
	if (ports < mine->ports_min || ports < theirs->ports_min) {
		plan->why = CCM_CLIENT_PORTS;
		return;
	}
	if (mine->ask > theirs->give || theirs->ask > mine->give) {
		plan->why = CCM_CLIENT_MEMORY;
		return;
	}
	plan->why = CCM_CLIENT_NONE;
	plan->version = version;
	plan->ports = ports;
	plan->give = theirs->ask;
	plan->take = mine->ask;
}

static u64 mix(u64 hash, u64 value)
{
	u32 i;

	for (i = 0; i < 64; i += 8)
		hash = (hash ^ ((value >> i) & 0xff)) * CCM_FNV_PRIME;
	return hash;
}

/* In the order of the lower node's catalog, which both sides hold as it was sent */
u64 ccm_plan_hash(const struct ccm_catalog *lower, const struct ccm_catalog *higher)
{
	u64 hash = mix(mix(CCM_FNV_OFFSET, lower->generation), higher->generation);
	struct ccm_plan plan;
	u32 i;

	for (i = 0; i < lower->count; i++) {
		const struct ccm_catalog_entry *mine = &lower->entries[i];
		const struct ccm_catalog_entry *theirs = ccm_catalog_find(higher, mine->name);

		if (!theirs)
			continue;
		ccm_plan_make(mine, theirs, &plan);
		hash = mix(mix(hash, mine->instance), theirs->instance);
		hash = mix(hash, plan.why);
		hash = mix(mix(hash, plan.version), plan.ports);
		hash = mix(mix(hash, plan.give), plan.take);
	}
	return hash;
}
