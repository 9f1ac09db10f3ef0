// SPDX-License-Identifier: GPL-2.0-only
//
// A program that has a UDP port.
#include "node.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int port(const Words &words)
{
    if (words.size() != 1)
        return 1;
    const auto number = static_cast<std::uint16_t>(std::atoi(words[0].c_str()));
    int fd = socket(AF_INET6, SOCK_DGRAM, 0); // IPv4's, too
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(number);
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address))) {
        std::perror("bind");
        return 1;
    }
    std::puts("taken");
    std::fflush(stdout);
    for (;;)
        pause();
}
