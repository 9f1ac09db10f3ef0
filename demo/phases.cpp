// SPDX-License-Identifier: GPL-2.0-only
//
// What the demo shows, phase by phase.
#include "demo.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "error.h"
#include "pattern.h"

namespace fs = std::filesystem;

namespace ccm::demo {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Deadlines. They bound the waiting for what should come at once; the lab stretches
// them on slow machines (CCM_LAB_SLOW).
constexpr auto boot_deadline = 120s, connect_deadline = 20s, step_deadline = 10s;

const char *const monitor = "failover-monitor"; // the client's name
const char *const no_false_alarm = "node 1 reports no other DOWN than the two that were provoked";
const char *const clean_logs = "the kernel logs are clean but for the provoked panic";
const char *const early_read = "a client on node 1 RDMA-reads the pattern in node 2's region";
const char *const early_write = "a client on node 1 RDMA-writes into node 2's region, and node 2 has it";
const char *const early_still = "node 2 has not left its initramfs meanwhile";
const char *const advised_partition = "failover monitor: takeover advised, possibly a partition";
const char *const advised_panic = "failover monitor: takeover advised again";
const char *const waits_again = "failover monitor: node 2 boots again, wait";
const char *const partner_told = "node 2 finds in its initramfs that node 1 was advised to take over";
const char *const giveback = "failover monitor: giveback possible";
const char *const given_back = "failover monitor: partner up, after all was given back";

int other(int id)
{
    return 3 - id;
}

std::string first_line(const std::string &text)
{
    return text.substr(0, text.find('\n'));
}

std::string size_text(std::uint64_t bytes)
{
    if (bytes && bytes % (1 << 20) == 0)
        return fmt::format("{} MiB", bytes >> 20);
    return fmt::format("{} bytes", bytes);
}

std::string random_hex()
{
    std::random_device device;
    return fmt::format("{:08x}{:08x}", device(), device());
}

std::uint64_t random_seed()
{
    return std::stoull(random_hex(), nullptr, 16);
}

std::string step_goal(std::size_t step, int id)
{
    return fmt::format("{} of node {}", series[step], id);
}

std::string stage_goal(const std::string &stage)
{
    return fmt::format("node 1 sees node 2 in stage {}", stage);
}

std::string client_goal(int id)
{
    return fmt::format("the client \"{}\" is READY on node {}, with ports and memory", PatternClient::name, id);
}

std::string decision_goal(const std::string &word)
{
    return "failover monitor on node 1: " + word;
}

// What node ID does in a step.
std::string step_text(std::size_t step, int id)
{
    switch (step) {
    case 0:
        return "sends where its status page and its mailbox are";
    case 1:
        return fmt::format("RDMA-reads node {}'s status page", other(id));
    case 2:
        return fmt::format("RDMA-writes its hello into node {}'s mailbox", other(id));
    case 3:
        return fmt::format("RDMA-reads node {}'s answer", other(id));
    case 4:
        return "RDMA-writes its client catalog";
    default:
        return "RDMA-writes that it is ready";
    }
}

bool is_partner(const json &event)
{
    return event.value("type", "") == "partner";
}

bool is_client(const json &event, const std::string &name, int partner)
{
    return event.value("type", "") == "client" && event.at("client") == name && event.at("node") == partner;
}

// A decision's, of the note: takeover-advised of "takeover-advised: unreachable".
std::string word_of(const std::string &note)
{
    return note.substr(0, note.find(':'));
}

Tone tone_of(const std::string &decision)
{
    if (decision == "takeover-advised")
        return Tone::bad;
    return decision == "partner-up" || decision == "giveback-possible" ? Tone::good : Tone::plain;
}

} // namespace

std::string Demo::boot_goal(int id)
{
    return fmt::format("node {} boots into its initramfs", id);
}

