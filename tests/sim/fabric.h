// SPDX-License-Identifier: GPL-2.0-only
// The fake transport: RDMA CM, reliable queue pairs and remote memory between hosts.
//
// CM messages (request, reply, ready-to-use, reject, disconnect) are datagrams: lost,
// delayed, reordered, now and then doubled. A queue pair delivers in order; traffic that
// is lost is repeated, and when nothing has come through for the whole retry time, the
// pair breaks. READs and WRITEs move real bytes, and only with a key that is valid on
// that very connection at that moment.
#ifndef CCM_SIM_FABRIC_H
#define CCM_SIM_FABRIC_H

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "../../ccm/core/session.h"
#include "world.h"

namespace sim {

class Cluster;
enum class Source;
struct Event;

using Bytes = std::vector<uint8_t>;

struct Link {
    bool cut = false;
    uint32_t loss_permille = 0;
    uint64_t delay_min = 20;
    uint64_t delay_max = 120;
};

// What one connection exposes of its host; the status page itself is the host's.
struct Memory {
    ccm_session_keys keys{};
    std::array<uint8_t, CCM_PAGE_LEN> session_page{};
    std::array<uint8_t, CCM_MAILBOX_LEN> mailbox{};
};

struct Op {
    enum Kind { send, ring, write, read, heartbeat } kind;
    Bytes data;
    uint64_t addr = 0;
    uint32_t key = 0;
    uint32_t what = 0; // enum ccm_ring or enum ccm_session_read
    uint32_t read_len = 0;
    uint64_t arrival = 0;
    uint32_t tries = 0;
    bool delivered = false; // it has taken effect; only the acknowledgement is missing
};

// The other end of what a rogue has sent
inline constexpr uint32_t rogue_end = UINT32_MAX;

// One end of a connection. Ids count from 1.
struct End {
    enum State { req_sent, req_received, rep_sent, established, broken, failed, closed };

    uint32_t id = 0;
    uint32_t host = 0;
    uint64_t epoch = 0; // which life of the host
    uint32_t partner = 0;
    uint32_t conn = 0;
    State state = req_sent;
    uint32_t peer = 0; // id of the other end; 0: not known; rogue_end: a rogue
    std::unique_ptr<Memory> memory;
    std::deque<Op> sends;
    uint64_t last_arrival = 0;
    uint64_t last_done = 0;    // completions are in order, too
    bool disconnected = false; // the other end has been, or will be, told that it is over
    bool reported = false;     // ready-to-use has come
    bool received = false;     // anything has come in
    bool sent = false;
    bool ready_sent = false; // W3 has left
    bool by_data = false;    // established by what came in
    bool confirmed = false;  // ... and ready-to-use has come, too
    bool keys_known = false; // A0 has been handed to the session
    bool hostile = false;    // no Node is behind it: see hostile.h
    ccm_wire_keys peer_keys{};
};

class Fabric {
public:
    explicit Fabric(Cluster &cluster);

    Link &link(uint32_t from, uint32_t to) { return links_[{from, to}]; }

    // CM, called by a host's runtime
    uint32_t open(uint32_t host, uint32_t partner, uint32_t conn);
    void request(uint32_t end, Bytes request);
    void accept(uint32_t end, Bytes reply);
    void reject(uint32_t end, Bytes data);
    // A request that nobody looks at: it has no answer of the other side's CCM.
    void disown(uint32_t end);
    // What has come says so: an accepting queue pair can send since the accept.
    void established(uint32_t end);
    // The two halves of a CLOSE: between them what the partner sent still arrives.
    void disconnect(uint32_t end);
    void close(uint32_t end);
    void device_gone(uint32_t host);
    // A datagram; @repeats: how often the sender repeats one that is lost.
    void message(uint32_t from, uint32_t to, std::function<void()> deliver, uint32_t repeats = 0);
    // A request from nowhere, as a rogue would send it
    void rogue(uint32_t to, Bytes request);
    // The same with somebody behind it, at the address of @as
    uint32_t hostile_connect(uint32_t as, uint32_t to, Bytes request);

    // Queue pair
    void post(uint32_t end, Op op);
    void break_end(uint32_t end);
    // What is left of it in a later life of its host
    uint32_t dead(uint32_t end, uint64_t epoch);

    End &end(uint32_t id) { return *ends_.at(id); }
    bool alive(const End &e);

    static constexpr uint32_t tries_max = 7;
    static constexpr uint64_t retry_us = 30000;
    static constexpr uint32_t replies_max = 3;
    static constexpr uint64_t reply_us = 300000;

private:
    End &make(uint32_t host, uint32_t partner, uint32_t conn, End::State state);
    void give_memory(End &e);
    void request_arrives(uint32_t from_end, uint32_t from, uint32_t to, const Bytes &request);
    void reply_arrives(uint32_t to_end, uint32_t from_end, const Bytes &reply);
    void ready_to_use(uint32_t end);
    void repeat_reply(uint32_t end, uint32_t times);
    void reply_again(uint32_t to_end, uint32_t from_end);
    void reject_arrives(uint32_t end, uint32_t status, const Bytes &data);
    void disconnect_arrives(uint32_t end);
    void transmit(uint32_t end);
    bool passes(uint32_t from, uint32_t to);
    bool passes(const End &from, const End &to);
    // A datagram of one end to its other, as message()
    void say(const End &from, uint32_t to, std::function<void()> deliver, uint32_t repeats = 0);
    void tell(const End &e, Source source, Event event);
    bool deliver(End &from, End &to, const Op &op);
    uint8_t *reach(End &responder, const Op &op, uint32_t len, bool write);
    bool possible(const End &from, End &to, const Op &op);
    uint8_t *find(End &responder, const Op &op, uint32_t len, bool write);

    Cluster &cluster_;
    std::vector<std::unique_ptr<End>> ends_;
    std::map<std::pair<uint32_t, uint32_t>, Link> links_;
    Bytes read_buffer_;
};

} // namespace sim

#endif
