// SPDX-License-Identifier: GPL-2.0-only
#include "fields.h"

#include "fakes.h"

#include <cstring>
#include <gtest/gtest.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;

TEST(Fields, PartnerForPrograms)
{
    ccm_record record = down_record(2, CCM_REASON_UNREACHABLE);
    record.seq = 77;
    record.time_ns = 18'446'744'073'709'551'615u;
    record.stage = CCM_STAGE_INITRAMFS;
    record.version = 1;
    record.port = 4791;
    record.flags = CCM_RECORD_F_AUTH | CCM_RECORD_F_PRESENT;
    record.detect_ms = 250;
    record.attempts = 5;
    record.rejected = 1;
    record.counter = 4711;
    record.reads = 99;
    record.error = -110;
    // Parsed back: what a program sees, whatever the order.
    EXPECT_EQ(json::parse(Fields(record).json().dump()), json::parse(R"({
        "type": "partner", "seq": 77, "time_ns": 18446744073709551615, "node": 2,
        "name": "beta", "flags": ["auth", "present"], "state": "down",
        "reason": "unreachable", "stage": "initramfs",
        "incarnation": "0xfedcba9876543210", "transport": "roce", "family": "inet",
        "address": "192.0.2.2", "port": 4791, "version": 1, "detect_ms": 250,
        "counter": 4711, "sessions": 1, "attempts": 5, "rejected": 1, "reads": 99,
        "silent_us": 12300, "error": -110, "note": ""})"));
}

TEST(Fields, NodeForPrograms)
{
    ccm_record record = node_record(CCM_STAGE_RUNNING);
    record.seq = 1;
    record.time_ns = 2;
    record.counter = 3;
    record.port = 4;
    EXPECT_EQ(json::parse(Fields(record).json().dump()), json::parse(R"({
        "type": "node", "seq": 1, "time_ns": 2, "node": 1, "name": "alpha", "flags": [],
        "cluster": "blue", "stage": "running", "incarnation": "0x0123456789abcdef",
        "port": 4, "version": 0, "detect_ms": 250, "counter": 3})"));
}

TEST(Fields, ClientForPrograms)
{
    ccm_record record = client_record("mirror", 2, CCM_CLIENT_READY);
    record.seq = 12;
    record.time_ns = 13;
    record.flags = CCM_RECORD_F_PRESENT;
    record.region_partner = 18'446'744'073'709'551'615u;
    std::strcpy(record.note, "copies the log");
    // What the record has room for, but a client has not, is left out.
    std::strcpy(record.name, "beta");
    std::strcpy(record.cluster, "blue");
    record.incarnation = 14;
    record.stage = CCM_STAGE_RUNNING;
    record.error = -5;
    EXPECT_EQ(Fields(record).json().dump(),
              R"({"type":"client","seq":12,"time_ns":13,"node":2,"client":"mirror",)"
              R"("state":"ready","reason":"none","version":3,"ports":4,"region":67108864,)"
              R"("region_partner":18446744073709551615,"note":"copies the log",)"
              R"("flags":["present"]})");

    record = client_record("locks", 3, CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_NO_COUNTERPART);
    record.seq = 14;
    record.time_ns = 15;
    EXPECT_EQ(Fields(record).json().dump(), R"({"type":"client","seq":14,"time_ns":15,"node":3,"client":"locks",)"
                                            R"("state":"incompatible","reason":"no-counterpart","version":0,"ports":0,)"
                                            R"("region":0,"region_partner":0,"note":"","flags":[]})");
}

TEST(Fields, ClientsOfANewerModule)
{
    const ccm_record record = client_record("mirror", 2, 200, 201);
    const auto object = json::parse(Fields(record).json().dump());
    EXPECT_EQ(object["state"], 200);
    EXPECT_EQ(object["reason"], 201);
    EXPECT_EQ(Fields(record).text("state"), "200: reason 201");
}

