// SPDX-License-Identifier: GPL-2.0-only
#include "fake_keys.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ccmadm::test {

KeySerial FakeKeys::put(const std::string &description, const std::string &type)
{
    entries[++next_] = {type, description, {}};
    return next_;
}

const std::vector<unsigned char> &FakeKeys::payload(const std::string &description) const
{
    static const std::vector<unsigned char> none;
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const auto &entry) { return entry.second.description == description; });
    return found == entries.end() ? none : found->second.payload;
}

long FakeKeys::add(const char *type, const char *description, std::span<const unsigned char> payload, KeySerial keyring)
{
    ++changes;
    EXPECT_EQ(keyring, fake_keyring);
    for (const auto &[serial, entry] : entries)
        EXPECT_FALSE(entry.type == type && entry.description == description) << "the kernel would update it";
    if (add_error < 0)
        return add_error;
    const KeySerial serial = put(description, type);
    if (keep_payloads)
        entries[serial].payload.assign(payload.begin(), payload.end());
    return serial;
}

long FakeKeys::read(KeySerial keyring, std::span<KeySerial> keys)
{
    EXPECT_EQ(keyring, fake_keyring);
    if (read_error < 0)
        return read_error;
    std::size_t i = 0;
    for (const auto &[serial, entry] : entries)
        if (i < keys.size())
            keys[i++] = serial;
    return static_cast<long>(entries.size() * sizeof(KeySerial));
}

long FakeKeys::describe(KeySerial key, std::span<char> text)
{
    if (describe_errors.contains(key))
        return describe_errors[key];
    const Entry &entry = entries.at(key);
    const std::string all = fmt::format("{};0;0;3f010000;{}", entry.type, entry.description);
    if (all.size() < text.size())
        std::memcpy(text.data(), all.c_str(), all.size() + 1);
    return static_cast<long>(all.size() + 1);
}

long FakeKeys::unlink(KeySerial key, KeySerial keyring)
{
    ++changes;
    EXPECT_EQ(keyring, fake_keyring);
    if (unlink_error < 0)
        return unlink_error;
    return entries.erase(key) == 0 ? -ENOENT : 0;
}

} // namespace ccmadm::test
