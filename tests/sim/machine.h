// SPDX-License-Identifier: GPL-2.0-only
// One session machine and a partner that is made up event by event, for directed tests.
// Every step is checked as in the simulator.
#ifndef CCM_SIM_MACHINE_H
#define CCM_SIM_MACHINE_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../ccm/core/session.h"
#include "step_watch.h"

namespace sim {

using Bytes = std::vector<uint8_t>;
using Types = std::vector<uint32_t>;

constexpr uint64_t ms = 1000;

// An enumerator beside a uint32_t in EXPECT_EQ()
inline uint32_t u(uint32_t value)
{
    return value;
}

using Entries = std::vector<ccm_catalog_entry>;
using Slots = std::vector<ccm_link_slot>;

struct Happening {
    ccm_session_event event{};
    Bytes data;
    std::shared_ptr<ccm_catalog> clients; // CLIENTS
};

// A client that fits every other one of its name
ccm_catalog_entry entry(const std::string &name, uint64_t instance, uint64_t ask = 0, uint64_t give = 0);

class Machine {
public:
    explicit Machine(uint32_t node = 1, uint32_t partner = 2);

    // One event. The actions are in out; what is wrong with them, in wrong.
    Machine &step(Happening h);

    // What the made-up partner does. @tweak spoils the message before it is encoded.
    Happening simple(ccm_session_event_type type, uint32_t reason = 0, uint32_t status = 0) const;
    Happening request(uint32_t attempt, uint64_t incarnation = 0,
                      const std::function<void(ccm_wire_request &)> &tweak = {});
    Happening established(bool iwarp = false, const std::function<void(ccm_wire_request &)> &tweak = {}) const;
    Happening rejected(uint32_t code) const;
    Happening keys(const std::function<void(ccm_wire_keys &)> &tweak = {}) const;
    Happening status(const std::function<void(ccm_wire_status &)> &tweak = {}) const;
    Happening hello(const std::function<void(ccm_wire_hello &)> &tweak = {}) const;
    Happening answer_ring() const;
    Happening answer(const std::function<void(ccm_wire_answer &)> &tweak = {}) const;
    Happening catalog(const std::function<void(ccm_catalog &)> &tweak = {}) const;
    Happening ready(const std::function<void(ccm_wire_ready &)> &tweak = {}) const;
    Happening goodbye(uint32_t reason, uint32_t stage = CCM_STAGE_UNKNOWN) const;
    Happening links(const Slots &slots, const std::function<void(ccm_links_header &)> &tweak = {});
    Happening verified(bool right = true) const { return simple(CCM_SEV_VERIFIED, 0, right); }
    Happening psk(const std::vector<uint32_t> &numbers) const; // the keys there are here
    Happening taken(uint32_t ring) const { return simple(CCM_SEV_RING, 0, ring); }

    // What the runtime tells of the machine's clients, and of the present try of a link
    Happening clients(const Entries &entries) const;
    Happening prepared(uint32_t index) const;
    Happening opened(uint32_t index) const;
    Happening failed(uint32_t index, uint32_t reason) const;
    // The partner's slot for a link as the partner would have it, in @state
    ccm_link_slot slot(uint32_t index, uint32_t state) const;

    // Ways through the states, by events alone
    Machine &start();
    // Authentication is wanted; each side has keys of these numbers.
    Machine &with_psk(const std::vector<uint32_t> &mine, const std::vector<uint32_t> &theirs);
    Machine &fail(uint32_t status = CCM_CM_NO_LISTENER);
    Machine &timer();   // the armed time comes
    Machine &passive(); // DOWN, then accept a request
    Machine &greet(bool iwarp = false);
    Machine &to(ccm_state state);  // on from wherever it is
    Machine &take();               // the partner takes what was written
    Machine &open(uint32_t index); // a link from PREPARING to UP

    const ccm_session_action *find(uint32_t type) const;
    bool has(uint32_t type) const { return find(type); }
    const ccm_session_conn &conn() const { return beside ? s.candidate : s.conn; }
    std::vector<uint32_t> types() const;
    uint32_t reject_code() const; // 0: no reject
    // A link in the words of a test: "PREPARING 1 limit": state, epoch, reason
    std::string link(uint32_t index) const;
    // What was to be done to links in the last step: "CLOSE 0 limit, PREPARE 0"; no SHOW
    std::string done() const;
    uint64_t wait() const { return s.armed_us - now; }

    ccm_session s{};
    ccm_session_actions out{};
    std::string wrong;
    uint64_t now = 1000000;
    uint64_t random = 0x123456789abcdef0ULL;
    uint64_t uptime_ms = 5000;       // of this machine's kernel
    uint64_t heard_us = 0;           // last heartbeat
    uint32_t read_us = 0;            // how long the slowest of the last ones took
    uint64_t heard_uptime_ms = 0;    // of the partner's kernel, as that said
    uint64_t peer_uptime_ms = 90000; // of the partner's kernel, as its request and hello say
    uint64_t peer_machine = 0xbe;    // of the partner, as its hello says
    bool takes = true;               // the partner takes its mail before a timer comes
    bool beside = false;             // what the partner does, it does on the candidate
    uint64_t peer_incarnation = 0xb0b;
    uint32_t peer_attempt = 1;
    uint64_t peer_nonce = 0xfeed;
    uint32_t next_incoming = 1;
    uint32_t peer_psk[CCM_PSK_NUMBERS]{}; // numbers of the partner's keys
    Entries peer_clients;                 // of the partner's catalog
    uint64_t peer_generation = 1;
    uint64_t peer_sequence = 0;        // of the partner's tables so far
    std::vector<ccm_link_action> acts; // of the last step
    Bytes mailed[CCM_RING_COUNT];      // what the last MAIL of each kind wrote
    uint32_t mails[CCM_RING_COUNT]{};  // how many there were

private:
    StepWatch watch_;
};

} // namespace sim

#endif
