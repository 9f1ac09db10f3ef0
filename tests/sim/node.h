// SPDX-License-Identifier: GPL-2.0-only
// One life of a host: the module from load to unload or crash. The runtime around the
// pure core as the kernel's is: an inbox per partner and a work item that looks at what
// waits there, in the order that ccm/core/schedule.h says; actions carried out in order,
// each to its end, while time passes; heartbeats beside it.
#ifndef CCM_SIM_NODE_H
#define CCM_SIM_NODE_H

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "../../ccm/core/liveness.h"
#include "../../ccm/core/schedule.h"
#include "../../ccm/core/session.h"
#include "fabric.h"
#include "link_watch.h"
#include "monitor.h"
#include "snapshot.h"
#include "versions.h"
#include "work.h"

namespace sim {

class Cluster;

// Which handler hears of it: each is in order, they are not among each other.
enum class Source { cm, receive, send, other, count };

// What has happened, on its way to whoever stores it
struct Event {
    ccm_session_event event{};
    Bytes data;
};

// A connection as the runtime keeps it: what came is stored, and a bit says that it waits.
struct Conn {
    uint32_t id = 0;
    uint32_t end = 0;
    uint32_t pending = 0;   // enum ccm_endpoint_bit and enum ccm_mail_bit
    bool connected = false; // reported, or known by what has arrived
    uint32_t status = 0;    // of REJECTED and FAILED
    Bytes private_data;     // to send with the request; then as received
    Bytes message;
    uint32_t early = 0;                          // rings, by kind, that came before what they answer had completed
    bool stage_due = false;                      // the stage has changed while its ring was on the way
    std::array<Bytes, 1 + CCM_READ_ANSWER> read; // by enum ccm_session_read
};

// A connect request for a port that was not looked at yet
struct PortRequest {
    ccm_wire_port msg{};
    std::function<void(bool)> answer;
};

// What there is of a link's present try: memory, and ports to the partner
struct Try {
    uint64_t serial = 0;
    uint64_t instance = 0;
    uint64_t peer = 0;
    uint32_t epoch = 0;
    uint64_t give = 0;          // bytes set aside
    uint32_t key = 0;           // of the chunk table
    bool registered = false;    // ... which can be offered
    bool opening = false;       // OPEN was asked for
    bool table_read = false;    // the partner's
    std::vector<bool> ports;    // connected
    uint32_t why = 0;           // enum ccm_client_reason: it has failed; the first cause counts
    bool told_prepared = false; // what the core knows
    bool told = false;          // ... that it is opened
    bool told_failed = false;
};

// One side of one try, in all the history of a run: see Cluster::tries
struct TryKey {
    uint64_t nonce = 0;    // of that side's session
    uint64_t instance = 0; // of its client
    uint64_t peer = 0;
    uint32_t epoch = 0;
    auto operator<=>(const TryKey &) const = default;
};

struct TryDone {
    uint32_t key = 0; // of the chunk table
    bool prepared = false;
    bool opened = false;
};

struct Partner {
    uint32_t id = 0;
    ccm_session session{};

    // What waits, and the work item that looks at it
    uint32_t inbox = 0; // enum ccm_inbox_bit
    ccm_schedule schedule{};
    std::array<uint32_t, CCM_INBOX_BITS> passed_over{}; // how often, while it waited
    uint32_t stop_reason = 0;
    bool wanted = false;                    // the last order was START
    std::list<Conn> requests;               // not looked at yet
    std::list<Conn> conns;                  // in the order in which they came
    std::vector<PortRequest> port_requests; // of the session that the next two are of
    uint64_t port_nonce = 0;                // 0: no session that has links
    uint64_t port_token = 0;
    uint32_t verified = 0; // conn
    bool verified_right = false;
    uint64_t timer = 0;  // which one is armed
    bool queued = false; // the work item is to run, or runs
    Work work;
    Event event; // that is stepped
    ccm_session_actions actions{};
    uint32_t state = CCM_STATE_DOWN; // before the step

