// SPDX-License-Identifier: GPL-2.0-only
#include "enumerators.h"

#include <cstddef>
#include <vector>

#include "token.h"

namespace mutants {

namespace {

// The names between { at @at and its }, which becomes @at
std::vector<std::string> names(const Tokens &tokens, std::size_t &at)
{
    std::vector<std::string> list;

    for (; at < tokens.size() && !tokens[at].is("}"); at++) {
        bool first = tokens[at - 1].is("{") || tokens[at - 1].is(",");

        if (first && tokens[at].word() && !tokens[at].text.ends_with("_COUNT"))
            list.push_back(tokens[at].text);
    }
    return list;
}

} // namespace

void Enumerators::add(std::string_view text)
{
    Tokens tokens = tokens_of(text);

    for (std::size_t i = 0; i + 2 < tokens.size(); i++) {
        if (!tokens[i].is("enum"))
            continue;
        i += tokens[i + 1].word() ? 2 : 1;
        if (!tokens[i].is("{"))
            continue;
        std::vector<std::string> list = names(tokens, ++i);
        for (std::size_t n = 0; list.size() > 1 && n < list.size(); n++)
            next_[list[n]] = list[(n + 1) % list.size()];
    }
}

const std::string &Enumerators::next(const std::string &name) const
{
    static const std::string none;
    auto found = next_.find(name);

    return found == next_.end() ? none : found->second;
}

} // namespace mutants
