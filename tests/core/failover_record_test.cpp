// SPDX-License-Identifier: GPL-2.0-only
/* The failover monitor's record: its layout, byte by byte, and everything it refuses. */
#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "ccm/core/failover_record.h"

namespace {

using RecordBytes = std::array<u8, CCM_FM_RECORD_LEN>;

u64 fnv(const RecordBytes &bytes)
{
    u64 hash = 14695981039346656037ULL;
    for (std::size_t i = 0; i < 56; i++) {
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

RecordBytes seal(RecordBytes bytes)
{
    put(bytes, 56, fnv(bytes), 8);
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
    put(bytes, 8, 0x0102030405060708ULL, 8);
    put(bytes, 16, 0x1112131415161718ULL, 8);
    put(bytes, 24, 6, 4);
    put(bytes, 28, 9, 4);
    put(bytes, 32, 1, 2);
    put(bytes, 34, 6, 2);
    put(bytes, 40, 0x2122232425262728ULL, 8);
    EXPECT_EQ(encoded(sample()), seal(bytes));

    ccm_fm_record got{};
    ASSERT_TRUE(ccm_fm_record_get(seal(bytes).data(), &got));
    EXPECT_EQ(encoded(got), seal(bytes));
}

TEST(FailoverRecord, TornOrOtherwiseChangedIsRefused)
{
    const RecordBytes good = encoded(sample());
    for (std::size_t i = 0; i < good.size(); i++) {
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
    for (std::size_t cut = 17; cut < 64; cut++) {
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
        {0, 4, 0x12345678, false},
        {4, 2, 0, false},
        {4, 2, 2, false},
        {6, 2, 63, false},
        {6, 2, 65, false},
        {8, 8, 0, false},
        {8, 8, ~0ULL, true},
        {16, 8, 0, false},
        {16, 8, ~0ULL, true},
        {24, 4, CCM_FM_DECISION_COUNT, false},
        {24, 4, CCM_FM_DECISION_COUNT - 1, true},
        {24, 4, 0xffffffff, false},
        {28, 4, CCM_FM_F_ALL, true},
        {28, 4, CCM_FM_F_ALL + 1, false},
        {32, 2, CCM_REASON_COUNT - 1, true},
        {32, 2, CCM_REASON_COUNT, false},
        {34, 2, CCM_STAGE_COUNT - 1, true},
        {34, 2, CCM_STAGE_COUNT, false},
        {36, 4, 1, false},
        {40, 8, 0, true},
        {48, 8, 1ULL << 63, false},
    };
    for (const Row &row : rows) {
        RecordBytes bytes = encoded(sample());
        put(bytes, row.at, row.value, row.len);
        EXPECT_EQ(valid(seal(bytes)), row.good) << "at " << row.at << ": " << row.value;
    }
}

TEST(FailoverRecord, NoiseIsRefusedAndWhatIsValidComesBack)
{
    std::mt19937_64 dice(4711);
    for (int i = 0; i < 200000; i++) {
        RecordBytes bytes = encoded(sample());
        const u64 changes = dice() % 4 + 1;
        for (u64 k = 0; k < changes; k++)
            bytes[dice() % 56] = static_cast<u8>(dice() % 3 ? dice() % 10 : dice());
        bytes = seal(bytes);
        ccm_fm_record got{};
        if (ccm_fm_record_get(bytes.data(), &got)) {
            ASSERT_EQ(encoded(got), bytes);
        }
    }
}

} // namespace
