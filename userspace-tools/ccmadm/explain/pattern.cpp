// SPDX-License-Identifier: GPL-2.0-only
#include "explain/pattern.h"

#include <algorithm>
#include <cctype>

namespace ccmadm {

namespace {

// @value gives the value of a name; an empty one leaves out the part in brackets that it stands in.
std::string walk(std::string_view pattern, const std::function<std::string(std::string_view)> &value)
{
    std::string text;
    std::size_t part = 0; // where the part in brackets begins
    bool lacks = false;
    while (!pattern.empty()) {
        const char c = pattern.front();
        pattern.remove_prefix(1);
        if (c == '[') {
            part = text.size();
            lacks = false;
        } else if (c == ']') {
            if (lacks)
                text.resize(part);
        } else if (c == '{') {
            const std::size_t end = std::min(pattern.find('}'), pattern.size());
            const std::string one = value(pattern.substr(0, end));
            lacks |= one.empty();
            text += one;
            pattern.remove_prefix(std::min(end + 1, pattern.size()));
        } else {
            text += c;
        }
    }
    return text;
}

} // namespace

std::string fill(std::string_view pattern, const Values &values)
{
    return walk(pattern, [&](std::string_view name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string() : found->second;
    });
}

std::string fill_with_names(std::string_view pattern)
{
    // walk() takes brackets away
    std::string kept;
    for (const char c : pattern)
        kept += c == '[' ? "{[}" : c == ']' ? "{]}" : std::string(1, c);
    return walk(kept, [](std::string_view name) {
        std::string capitals(name);
        std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        return capitals;
    });
}

std::vector<std::string> names_in(std::string_view pattern)
{
    std::vector<std::string> names;
    walk(pattern, [&](std::string_view name) {
        names.emplace_back(name);
        return names.back();
    });
    return names;
}

} // namespace ccmadm
