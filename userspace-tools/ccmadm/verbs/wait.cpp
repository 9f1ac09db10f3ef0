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

bool client_has_come(const ccm_record *client, const WaitOptions &options)
{
    const bool ready = client != nullptr && client->state == CCM_CLIENT_READY;
    return ready == (options.state == CCM_STATE_READY);
}

// A partner, or a client as to it, that is not where it should be.
struct Missing {
    std::uint32_t id;
    const ccm_record *partner;                // nullptr: not configured
    const std::string *client_name = nullptr; // nullptr: the partner itself
    const ccm_record *client = nullptr;       // nullptr: not registered
};

std::vector<std::uint32_t> partners_asked_for(const PresentState &state, const WaitOptions &options)
{
    std::vector<std::uint32_t> ids = options.partners;
    if (ids.empty())
        for (const auto &[id, partner] : state.partners())
            ids.push_back(id);
    return ids;
}

// The first one; but rather a client that is incompatible: it needs somebody to act,
// while the others may just take their time.
std::optional<Missing> find_missing(const PresentState &state, const WaitOptions &options)
{
    const bool partner_counts = options.clients.empty() || options.stage != CCM_STAGE_UNKNOWN;
    std::optional<Missing> first;

    for (const std::uint32_t id : partners_asked_for(state, options)) {
        const ccm_record *partner = state.partner(id);
        if (!first && (partner == nullptr || (partner_counts && !has_come(*partner, options))))
            first = Missing{id, partner};
        if (partner == nullptr)
            continue;
        for (const auto &name : options.clients) {
            const ccm_record *client = state.client(name, id);
            if (client_has_come(client, options))
                continue;
            const Missing missing{id, partner, &name, client};
            if (client != nullptr && client->state == CCM_CLIENT_INCOMPATIBLE)
                return missing;
            if (!first)
                first = missing;
        }
    }
    return first;
}

bool fulfilled(const PresentState &state, const WaitOptions &options)
{
    return state.synced() && !(options.partners.empty() && state.partners().empty()) && !find_missing(state, options);
}

std::string what_client_is_missing(const Missing &missing)
{
    const std::string subject = fmt::format("client {} is", *missing.client_name);
    const std::string partner = partner_label(*missing.partner);
    if (missing.client != nullptr && missing.client->state == CCM_CLIENT_READY)
        return fmt::format("{} still ready on {}", subject, partner);

    std::string text = fmt::format("{} not ready on {}: ", subject, partner);
    if (missing.client == nullptr)
        text += "it is not registered on this node (`ccmadm status` lists those that are)";
    else
        text += "it is " + describe_client(*missing.client);
    if (missing.partner->state != CCM_STATE_READY)
        text += "; " + describe_partner(*missing.partner);
    return text;
}

std::string what_is_missing(const PresentState &state, const WaitOptions &options)
{
    const auto missing = find_missing(state, options);
    if (!missing)
        return "no partner is configured; load the module with partners=ID@ADDRESS";
    if (missing->partner == nullptr)
        return fmt::format("partner {} is not configured; `ccmadm status` lists those that are", missing->id);
    if (missing->client_name != nullptr)
        return what_client_is_missing(*missing);
    return describe_partner(*missing->partner);
}

bool is_registered(const PresentState &state, const std::string &client)
{
    return std::any_of(state.clients().begin(), state.clients().end(),
                       [&client](const auto &c) { return c.first.first == client; });
}

// Waiting for something that is not there yet can be meant; it can also be a slip.
void remark_on_what_is_not_there(const Context &context, const PresentState &state, const WaitOptions &options)
{
    if (options.partners.empty() && state.partners().empty())
        context.errors.write("ccmadm: no partner is configured yet; waiting for one\n");
    for (const std::uint32_t id : options.partners)
        if (state.partner(id) == nullptr)
            context.errors.write(fmt::format("ccmadm: partner {} is not configured yet; waiting for it\n", id));
    // Without partners there are no records of clients.
    if (options.state != CCM_STATE_READY || state.partners().empty())
        return;
    for (const auto &client : options.clients)
        if (!is_registered(state, client))
            context.errors.write(fmt::format("ccmadm: client {} is not registered yet; waiting for it\n", client));
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
                remark_on_what_is_not_there(context, state, options);
                remarked = true;
            }
        } else if (!state.synced()) {
            return no_present_state();
        }
        if (state.synced() && deadline && context.clock.now() >= *deadline) {
            context.printer.waited(state, "timeout");
            const double seconds = std::chrono::duration<double>(*options.timeout).count();
            return Error{fmt::format("timed out after {} s: {}", seconds, what_is_missing(state, options)),
                         ExitCode::timed_out};
        }
    }
}

} // namespace ccmadm
