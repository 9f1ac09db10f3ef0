// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <csignal>

namespace ccmadm {

// While it lives, SIGINT and SIGTERM do not end the process but make fd() readable.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals &) = delete;
    StopSignals &operator=(const StopSignals &) = delete;

    // -1 if the system has no descriptor left: then the signals end the process.
    int fd() const { return fd_; }

private:
    sigset_t before_;
    int fd_;
};

} // namespace ccmadm
