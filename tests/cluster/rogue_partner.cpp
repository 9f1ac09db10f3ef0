// SPDX-License-Identifier: GPL-2.0-only
#include "rogue_partner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "../../ccm/core/bytes.h"

namespace ccm::test {

namespace {

std::uint64_t next_incarnation = 0xabc0000;
std::uint64_t next_nonce = 0x0123456789abcdef;

template <class Message> bool decode(const Bytes &bytes, int (*get)(const u8 *, u32, Message *), Message &message)
{
    return get(bytes.data(), static_cast<u32>(bytes.size()), &message) == 0;
}

// A message of CCM's without what is behind it
Bytes whole(Bytes bytes)
{
    bytes.resize(bytes.size() < 8 ? 0 : std::min<std::size_t>(bytes.size(), ccm_get_u16(&bytes[6])));
    return bytes;
}

} // namespace

Spoil put(std::size_t at, std::size_t bytes, std::uint64_t value)
{
    return [=](Bytes &b) {
        for (std::size_t i = 0; i < bytes; i++)
            b[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
    };
}

RoguePartner::RoguePartner(Node &node, Node &victim, As as)
    : victim_(victim), as_(std::move(as)), rogue_(node, as_.slot), incarnation_(++next_incarnation)
{
    begin_anew(false);
}

void RoguePartner::close()
{
    if (std::exchange(open_, false))
        rogue_.close();
}

void RoguePartner::begin_anew(bool other_incarnation)
{
    close();
    if (other_incarnation) {
        incarnation_ = ++next_incarnation;
        attempt_ = 0;
    }
    nonce_ = ++next_nonce;
    challenge_ = Bytes(CCM_WIRE_CHALLENGE_LEN, static_cast<std::uint8_t>(nonce_));
    said_.assign(4, {});
    generation_ = sequence_ = 0;
    rings_ = 0;
    took_first_ = false;
    keys_ = {};
    sent_ = {};
}

RoguePartner &RoguePartner::spoil(Say what, Spoil how)
{
    spoils_[what] = std::move(how);
    return *this;
}

RoguePartner &RoguePartner::spoil_proof(Spoil how)
{
    spoil_proof_ = std::move(how);
    return *this;
}

Bytes RoguePartner::said(Say what, Bytes bytes) const
{
    if (auto how = spoils_.find(what); how != spoils_.end())
        how->second(bytes);
    return bytes;
}

ccm_wire_request RoguePartner::request() const
{
    return session_request(static_cast<std::uint32_t>(as_.id), static_cast<std::uint32_t>(victim_.id()), "t",
                           incarnation_, attempt_);
}

RogueKey RoguePartner::key_of_connection() const
{
    auto id = static_cast<std::uint32_t>(as_.id), other = static_cast<std::uint32_t>(victim_.id());
    const Bytes theirs(std::begin(keys_.challenge), std::end(keys_.challenge));
    RogueKey key{.psk = as_.key, .cluster = ccm_cluster_id("t")};
    const bool lower = id < other;
    key.lower = lower ? id : other;
    key.higher = lower ? other : id;
    key.lower_incarnation = lower ? incarnation_ : keys_.incarnation;
    key.higher_incarnation = lower ? keys_.incarnation : incarnation_;
    key.lower_challenge = lower ? challenge_ : theirs;
    key.higher_challenge = lower ? theirs : challenge_;
    return key;
}

std::string RoguePartner::ring(unsigned kind, int times)
{
    return rogue_.ring(ccm_wire_ring_word(static_cast<ccm_ring>(kind), rings_++), times);
}

void RoguePartner::mail(std::uint32_t offset, const Bytes &data, ccm_ring kind)
{
    rogue_.write_with_immediate(keys_.mailbox_addr + offset, keys_.mailbox_key, data,
                                ccm_wire_ring_word(kind, rings_++));
}

Rogue::Outcome RoguePartner::ask()
{
    attempt_++;
    const Bytes bytes = said(Say::request, encoded(request()));
    open_ = true;
    Rogue::Outcome got = rogue_.connect(victim_.ipv4(), rdma_port, bytes, 3s, as_.from);
    active_ = true;
    said_[0] = whole(bytes);
    said_[1] = whole(got.data);
    return got;
}

ccm_wire_status RoguePartner::page() const
{
    ccm_wire_status page{};
    page.version_min = page.version_max = 1;
    page.node = static_cast<std::uint32_t>(as_.id);
    page.incarnation = incarnation_;
    page.cluster = ccm_cluster_id("t");
    page.stage = CCM_STAGE_RUNNING;
    page.counter = 1;
    page.tick_ms = 60000; // nobody moves it
    page.uptime_ms = 3600000;
    return page;
}

void RoguePartner::send_keys()
{
    memory_ = rogue_.memory();
    ccm_wire_keys mine{};
    mine.status_addr = memory_.status_addr;
    mine.status_key = memory_.status_key;
    mine.status_len = CCM_STATUS_REGION_LEN;
    mine.mailbox_addr = memory_.mailbox_addr;
    mine.mailbox_key = memory_.mailbox_key;
    mine.mailbox_len = CCM_MAILBOX_LEN;
    mine.incarnation = incarnation_;
    mine.nonce = nonce_;
    std::copy(challenge_.begin(), challenge_.end(), mine.challenge);
    mine.auth = as_.psk ? CCM_AUTH_PSK : CCM_AUTH_NONE;
    mine.numbers[0] = as_.psk ? 1 : 0;
    const Bytes bytes = said(Say::keys, encoded(mine)), page_bytes = said(Say::page, encoded(page()));
    // and the victim's, which it has sent already, or sends when it has these
    const auto results = rogue_.commands(
        {rogue_.pokes(CCM_STATUS_OFFSET, page_bytes), rogue_.sends(bytes), rogue_.receives(keys_.nonce ? 0s : 2s)}, 5s);
    said_[active_ ? 2 : 3] = whole(bytes);
    if (!keys_.nonce)
        keep_keys(results[2]);
}

void RoguePartner::keep_keys(const std::string &result)
{
    const auto bytes = Rogue::data_of(result);
    if (bytes && decode(*bytes, ccm_wire_get_keys, keys_))
        said_[active_ ? 3 : 2] = whole(*bytes);
}

bool RoguePartner::take_keys()
{
    if (!keys_.nonce)
        keep_keys(rogue_.command(rogue_.receives(2s)));
    return keys_.nonce != 0;
}

void RoguePartner::say_hello()
{
    ccm_wire_hello hello{};
    hello.version_min = hello.version_max = 1;
    hello.node = static_cast<std::uint32_t>(as_.id);
    hello.incarnation = incarnation_;
    hello.nonce = nonce_;
    hello.nonce_partner = keys_.nonce;
    hello.detect_ms = 250;
    hello.auth = as_.psk ? CCM_AUTH_PSK : CCM_AUTH_NONE;
    hello.number = as_.psk ? 1 : 0;
    hello.uptime_ms = 3600000;
    std::strcpy(hello.name, "rogue");
    Bytes bytes = said(Say::hello, encoded(hello));
    if (!as_.key.empty() && bytes.size() >= CCM_WIRE_HELLO_LEN) {
        const Bytes proof = key_of_connection().proof(static_cast<std::uint32_t>(as_.id),
                                                      static_cast<std::uint32_t>(victim_.id()), said_, bytes);
        std::copy(proof.begin(), proof.end(), bytes.begin() + CCM_HELLO_PROOF);
    }
    if (spoil_proof_)
        spoil_proof_(bytes);
    mail(CCM_MAILBOX_HELLO, bytes, CCM_RING_HELLO);
}

Bytes RoguePartner::victims_hello()
{
    return rogue_.look(CCM_MAILBOX_HELLO, CCM_WIRE_HELLO_LEN);
}

bool RoguePartner::take_hello()
{
    ccm_wire_hello theirs{};
    for (int i = 0; i < 50; i++) {
        if (decode(victims_hello(), ccm_wire_get_hello, theirs))
            return true;
        if (!rogue_.state().established())
            return false;
        std::this_thread::sleep_for(20ms);
    }
    return false;
}

void RoguePartner::put_answer()
{
    ccm_wire_answer answer{};
    answer.code = CCM_ANSWER_ACCEPTED;
    answer.version = 1;
    answer.incarnation = incarnation_;
    answer.nonce = nonce_;
    answer.nonce_partner = keys_.nonce;
    rogue_.poke(CCM_ANSWER_OFFSET, said(Say::answer, encoded(answer)));
    ring(CCM_RING_ANSWER);
}

// From a connection that is established up to the answer
bool RoguePartner::greet_on()
{
    send_keys();
    if (!take_keys())
        return false;
    say_hello();
    if (!take_hello())
        return false;
    put_answer();
    return true;
}

bool RoguePartner::go(Say last)
{
    begin_anew(true);
    return go_on(last);
}

bool RoguePartner::go_on(Say last)
{
    // The victim's own request may be under way and win, at first.
    Rogue::Outcome got;
    for (int i = 0; i < 20 && !got.established(); i++) {
        begin_anew(false);
        got = ask();
    }
    if (!got.established())
        return false;
    if (last < Say::page)
        return true;
    send_keys();
    if (!take_keys())
        return false;
    if (last < Say::hello)
        return true;
    say_hello();
    if (last < Say::answer)
        return true;
    if (!take_hello())
        return false;
    put_answer();
    if (last < Say::catalog)
        return true;
    negotiate(said(Say::catalog, encoded(catalog({}))));
    if (last < Say::ready)
        return true;
    ready();
    return true;
}

void RoguePartner::greet()
{
    if (!go(Say::answer))
        throw Error("the made-up partner is not let in: {}", rogue_.state().text);
}

bool RoguePartner::be_found(Say last, Duration timeout)
{
    begin_anew(true);
    // Requests to other partners, at other addresses of this node, come here, too.
    Rogue::Outcome came;
    const TimePoint until = Clock::now() + timeout;
    do {
        open_ = true;
        rogue_.close();
        rogue_.listen(rdma_port, Rogue::Answer::ignore);
        came = rogue_.wait_request(timeout);
        if (came.state != "request" || Clock::now() > until)
            throw Error("nobody connects to the made-up partner: {}", came.text);
    } while (came.data.size() < CCM_WIRE_REQUEST_LEN || ccm_get_u32(&came.data[20]) != static_cast<u32>(as_.id));
    active_ = false;
    attempt_++;
    const Bytes accept = said(Say::request, encoded(request()));
    said_[0] = whole(came.data);
    said_[1] = whole(accept);
    rogue_.accept(accept);
    if (!rogue_.wait_established(3s).established())
        return false;
    if (last < Say::page)
        return true;
    return greet_on();
}

ccm_catalog_entry RoguePartner::entry(const std::string &name, std::uint64_t instance)
{
    ccm_catalog_entry e{};
    name.copy(e.name, sizeof(e.name) - 1);
    e.version_min = e.version_max = 1;
    e.ports_min = e.ports_max = 1;
    e.instance = instance;
    return e;
}

ccm_catalog RoguePartner::catalog(const std::vector<ccm_catalog_entry> &entries)
{
    ccm_catalog c{};
    c.generation = ++generation_;
    c.nonce = nonce_;
    for (const ccm_catalog_entry &e : entries)
        c.entries[c.count++] = e;
    return c;
}

void RoguePartner::write_catalog(const Bytes &catalog)
{
    mail(CCM_MAILBOX_CATALOG, catalog, CCM_RING_CATALOG);
}

void RoguePartner::negotiate(const Bytes &catalog)
{
    decode(catalog, ccm_catalog_get, sent_);
    write_catalog(catalog);
}

ccm_catalog RoguePartner::victims_catalog()
{
    ccm_catalog theirs{};
    for (int i = 0; i < 100; i++) {
        if (decode(rogue_.look(CCM_MAILBOX_CATALOG, ccm_catalog_len(8)), ccm_catalog_get, theirs))
            return theirs;
        std::this_thread::sleep_for(20ms);
    }
    throw Error("the victim sent no catalog");
}

void RoguePartner::wait_ready()
{
    victim_.must(fmt::format("ccmadm wait --partner {} --timeout 20", as_.id), 30s);
}

void RoguePartner::ready()
{
    ccm_catalog theirs = victims_catalog();
    bool lower = as_.id < victim_.id();
    if (as_.takes)
        ring(CCM_RING_CATALOG_TAKEN);
    ccm_wire_ready message{};
    message.generation = sent_.generation;
    message.generation_partner = theirs.generation;
    message.nonce = nonce_;
    message.plan = lower ? ccm_plan_hash(&sent_, &theirs) : ccm_plan_hash(&theirs, &sent_);
    mail(CCM_MAILBOX_READY, said(Say::ready, encoded(message)), CCM_RING_READY);
    if (!spoils_.contains(Say::ready))
        wait_ready();
}

void RoguePartner::become_ready(const std::vector<ccm_catalog_entry> &entries)
{
    greet();
    negotiate(encoded(catalog(entries)));
    ready();
}

Bytes RoguePartner::links(const std::vector<ccm_link_slot> &slots)
{
    ccm_links_header header{};
    header.nonce = nonce_;
    header.sequence = ++sequence_;
    header.count = static_cast<u32>(slots.size());
    Bytes table(ccm_links_len(header.count));
    ccm_links_put(table.data(), &header);
    for (u32 i = 0; i < header.count; i++)
        ccm_links_put_slot(table.data(), i, &slots[i]);
    return table;
}

void RoguePartner::write_links(const Bytes &table)
{
    mail(CCM_MAILBOX_LINKS, table, CCM_RING_LINKS);
}

std::vector<ccm_link_slot> RoguePartner::victims_links()
{
    Bytes bytes = rogue_.look(CCM_MAILBOX_LINKS, ccm_links_len(8));
    ccm_links_header header{};
    std::vector<ccm_link_slot> slots;
    if (ccm_links_get(bytes.data(), static_cast<u32>(bytes.size()), &header) != 0)
        return slots;
    for (u32 i = 0; i < header.count; i++)
        ccm_links_get_slot(bytes.data(), i, &slots.emplace_back());
    return slots;
}

void RoguePartner::serve(Duration lasts)
{
    for (const TimePoint until = Clock::now() + lasts; Clock::now() < until;) {
        auto message = rogue_.receive(std::min<Duration>(lasts, 50ms));
        if (!message || !message->immediate)
            continue;
        const u32 kind = ccm_wire_ring_kind(*message->immediate);
        if (kind == CCM_RING_LINKS)
            ring(CCM_RING_LINKS_TAKEN);
        else if (kind == CCM_RING_CATALOG && std::exchange(took_first_, true))
            ring(CCM_RING_CATALOG_TAKEN);
    }
}

ccm_reason RoguePartner::sent_away(Duration timeout)
{
    const auto results = rogue_.commands({rogue_.waits("disconnected", timeout),
                                          rogue_.looks(CCM_MAILBOX_GOODBYE, CCM_WIRE_GOODBYE_LEN), rogue_.closes()},
                                         timeout);
    open_ = false;
    Rogue::Outcome end = rogue_.outcome(results[0]);
    if (end.state != "disconnected")
        throw Error("the victim does not send the made-up partner away: {}", end.text);
    ccm_wire_goodbye goodbye{};
    // it may not even have had a mailbox
    const auto bytes = Rogue::data_of(results[1]);
    return bytes && decode(*bytes, ccm_wire_get_goodbye, goodbye) ? static_cast<ccm_reason>(goodbye.reason)
                                                                  : CCM_REASON_NONE;
}

std::uint64_t RoguePartner::token_of(ccm_wire_port port) const
{
    Bytes data(CCM_WIRE_PORT_LEN), key(16);
    port.token = 0;
    ccm_wire_put_port(data.data(), &port);
    if (!as_.key.empty()) {
        key = key_of_connection().derive(2);
    } else {
        const bool lower = as_.id < victim_.id();
        ccm_put_u64(&key[0], lower ? nonce_ : keys_.nonce);
        ccm_put_u64(&key[8], lower ? keys_.nonce : nonce_);
    }
    return siphash(key, data);
}

} // namespace ccm::test
