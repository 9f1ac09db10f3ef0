/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Catalogs: what a node's clients need, and the plan that two of them make.
 *
 * The plan for a client is a pure function of its two declarations: both sides compute
 * it, nobody sends it. A node declares no more than its own limits per client allow, so
 * nothing that a partner declares can make a plan that is past them: a plan's ports are
 * at most both sides' ports_max, and its bytes at most what the giving side gives.
 */
#ifndef CCM_CORE_CATALOG_H
#define CCM_CORE_CATALOG_H

#include <uapi/linux/ccm.h>

#include "types.h"
#include "wire.h"

CCM_EXTERN_C_BEGIN

#define CCM_CLIENTS_MAX		64U	/* of a node */
#define CCM_CATALOG_HEADER_LEN	40U
#define CCM_CATALOG_ENTRY_LEN	80U
#define CCM_CATALOG_LEN_MAX	(CCM_CATALOG_HEADER_LEN + CCM_CLIENTS_MAX * CCM_CATALOG_ENTRY_LEN)

/**
 * struct ccm_catalog_entry - what one client declares
 * @name: the counterpart has the same; printable ASCII without blanks, NUL-terminated
 * @version_min: lowest version of the client's own protocol, from 1
 * @version_max: highest
 * @ports_min: fewest ports it can work with, from 1
 * @ports_max: most it wants, at most CCM_CLIENT_PORTS_MAX
 * @ask: bytes that the partner is to set aside for it
 * @give: bytes that it is willing to set aside for its counterpart
 * @instance: number of this registration; never 0, rises with each within an
 *	incarnation, so a client that left and came back is another one
 */
struct ccm_catalog_entry {
	char name[CCM_CLIENT_NAME_LEN];
	u16 version_min;
	u16 version_max;
	u16 ports_min;
	u16 ports_max;
	u64 ask;
	u64 give;
	u64 instance;
};

/**
 * struct ccm_catalog - all clients of a node, as told to one partner
 * @generation: from 1; each catalog that is sent has a higher one
 * @nonce: of the sender in this session
 * @count: entries used
 * @entries: no two with the same name or the same instance
 */
struct ccm_catalog {
	u64 generation;
	u64 nonce;
	u32 count;
	struct ccm_catalog_entry entries[CCM_CLIENTS_MAX];
};

/**
 * struct ccm_plan - what two counterparts get
 * @why: enum ccm_client_reason: CCM_CLIENT_NONE: they fit; else the rest is 0
 * @version: highest that both speak
 * @ports: the most that both want
 * @give: bytes that the side which computes this sets aside (the other's @ask)
 * @take: bytes that the other side sets aside for it
 */
struct ccm_plan {
	u32 why;
	u16 version;
	u16 ports;
	u64 give;
	u64 take;
};

/**
 * ccm_catalog_len() - bytes of an encoded catalog
 * @count: its entries, at most CCM_CLIENTS_MAX
 */
u32 ccm_catalog_len(u32 count);

/**
 * ccm_catalog_put() - encode a catalog (W2)
 * @buf: ccm_catalog_len(catalog->count) bytes
 * @catalog: valid
 */
void ccm_catalog_put(u8 *buf, const struct ccm_catalog *catalog);

/**
 * ccm_catalog_get() - decode and check a catalog
 * @buf: as received, copied from where the partner could still change it
 * @len: of @buf
 * @catalog: filled only when all of it is valid
 *
 * Return: 0 or CCM_WIRE_E*: a count that is impossible or more than @len holds, a name
 * that is empty, not terminated, not printable or there twice, a range that is upside
 * down or out of bounds, an instance that is 0 or there twice.
 */
int ccm_catalog_get(const u8 *buf, u32 len, struct ccm_catalog *catalog);

/**
 * ccm_catalog_check() - check an encoded catalog without decoding it
 * @buf: as received, copied from where the partner could still change it
 * @len: of @buf
 *
 * Return: as ccm_catalog_get(), which begins with this
 */
int ccm_catalog_check(const u8 *buf, u32 len);

/* What an encoded catalog is to the one before it: ccm_catalog_compare() */
enum ccm_catalog_relation {
	CCM_CATALOG_SAME	= 0,	/* generation and content */
	CCM_CATALOG_NEWER	= 1,
	CCM_CATALOG_CONTRADICTS	= 2,	/* goes back, or denies what was said before */
};

/**
 * ccm_catalog_compare() - may this catalog follow that one?
 * @buf: for which ccm_catalog_check() has returned 0
 * @old: the last one of this sender in this session; empty and of generation 0: none yet
 *
 * A newer one has a higher generation, and an instance that it shares with @old
 * declares what it declared there: what a registration declares never changes.
 */
enum ccm_catalog_relation ccm_catalog_compare(const u8 *buf, const struct ccm_catalog *old);

/**
 * ccm_catalog_find() - a client by name
 *
 * Return: its entry, or NULL
 */
const struct ccm_catalog_entry *ccm_catalog_find(const struct ccm_catalog *catalog,
						 const char *name);

/**
 * ccm_catalog_find_instance() - a client by the number of its registration
 *
 * Return: its entry, or NULL
 */
const struct ccm_catalog_entry *ccm_catalog_find_instance(const struct ccm_catalog *catalog,
							  u64 instance);

/**
 * ccm_client_name_valid() - is this a name that a client may have?
 * @name: CCM_CLIENT_NAME_LEN bytes, whatever they hold
 */
bool ccm_client_name_valid(const char *name);

/**
 * ccm_plan_make() - what two counterparts get
 * @mine: of the side that computes
 * @theirs: of the other, same name
 * @plan: filled
 *
 * The same on both sides but for @give and @take, which are each other's.
 */
void ccm_plan_make(const struct ccm_catalog_entry *mine,
		   const struct ccm_catalog_entry *theirs, struct ccm_plan *plan);

/**
 * ccm_plan_hash() - one number for the plans of all clients of two catalogs
 * @lower: of the node with the lower id
 * @higher: of the other
 *
 * Goes into W3: both sides must have computed the same.
 */
u64 ccm_plan_hash(const struct ccm_catalog *lower, const struct ccm_catalog *higher);

CCM_EXTERN_C_END

#endif /* CCM_CORE_CATALOG_H */
