// SPDX-License-Identifier: GPL-2.0-only
#include "stop_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace ccmadm {

StopSignals::StopSignals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, nullptr, &before_);
    fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd_ >= 0)
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::~StopSignals()
{
    if (fd_ < 0)
        return;
    // What asked to stop has been heard: it must not kill the process now.
    signalfd_siginfo heard;
    while (::read(fd_, &heard, sizeof(heard)) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    close(fd_);
}

} // namespace ccmadm
