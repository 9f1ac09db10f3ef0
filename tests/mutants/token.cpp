// SPDX-License-Identifier: GPL-2.0-only
#include "token.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace mutants {

namespace {

// Longest first
constexpr std::array<std::string_view, 22> long_signs{
    "<<=", ">>=", "...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
    "|=",  "&=",  "+=",  "-=", "*=", "/=", "%=", "^=", "->", "++", "--"};

bool in_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Tokens read()
    {
        while (at_ < text_.size())
            one();
        return std::move(tokens_);
    }

private:
    void one()
    {
        std::string_view rest = text_.substr(at_);
        char c = rest.front();

        if (rest.starts_with("//"))
            at_ = std::min(text_.find('\n', at_), text_.size());
        else if (rest.starts_with("/*"))
            comment();
        else if (c == '#' && at_line_start())
            directive();
        else if (std::isspace(static_cast<unsigned char>(c)))
            at_++;
        else if (c == '"' || c == '\'')
            take(Token::Kind::text, quoted(rest));
        else if (std::isdigit(static_cast<unsigned char>(c)))
            take(Token::Kind::number, run(rest));
        else if (in_word(c))
            take(Token::Kind::word, run(rest));
        else
            take(Token::Kind::sign, sign(rest));
    }

    void take(Token::Kind kind, std::size_t length)
    {
        tokens_.push_back({kind, std::string(text_.substr(at_, length)), at_});
        at_ += length;
    }

    void comment()
    {
        std::size_t end = text_.find("*/", at_ + 2);

        if (end == std::string_view::npos)
            throw std::runtime_error("a comment does not end");
        at_ = end + 2;
    }

    // The whole of it, with the lines that it goes on in, and a comment that begins in it
    void directive()
    {
        while (at_ < text_.size() && text_[at_] != '\n') {
            if (text_.substr(at_).starts_with("/*"))
                comment();
            else
                at_ += text_[at_] == '\\' && at_ + 1 < text_.size() ? 2 : 1;
        }
    }

    bool at_line_start() const
    {
        std::size_t i = at_;

        while (i > 0 && (text_[i - 1] == ' ' || text_[i - 1] == '\t'))
            i--;
        return i == 0 || text_[i - 1] == '\n';
    }

    static std::size_t quoted(std::string_view rest)
    {
        std::size_t i = 1;

        while (i < rest.size() && rest[i] != rest.front() && rest[i] != '\n')
            i += rest[i] == '\\' ? 2 : 1;
        if (i >= rest.size() || rest[i] != rest.front())
            throw std::runtime_error("a string does not end");
        return i + 1;
    }

    static std::size_t run(std::string_view rest)
    {
        auto end = std::find_if_not(rest.begin(), rest.end(), in_word);

        return static_cast<std::size_t>(end - rest.begin());
    }

    static std::size_t sign(std::string_view rest)
    {
        for (std::string_view s : long_signs) {
            if (rest.starts_with(s))
                return s.size();
        }
        return 1;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Tokens tokens_;
};

} // namespace

Tokens tokens_of(std::string_view text)
{
    return Reader(text).read();
}

} // namespace mutants
