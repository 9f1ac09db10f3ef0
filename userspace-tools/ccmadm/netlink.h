// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <libmnl/libmnl.h>
#include <memory>
#include <string>

namespace ccmadm {

// A request is longer than anything that ccmadm has to say.
using NetlinkBuffer = std::array<char, 8192>;

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

// Generic netlink, to the family ccm.
class Netlink {
public:
    static Result<Netlink> open();

    using Fill = std::function<void(nlmsghdr *)>;
    using Reply = std::function<void(const nlmsghdr *)>;

    // @fill adds attributes; @reply is given each message behind which the kernel's answer comes. Waits for that.
    Result<NetlinkAnswer> request(std::uint8_t command, const Fill &fill, const Reply &reply = {});
    // All that there is.
    Result<NetlinkAnswer> dump(std::uint8_t command, const Reply &reply);

private:
    struct Close {
        void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
    };

    explicit Netlink(mnl_socket *socket) : socket_(socket) {}
    Result<Nothing> find_family();
    Result<NetlinkAnswer> talk(nlmsghdr *message, const Reply &reply);

    std::unique_ptr<mnl_socket, Close> socket_;
    std::uint16_t family_ = 0;
    std::uint32_t sequence_ = 0;
};

} // namespace ccmadm
