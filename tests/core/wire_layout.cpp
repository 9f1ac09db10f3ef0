// SPDX-License-Identifier: GPL-2.0-only
#include "wire_layout.h"

namespace {

constexpr u64 any16 = 0xffff;
constexpr u64 any32 = 0xffffffff;
constexpr u64 any64 = ~0ULL;
constexpr u64 uptime_max = 8796093022208; /* 2 to the 43rd */
constexpr u64 unknown_stage = 0;

bool versions(const Values &v)
{
    return v.at("version_min") <= v.at("version_max");
}

std::vector<Field> array(const std::string &name, u32 offset, u32 count)
{
    std::vector<Field> fields;
    for (u32 i = 0; i < count; i++)
        fields.push_back({name + std::to_string(i), offset + i, 1, 0, 0xff});
    return fields;
}

std::vector<Field> hello_fields()
{
    std::vector<Field> fields = {
        {"version_min", 8, 2, 1, any16},   {"version_max", 10, 2, 1, any16},     {"node", 12, 4, 1, 65535},
        {"incarnation", 16, 8, 1, any64},  {"nonce", 24, 8, 1, any64},           {"nonce_partner", 32, 8, 1, any64},
        {"capabilities", 40, 8, 0, any64}, {"detect_ms", 48, 4, 20, 60000},      {"stage", 52, 4, 0, 8, unknown_stage},
        {"auth", 56, 4, 0, any32},         {"uptime_ms", 128, 8, 0, uptime_max}, {"machine", 136, 8, 0, any64},
        {"number", 60, 4, 0, any32},
    };
    for (const Field &f : array("proof", 64, 32))
        fields.push_back(f);
    for (const Field &f : array("name", 96, 32))
        fields.push_back(f);
    for (const Field &f : array("secret", 144, 16))
        fields.push_back(f);
    return fields;
}

std::vector<Field> keys_fields()
{
    std::vector<Field> fields = {
        {"status_addr", 8, 8, 0, any64},   {"status_key", 16, 4, 0, any32},  {"status_len", 20, 4, 0, any32},
        {"mailbox_addr", 24, 8, 0, any64}, {"mailbox_key", 32, 4, 0, any32}, {"mailbox_len", 36, 4, 0, any32},
        {"incarnation", 40, 8, 1, any64},  {"nonce", 48, 8, 1, any64},       {"mtu", 56, 4, 0, any32},
        {"path_mtu", 60, 4, 0, any32},     {"auth", 80, 4, 0, any32},        {"number0", 88, 4, 0, any32},
        {"number1", 92, 4, 0, any32},      {"number2", 96, 4, 0, any32},     {"number3", 100, 4, 0, any32},
    };
    for (const Field &f : array("challenge", 64, 16))
        fields.push_back(f);
    return fields;
}

std::vector<Field> panic_fields()
{
    std::vector<Field> fields = {
        {"node", 8, 4, 1, 65535}, {"partner", 12, 4, 1, 65535}, {"incarnation", 16, 8, 1, any64}};
    for (const Field &f : array("secret", 24, 16))
        fields.push_back(f);
    return fields;
}

/* Not all zeroes: that is nobody's */
bool secret_is_there(const Values &v)
{
    for (u32 i = 0; i < 16; i++)
        if (v.at("secret" + std::to_string(i)))
            return true;
    return false;
}

/* The first byte that is not printable ASCII exists, and is a NUL. */
bool name_is_valid(const Values &v)
{
    for (u32 i = 0; i < 32; i++) {
        u64 c = v.at("name" + std::to_string(i));
        if (c < ' ' || c > '~')
            return c == 0;
    }
    return false;
}

} // namespace

