// SPDX-License-Identifier: GPL-2.0-only
#include "agent_channel.h"

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

#include "error.h"
#include "wire.h"

namespace ccm::lab {

using nlohmann::json;

struct Command::State {
    std::string node;
    std::string text;
    int id = 0;
    std::weak_ptr<AgentChannel> channel;

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<OutputLine> lines;
    bool continues[2] = {false, false}; // the last line of that stream is not complete
    std::size_t seen = 0;
    bool ended = false;
    int code = -1;
    std::string lost; // the node or its agent went away

    std::string end_of_output() const
    {
        std::string tail;
        for (std::size_t i = lines.size() > 20 ? lines.size() - 20 : 0; i < lines.size(); i++)
            tail += "    " + lines[i].text + "\n";
        return tail.empty() ? "(no output)" : "its output ends:\n" + tail;
    }
};

std::optional<OutputLine> Command::take_line(State &s)
{
    if (s.seen == s.lines.size())
        return {};
    // An incomplete last line is not looked at yet.
    if (s.seen + 1 == s.lines.size() && s.continues[s.lines[s.seen].error] && !s.ended)
        return {};
    return s.lines[s.seen++];
}

std::optional<OutputLine> Command::poll_line()
{
    std::lock_guard lock(state_->mutex);
    return take_line(*state_);
}

OutputLine Command::wait_line(const Predicate &wanted, Duration timeout)
{
    State &s = *state_;
    TimePoint limit = deadline_after(timeout);
    std::unique_lock lock(s.mutex);
    for (;;) {
        while (std::optional<OutputLine> line = take_line(s)) {
            lock.unlock();
            if (wanted(*line))
                return *line;
            lock.lock();
        }
        if (!s.lost.empty())
            throw Error("{}: `{}`: {}; {}", s.node, s.text, s.lost, s.end_of_output());
        if (s.ended)
            throw Error("{}: `{}` ended with code {} before the awaited line came; {}", s.node, s.text, s.code,
                        s.end_of_output());
        if (Clock::now() >= limit)
            throw Timeout("{}: `{}`: the awaited line did not come in {:.1f} s; {}", s.node, s.text, seconds(timeout),
                          s.end_of_output());
        s.changed.wait_until(lock, limit);
    }
}

OutputLine Command::wait_line(const std::string &text, Duration timeout)
{
    return wait_line([&](const OutputLine &line) { return line.text.find(text) != std::string::npos; }, timeout);
}

OutputLine Command::next_line(Duration timeout)
{
    return wait_line([](const OutputLine &) { return true; }, timeout);
}

Result Command::wait(Duration timeout)
{
    State &s = *state_;
    TimePoint limit = deadline_after(timeout);
    std::unique_lock lock(s.mutex);
    s.changed.wait_until(lock, limit, [&] { return s.ended || !s.lost.empty(); });
    if (!s.ended && !s.lost.empty())
        throw Error("{}: `{}`: {}; {}", s.node, s.text, s.lost, s.end_of_output());
    if (!s.ended)
        throw Timeout("{}: `{}` did not end in {:.1f} s; {}", s.node, s.text, seconds(timeout), s.end_of_output());
    Result result;
    result.code = s.code;
    for (const OutputLine &line : s.lines)
        (line.error ? result.errors : result.output) += line.text + "\n";
    return result;
}

std::vector<OutputLine> Command::lines() const
{
    std::lock_guard lock(state_->mutex);
    return state_->lines;
}

bool Command::ended() const
{
    std::lock_guard lock(state_->mutex);
    return state_->ended || !state_->lost.empty();
}

void Command::signal(int number)
{
    if (auto channel = state_->channel.lock())
        channel->signal(state_->id, number);
}

const std::string &Command::text() const
{
    return state_->text;
}

AgentChannel::AgentChannel(std::string node, int fd) : node_(std::move(node)), fd_(fd) {}

Root AgentChannel::root() const
{
    std::lock_guard lock(mutex_);
    return root_;
}

std::string AgentChannel::kernel() const
{
    std::lock_guard lock(mutex_);
    return kernel_;
}

void AgentChannel::wait_root(Root root, Duration timeout)
{
    TimePoint limit = deadline_after(timeout);
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, limit, [&] { return root_ == root || !lost_.empty(); });
    if (root_ != root && !lost_.empty())
        throw Error("{}: {} before its agent said hello", node_, lost_);
    if (root_ != root)
        throw Timeout("{}: its agent did not say hello from the {} in {:.1f} s", node_,
                      root == Root::root ? "new root" : "initramfs", seconds(timeout));
    if (!troubles_.empty()) {
        std::string all;
        for (const std::string &trouble : troubles_)
            all += "\n    " + trouble;
        throw Error("{}: its init had trouble:{}", node_, all);
    }
}

