// SPDX-License-Identifier: GPL-2.0-only
#include "present_state.h"
#include "record.h"
#include "verb.h"

#include <fmt/format.h>

namespace ccmadm {

Result<std::uint32_t> stage_named(std::string_view name, std::uint32_t last)
{
    const auto stage = stages.value(name);
    if (!stage || *stage < CCM_STAGE_KERNEL || *stage > last)
        return Error{fmt::format("`{}` is not a boot stage; the stages are: {}", name_text(name),
                                 stages.list(CCM_STAGE_KERNEL, last))};
    return *stage;
}

Result<ExitCode> run_stage(const Context &context, const StageOptions &options)
{
    if (options.name.empty()) {
        const auto state = take_present_state(context.device.records(), context.clock);
        if (!state)
            return state.error();
        if (!state.value().node())
            return Error{"the module has not described this node: "
                         "look for errors of ccm in the kernel log (`dmesg`)"};
        const ccm_record &node = *state.value().node();
        context.printer.stage(node.node, node.stage, true);
        return ExitCode::ready;
    }

    const auto stage = stage_named(options.name, CCM_STAGE_STOPPING);
    if (!stage)
        return stage.error();
    if (const auto set = context.device.set_stage(stage.value()); !set)
        return set.error();
    context.printer.stage(context.info.node, stage.value(), false);
    return ExitCode::ready;
}

} // namespace ccmadm
