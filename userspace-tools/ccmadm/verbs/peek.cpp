// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

namespace ccmadm {

Result<ExitCode> run_peek(const Context &context, const PeekOptions &options)
{
    const auto page = context.device.peek(options.partner, options.timeout_ms);
    if (!page)
        return page.error();
    context.printer.peek(page.value());
    return ExitCode::ready;
}

} // namespace ccmadm
