// SPDX-License-Identifier: GPL-2.0-only
/*
 * Liveness against a naive model over random events, and its two promises with a
 * simulated partner: one that lives is never declared dead however this node is
 * starved, and one that is dead is found soon after the starvation ends.
 */
#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dice.h"
#include "liveness_model.h"

namespace {

constexpr u64 incarnation = 0x0123456789abcdefULL;

ccm_wire_status make_page(u64 counter, u32 tick_ms)
{
    ccm_wire_status page = {};
    page.version_min = 1;
    page.version_max = 1;
    page.node = 2;
    page.incarnation = incarnation;
    page.cluster = 3;
    page.stage = CCM_STAGE_RUNNING;
    page.counter = counter;
    page.tick_ms = tick_ms;
    return page;
}

u32 step_read(ccm_liveness &l, u64 now_us, const ccm_wire_status &page, u32 len)
{
    u8 bytes[CCM_WIRE_STATUS_LEN];
    ccm_wire_put_status(bytes, &page);
    std::unique_ptr<u8[]> exact(new u8[len]);
    std::copy_n(bytes, len, exact.get());
    return ccm_liveness_step(&l, now_us, CCM_LIVENESS_READ, exact.get(), len);
}

/* A page is as old as the READ of it: an answer that was long on its way is no sign that the
 * partner stands still now. */
TEST(Liveness, AnAnswerThatComesLateIsOld)
{
    for (u64 posted : {1900000, 2100000}) {
        ccm_liveness l;
        u8 bytes[CCM_WIRE_STATUS_LEN];
        const ccm_wire_status page = make_page(7, 20);
        ccm_wire_put_status(bytes, &page);
        ccm_liveness_start(&l, 1000000, 1000, incarnation);
        /* The counter moves at 1.0 s, and never again. */
        for (u64 now = 1000000; now < 2000000; now += 250000) {
            ccm_liveness_read(&l, now, now, bytes, sizeof(bytes));
            ASSERT_EQ(ccm_liveness_step(&l, now + 200000, CCM_LIVENESS_TICK, nullptr, 0), 0U);
        }
        ASSERT_EQ(ccm_liveness_step(&l, 2200000, CCM_LIVENESS_TICK, nullptr, 0), 0U);
        /* It was posted when that was 0.9 s ago, or 1.1. */
        ccm_liveness_read(&l, 2200000, posted, bytes, sizeof(bytes));
        EXPECT_EQ(l.verdict, posted < 2000000 ? CCM_REASON_NONE : CCM_REASON_HUNG);
    }
}

TEST(Liveness, AgreesWithTheNaiveModel)
{
    std::map<u32, int> verdicts;
    for (u64 seed = 0; seed < 6000; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Dice dice(seed);
        const u32 detect_ms = static_cast<u32>(dice.between(CCM_DETECT_MS_MIN, 1000));
        const u64 period_us = detect_ms * 1000ULL / 4;
        const u32 tick_ms = static_cast<u32>(dice.between(1, detect_ms));
        /* Some plays are calm, so that time decides; others are full of surprises. */
        const u64 calm = dice.one_in(3) ? 20 : 400;
        const u64 still = dice.between(1, 8);
        const u64 silent = dice.between(1, 4);
        u64 now = dice.between(1U << 31, 1ULL << 40);
        u64 counter = dice.one_in(2) ? ~0ULL - dice.below(5) : dice.below(1000);

        ccm_liveness l;
        ccm_liveness_start(&l, now, detect_ms, incarnation);
        LivenessModel model(now, detect_ms * 1000ULL, incarnation);
        for (int i = 0; i < 120; i++) {
            if (dice.one_in(30))
                now += dice.between(period_us, 40 * period_us);
            else if (dice.one_in(10))
                now += 2 * period_us + dice.below(3) - 1;
            else
                now += dice.below(period_us + period_us / 4);

            u32 expected;
            u32 got;
            if (dice.below(4) < silent) {
                expected = model.tick(now);
                got = ccm_liveness_step(&l, now, CCM_LIVENESS_TICK, nullptr, 0);
            } else {
                if (dice.one_in(still))
                    counter += dice.between(1, 3);
                ccm_wire_status page = make_page(counter, tick_ms);
                bool whole = true;
                if (dice.one_in(calm))
                    page.flags |= 1U << dice.below(4);
                if (dice.one_in(calm))
                    page.incarnation += dice.below(3) - 1;
                page.uptime_ms = now / 1000 - (dice.one_in(calm) ? dice.below(2 * detect_ms) : 0);
                if (dice.one_in(calm))
                    whole = false;
                if (dice.one_in(10))
                    page.stage = static_cast<u32>(dice.below(CCM_STAGE_COUNT + 2));
                const bool valid = page.incarnation && page.uptime_ms <= CCM_UPTIME_MS_MAX;
                expected = model.read(now, valid && whole ? std::optional(page) : std::nullopt);
                got = step_read(l, now, page,
                                whole ? CCM_WIRE_STATUS_LEN : static_cast<u32>(dice.below(CCM_WIRE_STATUS_LEN)));
            }
            ASSERT_EQ(got, expected) << "event " << i;
            ASSERT_EQ(l.verdict, model.verdict()) << "event " << i;
        }
        verdicts[l.verdict]++;
    }
    for (u32 reason : {CCM_REASON_NONE, CCM_REASON_UNREACHABLE, CCM_REASON_HUNG, CCM_REASON_PANICKED,
                       CCM_REASON_SHUTDOWN, CCM_REASON_RELOADED, CCM_REASON_REFUSED})
        EXPECT_GT(verdicts[reason], 20) << "reason " << reason << " was hardly tried";
}

/*
 * A partner whose counter moves every tick, reads that take some time, and this node,
 * which does not run at all during its stalls: what falls into a stall is handled at
 * its end, in any order.
 */
struct World {
    u32 detect_ms;
    u32 tick_ms;
    u64 rtt_max_us;
    u64 dead_from_us;                        /* no read that reaches the partner later comes back */
    u64 frozen_from_us;                      /* the counter stands still */
    std::vector<std::pair<u64, u64>> stalls; /* of this node: from, to */

