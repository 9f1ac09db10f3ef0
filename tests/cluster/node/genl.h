// SPDX-License-Identifier: GPL-2.0-only
//
// Generic netlink by hand: for messages that no library would make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <linux/genetlink.h>
#include <linux/netlink.h>

using Bytes = std::vector<unsigned char>;

// A request: headers, then attributes one after the other.
class GenlMessage {
public:
    GenlMessage(std::uint16_t type, std::uint16_t flags, std::uint8_t command);

    GenlMessage &put(std::uint16_t type, const void *data, std::size_t length);
    GenlMessage &put_u32(std::uint16_t type, std::uint32_t value) { return put(type, &value, sizeof(value)); }
    GenlMessage &put_nest(std::uint16_t type, const std::function<void(GenlMessage &)> &fill);
    // As it is sent: with its length
    Bytes bytes() const;

private:
    Bytes bytes_;
};

// What is in a message, or in an attribute
using GenlLook = std::function<void(std::uint16_t type, const unsigned char *data, std::size_t length)>;
void each_attribute(const unsigned char *data, std::size_t length, const GenlLook &look);
void each_attribute(const nlmsghdr &message, const GenlLook &look);
std::uint64_t number_in(const unsigned char *data, std::size_t length);

// A socket that knows the family ccm. What fails throws std::runtime_error.
class Genl {
public:
    Genl();
    ~Genl();
    Genl(const Genl &) = delete;

    int fd() const { return fd_; }
    std::uint16_t family() const { return family_; }
    std::uint32_t version() const { return version_; }
    void join(const std::string &group) const;

    // As it is, whatever it is. The errno
    int send(const Bytes &bytes) const;
    // The next datagram, each message of it to LOOK. The errno, of which ENOBUFS says that some are lost, and EAGAIN,
    // with MSG_DONTWAIT in FLAGS, that there is none
    using Look = std::function<void(const nlmsghdr &)>;
    int receive(const Look &look, int flags = 0) const;
    // All that the kernel has of a command, each to LOOK
    void dump(std::uint8_t command, const Look &look) const;

private:
    int fd_;
    std::uint16_t family_ = 0;
    std::uint32_t version_ = 0;
    std::map<std::string, std::uint32_t> groups_;
};
