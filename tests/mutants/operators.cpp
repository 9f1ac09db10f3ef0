// SPDX-License-Identifier: GPL-2.0-only
#include "operators.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace mutants {

namespace {

using Texts = std::vector<std::string>;

class Finder {
public:
    Finder(const Source &source, const Enumerators &enumerators, const Body &body)
        : source_(source), tokens_(source.tokens()), enumerators_(enumerators), body_(body)
    {
    }

    std::vector<Edit> find()
    {
        for (std::size_t i = body_.span.first + 1; i < body_.span.last; i++) {
            compare(i);
            logic(i);
            number(i);
            name(i);
            arith(i);
            if (body_.table) {
                row(i);
                words(i);
            }
        }
        for (std::size_t i = 0; i < body_.statements.size(); i++)
            statement(i);
        for (const Span &condition : body_.conditions)
            if_(condition);
        return std::move(edits_);
    }

private:
    void add(std::string_view op, const Span &span, const std::string &text)
    {
        std::size_t at = tokens_[span.first].at;

        edits_.push_back({std::string(op), body_.name, at, tokens_[span.last].end() - at, text});
    }

    void add(std::string_view op, std::size_t i, const std::string &text) { add(op, {i, i}, text); }

    // Does something that has a value end before @i? Then an operator there has two sides. (Behind a
    // cast it has one: that does not compile.)
    bool two_sided(std::size_t i) const
    {
        const Token &before = tokens_[i - 1];

        if (before.is("return") || before.is("case") || before.is("sizeof"))
            return false;
        return before.kind == Token::Kind::word || before.kind == Token::Kind::number || before.is(")") ||
               before.is("]");
    }

    void compare(std::size_t i)
    {
        static const std::map<std::string, Texts> others{{"<", {"<=", ">="}}, {"<=", {"<", ">"}}, {">", {">=", "<="}},
                                                         {">=", {">", "<"}},  {"==", {"!="}},     {"!=", {"=="}}};
        auto found = others.find(tokens_[i].text);

        if (found == others.end())
            return;
        for (const std::string &other : found->second)
            add("compare", i, other);
    }

    // Where the operand beside && or || at @i ends
    std::size_t operand(std::size_t i, bool left) const
    {
        static constexpr std::array<std::string_view, 9> ends{"&&", "||", "?", ":", "=", ",", ";", "return", "{"};
        int depth = 0;
        std::size_t at = i;

        for (;;) {
            std::size_t next = left ? at - 1 : at + 1;
            const Token &t = tokens_[next];
            bool in = t.is(left ? ")" : "(") || t.is(left ? "]" : "[");
            bool out = t.is(left ? "(" : ")") || t.is(left ? "[" : "]");

            if (depth == 0 && (out || std::ranges::find(ends, t.text) != ends.end()))
                return at;
            depth += (in ? 1 : 0) - (out ? 1 : 0);
            at = next;
        }
    }

    void logic(std::size_t i)
    {
        const Token &t = tokens_[i];

        if (t.is("&&") || t.is("||")) {
            std::size_t first = operand(i, true);
            const Token &before = tokens_[first - 1];

            add("logic", i, t.is("&&") ? "||" : "&&");
            add("logic", {i, operand(i, false)}, "");
            // the left one of a chain is the right one of what is before it
            if (!before.is("&&") && !before.is("||"))
                add("logic", {first, i}, "");
        } else if (t.is("!")) {
            add("logic", i, "");
        } else if (t.is("?")) {
            add("logic", i, "&& 0 ?");
            add("logic", i, "|| 1 ?");
        }
    }

    void number(std::size_t i)
    {
        const Token &t = tokens_[i];

        if (t.kind != Token::Kind::number)
            return;
        if (t.is("0")) {
            add("number", i, "1");
            return;
        }
        add("number", i, "(" + t.text + " + 1)");
        add("number", i, "0");
    }

    void name(std::size_t i)
    {
        if (!tokens_[i].word())
            return;
        const std::string &next = enumerators_.next(tokens_[i].text);
        if (!next.empty())
            add("name", i, next);
    }

    void arith(std::size_t i)
    {
        static const std::map<std::string, std::string> contrary{
            {"+", "-"},   {"-", "+"},   {"*", "/"},   {"/", "*"},   {"%", "/"},   {"|", "&"},
            {"&", "|"},   {"^", "|"},   {"<<", ">>"}, {">>", "<<"}, {"+=", "-="}, {"-=", "+="},
            {"|=", "&="}, {"&=", "|="}, {"++", "--"}, {"--", "++"}};
        const Token &t = tokens_[i];
        auto found = contrary.find(t.text);

        if (t.is("~")) {
            add("arith", i, "");
            return;
        }
        if (t.kind != Token::Kind::sign || found == contrary.end())
            return;
        if (t.text.size() == 1 && (!two_sided(i) || (t.is("*") && pointer(i))))
            return;
        add("arith", i, found->second);
        if (t.is("|") && tokens_[i + 1].word() && !tokens_[i + 2].is("("))
            add("arith", {i, i + 1}, "");
        if (t.is("|") && tokens_[i - 1].word() && !tokens_[i - 2].is("|"))
            add("arith", {i - 1, i}, "");
    }

