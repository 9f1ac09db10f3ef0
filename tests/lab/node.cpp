// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ccm::lab {

// From power-on to the end of the process. The reader thread holds it too.
struct Node::Boot {
    std::unique_ptr<Process> process;
    Fd console;      // what the node prints
    Fd console_hold; // the other end of the console's input: nothing is typed
    Fd agent;
    std::shared_ptr<AgentChannel> channel;
    std::thread reader;
    bool over = false; // under Node::mutex_
};

Node::Node(const Setup &setup)
    : spec_(setup.spec), name_(fmt::format("node{}", setup.spec.id)), dir_(setup.dir), image_(setup.image),
      cable_(*setup.cable), console_(std::make_unique<Console>(setup.dir / (name_ + ".console.log")))
{
    if (setup.verbose)
        console_->on_line([name = name_](const ConsoleLine &line) {
            std::fprintf(stderr, "%s [%10.6f] %s\n", name.c_str(), seconds(line.at - lab_epoch()), line.text.c_str());
        });
}

Node::~Node()
{
    end_process();
}

void Node::end_process()
{
    std::shared_ptr<Boot> boot;
    {
        std::lock_guard lock(mutex_);
        boot = std::move(boot_);
        boot_.reset();
    }
    if (!boot)
        return;
    boot->process->kill();
    if (boot->reader.joinable())
        boot->reader.join();
}

std::string Node::mac() const
{
    return fmt::format("02:cc:6d:00:{:02x}:{:02x}", spec_.id >> 8 & 0xFF, spec_.id & 0xFF);
}

std::string Node::ipv4() const
{
    return fmt::format("192.0.2.{}", spec_.id);
}

std::string Node::ipv6() const
{
    return fmt::format("2001:db8::{:x}", spec_.id);
}

std::vector<std::string> Node::kernel_words(const std::string &tty) const
{
    std::vector<std::string> addresses =
        spec_.addresses.value_or(std::vector<std::string>{ipv4() + "/24", ipv6() + "/64"});
    auto joined = [](const std::vector<std::string> &list) { return fmt::format("{}", fmt::join(list, ",")); };
    std::vector<std::string> words{"loglevel=7", "lab.agent=" + tty, "lab.name=" + name_};
    if (!addresses.empty() && spec_.network_device)
        words.push_back("lab.addr=" + joined(addresses));
    if (spec_.network_device)
        words.push_back(std::string("lab.rdma=") + (spec_.rdma == Rdma::rxe   ? "rxe"
                                                    : spec_.rdma == Rdma::siw ? "siw"
                                                                              : "none"));
    if (!spec_.load.empty())
        words.push_back("lab.load=" + joined(spec_.load));
    words.insert(words.end(), spec_.parameters.begin(), spec_.parameters.end());
    return words;
}

std::shared_ptr<Node::Boot> Node::current() const
{
    std::lock_guard lock(mutex_);
    return boot_;
}

std::shared_ptr<AgentChannel> Node::channel() const
{
    auto boot = current();
    if (!boot)
        throw Error("{} is not running", name_);
    return boot->channel;
}

bool Node::running() const
{
    std::lock_guard lock(mutex_);
    return boot_ && !boot_->over;
}

pid_t Node::pid() const
{
    std::lock_guard lock(mutex_);
    return boot_ && !boot_->over ? boot_->process->pid() : 0;
}

Root Node::root() const
{
    auto boot = current();
    return boot && running() ? boot->channel->root() : Root::none;
}

void Node::start()
{
    if (running())
        throw Error("{} is running already", name_);
    end_process();

    int out[2], in[2];
    if (pipe2(out, O_CLOEXEC) < 0)
        throw Error("{}: pipe: {}", name_, strerror(errno));
    Fd out_read(out[0]), out_write(out[1]);
    if (pipe2(in, O_CLOEXEC) < 0)
        throw Error("{}: pipe: {}", name_, strerror(errno));
    Fd in_read(in[0]), in_write(in[1]);
    // A UML kernel drops log text that finds the pipe full: make it large.
    fcntl(out_write.get(), F_SETPIPE_SZ, 1 << 20);
    FdPair agent = socket_pair(SOCK_STREAM);
    FdPair network = socket_pair(network_socket());
    if (spec_.wire_kib) {
        set_send_buffer(network.ours.get(), spec_.wire_kib * 1024);
        set_send_buffer(network.theirs.get(), spec_.wire_kib * 1024);
    }
    std::map<int, int> descriptors{
        {0, in_read.get()}, {1, out_write.get()}, {2, out_write.get()}, {agent_fd, agent.theirs.get()}};
    if (spec_.network_device)
        descriptors[network_fd] = network.theirs.get();

    auto boot = std::make_shared<Boot>();
    boots_++;
    stopped_ = panicked_ = false;
    console_->begin_boot(boots_);
    console_->remark(fmt::format("boot {}", boots_));
    if (spec_.network_device)
        cable_.plug(std::move(network.ours), framing());
    boot->console = std::move(out_read);
    boot->console_hold = std::move(in_write);
    boot->agent = std::move(agent.ours);
    fcntl(boot->agent.get(), F_SETFL, O_NONBLOCK);
    fcntl(boot->console.get(), F_SETFL, O_NONBLOCK);
    boot->channel = std::make_shared<AgentChannel>(name_, boot->agent.get());
    boot->process = std::make_unique<Process>(command_line(), descriptors, processor());
    boot->reader = std::thread([this, boot] { read_all(boot); });
    std::lock_guard lock(mutex_);
    boot_ = boot;
}

