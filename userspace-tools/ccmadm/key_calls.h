// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <span>

namespace ccmadm {

using KeySerial = std::int32_t;

// The kernel's calls about keys, as keyctl(2) has them. Each returns what the call returns,
// or minus an errno.
class KeyCalls {
public:
    virtual ~KeyCalls() = default;

    virtual long add(const char *type, const char *description, std::span<const unsigned char> payload,
                     KeySerial keyring) = 0;
    // The bytes there are, whatever of them has room.
    virtual long read(KeySerial keyring, std::span<KeySerial> keys) = 0;
    // As read(), with the NUL at its end; all of it or nothing.
    virtual long describe(KeySerial key, std::span<char> text) = 0;
    virtual long unlink(KeySerial key, KeySerial keyring) = 0;
};

// Without libkeyutils, which an initramfs has not.
class SystemKeyCalls final : public KeyCalls {
public:
    long add(const char *type, const char *description, std::span<const unsigned char> payload,
             KeySerial keyring) override;
    long read(KeySerial keyring, std::span<KeySerial> keys) override;
    long describe(KeySerial key, std::span<char> text) override;
    long unlink(KeySerial key, KeySerial keyring) override;
};

} // namespace ccmadm
