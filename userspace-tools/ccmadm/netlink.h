// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "netlink_socket.h"
#include "result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <libmnl/libmnl.h>
#include <utility>

namespace ccmadm {

// A request is longer than anything that ccmadm has to say.
using NetlinkBuffer = std::array<char, 8192>;

// Generic netlink, to the family ccm.
class Netlink {
public:
    static Result<Netlink> open();

    using Fill = std::function<void(nlmsghdr *)>;

    // @fill adds attributes; @reply is given each message behind which the kernel's answer comes. Waits for that.
    Result<NetlinkAnswer> request(std::uint8_t command, const Fill &fill, const NetlinkReply &reply = {});
    // All that there is.
    Result<NetlinkAnswer> dump(std::uint8_t command, const NetlinkReply &reply);

private:
    explicit Netlink(NetlinkSocket socket) : socket_(std::move(socket)) {}
    Result<Nothing> find_family();

    NetlinkSocket socket_;
    std::uint16_t family_ = 0;
};

} // namespace ccmadm
