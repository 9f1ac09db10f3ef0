// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a link reads and receives beside the mailbox: chunk tables, and the headers of what a
 * port sends. Each decoder against rules written a second time, and against tables and
 * headers with something wrong in them.
 */
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "ccm/core/links_wire.h"
#include "dice.h"
#include "poison.h"
#include "tests/kunit/suites/wire_golden.h"
#include "wire_layout.h"

namespace {

struct Chunk {
    u64 addr, key, len;
};
using Chunks = std::vector<Chunk>;

Bytes encode(const Chunks &chunks)
{
    Bytes bytes(chunks.size() * 16);
    for (u32 i = 0; i < chunks.size(); i++) {
        write_little_endian(bytes, 16 * i, 8, chunks[i].addr);
        write_little_endian(bytes, 16 * i + 8, 4, chunks[i].key);
        write_little_endian(bytes, 16 * i + 12, 4, chunks[i].len);
    }
    return bytes;
}

/* The rules of links_wire.h, each by itself */
bool right(const Chunks &chunks, u64 bytes)
{
    u64 sum = 0;
    for (size_t i = 0; i < chunks.size(); i++) {
        const bool last = i + 1 == chunks.size();
        if (chunks[i].len == 0 || chunks[i].len > ~chunks[i].addr)
            return false;
        if (!last && chunks[i].len != chunks[0].len)
            return false;
        if (last && chunks[i].len > chunks[0].len)
            return false;
        sum += chunks[i].len;
    }
    return !chunks.empty() && chunks.size() <= 256 && sum == bytes;
}

/* Decoded from exactly these bytes: AddressSanitizer sees what is read beyond. */
std::optional<Chunks> decoded(const Bytes &bytes, u32 count, u64 sum, int *error = nullptr)
{
    const std::unique_ptr<u8[]> exact(new u8[bytes.size()]);
    if (!bytes.empty())
        std::memcpy(exact.get(), bytes.data(), bytes.size());
    ccm_link_offer offer = {};
    offer.chunks = count;
    offer.bytes = sum;
    std::vector<ccm_link_chunk> chunks(count <= 300 ? count : 0);
    for (ccm_link_chunk &c : chunks)
        poison(c);
    const int result = ccm_link_get_chunks(exact.get(), static_cast<u32>(bytes.size()), &offer, chunks.data());
    if (error)
        *error = result;
    if (result) {
        EXPECT_TRUE(result == CCM_WIRE_ERANGE || result == CCM_WIRE_ESHORT);
        for (const ccm_link_chunk &c : chunks)
            EXPECT_TRUE(is_poison(c));
        return {};
    }
    Chunks out;
    for (const ccm_link_chunk &c : chunks)
        out.push_back({c.addr, c.key, c.len});
    return out;
}

TEST(ChunkTable, GoldenVector)
{
    const Bytes golden(golden_chunks, golden_chunks + sizeof(golden_chunks));
    const ccm_link_chunk chunks[] = {{0x1112131415161718, 0x21222324, 0x1000},
                                     {0x3132333435363738, 0x41424344, 0x1000},
                                     {0x5152535455565758, 0x61626364, 0x40}};
    Bytes bytes(sizeof(golden_chunks), 0xee);

    for (u32 i = 0; i < 3; i++)
        ccm_link_put_chunk(bytes.data(), i, &chunks[i]);
    EXPECT_EQ(bytes, golden);
    const auto got = decoded(golden, 3, 0x2040);
    ASSERT_TRUE(got);
    for (u32 i = 0; i < 3; i++) {
        EXPECT_EQ((*got)[i].addr, chunks[i].addr);
        EXPECT_EQ((*got)[i].key, chunks[i].key);
        EXPECT_EQ((*got)[i].len, chunks[i].len);
    }
}

TEST(ChunkTable, EveryTruncationIsTooShort)
{
    for (u32 len = 0; len < sizeof(golden_chunks); len++) {
        int error = 0;
        EXPECT_FALSE(decoded(Bytes(golden_chunks, golden_chunks + len), 3, 0x2040, &error));
        EXPECT_EQ(error, CCM_WIRE_ESHORT) << len;
    }
    /* what lies behind the table is not looked at: it is a page */
    Bytes page(golden_chunks, golden_chunks + sizeof(golden_chunks));
    page.resize(4096, 0xee);
    EXPECT_TRUE(decoded(page, 3, 0x2040));
}

TEST(ChunkTable, WhatWasNotOfferedIsRefused)
{
    const Bytes golden(golden_chunks, golden_chunks + sizeof(golden_chunks));

    for (u64 sum : {u64{0}, u64{0x203f}, u64{0x2041}, u64{0x100002040}, ~u64{0}})
        EXPECT_FALSE(decoded(golden, 3, sum)) << sum;
    EXPECT_FALSE(decoded(golden, 0, 0));
    EXPECT_FALSE(decoded({}, 0, 0));
    EXPECT_TRUE(decoded(golden, 2, 0x2000));
    EXPECT_FALSE(decoded(golden, 2, 0x2040));
    /* no count makes the check of the length wrap */
    for (u32 count : {257U, 0x10000000U, 0x10000001U, 0x80000000U, ~0U}) {
        int error = 0;
        EXPECT_FALSE(decoded(golden, count, 0x2040, &error));
        EXPECT_EQ(error, CCM_WIRE_ERANGE) << count;
    }
}

TEST(ChunkTable, TheLargestThereIs)
{
    const Chunks most(256, Chunk{0, 7, 0xffffffff});
    EXPECT_TRUE(decoded(encode(most), 256, 256ULL * 0xffffffff));
    EXPECT_FALSE(decoded(encode(most), 256, static_cast<u32>(256ULL * 0xffffffff)));
    Chunks more = most;
    more.push_back(more[0]);
    EXPECT_FALSE(decoded(encode(more), 257, 257ULL * 0xffffffff));
}

TEST(ChunkTable, AnAddressMayNotWrap)
{
    for (u64 len : {1ULL, 0x1000ULL, 0xffffffffULL}) {
        EXPECT_TRUE(decoded(encode({{~0ULL - len, 1, len}}), 1, len)) << len;
        EXPECT_FALSE(decoded(encode({{~0ULL - len + 1, 1, len}}), 1, len)) << len;
        EXPECT_FALSE(decoded(encode({{~0ULL, 1, len}}), 1, len)) << len;
    }
}

/* Tables that are right, or have one thing wrong, or two that may make up for each other */
TEST(ChunkTable, AsTheRulesSay)
{
    Dice dice(1);
    u32 accepted = 0;
    u32 refused = 0;

    for (u32 i = 0; i < 60000; i++) {
        const u64 len = dice.one_in(3) ? dice.between(1, 3) : dice.between(1, 0x1fe000);
        Chunks chunks(dice.one_in(50) ? 256 : dice.between(1, 5));
        u64 sum = 0;
        for (Chunk &c : chunks)
            c = {dice.one_in(20) ? ~dice.below(4 * len) : dice.word() >> 1, dice.word() & ~0U, len};
        chunks.back().len = dice.one_in(2) ? len : dice.between(1, len);
        for (u64 spoil = dice.below(3); spoil; spoil--) {
            Chunk &c = chunks[dice.below(chunks.size())];
            switch (dice.below(4)) {
            case 0:
                c.len = 0;
                break;
            case 1:
                c.len++;
                break;
            case 2:
                c.len--;
                break;
            default:
                c.len = dice.below(1ULL << 32);
                break;
            }
            c.len &= ~0U;
        }
        for (const Chunk &c : chunks)
            sum += c.len;
        if (dice.one_in(8))
            sum += dice.one_in(2) ? 1 : ~0ULL;
        const Bytes bytes = encode(chunks);
        const auto got = decoded(bytes, static_cast<u32>(chunks.size()), sum);
        ASSERT_EQ(got.has_value(), right(chunks, sum)) << i;
        accepted += got.has_value();
        refused += !got.has_value();
        if (got) {
            ASSERT_EQ(encode(*got), bytes);
        }
    }
    EXPECT_GT(accepted, 10000U);
    EXPECT_GT(refused, 10000U);
}

int header_of(const Bytes &bytes, ccm_port_header *header)
{
    const std::unique_ptr<u8[]> exact(new u8[bytes.size()]);
    if (!bytes.empty())
        std::memcpy(exact.get(), bytes.data(), bytes.size());
    header->kind = 0xeeeeeeee;
    header->word = 0xdddddddd;
    const int error = ccm_port_get_header(exact.get(), static_cast<u32>(bytes.size()), header);
    if (error) {
        EXPECT_EQ(header->kind, 0xeeeeeeee);
        EXPECT_EQ(header->word, 0xdddddddd);
    }
    return error;
}

TEST(PortHeader, GoldenVectors)
{
    const Bytes ring(golden_port_ring, golden_port_ring + sizeof(golden_port_ring));
    const Bytes message(golden_port_message, golden_port_message + sizeof(golden_port_message));
    Bytes bytes(CCM_PORT_HEADER_LEN, 0xee);
    ccm_port_header header = {CCM_PORT_KIND_RING, 0x14131211};

    ccm_port_put_header(bytes.data(), &header);
    EXPECT_EQ(bytes, ring);
    ASSERT_EQ(header_of(ring, &header), 0);
    EXPECT_EQ(header.kind, u32{CCM_PORT_KIND_RING});
    EXPECT_EQ(header.word, 0x14131211U);

    header = {CCM_PORT_KIND_MESSAGE, 0};
    ccm_port_put_header(bytes.data(), &header);
    EXPECT_EQ(bytes, Bytes(message.begin(), message.begin() + 8));
    ASSERT_EQ(header_of(message, &header), 0);
    EXPECT_EQ(header.kind, u32{CCM_PORT_KIND_MESSAGE});
}

TEST(PortHeader, EveryKindAtEveryLength)
{
    for (u32 kind : {0U, 1U, 2U, 3U, 0x100U, 0x01000000U, 0x02000000U, 0x80000001U, ~0U}) {
        for (u32 len = 0; len <= 8 + 256 + 2; len++) {
            Bytes bytes(len, 0x55);
            ccm_port_header header;
            if (len >= 4)
                write_little_endian(bytes, 0, 4, kind);
            const int error = header_of(bytes, &header);
            if (len < 8)
                EXPECT_EQ(error, CCM_WIRE_ESHORT);
            else if (kind == 1)
                EXPECT_EQ(error, len >= 9 && len <= 264 ? 0 : CCM_WIRE_ERANGE) << len;
            else if (kind == 2)
                EXPECT_EQ(error, len == 8 ? 0 : CCM_WIRE_ERANGE) << len;
            else
                EXPECT_EQ(error, CCM_WIRE_ETYPE) << kind;
            if (!error) {
                EXPECT_EQ(header.kind, kind);
                EXPECT_EQ(header.word, 0x55555555U);
            }
        }
    }
}

} // namespace
