// SPDX-License-Identifier: GPL-2.0-only
#include "record_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace ccmadm {

namespace {

constexpr std::size_t records_per_read = 64;
constexpr short broken = POLLERR | POLLHUP | POLLNVAL;

timespec time_left(Instant deadline)
{
    using namespace std::chrono;
    const auto left = std::max(duration_cast<nanoseconds>(deadline - steady_clock::now()), 0ns);
    const auto seconds = duration_cast<std::chrono::seconds>(left);
    timespec result{};
    result.tv_sec = seconds.count();
    result.tv_nsec = (left - seconds).count();
    return result;
}

} // namespace

ReadResult FdSource::read(const Until &until)
{
    for (;;) {
        std::array<pollfd, 3> fds{{{fd_, POLLIN, 0}, {until.stop_fd, POLLIN, 0}, {until.output_fd, 0, 0}}};
        timespec left{};
        if (until.deadline)
            left = time_left(*until.deadline);
        const int count = ppoll(fds.data(), fds.size(), until.deadline ? &left : nullptr, nullptr);
        if (count < 0) {
            if (errno == EINTR)
                continue;
            return Error{fmt::format("{}: cannot wait for records: {}", path_, strerror(errno))};
        }
        if (count == 0)
            return TimedOut{};
        if (fds[1].revents != 0)
            return Stopped{};
        if ((fds[2].revents & broken) != 0)
            return OutputClosed{};
        if (auto result = take((fds[0].revents & broken) != 0))
            return *std::move(result);
    }
}

std::optional<ReadResult> FdSource::take(bool gone)
{
    std::array<std::byte, records_per_read * sizeof(ccm_record)> buffer;
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());

    if (got < 0) {
        if (errno == EINTR)
            return std::nullopt;
        // Another reader was faster; but never spin on a device that is gone.
        if (errno == EAGAIN && !gone)
            return std::nullopt;
        if (errno == ENODEV || errno == EAGAIN)
            return Error{fmt::format("{}: the module was unloaded; `modprobe rdma_ccm` loads it again", path_)};
        if (errno == EINVAL)
            return Error{fmt::format("{}: the module's records are longer than the {} bytes asked "
                                     "for: use the ccmadm that belongs to the loaded module",
                                     path_, buffer.size())};
        return Error{fmt::format("{}: cannot read: {}", path_, strerror(errno))};
    }
    if (got == 0)
        return Error{fmt::format("{}: ended, which a CCM device never does; check --device", path_)};
    auto records = decode_records(std::span(buffer).first(static_cast<std::size_t>(got)));
    if (!records)
        return Error{fmt::format("{}: {}", path_, records.error().text)};
    return std::move(records.value());
}

} // namespace ccmadm
