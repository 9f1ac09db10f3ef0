// SPDX-License-Identifier: GPL-2.0-only
// A file of the core: its tokens, and what is made of them as far as the operators want to know.
#ifndef CCM_MUTANTS_SOURCE_H
#define CCM_MUTANTS_SOURCE_H

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "token.h"

namespace mutants {

// First and last token, both in it
struct Span {
    std::size_t first = 0;
    std::size_t last = 0;
};

struct Statement {
    enum class Kind { expression, declaration, jump };

    Kind kind = Kind::expression;
    Span span;             // with its semicolon
    std::size_t block = 0; // statements that follow each other have the same number
};

// A function's body, or what a table is made of; with its braces
struct Body {
    std::string name; // of the function or the table
    bool table = false;
    Span span;
    std::vector<Statement> statements; // the simple ones, in their order
    std::vector<Span> conditions;      // of if and while, without their parentheses
};

class Source {
public:
    Source(std::string name, std::string text);

    const std::string &name() const { return name_; }
    const std::string &text() const { return text_; }
    const Tokens &tokens() const { return tokens_; }
    const std::vector<Body> &bodies() const { return bodies_; }

    std::size_t line(std::size_t at) const;       // from 1
    std::string line_text(std::size_t at) const;  // without the white space around it
    std::size_t column(std::size_t at) const;     // from 1, in that line
    std::string between(const Span &span) const;  // as it stands in the file
    std::size_t closing(std::size_t token) const; // of ( [ or {

private:
    void find_bodies();

    std::string name_;
    std::string text_;
    Tokens tokens_;
    std::vector<Body> bodies_;
};

std::string read_file(const std::filesystem::path &path);

} // namespace mutants

#endif
