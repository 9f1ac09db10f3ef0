// SPDX-License-Identifier: GPL-2.0-only
#include "shrink.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "campaign.h"
#include "ddmin.h"
#include "replay.h"

namespace sim {

namespace {

constexpr uint64_t salts = 12; // delays are others when a fault is left out: so often is tried

// Which failure it is: without the numbers in it
std::string kind(const std::string &message)
{
    std::string text;

    for (char c : message)
        if (!std::isdigit(static_cast<unsigned char>(c)))
            text += c;
    return text;
}

// Which event and which states it was is left out: only what is wrong.
std::string short_kind(const std::string &message)
{
    std::string text = kind(message);

    return text.substr(0, text.find(" (state"));
}

// Does it still fail so, with some delays or others? Then @o has them.
bool fails(Options &o, const std::string &message)
{
    for (o.salt = 0; o.salt < salts; o.salt++) {
        Result r = run(o);

        if (!r.ok && short_kind(r.message) == short_kind(message))
            return true;
    }
    return false;
}

std::set<uint64_t> all_but(const std::vector<uint64_t> &kept, uint64_t count)
{
    std::set<uint64_t> left_out;

    for (uint64_t i = 0; i < count; i++)
        left_out.insert(left_out.end(), i);
    for (uint64_t i : kept)
        left_out.erase(i);
    return left_out;
}

} // namespace

ShrunkRun shrink_run(const Options &options)
{
    ShrunkRun s{options, {}, 0, 0};

    s.options.tracing = false;
    s.options.record = false;
    s.result = run(s.options);
    s.before = s.after = s.result.begun;
    if (!s.options.together) {
        std::vector<uint64_t> faults(s.before);
        std::string message = s.result.message;
        Options best = s.options;

        std::iota(faults.begin(), faults.end(), 0);
        // How many there are to be is counted from now on, and not how much happens.
        Options tried = s.options;
        tried.fault_count = s.before;
        if (fails(tried, message)) {
            best = tried;
            faults = ddmin<uint64_t>(faults, [&](const std::vector<uint64_t> &kept) {
                tried.fault_count = kept.empty() ? 0 : kept.back() + 1;
                tried.left_out = all_but(kept, tried.fault_count);
                if (!fails(tried, message))
                    return false;
                best = tried;
                return true;
            });
        }
        s.options = best;
        s.after = faults.size();
    }
    s.options.tracing = true;
    s.result = run(s.options);
    return s;
}

ShrunkMachine shrink_machine(const Options &options)
{
    Options recorded = options;
    ShrunkMachine s;

    recorded.tracing = false;
    recorded.record = true;
    Result r = run(recorded);
    if (r.ok || r.tapes.empty())
        return s;
    MachineTape &tape = r.tapes.front();
    s.wrong = replay(tape, options.plant);
    s.before = tape.steps.size();
    if (s.wrong.empty())
        return s;
    s.tape.config = tape.config;
    s.tape.steps = ddmin<Stepped>(tape.steps, [&](const std::vector<Stepped> &steps) {
        return replay({tape.config, steps}, options.plant) == s.wrong;
    });
    return s;
}

std::string shrink_report(const Options &options)
{
    ShrunkRun r = shrink_run(options);
    std::string text =
        fmt::format("{}ccm_sim: {} of {} faults are needed: {}\n", r.result.trace, r.after, r.before, r.result.message);
    ShrunkMachine m = shrink_machine(r.options);

    if (m.tape.steps.empty())
        m = shrink_machine(options);
    if (m.tape.steps.empty())
        return text + "ccm_sim: it takes more than one machine to fail so\n";
    text +=
        fmt::format("ccm_sim: one machine by itself does it, with {} of {} events:\n\n", m.tape.steps.size(), m.before);
    return text + print_test(m.tape, fmt::format("Seed{}", options.seed), m.wrong, options.plant);
}

} // namespace sim