TEST(Fields, ClientNamesAndNotesCannotUpsetATerminal)
{
    ccm_record record = client_record("a\x1b[2J", 2, CCM_CLIENT_READY);
    std::strcpy(record.note, "b\n\xff");
    EXPECT_EQ(Fields(record).text("client"), "a?[2J");
    EXPECT_EQ(Fields(record).text("note"), "b??");
    // Without an end: no further than the field.
    std::memset(record.client, 'c', sizeof(record.client));
    std::memset(record.note, 'n', sizeof(record.note));
    EXPECT_EQ(Fields(record).text("client"), std::string(CCM_CLIENT_NAME_LEN, 'c'));
    EXPECT_EQ(Fields(record).text("note"), std::string(CCM_CLIENT_NOTE_LEN, 'n'));
}

TEST(Fields, MarksAndRemoval)
{
    ccm_record record = plain_record(CCM_RECORD_SYNC);
    record.seq = 5;
    record.time_ns = 6;
    EXPECT_EQ(Fields(record).json().dump(), R"({"type":"sync","seq":5,"time_ns":6})");
    record.type = CCM_RECORD_OVERFLOW;
    EXPECT_EQ(Fields(record).json().dump(), R"({"type":"overflow","seq":5,"time_ns":6})");
    record.type = CCM_RECORD_REMOVED;
    record.node = 3;
    EXPECT_EQ(Fields(record).json().dump(), R"({"type":"removed","seq":5,"time_ns":6,"node":3,"name":"","flags":[]})");
}

TEST(Fields, TypeComesFirst)
{
    EXPECT_EQ(Fields(node_record()).json().dump().find(R"({"type":"node",)"), 0u);
    EXPECT_EQ(Fields(partner_record(2, 0)).json().dump().find(R"({"type":"partner",)"), 0u);
}

TEST(Fields, UnknownValuesAreNumbers)
{
    ccm_record record = partner_record(2, 200, 201);
    record.type = 202;
    record.reason = 203;
    record.transport = 204;
    record.family = 205;
    record.flags = (1u << 31) | CCM_RECORD_F_AUTH;
    const auto object = json::parse(Fields(record).json().dump());
    EXPECT_EQ(object["type"], 202);
    EXPECT_EQ(object["state"], 200);
    EXPECT_EQ(object["stage"], 201);
    EXPECT_EQ(object["reason"], 203);
    EXPECT_EQ(object["transport"], 204);
    EXPECT_EQ(object["family"], 205);
    EXPECT_EQ(object["address"], "");
    EXPECT_EQ(object["flags"], json::parse(R"(["auth", 2147483648])"));

    const Fields fields(record);
    EXPECT_EQ(fields.text("state"), "200");
    EXPECT_EQ(fields.text("stage"), "201");
    record.state = CCM_STATE_DOWN;
    EXPECT_EQ(Fields(record).text("state"), "down: reason 203");
}

TEST(Fields, BytesOfAllValuesNeverFail)
{
    for (unsigned byte = 0; byte < 256; ++byte) {
        ccm_record record;
        std::memset(&record, static_cast<int>(byte), sizeof(record));
        for (unsigned type = 0; type < 8; ++type) {
            record.type = static_cast<__u16>(type);
            const std::string text = Fields(record).json().dump();
            EXPECT_TRUE(json::accept(text)) << text;
        }
        ccm_peek peek;
        std::memset(&peek, static_cast<int>(byte), sizeof(peek));
        EXPECT_TRUE(json::accept(Fields(peek).json().dump()));
    }
}

