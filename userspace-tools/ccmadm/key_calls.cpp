// SPDX-License-Identifier: GPL-2.0-only
#include "key_calls.h"

#include <cerrno>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ccmadm {

namespace {

long result_of(long result)
{
    return result < 0 ? -errno : result;
}

} // namespace

long SystemKeyCalls::add(const char *type, const char *description, std::span<const unsigned char> payload,
                         KeySerial keyring)
{
    return result_of(syscall(SYS_add_key, type, description, payload.data(), payload.size(), keyring));
}

long SystemKeyCalls::read(KeySerial keyring, std::span<KeySerial> keys)
{
    return result_of(syscall(SYS_keyctl, KEYCTL_READ, keyring, keys.data(), keys.size_bytes()));
}

long SystemKeyCalls::describe(KeySerial key, std::span<char> text)
{
    return result_of(syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text.data(), text.size()));
}

long SystemKeyCalls::unlink(KeySerial key, KeySerial keyring)
{
    return result_of(syscall(SYS_keyctl, KEYCTL_UNLINK, key, keyring));
}

} // namespace ccmadm