    // u8 *p, struct x *p, (u8 *)
    bool pointer(std::size_t i) const
    {
        static constexpr std::array<std::string_view, 8> types{"u8",  "u16",  "u32",  "u64",
                                                               "s64", "char", "void", "const"};
        const Token &before = tokens_[i - 1];

        return std::ranges::find(types, before.text) != types.end() || tokens_[i - 2].is("struct") ||
               tokens_[i + 1].is(")") || tokens_[i + 1].is("const") || tokens_[i + 1].is("*");
    }

    void statement(std::size_t index)
    {
        const Statement &s = body_.statements[index];

        if (s.kind == Statement::Kind::declaration)
            return;
        if (tokens_[s.span.first].is("return") && s.span.last > s.span.first + 1)
            return_({s.span.first + 1, s.span.last - 1});
        else
            add("drop", s.span, ";");
        if (s.kind != Statement::Kind::expression)
            return;
        for (std::size_t n = index + 1; n < body_.statements.size(); n++) {
            const Statement &next = body_.statements[n];

            if (next.block != s.block)
                continue;
            // beside it, with nothing in between
            if (next.kind == Statement::Kind::expression && next.span.first == s.span.last + 1 &&
                !independent(s.span, next.span))
                add("swap", {s.span.first, next.span.last}, source_.between(next.span) + " " + source_.between(s.span));
            return;
        }
    }

    // Two assignments, without a call, of which neither says what the other sets: nobody can tell their order.
    bool independent(const Span &a, const Span &b) const
    {
        Span left = assigned(a), right = assigned(b);

        return left.last && right.last && !says(b, left) && !says(a, right);
    }

    // The left side of an assignment without a call; else its last is 0
    Span assigned(const Span &s) const
    {
        Span left{s.first, 0};

        for (std::size_t i = s.first; i < s.last; i++) {
            bool call = tokens_[i].word() && tokens_[i + 1].is("(");

            if (call || tokens_[i].is("++") || tokens_[i].is("--"))
                return {s.first, 0};
            if (tokens_[i].text.ends_with("=") && !left.last)
                left.last = i - 1;
        }
        return left;
    }

    bool says(const Span &where, const Span &what) const
    {
        auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(where.first);
        auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(where.last);
        auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(what.first);
        auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(what.last) + 1;

        return std::search(first, last, begin, end, [](const Token &a, const Token &b) { return a.text == b.text; }) !=
               last;
    }

    void return_(const Span &value)
    {
        std::string text = source_.between(value);

        for (const char *other : {"0", "1"}) {
            bool same =
                text == other || text == (*other == '1' ? "true" : "false") || (*other == '0' && text == "NULL");

            // a number or a name is changed anyway
            if (!same &&
                !(value.first == value.last && *other == '1' && tokens_[value.first].kind == Token::Kind::number))
                add("return", value, other);
        }
    }

    void if_(const Span &condition)
    {
        for (const char *other : {"0", "1"}) {
            if (source_.between(condition) != other)
                add("if", condition, other);
        }
    }

    // ROW(state, event, handler, next, text)
    void row(std::size_t i)
    {
        const Token &t = tokens_[i];

        if ((!t.is("ROW") && !t.is("ADV")) || !tokens_[i + 1].is("(") || !tokens_[i + 6].word())
            return;
        std::size_t handler = i + 6;
        std::size_t next = source_.closing(i + 1) + 1;
        while (next + 7 < body_.span.last && !tokens_[next].is("ROW") && !tokens_[next].is("ADV"))
            next++;
        if (next + 7 < body_.span.last && !tokens_[next + 6].is(tokens_[handler].text))
            add("row", handler, tokens_[next + 6].text);
        add("row", i, t.is("ROW") ? "ADV" : "ROW");
        std::size_t text = handler + 2;
        while (!tokens_[text].is(","))
            text++;
        add("row", {i, text}, "IGNORE(" + tokens_[i + 2].text + ", " + tokens_[i + 4].text + ",");
    }

    void words(std::size_t i)
    {
        const Token &t = tokens_[i];
        const Token &next = tokens_[i + 2];

        if (t.kind == Token::Kind::text && next.kind == Token::Kind::text && tokens_[i + 1].is(",") &&
            t.text != next.text)
            add("words", {i, i + 2}, next.text + ", " + t.text);
    }

    const Source &source_;
    const Tokens &tokens_;
    const Enumerators &enumerators_;
    const Body &body_;
    std::vector<Edit> edits_;
};

} // namespace

std::vector<Edit> edits_of(const Source &source, const Enumerators &enumerators)
{
    std::vector<Edit> all;

    for (const Body &body : source.bodies()) {
        for (Edit &edit : Finder(source, enumerators, body).find())
            all.push_back(std::move(edit));
    }
    return all;
}

} // namespace mutants
