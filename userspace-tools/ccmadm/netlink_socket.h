// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <cstdint>
#include <functional>
#include <libmnl/libmnl.h>
#include <memory>
#include <string>

namespace ccmadm {

// What the kernel answered: 0, or an errno and, if it said more, its words.
struct NetlinkAnswer {
    int number = 0;
    std::string text;
    bool inconsistent = false; // a dump: something has changed meanwhile
};

// The attributes of a message: each, behind a header of OFFSET bytes; or those within another one.
using NetlinkLook = std::function<void(const nlattr *)>;
void each_attribute(const nlmsghdr *message, unsigned int offset, NetlinkLook look);
void each_attribute(const nlattr *nest, NetlinkLook look);

using NetlinkReply = std::function<void(const nlmsghdr *)>;

// To one of the kernel's protocols: NETLINK_GENERIC, NETLINK_ROUTE.
class NetlinkSocket {
public:
    static Result<NetlinkSocket> open(int protocol);

    // @reply is given each message behind which the kernel's answer comes. Waits for that: @message asks for it
    // (NLM_F_ACK), or for all that there is (NLM_F_DUMP).
    Result<NetlinkAnswer> talk(nlmsghdr *message, const NetlinkReply &reply = {});

private:
    struct Close {
        void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
    };

    explicit NetlinkSocket(mnl_socket *socket) : socket_(socket) {}

    std::unique_ptr<mnl_socket, Close> socket_;
    std::uint32_t sequence_ = 0;
};

} // namespace ccmadm
