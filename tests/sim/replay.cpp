// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <type_traits>

#include <fmt/format.h>

#include "../../ccm/core/names.h"
#include "../kunit/suites/tape.h"
#include "checker.h"
#include "plant.h"

namespace sim {

namespace {

constexpr uint32_t nobody = 0xfffffff0; // a connection that there is not

// One number of the machine or of an event, under its name
struct Field {
    const char *name;
    uint64_t (*get)(const ccm_session_event &e);
    void (*set)(ccm_session_event &e, uint64_t n);
};

// Versions of clang-format do not agree on it.
// clang-format off
#define CCM_FIELD(name, member)                                                                    \
    {name, [](const ccm_session_event &e) { return static_cast<uint64_t>(e.member); },             \
     [](ccm_session_event &e, uint64_t n) { e.member = static_cast<std::decay_t<decltype(e.member)>>(n); }}
// clang-format on

const Field fields[] = {
    CCM_FIELD("status", status),
    CCM_FIELD("reason", reason),
    CCM_FIELD("iwarp", iwarp),
    CCM_FIELD("random", random),
    CCM_FIELD("uptime_ms", uptime_ms),
    CCM_FIELD("heard_us", heard_us),
    CCM_FIELD("heard_uptime_ms", heard_uptime_ms),
    CCM_FIELD("read_us", read_us),
    CCM_FIELD("status_addr", keys.status_addr),
    CCM_FIELD("status_key", keys.status_key),
    CCM_FIELD("mailbox_addr", keys.mailbox_addr),
    CCM_FIELD("mailbox_key", keys.mailbox_key),
    CCM_FIELD("mtu", mtu),
    CCM_FIELD("path_mtu", path_mtu),
    CCM_FIELD("link", link),
    CCM_FIELD("instance", instance),
    CCM_FIELD("epoch", epoch),
    CCM_FIELD("table_addr", offer.table_addr),
    CCM_FIELD("table_key", offer.table_key),
    CCM_FIELD("bytes", offer.bytes),
    CCM_FIELD("chunks", offer.chunks),
    CCM_FIELD("psk0", psk[0]),
    CCM_FIELD("psk1", psk[1]),
    CCM_FIELD("psk2", psk[2]),
    CCM_FIELD("psk3", psk[3]),
};

#undef CCM_FIELD

const char *const of_names[] = {"", "present", "candidate", "other"};

std::string hex(const Bytes &data)
{
    size_t len = data.size();
    std::string text;

    while (len && !data[len - 1])
        len--;
    for (size_t i = 0; i < len; i++)
        text += fmt::format("{:02x}", data[i]);
    return text;
}

std::string print_clients(const ccm_catalog &c)
{
    std::string text;

    for (uint32_t i = 0; i < c.count; i++) {
        const ccm_catalog_entry &e = c.entries[i];

        text += fmt::format("{}{}:{}:{}:{}:{}:{}:{}:{}", i ? "," : "", e.name, e.version_min, e.version_max,
                            e.ports_min, e.ports_max, e.ask, e.give, e.instance);
    }
    return text;
}

std::string print_step(const Stepped &step)
{
    const ccm_session_event &e = step.event;
    std::string text = fmt::format("{} {}", step.now, ccm_session_event_name(e.type));

    if (step.of != Of::nothing)
        text += fmt::format(" conn={}", of_names[static_cast<size_t>(step.of)]);
    else if (e.conn)
        text += fmt::format(" conn={}", e.conn);
    for (const Field &field : fields)
        if (field.get(e))
            text += fmt::format(" {}={}", field.name, field.get(e));
    if (step.clients)
        text += " clients=" + print_clients(*step.clients);
    if (!step.data.empty())
        text += fmt::format(" len={} data={}", step.data.size(), hex(step.data));
    return text + "  # " + describe(e);
}

using Words = std::map<std::string, std::string>;

uint64_t number(const std::string &word)
{
    return std::stoull(word, nullptr, 0);
}

// name=value ..., up to a #
Words words_of(std::istringstream &line)
{
    std::string word;
    Words words;

    while (line >> word && word[0] != '#') {
        size_t at = word.find('=');

        if (at == std::string::npos)
            throw std::runtime_error("no value: " + word);
        words[word.substr(0, at)] = word.substr(at + 1);
    }
    return words;
}

std::vector<std::string> split(const std::string &text, char by)
{
    std::istringstream in(text);
    std::vector<std::string> list;
    std::string one;

    while (std::getline(in, one, by))
        list.push_back(one);
    return list;
}

std::shared_ptr<ccm_catalog> parse_clients(const std::string &text)
{
    auto c = std::make_shared<ccm_catalog>();

    for (const std::string &one : split(text, ',')) {
        std::vector<std::string> parts = split(one, ':');
        ccm_catalog_entry &e = c->entries[c->count++];

        parts.at(0).copy(e.name, sizeof(e.name) - 1);
        e.version_min = static_cast<uint16_t>(number(parts.at(1)));
        e.version_max = static_cast<uint16_t>(number(parts.at(2)));
        e.ports_min = static_cast<uint16_t>(number(parts.at(3)));
        e.ports_max = static_cast<uint16_t>(number(parts.at(4)));
        e.ask = number(parts.at(5));
        e.give = number(parts.at(6));
        e.instance = number(parts.at(7));
    }
    return c;
}

Bytes parse_hex(const std::string &text, size_t len)
{
    Bytes data(std::max(len, text.size() / 2));

    for (size_t i = 0; i + 1 < text.size(); i += 2)
        data[i / 2] = static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16));
    return data;
}