Command AgentChannel::start(const std::string &command)
{
    auto state = std::make_shared<Command::State>();
    state->node = node_;
    state->text = command;
    state->channel = weak_from_this();
    std::unique_lock lock(mutex_);
    if (root_ == Root::none && lost_.empty())
        throw Error("{}: `{}`: the node has not booted", node_, command);
    state->id = next_id_++;
    state->lost = lost_;
    if (lost_.empty()) {
        commands_[state->id] = state;
        send(lock, {{"op", "run"}, {"id", state->id}, {"command", command}});
    }
    return Command(state);
}

void AgentChannel::signal(int id, int number)
{
    std::unique_lock lock(mutex_);
    if (lost_.empty() && commands_.count(id))
        send(lock, {{"op", "signal"}, {"id", id}, {"signal", number}});
}

std::vector<Command> AgentChannel::running() const
{
    std::lock_guard lock(mutex_);
    std::vector<Command> all;
    for (const auto &[id, state] : commands_)
        all.push_back(Command(state));
    return all;
}

void AgentChannel::put(const std::string &path, std::string_view content, int mode, Duration timeout)
{
    static constexpr char hex[] = "0123456789abcdef";
    constexpr std::size_t chunk = 1024;
    TimePoint limit = deadline_after(timeout);
    bool first = true;
    do {
        std::string bytes;
        for (unsigned char c : content.substr(0, chunk)) {
            bytes += hex[c >> 4];
            bytes += hex[c & 15];
        }
        content.remove_prefix(std::min(chunk, content.size()));
        std::unique_lock lock(mutex_);
        int id = next_id_++;
        if (lost_.empty())
            send(lock, {{"op", "put"}, {"id", id}, {"path", path}, {"bytes", bytes}, {"first", first}, {"mode", mode}});
        changed_.wait_until(lock, limit, [&] { return done_.count(id) || !lost_.empty(); });
        if (!done_.count(id)) {
            if (!lost_.empty())
                throw Error("{}: cannot write {}: {}", node_, path, lost_);
            throw Timeout("{}: writing {} took more than {:.1f} s", node_, path, seconds(timeout));
        }
        std::string error = done_[id];
        done_.erase(id);
        if (!error.empty())
            throw Error("{}: cannot write {}", node_, error);
        first = false;
    } while (!content.empty());
}

void AgentChannel::begin_anew()
{
    std::unique_lock lock(mutex_);
    fail_commands("another kernel has taken over");
    greeted_ = false;
    root_ = Root::none;
}

void AgentChannel::switch_root()
{
    std::unique_lock lock(mutex_);
    if (lost_.empty())
        send(lock, {{"op", "switch_root"}});
}

// Called with the lock held, so that sequence numbers leave in order. A node
// that does not read (stopped) fills the socket: give up rather than wait.
void AgentChannel::send(std::unique_lock<std::mutex> &, json message)
{
    message["seq"] = sent_++;
    std::string line = wire::frame(message);
    std::string_view left = line;
    TimePoint limit = deadline_after(5s);
    while (!left.empty()) {
        ssize_t n = write(fd_, left.data(), left.size());
        if (n > 0) {
            left.remove_prefix(static_cast<std::size_t>(n));
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) // the node is ending; the reader will say so
            return;
        pollfd fd{fd_, POLLOUT, 0};
        if (Clock::now() >= limit || poll(&fd, 1, 100) < 0) {
            garbled("the node does not read what the lab sends");
            return;
        }
    }
}

