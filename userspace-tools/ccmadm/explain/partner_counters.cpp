// SPDX-License-Identifier: GPL-2.0-only
#include "explain/partner_counters.h"

#include "record.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>

namespace ccmadm {

namespace {

template <class Number> std::optional<Number> counter_in(std::string_view text)
{
    Number number{};
    const char *const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

template <class Number> void take_counter(std::string_view text, Number &number)
{
    number = counter_in<Number>(text).value_or(number);
}

// "another cluster" 1234
std::optional<Rejection> rejection_of(std::string_view text)
{
    const std::size_t end = text.rfind("\" ");
    if (text.empty() || text.front() != '"' || end == 0 || end == std::string_view::npos)
        return std::nullopt;
    const auto ago_ms = counter_in<std::uint64_t>(text.substr(end + 2));
    if (!ago_ms)
        return std::nullopt;
    return Rejection{name_text(text.substr(1, end - 1)), *ago_ms};
}

} // namespace

std::optional<PartnerCounters> parse_partner_counters(std::istream &lines)
{
    PartnerCounters counters;
    bool known = false; // the module is one that says more than its counters
    for (std::string line; std::getline(lines, line);) {
        const std::string_view text(line);
        const std::string_view name = text.substr(0, text.find(' '));
        const std::string_view value = text.substr(std::min(name.size() + 1, text.size()));
        known |= name == "attempt_error";
        if (name == "ready_ns")
            take_counter(value, counters.ready_ns);
        else if (name == "proofs_wrong")
            take_counter(value, counters.proofs_wrong);
        else if (name == "attempt_error")
            take_counter(value, counters.attempt_error);
        else if (name == "retry_ms")
            take_counter(value, counters.retry_ms);
        else if (name == "proof_wrong_ms")
            take_counter(value, counters.proof_wrong_ms);
        else if (name == "rejection_heard")
            counters.heard = rejection_of(value);
        else if (name == "rejection_said")
            counters.said = rejection_of(value);
    }
    return known ? std::optional(counters) : std::nullopt;
}

std::optional<PartnerCounters> read_partner_counters(const std::string &debugfs, std::uint32_t partner)
{
    std::ifstream file(fmt::format("{}/partner-{}", debugfs, partner));
    return file ? parse_partner_counters(file) : std::nullopt;
}

} // namespace ccmadm
