// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"

#include "record.h"

#include <algorithm>
#include <fmt/format.h>

namespace ccmadm {

void PresentState::apply(const ccm_record &record)
{
    switch (record.type) {
    case CCM_RECORD_NODE:
        node_ = record;
        break;
    case CCM_RECORD_PARTNER:
        partners_[record.node] = record;
        break;
    case CCM_RECORD_REMOVED:
        partners_.erase(record.node);
        std::erase_if(clients_, [&record](const auto &c) { return c.first.second == record.node; });
        break;
    case CCM_RECORD_CLIENT:
        if (record.state == CCM_CLIENT_GONE)
            clients_.erase({name_text(record.client), record.node});
        else
            clients_[{name_text(record.client), record.node}] = record;
        break;
    case CCM_RECORD_SYNC:
        synced_ = true;
        break;
    case CCM_RECORD_OVERFLOW:
        *this = PresentState();
        break;
    default: // of a newer module: nothing that this tool shows
        break;
    }
}

const ccm_record *PresentState::partner(std::uint32_t id) const
{
    const auto found = partners_.find(id);
    return found == partners_.end() ? nullptr : &found->second;
}

const ccm_record *PresentState::client(const std::string &name, std::uint32_t partner) const
{
    const auto found = clients_.find({name, partner});
    return found == clients_.end() ? nullptr : &found->second;
}

bool PresentState::ready() const
{
    return !partners_.empty() && std::all_of(partners_.begin(), partners_.end(),
                                             [](const auto &p) { return p.second.state == CCM_STATE_READY; });
}

Result<PresentState> take_present_state(RecordSource &source, const Clock &clock)
{
    PresentState state;
    const Until until{.deadline = clock.now() + present_state_timeout};

    while (!state.synced()) {
        const ReadResult result = source.read(until);
        if (const auto *error = std::get_if<Error>(&result))
            return *error;
        const auto *batch = std::get_if<Batch>(&result);
        if (batch == nullptr)
            return no_present_state();
        for (const auto &record : *batch)
            state.apply(record);
    }
    return state;
}

Error no_present_state()
{
    return {fmt::format("the module has not described its present state within {} s: "
                        "look for errors of ccm in the kernel log (`dmesg`)",
                        present_state_timeout.count())};
}

} // namespace ccmadm
