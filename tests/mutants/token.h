// SPDX-License-Identifier: GPL-2.0-only
// The words of a C file. Comments and preprocessor lines are left out: they are left alone.
#ifndef CCM_MUTANTS_TOKEN_H
#define CCM_MUTANTS_TOKEN_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mutants {

struct Token {
    enum class Kind { word, number, text, sign }; // text: a string or a character, in its quotes

    Kind kind = Kind::sign;
    std::string text;
    std::size_t at = 0; // where it begins in the file

    bool is(std::string_view what) const { return text == what; }
    bool word() const { return kind == Kind::word; }
    std::size_t end() const { return at + text.size(); }
};

using Tokens = std::vector<Token>;

// What ends too early (a comment, a string) is a std::runtime_error.
Tokens tokens_of(std::string_view text);

} // namespace mutants

#endif
