// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include "fakes.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace ccmadm::test {
namespace {

std::span<const std::byte> bytes_of(const std::vector<ccm_record> &records)
{
    return std::as_bytes(std::span(records));
}

TEST(Words, KnownValuesHaveWordsBothWays)
{
    for (std::uint32_t value = 0; value < CCM_STATE_COUNT; ++value)
        EXPECT_EQ(states.value(*states.word(value)), value);
    for (std::uint32_t value = 0; value < CCM_REASON_COUNT; ++value) {
        EXPECT_EQ(reasons.value(*reasons.word(value)), value);
        EXPECT_FALSE(reason_meaning(value).empty());
    }
    for (std::uint32_t value = 0; value < CCM_STAGE_COUNT; ++value)
        EXPECT_EQ(stages.value(*stages.word(value)), value);
    for (std::uint32_t value = 0; value < CCM_CLIENT_STATE_COUNT; ++value)
        EXPECT_EQ(client_states.value(*client_states.word(value)), value);
    for (std::uint32_t value = 0; value < CCM_CLIENT_REASON_COUNT; ++value) {
        EXPECT_EQ(client_reasons.value(*client_reasons.word(value)), value);
        EXPECT_FALSE(client_reason_meaning(value).empty());
    }
    EXPECT_EQ(states.text(CCM_STATE_NEGOTIATING), "negotiating");
    EXPECT_EQ(reasons.text(CCM_REASON_AUTHENTICATION), "authentication");
    EXPECT_EQ(stages.text(CCM_STAGE_STOPPING), "stopping");
    EXPECT_EQ(stages.text(CCM_STAGE_DUMPING), "dumping");
    EXPECT_EQ(record_types.text(CCM_RECORD_REMOVED), "removed");
    EXPECT_EQ(record_types.text(CCM_RECORD_CLIENT), "client");
    EXPECT_EQ(transports.text(2), "iwarp");
    EXPECT_EQ(client_states.list(0, CCM_CLIENT_STATE_COUNT - 1), "gone, waiting, incompatible, opening, ready");
    EXPECT_EQ(client_reasons.list(0, CCM_CLIENT_REASON_COUNT - 1),
              "none, no-session, no-counterpart, version, ports, memory, limit, resources, "
              "connect, port-lost, left, other, client, timeout");
}

TEST(Words, UnknownValuesAreNumbers)
{
    EXPECT_FALSE(states.word(CCM_STATE_COUNT));
    EXPECT_EQ(states.text(CCM_STATE_COUNT), "6");
    EXPECT_EQ(record_types.text(0), "0");
    EXPECT_EQ(record_types.text(65535), "65535");
    EXPECT_EQ(reason_meaning(255), "");
    EXPECT_EQ(client_states.text(CCM_CLIENT_STATE_COUNT), "5");
    EXPECT_EQ(client_reasons.text(CCM_CLIENT_REASON_COUNT), "14");
    EXPECT_EQ(client_reason_meaning(255), "");
    EXPECT_FALSE(states.value("asleep"));
    EXPECT_FALSE(record_types.value(""));
}

TEST(Words, ListNamesARange)
{
    EXPECT_EQ(stages.list(CCM_STAGE_KERNEL, CCM_STAGE_RUNNING), "kernel, initramfs, root, userspace, storage, running");
}

TEST(DecodeRecords, GivesThemInOrder)
{
    const std::vector<ccm_record> in = present({partner_record(2, CCM_STATE_READY)});
    const auto out = decode_records(bytes_of(in));
    ASSERT_TRUE(out);
    ASSERT_EQ(out.value().size(), 3u);
    EXPECT_EQ(out.value()[1].node, 2u);
    EXPECT_EQ(out.value()[2].type, CCM_RECORD_SYNC);
}

TEST(DecodeRecords, RefusesPartsOfRecords)
{
    const std::vector<ccm_record> in = present({});
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, sizeof(ccm_record) - 1, sizeof(ccm_record) + 1, 2 * sizeof(ccm_record) - 1}) {
        const auto out = decode_records(bytes_of(in).first(length));
        ASSERT_FALSE(out) << length;
        EXPECT_NE(out.error().text.find("not a whole number of 264-byte records"), std::string::npos);
    }
}

TEST(DecodeRecords, RefusesRecordsOfAnotherSize)
{
    std::vector<ccm_record> in = present({});
    in[1].size = 184;
    const auto out = decode_records(bytes_of(in));
    ASSERT_FALSE(out);
    EXPECT_NE(out.error().text.find("(type sync) says it has 184 bytes instead of 264"), std::string::npos);
}

TEST(AddressText, BothFamiliesAndNone)
{
    ccm_record record = partner_record(2, CCM_STATE_READY);
    EXPECT_EQ(address_text(record), "192.0.2.2");
    const __u8 address[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};
    std::copy(std::begin(address), std::end(address), record.address);
    record.family = AF_INET6;
    EXPECT_EQ(address_text(record), "2001:db8::3");
    record.family = 0;
    EXPECT_EQ(address_text(record), "");
    record.family = 99;
    EXPECT_EQ(address_text(record), "");
}

TEST(NameText, StopsAtItsEndAndCannotUpsetATerminal)
{
    const char unterminated[4] = {'a', 'b', 'c', 'd'};
    EXPECT_EQ(name_text(unterminated), "abcd");
    const char escapes[8] = {'\x1b', '[', '2', 'J', '\n', '\xff', '\0', 'x'};
    EXPECT_EQ(name_text(escapes), "?[2J??");
}

} // namespace
} // namespace ccmadm::test