    // Beside it
    ccm_liveness liveness{};
    uint32_t watched = 0; // conn
    uint64_t watch_addr = 0;
    uint32_t watch_key = 0;
    std::map<uint32_t, uint64_t> beats; // heartbeats on their way, by number: when they were posted
    uint32_t next_beat = 0;             // never used twice
    bool probing = false;               // ALIVE is wanted
    uint32_t probe_beat = 0;            // ... of a heartbeat with this number, or a later one
    bool look = false;                  // one more, as soon as there is room
    uint32_t read_us = 0;               // how long the last one took
    uint32_t slow_us = 0;               // ... and the slowest of late
    uint64_t heard_us = 0;              // last heartbeat that succeeded, of this watch
    uint64_t heard_uptime_ms = 0;
    uint32_t word_conn = 0; // of the session whose last word would be believed; 0: none
    Bytes word_secret;
    uint32_t word_heard = 0;

    // What is checked
    uint32_t present = 0;              // conn of the session, before the step
    std::map<uint32_t, uint32_t> ends; // conn that CM knows -> end
    std::set<uint32_t> live;           // conn of the session: connected or accepted, not closed
    std::set<uint32_t> asking;         // requests that wait for their answer
    uint32_t last_connect = 0;
    bool client_ready = false;
    uint64_t ready_incarnation = 0; // whose session it is that clients know
    uint64_t ready_since = 0;
    uint32_t connects = 0; // since the last settling began
    uint32_t shown_state = CCM_STATE_DOWN;
    uint32_t shown_reason = CCM_REASON_NONE;
    uint32_t left_stage = CCM_STAGE_UNKNOWN; // in a DOWN behind a goodbye: what that said
    uint32_t last_reason = CCM_REASON_NONE;  // of the last DOWN that was shown
    bool last_here = false;                  // ... which this node had ended
    LinkWatch watch;
    std::map<uint32_t, Try> tries; // by place
    std::array<uint64_t, static_cast<size_t>(Source::count)> last{};
};

class Node {
public:
    // @dumping: in a crash kernel
    Node(Cluster &cluster, uint32_t host, uint64_t epoch, bool dumping);

    void start();
    void stop(uint32_t reason);
    void stop_partner(uint32_t partner, uint32_t reason);
    void start_partner(uint32_t partner);
    // One that was stopped is taken away, and is given back as one that was never there.
    void renew_partner(uint32_t partner);
    void path_up();
    // Pre-shared keys: their numbers, the highest first, and what they are
    void set_keys(const std::vector<uint32_t> &numbers, uint32_t bytes);
    bool dumping() const { return stage_ == CCM_STAGE_DUMPING; }
    uint32_t shown_stage() const;
    // Its page says something new: partners are to look at once.
    void ring_stage();

    // From the fabric
    void incoming(uint32_t end, const Bytes &request);
    void push(uint32_t partner, Source source, Event event);
    void tell(uint32_t partner, uint32_t bit); // enum ccm_inbox_bit
    void heartbeat_done(uint32_t partner, uint32_t conn, uint32_t number, const Bytes &page);
    void sent(const End &end, const Op &op); // it has completed
    void refresh_page();

    // Clients: see node_links.cpp
    void register_client(const ccm_catalog_entry &what);
    void random_client();
    void client_leaves(size_t index);
    const std::vector<ccm_catalog_entry> &clients() const { return clients_; }
    void port_lost(uint32_t partner, uint32_t place);
    // nullptr: it is closed
    Try *find_try(uint32_t partner, uint32_t place, uint64_t serial);
    void watch_failover();
    std::unique_ptr<Monitor> monitor; // if there is one
    uint64_t memory_limit = ~0ULL;

    // See snapshot.h
    NodePast past() const;
    void go_back(const NodePast &past);

    void say_last_word();
    void hear_word(uint32_t from, const Bytes &secret);
    void freeze();
    void thaw();
    bool frozen() const { return frozen_; }
    bool busy() const; // a work item is to run, or runs
    // @what happens to this life of the host only, and only while it runs.
    void later(uint64_t delay, std::function<void(Node &)> what);
    // Run @what now, or when the node goes on
    void when_running(std::function<void()> what);

