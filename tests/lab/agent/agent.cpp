// SPDX-License-Identifier: GPL-2.0-only
//
// The agent: runs on a node, takes requests from the lab over a serial line and
// runs shell commands, any number at a time. Statically linked, so that it runs
// in any root. One thread, one poll loop.
//
//     ccm-lab-agent TTY initramfs|root
//
// Requests: run, signal, put, switch_root. Answers: hello, line, exit, done,
// garbled. See ../wire.h for the line format.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../wire.h"

namespace {

using nlohmann::json;

// init makes a real switch_root when the agent ends with this code.
constexpr int exit_switch_root = 42;
// A longer line of output is sent in pieces, all but the last marked "partial".
constexpr std::size_t max_text = 2048;
// Commands are not read from while this much waits for the line.
constexpr std::size_t max_backlog = 256 * 1024;
constexpr std::size_t max_request = 64 * 1024;

struct Stream {
    int fd = -1;
    std::string rest;
};

struct Job {
    pid_t pid = -1;
    Stream out, err;
    bool reaped = false;
    int status = 0;
};

class Agent {
public:
    Agent(int tty, std::string root) : tty_(tty), root_(std::move(root)) {}

    int run()
    {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        child_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        // Ends whatever stood on the line before.
        backlog_ = "\n";
        hello();
        while (!leaving_ || !backlog_.empty())
            turn();
        tcdrain(tty_);
        end_jobs();
        return exit_switch_root;
    }

private:
    void send(json message)
    {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        message["seq"] = sent_++;
        message["us"] = static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
        backlog_ += ccm::lab::wire::frame(message);
    }

    void hello()
    {
        utsname name{};
        uname(&name);
        json errors = json::array();
        std::ifstream file("/run/lab-errors");
        for (std::string line; std::getline(file, line);)
            errors.push_back(line);
        send({{"type", "hello"}, {"root", root_}, {"kernel", name.release}, {"errors", errors}});
    }

    void turn()
    {
        std::vector<pollfd> fds;
        fds.push_back({tty_, static_cast<short>(POLLIN | (backlog_.empty() ? 0 : POLLOUT)), 0});
        fds.push_back({child_fd_, POLLIN, 0});
        std::vector<std::pair<int, bool>> streams;
        if (backlog_.size() < max_backlog) {
            for (auto &[id, job] : jobs_) {
                if (job.out.fd >= 0) {
                    fds.push_back({job.out.fd, POLLIN, 0});
                    streams.emplace_back(id, false);
                }
                if (job.err.fd >= 0) {
                    fds.push_back({job.err.fd, POLLIN, 0});
                    streams.emplace_back(id, true);
                }
            }
        }
        if (poll(fds.data(), fds.size(), -1) < 0)
            return;
        if (fds[0].revents & POLLOUT)
            write_some();
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
            read_requests();
        for (std::size_t i = 0; i < streams.size(); i++) {
            auto it = jobs_.find(streams[i].first);
            if (fds[i + 2].revents && it != jobs_.end())
                read_stream(it->first, it->second, streams[i].second);
        }
        if (fds[1].revents & POLLIN)
            reap();
    }

    void write_some()
    {
        ssize_t n = write(tty_, backlog_.data(), std::min<std::size_t>(backlog_.size(), 4096));
        if (n > 0)
            backlog_.erase(0, static_cast<std::size_t>(n));
    }

    void read_requests()
    {
        char buffer[4096];
        ssize_t n = read(tty_, buffer, sizeof(buffer));
        if (n <= 0)
            return;
        input_.append(buffer, static_cast<std::size_t>(n));
        std::size_t end;
        while ((end = input_.find('\n')) != std::string::npos) {
            std::string line = input_.substr(0, end);
            input_.erase(0, end + 1);
            auto request = ccm::lab::wire::unframe(line);
            if (!request) {
                garbled("a request does not match its checksum: " + line.substr(0, 80));
                continue;
            }
            long long seq = request->value("seq", -1LL);
            if (seq != received_)
                garbled("request " + std::to_string(seq) + " came where " + std::to_string(received_) + " was due");
            received_ = seq + 1;
            try {
                obey(*request);
            } catch (const json::exception &e) {
                garbled(std::string("a request cannot be understood: ") + e.what());
            }
        }
        if (input_.size() > max_request) {
            garbled("a request without an end was thrown away");
            input_.clear();
        }
    }

    void garbled(const std::string &what) { send({{"type", "garbled"}, {"what", what}}); }

    void obey(const json &request)
    {
        std::string op = request.at("op");
        if (op == "run") {
            start(request.at("id"), request.at("command"));
        } else if (op == "signal") {
            auto it = jobs_.find(request.at("id"));
            if (it != jobs_.end() && !it->second.reaped)
                ::kill(-it->second.pid, request.at("signal").get<int>());
        } else if (op == "put") {
            put(request);
        } else if (op == "switch_root") {
            leaving_ = true;
        } else {
            garbled("unknown operation " + op);
        }
    }

