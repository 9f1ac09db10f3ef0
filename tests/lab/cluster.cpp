// SPDX-License-Identifier: GPL-2.0-only
#include "cluster.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>

#include <unistd.h>

#include "qemu_node.h"
#include "uml_node.h"

namespace fs = std::filesystem;

namespace ccm::lab {
namespace {

// Images are made once per run and shared by clusters; this names what went in.
std::string key_of(const ImageSpec &spec)
{
    std::string key = spec.kernel_release;
    auto add = [&key](const fs::path &file) {
        key += fmt::format("|{}@{}", file.string(), fs::last_write_time(file).time_since_epoch().count());
    };
    for (const fs::path &file : spec.modules)
        add(file);
    for (const auto &[inside, file] : spec.programs)
        add(file);
    for (const auto &[inside, file] : spec.files)
        add(file);
    return key;
}

fs::path cached_image(const ImageSpec &spec, const fs::path &dir, const std::string &kind)
{
    static std::mutex mutex;
    static std::map<std::string, fs::path> made;
    std::lock_guard lock(mutex);
    fs::path &path = made[dir.string() + kind + key_of(spec)];
    if (path.empty()) {
        fs::path file = dir / fmt::format("{}-{}-{}.cpio", kind, getpid(), made.size());
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        std::string bytes = make_initramfs(spec);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        out.close();
        if (!out)
            throw Error("cannot write {}", file.string());
        path = file;
        static struct Cleaner {
            std::vector<fs::path> files;
            ~Cleaner()
            {
                std::error_code ignored;
                for (const fs::path &f : files)
                    fs::remove(f, ignored);
            }
        } cleaner;
        cleaner.files.push_back(file);
    }
    return path;
}

} // namespace

Cluster::Cluster(const std::string &name, const Settings &settings, std::uint64_t seed)
    : settings_(settings), dir_(settings.run_dir / name), network_(seed)
{
    fs::create_directories(dir_);
    dir_ = fs::absolute(dir_);
    if (settings_.capture)
        network_.capture_to(dir_ / "network.pcap");
}

Cluster::~Cluster() = default;

Node &Cluster::add(NodeSpec spec)
{
    if (spec.id == 0)
        while (std::any_of(nodes_.begin(), nodes_.end(), [&](auto &n) { return n->id() == spec.id; }) || spec.id == 0)
            spec.id++;
    if (spec.id < 1 || spec.id > 254)
        throw Error("node id {}: ids are 1 to 254", spec.id);
    for (auto &other : nodes_)
        if (other->id() == spec.id)
            throw Error("node id {} is taken", spec.id);

    Node::Setup setup;
    setup.spec = spec;
    setup.dir = dir_;
    setup.verbose = settings_.verbose;
    setup.cable = &network_.add_cable(fmt::format("node{}", spec.id));
    if (spec.kind == Kind::uml) {
        fs::path build = fs::absolute(settings_.uml_build(spec.kernel.empty() ? settings_.kernel : spec.kernel));
        setup.image = image_for(spec, uml_image(build));
        nodes_.push_back(std::make_unique<UmlNode>(setup, build));
    } else {
        StockKernel kernel = stock_kernel(spec.kernel);
        setup.image = image_for(spec, qemu_image(kernel), kernel.image);
        nodes_.push_back(std::make_unique<QemuNode>(setup, kernel.image));
    }
    return *nodes_.back();
}

fs::path Cluster::image_for(const NodeSpec &spec, ImageSpec image, const fs::path &kernel)
{
    fs::path images = fs::absolute(settings_.run_dir / "images");
    fs::create_directories(images);
    std::string kind = spec.kind == Kind::uml ? "uml" : "qemu";
    image.modules = spec.kind == Kind::uml ? settings_.uml_modules : settings_.qemu_modules;
    if (auto other = settings_.other_modules.find(spec.kernel); other != settings_.other_modules.end())
        image.modules = other->second;
    image.programs = settings_.programs;
    if (spec.crash_kernel_mb) {
        fs::path same = cached_image(image, images, kind);
        image.files = {{"boot/vmlinuz", kernel}, {"boot/initrd", same}};
    }
    return cached_image(image, images, kind);
}

Node &Cluster::node(int id)
{
    for (auto &n : nodes_)
        if (n->id() == id)
            return *n;
    throw Error("there is no node {}", id);
}

void Cluster::boot(Duration timeout)
{
    std::vector<Node *> started;
    for (auto &n : nodes_) {
        if (!n->running()) {
            n->start();
            started.push_back(n.get());
        }
    }
    for (Node *n : started)
        n->wait_ready(timeout);
}

Watch Cluster::watch(Node &node, const std::string &command)
{
    return Watch(node.start_command(command));
}

std::string Cluster::console_tails(std::size_t lines) const
{
    std::string all;
    for (auto &n : nodes_)
        all += fmt::format("  {} ({}):\n{}", n->name(), n->console().file().string(), n->console().tail(lines));
    return all;
}

void Cluster::find(const std::string &finding)
{
    verdict_->findings.push_back(finding);
}

const Verdict &Cluster::finish()
{
    if (verdict_)
        return *verdict_;
    verdict_ = std::make_unique<Verdict>();
    std::vector<Node *> live = answering();
    unload(live);
    check_debug(live);
    power_off(live);
    for (auto &n : nodes_)
        for (const std::string &finding : judge_log(n->name(), n->console().lines(), n->expected_in_log()))
            find(finding);
    return *verdict_;
}

// The nodes that live and obey. One that panicked is put away; one that does
// not answer though nothing was done to it is a finding.
std::vector<Node *> Cluster::answering()
{
    std::vector<Node *> live;
    std::vector<std::pair<Node *, Command>> asked;
    for (auto &n : nodes_) {
        if (!n->running())
            continue;
        if (n->stopped())
            n->cont();
        if (n->panicked()) {
            n->kill();
            continue;
        }
        asked.emplace_back(n.get(), n->start_command("true"));
    }
    for (auto &[n, command] : asked) {
        try {
            command.wait(10s);
            live.push_back(n);
        } catch (const Error &e) {
            find(fmt::format("{} does not answer at the end: {}", n->name(), e.what()));
            if (n->running())
                n->kill();
        }
    }
    return live;
}

void Cluster::unload(std::vector<Node *> &live)
{
    // Open files of /dev/ccm would hold the module.
    for (Node *n : live) {
        try {
            for (const std::string &command : n->end_commands())
                find(fmt::format("{}: `{}` did not end on SIGTERM", n->name(), command));
        } catch (const Error &e) {
            find(e.what());
        }
    }
    std::vector<std::pair<Node *, Command>> asked;
    for (Node *n : live) {
        std::string words;
        for (auto it = n->spec().load.rbegin(); it != n->spec().load.rend(); ++it)
            words += " " + *it;
        if (n->spec().unload_at_finish && !words.empty())
            asked.emplace_back(n, n->start_command(fmt::format(
                                      "for m in{}; do [ ! -d /sys/module/$m ] || rmmod $m || exit 1; done", words)));
    }
    for (auto &[n, command] : asked) {
        try {
            Result result = command.wait(20s);
            if (!result.ok())
                find(fmt::format("{}: modules cannot be unloaded: {}{}", n->name(), result.output, result.errors));
        } catch (const Error &e) {
            find(fmt::format("{}: modules cannot be unloaded: {}", n->name(), e.what()));
            n->kill();
            live.erase(std::remove(live.begin(), live.end(), n), live.end());
        }
    }
}

void Cluster::check_debug(const std::vector<Node *> &live)
{
    // kmemleak reports what was unreferenced in two scans and is older than a second
    // (MSECS_MIN_AGE, which kernel/mend-source.sh sets). A pointer that was only in
    // a register is found by a third scan.
    static const char *const scan = "cd /sys/kernel/debug || exit 1; echo scan >kmemleak; sleep 1.2; "
                                    "echo scan >kmemleak; [ -z \"$(cat kmemleak)\" ] || echo scan >kmemleak; "
                                    "cat kmemleak";
    std::vector<std::pair<Node *, Command>> leaks, locks;
    for (Node *n : live) {
        if (!n->debug_kernel())
            continue;
        leaks.emplace_back(n, n->start_command(scan));
        locks.emplace_back(n, n->start_command("grep -w debug_locks: /proc/lockdep_stats"));
    }
    for (auto &[n, command] : locks) {
        try {
            Result result = command.wait(20s);
            if (result.output.find(" 1") == std::string::npos)
                find(fmt::format("{}: lockdep has gone off: {}{}", n->name(), result.output, result.errors));
        } catch (const Error &e) {
            find(e.what());
        }
    }
    for (auto &[n, command] : leaks) {
        try {
            Result result = command.wait(90s);
            if (!result.ok() || !result.output.empty() || !result.errors.empty())
                find(fmt::format("{}: kmemleak reports:\n{}{}", n->name(), result.output, result.errors));
        } catch (const Error &e) {
            find(e.what());
        }
    }
}

void Cluster::power_off(const std::vector<Node *> &live)
{
    for (Node *n : live) {
        n->console().remark("power off");
        if (n->running())
            n->start_command("poweroff -f");
    }
    for (Node *n : live) {
        try {
            n->wait_end(20s);
        } catch (const Error &e) {
            find(fmt::format("{} does not power off: {}", n->name(), e.what()));
            if (n->running())
                n->kill();
        }
    }
}

} // namespace ccm::lab
