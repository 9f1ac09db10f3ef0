// SPDX-License-Identifier: GPL-2.0-only
/*
 * The failover monitor: what its counterpart writes, and what it decides.
 *
 *	0, a record, which the partner can make of any bytes
 * or	anything else, then for each event: type, time, state, reason, stage, who
 */
#include <algorithm>
#include <cstring>
#include <vector>

#include "ccm/core/failover_record.h"
#include "input.h"
#include "require.h"
#include "tests/core/failover_model.h"
#include "tests/core/poison.h"

namespace {

/* FNV-1a of all bytes but the check itself: a stranger can make it, too. */
void make_right(std::vector<u8> &record)
{
    const size_t len = std::clamp<size_t>(record[6] | record[7] << 8, CCM_FM_RECORD_LEN, record.size());
    u64 hash = 0xcbf29ce484222325ULL;

    for (size_t i = 0; i < len; i++)
        if (i < 8 || i >= 16)
            hash = (hash ^ record[i]) * 0x100000001b3ULL;
    for (size_t i = 0; i < 8; i++)
        record[8 + i] = static_cast<u8>(hash >> (8 * i));
}

void try_record(const std::vector<u8> &bytes)
{
    ccm_fm_record record;
    poison(record);
    if (!ccm_fm_record_get(bytes.data(), &record)) {
        REQUIRE(is_poison(record));
        return;
    }
    REQUIRE(record.instance && record.sequence && !(record.flags & ~CCM_FM_F_ALL));
    REQUIRE(record.decision < CCM_FM_DECISION_COUNT && record.reason < CCM_REASON_COUNT);
    REQUIRE(record.stage < CCM_STAGE_COUNT);
    std::vector<u8> once(CCM_FM_RECORD_LEN_MAX, 0xee);
    ccm_fm_record_put(once.data(), &record);
    ccm_fm_record other = {};
    REQUIRE(ccm_fm_record_get(once.data(), &other));
    std::vector<u8> twice(CCM_FM_RECORD_LEN_MAX, 0xee);
    ccm_fm_record_put(twice.data(), &other);
    REQUIRE(once == twice);
    /* one bit of it, and it is not of one piece */
    once[16 + record.sequence % 48] ^= 1;
    REQUIRE(!ccm_fm_record_get(once.data(), &other));
}

void records(Input &in)
{
    std::vector<u8> bytes = in.bytes(CCM_FM_RECORD_LEN_MAX);
    bytes.resize(CCM_FM_RECORD_LEN_MAX);
    try_record(bytes);
    make_right(bytes);
    try_record(bytes);
}

/* As CCM tells it: state, reason and stage are in range, whatever the partner says. */
ccm_failover_event event_of(Input &in)
{
    ccm_failover_event event = {};
    event.type = in.byte() % 5;
    if (event.type == CCM_FAILOVER_STATUS) {
        event.state = in.byte() % CCM_STATE_COUNT;
        event.reason = event.state == CCM_STATE_DOWN ? in.byte() % CCM_REASON_COUNT : 0U;
        event.stage = in.byte() % CCM_STAGE_COUNT;
        const u8 who = in.byte();
        event.incarnation = 1 + who % 4;
        event.certain = event.reason && who & 8;
        event.here = event.reason && who & 16;
    } else if (event.type == CCM_FAILOVER_PARTNER) {
        event.decision = in.byte() % CCM_FM_DECISION_COUNT;
        event.flags = in.byte() & CCM_FM_F_ALL;
    }
    return event;
}

void play(Input &in, u8 config_bits)
{
    constexpr u64 second = 1000000;
    const ccm_failover_config config = {config_bits & 1 ? 120 * second : 0, config_bits & 2 ? 300 * second : 0,
                                        config_bits & 4 ? second / 2 : 0, config_bits & 8 ? 600 * second : 0,
                                        static_cast<u32>(config_bits >> 4)};
    ccm_failover f;
    std::memset(&f, 0xee, sizeof(f));
    ccm_failover_start(&f, &config);
    FailoverModel model(config);
    u64 now = 1;
    bool serves = false;

    while (!in.empty()) {
        const u8 time = in.byte();
        if (time == 0xff && f.deadline_us > now)
            now = f.deadline_us;
        else
            now += 1ULL * time * time * time * time;
        const ccm_failover_event event = event_of(in);
        ccm_failover_step(&f, now, &event);
        model.step(now, event);
        const ccm_failover_view &v = f.view;
        REQUIRE(v.decision == model.decision() && v.reason == model.reason() && v.flags == model.flags());
        REQUIRE(f.deadline_us == model.deadline());
        if (event.type == CCM_FAILOVER_STATUS)
            serves = event.state == CCM_STATE_READY && event.stage == CCM_STAGE_RUNNING;
        if (serves)
            REQUIRE(v.decision != CCM_FM_TAKEOVER_ADVISED && v.decision != CCM_FM_BOOT_STALLED);
        REQUIRE(!(v.flags & ~CCM_FM_F_ALL));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Input in(data, size);
    const u8 kind = in.byte();
    if (kind == 0)
        records(in);
    else
        play(in, kind);
    return 0;
}
