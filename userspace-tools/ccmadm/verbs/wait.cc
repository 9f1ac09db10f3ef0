// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"
#include "record.h"
#include "verb.h"

#include <algorithm>
#include <fmt/format.h>

namespace ccmadm {

namespace {

bool has_come(const ccm_record &partner, const WaitOptions &options)
{
    if (partner.state != options.state)
        return false;
    if (options.stage == CCM_STAGE_UNKNOWN)
        return true;
    // STOPPING and what a newer module adds behind it are not further along.
    return partner.stage >= options.stage && partner.stage <= CCM_STAGE_RUNNING;
}

// The first partner that is missing or not where it should be.
struct Missing {
    std::uint32_t id;
    const ccm_record *record; // nullptr: not configured
};

std::optional<Missing> first_missing(const PresentState &state, const WaitOptions &options)
{
    for (const std::uint32_t id : options.partners) {
        const ccm_record *partner = state.partner(id);
        if (partner == nullptr || !has_come(*partner, options))
            return Missing{id, partner};
    }
    if (options.partners.empty())
        for (const auto &[id, partner] : state.partners())
            if (!has_come(partner, options))
                return Missing{id, &partner};
    return std::nullopt;
}

bool fulfilled(const PresentState &state, const WaitOptions &options)
{
    return state.synced() && !(options.partners.empty() && state.partners().empty()) &&
           !first_missing(state, options);
}

std::string what_is_missing(const PresentState &state, const WaitOptions &options)
{
    const auto missing = first_missing(state, options);
    if (!missing)
        return "no partner is configured; load the module with partners=ID@ADDRESS";
    if (missing->record == nullptr)
        return fmt::format("partner {} is not configured; `ccmadm status` lists those that are",
                           missing->id);
    return describe_partner(*missing->record);
}

// Waiting for something that is not there yet can be meant; it can also be a slip.
void remark_on_unconfigured(const Context &context, const PresentState &state,
                            const WaitOptions &options)
{
    if (options.partners.empty() && state.partners().empty())
        context.errors.write("ccmadm: no partner is configured yet; waiting for one\n");
    for (const std::uint32_t id : options.partners)
        if (state.partner(id) == nullptr)
            context.errors.write(
                fmt::format("ccmadm: partner {} is not configured yet; waiting for it\n", id));
}

} // namespace

Result<ExitCode> run_wait(const Context &context, const WaitOptions &options)
{
    const Instant start = context.clock.now();
    // When the state has to be complete: the user's timeout is about the partners,
    // so that even a timeout of 0 looks at all of them once.
    Instant sync_deadline = start + present_state_timeout;
    std::optional<Instant> deadline;
    if (options.timeout)
        deadline = start + *options.timeout;
    PresentState state;
    bool remarked = false;

    for (;;) {
        const Until until{.deadline = state.synced() ? deadline : sync_deadline};
        const ReadResult result = context.device.records().read(until);
        if (const auto *error = std::get_if<Error>(&result))
            return *error;
        if (const auto *batch = std::get_if<Batch>(&result)) {
            for (const auto &record : *batch) {
                state.apply(record);
                if (record.type == CCM_RECORD_OVERFLOW)
                    sync_deadline = context.clock.now() + present_state_timeout;
                if (fulfilled(state, options)) {
                    context.printer.waited(state, "reached");
                    return ExitCode::ready;
                }
            }
            if (state.synced() && !remarked && (!deadline || context.clock.now() < *deadline)) {
                remark_on_unconfigured(context, state, options);
                remarked = true;
            }
        } else if (!state.synced()) {
            return no_present_state();
        }
        if (state.synced() && deadline && context.clock.now() >= *deadline) {
            context.printer.waited(state, "timeout");
            const double seconds = std::chrono::duration<double>(*options.timeout).count();
            return Error{fmt::format("timed out after {} s: {}", seconds,
                                     what_is_missing(state, options)),
                         ExitCode::timed_out};
        }
    }
}

} // namespace ccmadm
