// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold of the actions of a session, whatever happens to it: the promises of
 * the header and of the design, seen from outside.
 */
#ifndef CCM_TESTS_FUZZ_SESSION_CHECKER_H
#define CCM_TESTS_FUZZ_SESSION_CHECKER_H

#include <map>
#include <set>

#include "ccm/core/session.h"

class SessionChecker {
public:
    explicit SessionChecker(const ccm_session_config &config) : config_(config) {}

    /* Around each ccm_session_step() */
    void before(const ccm_session &s, u64 now_us, const ccm_session_event &event);
    void after(const ccm_session &s, const ccm_session_actions &actions);

    u64 timer_us() const { return timer_us_; }
    bool ready() const { return ready_; }
    /* The present connection was a candidate that had proven itself. */
    bool replaced() const { return replaced_; }
    bool clash() const { return clash_; }

private:
    void check(const ccm_session &s, const ccm_session_action &action);
    void check_status(const ccm_session_action &action, u64 bytes) const;
    void check_mailbox(const ccm_session_action &action, u64 bytes) const;
    void check_candidate(const ccm_session &s);
    void take_proof();
    bool of_candidate() const; /* the event is */

    ccm_session_config config_;
    ccm_session_event event_ = {};
    u32 state_before_ = CCM_STATE_DOWN;
    u32 conn_before_ = 0;
    u32 candidate_before_ = 0;
    u64 now_us_ = 0;

    std::set<u32> open_; /* connections that have been made and not closed */
    u32 last_connect_ = 0;
    std::map<u32, ccm_wire_keys> keys_; /* that came, by connection */
    std::map<u32, u64> keys_sent_;      /* A0 of ours, by connection: its nonce */
    std::set<u32> verified_;            /* the hello's proof was right, on these connections */
    std::set<u32> page_right_;          /* R1 showed the partner's page, on these connections */
    std::set<u32> hello_right_;         /* a hello that knows my nonce came, on these */
    bool replaced_ = false;
    bool clash_ = false;
    bool ready_ = false; /* clients have been told READY and not DOWN */
    bool enabled_ = false;
    u32 shown_state_ = CCM_STATE_DOWN;
    u32 shown_reason_ = CCM_REASON_NONE;
    u64 timer_us_ = 0;
    int answers_ = 0; /* to a connect request, in this step */
};

#endif
