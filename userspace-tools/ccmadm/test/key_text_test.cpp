// SPDX-License-Identifier: GPL-2.0-only
#include "key_text.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace ccmadm::test {
namespace {

// 00 01 .. 1f
const std::string hex_digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string good_text = "# a comment\n\ncluster blue\nnumber 7\nkey " + hex_digits + "\n";

std::string parse_error(const std::string &text)
{
    const auto key = parse_key(text);
    return key ? "none" : key.error().text;
}

TEST(KeyText, Good)
{
    const std::string longest(31, 'n');
    const struct {
        std::string text, cluster;
        std::uint32_t number;
    } cases[] = {
        {good_text, "blue", 7},
        {"key " + hex_digits + "\nnumber 4294967295\ncluster a:b;c#d\n", "a:b;c#d", 4294967295},
        {"cluster \t " + longest + " \t\nnumber\t1  \n \t\n  \nkey  " + hex_digits + "\t\n#", longest, 1},
    };
    for (const auto &c : cases) {
        const std::string text = c.text.back() == '#' ? c.text + "\n" : c.text;
        const auto key = parse_key(text);
        ASSERT_TRUE(key) << key.error().text;
        EXPECT_EQ(key.value().cluster, c.cluster);
        EXPECT_EQ(key.value().number, c.number);
        for (unsigned i = 0; i < 32; ++i)
            EXPECT_EQ(key.value().bytes[i], i);
    }
}

TEST(KeyText, EachKindOfBad)
{
    const std::string cluster = "cluster blue\n", number = "number 7\n", key = "key " + hex_digits + "\n";
    const std::pair<std::string, const char *> cases[] = {
        {"", "there is no line `cluster`: is the file whole?"},
        {"\n# nothing\n", "there is no line `cluster`: is the file whole?"},
        {cluster + key, "there is no line `number`: is the file whole?"},
        {cluster + number, "there is no line `key`: is the file whole?"},
        {cluster + number + "key " + hex_digits, "line 3: the line has no end: is the file whole?"},
        {good_text + "x", "line 6: the line has no end: is the file whole?"},
        {good_text + "x\n", "line 6: unknown; there are `cluster`, `number` and `key`, and comments behind #"},
        {good_text + hex_digits + "\n",
         "line 6: unknown; there are `cluster`, `number` and `key`, and comments behind #"},
        {" " + good_text, "none"},
        {" \tcluster blue\n", "there is no line `number`: is the file whole?"},
        {"clusters blue\n", "line 1: unknown; there are `cluster`, `number` and `key`, and comments behind #"},
        {"Cluster blue\n", "line 1: unknown; there are `cluster`, `number` and `key`, and comments behind #"},
        {cluster + number + key + cluster, "line 4: a second `cluster`: a file has one key"},
        {number + number, "line 2: a second `number`: a file has one key"},
        {key + key, "line 2: a second `key`: a file has one key"},
        {"cluster\n", "line 1: behind `cluster` must stand 1 to 31 printable ASCII characters without blanks"},
        {"cluster two words\n",
         "line 1: behind `cluster` must stand 1 to 31 printable ASCII characters without blanks"},
        {"cluster blue\r\n", "line 1: behind `cluster` must stand 1 to 31 printable ASCII characters without blanks"},
        {"cluster gr\xc3\xbcn\n",
         "line 1: behind `cluster` must stand 1 to 31 printable ASCII characters without blanks"},
        {"cluster " + std::string(32, 'n') + "\n",
         "line 1: behind `cluster` must stand 1 to 31 printable ASCII characters without blanks"},
        {"number\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number 0\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number 07\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number -1\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number +1\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number 0x7\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number 7 8\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"number 4294967296\n", "line 1: behind `number` must stand a number from 1 to 4294967295"},
        {"key\n", "line 1: behind `key` must stand 64 hexadecimal digits"},
        {"key " + hex_digits + "0\n", "line 1: behind `key` must stand 64 hexadecimal digits"},
        {"key " + hex_digits.substr(1) + "\n", "line 1: behind `key` must stand 64 hexadecimal digits"},
        {"key " + hex_digits.substr(1) + "g\n", "line 1: behind `key` must stand 64 hexadecimal digits"},
        {"key g" + hex_digits.substr(1) + "\n", "line 1: behind `key` must stand 64 hexadecimal digits"},
        {"key " + hex_digits.substr(0, 32) + " " + hex_digits.substr(33) + "\n",
         "line 1: behind `key` must stand 64 hexadecimal digits"},
        {good_text + "#" + std::string(4096, 'x') + "\n", "more than 4096 bytes: it is no key"},
    };
    for (const auto &[text, error] : cases)
        EXPECT_EQ(parse_error(text), error) << text;
}

TEST(KeyText, EveryCharacterAsADigit)
{
    for (int c = 0; c < 256; ++c) {
        std::string text = good_text;
        text[text.size() - 2] = static_cast<char>(c);
        // One that ends the line, or is a blank at its end, leaves a digit too few.
        const bool digit = c < 128 && isxdigit(c) != 0;
        const auto key = parse_key(text);
        ASSERT_EQ(static_cast<bool>(key), digit) << c;
        if (digit) {
            EXPECT_EQ(key.value().bytes[31], 0x10 + std::stoi(std::string(1, static_cast<char>(c)), nullptr, 16));
        }
    }
}

TEST(KeyText, FormatIsWhatIsParsed)
{
    Key key;
    key.cluster = std::string(31, ':');
    key.number = 4294967295;
    for (unsigned i = 0; i < 32; ++i)
        key.bytes[i] = static_cast<unsigned char>(255 - 7 * i);
    KeyText text;
    const std::string_view formatted = format_key(key, text);
    const auto again = parse_key(formatted);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(again.value().cluster, key.cluster);
    EXPECT_EQ(again.value().number, key.number);
    EXPECT_EQ(std::memcmp(again.value().bytes.data(), key.bytes.data(), 32), 0);
}

// A file that was cut off is no key: above all none with a shorter number.
TEST(KeyText, NoBeginningOfAFileIsAKey)
{
    const std::string orders[] = {good_text, "key " + hex_digits + "\ncluster blue\nnumber 71\n",
                                  "number 71\nkey " + hex_digits + "\ncluster blue\n"};
    for (const auto &text : orders) {
        ASSERT_TRUE(parse_key(text));
        for (std::size_t length = 0; length < text.size(); ++length)
            EXPECT_FALSE(parse_key(std::string_view(text).substr(0, length))) << length;
    }
}

// Whatever stands there: no crash, and no piece of the file in the error.
TEST(KeyText, BytesThatWereChanged)
{
    std::mt19937 dice(4711);
    const auto below = [&](std::size_t end) { return dice() % end; };
    unsigned refused = 0;
    for (int run = 0; run < 100'000; ++run) {
        std::string text = good_text;
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
            case 0:
                text[at] = static_cast<char>(below(256));
                break;
            case 1:
                text.erase(at, 1 + below(8));
                break;
            case 2:
                text.insert(at, 1, "\n\r\t #k0f\x7f"[below(10)]);
                break;
            default:
                text.insert(at, text.substr(below(text.size()), below(80)));
            }
            if (text.empty())
                text = "\n";
        }
        const auto key = parse_key(text);
        if (key) {
            EXPECT_TRUE(is_cluster_name(key.value().cluster)) << text;
            EXPECT_NE(key.value().number, 0u) << text;
            continue;
        }
        ++refused;
        for (std::size_t at = 0; at + 8 <= hex_digits.size(); at += 2)
            EXPECT_EQ(key.error().text.find(hex_digits.substr(at, 8)), std::string::npos) << key.error().text;
    }
    EXPECT_GT(refused, 50'000u);
}

TEST(SecretMemory, IsWipedWhenItGoesAndWhenItIsMovedFrom)
{
    using Bytes = Secret<unsigned char, 32>;
    alignas(Bytes) unsigned char memory[sizeof(Bytes)];
    auto *first = new (memory) Bytes;
    std::memset(first->data(), 0xa5, first->size());
    {
        const Bytes second(std::move(*first));
        EXPECT_EQ(second[31], 0xa5);
        EXPECT_EQ((*first)[0], 0);
        EXPECT_EQ((*first)[31], 0);
    }
    std::memset(first->data(), 0xa5, first->size());
    first->~Bytes();
    volatile unsigned char *const left = memory;
    for (std::size_t i = 0; i < sizeof(memory); ++i)
        EXPECT_EQ(left[i], 0) << i;
}

} // namespace
} // namespace ccmadm::test
