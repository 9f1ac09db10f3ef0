// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "key_calls.h"
#include "key_text.h"
#include "result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ccmadm {

// What a key in the keyring says of itself.
struct KeyEntry {
    std::string cluster;
    std::uint32_t number = 0;
    KeySerial serial = 0;
};

// The module's keyring `.ccm`: what is in it, and what goes in and out.
class Keyring {
public:
    // @type: of its keys; those of another are not seen.
    Keyring(KeyCalls &calls, KeySerial serial, std::string type = "ccm-psk")
        : calls_(calls), serial_(serial), type_(std::move(type))
    {
    }

    // By cluster, and of each the highest number first.
    Result<std::vector<KeyEntry>> list();
    // The kernel would take the place of a key of the same name: look first.
    Result<Nothing> add(const Key &key);
    Result<Nothing> remove(const KeyEntry &entry);

private:
    Result<std::vector<KeySerial>> serials();
    Error error(std::string_view what, long result) const;

    KeyCalls &calls_;
    KeySerial serial_;
    std::string type_;
};

} // namespace ccmadm
