// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encoders and decoders of the table of links (CCM_WIRE_LINKS), of the chunk table and of the
 * header of a port's SEND. The formats are in links_wire.h.
 */
#include "links_wire.h"

#include "bytes.h"
#include "wire.h"

u32 ccm_links_len(u32 count)
{
	return CCM_LINKS_HEADER_LEN + count * CCM_LINK_SLOT_LEN;
}

void ccm_links_put(u8 *buf, const struct ccm_links_header *header)
{
	ccm_wire_put_header(buf, CCM_WIRE_LINKS, ccm_links_len(header->count));
	ccm_put_u64(buf + 8, header->nonce);
	ccm_put_u64(buf + 16, header->sequence);
	ccm_put_u32(buf + 24, header->count);
}

void ccm_links_put_slot(u8 *buf, u32 index, const struct ccm_link_slot *slot)
{
	u8 *p = buf + ccm_links_len(index);

	ccm_put_u64(p, slot->mine);
	ccm_put_u64(p + 8, slot->yours);
	ccm_put_u32(p + 16, slot->epoch);
	ccm_put_u16(p + 20, slot->state);
	ccm_put_u16(p + 22, slot->reason);
	ccm_put_u64(p + 24, slot->offer.table_addr);
	ccm_put_u32(p + 32, slot->offer.table_key);
	ccm_put_u32(p + 36, slot->offer.chunks);
	ccm_put_u64(p + 40, slot->offer.bytes);
}

void ccm_links_get_slot(const u8 *buf, u32 index, struct ccm_link_slot *slot)
{
	const u8 *p = buf + ccm_links_len(index);

	memset(slot, 0, sizeof(*slot));
	slot->mine = ccm_get_u64(p);
	slot->yours = ccm_get_u64(p + 8);
	slot->epoch = ccm_get_u32(p + 16);
	slot->state = ccm_get_u16(p + 20);
	slot->reason = ccm_get_u16(p + 22);
	if (slot->reason >= CCM_CLIENT_REASON_COUNT)
		slot->reason = CCM_CLIENT_OTHER;	/* a later version's */
	slot->offer.table_addr = ccm_get_u64(p + 24);
	slot->offer.table_key = ccm_get_u32(p + 32);
	slot->offer.chunks = ccm_get_u32(p + 36);
	slot->offer.bytes = ccm_get_u64(p + 40);
}

static bool offer_valid(const struct ccm_link_offer *offer)
{
	u64 bytes = (u64)offer->chunks * CCM_LINK_CHUNK_LEN;

	if (offer->chunks > CCM_LINK_CHUNKS_MAX)
		return false;
	if (!offer->chunks != !offer->bytes)
		return false;
	return offer->table_addr + bytes >= offer->table_addr;
}

/* Slot @index by itself, and against those before it. In a free one nothing counts. */
static bool slot_valid(const u8 *buf, u32 index)
{
	struct ccm_link_slot slot;
	u32 i;

	ccm_links_get_slot(buf, index, &slot);
	if (slot.mine == 0)
		return true;
	if (slot.state >= CCM_LINK_STATE_COUNT)
		return false;
	if (slot.epoch > CCM_LINK_EPOCH_MAX)
		return false;
	/* A try is one of two clients, and has a number. */
	if (slot.state >= CCM_LINK_IDLE && (slot.yours == 0 || slot.epoch == 0))
		return false;
	if (slot.state >= CCM_LINK_OFFERED && !offer_valid(&slot.offer))
		return false;
	for (i = 0; i < index; i++) {
		if (ccm_get_u64(buf + ccm_links_len(i)) == slot.mine)
			return false;
	}
	return true;
}

int ccm_links_get(const u8 *buf, u32 len, struct ccm_links_header *header)
{
	struct ccm_links_header h;
	int error;
	u32 i;

	error = ccm_wire_check_header(buf, len, CCM_WIRE_LINKS, CCM_LINKS_HEADER_LEN);
	if (error)
		return error;
	h.nonce = ccm_get_u64(buf + 8);
	h.sequence = ccm_get_u64(buf + 16);
	h.count = ccm_get_u32(buf + 24);
	if (h.nonce == 0 || h.sequence == 0 || h.count > CCM_CLIENTS_MAX)
		return CCM_WIRE_ERANGE;
	/* What the message says it holds, not what happens to lie behind it */
	if (ccm_get_u16(buf + 6) < ccm_links_len(h.count) || len < ccm_links_len(h.count))
		return CCM_WIRE_ESHORT;
	for (i = 0; i < h.count; i++) {
		if (!slot_valid(buf, i))
			return CCM_WIRE_ERANGE;
	}
	*header = h;
	return 0;
}

void ccm_link_put_chunk(u8 *table, u32 index, const struct ccm_link_chunk *chunk)
{
	u8 *p = table + index * CCM_LINK_CHUNK_LEN;

	ccm_put_u64(p, chunk->addr);
	ccm_put_u32(p + 8, chunk->key);
	ccm_put_u32(p + 12, chunk->len);
}

static void get_chunk(const u8 *table, u32 index, struct ccm_link_chunk *chunk)
{
	const u8 *p = table + index * CCM_LINK_CHUNK_LEN;

	chunk->addr = ccm_get_u64(p);
	chunk->key = ccm_get_u32(p + 8);
	chunk->len = ccm_get_u32(p + 12);
}

/* By itself, and against the length of the first. @last: it is the last one. */
static bool chunk_valid(const struct ccm_link_chunk *chunk, u32 first_len, bool last)
{
	if (!chunk->len || chunk->addr + chunk->len < chunk->addr)
		return false;
	return chunk->len == first_len || (last && chunk->len < first_len);
}

int ccm_link_get_chunks(const u8 *table, u32 len, const struct ccm_link_offer *offer,
			struct ccm_link_chunk *chunks)
{
	struct ccm_link_chunk chunk;
	u32 count = offer->chunks;
	u32 first_len = 0;
	u64 sum = 0;
	u32 i;

	if (!count || count > CCM_LINK_CHUNKS_MAX)
		return CCM_WIRE_ERANGE;
	if (len < count * CCM_LINK_CHUNK_LEN)
		return CCM_WIRE_ESHORT;
	for (i = 0; i < count; i++) {
		get_chunk(table, i, &chunk);
		if (i == 0)
			first_len = chunk.len;
		if (!chunk_valid(&chunk, first_len, i + 1 == count))
			return CCM_WIRE_ERANGE;
		sum += chunk.len;
	}
	if (sum != offer->bytes)
		return CCM_WIRE_ERANGE;
	for (i = 0; i < count; i++)
		get_chunk(table, i, &chunks[i]);
	return 0;
}

void ccm_port_put_header(u8 *buf, const struct ccm_port_header *header)
{
	ccm_put_u32(buf, header->kind);
	ccm_put_u32(buf + 4, header->word);
}

int ccm_port_get_header(const u8 *buf, u32 len, struct ccm_port_header *header)
{
	u32 kind, payload;

	if (len < CCM_PORT_HEADER_LEN)
		return CCM_WIRE_ESHORT;
	kind = ccm_get_u32(buf);
	payload = len - CCM_PORT_HEADER_LEN;
	switch (kind) {
	case CCM_PORT_KIND_MESSAGE:
		if (!payload || payload > CCM_PORT_PAYLOAD_MAX)
			return CCM_WIRE_ERANGE;
		break;
	case CCM_PORT_KIND_RING:
		if (payload)
			return CCM_WIRE_ERANGE;
		break;
	default:
		return CCM_WIRE_ETYPE;
	}
	header->kind = kind;
	header->word = ccm_get_u32(buf + 4);
	return 0;
}
