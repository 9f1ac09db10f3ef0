// SPDX-License-Identifier: GPL-2.0-only
#include "key_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <linux/ccm.h>

namespace ccmadm {

const char cluster_name_form[] = "1 to 31 printable ASCII characters without blanks";
static_assert(CCM_CLUSTER_NAME_LEN - 1 == 31);

namespace {

constexpr std::string_view key_blanks = " \t";
constexpr std::string_view first_line =
    "# A key of CCM, the cluster connection manager: who has it, is trusted with the cluster's memory.\n";

// Digits are made and read without a branch or a table that depends on them.
char digit_of(unsigned nibble)
{
    return static_cast<char>('0' + nibble + ((9 - nibble) >> 8 & ('a' - '0' - 10)));
}

// 0 to 15; anything else for what is no digit
unsigned value_of(char digit)
{
    const unsigned c = static_cast<unsigned char>(digit);
    const unsigned number = c - '0';
    const unsigned letter = (c | 0x20) - 'a';
    // All ones if it is in the range: only then does the difference go below zero.
    const unsigned is_number = 0 - ((number - 10) >> 31 & ~number >> 31);
    const unsigned is_letter = 0 - ((letter - 6) >> 31 & ~letter >> 31);
    return (number & is_number) | ((letter + 10) & is_letter) | (~(is_number | is_letter) & 0x100);
}

bool take_cluster(Key &key, std::string_view value)
{
    if (!is_cluster_name(value))
        return false;
    key.cluster = value;
    return true;
}

bool take_number(Key &key, std::string_view value)
{
    const auto number = key_number(value);
    key.number = number.value_or(0);
    return number.has_value();
}

bool take_bytes(Key &key, std::string_view value)
{
    if (value.size() != 2 * key.bytes.size())
        return false;
    unsigned wrong = 0;
    for (std::size_t i = 0; i < key.bytes.size(); ++i) {
        const unsigned byte = value_of(value[2 * i]) << 4 | value_of(value[2 * i + 1]);
        wrong |= byte;
        key.bytes[i] = static_cast<unsigned char>(byte);
    }
    return wrong <= 0xff;
}

struct Line {
    std::string_view word;
    bool (*take)(Key &key, std::string_view value);
    std::string_view form;
    bool seen = false;
};

Error error_in(std::size_t line, std::string_view what)
{
    return {fmt::format("line {}: {}", line, what)};
}

std::string_view trimmed(std::string_view line)
{
    line = line.substr(0, line.find_last_not_of(key_blanks) + 1);
    return line.substr(std::min(line.find_first_not_of(key_blanks), line.size()));
}

} // namespace

bool is_cluster_name(std::string_view name)
{
    return !name.empty() && name.size() < CCM_CLUSTER_NAME_LEN &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<std::uint32_t> key_number(std::string_view text)
{
    std::uint32_t number = 0;
    const char *const last = text.data() + text.size();
    if (text.empty() || text.front() == '0')
        return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc() || end != last)
        return std::nullopt;
    return number;
}

Result<Key> parse_key(std::string_view text)
{
    if (text.size() > key_text_max)
        return Error{fmt::format("more than {} bytes: it is no key", key_text_max)};
    Line lines[] = {
        {"cluster", take_cluster, cluster_name_form},
        {"number", take_number, "a number from 1 to 4294967295"},
        {"key", take_bytes, "64 hexadecimal digits"},
    };
    Key key;
    for (std::size_t at = 1; !text.empty(); ++at) {
        const std::size_t end = text.find('\n');
        // A number that was cut off would be another one.
        if (end == text.npos)
            return error_in(at, "the line has no end: is the file whole?");
        const std::string_view content = trimmed(text.substr(0, end));
        text.remove_prefix(end + 1);
        if (content.empty() || content.front() == '#')
            continue;
        const std::size_t word_end = std::min(content.find_first_of(key_blanks), content.size());
        const auto line = std::find_if(std::begin(lines), std::end(lines),
                                       [&](const Line &l) { return l.word == content.substr(0, word_end); });
        if (line == std::end(lines))
            return error_in(at, "unknown; there are `cluster`, `number` and `key`, and comments behind #");
        if (line->seen)
            return error_in(at, fmt::format("a second `{}`: a file has one key", line->word));
        line->seen = true;
        const std::size_t value = std::min(content.find_first_not_of(key_blanks, word_end), content.size());
        if (!line->take(key, content.substr(value)))
            return error_in(at, fmt::format("behind `{}` must stand {}", line->word, line->form));
    }
    for (const Line &line : lines)
        if (!line.seen)
            return Error{fmt::format("there is no line `{}`: is the file whole?", line.word)};
    return key;
}

std::string_view format_key(const Key &key, KeyText &text)
{
    std::size_t length = 0;
    const auto put = [&](std::string_view what) {
        std::memcpy(text.data() + length, what.data(), what.size());
        length += what.size();
    };
    put(first_line);
    put(fmt::format("cluster {}\nnumber {}\nkey ", key.cluster, key.number));
    for (std::size_t i = 0; i < key.bytes.size(); ++i) {
        text[length++] = digit_of(key.bytes[i] >> 4);
        text[length++] = digit_of(key.bytes[i] & 0xf);
    }
    put("\n");
    return {text.data(), length};
}

} // namespace ccmadm
