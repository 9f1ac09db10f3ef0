// SPDX-License-Identifier: GPL-2.0-only
/* The failover monitor's record: its layout, byte by byte, and everything it refuses. */
#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "ccm/core/failover_record.h"

namespace {

using RecordBytes = std::array<u8, CCM_FM_RECORD_LEN_MAX>;

constexpr std::size_t record_len = CCM_FM_RECORD_LEN;

u64 fnv(const RecordBytes &bytes, std::size_t len)
{
    u64 hash = 14695981039346656037ULL;
    for (std::size_t i = 0; i < len; i++) {
        if (i / 8 == 1)
            continue;
        hash ^= bytes[i];
        hash *= 1099511628211ULL;
    }
    return hash;
}

void put(RecordBytes &bytes, std::size_t at, u64 value, std::size_t len)
{
    for (std::size_t i = 0; i < len; i++)
        bytes[at + i] = static_cast<u8>(value >> (8 * i));
}

RecordBytes seal(RecordBytes bytes, std::size_t len = record_len)
{
    put(bytes, 8, fnv(bytes, len), 8);
    return bytes;
}

ccm_fm_record sample()
{
    ccm_fm_record record{};
    record.instance = 0x0102030405060708ULL;
    record.sequence = 0x1112131415161718ULL;
    record.decision = CCM_FM_TAKEOVER_ADVISED;
    record.flags = CCM_FM_F_PARTITION | CCM_FM_F_ADVISED;
    record.reason = CCM_REASON_UNREACHABLE;
    record.stage = CCM_STAGE_RUNNING;
    record.incarnation = 0x2122232425262728ULL;
    return record;
}

RecordBytes encoded(const ccm_fm_record &record)
{
    RecordBytes bytes;
    bytes.fill(0xee);
    std::fill(bytes.begin() + record_len, bytes.end(), 0);
    ccm_fm_record_put(bytes.data(), &record);
    return bytes;
}

bool valid(const RecordBytes &bytes)
{
    ccm_fm_record record{};
    return ccm_fm_record_get(bytes.data(), &record);
}

TEST(FailoverRecord, Layout)
{
    RecordBytes bytes{};
    std::copy_n("CCFM", 4, bytes.begin());
    put(bytes, 4, 1, 2);
    put(bytes, 6, 64, 2);
    put(bytes, 16, 0x0102030405060708ULL, 8);
    put(bytes, 24, 0x1112131415161718ULL, 8);
    put(bytes, 32, 6, 4);
    put(bytes, 36, 9, 4);
    put(bytes, 40, 1, 2);
    put(bytes, 42, 6, 2);
    put(bytes, 48, 0x2122232425262728ULL, 8);
    EXPECT_EQ(encoded(sample()), seal(bytes));

    ccm_fm_record got{};
    ASSERT_TRUE(ccm_fm_record_get(seal(bytes).data(), &got));
    EXPECT_EQ(encoded(got), seal(bytes));
}

TEST(FailoverRecord, TornOrOtherwiseChangedIsRefused)
{
    const RecordBytes good = encoded(sample());
    for (std::size_t i = 0; i < record_len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            RecordBytes bad = good;
            bad[i] = static_cast<u8>(bad[i] ^ (1 << bit));
            EXPECT_FALSE(valid(bad)) << "byte " << i << " bit " << bit;
        }
    }
    /* Every cut between two records that follow each other. */
    ccm_fm_record next = sample();
    next.sequence++;
    next.decision = CCM_FM_PARTNER_UP;
    next.flags = 0;
    next.reason = 0;
    const RecordBytes other = encoded(next);
    for (std::size_t cut = 9; cut < 41; cut++) {
        RecordBytes torn = other;
        std::copy(good.begin() + static_cast<long>(cut), good.end(), torn.begin() + static_cast<long>(cut));
        EXPECT_FALSE(valid(torn)) << cut;
    }
    EXPECT_FALSE(valid(RecordBytes{}));
}

TEST(FailoverRecord, ValuesOutOfRangeAreRefusedThoughTheCheckIsRight)
{
    struct Row {
        std::size_t at, len;
        u64 value;
        bool good;
    };
    const Row rows[] = {
        {0, 4, 0x12345678, false}, {4, 2, 0, false},  {4, 2, 2, false},     {6, 2, 63, false}, {6, 2, 513, false},
        {6, 2, 0xffff, false},     {16, 8, 0, false}, {16, 8, ~0ULL, true}, {24, 8, 0, false}, {24, 8, ~0ULL, true},
        {44, 4, ~0U, true},        {48, 8, 0, true},  {56, 8, ~0ULL, true},
    };
    for (const Row &row : rows) {
        RecordBytes bytes = encoded(sample());
        put(bytes, row.at, row.value, row.len);
        EXPECT_EQ(valid(seal(bytes)), row.good) << "at " << row.at << ": " << row.value;
    }
}

/* What a later version says is taken as far as it is known. */
TEST(FailoverRecord, MayGrow)
{
    for (std::size_t len : {record_len + 8, std::size_t{100}, std::size_t{CCM_FM_RECORD_LEN_MAX}}) {
        RecordBytes bytes = encoded(sample());
        put(bytes, 6, len, 2);
        std::fill(bytes.begin() + record_len, bytes.begin() + static_cast<long>(len), 0xab);
        bytes = seal(bytes, len);
        ccm_fm_record got{};
        ASSERT_TRUE(ccm_fm_record_get(bytes.data(), &got)) << len;
        EXPECT_EQ(encoded(got), encoded(sample()));
        bytes[len - 1] ^= 1;
        EXPECT_FALSE(valid(bytes)) << "the check covers what is not known, too";
    }
    RecordBytes bytes = encoded(sample());
    put(bytes, 32, CCM_FM_DECISION_COUNT, 4);
    put(bytes, 36, ~0U, 4);
    put(bytes, 40, CCM_REASON_COUNT, 2);
    put(bytes, 42, CCM_STAGE_COUNT, 2);
    ccm_fm_record got{};
    ASSERT_TRUE(ccm_fm_record_get(seal(bytes).data(), &got));
    EXPECT_EQ(got.decision, u32{CCM_FM_NONE}) << "it has not said anything";
    EXPECT_EQ(got.flags, u32{CCM_FM_F_ALL});
    EXPECT_EQ(got.reason, u32{CCM_REASON_NONE});
    EXPECT_EQ(got.stage, u32{CCM_STAGE_UNKNOWN});
}

TEST(FailoverRecord, NoiseIsRefusedAndWhatIsValidIsInRange)
{
    std::mt19937_64 dice(4711);
    int taken = 0;
    for (int i = 0; i < 200000; i++) {
        RecordBytes bytes = encoded(sample());
        const u64 changes = dice() % 4 + 1;
        for (u64 k = 0; k < changes; k++)
            bytes[dice() % record_len] = static_cast<u8>(dice() % 3 ? dice() % 10 : dice());
        if (dice() % 4)
            bytes = seal(bytes);
        ccm_fm_record got{};
        if (!ccm_fm_record_get(bytes.data(), &got))
            continue;
        taken++;
        ASSERT_TRUE(got.instance && got.sequence);
        ASSERT_LT(got.decision, u32{CCM_FM_DECISION_COUNT});
        ASSERT_EQ(got.flags & ~u32{CCM_FM_F_ALL}, 0U);
        ASSERT_LT(got.reason, u32{CCM_REASON_COUNT});
        ASSERT_LT(got.stage, u32{CCM_STAGE_COUNT});
    }
    EXPECT_GT(taken, 10000);
}

} // namespace
