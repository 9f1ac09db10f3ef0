// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a message as it came from a partner: every decoder looks at it. One at
 * most may know it, and what that one accepts survives being sent on. It is also a
 * chunk table as it was READ, of which any number of chunks was offered.
 */
#include <cstring>
#include <memory>
#include <vector>

#include "ccm/core/links_wire.h"
#include "ccm/core/liveness.h"
#include "ccm/core/wire.h"
#include "require.h"
#include "tests/core/poison.h"

namespace {

template <typename Message, typename Get, typename Put>
bool try_decoder(const u8 *data, u32 size, u32 wire_len, Get get, Put put)
{
    Message msg;
    poison(msg);
    const int error = get(data, size, &msg);
    if (error) {
        REQUIRE(error >= CCM_WIRE_ERANGE && error <= CCM_WIRE_EMAGIC);
        REQUIRE(is_poison(msg));
        return error == CCM_WIRE_ERANGE;
    }
    REQUIRE(size >= wire_len);

    std::vector<u8> once(wire_len, 0xee);
    once.shrink_to_fit();
    put(once.data(), &msg);
    Message again;
    REQUIRE(get(once.data(), wire_len, &again) == 0);
    std::vector<u8> twice(wire_len, 0xee);
    put(twice.data(), &again);
    REQUIRE(once == twice);
    return true;
}

/* What a decoder may say of bytes that are no message of its type */
bool known_by(int error)
{
    REQUIRE(error >= CCM_WIRE_ERANGE && error <= CCM_WIRE_EMAGIC);
    return error == CCM_WIRE_ERANGE;
}

bool try_catalog(const u8 *data, u32 size)
{
    const auto catalog = std::make_unique<ccm_catalog>();
    const auto again = std::make_unique<ccm_catalog>();
    poison(*catalog);
    const int error = ccm_catalog_get(data, size, catalog.get());
    REQUIRE(ccm_catalog_check(data, size) == error);
    if (error) {
        REQUIRE(is_poison(*catalog));
        return known_by(error);
    }
    REQUIRE(catalog->count <= CCM_CLIENTS_MAX && size >= ccm_catalog_len(catalog->count));
    for (u32 i = 0; i < catalog->count; i++) {
        const ccm_catalog_entry &entry = catalog->entries[i];
        REQUIRE(ccm_client_name_valid(entry.name));
        REQUIRE(ccm_catalog_find(catalog.get(), entry.name) == &entry); /* there once */
        REQUIRE(ccm_catalog_find_instance(catalog.get(), entry.instance) == &entry);
        REQUIRE(entry.ports_max <= CCM_CLIENT_PORTS_MAX);
        for (u32 k = 0; k < catalog->count; k++) {
            ccm_plan here, there;
            ccm_plan_make(&entry, &catalog->entries[k], &here);
            ccm_plan_make(&catalog->entries[k], &entry, &there);
            REQUIRE(here.why == there.why && here.version == there.version);
            REQUIRE(here.ports == there.ports && here.give == there.take);
            REQUIRE(here.give <= entry.give && here.ports <= entry.ports_max);
        }
    }
    REQUIRE(ccm_catalog_compare(data, catalog.get()) == CCM_CATALOG_SAME);
    (void)ccm_plan_hash(catalog.get(), catalog.get());

    std::vector<u8> once(ccm_catalog_len(catalog->count), 0xee);
    once.shrink_to_fit();
    ccm_catalog_put(once.data(), catalog.get());
    REQUIRE(ccm_catalog_get(once.data(), static_cast<u32>(once.size()), again.get()) == 0);
    REQUIRE(again->generation == catalog->generation && again->nonce == catalog->nonce);
    REQUIRE(again->count == catalog->count);
    REQUIRE(std::memcmp(again->entries, catalog->entries, sizeof(again->entries)) == 0);
    return true;
}

bool try_links(const u8 *data, u32 size)
{
    ccm_links_header header;
    poison(header);
    const int error = ccm_links_get(data, size, &header);
    if (error) {
        REQUIRE(is_poison(header));
        return known_by(error);
    }
    REQUIRE(header.count <= CCM_CLIENTS_MAX && size >= ccm_links_len(header.count));
    std::vector<u8> once(ccm_links_len(header.count), 0xee);
    once.shrink_to_fit();
    ccm_links_put(once.data(), &header);
    for (u32 i = 0; i < header.count; i++) {
        ccm_link_slot slot;
        ccm_links_get_slot(data, i, &slot);
        ccm_links_put_slot(once.data(), i, &slot);
        if (slot.mine == 0 || slot.state < CCM_LINK_OFFERED)
            continue;
        REQUIRE(slot.state < CCM_LINK_STATE_COUNT && slot.yours && slot.epoch);
        REQUIRE(slot.offer.chunks <= CCM_LINK_CHUNKS_MAX);
        REQUIRE(slot.offer.table_addr + slot.offer.chunks * CCM_LINK_CHUNK_LEN >= slot.offer.table_addr);
    }
    ccm_links_header again;
    REQUIRE(ccm_links_get(once.data(), static_cast<u32>(once.size()), &again) == 0);
    return true;
}

/*
 * A chunk table has no header: the offer says how many bytes of it there are. @claimed: by an
 * offer that is honest, or that is not.
 */
void try_chunks(const u8 *data, u32 size, u32 count, u64 claimed)
{
    ccm_link_offer offer = {};
    offer.chunks = count;
    offer.bytes = claimed;
    const auto chunks = std::make_unique<ccm_link_chunk[]>(CCM_LINK_CHUNKS_MAX);
    const u32 room = CCM_LINK_CHUNKS_MAX * static_cast<u32>(sizeof(ccm_link_chunk));
    std::memset(chunks.get(), 0xee, room);
    const int error = ccm_link_get_chunks(data, size, &offer, chunks.get());
    if (error) {
        REQUIRE(error == CCM_WIRE_ERANGE || error == CCM_WIRE_ESHORT);
        for (u32 i = 0; i < room; i++)
            REQUIRE(reinterpret_cast<const u8 *>(chunks.get())[i] == 0xee);
        return;
    }
    REQUIRE(count > 0 && count <= CCM_LINK_CHUNKS_MAX && count * CCM_LINK_CHUNK_LEN <= size);
    std::vector<u8> again(count * CCM_LINK_CHUNK_LEN, 0xee);
    u64 sum = 0;
    for (u32 i = 0; i < count; i++) {
        REQUIRE(chunks[i].len > 0 && chunks[i].len <= chunks[0].len);
        REQUIRE(i + 1 == count || chunks[i].len == chunks[0].len);
        REQUIRE(chunks[i].addr + chunks[i].len > chunks[i].addr);
        sum += chunks[i].len;
        ccm_link_put_chunk(again.data(), i, &chunks[i]);
    }
    REQUIRE(sum == claimed);
    REQUIRE(std::memcmp(again.data(), data, again.size()) == 0);
}

void try_tables(const u8 *data, u32 size)
{
    const u32 count = size / CCM_LINK_CHUNK_LEN;
    u64 sum = 0;

    for (u32 i = 0; i < count; i++)
        for (u32 k = 0; k < 4; k++)
            sum += static_cast<u64>(data[i * CCM_LINK_CHUNK_LEN + 12 + k]) << (8 * k);
    try_chunks(data, size, count, sum);
    try_chunks(data, size, count, sum + 1);
    try_chunks(data, size, count + 1, sum);
    try_chunks(data, size, count + 0x10000000U, sum);
    if (size)
        try_chunks(data, size, data[0], sum);
}

/* What a port receives on iWARP. No message of a session looks like one, or the other way. */
bool try_port_header(const u8 *data, u32 size)
{
    ccm_port_header header = {0xeeeeeeee, 0xeeeeeeee};
    const int error = ccm_port_get_header(data, size, &header);
    if (error) {
        REQUIRE(error >= CCM_WIRE_ERANGE && error <= CCM_WIRE_ETYPE);
        REQUIRE(header.kind == 0xeeeeeeee && header.word == 0xeeeeeeee);
        return false;
    }
    REQUIRE(size >= CCM_PORT_HEADER_LEN && size <= CCM_PORT_HEADER_LEN + CCM_PORT_PAYLOAD_MAX);
    REQUIRE(header.kind == CCM_PORT_KIND_MESSAGE || header.kind == CCM_PORT_KIND_RING);
    REQUIRE((header.kind == CCM_PORT_KIND_RING) == (size == CCM_PORT_HEADER_LEN));
    u8 again[CCM_PORT_HEADER_LEN];
    ccm_port_put_header(again, &header);
    REQUIRE(std::memcmp(again, data, sizeof(again)) == 0);
    return true;
}

} // namespace

