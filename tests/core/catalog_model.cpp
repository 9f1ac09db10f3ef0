// SPDX-License-Identifier: GPL-2.0-only
#include "catalog_model.h"

#include <algorithm>
#include <set>

namespace {

/*
 * What is here of the message, without what may lie behind it; nothing if it is no such message.
 * A later version's may be longer than what was read of it: the entries decide what must be here.
 */
std::optional<Bytes> message(const Bytes &bytes, u64 type, u64 header)
{
    if (bytes.size() < 8 || std::string(bytes.begin(), bytes.begin() + 4) != "CCM1")
        return {};
    const u64 length = read_little_endian(bytes, 6, 2);
    const u64 here = std::min<u64>(length, bytes.size());
    if (read_little_endian(bytes, 4, 2) != type || here < header)
        return {};
    return Bytes(bytes.begin(), bytes.begin() + static_cast<long>(here));
}

bool distinct(const std::multiset<std::string> &names)
{
    return std::set<std::string>(names.begin(), names.end()).size() == names.size();
}

bool client_valid(const ModelClient &c)
{
    return !c.name.empty() && std::all_of(c.name.begin(), c.name.end(), [](char x) { return x > ' ' && x <= '~'; }) &&
           1 <= c.version_min && c.version_min <= c.version_max && 1 <= c.ports_min && c.ports_min <= c.ports_max &&
           c.ports_max <= 64 && c.instance != 0;
}

bool slot_valid(const ModelSlot &s)
{
    const bool is_try = s.state >= CCM_LINK_IDLE;
    const bool offers = s.state >= CCM_LINK_OFFERED;

    if (s.state > 7 || s.epoch > 0xfffffff0)
        return false;
    if (is_try && (s.yours == 0 || s.epoch == 0))
        return false;
    if (!offers)
        return true;
    return s.chunks <= 256 && (s.chunks > 0) == (s.bytes > 0) && 16 * s.chunks <= ~0ULL - s.table_addr;
}

void header(Bytes &bytes, u64 type)
{
    const std::string magic = "CCM1";

    std::copy(magic.begin(), magic.end(), bytes.begin());
    write_little_endian(bytes, 4, 2, type);
    write_little_endian(bytes, 6, 2, bytes.size());
}

} // namespace

std::optional<ModelCatalog> model_catalog(const Bytes &bytes)
{
    const auto m = message(bytes, 8, 40);
    ModelCatalog catalog;
    std::multiset<std::string> names, instances;

    if (!m)
        return {};
    catalog.generation = read_little_endian(*m, 8, 8);
    catalog.nonce = read_little_endian(*m, 16, 8);
    const u64 count = read_little_endian(*m, 24, 4);
    if (!catalog.generation || !catalog.nonce || count > 64 || m->size() < 40 + 80 * count)
        return {};
    for (u32 at = 40; at < 40 + 80 * count; at += 80) {
        ModelClient c;
        const auto name = m->begin() + at;
        const auto end = std::find(name, name + 32, 0);
        if (end == name + 32)
            return {};
        c.name = std::string(name, end);
        c.version_min = read_little_endian(*m, at + 32, 2);
        c.version_max = read_little_endian(*m, at + 34, 2);
        c.ports_min = read_little_endian(*m, at + 36, 2);
        c.ports_max = read_little_endian(*m, at + 38, 2);
        c.ask = read_little_endian(*m, at + 40, 8);
        c.give = read_little_endian(*m, at + 48, 8);
        c.instance = read_little_endian(*m, at + 56, 8);
        if (!client_valid(c))
            return {};
        names.insert(c.name);
        instances.insert(std::to_string(c.instance));
        catalog.clients.push_back(c);
    }
    if (!distinct(names) || !distinct(instances))
        return {};
    return catalog;
}

