// SPDX-License-Identifier: GPL-2.0-only
// Processes that a test starts and ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace ccmadm::test {

constexpr std::chrono::seconds patience{20};

// A child of this process that runs a function, with its output in pipes.
class Process {
public:
    explicit Process(const std::function<int()> &body);
    ~Process(); // kills it if it still runs
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;

    // The next line of its standard output without its end; empty at the end of the
    // output, or when none comes in time.
    std::string line();
    // All that is still to come on standard output, and on standard error.
    std::string rest();
    std::string error_text();
    void close_output();
    // Waits until so many bytes of standard output lie there unread; false if they do not
    // come in time.
    bool unread(std::size_t bytes) const;
    void signal(int number) const;
    // Its exit code; minus the signal that ended it; -1000 when it does not end in time.
    int wait();

private:
    bool fill(int fd, std::string &buffer);

    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::string pending_;
};

// An exec() of a program, as a body. @user: 0, or whom to become first.
int exec_as(uid_t user, const char *path, std::vector<std::string> arguments);

} // namespace ccmadm::test
