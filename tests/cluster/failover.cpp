// SPDX-License-Identifier: GPL-2.0-only
#include "failover.h"

#include <csignal>
#include <ostream>
#include <sstream>

#include <uapi/linux/ccm_fm.h>

namespace ccm::test {

const char *const monitor = "failover-monitor";

namespace {

using Variables = Uevents::Variables;

// Documentation/failover.rst, "Words of decisions"
const char *const decision_names[] = {
    "none",         "start-wait",       "partner-up",       "booting-wait",
    "boot-stalled", "partner-stopping", "takeover-advised", "giveback-possible",
    "cannot-tell",  "suspect",          "flapping",
};
static_assert(std::size(decision_names) == CCM_FM_DECISION_COUNT);

struct Flag {
    unsigned bit;
    const char *word, *variable;
};
const Flag flag_names[] = {
    {CCM_FM_F_PARTITION, "partition", "CCM_PARTITION"},    {CCM_FM_F_ORDERLY, "orderly", "CCM_ORDERLY"},
    {CCM_FM_F_NEVER_SEEN, "never-seen", "CCM_NEVER_SEEN"}, {CCM_FM_F_ADVISED, "advised", "CCM_ADVISED"},
    {CCM_FM_F_SURVIVED, "survived", "CCM_SURVIVED"},       {CCM_FM_F_CERTAIN, "certain", "CCM_CERTAIN"},
    {CCM_FM_F_FLAPPING, "flapping", "CCM_FLAPPING"},
};

// The words KEY=VALUE of a line
Variables parse(const std::string &line)
{
    Variables all;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
        std::size_t equals = word.find('=');
        if (equals == std::string::npos || !all.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
            throw Error("\"{}\" is no variable, or there twice: {}", word, line);
    }
    return all;
}

bool truth(const std::string &value)
{
    if (value != "0" && value != "1")
        throw Error("\"{}\" is neither 0 nor 1", value);
    return value == "1";
}

Decision of_uevent(const Variables &v)
{
    Decision d{std::stoi(v.at("CCM_PARTNER")),
               v.at("CCM_DECISION"),
               v.at("CCM_REASON"),
               v.at("CCM_STAGE"),
               v.at("CCM_INCARNATION"),
               "",
               v.at("CCM_PARTNER_DECISION"),
               v.at("CCM_PARTNER_ADVISED") == "1",
               truth(v.at("CCM_WATCHED"))};
    for (const Flag &flag : flag_names)
        if (truth(v.at(flag.variable)))
            d.flags += std::string(" ") + flag.word;
    return d;
}

Decision of_call(const Variables &v)
{
    auto decision = [&](const char *name) { return std::string(decision_names[std::stoul(v.at(name))]); };
    unsigned long bits = std::stoul(v.at("flags")), partner_bits = std::stoul(v.at("partner_flags"));
    Decision d{std::stoi(v.at("partner")),
               decision("decision"),
               v.at("reason"),
               v.at("stage"),
               v.at("incarnation"),
               "",
               decision("partner_decision"),
               (partner_bits & CCM_FM_F_ADVISED) != 0,
               (bits & CCM_FM_F_WATCHED) != 0};
    for (const Flag &flag : flag_names)
        if (bits & flag.bit)
            d.flags += std::string(" ") + flag.word;
    if (v.at("knows") == "0") {
        EXPECT_EQ(d.heard(), "none") << "of a partner that is not heard";
    }
    return d;
}

template <typename Text> std::vector<std::string> distinct(const std::vector<Decision> &all, Text text)
{
    std::vector<std::string> list;
    // In front of each advice that is not certain it is suspect, for a moment.
    for (const Decision &one : all)
        if (one.decision != "suspect" && (list.empty() || list.back() != text(one)))
            list.push_back(text(one));
    return list;
}

} // namespace

Decision decision_of(const std::string &uevent)
{
    return of_uevent(parse(uevent));
}

std::string Decision::note() const
{
    if (decision == "takeover-advised" || decision == "cannot-tell" || decision == "suspect")
        return decision + ": " + reason;
    if (decision == "booting-wait" || decision == "boot-stalled")
        return decision + ": " + stage;
    return decision;
}

std::ostream &operator<<(std::ostream &out, const Decision &decision)
{
    return out << "partner " << decision.partner << " (" << decision.incarnation << "): " << decision.said()
               << "; it says: " << decision.heard();
}

std::vector<std::string> said(const std::vector<Decision> &all)
{
    return distinct(all, [](const Decision &one) { return one.said(); });
}

std::vector<std::string> heard(const std::vector<Decision> &all)
{
    return distinct(all, [](const Decision &one) { return one.heard(); });
}

std::vector<std::string> notes(const std::vector<Decision> &all)
{
    return distinct(all, [](const Decision &one) { return one.note(); });
}

std::vector<std::string> notes(const Watch &watch, int partner)
{
    std::vector<std::string> list;
    for (const Event &event : watch.events()) {
        const json &e = event.json;
        if (e["type"] != "client" || e["client"] != monitor || e["node"] != partner || e["note"] == "")
            continue;
        if (e["note"].get<std::string>().starts_with("suspect"))
            continue;
        if (list.empty() || list.back() != e["note"].get<std::string>())
            list.push_back(e["note"]);
    }
    return list;
}

json note(int partner, const std::string &text)
{
    return {{"type", "client"}, {"client", monitor}, {"node", partner}, {"note", text}};
}

Uevents::Uevents(Node &node) : command_(node.start_command("ccm-node-test uevents"))
{
    command_.wait_line("listening", soon);
}

Uevents::~Uevents()
{
    try {
        command_.signal(SIGTERM);
        command_.wait(soon);
    } catch (const Error &) {
        // Its node is gone.
    }
}

std::vector<Variables> Uevents::variables() const
{
    std::vector<Variables> all;
    for (const OutputLine &line : command_.lines()) {
        if (line.error)
            throw Error("uevents: {}", line.text);
        // The device itself comes with one that adds it.
        if (line.text != "listening" && parse(line.text)["ACTION"] == "change")
            all.push_back(parse(line.text));
    }
    return all;
}

std::vector<Decision> Uevents::decisions() const
{
    std::vector<Decision> all;
    for (const Variables &one : variables())
        all.push_back(of_uevent(one));
    return all;
}

void Uevents::wait_said(const std::string &text)
{
    command_.wait_line([&](const OutputLine &line) { return decision_of(line.text).said() == text; }, soon);
}

void Uevents::wait_heard(const std::string &text)
{
    command_.wait_line([&](const OutputLine &line) { return decision_of(line.text).heard() == text; }, soon);
}

std::string listener(Node &node, const std::string &command)
{
    return node
        .run(fmt::format("cd /sys/kernel/debug/ccm_fm_listener && echo {} 2>/run/listener-said >run; cat run", command),
             30s)
        .output;
}

void load_listener(Node &node, const std::string &parameters)
{
    node.must("insmod /modules/ccm_fm_listener.ko " + parameters);
}

void unload_listener(Node &node)
{
    EXPECT_EQ(listener(node, "violations"), "violations=0\n") << node.name();
    node.must("rmmod ccm_fm_listener");
}

std::vector<Decision> told(Node &node, int number)
{
    std::vector<Decision> all;
    std::istringstream lines(listener(node, fmt::format("told {}", number)));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("lost=")) {
            EXPECT_EQ(line, "lost=0");
        } else {
            all.push_back(of_call(parse(line)));
        }
    }
    return all;
}

