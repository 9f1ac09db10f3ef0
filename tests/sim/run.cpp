// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <utility>

#include "checker.h"
#include "cluster.h"
#include "faults.h"

namespace sim {

namespace {

// The longest way back to READY when nothing goes wrong any more: the last message of the
// bad times arrives and opens a series that nobody answers; it has to time out, then both
// sides wait for their longest backoff, and the one that wakes first connects.
//
// Then the links: a try of the bad times may still have to take too long, each side waits
// for its longest backoff, one after the other, and with the gate as the last of all.
constexpr uint64_t links_limit_us = 1000ULL * (CCM_LINK_GATE_MS + CCM_LINK_OPEN_MS + 2 * CCM_LINK_RETRY_MAX_MS * 5 / 4);

// What a work item is at when the faults stop may still take as long as it does in bad times: of
// either side the longest CLOSE, once.
constexpr uint64_t close_limit_us = 2000ULL * (CCM_FLUSH_MAX_MS + 2 * CCM_DRAIN_MS);

uint64_t settle_limit_us(const Cluster &c)
{
    uint64_t series = std::max<uint64_t>(CCM_GREET_MS_MIN, 4ULL * c.detect_ms);

    return delay_max_us + 1000 * (series + CCM_RETRY_MAX_MS * 5 / 4 + 2 * CCM_CONNECT_MS + c.detect_ms) +
           links_limit_us + close_limit_us;
}

constexpr uint32_t settle_attempts_max = 8;
constexpr uint64_t calm_us = 3000000;

bool all_settled(Cluster &c)
{
    for (auto &a : c.hosts())
        for (auto &b : c.hosts())
            if (a.id < b.id && !settled(c, a.id, b.id))
                return false;
    return true;
}

std::string first_unsettled(Cluster &c)
{
    for (auto &a : c.hosts())
        for (auto &b : c.hosts())
            if (a.id < b.id && !unsettled_client(c, a.id, b.id).empty())
                return fmt::format(": nodes {} and {}: {}", a.id, b.id, unsettled_client(c, a.id, b.id));
    return {};
}

// Each fault has random numbers of its own, so one that is left out changes none of the others.
// Returns how long it is until the next one.
uint64_t one_fault(Cluster &c, uint64_t number)
{
    Rng own(Rng(c.options.seed * 1000003 + number).next());
    uint64_t gap = own.between(1000, c.churn ? 60000 : 600000);

    if (c.options.left_out.count(number))
        return gap;
    std::swap(c.world.rng, own);
    random_fault(c);
    std::swap(c.world.rng, own);
    return gap;
}

void with_faults(Cluster &c)
{
    uint64_t next = c.world.now() + Rng(c.options.seed).between(1000, 2000000);
    uint64_t steps = c.options.steps * (c.churn ? 4 : 1); // little happens besides
    bool counted = c.options.fault_count != ~0ULL;

    for (uint64_t i = 0; counted ? i < c.options.fault_count : c.world.happened() < steps; i++) {
        c.world.run_until(next);
        // There is always something: a fault that will end, a retry, a heartbeat.
        if (c.world.idle())
            c.world.fail("nothing will ever happen again");
        c.result.begun = i + 1;
        next += one_fault(c, i);
    }
    c.world.run_until(next);
}

void demand_ready(Cluster &c)
{
    uint64_t begin = c.world.now();
    uint64_t limit = begin + settle_limit_us(c);
    uint64_t last = begin;
    uint64_t downs;

    set_right(c);
    for (auto &host : c.hosts())
        for (auto &[id, p] : host.node->partners())
            p.connects = 0;
    // A request that was long under way may still come and end a session once more:
    // what counts is the last time that not all was well.
    // Only steps of machines make a difference, and what is carried out then.
    uint64_t seen = ~0ULL;
    bool all = false;
    while (c.world.now() <= limit && c.world.step()) {
        if (c.result.steps + c.rests != seen)
            all = all_settled(c);
        seen = c.result.steps + c.rests;
        if (!all)
            last = c.world.now();
    }
    if (!all_settled(c))
        c.world.fail("not READY on both sides {} ms after the last fault{}", settle_limit_us(c) / 1000,
                     first_unsettled(c));
    c.result.settle_us = last - begin;
    for (auto &host : c.hosts())
        for (auto &[id, p] : host.node->partners())
            c.result.settle_attempts = std::max(c.result.settle_attempts, p.connects);
    if (c.result.settle_attempts > settle_attempts_max)
        c.world.fail("{} attempts for one session without any fault", c.result.settle_attempts);
    downs = c.result.down;
    c.world.run_until(c.world.now() + calm_us);
    if (!all_settled(c) || c.result.down != downs)
        c.world.fail("a session ended and nothing had happened to it");
}

} // namespace

Result run(const Options &options)
{
    Cluster c(options);

    try {
        for (auto &host : c.hosts()) {
            host.powered = true;
            c.world.after(c.world.rng.permille(500) ? 0 : c.world.rng.below(2000000), [&c, id = host.id] {
                if (!c.node(id))
                    c.load(id);
            });
        }
        if (options.salt)
            c.world.rng = Rng(Rng(options.seed ^ options.salt << 32).next());
        if (options.faults)
            with_faults(c);
        demand_ready(c);
    } catch (const Failure &failure) {
        c.result.ok = false;
        c.result.message = failure.what();
    }
    c.result.tapes = c.tapes.take();
    c.result.simulated_us = c.world.now();
    c.result.trace = c.world.traced();
    return c.result;
}

Result run_together(const Options &options)
{
    Options exact = options;

    exact.together = true;
    exact.faults = false;
    Cluster c(exact);
    uint64_t delay = c.world.rng.between(1, 50) * (c.world.rng.permille(500) ? 10 : 1000);

    uint64_t skew = c.world.rng.permille(500) ? 3 * delay : 0;
    uint32_t requests = skew ? 3 : 2;

    // Every other time with a client on each node: its link makes 6 delays more.
    bool client = c.world.rng.permille(500);
    uint64_t delays = client ? 36 : 24;

    c.detect_ms = 1000; // far above every round trip

    try {
        for (auto &one : c.hosts())
            for (auto &other : c.hosts())
                c.fabric.link(one.id, other.id) = Link{false, 0, delay, delay};
        for (auto &host : c.hosts()) {
            host.powered = true;
            c.world.at(1000 + c.world.rng.below(skew + 1), [&c, client, id = host.id] {
                ccm_catalog_entry log{{'l', 'o', 'g'}, 1, 1, 1, 4, 1, 1, 0};

                c.load(id);
                if (client)
                    c.node(id)->register_client(log);
            });
        }
        while (!all_settled(c)) {
            // 3 messages of CM after the crossing, then 4 of A0..W1, 3 of R2, 2 of
            // W2 and W3; twice that is far below any timer.
            if (c.world.now() > 1000 + skew + delays * (delay + 40))
                c.world.fail("not READY {} delays of {} us after both have loaded", delays, delay);
            c.world.step();
        }
        c.result.settle_us = c.world.now() - 1000;
        for (auto &host : c.hosts())
            for (auto &[id, p] : host.node->partners())
                if (p.connects > (host.id < id ? requests : requests - 1))
                    c.world.fail("node {} sent partner {} {} requests", host.id, id, p.connects);
        if (c.result.ready != c.hosts().size() * (c.hosts().size() - 1))
            c.world.fail("READY was told {} times", c.result.ready);
        c.world.run_until(c.world.now() + calm_us);
        if (!all_settled(c) || c.result.down)
            c.world.fail("a session ended and nothing had happened to it");
    } catch (const Failure &failure) {
        c.result.ok = false;
        c.result.message = failure.what();
    }
    c.result.simulated_us = c.world.now();
    c.result.trace = c.world.traced();
    return c.result;
}

Result run_traced(const Options &options)
{
    auto how = options.together ? run_together : run;
    Result result = how(options);
    Options again = options;

    if (result.ok || options.tracing)
        return result;
    again.tracing = true;
    return how(again);
}

} // namespace sim
