// SPDX-License-Identifier: GPL-2.0-only
//
// Random and mutated messages. Whatever is accepted, the kernel tells in the family's group before the
// sender goes on: without that, what it says of its partners is what it was.
#include "genl.h"
#include "node.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <set>
#include <stdexcept>

#include <arpa/inet.h>
#include <linux/ccm_netlink.h>
#include <sys/socket.h>

namespace {

constexpr int look_every = 200; // messages

class Storm {
public:
    explicit Storm(unsigned seed) : random_(seed)
    {
        constexpr int size = 4 << 20;
        setsockopt(group_.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        group_.join(CCM_MCGRP_MONITOR);
    }

    void run(int count)
    {
        before_ = partners();
        for (int i = 1; i <= count; i++) {
            send(message());
            if (i % look_every == 0 || i == count)
                look(i);
        }
        report(count);
    }

private:
    using Partners = std::map<std::uint64_t, std::vector<Bytes>>; // addresses by id

    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

    void put_address(GenlMessage &message)
    {
        message.put_nest(CCM_A_PARTNER_ADDRESS, [this](GenlMessage &nest) {
            const std::uint32_t v4 = htonl(0x0a000000 + below(64));
            Bytes v6(16);
            inet_pton(AF_INET6, below(2) ? "2001:db8::77" : "fe80::77", v6.data());
            if (below(3))
                nest.put(CCM_A_ADDRESS_IPV4, &v4, sizeof(v4));
            else
                nest.put(CCM_A_ADDRESS_IPV6, v6.data(), v6.size());
            if (!below(4))
                nest.put(CCM_A_ADDRESS_INTERFACE, "vec0", 5);
        });
    }

    // What could be right
    GenlMessage sound()
    {
        static constexpr std::uint8_t commands[] = {
            CCM_CMD_PARTNER_NEW, CCM_CMD_PARTNER_NEW, CCM_CMD_PARTNER_DEL,     CCM_CMD_PARTNER_DEL,
            CCM_CMD_PARTNER_GET, CCM_CMD_PARTNER_SET, CCM_CMD_PARTNER_NEW_NTF, CCM_CMD_NODE_GET,
        };
        const std::uint8_t command = commands[below(std::size(commands))];
        GenlMessage message(group_.family(), below(8) ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST | NLM_F_DUMP,
                            command);
        if (command != CCM_CMD_NODE_GET)
            message.put_u32(CCM_A_PARTNER_ID, 40 + below(20));
        if (command == CCM_CMD_PARTNER_NEW || command == CCM_CMD_PARTNER_SET)
            for (unsigned n = below(6); n > 0; n--)
                put_address(message);
        return message;
    }

    void mutate(Bytes &bytes)
    {
        const std::size_t at = sizeof(nlmsghdr) + below(bytes.size() - sizeof(nlmsghdr) + 1);
        const auto byte = static_cast<unsigned char>(below(256));
        switch (below(8)) {
        case 0: // a bit
            bytes[at < bytes.size() ? at : at - 1] ^= static_cast<unsigned char>(1 << below(8));
            break;
        case 1: // a byte, of the head as well
            bytes[below(bytes.size())] = byte;
            break;
        case 2: // shorter
            bytes.resize(at);
            break;
        case 3: // longer
            for (unsigned n = below(64); n > 0; n--)
                bytes.push_back(static_cast<unsigned char>(below(256)));
            break;
        case 4: // a part of it twice
            if (at < bytes.size()) {
                const Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
                bytes.insert(bytes.end(), part.begin(), part.end());
            }
            break;
        case 5: // a length, or a type
            if (const std::size_t head = (at & ~std::size_t{3}) + 2 * below(2); head + 2 <= bytes.size()) {
                bytes[head] = byte;
                bytes[head + 1] = below(4) ? 0 : static_cast<unsigned char>(below(256));
            }
            break;
        case 6: // another command
            if (bytes.size() > NLMSG_HDRLEN)
                bytes[NLMSG_HDRLEN] = static_cast<unsigned char>(below(CCM_CMD_MAX + 3));
            break;
        default: // deep
            for (unsigned n = below(200); n > 0; n--) {
                const auto length = static_cast<std::uint16_t>(4 * (n + 1));
                const std::uint16_t type = CCM_A_PARTNER_ADDRESS | NLA_F_NESTED;
                bytes.insert(bytes.end(), {static_cast<unsigned char>(length), static_cast<unsigned char>(length >> 8),
                                           static_cast<unsigned char>(type), static_cast<unsigned char>(type >> 8)});
            }
            break;
        }
    }

    Bytes message()
    {
        Bytes bytes = sound().bytes();
        if (!below(8)) // nothing but a head that is right
            std::generate(bytes.begin() + NLMSG_HDRLEN, bytes.end(),
                          [this] { return static_cast<unsigned char>(below(256)); });
        else if (below(8))
            for (unsigned n = 1 + below(3); n > 0; n--)
                mutate(bytes);
        // to no other family; and mostly as long as it says
        nlmsghdr head;
        std::memcpy(&head, bytes.data(), sizeof(head));
        if (below(16))
            head.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
        head.nlmsg_type = group_.family();
        std::memcpy(bytes.data(), &head, sizeof(head));
        return bytes;
    }

    void take_answer(const nlmsghdr &message)
    {
        if (message.nlmsg_type != NLMSG_ERROR)
            return;
        const auto *error = static_cast<const nlmsgerr *>(NLMSG_DATA(&message));
        answers_[-error->error]++;
        // what CCM itself refuses, it explains
        static const std::set<int> ours = {EEXIST, EADDRINUSE, ENOSPC, ENOENT, ENOTCONN, EBUSY};
        const std::size_t at = NLMSG_LENGTH(sizeof(*error)) +
                               (message.nlmsg_flags & NLM_F_CAPPED ? 0 : error->msg.nlmsg_len - sizeof(nlmsghdr));
        bool text = false;
        if (message.nlmsg_flags & NLM_F_ACK_TLVS && at < message.nlmsg_len)
            each_attribute(reinterpret_cast<const unsigned char *>(&message) + at, message.nlmsg_len - at,
                           [&](std::uint16_t type, const unsigned char *, std::size_t length) {
                               text |= type == NLMSGERR_ATTR_MSG && length > 1;
                           });
        if (ours.contains(-error->error) && !text)
            throw std::runtime_error(std::string("without a word: ") + strerror(-error->error));
    }

    void send(const Bytes &bytes)
    {
        if (const int error = genl_.send(bytes))
            throw std::runtime_error(std::string("send: ") + strerror(error));
        while (true) {
            const int error = genl_.receive([this](const nlmsghdr &message) { take_answer(message); }, MSG_DONTWAIT);
            if (error == EAGAIN)
                return;
            if (error && error != ENOBUFS)
                throw std::runtime_error(std::string("receive: ") + strerror(error));
        }
    }

    Partners partners() const
    {
        Partners all;
        genl_look_.dump(CCM_CMD_PARTNER_GET, [&](const nlmsghdr &message) {
            std::uint64_t id = 0;
            std::vector<Bytes> addresses;
            each_attribute(message, [&](std::uint16_t type, const unsigned char *data, std::size_t length) {
                if (type == CCM_A_PARTNER_ID)
                    id = number_in(data, length);
                else if (type == CCM_A_PARTNER_ADDRESS)
                    addresses.emplace_back(data, data + length);
            });
            all[id] = addresses;
        });
        return all;
    }

    void look(int sent)
    {
        bool changed = false;
        int error = 0;
        while (!error)
            error = group_.receive(
                [&](const nlmsghdr &message) {
                    const auto command = static_cast<const genlmsghdr *>(NLMSG_DATA(&message))->cmd;
                    changed |= command != CCM_CMD_PARTNER_CHANGE_NTF;
                    told_ += command != CCM_CMD_PARTNER_CHANGE_NTF;
                },
                MSG_DONTWAIT);
        changed |= error == ENOBUFS;
        const Partners now = partners();
        if (!changed && now != before_)
            throw std::runtime_error("partners have changed, untold, within " + std::to_string(look_every) +
                                     " messages before number " + std::to_string(sent));
        before_ = now;
    }

    void report(int count) const
    {
        std::string answers;
        for (const auto &[number, times] : answers_)
            answers += (answers.empty() ? "\"" : ", \"") + std::string(number ? strerrorname_np(number) : "ok") +
                       "\": " + std::to_string(times);
        std::printf("{\"sent\": %d, \"changes\": %d, \"partners\": %zu, \"answers\": {%s}}\n", count, told_,
                    before_.size(), answers.c_str());
    }

    Genl genl_, group_, genl_look_;
    std::mt19937 random_;
    Partners before_;
    std::map<int, int> answers_; // by errno
    int told_ = 0;
};

} // namespace

int storm(const Words &words)
{
    if (words.size() != 2)
        return 2;
    try {
        Storm(static_cast<unsigned>(std::stoul(words[1]))).run(std::stoi(words[0]));
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    return 0;
}