TEST(Fields, WordsForPeople)
{
    EXPECT_EQ(
        Fields(down_record(2, CCM_REASON_UNREACHABLE)).text("state"),
        "down: unreachable (no answer, can be a partition; see its console, and the cables and switches between)");
    EXPECT_EQ(Fields(down_record(2, CCM_REASON_NONE)).text("state"), "down (nothing has been tried yet)");
    EXPECT_EQ(Fields(partner_record(2, CCM_STATE_READY)).text("state"), "ready");
    EXPECT_EQ(Fields(partner_record(2, CCM_STATE_READY, CCM_STAGE_STORAGE)).text("stage"), "booting: storage");
    EXPECT_EQ(Fields(partner_record(2, CCM_STATE_READY, CCM_STAGE_RUNNING)).text("stage"), "running");
    EXPECT_EQ(Fields(partner_record(2, CCM_STATE_READY, CCM_STAGE_UNKNOWN)).text("stage"), "");
    ccm_record record = partner_record(2, CCM_STATE_CONNECTING);
    record.error = -111;
    EXPECT_EQ(Fields(record).text("error"), "Connection refused");
    record.error = INT32_MIN;
    EXPECT_EQ(Fields(record).text("error"), "error -2147483648");
    EXPECT_EQ(Fields(record).text("no such field"), "");
}

TEST(Fields, ClientStatesForPeople)
{
    const auto state = [](std::uint32_t state, std::uint32_t reason) {
        return Fields(client_record("mirror", 2, state, reason)).text("state");
    };
    EXPECT_EQ(state(CCM_CLIENT_READY, CCM_CLIENT_NONE), "ready");
    EXPECT_EQ(state(CCM_CLIENT_READY, CCM_CLIENT_PORT_LOST), "ready"); // that is over
    EXPECT_EQ(state(CCM_CLIENT_OPENING, CCM_CLIENT_NONE), "opening");
    EXPECT_EQ(state(CCM_CLIENT_OPENING, CCM_CLIENT_PORT_LOST),
              "opening: port-lost (a port was lost; it is opened again)");
    EXPECT_EQ(state(CCM_CLIENT_WAITING, CCM_CLIENT_NO_COUNTERPART),
              "waiting: no-counterpart (the partner has no client of this name; is its module "
              "loaded there?)");
    EXPECT_EQ(state(CCM_CLIENT_INCOMPATIBLE, CCM_CLIENT_VERSION),
              "incompatible: version (no version in common with its counterpart; update the "
              "older one)");
    EXPECT_EQ(state(CCM_CLIENT_GONE, CCM_CLIENT_LEFT), "gone: left (it, or its counterpart, has left)");
}

TEST(Fields, SizesForPeople)
{
    const auto size = [](std::uint64_t bytes) {
        ccm_record record = client_record("mirror", 2, CCM_CLIENT_READY);
        record.region = bytes;
        return Fields(record).text("region");
    };
    EXPECT_EQ(size(0), "");
    EXPECT_EQ(size(1), "1 B");
    EXPECT_EQ(size(1023), "1023 B");
    EXPECT_EQ(size(1024), "1 KiB");
    EXPECT_EQ(size(1025), "1.0 KiB");
    EXPECT_EQ(size(1536), "1.5 KiB");
    EXPECT_EQ(size((1u << 20) - 1), "1.0 MiB");
    EXPECT_EQ(size(1u << 20), "1 MiB");
    EXPECT_EQ(size(64u << 20), "64 MiB");
    EXPECT_EQ(size(5'000'000'000), "4.7 GiB");
    EXPECT_EQ(size(std::uint64_t{1} << 40), "1 TiB");
    EXPECT_EQ(size(std::uint64_t{1} << 63), "8 EiB");
    EXPECT_EQ(size(UINT64_MAX), "16.0 EiB");
}

TEST(Fields, DurationsForPeople)
{
    ccm_record record = partner_record(2, CCM_STATE_READY);
    const auto silent = [&record](std::uint64_t us) {
        record.silent_us = us;
        return Fields(record).text("silent_us");
    };
    EXPECT_EQ(silent(0), "");
    EXPECT_EQ(silent(999), "999 us");
    EXPECT_EQ(silent(251'000), "251.0 ms");
    EXPECT_EQ(silent(2'500'000), "2.5 s");
    EXPECT_EQ(silent(600'000'000), "10 min");
    EXPECT_EQ(silent(UINT64_MAX), "307445734561 min");
}

} // namespace
} // namespace ccmadm::test