void Node::read_all(const std::shared_ptr<Boot> &boot)
{
    static thread_local char buffer[65536];
    bool console_open = true, agent_open = true;
    // The console's end of file comes when the node and all its helpers are gone.
    while (console_open || !boot->process->ended()) {
        pollfd fds[3] = {{console_open ? boot->console.get() : -1, POLLIN, 0},
                         {agent_open ? boot->agent.get() : -1, POLLIN, 0},
                         {boot->process->ended() ? -1 : boot->process->control_fd(), POLLIN, 0}};
        if (poll(fds, 3, -1) < 0)
            continue;
        TimePoint now = Clock::now();
        if (fds[1].revents) {
            ssize_t n = read(boot->agent.get(), buffer, sizeof(buffer));
            if (n > 0)
                boot->channel->received({buffer, static_cast<std::size_t>(n)}, now);
            else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                agent_open = false;
        }
        if (fds[0].revents) {
            ssize_t n = read(boot->console.get(), buffer, sizeof(buffer));
            if (n > 0)
                console_->append({buffer, static_cast<std::size_t>(n)}, now);
            else if (n == 0 || (errno != EAGAIN && errno != EINTR))
                console_open = false;
        }
        if (fds[2].revents)
            boot->process->poll_exit();
    }
    console_->flush_partial(Clock::now());
    console_->remark(fmt::format("ended with status {}", boot->process->exit_status()));
    boot->channel->lost("the node ended");
    std::lock_guard lock(mutex_);
    boot->over = true;
    changed_.notify_all();
}

// The kernel's own last word: the first line of a panic.
std::string Node::start_trouble(const std::vector<ConsoleLine> &printed) const
{
    for (const ConsoleLine &line : printed)
        if (auto at = line.text.find("Kernel panic"); at != std::string::npos)
            return line.text.substr(at);
    return {};
}

void Node::wait_ready(Duration timeout)
{
    try {
        channel()->wait_root(Root::initramfs, timeout);
    } catch (const Error &e) {
        std::string what = e.what();
        // The agent's line breaks before the last of the console is read.
        std::unique_lock lock(mutex_);
        const bool ended = changed_.wait_for(lock, 3s, [this] { return !boot_ || boot_->over; });
        lock.unlock();
        if (ended) {
            std::vector<ConsoleLine> printed = console_->lines();
            std::erase_if(printed, [this](const ConsoleLine &line) { return line.boot != boots_ || line.remark; });
            std::string why = start_trouble(printed);
            what = fmt::format("{}: its kernel did not start: {}", name_, why.empty() ? what : why);
        }
        throw Error("{}; its console is {}, and ends:\n{}", what, console_->file().string(), console_->tail());
    }
}

void Node::boot(Duration timeout)
{
    start();
    wait_ready(timeout);
}

void Node::wait_end(Duration timeout)
{
    auto boot = current();
    if (!boot)
        return;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline_after(timeout), [&] { return boot->over; })) {
        lock.unlock();
        throw Timeout("{} did not end in {:.1f} s; the end of its console:\n{}", name_, seconds(timeout),
                      console_->tail());
    }
}

TimePoint Node::kill()
{
    auto boot = current();
    if (!boot || !running())
        throw Error("{} cannot be killed: it is not running", name_);
    console_->remark("kill");
    TimePoint at = Clock::now();
    boot->process->kill();
    wait_end();
    return at;
}

TimePoint Node::stop()
{
    auto boot = current();
    if (!boot || !running())
        throw Error("{} cannot be stopped: it is not running", name_);
    console_->remark("stop");
    stopped_ = true;
    TimePoint at = Clock::now();
    boot->process->stop();
    return at;
}

TimePoint Node::cont()
{
    auto boot = current();
    if (!boot || !running())
        throw Error("{} cannot go on: it is not running", name_);
    console_->remark("continue");
    stopped_ = false;
    TimePoint at = Clock::now();
    boot->process->cont();
    return at;
}

