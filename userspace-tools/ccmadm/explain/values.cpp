// SPDX-License-Identifier: GPL-2.0-only
#include "explain/values.h"

#include "fields.h"
#include "record.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace ccmadm {

namespace {

// All there are
constexpr std::string_view value_names[] = {
    "address",   "asked",        "attempts",     "auth",       "client",      "client_reason",   "client_state",
    "cluster",   "decision",     "device_error", "devices",    "error",       "flags",           "heard",
    "heard_ago", "interface",    "keys",         "missing",    "mtu",         "neighbour",       "netdev",
    "new_rxe",   "node",         "note",         "own_stage",  "partner",     "partners",        "ping",
    "port",      "proofs_wrong", "rdma",         "rdma_state", "reason",      "session_version", "sessions",
    "silent",    "source",       "stage",        "state",      "version_max", "version_min",     "wire"};

std::string digits(std::uint64_t value)
{
    return fmt::format("{}", value);
}

std::string seconds_text(std::uint64_t ms)
{
    return ms < 600'000 ? fmt::format("{:.1f} s", static_cast<double>(ms) / 1e3) : fmt::format("{} min", ms / 60'000);
}

std::string devices_text(const NodeFacts &node)
{
    if (!node.devices)
        return {};
    std::string text;
    for (const RdmaDevice &device : *node.devices)
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", device.name,
                            device.interface.empty() ? "" : fmt::format(" ({})", device.interface));
    return text;
}

// The one that frames to the partner leave by
const RdmaDevice *device_of(const NodeFacts &node, const PartnerFacts &partner)
{
    if (!node.devices || !partner.way || !partner.way->interface)
        return nullptr;
    const Interface &interface = *partner.way->interface;
    for (const RdmaDevice &device : *node.devices)
        if (device.interface == interface.name || (!interface.lower.empty() && device.interface == interface.lower))
            return &device;
    return nullptr;
}

// A name that no device has yet
std::string new_rxe(const NodeFacts &node)
{
    const auto taken = [&](const std::string &name) {
        return node.devices && std::any_of(node.devices->begin(), node.devices->end(), [&](const RdmaDevice &device) {
                   return device.name.starts_with(name + "/");
               });
    };
    int number = 0;
    while (taken(fmt::format("rxe{}", number)))
        ++number;
    return fmt::format("rxe{}", number);
}

// What of RDMA a firewall has to let pass
std::string wire_text(const NodeFacts &node, const PartnerFacts &partner)
{
    const RdmaDevice *const device = device_of(node, partner);
    if (device != nullptr && device->iwarp)
        return fmt::format("TCP port {}", partner.record->port);
    return "UDP port 4791";
}

void add_node(Values &values, const NodeFacts &node)
{
    values["device_error"] = node.look_text;
    values["node"] = digits(node.id);
    values["cluster"] = node.cluster;
    values["own_stage"] = stages.text(node.stage);
    values["auth"] = node.auth;
    values["version_min"] = digits(node.version_min);
    values["version_max"] = digits(node.version_max);
    values["devices"] = devices_text(node);
    values["new_rxe"] = new_rxe(node);
    values["partners"] = node.partners.empty() ? "none" : fmt::format("{}", fmt::join(node.partners, ", "));
    if (node.keys)
        values["keys"] = node.keys->empty() ? "none" : fmt::format("{}", fmt::join(*node.keys, ", "));
}

void add_failover(Values &values, const FailoverFacts &failover)
{
    values["decision"] = failover.decision;
    values["flags"] = failover.flags.empty() ? "none" : fmt::format("{}", fmt::join(failover.flags, ", "));
}

void add_record(Values &values, const ccm_record &record)
{
    const Fields fields(record);
    values["state"] = states.text(record.state);
    values["reason"] = reasons.text(record.reason);
    values["attempts"] = digits(record.attempts);
    values["sessions"] = digits(record.sessions);
    values["session_version"] = digits(record.version);
    values["port"] = digits(record.port);
    for (const char *name : {"note", "stage"})
        values[name] = fields.text(name);
    values["silent"] = fields.text("silent_us");
    values["error"] = fields.text("error");
}

void add_way(Values &values, const Way &way)
{
    values["missing"] = way.missing;
    values["source"] = way.source.empty() ? "ADDRESS" : way.source;
    values["asked"] = way.asked;
    values["neighbour"] = way.neighbour.empty() ? "none" : way.neighbour;
    if (!way.interface)
        return;
    values["interface"] = values["netdev"] = way.interface->name;
    values["mtu"] = digits(way.interface->mtu);
    // behind the headers of IP and ICMP
    values["ping"] = way.interface->mtu > 48 ? digits(way.interface->mtu - 48) : "";
}

void add_counters(Values &values, const PartnerCounters &counters)
{
    values["proofs_wrong"] = digits(counters.proofs_wrong);
    if (counters.heard) {
        values["heard"] = counters.heard->why;
        values["heard_ago"] = seconds_text(counters.heard->ago_ms);
    }
    values["error"] = counters.attempt_error == 0 ? "" : strerror(-counters.attempt_error);
}

} // namespace

Values values_of(const Case &of)
{
    Values values;
    for (const std::string_view name : value_names)
        values[std::string(name)];
    values["netdev"] = "NETDEV";
    values["source"] = "ADDRESS";

    add_node(values, of.node);
    if (of.partner != nullptr) {
        const PartnerFacts &partner = *of.partner;
        values["partner"] = digits(partner.id);
        values["address"] = partner.address;
        if (partner.record)
            add_record(values, *partner.record);
        if (partner.way)
            add_way(values, *partner.way);
        if (partner.counters)
            add_counters(values, *partner.counters);
        if (partner.failover)
            add_failover(values, *partner.failover);
        if (partner.record)
            values["wire"] = wire_text(of.node, partner);
        if (const RdmaDevice *const device = device_of(of.node, partner)) {
            values["rdma"] = device->name;
            values["rdma_state"] = device->state;
        }
    }
    if (of.client != nullptr) {
        values["client"] = of.client->name;
        if (of.client->record) {
            values["client_state"] = client_states.text(of.client->record->state);
            values["client_reason"] = client_reasons.text(of.client->record->reason);
            values["note"] = name_text(of.client->record->note);
        }
    }
    return values;
}

} // namespace ccmadm
