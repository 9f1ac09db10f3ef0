/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What links say to each other, on the wire: the table of links in the partner's mailbox
 * (CCM_WIRE_LINKS), the chunk table that the partner READs, and the header of what a
 * port SENDs on iWARP. What it is good for: links.h.
 *
 * As in wire.h: little-endian, byte by byte; what a partner has sent is believed only as
 * far as it is checked here.
 */
#ifndef CCM_CORE_LINKS_WIRE_H
#define CCM_CORE_LINKS_WIRE_H

#include "catalog.h"
#include "types.h"

CCM_EXTERN_C_BEGIN

#define CCM_LINK_SLOT_LEN	64U
#define CCM_LINKS_HEADER_LEN	32U
#define CCM_LINKS_LEN_MAX	(CCM_LINKS_HEADER_LEN + CCM_CLIENTS_MAX * CCM_LINK_SLOT_LEN)

#define CCM_LINK_CHUNKS_MAX	256U	/* of a region; its table fits a page */
#define CCM_LINK_CHUNK_LEN	16U	/* an entry of the chunk table */
#define CCM_LINK_EPOCH_MAX	0xfffffff0U	/* nobody gets there by trying */

#define CCM_PORT_HEADER_LEN	8U	/* in front of what a port SENDs on iWARP */
#define CCM_PORT_PAYLOAD_MAX	256U	/* of a message behind it: CCM_PORT_MESSAGE_MAX */

/* What a try has come to: see links.h */
enum ccm_link_state {
	CCM_LINK_WAITING	= 0,
	CCM_LINK_REFUSED	= 1,
	CCM_LINK_IDLE		= 2,
	CCM_LINK_PREPARING	= 3,
	CCM_LINK_OFFERED	= 4,
	CCM_LINK_OPENING	= 5,
	CCM_LINK_OPENED		= 6,
	CCM_LINK_UP		= 7,
	CCM_LINK_STATE_COUNT
};

/**
 * struct ccm_link_offer - where the partner reaches what was set aside for it
 * @table_addr: of the chunk table: 16 bytes a chunk (u64 address, u32 key, u32 length),
 *	remote-read only
 * @table_key: of it
 * @chunks: entries of it, 0: nothing was asked for
 * @bytes: of the region; all chunks together
 */
struct ccm_link_offer {
	u64 table_addr;
	u32 table_key;
	u32 chunks;
	u64 bytes;
};

/**
 * struct ccm_link_slot - one slot of the table on the wire
 * @mine: instance of the sender's client; 0: the slot is free
 * @yours: instance of its counterpart, as the sender knows it; 0: none
 * @epoch: of the try
 * @state: enum ccm_link_state of the sender
 * @reason: enum ccm_client_reason: why the last try failed, or REFUSED
 * @offer: from OFFERED on
 *
 *	 0  u64  mine		 8  u64  yours
 *	16  u32  epoch		20  u16  state		22  u16  reason
 *	24  u64  table_addr	32  u32  table_key	36  u32  chunks
 *	40  u64  bytes		48..63 reserved
 *
 * The mail: header, then
 *	 8  u64  nonce (mine)	16  u64  sequence (from 1, rises)	24  u32  count
 *	28  u32  reserved	32..  slots
 */
struct ccm_link_slot {
	u64 mine;
	u64 yours;
	u32 epoch;
	u16 state;
	u16 reason;
	struct ccm_link_offer offer;
};

/**
 * struct ccm_links_header - a table of links, but for its slots
 * @nonce: of the sender in this session
 * @sequence: from 1; each table that is sent has a higher one
 * @count: of slots, free ones included
 */
struct ccm_links_header {
	u64 nonce;
	u64 sequence;
	u32 count;
};

/**
 * ccm_links_len() - bytes of an encoded table
 * @count: its slots, at most CCM_CLIENTS_MAX
 */
u32 ccm_links_len(u32 count);

/**
 * ccm_links_put() - encode a table, all slots free
 * @buf: ccm_links_len(header->count) bytes
 * @header: valid
 */
void ccm_links_put(u8 *buf, const struct ccm_links_header *header);