std::vector<Demo::Phase> Demo::plan()
{
    std::vector<std::string> connected;
    for (int id : {1, 2})
        connected.push_back(fmt::format("node {} is connected", id));
    for (std::size_t step = 0; step < series.size(); step++)
        for (int id : {1, 2})
            connected.push_back(step_goal(step, id));
    for (int id : {1, 2})
        connected.push_back(fmt::format("READY on node {}", id));
    for (int id : {1, 2})
        connected.push_back(client_goal(id));
    connected.push_back(decision_goal("booting-wait"));
    return {
        {"1  Both machines start", {boot_goal(1), boot_goal(2)}, [this] { boot(); }},
        {"2  The two kernels connect", connected, [this] { connect(); }},
        {"3  Node 2 is still in its initramfs, and node 1 reads its memory",
         {"node 2 is in its initramfs", "node 1 reads node 2's status page by RDMA: stage initramfs"},
         [this] { look_early(); }},
        {"4  ... and a kernel client on node 1 reads and writes node 2's memory",
         {early_read, early_write, early_still},
         [this] { use_memory(); }},
        {"5  Node 2 goes on booting, and node 1 sees it",
         {stage_goal("root"), stage_goal("userspace"), stage_goal("storage"), stage_goal("running"),
          decision_goal("partner-up")},
         [this] { move_on(); }},
        {"6  Node 2 loses power",
         {"node 1 reports node 2 DOWN: unreachable", advised_partition},
         [this] { lose_power(); }},
        {"7  Node 2 comes back",
         {"node 2 boots again", "READY again on node 1", "node 2's incarnation has changed", waits_again, partner_told,
          giveback, given_back},
         [this] { come_back(); }},
        {"8  Node 2 panics",
         {"node 1 reports node 2 DOWN: panicked, or unreachable", advised_panic},
         [this] { panic(); }},
        {"9  The kernels' own word", {no_false_alarm, clean_logs}, [this] { judge(); }},
    };
}

void Demo::boot()
{
    timeline_.say(Who::demo, "makes the initramfs");
    cluster_ = std::make_unique<lab::Cluster>("demo", options_.settings);
    for (const char *old : {"events.log", "errors.log"})
        fs::remove(cluster_->dir() / old);
    for (int id : {1, 2}) {
        std::vector<std::string> parameters{fmt::format("rdma_ccm.node={}", id), "rdma_ccm.cluster=demo",
                                            fmt::format("rdma_ccm.partners={0}@192.0.2.{0}", other(id)),
                                            "rdma_ccm.auth=psk"};
        if (options_.detect_ms)
            parameters.push_back(fmt::format("rdma_ccm.detect_ms={}", options_.detect_ms));
        lab::Node &n = cluster_->add({
            .id = id,
            .kind = options_.uml ? lab::Kind::uml : lab::Kind::qemu,
            // The demo's part of the initramfs (initramfs/ccm-boot.sh) loads all of them.
            .load = {"rdma_ccm", "ccm_fm", "ccm_pattern"},
            .parameters = parameters,
            // It adds the link, too.
            .rdma = lab::Rdma::none,
        });
        at(id).node = &n;
        at(id).decisions.emplace(n.console(), other(id));
        n.console().on_line([this, id](const lab::ConsoleLine &line) { heard(id, line); });
    }
    timeline_.say(Who::demo, "power on");
    for (int id : {1, 2})
        node(id).start();
    for (int id : {1, 2}) {
        try {
            node(id).wait_ready(boot_deadline);
            goals_.met(boot_goal(id));
        } catch (const lab::Error &e) {
            goals_.missed(boot_goal(id), complain(e.what()));
        }
    }
}

// Begins to watch a node's events.
void Demo::observe(int id)
{
    Observed &o = at(id);
    o.watch = cluster_->watch(node(id));
    o.incarnation = incarnation_of(id);
}

// As the node says of itself; the first record of the watch.
std::string Demo::incarnation_of(int id)
{
    return watch(id).wait_for({{"type", "node"}}, step_deadline).json.at("incarnation");
}

void Demo::keep_trace(int id, const lab::Command &trace)
{
    std::ofstream file(cluster_->dir() / fmt::format("node{}.trace.log", id), std::ios::trunc);
    for (const lab::OutputLine &line : trace.lines())
        file << line.text << "\n";
}

