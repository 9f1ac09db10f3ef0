// SPDX-License-Identifier: GPL-2.0-only
#include "demo.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "error.h"
#include "initramfs.h"

namespace fs = std::filesystem;

namespace ccm::demo {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Deadlines. They bound the waiting for what should come at once; the lab stretches
// them on slow machines (CCM_LAB_SLOW).
constexpr auto boot_deadline = 120s, connect_deadline = 20s, step_deadline = 10s;

const char *const no_false_alarm = "node 1 reports no other DOWN than the two that were provoked";
const char *const clean_logs = "the kernel logs are clean but for the provoked panic";

Who who(int id)
{
    return id == 1 ? Who::node1 : Who::node2;
}

int other(int id)
{
    return 3 - id;
}

std::string first_line(const std::string &text)
{
    return text.substr(0, text.find('\n'));
}

// What went wrong, on one line: the lab's errors go on with the end of some output.
std::string in_short(const std::string &text)
{
    std::istringstream lines(text);
    std::string all;
    for (std::string line; all.size() < 160 && std::getline(lines, line);) {
        std::size_t from = line.find_first_not_of(' ');
        if (from != std::string::npos)
            all += (all.empty() ? "" : " | ") + line.substr(from);
    }
    return all.size() > 240 ? all.substr(0, 240) + "..." : all;
}

std::string boot_goal(int id)
{
    return fmt::format("node {} boots into its initramfs", id);
}

std::string step_goal(std::size_t step, int id)
{
    return fmt::format("{} of node {}", series[step], id);
}

std::string stage_goal(const std::string &stage)
{
    return fmt::format("node 1 sees node 2 in stage {}", stage);
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

std::string file_of(const char *name)
{
    return std::string(CCM_DEMO_SOURCE) + "/initramfs/" + name;
}

} // namespace

Demo::Demo(const Options &options) : options_(options), timeline_(options.colour, options.width)
{
    auto &programs = options_.settings.programs;
    programs["usr/bin/ccm-boot"] = file_of("ccm-boot.sh");
    programs["etc/modprobe.d/ccm.conf"] = file_of("modprobe.conf");
}

Demo::~Demo()
{
    // The consoles' readers call heard().
    cluster_.reset();
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
    return {
        {"1  Both machines start",
         {boot_goal(1), boot_goal(2)},
         [this] { boot(); }},
        {"2  The two kernels connect", connected, [this] { connect(); }},
        {"3  Node 2 is still in its initramfs, and node 1 reads its memory",
         {"node 2 is in its initramfs", "node 1 reads node 2's status page by RDMA: stage initramfs"},
         [this] { look_early(); }},
        {"4  Node 2 goes on booting, and node 1 sees it",
         {stage_goal("root"), stage_goal("userspace"), stage_goal("storage"), stage_goal("running")},
         [this] { move_on(); }},
        {"5  Node 2 loses power", {"node 1 reports node 2 DOWN: unreachable"}, [this] { lose_power(); }},
        {"6  Node 2 comes back",
         {"node 2 boots again", "READY again on node 1", "node 2's incarnation has changed"},
         [this] { come_back(); }},
        {"7  Node 2 panics", {"node 1 reports node 2 DOWN: panicked, or unreachable"}, [this] { panic(); }},
        {"8  The kernels' own word", {no_false_alarm, clean_logs}, [this] { judge(); }},
    };
}

int Demo::run()
{
    introduce();
    std::vector<Phase> phases = plan();
    for (Phase &phase : phases) {
        phase.first_goal = goals_.size();
        for (const std::string &goal : phase.goals)
            goals_.add(goal);
    }
    go_through(phases.front());
    // Without node 1 there is nobody to see anything. Node 2 has more than one chance.
    if (goals_.is_met(boot_goal(1)))
        std::for_each(phases.begin() + 1, phases.end(), [this](const Phase &phase) { go_through(phase); });
    return report();
}

void Demo::introduce()
{
    std::string kernel = options_.uml ? "User-Mode Linux" : "QEMU, Debian's kernel " + lab::stock_release();
    timeline_.title("CCM: two kernels find each other before user space");
    timeline_.paragraph(fmt::format(
        "Two machines ({}) boot from an initramfs that sets up soft-RoCE and loads ccm.ko. "
        "Before any root file system is mounted, the two kernels connect by RDMA. Node 2 then goes "
        "through its boot, loses power, comes back and panics, and node 1 tells what becomes of it. "
        "A line shows the seconds since the start, who says it, and what: the nodes' lines are made from "
        "their consoles, the module's tracepoints and `ccmadm watch`; \"demo\" is who pulls the plugs.",
        kernel));
    timeline_.begin(lab::Clock::now());
}

// What fails in a phase is told and kept; the next phase is tried all the same.
void Demo::go_through(const Phase &phase)
{
    timeline_.section(phase.title);
    std::string why = "not seen";
    try {
        phase.show();
    } catch (const std::exception &e) {
        why = complain(e.what());
    }
    goals_.explain(phase.first_goal, phase.first_goal + phase.goals.size(), why);
}

// Says on one line what went wrong, and keeps all of it in a file.
std::string Demo::complain(const std::string &text)
{
    std::string brief = in_short(text);
    timeline_.say(Who::demo, brief, Tone::bad);
    if (cluster_)
        std::ofstream(cluster_->dir() / "errors.log", std::ios::app) << text << "\n\n";
    return brief;
}

int Demo::report()
{
    timeline_.note("");
    if (cluster_) {
        for (const auto &n : cluster_->nodes())
            timeline_.note(fmt::format("console of node {}: {}", n->id(), n->console().file().string()));
        if (fs::exists(cluster_->dir() / "events.log"))
            timeline_.note(fmt::format("events on node 1:  {}", (cluster_->dir() / "events.log").string()));
        if (fs::exists(cluster_->dir() / "errors.log"))
            timeline_.note(fmt::format("what went wrong:   {}", (cluster_->dir() / "errors.log").string()));
    }
    timeline_.note("");
    if (goals_.all_met()) {
        timeline_.note("demo: OK", Tone::good);
        return 0;
    }
    std::vector<std::string> missing = goals_.missing();
    timeline_.note("This was not observed:", Tone::bad);
    for (const std::string &line : missing)
        timeline_.note("  - " + line);
    timeline_.note("");
    timeline_.note(fmt::format("demo: NOT OK: {} of {} things to be seen were not observed", missing.size(),
                               goals_.size()),
                   Tone::bad);
    return 1;
}

lab::Node &Demo::node(int id)
{
    lab::Node *n = at(id).node;
    if (!n)
        throw lab::Error("there is no node {}: it could not be set up", id);
    return *n;
}

lab::Watch &Demo::watch(int id)
{
    if (!at(id).watch)
        throw lab::Error("`ccmadm watch` does not run on node {}", id);
    return *at(id).watch;
}

// A line of a console, in the node's reader thread: some are milestones.
void Demo::heard(int id, const lab::ConsoleLine &line)
{
    if (line.remark || line.text.find("---[ end") != std::string::npos)
        return;
    const std::string &text = line.text;
    auto behind = [&text](const char *mark) -> std::optional<std::string> {
        std::size_t found = text.find(mark);
        if (found == std::string::npos)
            return std::nullopt;
        return text.substr(found + std::string(mark).size());
    };
    if (auto rest = behind("Linux version "))
        timeline_.say(line.at, who(id), "the kernel starts: Linux " + rest->substr(0, rest->find(' ')));
    else if (auto loaded = behind(" of cluster demo, incarnation "))
        timeline_.say(line.at, who(id), "ccm.ko is loaded, its incarnation is 0x" + loaded->substr(0, loaded->find(',')));
    else if (auto link = behind("rxe0: added "))
        timeline_.say(line.at, who(id), "soft-RoCE: rxe0 on " + *link);
    else if (auto panicked = behind("Kernel panic - not syncing: "))
        timeline_.say(line.at, who(id), "the kernel panics: " + *panicked, Tone::bad);
}

void Demo::boot()
{
    timeline_.say(Who::demo, "makes the initramfs");
    cluster_ = std::make_unique<lab::Cluster>("demo", options_.settings);
    for (const char *old : {"events.log", "errors.log"})
        fs::remove(cluster_->dir() / old);
    for (int id : {1, 2}) {
        std::vector<std::string> parameters{fmt::format("ccm.node={}", id), "ccm.cluster=demo",
                                            fmt::format("ccm.partners={0}@192.0.2.{0}", other(id)), "ccm.auth=none"};
        if (options_.detect_ms)
            parameters.push_back(fmt::format("ccm.detect_ms={}", options_.detect_ms));
        lab::Node &n = cluster_->add({
            .id = id,
            .kind = options_.uml ? lab::Kind::uml : lab::Kind::qemu,
            .load = {"ccm"},
            .parameters = parameters,
            // Added by the demo's own part of the initramfs: see initramfs/ccm-boot.sh.
            .rdma = lab::Rdma::none,
        });
        at(id).node = &n;
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
            lab::Event ready = watch(id).wait_for(
                [](const json &e) { return is_partner(e) && e.at("state") == "ready"; }, connect_deadline,
                "READY in `ccmadm watch` of " + node(id).name());
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
    print_series(sides);
}

void Demo::print_series(const std::array<Side, 2> &sides)
{
    struct Line {
        lab::TimePoint time;
        int id;
        std::string name, text;
    };
    std::vector<Line> lines;
    for (int id : {1, 2}) {
        const Side &mine = sides[static_cast<std::size_t>(id) - 1];
        const Side &partners = sides[static_cast<std::size_t>(other(id)) - 1];
        auto when = [&](long long us) { return at(id).clock.at(us); };
        if (mine.connected) {
            goals_.met(fmt::format("node {} is connected", id));
            lines.push_back({when(*mine.connected), id, "CM",
                             fmt::format("connected to node {}: {} accepted", other(id),
                                         mine.asked ? "its own request was" : "that one's request was")});
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
            lines.push_back({when(*mine.posted[step]), id, series[step], text});
        }
        if (mine.ready)
            lines.push_back({when(*mine.ready), id, "READY",
                             fmt::format("node {} is ready; its incarnation is {}", other(id), at(other(id)).incarnation)});
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line &a, const Line &b) { return a.time < b.time; });
    for (const Line &line : lines)
        timeline_.step(line.time, who(line.id), line.name, line.text);
}

void Demo::look_early()
{
    // What is mounted on /, one word for each: more than rootfs would be a root.
    std::string roots = node(2).must("while read -r what where rest; do [ $where != / ] || echo $what; done </proc/mounts");
    std::replace(roots.begin(), roots.end(), '\n', ' ');
    roots = roots.substr(0, roots.find_last_not_of(' ') + 1);
    std::string stage = first_line(node(2).must("ccmadm stage"));
    bool early = roots == "rootfs" && node(2).root() == lab::Root::initramfs;
    timeline_.say(Who::node2, fmt::format("stage {}; / is {}, {}", stage, roots, early ? "no root file system is mounted" : "which is no initramfs"));
    if (stage == "initramfs" && early)
        goals_.met("node 2 is in its initramfs");

    json page = json::parse(node(1).must("ccmadm peek 2 --json"));
    timeline_.say(Who::node1, "RDMA-reads node 2's status page (`ccmadm peek 2`), which says:");
    timeline_.details({
        {"stage", page.at("stage")},
        {"incarnation", page.at("incarnation")},
        {"counter", fmt::format("{}, moves at least every {} ms", page.at("counter").get<long>(), page.at("tick_ms").get<long>())},
        {"uptime", fmt::format("{:.3f} s since its module was loaded", page.at("uptime_ms").get<double>() / 1e3)},
        {"read in", fmt::format("{:.3f} ms", page.at("read_us").get<double>() / 1e3)},
    });
    if (page.at("stage") == "initramfs" && page.at("incarnation") == at(2).incarnation)
        goals_.met("node 1 reads node 2's status page by RDMA: stage initramfs");
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
    see_stage("storage", "storage starts (a tmpfs on /srv stands for it)");

    node(2).must("echo served >/srv/file && [ $(cat /srv/file) = served ]");
    see_stage("running", "storage serves: a file was written and read");
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

void Demo::lose_power()
{
    lab::TimePoint killed = node(2).kill();
    timeline_.say(killed, Who::demo, "cuts node 2's power (SIGKILL)");
    lab::Event down = wait_state("down", killed, step_deadline);
    std::string reason = down.json.at("reason");
    reasons_.push_back(reason);
    timeline_.say(down.at, Who::node1,
                  fmt::format("node 2 is DOWN: {}, {:.0f} ms after the power went", reason,
                              lab::milliseconds(down.at - killed)),
                  Tone::bad);
    timeline_.say(down.at, Who::node1,
                  fmt::format("its last answer was {:.0f} ms old (detect_ms={})",
                              down.json.at("silent_us").get<double>() / 1e3, down.json.at("detect_ms").get<int>()));
    if (reason != "unreachable")
        throw lab::Error("node 1 gave the reason {}, not unreachable", reason);
    goals_.met("node 1 reports node 2 DOWN: unreachable");
}

void Demo::come_back()
{
    if (node(2).running())
        node(2).kill();
    lab::TimePoint on = lab::Clock::now();
    timeline_.say(on, Who::demo, "switches node 2 on again");
    node(2).boot(boot_deadline);
    goals_.met("node 2 boots again");
    lab::Event ready = wait_state("ready", on, connect_deadline);
    timeline_.say(ready.at, Who::node1,
                  fmt::format("node 2 is READY again: session {}, stage {}", ready.json.at("sessions").get<int>(),
                              ready.json.at("stage").get<std::string>()),
                  Tone::good);
    goals_.met("READY again on node 1");

    std::string old = at(2).incarnation;
    observe(2);
    std::string now = ready.json.at("incarnation");
    timeline_.say(Who::node1, fmt::format("node 2's incarnation is {}, it was {}", now, old));
    if (now == at(2).incarnation && !old.empty() && now != old)
        goals_.met("node 2's incarnation has changed");
}

void Demo::panic()
{
    lab::TimePoint told = lab::Clock::now();
    timeline_.say(told, Who::demo, "makes node 2 panic (echo c >/proc/sysrq-trigger)");
    std::size_t mark = node(2).console().size();
    node(2).panic();
    lab::TimePoint panicked = node(2).console().wait_for("Kernel panic", step_deadline, mark).at;
    lab::Event down = wait_state("down", told, step_deadline);
    std::string reason = down.json.at("reason");
    reasons_.push_back(reason);
    timeline_.say(down.at, Who::node1,
                  fmt::format("node 2 is DOWN: {}, {:.0f} ms after the panic's first line", reason,
                              lab::milliseconds(down.at - panicked)),
                  Tone::bad);
    if (reason == "panicked")
        timeline_.say(down.at, Who::node1, "that stands on node 2's status page, read by RDMA");
    else if (reason == "unreachable" && node(2).running())
        // x86 switches its interrupts off before the panic notifiers run.
        timeline_.say(down.at, Who::node1, "with soft-RoCE the CPU answers READs, and this one is stopped");
    else if (reason == "unreachable")
        timeline_.say(down.at, Who::node1, "a User-Mode Linux machine ends with its panic");
    else
        throw lab::Error("node 1 gave the reason {}, neither panicked nor unreachable", reason);
    goals_.met("node 1 reports node 2 DOWN: panicked, or unreachable");
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
    timeline_.say(Who::demo, "ends what still runs: rmmod ccm, power off");
    const lab::Verdict &verdict = cluster_->finish();
    if (verdict.ok()) {
        timeline_.say(Who::demo, "no fault in the kernel logs (BUG, WARNING...) but the provoked panic");
        goals_.met(clean_logs);
        return;
    }
    for (const std::string &finding : verdict.findings)
        goals_.missed(clean_logs, complain(finding));
}

} // namespace ccm::demo
