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
    if (context.device.panics_silently())
        context.errors.write("ccmadm: a crash kernel is loaded, and partners will not hear of a panic before it "
                             "runs: put crash_kexec_post_notifiers on the kernel's command line\n");
    return state.value().ready() ? ExitCode::ready : ExitCode::not_ready;
}

} // namespace ccmadm