/**
 * ccm_links_put_slot() - encode one slot
 * @buf: as ccm_links_put() has left it
 * @index: of the slot, below the count
 * @slot: valid
 */
void ccm_links_put_slot(u8 *buf, u32 index, const struct ccm_link_slot *slot);

/**
 * ccm_links_get() - check a table, all its slots included
 * @buf: as received, copied from where the partner could still change it
 * @len: of @buf
 * @header: filled only when all of it is valid
 *
 * Return: 0 or CCM_WIRE_E*: a count that is impossible or more than @len holds, an
 * instance that is there twice, a state or reason out of range, a try without two
 * instances or an epoch, an offer of too many chunks, of chunks without bytes or of
 * bytes without chunks, or with an address that wraps.
 */
int ccm_links_get(const u8 *buf, u32 len, struct ccm_links_header *header);

/**
 * ccm_links_get_slot() - decode one slot
 * @buf: for which ccm_links_get() has returned 0
 * @index: below the count
 * @slot: filled
 */
void ccm_links_get_slot(const u8 *buf, u32 index, struct ccm_link_slot *slot);

/**
 * struct ccm_link_chunk - one entry of a chunk table: a part of a region
 * @addr: where the partner reaches it
 * @key: of its registration
 * @len: bytes
 *
 *	 0  u64  addr		 8  u32  key		12  u32  len
 *
 * All chunks of a region are of the same length but for the last, which may be shorter.
 */
struct ccm_link_chunk {
	u64 addr;
	u32 key;
	u32 len;
};

/**
 * ccm_link_put_chunk() - encode one entry of a chunk table
 * @table: room for it
 * @index: of the chunk, below CCM_LINK_CHUNKS_MAX
 * @chunk: valid
 */
void ccm_link_put_chunk(u8 *table, u32 index, const struct ccm_link_chunk *chunk);

/**
 * ccm_link_get_chunks() - decode a chunk table, and check it against the offer of it
 * @table: as READ, from where the partner cannot change it any more
 * @len: of @table
 * @offer: that named the table
 * @chunks: @offer->chunks of them; filled only when the whole table is valid
 *
 * Return: 0 or CCM_WIRE_E*: an offer of no chunk or of too many, more of them than @len
 * holds, a chunk that is empty or whose address wraps, chunks of unequal length, or whose
 * sum is not what was offered.
 */
int ccm_link_get_chunks(const u8 *table, u32 len, const struct ccm_link_offer *offer,
			struct ccm_link_chunk *chunks);

/* What a SEND of a port is, on iWARP: ccm_port_header.kind */
enum ccm_port_kind {
	CCM_PORT_KIND_MESSAGE	= 1,	/* 1 to CCM_PORT_PAYLOAD_MAX bytes follow */
	CCM_PORT_KIND_RING	= 2,	/* nothing follows */
};

/**
 * struct ccm_port_header - what every SEND of a port begins with, on iWARP
 * @kind: enum ccm_port_kind
 * @word: of a ring; a message's is sent as 0 and not looked at
 *
 *	 0  u32  kind		 4  u32  word
 *
 * iWARP has no WRITE with immediate: a ring is a SEND behind the WRITE, which this tells
 * from a message. Elsewhere a message has no header, and a ring's word is the immediate data.
 * An empty SEND is neither: see the runtime's ports.
 */
struct ccm_port_header {
	u32 kind;
	u32 word;
};

/**
 * ccm_port_put_header() - encode the header of a SEND
 * @buf: CCM_PORT_HEADER_LEN bytes
 * @header: valid
 */
void ccm_port_put_header(u8 *buf, const struct ccm_port_header *header);

/**
 * ccm_port_get_header() - check a SEND that has come, and decode its header
 * @buf: as received
 * @len: of all that was received, header included
 * @header: filled only when it is valid; then @len - CCM_PORT_HEADER_LEN bytes follow it
 *
 * Return: 0 or CCM_WIRE_E*: shorter than a header, no such kind, a ring with something
 * behind it, a message that is empty or too long.
 */
int ccm_port_get_header(const u8 *buf, u32 len, struct ccm_port_header *header);

CCM_EXTERN_C_END

#endif /* CCM_CORE_LINKS_WIRE_H */
