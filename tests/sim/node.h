// SPDX-License-Identifier: GPL-2.0-only
// One life of a host: the module from load to unload or crash. The runtime around the
// pure core as the kernel's is: an ordered queue per partner, actions carried out in
// order to their end, heartbeats beside it.
#ifndef CCM_SIM_NODE_H
#define CCM_SIM_NODE_H

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "../../ccm/core/liveness.h"
#include "../../ccm/core/session.h"
#include "fabric.h"
#include "link_watch.h"

namespace sim {

class Cluster;

// Where an event comes from: each source is in order, they are not among each other.
enum class Source { cm, receive, send, other, count };

struct Event {
    ccm_session_event event{};
    Bytes data;
    uint32_t mail_end = 0; // RING: copy the mail when it is looked at
    uint64_t probe = 0;    // ALIVE: of which PROBE
    uint64_t serial = 0;   // LINK_*: of the try, of which nothing may come when it is closed
};

// What there is of a link's present try: memory, and ports to the partner
struct Try {
    uint64_t serial = 0;
    uint64_t instance = 0;
    uint64_t peer = 0;
    uint32_t epoch = 0;
    uint64_t give = 0;       // bytes set aside
    uint32_t key = 0;        // of the chunk table; 0: not registered yet
    bool opening = false;    // OPEN was asked for
    bool table_read = false; // the partner's
    std::vector<bool> ports; // connected
    bool told = false;       // LINK_OPENED is on its way
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
    ccm_liveness liveness{};
    uint32_t watched = 0; // conn
    uint64_t watch_addr = 0;
    uint32_t watch_key = 0;
    bool heartbeat_out = false;
    bool probing = false;     // ALIVE is wanted
    uint64_t probes = 0;      // a later PROBE takes the place of an earlier one
    bool probe_fresh = false; // ... and the heartbeat that is out was posted since
    uint64_t posted_us = 0;   // the heartbeat that is out
    uint64_t heard_us = 0;    // last heartbeat that succeeded, of this watch
    uint64_t heard_uptime_ms = 0;
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
    void path_up();
    // Pre-shared keys: their numbers, the highest first, and what they are
    void set_keys(const std::vector<uint32_t> &numbers, uint32_t bytes);
    bool dumping() const { return stage_ == CCM_STAGE_DUMPING; }
    // How far its boot is: its page says so, and a ring to whoever reads it
    void set_stage(uint32_t stage);

    // From the fabric
    void incoming(uint32_t end, const Bytes &request);
    void push(uint32_t partner, Source source, Event event);
    void heartbeat_done(uint32_t partner, uint32_t conn, const Bytes &page);
    void refresh_page();

    // Clients: see node_links.cpp
    void register_client(const ccm_catalog_entry &what);
    void random_client();
    void client_leaves(size_t index);
    const std::vector<ccm_catalog_entry> &clients() const { return clients_; }
    void port_lost(uint32_t partner, uint32_t place);
    // nullptr: it is closed
    Try *find_try(uint32_t partner, uint32_t place, uint64_t serial);
    uint64_t memory_limit = ~0ULL;

    void say_last_word();
    void hear_word(uint32_t from, const Bytes &secret);
    void freeze();
    void thaw();
    bool frozen() const { return frozen_; }
    // Run @what now, or when the node goes on
    void when_running(std::function<void()> what);

    uint64_t clock() const;
    uint64_t uptime_ms() const; // of its kernel
    uint64_t epoch() const { return epoch_; }
    uint64_t incarnation() const { return incarnation_; }
    std::map<uint32_t, Partner> &partners() { return partners_; }
    std::array<uint8_t, CCM_PAGE_LEN> &page() { return page_; }

    bool panicked = false;
    bool listening = true;

private:
    void handle(Partner &partner, Event &event);
    void carry_out(Partner &partner, const ccm_session_action &action);
    void carry_out(Partner &partner, const ccm_link_action &action);
    void prepare(Partner &p, uint32_t place);
    void open(Partner &p, uint32_t place);
    void close(Partner &p, uint32_t place);
    void tell_try(uint32_t partner, uint32_t place, const Try &t, ccm_session_event_type type, uint32_t reason,
                  uint64_t delay);
    void ask_port(uint32_t partner, uint32_t place, uint64_t serial, uint32_t port);
    void read_table(uint32_t partner, uint32_t place, uint64_t serial);
    void opened(Partner &p, uint32_t place);
    std::function<Try *()> while_there(uint32_t partner, uint32_t place, uint64_t serial);
    void clients_changed();
    uint64_t memory_used() const;
    void tick(uint32_t partner, uint32_t conn);
    void beat(Partner &p);
    void later(uint64_t delay, std::function<void(Node &)> what);

    Cluster &cluster_;
    uint32_t host_;
    uint64_t epoch_;
    uint64_t incarnation_;
    uint64_t offset_;
    uint64_t loaded_at_;
    uint64_t counter_lost_ = 0;
    uint64_t frozen_at_ = 0;
    bool frozen_ = false;
    uint32_t stage_;
    uint32_t key_bytes_ = 1;
    uint32_t next_incoming_ = 1;
    std::vector<std::function<void()>> backlog_;
    std::map<uint32_t, Partner> partners_;
    std::vector<ccm_catalog_entry> clients_;
    uint64_t next_instance_ = 1;
    uint64_t next_serial_ = 1;
    ccm_catalog now_; // clients_ as the event has them
    std::array<uint8_t, CCM_PAGE_LEN> page_{};
};

} // namespace sim

#endif
