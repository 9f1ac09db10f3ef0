// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers: what is one, for a parameter, and what is none.
 */
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "ccm/core/number.h"

namespace {

constexpr u64 largest = std::numeric_limits<u64>::max();

TEST(Number, DecimalDigitsAndNothingElse)
{
    const struct {
        std::string text;
        u64 max;
        u32 error;
        u64 number;
    } rows[] = {
        {"0", 10, CCM_NUMBER_OK, 0},
        {"10", 10, CCM_NUMBER_OK, 10},
        {"8\n", 10, CCM_NUMBER_OK, 8},
        {"65535", 65535, CCM_NUMBER_OK, 65535},
        {"18446744073709551615", largest, CCM_NUMBER_OK, largest},
        {"11", 10, CCM_NUMBER_TOO_LARGE, 0},
        {"1", 0, CCM_NUMBER_TOO_LARGE, 0},
        {"18446744073709551616", largest, CCM_NUMBER_TOO_LARGE, 0},
        {"36893488147419103233", largest, CCM_NUMBER_TOO_LARGE, 0},
        {"99999999999999999999999999", largest, CCM_NUMBER_TOO_LARGE, 0},
        {"010", 10, CCM_NUMBER_ZERO_IN_FRONT, 0},
        {"00", 10, CCM_NUMBER_ZERO_IN_FRONT, 0},
        {"08", 10, CCM_NUMBER_ZERO_IN_FRONT, 0},
        {"0999999999999999999999999", 10, CCM_NUMBER_ZERO_IN_FRONT, 0},
        {"", 10, CCM_NUMBER_MALFORMED, 0},
        {"\n", 10, CCM_NUMBER_MALFORMED, 0},
        {"1\n\n", 10, CCM_NUMBER_MALFORMED, 0},
        {"1\n0", 10, CCM_NUMBER_MALFORMED, 0},
        {"0x1", 10, CCM_NUMBER_MALFORMED, 0},
        {"0b1", 10, CCM_NUMBER_MALFORMED, 0},
        {"+1", 10, CCM_NUMBER_MALFORMED, 0},
        {"-1", 10, CCM_NUMBER_MALFORMED, 0},
        {" 1", 10, CCM_NUMBER_MALFORMED, 0},
        {"1 ", 10, CCM_NUMBER_MALFORMED, 0},
        {"1.0", 10, CCM_NUMBER_MALFORMED, 0},
        {"1e3", 10, CCM_NUMBER_MALFORMED, 0},
        {"1K", 10000, CCM_NUMBER_MALFORMED, 0},
        {"one", 10, CCM_NUMBER_MALFORMED, 0},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.text);
        u64 number = 77;
        EXPECT_EQ(ccm_number_read(row.text.c_str(), row.max, &number), row.error);
        EXPECT_EQ(number, row.error ? 77 : row.number);
    }
}

TEST(Number, BytesHaveAUnit)
{
    const struct {
        std::string text;
        u64 max;
        u32 error;
        u64 bytes;
    } rows[] = {
        {"0", 0, CCM_NUMBER_OK, 0},
        {"0T", 0, CCM_NUMBER_OK, 0},
        {"4096", 4096, CCM_NUMBER_OK, 4096},
        {"4K", 4096, CCM_NUMBER_OK, 4096},
        {"4k\n", 4096, CCM_NUMBER_OK, 4096},
        {"511M", 511ULL << 20, CCM_NUMBER_OK, 511ULL << 20},
        {"1g", 1ULL << 30, CCM_NUMBER_OK, 1ULL << 30},
        {"1T", 1ULL << 40, CCM_NUMBER_OK, 1ULL << 40},
        {"16777215T", largest, CCM_NUMBER_OK, 16777215ULL << 40},
        {"16777216T", largest, CCM_NUMBER_TOO_LARGE, 0},
        {"5K", 4096, CCM_NUMBER_TOO_LARGE, 0},
        {"18446744073709551616K", largest, CCM_NUMBER_TOO_LARGE, 0},
        {"010M", 511ULL << 20, CCM_NUMBER_ZERO_IN_FRONT, 0},
        {"K", 4096, CCM_NUMBER_MALFORMED, 0},
        {"1E", largest, CCM_NUMBER_MALFORMED, 0},
        {"64MB", largest, CCM_NUMBER_MALFORMED, 0},
        {"64MM", largest, CCM_NUMBER_MALFORMED, 0},
        {"0x1K", largest, CCM_NUMBER_MALFORMED, 0},
        {"-1K", largest, CCM_NUMBER_MALFORMED, 0},
    };
    for (const auto &row : rows) {
        SCOPED_TRACE(row.text);
        u64 bytes = 77;
        EXPECT_EQ(ccm_number_read_bytes(row.text.c_str(), row.max, &bytes), row.error);
        EXPECT_EQ(bytes, row.error ? 77 : row.bytes);
    }
}

} // namespace
