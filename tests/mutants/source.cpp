// SPDX-License-Identifier: GPL-2.0-only
#include "source.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace mutants {

namespace {

constexpr std::array<std::string_view, 18> types{"struct", "enum", "union", "const", "static", "unsigned",
                                                 "int",    "char", "void",  "bool",  "u8",     "u16",
                                                 "u32",    "u64",  "s64",   "s32",   "long",   "size_t"};

bool jumps(const Token &t)
{
    return t.is("return") || t.is("break") || t.is("continue") || t.is("goto");
}

// The statements of a function's body
class Parser {
public:
    Parser(const Source &source, Body &body) : source_(source), tokens_(source.tokens()), body_(body) {}

    void run() { block(body_.span.first); }

private:
    // @at is its brace; returns what is behind the closing one.
    std::size_t block(std::size_t at)
    {
        std::size_t end = source_.closing(at);
        std::size_t number = ++blocks_;

        for (at++; at < end;)
            at = statement(at, number);
        return end + 1;
    }

    // Returns what is behind it.
    std::size_t statement(std::size_t at, std::size_t number)
    {
        const Token &t = tokens_.at(at);

        if (t.is("{"))
            return block(at);
        if (t.is("if") || t.is("while") || t.is("for") || t.is("switch"))
            return controlled(at);
        if (t.is("do"))
            return simple_end(statement(at + 1, ++blocks_)) + 1;
        if (t.is("else"))
            return statement(at + 1, ++blocks_);
        if (t.is("case") || t.is("default"))
            return label(at);
        std::size_t end = simple_end(at);
        if (end > at)
            body_.statements.push_back({kind(at), {at, end}, number});
        return end + 1;
    }

    std::size_t controlled(std::size_t at)
    {
        std::size_t close = source_.closing(at + 1);

        if (tokens_[at].is("if") || tokens_[at].is("while"))
            body_.conditions.push_back({at + 2, close - 1});
        return statement(close + 1, ++blocks_);
    }

    std::size_t label(std::size_t at) const
    {
        while (!tokens_.at(at).is(":"))
            at++;
        return at + 1;
    }

    // Its semicolon
    std::size_t simple_end(std::size_t at) const
    {
        while (!tokens_.at(at).is(";")) {
            const Token &t = tokens_[at];

            at = t.is("(") || t.is("[") || t.is("{") ? source_.closing(at) + 1 : at + 1;
        }
        return at;
    }

    Statement::Kind kind(std::size_t at) const
    {
        const Token &t = tokens_[at];

        if (jumps(t))
            return Statement::Kind::jump;
        if (std::ranges::find(types, t.text) != types.end() || (t.word() && tokens_.at(at + 1).word()))
            return Statement::Kind::declaration;
        return Statement::Kind::expression;
    }

    const Source &source_;
    const Tokens &tokens_;
    Body &body_;
    std::size_t blocks_ = 0;
};

bool capitals(const std::string &word)
{
    return std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

} // namespace

Source::Source(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), tokens_(tokens_of(text_))
{
    find_bodies();
    for (Body &body : bodies_) {
        if (!body.table)
            Parser(*this, body).run();
    }
}

// Braces outside of all others: behind ) a function's, behind = a table's, else a type's
void Source::find_bodies()
{
    std::size_t open = 0; // the last ( outside of braces

    for (std::size_t i = 1; i < tokens_.size(); i++) {
        if (tokens_[i].is("(")) {
            open = i;
            i = closing(i);
        } else if (tokens_[i].is("{")) {
            Body body{.name = {},
                      .table = tokens_[i - 1].is("="),
                      .span = {i, closing(i)},
                      .statements = {},
                      .conditions = {}};

            if (tokens_[i - 1].is(")")) {
                body.name = tokens_[open - 1].text;
                if (capitals(body.name)) // CCM_SESSION_HANDLER(name)
                    body.name = tokens_[open + 1].text;
            } else if (body.table) {
                std::size_t before = i - 2; // NAME[] =
                while (before > 0 && !tokens_[before].word())
                    before--;
                body.name = tokens_[before].text;
            }
            if (!body.name.empty())
                bodies_.push_back(body);
            i = body.span.last;
        }
    }
}

std::size_t Source::closing(std::size_t token) const
{
    std::size_t depth = 0;

    for (std::size_t i = token; i < tokens_.size(); i++) {
        const Token &t = tokens_[i];

        if (t.kind != Token::Kind::sign)
            continue;
        if (t.is("(") || t.is("[") || t.is("{"))
            depth++;
        if ((t.is(")") || t.is("]") || t.is("}")) && --depth == 0)
            return i;
    }
    throw std::runtime_error(fmt::format("{}:{}: nothing closes this", name_, line(tokens_[token].at)));
}

std::size_t Source::line(std::size_t at) const
{
    return static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
           1;
}

std::size_t Source::column(std::size_t at) const
{
    std::size_t before = text_.rfind('\n', at);

    return before == std::string::npos ? at + 1 : at - before;
}

std::string Source::line_text(std::size_t at) const
{
    std::size_t first = at + 1 - column(at);
    std::size_t end = std::min(text_.find('\n', at), text_.size());

    first = std::min(text_.find_first_not_of(" \t", first), end);
    return text_.substr(first, end - first);
}

std::string Source::between(const Span &span) const
{
    return text_.substr(tokens_[span.first].at, tokens_[span.last].end() - tokens_[span.first].at);
}

std::string read_file(const std::filesystem::path &path)
{
    std::ifstream in(path, std::ios::binary);

    if (!in)
        throw std::runtime_error(fmt::format("{} cannot be read", path.string()));
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace mutants
