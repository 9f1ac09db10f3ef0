// SPDX-License-Identifier: GPL-2.0-only
#include "servers.h"

#include <sstream>
#include <thread>

#include "pattern.h"

namespace ccm::campaign {

namespace {

constexpr unsigned memory_mb = 640;

const char *const clients[] = {"ink", "load"};

// Of numbers that are never the same twice
char digit_of(unsigned number)
{
    return "0123456789abcdef"[number % 16];
}

long long figure(const std::string &line, const std::string &name)
{
    std::istringstream words(line);
    for (std::string word; words >> word;)
        if (word.starts_with(name + "="))
            return std::stoll(word.substr(name.size() + 1));
    throw Error("no {}= in: {}", name, line);
}

} // namespace

const char *transport_name(Rdma transport)
{
    return transport == Rdma::siw ? "siw" : "rxe";
}

Servers::Servers(const Options &options, const Settings &settings)
    : options_(options),
      cluster_(fmt::format("{}-{}-{}", options.nodes, settings.kernel, transport_name(options.transport)), settings,
               options.seed)
{
    for (int id = 1; id <= options.nodes; id++)
        ids_.push_back(id);
    for (int id : ids_) {
        const bool writer = options.writer_ms && id == options.nodes;
        // What a client sends at once fits into the cable. A frame that finds no memory would be the last:
        // the network device of User-Mode Linux takes no more after that (in_error of its vector driver).
        Node &node = cluster_.add(unloaded(
            id, {.partners = others(id), .psk = true, .detect_ms = writer ? options.writer_ms : options.detect_ms},
            {.rdma = options.transport, .wire_kib = 1024, .memory_mb = memory_mb}));
        ears_[id] = std::make_unique<Ear>(cluster_, node, others(id));
        lives_[id] = 0;
    }
}

std::vector<int> Servers::others(int id) const
{
    std::vector<int> all = ids_;
    std::erase(all, id);
    return all;
}

std::string Servers::device(const Node &) const
{
    return fmt::format("{}0", transport_name(options_.transport));
}

void Servers::boot()
{
    cluster_.boot();
    for (int id : ids_)
        bring(node(id));
}

void Servers::bring(Node &node)
{
    if (!node.running())
        node.boot();
    load(node);
    ear(node.id()).listen();
}

void Servers::load(Node &node)
{
    load_module(node);
    load_monitor(node);
    load_clients(node);
    node.must("ccmadm stage running");
}

void Servers::load_module(Node &node)
{
    node.must("modprobe rdma_ccm");
    add_key(node, key_, digit_of(key_));
}

void Servers::load_monitor(Node &node)
{
    // What comes again and again is to be advised each time.
    node.must("insmod /modules/ccm_fm.ko flap_advices=0");
}

void Servers::load_clients(Node &node)
{
    lives_[node.id()]++;
    node.must("insmod /modules/ccm_ink.ko");
    load_pattern(node, "depth=2 size=8192 pace_ms=10");
    const std::string said = pattern(node, "register load 1 2 262144 262144 load");
    if (said != "ok\n")
        throw Error("{}: the client says {}", node.name(), said);
}

void Servers::unload_clients(Node &node)
{
    node.must("rmmod ccm_pattern && rmmod ccm_ink");
}

void Servers::unload(Node &node)
{
    ear(node.id()).hush();
    unload_clients(node);
    node.must("rmmod ccm_fm && rmmod rdma_ccm");
}

void Servers::rotate_key()
{
    const unsigned old = key_++;
    for (int id : ids_)
        add_key(node(id), key_, digit_of(key_));
    for (int id : ids_)
        node(id).must(fmt::format("ccmadm key del {}", old));
}

std::string Servers::not_ready()
{
    for (int id : ids_) {
        ear(id).look();
        for (int other : others(id)) {
            if (ear(id).state(other) != "ready")
                return fmt::format("node {} of node {}: {} {}", id, other, ear(id).state(other), ear(id).reason(other));
            for (const char *client : clients)
                if (const std::string state = ear(id).client(client, other); state != "ready")
                    return fmt::format("client {} of node {} to node {} is {}", client, id, other, state);
        }
    }
    return {};
}

bool Servers::give_back()
{
    bool settled = true;
    for (int id : ids_) {
        for (int other : others(id)) {
            const std::string decision = ear(id).decision(other);
            if (decision == "giveback-possible")
                node(id).must(fmt::format("echo {} >/sys/module/ccm_fm/parameters/given_back", other));
            settled = settled && decision == "partner-up";
        }
    }
    return settled;
}

std::string Servers::wait_back(Duration timeout)
{
    const TimePoint deadline = deadline_after(timeout);
    for (;;) {
        std::string why = not_ready();
        if (why.empty() && give_back())
            return {};
        if (Clock::now() >= deadline) {
            for (int id : ids_)
                for (int other : others(id))
                    if (why.empty() && ear(id).decision(other) != "partner-up")
                        why = fmt::format("the monitor of node {} says of node {}: {}", id, other,
                                          ear(id).decision(other));
            return why;
        }
        std::this_thread::sleep_for(10ms);
    }
}

bool Servers::wait_down(int target, bool both, Duration timeout)
{
    const TimePoint deadline = deadline_after(timeout);
    for (int other : others(target)) {
        const auto left = [&] { return std::max<Duration>(deadline - Clock::now(), 0ms); };
        if (!ear(other).until([&] { return ear(other).losses(target) > 0; }, left()))
            return false;
        if (both && !ear(target).until([&] { return ear(target).losses(other) > 0; }, left()))
            return false;
    }
    return true;
}

std::vector<Heard> Servers::heard()
{
    std::vector<std::pair<int, Command>> asked;
    asked.reserve(ids_.size());
    for (int id : ids_)
        asked.emplace_back(id, node(id).start_command("cd /sys/kernel/debug/ccm_ink && echo stats >run; cat run"));
    std::vector<Heard> all;
    for (auto &[id, command] : asked) {
        std::istringstream lines(command.wait(soon).output);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("partner="))
                all.push_back({id, static_cast<int>(figure(line, "partner")), life(id), figure(line, "up") != 0,
                               figure(line, "readies"), figure(line, "downs"), figure(line, "late"),
                               figure(line, "written")});
    }
    return all;
}

std::string Servers::look_around()
{
    std::string all;
    for (int id : ids_) {
        if (!node(id).running() || node(id).stopped())
            continue;
        std::string ask = "ccmadm; rdma link; ip addr; ip neigh; ip -s link show " + node(id).netdev();
        for (int other : others(id))
            ask += fmt::format("; ip route get {0}; ping -c 1 -W 1 {0}; ping -c 1 -W 1 -s 1400 {0}; "
                               "cat /sys/kernel/debug/ccm/partner-{1}",
                               node(other).ipv4(), other);
        try {
            const Result result = node(id).run(ask);
            all += fmt::format("{}:\n{}{}", node(id).name(), result.output, result.errors);
        } catch (const Error &error) {
            all += fmt::format("{}: {}\n", node(id).name(), error.what());
        }
    }
    return all;
}

void Servers::start_over()
{
    for (int id : ids_) {
        Node &one = node(id);
        one.cable().heal();
        if (one.running())
            one.kill();
        ear(id).hush();
    }
    boot();
}

std::vector<std::string> Servers::finish()
{
    std::vector<std::string> all;
    for (int id : ids_) {
        try {
            if (node(id).running())
                unload(node(id));
        } catch (const Error &error) {
            all.push_back(error.what());
        }
    }
    for (const std::string &finding : cluster_.finish().findings)
        all.push_back(finding);
    return all;
}

} // namespace ccm::campaign
