// SPDX-License-Identifier: GPL-2.0-only
/*
 * The partner of a fuzzed session: it can say the right thing at any time, so that
 * the fuzzer reaches the deep states, and the fuzzer may then spoil it.
 */
#ifndef CCM_TESTS_FUZZ_SESSION_PEER_H
#define CCM_TESTS_FUZZ_SESSION_PEER_H

#include <map>
#include <memory>
#include <vector>

#include "ccm/core/session.h"

/* Four names, each there or not; one that comes back is another instance. */
class FuzzClients {
public:
    explicit FuzzClients(u64 instance) : instance_(instance) {}

    /* Returns whether anything is different now. */
    bool set(u32 which);
    const ccm_catalog &catalog() const { return *catalog_; }

private:
    u64 instance_;
    u32 which_ = 0;
    std::unique_ptr<ccm_catalog> catalog_ = std::make_unique<ccm_catalog>();
};

class SessionPeer {
public:
    explicit SessionPeer(const ccm_session_config &partner) : partner_(partner) {}

    /* What time it is; its kernel has run for some minutes by the first one. */
    void at(u64 now_us) { now_us_ = static_cast<s64>(now_us); }
    /*
     * It goes on without what it had: whoever asks next is another incarnation of ...
     * connections that there are stay what they were
     */
    enum Back : u8 {
        NEW_KERNEL = 0,      /* ... a kernel that was started now */
        RELOADED = 1,        /* ... the same kernel */
        ANOTHER_MACHINE = 2, /* ... a kernel that has run for longer */
        SNAPSHOT = 3,        /* or the same one, set back in time */
        BACK_COUNT
    };
    void restart(u8 how);
    /* Of the kernel at the other end of a connection */
    u64 uptime_ms(u32 conn);
    /* what the session sent */
    void hears(const ccm_session &s, const ccm_session_action &action);

    std::vector<u8> request(u32 conn, bool later);
    std::vector<u8> reject(u32 code) const;
    std::vector<u8> keys(u32 conn);
    std::vector<u8> read(u32 conn, u32 what);
    /*
     * @arg: of a goodbye, the reason; of a catalog, which clients there are; of a table,
     * the state of all links, and from 8 on an epoch that is one higher
     */
    std::vector<u8> mail(const ccm_session &s, u32 conn, u32 ring, u32 arg);

private:
    /* Who is at the other end of one connection, and what was said on it */
    struct End {
        u64 incarnation;
        s64 booted_us;
        u64 nonce_heard = 1;
        u64 first_generation = 0; /* W3 is about that one */
        u64 sequence = 0;
        u64 plan = 1;
    };
    End &end(u32 conn) { return ends_.try_emplace(conn, End{incarnation_, booted_us_}).first->second; }
    u64 nonce(u32 conn) { return end(conn).incarnation * 31 + conn; }
    std::vector<u8> catalog(u32 conn, u32 which);
    std::vector<u8> links(const ccm_session &s, u32 conn, u32 arg);

    ccm_session_config partner_; /* the session under test: our partner */
    u64 incarnation_ = 0x5000;
    s64 now_us_ = 0;
    s64 booted_us_ = -143360000;
    u32 attempt_ = 0;
    std::map<u32, End> ends_; /* by connection */
    FuzzClients clients_{0x900};
    u64 generation_ = 1;
    std::vector<u8> heard_; /* the session's last catalog */
};

#endif
