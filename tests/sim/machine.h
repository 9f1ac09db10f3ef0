// SPDX-License-Identifier: GPL-2.0-only
// One session machine and a partner that is made up event by event, for directed tests.
// Every step is checked as in the simulator.
#ifndef CCM_SIM_MACHINE_H
#define CCM_SIM_MACHINE_H

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/session.h"

namespace sim {

using Bytes = std::vector<uint8_t>;

struct Happening {
	ccm_session_event event{};
	Bytes data;
};

class Machine {
public:
	explicit Machine(uint32_t node = 1, uint32_t partner = 2);

	// One event. The actions are in out; what is wrong with them, in wrong.
	Machine &step(Happening h);

	// What the made-up partner does. @tweak spoils the message before it is encoded.
	Happening simple(ccm_session_event_type type, uint32_t reason = 0, uint32_t status = 0) const;
	Happening request(uint32_t attempt, uint64_t incarnation = 0,
			  std::function<void(ccm_wire_request &)> tweak = {});
	Happening established(bool iwarp = false,
			      std::function<void(ccm_wire_request &)> tweak = {}) const;
	Happening rejected(uint32_t code) const;
	Happening keys(std::function<void(ccm_wire_keys &)> tweak = {}) const;
	Happening status(std::function<void(ccm_wire_status &)> tweak = {}) const;
	Happening hello(std::function<void(ccm_wire_hello &)> tweak = {}) const;
	Happening answer_ring() const;
	Happening answer(std::function<void(ccm_wire_answer &)> tweak = {}) const;
	Happening catalog(std::function<void(ccm_wire_catalog &)> tweak = {}) const;
	Happening ready(std::function<void(ccm_wire_ready &)> tweak = {}) const;
	Happening goodbye(uint32_t reason) const;

	// Ways through the states, by events alone
	Machine &start();
	Machine &fail(uint32_t status = CCM_CM_NO_LISTENER);
	Machine &timer();		// the armed time comes
	Machine &passive();		// DOWN, then accept a request
	Machine &greet(bool iwarp = false);
	Machine &to(ccm_state state);	// on from wherever it is

	const ccm_session_action *find(uint32_t type) const;
	bool has(uint32_t type) const { return find(type); }
	std::vector<uint32_t> types() const;
	uint32_t reject_code() const;	// 0: no reject
	uint64_t wait() const { return s.deadline_us - now; }

	ccm_session s{};
	ccm_session_actions out{};
	std::string wrong;
	uint64_t now = 1000000;
	uint64_t random = 0x123456789abcdef0ULL;
	uint64_t peer_incarnation = 0xb0b;
	uint32_t peer_attempt = 1;
	uint64_t peer_nonce = 0xfeed;
	uint32_t next_incoming = 1;

private:
	std::set<uint32_t> live_;
	bool client_ready_ = false;
	uint32_t last_connect_ = 0;
	uint32_t shown_state_ = CCM_STATE_DOWN;
	uint32_t shown_reason_ = CCM_REASON_NONE;
	uint32_t keys_conn_ = 0;
	ccm_wire_keys keys_{};
};

} // namespace sim

#endif
