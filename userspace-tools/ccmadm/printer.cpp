// SPDX-License-Identifier: GPL-2.0-only
#include "printer.h"

#include "fields.h"
#include "record.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <linux/ccm_netlink.h>
#include <vector>

namespace ccmadm {

using nlohmann::ordered_json;

namespace {

using Row = std::vector<std::string>;

constexpr char unconfigured[] = "not configured: load the module with node=ID";

// Rows as columns, two spaces apart, "-" for what is empty.
std::string table(std::vector<Row> rows)
{
    std::vector<std::size_t> widths;
    for (auto &row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (row[i].empty())
                row[i] = "-";
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const auto &row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i)
            text += fmt::format("{:<{}}  ", row[i], widths[i]);
        text += row.back() + "\n";
    }
    return text;
}

std::string joined(std::string_view first, const std::string &second)
{
    return second.empty() ? std::string(first) : fmt::format("{} {}", first, second);
}

ordered_json state_object(const PresentState &state)
{
    ordered_json object;
    object["node"] = state.node() ? Fields(*state.node()).json("type") : ordered_json(nullptr);
    object["partners"] = ordered_json::array();
    for (const auto &[id, partner] : state.partners())
        object["partners"].push_back(Fields(partner).json("type"));
    object["clients"] = ordered_json::array();
    for (const auto &[key, client] : state.clients())
        object["clients"].push_back(Fields(client).json("type"));
    return object;
}

std::string node_block(const PresentState &state)
{
    if (!state.node())
        return "this node    not described by the module\n";
    const Fields node(*state.node());
    const std::string id = state.node()->node == 0 ? unconfigured : joined(node.text("node"), node.text("name"));
    return table({{"node", id},
                  {"cluster", node.text("cluster")},
                  {"incarnation", node.text("incarnation")},
                  {"stage", node.text("stage")}});
}

std::string partner_block(const PresentState &state)
{
    if (state.partners().empty())
        return "no partner is configured: load the module with partners=ID@ADDRESS\n";
    std::vector<Row> rows{{"PARTNER", "NAME", "STATE", "STAGE", "TRANSPORT", "ADDRESS", "SESSIONS", "SILENT"}};
    for (const auto &[id, record] : state.partners()) {
        const Fields partner(record);
        std::string state_text = partner.text("state");
        if (record.state != CCM_STATE_READY && !partner.text("error").empty())
            state_text += fmt::format("; last error: {}", partner.text("error"));
        if (!partner.text("note").empty())
            state_text += "; " + partner.text("note");
        rows.push_back({partner.text("node"), partner.text("name"), state_text, partner.text("stage"),
                        partner.text("transport"), partner.text("address"), partner.text("sessions"),
                        partner.text("silent_us")});
    }
    return table(std::move(rows));
}

// Nothing if there is none: a node without clients is nothing unusual.
std::string client_block(const PresentState &state)
{
    if (state.clients().empty())
        return {};
    std::vector<Row> rows{{"CLIENT", "PARTNER", "STATE", "VERSION", "PORTS", "REGION", "PARTNER'S", "NOTE"}};
    for (const auto &[key, record] : state.clients()) {
        const Fields client(record);
        rows.push_back({client.text("client"), client.text("node"), client.text("state"), client.text("version"),
                        client.text("ports"), client.text("region"), client.text("region_partner"),
                        client.text("note")});
    }
    return table(std::move(rows));
}

std::string client_text(const Fields &fields, std::uint16_t ports)
{
    std::string text =
        fmt::format("client {}, partner {}: {}", fields.text("client"), fields.text("node"), fields.text("state"));
    if (!fields.text("version").empty())
        text += ", version " + fields.text("version");
    if (ports != 0)
        text += fmt::format(", {} port{}", ports, ports == 1 ? "" : "s");
    if (!fields.text("region").empty())
        text += ", region " + fields.text("region");
    if (!fields.text("region_partner").empty())
        text += ", partner's region " + fields.text("region_partner");
    if (!fields.text("note").empty())
        text += ", note: " + fields.text("note");
    return text;
}

// What a change was, without its time.
std::string change_text(const ccm_record &record)
{
    const Fields fields(record);
    std::string text;

    switch (record.type) {
    case CCM_RECORD_NODE:
        text = joined("node " + fields.text("node"), fields.text("name"));
        for (const std::string_view key : {"cluster", "incarnation"})
            if (!fields.text(key).empty())
                text += fmt::format(", {} {}", key, fields.text(key));
        if (!fields.text("stage").empty())
            text += ", " + fields.text("stage");
        return text;
    case CCM_RECORD_PARTNER:
        text =
            fmt::format("{}: {}", joined("partner " + fields.text("node"), fields.text("name")), fields.text("state"));
        for (const std::string_view key : {"stage", "transport", "address"})
            if (!fields.text(key).empty())
                text += ", " + fields.text(key);
        if (record.state == CCM_STATE_READY)
            text += fmt::format(", incarnation {}, session {}", fields.text("incarnation"), fields.text("sessions"));
        if (record.state == CCM_STATE_DOWN && record.silent_us != 0)
            text += ", silent " + fields.text("silent_us");
        if (record.state != CCM_STATE_READY && !fields.text("error").empty())
            text += ", last error: " + fields.text("error");
        return text;
    case CCM_RECORD_REMOVED:
        return joined("partner " + fields.text("node"), fields.text("name")) + ": removed from the configuration";
    case CCM_RECORD_CLIENT:
        return client_text(fields, record.ports);
    case CCM_RECORD_SYNC:
        return "-- this is the present state; changes follow";
    case CCM_RECORD_OVERFLOW:
        return "-- changes were lost, the reader was too slow; the present state follows";
    default:
        return fmt::format("record of type {}, about node {}", fields.text("type"), fields.text("node"));
    }
}

} // namespace

