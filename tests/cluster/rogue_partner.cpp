// SPDX-License-Identifier: GPL-2.0-only
#include "rogue_partner.h"

#include <bit>

#include "../../ccm/core/bytes.h"

#include <cstring>

namespace ccm::test {

namespace {

std::uint64_t next_incarnation = 0xabc0000;

template <class Message> bool decode(const Bytes &bytes, int (*get)(const u8 *, u32, Message *), Message &message)
{
    return get(bytes.data(), static_cast<u32>(bytes.size()), &message) == 0;
}

} // namespace

RoguePartner::RoguePartner(Node &node, Node &victim, int id)
    : victim_(victim), rogue_(node), id_(static_cast<std::uint32_t>(id)), incarnation_(++next_incarnation)
{
}

void RoguePartner::mail(std::uint32_t offset, const Bytes &data, ccm_ring kind)
{
    rogue_.write_with_immediate(keys_.mailbox_addr + offset, keys_.mailbox_key, data,
                                ccm_wire_ring_word(kind, rings_++));
}

void RoguePartner::greet()
{
    auto victim = static_cast<std::uint32_t>(victim_.id());
    Rogue::Outcome got;
    // The victim's own request may be under way and win, at first.
    for (std::uint32_t attempt = 1; attempt < 20 && !got.established(); attempt++) {
        rogue_.close();
        got = rogue_.connect(victim_.ipv4(), rdma_port,
                             encoded(session_request(id_, victim, "t", incarnation_, attempt)));
    }
    if (!got.established())
        throw Error("the made-up partner is not let in: {}", got.text);

    RogueMemory memory = rogue_.memory();
    ccm_wire_status page{};
    page.version_min = page.version_max = 1;
    page.node = id_;
    page.incarnation = incarnation_;
    page.cluster = ccm_cluster_id("t");
    page.stage = CCM_STAGE_RUNNING;
    page.counter = 1;
    page.tick_ms = 1000;
    rogue_.poke(CCM_STATUS_OFFSET, encoded(page));

    ccm_wire_keys mine{};
    mine.status_addr = memory.status_addr;
    mine.status_key = memory.status_key;
    mine.status_len = CCM_STATUS_REGION_LEN;
    mine.mailbox_addr = memory.mailbox_addr;
    mine.mailbox_key = memory.mailbox_key;
    mine.mailbox_len = CCM_MAILBOX_LEN;
    mine.incarnation = incarnation_;
    mine.nonce = nonce_;
    rogue_.send(encoded(mine));
    keys_ = rogue_.receive_keys();

    ccm_wire_hello hello{};
    hello.version_min = hello.version_max = 1;
    hello.node = id_;
    hello.incarnation = incarnation_;
    hello.nonce = nonce_;
    hello.nonce_partner = keys_.nonce;
    hello.detect_ms = 250;
    hello.auth = CCM_AUTH_NONE;
    std::strcpy(hello.name, "rogue");
    mail(CCM_MAILBOX_HELLO, encoded(hello), CCM_RING_HELLO);

    // The answer to the victim's hello, which lies in the mailbox when it has rung.
    ccm_wire_hello theirs{};
    for (int i = 0; i < 100 && !decode(rogue_.look(CCM_MAILBOX_HELLO, CCM_WIRE_HELLO_LEN), ccm_wire_get_hello, theirs);
         i++)
        std::this_thread::sleep_for(20ms);
    ccm_wire_answer answer{};
    answer.code = CCM_ANSWER_ACCEPTED;
    answer.version = 1;
    answer.incarnation = incarnation_;
    answer.nonce = nonce_;
    answer.nonce_partner = theirs.nonce;
    rogue_.poke(CCM_ANSWER_OFFSET, encoded(answer));
    rogue_.ring(ccm_wire_ring_word(CCM_RING_ANSWER, rings_++));
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

void RoguePartner::ready()
{
    ccm_catalog theirs = victims_catalog();
    bool lower = static_cast<int>(id_) < victim_.id();
    ccm_wire_ready message{};
    message.generation = sent_.generation;
    message.generation_partner = theirs.generation;
    message.nonce = nonce_;
    message.plan = lower ? ccm_plan_hash(&sent_, &theirs) : ccm_plan_hash(&theirs, &sent_);
    mail(CCM_MAILBOX_READY, encoded(message), CCM_RING_READY);
    victim_.must(fmt::format("ccmadm wait --partner {} --timeout 20", id_), 30s);
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

std::uint64_t RoguePartner::token_of(ccm_wire_port port) const
{
    const bool lower = port.node < port.partner;
    const std::uint64_t key[] = {lower ? nonce_ : keys_.nonce, lower ? keys_.nonce : nonce_};
    std::uint64_t v[] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                         key[1] ^ 0x7465646279746573};
    auto rounds = [&v](int count) {
        while (count--) {
            v[0] += v[1], v[1] = std::rotl(v[1], 13) ^ v[0], v[0] = std::rotl(v[0], 32);
            v[2] += v[3], v[3] = std::rotl(v[3], 16) ^ v[2];
            v[0] += v[3], v[3] = std::rotl(v[3], 21) ^ v[0];
            v[2] += v[1], v[1] = std::rotl(v[1], 17) ^ v[2], v[2] = std::rotl(v[2], 32);
        }
    };
    auto take = [&](std::uint64_t word) {
        v[3] ^= word;
        rounds(2);
        v[0] ^= word;
    };
    Bytes data(CCM_WIRE_PORT_LEN);
    port.token = 0;
    ccm_wire_put_port(data.data(), &port);
    for (std::size_t at = 0; at < data.size(); at += 8)
        take(ccm_get_u64(data.data() + at));
    take(std::uint64_t{data.size()} << 56);
    v[2] ^= 0xff;
    rounds(4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

} // namespace ccm::test