std::optional<ModelTable> model_table(const Bytes &bytes)
{
    const auto m = message(bytes, 11, 32);
    ModelTable table;
    std::multiset<std::string> instances;

    if (!m)
        return {};
    table.nonce = read_little_endian(*m, 8, 8);
    table.sequence = read_little_endian(*m, 16, 8);
    const u64 count = read_little_endian(*m, 24, 4);
    if (!table.nonce || !table.sequence || count > 64 || m->size() < 32 + 64 * count)
        return {};
    for (u32 at = 32; at < 32 + 64 * count; at += 64) {
        ModelSlot s;
        s.mine = read_little_endian(*m, at, 8);
        s.yours = read_little_endian(*m, at + 8, 8);
        s.epoch = read_little_endian(*m, at + 16, 4);
        s.state = read_little_endian(*m, at + 20, 2);
        s.reason = read_little_endian(*m, at + 22, 2);
        if (s.reason > 11) /* a later version's: "other" */
            s.reason = 11;
        s.table_addr = read_little_endian(*m, at + 24, 8);
        s.table_key = read_little_endian(*m, at + 32, 4);
        s.chunks = read_little_endian(*m, at + 36, 4);
        s.bytes = read_little_endian(*m, at + 40, 8);
        if (s.mine && !slot_valid(s))
            return {};
        if (s.mine)
            instances.insert(std::to_string(s.mine));
        table.slots.push_back(s);
    }
    if (!distinct(instances))
        return {};
    return table;
}

Bytes model_bytes(const ModelCatalog &catalog)
{
    Bytes bytes(40 + 80 * catalog.clients.size(), 0);

    header(bytes, 8);
    write_little_endian(bytes, 8, 8, catalog.generation);
    write_little_endian(bytes, 16, 8, catalog.nonce);
    write_little_endian(bytes, 24, 4, catalog.clients.size());
    u32 at = 40;
    for (const ModelClient &c : catalog.clients) {
        std::copy(c.name.begin(), c.name.end(), bytes.begin() + at);
        write_little_endian(bytes, at + 32, 2, c.version_min);
        write_little_endian(bytes, at + 34, 2, c.version_max);
        write_little_endian(bytes, at + 36, 2, c.ports_min);
        write_little_endian(bytes, at + 38, 2, c.ports_max);
        write_little_endian(bytes, at + 40, 8, c.ask);
        write_little_endian(bytes, at + 48, 8, c.give);
        write_little_endian(bytes, at + 56, 8, c.instance);
        at += 80;
    }
    return bytes;
}

Bytes model_bytes(const ModelTable &table)
{
    Bytes bytes(32 + 64 * table.slots.size(), 0);

    header(bytes, 11);
    write_little_endian(bytes, 8, 8, table.nonce);
    write_little_endian(bytes, 16, 8, table.sequence);
    write_little_endian(bytes, 24, 4, table.slots.size());
    u32 at = 32;
    for (const ModelSlot &s : table.slots) {
        write_little_endian(bytes, at, 8, s.mine);
        write_little_endian(bytes, at + 8, 8, s.yours);
        write_little_endian(bytes, at + 16, 4, s.epoch);
        write_little_endian(bytes, at + 20, 2, s.state);
        write_little_endian(bytes, at + 22, 2, s.reason);
        write_little_endian(bytes, at + 24, 8, s.table_addr);
        write_little_endian(bytes, at + 32, 4, s.table_key);
        write_little_endian(bytes, at + 36, 4, s.chunks);
        write_little_endian(bytes, at + 40, 8, s.bytes);
        at += 64;
    }
    return bytes;
}

ccm_plan model_plan(const ModelClient &mine, const ModelClient &theirs)
{
    ccm_plan plan = {};
    const auto speaks = [](const ModelClient &c, u64 v) { return v >= c.version_min && v <= c.version_max; };
    const auto works = [](const ModelClient &c, u64 n) { return n >= c.ports_min && n <= c.ports_max; };

    for (u64 v = 1; v <= 0xffff; v++)
        if (speaks(mine, v) && speaks(theirs, v))
            plan.version = static_cast<u16>(v);
    for (u64 n = 1; n <= 64; n++)
        if (works(mine, n) && works(theirs, n))
            plan.ports = static_cast<u16>(n);
    if (!plan.version)
        plan.why = CCM_CLIENT_VERSION;
    else if (!plan.ports)
        plan.why = CCM_CLIENT_PORTS;
    else if (mine.ask > theirs.give || theirs.ask > mine.give)
        plan.why = CCM_CLIENT_MEMORY;
    if (plan.why != CCM_CLIENT_NONE) {
        const u32 why = plan.why;
        plan = {};
        plan.why = why;
        return plan;
    }
    plan.take = mine.ask;
    plan.give = theirs.ask;
    return plan;
}