void Printer::line(std::string text)
{
    text += '\n';
    output_.write(text);
}

void Printer::record(const ccm_record &record)
{
    if (format_ == Format::json)
        line(Fields(record).json().dump());
    else
        line(fmt::format("{}  {}", clock_.local_time(record.time_ns), change_text(record)));
}

void Printer::status(const PresentState &state)
{
    if (format_ == Format::json)
        line(state_object(state).dump());
    else
        output_.write(node_block(state) + partner_block(state) + client_block(state));
}

void Printer::waited(const PresentState &state, std::string_view result)
{
    if (format_ != Format::json)
        return;
    ordered_json object;
    object["result"] = result;
    object.update(state_object(state));
    line(object.dump());
}

void Printer::stage(std::uint32_t node, std::uint32_t stage, bool told)
{
    ccm_record record{};
    record.type = CCM_RECORD_NODE;
    record.node = node;
    record.stage = static_cast<std::uint8_t>(stage);
    if (format_ == Format::json) {
        const ordered_json all = Fields(record).json();
        line(ordered_json{{"node", all["node"]}, {"stage", all["stage"]}}.dump());
    } else if (told) {
        line(stages.text(stage));
    }
}

void Printer::peek(const ccm_peek &peek)
{
    const Fields page(peek);
    if (format_ == Format::json) {
        line(page.json().dump());
        return;
    }
    output_.write(
        table({{"partner", page.text("node")},
               {"incarnation", page.text("incarnation")},
               {"stage", page.text("stage")},
               {"flags", page.text("page_flags")},
               {"counter", fmt::format("{}, moves at least every {}", page.text("counter"), page.text("tick_ms"))},
               {"uptime", page.text("uptime_ms")},
               {"read in", page.text("read_us")}}));
}

void Printer::node(const NodeInfo &node)
{
    const Fields fields(node);
    if (format_ == Format::json) {
        line(fields.json().dump());
        return;
    }
    const auto of = [&](const char *taken, const char *most, const char *each) {
        const std::string &now = fields.text(taken);
        return fmt::format("{} of {}, at most {} of one client to one partner", now.empty() ? "0" : now,
                           fields.text(most), fields.text(each));
    };
    output_.write(table(
        {{"node", node.id == 0 ? unconfigured : joined(fields.text("node"), fields.text("name"))},
         {"cluster", fields.text("cluster")},
         {"incarnation", fields.text("incarnation")},
         {"stage", fields.text("stage")},
         {"versions", fmt::format("module {}, protocol {}, interface {}", fields.text("module_version"),
                                  node.version_min == node.version_max
                                      ? fields.text("version_max")
                                      : fmt::format("{} to {}", node.version_min, node.version_max),
                                  fields.text("uapi_version"))},
         {"auth", fields.text("auth")},
         {"RDMA port", fields.text("rdma_port")},
         {"detection", fmt::format("{}, a heartbeat every {}", fields.text("detect_ms"), fields.text("heartbeat_us"))},
         {"partners", fmt::format("{} of {}", node.partners, CCM_PARTNERS_MAX)},
         {"clients", fields.text("clients")},
         {"ports", of("ports_taken", "node_ports", "client_ports")},
         {"memory", of("memory_taken", "node_memory", "client_memory")},
         {"notifications", fmt::format("{} lost", node.notifications_lost)}}));
}

