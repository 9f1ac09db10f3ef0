// SPDX-License-Identifier: GPL-2.0-only
// The keyring: over the kernel's calls in memory, and over those of this kernel.
#include "fake_keys.h"
#include "keyring.h"

#include <cerrno>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/keyctl.h>

namespace ccmadm::test {
namespace {

using KeyNames = std::vector<std::string>;

KeyNames key_names(const std::vector<KeyEntry> &entries)
{
    KeyNames all;
    for (const KeyEntry &entry : entries)
        all.push_back(fmt::format("{} {}", entry.cluster, entry.number));
    return all;
}

Key some_key(const std::string &cluster, std::uint32_t number)
{
    Key key;
    key.cluster = cluster;
    key.number = number;
    for (unsigned i = 0; i < 32; ++i)
        key.bytes[i] = static_cast<unsigned char>(i + number);
    return key;
}

TEST(KeyringList, HighestFirst)
{
    FakeKeys calls;
    for (const char *description :
         {"blue:2", "green:7", "blue:10", "blue:4294967295", "a:b:3", "blue:1", "with;semicolons:9"})
        calls.put(description);
    const auto list = Keyring(calls, fake_keyring).list();
    ASSERT_TRUE(list);
    EXPECT_EQ(key_names(list.value()),
              (KeyNames{"a:b 3", "blue 4294967295", "blue 10", "blue 2", "blue 1", "green 7", "with;semicolons 9"}));
}

TEST(KeyringList, WhatIsNoKeyOfCcmIsNotSeen)
{
    FakeKeys calls;
    calls.put("blue:3", "user");
    calls.put("blue:3", "ccm-psk2");
    for (const std::string &description :
         {std::string("blue"), std::string("blue:"), std::string(":1"), std::string("blue:01"), std::string("blue:0"),
          std::string("blue:-1"), std::string("blue:4294967296"), std::string("two words:1"),
          std::string(32, 'n') + ":1", std::string(1000, 'n')})
        calls.put(description);
    calls.put("blue:5");
    calls.describe_errors[calls.put("blue:6")] = -ENOKEY; // it has just gone
    const auto list = Keyring(calls, fake_keyring).list();
    ASSERT_TRUE(list);
    EXPECT_EQ(key_names(list.value()), KeyNames{"blue 5"});
}

TEST(KeyringList, MoreThanWereExpected)
{
    FakeKeys calls;
    KeyNames expected;
    for (int i = 1; i <= 500; ++i) {
        calls.put(fmt::format("blue:{}", i));
        expected.insert(expected.begin(), fmt::format("blue {}", i));
    }
    const auto list = Keyring(calls, fake_keyring).list();
    ASSERT_TRUE(list);
    EXPECT_EQ(key_names(list.value()), expected);
}

const struct {
    int number;
    const char *way_out;
} key_refusals[] = {
    {EACCES, "run ccmadm as root"},
    {EPERM, "run ccmadm as root"},
    {ENOKEY, "was rdma_ccm unloaded meanwhile? try again"},
    {EKEYEXPIRED, "has let the module's keyring expire: load rdma_ccm anew"},
    {EKEYREVOKED, "has revoked the module's keyring: load rdma_ccm anew"},
    {EDQUOT, "raise root_maxkeys"},
    {ENOSYS, "it needs CONFIG_KEYS"},
    {EINVAL, "use the ccmadm that belongs to the loaded module"},
    {ENODEV, "no keys of the type ccm-psk: the loaded rdma_ccm is older than this ccmadm"},
    {EEXIST, "give the new one another number"},
    {ENOMEM, "Cannot allocate memory"},
};

TEST(KeyringErrors, EachSaysWhatAndTheWayOut)
{
    for (const auto &refusal : key_refusals) {
        FakeKeys calls;
        const KeySerial serial = calls.put("blue:1");
        Keyring keyring(calls, fake_keyring);
        const auto says = [&](const Error &error, const char *what) {
            EXPECT_EQ(error.text.find(what), 0u) << error.text;
            EXPECT_NE(error.text.find(refusal.way_out), std::string::npos) << error.text;
            EXPECT_EQ(error.code, ExitCode::error);
        };
        calls.add_error = calls.unlink_error = calls.read_error = -refusal.number;
        says(keyring.add(some_key("blue", 2)).error(), "cannot add key 2 of the cluster blue: ");
        says(keyring.remove({"blue", 1, serial}).error(), "cannot delete key 1 of the cluster blue: ");
        says(keyring.list().error(), "cannot list the keys: ");
        if (refusal.number == ENOKEY)
            continue;
        calls.read_error = 0;
        calls.describe_errors[serial] = -refusal.number;
        says(keyring.list().error(), "cannot list the keys: ");
    }
}

TEST(KeyringRemove, SomebodyElseWasFaster)
{
    FakeKeys calls;
    calls.unlink_error = -ENOENT;
    EXPECT_TRUE(Keyring(calls, fake_keyring).remove({"blue", 1, 5}));
}

// The kernel's own type "user" in a keyring of this process stands for the module's.
TEST(SystemKeys, AddedListedAndDeleted)
{
    SystemKeyCalls calls;
    const long made = calls.add("keyring", "ccmadm-test", {}, KEY_SPEC_PROCESS_KEYRING);
    if (made == -ENOSYS || made == -EPERM)
        GTEST_SKIP() << "this kernel, or a sandbox, has no keys for us";
    ASSERT_GT(made, 0);
    const auto serial = static_cast<KeySerial>(made);
    Keyring keyring(calls, serial, "user");
    EXPECT_EQ(key_names(keyring.list().value()), KeyNames{});
    KeyNames expected;
    for (std::uint32_t i = 1; i <= 40; ++i) {
        ASSERT_TRUE(keyring.add(some_key("a;b:c", i)));
        expected.insert(expected.begin(), fmt::format("a;b:c {}", i));
    }
    auto list = keyring.list();
    ASSERT_TRUE(list) << list.error().text;
    EXPECT_EQ(key_names(list.value()), expected);
    for (const KeyEntry &entry : list.value())
        EXPECT_TRUE(keyring.remove(entry));
    EXPECT_EQ(key_names(keyring.list().value()), KeyNames{});

    EXPECT_NE(Keyring(calls, serial).add(some_key("blue", 1)).error().text.find("no keys of the type ccm-psk"),
              std::string::npos);
    EXPECT_EQ(calls.unlink(serial, KEY_SPEC_PROCESS_KEYRING), 0);
    EXPECT_FALSE(keyring.list()) << "it is gone";
}

} // namespace
} // namespace ccmadm::test
