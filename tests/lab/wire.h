// SPDX-License-Identifier: GPL-2.0-only
//
// The line format between the lab and the agent on a node. Both ends compile
// this file. A line is
//
//     CCCCCCCC JSON\n
//
// with the CRC-32 of the JSON text in hexadecimal. Each JSON object has a
// "seq" that counts up by one per direction from 0 at the agent's start. A
// console line carries no guarantee of delivery: the CRC shows a garbled line,
// the sequence a lost one, and both are reported rather than waited out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ccm::lab::wire {

inline std::uint32_t crc32(std::string_view text)
{
    static constexpr auto table = [] {
        std::array<std::uint32_t, 256> t{};
        for (std::uint32_t i = 0; i < 256; i++) {
            std::uint32_t c = i;
            for (int k = 0; k < 8; k++)
                c = (c & 1) ? 0xEDB88320U ^ (c >> 1) : c >> 1;
            t[i] = c;
        }
        return t;
    }();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (unsigned char c : text)
        crc = table[(crc ^ c) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

inline std::string frame(const nlohmann::json &message)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string body = message.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    std::uint32_t crc = crc32(body);
    std::string line;
    line.reserve(body.size() + 10);
    for (int shift = 28; shift >= 0; shift -= 4)
        line += hex[(crc >> shift) & 0xF];
    line += ' ';
    line += body;
    line += '\n';
    return line;
}

// The object of a line (without its newline), or nothing when it is garbled.
inline std::optional<nlohmann::json> unframe(std::string_view line)
{
    while (!line.empty() && line.back() == '\r')
        line.remove_suffix(1);
    if (line.size() < 10 || line[8] != ' ')
        return std::nullopt;
    std::uint32_t crc = 0;
    for (char c : line.substr(0, 8)) {
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return std::nullopt;
        crc = crc << 4 | static_cast<std::uint32_t>(digit);
    }
    line.remove_prefix(9);
    if (crc32(line) != crc)
        return std::nullopt;
    auto message = nlohmann::json::parse(line, nullptr, false);
    if (!message.is_object() || !message.contains("seq"))
        return std::nullopt;
    return message;
}

} // namespace ccm::lab::wire
