// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ccmadm::test {

namespace {

constexpr int patience_ms = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(patience).count());

} // namespace

Process::Process(const std::function<int()> &body)
{
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        throw std::runtime_error("pipe2");
    pid_ = fork();
    if (pid_ < 0)
        throw std::runtime_error("fork");
    if (pid_ == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        close(err[0]);
        close(err[1]);
        _exit(body());
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
}

Process::~Process()
{
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close_output();
    close(err_);
}

bool Process::fill(int fd, std::string &buffer)
{
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, patience_ms) <= 0)
        return false;
    char bytes[4096];
    const ssize_t got = read(fd, bytes, sizeof(bytes));
    if (got <= 0)
        return false;
    buffer.append(bytes, static_cast<std::size_t>(got));
    return true;
}

std::string Process::line()
{
    std::size_t end;
    while ((end = pending_.find('\n')) == std::string::npos)
        if (!fill(out_, pending_))
            return {};
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    return line;
}

std::string Process::rest()
{
    while (fill(out_, pending_))
        continue;
    return std::exchange(pending_, {});
}

std::string Process::error_text()
{
    std::string text;
    while (fill(err_, text))
        continue;
    return text;
}

void Process::close_output()
{
    if (out_ >= 0)
        close(out_);
    out_ = -1;
}

bool Process::unread(std::size_t bytes) const
{
    using Clock = std::chrono::steady_clock;
    // A pipe does not tell how full it is but by asking.
    for (const auto deadline = Clock::now() + patience; Clock::now() < deadline;) {
        int there = 0;
        if (ioctl(out_, FIONREAD, &there) == 0 && static_cast<std::size_t>(there) >= bytes)
            return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

void Process::signal(int number) const
{
    kill(pid_, number);
}

int Process::wait()
{
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (fd < 0)
        throw std::runtime_error("pidfd_open");
    pollfd ended{fd, POLLIN, 0};
    const int count = poll(&ended, 1, patience_ms);
    close(fd);
    if (count <= 0)
        return -1000;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int exec_as(uid_t user, const char *path, std::vector<std::string> arguments)
{
    // Opened first: @user may not be allowed to look into its directory.
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    std::vector<char *> argv{const_cast<char *>(path)};
    for (auto &argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (user != 0 && (setgroups(0, nullptr) != 0 || setgid(user) != 0 || setuid(user) != 0))
        return 125;
    fexecve(fd, argv.data(), environ);
    return 126;
}

} // namespace ccmadm::test
