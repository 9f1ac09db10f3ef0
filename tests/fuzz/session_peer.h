// SPDX-License-Identifier: GPL-2.0-only
/*
 * The partner of a fuzzed session: it can say the right thing at any time, so that
 * the fuzzer reaches the deep states, and the fuzzer may then spoil it.
 */
#ifndef CCM_TESTS_FUZZ_SESSION_PEER_H
#define CCM_TESTS_FUZZ_SESSION_PEER_H

#include <vector>

#include "ccm/core/session.h"

class SessionPeer {
public:
    explicit SessionPeer(const ccm_session_config &partner) : partner_(partner) {}

    void restart();
    void hears(const ccm_session_action &action);    /* what the session sent */

    std::vector<u8> request(bool later);
    std::vector<u8> reject(u32 code) const;
    std::vector<u8> keys(u32 conn) const;
    std::vector<u8> read(u32 conn, u32 what) const;
    std::vector<u8> mail(u32 conn, u32 ring, u32 reason) const;

private:
    u64 nonce(u32 conn) const { return incarnation_ * 31 + conn; }

    ccm_session_config partner_;    /* the session under test: our partner */
    u64 incarnation_ = 0x5000;
    u32 attempt_ = 0;
    u64 nonce_heard_ = 1;
    u64 generation_heard_ = 1;
    u64 plan_heard_ = 1;
};

#endif
