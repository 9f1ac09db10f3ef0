// SPDX-License-Identifier: GPL-2.0-only
//
// What is proven of a pre-shared key, made a second time from what Documentation/protocol.rst says
// (Authentication), with OpenSSL's HMAC: for a partner that is made by hand.
#pragma once

#include <cstdint>

#include "rogue.h"

namespace ccm::test {

using lab::Bytes;

// A connection as both ends know it, the lower node's part first where there is an order.
struct RogueKey {
    Bytes psk; // 32 bytes
    std::uint32_t number = 1;
    std::uint64_t cluster = 0;
    std::uint32_t lower = 0, higher = 0; // ids
    std::uint64_t lower_incarnation = 0, higher_incarnation = 0;
    Bytes lower_challenge, higher_challenge;

    // 32 bytes. FOR: 1 proofs, 2 tokens of ports
    Bytes derive(std::uint32_t what_for) const;
    // Of a hello from one node to the other, behind these four messages
    Bytes proof(std::uint32_t from, std::uint32_t to, const std::vector<Bytes> &said, Bytes hello) const;
};

// SipHash-2-4; the key's first 16 bytes are used.
std::uint64_t siphash(const Bytes &key, const Bytes &data);

} // namespace ccm::test