void Printer::failover(const std::vector<ordered_json> &decisions)
{
    if (format_ == Format::json) {
        line(ordered_json(decisions).dump());
        return;
    }
    std::string text;
    for (const ordered_json &one : decisions) {
        const auto word = [&](const char *name) { return one[name].get<std::string>(); };
        const std::string reason = word("reason");
        const auto flags = one["flags"].get<std::vector<std::string>>();
        text += text.empty() ? "" : "\n";
        text += table({{"partner", fmt::format("{}", one["node"].get<std::uint32_t>())},
                       {"decision", word("decision") + (reason == "none" ? "" : fmt::format(" ({})", reason))},
                       {"flags", fmt::format("{}", fmt::join(flags, " "))},
                       {"stage", word("stage")},
                       {"it says of us", word("partner_decision")},
                       {"takeover of us", word("partner_advised")}});
    }
    output_.write(text);
}

void Printer::explanation(const Explanation &explanation)
{
    if (format_ == Format::json)
        line(explanation_json(explanation).dump());
    else
        output_.write(explanation_text(explanation, clock_));
}

void Printer::check(const Check &check)
{
    if (format_ == Format::json)
        line(check_json(check).dump());
    else
        output_.write(check_text(check));
}

void Printer::partner_changed(std::uint32_t id, const char *what)
{
    if (format_ == Format::json)
        line(ordered_json{{what, id}}.dump());
}

void Printer::partners(const std::vector<PartnerEntry> &entries)
{
    ordered_json all = ordered_json::array();
    for (const PartnerEntry &one : entries)
        if (format_ == Format::json)
            all.push_back({{"node", one.id}, {"addresses", one.addresses}});
        else
            line(fmt::format("{}@{}", one.id, fmt::join(one.addresses, "+")));
    if (format_ == Format::json)
        line(all.dump());
}

void Printer::key_generated(const std::string &cluster, std::uint32_t number, const std::string &file)
{
    const std::string name = name_text(file);
    if (format_ == Format::json)
        line(ordered_json{{"cluster", cluster}, {"number", number}, {"file", name}}.dump());
    else
        line(fmt::format("{} is key {} of the cluster {}. Copy it to the partner in a way that nobody else can read "
                         "(scp), and add it on both: ccmadm key add FILE",
                         name, number, cluster));
}

void Printer::keys_changed(const std::string &cluster, const char *what, const std::vector<std::uint32_t> &numbers)
{
    if (format_ == Format::json)
        line(ordered_json{{"cluster", cluster}, {what, numbers}}.dump());
}

void Printer::keys(const std::string &cluster, const std::vector<KeyEntry> &keys)
{
    ordered_json object{{"cluster", cluster}, {"keys", ordered_json::array()}, {"others", ordered_json::array()}};
    std::vector<Row> own{{"KEY", "CLUSTER", "NOTE"}};
    std::vector<Row> others;
    for (const KeyEntry &key : keys) {
        if (key.cluster == cluster) {
            object["keys"].push_back({{"number", key.number}});
            own.push_back({fmt::format("{}", key.number), key.cluster, ""});
        } else {
            object["others"].push_back({{"cluster", key.cluster}, {"number", key.number}});
            others.push_back({fmt::format("{}", key.number), key.cluster, "of another cluster: not used"});
        }
    }
    if (format_ == Format::json) {
        line(object.dump());
        return;
    }
    std::string text;
    if (own.size() == 1)
        text = fmt::format("no key of the cluster {}: `ccmadm key add FILE` adds one, `ccmadm key generate FILE` makes "
                           "it\n",
                           cluster);
    if (own.size() + others.size() > 1) {
        own.insert(own.end(), others.begin(), others.end());
        text += table(std::move(own));
    }
    output_.write(text);
}

std::string partner_label(const ccm_record &record)
{
    const std::string name = name_text(record.name);
    return fmt::format("partner {}{}", record.node, name.empty() ? "" : fmt::format(" ({})", name));
}

std::string describe_partner(const ccm_record &record)
{
    const Fields fields(record);
    std::string text = fmt::format("{} is {}", partner_label(record), fields.text("state"));
    if (!fields.text("stage").empty())
        text += ", " + fields.text("stage");
    if (record.state != CCM_STATE_READY && !fields.text("error").empty())
        text += ", last error: " + fields.text("error");
    return text;
}

std::string describe_client(const ccm_record &record)
{
    const Fields fields(record);
    std::string text = fields.text("state");
    if (!fields.text("note").empty())
        text += ", note: " + fields.text("note");
    return text;
}

} // namespace ccmadm
