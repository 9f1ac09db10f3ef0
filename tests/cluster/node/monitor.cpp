// SPDX-License-Identifier: GPL-2.0-only
#include "genl.h"
#include "node.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <stdexcept>

#include <linux/ccm_netlink.h>
#include <sys/socket.h>

namespace {

const char *name_of(std::uint8_t command)
{
    switch (command) {
    case CCM_CMD_PARTNER_NEW_NTF:
        return "new";
    case CCM_CMD_PARTNER_DEL_NTF:
        return "del";
    case CCM_CMD_PARTNER_SET_NTF:
        return "set";
    case CCM_CMD_PARTNER_CHANGE_NTF:
        return "change";
    default:
        return "unknown";
    }
}

void say(const nlmsghdr &message)
{
    static const char *const names[] = {
        nullptr, "id",       "address",  "state",    "reason", "certain", "stage",   "version", "incarnation",
        "name",  "sessions", "attempts", "rejected", "silent", "error",   "time_ns", "seq",     "uid",
    };
    static_assert(std::size(names) == CCM_A_PARTNER_UID + 1);
    std::string line;
    int addresses = 0;
    each_attribute(message, [&](std::uint16_t type, const unsigned char *data, std::size_t length) {
        if (type == CCM_A_PARTNER_ADDRESS)
            addresses++;
        else if (type < std::size(names))
            line += std::string(", \"") + names[type] +
                    "\": " + (length ? std::to_string(number_in(data, length)) : "true");
    });
    if (addresses)
        line += ", \"addresses\": " + std::to_string(addresses);
    const auto *generic = static_cast<const genlmsghdr *>(NLMSG_DATA(&message));
    std::printf("{\"message\": \"%s\"%s}\n", name_of(generic->cmd), line.c_str());
}

} // namespace

int monitor(const Words &words)
{
    try {
        const Genl genl;
        if (!words.empty()) {
            const int size = std::stoi(words[0]);
            setsockopt(genl.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        }
        genl.join(CCM_MCGRP_MONITOR);
        std::puts("{\"message\": \"listening\"}");
        for (;;) {
            std::fflush(stdout);
            const int error = genl.receive([&](const nlmsghdr &message) {
                if (message.nlmsg_type == genl.family())
                    say(message);
            });
            if (error == ENOBUFS)
                std::puts("{\"message\": \"lost\"}");
            else if (error && error != EINTR)
                throw std::runtime_error(std::string("receive: ") + strerror(error));
        }
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