void Demo::connect()
{
    for (int id : {1, 2})
        observe(id);
    for (int id : {1, 2}) {
        std::string goal = fmt::format("READY on node {}", id);
        try {
            // In the present state or as a change, whichever it is by now.
            lab::Event ready =
                watch(id).wait_for([](const json &e) { return is_partner(e) && e.at("state") == "ready"; },
                                   connect_deadline, "READY in `ccmadm watch` of " + node(id).name());
            if (ready.json.at("incarnation") == at(other(id)).incarnation)
                goals_.met(goal);
            else
                goals_.missed(goal, fmt::format("with an incarnation that is not node {}'s", other(id)));
        } catch (const lab::Error &e) {
            goals_.missed(goal, complain(e.what()));
        }
    }
    // The trace goes back to when the module was loaded.
    std::array<Side, 2> sides;
    for (int id : {1, 2}) {
        Observed &o = at(id);
        lab::Command trace = node(id).start_command("cat /sys/kernel/tracing/trace");
        trace.wait(step_deadline);
        for (const lab::Command &command : {trace, o.watch->command()})
            for (const lab::OutputLine &line : command.lines())
                o.clock.learn(line);
        keep_trace(id, trace);
        sides[static_cast<std::size_t>(id) - 1] = Side::from(parse_trace(trace.lines()));
    }
    align(sides[0], at(1).clock, sides[1], at(2).clock);
    Timeline::InOrder in_order(timeline_);
    print_series(sides);
    for (int id : {1, 2})
        see_client(id);
    see_decision("booting-wait", 0);
    goals_.met(decision_goal("booting-wait"));
}

// The first event of a node's watch from number FROM on that is wanted: one that was
// shown already, or one to come.
lab::Event Demo::see(int id, const lab::Watch::Predicate &wanted, std::size_t from, const std::string &what)
{
    std::vector<lab::Event> events = watch(id).events();
    for (std::size_t i = from; i < events.size(); i++)
        if (wanted(events[i].json))
            return events[i];
    return watch(id).wait_for(wanted, step_deadline, fmt::format("{} in `ccmadm watch` of {}", what, node(id).name()));
}

void Demo::see_client(int id)
{
    lab::Event event = see(
        id, [id](const json &e) { return is_client(e, PatternClient::name, other(id)) && e.at("state") == "ready"; }, 0,
        fmt::format("the client {}, ready,", PatternClient::name));
    auto ports = event.json.at("ports").get<int>();
    auto here = event.json.at("region").get<std::uint64_t>();
    auto there = event.json.at("region_partner").get<std::uint64_t>();
    at(id).region = here;
    timeline_.step(when(id, event), who_of(id), "READY",
                   fmt::format("client {}: {} ports, {} here, {} on node {}", PatternClient::name, ports,
                               size_text(here), size_text(there), other(id)));
    if (ports > 0 && here > 0 && there > 0)
        goals_.met(client_goal(id));
}

// When something was that the watch shows as present state, or when a change was seen.
lab::TimePoint Demo::when(int id, const lab::Event &event)
{
    if (event.json.at("flags").empty())
        return event.at;
    return at(id).clock.at(event.json.at("time_ns").get<long long>() / 1000);
}

// Node 1's failover monitor decides something about node 2 behind event MARK of the watch.
Decision Demo::see_decision(const std::string &word, std::size_t mark)
{
    lab::Event event = see(
        1, [&](const json &e) { return is_client(e, monitor, 2) && word_of(e.at("note")) == word; }, mark,
        fmt::format("the decision {}", word));
    tell_decisions();
    return at(1).decisions->noted(event.json.at("note"), step_deadline);
}

// What node 1's failover monitor has decided since the last call. It must say the same to
// user space and to the log.
void Demo::tell_decisions()
{
    if (!at(1).watch)
        return;
    std::vector<lab::Event> events = watch(1).events();
    for (; decisions_told_ < events.size(); decisions_told_++) {
        const lab::Event &event = events[decisions_told_];
        if (!is_client(event.json, monitor, 2) || event.json.at("note") == "")
            continue;
        std::string note = event.json.at("note");
        if (word_of(note) == "suspect") // for a moment in front of a decision, and not in the log
            continue;
        Decision decision = at(1).decisions->noted(note, step_deadline);
        // A boot goes through its stages under one word. heard() tells of the first ones.
        if (decision.word == last_word_ || decision.is_first())
            continue;
        last_word_ = decision.word;
        timeline_.say(when(1, event), Who::node1, "ccm_fm: " + decision.text(), tone_of(decision.word));
    }
}

