// SPDX-License-Identifier: GPL-2.0-only
#include "rogue_key.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../../ccm/core/bytes.h"

namespace ccm::test {

namespace {

constexpr std::size_t info_len = 64, head_len = 32, proof_at = 64, proof_len = 32;

Bytes hmac(const Bytes &key, const Bytes &data)
{
    Bytes out(32);
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), nullptr);
    return out;
}

} // namespace

Bytes RogueKey::derive(std::uint32_t what_for) const
{
    Bytes salt = lower_challenge;
    salt.insert(salt.end(), higher_challenge.begin(), higher_challenge.end());
    Bytes info(info_len + 1);
    std::strcpy(reinterpret_cast<char *>(info.data()), "CCM key of a connection");
    ccm_put_u32(&info[24], what_for);
    ccm_put_u32(&info[28], number);
    ccm_put_u64(&info[32], cluster);
    ccm_put_u32(&info[40], lower);
    ccm_put_u32(&info[44], higher);
    ccm_put_u64(&info[48], lower_incarnation);
    ccm_put_u64(&info[56], higher_incarnation);
    info[info_len] = 1;
    return hmac(hmac(salt, psk), info);
}

Bytes RogueKey::proof(std::uint32_t from, std::uint32_t to, const std::vector<Bytes> &said, Bytes hello) const
{
    Bytes all(head_len);
    std::strcpy(reinterpret_cast<char *>(all.data()), "CCM hello");
    ccm_put_u32(&all[12], from);
    ccm_put_u32(&all[16], to);
    for (std::size_t i = 0; i < said.size(); i++) {
        ccm_put_u16(&all[20 + 2 * i], static_cast<std::uint16_t>(said[i].size()));
        all.insert(all.end(), said[i].begin(), said[i].end());
    }
    ccm_put_u32(&all[28], static_cast<std::uint32_t>(hello.size()));
    std::fill_n(hello.begin() + proof_at, proof_len, std::uint8_t{0});
    all.insert(all.end(), hello.begin(), hello.end());
    return hmac(derive(1), all);
}

std::uint64_t siphash(const Bytes &key, const Bytes &data)
{
    const std::uint64_t k[] = {ccm_get_u64(key.data()), ccm_get_u64(key.data() + 8)};
    std::uint64_t v[] = {k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d, k[0] ^ 0x6c7967656e657261,
                         k[1] ^ 0x7465646279746573};
    auto rounds = [&v](int count) {
        while (count--) {
            v[0] += v[1], v[1] = std::rotl(v[1], 13) ^ v[0], v[0] = std::rotl(v[0], 32);
            v[2] += v[3], v[3] = std::rotl(v[3], 16) ^ v[2];
            v[0] += v[3], v[3] = std::rotl(v[3], 21) ^ v[0];
            v[2] += v[1], v[1] = std::rotl(v[1], 17) ^ v[2], v[2] = std::rotl(v[2], 32);
        }
    };
    auto take = [&](std::uint64_t word) {
        v[3] ^= word;
        rounds(2);
        v[0] ^= word;
    };
    // what is hashed here is made of whole words
    for (std::size_t at = 0; at < data.size(); at += 8)
        take(ccm_get_u64(data.data() + at));
    take(std::uint64_t{data.size()} << 56);
    v[2] ^= 0xff;
    rounds(4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

} // namespace ccm::test
