// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "clock.h"

namespace ccm::lab {

// A file descriptor that closes itself.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(other.release()) {}
    Fd &operator=(Fd &&other) noexcept;
    ~Fd() { reset(); }
    int get() const { return fd_; }
    int release();
    void reset();
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

struct FdPair {
    Fd ours, theirs;
};
// A connected pair, both ends close-on-exec. TYPE: SOCK_STREAM or SOCK_SEQPACKET.
FdPair socket_pair(int type);
// As far as the system allows: beyond net.core.wmem_max only root may.
void set_send_buffer(int fd, int bytes);

// A node's process under its keeper. Destroying the object kills the process
// and all it started.
class Process {
public:
    // COMMAND: program, its argv[0], arguments. DESCRIPTORS: number in the
    // process -> descriptor here; the caller keeps his.
    // PROCESSOR: the only one of this host's that it may run on; -1: any.
    Process(const std::vector<std::string> &command, const std::map<int, int> &descriptors, int processor = -1);
    ~Process();
    Process(const Process &) = delete;

    pid_t pid() const { return pid_; }
    // Readable when the state may have changed; then call poll_exit().
    int control_fd() const { return control_.get(); }
    // True once the process has ended.
    bool poll_exit();
    bool ended() const { return ended_; }
    int exit_status() const { return status_; }

    // The whole process group, at once.
    void kill();
    // The process itself only: a traced child of a UML kernel that sees SIGSTOP
    // would take the kernel down when it goes on.
    void stop();
    void cont();

private:
    Fd control_;
    pid_t keeper_ = -1;
    pid_t pid_ = -1;
    std::string said_;
    std::atomic<bool> ended_{false};
    int status_ = -1;
};

} // namespace ccm::lab