const std::vector<Layout> &layouts()
{
    static const std::vector<Layout> all = {
        {"request",
         1,
         56,
         {{"version_min", 8, 2, 1, any16},
          {"version_max", 10, 2, 1, any16},
          {"purpose", 12, 2, 1, 1},
          {"node", 16, 4, 1, 65535},
          {"partner", 20, 4, 1, 65535},
          {"cluster", 24, 8, 0, any64},
          {"incarnation", 32, 8, 1, any64},
          {"attempt", 40, 4, 0, any32},
          {"uptime_ms", 48, 8, 0, uptime_max}},
         [](const Values &v, u32) { return versions(v); }},
        {"reject",
         2,
         48,
         {{"code", 8, 2, 1, any16},
          {"version_min", 12, 2, 1, any16},
          {"version_max", 14, 2, 1, any16},
          {"node", 16, 4, 1, 65535},
          {"incarnation", 24, 8, 1, any64}},
         [](const Values &v, u32) { return versions(v); }},
        {"keys", 3, 112, keys_fields(),
         [](const Values &v, u32) {
             return any64 - v.at("status_addr") >= v.at("status_len") &&
                    any64 - v.at("mailbox_addr") >= v.at("mailbox_len");
         }},
        {"ring", 4, 16, {{"word", 8, 4, 1U << 24, any32}}, [](const Values &, u32) { return true; }},
        {"status",
         5,
         96,
         {{"version_min", 8, 2, 1, any16},
          {"version_max", 10, 2, 1, any16},
          {"node", 12, 4, 1, 65535},
          {"incarnation", 16, 8, 1, any64},
          {"cluster", 24, 8, 0, any64},
          {"stage", 32, 4, 0, 8, unknown_stage},
          {"flags", 36, 4, 0, any32},
          {"counter", 40, 8, 0, any64},
          {"tick_ms", 48, 4, 1, 60000},
          {"uptime_ms", 56, 8, 0, uptime_max}},
         [](const Values &v, u32) { return versions(v); }},
        {"hello", 6, 160, hello_fields(), [](const Values &v, u32) { return versions(v) && name_is_valid(v); }},
        {"answer",
         7,
         64,
         {{"code", 8, 4, 0, 4, CCM_ANSWER_REFUSED},
          {"version", 12, 2, 0, any16},
          {"incarnation", 16, 8, 1, any64},
          {"nonce", 24, 8, 0, any64},
          {"nonce_partner", 32, 8, 0, any64},
          {"capabilities", 40, 8, 0, any64}},
         [](const Values &v, u32) {
             bool complete = v.at("version") && v.at("nonce") && v.at("nonce_partner");
             return v.at("code") != CCM_ANSWER_ACCEPTED || complete;
         }},
        {"ready",
         9,
         48,
         {{"generation", 8, 8, 1, any64},
          {"generation_partner", 16, 8, 1, any64},
          {"nonce", 24, 8, 1, any64},
          {"plan", 32, 8, 0, any64}},
         [](const Values &, u32) { return true; }},
        {"goodbye",
         10,
         16,
         {{"reason", 8, 2, 1, 14}, {"stage", 10, 2, 0, 8, unknown_stage}},
         [](const Values &, u32) { return true; }},
        {"port",
         12,
         56,
         {{"node", 8, 4, 1, 65535},
          {"partner", 12, 4, 1, 65535},
          {"token", 16, 8, 0, any64},
          {"instance", 24, 8, 1, any64},
          {"instance_partner", 32, 8, 1, any64},
          {"epoch", 40, 4, 1, any32},
          {"port", 44, 4, 0, 63},
          {"incarnation", 48, 8, 1, any64}},
         [](const Values &, u32) { return true; }},
        {"panic", 13, 48, panic_fields(), [](const Values &v, u32) { return secret_is_there(v); }},
    };
    return all;
}

u64 read_little_endian(const Bytes &bytes, u32 offset, u32 width)
{
    u64 value = 0;
    for (u32 i = width; i-- > 0;)
        value = value * 256 + bytes.at(offset + i);
    return value;
}

void write_little_endian(Bytes &bytes, u32 offset, u32 width, u64 value)
{
    for (u32 i = 0; i < width; i++, value /= 256)
        bytes.at(offset + i) = static_cast<u8>(value % 256);
}

int naive_decode(const Layout &layout, const Bytes &bytes, Values &values)
{
    if (bytes.size() < 8)
        return CCM_WIRE_ESHORT;
    if (std::string(bytes.begin(), bytes.begin() + 4) != "CCM1")
        return CCM_WIRE_EMAGIC;
    if (read_little_endian(bytes, 4, 2) != layout.type)
        return CCM_WIRE_ETYPE;
    u32 length = static_cast<u32>(read_little_endian(bytes, 6, 2));
    /* It may be longer than what was read of it. */
    if (length < layout.size || bytes.size() < layout.size)
        return CCM_WIRE_ESHORT;

    Values found;
    for (const Field &f : layout.fields) {
        u64 value = read_little_endian(bytes, f.offset, f.width);
        if (value > f.high && f.later)
            value = *f.later;
        if (value < f.low || value > f.high)
            return CCM_WIRE_ERANGE;
        found[f.name] = value;
    }
    if (!layout.consistent(found, length))
        return CCM_WIRE_ERANGE;
    values = found;
    return 0;
}

Bytes naive_encode(const Layout &layout, const Values &values)
{
    Bytes bytes(layout.size, 0);
    const std::string magic = "CCM1";
    std::copy(magic.begin(), magic.end(), bytes.begin());
    write_little_endian(bytes, 4, 2, layout.type);
    write_little_endian(bytes, 6, 2, layout.size);
    for (const Field &f : layout.fields)
        write_little_endian(bytes, f.offset, f.width, values.at(f.name));
    return bytes;
}