void Failover::SetUpTestSuite()
{
    NodeSpec with;
    with.load = {"rdma_ccm", "ccm_fm"};
    make_pair(unloaded(1, {.partners = {2}}, with), unloaded(2, {.partners = {1}}, with));
}

void Failover::SetUp()
{
    PairTest::SetUp();
    for (Node *node : both())
        node->must("[ -d /sys/module/ccm_fm ] || insmod /modules/ccm_fm.ko && ccmadm stage running");
    a().must(fmt::format("ccmadm wait --client {} --timeout {}", monitor, seconds(soon) * slowness()), soon + 10s);
    // Whatever the test before has left.
    for (Node *node : both())
        node->until(fmt::format("case $(ccmadm --json) in *'\"note\":\"partner-up\"'*) ;; "
                                "*) echo {} >/sys/module/ccm_fm/parameters/given_back; false;; esac",
                                3 - node->id()),
                    soon);
}

void Failover::TearDown()
{
    for (Node *node : both())
        if (node->running() && !node->stopped() && !node->panicked() &&
            node->run("[ -d /sys/module/ccm_fm_listener ]").ok())
            unload_listener(*node);
    PairTest::TearDown();
}

void Failover::load_monitor(Node &node, const std::string &parameters)
{
    node.must("insmod /modules/ccm_fm.ko " + parameters);
}

void Failover::give_back(Node &node)
{
    node.must(fmt::format("echo {} >/sys/module/ccm_fm/parameters/given_back", 3 - node.id()));
}

void Failover::settle(Node &node, Watch &w)
{
    give_back(node);
    w.wait_for(note(3 - node.id(), "partner-up"), soon);
}

} // namespace ccm::test
