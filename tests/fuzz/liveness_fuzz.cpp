// SPDX-License-Identifier: GPL-2.0-only
/*
 * The input is a play of ticks and reads. A verdict must have the cause that it names,
 * and stays.
 */
#include <cstring>
#include <vector>

#include "ccm/core/liveness.h"
#include "input.h"
#include "require.h"

namespace {

constexpr u64 incarnation = 0x1122334455667788ULL;

/* Mostly a valid page; the input may break it anywhere. */
std::vector<u8> make_page(Input &in, u64 counter, u64 now_us)
{
    ccm_wire_status page = {};
    page.version_min = 1;
    page.version_max = 1;
    page.node = 2;
    page.incarnation = incarnation;
    page.cluster = 1;
    page.stage = in.byte() % CCM_STAGE_COUNT;
    page.counter = counter;
    page.tick_ms = 1U + in.byte();
    page.uptime_ms = 1000 + now_us / 1000;
    std::vector<u8> bytes(CCM_WIRE_STATUS_LEN);
    ccm_wire_put_status(bytes.data(), &page);
    for (u8 n = in.byte() % 4; n == 3;) {
        const u8 at = in.byte();
        bytes[at % bytes.size()] = in.byte();
        n = in.byte() % 4;
    }
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    Input in(data, size);
    u64 now = 1 + in.byte();
    const u32 detect_ms = CCM_DETECT_MS_MIN + 4U * in.byte();
    u64 counter = in.byte() % 2 ? ~0ULL : 0;
    u64 last_read = now;

    ccm_liveness l;
    ccm_liveness_start(&l, now, detect_ms, incarnation);
    while (!in.empty()) {
        const u8 op = in.byte();
        const u64 step = in.byte();
        now += step * step * l.period_us / 4096; /* to nearly 16 periods */
        const ccm_liveness before = l;
        u32 found;
        ccm_wire_status page;
        bool valid = false;
        if (op & 1) {
            if (op & 2)
                counter++;
            std::vector<u8> bytes = make_page(in, counter, now);
            if (op >= 0xf8)
                bytes.resize(in.byte() % bytes.size());
            bytes.shrink_to_fit();
            const u32 len = static_cast<u32>(bytes.size());
            valid = ccm_wire_get_status(bytes.data(), len, &page) == 0;
            found = ccm_liveness_step(&l, now, CCM_LIVENESS_READ, bytes.data(), len);
        } else {
            found = ccm_liveness_step(&l, now, CCM_LIVENESS_TICK, nullptr, 0);
        }

        if (before.verdict) {
            REQUIRE(found == 0 && l.verdict == before.verdict && l.reads == before.reads);
            continue;
        }
        REQUIRE(!!(found & CCM_LIVENESS_VERDICT) == (l.verdict != CCM_REASON_NONE));
        REQUIRE(l.last_read_us <= now && l.last_moved_us <= now && l.last_tick_us <= now);
        REQUIRE(l.last_read_us >= before.last_read_us);
        REQUIRE(l.last_moved_us >= before.last_moved_us);
        switch (l.verdict) {
        case CCM_REASON_NONE:
            break;
        case CCM_REASON_UNREACHABLE:
            REQUIRE(!(op & 1) && now - last_read >= l.detect_us);
            break;
        case CCM_REASON_HUNG:
            REQUIRE(valid && before.reads && page.counter == before.page.counter);
            REQUIRE(now - before.last_moved_us >= l.detect_us);
            break;
        case CCM_REASON_PANICKED:
            REQUIRE(valid && (page.flags & CCM_PAGE_PANIC));
            break;
        case CCM_REASON_SHUTDOWN:
            REQUIRE(valid && (page.flags & CCM_PAGE_SHUTDOWN));
            break;
        case CCM_REASON_RELOADED:
            REQUIRE(valid && page.incarnation == incarnation);
            REQUIRE(before.reads && page.uptime_ms < before.page.uptime_ms);
            break;
        case CCM_REASON_REFUSED:
            REQUIRE((op & 1) && (!valid || page.incarnation != incarnation));
            break;
        default:
            REQUIRE(!"a verdict that liveness cannot give");
        }
        if (op & 1)
            last_read = now;
    }
    return 0;
}
