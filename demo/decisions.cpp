// SPDX-License-Identifier: GPL-2.0-only
#include "decisions.h"

#include <regex>

#include <fmt/format.h>

namespace ccm::demo {

std::string Decision::text() const
{
    return word + (detail.empty() ? "" : " (" + detail + ")") + (remark.empty() ? "" : "; " + remark);
}

std::string Decision::note() const
{
    return word + (detail.empty() ? "" : ": " + detail);
}

Decisions::Decisions(const lab::Console &console, int partner)
    : console_(console), prefix_(fmt::format("ccm_fm: partner {}: ", partner))
{
}

std::optional<Decision> Decisions::parse(const lab::ConsoleLine &line) const
{
    std::size_t found = line.text.find(prefix_);
    if (line.remark || found == std::string::npos)
        return std::nullopt;
    // Other lines of the monitor begin otherwise.
    static const std::regex form(R"(^([a-z]+-[a-z]+)(?: \(([^)]*)\))?(?:; (.*))?$)");
    std::string text = line.text.substr(found + prefix_.size());
    std::smatch match;
    if (!std::regex_match(text, match, form))
        return std::nullopt;
    return Decision{match[1], match[2], match[3]};
}

Decision Decisions::noted(const std::string &note, lab::Duration timeout) const
{
    std::size_t colon = note.find(": ");
    Decision said{note.substr(0, colon), colon == std::string::npos ? "" : note.substr(colon + 2), ""};
    console_.wait_for(prefix_ + said.text(), timeout);
    for (const lab::ConsoleLine &line : console_.lines())
        if (auto decision = parse(line); decision && decision->note() == note)
            said = std::move(*decision);
    return said;
}

} // namespace ccm::demo
