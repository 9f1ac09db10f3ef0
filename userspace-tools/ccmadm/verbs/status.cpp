// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"
#include "verb.h"

namespace ccmadm {

Result<ExitCode> run_status(const Context &context)
{
    const auto state = take_present_state(context.device.records(), context.clock);
    if (!state)
        return state.error();
    context.printer.status(state.value());
    return state.value().ready() ? ExitCode::ready : ExitCode::not_ready;
}

} // namespace ccmadm
