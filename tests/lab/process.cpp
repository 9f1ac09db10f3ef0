// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "paths.h"

namespace ccm::lab {

Fd &Fd::operator=(Fd &&other) noexcept
{
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

int Fd::release()
{
    int fd = fd_;
    fd_ = -1;
    return fd;
}

void Fd::reset()
{
    if (fd_ >= 0)
        close(fd_);
    fd_ = -1;
}

FdPair socket_pair(int type)
{
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0)
        throw Error("socketpair: {}", strerror(errno));
    return {Fd(ends[0]), Fd(ends[1])};
}

void set_send_buffer(int fd, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

Process::Process(const std::vector<std::string> &command, const std::map<int, int> &descriptors, int processor)
{
    constexpr int control_number = 100;
    FdPair control = socket_pair(SOCK_STREAM);

    std::string keeper = keeper_program();
    std::vector<std::string> words{keeper, std::to_string(control_number)};
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char *> argv;
    argv.reserve(words.size() + 1);
    for (std::string &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    // Out of the way of the numbers wanted in the child, so that no dup2 there
    // overwrites one that is still needed.
    std::map<int, int> parked;
    std::map<int, int> wanted = descriptors;
    wanted[control_number] = control.theirs.get();
    for (auto [number, fd] : wanted)
        parked[number] = fcntl(fd, F_DUPFD_CLOEXEC, 200);

    cpu_set_t only;
    CPU_ZERO(&only);
    if (processor >= 0)
        CPU_SET(processor, &only);
    keeper_ = fork();
    if (keeper_ == 0) {
        // Other threads may hold any lock: system calls only from here to exec.
        if (processor >= 0)
            sched_setaffinity(0, sizeof(only), &only);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        for (auto [number, fd] : parked)
            dup2(fd, number);
        execv(argv[0], argv.data());
        _exit(127);
    }
    int why = errno;
    for (auto [number, fd] : parked)
        close(fd);
    if (keeper_ < 0)
        throw Error("fork: {}", strerror(why));
    control_ = std::move(control.ours);
    control.theirs.reset();

    TimePoint limit = deadline_after(10s);
    while (pid_ < 0) {
        pollfd fd{control_.get(), POLLIN, 0};
        int left = static_cast<int>(milliseconds(limit - Clock::now()));
        if (left <= 0 || poll(&fd, 1, left) == 0)
            throw Timeout("{} did not start", keeper);
        char buffer[64];
        ssize_t n = read(control_.get(), buffer, sizeof(buffer));
        if (n <= 0)
            throw Error("cannot run {}: is the lab built?", keeper);
        said_.append(buffer, static_cast<std::size_t>(n));
        if (auto end = said_.find('\n'); end != std::string::npos) {
            pid_ = std::stoi(said_.substr(4, end));
            said_.erase(0, end + 1);
        }
    }
    fcntl(control_.get(), F_SETFL, O_NONBLOCK);
}

Process::~Process()
{
    kill();
    control_.reset();
    if (keeper_ > 0)
        while (waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
        }
}

bool Process::poll_exit()
{
    if (ended_)
        return true;
    char buffer[64];
    ssize_t n;
    while ((n = read(control_.get(), buffer, sizeof(buffer))) > 0)
        said_.append(buffer, static_cast<std::size_t>(n));
    if (auto end = said_.find('\n'); end != std::string::npos) {
        status_ = std::stoi(said_.substr(5, end));
        ended_ = true;
    } else if (n == 0) {
        ended_ = true; // the keeper itself was killed: it took the node along
    }
    return ended_;
}

void Process::kill()
{
    if (pid_ > 0)
        ::kill(-pid_, SIGKILL);
}

void Process::stop()
{
    if (pid_ > 0)
        ::kill(pid_, SIGSTOP);
}

void Process::cont()
{
    if (pid_ > 0)
        ::kill(pid_, SIGCONT);
}

} // namespace ccm::lab