void Demo::print_series(const std::array<Side, 2> &sides)
{
    for (int id : {1, 2}) {
        const Side &mine = sides[static_cast<std::size_t>(id) - 1];
        const Side &partners = sides[static_cast<std::size_t>(other(id)) - 1];
        auto moment = [&](long long us) { return at(id).clock.at(us); };
        if (mine.connected) {
            goals_.met(fmt::format("node {} is connected", id));
            timeline_.step(moment(*mine.connected), who_of(id), "CM",
                           fmt::format("connected to node {}: {} accepted", other(id),
                                       mine.asked ? "its own request was" : "that one's request was"));
        }
        for (std::size_t step = 0; step < series.size(); step++) {
            if (!mine.posted[step])
                continue;
            std::string text = step_text(step, id);
            if (step == 3 && mine.ready)
                text += ": accepted";
            if (mine.read[step])
                text += fmt::format(" ({:.1f} ms)", static_cast<double>(*mine.read[step] - *mine.posted[step]) / 1e3);
            if (done(step, mine, partners))
                goals_.met(step_goal(step, id));
            else
                text += " -- and nothing shows that it arrived";
            timeline_.step(moment(*mine.posted[step]), who_of(id), series[step], text);
        }
        if (mine.ready)
            timeline_.step(
                moment(*mine.ready), who_of(id), "READY",
                fmt::format("node {} is ready; its incarnation is {}", other(id), at(other(id)).incarnation));
    }
}

// Says in which stage a node is and what is mounted on its /.
bool Demo::in_initramfs(int id, const std::string &still)
{
    // One word for each mount on /: more than rootfs would be a root.
    std::string roots =
        node(id).must("while read -r what where rest; do [ $where != / ] || echo $what; done </proc/mounts");
    std::replace(roots.begin(), roots.end(), '\n', ' ');
    roots = roots.substr(0, roots.find_last_not_of(' ') + 1);
    std::string stage = first_line(node(id).must("ccmadm stage"));
    bool early = roots == "rootfs" && node(id).root() == lab::Root::initramfs;
    timeline_.say(who_of(id), fmt::format("stage {}{}; / is {}, {}", stage, still, roots,
                                          early ? "no root is mounted" : "which is no initramfs"));
    return early && stage == "initramfs";
}

void Demo::look_early()
{
    if (in_initramfs(2, ""))
        goals_.met("node 2 is in its initramfs");

    json page = json::parse(node(1).must("ccmadm peek 2 --json"));
    timeline_.say(Who::node1, "RDMA-reads node 2's status page (`ccmadm peek 2`):");
    timeline_.details({
        {"stage", page.at("stage")},
        {"incarnation", page.at("incarnation")},
        {"counter",
         fmt::format("{}, moves at least every {} ms", page.at("counter").get<long>(), page.at("tick_ms").get<long>())},
        {"uptime", fmt::format("{:.3f} s since its module was loaded", page.at("uptime_ms").get<double>() / 1e3)},
        {"read in", fmt::format("{:.3f} ms", page.at("read_us").get<double>() / 1e3)},
    });
    if (page.at("stage") == "initramfs" && page.at("incarnation") == at(2).incarnation)
        goals_.met("node 1 reads node 2's status page by RDMA: stage initramfs");
}

void Demo::use_memory()
{
    constexpr std::size_t piece = 8;
    PatternClient mine(node(1), 2), theirs(node(2), 1);
    std::string all = size_text(at(2).region);

    std::uint64_t seed = random_seed();
    theirs.fill(PatternClient::Where::local, seed);
    std::string is = theirs.look(0, piece).data;
    timeline_.say(Who::node2, fmt::format("fills its region, {}, with a pattern: {}...", all, is));
    PatternClient::Answer read = mine.read(0, piece);
    timeline_.say(Who::node1, fmt::format("RDMA-reads its first {} bytes: {} ({:.3f} ms)", piece, read.data, read.ms));
    PatternClient::Answer verified = mine.verify(PatternClient::Where::remote, seed);
    timeline_.say(Who::node1, fmt::format("RDMA-reads all of it: each byte is right ({:.0f} ms)", verified.ms));
    if (read.data == is)
        goals_.met(early_read);

    std::string text = random_hex();
    PatternClient::Answer wrote = mine.write(0, text);
    timeline_.say(Who::node1, fmt::format("RDMA-writes {} bytes there: {} ({:.3f} ms)", piece, text, wrote.ms));
    std::string has = theirs.look(0, piece).data;
    timeline_.say(Who::node2, fmt::format("has them in its own memory: {}", has));
    seed = random_seed();
    PatternClient::Answer filled = mine.fill(PatternClient::Where::remote, seed);
    timeline_.say(Who::node1, fmt::format("RDMA-writes another pattern over all of it ({:.0f} ms)", filled.ms));
    theirs.verify(PatternClient::Where::local, seed);
    timeline_.say(Who::node2, "has it in its own memory: each byte is right");
    if (has == text)
        goals_.met(early_write);

    if (in_initramfs(2, " still"))
        goals_.met(early_still);
}

