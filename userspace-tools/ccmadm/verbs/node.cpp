// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

namespace ccmadm {

Result<ExitCode> run_node(const NodeContext &context)
{
    const auto node = context.ask();
    if (!node)
        return node.error();
    context.printer.node(node.value());
    return ExitCode::ready;
}

} // namespace ccmadm
