// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

namespace ccmadm {

Result<ExitCode> run_partner_add(const PartnerContext &context, const PartnerOptions &options)
{
    std::vector<PartnerAddress> addresses;
    for (const std::string &text : options.addresses) {
        const auto address = read_partner_address(text);
        if (!address)
            return address.error();
        addresses.push_back(address.value());
    }
    const auto added = context.control.add(options.id, addresses);
    if (!added)
        return added.error();
    context.printer.partner_changed(options.id, "added");
    return ExitCode::ready;
}

Result<ExitCode> run_partner_del(const PartnerContext &context, const PartnerOptions &options)
{
    const auto deleted = context.control.del(options.id);
    if (!deleted)
        return deleted.error();
    context.printer.partner_changed(options.id, "deleted");
    return ExitCode::ready;
}

Result<ExitCode> run_partner_list(const PartnerContext &context, const PartnerOptions &options)
{
    const auto entries = context.control.list(options.id);
    if (!entries)
        return entries.error();
    context.printer.partners(entries.value());
    return ExitCode::ready;
}

} // namespace ccmadm
