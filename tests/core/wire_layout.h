// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format a second time, as data: where each field of a message lies and what
 * values it may have. It is slow, plain and written from the comments of wire.h, to be
 * compared with the decoders.
 */
#ifndef CCM_TESTS_CORE_WIRE_LAYOUT_H
#define CCM_TESTS_CORE_WIRE_LAYOUT_H

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ccm/core/wire.h"

using Bytes = std::vector<u8>;

struct Field {
    std::string name;
    u32 offset;
    u32 width;
    u64 low;
    u64 high;
    /* What a value above @high, of a later version, is read as; none: it is no message then. */
    std::optional<u64> later = std::nullopt;
};

/* Values of a message by field name; a name or a proof is one field per byte. */
using Values = std::map<std::string, u64>;

struct Layout {
    std::string name;
    u32 type;
    u32 size;
    std::vector<Field> fields;
    /* What concerns more than one field */
    std::function<bool(const Values &values, u32 length)> consistent;
};

const std::vector<Layout> &layouts();

u64 read_little_endian(const Bytes &bytes, u32 offset, u32 width);
void write_little_endian(Bytes &bytes, u32 offset, u32 width, u64 value);

/* 0 or CCM_WIRE_E*; @values is filled when the result is 0. */
int naive_decode(const Layout &layout, const Bytes &bytes, Values &values);

/* A message of the layout with these values; all else is zero. */
Bytes naive_encode(const Layout &layout, const Values &values);

#endif
