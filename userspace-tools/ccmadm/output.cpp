// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

namespace ccmadm {

void FdOutput::write(std::string_view text)
{
    while (!text.empty() && state() == State::open) {
        // A pipe that polls writable takes PIPE_BUF bytes without blocking, so the
        // only place to wait is here, where a signal is seen too.
        std::array<pollfd, 2> fds{{{fd_, POLLOUT, 0}, {stop_fd_, POLLIN, 0}}};
        if (poll(fds.data(), fds.size(), -1) < 0) {
            if (errno != EINTR)
                end(State::failed, errno);
            continue;
        }
        if (fds[0].revents == 0) {
            end(State::stopped);
            continue;
        }
        const ssize_t put = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (put >= 0)
            text.remove_prefix(static_cast<std::size_t>(put));
        else if (errno == EPIPE)
            end(State::closed);
        else if (errno != EINTR && errno != EAGAIN)
            end(State::failed, errno);
    }
}

} // namespace ccmadm
