// SPDX-License-Identifier: GPL-2.0-only
#include "fields.h"

#include "record.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>

namespace ccmadm {

using nlohmann::ordered_json;

namespace {

struct FlagWord {
    std::uint32_t bit;
    std::string_view word;
};

constexpr FlagWord record_flags[] = {
    {CCM_RECORD_F_AUTH, "auth"},
    {CCM_RECORD_F_PRESENT, "present"},
    {CCM_RECORD_F_CERTAIN, "certain"},
    {CCM_RECORD_F_LEAVING, "leaving"},
};
constexpr FlagWord page_flags[] = {
    {CCM_PAGE_PANIC, "panic"},
    {CCM_PAGE_SHUTDOWN, "shutdown"},
    {CCM_PAGE_LEAVING, "leaving"},
};

// The word, or the number of a value that only a newer module has.
ordered_json word_value(const Words &words, std::uint64_t value)
{
    if (const auto word = words.word(value))
        return *word;
    return value;
}

// The words of the bits that are set; what has no word is one number at the end.
ordered_json flags_value(std::span<const FlagWord> known, std::uint32_t flags)
{
    ordered_json list = ordered_json::array();
    for (const auto &flag : known) {
        if ((flags & flag.bit) != 0)
            list.push_back(flag.word);
        flags &= ~flag.bit;
    }
    if (flags != 0)
        list.push_back(flags);
    return list;
}

std::string flags_text(std::span<const FlagWord> known, std::uint32_t flags)
{
    std::string text;
    for (const auto &flag : known) {
        if ((flags & flag.bit) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", flag.word);
        flags &= ~flag.bit;
    }
    if (flags != 0)
        text += fmt::format("{}{:#x}", text.empty() ? "" : ", ", flags);
    return text;
}

std::string incarnation_value(std::uint64_t incarnation)
{
    return fmt::format("0x{:016x}", incarnation);
}

std::string incarnation_text(std::uint64_t incarnation)
{
    return incarnation == 0 ? "" : incarnation_value(incarnation);
}

std::string stage_text(std::uint64_t stage)
{
    if (stage == CCM_STAGE_UNKNOWN)
        return {};
    if (stage < CCM_STAGE_RUNNING)
        return "booting: " + stages.text(stage);
    return stages.text(stage);
}

std::string error_text(std::int32_t error)
{
    if (error == 0)
        return {};
    const auto number = -static_cast<std::int64_t>(error);
    if (number <= 0 || number > 4095)
        return fmt::format("error {}", error);
    return strerror(static_cast<int>(number));
}

std::string state_text(const ccm_record &record)
{
    std::string text = states.text(record.state);
    if (record.state == CCM_STATE_DOWN) {
        const std::string_view meaning = reason_meaning(record.reason);
        if (record.reason == CCM_REASON_NONE)
            text += fmt::format(" ({})", meaning);
        else if (meaning.empty())
            text += fmt::format(": reason {}", record.reason);
        else
            text += fmt::format(": {}{} ({})", reasons.text(record.reason),
                                (record.flags & CCM_RECORD_F_CERTAIN) != 0 ? ", certain" : "", meaning);
    } else if ((record.flags & CCM_RECORD_F_LEAVING) != 0) {
        text += ", about to go down";
    }
    return text;
}

// With the reason and its meaning, whatever the state but READY: it says what to do.
std::string client_state_text(const ccm_record &record)
{
    std::string text = client_states.text(record.state);
    if (record.state == CCM_CLIENT_READY || record.reason == CCM_CLIENT_NONE)
        return text;
    const std::string_view meaning = client_reason_meaning(record.reason);
    if (meaning.empty())
        return text + fmt::format(": reason {}", record.reason);
    return text + fmt::format(": {} ({})", client_reasons.text(record.reason), meaning);
}

std::string transport_text(std::uint8_t transport)
{
    switch (transport) {
    case 0:
        return {};
    case 1:
        return "RoCE/IB";
    case 2:
        return "iWARP";
    default:
        return fmt::format("transport {}", transport);
    }
}

std::string duration_text(std::uint64_t us)
{
    if (us == 0) // never heard of
        return {};
    if (us < 1000)
        return fmt::format("{} us", us);
    if (us < 1'000'000)
        return fmt::format("{:.1f} ms", static_cast<double>(us) / 1e3);
    if (us < 600'000'000)
        return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
    return fmt::format("{} min", us / 60'000'000);
}

// In the largest unit of which there is one; with a decimal unless that is exact.
std::string size_text(std::uint64_t bytes)
{
    constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    if (bytes == 0) // none was asked for, or none is there yet
        return {};
    std::size_t unit = 0;
    std::uint64_t one = 1;
    while (unit + 1 < std::size(units) && bytes / one >= 1024) {
        one *= 1024;
        ++unit;
    }
    if (bytes % one == 0)
        return fmt::format("{} {}", bytes / one, units[unit]);
    const double amount = static_cast<double>(bytes) / static_cast<double>(one);
    if (amount >= 1023.95 && unit + 1 < std::size(units)) // would read 1024.0
        return fmt::format("1.0 {}", units[unit + 1]);
    return fmt::format("{:.1f} {}", amount, units[unit]);
}

std::string number_text(std::uint64_t number) // 0: none yet
{
    return number == 0 ? "" : fmt::format("{}", number);
}

ordered_json family_value(std::uint16_t family)
{
    switch (family) {
    case 0:
        return "none";
    case AF_INET:
        return "inet";
    case AF_INET6:
        return "inet6";
    default:
        return family;
    }
}

} // namespace

template <class Value> void Fields::add(std::string_view key, Value value, std::string text)
{
    fields_.push_back({key, std::move(value), std::move(text)});
}

void Fields::add_number(std::string_view key, std::uint64_t value)
{
    add(key, value, fmt::format("{}", value));
}

Fields::Fields(const ccm_record &record)
{
    const bool node = record.type == CCM_RECORD_NODE;
    const bool mark = record.type == CCM_RECORD_SYNC || record.type == CCM_RECORD_OVERFLOW;
    const bool removed = record.type == CCM_RECORD_REMOVED;

    fields_.reserve(24);
    add("type", word_value(record_types, record.type), record_types.text(record.type));
    add_number("seq", record.seq);
    add_number("time_ns", record.time_ns);
    if (mark)
        return;

    add_number("node", record.node);
    if (record.type == CCM_RECORD_CLIENT) {
        add_client(record);
        return;
    }

    const std::string name = name_text(record.name);
    add("name", name, name);
    add("flags", flags_value(record_flags, record.flags), flags_text(record_flags, record.flags));
    if (removed)
        return;

    if (node) {
        const std::string cluster = name_text(record.cluster);
        add("cluster", cluster, cluster);
    } else {
        add("state", word_value(states, record.state), state_text(record));
        add("reason", word_value(reasons, record.reason), reasons.text(record.reason));
    }
    add("stage", word_value(stages, record.stage), stage_text(record.stage));
    add("incarnation", incarnation_value(record.incarnation), incarnation_text(record.incarnation));
    if (!node) {
        add("transport", word_value(transports, record.transport), transport_text(record.transport));
        add("family", family_value(record.family), "");
        add("address", address_text(record), address_text(record));
    }
    add_number("port", record.port);
    add_number("version", record.version);
    add_number("detect_ms", record.detect_ms);
    add_number("counter", record.counter);
    if (node)
        return;

    add_number("sessions", record.sessions);
    add_number("attempts", record.attempts);
    add_number("rejected", record.rejected);
    add_number("reads", record.reads);
    add("silent_us", record.silent_us, duration_text(record.silent_us));
    add("error", record.error, error_text(record.error));
    const std::string note = name_text(record.note);
    add("note", note, note);
}

void Fields::add_client(const ccm_record &record)
{
    const std::string client = name_text(record.client);
    const std::string note = name_text(record.note);

    add("client", client, client);
    add("state", word_value(client_states, record.state), client_state_text(record));
    add("reason", word_value(client_reasons, record.reason), client_reasons.text(record.reason));
    add("version", record.version, number_text(record.version));
    add("ports", record.ports, number_text(record.ports));
    add("region", record.region, size_text(record.region));
    add("region_partner", record.region_partner, size_text(record.region_partner));
    add("note", note, note);
    add("flags", flags_value(record_flags, record.flags), flags_text(record_flags, record.flags));
}

Fields::Fields(const ccm_peek &peek)
{
    add_number("node", peek.node);
    add("incarnation", incarnation_value(peek.incarnation), incarnation_text(peek.incarnation));
    add("stage", word_value(stages, peek.stage), stage_text(peek.stage));
    add("page_flags", flags_value(page_flags, peek.page_flags), flags_text(page_flags, peek.page_flags));
    add_number("counter", peek.counter);
    add("tick_ms", peek.tick_ms, fmt::format("{} ms", peek.tick_ms));
    add("uptime_ms", peek.uptime_ms, fmt::format("{:.3f} s", static_cast<double>(peek.uptime_ms) / 1e3));
    add("read_us", peek.read_us, fmt::format("{} us", peek.read_us));
}

Fields::Fields(const NodeInfo &node)
{
    const std::string name = name_text(node.name);
    const std::string cluster = name_text(node.cluster);
    const std::string module_version = name_text(node.module_version);
    const std::string auth = name_text(node.auth);

    add_number("node", node.id);
    add("name", name, name);
    add("cluster", cluster, cluster);
    add("incarnation", incarnation_value(node.incarnation), incarnation_text(node.incarnation));
    add("stage", word_value(stages, node.stage), stage_text(node.stage));
    add("module_version", module_version, module_version);
    add_number("uapi_version", node.uapi_version);
    add_number("version_min", node.version_min);
    add_number("version_max", node.version_max);
    add("auth", auth, auth);
    add_number("rdma_port", node.rdma_port);
    add("detect_ms", node.detect_ms, fmt::format("{} ms", node.detect_ms));
    add("heartbeat_us", node.heartbeat_us, duration_text(node.heartbeat_us));
    add_number("client_ports", node.client_ports);
    add("client_memory", node.client_memory, size_text(node.client_memory));
    add_number("node_ports", node.node_ports);
    add("node_memory", node.node_memory, size_text(node.node_memory));
    add_number("partners", node.partners);
    add_number("clients", node.clients);
    add_number("ports_taken", node.ports_taken);
    add("memory_taken", node.memory_taken, size_text(node.memory_taken));
    add_number("notifications_lost", node.notifications_lost);
}

const std::string &Fields::text(std::string_view key) const
{
    static const std::string none;
    const auto found =
        std::find_if(fields_.begin(), fields_.end(), [key](const Field &field) { return field.key == key; });
    return found == fields_.end() ? none : found->text;
}

ordered_json Fields::json(std::string_view without) const
{
    ordered_json object = ordered_json::object();
    for (const auto &field : fields_)
        if (field.key != without)
            object[std::string(field.key)] = field.value;
    return object;
}

} // namespace ccmadm
