// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"
#include "secret.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ccmadm {

// A pre-shared key of a cluster. Cluster and number are its name: it never changes.
struct Key {
    std::string cluster;
    std::uint32_t number = 0; // 1 and up
    Secret<unsigned char, 32> bytes;
};

constexpr std::size_t key_text_max = 4096;
// One more than a text may have: room to see that it has more.
using KeyText = Secret<char, key_text_max + 1>;

// A key out of its text, all of it, or what is wrong with that. No error has a word of the
// text in it: who knows which one is the key.
Result<Key> parse_key(std::string_view text);
// The text of a key; what of @text it takes.
std::string_view format_key(const Key &key, KeyText &text);

// As the module has them: 1 to 31 printable ASCII characters without blanks.
bool is_cluster_name(std::string_view name);
extern const char cluster_name_form[];
// A decimal number, 1 and up, with no zero in front; nothing for anything else.
std::optional<std::uint32_t> key_number(std::string_view text);

} // namespace ccmadm
