// SPDX-License-Identifier: GPL-2.0-only
// A stand-in for HMAC: a proof is a random number that this remembers what it was made of. So
// nobody can forge one, nor use one for anything else.
#ifndef CCM_SIM_PROOFS_H
#define CCM_SIM_PROOFS_H

#include <cstdint>
#include <map>
#include <vector>

#include "../../ccm/core/auth.h"
#include "../../ccm/core/session.h"
#include "rng.h"

namespace sim {

class Proofs {
public:
    using Bytes = std::vector<uint8_t>;

    explicit Proofs(Rng &rng) : rng_(rng) {}
    // Of a hello that is to be sent
    Bytes make(const ccm_session &s, const ccm_session_conn &c, const Bytes &hello, uint32_t key = 1);
    // Of a hello that came
    bool right(const ccm_session &s, const ccm_session_conn &c, const Bytes &hello, uint32_t key = 1) const;

private:
    static Bytes all(const ccm_session &s, const ccm_session_conn &c, bool mine, const Bytes &hello, uint32_t key);

    Rng &rng_;
    std::map<Bytes, Bytes> made_; // what of
};

} // namespace sim

#endif