// Node 2 is where STAGE belongs: it says so, and node 1 must hear of it.
void Demo::see_stage(const std::string &stage, const std::string &place)
{
    timeline_.say(Who::node2, place + fmt::format(": `ccmadm stage {}`", stage));
    node(2).must("ccmadm stage " + stage);
    lab::Event event = watch(1).wait_for(
        [&](const json &e) { return is_partner(e) && e.at("state") == "ready" && e.at("stage") == stage; },
        step_deadline, fmt::format("stage {} of node 2 in node 1's `ccmadm watch`", stage));
    timeline_.say(event.at, Who::node1,
                  stage == "running" ? "sees node 2 up: running" : "sees node 2 booting: " + stage,
                  stage == "running" ? Tone::good : Tone::plain);
    goals_.met(stage_goal(stage));
}

void Demo::move_on()
{
    node(2).switch_root();
    see_stage("root", fmt::format("switch_root: / is {} now", first_line(node(2).must("stat -f -c %T /"))));

    std::string init = first_line(node(2).must("tr '\\0' '\\n' </proc/1/cmdline | tail -n 1"));
    see_stage("userspace", fmt::format("process 1 is {}", init));

    node(2).must("mkdir -p /srv && mount -t tmpfs storage /srv");
    see_stage("storage", "storage starts (a tmpfs on /srv)");

    node(2).must("echo served >/srv/file && [ $(cat /srv/file) = served ]");
    std::size_t mark = watch(1).events().size();
    Timeline::InOrder in_order(timeline_);
    see_stage("running", "storage serves a file");
    see_decision("partner-up", mark);
    goals_.met(decision_goal("partner-up"));
}

// What node 1 says of node 2, and not before SINCE.
lab::Event Demo::wait_state(const std::string &state, lab::TimePoint since, lab::Duration timeout)
{
    lab::Event event;
    do {
        event = watch(1).wait_for([&](const json &e) { return is_partner(e) && e.at("state") == state; }, timeout,
                                  fmt::format("{} in node 1's `ccmadm watch`", state == "down" ? "DOWN" : "READY"));
    } while (event.at < since);
    return event;
}

// Node 1 says that node 2 is DOWN, not before SINCE; WHAT happened to it at HAPPENED.
lab::Event Demo::see_down(lab::TimePoint since, lab::TimePoint happened, const std::string &what)
{
    lab::Event down = wait_state("down", since, step_deadline);
    std::string reason = down.json.at("reason");
    reasons_.push_back(reason);
    timeline_.say(
        down.at, Who::node1,
        fmt::format("node 2 is DOWN: {}, {:.0f} ms after {}", reason, lab::milliseconds(down.at - happened), what),
        Tone::bad);
    return down;
}

void Demo::lose_power()
{
    std::size_t mark = watch(1).events().size();
    lab::TimePoint killed = node(2).kill();
    timeline_.say(killed, Who::demo, "cuts node 2's power (SIGKILL)");
    Timeline::InOrder in_order(timeline_);
    lab::Event down = see_down(killed, killed, "the power went");
    std::string reason = down.json.at("reason");
    timeline_.say(down.at, Who::node1,
                  fmt::format("its last answer was {:.0f} ms old (detect_ms={})",
                              down.json.at("silent_us").get<double>() / 1e3, down.json.at("detect_ms").get<int>()));
    if (reason != "unreachable")
        throw lab::Error("node 1 gave the reason {}, not unreachable", reason);
    goals_.met("node 1 reports node 2 DOWN: unreachable");
    if (see_decision("takeover-advised", mark).remark == "possibly a partition")
        goals_.met(advised_partition);
}