    u64 handled(u64 at_us) const
    {
        for (const auto &[from, to] : stalls)
            if (from <= at_us && at_us < to)
                return to;
        return at_us;
    }
};

struct Ending {
    u32 verdict;
    u64 at_us;
};

Ending run(const World &world, u64 until_us, Dice &dice)
{
    struct Event {
        u64 at;
        u64 order; /* within one moment */
        bool read;
        u64 counter;
    };
    const u64 start = 1000;
    const u64 period = world.detect_ms * 250ULL;
    std::vector<Event> events;
    u64 last_tick = 0;
    for (u64 due = start + period; due < until_us; due += period) {
        const u64 at = world.handled(due);
        if (at == last_tick) /* a timer that was late several times fires once */
            continue;
        last_tick = at;
        events.push_back({at, dice.below(1000), false, 0});
        const u64 there = at + dice.below(world.rtt_max_us / 2);
        const u64 back = there + dice.below(world.rtt_max_us / 2);
        if (there < world.dead_from_us) {
            const u64 alive = std::min(there, world.frozen_from_us);
            events.push_back({world.handled(back), dice.below(1000), true, alive / (world.tick_ms * 1000ULL)});
        }
    }
    std::sort(events.begin(), events.end(),
              [](const Event &a, const Event &b) { return std::tie(a.at, a.order) < std::tie(b.at, b.order); });

    ccm_liveness l;
    ccm_liveness_start(&l, start, world.detect_ms, incarnation);
    for (const Event &e : events) {
        const u32 found = e.read ? step_read(l, e.at, make_page(e.counter, world.tick_ms), CCM_WIRE_STATUS_LEN)
                                 : ccm_liveness_step(&l, e.at, CCM_LIVENESS_TICK, nullptr, 0);
        if (found & CCM_LIVENESS_VERDICT)
            return {l.verdict, e.at};
    }
    return {l.verdict, until_us};
}

World random_world(Dice &dice)
{
    World world;
    world.detect_ms = static_cast<u32>(dice.between(CCM_DETECT_MS_MIN, 2000));
    world.tick_ms = static_cast<u32>(dice.between(1, world.detect_ms / 3));
    world.rtt_max_us = dice.between(10, world.detect_ms * 1000ULL / 8);
    world.dead_from_us = ~0ULL;
    world.frozen_from_us = ~0ULL;
    u64 at = 0;
    for (u64 n = dice.below(8); n > 0; n--) {
        const u64 detect_us = world.detect_ms * 1000ULL;
        const u64 from = at + dice.between(1, 6 * detect_us);
        at = from + (dice.one_in(2) ? dice.between(1, detect_us) : dice.between(1, 100 * detect_us));
        world.stalls.emplace_back(from, at);
    }
    return world;
}

TEST(Liveness, NeverDeclaresALivingPartnerDead)
{
    for (u64 seed = 0; seed < 3000; seed++) {
        Dice dice(seed);
        const World world = random_world(dice);
        const u64 end = (world.stalls.empty() ? 0 : world.stalls.back().second) + 10000ULL * world.detect_ms;
        const Ending ending = run(world, end, dice);
        ASSERT_EQ(ending.verdict, CCM_REASON_NONE) << "seed " << seed << " at " << ending.at_us << " us, detect_ms "
                                                   << world.detect_ms << ", tick_ms " << world.tick_ms;
    }
}

TEST(Liveness, FindsADeadPartnerSoonAfterItsOwnStall)
{
    for (u64 seed = 0; seed < 3000; seed++) {
        Dice dice(seed);
        World world = random_world(dice);
        const u64 detect_us = 1000ULL * world.detect_ms;
        const u64 calm = world.stalls.empty() ? 0 : world.stalls.back().second;
        world.dead_from_us = dice.between(1, calm + 3 * detect_us);
        const Ending ending = run(world, calm + 20 * detect_us, dice);
        ASSERT_EQ(ending.verdict, CCM_REASON_UNREACHABLE) << "seed " << seed;
        /*
         * detect_ms after the last answer or the last stall, whichever is later; found
         * at the tick behind that.
         */
        const u64 limit = std::max(world.dead_from_us + world.rtt_max_us, calm) + detect_us + detect_us / 4;
        ASSERT_LE(ending.at_us, limit) << "seed " << seed;
        if (world.stalls.empty()) {
            ASSERT_GE(ending.at_us + detect_us / 4 + world.rtt_max_us,
                      std::min(world.dead_from_us, ending.at_us) + detect_us)
                << "seed " << seed << ": too early";
        }
    }
}

TEST(Liveness, FindsAHungPartnerSoonAfterItsOwnStall)
{
    for (u64 seed = 0; seed < 3000; seed++) {
        Dice dice(seed);
        World world = random_world(dice);
        const u64 detect_us = 1000ULL * world.detect_ms;
        const u64 calm = world.stalls.empty() ? 0 : world.stalls.back().second;
        world.frozen_from_us = dice.between(1, calm + 3 * detect_us);
        const Ending ending = run(world, calm + 20 * detect_us, dice);
        ASSERT_EQ(ending.verdict, CCM_REASON_HUNG) << "seed " << seed;
        /* The first read behind the freeze may still show a move: a period and a trip. */
        const u64 limit = std::max(world.frozen_from_us, calm) + detect_us + 2 * (detect_us / 4 + world.rtt_max_us);
        ASSERT_LE(ending.at_us, limit) << "seed " << seed;
    }
}

TEST(Liveness, DeadlinesAreReachedToTheMicrosecond)
{
    const u32 detect_ms = 200;
    const u64 period = 50000;
    for (u64 off : {0ULL, 1ULL}) {
        ccm_liveness l;
        ccm_liveness_start(&l, 1000, detect_ms, incarnation);
        for (u64 i = 0; i < 4; i++) {
            ASSERT_EQ(step_read(l, 1000 + i * period, make_page(9, 1), CCM_WIRE_STATUS_LEN) & CCM_LIVENESS_VERDICT, 0U);
            ccm_liveness_step(&l, 1000 + i * period, CCM_LIVENESS_TICK, nullptr, 0);
        }
        step_read(l, 1000 + 4 * period - off, make_page(9, 1), CCM_WIRE_STATUS_LEN);
        EXPECT_EQ(l.verdict, off ? CCM_REASON_NONE : CCM_REASON_HUNG);

        ccm_liveness_start(&l, 1000, detect_ms, incarnation);
        for (u64 i = 1; i < 4; i++)
            ASSERT_EQ(ccm_liveness_step(&l, 1000 + i * period, CCM_LIVENESS_TICK, nullptr, 0), 0U);
        ccm_liveness_step(&l, 1000 + 4 * period - off, CCM_LIVENESS_TICK, nullptr, 0);
        EXPECT_EQ(l.verdict, off ? CCM_REASON_NONE : CCM_REASON_UNREACHABLE);
    }
}

TEST(Liveness, ClockThatStandsStillOrStepsBackIsHarmless)
{
    ccm_liveness l;
    ccm_liveness_start(&l, 1000000, 250, incarnation);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(ccm_liveness_step(&l, 1000000, CCM_LIVENESS_TICK, nullptr, 0), 0U);
    ASSERT_EQ(ccm_liveness_step(&l, 1, CCM_LIVENESS_TICK, nullptr, 0), 0U);
    ASSERT_EQ(ccm_liveness_step(&l, ~0ULL, CCM_LIVENESS_TICK, nullptr, 0), 0U);
    ASSERT_EQ(l.verdict, CCM_REASON_NONE);
}

TEST(Liveness, NoBytesAreNotAPage)
{
    ccm_liveness l;
    ccm_liveness_start(&l, 1000, 250, incarnation);
    EXPECT_EQ(ccm_liveness_step(&l, 1000, CCM_LIVENESS_READ, nullptr, 0), CCM_LIVENESS_VERDICT);
    EXPECT_EQ(l.verdict, CCM_REASON_REFUSED);
}

/* The exponent is the largest that stays below the limit: try the next one. */
TEST(Liveness, AckTimeoutIsTheLargestThatFits)
{
    for (u32 detect_ms = 0; detect_ms <= CCM_DETECT_MS_MAX; detect_ms++) {
        for (u32 retries = 0; retries <= 7; retries++) {
            const u8 exponent = ccm_ack_timeout(detect_ms, retries);
            ASSERT_GE(exponent, 1);
            ASSERT_LE(exponent, 31);
            const double tries = retries + 1.0;
            const double total_ms = tries * 4.096e-3 * static_cast<double>(1ULL << exponent);
            if (detect_ms >= CCM_DETECT_MS_MIN) {
                ASSERT_LT(total_ms, 1.5 * detect_ms);
            }
            ASSERT_GE(total_ms * 2, 1.5 * detect_ms);
            const double once_ms = total_ms / tries, wait_ms = ccm_ack_wait_ms(exponent, retries);
            ASSERT_GE(wait_ms, retries * once_ms);
            ASSERT_LT(wait_ms, retries * once_ms + 1);
        }
    }
}

} // namespace