    void start(int id, const std::string &command)
    {
        int out[2], err[2];
        if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) {
            send({{"type", "exit"}, {"id", id}, {"code", 126}, {"error", strerror(errno)}});
            return;
        }
        pid_t pid = fork();
        if (pid == 0) {
            sigset_t none;
            sigemptyset(&none);
            sigprocmask(SIG_SETMASK, &none, nullptr);
            setsid();
            int null = open("/dev/null", O_RDONLY);
            dup2(null, 0);
            dup2(out[1], 1);
            dup2(err[1], 2);
            execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            dprintf(2, "cannot run /bin/sh: %s\n", strerror(errno));
            _exit(126);
        }
        int why = errno;
        close(out[1]);
        close(err[1]);
        if (pid < 0) {
            close(out[0]);
            close(err[0]);
            send({{"type", "exit"}, {"id", id}, {"code", 126}, {"error", strerror(why)}});
            return;
        }
        fcntl(out[0], F_SETFL, O_NONBLOCK);
        fcntl(err[0], F_SETFL, O_NONBLOCK);
        Job &job = jobs_[id];
        job.pid = pid;
        job.out.fd = out[0];
        job.err.fd = err[0];
    }

    void put(const json &request)
    {
        std::string path = request.at("path");
        const auto &bytes = request.at("bytes").get_ref<const std::string &>();
        std::string data;
        for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
            data += static_cast<char>(std::stoi(bytes.substr(i, 2), nullptr, 16));
        bool first = request.at("first");
        int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (first ? O_TRUNC : O_APPEND),
                      request.at("mode").get<int>());
        std::string error;
        if (fd < 0 || write(fd, data.data(), data.size()) != static_cast<ssize_t>(data.size()))
            error = path + ": " + strerror(errno);
        if (fd >= 0)
            close(fd);
        send({{"type", "done"}, {"id", request.at("id")}, {"error", error}});
    }

    void read_stream(int id, Job &job, bool is_err)
    {
        Stream &stream = is_err ? job.err : job.out;
        char buffer[8192];
        ssize_t n = read(stream.fd, buffer, sizeof(buffer));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            if (!stream.rest.empty())
                line(id, is_err, stream.rest, true);
            stream.rest.clear();
            close(stream.fd);
            stream.fd = -1;
            return;
        }
        stream.rest.append(buffer, static_cast<std::size_t>(n));
        std::size_t from = 0;
        for (;;) {
            std::size_t end = stream.rest.find('\n', from);
            if (end != std::string::npos && end - from <= max_text) {
                line(id, is_err, stream.rest.substr(from, end - from), false);
                from = end + 1;
            } else if (stream.rest.size() - from > max_text) {
                line(id, is_err, stream.rest.substr(from, max_text), true);
                from += max_text;
            } else {
                break;
            }
        }
        stream.rest.erase(0, from);
    }

    void line(int id, bool is_err, const std::string &text, bool partial)
    {
        json message{{"type", "line"}, {"id", id}, {"text", text}};
        if (is_err)
            message["err"] = true;
        if (partial)
            message["partial"] = true;
        send(std::move(message));
    }

    void reap()
    {
        signalfd_siginfo info;
        while (read(child_fd_, &info, sizeof(info)) > 0) {
        }
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            for (auto &[id, job] : jobs_) {
                if (job.pid != pid)
                    continue;
                job.reaped = true;
                job.status = status;
                // What the command itself wrote is in the pipes by now. A
                // process that it left behind may hold them open for ever:
                // take what is there and do not wait for their end.
                for (bool is_err : {false, true})
                    drain(id, job, is_err);
                finish(id);
                break;
            }
        }
    }

    void drain(int id, Job &job, bool is_err)
    {
        Stream &stream = is_err ? job.err : job.out;
        pollfd fd{stream.fd, POLLIN, 0};
        while (stream.fd >= 0 && poll(&fd, 1, 0) > 0)
            read_stream(id, job, is_err);
        if (!stream.rest.empty())
            line(id, is_err, stream.rest, true);
        stream.rest.clear();
    }

    // Takes its own copy of the id: the entry that holds it goes away here.
    void finish(const int id)
    {
        auto it = jobs_.find(id);
        Job &job = it->second;
        json message{{"type", "exit"}, {"id", id}};
        if (WIFSIGNALED(job.status)) {
            message["signal"] = WTERMSIG(job.status);
            message["code"] = 128 + WTERMSIG(job.status);
        } else {
            message["code"] = WEXITSTATUS(job.status);
        }
        send(std::move(message));
        for (Stream *stream : {&job.out, &job.err})
            if (stream->fd >= 0)
                close(stream->fd);
        jobs_.erase(it);
    }

    void end_jobs()
    {
        for (auto &[id, job] : jobs_)
            ::kill(-job.pid, SIGKILL);
    }

    int tty_;
    int child_fd_ = -1;
    std::string root_;
    std::string input_, backlog_;
    std::map<int, Job> jobs_;
    long long sent_ = 0, received_ = 0;
    bool leaving_ = false;
};

bool make_raw(int tty)
{
    termios mode{};
    if (tcgetattr(tty, &mode) < 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    cfsetspeed(&mode, B115200);
    return tcsetattr(tty, TCSANOW, &mode) == 0 && tcflush(tty, TCIFLUSH) == 0;
}

} // namespace

int main(int argc, char **argv)
try {
    if (argc != 3) {
        fprintf(stderr, "usage: ccm-lab-agent TTY initramfs|root\n");
        return 1;
    }
    int tty = open(argv[1], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (tty < 0 || !make_raw(tty)) {
        fprintf(stderr, "ccm-lab-agent: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    return Agent(tty, argv[2]).run();
} catch (const std::exception &e) {
    fprintf(stderr, "ccm-lab-agent: %s\n", e.what());
    return 1;
}
