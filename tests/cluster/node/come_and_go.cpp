// SPDX-License-Identifier: GPL-2.0-only
#include "genl.h"
#include "node.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ccm.h>
#include <linux/ccm_netlink.h>
#include <poll.h>
#include <unistd.h>

namespace {

// The errno that the kernel answers
int answer(const Genl &genl, const GenlMessage &message)
{
    if (const int error = genl.send(message.bytes()))
        return error;
    int number = -1;
    while (number < 0) {
        const int error = genl.receive([&](const nlmsghdr &reply) {
            if (reply.nlmsg_type == NLMSG_ERROR)
                number = -static_cast<const nlmsgerr *>(NLMSG_DATA(&reply))->error;
        });
        if (error)
            return error;
    }
    return number;
}

void require(int error, const char *what, int round)
{
    if (error)
        throw std::runtime_error(std::string(what) + ", round " + std::to_string(round) + ": " + strerror(error));
}

// Until the client is ready as to the partner
void wait_client(int device, std::uint32_t partner, const std::string &client, int round)
{
    for (;;) {
        pollfd one{device, POLLIN, 0};
        if (poll(&one, 1, 20000) != 1)
            require(ETIMEDOUT, "the client", round);
        ccm_record record;
        if (read(device, &record, sizeof(record)) != sizeof(record))
            require(errno, "read", round);
        if (record.type == CCM_RECORD_CLIENT && record.node == partner && record.client == client &&
            record.state == CCM_CLIENT_READY)
            return;
    }
}

void skip(int device)
{
    ccm_record records[16];
    for (pollfd one{device, POLLIN, 0}; poll(&one, 1, 0) == 1;)
        if (read(device, records, sizeof(records)) <= 0)
            return;
}

} // namespace

int come_and_go(const Words &words)
{
    in_addr address{};
    if (words.size() != 4 || inet_pton(AF_INET, words[2].c_str(), &address) != 1)
        return 2;
    const int times = std::stoi(words[0]);
    const auto id = static_cast<std::uint32_t>(std::stoul(words[1]));
    const int device = open("/dev/ccm", O_RDONLY | O_CLOEXEC);
    try {
        const Genl genl;
        GenlMessage add(genl.family(), NLM_F_REQUEST | NLM_F_ACK, CCM_CMD_PARTNER_NEW);
        add.put_u32(CCM_A_PARTNER_ID, id);
        add.put_nest(CCM_A_PARTNER_ADDRESS,
                     [&](GenlMessage &nest) { nest.put(CCM_A_ADDRESS_IPV4, &address, sizeof(address)); });
        GenlMessage del(genl.family(), NLM_F_REQUEST | NLM_F_ACK, CCM_CMD_PARTNER_DEL);
        del.put_u32(CCM_A_PARTNER_ID, id);

        long slowest = 0;
        for (int i = 0; i < times; i++) {
            const auto begin = std::chrono::steady_clock::now();
            require(answer(genl, del), "del", i);
            const auto took = std::chrono::steady_clock::now() - begin;
            slowest = std::max<long>(slowest, std::chrono::duration_cast<std::chrono::microseconds>(took).count());
            skip(device);
            require(answer(genl, add), "add", i);
            // some go as soon as they connect
            if (i % 8 != 7)
                wait_client(device, id, words[3], i);
        }
        std::printf("%ld\n", slowest);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
    close(device);
    return 0;
}
