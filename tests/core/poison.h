// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decoder that returns an error must not have written to: every byte, also those
 * between fields, which a comparison of structures does not see.
 */
#ifndef CCM_TESTS_CORE_POISON_H
#define CCM_TESTS_CORE_POISON_H

#include <algorithm>
#include <cstring>

#include "ccm/core/types.h"

constexpr u8 poison_byte = 0xee;

template <typename T> void poison(T &memory)
{
    std::memset(static_cast<void *>(&memory), poison_byte, sizeof(memory));
}

template <typename T> bool is_poison(const T &memory)
{
    const auto *bytes = reinterpret_cast<const u8 *>(&memory);
    return std::all_of(bytes, bytes + sizeof(memory), [](u8 byte) { return byte == poison_byte; });
}

#endif
