// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace mutants {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int not_started = 127;

std::vector<char *> pointers(std::vector<std::string> &strings)
{
    std::vector<char *> list;

    list.reserve(strings.size() + 1);
    for (std::string &s : strings)
        list.push_back(s.data());
    list.push_back(nullptr);
    return list;
}

bool set_in(const std::vector<std::string> &environment, std::string_view variable)
{
    std::string_view name = variable.substr(0, variable.find('=') + 1);

    return std::ranges::any_of(environment, [&](const std::string &own) { return own.starts_with(name); });
}

// In the child: only what may be called behind fork() in a program with threads. The timer is not
// undone by exec(), and its signal ends the program.
[[noreturn]] void become(char *const *command, char *const *environment, const Limits &limits, int output)
{
    rlimit none{0, 0};
    rlimit memory{limits.memory, limits.memory};
    itimerval timer{};

    timer.it_value.tv_sec = limits.processor.count() / 1000;
    timer.it_value.tv_usec = limits.processor.count() % 1000 * 1000;
    setitimer(ITIMER_PROF, &timer, nullptr);
    setrlimit(RLIMIT_CORE, &none);
    if (limits.memory)
        setrlimit(RLIMIT_AS, &memory);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvpe(command[0], command, environment);
    _exit(not_started);
}

// Lines of what a pipe brings, until it is closed; false: too late
bool read_lines(int pipe, Clock::time_point until, const std::function<void(std::string_view)> &line)
{
    std::array<char, 65536> buffer;
    std::string rest;

    for (;;) {
        auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
        pollfd wait{pipe, POLLIN, 0};

        if (left.count() <= 0)
            return false;
        if (poll(&wait, 1, static_cast<int>(std::min<long>(left.count(), 60'000))) <= 0)
            continue;
        ssize_t count = read(pipe, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        std::string_view now(buffer.data(), static_cast<std::size_t>(count));
        for (std::size_t end; (end = now.find('\n')) != std::string_view::npos; now.remove_prefix(end + 1)) {
            if (rest.empty()) {
                line(now.substr(0, end));
                continue;
            }
            rest += now.substr(0, end);
            line(rest);
            rest.clear();
        }
        rest += now;
    }
    if (!rest.empty())
        line(rest);
    return true;
}

milliseconds processor_time(const rusage &used)
{
    auto ms = [](const timeval &t) { return t.tv_sec * 1000 + t.tv_usec / 1000; };

    return milliseconds(ms(used.ru_utime) + ms(used.ru_stime));
}

} // namespace

Ended run_child(const std::vector<std::string> &command, const std::vector<std::string> &environment,
                const Limits &limits, const std::function<void(std::string_view)> &line)
{
    std::vector<std::string> words = command;
    std::vector<std::string> variables = environment;
    Clock::time_point until = Clock::now() + limits.wall;
    int ends[2];
    rusage used{};
    int status = 0;
    Ended ended;

    for (char **variable = environ; *variable; variable++) {
        if (!set_in(environment, *variable))
            variables.emplace_back(*variable);
    }
    std::vector<char *> argv = pointers(words);
    std::vector<char *> envp = pointers(variables);
    if (pipe2(ends, O_CLOEXEC))
        throw std::runtime_error(fmt::format("a pipe: {}", std::strerror(errno)));
    pid_t pid = fork();
    if (pid < 0)
        throw std::runtime_error(fmt::format("a process: {}", std::strerror(errno)));
    if (pid == 0)
        become(argv.data(), envp.data(), limits, ends[1]);
    close(ends[1]);
    if (!read_lines(ends[0], until, line)) {
        kill(pid, SIGKILL);
        ended.late = true;
    }
    close(ends[0]);
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_started)
        throw std::runtime_error(fmt::format("{} cannot be started", command.front()));
    ended.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ended.late = ended.late || ended.signal == SIGPROF;
    ended.processor = processor_time(used);
    return ended;
}

} // namespace mutants
