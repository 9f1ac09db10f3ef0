// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"

#include <cstring>

#include <algorithm>

#include "checker.h"
#include "coverage.h"
#include "../../ccm/core/names.h"

namespace sim {

namespace {

constexpr uint64_t cluster_id = 0xc1c1;

template <typename Message> Bytes encode(void (*put)(uint8_t *, const Message *), const Message &message, uint32_t len)
{
    Bytes bytes(len);

    put(bytes.data(), &message);
    return bytes;
}

} // namespace

ccm_catalog_entry entry(const std::string &name, uint64_t instance, uint64_t ask, uint64_t give)
{
    ccm_catalog_entry e{};

    name.copy(e.name, sizeof(e.name) - 1);
    e.version_min = 1;
    e.version_max = 1;
    e.ports_min = 1;
    e.ports_max = 4;
    e.ask = ask;
    e.give = give;
    e.instance = instance;
    return e;
}

Machine::Machine(uint32_t node, uint32_t partner)
{
    ccm_session_config config{};

    config.node = node;
    config.partner = partner;
    config.cluster = cluster_id;
    config.incarnation = 0xa11ce;
    config.version_min = CCM_VERSION_MIN;
    config.version_max = CCM_VERSION_MAX;
    config.detect_ms = CCM_DETECT_MS_DEFAULT;
    config.capabilities = 6;
    config.name[0] = 'a';
    ccm_session_init(&s, &config);
}

Machine &Machine::step(Happening h)
{
    ccm_session before = s;

    h.event.random = random;
    std::memset(h.event.secret, 0x5e, sizeof(h.event.secret));
    std::memset(h.event.challenge, 0x3c, sizeof(h.event.challenge));
    h.event.read_us = read_us;
    h.event.data = h.data.data();
    h.event.len = static_cast<uint32_t>(h.data.size());
    h.event.catalog = h.clients.get();
    h.event.uptime_ms = uptime_ms;
    h.event.heard_us = heard_us;
    h.event.heard_uptime_ms = heard_uptime_ms;
    ccm_session_step(&s, now, &h.event, &out);
    auto complain = [&](const std::string &what) {
        if (!what.empty() && wrong.empty())
            wrong = fmt::format("{} in state {}: {}", describe(h.event), ccm_state_name(before.state), what);
    };
    complain(watch_.step(before, s, now, h.event, out));
    count_step(before, s, now, h.event, out);
    for (uint32_t i = 0; i < out.count; i++) {
        const ccm_session_action &a = out.list[i];

        if (a.type != CCM_ACT_MAIL)
            continue;
        Bytes &bytes = mailed[a.what];
        bytes.assign(std::max(CCM_CATALOG_LEN_MAX, CCM_LINKS_LEN_MAX), 0);
        bytes.resize(ccm_session_put_mail(&s, a.what, bytes.data()));
        mails[a.what]++;
    }
    complain(watch_.links(s, acts));
    if (s.conn.id != before.conn.id)
        peer_sequence = 0;
    return *this;
}

Happening Machine::simple(ccm_session_event_type type, uint32_t reason, uint32_t status) const
{
    Happening h;

    h.event.type = type;
    h.event.conn = type >= CCM_SEV_ESTABLISHED && type <= CCM_SEV_WORD ? conn().id : 0;
    h.event.reason = reason;
    h.event.status = status;
    return h;
}

Happening Machine::request(uint32_t attempt, uint64_t incarnation, const std::function<void(ccm_wire_request &)> &tweak)
{
    Happening h = simple(CCM_SEV_REQUEST);
    ccm_wire_request m{};

    m.version_min = CCM_VERSION_MIN;
    m.version_max = CCM_VERSION_MAX;
    m.purpose = CCM_PURPOSE_SESSION;
    m.node = s.config.partner;
    m.partner = s.config.node;
    m.cluster = cluster_id;
    m.incarnation = incarnation ? incarnation : peer_incarnation;
    m.attempt = attempt;
    m.uptime_ms = peer_uptime_ms;
    if (tweak)
        tweak(m);
    h.event.conn = next_incoming;
    next_incoming += 2;
    h.data = encode(ccm_wire_put_request, m, CCM_WIRE_REQUEST_LEN);
    return h;
}

Happening Machine::established(bool iwarp, const std::function<void(ccm_wire_request &)> &tweak) const
{
    Happening h = simple(CCM_SEV_ESTABLISHED);

    h.event.iwarp = iwarp;
    h.event.keys = {0x10000, 11, 0x20000, 12};
    if (conn().active) {
        ccm_wire_request m{};

        m.version_min = CCM_VERSION_MIN;
        m.version_max = CCM_VERSION_MAX;
        m.purpose = CCM_PURPOSE_SESSION;
        m.node = s.config.partner;
        m.partner = s.config.node;
        m.cluster = cluster_id;
        m.incarnation = peer_incarnation;
        m.attempt = peer_attempt;
        if (tweak)
            tweak(m);
        h.data = encode(ccm_wire_put_request, m, CCM_WIRE_REQUEST_LEN);
        h.data.resize(CCM_PRIVATE_ACCEPT_MAX);
    }
    return h;
}

Happening Machine::rejected(uint32_t code) const
{
    Happening h = simple(CCM_SEV_REJECTED, 0, CCM_CM_CONSUMER);
    ccm_wire_reject m{};

    m.code = static_cast<uint16_t>(code);
    m.version_min = CCM_VERSION_MIN;
    m.version_max = CCM_VERSION_MAX;
    m.node = s.config.partner;
    m.incarnation = peer_incarnation;
    h.data = encode(ccm_wire_put_reject, m, CCM_WIRE_REJECT_LEN);
    h.data.resize(CCM_PRIVATE_REJECT_MAX);
    return h;
}

Happening Machine::keys(const std::function<void(ccm_wire_keys &)> &tweak) const
{
    Happening h = simple(CCM_SEV_MESSAGE);
    ccm_wire_keys m{};

    m.status_addr = 0x7000;
    m.status_key = 71;
    m.status_len = CCM_STATUS_REGION_LEN;
    m.mailbox_addr = 0xa000;
    m.mailbox_key = 72;
    m.mailbox_len = CCM_MAILBOX_LEN;
    m.incarnation = peer_incarnation;
    m.nonce = peer_nonce;
    std::memset(m.challenge, 0xc4, sizeof(m.challenge));
    m.auth = s.config.auth;
    std::copy(std::begin(peer_psk), std::end(peer_psk), m.numbers);
    if (tweak)
        tweak(m);
    h.data = encode(ccm_wire_put_keys, m, CCM_WIRE_KEYS_LEN);
    return h;
}

Happening Machine::status(const std::function<void(ccm_wire_status &)> &tweak) const
{
    Happening h = simple(CCM_SEV_READ_DONE, 0, CCM_READ_STATUS);
    ccm_wire_status m{};

    m.version_min = CCM_VERSION_MIN;
    m.version_max = CCM_VERSION_MAX;
    m.node = s.config.partner;
    m.incarnation = peer_incarnation;
    m.cluster = cluster_id;
    m.stage = CCM_STAGE_INITRAMFS;
    m.counter = 1;
    m.tick_ms = 20;
    m.uptime_ms = peer_uptime_ms;
    if (tweak)
        tweak(m);
    h.data = encode(ccm_wire_put_status, m, CCM_WIRE_STATUS_LEN);
    return h;
}

Happening Machine::hello(const std::function<void(ccm_wire_hello &)> &tweak) const
{
    Happening h = simple(CCM_SEV_RING, 0, CCM_RING_HELLO);
    ccm_wire_hello m{};

    m.version_min = CCM_VERSION_MIN;
    m.version_max = CCM_VERSION_MAX;
    m.node = s.config.partner;
    m.incarnation = peer_incarnation;
    m.nonce = peer_nonce;
    m.nonce_partner = conn().nonce ? conn().nonce : 1;
    m.uptime_ms = peer_uptime_ms;
    m.machine = peer_machine;
    std::memset(m.secret, 0xc3, sizeof(m.secret));
    m.capabilities = 12;
    m.detect_ms = CCM_DETECT_MS_DEFAULT;
    m.stage = CCM_STAGE_INITRAMFS;
    m.name[0] = 'b';
    m.auth = s.config.auth;
    m.number = conn().number_used;
    if (tweak)
        tweak(m);
    h.data = encode(ccm_wire_put_hello, m, CCM_WIRE_HELLO_LEN);
    return h;
}

Happening Machine::answer_ring() const
{
    return simple(CCM_SEV_RING, 0, CCM_RING_ANSWER);
}

Happening Machine::answer(const std::function<void(ccm_wire_answer &)> &tweak) const
{
    Happening h = simple(CCM_SEV_READ_DONE, 0, CCM_READ_ANSWER);
    ccm_wire_answer m{};

    m.code = CCM_ANSWER_ACCEPTED;
    m.version = CCM_VERSION_MAX;
    m.incarnation = peer_incarnation;
    m.nonce = peer_nonce;
    m.nonce_partner = conn().nonce ? conn().nonce : 1;
    m.capabilities = 4;
    if (tweak)
        tweak(m);
    h.data = encode(ccm_wire_put_answer, m, CCM_WIRE_ANSWER_LEN);
    return h;
}

Happening Machine::catalog(const std::function<void(ccm_catalog &)> &tweak) const
{
    Happening h = simple(CCM_SEV_RING, 0, CCM_RING_CATALOG);
    auto m = std::make_unique<ccm_catalog>();

    m->generation = peer_generation;
    m->nonce = peer_nonce;
    for (const auto &e : peer_clients)
        m->entries[m->count++] = e;
    if (tweak)
        tweak(*m);
    h.data = encode(ccm_catalog_put, *m, ccm_catalog_len(m->count));
    return h;
}

// Its plan is made of the catalogs that were written, as the partner makes it.
Happening Machine::ready(const std::function<void(ccm_wire_ready &)> &tweak) const
{
    Happening h = simple(CCM_SEV_RING, 0, CCM_RING_READY);
    ccm_wire_ready m{};
    const Bytes &bytes = mailed[CCM_RING_CATALOG];
    Bytes own = catalog().data;
    auto mine = std::make_unique<ccm_catalog>();
    auto theirs = std::make_unique<ccm_catalog>();

    ccm_catalog_get(bytes.data(), static_cast<uint32_t>(bytes.size()), theirs.get());
    ccm_catalog_get(own.data(), static_cast<uint32_t>(own.size()), mine.get());
    m.generation = peer_generation;
    m.generation_partner = theirs->generation;
    m.nonce = peer_nonce;
    m.plan = s.config.partner < s.config.node ? ccm_plan_hash(mine.get(), theirs.get())
                                              : ccm_plan_hash(theirs.get(), mine.get());
    if (tweak)
        tweak(m);
    h.data = encode(ccm_wire_put_ready, m, CCM_WIRE_READY_LEN);
    return h;
}

Happening Machine::links(const Slots &slots, const std::function<void(ccm_links_header &)> &tweak)
{
    Happening h = simple(CCM_SEV_RING, 0, CCM_RING_LINKS);
    ccm_links_header header{};

    header.nonce = peer_nonce;
    header.sequence = ++peer_sequence;
    header.count = static_cast<uint32_t>(slots.size());
    if (tweak)
        tweak(header);
    h.data = encode(ccm_links_put, header, ccm_links_len(header.count));
    for (uint32_t i = 0; i < slots.size() && i < header.count; i++)
        ccm_links_put_slot(h.data.data(), i, &slots[i]);
    return h;
}

Happening Machine::clients(const Entries &entries) const
{
    Happening h = simple(CCM_SEV_CLIENTS);

    h.clients = std::make_shared<ccm_catalog>();
    for (const auto &e : entries)
        h.clients->entries[h.clients->count++] = e;
    return h;
}

static Happening of_try(const Machine &m, ccm_session_event_type type, uint32_t index)
{
    Happening h = m.simple(type);

    h.event.link = index;
    h.event.instance = m.s.links.link[index].instance;
    h.event.epoch = m.s.links.link[index].epoch;
    return h;
}

Happening Machine::prepared(uint32_t index) const
{
    Happening h = of_try(*this, CCM_SEV_LINK_PREPARED, index);

    h.event.offer.table_addr = 0x1000;
    h.event.offer.table_key = 5;
    h.event.offer.bytes = s.links.link[index].plan.give;
    h.event.offer.chunks = h.event.offer.bytes ? 1 : 0;
    return h;
}

Happening Machine::opened(uint32_t index) const
{
    return of_try(*this, CCM_SEV_LINK_OPENED, index);
}

Happening Machine::failed(uint32_t index, uint32_t reason) const
{
    Happening h = of_try(*this, CCM_SEV_LINK_FAILED, index);

    h.event.reason = reason;
    return h;
}

ccm_link_slot Machine::slot(uint32_t index, uint32_t state) const
{
    const ccm_session_link &l = s.links.link[index];
    ccm_link_slot other{};

    other.mine = l.counterpart;
    other.yours = l.instance;
    other.epoch = l.epoch;
    other.state = static_cast<uint16_t>(state);
    if (state >= CCM_LINK_OFFERED) {
        other.offer.table_addr = 0x9000;
        other.offer.table_key = 6;
        other.offer.bytes = l.plan.take;
        other.offer.chunks = l.plan.take ? 1 : 0;
    }
    return other;
}

std::string Machine::link(uint32_t index) const
{
    const ccm_session_link &l = s.links.link[index];

    if (!l.instance)
        return "free";
    return fmt::format("{} {} {}", ccm_link_state_name(l.state), l.epoch, ccm_client_reason_text(l.reason));
}

std::string Machine::done() const
{
    std::string text;

    for (const auto &a : acts)
        if (a.act != CCM_LINK_ACT_SHOW)
            text += (text.empty() ? "" : ", ") + describe(a);
    return text;
}

Happening Machine::goodbye(uint32_t reason, uint32_t stage) const
{
    Happening h = simple(CCM_SEV_RING, 0, CCM_RING_GOODBYE);
    ccm_wire_goodbye m{static_cast<uint16_t>(reason), static_cast<uint16_t>(stage)};

    h.data = encode(ccm_wire_put_goodbye, m, CCM_WIRE_GOODBYE_LEN);
    return h;
}

Machine &Machine::start()
{
    return step(simple(CCM_SEV_START));
}

Machine &Machine::fail(uint32_t status)
{
    return step(simple(CCM_SEV_FAILED, 0, status));
}

Happening Machine::psk(const std::vector<uint32_t> &numbers) const
{
    Happening h = simple(CCM_SEV_PSK);
    std::copy(numbers.begin(), numbers.end(), h.event.psk);
    return h;
}

Machine &Machine::with_psk(const std::vector<uint32_t> &mine, const std::vector<uint32_t> &theirs)
{
    s.config.auth = CCM_AUTH_PSK;
    std::copy(theirs.begin(), theirs.end(), peer_psk);
    return step(psk(mine));
}

Machine &Machine::timer()
{
    if (takes)
        take();
    now = s.armed_us;
    return step(simple(CCM_SEV_TIMER));
}

Machine &Machine::passive()
{
    start();
    fail();
    return step(request(peer_attempt));
}

Machine &Machine::greet(bool iwarp)
{
    return step(established(iwarp));
}

Machine &Machine::to(ccm_state state)
{
    if (s.state == CCM_STATE_DOWN && state > CCM_STATE_DOWN)
        s.enabled ? timer() : start();
    if (s.state == CCM_STATE_CONNECTING && state > CCM_STATE_CONNECTING)
        greet();
    if (s.state == CCM_STATE_GREETING && state > CCM_STATE_GREETING) {
        if (!(s.conn.done & CCM_DONE_KEYS_RECEIVED))
            step(keys());
        step(status());
        step(hello());
        if (has(CCM_ACT_VERIFY))
            step(verified());
        step(answer_ring());
        step(answer());
    }
    if (s.state == CCM_STATE_NEGOTIATING && state > CCM_STATE_NEGOTIATING)
        step(catalog());
    if (s.state == CCM_STATE_OPENING && state > CCM_STATE_OPENING)
        step(ready());
    return *this;
}

Machine &Machine::take()
{
    while (s.mail & CCM_MAIL_CATALOG_OUT)
        step(taken(CCM_RING_CATALOG_TAKEN));
    while (s.mail & CCM_MAIL_LINKS_OUT)
        step(taken(CCM_RING_LINKS_TAKEN));
    return *this;
}

Machine &Machine::open(uint32_t index)
{
    step(prepared(index));
    take();
    step(links({slot(index, CCM_LINK_OFFERED)}));
    step(opened(index));
    take();
    return step(links({slot(index, CCM_LINK_OPENED)}));
}

const ccm_session_action *Machine::find(uint32_t type) const
{
    for (uint32_t i = 0; i < out.count; i++)
        if (out.list[i].type == type)
            return &out.list[i];
    return nullptr;
}

std::vector<uint32_t> Machine::types() const
{
    std::vector<uint32_t> list;

    for (uint32_t i = 0; i < out.count; i++)
        list.push_back(out.list[i].type);
    return list;
}

uint32_t Machine::reject_code() const
{
    const ccm_session_action *a = find(CCM_ACT_REJECT);

    return a ? a->what : 0;
}

} // namespace sim
