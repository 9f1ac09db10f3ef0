// SPDX-License-Identifier: GPL-2.0-only
#include "demo.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "error.h"
#include "initramfs.h"

namespace fs = std::filesystem;

namespace ccm::demo {
namespace {

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

// The key of the demo's cluster, a new one each time
fs::path make_key(const Options &options)
{
    fs::path file = fs::absolute(options.settings.run_dir / "psk");
    fs::create_directories(file.parent_path());
    fs::remove(file);
    const std::string ccmadm = fs::absolute(options.settings.programs.at("usr/bin/ccmadm")).string();
    const std::string command = "'" + ccmadm + "' key generate '" + file.string() + "' --cluster demo >/dev/null";
    if (std::system(command.c_str()) != 0)
        throw lab::Error("cannot make a key: {}", command);
    return file;
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
    programs["etc/ccm/psk"] = make_key(options);
    programs.erase("usr/bin/lab-loaded"); // ccm-boot adds the key
}

Demo::~Demo()
{
    // The consoles' readers call heard().
    cluster_.reset();
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
    std::string kernel = options_.uml ? "User-Mode Linux" : "QEMU, Debian's kernel " + lab::stock_kernel().release;
    timeline_.title("CCM: two kernels find each other before user space");
    timeline_.paragraph(fmt::format(
        "Two machines ({}) boot from an initramfs that sets up soft-RoCE and loads rdma_ccm.ko and two kernel "
        "clients: the failover monitor ccm_fm.ko, and ccm_pattern.ko, which is made for tests. Before any "
        "root file system is mounted, the two kernels connect by RDMA, and node 1's client reads and writes "
        "its memory on node 2. Node 2 then goes through its boot, loses power, comes back and panics, and "
        "node 1 tells what becomes of it. "
        "A line shows the seconds since the start, who says it, and what: the nodes' lines are made from "
        "their consoles, the module's tracepoints, `ccmadm watch` and what the client answers; lines with "
        "\"ccm_fm:\" are the failover monitor's decisions; \"demo\" is who pulls the plugs.",
        kernel));
    timeline_.begin(lab::Clock::now());
}

// What fails in a phase is told and kept; the next phase is tried all the same.
void Demo::go_through(const Phase &phase)
{
    timeline_.section(phase.title);
    std::string why = "not seen";
    for (const std::function<void()> &part : {phase.show, std::function<void()>([this] { tell_decisions(); })}) {
        try {
            part();
        } catch (const std::exception &e) {
            why = complain(e.what());
        }
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
    timeline_.note(
        fmt::format("demo: NOT OK: {} of {} things to be seen were not observed", missing.size(), goals_.size()),
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
        timeline_.say(line.at, who_of(id), "the kernel starts: Linux " + rest->substr(0, rest->find(' ')));
    else if (auto loaded = behind(" of cluster demo, incarnation "))
        timeline_.say(line.at, who_of(id),
                      "rdma_ccm.ko is loaded, its incarnation is 0x" + loaded->substr(0, loaded->find(',')));
    else if (auto link = behind("rxe0: added "))
        timeline_.say(line.at, who_of(id), "soft-RoCE: rxe0 on " + *link);
    else if (auto decision = at(id).decisions->parse(line); decision && decision->is_first())
        timeline_.say(line.at, who_of(id), "ccm_fm: " + decision->text());
    else if (auto panicked = behind("Kernel panic - not syncing: "))
        timeline_.say(line.at, who_of(id), "the kernel panics: " + *panicked, Tone::bad);
}

} // namespace ccm::demo
