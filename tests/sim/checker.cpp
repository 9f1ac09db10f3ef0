// SPDX-License-Identifier: GPL-2.0-only
#include "checker.h"

#include <algorithm>

#include "../../ccm/core/names.h"

namespace sim {

namespace {

// nullptr: of a connection that is not there
const ccm_session_row *row_of(const ccm_session &s, const ccm_session_event &event)
{
    uint32_t count = 0;
    const ccm_session_row *rows = ccm_session_table(&count);

    if (event.type < CCM_SEV_ESTABLISHED || event.type > CCM_SEV_WORD || (s.conn.id && event.conn == s.conn.id))
        return &rows[s.state * CCM_SEV_COUNT + event.type];
    if (!s.candidate.id || event.conn != s.candidate.id)
        return nullptr;
    rows = ccm_session_candidate_table(&count);
    return event.type - CCM_SEV_ESTABLISHED < count ? &rows[event.type - CCM_SEV_ESTABLISHED] : nullptr;
}

std::set<uint32_t> conns_of(const ccm_session &s)
{
    std::set<uint32_t> conns{s.conn.id, s.candidate.id};

    conns.erase(0);
    return conns;
}

bool touches_memory(uint32_t type)
{
    return type == CCM_ACT_READ || type == CCM_ACT_WRITE || type == CCM_ACT_PROVE || type == CCM_ACT_WATCH ||
           type == CCM_ACT_MAIL;
}

// What a MAIL writes; empty: it is not what it must be
Bytes mail_of(const ccm_session &s, const ccm_session_action &a)
{
    static ccm_catalog catalog;
    ccm_links_header header{};
    Bytes bytes(std::max(CCM_CATALOG_LEN_MAX, CCM_LINKS_LEN_MAX), 0xee);
    uint32_t len = ccm_session_put_mail(&s, a.what, bytes.data());
    bool right = false;

    if (a.what == CCM_RING_CATALOG)
        right = !ccm_catalog_get(bytes.data(), len, &catalog) && catalog.nonce == s.conn.nonce &&
                catalog.generation == s.links.catalog.generation;
    if (a.what == CCM_RING_LINKS)
        right = !ccm_links_get(bytes.data(), len, &header) && header.nonce == s.conn.nonce &&
                header.sequence == s.links.sequence;
    bytes.resize(right ? len : 0);
    return bytes;
}

// The range of the partner's memory that an action names
bool within(const ccm_session &s, const ccm_session_action &a, const ccm_wire_keys &keys)
{
    bool mailbox = a.type == CCM_ACT_WRITE || a.type == CCM_ACT_PROVE || a.type == CCM_ACT_MAIL;
    uint64_t base = mailbox ? keys.mailbox_addr : keys.status_addr;
    uint64_t size = mailbox ? keys.mailbox_len : keys.status_len;
    uint64_t len = a.type == CCM_ACT_MAIL   ? mail_of(s, a).size()
                   : mailbox                ? a.len
                   : a.type == CCM_ACT_READ ? a.read_len
                                            : CCM_WIRE_STATUS_LEN;

    return a.key == (mailbox ? keys.mailbox_key : keys.status_key) && a.addr >= base && a.addr - base <= size &&
           len <= size - (a.addr - base) && len > 0;
}

// Does the payload of an action decode as what it must be?
bool payload_right(const ccm_session_action &a)
{
    ccm_wire_request request;
    ccm_wire_reject reject;
    ccm_wire_keys keys;
    ccm_wire_hello hello;
    ccm_wire_answer answer;
    ccm_wire_ready ready;
    ccm_wire_goodbye goodbye;

    switch (a.type) {
    case CCM_ACT_CONNECT:
    case CCM_ACT_ACCEPT:
        return a.len <= CCM_PRIVATE_REQUEST_MAX && !ccm_wire_get_request(a.data, a.len, &request) && request.attempt;
    case CCM_ACT_REJECT:
        return a.len <= CCM_PRIVATE_REJECT_MAX && !ccm_wire_get_reject(a.data, a.len, &reject) && reject.code == a.what;
    case CCM_ACT_SEND:
        return !ccm_wire_get_keys(a.data, a.len, &keys);
    case CCM_ACT_ANSWER:
        return a.what == CCM_RING_ANSWER && !ccm_wire_get_answer(a.data, a.len, &answer) &&
               answer.code != CCM_ANSWER_NONE;
    case CCM_ACT_PROVE:
        return a.what == CCM_RING_HELLO && !ccm_wire_get_hello(a.data, a.len, &hello) && hello.auth == CCM_AUTH_PSK &&
               hello.number;
    case CCM_ACT_WRITE:
        switch (a.what) {
        case CCM_RING_HELLO:
            return !ccm_wire_get_hello(a.data, a.len, &hello) && hello.auth == CCM_AUTH_NONE;
        case CCM_RING_READY:
            return !ccm_wire_get_ready(a.data, a.len, &ready);
        case CCM_RING_GOODBYE:
            return !ccm_wire_get_goodbye(a.data, a.len, &goodbye) && goodbye.reason > CCM_REASON_NONE &&
                   goodbye.reason < CCM_REASON_COUNT;
        default:
            return false;
        }
    case CCM_ACT_MAIL:
        return a.len == 0 && (a.what == CCM_RING_CATALOG || a.what == CCM_RING_LINKS);
    default:
        return a.len == 0;
    }
}

// The connection that an end is one end of, seen from the other side
const End *other_end(Cluster &c, uint32_t node, const Partner &p)
{
    auto it = p.ends.find(p.session.conn.id);

    if (it == p.ends.end())
        return nullptr;
    const End &mine = c.fabric.end(it->second);
    if (mine.host != node || mine.peer == rogue_end || !mine.peer)
        return nullptr;
    return &c.fabric.end(mine.peer);
}

} // namespace

std::string describe(const ccm_session_event &e)
{
    std::string text = ccm_session_event_name(e.type);

    if (e.conn)
        text += fmt::format(" conn {}", e.conn);
    if (e.type == CCM_SEV_VERDICT || e.type == CCM_SEV_STOP)
        text += fmt::format(" {}", ccm_reason_text(e.reason));
    if (e.type == CCM_SEV_REJECTED || e.type == CCM_SEV_FAILED || e.type == CCM_SEV_READ_DONE)
        text += fmt::format(" status {}", e.status);
    if (e.type == CCM_SEV_RING)
        text += fmt::format(" {}", ccm_ring_name(e.status));
    if (e.type == CCM_SEV_CLIENTS)
        text += fmt::format(" {}", e.catalog ? e.catalog->count : 0);
    if (e.type >= CCM_SEV_LINK_PREPARED && e.type <= CCM_SEV_LINK_FAILED)
        text += fmt::format(" {} epoch {}", e.link, e.epoch);
    if (e.type == CCM_SEV_LINK_FAILED)
        text += fmt::format(" {}", ccm_client_reason_text(e.reason));
    return text;
}

std::string describe(const ccm_session_action &a)
{
    std::string text = ccm_session_action_name(a.type);

    if (a.conn)
        text += fmt::format(" conn {}", a.conn);
    if (a.type == CCM_ACT_REJECT)
        text += fmt::format(" {}", ccm_reject_name(a.what));
    else if (a.type == CCM_ACT_MAIL || a.type == CCM_ACT_RING)
        text += fmt::format(" {}", ccm_ring_name(a.what));
    else if (a.type == CCM_ACT_WRITE || a.type == CCM_ACT_ANSWER || a.type == CCM_ACT_READ)
        text += fmt::format(" what {}", a.what);
    else if (a.type == CCM_ACT_TIMER)
        text += fmt::format(" {}", a.at_us);
    else if (a.type == CCM_ACT_STATE)
        text += fmt::format(" {} {}", ccm_state_name(a.state), ccm_reason_text(a.reason));
    else if (a.type == CCM_ACT_DOWN)
        text += fmt::format(" {}", ccm_reason_text(a.reason));
    if (a.flush)
        text += " flush";
    return text;
}

std::string check_step(const Step &t)
{
    const ccm_session &s = t.after;
    const ccm_session_event &event = t.event;
    const ccm_session_row *row = row_of(t.before, event);
    bool heard = row && row->handle;
    std::set<uint32_t> live = t.live;
    bool client = t.client_ready;
    bool closed = false;
    uint32_t answers = 0;
    uint32_t shown_state = t.shown_state;
    uint32_t shown_reason = t.shown_reason;

    if (t.actions.count >= CCM_ACTIONS_MAX)
        return "the list of actions is full";
    if (row && !(row->next >> s.state & 1) && (row->state != CCM_STATE_COUNT || s.state != t.before.state))
        return "the table does not name this state";
    if (!heard && (t.actions.count || s.state != t.before.state))
        return "an event that is to be ignored was not";

    for (uint32_t i = 0; i < t.actions.count; i++) {
        const ccm_session_action &a = t.actions.list[i];

        if (a.type >= CCM_ACT_COUNT)
            return "an action of an unknown type";
        if (!payload_right(a))
            return "an action whose payload does not decode";
        switch (a.type) {
        case CCM_ACT_CONNECT:
            if (!live.empty())
                return "CONNECT while a connection is live";
            if (a.conn % 2 || a.conn <= t.last_connect)
                return "CONNECT with a number that is odd or used up";
            live.insert(a.conn);
            break;
        case CCM_ACT_ACCEPT:
            if (live.size() > (t.before.state > CCM_STATE_CONNECTING ? 1U : 0U))
                return "ACCEPT while a connection is live";
            live.insert(a.conn);
            [[fallthrough]];
        case CCM_ACT_REJECT:
            answers++;
            if (event.type != CCM_SEV_REQUEST || a.conn != event.conn)
                return "an answer to a request that is not there";
            break;
        case CCM_ACT_CLOSE:
            if (!live.erase(a.conn))
                return "CLOSE of a connection that does not exist";
            closed = true;
            break;
        case CCM_ACT_READY:
            if (client)
                return "READY twice";
            client = true;
            break;
        case CCM_ACT_DOWN:
            if (!client)
                return "DOWN without READY";
            if (!closed || live.count(t.before.conn.id))
                return "DOWN before the connection was closed";
            if (shown_state != CCM_STATE_DOWN || shown_reason != a.reason)
                return "DOWN before it was shown";
            if (a.reason == CCM_REASON_NONE || a.reason >= CCM_REASON_COUNT)
                return "DOWN without a reason";
            client = false;
            break;
        case CCM_ACT_STATE:
            if (a.state >= CCM_STATE_COUNT || a.reason >= CCM_REASON_COUNT || (a.reason && a.state != CCM_STATE_DOWN))
                return "a STATE that cannot be";
            if (a.state == shown_state && a.reason == shown_reason)
                return "a STATE that is no news";
            shown_state = a.state;
            shown_reason = a.reason;
            break;
        case CCM_ACT_TIMER:
            if (a.at_us == t.before.armed_us || a.at_us != s.armed_us)
                return "a TIMER that is no news";
            if (a.at_us && a.at_us <= t.now && event.type == CCM_SEV_TIMER)
                return "TIMER in the past";
            break;
        case CCM_ACT_CLIENTS:
            break;
        case CCM_ACT_VERIFY:
            if (event.type != CCM_SEV_RING || event.status != CCM_RING_HELLO || a.conn != event.conn)
                return "VERIFY of a hello that is not there";
            break;
        case CCM_ACT_RING:
            if (event.type != CCM_SEV_RING ||
                a.what != (event.status == CCM_RING_CATALOG ? CCM_RING_CATALOG_TAKEN : CCM_RING_LINKS_TAKEN))
                return "a RING that says what is not";
            [[fallthrough]];
        default:
            if (!live.count(a.conn))
                return "an action on a connection that does not exist";
            break;
        }
        if (touches_memory(a.type) && (!t.keys.count(a.conn) || !within(s, a, t.keys.at(a.conn))))
            return "memory that the partner did not give on this connection";
    }
    if (event.type == CCM_SEV_REQUEST && answers != 1)
        return "a request without exactly one answer";
    if (client && s.config.auth == CCM_AUTH_PSK && !s.conn.number_used)
        return "READY with somebody who has proven nothing";
    if (client != s.told_ready || client != (s.state == CCM_STATE_READY))
        return "clients have not been told what is";
    if (live != conns_of(s) || (s.candidate.id && s.state < CCM_STATE_GREETING))
        return "the live connections are not the session's";
    if (s.state != shown_state &&
        !(s.state == CCM_STATE_CONNECTING && shown_state == CCM_STATE_DOWN && shown_reason != CCM_REASON_NONE))
        return "a state that was not shown";
    if (s.state == CCM_STATE_DOWN && s.reason != shown_reason)
        return "a reason that was not shown";
    bool keyless = s.state == CCM_STATE_DOWN && s.config.auth == CCM_AUTH_PSK && !s.psk[0];
    if (s.enabled && s.state != CCM_STATE_READY && !s.deadline_us && !keyless)
        return "nothing would ever wake this session";
    if (s.deadline_us >
        t.now + 1000ULL * std::max(CCM_RETRY_MAX_MS * 5 / 4,
                                   std::max(CCM_GREET_MS_MIN, 4 * s.config.detect_ms) + CCM_LINK_GATE_MS))
        return "a deadline that is too far away";
    if (s.armed_us > t.now + 1000ULL * std::max(std::max(CCM_LINK_RETRY_MAX_MS * 5 / 4, CCM_TAKEN_MS_MIN),
                                                4 * s.config.detect_ms + CCM_LINK_GATE_MS))
        return "a timer that is too far away";
    if (s.candidate.id && (!s.candidate.deadline_us || s.candidate.deadline_us < s.armed_us))
        return "a candidate that could stay for ever";
    if ((s.gate_us != 0) != (s.state == CCM_STATE_OPENING && !(s.conn.done & CCM_DONE_READY_SENT)))
        return "the gate is open, or shut, at the wrong time";
    return {};
}

void check_rest(Cluster &c, uint32_t node, const Partner &p)
{
    const ccm_session &s = p.session;

    if (p.live.size() > 2)
        c.world.fail("node {} partner {}: {} live connections", node, p.id, p.live.size());
    if (!p.asking.empty())
        c.world.fail("node {} partner {}: request {} is left without an answer", node, p.id, *p.asking.begin());
    if (p.client_ready && !p.live.count(s.conn.id))
        c.world.fail("node {} partner {}: clients are READY without a connection", node, p.id);
}

void check_pair(Cluster &c, uint32_t a, uint32_t b)
{
    Node *na = c.node(a);
    Node *nb = c.node(b);

    if (!na || !nb)
        return;
    Partner &pa = na->partners().at(b);
    Partner &pb = nb->partners().at(a);
    const ccm_session &sa = pa.session;
    const ccm_session &sb = pb.session;

    if (sa.state != CCM_STATE_READY || sb.state != CCM_STATE_READY)
        return;

    const End *of_b = other_end(c, a, pa);
    bool same = of_b && of_b->host == b && of_b->epoch == nb->epoch() && of_b->conn == sb.conn.id;
    if (!same) {
        if (c.last_fault < std::min(pa.ready_since, pb.ready_since))
            c.world.fail("nodes {} and {} are READY on different connections and nothing "
                         "has happened to them",
                         a, b);
        return;
    }
    auto agree = [&](bool equal, const char *what) {
        if (!equal)
            c.world.fail("nodes {} and {} are READY and do not agree: {}", a, b, what);
    };
    agree(sa.peer_incarnation == nb->incarnation(), "incarnation of the second");
    agree(sb.peer_incarnation == na->incarnation(), "incarnation of the first");
    agree(sa.conn.version == sb.conn.version &&
              sa.conn.version == std::min(version_max(na->core()), version_max(nb->core())),
          "version");
    agree(sa.conn.peer_keys.nonce == sb.conn.nonce && sb.conn.peer_keys.nonce == sa.conn.nonce, "nonces");
    agree(sa.peer_ready.plan == sb.peer_ready.plan, "plan");
    agree(sa.links.peer_catalog.generation <= sb.links.catalog.generation &&
              sb.links.peer_catalog.generation <= sa.links.catalog.generation,
          "generations");
    agree(sa.peer_hello.node == b && sb.peer_hello.node == a, "node ids");
}

namespace {

// Why two of the same name do not fit, found in another way than by the core
uint32_t misfit(const ccm_catalog_entry &a, const ccm_catalog_entry &b)
{
    bool version = false, ports = false;

    for (uint32_t v = 1; v <= 10; v++)
        version = version || (v >= a.version_min && v <= a.version_max && v >= b.version_min && v <= b.version_max);
    for (uint32_t n = 1; n <= CCM_CLIENT_PORTS_MAX; n++)
        ports = ports || (n >= a.ports_min && n <= a.ports_max && n >= b.ports_min && n <= b.ports_max);
    if (!version)
        return CCM_CLIENT_VERSION;
    if (!ports)
        return CCM_CLIENT_PORTS;
    return a.ask <= b.give && b.ask <= a.give ? CCM_CLIENT_NONE : CCM_CLIENT_MEMORY;
}

// What is wrong with the links of @a's clients to @b
std::string wrong_client(Node &na, Node &nb, uint32_t b)
{
    const Partner &p = na.partners().at(b);

    for (const auto &mine : na.clients()) {
        const ccm_catalog_entry *other = nullptr;
        const ccm_session_link *link = nullptr;
        uint32_t place = 0;

        for (const auto &theirs : nb.clients())
            if (!std::string(theirs.name).compare(mine.name))
                other = &theirs;
        for (uint32_t i = 0; i < CCM_CLIENTS_MAX; i++)
            if (p.session.links.link[i].instance == mine.instance)
                link = &p.session.links.link[place = i];
        if (!link)
            return fmt::format("{} has no link", mine.name);
        auto as = [&](uint32_t state, uint32_t reason) { return link->state == state && link->reason == reason; };
        bool right;
        if (!other)
            right = as(CCM_LINK_WAITING, CCM_CLIENT_NO_COUNTERPART) || as(CCM_LINK_WAITING, CCM_CLIENT_LEFT);
        else if (misfit(mine, *other))
            right = as(CCM_LINK_REFUSED, misfit(mine, *other));
        else
            right = as(CCM_LINK_UP, CCM_CLIENT_NONE) && link->counterpart == other->instance &&
                    p.watch.place(place).told_ready;
        if (!right)
            return fmt::format("{} is {}, {}", mine.name, ccm_link_state_name(link->state),
                               ccm_client_reason_text(link->reason));
    }
    uint32_t links = 0;
    for (const auto &link : p.session.links.link)
        links += link.instance != 0;
    return links == na.clients().size() ? "" : "links of clients that have left";
}

// Are the clients that @b was told of those that there are on @a?
bool told_right(Node &na, Node &nb, uint32_t a)
{
    const ccm_catalog &told = nb.partners().at(a).session.links.peer_catalog;

    return told.count == na.clients().size() &&
           std::all_of(na.clients().begin(), na.clients().end(),
                       [&](const auto &mine) { return ccm_catalog_find_instance(&told, mine.instance); });
}

} // namespace

std::string unsettled_client(Cluster &c, uint32_t a, uint32_t b)
{
    Node *na = c.node(a);
    Node *nb = c.node(b);

    if (!na || !nb)
        return "there is none";
    std::string wrong = wrong_client(*na, *nb, b);
    if (wrong.empty())
        wrong = wrong_client(*nb, *na, a);
    if (wrong.empty() && !(told_right(*na, *nb, a) && told_right(*nb, *na, b)))
        wrong = "the catalog told is not of the clients there are";
    return wrong;
}

bool settled(Cluster &c, uint32_t a, uint32_t b)
{
    Node *na = c.node(a);
    Node *nb = c.node(b);

    if (!na || !nb)
        return false;
    Partner &pa = na->partners().at(b);
    Partner &pb = nb->partners().at(a);
    const End *of_b = other_end(c, a, pa);

    return pa.client_ready && pb.client_ready && of_b && of_b->host == b && of_b->epoch == nb->epoch() &&
           of_b->conn == pb.session.conn.id && unsettled_client(c, a, b).empty();
}

} // namespace sim