uint32_t parse_event(const std::string &name)
{
    for (uint32_t type = 0; type < CCM_SEV_COUNT; type++)
        if (name == ccm_session_event_name(type))
            return type;
    throw std::runtime_error("no such event: " + name);
}

Stepped parse_step(std::istringstream &line, const std::string &first)
{
    std::string event;
    Stepped step;

    line >> event;
    step.now = number(first);
    step.event.type = parse_event(event);
    Words words = words_of(line);
    for (const Field &field : fields)
        if (words.count(field.name))
            field.set(step.event, number(words[field.name]));
    for (size_t of = 1; of < std::size(of_names); of++)
        if (words["conn"] == of_names[of])
            step.of = static_cast<Of>(of);
    if (step.of == Of::nothing && !words["conn"].empty())
        step.event.conn = static_cast<uint32_t>(number(words["conn"]));
    if (words.count("clients"))
        step.clients = parse_clients(words["clients"]);
    if (words.count("len"))
        step.data = parse_hex(words["data"], number(words["len"]));
    return step;
}

ccm_session_config parse_machine(Words words)
{
    ccm_session_config c{};

    c.node = static_cast<uint32_t>(number(words.at("node")));
    c.partner = static_cast<uint32_t>(number(words.at("partner")));
    c.detect_ms = static_cast<uint32_t>(number(words.at("detect_ms")));
    c.auth = static_cast<uint32_t>(number(words.at("auth")));
    c.cluster = number(words.at("cluster"));
    c.incarnation = number(words.at("incarnation"));
    c.capabilities = number(words.at("capabilities"));
    c.machine = number(words.at("machine"));
    c.version_min = static_cast<uint16_t>(number(words.at("version_min")));
    c.version_max = static_cast<uint16_t>(number(words.at("version_max")));
    return c;
}

} // namespace

Replay::Replay(const ccm_session_config &config, Plant plant)
    : plant_(plant), s_(std::make_unique<ccm_session>()), before_(std::make_unique<ccm_session>())
{
    ccm_session_init(s_.get(), &config);
}

std::string Replay::step(const Stepped &step)
{
    ccm_session_event event = step.event;
    std::vector<ccm_link_action> acts;
    ccm_session_actions actions;

    switch (step.of) {
    case Of::present:
        event.conn = s_->conn.id;
        break;
    case Of::candidate:
        event.conn = s_->candidate.id;
        break;
    case Of::other:
        event.conn = nobody;
        break;
    case Of::nothing:
        break;
    }
    event.data = step.data.data();
    event.len = static_cast<uint32_t>(step.data.size());
    event.catalog = step.clients.get();
    ccm_tape_secrets(&event);
    *before_ = *s_;
    plant_before(plant_, *s_, event);
    ccm_session_step(s_.get(), step.now, &event, &actions);
    plant_after(plant_, *s_, event, actions);
    std::string wrong = watch_.step(*before_, *s_, step.now, event, actions);
    std::string links = watch_.links(*s_, acts, plant_);
    return wrong.empty() ? links : wrong;
}

std::string replay(const MachineTape &tape, Plant plant)
{
    Replay machine(tape.config, plant);

    for (const Stepped &step : tape.steps) {
        std::string wrong = machine.step(step);

        if (!wrong.empty())
            return wrong;
    }
    return {};
}

std::string replay(const std::string &text, Plant plant)
{
    return replay(parse_tape(text), plant);
}

std::string print_tape(const MachineTape &tape)
{
    const ccm_session_config &c = tape.config;
    std::string text = fmt::format("machine node={} partner={} detect_ms={} auth={} cluster={:#x} incarnation={:#x} "
                                   "capabilities={:#x} machine={:#x} version_min={} version_max={}\n",
                                   c.node, c.partner, c.detect_ms, c.auth, c.cluster, c.incarnation, c.capabilities,
                                   c.machine, c.version_min, c.version_max);

    for (const Stepped &step : tape.steps)
        text += print_step(step) + "\n";
    return text;
}

MachineTape parse_tape(const std::string &text)
{
    std::istringstream in(text);
    std::string line, first;
    MachineTape tape;

    while (std::getline(in, line)) {
        std::istringstream words(line);

        if (!(words >> first) || first[0] == '#')
            continue;
        if (first == "machine")
            tape.config = parse_machine(words_of(words));
        else
            tape.steps.push_back(parse_step(words, first));
    }
    return tape;
}

std::string print_test(const MachineTape &tape, const std::string &name, const std::string &why, Plant plant)
{
    std::string planted = plant == Plant::none ? "" : fmt::format(", sim::Plant::{}", plant_name(plant));

    return fmt::format("// {}\nTEST(Replay, {})\n{{\n    EXPECT_EQ(sim::replay(R\"(\n{})\"{}), \"\");\n}}\n", why, name,
                       print_tape(tape), planted);
}

} // namespace sim
