// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>

namespace ccmadm {

// The interface has no padding and one size on every architecture.
static_assert(sizeof(ccm_record) == 264);
static_assert(sizeof(ccm_info) == 32);
static_assert(sizeof(ccm_peek) == 48);

namespace {

using namespace std::string_view_literals;

constexpr std::array record_type_words{""sv, "node"sv, "partner"sv, "sync"sv, "overflow"sv, "removed"sv, "client"sv};
constexpr std::array state_words{"down"sv, "connecting"sv, "greeting"sv, "negotiating"sv, "opening"sv, "ready"sv};
constexpr std::array reason_words{"none"sv,      "unreachable"sv, "hung"sv,      "panicked"sv,       "shutdown"sv,
                                  "restarted"sv, "version"sv,     "refused"sv,   "authentication"sv, "admin"sv,
                                  "device"sv,    "reloaded"sv,    "duplicate"sv, "address"sv,        "mtu"sv};
// As the kernel says it: ccm/core/reason.c
constexpr std::array reason_meanings{
    "nothing has been tried yet"sv,
    "no answer, can be a partition; see its console, and the cables and switches between"sv,
    "its memory answers, its kernel does not schedule; see its console"sv,
    "its kernel panicked; see its console"sv,
    "it shuts down or reboots; start it when it is needed"sv,
    "its kernel was started anew, and will connect"sv,
    "no protocol version in common; update the older of the two"sv,
    "it is not configured as this node expects; compare node=, cluster= and partners= of both"sv,
    "a pre-shared key is missing here or there, or they are not the same; see `ccmadm key list` on both"sv,
    "unloaded, or disabled, by an administrator; load rdma_ccm where it is missing"sv,
    "no RDMA device here has a way to it; see `rdma link` and the interface's addresses"sv,
    "its module was loaded anew, and will connect; its kernel ran on"sv,
    "two machines have this node id; give one of them another (node=)"sv,
    "its address is not what partners= says, here or there; compare both"sv,
    "large frames do not pass; compare the MTU of both interfaces and of the switch"sv};
constexpr std::array stage_words{"unknown"sv, "kernel"sv,  "initramfs"sv, "root"sv,   "userspace"sv,
                                 "storage"sv, "running"sv, "stopping"sv,  "dumping"sv};
constexpr std::array transport_words{"none"sv, "roce"sv, "iwarp"sv};
constexpr std::array client_state_words{"gone"sv, "waiting"sv, "incompatible"sv, "opening"sv, "ready"sv};
constexpr std::array client_reason_words{"none"sv,   "no-session"sv, "no-counterpart"sv, "version"sv, "ports"sv,
                                         "memory"sv, "limit"sv,      "resources"sv,      "connect"sv, "port-lost"sv,
                                         "left"sv,   "other"sv,      "client"sv,         "timeout"sv};
constexpr std::array client_reason_meanings{
    "nothing has gone wrong so far"sv,
    "there is no session with the partner"sv,
    "the partner has no client of this name; is its module loaded there?"sv,
    "no version in common with its counterpart; update the older one"sv,
    "one side needs more ports than the other wants; configure both alike"sv,
    "one side asks for more memory than the other gives; configure both alike"sv,
    "a limit here or on the partner is reached; see ccm's parameters on both"sv,
    "no memory or device resources, here or there; see both kernel logs"sv,
    "its ports could not be connected; see both kernel logs"sv,
    "a port was lost; it is opened again"sv,
    "it, or its counterpart, has left"sv,
    "one that only the partner's version of CCM knows; see `ccmadm` there"sv,
    "it, or its counterpart, could not set itself up, or reset it; see both kernel logs"sv,
    "an operation took too long; is its counterpart stuck? It is opened again"sv};

static_assert(record_type_words.size() == CCM_RECORD_CLIENT + 1);
static_assert(state_words.size() == CCM_STATE_COUNT);
static_assert(reason_words.size() == CCM_REASON_COUNT);
static_assert(reason_meanings.size() == CCM_REASON_COUNT);
static_assert(stage_words.size() == CCM_STAGE_COUNT);
static_assert(client_state_words.size() == CCM_CLIENT_STATE_COUNT);
static_assert(client_reason_words.size() == CCM_CLIENT_REASON_COUNT);
static_assert(client_reason_meanings.size() == CCM_CLIENT_REASON_COUNT);

} // namespace

const Words record_types{record_type_words};
const Words states{state_words};
const Words reasons{reason_words};
const Words stages{stage_words};
const Words transports{transport_words};
const Words client_states{client_state_words};
const Words client_reasons{client_reason_words};

std::optional<std::string_view> Words::word(std::uint64_t value) const
{
    if (value >= words_.size() || words_[value].empty())
        return std::nullopt;
    return words_[value];
}

std::optional<std::uint32_t> Words::value(std::string_view word) const
{
    if (word.empty())
        return std::nullopt;
    const auto found = std::find(words_.begin(), words_.end(), word);
    if (found == words_.end())
        return std::nullopt;
    return static_cast<std::uint32_t>(found - words_.begin());
}

std::string Words::text(std::uint64_t value) const
{
    const auto known = word(value);
    return known ? std::string(*known) : fmt::format("{}", value);
}

std::string Words::list(std::uint32_t first, std::uint32_t last) const
{
    return fmt::format("{}", fmt::join(words_.subspan(first, last - first + 1), ", "));
}

std::string_view reason_meaning(std::uint64_t reason)
{
    return reason < reason_meanings.size() ? reason_meanings[reason] : ""sv;
}

std::string_view client_reason_meaning(std::uint64_t reason)
{
    return reason < client_reason_meanings.size() ? client_reason_meanings[reason] : ""sv;
}

Result<std::vector<ccm_record>> decode_records(std::span<const std::byte> bytes)
{
    if (bytes.empty() || bytes.size() % sizeof(ccm_record) != 0)
        return Error{fmt::format("read {} bytes, which is not a whole number of {}-byte records: "
                                 "is it a CCM device?",
                                 bytes.size(), sizeof(ccm_record))};
    std::vector<ccm_record> records(bytes.size() / sizeof(ccm_record));
    std::memcpy(records.data(), bytes.data(), bytes.size());
    for (const auto &record : records) {
        if (record.size != sizeof(ccm_record))
            return Error{fmt::format("record {} (type {}) says it has {} bytes instead of {}: "
                                     "use the ccmadm that belongs to the loaded module",
                                     record.seq, record_types.text(record.type), record.size, sizeof(ccm_record))};
    }
    return records;
}

std::string address_text(const ccm_record &record)
{
    if (record.family != AF_INET && record.family != AF_INET6)
        return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(record.family, record.address, text.data(), text.size()) == nullptr)
        return {};
    return text.data();
}

std::string name_text(std::span<const char> bytes)
{
    std::string name(bytes.begin(), std::find(bytes.begin(), bytes.end(), '\0'));
    const auto unprintable = [](char c) { return c < 0x20 || c > 0x7e; };
    std::replace_if(name.begin(), name.end(), unprintable, '?');
    return name;
}

} // namespace ccmadm
