// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <algorithm>
#include <set>
#include <memory>
#include <stdexcept>
#include <tuple>

#include "options.h"
#include "../kunit/suites/tape.h"

namespace sim {

namespace {

constexpr size_t events_max = 20;
constexpr uint64_t steps = 400; // of a run: tapes are short
constexpr uint64_t seeds = 400;
constexpr size_t plain_max = 7; // events of a tape that shows nothing new

// What a tape shows: which event in which state, whatever was asked for then, and where that led
using Shown = std::set<std::tuple<uint32_t, uint32_t, uint64_t, uint32_t>>;

class Chooser {
public:
    // Up to its last event that shows something that no tape before it shows; false: there is none
    bool choose(MachineTape &tape);

private:
    Shown shown_;
    ccm_session s_{};
    ccm_session_actions actions_{};
};

// Catalogs of many clients are most of what a tape has, and one is like the other.
void thin(MachineTape &tape)
{
    int kept = 0;

    std::erase_if(tape.steps, [&](const Stepped &step) {
        return step.event.type == CCM_SEV_CLIENTS && (step.clients->count > 6 || kept++ >= 3);
    });
}

bool Chooser::choose(MachineTape &tape)
{
    ccm_link_action link;
    size_t last = 0;

    ccm_session_init(&s_, &tape.config);
    for (size_t i = 0; i < tape.steps.size() && i < events_max; i++) {
        const Stepped &step = tape.steps[i];
        ccm_session_event event = step.event;
        uint64_t acts = 0;
        uint32_t state = s_.state;

        event.data = step.data.data();
        event.len = static_cast<uint32_t>(step.data.size());
        event.catalog = step.clients.get();
        ccm_session_step(&s_, step.now, &event, &actions_);
        for (uint32_t a = 0; a < actions_.count; a++)
            acts = acts * 31 + actions_.list[a].type * 17 + actions_.list[a].what + 1;
        while (ccm_links_next(&s_.links, &link))
            acts = acts * 31 + link.act + 1;
        if (shown_.insert({state, step.event.type * 16 + step.event.status % 16, acts, s_.state}).second)
            last = i + 1;
    }
    tape.steps.resize(last);
    return last != 0;
}

} // namespace

Bytes record_tapes(uint64_t first, uint64_t count)
{
    std::vector<MachineTape> chosen, plain;
    auto chooser = std::make_unique<Chooser>();

    for (uint64_t seed = first; chosen.size() < count && seed < first + seeds; seed++) {
        Options o;

        o.seed = seed;
        o.steps = steps;
        o.record = true;
        o.plain = true;
        for (MachineTape &tape : run(o).tapes) {
            thin(tape);
            MachineTape begin{
                tape.config,
                {tape.steps.begin(), tape.steps.begin() + static_cast<long>(std::min(tape.steps.size(), plain_max))}};

            if (chosen.size() < count && chooser->choose(tape))
                chosen.push_back(std::move(tape));
            else if (chosen.size() + plain.size() < count)
                plain.push_back(std::move(begin));
        }
    }
    for (size_t i = 0; chosen.size() < count && i < plain.size(); i++)
        chosen.push_back(std::move(plain[i]));
    if (chosen.size() < count)
        throw std::runtime_error("so many tapes there are not");
    return write_tapes(chosen);
}

} // namespace sim