void Demo::come_back()
{
    if (node(2).running())
        node(2).kill();
    std::size_t mark1 = watch(1).events().size(), mark2 = node(2).console().size();
    lab::TimePoint on = lab::Clock::now();
    timeline_.say(on, Who::demo, "switches node 2 on again");
    node(2).boot(boot_deadline);
    goals_.met("node 2 boots again");
    {
        Timeline::InOrder in_order(timeline_);
        lab::Event ready = wait_state("ready", on, connect_deadline);
        timeline_.say(ready.at, Who::node1,
                      fmt::format("node 2 is READY again: session {}, stage {}", ready.json.at("sessions").get<int>(),
                                  ready.json.at("stage").get<std::string>()),
                      Tone::good);
        goals_.met("READY again on node 1");
        see_incarnation(ready);
        see_decision("booting-wait", mark1);
        goals_.met(waits_again);
        lab::ConsoleLine told = node(2).console().wait_for("a takeover was advised", step_deadline, mark2);
        timeline_.say(told.at, Who::node2, "finds in its region: node 1 was advised to take over");
        if (node(2).root() == lab::Root::initramfs)
            goals_.met(partner_told);
    }
    give_back();
}

// Node 2 is another one than before: it says so itself, and node 1 does.
void Demo::see_incarnation(const lab::Event &ready)
{
    std::string old = at(2).incarnation;
    observe(2);
    std::string now = ready.json.at("incarnation");
    timeline_.say(ready.at, Who::node1, fmt::format("its incarnation is {}, was {}", now, old));
    if (now == at(2).incarnation && !old.empty() && now != old)
        goals_.met("node 2's incarnation has changed");
}

void Demo::give_back()
{
    std::size_t mark = watch(1).events().size();
    node(2).switch_root();
    timeline_.say(Who::node2, "goes on booting: root, userspace, storage, running");
    node(2).must("for stage in root userspace storage running; do ccmadm stage $stage || exit; done");
    see_decision("giveback-possible", mark);
    goals_.met(giveback);

    mark = watch(1).events().size();
    timeline_.say(Who::node1, "is told that all is given back (echo 2 >.../given_back)");
    node(1).must("echo 2 >/sys/module/ccm_fm/parameters/given_back");
    see_decision("partner-up", mark);
    goals_.met(given_back);
}

void Demo::panic()
{
    lab::TimePoint told = lab::Clock::now();
    timeline_.say(told, Who::demo, "makes node 2 panic (echo c >/proc/sysrq-trigger)");
    std::size_t mark1 = watch(1).events().size(), mark2 = node(2).console().size();
    Timeline::InOrder in_order(timeline_);
    node(2).panic();
    lab::TimePoint panicked = node(2).console().wait_for("Kernel panic", step_deadline, mark2).at;
    lab::Event down = see_down(told, panicked, "the panic");
    std::string reason = down.json.at("reason");
    if (reason == "panicked")
        timeline_.say(down.at, Who::node1, "that was node 2's last word, and nothing answers there any more");
    else if (reason == "unreachable")
        timeline_.say(down.at, Who::node1, "its last word was lost");
    else
        throw lab::Error("node 1 gave the reason {}, neither panicked nor unreachable", reason);
    goals_.met("node 1 reports node 2 DOWN: panicked, or unreachable");
    see_decision("takeover-advised", mark1);
    goals_.met(advised_panic);
}

// READY and DOWN of node 1's whole watch: DOWN only where it was provoked.
void Demo::judge_sequence()
{
    std::vector<std::string> downs;
    bool up = false;
    std::ofstream log(cluster_->dir() / "events.log", std::ios::trunc);
    for (const lab::Event &event : watch(1).events()) {
        log << fmt::format("{:9.3f} {}\n", timeline_.seconds(event.at), event.json.dump());
        if (!is_partner(event.json))
            continue;
        std::string state = event.json.at("state");
        if (up && state == "down")
            downs.push_back(event.json.at("reason"));
        up = state == "ready";
    }
    std::string said = fmt::format("said DOWN {} times in all: {}", downs.size(), fmt::join(downs, ", "));
    timeline_.say(Who::node1, said);
    if (downs.size() == 2 && downs == reasons_)
        goals_.met(no_false_alarm);
    else
        goals_.missed(no_false_alarm, "it " + said + "; see events.log");
}

void Demo::judge()
{
    judge_sequence();
    timeline_.say(Who::demo, "ends what still runs: unloads the modules, power off");
    const lab::Verdict &verdict = cluster_->finish();
    if (verdict.ok()) {
        timeline_.say(Who::demo, "no fault (BUG, WARNING...) in the logs but the provoked panic");
        goals_.met(clean_logs);
        return;
    }
    for (const std::string &finding : verdict.findings)
        goals_.missed(clean_logs, complain(finding));
}

} // namespace ccm::demo
