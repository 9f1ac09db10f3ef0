// SPDX-License-Identifier: GPL-2.0-only
#include "verb.h"

namespace ccmadm {

namespace {

Result<std::vector<PartnerAddress>> addresses_of(const PartnerOptions &options)
{
    std::vector<PartnerAddress> addresses;
    for (const std::string &text : options.addresses) {
        const auto address = read_partner_address(text);
        if (!address)
            return address.error();
        addresses.push_back(address.value());
    }
    return addresses;
}

} // namespace

Result<ExitCode> run_partner_add(const PartnerContext &context, const PartnerOptions &options)
{
    const auto addresses = addresses_of(options);
    if (!addresses)
        return addresses.error();
    const auto added = context.control.add(options.id, addresses.value());
    if (!added)
        return added.error();
    context.printer.partner_changed(options.id, "added");
    return ExitCode::ready;
}

Result<ExitCode> run_partner_set(const PartnerContext &context, const PartnerOptions &options)
{
    const auto addresses = addresses_of(options);
    if (!addresses)
        return addresses.error();
    const auto set = context.control.set(options.id, addresses.value());
    if (!set)
        return set.error();
    context.printer.partner_changed(options.id, "set");
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
