// SPDX-License-Identifier: GPL-2.0-only
// A node's clients, and what the runtime does for their links: memory that is set aside
// after a while or not at all, ports connected by datagrams that get lost, a chunk
// table that can be read as long as it is registered.
#include "node.h"

#include <algorithm>
#include <utility>

#include "cluster.h"

namespace sim {

void Node::clients_changed()
{
    cluster_.truth.clients(host_);
    for (auto &[id, p] : partners_)
        tell(id, CCM_INBOX_CLIENTS);
}

void Node::register_client(const ccm_catalog_entry &what)
{
    if (clients_.size() == CCM_CLIENTS_MAX)
        return;
    for (const auto &other : clients_)
        if (!std::string(other.name).compare(what.name))
            return;
    clients_.push_back(what);
    clients_.back().instance = next_instance_++;
    cluster_.world.trace("node {}: client {} registers, instance {}", host_, what.name, clients_.back().instance);
    clients_changed();
}

// The failover monitor is a client as any other.
void Node::watch_failover()
{
    ccm_catalog_entry e{};

    std::string(monitor_name).copy(e.name, sizeof(e.name) - 1);
    e.version_min = e.version_max = 1;
    e.ports_min = e.ports_max = 1;
    e.ask = e.give = 4096;
    monitor = std::make_unique<Monitor>(cluster_, host_);
    register_client(e);
    monitor_client_ = clients_.back().instance;
    for (auto &[id, p] : partners_)
        monitor->status(p);
}

// Most clients of a name fit each other; some do not.
void Node::random_client()
{
    static const char *const names[] = {"fm", "log", "lock", "mirror", "echo"};
    static const uint64_t sizes[] = {0, 4096, 1 << 20, ~0ULL - 1};
    Rng &rng = cluster_.world.rng;
    ccm_catalog_entry e{};

    std::string name = names[rng.below(std::size(names))];
    if (cluster_.many)
        name = "c" + std::to_string(rng.below(2 * CCM_CLIENTS_MAX));
    name.copy(e.name, sizeof(e.name) - 1);
    e.version_min = 1;
    e.version_max = static_cast<uint16_t>(rng.between(1, 3));
    e.ports_min = 1;
    e.ports_max = static_cast<uint16_t>(rng.between(1, 4));
    e.ask = sizes[rng.below(3)];
    e.give = 1 << 20;
    if (rng.permille(60))
        e.version_min = e.version_max;
    if (rng.permille(60))
        e.ports_min = e.ports_max;
    if (rng.permille(60))
        e.give = sizes[rng.below(2)];
    if (rng.permille(30))
        e.ask = sizes[3];
    register_client(e);
}

void Node::client_leaves(size_t index)
{
    if (index >= clients_.size() || clients_[index].instance == monitor_client_)
        return;
    cluster_.world.trace("node {}: client {} leaves, instance {}", host_, clients_[index].name,
                         clients_[index].instance);
    clients_.erase(clients_.begin() + static_cast<long>(index));
    clients_changed();
}

Try *Node::find_try(uint32_t partner, uint32_t place, uint64_t serial)
{
    auto &tries = partners_.at(partner).tries;
    auto it = tries.find(place);

    return it != tries.end() && it->second.serial == serial ? &it->second : nullptr;
}

uint64_t Node::memory_used() const
{
    uint64_t sum = 0;

    for (auto &[id, p] : partners_)
        for (auto &[place, t] : p.tries)
            sum += t.give;
    return sum;
}

// The chunk table of a try: chunks of 2 MiB, as soft-RoCE's
static Bytes table_of(const Try &t)
{
    constexpr uint64_t most = 1 << 21;
    Bytes table;

    for (uint64_t at = 0; at < t.give; at += most) {
        ccm_link_chunk chunk{(t.serial << 32) + at, t.key, 0};

        chunk.len = static_cast<uint32_t>(std::min(most, t.give - at));
        table.resize(table.size() + CCM_LINK_CHUNK_LEN);
        ccm_link_put_chunk(table.data(), static_cast<uint32_t>(at / most), &chunk);
    }
    return table;
}

// It has failed; the core is told when its tries are looked at. The first cause counts.
void Node::failed(uint32_t partner, Try &t, uint32_t why)
{
    if (!t.why)
        t.why = why;
    tell(partner, CCM_INBOX_LINKS);
}

// What of a try does the core not know yet?
bool Node::try_event(Partner &p, uint32_t place, Try &t)
{
    ccm_session_event &event = p.event.event;

    event.link = place;
    event.instance = t.instance;
    event.epoch = t.epoch;
    if (t.why) {
        event.type = CCM_SEV_LINK_FAILED;
        event.reason = t.why;
        return !std::exchange(t.told_failed, true);
    }
    if (!t.told_prepared && t.registered) {
        t.told_prepared = true;
        event.type = CCM_SEV_LINK_PREPARED;
        event.offer.table_addr = t.serial << 12;
        event.offer.table_key = t.key;
        event.offer.bytes = t.give;
        event.offer.chunks = static_cast<uint32_t>(table_of(t).size() / CCM_LINK_CHUNK_LEN);
        return true;
    }
    if (t.told || !t.opening || !t.table_read || std::find(t.ports.begin(), t.ports.end(), false) != t.ports.end())
        return false;
    t.told = true;
    event.type = CCM_SEV_LINK_OPENED;
    cluster_.tries[{p.session.conn.nonce, t.instance, t.peer, t.epoch}].opened = true;
    return true;
}

// A look at all tries, in the order in which they began; requests for ports on the way
bool Node::links_event(Partner &p)
{
    std::vector<std::pair<uint64_t, uint32_t>> order;

    if (!take_bit(p, CCM_INBOX_LINKS))
        return false;
    std::vector<PortRequest> requests = std::move(p.port_requests);
    p.port_requests.clear();
    for (auto &request : requests)
        request.answer(admit(p, request.msg));
    for (auto &[place, t] : p.tries)
        order.emplace_back(t.serial, place);
    std::sort(order.begin(), order.end());
    for (auto &[serial, place] : order) {
        if (try_event(p, place, p.tries.at(place))) {
            tell(p.id, CCM_INBOX_LINKS);
            return true;
        }
    }
    p.event = {};
    return false;
}

void Node::carry_out(Partner &p, const ccm_link_action &a)
{
    const ccm_session &s = p.session;
    const ccm_session_link &l = s.links.link[a.index];

    switch (a.act) {
    case CCM_LINK_ACT_CLOSE: {
        uint32_t key = p.tries.at(a.index).key;

        close(p, a.index);
        cluster_.bytes.told_down(host_, key);
        break;
    }
    case CCM_LINK_ACT_PREPARE:
        prepare(p, a.index);
        break;
    case CCM_LINK_ACT_OPEN:
        open(p, a.index);
        break;
    case CCM_LINK_ACT_READY: {
        auto theirs = cluster_.tries.find({s.conn.peer_keys.nonce, l.counterpart, l.instance, l.epoch});
        auto mine = cluster_.tries.find({s.conn.nonce, l.instance, l.counterpart, l.epoch});

        cluster_.result.links++;
        if (theirs == cluster_.tries.end() || !theirs->second.opened)
            cluster_.world.fail("node {}: client {} is READY, and its counterpart on {} "
                                "never came to that",
                                host_, l.entry.name, p.id);
        if (mine == cluster_.tries.end() || !mine->second.opened)
            cluster_.world.fail("node {}: client {} is READY without ports", host_, l.entry.name);
        if (l.plan.take)
            cluster_.bytes.ready({host_, epoch_, p.id, a.index, p.tries.at(a.index).serial, l.peer_offer.table_key});
        if (monitor && l.instance == monitor_client_)
            monitor->link_ready(p, a.index);
        break;
    }
    }
    tell(p.id, CCM_INBOX_LINKS); // see what has become of it at once
}

// Why memory or a port cannot be had this time; 0: it can
uint32_t Node::fails(uint32_t partner)
{
    static const uint32_t reasons[] = {CCM_CLIENT_RESOURCES, CCM_CLIENT_LIMIT,  CCM_CLIENT_CONNECT,
                                       CCM_CLIENT_PORT_LOST, CCM_CLIENT_ITSELF, CCM_CLIENT_TIMEOUT};
    Rng &rng = cluster_.world.rng;

    if (!cluster_.faulty(host_, partner) || !rng.permille(std::max(20U, cluster_.host(host_).failing_permille)))
        return 0;
    return reasons[rng.below(std::size(reasons))];
}

void Node::prepare(Partner &p, uint32_t place)
{
    const ccm_session_link &l = p.session.links.link[place];
    Rng &rng = cluster_.world.rng;
    bool slow = cluster_.faulty(host_, p.id) && rng.permille(30);
    bool long_time = cluster_.faulty(host_, p.id) && rng.permille(2);
    uint64_t delay = cluster_.options.together ? 10 : rng.between(5, slow ? 1500000 : 2000) + (long_time ? 6000000 : 0);
    Try t;

    t.serial = next_serial_++;
    t.instance = l.instance;
    t.peer = l.counterpart;
    t.epoch = l.epoch;
    t.ports.resize(l.plan.ports);
    if (l.plan.give > memory_limit || memory_used() > memory_limit - l.plan.give) {
        cluster_.result.limits++;
        t.why = CCM_CLIENT_LIMIT;
        p.tries[place] = t;
        return;
    }
    if (uint32_t why = fails(p.id)) {
        t.why = why;
        p.tries[place] = t;
        return;
    }
    t.give = l.plan.give;
    t.key = static_cast<uint32_t>(cluster_.number());
    p.tries[place] = t;
    cluster_.tries[{p.session.conn.nonce, t.instance, t.peer, t.epoch}] = {t.key, true, false};
    cluster_.bytes.registered(host_, p.id, t.key);
    later(delay, [partner = p.id, place, serial = t.serial](Node &node) {
        if (Try *there = node.find_try(partner, place, serial)) {
            there->registered = true;
            node.tell(partner, CCM_INBOX_LINKS);
        }
    });
}

void Node::open(Partner &p, uint32_t place)
{
    const ccm_session &s = p.session;
    Try &t = p.tries.at(place);
    auto theirs = cluster_.tries.find({s.conn.peer_keys.nonce, t.peer, t.instance, t.epoch});

    if (cluster_.hostile && cluster_.hostile->is(p, s.conn.id)) // nothing is behind its offer
        return failed(p.id, t, CCM_CLIENT_CONNECT);
    if (theirs == cluster_.tries.end() || theirs->second.key != s.links.link[place].peer_offer.table_key)
        cluster_.world.fail("node {}: link {} is opened to memory that {} never offered", host_, place, p.id);
    if (uint32_t why = fails(p.id))
        return failed(p.id, t, why);
    t.opening = true;
    if (host_ < p.id)
        for (uint32_t port = 0; port < t.ports.size(); port++)
            ask_port(p.id, place, t.serial, port);
    read_table(p.id, place, t.serial);
}

// Fenced: nothing of the try is there any more. The partner notices its ports, in time.
void Node::close(Partner &p, uint32_t place)
{
    Try t = p.tries.at(place);
    Cluster &c = cluster_;
    uint32_t from = host_, to = p.id;
    uint64_t nonce = p.session.conn.peer_keys.nonce;

    p.tries.erase(place);
    if (c.options.plant != Plant::kept_region)
        c.bytes.deregistered(from, t.key);
    if (monitor && t.instance == monitor_client_)
        monitor->link_down(p);
    if (std::find(t.ports.begin(), t.ports.end(), true) == t.ports.end())
        return;
    c.fabric.message(
        from, to,
        [&c, from, to, t, nonce] {
            Node *node = c.node(to);

            if (!node || node->partners_.at(from).session.conn.nonce != nonce)
                return;
            for (auto &[at, other] : node->partners_.at(from).tries)
                if (other.instance == t.peer && other.peer == t.instance && other.epoch == t.epoch)
                    return node->failed(from, other, CCM_CLIENT_PORT_LOST);
        },
        1);
}

// A try of this life of the node, if it is still there when an answer arrives
std::function<Try *()> Node::while_there(uint32_t partner, uint32_t place, uint64_t serial)
{
    return [&c = cluster_, host = host_, epoch = epoch_, partner, place, serial]() -> Try * {
        Node *node = c.node(host);

        return node && node->epoch() == epoch ? node->find_try(partner, place, serial) : nullptr;
    };
}

// A stand-in for what the key of a session's ports makes
static uint64_t token_of(const ccm_session &s)
{
    return s.conn.nonce ^ s.conn.peer_keys.nonce;
}

// A connect request for one port, and its answer
void Node::ask_port(uint32_t partner, uint32_t place, uint64_t serial, uint32_t port)
{
    Cluster &c = cluster_;
    std::array<uint8_t, CCM_WIRE_PORT_LEN> data;
    ccm_wire_port msg{};

    ccm_session_port(&partners_.at(partner).session, place, port, &msg);
    msg.token = token_of(partners_.at(partner).session);
    ccm_wire_put_port(data.data(), &msg);
    if (ccm_wire_get_port(data.data(), CCM_WIRE_PORT_LEN, &msg) || msg.node != host_ || msg.partner != partner ||
        msg.incarnation != incarnation_)
        c.world.fail("node {}: a port's request to {} does not decode", host_, partner);
    auto answer = [&c, host = host_, partner, port, there = while_there(partner, place, serial)](bool accepted) {
        Node *node = c.node(host);
        Try *t = there();

        if (!t)
            return;
        if (!accepted)
            return node->failed(partner, *t, CCM_CLIENT_CONNECT);
        t->ports.at(port) = true;
        node->tell(partner, CCM_INBOX_LINKS);
    };
    c.fabric.message(
        host_, partner,
        [&c, msg, answer] {
            Node *node = c.node(msg.partner);
            auto reply = [&c, msg, answer](bool accepted) {
                auto arrives = [answer, accepted] { answer(accepted); };
                c.fabric.message(msg.partner, msg.node, arrives, 1);
            };

            if (node && node->listening)
                node->ask_for_port(msg, reply);
            else
                reply(false);
        },
        c.world.rng.permille(800) ? 1 : 0);
}

// The listener's handler: whoever has no token of the session is sent away.
void Node::ask_for_port(const ccm_wire_port &msg, std::function<void(bool)> answer)
{
    Partner &p = partners_.at(msg.node);

    if (!p.port_nonce || p.port_token != msg.token)
        return answer(false);
    p.port_requests.push_back({msg, std::move(answer)});
    tell(p.id, CCM_INBOX_LINKS);
}

// Ports may ask to be connected while the session can have links.
void Node::set_port_key(Partner &p)
{
    uint64_t nonce = p.session.state >= CCM_STATE_OPENING ? p.session.conn.nonce : 0;

    if (nonce == p.port_nonce)
        return;
    p.port_nonce = nonce;
    p.port_token = token_of(p.session);
    // those of a session that has ended
    for (auto &request : p.port_requests)
        request.answer(false);
    p.port_requests.clear();
}

// A port that has come as a request: to the link it names, or away
bool Node::admit(Partner &p, const ccm_wire_port &msg)
{
    int at = ccm_links_admit(&p.session.links, msg.instance_partner, msg.instance, msg.epoch, msg.port);

    if (at < 0)
        return false;
    Try &t = p.tries.at(static_cast<uint32_t>(at));
    if (t.instance != msg.instance_partner || t.epoch != msg.epoch)
        cluster_.world.fail("node {}: a port is admitted to another try", msg.partner);
    if (t.why || t.ports.at(msg.port))
        return false;
    t.ports.at(msg.port) = true;
    return true;
}

// An RDMA READ of the partner's chunk table: it answers as long as it is registered.
void Node::read_table(uint32_t partner, uint32_t place, uint64_t serial)
{
    const ccm_session &s = partners_.at(partner).session;
    const ccm_session_link &l = s.links.link[place];
    Cluster &c = cluster_;
    auto mine = while_there(partner, place, serial);
    TryKey theirs{s.conn.peer_keys.nonce, l.counterpart, l.instance, l.epoch};
    uint32_t key = l.peer_offer.table_key;

    c.fabric.message(
        host_, partner,
        [&c, host = host_, partner, place, mine, theirs, key] {
            Node *there = c.node(partner);
            bool answers = false;
            Bytes table;

            if (there && there->partners_.at(host).session.conn.nonce == theirs.nonce)
                for (auto &[at, t] : there->partners_.at(host).tries)
                    if (t.key == key) {
                        answers = true;
                        table = table_of(t);
                    }
            c.fabric.message(
                partner, host,
                [&c, host, partner, place, mine, answers, table] {
                    Node *node = c.node(host);
                    Try *t = mine();

                    if (!t)
                        return;
                    if (!answers)
                        return node->failed(partner, *t, CCM_CLIENT_CONNECT);
                    const ccm_link_offer &offer = node->partners_.at(partner).session.links.link[place].peer_offer;
                    std::vector<ccm_link_chunk> chunks(offer.chunks);

                    if (offer.chunks &&
                        ccm_link_get_chunks(table.data(), static_cast<uint32_t>(table.size()), &offer, chunks.data()))
                        c.world.fail("node {}: the chunk table of {} is not what was offered", host, partner);
                    t->table_read = true;
                    node->tell(partner, CCM_INBOX_LINKS);
                },
                1);
        },
        1);
}

// A port breaks by itself, and this side notices.
void Node::port_lost(uint32_t partner, uint32_t place)
{
    Partner &p = partners_.at(partner);
    auto it = p.tries.find(place);

    if (it == p.tries.end())
        return;
    const std::vector<bool> &ports = it->second.ports;
    if (it->second.told && cluster_.options.plant == Plant::broken_session)
        cluster_.fabric.break_end(p.ends.at(p.session.conn.id));
    // one that was admitted early, too
    if (std::find(ports.begin(), ports.end(), true) != ports.end())
        failed(partner, it->second, CCM_CLIENT_PORT_LOST);
}

} // namespace sim
