// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <utility>

#include "checker.h"
#include "cluster.h"
#include "faults.h"
#include "hosts.h"

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

// With clocks that run slow, and with what a bad host was at when it became a good one
uint64_t limit_us(const Cluster &c)
{
    uint64_t us = settle_limit_us(c);

    return c.options.hosts ? us + us / 16 + 300000 : us;
}

constexpr uint32_t settle_attempts_max = 8;
// What a stranger has begun, with a high number, is in the way until its time is up.
constexpr uint32_t stranger_attempts_max = 16;
constexpr uint64_t calm_us = 3000000;
constexpr uint64_t served_us = 20000000;

// Pairs of nodes that must come to be READY
template <typename What> void each_pair(Cluster &c, What what)
{
    auto sound = [&c](uint32_t id) { return c.sound.empty() || c.sound.count(id); };

    for (auto &a : c.hosts())
        for (auto &b : c.hosts())
            if (a.id < b.id && sound(a.id) && sound(b.id))
                what(a.id, b.id);
}

// What is known of each other on both sides of these pairs
template <typename What> void each_partner(Cluster &c, What what)
{
    each_pair(c, [&](uint32_t a, uint32_t b) {
        what(c.node(a)->partners().at(b));
        what(c.node(b)->partners().at(a));
    });
}

bool all_settled(Cluster &c)
{
    bool all = true;

    each_pair(c, [&](uint32_t a, uint32_t b) { all = all && settled(c, a, b); });
    return all;
}

std::string first_unsettled(Cluster &c)
{
    std::string first;

    each_pair(c, [&](uint32_t a, uint32_t b) {
        if (first.empty() && !settled(c, a, b))
            first = fmt::format(": nodes {} and {} {}", a, b, unsettled_client(c, a, b));
    });
    return first;
}

// All are READY; then somebody comes who is no node, and nothing else happens.
void beside_hostile(Cluster &c)
{
    bool faults = c.options.faults;
    uint64_t limit = c.world.now() + limit_us(c) + 2000000;
    bool all = false;

    c.hostile = std::make_unique<Hostile>(c);
    c.options.faults = false;
    while (!(all = all_settled(c)) && c.world.now() <= limit)
        c.world.step();
    if (!all)
        c.world.fail("not READY, and nothing has happened");
    c.hostile->alone = true;
    c.hostile->start();
    for (uint64_t i = 0; i < c.options.steps; i++)
        c.world.step();
    c.hostile->alone = false;
    c.options.faults = faults;
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
    uint64_t steps = c.world.happened() + c.options.steps * (c.churn ? 4 : 1); // little happens besides
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

// Let it go on until then, and what happens to hosts that never come right with it. Only steps of
// machines make a difference to @look, and what is carried out then.
template <typename Look> void go_on(Cluster &c, uint64_t limit, Look look)
{
    uint64_t next = c.world.now();
    uint64_t seen = ~0ULL;

    while (c.world.now() <= limit && c.world.step()) {
        if (!c.sound.empty() && c.world.now() >= next) {
            fault_outside(c);
            next = c.world.now() + c.world.rng.between(1000, 200000);
        }
        if (c.result.steps + c.rests != seen)
            look();
        seen = c.result.steps + c.rests;
    }
}

void demand_ready(Cluster &c)
{
    uint64_t begin = c.world.now();
    uint64_t limit = begin + limit_us(c);
    uint64_t last = begin;
    uint64_t since = 0, still = 0;

    if (c.hostile)
        c.hostile->stop();
    if (c.options.outside && c.hosts().size() > 2)
        c.sound = draw_sound(c);
    set_right(c);
    each_partner(c, [](Partner &p) { p.connects = 0; });
    // A request that was long under way may still come and end a session once more:
    // what counts is the last time that not all was well.
    go_on(c, limit, [&] {
        if (!all_settled(c))
            last = c.world.now();
    });
    if (!all_settled(c))
        c.world.fail("not READY on both sides {} ms after the last fault{}", limit_us(c) / 1000, first_unsettled(c));
    c.result.settle_us = last - begin;
    each_partner(c, [&](Partner &p) {
        c.result.settle_attempts = std::max(c.result.settle_attempts, p.connects);
        since += p.ready_since;
    });
    if (c.result.settle_attempts > (c.hostile ? stranger_attempts_max : settle_attempts_max))
        c.world.fail("{} attempts for one session without any fault", c.result.settle_attempts);
    go_on(c, c.world.now() + calm_us, [] {});
    each_partner(c, [&](Partner &p) { still += p.ready_since; });
    if (!all_settled(c) || since != still)
        c.world.fail("a session ended and nothing had happened to it");
}

// Each disk is served again: by its own node, or by the one that has taken it over
void demand_served(Cluster &c)
{
    uint64_t limit = c.world.now() + served_us;

    while (!c.takeover->served())
        if (c.world.now() > limit || !c.world.step())
            c.world.fail("a disk is not served {} s after the last fault: {}", served_us / 1000000,
                         c.takeover->unserved());
}

Result run_apart(const Options &options)
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
        if (options.hostile)
            beside_hostile(c);
        if (options.faults)
            with_faults(c);
        demand_ready(c);
        if (c.takeover && c.sound.empty())
            demand_served(c);
    } catch (const Failure &failure) {
        c.result.ok = false;
        c.result.message = failure.what();
    }
    c.result.tapes = c.tapes.take();
    c.result.simulated_us = c.world.now();
    c.result.trace = c.world.traced();
    return c.result;
}

// All nodes load in the same instant (in every other run: within three delays), all delays
// are the same to the microsecond, nothing goes wrong: READY must come within a handshake
// of the last load, waiting for no timer, with hardly a request more than needed.
Result run_together(const Options &options)
{
    Options exact = options;

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

} // namespace

Result run(const Options &options)
{
    return options.together ? run_together(options) : run_apart(options);
}

Result run_traced(const Options &options)
{
    Result result = run(options);
    Options again = options;

    if (result.ok || options.tracing)
        return result;
    again.tracing = true;
    return run(again);
}

} // namespace sim
