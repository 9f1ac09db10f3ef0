// SPDX-License-Identifier: GPL-2.0-only
#include "explain/survey.h"

#include "explain/partner_counters.h"
#include "explain/rdma_devices.h"
#include "keyring.h"
#include "loaded_module.h"
#include "present_state.h"
#include "record.h"
#include "sysfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

namespace ccmadm {

namespace {

std::string parameters_of(const Surroundings &from)
{
    return from.sysfs + "/module/rdma_ccm/parameters";
}

std::optional<std::vector<std::uint32_t>> keys_of(const Surroundings &from, const std::string &cluster)
{
    const auto serial = LoadedModule(parameters_of(from)).keyring();
    if (!serial || serial.value() == 0)
        return std::nullopt;
    const auto entries = Keyring(from.keys, serial.value()).list();
    if (!entries)
        return std::nullopt;
    std::vector<std::uint32_t> numbers;
    for (const KeyEntry &entry : entries.value())
        if (entry.cluster == cluster)
            numbers.push_back(entry.number);
    return numbers;
}

// The node's part that needs no device
void look_at_sysfs(const Surroundings &from, NodeFacts &node)
{
    const LoadedModule module(parameters_of(from));
    node.loaded = module.loaded();
    node.monitor = access((from.sysfs + "/module/ccm_fm").c_str(), F_OK) == 0;
    node.devices = read_rdma_devices(from.sysfs);
    if (!node.loaded)
        return;
    if (const auto cluster = module.cluster())
        node.cluster = cluster.value();
    if (const auto auth = read_line(parameters_of(from) + "/auth"))
        node.auth = auth.value();
    node.keys = keys_of(from, node.cluster);
}

NodeFacts::Look look_of(const std::string &path)
{
    if (access(path.c_str(), R_OK) == 0)
        return NodeFacts::Look::failed;
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return NodeFacts::Look::no_device;
    case EACCES:
    case EPERM:
        return NodeFacts::Look::not_permitted;
    default:
        return NodeFacts::Look::failed;
    }
}

// The present state, as the module tells it; what is wrong goes to @node.
std::optional<PresentState> ask_module(const Surroundings &from, NodeFacts &node)
{
    auto device = from.opener(from.device);
    if (!device) {
        node.look = look_of(from.device);
        node.look_text = device.error().text;
        return std::nullopt;
    }
    const auto info = device.value().info();
    const auto checked = info ? device.value().check() : info;
    if (!checked) {
        node.look = info ? NodeFacts::Look::other_version : NodeFacts::Look::failed;
        node.look_text = checked.error().text;
        return std::nullopt;
    }
    node.id = info.value().node;
    node.version_min = info.value().version_min;
    node.version_max = info.value().version_max;
    node.panics_silently = device.value().panics_silently();
    auto state = take_present_state(device.value().records(), from.clock);
    if (!state) {
        node.look_text = state.error().text;
        return std::nullopt;
    }
    node.look = NodeFacts::Look::fine;
    if (state.value().node())
        node.stage = state.value().node()->stage;
    for (const auto &[id, record] : state.value().partners())
        node.partners.push_back(id);
    return std::move(state.value());
}

// Where a record says that the partner is. It does not name the interface of a link-local address: the
// configuration does.
std::optional<PartnerAddress> partner_address(const Surroundings &from, const ccm_record &record)
{
    PartnerAddress address;
    address.family = record.family;
    std::copy(std::begin(record.address), std::end(record.address), address.bytes.begin());
    if (record.family == AF_INET)
        return address;
    if (record.family != AF_INET6)
        return std::nullopt;
    if (record.address[0] != 0xfe || (record.address[1] & 0xc0) != 0x80)
        return address;
    const auto entries = from.control.list(record.node);
    if (!entries || entries.value().empty() || entries.value().front().addresses.empty())
        return std::nullopt;
    const auto configured = read_partner_address(entries.value().front().addresses.front());
    return configured ? std::optional(configured.value()) : std::nullopt;
}

std::optional<FailoverFacts> ask_monitor(const Surroundings &from, std::uint32_t partner)
{
    const std::string directory = fmt::format("{}/bus/ccm_failover/devices/{}", from.sysfs, partner);
    const auto decision = read_line(directory + "/decision");
    const auto flags = read_line(directory + "/flags");
    if (!decision || !flags)
        return std::nullopt;
    FailoverFacts facts{decision.value(), {}};
    std::istringstream words(flags.value());
    for (std::string word; words >> word;)
        facts.flags.push_back(word);
    return facts;
}

PartnerFacts look_at_partner(const Surroundings &from, std::uint32_t id, const PresentState &state, bool network)
{
    PartnerFacts facts;
    facts.id = id;
    const ccm_record *const record = state.partner(id);
    if (record == nullptr)
        return facts;
    facts.record = *record;
    facts.address = address_text(*record);
    facts.counters = read_partner_counters(from.sysfs + "/kernel/debug/ccm", id);
    facts.failover = ask_monitor(from, id);
    if (record->state == CCM_STATE_READY || !network)
        return facts;
    if (const auto address = partner_address(from, *record)) {
        if (!address->interface.empty())
            facts.address += "%" + address->interface;
        facts.way = from.network.way_to(*address, true);
    }
    return facts;
}

std::vector<ClientFacts> look_at_clients(std::uint32_t partner, const PresentState &state,
                                         const std::vector<std::string> &expected)
{
    std::vector<ClientFacts> clients;
    for (const auto &[key, record] : state.clients())
        if (key.second == partner)
            clients.push_back({key.first, record});
    for (const std::string &name : expected)
        if (state.partner(partner) != nullptr && state.client(name, partner) == nullptr)
            clients.push_back({name, std::nullopt});
    return clients;
}

} // namespace

Survey make_survey(const Surroundings &from, const SurveyOptions &options)
{
    Survey survey;
    look_at_sysfs(from, survey.node);
    if (!survey.node.loaded)
        return survey;
    const auto state = ask_module(from, survey.node);
    if (!state)
        return survey;
    const std::vector<std::uint32_t> ids = options.partner != 0 ? std::vector{options.partner} : survey.node.partners;
    for (const std::uint32_t id : ids)
        survey.partners.push_back(
            {look_at_partner(from, id, *state, options.network), look_at_clients(id, *state, options.clients)});
    return survey;
}

} // namespace ccmadm
