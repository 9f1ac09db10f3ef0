// SPDX-License-Identifier: GPL-2.0-only
//
// On a node: rdma_ccm has been loaded, and is given the key that it waits for, if it does. As
// image/loaded.sh, for who has no time for a program.
#pragma once

#include <cerrno>
#include <fstream>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

namespace ccm::lab {

struct Psk {
    std::string description, bytes;
};

// The image's
inline Psk psk()
{
    std::ifstream in("/etc/ccm/psk");
    std::string cluster, number;
    Psk key;
    for (std::string word; in >> word;) {
        if (word == "cluster")
            in >> cluster;
        else if (word == "number")
            in >> number;
        else if (word == "key" && in >> word)
            for (std::size_t i = 0; i + 1 < word.size(); i += 2)
                key.bytes += static_cast<char>(std::stoi(word.substr(i, 2), nullptr, 16));
        else
            std::getline(in, word); // a remark
    }
    key.description = cluster + ":" + number;
    return key;
}

// Returns 0 or an errno; 0 also of a module that wants none.
inline int add_psk(const Psk &key)
{
    int keyring = 0;
    std::ifstream("/sys/module/rdma_ccm/parameters/keyring") >> keyring;
    if (!keyring)
        return 0;
    return syscall(SYS_add_key, "ccm-psk", key.description.c_str(), key.bytes.data(), key.bytes.size(), keyring) < 0
               ? errno
               : 0;
}

} // namespace ccm::lab