TimePoint Node::panic(Duration timeout)
{
    expect_in_log("Kernel panic - not syncing: sysrq triggered crash");
    std::size_t mark = console_->size();
    console_->remark("panic");
    panicked_ = true;
    TimePoint at = Clock::now();
    start_command("echo c >/proc/sysrq-trigger");
    console_->wait_for("Kernel panic", timeout, mark);
    if (ends_on_panic())
        wait_end(timeout);
    return at;
}

std::string Node::panic_at(const std::string &command, Duration timeout)
{
    expect_in_log("Kernel panic - not syncing: sysrq triggered crash");
    std::size_t mark = console_->size();
    console_->remark("panic: " + command);
    panicked_ = true;
    std::string said = start_command(command).next_line(timeout).text;
    console_->wait_for("Kernel panic", timeout, mark);
    if (ends_on_panic())
        wait_end(timeout);
    return said;
}

TimePoint Node::crash(Duration timeout)
{
    TimePoint at = panic(timeout);
    channel()->begin_anew();
    panicked_ = false;
    return at;
}

void Node::reboot(Duration timeout)
{
    console_->remark("reboot");
    start_command("reboot -f");
    wait_end(timeout);
    boot(timeout);
}

void Node::power_off(Duration timeout)
{
    console_->remark("power off");
    start_command("poweroff -f");
    wait_end(timeout);
}

void Node::switch_root(Duration timeout)
{
    auto line = channel();
    console_->remark("switch_root");
    line->switch_root();
    try {
        line->wait_root(Root::root, timeout);
    } catch (const Error &e) {
        throw Error("{}\n  the end of its console ({}):\n{}", e.what(), console_->file().string(), console_->tail());
    }
}

Command Node::start_command(const std::string &command)
{
    return channel()->start(command);
}

std::vector<std::string> Node::end_commands(Duration timeout)
{
    std::vector<std::string> stubborn;
    auto line = channel();
    std::vector<Command> all = line->running();
    for (Command &command : all)
        command.signal(SIGTERM);
    TimePoint limit = Clock::now() + timeout;
    for (Command &command : all) {
        try {
            command.wait(std::max<Duration>(limit - Clock::now(), 1ms));
        } catch (const Timeout &) {
            stubborn.push_back(command.text());
            command.signal(SIGKILL);
            command.wait(timeout);
        }
    }
    return stubborn;
}

Result Node::run(const std::string &command, Duration timeout)
{
    return start_command(command).wait(timeout);
}

std::string Node::must(const std::string &command, Duration timeout)
{
    Result result = run(command, timeout);
    if (!result.ok())
        throw Error("{}: `{}` ended with code {}:\n{}{}", name_, command, result.code, result.output, result.errors);
    return result.output;
}

void Node::put(const std::string &path, std::string_view content, int mode, Duration timeout)
{
    channel()->put(path, content, mode, timeout);
}

void Node::until(const std::string &command, Duration timeout, Duration interval)
{
    // The loop runs on the node, so that the line to the agent stays quiet.
    Result result = run(fmt::format("end=$(($(cut -d. -f1 /proc/uptime) + {})); until {{ {}\n}}; do "
                                    "[ $(cut -d. -f1 /proc/uptime) -ge $end ] && exit 255; sleep {:.3f}; done",
                                    static_cast<long>(seconds(timeout) * slowness()) + 1, command, seconds(interval)),
                        timeout + 10s);
    if (result.code == 255)
        throw Timeout("{}: `{}` did not succeed in {:.1f} s:\n{}{}", name_, command, seconds(timeout), result.output,
                      result.errors);
    if (!result.ok())
        throw Error("{}: `{}`: {}{}", name_, command, result.output, result.errors);
}

void Node::add_address(const std::string &address)
{
    bool v6 = address.find(':') != std::string::npos;
    must(fmt::format("ip link set {0} up && ip addr add {1} dev {0}{2}", netdev(), address, v6 ? " nodad" : ""));
}

void Node::add_addresses()
{
    add_address(ipv4() + "/24");
    add_address(ipv6() + "/64");
}

void Node::add_rdma_link(Rdma kind)
{
    if (kind == Rdma::none)
        return;
    std::string type = kind == Rdma::rxe ? "rxe" : "siw";
    must(fmt::format("[ -d /sys/module/rdma_{0} ] || modprobe -q rdma_{0} || modprobe -q {0}; "
                     "rdma link add {0}0 type {0} netdev {1}",
                     type, netdev()));
}

void Node::expect_in_log(const std::string &text, int count)
{
    for (Expected &e : expected_) {
        if (e.text == text) {
            e.count += count;
            return;
        }
    }
    expected_.push_back({text, count});
}

} // namespace ccm::lab
