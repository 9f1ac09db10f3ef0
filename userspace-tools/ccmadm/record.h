// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <cstddef>
#include <cstdint>
#include <linux/ccm.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ccmadm {

// The words of one enum of the interface. The position is the value; an empty
// word is a value that does not exist.
class Words {
public:
    explicit constexpr Words(std::span<const std::string_view> words) : words_(words) {}

    // Nothing for a value that a newer module has and this tool does not know.
    std::optional<std::string_view> word(std::uint64_t value) const;
    std::optional<std::uint32_t> value(std::string_view word) const;
    // The word, or the number when there is none.
    std::string text(std::uint64_t value) const;
    // "a, b, c": the words of first..last, for error texts.
    std::string list(std::uint32_t first, std::uint32_t last) const;

private:
    std::span<const std::string_view> words_;
};

extern const Words record_types;
extern const Words states;
extern const Words reasons;
extern const Words stages;
extern const Words transports;
extern const Words client_states;
extern const Words client_reasons;

// What a reason means, for people; empty for one that is not known.
std::string_view reason_meaning(std::uint64_t reason);
std::string_view client_reason_meaning(std::uint64_t reason);

// Whole and sane records out of what one read() gave, or what is wrong with them.
Result<std::vector<ccm_record>> decode_records(std::span<const std::byte> bytes);

// The address as text; empty when there is none or its family is not known.
std::string address_text(const ccm_record &record);

// A name of at most bytes.size() characters, terminated or not. It was chosen by
// the other side: what could upset a terminal becomes '?'.
std::string name_text(std::span<const char> bytes);

} // namespace ccmadm