void AgentChannel::received(std::string_view bytes, TimePoint at)
{
    std::unique_lock lock(mutex_);
    input_ += bytes;
    std::size_t from = 0, end;
    while ((end = input_.find('\n', from)) != std::string::npos) {
        std::string_view line(input_.data() + from, end - from);
        from = end + 1;
        auto message = wire::unframe(line);
        // Before the first hello the line may carry anything (firmware, echo).
        if (!message) {
            if (greeted_ && line.size() > 1)
                garbled("a line from the agent came garbled: " + std::string(line.substr(0, 80)));
            continue;
        }
        try {
            handle(lock, *message, at);
        } catch (const json::exception &e) {
            garbled(std::string("a line from the agent cannot be understood: ") + e.what());
        }
    }
    input_.erase(0, from);
}

void AgentChannel::handle(std::unique_lock<std::mutex> &, const json &message, TimePoint at)
{
    std::string type = message.at("type");
    long long seq = message.at("seq");
    if (type == "hello") {
        // A new agent: it knows nothing of what an earlier one was asked.
        fail_commands("the agent ended");
        greeted_ = true;
        root_ = message.at("root") == "root" ? Root::root : Root::initramfs;
        kernel_ = message.at("kernel");
        troubles_ = message.at("errors").get<std::vector<std::string>>();
        sent_ = 0;
        received_ = 1;
        changed_.notify_all();
        return;
    }
    if (!greeted_)
        return;
    if (seq != received_)
        garbled("lines " + std::to_string(received_) + " to " + std::to_string(seq - 1) + " from the agent were lost");
    received_ = seq + 1;
    if (type == "garbled") {
        garbled("the agent says: " + message.at("what").get<std::string>());
        return;
    }
    int id = message.at("id");
    if (type == "done") {
        done_[id] = message.at("error");
        changed_.notify_all();
        return;
    }
    auto it = commands_.find(id);
    if (it == commands_.end())
        return;
    // Kept beyond the end of the command: nobody else may hold it any more.
    std::shared_ptr<Command::State> kept = it->second;
    Command::State &s = *kept;
    std::lock_guard state_lock(s.mutex);
    if (type == "line") {
        bool error = message.value("err", false);
        std::string text = message.at("text");
        bool joined = false;
        if (s.continues[error]) {
            for (std::size_t i = s.lines.size(); i-- > 0 && !joined;) {
                if (s.lines[i].error != error)
                    continue;
                s.lines[i].text += text;
                s.lines[i].at = at;
                joined = true;
            }
        }
        if (!joined)
            s.lines.push_back({at, message.value("us", 0LL), text, error});
        s.continues[error] = message.value("partial", false);
    } else if (type == "exit") {
        s.code = message.at("code");
        if (message.contains("error"))
            s.lines.push_back({at, message.value("us", 0LL), message["error"], true});
        s.ended = true;
        commands_.erase(it);
    }
    s.changed.notify_all();
}

// What was garbled cannot be known: every command under way may have lost a line.
void AgentChannel::garbled(const std::string &what)
{
    fail_commands("the line to its agent failed: " + what);
}

void AgentChannel::fail_commands(const std::string &why)
{
    for (auto &[id, state] : commands_) {
        std::lock_guard lock(state->mutex);
        state->lost = why;
        state->changed.notify_all();
    }
    commands_.clear();
}

void AgentChannel::lost(const std::string &why)
{
    std::lock_guard lock(mutex_);
    if (!lost_.empty())
        return;
    lost_ = why;
    fail_commands(why);
    changed_.notify_all();
}

} // namespace ccm::lab
