// SPDX-License-Identifier: GPL-2.0-only
#include "proofs.h"

#include <algorithm>

#include "../../ccm/core/bytes.h"

namespace sim {

// Everything that a real proof depends on; numbers stand for the bytes of the key.
Proofs::Bytes Proofs::all(const ccm_session &s, const ccm_session_conn &c, bool mine, const Bytes &hello, uint32_t key)
{
    Bytes bytes(CCM_AUTH_SALT_LEN + CCM_AUTH_INFO_LEN + CCM_AUTH_MESSAGE_MAX);
    uint32_t len = std::min<uint32_t>(ccm_get_u16(hello.data() + 6), static_cast<uint32_t>(hello.size()));
    uint8_t *at = bytes.data();

    ccm_auth_salt(&s, &c, at);
    at += CCM_AUTH_SALT_LEN;
    ccm_auth_info(&s, &c, CCM_AUTH_PROOF, at);
    at += CCM_AUTH_INFO_LEN;
    at += ccm_auth_message(&s, &c, mine, hello.data(), std::min<uint32_t>(len, CCM_AUTH_HELLO_MAX), at);
    bytes.resize(static_cast<size_t>(at - bytes.data()));
    bytes.push_back(static_cast<uint8_t>(key));
    return bytes;
}

Proofs::Bytes Proofs::make(const ccm_session &s, const ccm_session_conn &c, const Bytes &hello, uint32_t key)
{
    Bytes proof(CCM_WIRE_PROOF_LEN);

    std::generate(proof.begin(), proof.end(), [this] { return static_cast<uint8_t>(rng_.next()); });
    made_[proof] = all(s, c, true, hello, key);
    return proof;
}

bool Proofs::right(const ccm_session &s, const ccm_session_conn &c, const Bytes &hello, uint32_t key) const
{
    auto made =
        made_.find(Bytes(hello.begin() + CCM_HELLO_PROOF, hello.begin() + CCM_HELLO_PROOF + CCM_WIRE_PROOF_LEN));

    return made != made_.end() && made->second == all(s, c, false, hello, key);
}

} // namespace sim
