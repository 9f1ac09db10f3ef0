// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr unsigned kernel_group = 1; // of NETLINK_KOBJECT_UEVENT: what the kernel sends, udev listens to

int fail(const char *what)
{
    std::perror(what);
    return 1;
}

// "ACTION@DEVPATH" NUL, then "KEY=VALUE" NUL for each variable
std::string one_line(std::string_view message)
{
    std::string line;
    for (std::size_t at = message.find('\0'); at < message.size();) {
        const std::size_t end = message.find('\0', at + 1);
        if (end == std::string_view::npos)
            break;
        if (!line.empty())
            line += ' ';
        line += message.substr(at + 1, end - at - 1);
        at = end;
    }
    return line;
}

} // namespace

int uevents(const Words &)
{
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return fail("socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = kernel_group;
    if (bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)))
        return fail("bind");
    std::puts("listening");
    std::fflush(stdout);
    for (;;) {
        char buffer[8192];
        sockaddr_nl from{};
        socklen_t length = sizeof(from);
        const ssize_t got = recvfrom(fd, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr *>(&from), &length);
        // ENOBUFS above all: some were dropped
        if (got < 0)
            return fail("recvfrom");
        if (from.nl_pid)
            continue; // not from the kernel
        const std::string line = one_line({buffer, static_cast<std::size_t>(got)});
        if (line.find(" CCM_PARTNER=") == std::string::npos)
            continue;
        std::puts(line.c_str());
        std::fflush(stdout);
    }
}