#define TRY(type, TYPE)                                                                                                \
    try_decoder<ccm_wire_##type>(data, len, CCM_WIRE_##TYPE##_LEN, ccm_wire_get_##type, ccm_wire_put_##type)

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const u32 len = static_cast<u32>(size);
    const int known = TRY(request, REQUEST) + TRY(reject, REJECT) + TRY(keys, KEYS) + TRY(ring, RING) +
                      TRY(status, STATUS) + TRY(hello, HELLO) + TRY(answer, ANSWER) + TRY(ready, READY) +
                      TRY(goodbye, GOODBYE) + TRY(port, PORT) + TRY(panic, PANIC) + try_catalog(data, len) +
                      try_links(data, len) + try_port_header(data, len);
    REQUIRE(known <= 1);
    try_tables(data, len);

    /* A name that was accepted can be printed. */
    ccm_wire_hello hello;
    if (ccm_wire_get_hello(data, len, &hello) == 0) {
        REQUIRE(std::memchr(hello.name, 0, sizeof(hello.name)) != nullptr);
        for (const char *c = hello.name; *c; c++)
            REQUIRE(*c >= 0x20 && *c < 0x7f);
        REQUIRE(hello.detect_ms >= CCM_DETECT_MS_MIN && hello.detect_ms <= CCM_DETECT_MS_MAX);
    }
    ccm_wire_keys keys;
    if (ccm_wire_get_keys(data, len, &keys) == 0)
        REQUIRE(keys.status_addr + keys.status_len >= keys.status_addr &&
                keys.mailbox_addr + keys.mailbox_len >= keys.mailbox_addr);
    return 0;
}
