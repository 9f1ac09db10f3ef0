// SPDX-License-Identifier: GPL-2.0-only
// The kernel's keys, made of memory.
#pragma once

#include "key_calls.h"

#include <map>
#include <string>
#include <vector>

namespace ccmadm::test {

constexpr KeySerial fake_keyring = 777;

class FakeKeys final : public KeyCalls {
public:
    long add(const char *type, const char *description, std::span<const unsigned char> payload,
             KeySerial keyring) override;
    long read(KeySerial keyring, std::span<KeySerial> keys) override;
    long describe(KeySerial key, std::span<char> text) override;
    long unlink(KeySerial key, KeySerial keyring) override;

    // Puts a key there, whoever did it.
    KeySerial put(const std::string &description, const std::string &type = "ccm-psk");
    // By description: what add() was given.
    const std::vector<unsigned char> &payload(const std::string &description) const;

    bool keep_payloads = true;
    long add_error = 0, read_error = 0, unlink_error = 0; // minus an errno
    std::map<KeySerial, long> describe_errors;
    int changes = 0; // calls that change something, whether they succeeded or not

    struct Entry {
        std::string type, description;
        std::vector<unsigned char> payload;
    };
    std::map<KeySerial, Entry> entries;

private:
    KeySerial next_ = 1000;
};

} // namespace ccmadm::test
