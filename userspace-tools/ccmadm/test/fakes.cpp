// SPDX-License-Identifier: GPL-2.0-only
#include "fakes.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <sys/socket.h>

namespace ccmadm::test {

const char script_ended[] = "the test's script has ended";

namespace {

ccm_record blank(std::uint32_t type)
{
    static std::uint64_t seq = 0;
    ccm_record record{};
    record.size = sizeof(record);
    record.type = static_cast<__u16>(type);
    record.seq = ++seq;
    record.time_ns = 999'000'000'000 + seq;
    return record;
}

} // namespace

ccm_record node_record(std::uint32_t stage)
{
    ccm_record record = blank(CCM_RECORD_NODE);
    record.node = 1;
    record.stage = static_cast<__u8>(stage);
    record.incarnation = 0x0123456789abcdef;
    record.detect_ms = 250;
    std::strcpy(record.name, "alpha");
    std::strcpy(record.cluster, "blue");
    return record;
}

ccm_record partner_record(std::uint32_t id, std::uint32_t state, std::uint32_t stage)
{
    ccm_record record = blank(CCM_RECORD_PARTNER);
    record.node = id;
    record.state = static_cast<__u8>(state);
    record.stage = static_cast<__u8>(stage);
    record.transport = 1;
    record.incarnation = 0xfedcba9876543210;
    record.sessions = 1;
    record.silent_us = 12'300;
    record.family = AF_INET;
    const __u8 address[] = {192, 0, 2, 2};
    std::memcpy(record.address, address, sizeof(address));
    std::strcpy(record.name, "beta");
    return record;
}

ccm_record down_record(std::uint32_t id, std::uint32_t reason)
{
    ccm_record record = partner_record(id, CCM_STATE_DOWN);
    record.reason = static_cast<__u8>(reason);
    return record;
}

ccm_record plain_record(std::uint32_t type)
{
    return blank(type);
}

ccm_record removed_record(std::uint32_t id)
{
    ccm_record record = blank(CCM_RECORD_REMOVED);
    record.node = id;
    return record;
}

ccm_record client_record(const char *name, std::uint32_t partner, std::uint32_t state, std::uint32_t reason)
{
    ccm_record record = blank(CCM_RECORD_CLIENT);
    record.node = partner;
    record.state = static_cast<__u8>(state);
    record.reason = static_cast<__u8>(reason);
    std::strcpy(record.client, name);
    if (state == CCM_CLIENT_READY) {
        record.version = 3;
        record.ports = 4;
        record.region = 64u << 20;
        record.region_partner = 3u << 19;
    }
    return record;
}

Batch present(std::vector<ccm_record> records)
{
    Batch batch{node_record()};
    batch.insert(batch.end(), records.begin(), records.end());
    for (auto &record : batch)
        record.flags |= CCM_RECORD_F_PRESENT;
    batch.push_back(plain_record(CCM_RECORD_SYNC));
    return batch;
}

void StringOutput::write(std::string_view written)
{
    if (state() != State::open)
        return;
    text += written;
    writes.emplace_back(written);
}

void MemorySource::give(Batch batch)
{
    give([batch = std::move(batch)] { return ReadResult(batch); });
}

ReadResult MemorySource::read(const Until &until)
{
    if (steps_.empty()) {
        if (!until.deadline)
            return Error{script_ended};
        clock_.now_ = std::max(clock_.now_, *until.deadline);
        return TimedOut{};
    }
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    return step();
}

int FakeControl::info(ccm_info &info)
{
    info = calls_.info;
    return calls_.info_errno;
}

int FakeControl::set_stage(std::uint32_t stage)
{
    calls_.stages_set.push_back(stage);
    return calls_.stage_errno;
}

int FakeControl::hold_stage(std::uint32_t stage, int &fd)
{
    calls_.stages_held.push_back(stage);
    fd = -1;
    return calls_.hold_errno;
}

int FakeControl::peek(ccm_peek &peek)
{
    calls_.peeks_asked.push_back(peek);
    const ccm_peek asked = peek;
    peek = calls_.peek;
    peek.node = asked.node;
    peek.timeout_ms = asked.timeout_ms;
    return calls_.peek_errno;
}

Bench::Bench() : source(std::make_unique<MemorySource>(clock))
{
    calls.info.uapi_version = CCM_UAPI_VERSION;
    calls.info.record_size = sizeof(ccm_record);
    calls.info.node = 1;
}

int Bench::run(std::vector<const char *> arguments)
{
    const auto opener = [this](const std::string &opened) -> Result<Device> {
        path = opened;
        return Device(opened, std::make_unique<FakeControl>(calls), std::move(source));
    };
    return static_cast<int>(ccmadm::run(arguments, opener, output, errors, clock));
}

std::vector<nlohmann::json> Bench::lines() const
{
    std::vector<nlohmann::json> objects;
    std::istringstream stream(output.text);
    for (std::string line; std::getline(stream, line);)
        objects.push_back(nlohmann::json::parse(line));
    return objects;
}

} // namespace ccmadm::test
