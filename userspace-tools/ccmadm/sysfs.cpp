// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs.h"

#include "record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <unistd.h>

namespace ccmadm {

Result<std::string> read_line(const std::string &path)
{
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return Error{fmt::format("{}: {}", path, strerror(errno))};
    std::array<char, 256> buffer{};
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    const int number = errno;
    close(fd);
    if (got < 0)
        return Error{fmt::format("{}: {}", path, strerror(number))};
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    return name_text(text.substr(0, text.find('\n')));
}

} // namespace ccmadm