    uint64_t clock() const;
    uint64_t wait_for(uint64_t own) const; // that time of its clock
    uint64_t uptime_ms() const;            // of its kernel
    uint64_t epoch() const { return epoch_; }
    Core core() const { return core_; }
    uint64_t incarnation() const { return incarnation_; }
    std::map<uint32_t, Partner> &partners() { return partners_; }
    std::array<uint8_t, CCM_PAGE_LEN> &page() { return page_; }

    bool panicked = false;
    bool listening = true;

private:
    struct Pass; // of time

    // What waits: see node_inbox.cpp
    void arrive(Partner &p, const Event &event);
    void arrive_at(Conn &conn, const Event &event);
    Conn *find_conn(Partner &p, uint32_t id);
    bool next_event(Partner &p);
    void demand_turns(Partner &p, uint32_t had);
    bool take(Partner &p, uint32_t bit);
    bool take_bit(Partner &p, uint32_t bit);
    bool seen_to(Partner &p, uint32_t bit);
    bool take_request(Partner &p);
    bool take_conn(Partner &p);
    bool fill(Partner &p, Conn &conn, uint32_t bit);

    // The work item: see node_work.cpp
    Work work(uint32_t partner);
    Pass pass(Partner &p, uint64_t us);
    uint64_t takes(uint64_t usual_us, uint64_t longest_us);
    uint64_t takes(const ccm_session_action &action);
    uint64_t takes(const ccm_link_action &action);
    void arm(Partner &p, uint64_t at_us);
    void step(Partner &p);
    void rest(Partner &p);
    void demand(const Partner &p, const std::string &wrong);
    bool flushed(Partner &p, uint32_t conn);
    void carry_out(Partner &p, const ccm_session_action &action);
    void stop_watch(Partner &p, uint32_t conn);
    void close_conn(Partner &p, uint32_t conn);
    void connect(Partner &p, uint32_t conn, Bytes request);

    // Links: see node_links.cpp
    void carry_out(Partner &p, const ccm_link_action &action);
    bool links_event(Partner &p);
    bool try_event(Partner &p, uint32_t place, Try &t);
    void set_port_key(Partner &p);
    void ask_for_port(const ccm_wire_port &msg, std::function<void(bool)> answer);
    bool admit(Partner &p, const ccm_wire_port &msg);
    uint32_t fails(uint32_t partner);
    void prepare(Partner &p, uint32_t place);
    void open(Partner &p, uint32_t place);
    void close(Partner &p, uint32_t place);
    void failed(uint32_t partner, Try &t, uint32_t why);
    void ask_port(uint32_t partner, uint32_t place, uint64_t serial, uint32_t port);
    void read_table(uint32_t partner, uint32_t place, uint64_t serial);
    std::function<Try *()> while_there(uint32_t partner, uint32_t place, uint64_t serial);
    void clients_changed();
    uint64_t memory_used() const;
    void ring_stage(Conn &conn);
    void next_stage();
    void tick(uint32_t partner, uint32_t conn);
    bool beat(Partner &p);

    Cluster &cluster_;
    uint32_t host_;
    uint64_t epoch_;
    Core core_;
    uint64_t incarnation_;
    uint64_t offset_;
    uint64_t loaded_at_;
    uint64_t counter_lost_ = 0;
    uint64_t frozen_at_ = 0;
    bool frozen_ = false;
    uint32_t stage_;
    std::vector<uint32_t> psk_{1};
    uint32_t key_bytes_ = 1;
    uint32_t next_incoming_ = 1;
    std::vector<std::function<void()>> backlog_;
    std::map<uint32_t, Partner> partners_;
    std::vector<ccm_catalog_entry> clients_;
    uint64_t next_instance_ = 1;
    uint64_t monitor_client_ = 0; // its instance
    uint64_t next_serial_ = 1;
    ccm_catalog now_; // clients_ as the event has them
    std::array<uint8_t, CCM_PAGE_LEN> page_{};
};

} // namespace sim

#endif
